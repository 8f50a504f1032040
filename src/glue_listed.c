/*
 * The names under which a glue lists its functions for wasm. Its own text calls a function `__wbg_then_…`; a bundler
 * and a minifier leave that name only where the function is handed on: in a namespace object, an export clause, the
 * list of imports.
 */
#include "glue.h"

bool glue_is_shim_name(struct str name)
{
	return str_starts(name, STR("__wb")) || str_starts(name, STR("__widl_"));
}

/* The function that has nothing to do but give n: `() => n`, `function () { return n; }`, `get x() { return n; }`. */
static node_id getter_of(const struct tree *tree, node_id n)
{
	node_id parent = tree->nodes[n].parent;
	if (node_is(tree, parent, KIND_return_statement)) {
		n = tree->nodes[parent].parent;
		parent = tree->nodes[n].parent;
	}
	return parent != NO_NODE && node_is_function(tree, parent) && node_body(tree, parent) == n &&
	               (!node_is(tree, n, KIND_statement_block) || node_child_count(tree, n) == 1)
	           ? parent
	           : NO_NODE;
}

/* The string before n: `$export(ns, "name", () => f)`, `["name", () => f, "name", 0, f]` (Turbopack). */
static node_id string_before(const struct tree *tree, node_id n)
{
	node_id before = NO_NODE;
	for (node_id a = node_first(tree, tree->nodes[n].parent); a != n; a = node_next(tree, a)) {
		before = node_is(tree, a, KIND_number) ? before : a;
	}
	return node_is(tree, before, KIND_string) ? before : NO_NODE;
}

/* What names a value where it is handed on: a key, an alias, a string; or NO_NODE. */
static node_id listed_by(const struct tree *tree, node_id n)
{
	node_id getter = getter_of(tree, n);
	if (node_is(tree, getter, KIND_method_definition)) {
		return node_child(tree, getter, FIELD_name);
	}
	n = getter == NO_NODE ? n : getter;
	while (node_is(tree, tree->nodes[n].parent, KIND_parenthesized_expression)) {
		n = tree->nodes[n].parent; /* webpack 4 */
	}
	node_id parent = tree->nodes[n].parent;
	enum field field = (enum field)tree->nodes[n].field;
	if (node_is(tree, parent, KIND_pair) && field == FIELD_value) {
		return node_child(tree, parent, FIELD_key);
	}
	if (node_is(tree, parent, KIND_export_specifier)) {
		return node_child(tree, parent, FIELD_alias);
	}
	if (node_is(tree, parent, KIND_assignment_expression) && field == FIELD_right) {
		node_id left = node_child(tree, parent, FIELD_left);
		node_id index = node_child(tree, left, FIELD_index);
		return node_is(tree, index, KIND_string) ? index : node_child(tree, left, FIELD_property);
	}
	return node_is(tree, parent, KIND_array) ||
	               (node_is(tree, parent, KIND_arguments) && getter != NO_NODE)
	           ? string_before(tree, n)
	           : NO_NODE;
}

struct str glue_listed_name(const struct tree *tree, node_id n)
{
	node_id key = listed_by(tree, n);
	return key == NO_NODE ? (struct str){"", 0} : node_key(tree, key);
}

/*
 * `{ "./x_bg.js": { __wbg_x: ns.y } }` and `d(ns, { y: () => f })`: webpack renames what a module exports. By the name y:
 * the key __wbg_x. NULL where there is none such.
 */
static node_id *listed_through(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	node_id *keys = NULL;
	for (node_id n = 1; n < tree->count; n++) {
		node_id value = node_is(tree, n, KIND_pair) ? node_child(tree, n, FIELD_value) : NO_NODE;
		node_id property = node_is(tree, value, KIND_member_expression)
		                       ? node_child(tree, value, FIELD_property)
		                       : NO_NODE;
		node_id key = property == NO_NODE ? NO_NODE : node_child(tree, n, FIELD_key);
		if (key != NO_NODE && glue_is_shim_name(node_key(tree, key))) {
			keys = keys != NULL ? keys : arena_array(glue->arena, node_id, tree->name_count);
			keys[tree->nodes[property].name] = key;
		}
	}
	return keys;
}

void glue_read_listed(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	const node_id *through = listed_through(glue);
	glue->listed = arena_array(glue->arena, struct str, glue->scopes->count);
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		binding_id b = tree->nodes[n].kind == KIND_identifier ? scope_of(glue->scopes, n) : 0;
		node_id key =
			b != 0 && glue->scopes->bindings[b].scope == glue->root ? listed_by(tree, n) : NO_NODE;
		if (key == NO_NODE) {
			continue;
		}
		if (through != NULL && through[tree->nodes[key].name] != NO_NODE) {
			key = through[tree->nodes[key].name];
		}
		if (glue_is_shim_name(node_key(tree, key))) {
			glue->listed[b] = node_key(tree, key);
		}
	}
}

struct str glue_listed_as(const struct glue *glue, binding_id b)
{
	return glue->listed[b].len != 0 ? glue->listed[b] : binding_name(glue->scopes, b);
}
