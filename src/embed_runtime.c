/*
 * Build-time program: makes the runtime's JS modules into the text that is injected, cut into chunks
 * that the patcher puts together again without what a glue has no use for.
 * usage: embed_runtime OUTPUT.h INPUT.js…
 *        embed_runtime --print FEATURE,… INPUT.js…     the text for these features; "all" for all
 *
 * Import statements, `export`, comments and white space go. Variables get names of one or two letters;
 * properties keep theirs, but for those of `S` that only the runtime itself uses.
 *
 * What can be left out is told by the source:
 *   - a member of `runtime`: when the inserted text does not call it
 *   - what `has.x` decides (src/runtime/options.js), as the condition of an `if` or of `? :`, or on the left of `&&`
 *   - a declaration at top level that nothing uses which is left
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime_slice.h"
#include "scope.h"

enum { LARGEST = 1 << 16, MAX_FEATURES = 64, MAX_CHUNKS = 1024, MAX_USES = 4096 };

static _Noreturn void fail(const char *path, const char *reason)
{
	fprintf(stderr, "embed_runtime: %s: %s\n", path, reason);
	exit(1);
}

static struct str read_file(struct arena *arena, const char *path)
{
	char *data = arena_alloc(arena, LARGEST);
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		fail(path, "cannot be read");
	}
	size_t len = fread(data, 1, LARGEST, file);
	fclose(file);
	if (len == LARGEST) {
		fail(path, "larger than a runtime module should be");
	}
	return (struct str){data, len};
}

static void parse(struct arena *arena, const struct syntax *syntax, const char *path,
	struct str text, struct tree *tree)
{
	struct source *source = arena_new(arena, struct source);
	struct diags diags = {0};
	source_init(source, str_from(path), text);
	if (!syntax_parse(arena, syntax, source, tree, &diags)) {
		fail(path, "does not parse");
	}
}

/* A module without its imports, and without `export`. */
static void add_module(
	struct arena *arena, const struct syntax *syntax, const char *path, struct buf *joined)
{
	struct tree tree;
	struct str text = read_file(arena, path);
	parse(arena, syntax, path, text, &tree);
	size_t at = 0;
	for (node_id n = node_first(&tree, 0); n != NO_NODE; n = node_next(&tree, n)) {
		const struct node *node = &tree.nodes[n];
		if (node->kind != KIND_import_statement && node->kind != KIND_export_statement) {
			continue;
		}
		node_id declaration = node_child(&tree, n, FIELD_declaration);
		buf_add(joined, str_slice(text, at, node->start));
		at = node->kind == KIND_import_statement ? node->end : tree.nodes[declaration].start;
	}
	buf_add(joined, str_slice(text, at, text.len));
	buf_add_byte(joined, '\n');
}

/* ---- the joined text */

struct embedding {
	struct arena *arena;
	struct tree tree;
	struct scopes scopes;
	struct str *names; /* by binding: the new one */
	node_id state;     /* object literal of `S` */
	node_id members;   /* object literal of `runtime` */
	uint16_t *pieces;  /* by binding of the top level: the statement that declares it */

	struct str features[MAX_FEATURES]; /* "promises" of `has.promises`, ".p" of the member p */
	uint32_t feature_count;

	struct buf out;
	char last; /* what a token has to be kept apart from */
	uint16_t piece;
	uint16_t root; /* the piece of `runtime` */
	uint64_t need; /* of what is being put out */
	uint64_t without;
	struct runtime_chunk chunks[MAX_CHUNKS];
	uint32_t chunk_count;
	uint16_t uses[MAX_USES];
	uint32_t use_count;
};

static uint64_t feature(struct embedding *e, struct str name)
{
	uint32_t i = 0;
	while (i < e->feature_count && !str_equal(e->features[i], name)) {
		i++;
	}
	if (i == MAX_FEATURES) {
		fail("src/runtime", "more features than bits");
	}
	if (i == e->feature_count) {
		e->features[e->feature_count++] = name;
	}
	return UINT64_C(1) << i;
}

static node_id top_level_object(const struct embedding *e, const char *name)
{
	for (binding_id b = 1; b < e->scopes.count; b++) {
		node_id value = binding_value(&e->scopes, b);
		if (e->scopes.bindings[b].scope == 0 && node_is(&e->tree, value, KIND_object) &&
			str_equal(binding_name(&e->scopes, b), str_from(name))) {
			return value;
		}
	}
	fail(name, "is no object at top level");
}

