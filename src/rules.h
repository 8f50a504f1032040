/*
 * Every code that a diagnostic can carry, with what it means to whoever meets it. `reglue help
 * CODE`, the manual and the rules of a SARIF log are made from it.
 */
#ifndef REGLUE_RULES_H
#define REGLUE_RULES_H

#include "diag.h"

struct rule {
	const char *code;
	enum severity severity;
	const char *summary; /* one sentence */
	const char *help;    /* a paragraph: why, and what can be done */
};

extern const struct rule rule_table[]; /* sorted by code; code is NULL at the end */

/* NULL if there is none. */
const struct rule *rule_find(struct str code);

#endif
