#include "parse_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>

#include "arena.h"
#include "pages.h"

enum {
	STEP = 8, /* as finely as alignment allows: most pieces are nodes of 1 or 2 children */
	SMALL_CLASSES = 128,          /* of STEP bytes each: up to 1 kB */
	CLASSES = SMALL_CLASSES + 32, /* and then the powers of two */
	LEAST_ROOM = 16 * 1024,       /* in a block that is there already */
	SMALLEST_BLOCK = 128 * 1024,
	LARGEST_BLOCK = 30 * 1024 * 1024, /* pages_keep() keeps blocks up to 32 MB */
	LEAST_PER_BYTE = 20,              /* a tree takes 17 to 30 bytes for each of the text */
	MOST_PER_BYTE = 32,
	LEAST_IN_LARGE = 4 * 1024 * 1024,
};

struct block {
	struct block *previous;
	struct arena_loan loan;
};

/* Stands in front of each piece. */
struct head {
	uint64_t class; /* HEAP: malloc's own, made outside of a parse */
};

struct piece {
	struct piece *next; /* of the free ones of its class */
};

#define HEAP UINT64_MAX

static _Thread_local struct {
	struct arena *arena; /* NULL outside of a parse */
	struct block *blocks;
	char *at;
	size_t left;
	size_t block_size;
	size_t sure;  /* bytes that will be used whatever the text is */
	size_t total; /* of all blocks */
	struct piece *free[CLASSES];
} memory;

static size_t class_of(size_t size)
{
	if (size <= SMALL_CLASSES * STEP) {
		return size == 0 ? 0 : (size - 1) / STEP;
	}
	return SMALL_CLASSES + (size_t)(63 - __builtin_clzll(size - 1)) -
	       9; /* 1025..2048 is the first */
}

static size_t class_size(size_t class)
{
	return class < SMALL_CLASSES ? (class + 1) * STEP : (size_t)1 << (class - SMALL_CLASSES + 10);
}

static void *from_heap(size_t size)
{
	struct head *head = malloc(sizeof(*head) + size);
	if (head == NULL) {
		out_of_memory();
	}
	head->class = HEAP;
	return head + 1;
}

static void add_block(size_t least)
{
	size_t needed = sizeof(struct block) + least;
	struct arena_loan loan = arena_lend(memory.arena, needed > LEAST_ROOM ? needed : LEAST_ROOM,
		sizeof(struct block) + memory.block_size);
	if (loan.fresh && memory.total < memory.sure && memory.sure >= LEAST_IN_LARGE) {
		size_t sure = memory.sure - memory.total;
		pages_prefer_large(loan.memory, sure < loan.size ? sure : loan.size, memory.total);
	}
	struct block *block = loan.memory;
	*block = (struct block){.previous = memory.blocks, .loan = loan};
	memory.blocks = block;
	memory.at = (char *)(block + 1);
	memory.left = loan.size - sizeof(*block);
	memory.total += loan.size;
}

static void *take(size_t size)
{
	if (memory.arena == NULL) {
		return from_heap(size);
	}
	size_t class = class_of(size);
	struct piece *piece = memory.free[class];
	if (piece != NULL) {
		memory.free[class] = piece->next;
		return piece;
	}
	size_t whole = sizeof(struct head) + class_size(class);
	if (whole > memory.left) {
		add_block(whole);
	}
	struct head *head = (struct head *)memory.at;
	memory.at += whole;
	memory.left -= whole;
	head->class = class;
	return head + 1;
}

static void *take_zeroed(size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / 2 / size) {
		out_of_memory();
	}
	void *result = take(count * size);
	memset(result, 0, count * size);
	return result;
}

static void give_back(void *at)
{
	if (at == NULL) {
		return;
	}
	struct head *head = (struct head *)at - 1;
	if (head->class == HEAP) {
		free(head);
		return;
	}
	struct piece *piece = at;
	piece->next = memory.free[head->class];
	memory.free[head->class] = piece;
}

static void *resize(void *at, size_t size)
{
	if (at == NULL) {
		return take(size);
	}
	struct head *head = (struct head *)at - 1;
	if (head->class == HEAP) {
		head = realloc(head, sizeof(*head) + size);
		if (head == NULL) {
			out_of_memory();
		}
		return head + 1;
	}
	size_t old = class_size(head->class);
	if (size <= old) {
		return at;
	}
	void *result = take(size);
	memcpy(result, at, old);
	give_back(at);
	return result;
}

void parse_memory_install(void)
{
	ts_set_allocator(take, take_zeroed, resize, give_back);
}

void parse_memory_begin(struct arena *arena, size_t length)
{
	memory.arena = arena;
	memory.sure = length * LEAST_PER_BYTE;
	memory.block_size = length > LARGEST_BLOCK / MOST_PER_BYTE    ? LARGEST_BLOCK
	                    : length < SMALLEST_BLOCK / MOST_PER_BYTE ? SMALLEST_BLOCK
	                                                              : length * MOST_PER_BYTE;
}

void parse_memory_end(void)
{
	for (struct block *block = memory.blocks, *previous; block != NULL; block = previous) {
		previous = block->previous;
		arena_give_back(block->loan);
	}
	memset(&memory, 0, sizeof(memory));
}
