/*
 * The text of the runtime, token by token, in chunks: each belongs to a declaration of the top level and to
 * the features that it is there for.
 */
#include "embed_runtime.h"

/* The feature of `has.x`, or 0. */
static uint64_t condition_of(struct embedding *e, node_id n)
{
	n = node_unwrap(&e->tree, n);
	if (!node_is(&e->tree, n, KIND_member_expression) ||
		!node_is_text(&e->tree, node_child(&e->tree, n, FIELD_object), STR("has"))) {
		return 0;
	}
	return embed_feature(e, node_property(&e->tree, n));
}

/* The chunk that output goes into: a new one where its conditions change. */
static struct runtime_chunk *chunk(struct embedding *e)
{
	struct runtime_chunk *last = e->chunk_count == 0 ? NULL : &e->chunks[e->chunk_count - 1];
	if (last == NULL || last->piece != e->piece || last->need != e->need ||
		last->without != e->without) {
		if (e->chunk_count == EMBED_MAX_CHUNKS) {
			embed_fail("src/runtime", "too many chunks");
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
	if ((str_is_word(e->last) && str_is_word(first)) ||
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
		} while (i < text.len && str_is_word(text.data[i]) && str_is_word(text.data[start]));
		put(e, str_slice(text, start, i));
	}
}

static void use(struct embedding *e, binding_id b)
{
	if (b == 0 || e->scopes.bindings[b].scope != 0 || e->pieces[b] == e->piece) {
		return;
	}
	struct runtime_chunk *of = chunk(e);
	if (e->use_count == EMBED_MAX_USES) {
		embed_fail("src/runtime", "too many uses");
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
	e->last = str_is_word(after) ? after : e->last;
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
	e->last = str_is_word(before) ? before : e->last;
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
		e->need =
			embed_feature(e, arena_printf(e->arena, ".%.*s", STR_ARGS(node_text(&e->tree, name))));
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
		put(e, embed_is_private_member(e, n) ? embed_private_name(e, n) : node_text(&e->tree, n));
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

/* All files share one top level. The scopes take a second declaration for another of the same binding. */
static void expect_first_of_name(const struct embedding *e, node_id declaration)
{
	for (node_id d = node_first(&e->tree, declaration); d != NO_NODE; d = node_next(&e->tree, d)) {
		node_id name = node_first(&e->tree, d);
		if (node_is(&e->tree, name, KIND_identifier) &&
			e->scopes.bindings[scope_of(&e->scopes, name)].identifier != name) {
			struct str text = node_text(&e->tree, name);
			embed_fail(
				"src/runtime", arena_printf(e->arena, "declares %.*s twice", STR_ARGS(text)).data);
		}
	}
}

void embed_number_pieces(struct embedding *e)
{
	uint16_t piece = 0;
	e->pieces = arena_array(e->arena, uint16_t, e->scopes.count);
	for (node_id n = node_first(&e->tree, 0); n != NO_NODE; n = node_next(&e->tree, n)) {
		piece++;
		expect_first_of_name(e, n);
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
			embed_fail("src/runtime", "has a statement at top level that is no let or const");
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
	embed_fail("runtime", "is not declared");
}

/*
 * Variables first, since they begin as literals. `runtime` is the piece that all others are there for; what
 * is always there is counted to it, and an unused name ends each list of what may be missing.
 */
void embed_put_runtime(struct embedding *e)
{
	e->last = ';';
	e->piece = e->root;
	put_declarations(e, NODE_LET, STR("$$"));
	put_declarations(e, NODE_CONST, STR("$_=0"));
	put(e, STR("return"));
	put(e, root_name(e));
}
