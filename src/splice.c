#include "splice.h"

#include <assert.h>
#include <stdlib.h>

void splice_insert(struct arena *arena, struct splice *splice, uint32_t offset,
	enum splice_side side, uint32_t depth, struct str text)
{
	assert(!splice->sealed);
	if (text.len == 0) {
		return;
	}
	if (splice->count == splice->capacity) {
		uint32_t capacity = splice->capacity == 0 ? 64 : splice->capacity * 2;
		struct insertion *items = arena_array(arena, struct insertion, capacity);
		if (splice->count != 0) {
			memcpy(items, splice->items, splice->count * sizeof(*items));
		}
		splice->items = items;
		splice->capacity = capacity;
	}
	splice->items[splice->count] = (struct insertion){
		.offset = offset,
		.side = (uint8_t)side,
		.depth = (uint16_t)(depth > UINT16_MAX ? UINT16_MAX : depth),
		.serial = splice->count,
		.text = text,
	};
	splice->count++;
}

void splice_wrap(struct arena *arena, struct splice *splice, uint32_t start, uint32_t end,
	uint32_t depth, struct str before, struct str after)
{
	assert(start <= end);
	splice_insert(arena, splice, start, SPLICE_OPEN, depth, before);
	splice_insert(arena, splice, end, SPLICE_CLOSE, depth, after);
}

static int compare(const void *left, const void *right)
{
	const struct insertion *a = left, *b = right;
	if (a->offset != b->offset) {
		return a->offset < b->offset ? -1 : 1;
	}
	if (a->side != b->side) {
		return a->side < b->side ? -1 : 1;
	}
	if (a->depth != b->depth) {
		bool deeper_first = a->side == SPLICE_CLOSE;
		return (a->depth > b->depth) == deeper_first ? -1 : 1;
	}
	if (a->serial == b->serial) {
		return 0;
	}
	/* wraps of one and the same span: the one added first is the outer one */
	bool earlier_first = a->side != SPLICE_CLOSE;
	return (a->serial < b->serial) == earlier_first ? -1 : 1;
}

void splice_seal(struct splice *splice, size_t original_len)
{
	assert(!splice->sealed);
	if (splice->count != 0) {
		qsort(splice->items, splice->count, sizeof(*splice->items), compare);
		assert(splice->items[splice->count - 1].offset <= original_len);
	}
	splice->sealed = true;
}

static char *append(char *at, struct str text)
{
	if (text.len != 0) {
		memcpy(at, text.data, text.len);
	}
	return at + text.len;
}

char *splice_apply_with_room(
	struct arena *arena, const struct splice *splice, struct str original, size_t room)
{
	assert(splice->sealed);
	size_t done = 0;
	char *text = arena_text(arena, original.len + splice_added(splice) + room), *at = text;
	for (uint32_t i = 0; i < splice->count; i++) {
		const struct insertion *item = &splice->items[i];
		at = append(at, str_slice(original, done, item->offset));
		at = append(at, item->text);
		done = item->offset;
	}
	append(at, str_slice(original, done, original.len));
	return text;
}

struct str splice_apply(struct arena *arena, const struct splice *splice, struct str original)
{
	char *text = splice_apply_with_room(arena, splice, original, 0);
	return (struct str){text, original.len + splice_added(splice)};
}

uint32_t splice_map(const struct splice *splice, uint32_t offset)
{
	assert(splice->sealed);
	uint32_t mapped = offset;
	for (uint32_t i = 0; i < splice->count && splice->items[i].offset <= offset; i++) {
		mapped += (uint32_t)splice->items[i].text.len;
	}
	return mapped;
}

size_t splice_added(const struct splice *splice)
{
	size_t added = 0;
	for (uint32_t i = 0; i < splice->count; i++) {
		added += splice->items[i].text.len;
	}
	return added;
}
