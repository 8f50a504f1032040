/* Between syntax.c and flatten.c: nobody else sees tree-sitter's types. */
#ifndef REGLUE_FLATTEN_H
#define REGLUE_FLATTEN_H

#include <tree_sitter/api.h>

#include "syntax.h"

struct syntax {
	const TSLanguage *language;
	uint16_t *kinds; /* by TSSymbol */
	uint8_t *fields; /* by TSFieldId */
	uint16_t *flags; /* by TSSymbol, for anonymous keyword tokens */
	uint32_t symbol_count;
	uint32_t field_count;
};

/* Fills nodes and names of a tree from tree-sitter's. */
void flatten(
	struct arena *arena, const struct syntax *syntax, const TSTree *parsed, struct tree *tree);

#endif