/* The feature of `has.x`, or 0. */
static uint64_t condition_of(struct embedding *e, node_id n)
{
	n = node_unwrap(&e->tree, n);
	if (!node_is(&e->tree, n, KIND_member_expression) ||
		!node_is_text(&e->tree, node_child(&e->tree, n, FIELD_object), STR("has"))) {
		return 0;
	}
	return feature(e, node_property(&e->tree, n));
}

/* ---- names */

/*
 * The i-th name of the top level: A, B, …, Aa, …. Those of functions are small letters, the source's own
 * where it has one, so that functions of one form stay of one form: gzip makes one of them then.
 */
static struct str nth_name(struct arena *arena, uint32_t i)
{
	static const char capitals[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$";
	uint32_t count = sizeof(capitals) - 1;
	if (i < count) {
		return arena_printf(arena, "%c", capitals[i]);
	}
	return arena_printf(arena, "%c%c", capitals[(i / count - 1) % count], 'a' + i % count % 26);
}

static struct str nth_local_name(struct arena *arena, struct str old, uint32_t i)
{
	(void)old;
	return arena_printf(arena, "%c", 97 + i % 26);
}

static bool is_reserved(struct str name)
{
	static const char *const words[] = {"do", "if", "in", "of", "as", "is"};
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (str_equal(name, str_from(words[i]))) {
			return true;
		}
	}
	return false;
}

/* Whether a binding may not have that name: another of its scope has it, or one that is used inside. */
static bool is_taken(const struct embedding *e, binding_id binding, struct str name)
{
	const struct scopes *scopes = &e->scopes;
	node_id scope = scopes->bindings[binding].scope;
	for (binding_id b = 1; b < scopes->count; b++) {
		if (scopes->bindings[b].scope == scope && str_equal(e->names[b], name)) {
			return true;
		}
	}
	for (node_id n = scope; n < e->tree.nodes[scope].last; n++) {
		const struct node *node = &e->tree.nodes[n];
		bool global = node->kind == KIND_identifier && scope_of(scopes, n) == 0;
		if (global ? node_is_text(&e->tree, n, name)
				   : scope_of(scopes, n) != 0 && str_equal(e->names[scope_of(scopes, n)], name)) {
			return true;
		}
	}
	return false;
}

static int compare_uses(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return a[0] != b[0] ? (a[0] > b[0] ? -1 : 1) : (int)a[1] - (int)b[1];
}

static uint32_t count_uses(const struct scopes *scopes, binding_id b)
{
	uint32_t count = 1;
	for (node_id u = scopes->bindings[b].first_use; u != NO_NODE; u = scopes->next_use[u]) {
		count++;
	}
	return count;
}

static void rename_binding(struct embedding *e, binding_id b)
{
	for (uint32_t i = 0; e->names[b].len == 0; i++) {
		struct str name = e->scopes.bindings[b].scope == 0
		                      ? nth_name(e->arena, i)
		                      : nth_local_name(e->arena, binding_name(&e->scopes, b), i);
		if (!is_reserved(name) && !is_taken(e, b, name)) {
			e->names[b] = name;
		}
	}
}

/* What a function declares, its blocks included. */
static void rename_locals(struct embedding *e, node_id function, bool parameters)
{
	for (binding_id b = 1; b < e->scopes.count; b++) {
		const struct binding *binding = &e->scopes.bindings[b];
		node_id of = binding->scope;
		if (of != 0 && !node_is_function(&e->tree, of)) {
			of = node_function(&e->tree, of);
		}
		if (of == function && binding->scope != 0 &&
			parameters == (binding->kind == BINDING_PARAMETER)) {
			rename_binding(e, b);
		}
	}
}

/* Those of the top level first, by their number of uses; then function by function, outer ones first. */
static void rename_all(struct embedding *e)
{
	const struct scopes *scopes = &e->scopes;
	e->names = arena_array(e->arena, struct str, scopes->count);
	uint32_t(*order)[2] = arena_alloc_array(e->arena, scopes->count, sizeof(*order));
	uint32_t count = 0;
	for (binding_id b = 1; b < scopes->count; b++) {
		if (scopes->bindings[b].scope == 0) {
			order[count][0] = count_uses(scopes, b);
			order[count++][1] = b;
		}
	}
	qsort(order, count, sizeof(*order), compare_uses);
	for (uint32_t i = 0; i < count; i++) {
		rename_binding(e, order[i][1]);
	}
	for (node_id n = 1; n < e->tree.count; n++) {
		rename_locals(e, n, false);
		rename_locals(e, n, true);
	}
}

