/*
 * The exports binding: which variable holds an instance's exports, how it gets them, where the
 * Module and the imports can be seen, and where the exports object leaves the glue.
 */
#include "glue.h"

bool glue_is_instance_exports(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	if (!node_is(tree, n, KIND_member_expression) ||
		!str_equal(node_property(tree, n), STR("exports"))) {
		return false;
	}
	return !is_global_path(glue, n, "module.exports");
}

/* `wasm ?? value`: what is there already stays. */
static bool is_default(const struct tree *tree, node_id n)
{
	return node_is_operation(tree, n, STR("??")) &&
	       node_is(tree, node_child(tree, n, FIELD_left), KIND_identifier);
}

/* Follows `a = b = value` and `a ?? value` to the value. */
static node_id last_of_chain(const struct tree *tree, node_id n)
{
	while (node_is(tree, n, KIND_assignment_expression) || is_default(tree, n)) {
		n = node_child(tree, n, FIELD_right);
	}
	return n;
}

node_id glue_written_value(const struct tree *tree, node_id use)
{
	node_id parent = tree->nodes[use].parent;
	if (node_is(tree, parent, KIND_assignment_expression) && tree->nodes[use].field == FIELD_left) {
		return node_child(tree, parent, FIELD_right);
	}
	return NO_NODE;
}

bool glue_is_nothing(const struct tree *tree, node_id n)
{
	return node_is(tree, n, KIND_undefined) || node_is(tree, n, KIND_null) ||
	       node_is_text(tree, n, STR("void 0"));
}

/* The second parameter of the function that adopts `instance.exports`: the Module. */
static node_id module_parameter(const struct glue *glue, node_id adopted)
{
	const struct tree *tree = glue->tree;
	node_id object = node_child(tree, adopted, FIELD_object);
	node_id function = node_function(tree, adopted);
	if (function == NO_NODE || !node_is(tree, object, KIND_identifier)) {
		return NO_NODE;
	}
	node_id first = node_parameter(tree, function, 0), second = node_parameter(tree, function, 1);
	if (!node_is(tree, first, KIND_identifier) || !node_is(tree, second, KIND_identifier) ||
		scope_of(glue->scopes, object) != scope_of(glue->scopes, first)) {
		return NO_NODE;
	}
	return second;
}

/* `require("./x_bg")`, `__importStar(require("./x_bg.wasm"))`: exports from a file that is required. */
static bool is_required(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	for (int depth = 0; depth < 2 && node_is(tree, value, KIND_call_expression); depth++) {
		node_id argument = node_nth(tree, node_child(tree, value, FIELD_arguments), 0);
		struct str name = node_string(tree, argument);
		if (is_global_path(glue, node_child(tree, value, FIELD_function), "require")) {
			return str_ends(name, STR("_bg")) || str_ends(name, STR("_bg.js")) ||
			       str_ends(name, STR(".wasm"));
		}
		value = argument;
	}
	return false;
}

/* A value that another file hands in: a parameter of `__wbg_set_wasm`, or what was required. */
static bool is_received(const struct glue *glue, node_id value)
{
	if (is_required(glue, value) || glue_is_webpack_import(glue, value) ||
		glue_is_webpack_awaited(glue, value)) {
		return true;
	}
	binding_id binding =
		node_is(glue->tree, value, KIND_identifier) ? scope_of(glue->scopes, value) : 0;
	return binding != 0 && glue->scopes->bindings[binding].kind == BINDING_PARAMETER &&
	       node_function(glue->tree, value) == glue->scopes->bindings[binding].scope;
}

bool glue_is_adopted(const struct glue *glue, node_id value)
{
	node_id last =
		node_unwrap(glue->tree, last_of_chain(glue->tree, node_unwrap(glue->tree, value)));
	return glue_is_instance_exports(glue, last) || is_received(glue, last);
}

/*
 * `new Proxy({}, { get: (target, name) => init()[name] })`: what stands in for the exports until a first
 * use of them makes the instance, which the variable then receives.
 */
