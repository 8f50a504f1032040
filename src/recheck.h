/*
 * The check of our own work: whether the output still parses. Parsing all of it again would double
 * the price of a file, and nearly all of it was parsed a moment ago. So what no insertion touches is
 * left out, and the rest is parsed.
 */
#ifndef REGLUE_RECHECK_H
#define REGLUE_RECHECK_H

#include "splice.h"
#include "syntax.h"

/*
 * splice: sealed, over the tree's source. known: a text that stands inside one of the insertions and
 * that the build has parsed as the body of a function (the runtime); may be empty.
 */
bool recheck(struct arena *arena, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, struct str known);

/* Its first half: whether what is left parses. If it does not, the whole output may do so all the same. */
bool recheck_parts(struct arena *arena, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, struct str known);

#endif
