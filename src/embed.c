/*
 * Build-time program: writes a text as a C array. usage: embed OUTPUT.h NAME INPUT
 *
 * A style sheet (.css) stays as it is, and so do declarations (.d.ts), whose comments are for users. A
 * script loses comments and needless white space; every other token stays as it is.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tree_sitter/api.h>
#include <tree_sitter/tree-sitter-javascript.h>

#include "str.h"

struct text {
	char *data;
	size_t len;
};

static _Noreturn void fail(const char *path, const char *reason)
{
	fprintf(stderr, "embed: %s: %s\n", path, reason);
	exit(1);
}

static struct text read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct text text = {0};
	size_t capacity = 1 << 16;
	if (file == NULL || (text.data = malloc(capacity)) == NULL) {
		fail(path, "cannot be read");
	}
	for (size_t got; (got = fread(text.data + text.len, 1, capacity - text.len, file)) > 0;) {
		text.len += got;
		if (text.len == capacity) {
			fail(path, "larger than a runtime module should be");
		}
	}
	fclose(file);
	return text;
}

/* ---- output: a token needs a space before it only where two words or two signs would merge */

static FILE *out;
static size_t written;
static char last = ';';

static void put_byte(char c)
{
	fprintf(out, "%u,", (unsigned)(unsigned char)c);
	if (++written % 32 == 0) {
		fputc('\n', out);
	}
	last = c;
}

static void put(const char *bytes, size_t len)
{
	if (len == 0) {
		return;
	}
	bool merge = (str_is_word(last) && str_is_word(bytes[0])) ||
	             ((last == '+' || last == '-' || last == '/') && last == bytes[0]);
	if (merge) {
		put_byte(' ');
	}
	for (size_t i = 0; i < len; i++) {
		put_byte(bytes[i]);
	}
}

/* ---- walk */

static bool is_kind(TSNode node, const char *kind)
{
	return strcmp(ts_node_type(node), kind) == 0;
}

/* Printed as it stands: white space inside means something. */
static bool is_verbatim(TSNode node)
{
	return is_kind(node, "string") || is_kind(node, "template_string") || is_kind(node, "regex");
}

/* Statements that may have left their semicolon to the parser; here nothing is on a line's end. */
static bool wants_semicolon(TSNode node)
{
	static const char *const kinds[] = {"expression_statement", "lexical_declaration",
		"variable_declaration", "return_statement", "throw_statement", "field_definition",
		"break_statement", "continue_statement"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (is_kind(node, kinds[i])) {
			return true;
		}
	}
	return false;
}

static bool ends_with(const char *path, const char *suffix)
{
	size_t len = strlen(path), end = strlen(suffix);
	return len > end && strcmp(path + len - end, suffix) == 0;
}

static void emit(const struct text *text, TSNode node)
{
	if (is_kind(node, "comment") || is_kind(node, "import_statement")) {
		return;
	}
	uint32_t start = ts_node_start_byte(node), end = ts_node_end_byte(node);
	uint32_t count = ts_node_child_count(node);
	if (count == 0 || is_verbatim(node)) {
		put(text->data + start, end - start);
		return;
	}
	bool export = is_kind(node, "export_statement");
	for (uint32_t i = 0; i < count; i++) {
		TSNode child = ts_node_child(node, i);
		if (export && is_kind(child, "export")) {
			continue;
		}
		/* `};` after a block, `,}` and `,)` are spelling, not meaning */
		if (is_kind(child, ",") && i + 1 < count) {
			TSNode next = ts_node_child(node, i + 1);
			if (is_kind(next, "}") || is_kind(next, ")")) {
				continue;
			}
		}
		if (is_kind(child, ";") && i + 1 < count && is_kind(ts_node_child(node, i + 1), "}")) {
			continue;
		}
		emit(text, child);
	}
	if (wants_semicolon(node) && last != ';') {
		put(";", 1);
	}
}

int main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: embed OUTPUT.h NAME INPUT.js...\n", stderr);
		return 2;
	}
	out = fopen(argv[1], "wb");
	if (out == NULL) {
		fail(argv[1], "cannot be written");
	}
	fprintf(out, "static const unsigned char %s[] = {\n", argv[2]);
	TSParser *parser = ts_parser_new();
	ts_parser_set_language(parser, tree_sitter_javascript());
	for (int i = 3; i < argc; i++) {
		struct text text = read_file(argv[i]);
		if (ends_with(argv[i], ".css") || ends_with(argv[i], ".d.ts")) {
			put(text.data, text.len);
			free(text.data);
			continue;
		}
		TSTree *tree = ts_parser_parse_string(parser, NULL, text.data, (uint32_t)text.len);
		if (ts_node_has_error(ts_tree_root_node(tree))) {
			fail(argv[i], "does not parse");
		}
		emit(&text, ts_tree_root_node(tree));
		ts_tree_delete(tree);
		free(text.data);
	}
	ts_parser_delete(parser);
	fputs("};\n", out);
	if (ferror(out) || fclose(out) != 0) {
		fail(argv[1], "cannot be written");
	}
	return 0;
}
