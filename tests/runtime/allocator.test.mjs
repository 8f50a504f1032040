// What src/plan_wrappers.c writes for the allocator keeps no depth: the edge where JS runs under it all the same.
// wasm-bindgen's own allocator calls nothing; a program may bring one that does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assemble } from './glue.mjs';

const glue = `
let wasm;
let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
	if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
		cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
	}
	return cachedUint8ArrayMemory0;
}
let WASM_VECTOR_LEN = 0;
function passStringToWasm0(arg, malloc, realloc) {
	let len = arg.length;
	let ptr = malloc(len, 1) >>> 0;
	const mem = getUint8ArrayMemory0();
	for (let offset = 0; offset < len; offset++) {
		mem[ptr + offset] = arg.charCodeAt(offset);
	}
	WASM_VECTOR_LEN = len;
	return ptr;
}
module.exports.length = function(text) {
	const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
	const len0 = WASM_VECTOR_LEN;
	return wasm.length(ptr0, len0);
};
module.exports.first = function() {
	return wasm.first();
};
module.exports.boom = function() {
	wasm.boom();
};
module.exports.__wbg_log = function() {
	globalThis.log();
};
const imports = { './glue_bg.js': module.exports };
const bytes = require('fs').readFileSync(require('path').join(__dirname, 'glue_bg.wasm'));
const wasmModule = new WebAssembly.Module(bytes);
const wasmInstance = new WebAssembly.Instance(wasmModule, imports);
wasm = wasmInstance.exports;
`;

test('R2: an instance that is replaced while the allocator runs gets no pointer of the old one', t => {
	const folder = mkdtempSync(join(tmpdir(), 'reglue-'));
	t.after(() => rmSync(folder, { recursive: true }));
	writeFileSync(join(folder, 'glue_bg.wasm'), assemble('allocator.wat'));
	writeFileSync(join(folder, 'glue.cjs'), glue);
	execFileSync(fileURLToPath(new URL('../../build/reglue', import.meta.url)), ['patch', join(folder, 'glue.cjs')]);
	globalThis.log = () => {};
	const m = createRequire(import.meta.url)(join(folder, 'glue.cjs'));
	assert.equal(m.length('Aha'), 3);
	assert.equal(m.first(), 65);
	let inner;
	globalThis.log = () => {
		globalThis.log = () => {};
		assert.throws(() => m.boom(), WebAssembly.RuntimeError);
		inner = m.first(); // nobody can know that the allocator is on the stack
	};
	assert.throws(() => m.length('Bah'), m.__reglue.PoisonedError);
	assert.equal(inner, 0);
	assert.equal(m.__reglue.state, 'poisoned');
	assert.equal(m.first(), 0); // nothing was written
	assert.equal(m.length('Bah'), 3);
	assert.equal(m.first(), 66);
	assert.equal(m.__reglue.generation, 2);
});
