/*
 * Marshalling helpers (FACT_MARSHAL), which allocate in wasm's memory while they read what users pass. Code of
 * users may run in there, so that while they run something is in flight (R2). Those of texts are called most,
 * and in a string there is no code to run: they count only what is no string.
 */
#include "planning.h"

/* Whether a use hands a parameter to `encode` or asks it for its characters. */
static bool reads_text(const struct tree *tree, node_id use)
{
	node_id member = tree->nodes[use].parent;
	if (tree->nodes[use].field == FIELD_object) {
		return str_equal(node_property(tree, member), STR("charCodeAt")) &&
		       tree->nodes[member].field == FIELD_function;
	}
	node_id call = tree->nodes[member].parent;
	struct str method = node_is(tree, member, KIND_arguments) && call != NO_NODE
	                        ? node_property(tree, node_child(tree, call, FIELD_function))
	                        : (struct str){"", 0};
	return str_equal(method, STR("encode")) || str_equal(method, STR("encodeInto"));
}

/* `malloc(…)`, `realloc === undefined`: what a helper does with functions of wasm's. */
static bool is_callee_or_operand(const struct tree *tree, node_id use)
{
	return tree->nodes[use].field == FIELD_function ||
	       node_is(tree, tree->nodes[use].parent, KIND_binary_expression);
}

/* Whether the name of a helper means something else within it: minified glue has `function t(e, t) {…}`. */
static bool is_shadowed(const struct planning *p, node_id function, struct str name)
{
	const struct scopes *scopes = p->glue->scopes;
	uint32_t id = tree_find_name(p->tree, name);
	for (binding_id b = 1; b < scopes->count; b++) {
		const struct binding *binding = &scopes->bindings[b];
		if (binding->name == id && node_inside(p->tree, binding->scope, function)) {
			return true;
		}
	}
	return false;
}

/* The parameter that is a text, the first, if nothing else of a helper's can be the user's; or 0. */
static binding_id text_of(const struct planning *p, node_id function)
{
	const struct tree *tree = p->tree;
	const struct scopes *scopes = p->glue->scopes;
	node_id parameters = node_child(tree, function, FIELD_parameters);
	if (parameters == NO_NODE) {
		return 0;
	}
	node_id first = node_first(tree, parameters);
	bool text = false;
	for (node_id n = first; n != NO_NODE; n = node_next(tree, n)) {
		if (!node_is(tree, n, KIND_identifier)) {
			return 0;
		}
		node_id use = scopes->bindings[scope_of(scopes, n)].first_use;
		for (; use != NO_NODE; use = scopes->next_use[use]) {
			if (n == first) {
				text |= reads_text(tree, use);
			} else if (!is_callee_or_operand(tree, use)) {
				return 0;
			}
		}
	}
	return text ? scope_of(scopes, first) : 0;
}

void plan_marshal(struct planning *p, const struct fact *fact)
{
	binding_id text = text_of(p, fact->node);
	if (text == 0 || is_shadowed(p, fact->node, fact->name)) {
		plan_insert_at_start(p, fact->node, plan_text(p, "%.*s.S.o++;try{", STR_ARGS(p->rg)));
		plan_insert_at_end(p, fact->node, plan_text(p, "}finally{%.*s.S.o--}", STR_ARGS(p->rg)));
		return;
	}
	struct str list = node_text(p->tree, node_child(p->tree, fact->node, FIELD_parameters));
	list = str_slice(list, 1, list.len - 1);
	plan_insert_at_start(p, fact->node,
		plan_text(p, "if(typeof %.*s!=\"string\"&&!%.*s.S.o)return %.*s.y(%.*s,[%.*s]);",
			STR_ARGS(binding_name(p->glue->scopes, text)), STR_ARGS(p->rg), STR_ARGS(p->rg),
			STR_ARGS(fact->name), STR_ARGS(list)));
}
