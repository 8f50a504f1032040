// A cell of fixtures/: its glue patched, and what has to be known of it that no contract tells.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { breakings, breakingsOfUpstream } from "./broken.mjs";
import { initialize } from "./world.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
/*
 * What an exception that crosses Rust frames leaves behind: a borrow, when an argument caused it or a
 * callback threw it; a share in the object, which then cannot be consumed, when a borrow was refused.
 * That is a matter of the compiler and the release, so it is asked of glue that nobody has patched; once,
 * for every such question costs it a little of its stack.
 */
const borrowed = []; // or their finalizers would throw
const leaksOf = (m, { aborts }) => {
	const quietly = f => {
		try {
			return f();
		} catch {
			// As it should.
		}
	};
	const after = f => {
		const [a, b] = [new m.Counter(1), new m.Counter(2)];
		borrowed.push(a);
		b.free();
		quietly(() => f(a, b));
		try {
			a.add(1);
			return false;
		} catch {
			return true;
		}
	};
	return {
		argument: after((a, b) => a.add_from(b)),
		// The end of the instance, where that is what wasm-bindgen makes of it.
		callback: aborts || after(a =>
			a.call_with(() => {
				throw new Error("thrown in a callback");
			}, 0),
		),
		// Some releases panic where others throw.
		panics: (() => {
			const c = new m.Counter(1);
			borrowed.push(c);
			let name;
			c.call_with(() => {
				try {
					c.get();
				} catch (e) {
					({ name } = e);
				}
			}, 0);
			return name === "PanicError";
		})(),
		share: quietly(() => {
			const c = new m.Counter(1);
			borrowed.push(c);
			c.call_with(() => quietly(() => c.get()), 0);
			m.consume(c);
			return false;
		}) ?? true,
	};
};

/* A patched copy of what is in `original`, after that minifier; broken in the way of that name. */
async function patched(original, variant, target, { breaking, minifier }) {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-chaos-"));
	process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
	fs.cpSync(original, root, { recursive: true, dereference: true });
	const file = path.join(root, "reglue_fixture.js");
	if (minifier !== undefined) { // only then, for it wants what is installed for those tests
		const { minifiers } = await import("../bundlers/minifiers.mjs");
		fs.writeFileSync(file, await minifiers[minifier](path.join(original, "reglue_fixture.js"), target));
	}
	const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
	const done = spawnSync(tool, ["patch", file], { encoding: "utf8" });
	if (done.status !== 0) {
		throw new Error(`${tool} patch: ${done.error?.message ?? done.stdout + done.stderr}`);
	}
	if (breaking !== undefined) {
		let text = fs.readFileSync(file, "utf8");
		for (const [from, to] of breakings[breaking] ?? breakingsOfUpstream[variant][breaking]) {
			if (text.search(from) < 0) {
				throw new Error(`${breaking}: ${from} is not in the patched glue`);
			}
			text = text.replace(from, to);
		}
		fs.writeFileSync(file, text);
	}
	return file;
}

export async function cellOf(name, changes) {
	const [release, variant, target = "nodejs"] = name.split("/");
	const original = path.join(here, "../../fixtures", release, variant, target);
	const cell = {
		target,
		minor: Number(release.split(".")[2]),
		file: await patched(original, variant, target, changes),
		aborts: /^abort/.test(variant), // what an import throws ends the instance, unless Rust catches it
		unwinds: /^unwind/.test(variant), // a panic is an error
		joined: /^(abort|unwind)/.test(variant), // either: wasm-bindgen ends instances itself, for good
	};
	const unpatched = await import(pathToFileURL(path.join(original, "reglue_fixture.js")));
	if (target === "web") {
		const bytes = fs.readFileSync(path.join(original, "reglue_fixture_bg.wasm"));
		await initialize(unpatched, cell, "init bytes", { bytes });
	}
	cell.leaks = leaksOf(unpatched, cell);
	cell.more = unpatched.schedule_reinit && { scheduleReinit: 2 };
	const text = fs.readFileSync(path.join(original, "reglue_fixture.js"), "utf8");
	cell.tells = /__wbg_instance_id/.test(text);
	cell.hooked = unpatched.set_abort_handler !== undefined && cell.minor >= 125; // there is one from the start
	return cell;
}
