/*
 * Unified diffs, as patch(1) and `git apply` take them, straight from lists of insertions: both
 * sides are the same original with (possibly no) insertions, so nothing has to be searched for.
 */
#ifndef REGLUE_DIFF_H
#define REGLUE_DIFF_H

#include "splice.h"

struct diff_side {
	struct str text;             /* the original with the insertions */
	const struct splice *splice; /* sealed, over the original; NULL for none */
};

/*
 * Appends the diff from before to after, with three lines of context; nothing if they are equal,
 * and then returns false. `path` is the name in the header, below a/ and b/.
 */
bool diff_write(struct arena *arena, struct str path, struct str original, struct diff_side before,
	struct diff_side after, struct buf *out);

#endif
