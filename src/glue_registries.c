/*
 * Where the collector drops Rust objects and closures: registries, made in place or by a helper, and what
 * is registered there. A finalizer that is not followed would free memory of a new instance.
 */
#include "glue.h"

enum { MAX_HELPERS = 4 }; /* that call each other to make a registry */

static bool names_registry(const struct glue *glue, node_id n)
{
	static const char *const paths[] = {"FinalizationRegistry", "globalThis.FinalizationRegistry",
		"self.FinalizationRegistry", "window.FinalizationRegistry", "global.FinalizationRegistry"};
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		if (is_global_path(glue, n, paths[i])) {
			return true;
		}
	}
	return false;
}

/*
 * Whether an expression is the class FinalizationRegistry, or may be: `x ? class { … } : globalThis.F…`,
 * a variable that holds it, a class that extends it.
 */
static bool is_registry_class(const struct glue *glue, node_id n, int depth)
{
	const struct tree *tree = glue->tree;
	n = node_unwrap(tree, n);
	if (n == NO_NODE || depth == MAX_HELPERS) {
		return false;
	}
	switch (tree->nodes[n].kind) {
	case KIND_ternary_expression:
		return is_registry_class(glue, node_child(tree, n, FIELD_consequence), depth + 1) ||
		       is_registry_class(glue, node_child(tree, n, FIELD_alternative), depth + 1);
	case KIND_binary_expression:
		return is_registry_class(glue, node_child(tree, n, FIELD_left), depth + 1) ||
		       is_registry_class(glue, node_child(tree, n, FIELD_right), depth + 1);
	case KIND_class:
	case KIND_class_declaration:
		for (node_id c = node_first(tree, n); c != NO_NODE; c = node_next(tree, c)) {
			if (node_is(tree, c, KIND_class_heritage)) {
				return is_registry_class(glue, node_first(tree, c), depth + 1);
			}
		}
		return false;
	case KIND_identifier: {
		binding_id b = scope_of(glue->scopes, n);
		if (b == 0 || glue->scopes->bindings[b].writes != 0) {
			return names_registry(glue, n);
		}
		return is_registry_class(glue,
			glue->scopes->bindings[b].kind == BINDING_CLASS ? glue->scopes->bindings[b].declares
															: binding_value(glue->scopes, b),
			depth + 1);
	}
	default:
		return names_registry(glue, n);
	}
}

/* The variable that receives what an expression gives, be it when it is declared or later; or 0. */
static binding_id receiver(const struct glue *glue, node_id expression)
{
	const struct tree *tree = glue->tree;
	for (node_id n = expression; n != NO_NODE && !node_is_function(tree, n);
		 n = tree->nodes[n].parent) {
		node_id name = node_is(tree, n, KIND_variable_declarator) ? node_child(tree, n, FIELD_name)
		               : node_is(tree, n, KIND_assignment_expression)
		                   ? node_child(tree, n, FIELD_left)
		                   : NO_NODE;
		if (name != NO_NODE) {
			return node_is(tree, name, KIND_identifier) ? scope_of(glue->scopes, name) : 0;
		}
		if (node_is(tree, n, KIND_expression_statement)) {
			return 0;
		}
	}
	return 0;
}

/* `this.#registry ||= new FinalizationRegistry(…)`: kept where no variable leads. */
static bool is_kept_in_property(const struct tree *tree, node_id made)
{
	node_id n = made;
	while (node_is(tree, tree->nodes[n].parent, KIND_binary_expression) ||
		   node_is(tree, tree->nodes[n].parent, KIND_ternary_expression) ||
		   node_is(tree, tree->nodes[n].parent, KIND_parenthesized_expression)) {
		n = tree->nodes[n].parent;
	}
	node_id left = tree->nodes[n].field == FIELD_right
	                   ? node_child(tree, tree->nodes[n].parent, FIELD_left)
	                   : NO_NODE;
	return node_is(tree, left, KIND_member_expression);
}

/* The state of a closure: it carries its own stamp and needs no box. */
static bool is_closure_state(const struct glue *glue, node_id held)
{
	node_id value = node_is(glue->tree, held, KIND_identifier)
	                    ? binding_value(glue->scopes, scope_of(glue->scopes, held))
	                    : NO_NODE;
	return node_is(glue->tree, value, KIND_object);
}

