/* What each top-level function of the glue is for. */
#include "glue.h"

/*
 * `imports.wbg.__wbg_x = function`, `{ __wbg_x: … }`, `{ __wbg_x() {} }`, `const __wbg_x = function`:
 * a function's name there, also where a helper makes the import of it: `logError(function…)` with --debug.
 */
struct str glue_shim_name(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	node_id n = function, parent = tree->nodes[n].parent;
	if (node_is(tree, function, KIND_method_definition)) {
		return node_text(tree, node_child(tree, function, FIELD_name));
	}
	while (node_is(tree, parent, KIND_arguments) || node_is(tree, parent, KIND_call_expression)) {
		n = parent;
		parent = tree->nodes[n].parent;
	}
	if (node_is(tree, parent, KIND_variable_declarator)) {
		binding_id variable = scope_of(glue->scopes, node_child(tree, parent, FIELD_name));
		return variable != 0 ? glue_listed_as(glue, variable) : (struct str){"", 0};
	}
	return glue_listed_name(tree, n);
}

binding_id glue_function_binding(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	node_id parent = tree->nodes[function].parent;
	node_id name = node_is(tree, parent, KIND_variable_declarator)
	                   ? node_child(tree, parent, FIELD_name)
	                   : node_child(tree, function, FIELD_name);
	return node_is(tree, name, KIND_identifier) ? scope_of(glue->scopes, name) : 0;
}

bool glue_inside_shim(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (; n != NO_NODE; n = tree->nodes[n].parent) {
		if (!node_is_function(tree, n)) {
			continue;
		}
		if (glue_is_shim_name(glue_shim_name(glue, n)) &&
			!node_is(tree, tree->nodes[n].parent, KIND_class_body)) {
			return true;
		}
		binding_id binding = glue_function_binding(glue, n);
		if (binding != 0 && (glue->roles[binding] & ROLE_SHIM) != 0) {
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
	struct str name = glue_listed_as(glue, b);
	if (glue_is_shim_name(name) && !str_starts(name, STR("__wbg_init")) &&
		!str_starts(name, STR("__wbg_load")) && !str_starts(name, STR("__wbg_finalize"))) {
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
		if (is_called(glue, n) && !glue_is_upstream(glue, callee)) {
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
		if (!glue_inside_shim(glue, u)) {
			return;
		}
	}
	glue->roles[b] |= ROLE_SHIM;
}

/* What the function behind a name is handed: an export, or a function that reaches them. */
static void read_handed(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		node_id parent = tree->nodes[n].parent;
		if (!node_is(tree, parent, KIND_arguments)) {
			continue;
		}
		node_id callee = node_child(tree, tree->nodes[parent].parent, FIELD_function);
		if (!node_is(tree, callee, KIND_identifier)) {
			continue;
		}
		binding_id b = scope_of(glue->scopes, callee);
		if (b == 0) {
			continue;
		}
		if (glue_export_read(glue, n).len != 0) {
			glue->roles[b] |= ROLE_MARSHALS;
		} else if (tree->nodes[n].kind == KIND_identifier &&
				   (glue->roles[scope_of(glue->scopes, n)] & ROLE_TOUCHES) != 0) {
			glue->roles[b] |= ROLE_HANDED;
		}
	}
}

void glue_read_roles(struct glue *glue)
{
	const struct scopes *scopes = glue->scopes;
	glue->roles = arena_array(glue->arena, uint16_t, scopes->count);
	glue_read_listed(glue);
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
	read_handed(glue);
}
