/* What each top-level function of the glue is for. */
#include "glue.h"

static bool starts_like_shim(struct str name)
{
	return str_starts(name, STR("__wb")) || str_starts(name, STR("__widl_"));
}

/* `imports.wbg.__wbg_x`, `module.exports.__wbg_x`, `{ __wbg_x: … }`: a function's name there. */
static struct str name_given_to(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	node_id parent = tree->nodes[function].parent;
	if (node_is(tree, parent, KIND_assignment_expression)) {
		return node_property(tree, node_child(tree, parent, FIELD_left));
	}
	if (node_is(tree, parent, KIND_pair)) {
		return node_text(tree, node_child(tree, parent, FIELD_key));
	}
	return (struct str){"", 0};
}

/* Whether n stands in a function that wasm calls: an import, or one only made for imports. */
static bool inside_shim(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (; n != NO_NODE; n = tree->nodes[n].parent) {
		if (!node_is_function(tree, n)) {
			continue;
		}
		if (starts_like_shim(name_given_to(glue, n))) {
			return true;
		}
		node_id name = node_child(tree, n, FIELD_name);
		if (node_is(tree, n, KIND_function_declaration) &&
			(glue->roles[scope_of(glue->scopes, name)] & ROLE_SHIM) != 0) {
			return true;
		}
	}
	return false;
}

static bool is_adoption_inside(const struct glue *glue, node_id function)
{
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if ((fact->kind == FACT_ADOPT || fact->kind == FACT_RECEIVE ||
			    fact->kind == FACT_IMPORTS) &&
			node_inside(glue->tree, fact->node, function)) {
			return true;
		}
	}
	return false;
}

static bool is_called(const struct glue *glue, node_id use)
{
	return glue->tree->nodes[use].field == FIELD_function &&
	       node_is(glue->tree, glue->tree->nodes[use].parent, KIND_call_expression);
}

static void read_own_roles(struct glue *glue, binding_id b, node_id function)
{
	const struct tree *tree = glue->tree;
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		if (is_exports(glue, n)) {
			glue->roles[b] |= ROLE_TOUCHES;
			node_id member = tree->nodes[n].parent;
			struct str name = glue_export_read(glue, member);
			if (name.len != 0 && is_called(glue, member) && !export_is_intrinsic(name)) {
				glue->roles[b] |= ROLE_CALLS_EXPORT;
			}
		}
	}
	if (is_adoption_inside(glue, function)) {
		glue->roles[b] |= ROLE_INIT;
	}
	if (starts_like_shim(binding_name(glue->scopes, b)) &&
		!str_starts(binding_name(glue->scopes, b), STR("__wbg_init")) &&
		!str_starts(binding_name(glue->scopes, b), STR("__wbg_load")) &&
		!str_starts(binding_name(glue->scopes, b), STR("__wbg_finalize"))) {
		glue->roles[b] |= ROLE_SHIM;
	}
}

/* What a caller takes over from the functions it names. Runs until nothing changes. */
static bool spread(struct glue *glue, binding_id b, node_id function)
{
	const struct tree *tree = glue->tree;
	uint16_t before = glue->roles[b];
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		binding_id callee = tree->nodes[n].kind == KIND_identifier ? scope_of(glue->scopes, n) : 0;
		if (callee == 0 || callee == b) {
			continue;
		}
		glue->roles[b] |= glue->roles[callee] & ROLE_TOUCHES;
		/* the guard may reset, but its callers do not take part in making the instance */
		if (is_called(glue, n) && !glue_is_upstream(binding_name(glue->scopes, callee))) {
			glue->roles[b] |= glue->roles[callee] & ROLE_INIT;
		}
	}
	return glue->roles[b] != before;
}

/* A function that is named nowhere but in shims is an adapter: wasm's closures come back by it. */
static void read_adapter(struct glue *glue, binding_id b)
{
	const struct binding *binding = &glue->scopes->bindings[b];
	if (binding->first_use == NO_NODE) {
		return;
	}
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (!inside_shim(glue, u)) {
			return;
		}
	}
	glue->roles[b] |= ROLE_SHIM;
}

void glue_read_roles(struct glue *glue)
{
	const struct scopes *scopes = glue->scopes;
	glue->roles = arena_array(glue->arena, uint16_t, scopes->count);
	bool changed = true;
	for (binding_id b = 1; b < scopes->count; b++) {
		node_id function = binding_function(scopes, b);
		if (function != NO_NODE && scopes->bindings[b].scope == glue->root) {
			read_own_roles(glue, b, function);
		}
	}
	while (changed) {
		changed = false;
		for (binding_id b = 1; b < scopes->count; b++) {
			node_id function = binding_function(scopes, b);
			if (function != NO_NODE && scopes->bindings[b].scope == glue->root) {
				changed |= spread(glue, b, function);
			}
		}
	}
	for (binding_id b = 1; b < scopes->count; b++) {
		node_id function = binding_function(scopes, b);
		if (function != NO_NODE && scopes->bindings[b].scope == glue->root &&
			(glue->roles[b] & ROLE_INIT) == 0) {
			read_adapter(glue, b);
		}
	}
}
