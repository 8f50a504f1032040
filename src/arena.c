#include "arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 64 * 1024, LARGEST_BLOCK = 8 * 1024 * 1024, ALIGNMENT = 16 };

struct block {
	struct block *previous;
	size_t size; /* of the usable bytes after the header */
};

struct arena {
	struct block *block;
	char *at;
	size_t left;
	size_t used;
	size_t next_size;
};

_Static_assert(sizeof(struct block) % ALIGNMENT == 0, "blocks start aligned");

_Noreturn void out_of_memory(void)
{
	fputs("reglue: out of memory\n", stderr);
	exit(70);
}

struct arena *arena_create(void)
{
	struct arena *arena = calloc(1, sizeof(*arena));
	if (arena == NULL) {
		out_of_memory();
	}
	arena->next_size = FIRST_BLOCK;
	return arena;
}

void arena_destroy(struct arena *arena)
{
	if (arena == NULL) {
		return;
	}
	for (struct block *block = arena->block, *previous; block != NULL; block = previous) {
		previous = block->previous;
		free(block);
	}
	free(arena);
}

static void add_block(struct arena *arena, size_t size)
{
	size_t wanted = size > arena->next_size ? size : arena->next_size;
	/* calloc: fresh pages come zeroed from the kernel, so large blocks cost nothing until used */
	struct block *block = calloc(1, sizeof(*block) + wanted);
	if (block == NULL) {
		out_of_memory();
	}
	block->previous = arena->block;
	block->size = wanted;
	arena->block = block;
	arena->at = (char *)(block + 1);
	arena->left = wanted;
	if (arena->next_size < LARGEST_BLOCK) {
		arena->next_size *= 2;
	}
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - ALIGNMENT - sizeof(struct block)) {
		out_of_memory();
	}
	size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (rounded == 0) {
		rounded = ALIGNMENT;
	}
	if (rounded > arena->left) {
		add_block(arena, rounded);
	}
	void *result = arena->at;
	arena->at += rounded;
	arena->left -= rounded;
	arena->used += rounded;
	return result;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	assert(size != 0);
	if (count > SIZE_MAX / size) {
		out_of_memory();
	}
	return arena_alloc(arena, count * size);
}

struct str arena_copy(struct arena *arena, struct str s)
{
	char *copy = arena_alloc(arena, s.len + 1);
	if (s.len != 0) {
		memcpy(copy, s.data, s.len);
	}
	return (struct str){copy, s.len};
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	char *text = arena->at; /* which arena_alloc will give if the text fits */
	int length = vsnprintf(text, arena->left, format, args);
	assert(length >= 0);
	bool fits = (size_t)length < arena->left;
	text = arena_alloc(arena, (size_t)length + 1);
	if (!fits) {
		vsnprintf(text, (size_t)length + 1, format, again);
	}
	va_end(again);
	return (struct str){text, (size_t)length};
}

struct str arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
