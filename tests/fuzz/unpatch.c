#include "unpatch.h"

#include <stdio.h>

#include "arena.h"

static struct str take_line(struct str *rest)
{
	const char *newline = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
	size_t len = newline == NULL ? rest->len : (size_t)(newline + 1 - rest->data);
	struct str line = str_slice(*rest, 0, len);
	*rest = str_slice(*rest, len, rest->len);
	return line;
}

/* The content of a hunk's line: without its mark, and without line break if a note follows. */
static struct str take_content(struct str *diff)
{
	struct str line = take_line(diff);
	line = str_slice(line, 1, line.len);
	if (str_starts(*diff, STR("\\"))) {
		take_line(diff);
		line.len--;
	}
	return line;
}

bool apply_diff(struct str before, struct str diff, struct buf *after)
{
	unsigned line = 1;
	if (!str_starts(take_line(&diff), STR("--- a/")) ||
		!str_starts(take_line(&diff), STR("+++ b/"))) {
		return false;
	}
	while (diff.len != 0) {
		unsigned start, old_count, new_start, new_count;
		struct str head = take_line(&diff);
		char text[100] = "";
		memcpy(text, head.data, head.len < 99 ? head.len : 99);
		if (sscanf(text, "@@ -%u,%u +%u,%u @@", &start, &old_count, &new_start, &new_count) != 4) {
			return false;
		}
		for (unsigned first = start + (old_count == 0); line < first; line++) {
			buf_add(after, take_line(&before));
		}
		while (old_count != 0 || new_count != 0) {
			char mark = diff.len == 0 ? '\0' : diff.data[0];
			struct str content = mark == '\0' ? STR("") : take_content(&diff);
			bool old = mark == ' ' || mark == '-', new = mark == ' ' || mark == '+';
			if ((!old && !new) || (old && old_count-- == 0) || (new &&new_count-- == 0)) {
				return false;
			}
			if (old && !str_equal(take_line(&before), content)) {
				return false;
			}
			line += old;
			if (new) {
				buf_add(after, content);
			}
		}
	}
	buf_add(after, before);
	return true;
}
