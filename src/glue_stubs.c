/*
 * Stubs that a glue has itself for imports from `env` and WASI. What wasm hands them are numbers, so such
 * a stub can only come to keep an instance through a variable: each one that its functions reach is
 * looked at. What is not plainly harmless is a shim, and refused.
 */
#include "glue.h"

/* Globals that keep nothing of what they are given, and have nothing of an instance. */
static bool is_harmless_global(struct str name)
{
	static const char *const names[] = {"ArrayBuffer", "BigInt", "BigInt64Array", "BigUint64Array",
		"Boolean", "DataView", "Date", "Error", "Float32Array", "Float64Array", "Infinity",
		"Int16Array", "Int32Array", "Int8Array", "Math", "NaN", "Number", "RangeError", "String",
		"TextDecoder", "TextEncoder", "TypeError", "Uint16Array", "Uint32Array", "Uint8Array",
		"console", "crypto", "isNaN", "performance", NULL};
	return str_is_one_of(name, names);
}

static bool is_plain(const struct tree *tree, node_id value)
{
	switch (tree->nodes[value].kind) {
	case KIND_number:
	case KIND_string:
	case KIND_regex:
	case KIND_true:
	case KIND_false:
	case KIND_null:
	case KIND_undefined:
		return true;
	case KIND_unary_expression:
		return node_is(tree, node_child(tree, value, FIELD_argument), KIND_number);
	default:
		return false;
	}
}

/* An object whose values are functions and plain: nothing lies in it that could be changed in place. */
static bool is_flat(const struct tree *tree, node_id object)
{
	if (!node_is(tree, object, KIND_object)) {
		return false;
	}
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		node_id value = node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_value) : NO_NODE;
		bool method = node_is(tree, p, KIND_method_definition);
		if (!method &&
			(value == NO_NODE || !(is_plain(tree, value) || node_is_function(tree, value)))) {
			return false;
		}
	}
	return true;
}

/* `new Proxy({ … }, { get(target, name) { … } })`: a stub for every name. */
static bool is_catch_all(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id arguments = node_child(tree, value, FIELD_arguments);
	if (!node_is(tree, value, KIND_new_expression) || arguments == NO_NODE ||
		!is_global_path(glue, node_child(tree, value, FIELD_constructor), "Proxy") ||
		node_child_count(tree, arguments) != 2) {
		return false;
	}
	node_id handler = node_nth(tree, arguments, 1), get = node_first(tree, handler);
	return is_flat(tree, node_nth(tree, arguments, 0)) && is_flat(tree, handler) &&
	       node_child_count(tree, handler) == 1 &&
	       node_is_text(tree,
			   node_child(tree, get, node_is(tree, get, KIND_pair) ? FIELD_key : FIELD_name),
			   STR("get"));
}

/* `new TextDecoder(…)`: nothing of what it decodes stays in it. */
static bool is_text_coder(const struct glue *glue, node_id value)
{
	node_id constructor = node_is(glue->tree, value, KIND_new_expression)
	                          ? node_child(glue->tree, value, FIELD_constructor)
	                          : NO_NODE;
	return is_global_path(glue, constructor, "TextDecoder") ||
	       is_global_path(glue, constructor, "TextEncoder");
}

/* A view that a recovery resets, and that the part makes again when it finds it so. */
static bool is_renewed(const struct glue *glue, const struct binding *binding, node_id part)
{
	bool made = false;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		made |= node_inside(glue->tree, u, part) && use_is_write(glue->tree, u);
	}
	return made && glue_is_marked(glue->states, binding->declares);
}

/* The expression that a use is the beginning of: `a.b.c` of `a`. */
static node_id whole_member(const struct tree *tree, node_id use)
{
	while (tree->nodes[use].field == FIELD_object) {
		use = tree->nodes[use].parent;
	}
	return use;
}

