/*
 * Which files a command works on: PATHs as typed, and those of a list, become packages, each the
 * files that belong together (x.js, x_bg.js or x.internal.js, x_web.js), in a stable order.
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
	uint32_t file_count;      /* errors not counted */
	uint32_t path_count;      /* PATHs looked at, also those of a list */
	bool walked;              /* some PATH was a directory */
	struct os_entries litter; /* temporary files of killed runs, where files were looked for */
};

struct batch_query {
	const struct str *paths;
	uint32_t path_count;
	struct str list;     /* NUL or line break after each PATH */
	bool null_separated; /* in `list` */
	bool recursive;
	bool ignore;            /* honour .reglueignore in walks */
	bool alone;             /* take a file without the one that it makes a pair with */
	uint32_t shard, shards; /* take part `shard` of 1 … `shards`; 0 shards: everything */
};

/*
 * A directory stands for the .js, .mjs and .cjs files in it, with `recursive` for those below it
 * too; any other PATH for itself, whether it exists or not, x.d.ts for the x.js that it
 * describes, x.js or x_bg.js (x.internal.js) for both, and x_web.js for itself and x_bg.js. A file named twice is taken
 * once. The part that a package falls into depends on the paths that were found, as typed, and on nothing
 * else, so that all machines agree.
 */
void batch_collect(struct arena *arena, const struct batch_query *query, struct batch *batch);

/* The declarations that belong to a JS file (x.d.ts to x.js, x.d.mts to x.mjs), by name alone. */
struct str batch_types_path(struct arena *arena, struct str path);

#endif
