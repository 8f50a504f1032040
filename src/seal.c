#include "seal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "config.h"
#include "source.h"
#include "spans.h"

/* The footer's lines begin so; see docs/FOOTER.md. */
#define HUMAN_LINE "/* Patched by reglue "
#define HUMAN_REST ": `reglue revert FILE` restores the original."
#define SEAL_LINE " * reglue-seal "
#define FORMAT_VERSION "1"
#define CLOSE " */"

#define LINE_ENDS "line ends were converted to CRLF since reglue %.*s patched this file"

enum {
	HEX_LENGTH = 64,
	CHECK_LENGTH = 8, /* characters of a whole checksum: 48 bits */
	MAX_CHECKS = 64,  /* of the running checksum, a character each */
};

bool seal_uses_crlf(struct str original)
{
	const char *newline = original.len == 0 ? NULL : memchr(original.data, '\n', original.len);
	return newline != NULL && newline > original.data && newline[-1] == '\r';
}

/* ---- options as text ---- */

static void add_escaped(struct buf *out, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		unsigned char c = (unsigned char)name.data[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		             c == '_' || c == '$' || c == '.' || c == '-';
		if (plain) {
			buf_add_byte(out, (char)c);
		} else {
			buf_printf(out, "%%%02X", c);
		}
	}
}

static int compare_names(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

static void add_names(
	struct arena *arena, struct buf *out, const char *key, const struct str *names, uint32_t count)
{
	if (count == 0) {
		return;
	}
	struct str *sorted = arena_array(arena, struct str, count);
	memcpy(sorted, names, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), compare_names);
	buf_printf(out, " %s=", key);
	for (uint32_t i = 0; i < count; i++) {
		if (i != 0 && str_equal(sorted[i], sorted[i - 1])) {
			continue;
		}
		if (i != 0) {
			buf_add_byte(out, ',');
		}
		add_escaped(out, sorted[i]);
	}
}

static void add_choice(struct buf *out, const char *key, const char *value, const char *standard)
{
	if (strcmp(value, standard) != 0) {
		buf_printf(out, " %s=", key);
		add_escaped(out, str_from(value));
	}
}

struct str seal_options_text(struct arena *arena, const struct patch_options *options)
{
	struct patch_options standard = PATCH_OPTIONS_DEFAULT;
	struct buf out = BUF_INIT;
	add_choice(&out, "policy", options->policy, standard.policy);
	if (options->budget != standard.budget) {
		buf_printf(&out, " budget=%u", options->budget);
	}
	add_choice(&out, "stale-closures", options->stale_closures, standard.stale_closures);
	add_choice(&out, "foreign-throw", options->foreign_throw, standard.foreign_throw);
	add_choice(&out, "module", options->module, standard.module);
	add_names(arena, &out, "exclude", options->exclude, options->exclude_count);
	add_names(arena, &out, "reconstruct", options->reconstruct, options->reconstruct_count);
	struct str text = buf_str(&out);
	text = text.len == 0 ? STR("-") : str_slice(text, 1, text.len);
	text = arena_copy(arena, text);
	buf_finish(&out);
	return text;
}

/* ---- writing ---- */

/* How many spans one character of the running checksum covers. */
static uint32_t check_stride(uint32_t spans)
{
	return spans < 2 * MAX_CHECKS ? 2 : (spans + MAX_CHECKS - 1) / MAX_CHECKS;
}

/* The first `count` characters for a hash, at most CHECK_LENGTH of them, in the arena. */
static struct str check_digits(struct arena *arena, uint64_t hash, size_t count)
{
	char *digits = arena_alloc(arena, count);
	for (size_t i = 0; i < count; i++) {
		digits[i] = spans_digit(hash >> (58 - 6 * i));
	}
	return (struct str){digits, count};
}

/* The running checksum: the stride, a digit after every stride-th span, more after the last. */
static void add_checks(struct arena *arena, struct buf *footer, const struct splice *splice,
	uint32_t count, struct str output)
{
	uint32_t stride = check_stride(count);
	spans_write_number(footer, stride);
	uint64_t hash = 0;
	uint32_t done = 0, added = 0;
	for (uint32_t i = 0; i < count; i++) {
		added += (uint32_t)splice->items[i].text.len;
		bool last = i + 1 == count;
		if ((i + 1) % stride == 0 || last) {
			uint32_t end = splice->items[i].offset + added;
			hash = hash_step(hash, str_slice(output, done, end));
			buf_add(footer, check_digits(arena, hash, last ? CHECK_LENGTH : 1));
			done = end;
		}
	}
}