/* What is held by `registry.register(object, held)`, if that is what the use is; else NO_NODE. */
static node_id registered_at(const struct tree *tree, node_id use)
{
	node_id member = tree->nodes[use].parent, call = tree->nodes[member].parent;
	bool is = tree->nodes[use].field == FIELD_object && node_is(tree, call, KIND_call_expression) &&
	          tree->nodes[member].field == FIELD_function &&
	          str_equal(node_property(tree, member), STR("register"));
	return is ? node_nth(tree, node_child(tree, call, FIELD_arguments), 1) : NO_NODE;
}

/*
 * Whether closure states are registered there. Between 0.2.105 and 0.2.114 the callback does not name
 * the exports: it calls `state.dtor`, which is one of them.
 */
static bool holds_closure_states(const struct glue *glue, binding_id registry)
{
	for (node_id u = registry == 0 ? NO_NODE : glue->scopes->bindings[registry].first_use;
		 u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (is_closure_state(glue, registered_at(glue->tree, u))) {
			return true;
		}
	}
	return false;
}

/* `PF = undefined`, `PF = make(…)`: a write that gives the variable nothing but what is followed. */
static bool is_known_write(const struct glue *glue, node_id use, node_id made)
{
	const struct tree *tree = glue->tree;
	node_id right = node_child(tree, tree->nodes[use].parent, FIELD_right);
	return tree->nodes[use].field == FIELD_left && right != NO_NODE &&
	       (node_inside(tree, made, right) || node_is(tree, right, KIND_undefined) ||
			   node_is(tree, right, KIND_null) || node_is(tree, right, KIND_object));
}

/* `if (PF)`, `PF && PF.register(…);`: asked for, and given to nobody. */
static bool is_only_tested(const struct tree *tree, node_id use)
{
	node_id parent = tree->nodes[use].parent, above = tree->nodes[parent].parent;
	switch (tree->nodes[parent].kind) {
	case KIND_unary_expression:
		return true;
	case KIND_parenthesized_expression:
		return node_is(tree, above, KIND_if_statement);
	case KIND_binary_expression:
		return tree->nodes[use].field == FIELD_left &&
		       node_is(tree, above, KIND_expression_statement);
	default:
		return false;
	}
}

/* All uses of the variable that holds a registry. */
static bool read_uses(struct glue *glue, binding_id binding, node_id made)
{
	const struct tree *tree = glue->tree;
	const struct binding *variable = &glue->scopes->bindings[binding];
	bool understood = true;
	if (glue_is_marked(glue->registries, variable->identifier)) {
		return true;
	}
	glue_mark(glue, &glue->registries, variable->identifier);
	for (node_id u = variable->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent;
		node_id held = registered_at(tree, u);
		bool unregisters = tree->nodes[u].field == FIELD_object &&
		                   tree->nodes[member].field == FIELD_function &&
		                   str_equal(node_property(tree, member), STR("unregister"));
		if (held != NO_NODE && !is_closure_state(glue, held)) {
			struct fact *fact = glue_add(glue, FACT_REGISTER, held);
			fact->name = binding_name(glue->scopes, binding);
		} else if (held == NO_NODE && !unregisters && !is_known_write(glue, u, made) &&
				   !is_only_tested(tree, u)) {
			glue_refuse(glue, "finalizer", u,
				"the registry '%.*s' is used in a way that wasm-bindgen does not generate",
				STR_ARGS(binding_name(glue->scopes, binding)));
			understood = false;
		}
	}
	return understood;
}

/* ---- registries that a helper makes */

/* The next place, after `use`, where a helper is called, or a class made whose constructor it is. */
static node_id next_call(const struct glue *glue, node_id use)
{
	const struct tree *tree = glue->tree;
	for (; use != NO_NODE; use = glue->scopes->next_use[use]) {
		if (tree->nodes[use].field == FIELD_function ||
			tree->nodes[use].field == FIELD_constructor) {
			return use;
		}
	}
	return NO_NODE;
}