static bool is_changed(const struct tree *tree, node_id n)
{
	node_id parent = tree->nodes[n].parent;
	return use_is_write(tree, n) || (node_is(tree, parent, KIND_unary_expression) &&
										str_starts(node_text(tree, parent), STR("delete")));
}

/* Whether a variable leaves the file: exported as it is declared, or seen by the page's other scripts. */
static bool is_public(const struct glue *glue, const struct binding *binding)
{
	const struct tree *tree = glue->tree;
	node_id declaration = tree->nodes[binding->declares].parent;
	return node_is(tree, tree->nodes[declaration].parent, KIND_export_statement) ||
	       (glue->target == TARGET_NO_MODULES && binding->scope == 0);
}

/* Whether all that anybody does with an object is to read its members. */
static bool is_only_read(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	if (is_public(glue, binding)) {
		return false;
	}
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id member = whole_member(tree, u);
		if (member == u || is_changed(tree, member) ||
			tree->nodes[member].field == FIELD_function) {
			return false;
		}
	}
	return true;
}

/* What is still to be looked at: subtrees that run when a stub is called. */
struct reach {
	const struct glue *glue;
	node_id *parts;
	uint32_t count;
	uint32_t capacity;
};

static void reach_add(struct reach *reach, node_id part)
{
	for (uint32_t i = 0; i < reach->count; i++) {
		if (node_inside(reach->glue->tree, part, reach->parts[i])) {
			return;
		}
	}
	if (reach->count < reach->capacity) {
		reach->parts[reach->count++] = part;
	}
}

/* A variable that is made anew in each call of the part's functions. */
static bool is_local(const struct glue *glue, binding_id b, node_id part)
{
	const struct binding *binding = &glue->scopes->bindings[b];
	return node_inside(glue->tree, binding->identifier, part) &&
	       node_function(glue->tree, binding->identifier) != NO_NODE &&
	       node_inside(glue->tree, node_function(glue->tree, binding->identifier), part);
}

static bool is_harmless_name(struct reach *reach, node_id n, node_id part)
{
	const struct glue *glue = reach->glue;
	const struct tree *tree = glue->tree;
	binding_id b = scope_of(glue->scopes, n);
	if (b == 0) {
		return is_harmless_global(node_text(tree, n)) && !is_changed(tree, whole_member(tree, n));
	}
	const struct binding *binding = &glue->scopes->bindings[b];
	if (is_local(glue, b, part) || is_renewed(glue, binding, part)) {
		return true;
	}
	if (b == glue->exports) {
		return str_equal(glue_export_read(glue, tree->nodes[n].parent), STR("memory"));
	}
	node_id function = binding_function(glue->scopes, b);
	if (binding->writes != 0 ||
		(binding->kind != BINDING_FUNCTION && binding->kind != BINDING_LET &&
			binding->kind != BINDING_CONST)) {
		return false;
	}
	if (function != NO_NODE) {
		reach_add(reach, function);
		return whole_member(tree, n) == n;
	}
	node_id value = binding_value(glue->scopes, b);
	if (value == NO_NODE) {
		return false;
	}
	if (is_plain(tree, value) || is_text_coder(glue, value)) {
		return true;
	}
	reach_add(reach, value);
	return is_flat(tree, value) && is_only_read(glue, b);
}

/* `getView()`: what a function outside of the part gives without being handed anything. */
static bool is_helper_call(const struct glue *glue, node_id value, node_id part)
{
	const struct tree *tree = glue->tree;
	if (!node_is(tree, value, KIND_call_expression)) {
		return false;
	}
	node_id callee = node_child(tree, value, FIELD_function);
	binding_id b = node_is(tree, callee, KIND_identifier) ? scope_of(glue->scopes, callee) : 0;
	return b != 0 && !is_local(glue, b, part) &&
	       node_child_count(tree, node_child(tree, value, FIELD_arguments)) == 0;
}

