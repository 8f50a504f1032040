// Runs mutants, in a process that may hang or die of them: `judge.mjs list.json`. Unpatched ones are asked
// whether they still work, patched ones whether they recover. A line of JSON for each.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { sleep, successes, upstreams } from "../../fixtures/expectations.mjs";
import { check, rules } from "../matrix/scenario.mjs";

const { cell, directory, original, jobs, heals } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const require = createRequire(path.join(directory, "x.js"));
const uncaught = [];
process.on("uncaughtException", e => uncaught.push(String(e?.stack ?? e)));
process.on("unhandledRejection", e => uncaught.push(String(e?.stack ?? e)));
console.error = () => {};

// Slow, and nothing that glue could spoil by itself.
const SLOW = /^(debug_text|recurse_js|recurse_shadow|schedule_reinit)$/;
// The same of rules that need long to show what others show as well.
const RULES = Object.keys(rules).filter(name => !/^(R13|R3|heal|R11)$/.test(name));

const bytes = fs.readFileSync(path.join(directory, "reglue_fixture_bg.wasm"));

/* A module as the body of a function, which can be run as often as one likes. */
function asFunction(text) {
	const exported = [];
	const list = names => {
		exported.push(...names.split(",").map(name => name.trim().split(/\s+as\s+/)).filter(([name]) => name));
		return "";
	};
	const body = text
		.replace(/(^|;)export ((?:async function|function|class|const|let|var) (\w+))/gm, (whole, before, declaration, name) => {
			exported.push([name]);
			return before + declaration;
		})
		.replace(/^export default (\w+)/gm, (whole, name) => list(`${name} as default`))
		.replace(/\bexport ?\{([^}]*)\}/g, (whole, names) => list(names))
		.replaceAll("import.meta.url", JSON.stringify(`file://${directory}/x.js`));
	return `"use strict";${body}\n;Object.defineProperties(exports, {${exported.map(([name, as = name]) =>
		`${JSON.stringify(as)}: { get: () => ${name}, enumerable: true }`)}});`;
}

function load(file) {
	const module = { exports: {} };
	const text = fs.readFileSync(file, "utf8");
	const isWeb = cell.target === "web";
	new Function("module", "exports", "require", "__dirname", isWeb ? asFunction(text) : text)(module, module.exports, require, directory);
	if (isWeb) {
		module.exports.initSync(text.includes("using deprecated parameters for `initSync()`") ? { module: bytes } : bytes);
	}
	return module.exports;
}

/* What of a Tracked that was dropped by the collector comes to light. */
async function finalizes(m) {
	const dropped = [];
	globalThis.__fixture_hooks = { onDrop: id => dropped.push(id) };
	((id) => new m.Tracked(id) && id)(7);
	for (let i = 0; i < 10 && dropped.length === 0; i++) {
		globalThis.gc();
		await sleep(1);
	}
	delete globalThis.__fixture_hooks;
	return dropped.includes(7);
}

/* Where the shadow stack pointer stands, if there is a way to it. */
const { Instance } = WebAssembly;
let newest;
const stackOf = ({ exports }) => exports.__wbindgen_add_to_stack_pointer?.(0);

function watchInstances() {
	WebAssembly.Instance = function (...args) {
		newest = new Instance(...args);
		return newest;
	};
}

/*
 * Whether unpatched glue does all that it should: then what is wrong with the patched one is the patch. That
 * it loses no more shadow stack than the original is part of it: a call whose displacement is never taken
 * back is in flight for ever.
 */