static bool is_stand_in(const struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id arguments = node_child(tree, value, FIELD_arguments);
	if (!node_is(tree, value, KIND_new_expression) ||
		!is_global_path(glue, node_child(tree, value, FIELD_constructor), "Proxy") ||
		node_child_count(tree, arguments) != 2) {
		return false;
	}
	node_id target = node_nth(tree, arguments, 0), handler = node_nth(tree, arguments, 1);
	node_id pair = node_first(tree, handler);
	node_id get = node_is(tree, pair, KIND_pair) ? node_child(tree, pair, FIELD_value) : NO_NODE;
	if (!node_is(tree, target, KIND_object) || node_child_count(tree, target) != 0 ||
		!node_is(tree, handler, KIND_object) || node_child_count(tree, handler) != 1 ||
		!node_is_text(tree, node_child(tree, pair, FIELD_key), STR("get")) ||
		!node_is(tree, get, KIND_arrow_function)) {
		return false;
	}
	node_id name = node_parameter(tree, get, 1);
	node_id read = node_body(tree, get);
	node_id call = node_is(tree, read, KIND_subscript_expression)
	                   ? node_child(tree, read, FIELD_object)
	                   : NO_NODE;
	node_id callee = node_is(tree, call, KIND_call_expression)
	                     ? node_child(tree, call, FIELD_function)
	                     : NO_NODE;
	node_id index = call == NO_NODE ? NO_NODE : node_child(tree, read, FIELD_index);
	return node_is(tree, callee, KIND_identifier) &&
	       binding_function(glue->scopes, scope_of(glue->scopes, callee)) != NO_NODE &&
	       node_is(tree, index, KIND_identifier) && node_is(tree, name, KIND_identifier) &&
	       scope_of(glue->scopes, index) == scope_of(glue->scopes, name);
}

/* What webpack's `require` gives is a promise where the variable receives something else later. */
static bool is_waited_for(const struct glue *glue, node_id value)
{
	return glue_is_webpack_import(glue, value) && glue->scopes->bindings[glue->exports].writes != 0;
}

/* One assignment (or initializer) of the exports binding. */
static bool read_adoption(struct glue *glue, node_id value)
{
	const struct tree *tree = glue->tree;
	node_id plain = node_unwrap(tree, value);
	node_id adopted = node_unwrap(tree, last_of_chain(tree, plain));
	if (glue_is_nothing(tree, adopted) || is_stand_in(glue, adopted) ||
		is_waited_for(glue, adopted)) {
		return true;
	}
	if (is_received(glue, adopted)) {
		struct fact *fact = glue_add(glue, FACT_RECEIVE, adopted);
		node_id function = node_function(tree, adopted);
		/* a loader that was patched, too, says more; `length` stays what it was */
		if (node_is(tree, adopted, KIND_identifier) && function != NO_NODE &&
			!node_is(tree, function, KIND_arrow_function)) {
			uint32_t own = node_child_count(tree, node_child(tree, function, FIELD_parameters));
			fact->text = arena_printf(glue->arena, "arguments[%u]", own);
		}
		glue->part = PART_BODY;
		glue->module = MODULE_LOADER;
		return true;
	}
	if (!glue_is_instance_exports(glue, adopted)) {
		glue_refuse(glue, "exports-binding", value,
			"the exports variable '%.*s' receives something other than an instance's exports",
			STR_ARGS(binding_name(glue->scopes, glue->exports)));
		return false;
	}
	if (node_is(tree, plain, KIND_assignment_expression)) {
		glue_add(glue, FACT_ADOPT_CHAIN, plain);
	}
	struct fact *fact = glue_add(glue, FACT_ADOPT, adopted);
	node_id object = node_child(tree, adopted, FIELD_object);
	binding_id instance =
		node_is(tree, object, KIND_identifier) ? scope_of(glue->scopes, object) : 0;
	if (instance != 0) {
		glue_mark(glue, &glue->instances, glue->scopes->bindings[instance].identifier);
	}
	fact->other = module_parameter(glue, adopted);
	if (fact->other != NO_NODE) {
		glue->has_module = true;
	}
	return true;
}

/* Whether an expression has the value of its part n, if that is an exports object: minifiers write returns so. */
static bool has_value_of(const struct tree *tree, node_id expression, node_id n)
{
	enum field field = (enum field)tree->nodes[n].field;
	switch (tree->nodes[expression].kind) {
	case KIND_parenthesized_expression:
		return true;
	case KIND_ternary_expression:
		return field != FIELD_condition;
	case KIND_sequence_expression:
		return node_next(tree, n) == NO_NODE;
	case KIND_binary_expression:
		return node_is_operation(tree, expression, STR("??")) ||
		       node_is_operation(tree, expression, STR("||")) ||
		       (node_is_operation(tree, expression, STR("&&")) && field == FIELD_right);
	default:
		return false;
	}
}

