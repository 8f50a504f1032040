#include "scope.h"

#include <assert.h>

/* (scope, name) -> binding, open addressing. */
struct table {
	binding_id *slots;
	uint32_t mask;
	uint32_t used;
};

struct resolving {
	struct arena *arena;
	const struct tree *tree;
	struct scopes *scopes;
	struct table table;
	uint32_t capacity;
	node_id *around; /* by node: the innermost scope around it */
};

static uint32_t hash_pair(node_id scope, uint32_t name)
{
	uint64_t mixed = ((uint64_t)scope << 32 | name) * UINT64_C(0x9E3779B97F4A7C15);
	return (uint32_t)(mixed >> 32);
}

static binding_id find_in(const struct resolving *r, node_id scope, uint32_t name)
{
	if (r->table.slots == NULL) {
		return 0;
	}
	uint32_t at = hash_pair(scope, name) & r->table.mask;
	for (binding_id b; (b = r->table.slots[at]) != 0; at = (at + 1) & r->table.mask) {
		if (r->scopes->bindings[b].scope == scope && r->scopes->bindings[b].name == name) {
			return b;
		}
	}
	return 0;
}

static void grow_table(struct resolving *r)
{
	uint32_t size = r->table.slots == NULL ? 512 : (r->table.mask + 1) * 2;
	r->table.slots = arena_array(r->arena, binding_id, size);
	r->table.mask = size - 1;
	for (binding_id b = 1; b < r->scopes->count; b++) {
		const struct binding *binding = &r->scopes->bindings[b];
		uint32_t at = hash_pair(binding->scope, binding->name) & r->table.mask;
		while (r->table.slots[at] != 0) {
			at = (at + 1) & r->table.mask;
		}
		r->table.slots[at] = b;
	}
}

static bool is_function_scope(const struct tree *tree, node_id n)
{
	return n == 0 || node_is_function(tree, n) || tree->nodes[n].kind == KIND_class_static_block;
}

static bool is_scope(const struct tree *tree, node_id n)
{
	switch (tree->nodes[n].kind) {
	case KIND_program:
	case KIND_statement_block:
	case KIND_for_statement:
	case KIND_for_in_statement:
	case KIND_catch_clause:
	case KIND_switch_body:
	case KIND_class:
	case KIND_class_static_block:
		return true;
	default:
		return node_is_function(tree, n);
	}
}

/* A function's body block is the function's own scope, for its parameters are declared there. */
static bool is_own_scope(const struct tree *tree, node_id n)
{
	const struct node *node = &tree->nodes[n];
	bool body = node->kind == KIND_statement_block && node->field == FIELD_body &&
	            node->parent != 0 && is_function_scope(tree, node->parent);
	return is_scope(tree, n) && !body;
}

/*
 * The innermost scope around each node, itself left out. Taken from the parent's, so that deep
 * nesting costs no climbing.
 */
static void find_scopes(struct resolving *r)
{
	const struct tree *tree = r->tree;
	r->around = arena_array(r->arena, node_id, tree->count);
	for (node_id n = 1; n < tree->count; n++) {
		node_id parent = tree->nodes[n].parent;
		r->around[n] = is_own_scope(tree, parent) ? parent : r->around[parent];
	}
}

static node_id function_scope_around(const struct resolving *r, node_id n)
{
	do {
		n = r->around[n];
	} while (!is_function_scope(r->tree, n));
	return n;
}

static void declare(struct resolving *r, node_id scope, node_id identifier, node_id declares,
	enum binding_kind kind)
{
	struct scopes *scopes = r->scopes;
	uint32_t name = r->tree->nodes[identifier].name;
	binding_id found = find_in(r, scope, name);
	if (found != 0) { /* repeated var, or a var of a parameter's name */
		scopes->of[identifier] = found;
		return;
	}
	if (scopes->count == r->capacity) {
		uint32_t capacity = r->capacity == 0 ? 256 : r->capacity * 2;
		struct binding *bindings = arena_array(r->arena, struct binding, capacity);
		if (scopes->count != 0) {
			memcpy(bindings, scopes->bindings, scopes->count * sizeof(*bindings));
		}
		scopes->bindings = bindings;
		r->capacity = capacity;
	}
	if (r->table.slots == NULL || scopes->count * 2 > r->table.mask) {
		grow_table(r);
	}
	binding_id id = scopes->count++;
	scopes->bindings[id] = (struct binding){
		.kind = kind,
		.name = name,
		.identifier = identifier,
		.declares = declares,
		.scope = scope,
	};
	uint32_t at = hash_pair(scope, name) & r->table.mask;
	while (r->table.slots[at] != 0) {
		at = (at + 1) & r->table.mask;
	}
	r->table.slots[at] = id;
	scopes->of[identifier] = id;
}

