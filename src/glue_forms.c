/*
 * Holds what was found by its meaning against the forms that wasm-bindgen is known to generate. A
 * form that no shape knows is no reason to refuse (minifiers rewrite everything), but a reader of
 * `inspect` should look at it: a new release may have changed it.
 */
#include "glue.h"

/* Code as part of a message: on one line, and not too much of it. */
static struct str quote(struct arena *arena, struct str code)
{
	const size_t limit = 60;
	struct buf out = BUF_INIT;
	bool space = false;
	for (size_t i = 0; i < code.len; i++) {
		bool blank = strchr(" \t\r\n", code.data[i]) != NULL;
		if (!blank || !space) {
			buf_add_byte(&out, blank ? ' ' : code.data[i]);
		}
		space = blank;
		if (out.len >= limit && (code.data[i] & 0xc0) != 0x80) {
			buf_add(&out, STR(" …"));
			break;
		}
	}
	struct str result = arena_printf(arena, "`%.*s`", STR_ARGS(buf_str(&out)));
	buf_finish(&out);
	return result;
}

static void check(struct glue *glue, enum shape shape, node_id n)
{
	struct shape_difference difference;
	if (shape_match(shape, glue->tree, n, &difference)) {
		return;
	}
	struct arena *arena = glue->arena;
	const struct tree *tree = glue->tree;
	struct str found = quote(arena, node_text(tree, difference.node));
	struct str expected = quote(arena, difference.expected);
	uint32_t offset = tree->nodes[difference.node].start;
	struct str how;
	if (difference.missing) {
		offset = tree->nodes[difference.node].end;
		how = arena_printf(arena, "the known form goes on here with %.*s", STR_ARGS(expected));
	} else if (difference.expected.len == 0) {
		how = arena_printf(
			arena, "the known form has nothing here, and this has %.*s", STR_ARGS(found));
	} else {
		how = arena_printf(arena, "the known form has %.*s here, and this has %.*s",
			STR_ARGS(expected), STR_ARGS(found));
	}
	diag_add(arena, glue->diags, SEVERITY_NOTE, "near-miss", offset,
		"a %s in a form that is not known: %.*s", shape_name(shape), STR_ARGS(how));
}

/*
 * Exports of wasm-bindgen's own that the glue is known to use. One that is not among them is either a
 * new part of the machinery, which may keep state, or a renamed one.
 */
static bool is_known_export(struct str name)
{
	/* wasm-ld's own wrapper, where a module is linked as a command */
	if (str_ends(name, STR("_command_export"))) {
		name.len -= strlen("_command_export");
	}
	static const char *const names[] = {"__wbindgen_malloc", "__wbindgen_realloc",
		"__wbindgen_free", "__wbindgen_add_to_stack_pointer", "__wbindgen_start",
		"__wbindgen_exn_store", "__wbindgen_destroy_closure", "__wbindgen_externrefs",
		"__externref_drop_slice", "__externref_table_alloc", "__externref_table_dealloc",
		"__instance_terminated", "__abort_handler", "__wbindgen_thread_destroy",
		"__wbindgen_global_argument_ptr", "__wbindgen_jsval_cnt", NULL};
	return str_is_one_of(name, names) ||
	       str_starts(name, STR("__wbindgen_export")) || /* names that would be no identifiers */
	       str_starts(name, STR("__wbg_")) || /* classes: __wbg_counter_free, __wbg_get_point_x */
	       str_starts(name, STR("__wbgt")) || /* what wasm-bindgen-test exports of a library's tests */
	       !(str_starts(name, STR("__wb")) || str_starts(name, STR("__externref")));
}

static void check_exports(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[glue->exports];
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		struct str name = glue_export_read(glue, tree->nodes[u].parent);
		if (name.len != 0 && !is_known_export(name)) {
			diag_add(glue->arena, glue->diags, SEVERITY_NOTE, "unknown-export",
				tree->nodes[u].start, "'%.*s' is an export of wasm-bindgen's own that is not known",
				STR_ARGS(name));
		}
	}
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
	check_exports(glue);
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
			/* an import that lends a closure (`__wbg_forEach_…`) has its state in itself */
			if (node_is(tree, maker, KIND_function_declaration) &&
				node_function(tree, fact->node) == maker &&
				!str_starts(node_text(tree, node_child(tree, maker, FIELD_name)), STR("__wbg_"))) {
				check(glue, SHAPE_CLOSURE, maker);
			}
		} else if (fact->kind == FACT_FREE && str_equal(fact->name, STR("free")) &&
				   node_is(tree, fact->node, KIND_method_definition)) {
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