/* `S.generation`: what the inserted text and the tests use keeps its name (docs/RUNTIME.md). */
static bool is_private_member(const struct embedding *e, node_id n)
{
	static const char *const public[] = {"dead", "judged", "depth", "o", "disp", "module"};
	const struct node *node = &e->tree.nodes[n];
	node_id parent = node->parent;
	if (node->kind != KIND_property_identifier) {
		return false;
	}
	for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++) {
		if (node_is_text(&e->tree, n, str_from(public[i]))) {
			return false;
		}
	}
	if (node_is(&e->tree, parent, KIND_pair)) {
		return e->tree.nodes[parent].parent == e->state && node->field == FIELD_key;
	}
	return node_is(&e->tree, parent, KIND_member_expression) &&
	       node_is_text(&e->tree, node_child(&e->tree, parent, FIELD_object), STR("S"));
}

/* `const { generation } = S` would keep the long name. */
static void check_state(const struct embedding *e)
{
	for (node_id n = 1; n < e->tree.count; n++) {
		node_id name = node_is(&e->tree, n, KIND_variable_declarator)
		                   ? node_child(&e->tree, n, FIELD_name)
		                   : NO_NODE;
		if (node_is(&e->tree, name, KIND_object_pattern) &&
			node_is_text(&e->tree, node_child(&e->tree, n, FIELD_value), STR("S"))) {
			fail("S", "is taken apart by a pattern, but its members get other names");
		}
	}
}

static struct str private_name(const struct embedding *e, node_id n)
{
	uint32_t i = 0;
	for (node_id m = node_first(&e->tree, e->state); m != NO_NODE;
		 m = node_next(&e->tree, m), i++) {
		if (str_equal(
				node_text(&e->tree, node_child(&e->tree, m, FIELD_key)), node_text(&e->tree, n))) {
			struct str name = nth_name(e->arena, i);
			return str_equal(name, STR("o")) ? STR("_") : name; /* S.o keeps its name */
		}
	}
	fail("S", "has members that its literal does not name");
}

/* ---- output */

/* The chunk that output goes into: a new one where its conditions change. */
static struct runtime_chunk *chunk(struct embedding *e)
{
	struct runtime_chunk *last = e->chunk_count == 0 ? NULL : &e->chunks[e->chunk_count - 1];
	if (last == NULL || last->piece != e->piece || last->need != e->need ||
		last->without != e->without) {
		if (e->chunk_count == MAX_CHUNKS) {
			fail("src/runtime", "too many chunks");
		}
		last = &e->chunks[e->chunk_count++];
		*last = (struct runtime_chunk){.piece = e->piece,
			.need = e->need,
			.without = e->without,
			.end = (uint32_t)e->out.len,
			.first_use = e->use_count};
	}
	return last;
}

static void put_raw(struct embedding *e, struct str text)
{
	struct runtime_chunk *into = chunk(e);
	buf_add(&e->out, text);
	into->end = (uint32_t)e->out.len;
	e->last = text.len == 0 ? e->last : text.data[text.len - 1];
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '$' || (unsigned char)c >= 0x80;
}

/* Before a closing bracket neither `,` nor `;` means anything. */
static void drop_separator(struct embedding *e)
{
	char last = e->out.len == 0 ? 0 : e->out.data[e->out.len - 1];
	if ((last == ',' || last == ';') && e->chunks[e->chunk_count - 1].end == e->out.len) {
		e->out.len--;
		e->chunks[e->chunk_count - 1].end--;
	}
}

/* A token needs a space before it only where two words or two signs would merge. */
static void put(struct embedding *e, struct str token)
{
	char first = token.data[0];
	if (first == '}' || first == ']' || first == ')') {
		drop_separator(e);
	}
	if ((is_word(e->last) && is_word(first)) ||
		((e->last == '+' || e->last == '-' || e->last == '/') && e->last == first)) {
		put_raw(e, STR(" "));
	}
	put_raw(e, token);
}

