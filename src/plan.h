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

#endif
