/*
 * .reglueignore: which files a walk passes over. The syntax is that of .gitignore, as far as
 * docs/BATCH.md lists it. Only text is looked at; batch.c reads the files.
 */
#ifndef REGLUE_IGNORE_H
#define REGLUE_IGNORE_H

#include "arena.h"

/* The rules of one .reglueignore, on top of those of the folders above it. */
struct ignore;

/* Parses the text of the file in `folder`. above may be NULL. Texts are borrowed. */
struct ignore *ignore_parse(
	struct arena *arena, struct str folder, struct str text, const struct ignore *above);

/*
 * Whether a path is to be passed over; the last rule that matches decides, nearer files first.
 * `path` begins with the folders given to ignore_parse. ignore may be NULL.
 */
bool ignore_match(
	const struct ignore *ignore, struct arena *arena, struct str path, bool is_folder);

#endif
