/*
 * wasm-bindgen's own reset machinery (0.2.102 and later, behind flags), which reglue joins (R14):
 *
 *   __wbg_reset_state()     makes a new instance      -> becomes our own reinit
 *   __wbg_reinit_scheduled  set by Rust               -> heeded by entry hooks, before marshalling
 *   __wbg_call_guard()      before each raw call      -> never resets there, quiet when poisoned
 *   __wbg_call_abort_hook() Rust's abort handler      -> still reaches the dead instance
 *
 * Before 0.2.116 there is the reset with __wbg_instance_id, by which it tells old objects, and in modules
 * that unwind __wbg_termination_guard(), which refuses calls once the instance says of itself that it is
 * terminated. 0.2.115 calls the abort handler in __wbg_invoke_handler().
 * These names are part of upstream's interface with itself and keep their spelling; glue that
 * mentions them in any other form is refused.
 */
#include "glue.h"

static const struct str machinery[] = {{"__wbg_call_guard", 16}, {"__wbg_instance_id", 17},
	{"__wbg_reset_state", 17}, {"__instance_terminated", 21}, {"__wbg_reinit_scheduled", 22},
	{"__wbg_call_abort_hook", 21}, {"__wbg_termination_guard", 23}};

static bool is_machinery(struct str name)
{
	for (size_t i = 0; i < sizeof(machinery) / sizeof(*machinery); i++) {
		if (str_equal(name, machinery[i])) {
			return true;
		}
	}
	return false;
}

static binding_id find_binding(const struct glue *glue, struct str name)
{
	for (binding_id b = 1; b < glue->scopes->count; b++) {
		if (glue->scopes->bindings[b].scope == glue->root &&
			str_equal(binding_name(glue->scopes, b), name)) {
			return b;
		}
	}
	return 0;
}

static node_id find_function(const struct glue *glue, struct str name)
{
	node_id function = binding_function(glue->scopes, find_binding(glue, name));
	return function != NO_NODE &&
	               node_is(glue->tree, node_body(glue->tree, function), KIND_statement_block)
	           ? function
	           : NO_NODE;
}

static node_id first_mention(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].name != 0 && is_machinery(tree->names[tree->nodes[n].name])) {
			return n;
		}
	}
	return NO_NODE;
}

/* Reads of the flag in the guard: a reset there would come after marshalling, or in a nested call. */
static void read_guard(struct glue *glue, node_id guard, binding_id scheduled)
{
	glue_add(glue, FACT_UPSTREAM_GUARD, guard);
	for (node_id u = glue->scopes->bindings[scheduled].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (node_inside(glue->tree, u, guard)) {
			glue_add(glue, FACT_UPSTREAM_FLAG, u);
		}
	}
}

static bool mentions(const struct glue *glue, struct str name)
{
	return tree_find_name(glue->tree, name) != 0;
}

/* The machinery from 0.2.116 on: Rust can ask for a reset, and the guard heeds it. */
static bool read_scheduling(struct glue *glue)
{
	node_id reset = find_function(glue, STR("__wbg_reset_state"));
	node_id guard = find_function(glue, STR("__wbg_call_guard"));
	node_id hook = find_function(glue, STR("__wbg_call_abort_hook"));
	binding_id scheduled = find_binding(glue, STR("__wbg_reinit_scheduled"));
	if (reset == NO_NODE || guard == NO_NODE || scheduled == 0 ||
		mentions(glue, STR("__wbg_termination_guard"))) {
		return false;
	}
	glue->scheduled = binding_name(glue->scopes, scheduled);
	glue_add(glue, FACT_UPSTREAM_RESET, reset);
	read_guard(glue, guard, scheduled);
	if (hook != NO_NODE) {
		glue_add(glue, FACT_UPSTREAM_HOOK, hook);
	}
	return true;
}

/* The machinery before that: a reset that users call, a guard that only refuses; either or both. */
static bool read_first_form(struct glue *glue)
{
	node_id reset = find_function(glue, STR("__wbg_reset_state"));
	node_id guard = find_function(glue, STR("__wbg_termination_guard"));
	bool resets = mentions(glue, STR("__wbg_reset_state"));
	bool guards = mentions(glue, STR("__wbg_termination_guard"));
	if (mentions(glue, STR("__wbg_call_guard")) || mentions(glue, STR("__wbg_reinit_scheduled")) ||
		mentions(glue, STR("__wbg_call_abort_hook")) || resets != (reset != NO_NODE) ||
		guards != (guard != NO_NODE) || !(resets || guards) ||
		resets != (find_binding(glue, STR("__wbg_instance_id")) != 0) ||
		guards != mentions(glue, STR("__instance_terminated"))) {
		return false;
	}
	if (resets) {
		glue_add(glue, FACT_UPSTREAM_RESET, reset);
	}
	if (guards) {
		glue_add(glue, FACT_UPSTREAM_GUARD, guard);
	}
	node_id hook = find_function(glue, STR("__wbg_invoke_handler"));
	if (hook != NO_NODE) {
		glue_add(glue, FACT_UPSTREAM_HOOK, hook);
	}
	return true;
}

bool glue_read_upstream(struct glue *glue)
{
	node_id mention = first_mention(glue);
	if (mention == NO_NODE) {
		return true;
	}
	if (!read_scheduling(glue) && !read_first_form(glue)) {
		glue_refuse(glue, "upstream-guard", mention,
			"wasm-bindgen's own reset machinery, in a form that is not known (%.*s)",
			STR_ARGS(node_text(glue->tree, mention)));
		return false;
	}
	glue->joins_upstream = true;
	glue->stays_terminated = mentions(glue, STR("__instance_terminated"));
	return true;
}

bool glue_is_upstream(struct str function)
{
	return is_machinery(function) || str_equal(function, STR("__wbg_handle_catch"));
}

/* Flags of the machinery that a new instance starts without; the id tells its objects apart. */
struct str glue_upstream_reset(const struct glue *glue, binding_id binding, node_id value)
{
	struct str name = binding_name(glue->scopes, binding);
	if (!glue->joins_upstream) {
		return (struct str){"", 0};
	}
	if (str_equal(name, STR("__wbg_instance_id"))) {
		return STR("__wbg_instance_id++;");
	}
	if ((glue->scheduled.len != 0 && str_equal(name, glue->scheduled)) ||
		str_equal(name, STR("__wbg_called_abort")) ||
		str_equal(name, STR("__wbg_terminated_addr"))) {
		return arena_printf(glue->arena, "%.*s=%.*s;", STR_ARGS(name),
			STR_ARGS(value == NO_NODE ? STR("undefined") : node_text(glue->tree, value)));
	}
	return (struct str){"", 0};
}
