/*
 * wasm-bindgen's own reset machinery (0.2.102 and later, behind flags or by what Rust calls), which reglue
 * joins (R14):
 *
 *   __wbg_reset_state()     makes a new instance      -> becomes our own reinit
 *   __wbg_reinit_scheduled  set by Rust               -> heeded by entry hooks, before marshalling
 *   __wbg_call_guard()      before each raw call      -> never resets there, quiet when poisoned
 *   __wbg_handle_catch()    after a raw call that threw: always rethrows
 *   __wbg_call_abort_hook() Rust's abort handler      -> still reaches the dead instance
 *
 * Two halves, each of which is there without the other: a reset, on demand or because Rust calls
 * schedule_reinit(); and a guard against instances that say of themselves that they are terminated, in all
 * that is compiled with panic=unwind or with the abort handler. Before 0.2.116 the guard is called
 * __wbg_termination_guard(), and 0.2.115 calls the abort handler in __wbg_invoke_handler().
 *
 * Bundlers and minifiers rename all of these, so each is known by what it does: by the exports that it reads,
 * whose names stay, or by the instance that it makes. Glue that has one of the names and not the
 * function behind it is refused.
 */
#include "glue.h"

/* The variable at the glue's top level that an identifier names, or 0. */
static binding_id root_variable(const struct glue *glue, node_id identifier)
{
	if (!node_is(glue->tree, identifier, KIND_identifier)) {
		return 0;
	}
	binding_id b = scope_of(glue->scopes, identifier);
	const struct binding *binding = &glue->scopes->bindings[b];
	return b != 0 && b != glue->exports && binding->scope == glue->root &&
	               (binding->kind == BINDING_LET || binding->kind == BINDING_VAR) &&
	               binding_function(glue->scopes, b) == NO_NODE
	           ? b
	           : 0;
}

/* The function at the glue's top level around n, if it has a block, else NO_NODE. */
static node_id function_around(const struct glue *glue, node_id n)
{
	node_id function = glue_function_around(glue, n);
	return function != NO_NODE &&
	               node_is(glue->tree, node_body(glue->tree, function), KIND_statement_block)
	           ? function
	           : NO_NODE;
}

/* The top-level variable that an assignment around n, within its function, writes: `addr ??= wasm.x.value / 4` */
static binding_id assigned_from(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (; n != NO_NODE && !node_is_function(tree, n); n = tree->nodes[n].parent) {
		if (node_is(tree, n, KIND_assignment_expression) ||
			node_is(tree, n, KIND_augmented_assignment_expression)) {
			return root_variable(glue, node_child(tree, n, FIELD_left));
		}
	}
	return 0;
}

/* The function that is called with n among its arguments, by its name or where it stands; or NO_NODE. */
static node_id called_with(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	while (n != NO_NODE && !node_is_function(tree, n) && !node_is(tree, n, KIND_call_expression)) {
		n = tree->nodes[n].parent;
	}
	if (!node_is(tree, n, KIND_call_expression)) {
		return NO_NODE;
	}
	node_id callee = node_unwrap(tree, node_child(tree, n, FIELD_function));
	return node_is_function(tree, callee)
	           ? callee
	           : binding_function(glue->scopes, scope_of(glue->scopes, callee));
}

/* Of a function with one parameter: whether it is that parameter. */
static bool is_only_parameter(const struct glue *glue, node_id function, node_id identifier)
{
	const struct tree *tree = glue->tree;
	node_id parameters = node_child(tree, function, FIELD_parameters);
	return node_child_count(tree, parameters) == 1 && node_is(tree, identifier, KIND_identifier) &&
	       scope_of(glue->scopes, identifier) != 0 &&
	       scope_of(glue->scopes, identifier) ==
	           scope_of(glue->scopes, node_first(tree, parameters));
}

/* What reads the exports that only this machinery has. */
static void read_termination(struct glue *glue, struct upstream *found)
{
	const struct tree *tree = glue->tree;
	if (tree_find_name(tree, STR("__instance_terminated")) == 0) {
		return;
	}
	for (node_id n = 1; n < tree->count; n++) {
		struct str name = glue_export_read(glue, n);
		if (str_equal(name, STR("__instance_terminated"))) {
			found->terminates = n;
			found->guard = function_around(glue, n);
			found->address = assigned_from(glue, n);
		} else if (str_equal(name, STR("__abort_handler"))) {
			node_id handler = called_with(glue, n); /* 0.2.115 */
			found->aborts = n;
			found->hook = handler != NO_NODE ? handler : glue_function_around(glue, n);
		}
	}
}

/* `e.getArg(tag, 0)` of the only parameter, in a function that marks the instance as terminated. */
static void read_catch_handler(struct glue *glue, struct upstream *found)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count && found->address != 0; n++) {
		if (!node_is(tree, n, KIND_member_expression) ||
			!str_equal(node_property(tree, n), STR("getArg"))) {
			continue;
		}
		node_id function = function_around(glue, n);
		if (function != NO_NODE && glue_names(glue, function, found->address) &&
			is_only_parameter(glue, function, node_child(tree, n, FIELD_object))) {
			found->handle_catch = function;
		}
	}
}

