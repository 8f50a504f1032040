/*
 * One arena holds everything that belongs to one file's job; destroying it frees all at once.
 * Memory comes zeroed. Running out of memory ends the process with a message (see arena.c): there
 * is nothing a job could do about it, and no caller has to check.
 */
#ifndef REGLUE_ARENA_H
#define REGLUE_ARENA_H

#include <stdarg.h>
#include <stdint.h>

#include "str.h"

struct arena;

struct arena *arena_create(void);

/* Takes NULL. */
void arena_destroy(struct arena *arena);

/* size bytes, zeroed, aligned for any type; lives as long as the arena. size 0 is allowed. */
void *arena_alloc(struct arena *arena, size_t size);

/* size bytes, not zeroed: for texts. */
char *arena_text(struct arena *arena, size_t size);

/* count elements of size bytes each, zeroed; an overflowing product ends the process. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

/* Takes over what malloc gave: it is freed with the arena. */
void arena_keep(struct arena *arena, void *memory);

/* Memory of the arena that somebody else uses for a while. */
struct arena_loan {
	void *memory; /* not zeroed, aligned for any type */
	size_t size;
	bool fresh; /* had of the system for this loan */
	struct block *block;
};

/* At least `least` bytes, or `wanted` where so many are not there yet. Until they are given back nobody else gets them. */
struct arena_loan arena_lend(struct arena *arena, size_t least, size_t wanted);
void arena_give_back(struct arena_loan loan);

/* A copy of s that is also NUL-terminated (the NUL is not counted in .len). */
struct str arena_copy(struct arena *arena, struct str s);

/* printf into the arena; NUL-terminated. */
struct str arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct str arena_vprintf(struct arena *arena, const char *format, va_list args);

/* Bytes handed out so far, for tests and --verbose. */
size_t arena_used(const struct arena *arena);

/* The one place for "out of memory": prints a line to stderr and ends with status 70. */
_Noreturn void out_of_memory(void);

#endif
