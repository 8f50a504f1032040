// What the next release of wasm-bindgen may look like: real glue, changed by a token or a statement. A mutant
// that still works unpatched must recover as well as the original when patched, or be refused.
//
// DRIFT=2000 takes so many mutants of each cell (default 60), DRIFT_SEED another seed (default 1).
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { mutants } from "./mutate.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const fixtures = path.join(here, "../../fixtures");
const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
const COUNT = Number(process.env.DRIFT ?? 60);
const SEED = Number(process.env.DRIFT_SEED ?? 1);

// The eras of the glue: object heap and externref table, finalizers, reset machinery.
const PATHS = (process.env.DRIFT_CELLS ?? ("0.2.74/default/nodejs 0.2.87/weakrefs/nodejs 0.2.92/default/nodejs "
	+ "0.2.100/heap/nodejs 0.2.130/default/nodejs 0.2.130/reset-state/nodejs")).split(" ");
const { cells } = JSON.parse(fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"));

/* Has the jobs judged; a mutant that makes the process hang or die gets no result. */
async function judge(common, jobs, root) {
	const results = new Map();
	for (let left = jobs; left.length > 0; ) {
		const list = path.join(root, "list.json");
		fs.writeFileSync(list, JSON.stringify({ ...common, jobs: left }));
		const child = spawn(process.execPath, ["--expose-gc", "--no-warnings", path.join(here, "judge.mjs"), list],
			{ stdio: ["ignore", "pipe", "ignore"], env: { ...process.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: undefined } });
		let out = "";
		let timer;
		const watch = () => {
			clearTimeout(timer);
			timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
		};
		watch();
		child.stdout.setEncoding("utf8").on("data", part => {
			out += part;
			watch();
		});
		await new Promise(resolve => child.on("close", resolve));
		clearTimeout(timer);
		for (const text of out.split("\n").filter(t => t.endsWith("}"))) {
			const result = JSON.parse(text);
			results.set(result.id, result);
		}
		left = left.filter(({ id }) => !results.has(id));
		if (left.length > 0) {
			results.set(left[0].id, { works: false, why: "hangs or dies", wrong: [["", "hangs or dies"]] });
			left = left.slice(1);
		}
	}
	return results;
}

async function drift(cell) {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-drift-"));
	try {
		fs.copyFileSync(path.join(fixtures, cell.module), path.join(root, "reglue_fixture_bg.wasm"));
		const text = fs.readFileSync(path.join(fixtures, cell.path, "reglue_fixture.js"), "utf8");
		const list = [{ text, what: "the original" }, ...mutants(text, SEED, COUNT)];
		const jobs = list.map(({ text: t }, id) => {
			const file = path.join(root, `${id}.js`);
			fs.writeFileSync(file, t);
			return { id, file };
		});
		const common = { cell, directory: root, original: path.join(fixtures, cell.path, "reglue_fixture.js") };
		const unpatched = await judge(common, jobs, root);
		assert.ok(unpatched.get(0).works, `the original does not work: ${unpatched.get(0).why}`);
		for (const { id, file } of jobs.filter(job => !unpatched.get(job.id).works)) {
			fs.rmSync(file);
			unpatched.delete(id);
		}
		const report = path.join(root, "report.json");
		const run = spawnSync(tool, ["patch", "-q", "--report", report, ...jobs.filter(({ id }) => unpatched.has(id)).map(({ file }) => file)],
			{ encoding: "utf8", maxBuffer: 1 << 28 });
		assert.ok([0, 3].includes(run.status), `${run.status}: ${run.stderr.slice(0, 500)}`);
		const files = new Map(JSON.parse(fs.readFileSync(report, "utf8")).files.map(file => [path.basename(file.path), file]));
		const patched = jobs.filter(({ id }) => files.get(`${id}.js`)?.verdict === "patched");
		const heals = files.get("0.js").heals_shadow_stack;
		const judged = await judge({ ...common, heals },
			patched.map(job => ({ ...job, patched: true, drops: unpatched.get(job.id).drops })), root);
		const wrong = patched.map(({ id }) => ({ what: list[id].what, wrong: judged.get(id).wrong, id }))
			.filter(({ wrong: rules }) => rules.length > 0);
		return { count: list.length, works: unpatched.size, patched: patched.length, wrong };
	} finally {
		if (!process.env.DRIFT_KEEP) {
			fs.rmSync(root, { recursive: true, force: true });
		}
	}
}

for (const name of PATHS) {
	const cell = cells.find(({ path: p }) => p === name);
	test(`a changed glue is patched right or refused [${name}]`, async t => {
		const { count, works, patched, wrong } = await drift(cell);
		t.diagnostic(`${count} mutants, ${works} still work, ${works - patched} of them refused, ${patched} patched`);
		const holes = wrong.map(({ what, wrong: rules }) => `${what}\n    ${rules.map(([rule, text]) => `${rule}: ${text.split("\n")[0]}`).join("\n    ")}`);
		assert.equal(holes.length, 0, `${holes.length} holes\n${holes.join("\n")}`);
		assert.ok(works > count / 10, "hardly any mutant works: the test shows nothing");
	});
}
