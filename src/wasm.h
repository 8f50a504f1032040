/*
 * What the wasm file beside a glue tells: only its section headers, imports, exports and producers
 * are read here; of its code, see wasm_leaves.h. Format: WebAssembly Core Specification, binary format; the producers
 * section: WebAssembly tool conventions.
 */
#ifndef REGLUE_WASM_H
#define REGLUE_WASM_H

#include <stdint.h>

#include "str.h"

struct wasm_facts {
	struct str bindgen; /* version of wasm-bindgen, from "producers"; empty if not told */
	struct str rustc;   /* the same of rustc */
	bool imports_memory;
	bool shared_memory; /* imported or own, with the shared flag */
	bool moves_stack;   /* exports __wbindgen_add_to_stack_pointer */
	bool exports_stack; /* exports the global __stack_pointer */
	bool
		function_tables; /* exports a table of something else than externrefs, or it cannot be told */
	uint32_t tables;     /* imported or own; bits below: which of the first 64 hold externrefs */
	uint64_t externref_tables;
	bool asyncify; /* exports asyncify_… */
	uint32_t exports;
	struct str imports;  /* the import section, for wasm_next_import */
	struct str exported; /* the export section, for wasm_next_export */
	bool throws;         /* imports wasm-bindgen's __wbindgen_throw */
};

/* False if the bytes are no well-formed wasm module, as far as it is read. Strings are borrowed. */
bool wasm_read(struct str bytes, struct wasm_facts *facts);

/*
 * From the first bytes of a section (WASM_LONGEST_HEAD are enough, less if the file ends): how many bytes it has with its
 * head, 0 if that is broken; how many the head has; and whether wasm_read() looks at what is in it.
 */
uint64_t wasm_section_size(struct str start, size_t *head_len, bool *reads);
enum { WASM_LONGEST_HEAD = 64 };
enum { WASM_SECTION_TYPE = 1, WASM_SECTION_FUNCTION = 3, WASM_SECTION_CODE = 10 };

struct wasm_import {
	struct str module;
	struct str name;
	bool function;
	bool throws; /* it is wasm-bindgen's __wbindgen_throw */
};

/* Takes the next import off `section`, which starts as facts.imports; false at its end. */
bool wasm_next_import(struct str *section, struct wasm_import *import);

struct wasm_export {
	struct str name;
	bool function;
	uint32_t index; /* of the function, imported ones counted first; of anything else as well */
};

/* Takes the next export off `section`, which starts as facts.exported; false at its end. */
bool wasm_next_export(struct str *section, struct wasm_export *export);

/*
 * The file name of the wasm that a glue loads ("x_bg.wasm"): the first string in its text that ends
 * so, without folders; empty if there is none. Borrowed from the glue's bytes.
 */
struct str wasm_name_in(struct str glue);

/* Whether no other name stands in a glue in such a string. */
bool wasm_is_only_name(struct str glue, struct str name);

#endif
