/* A temporary folder with files in it, for tests that need real ones. */
#ifndef REGLUE_TEST_FOLDER_H
#define REGLUE_TEST_FOLDER_H

#include "arena.h"

/* Made new for the test and its working directory from now on; the name lives in the arena. */
struct str folder_enter(struct arena *arena);

/* Removes it with all it holds. */
void folder_leave(struct arena *arena, struct str folder);

void folder_write(struct arena *arena, struct str path, struct str bytes);
struct str folder_read(struct arena *arena, struct str path);

#endif
