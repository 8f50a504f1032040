/*
 * From facts to insertions: what is done about each recognised construct. The calls that are
 * inserted are listed in docs/RUNTIME.md.
 */
#ifndef REGLUE_PLAN_H
#define REGLUE_PLAN_H

#include "glue.h"

/*
 * Fills patch->splice (not sealed), entries and sites. Gives the offset after the file's last
 * statement, where the footer belongs.
 */
uint32_t plan_make(
	const struct glues *glues, const struct patch_options *options, struct patch *patch);

/*
 * A line for each form that a wrapper literal has, in the arena: what plan_make() inserts has others only by their names
 * and by how many parameters there are.
 */
struct str plan_wrapper_forms(struct arena *arena);

/* What wasm_leaves() gave for an earlier patch, told from what that inserted, in the arena. */
struct str plan_known_leaves(struct arena *arena, const struct splice *splice);

#endif
