/*
 * Glue state that belongs to one instance: memory views, the object heap, counters. Found by what
 * the code does with a variable, never by its name.
 */
#include "glue.h"

/* `array.fill(undefined)`: gives the array. */
static node_id filled_array(const struct tree *tree, node_id value)
{
	node_id callee = node_is(tree, value, KIND_call_expression)
	                     ? node_child(tree, value, FIELD_function)
	                     : NO_NODE;
	return str_equal(node_property(tree, callee), STR("fill"))
	           ? node_child(tree, callee, FIELD_object)
	           : NO_NODE;
}

/*
 * `new Array(n)`, the start of an object heap; NO_NODE for anything else. Gives the count's node. Bun's minifier
 * leaves out the `new`.
 */
static node_id array_length(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id filled = filled_array(tree, value), array = filled == NO_NODE ? value : filled;
	node_id constructor = NO_NODE;
	if (node_is(tree, array, KIND_new_expression)) {
		constructor = node_child(tree, array, FIELD_constructor);
	} else if (node_is(tree, array, KIND_call_expression)) {
		constructor = node_child(tree, array, FIELD_function);
	}
	if (constructor == NO_NODE || !is_global_path(glue, constructor, "Array")) {
		return NO_NODE;
	}
	node_id length = node_nth(tree, node_child(tree, array, FIELD_arguments), 0);
	return node_is(tree, length, KIND_number) ? length : NO_NODE;
}

/* `heap.push(undefined, null, true, false)`: the values that every object heap begins with. */
static bool is_first_push(const struct tree *tree, node_id call)
{
	node_id callee = node_child(tree, call, FIELD_function);
	node_id arguments = node_child(tree, call, FIELD_arguments);
	node_id first = arguments == NO_NODE ? NO_NODE : node_nth(tree, arguments, 0);
	return node_is(tree, call, KIND_call_expression) &&
	       str_equal(node_property(tree, callee), STR("push")) && first != NO_NODE &&
	       (node_is(tree, first, KIND_undefined) || node_is_text(tree, first, STR("void 0"))) &&
	       node_is(tree, node_nth(tree, arguments, 1), KIND_null);
}

bool glue_is_heap(const struct glue *glue, binding_id binding)
{
	const struct tree *tree = glue->tree;
	node_id value = binding == 0 ? NO_NODE : binding_value(glue->scopes, binding);
	if (value == NO_NODE || glue->scopes->bindings[binding].scope != glue->root ||
		array_length(glue, value) == NO_NODE) {
		return false;
	}
	for (node_id u = glue->scopes->bindings[binding].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (tree->nodes[u].field == FIELD_object &&
			is_first_push(tree, tree->nodes[tree->nodes[u].parent].parent)) {
			return true;
		}
	}
	return false;
}

/* Reset in place: the heap may be a const. What filled it at start is done again, as written. */
static struct str heap_reset(struct glue *glue, binding_id binding, node_id value, node_id length)
{
	const struct tree *tree = glue->tree;
	struct str name = binding_name(glue->scopes, binding);
	struct buf text = BUF_INIT;
	buf_printf(&text, "%.*s.length=0;%.*s.length=%.*s;", STR_ARGS(name), STR_ARGS(name),
		STR_ARGS(node_text(tree, length)));
	if (filled_array(tree, value) != NO_NODE) {
		buf_printf(&text, "%.*s.fill%.*s;", STR_ARGS(name),
			STR_ARGS(node_text(tree, node_child(tree, value, FIELD_arguments))));
	}
	for (node_id u = glue->scopes->bindings[binding].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent, call = tree->nodes[member].parent;
		if (tree->nodes[u].field == FIELD_object && node_is(tree, call, KIND_call_expression) &&
			glue_function_around(glue, u) == NO_NODE) {
			buf_printf(&text, "%.*s;", STR_ARGS(node_text(tree, call)));
		}
	}
	struct str result = arena_copy(glue->arena, buf_str(&text));
	buf_finish(&text);
	return result;
}

static bool reads_memory(const struct glue *glue, node_id n)
{
	for (node_id i = n; i < glue->tree->nodes[n].last; i++) {
		if (str_equal(glue_export_read(glue, i), STR("memory"))) {
			return true;
		}
	}
	return false;
}

