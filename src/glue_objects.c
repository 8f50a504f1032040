/* Rust objects in JS: where they get their pointer, and where the collector drops them. */
#include "glue.h"

/*
 * The class around a node, with its name: a class as such, or the function that holds one of a
 * compiler's making together. NO_NODE outside of any.
 */
static node_id class_around(const struct glue *glue, node_id n, struct str *name)
{
	const struct tree *tree = glue->tree;
	for (; n != NO_NODE; n = tree->nodes[n].parent) {
		if (node_is(tree, n, KIND_class_declaration) || node_is(tree, n, KIND_class)) {
			node_id named = node_child(tree, n, FIELD_name);
			*name = named == NO_NODE ? (struct str){"", 0} : node_text(tree, named);
			return n;
		}
		binding_id old = node_is_function(tree, n) ? glue_old_class(glue, n) : 0;
		if (old != 0) {
			*name = binding_name(glue->scopes, old);
			return glue->scopes->bindings[old].scope;
		}
	}
	return NO_NODE;
}

bool glue_is_pointer_name(struct str property)
{
	return str_equal(property, STR("__wbg_ptr")) || str_equal(property, STR("ptr"));
}

/*
 * `wasm.counter_get(this.handle)`: a class of Rust objects whose pointer is kept in a property of another
 * name. Without stamps its stale objects would reach the new instance.
 */
static bool refuse_unknown_pointer(struct glue *glue, node_id call)
{
	const struct tree *tree = glue->tree;
	node_id arguments = node_child(tree, call, FIELD_arguments);
	if (glue_export_read(glue, node_child(tree, call, FIELD_function)).len == 0 ||
		!node_is(tree, arguments, KIND_arguments)) {
		return false;
	}
	for (node_id a = node_first(tree, arguments); a != NO_NODE; a = node_next(tree, a)) {
		node_id value = node_unwrap(tree, a);
		if (node_is(tree, value, KIND_member_expression) &&
			node_is(tree, node_child(tree, value, FIELD_object), KIND_this) &&
			!glue_is_pointer_name(node_property(tree, value))) {
			glue_refuse(glue, "object-pointer", a,
				"'%.*s' is given to wasm: the pointer of a class object, in a property that "
				"is not known",
				STR_ARGS(node_text(tree, a)));
			return true;
		}
	}
	return false;
}

/* `this.__wbg_ptr = ret >>> 0`, `obj.ptr = ptr`: not `= 0`, which marks an object as moved. */
static void read_pointer_assignment(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id left = node_child(tree, n, FIELD_left);
	struct str property = node_property(tree, left), name;
	if (!glue_is_pointer_name(property) ||
		node_is(tree, node_child(tree, n, FIELD_right), KIND_number)) {
		return;
	}
	node_id class = class_around(glue, n, &name);
	if (class == NO_NODE || !glue_touches(glue, class)) {
		return;
	}
	glue_add(glue, FACT_STAMP, node_child(tree, left, FIELD_object))->class_name = name;
}

/* The variable a registry is kept in, or 0. */
static binding_id registry_binding(const struct glue *glue, node_id registry)
{
	const struct tree *tree = glue->tree;
	node_id n = registry;
	while (n != NO_NODE && !node_is(tree, n, KIND_variable_declarator) &&
		   !node_is(tree, n, KIND_expression_statement) && !node_is_function(tree, n)) {
		n = tree->nodes[n].parent;
	}
	if (!node_is(tree, n, KIND_variable_declarator)) {
		return 0;
	}
	return scope_of(glue->scopes, node_child(tree, n, FIELD_name));
}

/* The state of a closure: it carries its own stamp and needs no box. */
static bool is_closure_state(const struct glue *glue, node_id held)
{
	node_id value = node_is(glue->tree, held, KIND_identifier)
	                    ? binding_value(glue->scopes, scope_of(glue->scopes, held))
	                    : NO_NODE;
	return node_is(glue->tree, value, KIND_object);
}

/*
 * Whether closure states are registered there. Between 0.2.105 and 0.2.114 the callback does not name
 * the exports: it calls `state.dtor`, which is one of them.
 */
static bool holds_closure_states(const struct glue *glue, binding_id registry)
{
	const struct tree *tree = glue->tree;
	for (node_id u = registry == 0 ? NO_NODE : glue->scopes->bindings[registry].first_use;
		 u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent, call = tree->nodes[member].parent;
		if (tree->nodes[u].field == FIELD_object && node_is(tree, call, KIND_call_expression) &&
			str_equal(node_property(tree, member), STR("register")) &&
			is_closure_state(glue, node_nth(tree, node_child(tree, call, FIELD_arguments), 1))) {
			return true;
		}
	}
	return false;
}

static bool read_registry(struct glue *glue, node_id registry)
{
	const struct tree *tree = glue->tree;
	node_id callback = node_nth(tree, node_child(tree, registry, FIELD_arguments), 0);
	binding_id binding = registry_binding(glue, registry);
	if (callback == NO_NODE ||
		!(glue_touches(glue, callback) || holds_closure_states(glue, binding))) {
		return true; /* the user's own */
	}
	if (binding == 0) {
		glue_refuse(glue, "finalizer", registry,
			"a FinalizationRegistry over the exports that no variable holds");
		return false;
	}
	struct fact *fact = glue_add(glue, FACT_REGISTRY, callback);
	fact->name = binding_name(glue->scopes, binding);
	bool understood = true;
	for (node_id u = glue->scopes->bindings[binding].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent, call = tree->nodes[member].parent;
		struct str name = node_property(tree, member);
		bool method = tree->nodes[u].field == FIELD_object &&
		              node_is(tree, call, KIND_call_expression) &&
		              tree->nodes[member].field == FIELD_function;
		if (method && str_equal(name, STR("unregister"))) {
			continue;
		}
		if (!method || !str_equal(name, STR("register"))) {
			glue_refuse(glue, "finalizer", u,
				"the registry '%.*s' is used in a way that wasm-bindgen does not generate",
				STR_ARGS(binding_name(glue->scopes, binding)));
			understood = false;
			continue;
		}
		node_id held = node_nth(tree, node_child(tree, call, FIELD_arguments), 1);
		if (held != NO_NODE && !is_closure_state(glue, held)) {
			fact = glue_add(glue, FACT_REGISTER, held);
			fact->name = binding_name(glue->scopes, binding);
		}
	}
	return understood;
}

bool glue_read_objects(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool understood = true;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (node_is(tree, n, KIND_assignment_expression)) {
			read_pointer_assignment(glue, n);
		} else if (node_is(tree, n, KIND_call_expression)) {
			understood &= !refuse_unknown_pointer(glue, n);
		} else if (node_is(tree, n, KIND_new_expression) &&
				   is_global_path(
					   glue, node_child(tree, n, FIELD_constructor), "FinalizationRegistry")) {
			understood &= read_registry(glue, n);
		}
	}
	return understood;
}
