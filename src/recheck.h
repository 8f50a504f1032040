/*
 * The check of our own work: whether the output still parses. Parsing all of it again would double
 * the price of a file, and nearly all of it was parsed a moment ago. So what no insertion touches is
 * left out, and the rest is parsed.
 */
#ifndef REGLUE_RECHECK_H
#define REGLUE_RECHECK_H

#include "splice.h"
#include "syntax.h"

/* Texts inside of insertions that somebody else has parsed, and that are left out. */
struct recheck_known {
	struct str block; /* body of a function; may be empty */
	struct str lines; /* `name:value,` each, for objects: known whatever name and parameters are */
};

/* splice: sealed, over the tree's source. */
bool recheck(struct arena *arena, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, const struct recheck_known *known);

/* Its first half: whether what is left parses. If it does not, the whole output may do so all the same. */
bool recheck_parts(struct arena *arena, const struct syntax *syntax, const struct tree *tree,
	const struct splice *splice, const struct recheck_known *known);

#endif