/* Punctuation and keywords between nodes. */
static void put_between(struct embedding *e, uint32_t from, uint32_t to)
{
	struct str text = str_slice(e->tree.source->bytes, from, to);
	for (size_t i = 0; i < text.len;) {
		size_t start = i;
		struct str rest = str_slice(text, i, text.len);
		if (text.data[i] == ' ' || text.data[i] == '\t' || text.data[i] == '\n') {
			i++;
			continue;
		}
		if (str_starts(rest, STR("//")) || str_starts(rest, STR("/*"))) {
			struct str ending = rest.data[1] == '/' ? STR("\n") : STR("*/");
			size_t end = str_find(rest, ending);
			i += end == (size_t)-1 ? rest.len : end + ending.len;
			continue;
		}
		bool twice = str_starts(rest, STR("++")) || str_starts(rest, STR("--"));
		i += twice;
		do {
			i++;
		} while (i < text.len && is_word(text.data[i]) && is_word(text.data[start]));
		put(e, str_slice(text, start, i));
	}
}

static void use(struct embedding *e, binding_id b)
{
	if (b == 0 || e->scopes.bindings[b].scope != 0 || e->pieces[b] == e->piece) {
		return;
	}
	struct runtime_chunk *of = chunk(e);
	if (e->use_count == MAX_USES) {
		fail("src/runtime", "too many uses");
	}
	e->uses[e->use_count++] = e->pieces[b];
	of->use_count++;
}

static void put_name(struct embedding *e, node_id n)
{
	binding_id b = scope_of(&e->scopes, n);
	use(e, b);
	put(e, b != 0 ? e->names[b] : node_text(&e->tree, n));
}

static void put_node(struct embedding *e, node_id n);

static void put_children(struct embedding *e, node_id n)
{
	uint32_t at = e->tree.nodes[n].start;
	for (node_id c = node_first(&e->tree, n); c != NO_NODE; c = node_next(&e->tree, c)) {
		put_between(e, at, e->tree.nodes[c].start);
		put_node(e, c);
		at = e->tree.nodes[c].end;
	}
	put_between(e, at, e->tree.nodes[n].end);
}

/* All but the expressions in it as it stands. */
static void put_template(struct embedding *e, node_id n)
{
	struct str text = e->tree.source->bytes;
	uint32_t at = e->tree.nodes[n].start;
	for (node_id c = node_first(&e->tree, n); c != NO_NODE; c = node_next(&e->tree, c)) {
		node_id expression = node_first(&e->tree, c);
		if (expression != NO_NODE) {
			put_raw(e, str_slice(text, at, e->tree.nodes[expression].start));
			put_node(e, expression);
			at = e->tree.nodes[expression].end;
		}
	}
	put_raw(e, str_slice(text, at, e->tree.nodes[n].end));
}

static bool is_conjunction(const struct embedding *e, node_id n)
{
	node_id left = node_child(&e->tree, n, FIELD_left),
			right = node_child(&e->tree, n, FIELD_right);
	return node_is(&e->tree, n, KIND_binary_expression) &&
	       str_find(str_slice(
						e->tree.source->bytes, e->tree.nodes[left].end, e->tree.nodes[right].start),
			   STR("&&")) != (size_t)-1;
}

/* a of `a && b && c`, or NO_NODE. */
static node_id first_operand(const struct embedding *e, node_id n)
{
	node_id first = n;
	while (is_conjunction(e, first)) {
		first = node_child(&e->tree, first, FIELD_left);
	}
	return first == n ? NO_NODE : first;
}

/* `b && c` of it. */
static void put_other_operands(struct embedding *e, node_id n)
{
	node_id left = node_child(&e->tree, n, FIELD_left);
	if (is_conjunction(e, left)) {
		put_other_operands(e, left);
		put(e, STR("&&"));
	}
	put_node(e, node_child(&e->tree, n, FIELD_right));
}

/* `{ return x; }` after a condition needs no braces. */
static node_id without_braces(struct embedding *e, node_id n)
{
	if (!node_is(&e->tree, n, KIND_statement_block) || node_child_count(&e->tree, n) != 1) {
		return n;
	}
	node_id only = node_first(&e->tree, n), value = node_first(&e->tree, only);
	bool simple =
		node_is(&e->tree, only, KIND_return_statement) ||
		node_is(&e->tree, only, KIND_throw_statement) ||
		(node_is(&e->tree, only, KIND_expression_statement) &&
			(first_operand(e, value) == NO_NODE || condition_of(e, first_operand(e, value)) == 0));
	return simple ? only : n;
}

