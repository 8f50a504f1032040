/* Reads of a wasm file only what wasm_read() looks at: some kB of many MB. */
#ifndef REGLUE_WASM_FILE_H
#define REGLUE_WASM_FILE_H

#include "diag.h"

/*
 * Gives a module that tells wasm_read() what the file would, in the arena: its other sections are left
 * out. Of a file that is no well-formed module it gives bytes that are none either. False, with a
 * diagnostic, if the file cannot be read.
 */
bool wasm_file_read(struct arena *arena, struct str path, struct str *module, struct diags *diags);

#endif
