#include "syntax.h"

#include <assert.h>
#include <stdlib.h>
#include <tree_sitter/tree-sitter-javascript.h>

#include "beyond_grammar.h"
#include "flatten.h"
#include "parse_memory.h"

static const char *const kind_names[] = {
#define KIND(id, name) name,
#include "syntax_kinds.h"
#undef KIND
};

static const char *const field_names[] = {
#define FIELD(id, name) name,
#include "syntax_kinds.h"
#undef FIELD
};

static const struct {
	const char *token;
	uint16_t flag;
} flag_tokens[] = {
	{"async", NODE_ASYNC},
	{"static", NODE_STATIC},
	{"static get", NODE_STATIC | NODE_GET},
	{"get", NODE_GET},
	{"set", NODE_SET},
	{"*", NODE_GENERATOR},
	{"const", NODE_CONST},
	{"let", NODE_LET},
	{"var", NODE_VAR},
	{"default", NODE_DEFAULT},
};

struct syntax *syntax_create(void)
{
	parse_memory_install();
	struct syntax *syntax = calloc(1, sizeof(*syntax));
	if (syntax == NULL) {
		out_of_memory();
	}
	syntax->language = tree_sitter_javascript();
	syntax->symbol_count = ts_language_symbol_count(syntax->language);
	syntax->field_count = ts_language_field_count(syntax->language) + 1;
	syntax->kinds = calloc(syntax->symbol_count, sizeof(*syntax->kinds));
	syntax->flags = calloc(syntax->symbol_count, sizeof(*syntax->flags));
	syntax->fields = calloc(syntax->field_count, sizeof(*syntax->fields));
	if (syntax->kinds == NULL || syntax->flags == NULL || syntax->fields == NULL) {
		out_of_memory();
	}
	for (uint32_t s = 0; s < syntax->symbol_count; s++) {
		const char *name = ts_language_symbol_name(syntax->language, (TSSymbol)s);
		bool named = ts_language_symbol_type(syntax->language, (TSSymbol)s) == TSSymbolTypeRegular;
		syntax->kinds[s] = (uint16_t)(KIND_OTHER + s);
		if (named) {
			for (uint16_t k = 0; k < KIND_OTHER; k++) {
				if (kind_names[k][0] == name[0] && strcmp(kind_names[k], name) == 0) {
					syntax->kinds[s] = k;
				}
			}
		} else {
			for (size_t t = 0; t < sizeof(flag_tokens) / sizeof(*flag_tokens); t++) {
				if (strcmp(flag_tokens[t].token, name) == 0) {
					syntax->flags[s] = flag_tokens[t].flag;
				}
			}
		}
	}
	for (uint32_t f = 1; f < syntax->field_count; f++) {
		const char *name = ts_language_field_name_for_id(syntax->language, (TSFieldId)f);
		for (uint8_t i = 0; i < sizeof(field_names) / sizeof(*field_names); i++) {
			if (strcmp(field_names[i], name) == 0) {
				syntax->fields[f] = (uint8_t)(i + 1);
			}
		}
	}
	return syntax;
}

void syntax_destroy(struct syntax *syntax)
{
	if (syntax == NULL) {
		return;
	}
	free(syntax->kinds);
	free(syntax->fields);
	free(syntax->flags);
	free(syntax);
}

struct reading {
	struct str bytes;
	const struct stand_in *stand_ins; /* in order */
	uint32_t stand_in_count;
	uint32_t error_offset;
};

/* The first one that does not end before the offset. */
static uint32_t stand_in_at(const struct reading *reading, uint32_t offset)
{
	uint32_t low = 0, high = reading->stand_in_count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (reading->stand_ins[middle].end <= offset) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return low;
}

static const char *read_chunk(void *payload, uint32_t offset, TSPoint point, uint32_t *read)
{
	(void)point;
	const struct reading *reading = payload;
	if (offset >= reading->bytes.len) {
		*read = 0;
		return "";
	}
	uint32_t end = (uint32_t)reading->bytes.len, i = stand_in_at(reading, offset);
	if (i < reading->stand_in_count) {
		const struct stand_in *other = &reading->stand_ins[i];
		if (other->start <= offset) {
			*read = other->end - offset;
			return other->text + (offset - other->start);
		}
		end = other->start;
	}
	*read = end - offset;
	return reading->bytes.data + offset;
}