/* What `has.x` lets stand: of a block its statements, unless they declare something. */
static void put_branch(struct embedding *e, node_id n)
{
	bool bare = node_is(&e->tree, n, KIND_statement_block);
	for (node_id s = node_first(&e->tree, n); s != NO_NODE; s = node_next(&e->tree, s)) {
		bare &= !node_is(&e->tree, s, KIND_lexical_declaration);
	}
	if (!bare) {
		put_node(e, n);
		return;
	}
	for (node_id s = node_first(&e->tree, n); s != NO_NODE; s = node_next(&e->tree, s)) {
		put_node(e, s);
	}
}

/* One of two nodes, either of which may be missing, or a text in place of the second. */
static void put_choice(struct embedding *e, uint64_t bit, node_id yes, node_id no, struct str other)
{
	uint64_t need = e->need, without = e->without;
	char before = e->last;
	e->need |= bit;
	if (first_operand(e, yes) != NO_NODE && condition_of(e, first_operand(e, yes)) == bit) {
		put_other_operands(e, yes);
	} else if (yes != NO_NODE) {
		put_branch(e, yes);
	} else {
		put(e, STR("!0"));
	}
	char after = e->last;
	e->last = before;
	e->need = need;
	e->without |= bit;
	if (no != NO_NODE) {
		put_branch(e, no);
	} else if (other.len != 0) {
		put(e, other);
	}
	e->without = without;
	e->last = is_word(after) ? after : e->last;
}

/* The feature without which `a || (has.x && b)` and `a && !(has.x && b)` are just a; n is what follows a. */
static uint64_t condition_inside(struct embedding *e, node_id n)
{
	if (node_is(&e->tree, n, KIND_unary_expression)) {
		n = node_first(&e->tree, n);
	}
	node_id first = node_is(&e->tree, n, KIND_parenthesized_expression)
	                    ? first_operand(e, node_first(&e->tree, n))
	                    : NO_NODE;
	return first == NO_NODE ? 0 : condition_of(e, first);
}

/* The operator at `from`, and its right side, with this feature only. */
static void put_optional(struct embedding *e, uint64_t bit, uint32_t from, node_id right)
{
	uint64_t need = e->need;
	char before = e->last;
	e->need |= bit;
	put_between(e, from, e->tree.nodes[right].start);
	put_node(e, right);
	e->need = need;
	e->last = is_word(before) ? before : e->last;
}

/* If what stands here is decided by `has.x`, puts out both ways. */
static bool put_decided(struct embedding *e, node_id n)
{
	const struct tree *tree = &e->tree;
	uint64_t bit = 0;
	switch (tree->nodes[n].kind) {
	case KIND_member_expression:
		if ((bit = condition_of(e, n)) != 0) {
			put_choice(e, bit, NO_NODE, NO_NODE, STR("!1"));
		}
		break;
	case KIND_ternary_expression:
	case KIND_if_statement:
		if ((bit = condition_of(e, node_child(tree, n, FIELD_condition))) != 0) {
			node_id no = node_child(tree, n, FIELD_alternative);
			bool clause = no != NO_NODE && node_is(tree, n, KIND_if_statement);
			put_choice(e, bit, node_child(tree, n, FIELD_consequence),
				clause ? node_first(tree, no) : no, STR(""));
		}
		break;
	case KIND_binary_expression: {
		node_id first = first_operand(e, n), right = node_child(tree, n, FIELD_right);
		if (first != NO_NODE && (bit = condition_of(e, first)) != 0) {
			put_choice(e, bit, n, NO_NODE, STR("!1"));
		} else if ((bit = condition_inside(e, right)) != 0) {
			node_id left = node_child(tree, n, FIELD_left);
			put_node(e, left);
			put_optional(e, bit, tree->nodes[left].end, right);
		}
		break;
	}
	default:
		break;
	}
	return bit != 0;
}

/* `runtime`: each member is there if the inserted text calls it. */
static void put_members(struct embedding *e, node_id n)
{
	put(e, STR("{"));
	for (node_id m = node_first(&e->tree, n); m != NO_NODE; m = node_next(&e->tree, m)) {
		node_id name = node_first(&e->tree, m) == NO_NODE ? m : node_first(&e->tree, m);
		e->need = feature(e, arena_printf(e->arena, ".%.*s", STR_ARGS(node_text(&e->tree, name))));
		put_node(e, m);
		put(e, STR(","));
		e->need = 0;
	}
	put(e, STR("}"));
}

