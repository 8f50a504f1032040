#define _GNU_SOURCE /* memrchr */
#include "diff.h"

#include <assert.h>

enum { CONTEXT = 3 };

/* Whole lines of both sides that differ, as byte ranges. */
struct change {
	uint32_t a_start, a_end;
	uint32_t b_start, b_end;
};

struct changes {
	struct change *items;
	uint32_t count;
	uint32_t capacity;
};

/* Walks the insertions of one side in step with the original. */
struct walker {
	struct diff_side side;
	uint32_t next;  /* first insertion not passed */
	uint32_t added; /* bytes of those passed */
};

static void add_change(struct arena *arena, struct changes *changes, struct change change)
{
	if (changes->count != 0) {
		struct change *last = &changes->items[changes->count - 1];
		if (last->a_end == change.a_start && last->b_end == change.b_start) {
			last->a_end = change.a_end;
			last->b_end = change.b_end;
			return;
		}
	}
	if (changes->count == changes->capacity) {
		uint32_t capacity = changes->capacity == 0 ? 64 : changes->capacity * 2;
		struct change *items = arena_array(arena, struct change, capacity);
		if (changes->count != 0) {
			memcpy(items, changes->items, changes->count * sizeof(*items));
		}
		changes->items = items;
		changes->capacity = capacity;
	}
	changes->items[changes->count++] = change;
}

/* Where the line that begins at `at` ends, its line break included. */
static uint32_t line_end(struct str text, uint32_t at)
{
	const char *newline = at == text.len ? NULL : memchr(text.data + at, '\n', text.len - at);
	return newline == NULL ? (uint32_t)text.len : (uint32_t)(newline + 1 - text.data);
}

/* Where the line begins of which `end` (not 0) is the end. */
static uint32_t line_start(struct str text, uint32_t end)
{
	const char *newline = end < 2 ? NULL : memrchr(text.data, '\n', end - 1);
	return newline == NULL ? 0 : (uint32_t)(newline + 1 - text.data);
}

/* How many lines these whole lines are. */
static uint32_t count_lines(struct str text, uint32_t start, uint32_t end)
{
	uint32_t count = 0;
	while (start < end) {
		start = line_end(text, start);
		count++;
	}
	return count;
}

/* Passes the insertions before `offset` and says where that stands on this side. */
static uint32_t walk_to(struct walker *walker, uint32_t offset)
{
	const struct splice *splice = walker->side.splice;
	while (splice != NULL && walker->next < splice->count &&
		   splice->items[walker->next].offset < offset) {
		walker->added += (uint32_t)splice->items[walker->next++].text.len;
	}
	return offset + walker->added;
}

static uint32_t next_offset(const struct walker *walker)
{
	const struct splice *splice = walker->side.splice;
	return splice != NULL && walker->next < splice->count ? splice->items[walker->next].offset
	                                                      : UINT32_MAX;
}

/* Takes equal lines off both ends of a change. False if nothing is left. */
static bool trim(struct change *change, struct str a, struct str b)
{
	while (change->a_start < change->a_end && change->b_start < change->b_end) {
		uint32_t a_end = line_end(a, change->a_start), b_end = line_end(b, change->b_start);
		if (!str_equal(
				str_slice(a, change->a_start, a_end), str_slice(b, change->b_start, b_end))) {
			break;
		}
		change->a_start = a_end;
		change->b_start = b_end;
	}
	while (change->a_start < change->a_end && change->b_start < change->b_end) {
		uint32_t a_start = line_start(a, change->a_end);
		uint32_t b_start = line_start(b, change->b_end);
		if (!str_equal(
				str_slice(a, a_start, change->a_end), str_slice(b, b_start, change->b_end))) {
			break;
		}
		change->a_end = a_start;
		change->b_end = b_start;
	}
	return change->a_start < change->a_end || change->b_start < change->b_end;
}

/*
 * Every original line that an insertion touches is, with the insertions, whole lines on both sides:
 * its own line break ends it. So each such line can be compared by itself.
 */
static struct changes find_changes(
	struct arena *arena, struct str original, struct walker *a, struct walker *b)
{
	struct changes changes = {0};
	for (;;) {
		uint32_t in_a = next_offset(a), in_b = next_offset(b);
		uint32_t offset = in_a < in_b ? in_a : in_b;
		if (offset == UINT32_MAX) {
			return changes;
		}
		const char *newline = offset == 0 ? NULL : memrchr(original.data, '\n', offset);
		uint32_t start = newline == NULL ? 0 : (uint32_t)(newline + 1 - original.data);
		uint32_t end = line_end(original, start);
		bool has_newline = end > start && original.data[end - 1] == '\n';
		struct change change = {.a_start = walk_to(a, start), .b_start = walk_to(b, start)};
		/* what is inserted at the very end belongs to the last line if that has no break */
		uint32_t stop = has_newline ? end : end + 1;
		change.a_end = walk_to(a, stop) - (stop - end);
		change.b_end = walk_to(b, stop) - (stop - end);
		if (trim(&change, a->side.text, b->side.text)) {
			add_change(arena, &changes, change);
		}
	}
}

