// Has the scenario run on the cells, each in an engine that it is for, many in one process.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const installed = path.join(here, "../engines/node_modules");
const script = path.join(here, "run.mjs");

const node = version => ({
	name: version === undefined ? "the machine's Node.js" : `Node.js ${version}`,
	command: version === undefined ? process.execPath : path.join(installed, `node${version}/bin/node`),
	args: ["--expose-gc", "--no-warnings", script],
});
const deno = {
	name: "Deno",
	command: path.join(installed, "@deno/linux-x64-glibc/deno"),
	args: ["run", "-A", "--no-check", "--v8-flags=--expose-gc", script],
};
const chromium = {
	name: "Chromium, a page and a worker",
	command: process.execPath,
	args: [path.join(here, "browser.mjs")],
};

/* In this order: the first that can compile a cell's module runs it. */
const enginesFor = ({ target }) =>
	({
		deno: [deno],
		"no-modules": [chromium],
		bundler: [node(26)],
		module: [node(26)],
	})[target] ?? [node(), node(24), node(26)];

/* Cells of one engine, in one process after another: one that dies fails its cell, and the rest go on. */
async function runAll(engine, jobs, root, number) {
	const results = new Map();
	const copies = path.join(root, "copies");
	fs.mkdirSync(copies, { recursive: true });
	for (let left = jobs; left.length > 0; ) {
		const list = path.join(root, `jobs-${number}.json`);
		fs.writeFileSync(list, JSON.stringify({ copies, jobs: left }));
		const child = spawn(engine.command, [...engine.args, list], {
			env: { ...process.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: undefined, NO_COLOR: "1" },
			stdio: ["ignore", "pipe", "pipe"],
		});
		let out = "";
		let err = "";
		let timer;
		// a cell that hangs is one that fails
		const watch = () => {
			clearTimeout(timer);
			timer = setTimeout(() => child.kill("SIGKILL"), 120_000);
		};
		watch();
		child.stdout.setEncoding("utf8").on("data", part => {
			out += part;
			watch();
		});
		child.stderr.setEncoding("utf8").on("data", part => { err += part; });
		const end = await new Promise(resolve => {
			child.on("error", error => resolve(error.message));
			child.on("close", (status, signal) => resolve(signal ?? `status ${status}`));
		});
		clearTimeout(timer);
		const before = results.size;
		for (const line of out.split("\n").filter(text => text.startsWith("{"))) {
			const { path: cell, ...result } = JSON.parse(line);
			results.set(cell, { engine: engine.name, ...result });
		}
		left = jobs.filter(job => !results.has(job.cell.path));
		if (left.length > 0) {
			const text = `${end}, ${results.size - before} cells done: ${err.slice(-600)}`;
			results.set(left[0].cell.path, { engine: engine.name, crash: text });
			left = left.slice(1);
		}
	}
	return results;
}

/*
 * { path => { engine, results, ms } | { engine, crash } | { engine, unfit } } of the jobs; the last where
 * no engine at hand takes the module. `width` processes at a time.
 */
export async function run(jobs, root, width = 2) {
	const results = new Map();
	let number = 0;
	for (let round = 0; ; round++) {
		const byEngine = new Map();
		for (const job of jobs) {
			const known = results.get(job.cell.path);
			const engine = enginesFor(job.cell)[round];
			if (engine !== undefined && (known === undefined || known.unfit !== undefined)) {
				byEngine.set(engine.name, [...(byEngine.get(engine.name) ?? []), { engine, job }]);
			}
		}
		if (byEngine.size === 0) {
			return results;
		}
		const parts = [...byEngine.values()].flatMap(list =>
			Array.from({ length: width }, (_, i) => list.filter((_, at) => at % width === i)));
		const queue = parts.filter(part => part.length > 0);
		const work = async () => {
			for (let part = queue.shift(); part !== undefined; part = queue.shift()) {
				const done = await runAll(part[0].engine, part.map(({ job }) => job), root, ++number);
				done.forEach((result, cell) => results.set(cell, result));
			}
		};
		await Promise.all(Array.from({ length: width }, work));
	}
}
