// What the acceptance tests share: where the tool is, throw-away copies of published packages,
// child processes that answer in JSON. Nothing here knows how reglue works inside.
import { execFile, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const here = path.dirname(fileURLToPath(import.meta.url));
const installed = path.join(here, "node_modules");

/* The tool under test. A missing tool is a failure and never a skip: a suite that is green because
   it tested nothing is worse than none. */
export function toolPath() {
	const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
	if (!fs.existsSync(tool)) {
		throw new Error(`no reglue at ${tool}: build it, or set REGLUE to the binary`);
	}
	return tool;
}

/* Runs the tool to its end. Its status is the caller's to judge. */
export function reglue(...args) {
	const run = spawnSync(toolPath(), args, { encoding: "utf8", timeout: 60_000 });
	if (run.error) {
		throw run.error;
	}
	return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

/* Patches in place, or throws with what the tool said. */
export function patch(...args) {
	const run = reglue("patch", ...args);
	if (run.status !== 0) {
		throw new Error(`reglue patch ${args.join(" ")}: exit ${run.status}\n${run.stdout}${run.stderr}`);
	}
	return run;
}

export function packagePath(directory) {
	const source = path.join(installed, directory);
	if (!fs.existsSync(source)) {
		throw new Error(`${directory} is not installed: run \`npm ci\` in ${here}`);
	}
	return source;
}

/* A directory that is gone when the process ends, however it ends short of a kill. */
export function temporaryDirectory(name = "reglue-packages-") {
	const directory = fs.mkdtempSync(path.join(os.tmpdir(), name));
	process.on("exit", () => fs.rmSync(directory, { recursive: true, force: true }));
	return directory;
}

/* A private copy of an installed package, without the files that `skip(path)` names. The installed
   one is never patched: the next test needs it as it was published. */
export function copyPackage(directory, root, skip = () => false) {
	const source = packagePath(directory);
	const copy = path.join(root, directory);
	fs.cpSync(source, copy, {
		recursive: true,
		dereference: true,
		filter: (file) => path.basename(file) !== "node_modules" && !skip(path.relative(source, file)),
	});
	return copy;
}

/*
 * Runs a module of this directory in a fresh node and resolves to what it printed as JSON lines.
 * A child that dies keeps its story: status, signal and the tail of stderr are part of the answer,
 * because dying is what several of these programs are expected to do.
 */
export function runChild(
	module,
	args,
	{ flags = [], timeout = 120_000, env = {}, node = process.execPath } = {},
) {
	return new Promise((resolve) => {
		execFile(
			node,
			[...flags, path.join(here, module), ...args.map(String)],
			{
				encoding: "utf8",
				timeout,
				killSignal: "SIGKILL",
				maxBuffer: 64 << 20,
				env: { ...process.env, NODE_OPTIONS: "", NODE_TEST_CONTEXT: "", ...env },
			},
			(error, stdout, stderr) => {
				const lines = [];
				for (const line of stdout.split("\n")) {
					// Packages print on their own account; our lines are the ones with the mark.
					if (line.startsWith(mark)) {
						lines.push(JSON.parse(line.slice(mark.length)));
					}
				}
				resolve({
					lines,
					status: error ? (error.code ?? null) : 0,
					signal: error?.signal ?? null,
					timedOut: Boolean(error?.killed),
					stderr: stderr.slice(-4000),
				});
			},
		);
	});
}

const mark = "@@reglue ";

/* The child's half: one answer, written at once, so that a crash right after it loses nothing. */
export function answer(value) {
	fs.writeSync(1, `\n${mark}${JSON.stringify(value)}\n`);
}

/* How an error is written down to be compared across processes. */
export function describeError(error) {
	return { name: error?.name, class: error?.constructor?.name, message: String(error?.message ?? error) };
}

/*
 * Which error the first caller sees. The same bad input exhausts the shadow stack (RuntimeError)
 * or the JS stack (RangeError), and V8 moves from one to the other as it tiers up: both are the
 * one answer "the stack is gone". Anything else is compared as it is.
 */
export function faultClass(error) {
	if (error === null) {
		return "returned";
	}
	if (error.class === "RangeError" && /call stack/i.test(error.message)) {
		return "stack exhausted";
	}
	if (error.class === "RuntimeError" && /out of bounds/i.test(error.message)) {
		return "stack exhausted";
	}
	return `${error.class}: ${error.message}`;
}

/* True when `output` is `original` with bytes inserted and nothing changed or dropped. Greedy
   matching finds a subsequence whenever there is one. */
export function isInsertOnly(original, output) {
	let found = 0;
	for (let at = 0; at < output.length && found < original.length; at++) {
		if (output[at] === original[found]) {
			found++;
		}
	}
	return found === original.length;
}