/* No footer is longer: a span has three numbers of seven characters at the most, and a check. */
static size_t longest_footer(uint32_t spans, struct str options)
{
	return 1024 + options.len + (size_t)spans * (3 * 7 + 1);
}

struct str seal_write(struct arena *arena, struct splice *splice, struct str original,
	uint32_t offset, const struct patch_options *options)
{
	/* a place at the very end of the order; its text can only be made once the order is known */
	splice_insert(arena, splice, offset, SPLICE_OPEN, UINT16_MAX, STR("/"));
	splice_seal(splice, original.len);
	uint32_t count = splice->count - 1;
	struct insertion *last = &splice->items[count];
	assert(last->offset == offset && last->text.len == 1);

	struct str text = seal_options_text(arena, options);
	size_t size = original.len + splice_added(splice), room = longest_footer(count, text);
	char *bytes = splice_apply_with_room(arena, splice, original, room);
	struct str output = {bytes, size};
	struct buf footer = BUF_INIT;
	const char *newline = seal_uses_crlf(original) ? "\r\n" : "\n";
	buf_printf(&footer, "%s" HUMAN_LINE REGLUE_VERSION HUMAN_REST "%s", newline, newline);
	buf_printf(&footer, SEAL_LINE FORMAT_VERSION " %.*s%s", STR_ARGS(text), newline);
	struct str hash = sha256_hex(arena, original);
	buf_printf(&footer, " * %.*s%s * ", STR_ARGS(hash), newline);
	spans_write(splice, count, output, &footer);
	buf_add_byte(&footer, '.');
	add_checks(arena, &footer, splice, count, output);
	buf_add_byte(&footer, '.');
	/* over the footer itself: tells an edited footer from edited code */
	buf_add(&footer, check_digits(arena, hash_step(0, buf_str(&footer)), CHECK_LENGTH));
	buf_add(&footer, STR(CLOSE));
	last->text = arena_copy(arena, buf_str(&footer));
	buf_finish(&footer);
	/* in its place; what stands behind, a comment or two, moves on */
	assert(last->text.len <= room);
	size_t behind = original.len - offset, place = size - behind - 1;
	memmove(bytes + place + last->text.len, bytes + place + 1, behind);
	memcpy(bytes + place, last->text.data, last->text.len);
	return (struct str){bytes, place + last->text.len + behind};
}

/* ---- reading ---- */

struct footer {
	uint32_t start; /* of the line break in front, which belongs to the footer */
	uint32_t end;
	uint32_t mark_start;
	struct str version;
	struct str format;
	struct str options;
	struct str hash;
	struct str spans;
	struct str checks;
	struct str mark;
};

/* Where needle last stands in s, or (size_t)-1. */
static size_t find_last(struct str s, struct str needle)
{
	size_t last = (size_t)-1, from = 0, at;
	while ((at = str_find(str_slice(s, from, s.len), needle)) != (size_t)-1) {
		last = from + at;
		from = last + needle.len;
	}
	return last;
}

/* Cuts `expected` off the front of rest. */
static bool take(struct str *rest, struct str expected)
{
	if (!str_starts(*rest, expected)) {
		return false;
	}
	*rest = str_slice(*rest, expected.len, rest->len);
	return true;
}

/* Cuts off the front of rest everything before `stop`, and stop itself. */
static bool take_until(struct str *rest, struct str stop, struct str *taken)
{
	size_t at = str_find(*rest, stop);
	if (at == (size_t)-1) {
		return false;
	}
	*taken = str_slice(*rest, 0, at);
	*rest = str_slice(*rest, at + stop.len, rest->len);
	return true;
}

