#include "source.h"

#include <assert.h>

#include "utf8.h"

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

static struct str line_text(const struct source *source, uint32_t line)
{
	assert(line >= 1 && line <= source->line_count);
	size_t start = source->lines[line - 1];
	size_t end = line < source->line_count ? source->lines[line] - 1 : source->bytes.len;
	if (end > start && source->bytes.data[end - 1] == '\r') {
		end--;
	}
	return str_slice(source->bytes, start, end);
}

static bool is_continuation(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

uint32_t source_column_utf16(const struct source *source, struct position position)
{
	/* up to the position, which may be the line's end itself */
	size_t start = source->lines[position.line - 1];
	struct str before = str_slice(source->bytes, start, start + position.column - 1);
	if (position.line == 1 && str_starts(before, STR("\xEF\xBB\xBF"))) {
		before = str_slice(before, 3, before.len);
	}
	uint32_t units = 0;
	for (size_t i = 0; i < before.len;) {
		size_t length = utf8_length(str_slice(before, i, before.len));
		units += length == 4 ? 2 : 1;
		i += length == 0 ? 1 : length;
	}
	return units + 1;
}

struct excerpt source_excerpt(const struct source *source, struct position position)
{
	enum { AROUND = 80 };
	struct str line = line_text(source, position.line);
	size_t at = position.column - 1 < line.len ? position.column - 1 : line.len;
	size_t from = at > AROUND ? at - AROUND : 0;
	size_t to = line.len - at > AROUND ? at + AROUND : line.len;
	while (from > 0 && from < at && is_continuation(line.data[from])) {
		from++;
	}
	while (to < line.len && to > at && is_continuation(line.data[to])) {
		to--;
	}
	return (struct excerpt){str_slice(line, from, to), (uint32_t)from + 1};
}
