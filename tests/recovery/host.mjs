// What the recovery tests need of the machine, in engines that have Node's modules: Node.js, Deno, Bun.
// tests/engines/web/host.mjs is the same for engines that have none.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

export { test } from "node:test";

const here = path.dirname(fileURLToPath(import.meta.url));
const fixtures = path.join(here, "../../fixtures");
const require = createRequire(import.meta.url);

// What cannot be done here, and why: a test that requires it is skipped by that reason.
export const limits = { instructions: "the engine is older than what the module asks of it" };
if (globalThis.Bun !== undefined || parseInt(process.versions.node) < 24) {
	limits.sourceImports = "the engine knows no import source";
}

export const wish = process.env.RECOVERY_CELLS;
export const allCells = JSON.parse(
	fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"),
).cells;
export const loads = () => true;

/* The one place that starts the tool. A missing tool is a failure and never a skip. */
export function reglue(...args) {
	const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
	const run = spawnSync(tool, args, { encoding: "utf8", timeout: 60_000 });
	if (run.error) {
		throw new Error(`${tool}: ${run.error.message}: build it, or set REGLUE`);
	}
	return run;
}

// Children work in their parent's directory, so that nothing is patched twice.
const root =
	process.env.RECOVERY_ROOT ?? fs.mkdtempSync(path.join(os.tmpdir(), "reglue-recovery-"));
if (process.env.RECOVERY_ROOT === undefined) {
	process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
}

// What stands in the place of a bundler's entry, where there is no bundler: the same, by hand. Entries
// of bundlers themselves are tested in ../bundlers.
const loader = `import fs from "node:fs";
import * as bg from "./reglue_fixture_bg.js";
const module = new WebAssembly.Module(fs.readFileSync(new URL("reglue_fixture_bg.wasm", import.meta.url)));
const constants = new Proxy({}, { get: (_, text) => text });
const imports = { "./reglue_fixture_bg.js": bg, "wasm:js/string-constants": constants };
const wasm = new WebAssembly.Instance(module, imports).exports;
bg.__wbg_set_wasm(wasm);
wasm.__wbindgen_start();
export * from "./reglue_fixture_bg.js";
`;

/* A private copy of a cell, its module beside it whatever cell that comes from. */
export function copyOf(cell, name) {
	const directory = path.join(root, name, cell.path);
	if (!fs.existsSync(directory)) {
		fs.mkdirSync(directory, { recursive: true });
		for (const file of cell.files.filter(file => /\.[cm]?js$|^snippets$/.test(file))) {
			fs.cpSync(path.join(fixtures, cell.path, file), path.join(directory, file), { recursive: true });
		}
		fs.copyFileSync(path.join(fixtures, cell.module), path.join(directory, "reglue_fixture_bg.wasm"));
		if (cell.target === "bundler") {
			fs.writeFileSync(path.join(directory, "reglue_fixture.js"), loader);
		}
		fs.writeFileSync(
			path.join(directory, "package.json"),
			JSON.stringify({ type: cell.target === "nodejs" ? "commonjs" : "module" }),
		);
	}
	return directory;
}

/* The same, patched with `options`. */
export function patchedCopyOf(cell, options = []) {
	const directory = copyOf(cell, ["patched", ...options].join(" "));
	const mark = path.join(directory, ".patched");
	if (!fs.existsSync(mark)) {
		const run = reglue("patch", ...options, path.join(directory, "reglue_fixture.js"));
		assert.equal(run.status, 0, `${cell.path}: ${run.stdout}${run.stderr}`);
		fs.writeFileSync(mark, "");
	}
	return directory;
}

export const bytesOf = cell => fs.readFileSync(path.join(fixtures, cell.module));

let copies = 0;

/* Bun takes files for the same module whatever their query. */
function freshUrl(file) {
	if (globalThis.Bun === undefined) {
		return `${pathToFileURL(file)}?n=${++copies}`;
	}
	const copy = file.replace(/\.js$/, `-${process.pid}-${++copies}.js`);
	fs.copyFileSync(file, copy);
	return String(pathToFileURL(copy));
}

/* A fresh copy of a cell's glue, evaluated; of what `options` make of it, or of the original. */
export async function evaluate(cell, { original, options }) {
	const directory = original ? copyOf(cell, "original") : patchedCopyOf(cell, options);
	const file = path.join(directory, "reglue_fixture.js");
	if (cell.target === "nodejs") {
		delete require.cache[file];
		return require(file);
	}
	if (cell.target === "bundler") { // the body would be the same for each query of its loader
		const copy = `${directory}-${process.pid}-${++copies}`;
		fs.cpSync(directory, copy, { recursive: true });
		return import(pathToFileURL(path.join(copy, "reglue_fixture.js")));
	}
	return import(freshUrl(file));
}

/* See lib.mjs. */
export async function inChild(cell, body, { original = false, args = [] } = {}) {
	const texts = args.map(v => (typeof v === "function" ? `(${v})` : JSON.stringify(v)));
	const file = path.join(root, `child-${process.pid}-${++copies}.mjs`);
	fs.writeFileSync(
		file,
		`import * as lib from ${JSON.stringify(new URL("./lib.mjs", import.meta.url))};
const glue = await lib.load(lib.cellOf(${JSON.stringify(cell.path)}), { original: ${original} });
const print = value => console.log("\\n=" + JSON.stringify(value));
await (${body})({ ...glue, ...lib, print, process }, ${texts});
`,
	);
	const runtime = globalThis.Deno === undefined ? [] : ["run", "-A"];
	if (!original) {
		patchedCopyOf(cell);
	}
	const run = spawnSync(process.execPath, [...runtime, file], {
		encoding: "utf8",
		timeout: 30_000,
		env: { ...process.env, RECOVERY_ROOT: root, NODE_TEST_CONTEXT: "" },
	});
	const answer = /^=(.*)$/m.exec(run.stdout);
	return {
		status: run.status,
		text: run.stdout + run.stderr,
		answer: answer === null ? undefined : JSON.parse(answer[1]),
	};
}

let collector = globalThis.gc ?? (globalThis.Bun && (() => globalThis.Bun.gc(true)));

export async function gc() {
	if (collector === undefined) {
		const { default: v8 } = await import("node:v8");
		const { default: vm } = await import("node:vm");
		v8.setFlagsFromString("--expose-gc");
		collector = vm.runInNewContext("gc");
	}
	collector();
}
