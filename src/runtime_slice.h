/*
 * The runtime's text, cut into chunks by the build (embed_runtime.c) so that a glue gets no more of it
 * than it has a use for. A slice keeps what its features ask for, and what that refers to.
 */
#ifndef REGLUE_RUNTIME_SLICE_H
#define REGLUE_RUNTIME_SLICE_H

#include <stdint.h>

#include "buf.h"

struct runtime_chunk {
	uint32_t end;       /* in the text; it begins where the one before ends */
	uint16_t piece;     /* statement of the top level that it belongs to */
	uint16_t use_count; /* pieces that it refers to */
	uint32_t first_use;
	uint64_t need;    /* bit mask of features: kept if all of these are wanted, */
	uint64_t without; /* and none of these */
};

struct runtime {
	const char *text;
	const struct runtime_chunk *chunks;
	uint32_t chunk_count;
	const uint16_t *uses;
	uint16_t root; /* the piece that all others are there for */
};

/* Appends the body of the runtime's function, its `return` included. */
void runtime_slice(const struct runtime *runtime, uint64_t features, struct buf *out);

#endif