/* Parentheses where a whole expression stands anyway. */
static bool is_needless(const struct embedding *e, node_id n)
{
	node_id parent = e->tree.nodes[n].parent, inner = node_first(&e->tree, n);
	if (node_is(&e->tree, inner, KIND_sequence_expression)) {
		return false;
	}
	switch (e->tree.nodes[parent].kind) {
	case KIND_arguments:
	case KIND_return_statement:
	case KIND_variable_declarator:
		return true;
	case KIND_arrow_function:
		return !node_is(&e->tree, inner, KIND_object);
	default:
		return false;
	}
}

static void put_node(struct embedding *e, node_id n)
{
	const struct node *node = &e->tree.nodes[n];
	node_id parent = node->parent;
	if (put_decided(e, n)) {
		return;
	}
	bool body = node_is(&e->tree, parent, KIND_if_statement) ||
	            node_is(&e->tree, parent, KIND_for_in_statement) ||
	            (node->kind == KIND_statement_block && node->field == FIELD_NONE &&
					node_is(&e->tree, e->tree.nodes[parent].parent, KIND_if_statement));
	if (body && without_braces(e, n) != n) {
		put_node(e, without_braces(e, n));
		return;
	}
	switch (node->kind) {
	case KIND_true:
		put(e, STR("!0"));
		break;
	case KIND_false:
		put(e, STR("!1"));
		break;
	case KIND_shorthand_property_identifier:
	case KIND_shorthand_property_identifier_pattern:
		put(e, node_text(&e->tree, n));
		if (scope_of(&e->scopes, n) != 0) {
			put(e, STR(":"));
			put_name(e, n);
		}
		break;
	case KIND_identifier:
		put_name(e, n);
		break;
	case KIND_property_identifier:
		put(e, is_private_member(e, n) ? private_name(e, n) : node_text(&e->tree, n));
		break;
	case KIND_parenthesized_expression:
		if (is_needless(e, n)) {
			put_node(e, node_first(&e->tree, n));
		} else {
			put_children(e, n);
		}
		break;
	case KIND_string:
	case KIND_regex:
		put(e, node_text(&e->tree, n));
		break;
	case KIND_template_string:
		put_template(e, n);
		break;
	default:
		if (n == e->members) {
			put_members(e, n);
		} else {
			put_children(e, n);
		}
	}
}

static void number_pieces(struct embedding *e)
{
	uint16_t piece = 0;
	e->pieces = arena_array(e->arena, uint16_t, e->scopes.count);
	for (node_id n = node_first(&e->tree, 0); n != NO_NODE; n = node_next(&e->tree, n)) {
		piece++;
		for (binding_id b = 1; b < e->scopes.count; b++) {
			if (e->scopes.bindings[b].scope == 0 &&
				node_inside(&e->tree, e->scopes.bindings[b].identifier, n)) {
				e->pieces[b] = piece;
			}
		}
		e->root = node_inside(&e->tree, e->members, n) ? piece : e->root;
	}
}

/* The declarations of one keyword, as one; all but the last one may be left out. */
static void put_declarations(struct embedding *e, enum node_flag keyword, struct str last)
{
	uint16_t piece = 0;
	put(e, keyword == NODE_LET ? STR("let ") : STR("const "));
	for (node_id n = node_first(&e->tree, 0); n != NO_NODE; n = node_next(&e->tree, n)) {
		piece++;
		if (!node_is(&e->tree, n, KIND_lexical_declaration)) {
			fail("src/runtime", "has a statement at top level that is no let or const");
		}
		if (e->tree.nodes[n].flags & keyword) {
			uint16_t common = e->piece;
			e->piece = piece;
			e->last = ',';
			for (node_id d = node_first(&e->tree, n); d != NO_NODE; d = node_next(&e->tree, d)) {
				put_node(e, d);
				put(e, STR(","));
			}
			e->piece = common;
		}
	}
	put(e, last);
	put(e, STR(";"));
}

static struct str root_name(const struct embedding *e)
{
	for (binding_id b = 1; b < e->scopes.count; b++) {
		if (binding_value(&e->scopes, b) == e->members) {
			return e->names[b];
		}
	}
	fail("runtime", "is not declared");
}

/*
 * Variables first, since they begin as literals. `runtime` is the piece that all others are there for; what
 * is always there is counted to it, and an unused name ends each list of what may be missing.
 */
static void put_runtime(struct embedding *e)
{
	e->last = ';';
	e->piece = e->root;
	put_declarations(e, NODE_LET, STR("$$"));
	put_declarations(e, NODE_CONST, STR("$_=0"));
	put(e, STR("return"));
	put(e, root_name(e));
}