/* The right side of the write at this use, or NO_NODE (`x++`). */
static node_id written_value(const struct tree *tree, node_id use)
{
	node_id parent = tree->nodes[use].parent;
	return tree->nodes[use].field == FIELD_left ? node_child(tree, parent, FIELD_right) : NO_NODE;
}

static bool is_new(const struct glue *glue, node_id value, const char *constructor)
{
	return node_is(glue->tree, value, KIND_new_expression) &&
	       is_global_path(glue, node_child(glue->tree, value, FIELD_constructor), constructor);
}

/* Whether some write gives the variable a view of wasm's memory. */
static bool is_memory_view(const struct glue *glue, const struct binding *binding)
{
	const struct tree *tree = glue->tree;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (use_is_write(tree, u)) {
			node_id value = written_value(tree, u);
			if (value != NO_NODE && reads_memory(glue, value)) {
				return true;
			}
		}
	}
	return false;
}

/*
 * Whether the counter belongs to the text decoder: a function that writes it makes a new decoder.
 * The decoder outlives instances, and so does its count: Safari's decoder breaks after 2 GB, and a
 * count put back to 0 without a new decoder would run past that.
 */
static bool counts_for_decoder(const struct glue *glue, const struct binding *binding)
{
	const struct tree *tree = glue->tree;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id function = use_is_write(tree, u) ? glue_function_around(glue, u) : NO_NODE;
		for (node_id n = function; function != NO_NODE && n < tree->nodes[function].last; n++) {
			if (is_new(glue, n, "TextDecoder")) {
				return true;
			}
		}
	}
	return false;
}

static bool is_counter_start(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	return node_is(tree, value, KIND_number) ||
	       str_equal(node_property(tree, value), STR("length"));
}

/* Whether a function calls one of its parameters itself: `malloc(len, 1)`. */
static bool calls_parameter(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		if (tree->nodes[n].field != FIELD_function || !node_is(tree, n, KIND_identifier) ||
			node_function(tree, n) != function) {
			continue;
		}
		binding_id callee = scope_of(glue->scopes, n);
		if (callee != 0 && glue->scopes->bindings[callee].kind == BINDING_PARAMETER &&
			glue->scopes->bindings[callee].scope == function) {
			return true;
		}
	}
	return false;
}

/* `const slab = [{ obj: undefined }, { obj: null }, …]`: the object heap before 0.2.26 or so. */
static bool is_slab(const struct glue *glue, binding_id binding)
{
	const struct tree *tree = glue->tree;
	node_id value = binding == 0 ? NO_NODE : binding_value(glue->scopes, binding);
	node_id first = node_is(tree, value, KIND_array) ? node_first(tree, value) : NO_NODE;
	node_id pair = node_is(tree, first, KIND_object) ? node_first(tree, first) : NO_NODE;
	return node_is(tree, pair, KIND_pair) && glue->scopes->bindings[binding].scope == glue->root &&
	       node_is_text(tree, node_child(tree, pair, FIELD_key), STR("obj")) &&
	       node_is(tree, node_child(tree, pair, FIELD_value), KIND_undefined);
}

/* Whether a function handles wasm's memory or the object heap itself, not through another one. */
static bool serves_glue(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		if (tree->nodes[n].kind != KIND_identifier) {
			continue;
		}
		binding_id binding = scope_of(glue->scopes, n);
		if (binding == glue->exports || glue_is_heap(glue, binding) || is_slab(glue, binding)) {
			return true;
		}
	}
	return false;
}

/* Whether a function allocates in wasm for a value of the user's: it is handed the allocator. */
static bool marshals(const struct glue *glue, node_id function)
{
	return (glue->roles[glue_function_binding(glue, function)] & ROLE_MARSHALS) != 0 &&
	       calls_parameter(glue, function);
}

/* A counter of a wrapper around the glue is not glue state, even where it is a number. */
static bool written_by_glue_only(const struct glue *glue, const struct binding *binding)
{
	const struct tree *tree = glue->tree;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (use_is_write(tree, u)) {
			node_id function = glue_function_around(glue, u);
			if (function == NO_NODE || !(serves_glue(glue, function) || marshals(glue, function))) {
				return false;
			}
		}
	}
	return true;
}

