/*
 * A list of inserted spans as printable text, a character or two for each. A text that is inserted
 * often is described once, by where it first stands; later spans say "the same text, at its next
 * occurrence". docs/FOOTER.md describes the coding.
 */
#ifndef REGLUE_SPANS_H
#define REGLUE_SPANS_H

#include "splice.h"

/*
 * Appends the coded list of the first `count` insertions of a sealed splice; `output` is the
 * original with (at least) these applied.
 */
void spans_write(const struct splice *splice, uint32_t count, struct str output, struct buf *out);

/* One inserted span, as offsets into the patched bytes. */
struct span {
	uint32_t start;
	uint32_t end;
};

/* Reads a list back, span by span: `output` is the patched bytes before the footer. */
struct spans_reader {
	struct str output;
	struct str code; /* what is left of it */
	uint32_t at;     /* end of the last span */
	struct span *texts;
	uint32_t text_count;
	uint32_t text_capacity;
};

enum spans_result {
	SPANS_NEXT,
	SPANS_END,
	SPANS_LOST,    /* the list is well-formed, but the text is not where it should be */
	SPANS_INVALID, /* the list itself is damaged */
};

void spans_reader_init(struct spans_reader *reader, struct str code, struct str output);

/* Gives the next span on SPANS_NEXT; spans come in order and do not overlap. */
enum spans_result spans_read(struct arena *arena, struct spans_reader *reader, struct span *span);

/* The character for the low six bits. All 64 are safe in a comment, a URL and a string. */
char spans_digit(uint64_t value);

/* A number as printable text, five bits a character. */
void spans_write_number(struct buf *out, uint32_t value);

/* Cuts a number off the front of code; false if there is none or it needs more than 32 bits. */
bool spans_read_number(struct str *code, uint32_t *value);

#endif