async function works(file) {
	const m = load(file);
	const instance = newest;
	const before = stackOf(instance);
	// not each call is made below
	const none = [...fs.readFileSync(file, "utf8").matchAll(/\bwasm\.(\w+)\(/g)].find(([, name]) => !exported.has(name));
	if (none !== undefined) {
		return { works: false, why: `no export ${none[1]}` };
	}
	const gone = [...present].find(name => m[name] === undefined);
	if (gone !== undefined) {
		return { works: false, why: `no ${gone}` };
	}
	for (const name of Object.keys(successes)) {
		if (m[name] !== undefined && !SLOW.test(name)) {
			try {
				await successes[name](m, cell);
			} catch (e) {
				// a mistake of wasm-bindgen's own hides none of the mutant's
				if (!upstreams(cell, name) || (file !== original && mistakes.get(name) !== String(e))) {
					return { works: false, why: name };
				}
				mistakes.set(name, String(e));
			}
		}
	}
	const lost = before - stackOf(instance);
	if (file === original) {
		loses = lost;
	} else if (!Object.is(lost, loses)) {
		return { works: false, why: "loses shadow stack" };
	}
	// By chance a length that is left over may be the right one: not on an instance that has just begun.
	for (const name of ["concat", "join_numbers", "double_in_place", "Renamed"]) {
		try {
			await successes[name](load(file), cell);
		} catch {
			return { works: false, why: `${name} at first` };
		}
	}
	// A piece of memory that is given back with another size than it has spoils what is allocated later.
	try {
		const filled = load(file);
		for (let i = 0; i < 20; i++) {
			const text = "ä".repeat(500);
			if (filled.greet(text) !== `Hello, ${text}!`) {
				return { works: false, why: "greet of much text" };
			}
		}
	} catch {
		return { works: false, why: "greet of much text" };
	}
	const faults = [n => n.trap(), n => n.panic_string("p"), n => n.panic_result("p"), n => new n.Parsed("panic"),
		n => n.make_failing_callback()("panic")];
	for (const [i, fails] of faults.entries()) {
		const fresh = load(file);
		const top = stackOf(newest);
		try {
			fails(fresh);
			return { works: false, why: "a fault that is none" };
		} catch (e) {
			if (!(e instanceof WebAssembly.RuntimeError)) {
				return { works: false, why: `a fault that is ${e}` };
			}
		}
		const left = top - stackOf(newest);
		if (file === original) {
			leaves[i] = left;
		} else if (!Object.is(left, leaves[i])) {
			return { works: false, why: "a fault leaves another displacement" };
		}
	}
	globalThis.__fixture_hooks = { onStart: () => "trap" };
	try {
		load(file);
		return { works: false, why: "a start that cannot fail" };
	} catch (e) {
		if (!(e instanceof WebAssembly.RuntimeError)) {
			return { works: false, why: `a start that fails with ${e}` };
		}
	} finally {
		delete globalThis.__fixture_hooks;
	}
	const again = load(file);
	const drops = cell.features.includes("weakrefs") ? await finalizes(again) : false;
	await sleep(0);
	return uncaught.splice(0).length === 0 ? { works: true, drops } : { works: false, why: "uncaught" };
}

async function recovers(file, { drops }) {
	const results = await check(cell, {
		heals,
		gc: drops ? globalThis.gc : undefined,
		only: RULES,
		load: async () => {
			const hooks = {};
			globalThis.__fixture_hooks = hooks;
			const m = load(file);
			// a mutant may lose __wasm, which is no business of the rest
			return { m, api: m.__reglue, face: m.__wasm, exported: [...exported], original: m, hooks, uncaught };
		},
	});
	uncaught.length = 0;
	return { wrong: Object.entries(results).filter(([, result]) => result !== true && result !== null) };
}

const exported = new Set(WebAssembly.Module.exports(
	new WebAssembly.Module(bytes),
).map(({ name }) => name));
const mistakes = new Map();
const leaves = []; // for each fault: how far from its start the shadow stack pointer is left
let loses;
const present = new Set(Object.keys(load(original)));

if (!jobs[0]?.patched) {
	watchInstances();
	await works(original);
}
// A mutant without a declaration makes globals, in which the next would find what it does not declare itself.
const own = new Set(Object.getOwnPropertyNames(globalThis));
for (const job of jobs) {
	for (const name of Object.getOwnPropertyNames(globalThis).filter(name => !own.has(name))) {
		delete globalThis[name];
	}
	let result;
	try {
		result = job.patched ? await recovers(job.file, job) : await works(job.file);
	} catch (e) {
		result = job.patched ? { wrong: [["load", String(e?.stack ?? e).slice(0, 300)]] } : { works: false, why: String(e).slice(0, 80) };
	}
	fs.writeSync(1, `${JSON.stringify({ id: job.id, ...result })}\n`);
}
process.exit(0);
