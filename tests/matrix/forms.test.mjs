// What published packages do to glue by hand: real glue of ours, edited as theirs is, patched and run.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
const root = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-forms-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));

/* A copy of a cell with its main file edited, and `more` done in its folder; patched; the main file's module. */
async function load(name, cell, edit, more = () => {}) {
	const folder = path.join(root, name);
	fs.cpSync(path.join(here, "../../fixtures", cell), folder, { recursive: true, dereference: true });
	const file = path.join(folder, "reglue_fixture.js");
	const text = fs.readFileSync(file, "utf8");
	const edited = edit(text);
	assert.notEqual(edited, text);
	fs.writeFileSync(file, edited);
	more(folder);
	const { status, stdout, stderr } = spawnSync(tool, ["patch", folder], { encoding: "utf8" });
	assert.equal(status, 0, stdout + stderr);
	return import(pathToFileURL(file));
}

function survives(m) {
	assert.equal(m.bump(), 1);
	const stale = new m.Counter(5);
	assert.throws(() => m.trap(), WebAssembly.RuntimeError);
	assert.equal(m.__reglue.state, "poisoned");
	assert.equal(m.concat("a", "b", "ü"), "abü");
	assert.equal(m.bump(), 1);
	assert.equal(m.__reglue.generation, 1);
	assert.throws(() => stale.get(), m.__reglue.StaleObjectError);
}

for (const release of ["0.2.92", "0.2.108", "0.2.130"]) {
	test(`${release}: a stand-in for the exports makes the instance at the first call`, async () => {
		const m = await load(`stand-in-${release}`, `${release}/default/web`, (text) => `${text}
import { readFileSync } from "node:fs";
function __initSync() {
	wasm = undefined;
	const module = readFileSync(new URL("reglue_fixture_bg.wasm", import.meta.url));
	return initSync(${release === "0.2.92" ? "module" : "{ module }"});
}
wasm = new Proxy(
	{},
	{
		get: (target, prop, receiver) => __initSync()[prop],
	},
);
`);
		assert.equal(m.add(1, 2), 3);
		survives(m);
	});

	const loader = () => `
import { readFileSync } from "node:fs";
import * as body from "./reglue_fixture_bg.js";
import { __wbg_set_wasm } from "./reglue_fixture_bg.js";
const imports = {
	...body,
	__wbg_set_wasm,
};
const finalize = (exports) => {
	imports.__wbg_set_wasm(exports);
	if (typeof exports.__wbindgen_start === "function") {
		exports.__wbindgen_start();
	}
};
const bytes = readFileSync(new URL("reglue_fixture_bg.wasm", import.meta.url));
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { "./reglue_fixture_bg.js": imports });
finalize(instance.exports);
export const { bump, trap, concat, Counter } = body;
`;

	test(`${release}: a loader that keeps the setter in an object`, async () => {
		survives(await load(`object-${release}`, `${release}/default/bundler`, loader));
	});

	test(`${release}: classes that are called like globals`, async () => {
		const names = ["Map", "Set", "WeakMap", "WeakSet", "URL", "Response", "Proxy", "Date"];
		survives(await load(`globals-${release}`, `${release}/default/bundler`, loader, (folder) => {
			const text = names.map((name) => `export class ${name} { free() {} }\n`).join("");
			fs.appendFileSync(path.join(folder, "reglue_fixture_bg.js"), `\n${text}`);
		}));
	});
}
