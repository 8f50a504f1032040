/* Glue that no generator emits, from pieces: the least that is patched, to which a test adds what it is about. */
#ifndef TESTS_LEAST_H
#define TESTS_LEAST_H

#include "patching.h"

/* The least that is glue: one export, one view, one loader. */
#define VIEW \
	"let cachedUint8ArrayMemory0 = null;\n" \
	"function getUint8ArrayMemory0() {\n" \
	"    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {\n" \
	"        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);\n" \
	"    }\n" \
	"    return cachedUint8ArrayMemory0;\n" \
	"}\n"
#define ADD "function add(a, b) {\n    return wasm.add(a, b);\n}\nexports.add = add;\n"
#define LOADER \
	"const imports = { './x_bg.js': {} };\n" \
	"const wasmModule = new WebAssembly.Module(require('fs').readFileSync('x_bg.wasm'));\n" \
	"let wasm = new WebAssembly.Instance(wasmModule, imports).exports;\n" \
	"wasm.__wbindgen_start();\n"

/* Patches the text as `x.js`, with the options that hold where nothing is said. */
struct patch *run(const char *text);

bool contains(const struct patch *patch, const char *text);

/* The first diagnostic of that code, or NULL. */
const struct diag *find_code(const struct patch *patch, const char *code);

#endif
