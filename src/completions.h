/* Shell completions, from the tables in cli.h. */
#ifndef REGLUE_COMPLETIONS_H
#define REGLUE_COMPLETIONS_H

#include "arena.h"
#include "cli.h"

/* What makes a shell complete `reglue`: the text that it sources. In the arena. */
struct str completions_text(struct arena *arena, enum shell shell);

#endif