/* Garbage costs seconds a megabyte in error recovery; nobody needs the recovered tree. */
static bool stop_on_error(TSParseState *state)
{
	struct reading *reading = state->payload;
	if (state->has_error) {
		reading->error_offset = state->current_byte_offset;
		return true;
	}
	return false;
}

static TSTree *parse_once(const struct syntax *syntax, struct reading *reading)
{
	TSParser *parser = ts_parser_new();
	if (parser == NULL || !ts_parser_set_language(parser, syntax->language)) {
		out_of_memory();
	}
	TSInput input = {.payload = reading, .read = read_chunk, .encoding = TSInputEncodingUTF8};
	TSParseOptions options = {.payload = reading, .progress_callback = stop_on_error};
	return ts_parser_parse_with_options(parser, NULL, input, options);
}

static bool is_clean(const TSTree *parsed)
{
	return parsed != NULL && !ts_node_has_error(ts_tree_root_node(parsed));
}

/*
 * The result lives until parse_memory_end(); NULL where parsing was stopped. A text with errors is
 * parsed once more with other words for those that the grammar does not know, if it has any.
 */
static TSTree *parse(const struct syntax *syntax, struct reading *reading)
{
	TSTree *tree = parse_once(syntax, reading);
	if (is_clean(tree)) {
		return tree;
	}
	struct stand_in *found = find_stand_ins(reading->bytes, &reading->stand_in_count);
	if (reading->stand_in_count != 0) {
		reading->stand_ins = found;
		reading->error_offset = UINT32_MAX;
		tree = parse_once(syntax, reading);
		reading->stand_in_count = 0;
	}
	free(found);
	return tree;
}

bool syntax_is_clean(struct arena *arena, const struct syntax *syntax, struct str text)
{
	struct reading reading = {.bytes = text};
	parse_memory_begin(arena, text.len);
	TSTree *parsed = parse(syntax, &reading);
	bool clean = is_clean(parsed);
	parse_memory_end();
	return clean;
}

static uint32_t find_code_end(const struct tree *tree)
{
	uint32_t end = 0;
	for (node_id c = node_first(tree, 0); c != NO_NODE; c = node_next(tree, c)) {
		end = tree->nodes[c].end;
	}
	return end;
}

/* Where the first error node begins. */
static uint32_t first_error(TSNode root)
{
	TSTreeCursor cursor = ts_tree_cursor_new(root);
	uint32_t offset = ts_node_start_byte(root);
	for (bool more = true; more;) {
		TSNode at = ts_tree_cursor_current_node(&cursor);
		if (ts_node_is_error(at) || ts_node_is_missing(at)) {
			offset = ts_node_start_byte(at);
			break;
		}
		more = ts_node_has_error(at) && ts_tree_cursor_goto_first_child(&cursor);
		while (!more && ts_tree_cursor_goto_next_sibling(&cursor)) {
			more = ts_node_has_error(ts_tree_cursor_current_node(&cursor));
		}
		while (more && !ts_node_has_error(ts_tree_cursor_current_node(&cursor))) {
			more = ts_tree_cursor_goto_next_sibling(&cursor);
		}
	}
	ts_tree_cursor_delete(&cursor);
	return offset;
}

bool syntax_parse(struct arena *arena, const struct syntax *syntax, struct source *source,
	struct tree *tree, struct diags *diags)
{
	struct reading reading = {.bytes = source->bytes, .error_offset = UINT32_MAX};
	*tree = (struct tree){.source = source};
	parse_memory_begin(arena, source->bytes.len);
	TSTree *parsed = parse(syntax, &reading);
	bool clean = is_clean(parsed);
	if (clean) {
		flatten(arena, syntax, parsed, tree);
		tree->code_end = find_code_end(tree);
	} else {
		/* small files are parsed before the callback is asked: then the tree tells */
		uint32_t offset =
			parsed == NULL ? reading.error_offset : first_error(ts_tree_root_node(parsed));
		diag_add(arena, diags, SEVERITY_ERROR, "parse-error",
			offset > source->bytes.len ? DIAG_NO_OFFSET : offset,
			"not understood as JavaScript; nothing is changed");
	}
	parse_memory_end();
	return clean;
}

