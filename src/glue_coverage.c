/*
 * Every call of an export that is no intrinsic must stand in a function that has a hook: in an
 * entrypoint, a closure of Rust's, or something that only wasm calls. Minifiers move generated
 * functions into their callers; a call that ends up in a plain function of its own gets an
 * entrypoint there, any other is refused.
 */
#include "glue.h"

static bool is_hook(enum fact_kind kind)
{
	switch (kind) {
	case FACT_FUNCTION:
	case FACT_CONSTRUCTOR:
	case FACT_STATIC:
	case FACT_METHOD:
	case FACT_GETTER:
	case FACT_SETTER:
	case FACT_FREE:
	case FACT_CLOSURE:
	case FACT_CLOSURE_UNREF:
	case FACT_UNWRAP:
	case FACT_REGISTRY: /* called through the guard of the registry */
	case FACT_UPSTREAM_RESET:
		return true;
	default:
		return false;
	}
}

static uint8_t *mark_hooks(const struct glue *glue)
{
	uint8_t *hooked = arena_array(glue->arena, uint8_t, glue->tree->count); /* by node */
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (is_hook(glue->facts[i].kind)) {
			hooked[glue->facts[i].node] = 1;
		}
	}
	return hooked;
}

/* Members of a class that only the glue itself calls. */
static bool is_inner_member(const struct tree *tree, node_id function)
{
	struct str name = node_is(tree, function, KIND_method_definition)
	                      ? node_text(tree, node_child(tree, function, FIELD_name))
	                      : (struct str){"", 0};
	return str_equal(name, STR("__getClassname")) || str_starts(name, STR("__wrap")) ||
	       str_starts(name, STR("__destroy_into_raw"));
}

/* A hook at the start of such a function may run long before what stands in the rest of it. */
static bool is_suspendable(const struct tree *tree, node_id function)
{
	return (tree->nodes[function].flags & (NODE_ASYNC | NODE_GENERATOR)) != 0 ||
	       node_is(tree, function, KIND_generator_function) ||
	       node_is(tree, function, KIND_generator_function_declaration);
}

static bool is_covered(const struct glue *glue, const uint8_t *hooked, node_id n)
{
	const struct tree *tree = glue->tree;
	for (node_id f = n; f != NO_NODE && f != glue->root; f = tree->nodes[f].parent) {
		if ((hooked[f] && !is_suspendable(tree, f)) || is_inner_member(tree, f)) {
			return true;
		}
	}
	return glue_inside_shim(glue, n);
}

static bool check_call(struct glue *glue, uint8_t *hooked, node_id call, struct str name)
{
	const struct tree *tree = glue->tree;
	node_id function = node_function(tree, call);
	if (function == NO_NODE || function == glue->root || is_suspendable(tree, function) ||
		node_is(tree, function, KIND_method_definition)) {
		glue_refuse(glue, "unguarded-call", call,
			"the export '%.*s' is called where no hook can stand before the call's arguments",
			STR_ARGS(name));
		return false;
	}
	glue_add_function(glue, function, name);
	hooked[function] = 1;
	return true;
}

/* Fields of objects, and what frees these, are wasm-bindgen's own exports by their names, but members of classes call them. */
static bool is_left_member(const struct glue *glue, node_id call, struct str name)
{
	node_id function = node_function(glue->tree, call);
	return (str_starts(name, STR("__wbg_get_")) || str_starts(name, STR("__wbg_set_")) ||
			   (str_starts(name, STR("__wbg_")) && str_ends(name, STR("_free")))) &&
	       function != NO_NODE && glue_member_kind(glue, function) != FACT_FUNCTION;
}

bool glue_check_coverage(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	uint8_t *hooked = mark_hooks(glue);
	bool covered = true;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		struct str name = glue_export_read(glue, n);
		if (name.len != 0 && tree->nodes[n].field == FIELD_function &&
			(!export_is_intrinsic(name) || is_left_member(glue, n, name)) &&
			!is_covered(glue, hooked, n)) {
			covered &= check_call(glue, hooked, n, name);
		}
	}
	return covered;
}