/* `wasmInstance`: newer glue keeps the instance, which would keep a dead one alive. */
static bool keeps_instance(const struct glue *glue, const struct binding *binding, node_id value)
{
	const struct tree *tree = glue->tree;
	if (is_new(glue, value, "WebAssembly.Instance")) {
		return true;
	}
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id written = use_is_write(tree, u) ? written_value(tree, u) : NO_NODE;
		binding_id b =
			node_is(tree, written, KIND_identifier) ? scope_of(glue->scopes, written) : 0;
		if (b != 0 && glue_is_marked(glue->instances, glue->scopes->bindings[b].identifier)) {
			return true;
		}
	}
	return false;
}

/* `cachedGlobalArgumentPtr`: a place in memory that old glue asks the module for once. */
static bool caches_address(const struct glue *glue, const struct binding *binding)
{
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id value = use_is_write(glue->tree, u) ? written_value(glue->tree, u) : NO_NODE;
		if (node_is(glue->tree, value, KIND_call_expression) &&
			str_equal(glue_export_read(glue, node_child(glue->tree, value, FIELD_function)),
				STR("__wbindgen_global_argument_ptr"))) {
			return true;
		}
	}
	return false;
}

/*
 * What a view is reset to. 0.2.81 declares it without a value, makes it when the exports are adopted,
 * and reads it from then on without asking: there it is made at once, for the exports are in place.
 */
static struct str view_start(const struct glue *glue, const struct binding *binding)
{
	const struct tree *tree = glue->tree;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id value = use_is_write(tree, u) ? written_value(tree, u) : NO_NODE;
		if (node_is(tree, value, KIND_new_expression) && reads_memory(glue, value)) {
			return node_text(tree, value);
		}
	}
	return STR("undefined");
}

static void add_state(struct glue *glue, binding_id binding, struct str text)
{
	node_id declares = glue->scopes->bindings[binding].declares;
	struct fact *fact = glue_add(glue, FACT_STATE, declares);
	glue_mark(glue, &glue->states, declares);
	fact->name = binding_name(glue->scopes, binding);
	fact->text = text;
}

/* `x.set(…)`, `x.push(…)`, `x[i] = …`. */
static bool is_put_into(const struct tree *tree, node_id use)
{
	static const char *const methods[] = {"set", "add", "push", "unshift"};
	node_id member = tree->nodes[use].parent, user = tree->nodes[member].parent;
	if (tree->nodes[use].field != FIELD_object) {
		return false;
	}
	if (node_is(tree, user, KIND_assignment_expression)) {
		return tree->nodes[member].field == FIELD_left;
	}
	bool put = false;
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		put |= str_equal(node_property(tree, member), str_from(methods[i]));
	}
	return put && node_is(tree, user, KIND_call_expression) &&
	       tree->nodes[member].field == FIELD_function;
}

/* Whether a function handles what belongs to the instance: memory, heap, or objects that get their pointer. */
static bool serves_instance(const struct glue *glue, node_id function)
{
	return glue_is_marked(glue->stamping, function) || serves_glue(glue, function) ||
	       marshals(glue, function);
}

/* The same of a helper that only such functions call: `remember(ptr, obj)`. */
static bool serves_only_instance(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	if (serves_instance(glue, function)) {
		return true;
	}
	binding_id b = glue_function_binding(glue, function);
	bool called = false;
	for (node_id u = b == 0 ? NO_NODE : glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id caller = glue_function_around(glue, u);
		if (tree->nodes[u].field != FIELD_function || caller == NO_NODE ||
			!serves_instance(glue, caller)) {
			return false;
		}
		called = true;
	}
	return called;
}

/* What empties a container in place, if it was empty at the start; empty for what cannot be emptied. */
static struct str emptying(const struct glue *glue, node_id value, struct str name)
{
	const struct tree *tree = glue->tree;
	bool array = node_is(tree, value, KIND_array) || is_new(glue, value, "Array");
	if (!array && !is_new(glue, value, "Map") && !is_new(glue, value, "Set")) {
		return (struct str){"", 0};
	}
	node_id first =
		node_is(tree, value, KIND_array) ? value : node_child(tree, value, FIELD_arguments);
	if (first != NO_NODE && node_first(tree, first) != NO_NODE) {
		return (struct str){"", 0};
	}
	return arena_printf(glue->arena, array ? "%.*s.length=0;" : "%.*s.clear();", STR_ARGS(name));
}

