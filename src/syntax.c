#include "syntax.h"

#include <assert.h>
#include <stdlib.h>
#include <tree_sitter/api.h>
#include <tree_sitter/tree-sitter-javascript.h>

enum { FIRST_NODES = 4096 };

struct syntax {
	const TSLanguage *language;
	uint16_t *kinds;  /* by TSSymbol */
	uint8_t *fields;  /* by TSFieldId */
	uint16_t *flags;  /* by TSSymbol, for anonymous keyword tokens */
	uint32_t symbol_count;
	uint32_t field_count;
};

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
	{"async", NODE_ASYNC},   {"static", NODE_STATIC}, {"static get", NODE_STATIC | NODE_GET},
	{"get", NODE_GET},       {"set", NODE_SET},       {"*", NODE_GENERATOR},
	{"const", NODE_CONST},   {"let", NODE_LET},       {"var", NODE_VAR},
	{"default", NODE_DEFAULT},
};

struct syntax *syntax_create(void)
{
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
				if (strcmp(kind_names[k], name) == 0) {
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
	uint32_t error_offset;
};

static const char *read_chunk(void *payload, uint32_t offset, TSPoint point, uint32_t *read)
{
	(void)point;
	const struct reading *reading = payload;
	if (offset >= reading->bytes.len) {
		*read = 0;
		return "";
	}
	*read = (uint32_t)(reading->bytes.len - offset);
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

static TSTree *parse(const struct syntax *syntax, struct reading *reading, const TSTree *old)
{
	TSParser *parser = ts_parser_new();
	if (parser == NULL || !ts_parser_set_language(parser, syntax->language)) {
		out_of_memory();
	}
	TSInput input = {.payload = reading, .read = read_chunk, .encoding = TSInputEncodingUTF8};
	TSParseOptions options = {.payload = reading, .progress_callback = stop_on_error};
	TSTree *tree = ts_parser_parse_with_options(parser, old, input, options);
	ts_parser_delete(parser);
	return tree;
}

void syntax_release(struct tree *tree)
{
	ts_tree_delete(tree->parsed);
	tree->parsed = NULL;
}

bool syntax_stays_clean(const struct syntax *syntax, struct tree *tree, const struct splice *splice,
	struct str output)
{
	uint32_t added = 0;
	for (uint32_t i = 0; i < splice->count; i++) {
		uint32_t start = splice->items[i].offset + added;
		uint32_t len = (uint32_t)splice->items[i].text.len;
		/* rows and columns are left 0: only an editor would ask this tree for them */
		TSInputEdit edit = {.start_byte = start, .old_end_byte = start, .new_end_byte = start + len};
		ts_tree_edit(tree->parsed, &edit);
		added += len;
	}
	struct reading reading = {.bytes = output};
	TSTree *parsed = parse(syntax, &reading, tree->parsed);
	bool clean = parsed != NULL && !ts_node_has_error(ts_tree_root_node(parsed));
	ts_tree_delete(parsed);
	return clean;
}

/* Open-addressing table from text to id; lives only while the tree is built. */
struct interner {
	uint32_t *slots;
	uint32_t mask;
	uint32_t capacity; /* of tree->names */
};

static uint32_t hash_text(struct str text)
{
	uint32_t hash = 2166136261u;
	for (size_t i = 0; i < text.len; i++) {
		hash = (hash ^ (unsigned char)text.data[i]) * 16777619u;
	}
	return hash;
}

static void grow_interner(struct arena *arena, struct interner *interner, struct tree *tree)
{
	uint32_t size = interner->mask == 0 ? 1024 : (interner->mask + 1) * 2;
	uint32_t *slots = arena_array(arena, uint32_t, size);
	for (uint32_t id = 1; id < tree->name_count; id++) {
		uint32_t at = hash_text(tree->names[id]) & (size - 1);
		while (slots[at] != 0) {
			at = (at + 1) & (size - 1);
		}
		slots[at] = id;
	}
	interner->slots = slots;
	interner->mask = size - 1;
	struct str *names = arena_array(arena, struct str, size);
	if (tree->name_count != 0) {
		memcpy(names, tree->names, tree->name_count * sizeof(*names));
	}
	tree->names = names;
	interner->capacity = size / 2;
}

static uint32_t intern(struct arena *arena, struct interner *interner, struct tree *tree,
	struct str text)
{
	if (tree->name_count >= interner->capacity) {
		grow_interner(arena, interner, tree);
	}
	uint32_t at = hash_text(text) & interner->mask;
	while (interner->slots[at] != 0) {
		if (str_equal(tree->names[interner->slots[at]], text)) {
			return interner->slots[at];
		}
		at = (at + 1) & interner->mask;
	}
	interner->slots[at] = tree->name_count;
	tree->names[tree->name_count] = text;
	return tree->name_count++;
}

static bool kind_has_name(uint16_t kind)
{
	return kind == KIND_identifier || kind == KIND_property_identifier ||
	       kind == KIND_shorthand_property_identifier ||
	       kind == KIND_shorthand_property_identifier_pattern;
}

static bool kind_has_operator(uint16_t kind)
{
	return kind == KIND_binary_expression || kind == KIND_augmented_assignment_expression ||
	       kind == KIND_unary_expression || kind == KIND_update_expression;
}

struct flattening {
	struct arena *arena;
	const struct syntax *syntax;
	struct tree *tree;
	struct interner interner;
	uint32_t capacity;
};

static node_id add_node(struct flattening *f, struct node node)
{
	struct tree *tree = f->tree;
	if (tree->count == f->capacity) {
		uint32_t capacity = f->capacity == 0 ? FIRST_NODES : f->capacity * 2;
		struct node *nodes = arena_array(f->arena, struct node, capacity);
		if (tree->count != 0) {
			memcpy(nodes, tree->nodes, tree->count * sizeof(*nodes));
		}
		tree->nodes = nodes;
		f->capacity = capacity;
	}
	tree->nodes[tree->count] = node;
	return tree->count++;
}

/* An anonymous token: remembered in its parent where it carries meaning. */
static void note_token(struct flattening *f, node_id parent, TSSymbol symbol, enum field field)
{
	struct node *node = &f->tree->nodes[parent];
	if (field == FIELD_operator || (kind_has_operator(node->kind) && node->op == 0)) {
		node->op = symbol;
	}
	node->flags |= f->syntax->flags[symbol];
}

static void flatten(struct flattening *f, TSNode root)
{
	struct tree *tree = f->tree;
	TSTreeCursor cursor = ts_tree_cursor_new(root);
	node_id parent = NO_NODE;
	/* The cursor visits every token; `parent` is the innermost kept node around it. */
	for (;;) {
		TSNode at = ts_tree_cursor_current_node(&cursor);
		TSSymbol symbol = ts_node_symbol(at);
		uint16_t kind = f->syntax->kinds[symbol];
		bool named = ts_node_is_named(at);
		bool extra = kind == KIND_comment || kind == KIND_html_comment;
		enum field field =
			(enum field)f->syntax->fields[ts_tree_cursor_current_field_id(&cursor)];
		bool kept = named && !extra;
		if (kept) {
			struct node node = {
				.kind = kind,
				.field = (uint8_t)field,
				.start = ts_node_start_byte(at),
				.end = ts_node_end_byte(at),
				.parent = parent,
			};
			if (kind_has_name(kind)) {
				node.name = intern(f->arena, &f->interner, tree,
					str_slice(tree->source->bytes, node.start, node.end));
			}
			node_id id = add_node(f, node);
			if (ts_tree_cursor_goto_first_child(&cursor)) {
				parent = id;
				continue;
			}
			tree->nodes[id].last = tree->count;
		} else if (!extra) {
			note_token(f, parent, symbol, field);
		}
		while (!ts_tree_cursor_goto_next_sibling(&cursor)) {
			if (!ts_tree_cursor_goto_parent(&cursor)) {
				goto done;
			}
			/* going up leaves a kept node: anonymous nodes were never entered */
			tree->nodes[parent].last = tree->count;
			parent = tree->nodes[parent].parent;
		}
	}
done:
	tree->nodes[0].last = tree->count;
	ts_tree_cursor_delete(&cursor);
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
	TSTree *parsed = parse(syntax, &reading, NULL);
	if (parsed == NULL || ts_node_has_error(ts_tree_root_node(parsed))) {
		/* small files are parsed before the callback is asked: then the tree tells */
		uint32_t offset = parsed == NULL ? reading.error_offset
		                                 : first_error(ts_tree_root_node(parsed));
		ts_tree_delete(parsed);
		if (offset > source->bytes.len) {
			offset = DIAG_NO_OFFSET;
		}
		diag_add(arena, diags, SEVERITY_ERROR, "parse-error", offset,
			"not understood as JavaScript; nothing is changed");
		return false;
	}
	struct flattening f = {.arena = arena, .syntax = syntax, .tree = tree};
	intern(arena, &f.interner, tree, STR("")); /* id 0 */
	flatten(&f, ts_tree_root_node(parsed));
	tree->parsed = parsed;
	tree->code_end = find_code_end(tree);
	return true;
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

node_id node_unwrap(const struct tree *tree, node_id n)
{
	while (node_is(tree, n, KIND_parenthesized_expression)) {
		n = node_first(tree, n);
	}
	return n;
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

struct str syntax_versions(struct arena *arena)
{
	const TSLanguage *language = tree_sitter_javascript();
	const TSLanguageMetadata *grammar = ts_language_metadata(language);
	assert(grammar != NULL); /* every grammar of this ABI has it */
	return arena_printf(arena, "tree-sitter ABI %u, tree-sitter-javascript %u.%u.%u",
		ts_language_abi_version(language), grammar->major_version, grammar->minor_version,
		grammar->patch_version);
}
