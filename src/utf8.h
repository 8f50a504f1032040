/* Text of unknown encoding as valid UTF-8. */
#ifndef REGLUE_UTF8_H
#define REGLUE_UTF8_H

#include "arena.h"

/* The length of the valid sequence that text begins with, 0 if it begins with none. */
size_t utf8_length(struct str text);

/*
 * The text with U+FFFD for every NUL and every byte that is not part of valid UTF-8; NUL-terminated,
 * in the arena.
 */
struct str utf8_clean(struct arena *arena, struct str text);

/* The same on one line for a terminal: control characters (also U+0080 to U+009F) become U+FFFD. */
struct str utf8_printable(struct arena *arena, struct str text);

#endif