/* Declares every name of a pattern: {a, b: c, d = 1, ...e}, [f]. */
static void declare_pattern(
	struct resolving *r, node_id scope, node_id pattern, node_id declares, enum binding_kind kind)
{
	const struct tree *tree = r->tree;
	for (node_id n = pattern; n < tree->nodes[pattern].last;) {
		const struct node *node = &tree->nodes[n];
		switch (node->kind) {
		case KIND_identifier:
		case KIND_shorthand_property_identifier_pattern:
			declare(r, scope, n, declares, kind);
			n++;
			break;
		case KIND_object_pattern:
		case KIND_array_pattern:
		case KIND_pair_pattern:
		case KIND_rest_pattern:
		case KIND_assignment_pattern:
		case KIND_object_assignment_pattern:
			n++; /* look inside */
			break;
		default:
			n = node->last; /* default values and computed keys are references */
			break;
		}
		/* defaults: everything in a field "right" is an expression */
		while (n < tree->nodes[pattern].last && tree->nodes[n].field == FIELD_right) {
			n = tree->nodes[n].last;
		}
	}
}

static void declare_parameters(struct resolving *r, node_id function)
{
	const struct tree *tree = r->tree;
	node_id single = node_child(tree, function, FIELD_parameter);
	if (single != NO_NODE) {
		declare_pattern(r, function, single, single, BINDING_PARAMETER);
	}
	node_id list = node_child(tree, function, FIELD_parameters);
	for (node_id p = list == NO_NODE ? NO_NODE : node_first(tree, list); p != NO_NODE;
		 p = node_next(tree, p)) {
		declare_pattern(r, function, p, p, BINDING_PARAMETER);
	}
}

static void declare_node(struct resolving *r, node_id n)
{
	const struct tree *tree = r->tree;
	const struct node *node = &tree->nodes[n];
	node_id name = NO_NODE;
	switch (node->kind) {
	case KIND_variable_declarator: {
		const struct node *statement = &tree->nodes[node->parent];
		bool is_var = statement->kind == KIND_variable_declaration;
		node_id scope = is_var ? function_scope_around(r, n) : r->around[n];
		enum binding_kind kind = is_var                          ? BINDING_VAR
		                         : statement->flags & NODE_CONST ? BINDING_CONST
		                                                         : BINDING_LET;
		declare_pattern(r, scope, node_child(tree, n, FIELD_name), n, kind);
		return;
	}
	case KIND_function_declaration:
	case KIND_generator_function_declaration:
		name = node_child(tree, n, FIELD_name);
		declare(r, r->around[n], name, n, BINDING_FUNCTION);
		break;
	case KIND_function_expression:
	case KIND_generator_function:
		name = node_child(tree, n, FIELD_name);
		if (name != NO_NODE) {
			declare(r, n, name, n, BINDING_FUNCTION);
		}
		break;
	case KIND_class_declaration:
		declare(r, r->around[n], node_child(tree, n, FIELD_name), n, BINDING_CLASS);
		return;
	case KIND_class:
		name = node_child(tree, n, FIELD_name);
		if (name != NO_NODE) {
			declare(r, n, name, n, BINDING_CLASS);
		}
		return;
	case KIND_catch_clause: {
		node_id parameter = node_child(tree, n, FIELD_parameter);
		if (parameter != NO_NODE) {
			declare_pattern(r, n, parameter, n, BINDING_CATCH);
		}
		return;
	}
	case KIND_for_in_statement: {
		node_id left = node_child(tree, n, FIELD_left);
		if (node->flags & NODE_VAR) {
			declare_pattern(r, function_scope_around(r, n), left, n, BINDING_VAR);
		} else if (node->flags & (NODE_CONST | NODE_LET)) {
			declare_pattern(r, n, left, n, node->flags & NODE_CONST ? BINDING_CONST : BINDING_LET);
		}
		return;
	}
	case KIND_namespace_import:
		declare(r, 0, node_first(tree, n), n, BINDING_IMPORT);
		return;
	case KIND_import_clause:
		for (node_id c = node_first(tree, n); c != NO_NODE; c = node_next(tree, c)) {
			if (node_is(tree, c, KIND_identifier)) {
				declare(r, 0, c, n, BINDING_IMPORT);
			}
		}
		return;
	case KIND_import_specifier: {
		node_id alias = node_child(tree, n, FIELD_alias);
		name = alias != NO_NODE ? alias : node_child(tree, n, FIELD_name);
		if (node_is(tree, name, KIND_identifier)) {
			declare(r, 0, name, n, BINDING_IMPORT);
		}
		return;
	}
	default:
		break;
	}
	if (node_is_function(tree, n)) {
		declare_parameters(r, n);
	}
}

