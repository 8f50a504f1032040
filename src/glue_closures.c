/* Rust closures handed to JS, the promises they settle, and catch blocks that talk to Rust. */
#include "glue.h"

static bool has_keys_a_and_b(const struct tree *tree, node_id object, bool *counted)
{
	bool a = false, b = false;
	*counted = false;
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		node_id key = node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_key) : p;
		a |= node_is_text(tree, key, STR("a"));
		b |= node_is_text(tree, key, STR("b"));
		*counted |= node_is_text(tree, key, STR("cnt"));
	}
	return a && b;
}

/* The outermost function between n and its enclosing function `outer`. */
static node_id nested_function(const struct tree *tree, node_id n, node_id outer)
{
	node_id found = NO_NODE;
	for (; n != NO_NODE && n != outer; n = tree->nodes[n].parent) {
		if (node_is_function(tree, n)) {
			found = n;
		}
	}
	return found;
}

/* What a function expression is part of; some minifiers put parentheses around it. */
static node_id parent_of(const struct tree *tree, node_id function)
{
	node_id parent = tree->nodes[function].parent;
	while (node_is(tree, parent, KIND_parenthesized_expression)) {
		parent = tree->nodes[parent].parent;
	}
	return parent;
}

/* The identifier of the variable that receives a function expression, or NO_NODE. */
static node_id variable_of(const struct tree *tree, node_id function)
{
	node_id parent = parent_of(tree, function);
	node_id name = NO_NODE;
	if (node_is(tree, parent, KIND_variable_declarator)) {
		name = node_child(tree, parent, FIELD_name);
	} else if (node_is(tree, parent, KIND_assignment_expression)) {
		name = node_child(tree, parent, FIELD_left);
	}
	return node_is(tree, name, KIND_identifier) ? name : NO_NODE;
}

/* `real._wbg_cb_unref = () => { … }`: part of dropping a closure. */
static bool is_unref(const struct tree *tree, node_id function)
{
	node_id parent = parent_of(tree, function);
	return node_is(tree, parent, KIND_assignment_expression) &&
	       node_is(tree, node_child(tree, parent, FIELD_left), KIND_member_expression);
}

/*
 * Whether a function makes Rust closures: it reaches the exports (a borrowed closure's adapter, a
 * destructor), or it is what a shim hands an adapter to. Other code has objects with a and b as well.
 */
static bool makes_closures(const struct glue *glue, node_id function, bool counted)
{
	if (!counted) {
		return glue_inside_shim(glue, function) && glue_touches(glue, function);
	}
	return glue_touches(glue, function) || (glue->roles[glue_function_binding(glue, function)] &
											   (ROLE_HANDED | ROLE_MARSHALS)) != 0;
}

/*
 * `state = { a, b, … }`, a declarator or an assignment: the two words of a Rust closure. Every nested function
 * that reads them is a way into Rust.
 */
static void read_closure_state(struct glue *glue, node_id holder, node_id name, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id outer = node_function(tree, holder);
	bool counted;
	if (outer == NO_NODE || !node_is(tree, name, KIND_identifier) ||
		!node_is(tree, value, KIND_object) || !has_keys_a_and_b(tree, value, &counted) ||
		!makes_closures(glue, outer, counted)) {
		return;
	}
	binding_id binding = scope_of(glue->scopes, name);
	if (binding == 0) {
		return;
	}
	bool any = false;
	for (node_id u = glue->scopes->bindings[binding].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id function = nested_function(tree, u, outer);
		if (function == NO_NODE) {
			continue;
		}
		if (glue_is_marked(glue->closures, function)) {
			any |= glue->scopes->bindings[binding].declares != holder; /* written once more */
			continue;
		}
		glue_mark(glue, &glue->closures, function);
		struct fact *fact =
			glue_add(glue, is_unref(tree, function) ? FACT_CLOSURE_UNREF : FACT_CLOSURE, function);
		fact->name = node_text(tree, name);
		fact->other = variable_of(tree, function);
		any = true;
	}
	if (any) {
		struct fact *fact = glue_add(glue, FACT_CLOSURE_STATE, value);
		fact->name = node_text(tree, name);
		fact->other = glue->scopes->bindings[binding].declares;
	}
}