/*
 * `const objects = new Map()` that functions fill which handle wasm's memory themselves, and that nobody
 * else sees: a program of its own kind's would be filled by code that calls the glue's functions.
 */
static bool read_container(struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	node_id value = binding_value(glue->scopes, b);
	struct str text = emptying(glue, value, binding_name(glue->scopes, b));
	node_id declaration = tree->nodes[binding->declares].parent;
	if (text.len == 0 || binding->writes != 0 ||
		node_is(tree, tree->nodes[declaration].parent, KIND_export_statement)) {
		return false;
	}
	bool filled = false;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id function = glue_function_around(glue, u), member = tree->nodes[u].parent;
		bool put = is_put_into(tree, u);
		if (tree->nodes[u].field != FIELD_object || function == NO_NODE ||
			(put && !serves_only_instance(glue, function)) ||
			!(put || tree->nodes[member].field == FIELD_function ||
				node_is(tree, member, KIND_subscript_expression) ||
				str_equal(node_property(tree, member), STR("length")) ||
				str_equal(node_property(tree, member), STR("size")))) {
			return false;
		}
		filled |= put;
	}
	if (filled) {
		add_state(glue, b, text);
	}
	return filled;
}

static void read_variable(struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	struct str name = binding_name(glue->scopes, b);
	node_id value = binding_value(glue->scopes, b);
	if (glue_is_heap(glue, b)) {
		add_state(glue, b, heap_reset(glue, b, value, array_length(glue, value)));
		return;
	}
	if (is_slab(glue, b)) {
		add_state(glue, b,
			arena_printf(glue->arena, "%.*s.splice(0,%.*s.length,...%.*s);", STR_ARGS(name),
				STR_ARGS(name), STR_ARGS(node_text(tree, value))));
		return;
	}
	if (read_container(glue, b) || binding->kind == BINDING_CONST) {
		return;
	}
	if (keeps_instance(glue, binding, value)) {
		glue->instance_variable = name;
		add_state(glue, b, arena_printf(glue->arena, "%.*s=arguments[0];", STR_ARGS(name)));
		return;
	}
	if (binding->writes == 0) {
		return;
	}
	struct str upstream = glue_upstream_reset(glue, b, value);
	if (upstream.len != 0) {
		add_state(glue, b, upstream);
		return;
	}
	struct str start = value == NO_NODE ? view_start(glue, binding) : node_text(tree, value);
	if (is_memory_view(glue, binding) || caches_address(glue, binding) ||
		(is_counter_start(glue, value) && written_by_glue_only(glue, binding) &&
			!counts_for_decoder(glue, binding))) {
		add_state(
			glue, b, arena_printf(glue->arena, "%.*s=%.*s;", STR_ARGS(name), STR_ARGS(start)));
	}
}

/* ---- what is not known */

/* `new Map()`, `[]`, `{}`: what things are kept in. */
static bool is_container(const struct glue *glue, node_id value)
{
	static const char *const kinds[] = {"Map", "Set", "WeakMap", "WeakSet", "Array"};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (is_new(glue, value, kinds[i])) {
			return true;
		}
	}
	return node_is(glue->tree, value, KIND_array) || node_is(glue->tree, value, KIND_object);
}

/*
 * A variable of the glue's that a function writes which handles wasm's memory itself, and that is reset by
 * nothing: perhaps a new piece of state, which a new instance would find as the dead one left it.
 */
static void note_unknown(struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	node_id value = binding_value(glue->scopes, b);
	bool holds = is_container(glue, value);
	if (glue_is_marked(glue->states, binding->declares) || counts_for_decoder(glue, binding)) {
		return;
	}
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id function = glue_function_around(glue, u);
		if (function == NO_NODE || !(use_is_write(tree, u) || (holds && is_put_into(tree, u))) ||
			(glue->roles[glue_function_binding(glue, function)] & ROLE_INIT) != 0 ||
			!serves_only_instance(glue, function)) {
			continue;
		}
		diag_add(glue->arena, glue->diags, SEVERITY_NOTE, "unknown-state", tree->nodes[u].start,
			"'%.*s' is written by a function that handles what belongs to the instance, and a new "
			"instance finds it as it was left",
			STR_ARGS(binding_name(glue->scopes, b)));
		return;
	}
}

/* ---- state where no recovery reaches it */

