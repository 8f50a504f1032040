// What becomes of changed glue: whether it still works unpatched, whether reglue patches it, and then whether it
// recovers. Each is run in processes of its own (judge.mjs).
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
export const fixtures = path.join(here, "../../fixtures");
export const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));

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

/*
 * `list`: { text, what }, the unchanged glue first. Gives each with `works`, and `why` not; of those that work the
 * `verdict`, the `codes` of what was said about it, the variables that a recovery resets (`state`), and of patched
 * ones what is `wrong`.
 */
export async function judgeAll(cell, list) {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-drift-"));
	try {
		fs.copyFileSync(path.join(fixtures, cell.module), path.join(root, "reglue_fixture_bg.wasm"));
		const jobs = list.map(({ text }, id) => {
			const file = path.join(root, `${id}.js`);
			fs.writeFileSync(file, text);
			return { id, file };
		});
		const common = { cell, directory: root, original: path.join(fixtures, cell.path, "reglue_fixture.js") };
		const unpatched = await judge(common, jobs, root);
		const working = jobs.filter(({ id }) => unpatched.get(id).works);
		const report = path.join(root, "report.json");
		const run = spawnSync(tool, ["patch", "-q", "--allow-empty", "--report", report, ...working.map(({ file }) => file)],
			{ encoding: "utf8", maxBuffer: 1 << 28 });
		assert.ok([0, 3].includes(run.status), `${run.status}: ${run.stderr.slice(0, 500)}`);
		const files = new Map(JSON.parse(fs.readFileSync(report, "utf8")).files.map(file => [path.basename(file.path), file]));
		const of = ({ id }) => files.get(`${id}.js`);
		const patched = working.filter(job => of(job)?.verdict === "patched");
		const judged = await judge({ ...common, heals: files.get("0.js")?.heals_shadow_stack },
			patched.map(job => ({ ...job, patched: true, drops: unpatched.get(job.id).drops })), root);
		return jobs.map(job => ({ ...list[job.id], ...unpatched.get(job.id), verdict: of(job)?.verdict,
			codes: [...(of(job)?.refusals ?? []), ...(of(job)?.notes ?? [])].map(({ code }) => code),
			state: of(job)?.sites.filter(({ kind }) => kind === "state").map(({ name }) => name),
			wrong: judged.get(job.id)?.wrong }));
	} finally {
		if (!process.env.DRIFT_KEEP) {
			fs.rmSync(root, { recursive: true, force: true });
		}
	}
}