struct str glue_shim_around(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (; n != NO_NODE; n = tree->nodes[n].parent) {
		if (!node_is_function(tree, n)) {
			continue;
		}
		struct str name =
			node_is(tree, n, KIND_function_declaration)
				? glue_listed_as(glue, scope_of(glue->scopes, node_child(tree, n, FIELD_name)))
				: glue_shim_name(glue, n);
		if (str_starts(name, STR("__wbg_")) || str_starts(name, STR("__wbindgen_"))) {
			return name;
		}
	}
	return (struct str){"", 0};
}

static bool in_import_shim(const struct glue *glue, node_id n)
{
	return glue_shim_around(glue, n).len != 0;
}

/*
 * `new Promise(closure)`; a minifier puts the closure itself there. Closure Compiler makes variables of its state, so
 * that nothing tells it: then it counts that an import makes the promise, and its executor reaches wasm.
 */
static void read_promise(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id argument = node_nth(tree, node_child(tree, n, FIELD_arguments), 0);
	node_id function = node_unwrap(tree, argument);
	if (node_is(tree, argument, KIND_identifier)) {
		function = binding_function(glue->scopes, scope_of(glue->scopes, argument));
	}
	if (function == NO_NODE || !node_is_function(tree, function)) {
		return;
	}
	if (glue_is_marked(glue->closures, function) ||
		(in_import_shim(glue, n) && glue_touches(glue, function))) {
		glue_add(glue, FACT_PROMISE, n)->other = argument;
	}
}

/* `__wbindgen_throw` and `__wbindgen_rethrow`: what they throw is Rust's own doing, not foreign. */
static void read_throw(struct glue *glue, node_id n)
{
	struct str shim = glue_shim_around(glue, n);
	/* 0.2.101 to 0.2.104 spell it `__wbg_wbindgenthrow_…` */
	static const struct str names[] = {{"wbindgen_throw", 14}, {"wbindgen_rethrow", 16},
		{"wbindgenthrow", 13}, {"wbindgenrethrow", 15}};
	bool own = false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		own |= str_find(shim, names[i]) != (size_t)-1;
	}
	if (own) {
		glue_add(glue, FACT_OWN_ERROR, node_first(glue->tree, n));
	}
}

static bool calls_later(struct str name)
{
	return str_equal(name, STR("then")) || str_equal(name, STR("catch")) ||
	       str_equal(name, STR("finally")) || str_equal(name, STR("queueMicrotask")) ||
	       str_equal(name, STR("setTimeout")) || str_equal(name, STR("setInterval")) ||
	       str_equal(name, STR("setImmediate")) || str_equal(name, STR("requestAnimationFrame"));
}

static void read_call(struct glue *glue, node_id call)
{
	const struct tree *tree = glue->tree;
	node_id callee = node_child(tree, call, FIELD_function);
	node_id arguments = node_child(tree, call, FIELD_arguments);
	bool member = node_is(tree, callee, KIND_member_expression);
	struct str name = member ? node_property(tree, callee) : node_text(tree, callee);
	if (!node_is(tree, arguments, KIND_arguments)) {
		return;
	}
	if (is_global_path(glue, callee, "console.error")) {
		if (node_child_count(tree, arguments) == 1 && in_import_shim(glue, call)) {
			glue_add(glue, FACT_PANIC_TEXT, node_first(tree, arguments));
		}
		return;
	}
	if (!calls_later(name) || !in_import_shim(glue, call)) {
		return;
	}
	for (node_id a = node_first(tree, arguments); a != NO_NODE; a = node_next(tree, a)) {
		if (!node_is(tree, a, KIND_spread_element)) {
			glue_add(glue, FACT_HOST_CALL, a);
		}
	}
}

/* `catch (e) { __wbg_handle_catch(e); }`: always rethrows, after Rust's abort handler has run. */
static bool hands_to_upstream(const struct glue *glue, node_id clause)
{
	const struct tree *tree = glue->tree;
	node_id statement = node_first(tree, node_body(tree, clause));
	node_id call = statement == NO_NODE ? NO_NODE : node_first(tree, statement);
	if (!node_is(tree, call, KIND_call_expression) || glue->upstream.handle_catch == NO_NODE) {
		return false;
	}
	binding_id callee = scope_of(glue->scopes, node_child(tree, call, FIELD_function));
	return callee != 0 && binding_function(glue->scopes, callee) == glue->upstream.handle_catch;
}

/*
 * `imports.wbg.__wbg_queueMicrotask_… = typeof queueMicrotask == 'function' ? queueMicrotask : …`, or
 * `export const __wbg_queueMicrotask_… = …` for bundlers: with reference types an import needs no shim.
 */
