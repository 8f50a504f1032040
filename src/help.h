/* `reglue help`, from the tables in cli.h. */
#ifndef REGLUE_HELP_H
#define REGLUE_HELP_H

#include "arena.h"
#include "cli.h"
#include "rules.h"

/* The help text on a verb; VERB_COUNT: on the program. In the arena. */
struct str help_text(struct arena *arena, enum verb verb);

/* What a code of a finding means. In the arena. */
struct str help_rule_text(struct arena *arena, const struct rule *rule);

#endif
