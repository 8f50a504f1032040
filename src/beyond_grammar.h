/*
 * JavaScript that tree-sitter-javascript 0.25 does not know. The parser is given something else in its place,
 * of the same length and meaning for the tree; nodes keep their places, and their text is the file's own.
 */
#ifndef REGLUE_BEYOND_GRAMMAR_H
#define REGLUE_BEYOND_GRAMMAR_H

#include <stdint.h>

#include "str.h"

struct stand_in {
	uint32_t start, end; /* bytes of the text */
	const char *text;    /* as long as that, at least */
};

/*
 * What a text without a clean parse has of such places, in order; NULL if it has none. Matches in comments and strings
 * do no harm: there any text is as good. The caller frees it.
 */
struct stand_in *find_stand_ins(struct str bytes, uint32_t *count);

#endif
