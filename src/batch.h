/*
 * Which files a command works on: PATHs as typed become a list of packages, each the files that
 * belong together (x.js, x_bg.js), in a stable order.
 */
#ifndef REGLUE_BATCH_H
#define REGLUE_BATCH_H

#include "os.h"

struct package {
	struct os_entry *files; /* an entry with an error is a package of its own */
	uint32_t count;
};

struct batch {
	struct package *packages;
	uint32_t package_count;
	uint32_t file_count; /* errors not counted */
	bool walked;         /* some PATH was a directory */
};

/*
 * A directory stands for the .js, .mjs and .cjs files in it, with `recursive` for those below it
 * too; any other PATH for itself, whether it exists or not. A file named twice is taken once.
 */
void batch_collect(struct arena *arena, const struct str *paths, uint32_t path_count,
	bool recursive, struct batch *batch);

#endif