/* Whether what stands around n is left for n's sake only after n was done: `if (n++, …)`, `n ? … : …` */
static bool is_done_first(const struct tree *tree, node_id n)
{
	switch (tree->nodes[tree->nodes[n].parent].kind) {
	case KIND_expression_statement:
	case KIND_sequence_expression:
	case KIND_return_statement:
	case KIND_parenthesized_expression:
		return true;
	case KIND_if_statement:
	case KIND_ternary_expression:
		return tree->nodes[n].field == FIELD_condition;
	case KIND_binary_expression:
		return tree->nodes[n].field == FIELD_left;
	default:
		return false;
	}
}

/* Whether n is done whenever the function is called. */
static bool is_unconditional(const struct tree *tree, node_id n, node_id function)
{
	while (is_done_first(tree, n)) {
		n = tree->nodes[n].parent;
	}
	return tree->nodes[n].parent == node_body(tree, function);
}

/* A function that makes an instance, keeps its exports, and counts: objects are told apart by that. */
static void read_reset(struct glue *glue, struct upstream *found)
{
	const struct tree *tree = glue->tree;
	if (tree_find_name(tree, STR("__wbg_reset_state")) == 0 &&
		tree_find_name(tree, STR("__wbg_inst")) == 0 &&
		!tree_has_prefix(tree, STR("__wbg___wbindgen_reinit_"))) {
		return;
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (!node_is(tree, n, KIND_new_expression) ||
			!is_global_path(glue, node_child(tree, n, FIELD_constructor), "WebAssembly.Instance")) {
			continue;
		}
		node_id function = function_around(glue, n);
		if (function == NO_NODE || !glue_names(glue, function, glue->exports)) {
			continue;
		}
		for (node_id i = function; i < tree->nodes[function].last; i++) {
			binding_id counter = node_is(tree, i, KIND_update_expression)
			                         ? root_variable(glue, node_first(tree, i))
			                         : 0;
			if (counter != 0) {
				found->instance = counter;
				found->maker = function;
			}
			if (counter != 0 && is_unconditional(tree, i, function)) {
				found->reset = function;
			}
		}
	}
}

static bool is_false(const struct tree *tree, node_id n)
{
	return node_is(tree, n, KIND_false) || node_is_text(tree, n, STR("!1"));
}

/* The flag that Rust asks for a reset by: the reset puts it back. */
static void read_schedule(struct glue *glue, struct upstream *found)
{
	const struct tree *tree = glue->tree;
	node_id maker = found->maker;
	for (node_id n = maker; n < tree->nodes[maker].last; n++) {
		node_id parent = tree->nodes[n].parent;
		binding_id flag = root_variable(glue, n);
		if (flag != 0 && flag != found->called &&
			node_is(tree, parent, KIND_assignment_expression) &&
			tree->nodes[n].field == FIELD_left &&
			is_false(tree, node_child(tree, parent, FIELD_right))) {
			found->scheduled = flag;
		}
	}
}

/* The function that heeds it: a minifier may have put the reset into it, or it into all that call wasm. */
static void read_guard(struct glue *glue, struct upstream *found)
{
	const struct scopes *scopes = glue->scopes;
	if (found->reset == NO_NODE) {
		found->guard = found->maker;
		return;
	}
	binding_id reset = glue_function_binding(glue, found->reset);
	for (node_id u = reset == 0 ? NO_NODE : scopes->bindings[reset].first_use;
		 u != NO_NODE && found->guard == NO_NODE; u = scopes->next_use[u]) {
		node_id around =
			glue->tree->nodes[u].field == FIELD_function ? function_around(glue, u) : NO_NODE;
		if (around != NO_NODE && !glue_names(glue, around, glue->exports)) {
			found->guard = around;
		}
	}
}

static void read_called(struct glue *glue, struct upstream *found)
{
	node_id hook = found->hook;
	for (node_id n = hook; hook != NO_NODE && n < glue->tree->nodes[hook].last; n++) {
		binding_id flag = root_variable(glue, n);
		if (flag != 0 && use_is_write(glue->tree, n)) {
			found->called = flag;
		}
	}
}

/* `export { f as name }`: what users call it by */
static bool is_exported_name(const struct tree *tree, node_id n)
{
	return node_is(tree, tree->nodes[n].parent, KIND_export_specifier) &&
	       tree->nodes[n].field == FIELD_alias;
}

/* An identifier that bears a name of the machinery and is not that part of it; else NO_NODE. */
static node_id find_misunderstood(const struct glue *glue, const struct upstream *found)
{
	const struct {
		struct str name;
		node_id function;
		binding_id variable;
	} parts[] = {
		{STR("__wbg_call_guard"), found->guard, 0},
		{STR("__wbg_termination_guard"), found->guard, 0},
		{STR("__wbg_handle_catch"), found->handle_catch, 0},
		{STR("__wbg_call_abort_hook"), found->hook, 0},
		{STR("__wbg_reset_state"), found->reset, 0},
		{STR("__wbg_reinit_scheduled"), NO_NODE, found->scheduled},
		{STR("__wbg_instance_id"), NO_NODE, found->instance},
	};
	const struct tree *tree = glue->tree;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		uint32_t name = tree_find_name(tree, parts[i].name);
		binding_id meant = parts[i].function == NO_NODE
		                       ? parts[i].variable
		                       : glue_function_binding(glue, parts[i].function);
		for (node_id n = 1; n < tree->count && name != 0; n++) {
			if (tree->nodes[n].name == name && tree->nodes[n].kind == KIND_identifier &&
				(meant == 0 ||
					(scope_of(glue->scopes, n) != meant && !is_exported_name(tree, n)))) {
				return n;
			}
		}
	}
	return NO_NODE;
}