/* `state.return(value)`, where state is what the function around it is given. */
static bool is_return_of_parameter(const struct glue *glue, node_id callee)
{
	const struct tree *tree = glue->tree;
	node_id object = node_child(tree, callee, FIELD_object);
	binding_id state = node_is(tree, object, KIND_identifier) ? scope_of(glue->scopes, object) : 0;
	return str_equal(node_property(tree, callee), STR("return")) && state != 0 &&
	       glue->scopes->bindings[state].kind == BINDING_PARAMETER &&
	       glue->scopes->bindings[state].scope == node_function(tree, callee);
}

/*
 * What compilers make of an async function's `return`, for engines without such functions: TypeScript and swc
 * `return [2, value]` to their `__generator(this, function (state) { … })`; Babel `state.a(2, value)`, and until 7.27
 * `state.abrupt("return", value)`; Closure `state.return(value)`.
 */
static bool is_lowered_return(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id list = tree->nodes[n].parent, first = node_first(tree, list);
	node_id callee = node_first(tree, tree->nodes[list].parent);
	bool is_list = node_is(tree, list, KIND_array);
	if (first == n && node_next(tree, n) == NO_NODE && !is_list) {
		return is_return_of_parameter(glue, callee);
	}
	if (node_next(tree, first) != n || node_next(tree, n) != NO_NODE) {
		return false;
	}
	bool two = node_is_text(tree, first, STR("2"));
	if (is_list) {
		node_id function = node_function(tree, list);
		node_id arguments = function == NO_NODE ? NO_NODE : tree->nodes[function].parent;
		arguments = node_is(tree, arguments, KIND_parenthesized_expression)
		                ? tree->nodes[arguments].parent
		                : arguments;
		return two && node_is(tree, arguments, KIND_arguments) &&
		       node_is(tree, node_first(tree, arguments), KIND_this);
	}
	struct str name = node_property(tree, callee);
	return (two && str_equal(name, STR("a"))) ||
	       (str_equal(name, STR("abrupt")) && str_equal(node_string(tree, first), STR("return")));
}

/* Where the exports object itself is used, not one of its members. */
static bool read_use(struct glue *glue, node_id use)
{
	const struct tree *tree = glue->tree;
	node_id whole = use;
	node_id parent = tree->nodes[whole].parent;
	while (has_value_of(tree, parent, whole)) {
		use = node_is(tree, parent, KIND_parenthesized_expression) && use == whole ? parent : use;
		whole = parent;
		parent = tree->nodes[whole].parent;
	}
	enum field field = (enum field)tree->nodes[whole].field;
	switch (tree->nodes[parent].kind) {
	case KIND_member_expression:
	case KIND_subscript_expression:
		if (field == FIELD_index) {
			break;
		}
		if (tree->nodes[tree->nodes[parent].parent].kind == KIND_assignment_expression &&
			tree->nodes[parent].field == FIELD_left) {
			glue_refuse(glue, "exports-write", use, "a member of the exports object is assigned");
			return false;
		}
		return true;
	case KIND_binary_expression:
	case KIND_unary_expression:
	case KIND_ternary_expression:
	case KIND_if_statement:
	case KIND_expression_statement:
		return true; /* compared, tested or dropped: the internal face answers like the original */
	case KIND_assignment_expression:
		if (field == FIELD_left || is_exports(glue, node_child(tree, parent, FIELD_left))) {
			return true; /* an adoption, read elsewhere */
		}
		glue_add(glue, FACT_ESCAPE, use);
		return true;
	case KIND_sequence_expression: /* not its value */
		return true;
	case KIND_return_statement:
	case KIND_arrow_function:
	case KIND_pair:
	case KIND_variable_declarator:
		glue_add(glue, FACT_ESCAPE, use);
		return true;
	case KIND_export_specifier:
		glue_add(glue, FACT_EXPORTED, use);
		return true;
	case KIND_arguments: {
		node_id callee = node_first(tree, tree->nodes[parent].parent);
		if (is_lowered_return(glue, whole) || is_global_path(glue, callee, "Promise.resolve")) {
			glue_add(glue, FACT_ESCAPE, use);
			return true;
		}
		glue_refuse(glue, "exports-handed-out", use,
			"the exports object is handed to '%.*s', which may keep the instance",
			STR_ARGS(node_text(tree, callee)));
		return false;
	}
	case KIND_array:
		if (is_waited_for(glue, binding_value(glue->scopes, glue->exports)) &&
			node_is(tree, tree->nodes[parent].parent, KIND_arguments)) {
			return true; /* `handle([require(75)])`: the promise */
		}
		if (is_lowered_return(glue, whole)) {
			glue_add(glue, FACT_ESCAPE, use);
			return true;
		}
		break;
	default:
		break;
	}
	glue_refuse(glue, "exports-use", use,
		"the exports object is used in a way that wasm-bindgen does not generate");
	return false;
}