static void read_direct_import(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id left = node_child(tree, n, FIELD_left), right = node_child(tree, n, FIELD_right);
	struct str name = node_property(tree, left);
	if (!node_is(tree, n, KIND_assignment_expression)) {
		left = node_child(tree, n, node_is(tree, n, KIND_pair) ? FIELD_key : FIELD_name);
		right = node_child(tree, n, FIELD_value);
		binding_id variable =
			node_is(tree, left, KIND_identifier) ? scope_of(glue->scopes, left) : 0;
		name = variable != 0 ? glue_listed_as(glue, variable) : node_text(tree, left);
	}
	if (right == NO_NODE || !str_starts(name, STR("__wbg_")) || node_is_function(tree, right)) {
		return;
	}
	node_id around = node_function(tree, right);
	for (node_id i = right; i < tree->nodes[right].last; i++) {
		/* what a function inside it mentions is that function's */
		if (tree->nodes[i].kind == KIND_identifier && scope_of(glue->scopes, i) == 0 &&
			calls_later(node_text(tree, i)) && node_function(tree, i) == around) {
			glue_add(glue, FACT_HOST_IMPORT, right);
			return;
		}
	}
}

/* Whether a catch block puts errors into exceptions of upstream's own, for landing pads of Rust's. */
static bool wraps_errors(const struct glue *glue, node_id clause)
{
	const struct tree *tree = glue->tree;
	for (node_id n = clause; glue->upstream.handle_catch != 0 && n < tree->nodes[clause].last;
		 n++) {
		if (node_is(tree, n, KIND_new_expression) &&
			is_global_path(glue, node_child(tree, n, FIELD_constructor), "WebAssembly.Exception")) {
			return true;
		}
	}
	return false;
}

/*
 * A catch block that enters wasm turns an error into a value for Rust. A fault must not be
 * converted: it would be swallowed, for on a poisoned instance nothing takes it over.
 *
 * Where it becomes an exception for Rust, a trap must not be one, for nothing of Rust's may run then. It
 * is the one thing that passes landing pads as it is; anything else that did would end in another trap.
 */
static bool read_catch(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id around = glue_function_around(glue, n);
	binding_id function =
		around == NO_NODE ? 0 : scope_of(glue->scopes, node_child(tree, around, FIELD_name));
	if (glue_is_upstream(glue, function)) {
		return true;
	}
	bool wraps = wraps_errors(glue, n);
	if (!(glue_touches(glue, node_body(tree, n)) || wraps) ||
		(function != 0 && (glue->roles[function] & ROLE_INIT) != 0)) {
		return true;
	}
	if (hands_to_upstream(glue, n)) {
		return true;
	}
	node_id parameter = node_child(tree, n, FIELD_parameter);
	if (!node_is(tree, parameter, KIND_identifier)) {
		glue_refuse(glue, "catch", n, "a catch block enters wasm without naming its error");
		return false;
	}
	struct fact *fact = glue_add(glue, wraps ? FACT_CATCH_TRAP : FACT_CATCH, n);
	fact->name = node_text(tree, parameter);
	return true;
}

bool glue_read_closures(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool understood = true;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		switch (tree->nodes[n].kind) {
		case KIND_variable_declarator:
			read_closure_state(
				glue, n, node_child(tree, n, FIELD_name), node_child(tree, n, FIELD_value));
			read_direct_import(glue, n);
			break;
		case KIND_new_expression: {
			node_id constructor = node_child(tree, n, FIELD_constructor);
			if (is_global_path(glue, constructor, "Promise")) {
				read_promise(glue, n);
			} else if (is_global_path(glue, constructor, "WebAssembly.Tag")) {
				glue_add(glue, FACT_TAG, n);
			}
			break;
		}
		case KIND_call_expression:
			read_call(glue, n);
			break;
		case KIND_assignment_expression:
			read_closure_state(
				glue, n, node_child(tree, n, FIELD_left), node_child(tree, n, FIELD_right));
			read_direct_import(glue, n);
			break;
		case KIND_pair:
			read_direct_import(glue, n);
			break;
		case KIND_throw_statement:
			read_throw(glue, n);
			break;
		case KIND_catch_clause:
			understood &= read_catch(glue, n);
			break;
		default:
			break;
		}
	}
	return understood;
}
