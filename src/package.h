/*
 * What the files of one package tell about each other. Each file's output depends on its own bytes, the
 * options and the wasm beside it, and on no other file: so files may be patched one by one, in any
 * order, and again, with the same result. What they have in common is what is said about them.
 */
#ifndef REGLUE_PACKAGE_H
#define REGLUE_PACKAGE_H

#include "patch.h"

/*
 * Joins results of patch_run over files of one package. A body learns from its loaders where a new
 * instance's Module comes from, and is warned (no-reinit) if none of them has one, noted (no-loader) if
 * none was looked at. Entries of `patches` may be NULL.
 */
void package_join(struct arena *arena, struct patch *const *patches, uint32_t count);

#endif