static void write_header(const struct embedding *e, FILE *out)
{
	fputs("static const char runtime_text[] = {", out);
	for (size_t i = 0; i < e->out.len; i++) {
		fprintf(out, "%s%d,", i % 32 == 0 ? "\n" : "", e->out.data[i]);
	}
	fputs("\n};\nstatic const struct runtime_chunk runtime_chunks[] = {\n", out);
	for (uint32_t i = 0; i < e->chunk_count; i++) {
		const struct runtime_chunk *c = &e->chunks[i];
		fprintf(out, "{%" PRIu32 ", %u, %u, %" PRIu32 ", 0x%" PRIx64 ", 0x%" PRIx64 "},\n", c->end,
			c->piece, c->use_count, c->first_use, c->need, c->without);
	}
	fputs("};\nstatic const uint16_t runtime_uses[] = {", out);
	for (uint32_t i = 0; i < e->use_count; i++) {
		fprintf(out, "%s%u,", i % 32 == 0 ? "\n" : "", e->uses[i]);
	}
	fprintf(out, "\n};\nenum { RUNTIME_ROOT = %u };\nenum {\n", e->root);
	for (uint32_t i = 0; i < e->feature_count; i++) {
		if (e->features[i].data[0] != '.') {
			fprintf(out, "\tHAS_%.*s = %" PRIu32 ",\n", STR_ARGS(e->features[i]), i);
		}
	}
	fputs("};\nstatic const char *const runtime_members[64] = {\n", out);
	for (uint32_t i = 0; i < e->feature_count; i++) {
		if (e->features[i].data[0] == '.') {
			fprintf(out, "\t[%" PRIu32 "] = \"%s\",\n", i, e->features[i].data + 1);
		}
	}
	fputs("};\n", out);
}

/* The features of a list, members with a dot; for tests and for looking. */
static uint64_t read_features(struct embedding *e, const char *list)
{
	if (strcmp(list, "all") == 0) {
		return ~UINT64_C(0);
	}
	uint64_t bits = 0;
	for (struct str rest = str_from(list); rest.len != 0;) {
		size_t end = str_find(rest, STR(","));
		end = end == (size_t)-1 ? rest.len : end;
		uint32_t known = e->feature_count;
		bits |= feature(e, str_slice(rest, 0, end));
		if (e->feature_count != known) {
			fail(list, "names a feature that there is not");
		}
		rest = str_slice(rest, end == rest.len ? end : end + 1, rest.len);
	}
	return bits;
}

static void print_slice(struct embedding *e, const char *list)
{
	struct runtime runtime = {e->out.data, e->chunks, e->chunk_count, e->uses, e->root};
	struct buf slice = BUF_INIT;
	runtime_slice(&runtime, read_features(e, list), &slice);
	fwrite(slice.data, 1, slice.len, stdout);
	buf_finish(&slice);
}

int main(int argc, char **argv)
{
	static struct embedding e;
	bool print = argc > 1 && strcmp(argv[1], "--print") == 0;
	int first = print ? 3 : 2;
	if (argc <= first) {
		fputs("usage: embed_runtime OUTPUT.h|--print FEATURES INPUT.js...\n", stderr);
		return 2;
	}
	e.arena = arena_create();
	struct syntax *syntax = syntax_create();
	struct buf joined = BUF_INIT;
	for (int i = first; i < argc; i++) {
		add_module(e.arena, syntax, argv[i], &joined);
	}
	parse(e.arena, syntax, "src/runtime", buf_str(&joined), &e.tree);
	scopes_resolve(e.arena, &e.tree, &e.scopes);
	e.state = top_level_object(&e, "S");
	e.members = top_level_object(&e, "runtime");
	check_state(&e);
	number_pieces(&e);
	rename_all(&e);
	put_runtime(&e);
	if (print) {
		print_slice(&e, argv[2]);
	} else {
		FILE *out = fopen(argv[1], "wb");
		if (out == NULL) {
			fail(argv[1], "cannot be written");
		}
		write_header(&e, out);
		if (ferror(out) || fclose(out) != 0) {
			fail(argv[1], "cannot be written");
		}
	}
	buf_finish(&joined);
	buf_finish(&e.out);
	syntax_destroy(syntax);
	arena_destroy(e.arena);
	return 0;
}
