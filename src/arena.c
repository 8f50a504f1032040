#include "arena.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 64 * 1024, LARGEST_BLOCK = 8 * 1024 * 1024, ALIGNMENT = 16 };

struct block {
	struct block *next;
	char *at; /* what is unused, up to its end */
	char *end;
	char *unused; /* so that what follows is aligned */
};

/* Memory that malloc gave to somebody else. */
struct kept {
	struct kept *previous;
	void *memory;
};

struct arena {
	struct block *first; /* the oldest */
	struct block *last;
	struct block *block; /* the one in use */
	struct kept *kept;
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
	for (struct kept *kept = arena->kept; kept != NULL; kept = kept->previous) {
		free(kept->memory);
	}
	for (struct block *block = arena->first, *next; block != NULL; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	struct block *block = size < SIZE_MAX - sizeof(*block) ? malloc(sizeof(*block) + size) : NULL;
	if (block == NULL) {
		out_of_memory();
	}
	block->next = NULL;
	block->at = (char *)(block + 1);
	block->end = block->at + size;
	*(arena->last == NULL ? &arena->first : &arena->last->next) = block;
	arena->last = block;
	return block;
}

static size_t room(const struct block *block)
{
	return (size_t)(block->end - block->at);
}

/* A block with so much room, or NULL: the oldest one, whose memory is most likely to have been used before. */
static struct block *find_room(const struct arena *arena, size_t size)
{
	struct block *block = arena->first;
	while (block != NULL && room(block) < size) {
		block = block->next;
	}
	return block;
}

static void *take(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - ALIGNMENT) {
		out_of_memory();
	}
	size_t rounded = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (rounded == 0) {
		rounded = ALIGNMENT;
	}
	if (arena->block == NULL || rounded > room(arena->block)) {
		arena->block = find_room(arena, rounded);
	}
	if (arena->block == NULL) {
		arena->block = add_block(arena, rounded > arena->next_size ? rounded : arena->next_size);
		arena->next_size *= arena->next_size < LARGEST_BLOCK ? 2 : 1;
	}
	void *result = arena->block->at;
	arena->block->at += rounded;
	arena->used += rounded;
	return result;
}

/* Zeroed here, not by the block: that may be of memory used before, and its end is never needed. */
void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void arena_keep(struct arena *arena, void *memory)
{
	struct kept *kept = arena_new(arena, struct kept);
	*kept = (struct kept){.previous = arena->kept, .memory = memory};
	arena->kept = kept;
}

struct arena_loan arena_lend(struct arena *arena, size_t least, size_t wanted)
{
	struct block *block = find_room(arena, least);
	bool fresh = block == NULL;
	if (fresh) {
		block = add_block(arena, wanted > least ? wanted : least);
	}
	struct arena_loan loan = {
		.memory = block->at, .size = room(block), .fresh = fresh, .block = block};
	block->at = block->end;
	return loan;
}

void arena_give_back(struct arena_loan loan)
{
	loan.block->at = loan.memory;
}

char *arena_text(struct arena *arena, size_t size)
{
	return take(arena, size);
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
	char *copy = take(arena, s.len + 1);
	if (s.len != 0) {
		memcpy(copy, s.data, s.len);
	}
	copy[s.len] = 0;
	return (struct str){copy, s.len};
}

struct str arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	/* where take() will put the text if it fits */
	char *text = arena->block == NULL ? NULL : arena->block->at;
	size_t left = arena->block == NULL ? 0 : room(arena->block);
	int length = vsnprintf(text, left, format, args);
	assert(length >= 0);
	bool fits = (size_t)length < left;
	text = take(arena, (size_t)length + 1);
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