/* at: where the human line begins. Fills what it can read even when it returns false. */
static bool parse_footer(struct str bytes, size_t at, struct footer *footer)
{
	*footer = (struct footer){.start = (uint32_t)at, .end = (uint32_t)bytes.len};
	struct str rest = str_slice(bytes, at, bytes.len), line;
	if (!take(&rest, STR(HUMAN_LINE)) || at == 0 || bytes.data[at - 1] != '\n') {
		return false;
	}
	/* not from the line break in front: an original may end in a lone CR */
	struct str newline = STR("\n");
	bool complete = take_until(&rest, newline, &line);
	if (complete && str_ends(line, STR("\r")) && at > 1 && bytes.data[at - 2] == '\r') {
		newline = STR("\r\n");
		line.len--;
	}
	footer->start = (uint32_t)(at - newline.len);
	if (!complete || !str_ends(line, STR(HUMAN_REST))) {
		return false;
	}
	footer->version = str_slice(line, 0, line.len - STR(HUMAN_REST).len);
	if (!take(&rest, STR(SEAL_LINE)) || !take_until(&rest, STR(" "), &footer->format) ||
		!str_equal(footer->format, STR(FORMAT_VERSION))) {
		return false;
	}
	if (!take_until(&rest, newline, &footer->options) || !take(&rest, STR(" * ")) ||
		!take_until(&rest, newline, &footer->hash) || footer->hash.len != HEX_LENGTH ||
		!take(&rest, STR(" * ")) || !take_until(&rest, STR("."), &footer->spans) ||
		!take_until(&rest, STR("."), &footer->checks) ||
		!take_until(&rest, STR(CLOSE), &footer->mark) || footer->mark.len != CHECK_LENGTH) {
		return false;
	}
	footer->mark_start = (uint32_t)(footer->mark.data - bytes.data);
	footer->end = (uint32_t)(bytes.len - rest.len);
	return true;
}

/* A stretch of the patched bytes in which the first change lies. */
struct region {
	uint32_t start;
	uint32_t end;
};

/* Reads the spans and puts what they hold into the splice, as far as the list can be followed. */
static enum spans_result collect_spans(
	struct arena *arena, struct str bytes, const struct footer *footer, struct splice *splice)
{
	struct spans_reader reader;
	spans_reader_init(&reader, footer->spans, str_slice(bytes, 0, footer->start));
	enum spans_result result;
	struct span span;
	uint32_t added = 0;
	while ((result = spans_read(arena, &reader, &span)) == SPANS_NEXT) {
		splice_insert(arena, splice, span.start - added, SPLICE_PLAIN, 0,
			str_slice(bytes, span.start, span.end));
		added += span.end - span.start;
	}
	return result;
}

/*
 * Follows the running checksum over the spans found. Afterwards `changed` begins where the last
 * digit that agrees stands, and ends where the first that does not, or at the footer.
 */
static bool follow_checks(struct arena *arena, struct str bytes, const struct footer *footer,
	const struct splice *splice, bool complete, struct region *changed)
{
	struct str checks = footer->checks;
	uint32_t stride, added = 0;
	uint64_t hash = 0;
	*changed = (struct region){0, footer->start};
	if (!spans_read_number(&checks, &stride) || stride == 0) {
		return false;
	}
	for (uint32_t i = 0; i < splice->count; i++) {
		added += (uint32_t)splice->items[i].text.len;
		bool last = complete && i + 1 == splice->count;
		if ((i + 1) % stride == 0 || last) {
			uint32_t end = splice->items[i].offset + added;
			hash = hash_step(hash, str_slice(bytes, changed->start, end));
			if (!take(&checks, check_digits(arena, hash, last ? CHECK_LENGTH : 1))) {
				changed->end = end;
				return false;
			}
			changed->start = end;
		}
	}
	return complete && checks.len == 0;
}

/* Fills seal->original and completes seal->splice; false if the original is not what it was. */
static bool restore(
	struct arena *arena, struct str bytes, const struct footer *footer, struct seal *seal)
{
	char *original = arena_alloc(arena, bytes.len);
	size_t len = 0;
	uint32_t at = 0, added = 0;
	splice_insert(arena, &seal->splice, footer->start - (uint32_t)splice_added(&seal->splice),
		SPLICE_OPEN, UINT16_MAX, str_slice(bytes, footer->start, footer->end));
	for (uint32_t i = 0; i < seal->splice.count; i++) {
		const struct insertion *item = &seal->splice.items[i];
		uint32_t start = item->offset + added;
		memcpy(original + len, bytes.data + at, start - at);
		len += start - at;
		added += (uint32_t)item->text.len;
		at = start + (uint32_t)item->text.len;
	}
	memcpy(original + len, bytes.data + at, bytes.len - at);
	len += bytes.len - at;
	seal->original = (struct str){original, len};
	splice_seal(&seal->splice, len);
	return str_equal(sha256_hex(arena, seal->original), footer->hash);
}

