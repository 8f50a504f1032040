/* Rust objects in JS: where they get their pointer. */
#include "glue.h"

bool glue_is_pointer_name(const struct glue *glue, struct str property)
{
	const struct str plain = {"__wbg_ptr", 9};
	return str_equal(property, plain) || str_equal(property, STR("ptr")) ||
	       (str_starts(property, STR("__wbg_ptr_")) && tree_find_name(glue->tree, plain) != 0);
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
			!glue_is_pointer_name(glue, node_property(tree, value))) {
			glue_refuse(glue, "object-pointer", a,
				"'%.*s' is given to wasm: the pointer of a class object, in a property that "
				"is not known",
				STR_ARGS(node_text(tree, a)));
			return true;
		}
	}
	return false;
}

/*
 * Whether objects that get a pointer at n are of this glue: in a class that uses its exports, or whose members are beside
 * it; elsewhere by the name that only wasm-bindgen has, where a compiler has put `__wrap` into its callers.
 */
static bool is_of_glue(const struct glue *glue, node_id class, node_id n, struct str property)
{
	if (class == NO_NODE) {
		node_id function = node_function(glue->tree, n);
		return str_equal(property, STR("__wbg_ptr")) && function != NO_NODE &&
		       glue_touches(glue, function);
	}
	node_id whole = glue_class_whole(glue, class);
	return node_is_function(glue->tree, whole) || glue_touches(glue, whole);
}

/*
 * `this.__wbg_ptr = ret >>> 0`, `obj.ptr = ptr`: not `= 0`, which marks an object as moved; nor what comes along with it, the
 * pointer to the part of an ancestor.
 */
static void read_pointer_assignment(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id left = node_child(tree, n, FIELD_left);
	struct str property = node_property(tree, left);
	if (!glue_is_pointer_name(glue, property) || str_starts(property, STR("__wbg_ptr_")) ||
		node_is(tree, node_child(tree, n, FIELD_right), KIND_number)) {
		return;
	}
	node_id class = glue_class_around(glue, n);
	if (is_of_glue(glue, class, n, property)) {
		struct fact *fact = glue_add(glue, FACT_STAMP, node_child(tree, left, FIELD_object));
		fact->class_name = class == NO_NODE ? (struct str){"", 0} : glue_class_name(glue, class);
	}
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
