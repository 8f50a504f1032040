/*
 * Holds what was found by its meaning against the forms that wasm-bindgen is known to generate. A
 * form that no shape knows is no reason to refuse (minifiers rewrite everything), but a reader of
 * `inspect` should look at it: a new release may have changed it.
 */
#include "glue.h"

static void check(struct glue *glue, enum shape shape, node_id n)
{
	node_id differs;
	if (shape_match(shape, glue->tree, n, &differs)) {
		return;
	}
	diag_add(glue->arena, glue->diags, SEVERITY_NOTE, "near-miss", glue->tree->nodes[differs].start,
		"a %s in a form that is not known; it differs here", shape_name(shape));
}

static bool returns_view(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	bool view = false, returned = false;
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		if (node_is(tree, n, KIND_assignment_expression)) {
			node_id value = node_child(tree, n, FIELD_right);
			view |= tree->nodes[value].kind == KIND_new_expression &&
			        node_is_text(tree, node_first(tree, node_child(tree, value, FIELD_arguments)),
				        arena_printf(glue->arena, "%.*s.memory.buffer",
					        STR_ARGS(binding_name(glue->scopes, glue->exports))));
		}
		returned |= node_is(tree, n, KIND_return_statement) &&
		            node_is(tree, node_first(tree, n), KIND_identifier);
	}
	return view && returned;
}

/* Since 0.2.128 entrypoints free what they marshalled when a later argument throws. */
static bool frees_arguments(const struct glue *glue, node_id clause)
{
	const struct tree *tree = glue->tree;
	node_id body = node_body(tree, clause), last = NO_NODE;
	for (node_id s = node_first(tree, body); s != NO_NODE; s = node_next(tree, s)) {
		last = s;
	}
	return node_is(tree, last, KIND_throw_statement);
}

void glue_check_forms(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (binding_id b = 1; b < glue->scopes->count; b++) {
		node_id function = binding_function(glue->scopes, b);
		if (function != NO_NODE && glue->scopes->bindings[b].scope == glue->root &&
			(glue->roles[b] & (ROLE_INIT | ROLE_EXPORTED)) == 0 &&
			(glue->roles[b] & ROLE_TOUCHES) != 0 && returns_view(glue, function)) {
			check(glue, SHAPE_VIEW_GETTER, function);
		}
	}
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if (fact->kind == FACT_CLOSURE_STATE) {
			node_id maker = glue_function_around(glue, fact->node);
			if (node_is(tree, maker, KIND_function_declaration) &&
				node_function(tree, fact->node) == maker) {
				check(glue, SHAPE_CLOSURE, maker);
			}
		} else if (fact->kind == FACT_FREE && str_equal(fact->name, STR("free"))) {
			check(glue, SHAPE_FREE, fact->node);
		} else if (fact->kind == FACT_CATCH && !frees_arguments(glue, fact->node)) {
			node_id function = glue_function_around(glue, fact->node);
			if (node_is(tree, function, KIND_function_declaration)) {
				check(glue, SHAPE_HANDLE_ERROR, function);
			}
		}
	}
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (!node_is(tree, n, KIND_method_definition)) {
			continue;
		}
		node_id name = node_child(tree, n, FIELD_name);
		if (node_is_text(tree, name, STR("__destroy_into_raw"))) {
			check(glue, SHAPE_DESTROY, n);
		} else if (node_is_text(tree, name, STR("__wrap"))) {
			check(glue, SHAPE_WRAP, n);
		}
	}
}
