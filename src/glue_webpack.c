/*
 * webpack makes the instances of wasm modules in its runtime, outside the function that holds the glue:
 *     require.v = (exports, id, hash, imports) => … WebAssembly.instantiate(bytes, imports)
 *         .then((result) => Object.assign(exports, result.instance.exports))
 * where the module of the wasm calls it, and the one of the glue is handed `exports`:
 *     (module, exports, require) => { module.exports = require.v(exports, module.id, "hash", { … }) }
 * Both may be in other files than the glue.
 */
#include "glue.h"

/* The parameter of a function around n, no matter how far, that an identifier names; gives that function. */
static node_id owner_of(const struct glue *glue, node_id identifier)
{
	binding_id b =
		node_is(glue->tree, identifier, KIND_identifier) ? scope_of(glue->scopes, identifier) : 0;
	return b != 0 && glue->scopes->bindings[b].kind == BINDING_PARAMETER
	           ? glue->scopes->bindings[b].scope
	           : NO_NODE;
}

/* The imports that a function makes an instance with, if they are a parameter of its own. */
static node_id imports_in(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		node_id imports = node_is(tree, n, KIND_call_expression) && glue_is_instantiation(glue, n)
		                      ? node_nth(tree, node_child(tree, n, FIELD_arguments), 1)
		                      : NO_NODE;
		if (imports != NO_NODE && owner_of(glue, imports) == function) {
			return imports;
		}
	}
	return NO_NODE;
}

/* `require.v = (exports, …) => …` */
static bool is_wasm_loader(const struct tree *tree, node_id function)
{
	node_id assignment = tree->nodes[function].parent;
	return node_is(tree, assignment, KIND_assignment_expression) &&
	       str_equal(node_property(tree, node_child(tree, assignment, FIELD_left)), STR("v"));
}

/* `Object.assign(exports, result.instance.exports)` */
static bool read_assign(struct glue *glue, node_id call)
{
	const struct tree *tree = glue->tree;
	node_id arguments = node_child(tree, call, FIELD_arguments);
	if (!node_is(tree, call, KIND_call_expression) ||
		!is_global_path(glue, node_child(tree, call, FIELD_function), "Object.assign") ||
		node_child_count(tree, arguments) != 2) {
		return false;
	}
	node_id filled = node_nth(tree, arguments, 0), exports = node_nth(tree, arguments, 1);
	node_id instance =
		glue_is_instance_exports(glue, exports) ? node_child(tree, exports, FIELD_object) : NO_NODE;
	node_id result = str_equal(node_property(tree, instance), STR("instance"))
	                     ? node_child(tree, instance, FIELD_object)
	                     : NO_NODE;
	node_id function = owner_of(glue, filled);
	bool known =
		function != NO_NODE && is_wasm_loader(tree, function) && owner_of(glue, result) != NO_NODE;
	node_id imports = known ? imports_in(glue, function) : NO_NODE;
	if (imports == NO_NODE) {
		return false;
	}
	struct fact *fact = glue_add(glue, FACT_TELL, filled);
	fact->name = node_text(tree, result);
	fact->text = node_text(tree, imports);
	return true;
}

bool glue_read_webpack_runtime(struct glue *glue)
{
	bool any = false;
	for (node_id n = 1; n < glue->tree->count; n++) {
		any |= read_assign(glue, n);
	}
	return any;
}

/* `require.v(exports, module.id, "hash", imports)` */
static bool makes_wasm_module(const struct tree *tree, node_id call)
{
	node_id arguments = node_child(tree, call, FIELD_arguments);
	return node_is(tree, call, KIND_call_expression) && arguments != NO_NODE &&
	       str_equal(node_property(tree, node_child(tree, call, FIELD_function)), STR("v")) &&
	       str_equal(node_property(tree, node_nth(tree, arguments, 1)), STR("id")) &&
	       node_is(tree, node_nth(tree, arguments, 2), KIND_string);
}

bool glue_is_webpack_import(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id arguments = node_child(tree, value, FIELD_arguments);
	node_id id = arguments == NO_NODE ? NO_NODE : node_nth(tree, arguments, 0);
	node_id callee = node_child(tree, value, FIELD_function), function = owner_of(glue, callee);
	return node_is(tree, value, KIND_call_expression) && function != NO_NODE &&
	       node_child_count(tree, arguments) == 1 &&
	       (node_is(tree, id, KIND_number) || node_is(tree, id, KIND_string)) &&
	       node_parameter(tree, function, 2) ==
	           glue->scopes->bindings[scope_of(glue->scopes, callee)].identifier;
}

bool glue_is_webpack_awaited(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id all = node_is(tree, value, KIND_subscript_expression)
	                  ? node_unwrap(tree, node_child(tree, value, FIELD_object))
	                  : NO_NODE;
	if (node_is(tree, all, KIND_identifier)) {
		all = node_unwrap(tree, binding_value(glue->scopes, scope_of(glue->scopes, all)));
	}
	node_id left = node_child(tree, tree->nodes[value].parent, FIELD_left);
	return node_is(tree, left, KIND_identifier) &&
	       glue_begins_as_webpack_import(glue, scope_of(glue->scopes, left)) &&
	       node_is(tree, node_child(tree, value, FIELD_index), KIND_number) &&
	       node_is(tree, all, KIND_ternary_expression) &&
	       str_equal(node_property(tree, node_child(tree, all, FIELD_condition)), STR("then"));
}

static bool has_told(const struct glues *glues)
{
	for (uint32_t g = 0; g < glues->count; g++) {
		if (glue_has_fact(&glues->items[g], FACT_TELL)) {
			return true;
		}
	}
	return false;
}

enum module_source glue_read_webpack(struct glue *glue)
{
	for (node_id n = 1; n < glue->tree->count; n++) {
		if (makes_wasm_module(glue->tree, n)) {
			glue->of_webpack = true;
			return has_told(glue->file) || glue_read_webpack_runtime(glue) ? MODULE_SEEN
			                                                               : MODULE_LOADER;
		}
	}
	return MODULE_NONE;
}
