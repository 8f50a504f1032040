/* One input file's bytes, and where its lines begin. */
#ifndef REGLUE_SOURCE_H
#define REGLUE_SOURCE_H

#include <stdint.h>

#include "arena.h"

struct source {
	struct str path;  /* as the user named it; for messages and reports only */
	struct str bytes; /* borrowed; at most SOURCE_MAX_BYTES */
	uint32_t *lines;  /* offset at which line i+1 begins; built on first use */
	uint32_t line_count;
};

/* tree-sitter counts in 32 bits; insertions must fit as well. */
#define SOURCE_MAX_BYTES (1u << 30)

struct position {
	uint32_t line;   /* from 1 */
	uint32_t column; /* from 1, in bytes */
};

void source_init(struct source *source, struct str path, struct str bytes);

/* The position of a byte offset (at most the length). Builds the line table when first asked. */
struct position source_position(struct arena *arena, struct source *source, uint32_t offset);

/*
 * The column in UTF-16 code units, from 1, as editors and SARIF count; a byte order mark at the
 * start of the file does not count, and bytes that are not UTF-8 count one each.
 */
uint32_t source_column_utf16(const struct source *source, struct position position);

/* A piece of one line, for showing where something is. */
struct excerpt {
	struct str text; /* borrowed from the source; without the line's end */
	uint32_t column; /* of its first byte, in bytes */
};

/* The line around a position; of a long line, as minifiers make them, some 80 bytes either side. */
struct excerpt source_excerpt(const struct source *source, struct position position);

#endif
