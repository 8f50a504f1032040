#include "source.h"

#include <assert.h>

void source_init(struct source *source, struct str path, struct str bytes)
{
	assert(bytes.len <= SOURCE_MAX_BYTES);
	*source = (struct source){.path = path, .bytes = bytes};
}

static void index_lines(struct arena *arena, struct source *source)
{
	struct str bytes = source->bytes;
	uint32_t count = 1;
	for (const char *at = bytes.data, *end = at + bytes.len;
		at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
		count++;
	}
	source->lines = arena_array(arena, uint32_t, count);
	source->line_count = count;
	uint32_t line = 1;
	for (const char *at = bytes.data, *end = at + bytes.len;
		at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++) {
		source->lines[line++] = (uint32_t)(at + 1 - bytes.data);
	}
}

struct position source_position(struct arena *arena, struct source *source, uint32_t offset)
{
	assert(offset <= source->bytes.len);
	if (source->lines == NULL) {
		index_lines(arena, source);
	}
	uint32_t low = 0, high = source->line_count;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;
		if (source->lines[middle] <= offset) {
			low = middle;
		} else {
			high = middle;
		}
	}
	return (struct position){low + 1, offset - source->lines[low] + 1};
}
