/* Reproducible random cases for property tests: the same numbers on every machine. */
#ifndef REGLUE_TEST_RANDOM_H
#define REGLUE_TEST_RANDOM_H

#include "arena.h"
#include "splice.h"

struct random {
	uint64_t state;
};

/* Below `limit`, which must not be 0. */
uint32_t random_below(struct random *random, uint32_t limit);

/* A text of up to max_len bytes made of few different lines, so that repeats and line-based tools
 * have something to stumble over: LF, CRLF, lone CR, NUL, no newline at the end, empty. */
struct str random_text(struct arena *arena, struct random *random, uint32_t max_len);

/* Up to max_count insertions into a text, several at one offset among them; not sealed. */
struct splice random_splice(
	struct arena *arena, struct random *random, struct str text, uint32_t max_count);

#endif
