/*
 * Leaves: exported functions that cannot reach JavaScript. Neither they nor what they call calls an import (but
 * __wbindgen_throw, which throws and does nothing else) or a function that a table holds. While one runs, no other
 * code of the glue does, so that nobody can ask how deep it is: its wrapper need not keep the depth. Before it runs, the
 * engine converts its arguments, and that calls `valueOf` of objects: hence the types.
 *
 * Format: WebAssembly Core Specification, binary format of the type, function and code sections and of instructions. In
 * doubt a function is no leaf: where its body is long (what takes long is none the dearer for a guard), where several
 * call each other, where an instruction or a type is not known here.
 */
#ifndef REGLUE_WASM_LEAVES_H
#define REGLUE_WASM_LEAVES_H

#include "arena.h"
#include "wasm.h"

/* What a section holds, its head left out; size 0 if there is none. */
struct wasm_place {
	uint64_t offset;
	uint64_t size; /* bytes */
};

/* Where to find it. */
struct wasm_code {
	size_t (*read)(const void *from, uint64_t offset, void *to, size_t count); /* gives how many */
	const void *from;
	struct wasm_place types;
	struct wasm_place functions;
	struct wasm_place bodies; /* the code section */
};

/*
 * A module's leaves, a line each, in the arena: the export's name, a blank, and a letter for each parameter: n for a number,
 * b for an i64, which is a BigInt, r for a reference, which is not converted. Behind them, with a ! for the letters, the
 * exports that the start function runs (`#[wasm_bindgen(start)]`). Empty if there is none, the module is broken, or
 * there is so much code that finding its functions would take longer than what is gained. facts: of
 * the same module.
 */
struct str wasm_leaves(
	struct arena *arena, const struct wasm_facts *facts, const struct wasm_code *code);

#endif
