/*
 * TypeScript declarations beside glue: they gain what the glue gained, the export `__reglue`, and a
 * footer of their own. Insert only, as in the glue. The text is not parsed, only read by tokens: what
 * decides is whether it is a module, or declares a namespace.
 */
#ifndef REGLUE_TYPES_H
#define REGLUE_TYPES_H

#include "patch.h"

/*
 * Patches the declarations of a script in memory, as patch_run does with the script. `script` is
 * what patch_run made of it. Declarations of a form that wasm-bindgen does not write are left as they
 * are, with a warning; the verdict is then "skipped".
 */
struct patch *types_run(
	struct arena *arena, struct str path, struct str bytes, const struct patch *script);

/* Whether a patched script exports __reglue: else its declarations have nothing to gain. */
bool types_wanted(const struct patch *script);

#endif