static bool has_call_to(const struct glue *glue, const char *path)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].field == FIELD_function && is_global_path(glue, n, path)) {
			return true;
		}
	}
	return false;
}

static bool mentions_global(const struct glue *glue, struct str name)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].kind == KIND_identifier && scope_of(glue->scopes, n) == 0 &&
			node_is_text(tree, n, name)) {
			return true;
		}
	}
	return false;
}

/* `import source m from "./x_bg.wasm"`, where `m` is instantiated. */
static bool imports_source(const struct glue *glue)
{
	struct str plain;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		node_id module = glue->facts[i].kind == FACT_MODULE ? glue->facts[i].node : NO_NODE;
		if (node_is(glue->tree, module, KIND_identifier) &&
			glue_names_wasm(
				glue, glue_import_source(glue, scope_of(glue->scopes, module)), &plain)) {
			return true;
		}
	}
	return false;
}

enum target glue_target(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = node_first(tree, 0); n != NO_NODE; n = node_next(tree, n)) {
		if (node_is(tree, n, KIND_import_statement) || node_is(tree, n, KIND_export_statement)) {
			glue->is_module = true;
		}
	}
	bool loads_later = has_call_to(glue, "WebAssembly.instantiate");
	if (glue->root != 0 && !glue->is_module) {
		return TARGET_NO_MODULES;
	}
	if (mentions_global(glue, STR("Deno"))) {
		return TARGET_DENO;
	}
	if (glue->is_module && imports_source(glue)) {
		return TARGET_MODULE;
	}
	if (glue->is_module) {
		return loads_later ? TARGET_WEB : TARGET_NODEJS_MODULE;
	}
	/* a web glue that a bundler turned into CommonJS still loads later */
	return loads_later ? TARGET_WEB : TARGET_NODEJS;
}

/* A function's exports variable is its own: `let wasm` in a block counts for that block. */
static node_id body_of_root(const struct tree *tree, node_id root)
{
	return root == 0 || node_is(tree, root, KIND_statement_block) ? root : node_body(tree, root);
}

/* The scope of the exports variable; of a `var` of webpack's, the block around it that has all else of the module. */
static node_id root_of(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	const struct binding *exports = &glue->scopes->bindings[glue->exports];
	node_id block = tree->nodes[tree->nodes[exports->declares].parent].parent;
	return exports->kind == BINDING_VAR && node_is(tree, block, KIND_statement_block) &&
	               node_is(tree, tree->nodes[block].parent, KIND_try_statement) &&
	               glue_begins_as_webpack_import(glue, glue->exports)
	           ? block
	           : exports->scope;
}

bool glue_read_instance(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	const struct scopes *scopes = glue->scopes;
	glue->root = root_of(glue);
	glue->root_body = body_of_root(tree, glue->root);
	bool understood = true;
	const struct binding *exports = &scopes->bindings[glue->exports];
	if (exports->kind == BINDING_IMPORT) {
		glue_add(glue, FACT_NAMESPACE, exports->identifier);
		if (!glue_names_wasm(glue, glue_import_source(glue, glue->exports), &glue->wasm_imported)) {
			glue->wasm_imported =
				arena_printf(glue->arena, "%.*s.wasm", STR_ARGS(glue->wasm_imported));
		}
		glue->part = PART_BODY;
		glue->module = MODULE_NONE;
	}
	node_id value = binding_value(scopes, glue->exports);
	if (value != NO_NODE) {
		understood &= read_adoption(glue, value);
	}
	for (node_id u = scopes->bindings[glue->exports].first_use; u != NO_NODE;
		 u = scopes->next_use[u]) {
		node_id written = glue_written_value(tree, u);
		if (written != NO_NODE) {
			understood &= read_adoption(glue, written);
		} else if (use_is_write(tree, u)) {
			glue_refuse(glue, "exports-binding", u, "the exports variable is written by a pattern");
			understood = false;
		} else {
			understood &= read_use(glue, u);
		}
	}
	return understood;
}