static void add_lines(struct buf *out, char mark, struct str text, uint32_t start, uint32_t end)
{
	while (start < end) {
		uint32_t stop = line_end(text, start);
		buf_add_byte(out, mark);
		buf_add(out, str_slice(text, start, stop));
		if (text.data[stop - 1] != '\n') {
			buf_add(out, STR("\n\\ No newline at end of file\n"));
		}
		start = stop;
	}
}

/* A line number in a hunk's header counts from 1, but names the line before if there are none. */
static void add_range(struct buf *out, char mark, uint32_t line, uint32_t count)
{
	buf_printf(out, "%c%u,%u", mark, count == 0 ? line : line + 1, count);
}

static void add_path(struct buf *out, const char *mark, const char *side, struct str path)
{
	while (str_starts(path, STR("./")) || str_starts(path, STR("/"))) {
		path = str_slice(path, path.data[0] == '.' ? 2 : 1, path.len);
	}
	bool quoted = false, spaced = false;
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.data[i];
		quoted = quoted || c < ' ' || c == '"' || c == '\\' || c == 127;
		spaced = spaced || c == ' ';
	}
	buf_printf(out, "%s %s%s", mark, quoted ? "\"" : "", side);
	for (size_t i = 0; i < path.len; i++) {
		unsigned char c = (unsigned char)path.data[i];
		if (c < ' ' || c == 127) {
			buf_printf(out, "\\%03o", c);
		} else {
			if (c == '"' || c == '\\') {
				buf_add_byte(out, '\\');
			}
			buf_add_byte(out, (char)c);
		}
	}
	/* the tab tells readers where a name with spaces ends */
	buf_printf(out, "%s\n", quoted ? "\"" : spaced ? "\t" : "");
}

/* The lines from `from` (a line's start) on, at most `limit` of them, as far as `stop`. */
static uint32_t skip_lines(struct str text, uint32_t from, uint32_t stop, uint32_t limit)
{
	for (; limit != 0 && from < stop; limit--) {
		from = line_end(text, from);
	}
	return from;
}

bool diff_write(struct arena *arena, struct str path, struct str original, struct diff_side before,
	struct diff_side after, struct buf *out)
{
	struct walker a_walker = {.side = before}, b_walker = {.side = after};
	struct changes changes = find_changes(arena, original, &a_walker, &b_walker);
	if (changes.count == 0) {
		return false;
	}
	add_path(out, "---", "a/", path);
	add_path(out, "+++", "b/", path);
	struct str a = before.text, b = after.text;
	uint32_t a_line = 0, b_line = 0; /* lines before `at` */
	uint32_t at = 0;                 /* everything in a before it is printed or skipped */
	struct buf body = BUF_INIT;
	for (uint32_t i = 0; i < changes.count;) {
		uint32_t start = changes.items[i].a_start;
		for (int k = 0; k < CONTEXT && start > at; k++) {
			start = line_start(a, start);
		}
		uint32_t skipped = count_lines(a, at, start);
		a_line += skipped;
		b_line += skipped;
		uint32_t a_count = 0, b_count = 0;
		at = start;
		for (;; i++) {
			const struct change *change = &changes.items[i];
			uint32_t equal = count_lines(a, at, change->a_start);
			add_lines(&body, ' ', a, at, change->a_start);
			add_lines(&body, '-', a, change->a_start, change->a_end);
			add_lines(&body, '+', b, change->b_start, change->b_end);
			a_count += equal + count_lines(a, change->a_start, change->a_end);
			b_count += equal + count_lines(b, change->b_start, change->b_end);
			at = change->a_end;
			uint32_t stop = i + 1 == changes.count ? (uint32_t)a.len : changes.items[i + 1].a_start;
			bool joined = i + 1 < changes.count && skip_lines(a, at, stop, 2 * CONTEXT) == stop;
			if (!joined) {
				uint32_t end = skip_lines(a, at, stop, CONTEXT);
				uint32_t trailing = count_lines(a, at, end);
				add_lines(&body, ' ', a, at, end);
				a_count += trailing;
				b_count += trailing;
				at = end;
				i++;
				break;
			}
		}
		buf_add(out, STR("@@ "));
		add_range(out, '-', a_line, a_count);
		buf_add_byte(out, ' ');
		add_range(out, '+', b_line, b_count);
		buf_add(out, STR(" @@\n"));
		buf_add(out, buf_str(&body));
		body.len = 0;
		a_line += a_count;
		b_line += b_count;
	}
	buf_finish(&body);
	return true;
}