/* The first use of the name by which a helper is called. */
static node_id first_call(const struct glue *glue, node_id helper)
{
	const struct tree *tree = glue->tree;
	binding_id b = glue_function_binding(glue, helper);
	node_id body = tree->nodes[helper].parent;
	if (node_is(tree, helper, KIND_method_definition) && node_is(tree, body, KIND_class_body) &&
		node_is_text(tree, node_child(tree, helper, FIELD_name), STR("constructor"))) {
		node_id class = tree->nodes[body].parent, name = node_child(tree, class, FIELD_name);
		b = name != NO_NODE ? scope_of(glue->scopes, name) : receiver(glue, class);
	}
	return b == 0 ? NO_NODE : next_call(glue, glue->scopes->bindings[b].first_use);
}

/* The parameter of `helper` that a callback is, or that it calls: `drop`, `p => drop(p)`; NO_NODE for none. */
static node_id parameter_behind(const struct glue *glue, node_id callback, node_id helper)
{
	const struct tree *tree = glue->tree;
	for (node_id n = callback; n < tree->nodes[callback].last; n++) {
		binding_id b = node_is(tree, n, KIND_identifier) ? scope_of(glue->scopes, n) : 0;
		if (b != 0 && glue->scopes->bindings[b].kind == BINDING_PARAMETER &&
			glue->scopes->bindings[b].scope == helper &&
			(n == callback || tree->nodes[n].field == FIELD_function)) {
			return glue->scopes->bindings[b].identifier;
		}
	}
	return NO_NODE;
}

static bool read_made(struct glue *glue, node_id made, node_id callback, int depth);

/* The callback is a parameter: each call of the helper makes a registry with a callback of its own. */
static bool read_helper(struct glue *glue, node_id helper, node_id parameter, int depth)
{
	const struct tree *tree = glue->tree;
	node_id parameters = node_child(tree, helper, FIELD_parameters);
	node_id own = NO_NODE;
	uint32_t index = 0, at = 0;
	for (node_id p = parameters == NO_NODE ? NO_NODE : node_first(tree, parameters); p != NO_NODE;
		 p = node_next(tree, p), at++) {
		if (node_inside(tree, parameter, p)) {
			index = at;
			own = node_is(tree, p, KIND_assignment_pattern) ? node_child(tree, p, FIELD_right)
			                                                : NO_NODE;
		}
	}
	bool understood = true;
	for (node_id use = first_call(glue, helper); use != NO_NODE;
		 use = next_call(glue, glue->scopes->next_use[use])) {
		node_id call = tree->nodes[use].parent;
		node_id arguments = node_child(tree, call, FIELD_arguments);
		node_id given = arguments == NO_NODE ? NO_NODE : node_nth(tree, arguments, index);
		understood &= read_made(glue, call, given != NO_NODE ? given : own, depth + 1);
	}
	return understood;
}

static void add_registry(struct glue *glue, node_id callback, binding_id binding)
{
	if (glue_is_marked(glue->callbacks, callback)) {
		return; /* of a helper that is called more than once */
	}
	glue_mark(glue, &glue->callbacks, callback);
	struct fact *fact = glue_add(glue, FACT_REGISTRY, callback);
	fact->name = binding_name(glue->scopes, binding);
}

/* A minifier leaves `… || new FinalizationRegistry(f)` of a variable that nobody reads: nothing gets into it. */
static bool is_dropped(const struct tree *tree, node_id n)
{
	do {
		n = tree->nodes[n].parent;
	} while (
		node_is(tree, n, KIND_binary_expression) || node_is(tree, n, KIND_ternary_expression) ||
		node_is(tree, n, KIND_sequence_expression) || node_is(tree, n, KIND_unary_expression) ||
		node_is(tree, n, KIND_parenthesized_expression));
	return node_is(tree, n, KIND_expression_statement);
}

