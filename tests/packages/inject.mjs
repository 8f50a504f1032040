// Runs a package in processes of its own: as published, to find calls that can be compared; then
// patched, while raw exports trap at random (inject-child.mjs).
import fs from "node:fs";
import path from "node:path";
import { runChild, temporaryDirectory } from "./lib.mjs";

/* Published packages leave it to a bundler to see which module system a file is written in. Node asks
   the nearest package.json, so in the copy it gets the answer. */
function tellModuleSystem(file, format) {
	const manifest = path.join(path.dirname(file), "package.json");
	const content = fs.existsSync(manifest) ? JSON.parse(fs.readFileSync(manifest, "utf8")) : {};
	fs.writeFileSync(manifest, JSON.stringify({ ...content, type: format === "cjs" ? "commonjs" : "module" }));
}

const here = { flags: ["--expose-gc", "--no-warnings"] };

function run(mode, entry, rounds, engine) {
	const list = path.join(temporaryDirectory("reglue-inject-"), "entry.json");
	fs.writeFileSync(list, JSON.stringify(entry));
	return runChild("inject-child.mjs", [mode, list, rounds], {
		...engine,
		timeout: 60_000 + 400 * rounds,
	});
}

const story = (child) => child.lines.find((line) => line.error)?.error.message ??
	(child.timedOut ? `hung at ${JSON.stringify(child.lines.at(-1))}` : `died: ${child.status ?? child.signal} ${child.stderr.slice(-300)}`);

/*
 * published, patched: folders of the package; file, wasm: within them; format: esm or cjs; engine: for
 * runChild, the Node that runs the tests where nothing else is said; seconds: after which no more rounds
 * are begun.
 * Resolves to { loads: false, why } for what Node cannot load as published, else to { loads, calls,
 * problems, fired, generation, … }: `problems` is everything that was not as in the published package.
 */
export async function tryPackage({ published, patched, file, wasm, format, rounds, seconds, engine = here }) {
	const entry = (folder) => {
		tellModuleSystem(path.join(folder, file), format);
		return { file: path.join(folder, file), wasm: wasm && path.join(folder, wasm), format };
	};
	const first = await run("discover", entry(published), 0, engine);
	const loaded = first.lines.find((line) => line.loaded);
	const calls = first.lines.find((line) => line.calls)?.calls;
	if (!loaded || !calls) {
		return { loads: false, why: story(first), calls: 0, problems: [] };
	}
	const second = await run("rounds", { ...entry(patched), calls, seconds }, calls.length > 0 ? rounds : 0, engine);
	const again = second.lines.find((line) => line.loaded);
	const different = second.lines.find((line) => line.different)?.different;
	const total = second.lines.find((line) => line.total)?.total;
	if (!again || !different || !total) {
		return { loads: true, calls: calls.length, problems: [story(second)] };
	}
	const problems = [...different, ...total.wrong, ...total.failures].map((one) => JSON.stringify(one));
	if (JSON.stringify(again.names) !== JSON.stringify(loaded.names)) {
		problems.unshift(`exports: ${again.names} instead of ${loaded.names}`);
	}
	const { rounds: done, fired = 0, thrown, returned, other, generation, instances } = total;
	// Without an API in reach, instances are counted: each recovery makes one.
	return { loads: true, calls: calls.length, problems, rounds: done, fired, thrown, returned, other,
		generation: generation ?? instances - again.instances };
}
