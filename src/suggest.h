/* "Did you mean …?" */
#ifndef REGLUE_SUGGEST_H
#define REGLUE_SUGGEST_H

#include "str.h"

/*
 * The candidate that `word` is most likely a slip of, NULL if none is near. `candidates` ends with
 * NULL; among equally near ones the first wins.
 */
const char *suggest(struct str word, const char *const *candidates);

#endif