/* The expression `made` gives a registry with that callback. */
static bool read_made(struct glue *glue, node_id made, node_id callback, int depth)
{
	const struct tree *tree = glue->tree;
	node_id helper = node_function(tree, made);
	binding_id binding = receiver(glue, made);
	if (callback == NO_NODE || depth == MAX_HELPERS) {
		return true;
	}
	node_id parameter = helper == NO_NODE ? NO_NODE : parameter_behind(glue, callback, helper);
	if (parameter != NO_NODE) {
		return read_helper(glue, helper, parameter, depth);
	}
	if (binding == 0 && helper != NO_NODE && glue_touches(glue, callback) &&
		!is_kept_in_property(tree, made)) {
		bool understood = true, called = false; /* the helper has the callback itself */
		for (node_id use = first_call(glue, helper); use != NO_NODE;
			 use = next_call(glue, glue->scopes->next_use[use])) {
			node_id call = tree->nodes[use].parent;
			binding = receiver(glue, call);
			if (binding != 0) {
				called = true;
				add_registry(glue, callback, binding);
				understood &= read_uses(glue, binding, call);
			}
		}
		if (called) {
			return understood;
		}
	}
	if (!(glue_touches(glue, callback) || holds_closure_states(glue, binding))) {
		return true; /* the user's own */
	}
	if (binding == 0 && is_dropped(tree, made)) {
		return true;
	}
	if (binding == 0) {
		glue_refuse(glue, "finalizer", made,
			"a FinalizationRegistry over the exports that no variable holds");
		return false;
	}
	add_registry(glue, callback, binding);
	return read_uses(glue, binding, made);
}

bool glue_read_registry(struct glue *glue, node_id made)
{
	if (!is_registry_class(glue, node_child(glue->tree, made, FIELD_constructor), 0)) {
		return true;
	}
	node_id arguments = node_child(glue->tree, made, FIELD_arguments);
	return read_made(
		glue, made, arguments == NO_NODE ? NO_NODE : node_nth(glue->tree, arguments, 0), 0);
}

/* ---- what is registered elsewhere */

/* `{ register: () => {}, unregister: () => {} }` */
static bool does_nothing(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	node_id value = binding_value(glue->scopes, b);
	if (!node_is(tree, value, KIND_object) || glue->scopes->bindings[b].writes != 0) {
		return false;
	}
	for (node_id p = node_first(tree, value); p != NO_NODE; p = node_next(tree, p)) {
		node_id function = node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_value) : p;
		node_id body = node_is_function(tree, function) ? node_body(tree, function) : NO_NODE;
		if (!node_is(tree, body, KIND_statement_block) || node_first(tree, body) != NO_NODE) {
			return false;
		}
	}
	return true;
}

/* Whether what is held is a pointer of a class object, or the state of a closure. */
static bool belongs_to_instance(const struct glue *glue, node_id call, node_id held)
{
	const struct tree *tree = glue->tree;
	if (glue_is_pointer_name(glue, node_property(tree, held))) {
		node_id statement = call; /* of another glue of the file, maybe */
		while (tree->nodes[statement].parent != glue->root_body) {
			statement = tree->nodes[statement].parent;
		}
		return glue_touches(glue, statement);
	}
	binding_id b = node_is(tree, held, KIND_identifier) ? scope_of(glue->scopes, held) : 0;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if ((fact->kind == FACT_STAMP &&
				node_function(tree, fact->node) == node_function(tree, call)) ||
			(fact->kind == FACT_CLOSURE_STATE && b != 0 &&
				fact->other == glue->scopes->bindings[b].declares)) {
			return true;
		}
	}
	return false;
}

bool glue_check_registries(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool understood = true;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		node_id object =
			node_is(tree, n, KIND_member_expression) ? node_child(tree, n, FIELD_object) : NO_NODE;
		node_id held = object == NO_NODE ? NO_NODE : registered_at(tree, object);
		if (held == NO_NODE || !belongs_to_instance(glue, tree->nodes[n].parent, held)) {
			continue;
		}
		binding_id b = node_is(tree, object, KIND_identifier) ? scope_of(glue->scopes, object) : 0;
		if (b == 0 || !(glue_is_marked(glue->registries, glue->scopes->bindings[b].identifier) ||
						  does_nothing(glue, b))) {
			glue_refuse(glue, "finalizer", n,
				"what belongs to the instance is registered with '%.*s', which is not known to be "
				"a FinalizationRegistry",
				STR_ARGS(node_text(tree, object)));
			understood = false;
		}
	}
	return understood;
}
