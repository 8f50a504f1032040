// R15: what cannot be made safe is refused by name.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { copyOf, reglue } from "./host.mjs";
import { allCells, plain } from "./lib.mjs";

let n = 0;

/* Patches a copy of a cell, changed by `edit`; says what came of it. */
function attempt(cell, edit = text => text) {
	const file = path.join(copyOf(cell, `refused-${++n}`), "reglue_fixture.js");
	const text = edit(fs.readFileSync(file, "utf8"));
	fs.writeFileSync(file, text);
	const { status, stdout, stderr } = reglue("patch", file);
	return { status, said: stdout + stderr, unchanged: fs.readFileSync(file, "utf8") === text };
}

for (const cell of allCells.filter(({ variant, target }) => variant === "threads" && /web|nodejs/.test(target))) {
	test(`R15: shared memory is refused [${cell.path}]`, () => {
		const { status, said, unchanged } = attempt(cell);
		assert.equal(status, 3, said);
		assert.match(said, /reglue_fixture\.js:\d+:\d+/);
		assert.match(said, /shared|thread/i);
		assert.equal(unchanged, true);
	});
}

const node = plain();

const constructs = {
	"an exports object handed to another module": [
		text => `${text}\nrequire("./keeper").setWasmExports(wasm);\n`,
		/\[exports-handed-out\]/,
	],
	"suspension of calls (JSPI)": [
		text => `${text}\nmodule.exports.later = WebAssembly.promising(wasm.add);\n`,
		/\[jspi\]/,
	],
	"an import that suspends (JSPI)": [
		text => `${text}\nmodule.exports.wait = new WebAssembly.Suspending(async () => 1);\n`,
		/\[jspi\]/,
	],
	"suspension of calls (asyncify)": [
		text => text.replace("wasm.add(a, b)", "(wasm.asyncify_start_unwind(0), $&)"),
		/\[asyncify\]/,
	],
	"a shim of env": [text => `imports = { env: require("env") };\n${text}`, /\[host-shim\]/],
	"a shim of WASI": [
		text => text.replace("const path = ", "imports.wasi_snapshot_preview1 = require('wasi_snapshot_preview1');\n$&"),
		/\[host-shim\]/,
	],
	"a shim of WASI that somebody put there": [
		text => text.replace("const path = ", "imports['wasi_snapshot_preview1'] = new (require('./shim').WASI)().wasiImport;\n$&"),
		/\[host-shim\]/,
	],
	"memory that JS makes": [
		text => text.replace("const path = ", "imports.wbg.memory = new WebAssembly.Memory({ initial: 18 });\n$&"),
		/\[imported-memory\]/,
	],
	"asm.js": [
		() => `function asmFunc(imports) {
	"use asm";
	function add(a, b) { a = a | 0; b = b | 0; return a + b | 0; }
	return { add: add };
}
export const add = asmFunc({}).add;
`,
		/\[no-glue\]/,
	],
	"what emscripten makes": [
		() => `var Module = typeof Module != "undefined" ? Module : {};
var wasmMemory, HEAP8, wasmExports;
function assignWasmExports(e) { Module["_add"] = e["add"]; _malloc = e["malloc"]; }
function createWasm() {
	function receiveInstance(instance) {
		wasmExports = instance.exports;
		wasmMemory = wasmExports["memory"];
		HEAP8 = new Int8Array(wasmMemory.buffer);
		assignWasmExports(wasmExports);
		return wasmExports;
	}
	var info = { env: wasmImports, wasi_snapshot_preview1: wasmImports };
	return WebAssembly.instantiate(wasmBinary, info).then(r => receiveInstance(r.instance));
}
createWasm();
`,
		/\[(no-glue|emscripten[\w-]*)\]/,
	],
	"glue for emscripten, which has its loader make the instance": [
		() => `addToLibrary({
	$initBindgen__deps: ["$addOnInit"],
	$initBindgen__postset: "addOnInit(initBindgen);",
	$initBindgen: () => { wasmExports["__wbindgen_start"](); },
});
addToLibrary({ $add: function(a, b) { return wasmExports["add"](a, b); } });
`,
		/\[emscripten\]/,
	],
	"code that is no glue": [() => "export const x = 1;\n", /\[no-glue\]/],
	"a syntax error": [text => `${text}\n}\n`, /\[parse-error\]/],
};

for (const [name, [edit, expected]] of Object.entries(constructs)) {
	test(`R15: ${name} is refused`, () => {
		const { status, said, unchanged } = attempt(node, edit);
		assert.equal(status, 3, said);
		assert.match(said, expected);
		if (!/no-glue/.test(said)) {
			assert.match(said, /reglue_fixture\.js:\d+:\d+: error: /);
		}
		assert.equal(unchanged, true);
	});
}
