#include "utf8.h"

#include "buf.h"

size_t utf8_length(struct str text)
{
	if (text.len == 0) {
		return 0;
	}
	const unsigned char *at = (const unsigned char *)text.data;
	unsigned char first = at[0];
	if (first < 0x80) {
		return 1;
	}
	size_t length = first >= 0xC2 && first <= 0xDF   ? 2
	                : (first & 0xF0) == 0xE0         ? 3
	                : first >= 0xF0 && first <= 0xF4 ? 4
	                                                 : 0;
	if (length == 0 || length > text.len) {
		return 0;
	}
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xC0) != 0x80) {
			return 0;
		}
	}
	bool overlong = (first == 0xE0 && at[1] < 0xA0) || (first == 0xF0 && at[1] < 0x90);
	bool surrogate = first == 0xED && at[1] >= 0xA0;
	bool too_large = first == 0xF4 && at[1] >= 0x90;
	return overlong || surrogate || too_large ? 0 : length;
}

static struct str clean(struct arena *arena, struct str text, bool printable)
{
	struct buf out = BUF_INIT;
	while (text.len != 0) {
		size_t length = utf8_length(text);
		unsigned char first = (unsigned char)text.data[0];
		bool control = first < ' ' || first == 0x7F ||
		               (length == 2 && first == 0xC2 && (unsigned char)text.data[1] < 0xA0);
		if (length == 0 || first == '\0' || (printable && control)) {
			buf_add(&out, STR("\xEF\xBF\xBD"));
			length = length == 0 ? 1 : length;
		} else {
			buf_add(&out, str_slice(text, 0, length));
		}
		text = str_slice(text, length, text.len);
	}
	struct str result = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return result;
}

struct str utf8_clean(struct arena *arena, struct str text)
{
	return clean(arena, text, false);
}

struct str utf8_printable(struct arena *arena, struct str text)
{
	return clean(arena, text, true);
}
