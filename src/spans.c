#include "spans.h"

#include <assert.h>
#include <stdlib.h>

#include "hash.h"

/* What a number at the start of a span means; from CODE_KNOWN on, even is "next", odd is "gap". */
enum {
	CODE_SINGLE,   /* gap, length */
	CODE_REPEATED, /* gap, length; the text gets the next number */
	CODE_KNOWN,    /* + 2 * number, + 1 if a gap follows */
};

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char spans_digit(uint64_t value)
{
	return digits[value & 63];
}

void spans_write_number(struct buf *out, uint32_t value)
{
	for (; value >= 32; value >>= 5) {
		buf_add_byte(out, digits[32 | (value & 31)]);
	}
	buf_add_byte(out, digits[value]);
}

bool spans_read_number(struct str *code, uint32_t *value)
{
	uint64_t result = 0;
	for (size_t i = 0; i < code->len && i < 7; i++) {
		const char *digit = memchr(digits, code->data[i], sizeof(digits) - 1);
		if (digit == NULL) {
			return false;
		}
		uint64_t bits = (uint64_t)(digit - digits);
		result |= (bits & 31) << (5 * i);
		if ((bits & 32) == 0) {
			/* a longer way to write the same number would let two footers mean the same */
			if (result > UINT32_MAX || (bits == 0 && i != 0)) {
				return false;
			}
			*value = (uint32_t)result;
			*code = str_slice(*code, i + 1, code->len);
			return true;
		}
	}
	return false;
}

enum { TEXT_SINGLE = -1 };

/*
 * Gives for every insertion the index of the first insertion with the same text, or TEXT_SINGLE
 * when no other has it. The result is malloc'd.
 */
static int64_t *find_repeats(const struct splice *splice, uint32_t count)
{
	uint32_t size = 16; /* of a table of first insertions, by the hash of their text; 0 is free */
	while (size < 2 * (count + 1)) {
		size *= 2;
	}
	uint32_t *table = calloc(size, sizeof(*table));
	int64_t *first = calloc((size_t)count + 1, sizeof(*first));
	if (table == NULL || first == NULL) {
		out_of_memory();
	}
	for (uint32_t i = 0; i < count; i++) {
		struct str text = splice->items[i].text;
		uint32_t at = (uint32_t)hash_step(0, text) & (size - 1);
		while (table[at] != 0 && !str_equal(splice->items[table[at] - 1].text, text)) {
			at = (at + 1) & (size - 1);
		}
		if (table[at] == 0) {
			table[at] = i + 1;
			first[i] = TEXT_SINGLE;
		} else {
			uint32_t earlier = table[at] - 1;
			first[i] = first[earlier] = earlier;
		}
	}
	free(table);
	return first;
}

void spans_write(const struct splice *splice, uint32_t count, struct str output, struct buf *out)
{
	assert(splice->sealed && count <= splice->count);
	int64_t *repeats = find_repeats(splice, count);
	/* number[i]: what a repeated text is called, kept at its first insertion */
	uint32_t *number = calloc((size_t)count + 1, sizeof(*number));
	if (number == NULL) {
		out_of_memory();
	}
	uint32_t numbers = 0, at = 0, added = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct insertion *item = &splice->items[i];
		uint32_t length = (uint32_t)item->text.len;
		uint32_t start = item->offset + added;
		uint32_t gap = start - at;
		if (repeats[i] == TEXT_SINGLE || repeats[i] == (int64_t)i) {
			bool repeated = repeats[i] != TEXT_SINGLE;
			spans_write_number(out, repeated ? CODE_REPEATED : CODE_SINGLE);
			spans_write_number(out, gap);
			spans_write_number(out, length);
			if (repeated) {
				number[i] = numbers++;
			}
		} else {
			uint32_t code = CODE_KNOWN + 2 * number[repeats[i]];
			/* the original may hold the same text in between */
			if (str_find(str_slice(output, at, start + length), item->text) == gap) {
				spans_write_number(out, code);
			} else {
				spans_write_number(out, code + 1);
				spans_write_number(out, gap);
			}
		}
		at = start + length;
		added += length;
	}
	free(number);
	free(repeats);
}

void spans_reader_init(struct spans_reader *reader, struct str code, struct str output)
{
	*reader = (struct spans_reader){.code = code, .output = output};
}

static void remember(struct arena *arena, struct spans_reader *reader, struct span span)
{
	if (reader->text_count == reader->text_capacity) {
		uint32_t capacity = reader->text_capacity == 0 ? 16 : reader->text_capacity * 2;
		struct span *texts = arena_array(arena, struct span, capacity);
		if (reader->text_count != 0) {
			memcpy(texts, reader->texts, reader->text_count * sizeof(*texts));
		}
		reader->texts = texts;
		reader->text_capacity = capacity;
	}
	reader->texts[reader->text_count++] = span;
}

enum spans_result spans_read(struct arena *arena, struct spans_reader *reader, struct span *span)
{
	if (reader->code.len == 0) {
		return SPANS_END;
	}
	uint32_t code, gap, length;
	if (!spans_read_number(&reader->code, &code)) {
		return SPANS_INVALID;
	}
	struct str rest = str_slice(reader->output, reader->at, reader->output.len);
	if (code < CODE_KNOWN) {
		if (!spans_read_number(&reader->code, &gap) || !spans_read_number(&reader->code, &length) ||
			length == 0) {
			return SPANS_INVALID;
		}
		if (gap > rest.len || length > rest.len - gap) {
			return SPANS_LOST;
		}
	} else {
		uint32_t number = (code - CODE_KNOWN) / 2;
		bool has_gap = (code - CODE_KNOWN) % 2 != 0;
		if (number >= reader->text_count || (has_gap && !spans_read_number(&reader->code, &gap))) {
			return SPANS_INVALID;
		}
		struct span known = reader->texts[number];
		struct str text = str_slice(reader->output, known.start, known.end);
		length = (uint32_t)text.len;
		if (has_gap) {
			if (gap > rest.len || length > rest.len - gap ||
				!str_equal(str_slice(rest, gap, gap + length), text)) {
				return SPANS_LOST;
			}
		} else {
			size_t found = str_find(rest, text);
			if (found == (size_t)-1) {
				return SPANS_LOST;
			}
			gap = (uint32_t)found;
		}
	}
	*span = (struct span){reader->at + gap, reader->at + gap + length};
	reader->at = span->end;
	if (code == CODE_REPEATED) {
		remember(arena, reader, *span);
	}
	return SPANS_NEXT;
}
