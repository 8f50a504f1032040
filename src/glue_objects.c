/* Rust objects in JS: where they get their pointer. */
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

bool glue_read_objects(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool understood = true;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (node_is(tree, n, KIND_assignment_expression)) {
			read_pointer_assignment(glue, n);
		} else if (node_is(tree, n, KIND_call_expression)) {
			understood &= !refuse_unknown_pointer(glue, n);
		} else if (node_is(tree, n, KIND_new_expression)) {
			understood &= glue_read_registry(glue, n);
		}
	}
	return understood;
}
