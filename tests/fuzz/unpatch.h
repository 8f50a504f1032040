/* A reader of unified diffs, written apart from the writer: to hold one against the other. */
#ifndef REGLUE_FUZZ_UNPATCH_H
#define REGLUE_FUZZ_UNPATCH_H

#include "buf.h"

/* Applies a diff of one file to `before`, strictly; false if it does not fit at every byte. */
bool apply_diff(struct str before, struct str diff, struct buf *after);

#endif