/* `new Uint8Array(wasm.memory.buffer)`, not what somebody copies out of it. */
static bool is_view(const struct glue *glue, node_id value)
{
	node_id arguments = node_is(glue->tree, value, KIND_new_expression)
	                        ? node_child(glue->tree, value, FIELD_arguments)
	                        : NO_NODE;
	node_id buffer = arguments == NO_NODE ? NO_NODE : node_nth(glue->tree, arguments, 0);
	return str_equal(node_property(glue->tree, buffer), STR("buffer")) &&
	       reads_memory(glue, buffer);
}

/* Whether what an identifier names is a variable that recoveries look at, or one that ends with the call. */
static bool is_within_reach(const struct glue *glue, node_id identifier)
{
	const struct tree *tree = glue->tree;
	binding_id b = scope_of(glue->scopes, identifier);
	node_id scope = b == 0 ? NO_NODE : glue->scopes->bindings[b].scope;
	if (b == 0 || scope == glue->root) {
		return b != 0;
	}
	node_id owner = node_is_function(tree, scope) ? scope : node_function(tree, scope);
	return (node_is_function(tree, scope) || owner != node_function(tree, glue->root)) &&
	       node_function(tree, identifier) ==
	           owner; /* a function inside that one may outlive the call */
}

/*
 * A view in a property, a heap or counter in a variable that nobody declares: nothing resets it, and the
 * new instance would be read and written through the dead one's memory.
 */
static bool refuse_out_of_reach(struct glue *glue, node_id left, node_id value)
{
	const struct tree *tree = glue->tree;
	bool variable = node_is(tree, left, KIND_identifier);
	bool member = node_is(tree, left, KIND_member_expression) ||
	              node_is(tree, left, KIND_subscript_expression);
	if (!(variable || member) || (variable && is_within_reach(glue, left))) {
		return false;
	}
	node_id function = glue_function_around(glue, left);
	if (function != NO_NODE && glue_is_upstream(glue, glue_function_binding(glue, function))) {
		return false; /* 0.2.104 to 0.2.127 reset the decoder's count where it has none */
	}
	bool global = variable && scope_of(glue->scopes, left) == 0;
	if (!(value != NO_NODE && is_view(glue, value)) &&
		!(global &&
			((value != NO_NODE && array_length(glue, value) != NO_NODE && function == NO_NODE) ||
				(function != NO_NODE && serves_glue(glue, function))))) {
		return false;
	}
	glue_refuse(glue, "kept-state", left,
		"state of the instance is kept in '%.*s', where no recovery resets it",
		STR_ARGS(node_text(tree, left)));
	return true;
}

static bool refuse_all_out_of_reach(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool refused = false;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (node_is(tree, n, KIND_assignment_expression) ||
			node_is(tree, n, KIND_augmented_assignment_expression)) {
			refused |= refuse_out_of_reach(
				glue, node_child(tree, n, FIELD_left), node_child(tree, n, FIELD_right));
		} else if (node_is(tree, n, KIND_update_expression)) {
			refused |= refuse_out_of_reach(glue, node_child(tree, n, FIELD_argument), NO_NODE);
		}
	}
	return refused;
}

bool glue_read_state(struct glue *glue)
{
	const struct scopes *scopes = glue->scopes;
	const struct tree *tree = glue->tree;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		node_id function = glue->facts[i].kind == FACT_STAMP
		                       ? glue_function_around(glue, glue->facts[i].node)
		                       : NO_NODE;
		if (function != NO_NODE) {
			glue_mark(glue, &glue->stamping, function);
		}
	}
	for (binding_id b = 1; b < scopes->count; b++) {
		const struct binding *binding = &scopes->bindings[b];
		if (binding->scope != glue->root || b == glue->exports) {
			continue;
		}
		if (node_is(tree, binding->declares, KIND_variable_declarator)) {
			read_variable(glue, b);
			note_unknown(glue, b);
		}
		node_id function = binding_function(scopes, b);
		if (function != NO_NODE && node_is(tree, node_body(tree, function), KIND_statement_block) &&
			(glue->roles[b] & ROLE_INIT) == 0 && marshals(glue, function)) {
			struct fact *fact = glue_add(glue, FACT_MARSHAL, function);
			fact->name = binding_name(scopes, b);
		}
	}
	return !refuse_all_out_of_reach(glue);
}