/* A write to a member, which has to be one of something that the call itself has made: `view[p] = 1`. */
static bool is_harmless_write(const struct glue *glue, node_id left, node_id part)
{
	const struct tree *tree = glue->tree;
	if (node_is(tree, left, KIND_identifier)) {
		return true; /* as a name */
	}
	node_id object = node_child(tree, left, FIELD_object);
	binding_id b = node_is(tree, object, KIND_identifier) ? scope_of(glue->scopes, object) : 0;
	node_id value = b == 0 || !is_local(glue, b, part) ? NO_NODE : binding_value(glue->scopes, b);
	return node_is(tree, value, KIND_new_expression) || node_is(tree, value, KIND_array) ||
	       is_helper_call(glue, value, part);
}

static bool is_harmless_part(struct reach *reach, node_id part)
{
	const struct glue *glue = reach->glue;
	const struct tree *tree = glue->tree;
	for (node_id n = part; n < tree->nodes[part].last; n++) {
		switch (tree->nodes[n].kind) {
		case KIND_identifier:
		case KIND_shorthand_property_identifier:
			if (!is_harmless_name(reach, n, part)) {
				return false;
			}
			break;
		case KIND_assignment_expression:
		case KIND_augmented_assignment_expression:
			if (!is_harmless_write(glue, node_child(tree, n, FIELD_left), part)) {
				return false;
			}
			break;
		case KIND_update_expression:
			if (!is_harmless_write(glue, node_child(tree, n, FIELD_argument), part)) {
				return false;
			}
			break;
		case KIND_this:
		case KIND_super:
		case KIND_class:
		case KIND_class_declaration:
		case KIND_import:
		case KIND_for_in_statement:
		case KIND_await_expression:
		case KIND_yield_expression:
			return false;
		default:
			break;
		}
	}
	return true;
}

/* `imports.env.memory = …`: a way to the stub past its own name. */
static bool is_reached_by_key(const struct glue *glue, struct str key)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if ((node_is(tree, n, KIND_member_expression) ||
				node_is(tree, n, KIND_subscript_expression)) &&
			str_equal(node_property(tree, n), key) && !is_global_path(glue, n, "process.env") &&
			!node_is_text(tree, n, STR("import.meta.env"))) {
			return true;
		}
	}
	return false;
}

/* Whether a stub's variable is named as an import and nowhere else. */
static bool is_only_listed(const struct glue *glue, binding_id b, struct str key)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	if (binding->writes != 0 || is_public(glue, binding)) {
		return false;
	}
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id pair = tree->nodes[u].parent;
		if (!node_is(tree, pair, KIND_pair) || tree->nodes[u].field != FIELD_value ||
			!str_equal(node_key(tree, node_child(tree, pair, FIELD_key)), key)) {
			return false;
		}
	}
	return true;
}

bool glue_is_stub(const struct glue *glue, node_id key)
{
	const struct tree *tree = glue->tree;
	struct str name = node_key(tree, key);
	node_id value = node_is(tree, tree->nodes[key].parent, KIND_pair)
	                    ? node_child(tree, tree->nodes[key].parent, FIELD_value)
	                    : NO_NODE;
	if (node_is(tree, value, KIND_identifier)) {
		binding_id b = scope_of(glue->scopes, value);
		if (b == 0 || !is_only_listed(glue, b, name)) {
			return false;
		}
		value = binding_value(glue->scopes, b);
	}
	if (value == NO_NODE || is_reached_by_key(glue, name)) {
		return false;
	}
	node_id parts[64];
	struct reach reach = {.glue = glue, .parts = parts, .capacity = sizeof(parts) / sizeof(*parts)};
	if (is_flat(tree, value)) {
		reach_add(&reach, value);
	} else if (is_catch_all(glue, value)) {
		reach_add(&reach, node_child(tree, value, FIELD_arguments));
	} else {
		return false;
	}
	for (uint32_t i = 0; i < reach.count; i++) {
		if (!is_harmless_part(&reach, reach.parts[i])) {
			return false;
		}
	}
	return reach.count < reach.capacity;
}
