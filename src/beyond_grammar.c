#include "beyond_grammar.h"

#include <stdlib.h>

#include "arena.h"

struct stand_ins {
	struct stand_in *items;
	uint32_t count;
	uint32_t capacity;
};

static void add(struct stand_ins *found, size_t start, size_t end, const char *text)
{
	if (found->count == found->capacity) {
		found->capacity = found->capacity == 0 ? 16 : found->capacity * 2;
		found->items = realloc(found->items, found->capacity * sizeof(*found->items));
		if (found->items == NULL) {
			out_of_memory();
		}
	}
	found->items[found->count++] =
		(struct stand_in){.start = (uint32_t)start, .end = (uint32_t)end, .text = text};
}

static const char any_name[] = "$$$$$$$$$$"; /* no reserved word is longer */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_blanks(struct str bytes, size_t at)
{
	while (at < bytes.len && is_blank(bytes.data[at])) {
		at++;
	}
	return at;
}

static size_t skip_word(struct str bytes, size_t at)
{
	while (at < bytes.len && str_is_word(bytes.data[at])) {
		at++;
	}
	return at;
}

static bool is_at(struct str bytes, size_t at, char c)
{
	return at < bytes.len && bytes.data[at] == c;
}

static size_t skip_blanks_back(struct str bytes, size_t at)
{
	while (at > 0 && is_blank(bytes.data[at - 1])) {
		at--;
	}
	return at;
}

/* Whether a list of names begins or goes on before the blanks before a place. */
static bool is_after_brace_or_comma(struct str bytes, size_t at)
{
	at = skip_blanks_back(bytes, at);
	return at > 0 && (bytes.data[at - 1] == '{' || bytes.data[at - 1] == ',');
}

static bool is_before_brace_or_comma(struct str bytes, size_t at)
{
	at = skip_blanks(bytes, at);
	return is_at(bytes, at, '}') || is_at(bytes, at, ',');
}

/* `import source x from`, `import defer * as x from`; `import source from "x"` is an ordinary import. */
static void find_phase(struct str bytes, size_t import_end, struct stand_ins *found)
{
	size_t start = skip_blanks(bytes, import_end), end = skip_word(bytes, start);
	struct str word = str_slice(bytes, start, end);
	size_t next = skip_blanks(bytes, end);
	struct str name = str_slice(bytes, next, skip_word(bytes, next));
	bool named = name.len != 0 ? !str_equal(name, STR("from")) : is_at(bytes, next, '*');
	if (start > import_end && named &&
		(str_equal(word, STR("source")) || str_equal(word, STR("defer")))) {
		add(found, start, end, "      ");
	}
}

static bool is_reserved(struct str word)
{
	static const char *const words[] = {"break", "case", "catch", "class", "const", "continue",
		"debugger", "delete", "do", "else", "enum", "export", "extends", "false", "finally", "for",
		"function", "if", "import", "in", "instanceof", "new", "null", "return", "super", "switch",
		"this", "throw", "true", "try", "typeof", "var", "void", "while", "with", NULL};
	return str_is_one_of(word, words);
}

/* `{ return }`: a statement or an expression by itself, and nothing that has to be mended. */
static bool may_be_code(struct str word)
{
	static const char *const words[] = {
		"break", "continue", "debugger", "false", "null", "return", "super", "this", "true", NULL};
	return str_is_one_of(word, words);
}

/*
 * `import { in as a }`, `export { a as in }`, `export * as in from`: names that no variable may have, but an export
 * may. Bundlers that have used up one and two letters give their chunks such names.
 */
static void find_export_names(struct str bytes, size_t as, struct stand_ins *found)
{
	size_t end = skip_blanks_back(bytes, as), start = end;
	while (start > 0 && str_is_word(bytes.data[start - 1])) {
		start--;
	}
	if (end < as && is_after_brace_or_comma(bytes, start) &&
		is_reserved(str_slice(bytes, start, end))) {
		add(found, start, end, any_name);
	}
	start = skip_blanks(bytes, as + 2);
	end = skip_word(bytes, start);
	bool ends = is_before_brace_or_comma(bytes, end) ||
	            str_starts(str_slice(bytes, skip_blanks(bytes, end), bytes.len), STR("from"));
	if (start > as + 2 && ends && is_reserved(str_slice(bytes, start, end))) {
		add(found, start, end, any_name);
	}
}

/* `export { in } from "./x.js"` */
static void find_reexport(struct str bytes, size_t start, size_t end, struct stand_ins *found)
{
	struct str word = str_slice(bytes, start, end);
	if (is_reserved(word) && !may_be_code(word) && is_after_brace_or_comma(bytes, start) &&
		is_before_brace_or_comma(bytes, end)) {
		add(found, start, end, any_name);
	}
}

/* `import x from "./x.json" assert { type: "json" }`, as it was written before `with`. */
static void find_assertion(struct str bytes, size_t start, size_t end, struct stand_ins *found)
{
	size_t before = skip_blanks_back(bytes, start);
	bool after_string =
		before > 0 && (bytes.data[before - 1] == '"' || bytes.data[before - 1] == '\'');
	if (after_string && is_at(bytes, skip_blanks(bytes, end), '{')) {
		add(found, start, end, "with  ");
	}
}

struct stand_in *find_stand_ins(struct str bytes, uint32_t *count)
{
	struct stand_ins found = {0};
	for (size_t at = 0; at < bytes.len;) {
		size_t end = skip_word(bytes, at);
		struct str word = str_slice(bytes, at, end);
		if (str_equal(word, STR("import"))) {
			find_phase(bytes, end, &found);
		} else if (str_equal(word, STR("as"))) {
			find_export_names(bytes, at, &found);
		} else if (str_equal(word, STR("assert"))) {
			find_assertion(bytes, at, end, &found);
		} else if (end != at) {
			find_reexport(bytes, at, end, &found);
		}
		at = end == at ? at + 1 : end;
	}
	*count = found.count;
	return found.items;
}