void glue_find_upstream(struct glue *glue)
{
	struct upstream *found = &glue->upstream;
	read_termination(glue, found);
	read_catch_handler(glue, found);
	read_called(glue, found);
	read_reset(glue, found);
	if (found->maker != NO_NODE) {
		read_schedule(glue, found);
		read_guard(glue, found);
	}
}

static bool is_called_by_glue(const struct glue *glue, node_id function)
{
	binding_id name = glue_function_binding(glue, function);
	for (node_id u = name == 0 ? NO_NODE : glue->scopes->bindings[name].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (glue->tree->nodes[u].field == FIELD_function) {
			return true;
		}
	}
	return false;
}

static node_id find_unknown(const struct glue *glue)
{
	const struct upstream *found = &glue->upstream;
	if (found->terminates != NO_NODE &&
		(found->guard == NO_NODE || found->address == 0 || found->handle_catch == NO_NODE)) {
		return found->terminates;
	}
	if (found->aborts != NO_NODE &&
		(found->hook == NO_NODE || found->hook == found->handle_catch)) {
		return found->aborts;
	}
	if (found->maker != NO_NODE && found->reset == NO_NODE &&
		(found->scheduled == 0 || !glue_names(glue, found->maker, found->scheduled))) {
		return found->maker;
	}
	if (found->reset != NO_NODE && found->scheduled == 0 && is_called_by_glue(glue, found->reset)) {
		return found->reset;
	}
	/* of several glues in a file, bundlers rename all but one, and the names are that one's */
	return glue->file->count == 1 ? find_misunderstood(glue, found) : NO_NODE;
}

/* Reads of the flag, in the guard or where a minifier has put it: a reset there would come after marshalling, or
 * in a nested call. */
static void read_flag(struct glue *glue, binding_id scheduled)
{
	for (node_id u = glue->scopes->bindings[scheduled].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (!use_is_write(glue->tree, u)) {
			glue_add(glue, FACT_UPSTREAM_FLAG, u);
		}
	}
}

/* What to call it in a message: a function's name, or the text. */
static struct str name_of(const struct glue *glue, node_id n)
{
	binding_id b = node_is_function(glue->tree, n) ? glue_function_binding(glue, n) : 0;
	return b != 0                            ? binding_name(glue->scopes, b)
	       : node_is_function(glue->tree, n) ? STR("a function without a name")
	                                         : node_text(glue->tree, n);
}

bool glue_read_upstream(struct glue *glue)
{
	const struct upstream *found = &glue->upstream;
	const struct scopes *scopes = glue->scopes;
	node_id unknown = find_unknown(glue);
	if (unknown != NO_NODE) {
		glue_refuse(glue, "upstream-guard", unknown,
			"wasm-bindgen's own reset machinery, in a form that is not known (%.*s)",
			STR_ARGS(name_of(glue, unknown)));
		return false;
	}
	if (found->reset != NO_NODE) {
		glue_add(glue, FACT_UPSTREAM_RESET, found->reset);
	}
	if (found->guard != NO_NODE) {
		glue_add(glue, FACT_UPSTREAM_GUARD, found->guard);
	}
	if (found->scheduled != 0) {
		glue->scheduled = binding_name(scopes, found->scheduled);
		read_flag(glue, found->scheduled);
	}
	if (found->hook != NO_NODE) {
		glue_add(glue, FACT_UPSTREAM_HOOK, found->hook);
	}
	return true;
}

bool glue_is_upstream(const struct glue *glue, binding_id name)
{
	const struct upstream *u = &glue->upstream;
	node_id function = name == 0 ? NO_NODE : binding_function(glue->scopes, name);
	return function != NO_NODE && (function == u->guard || function == u->handle_catch ||
									  function == u->maker || function == u->hook);
}

/* Flags of the machinery that a new instance starts without; the id tells its objects apart. */
struct str glue_upstream_reset(const struct glue *glue, binding_id binding, node_id value)
{
	const struct upstream *u = &glue->upstream;
	struct str name = binding_name(glue->scopes, binding);
	if (binding == u->instance) {
		return arena_printf(glue->arena, "%.*s++;", STR_ARGS(name));
	}
	if (binding == u->scheduled || binding == u->called || binding == u->address) {
		return arena_printf(glue->arena, "%.*s=%.*s;", STR_ARGS(name),
			STR_ARGS(value == NO_NODE ? STR("undefined") : node_text(glue->tree, value)));
	}
	return (struct str){"", 0};
}