/* Everything but the parsing. On false, `changed` is where the first change lies. */
static bool verify(struct arena *arena, struct str bytes, const struct footer *footer,
	struct seal *seal, struct region *changed)
{
	uint64_t mark = hash_step(0, str_slice(bytes, footer->start, footer->mark_start));
	if (!str_equal(check_digits(arena, mark, CHECK_LENGTH), footer->mark)) {
		*changed = (struct region){footer->start, footer->end};
		return false;
	}
	enum spans_result spans = collect_spans(arena, bytes, footer, &seal->splice);
	bool complete = spans == SPANS_END;
	if (!follow_checks(arena, bytes, footer, &seal->splice, complete, changed)) {
		return false;
	}
	if (!restore(arena, bytes, footer, seal)) {
		*changed = (struct region){footer->end, (uint32_t)bytes.len};
		return false;
	}
	return true;
}

/* Whether these bytes with LF for every CRLF are a good patched file. */
static bool only_line_ends_changed(struct arena *arena, struct str bytes)
{
	if (str_find(bytes, STR("\r\n")) == (size_t)-1) {
		return false;
	}
	char *copy = arena_alloc(arena, bytes.len);
	size_t len = 0;
	for (size_t i = 0; i < bytes.len; i++) {
		bool pair = bytes.data[i] == '\r' && i + 1 < bytes.len && bytes.data[i + 1] == '\n';
		if (!pair) {
			copy[len++] = bytes.data[i];
		}
	}
	struct str unix_bytes = {copy, len};
	struct seal seal = {0};
	struct footer footer;
	struct region changed;
	size_t at = find_last(unix_bytes, STR(HUMAN_LINE));
	return at != (size_t)-1 && parse_footer(unix_bytes, at, &footer) &&
	       verify(arena, unix_bytes, &footer, &seal, &changed);
}

static uint32_t line_of(struct arena *arena, struct str bytes, uint32_t offset)
{
	struct source source;
	source_init(&source, STR(""), bytes);
	return source_position(arena, &source, offset).line;
}

static void explain(struct arena *arena, struct str bytes, const struct footer *footer,
	struct region changed, struct diags *diags)
{
	int version_len = (int)footer->version.len;
	const char *version = footer->version.data;
	uint32_t first = changed.start;
	if (only_line_ends_changed(arena, bytes)) {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-line-ends", DIAG_NO_OFFSET, LINE_ENDS,
			version_len, version);
	} else if (first >= footer->end) {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-edited", footer->end,
			"edited since reglue %.*s patched it: what follows reglue's footer changed",
			version_len, version);
	} else if (first >= footer->start) {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-edited", footer->start,
			"edited since reglue %.*s patched it: reglue's footer changed", version_len, version);
	} else {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-edited", first,
			"edited since reglue %.*s patched it: the first change is between here and "
			"line %u",
			version_len, version, line_of(arena, bytes, changed.end));
	}
}

enum seal_result seal_read(
	struct arena *arena, struct str bytes, struct seal *seal, struct diags *diags)
{
	*seal = (struct seal){.version = STR(""), .options = STR(""), .original = STR("")};
	/* one pass over the many files that have no footer */
	if (bytes.len == 0 || str_find(bytes, STR("reglue")) == (size_t)-1) {
		return SEAL_NONE;
	}
	size_t human = find_last(bytes, STR(HUMAN_LINE));
	size_t second = find_last(bytes, STR(SEAL_LINE));
	if (human == (size_t)-1 && second == (size_t)-1) {
		return SEAL_NONE;
	}
	size_t at = human == (size_t)-1 ? second : human;
	struct footer footer;
	struct region changed;
	bool parsed = parse_footer(bytes, at, &footer);
	seal->version = footer.version.data == NULL ? STR("") : footer.version;
	seal->options = footer.options.data == NULL ? STR("") : footer.options;
	if (parsed && verify(arena, bytes, &footer, seal, &changed)) {
		return SEAL_GOOD;
	}
	seal->original = STR("");
	seal->splice = (struct splice){0};
	if (parsed) {
		explain(arena, bytes, &footer, changed, diags);
	} else if (footer.format.data != NULL && !str_equal(footer.format, STR(FORMAT_VERSION))) {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-format", footer.start,
			"patched by reglue %.*s, whose footer format this reglue (" REGLUE_VERSION
			") does not read",
			STR_ARGS(footer.version));
	} else if (only_line_ends_changed(arena, bytes)) {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-line-ends", DIAG_NO_OFFSET, LINE_ENDS,
			STR_ARGS(seal->version));
	} else {
		diag_add(arena, diags, SEVERITY_REFUSAL, "seal-damaged", (uint32_t)at,
			"patched by reglue, but its footer is incomplete or was edited");
	}
	return SEAL_BROKEN;
}