static bool is_reference(const struct tree *tree, node_id n)
{
	const struct node *node = &tree->nodes[n];
	if (node->kind == KIND_shorthand_property_identifier ||
		node->kind == KIND_shorthand_property_identifier_pattern) {
		return true;
	}
	if (node->kind != KIND_identifier) {
		return false;
	}
	enum kind parent = (enum kind)tree->nodes[node->parent].kind;
	if (parent == KIND_import_specifier || parent == KIND_namespace_export) {
		return false;
	}
	if (parent == KIND_export_specifier) {
		/* `export { local as x }`, unless it re-exports from another module */
		node_id statement = tree->nodes[tree->nodes[node->parent].parent].parent;
		return node->field == FIELD_name && node_child(tree, statement, FIELD_source) == NO_NODE;
	}
	return true;
}

static void resolve(struct resolving *r, node_id n)
{
	const struct tree *tree = r->tree;
	struct scopes *scopes = r->scopes;
	uint32_t name = tree->nodes[n].name;
	node_id scope = n;
	binding_id found;
	do {
		scope = r->around[scope];
		found = find_in(r, scope, name);
	} while (found == 0 && scope != 0);
	if (found == 0) {
		return;
	}
	scopes->of[n] = found;
	struct binding *binding = &scopes->bindings[found];
	if (binding->first_use == NO_NODE) {
		binding->first_use = n;
	} else {
		scopes->next_use[binding->last_use] = n;
	}
	binding->last_use = n;
	if (use_is_write(tree, n)) {
		binding->writes++;
	}
}

void scopes_resolve(struct arena *arena, const struct tree *tree, struct scopes *scopes)
{
	*scopes = (struct scopes){.tree = tree, .count = 1};
	scopes->of = arena_array(arena, binding_id, tree->count);
	scopes->next_use = arena_array(arena, node_id, tree->count);
	struct resolving r = {.arena = arena, .tree = tree, .scopes = scopes};
	scopes->bindings = arena_array(arena, struct binding, 256);
	r.capacity = 256;
	find_scopes(&r);
	for (node_id n = 1; n < tree->count; n++) {
		declare_node(&r, n);
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (scopes->of[n] == 0 && is_reference(tree, n)) {
			resolve(&r, n);
		}
	}
}

bool use_is_write(const struct tree *tree, node_id use)
{
	node_id at = use;
	/* inside a destructuring assignment: ({ a, b: c } = …) */
	while (tree->nodes[at].kind == KIND_shorthand_property_identifier_pattern ||
		   tree->nodes[tree->nodes[at].parent].kind == KIND_pair_pattern ||
		   tree->nodes[tree->nodes[at].parent].kind == KIND_object_pattern ||
		   tree->nodes[tree->nodes[at].parent].kind == KIND_array_pattern ||
		   tree->nodes[tree->nodes[at].parent].kind == KIND_parenthesized_expression) {
		at = tree->nodes[at].parent;
		if (at == 0) {
			return false;
		}
	}
	const struct node *parent = &tree->nodes[tree->nodes[at].parent];
	switch (parent->kind) {
	case KIND_assignment_expression:
	case KIND_augmented_assignment_expression:
	case KIND_for_in_statement:
		return tree->nodes[at].field == FIELD_left;
	case KIND_update_expression:
		return true;
	default:
		return false;
	}
}

node_id binding_value(const struct scopes *scopes, binding_id binding)
{
	const struct binding *b = &scopes->bindings[binding];
	if (binding == 0 || !node_is(scopes->tree, b->declares, KIND_variable_declarator) ||
		scopes->tree->nodes[b->identifier].parent != b->declares) {
		return NO_NODE;
	}
	return node_child(scopes->tree, b->declares, FIELD_value);
}

node_id binding_function(const struct scopes *scopes, binding_id binding)
{
	if (binding == 0) {
		return NO_NODE;
	}
	const struct binding *b = &scopes->bindings[binding];
	if (b->kind == BINDING_FUNCTION) {
		return b->declares;
	}
	node_id value = node_unwrap(scopes->tree, binding_value(scopes, binding));
	return value != NO_NODE && node_is_function(scopes->tree, value) ? value : NO_NODE;
}

struct str binding_name(const struct scopes *scopes, binding_id binding)
{
	return scopes->tree->names[scopes->bindings[binding].name];
}
