/*
 * The edits of one file. reglue only inserts: every edit is a text at an offset of the untouched
 * original. Edits are collected in any order, sealed once (sorted and checked), and from then on
 * only read: by the writer, the diff, the report and the footer that `revert` reads.
 */
#ifndef REGLUE_SPLICE_H
#define REGLUE_SPLICE_H

#include "arena.h"
#include "buf.h"

/*
 * Order of insertions that meet at one offset. Closers of what ends here stand before openers of
 * what begins here; among closers the inner one first, among openers the outer one first. Callers
 * give the nesting as `depth` (greater = further inside).
 */
enum splice_side {
	SPLICE_CLOSE, /* belongs to the text on its left */
	SPLICE_PLAIN, /* a statement or hook of its own */
	SPLICE_OPEN,  /* belongs to the text on its right */
};

struct insertion {
	uint32_t offset; /* bytes into the original */
	uint8_t side;    /* enum splice_side */
	uint16_t depth;
	uint32_t serial; /* order of adding: breaks the last ties, keeps runs deterministic */
	struct str text; /* not empty */
};

struct splice {
	struct insertion *items;
	uint32_t count;
	uint32_t capacity;
	bool sealed;
};

/* text is borrowed and must live as long as the splice. Empty texts are not added. */
void splice_insert(struct arena *arena, struct splice *splice, uint32_t offset,
	enum splice_side side, uint32_t depth, struct str text);

/* Two insertions around the bytes [start, end). */
void splice_wrap(struct arena *arena, struct splice *splice, uint32_t start, uint32_t end,
	uint32_t depth, struct str before, struct str after);

/* Sorts and checks: every offset inside `original_len`. No insert afterwards. */
void splice_seal(struct splice *splice, size_t original_len);

/* The original with all insertions, in the arena. Needs a sealed splice. */
struct str splice_apply(struct arena *arena, const struct splice *splice, struct str original);

/* The same, with `room` bytes behind it that may be written. */
char *splice_apply_with_room(
	struct arena *arena, const struct splice *splice, struct str original, size_t room);

/* Where a byte of the original stands in the output (insertions at the very offset come first). */
uint32_t splice_map(const struct splice *splice, uint32_t offset);

/* All inserted bytes together. */
size_t splice_added(const struct splice *splice);

#endif
