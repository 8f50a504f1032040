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

/* count elements of size bytes each, zeroed; an overflowing product ends the process. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

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