node_id node_child(const struct tree *tree, node_id n, enum field field)
{
	for (node_id c = node_first(tree, n); c != NO_NODE; c = node_next(tree, c)) {
		if (tree->nodes[c].field == field) {
			return c;
		}
	}
	return NO_NODE;
}

node_id node_nth(const struct tree *tree, node_id n, uint32_t i)
{
	node_id c = node_first(tree, n);
	while (c != NO_NODE && i-- > 0) {
		c = node_next(tree, c);
	}
	return c;
}

node_id node_parameter(const struct tree *tree, node_id function, uint32_t i)
{
	node_id list = function == NO_NODE ? NO_NODE : node_child(tree, function, FIELD_parameters);
	if (list != NO_NODE) {
		return node_nth(tree, list, i);
	}
	return function != NO_NODE && i == 0 ? node_child(tree, function, FIELD_parameter) : NO_NODE;
}

uint32_t node_child_count(const struct tree *tree, node_id n)
{
	uint32_t count = 0;
	for (node_id c = node_first(tree, n); c != NO_NODE; c = node_next(tree, c)) {
		count++;
	}
	return count;
}

bool node_is_function(const struct tree *tree, node_id n)
{
	switch (tree->nodes[n].kind) {
	case KIND_function_declaration:
	case KIND_function_expression:
	case KIND_generator_function:
	case KIND_generator_function_declaration:
	case KIND_arrow_function:
	case KIND_method_definition:
		return true;
	default:
		return false;
	}
}

node_id node_function(const struct tree *tree, node_id n)
{
	while (n != NO_NODE) {
		n = tree->nodes[n].parent;
		if (n != NO_NODE && node_is_function(tree, n)) {
			return n;
		}
	}
	return NO_NODE;
}

node_id node_body(const struct tree *tree, node_id function)
{
	return node_child(tree, function, FIELD_body);
}

bool node_is_operation(const struct tree *tree, node_id n, struct str operator)
{
	if (!node_is(tree, n, KIND_binary_expression)) {
		return false;
	}
	struct str between =
		str_slice(tree->source->bytes, tree->nodes[node_child(tree, n, FIELD_left)].end,
			tree->nodes[node_child(tree, n, FIELD_right)].start);
	return str_find(between, operator) != (size_t)-1;
}

node_id node_unwrap(const struct tree *tree, node_id n)
{
	while (node_is(tree, n, KIND_parenthesized_expression)) {
		n = node_first(tree, n);
	}
	return n;
}

uint32_t tree_find_name(const struct tree *tree, struct str name)
{
	for (uint32_t id = 1; id < tree->name_count; id++) {
		if (str_equal(tree->names[id], name)) {
			return id;
		}
	}
	return 0;
}

bool tree_has_prefix(const struct tree *tree, struct str prefix)
{
	for (uint32_t id = 1; id < tree->name_count; id++) {
		if (str_starts(tree->names[id], prefix)) {
			return true;
		}
	}
	return false;
}

struct str node_property(const struct tree *tree, node_id n)
{
	if (node_is(tree, n, KIND_member_expression)) {
		return node_text(tree, node_child(tree, n, FIELD_property));
	}
	if (node_is(tree, n, KIND_subscript_expression)) {
		return node_string(tree, node_child(tree, n, FIELD_index));
	}
	return (struct str){"", 0};
}

struct str node_string(const struct tree *tree, node_id n)
{
	if (!node_is(tree, n, KIND_string)) {
		return (struct str){"", 0};
	}
	node_id content = node_first(tree, n);
	if (content == NO_NODE || node_next(tree, content) != NO_NODE ||
		!node_is(tree, content, KIND_string_fragment)) {
		return (struct str){"", 0};
	}
	return node_text(tree, content);
}

struct str node_key(const struct tree *tree, node_id key)
{
	return node_is(tree, key, KIND_string) ? node_string(tree, key) : node_text(tree, key);
}

struct str syntax_versions(struct arena *arena)
{
	const TSLanguage *language = tree_sitter_javascript();
	const TSLanguageMetadata *grammar = ts_language_metadata(language);
	assert(grammar != NULL); /* every grammar of this ABI has it */
	return arena_printf(arena, "tree-sitter ABI %u, tree-sitter-javascript %u.%u.%u",
		ts_language_abi_version(language), grammar->major_version, grammar->minor_version,
		grammar->patch_version);
}
