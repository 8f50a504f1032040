#include "shape.h"

#include <assert.h>
#include <stdlib.h>

#include "shape_trees.h" /* made by embed_shapes from src/shapes */

enum { MAX_HOLES = 24 };

static const struct {
	const char *name;
	struct str text;
	const struct node *nodes;
	uint32_t count;
} forms[SHAPE_COUNT] = {
#define FORM(name, id) \
	{ \
		name, {shape_##id##_text, sizeof(shape_##id##_text)}, shape_##id##_nodes, \
			sizeof(shape_##id##_nodes) / sizeof(struct node) \
	}
	[SHAPE_VIEW_GETTER] = FORM("view getter", view_getter),
	[SHAPE_CLOSURE] = FORM("closure", closure),
	[SHAPE_DESTROY] = FORM("__destroy_into_raw", destroy),
	[SHAPE_WRAP] = FORM("__wrap", wrap),
	[SHAPE_FREE] = FORM("free", free),
	[SHAPE_HANDLE_ERROR] = FORM("handleError", handle_error),
#undef FORM
};

const char *shape_name(enum shape shape)
{
	return forms[shape].name;
}

struct matching {
	const struct tree *shape;
	const struct tree *tree;
	uint32_t hole_count;
	struct {
		uint32_t name; /* interned in the shape's tree */
		struct str text;
	} holes[MAX_HOLES];
	node_id at;       /* the shape's node that is held against the tree */
	node_id progress; /* … where the furthest difference is */
	struct shape_difference furthest;
};

/*
 * s: the shape's node, or NO_NODE where the tree goes on and the form does not. Of several differences the one
 * counts that is furthest in the form: `$$rest` tries later and later statements of the tree.
 */
static bool differ(struct matching *m, node_id s, node_id n)
{
	node_id progress = s == NO_NODE ? m->at + 1 : s;
	if (progress > m->progress || (progress == m->progress && n > m->furthest.node)) {
		m->progress = progress;
		m->furthest.node = n;
		m->furthest.expected = s == NO_NODE ? (struct str){"", 0} : node_text(m->shape, s);
		m->furthest.missing = false;
	}
	return false;
}

/* `$$x` alone, or as a statement of its own. */
static bool is_rest(const struct tree *shape, node_id s)
{
	if (node_is(shape, s, KIND_expression_statement)) {
		s = node_first(shape, s);
	}
	return node_is(shape, s, KIND_identifier) && str_starts(node_text(shape, s), STR("$$"));
}

static bool fill_hole(struct matching *m, node_id s, node_id n)
{
	uint32_t name = m->shape->nodes[s].name;
	struct str text = node_text(m->tree, n);
	for (uint32_t i = 0; i < m->hole_count; i++) {
		if (m->holes[i].name == name) {
			return str_equal(m->holes[i].text, text) || differ(m, s, n);
		}
	}
	assert(m->hole_count < MAX_HOLES);
	m->holes[m->hole_count].name = name;
	m->holes[m->hole_count++].text = text;
	return true;
}

static bool is_undefined(const struct tree *tree, node_id n)
{
	return node_is(tree, n, KIND_undefined) ||
	       (node_is(tree, n, KIND_unary_expression) && node_is_text(tree, n, STR("void 0")));
}

static uint16_t comparable_kind(uint16_t kind)
{
	return kind == KIND_variable_declaration ? KIND_lexical_declaration : kind;
}

static bool match_node(struct matching *m, node_id s, node_id n);

/* The children of a shape's node against those of the tree's, from s and n on. */
static bool match_children(struct matching *m, node_id s, node_id n, node_id parent)
{
	while (s != NO_NODE) {
		node_id next = node_next(m->shape, s);
		if (is_rest(m->shape, s)) {
			for (;; n = node_next(m->tree, n)) {
				uint32_t holes = m->hole_count;
				if (match_children(m, next, n, parent)) {
					return true;
				}
				m->hole_count = holes;
				if (n == NO_NODE) {
					return false;
				}
			}
		}
		if (n == NO_NODE) {
			node_id last = m->tree->nodes[parent].last - 1;
			if (s > m->progress) {
				differ(m, s, last);
				m->furthest.missing = true;
			}
			return false;
		}
		if (!match_node(m, s, n)) {
			return false;
		}
		s = next;
		n = node_next(m->tree, n);
	}
	return n == NO_NODE || differ(m, NO_NODE, n);
}

/* Depth of recursion is bounded by the shape, which is ours. */
static bool match_node(struct matching *m, node_id s, node_id n)
{
	const struct node *want = &m->shape->nodes[s], *have = &m->tree->nodes[n];
	const uint16_t declaring = NODE_CONST | NODE_LET | NODE_VAR;
	m->at = s;
	bool name_kind = want->kind == KIND_identifier || want->kind == KIND_property_identifier;
	if (name_kind && str_starts(node_text(m->shape, s), STR("$"))) {
		return fill_hole(m, s, n);
	}
	if (is_undefined(m->shape, s)) {
		return is_undefined(m->tree, n) || differ(m, s, n);
	}
	if (comparable_kind(want->kind) != comparable_kind(have->kind) || want->op != have->op ||
		(want->flags & ~declaring) != (have->flags & ~declaring)) {
		return differ(m, s, n);
	}
	if (node_first(m->shape, s) == NO_NODE && node_first(m->tree, n) == NO_NODE) {
		return str_equal(node_text(m->shape, s), node_text(m->tree, n)) || differ(m, s, n);
	}
	return match_children(m, node_first(m->shape, s), node_first(m->tree, n), n);
}

/* Shape files hold functions; forms of methods stand in a class. */
static bool match_form(const struct tree *shape, node_id form, const struct tree *tree, node_id n,
	struct shape_difference *furthest)
{
	struct matching m = {.shape = shape, .tree = tree};
	bool matched = match_node(&m, form, n);
	if (!matched && m.furthest.node > furthest->node) {
		*furthest = m.furthest;
	}
	return matched;
}

bool shape_match(
	enum shape which, const struct tree *tree, node_id n, struct shape_difference *difference)
{
	struct source source;
	source_init(&source, str_from(forms[which].name), forms[which].text);
	const struct tree form = {
		.source = &source, .nodes = forms[which].nodes, .count = forms[which].count};
	const struct tree *shape = &form;
	struct shape_difference furthest = {.node = n};
	for (node_id f = node_first(shape, 0); f != NO_NODE; f = node_next(shape, f)) {
		if (!node_is(shape, f, KIND_class_declaration)) {
			if (match_form(shape, f, tree, n, &furthest)) {
				return true;
			}
			continue;
		}
		node_id body = node_child(shape, f, FIELD_body);
		for (node_id m = node_first(shape, body); m != NO_NODE; m = node_next(shape, m)) {
			if (match_form(shape, m, tree, n, &furthest)) {
				return true;
			}
		}
	}
	if (difference != NULL) {
		*difference = furthest;
	}
	return false;
}
