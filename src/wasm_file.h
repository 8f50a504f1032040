/* Reads of a wasm file only what matters: some kB of many MB. */
#ifndef REGLUE_WASM_FILE_H
#define REGLUE_WASM_FILE_H

#include "diag.h"

struct wasm_file {
	/*
	 * A module that tells wasm_read() what the file would: its other sections are left out. Of a file that is no
	 * well-formed module it is none either.
	 */
	struct str module;
	struct str leaves; /* see wasm_leaves.h */
};

/* Gives what a file holds, in the arena. False, with a diagnostic, if it cannot be read. */
bool wasm_file_read(
	struct arena *arena, struct str path, struct wasm_file *file, struct diags *diags);

#endif
