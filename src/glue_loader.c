/*
 * Files that are no glue themselves but make, or import, the instance of a glue in another file: the
 * entry that wasm-bindgen writes for bundlers, what people write in its place, and the separate loader
 * of old nodejs output. Such a file hands the exports over by calling `__wbg_set_wasm`.
 */
#include "glue.h"

static const struct str setter = {"__wbg_set_wasm", 14};

node_id glue_import_source(const struct glue *glue, binding_id binding)
{
	const struct tree *tree = glue->tree;
	if (binding == 0 || glue->scopes->bindings[binding].kind != BINDING_IMPORT) {
		return NO_NODE;
	}
	node_id n = glue->scopes->bindings[binding].declares;
	while (n != NO_NODE && tree->nodes[n].kind != KIND_import_statement) {
		n = tree->nodes[n].parent;
	}
	return n == NO_NODE ? NO_NODE : node_child(tree, n, FIELD_source);
}

bool glue_names_wasm(const struct glue *glue, node_id source, struct str *plain)
{
	struct str text = source == NO_NODE ? (struct str){"", 0} : node_string(glue->tree, source);
	size_t query = str_find(text, STR("?"));
	*plain = query == (size_t)-1 ? text : str_slice(text, 0, query);
	return str_ends(*plain, STR(".wasm"));
}

/* The word between `import` and what is imported: `source`, `defer`. */
static bool has_phase(const struct tree *tree, node_id statement)
{
	node_id clause = node_first(tree, statement);
	struct str between =
		str_slice(tree->source->bytes, tree->nodes[statement].start, tree->nodes[clause].start);
	return str_find(between, STR("source")) != (size_t)-1;
}

/* ---- who is called */

/* Whether the file has a `__wbg_set_wasm` of its own: then it is the body, whatever it calls. */
static bool has_own_setter(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].name == 0 || !node_is_text(tree, n, setter)) {
			continue;
		}
		node_id parent = tree->nodes[n].parent;
		if (tree->nodes[n].field == FIELD_name && node_is_function(tree, parent)) {
			return true;
		}
		node_id assignment = tree->nodes[parent].parent;
		node_id value = node_is(tree, assignment, KIND_assignment_expression)
		                    ? node_child(tree, assignment, FIELD_right)
		                    : NO_NODE;
		if (value != NO_NODE && value != parent &&
			(node_is_function(tree, value) || node_is(tree, value, KIND_identifier))) {
			return true;
		}
	}
	return false;
}

/* `wasm = parameter` */
static bool is_set_by_function(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id value =
			use_is_write(tree, u) ? node_child(tree, tree->nodes[u].parent, FIELD_right) : NO_NODE;
		binding_id given =
			node_is(tree, value, KIND_identifier) ? scope_of(glue->scopes, value) : 0;
		if (given != 0 && glue->scopes->bindings[given].kind == BINDING_PARAMETER) {
			return true;
		}
	}
	return false;
}

/*
 * Whether the body is in the file, whatever became of its setter's name in a bundler: a function sets a variable, of
 * which more is read than what starts the module.
 */
static bool has_body(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (binding_id b = 1; b < glue->scopes->count; b++) {
		const struct binding *binding = &glue->scopes->bindings[b];
		if (binding->kind == BINDING_PARAMETER || binding->writes == 0 ||
			!is_set_by_function(glue, b)) {
			continue;
		}
		for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
			struct str name = tree->nodes[u].field == FIELD_object
			                      ? node_property(tree, tree->nodes[u].parent)
			                      : (struct str){"", 0};
			if ((str_starts(name, STR("__wb")) || str_starts(name, STR("__externref"))) &&
				!str_equal(name, setter) && !str_equal(name, STR("__wbindgen_start"))) {
				return true;
			}
		}
	}
	return false;
}

bool glue_leaves_setter(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		node_id parent = tree->nodes[n].parent;
		bool named = tree->nodes[n].name != 0 && node_is_text(tree, n, setter);
		bool listed =
			tree->nodes[n].kind == KIND_identifier && str_equal(glue_listed_name(tree, n), setter);
		if ((named || listed) && node_is(tree, parent, KIND_export_specifier)) {
			return true;
		}
		if (named && (node_is(tree, tree->nodes[parent].parent, KIND_export_statement) ||
						 tree->nodes[parent].field == FIELD_left)) {
			return true;
		}
		if (listed && glue->root != 0) {
			return true;
		}
	}
	return false;
}

node_id glue_handed_by(const struct glue *glue, node_id call)
{
	const struct tree *tree = glue->tree;
	if (!node_is(tree, call, KIND_call_expression)) {
		return NO_NODE;
	}
	node_id callee = node_child(tree, call, FIELD_function);
	bool named = (node_is(tree, callee, KIND_identifier) && node_is_text(tree, callee, setter)) ||
	             str_equal(node_property(tree, callee), setter);
	if (node_is(tree, callee, KIND_identifier) && !named) { /* import { __wbg_set_wasm as set } */
		binding_id binding = scope_of(glue->scopes, callee);
		node_id declares = binding == 0 ? NO_NODE : glue->scopes->bindings[binding].declares;
		named = node_is(tree, declares, KIND_import_specifier) &&
		        node_is_text(tree, node_child(tree, declares, FIELD_name), setter);
	}
	return named ? node_nth(tree, node_child(tree, call, FIELD_arguments), 0) : NO_NODE;
}

/* `{ …, __wbg_set_wasm }`: the setter in an object that somebody made of the body's names. */
static node_id setter_in(const struct tree *tree, node_id object)
{
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		node_id key = node_child(tree, p, FIELD_key);
		if (node_is(tree, p, KIND_shorthand_property_identifier) && node_is_text(tree, p, setter)) {
			return p;
		}
		if (node_is(tree, p, KIND_pair) &&
			(node_is_text(tree, key, setter) || str_equal(node_string(tree, key), setter))) {
			return node_child(tree, p, FIELD_value);
		}
	}
	return NO_NODE;
}

static bool is_name(const struct tree *tree, node_id n)
{
	return node_is(tree, n, KIND_identifier) ||
	       node_is(tree, n, KIND_shorthand_property_identifier);
}

/* Where the callee comes from: the specifier of the body. */
static struct str body_of(const struct glue *glue, node_id call)
{
	const struct tree *tree = glue->tree;
	node_id callee = node_child(tree, call, FIELD_function);
	if (node_is(tree, callee, KIND_member_expression)) {
		callee = node_child(tree, callee, FIELD_object);
	}
	for (int hops = 0; hops < 4 && is_name(tree, callee); hops++) {
		binding_id binding = scope_of(glue->scopes, callee);
		node_id source = glue_import_source(glue, binding);
		if (source != NO_NODE) {
			return node_string(tree, source);
		}
		/* `const { __wbg_set_wasm, …rest } = namespace`, `const glue = require("./x_bg.cjs")` */
		node_id declares = binding == 0 ? NO_NODE : glue->scopes->bindings[binding].declares;
		node_id value = node_is(tree, declares, KIND_variable_declarator)
		                    ? node_child(tree, declares, FIELD_value)
		                    : NO_NODE;
		if (node_is(tree, value, KIND_call_expression)) {
			return node_string(tree, node_nth(tree, node_child(tree, value, FIELD_arguments), 0));
		}
		callee = node_is(tree, value, KIND_object) ? setter_in(tree, value) : value;
	}
	return (struct str){"", 0};
}

/* ---- what else the file does with the exports */

bool glue_enters_nothing(const struct tree *tree, node_id n)
{
	node_id parent = tree->nodes[n].parent;
	switch (tree->nodes[parent].kind) {
	case KIND_binary_expression:
	case KIND_unary_expression:
	case KIND_if_statement:
		return true;
	case KIND_parenthesized_expression:
		return glue_enters_nothing(tree, parent);
	case KIND_assignment_expression:
		return tree->nodes[n].field == FIELD_left;
	case KIND_variable_declarator:
		return tree->nodes[n].field == FIELD_name;
	case KIND_member_expression:
		return tree->nodes[n].field == FIELD_object &&
		       str_equal(node_property(tree, parent), STR("__wbindgen_start"));
	default:
		return false;
	}
}

static bool is_handed(const struct glue *glue, node_id n)
{
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (glue->facts[i].kind == FACT_HAND && glue->facts[i].node == n) {
			return true;
		}
	}
	return false;
}

static void refuse_leak(struct glue *glue, node_id n)
{
	glue_refuse(glue, "exports-use", n, "the raw exports leave this loader, past the guard");
}

/*
 * `export { wasm as __wasm }` of a constant that a statement of the file itself hands over: from then on
 * there is a public face to export.
 */
static bool is_exportable(const struct glue *glue, binding_id variable)
{
	const struct tree *tree = glue->tree;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		node_id handed = glue->facts[i].node;
		if (glue->facts[i].kind == FACT_HAND && scope_of(glue->scopes, handed) == variable) {
			node_id call = tree->nodes[tree->nodes[handed].parent].parent;
			node_id statement = tree->nodes[call].parent;
			return node_is(tree, statement, KIND_expression_statement) &&
			       tree->nodes[statement].parent == 0 && glue_is_constant(glue, variable);
		}
	}
	return false;
}

static bool read_variable(struct glue *glue, binding_id variable)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[variable];
	node_id declaration = tree->nodes[binding->declares].parent;
	if (node_is(tree, tree->nodes[declaration].parent, KIND_export_statement)) {
		refuse_leak(glue, binding->identifier);
		return false;
	}
	bool clean = true;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (is_handed(glue, u) || glue_enters_nothing(tree, u) || use_is_write(tree, u)) {
			continue;
		}
		bool exported = node_is(tree, tree->nodes[u].parent, KIND_export_specifier);
		if (!node_is(tree, u, KIND_identifier) || (exported && !is_exportable(glue, variable))) {
			refuse_leak(glue, u);
			clean = false;
			continue;
		}
		if (exported) {
			glue_add(glue, FACT_EXPORTED, u);
			continue;
		}
		glue_add(glue, FACT_ESCAPE, u);
	}
	return clean;
}

/* Whether this `instance.exports` only goes on to a variable or call that is looked at itself. */
static bool passes_on(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id parent = tree->nodes[n].parent;
	if (node_is(tree, parent, KIND_variable_declarator)) {
		return true;
	}
	return node_is(tree, parent, KIND_assignment_expression) &&
	       node_is(tree, node_child(tree, parent, FIELD_left), KIND_identifier);
}

/* ---- what the loader knows */

static void read_instantiation(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id arguments = node_child(tree, n, FIELD_arguments);
	bool instance =
		node_is(tree, n, KIND_new_expression) &&
		is_global_path(glue, node_child(tree, n, FIELD_constructor), "WebAssembly.Instance");
	if (!instance && !(node_is(tree, n, KIND_call_expression) && glue_is_instantiation(glue, n))) {
		return;
	}
	node_id source = node_nth(tree, arguments, 0), imports = node_nth(tree, arguments, 1);
	bool streams = !instance && str_equal(node_property(tree, node_child(tree, n, FIELD_function)),
									STR("instantiateStreaming"));
	if (source != NO_NODE && !streams) {
		glue_add(glue, FACT_MODULE, source);
	}
	if (imports != NO_NODE) {
		glue_add(glue, FACT_IMPORTS, imports);
	}
	if (!instance) {
		glue_add(glue, FACT_CALL, n);
	}
	glue->has_module = true;
}

/* `promise.then((value) => …)`: the promise, if the variable is that first parameter. */
static node_id awaited_by_then(const struct glue *glue, binding_id variable)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[variable];
	node_id function = binding->kind == BINDING_PARAMETER ? binding->scope : NO_NODE;
	node_id arguments = function == NO_NODE ? NO_NODE : tree->nodes[function].parent;
	node_id callee =
		node_is(tree, arguments, KIND_arguments) && node_first(tree, arguments) == function
			? node_child(tree, tree->nodes[arguments].parent, FIELD_function)
			: NO_NODE;
	return str_equal(node_property(tree, callee), STR("then")) &&
	               node_parameter(tree, function, 0) == binding->identifier
	           ? node_child(tree, callee, FIELD_object)
	           : NO_NODE;
}

/*
 * `const wasm = await import("./x_bg.wasm")`, `import("./x_bg.wasm").then((wasm) => …)`: the specifier, without a query;
 * empty for anything else.
 */
static struct str imported_later(const struct glue *glue, binding_id variable)
{
	const struct tree *tree = glue->tree;
	node_id value = binding_value(glue->scopes, variable);
	node_id call = node_is(tree, value, KIND_await_expression) ? node_first(tree, value)
	                                                           : awaited_by_then(glue, variable);
	struct str plain = {"", 0};
	if (!node_is(tree, call, KIND_call_expression) ||
		!node_is(tree, node_child(tree, call, FIELD_function), KIND_import) ||
		!glue_names_wasm(glue, node_first(tree, node_child(tree, call, FIELD_arguments)), &plain)) {
		return (struct str){"", 0};
	}
	return plain;
}

/* The import of the wasm, if there is one; false: of asm.js in its place. */
static bool read_imports(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool namespaces = false, query = false;
	for (node_id n = node_first(tree, 0); n != NO_NODE; n = node_next(tree, n)) {
		glue->is_module |=
			node_is(tree, n, KIND_import_statement) || node_is(tree, n, KIND_export_statement);
		node_id source = node_child(tree, n, FIELD_source);
		struct str plain;
		if (source == NO_NODE) {
			continue;
		}
		if (str_ends(node_string(tree, source), STR(".asm.js"))) {
			glue_refuse(
				glue, "asmjs", source, "asm.js output of wasm2js: there is no wasm instance");
			return false;
		}
		if (!glue_names_wasm(glue, source, &plain) || has_phase(tree, n)) {
			continue;
		}
		if (node_is(tree, n, KIND_export_statement)) {
			refuse_leak(glue, n);
			return false;
		}
		glue->wasm_imported = plain;
		query |= !str_equal(plain, node_string(tree, source));
		namespaces |= node_is(tree, node_first(tree, node_first(tree, n)), KIND_namespace_import);
	}
	/* a default import without a query is a Module, URL or bytes, which is instantiated here */
	if (glue->has_module && !namespaces && !query) {
		glue->wasm_imported = (struct str){"", 0};
	}
	return true;
}

/* `import * as wasm from "./x_bg.wasm"; export * from "./x_bg.js"; wasm.__wbindgen_start()` */
static bool read_shim(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	struct str plain, wasm = {"", 0}, body = {"", 0};
	for (node_id n = node_first(tree, 0); n != NO_NODE; n = node_next(tree, n)) {
		node_id source = node_child(tree, n, FIELD_source);
		if (node_is(tree, n, KIND_import_statement) && glue_names_wasm(glue, source, &plain)) {
			wasm = plain;
		} else if (node_is(tree, n, KIND_export_statement) && source != NO_NODE) {
			body = node_string(tree, source);
		} else {
			node_id call =
				node_is(tree, n, KIND_expression_statement) ? node_first(tree, n) : NO_NODE;
			node_id callee = node_child(tree, call, FIELD_function);
			if (!node_is(tree, call, KIND_call_expression) ||
				!str_equal(node_property(tree, callee), STR("__wbindgen_start"))) {
				return false;
			}
		}
	}
	if (wasm.len == 0 || body.len == 0) {
		return false;
	}
	glue->part = PART_SHIM;
	glue->other = body;
	glue->wasm_imported = wasm;
	glue->is_module = true;
	glue->module = MODULE_LOADER;
	glue->form = "re-exports a body that imports the wasm itself: nothing to insert";
	return true;
}

/* Whether the exports that are handed over come from another script, which makes the instance. */
static bool read_made_by(struct glue *glue, binding_id variable)
{
	struct str plain;
	node_id source = glue_import_source(glue, variable);
	if (source == NO_NODE || glue_names_wasm(glue, source, &plain) || !str_ends(plain, STR("js"))) {
		return false;
	}
	glue->made_by = plain;
	return true;
}

/*
 * The instance comes from a function of the program's, which may result in an instance or in both:
 *     const result = await callback(imports);
 *     const instance = "instance" in result && … ? result.instance : …;
 *     imports.__wbg_set_wasm(instance.exports);
 * Gives `result`, empty if the file is not such a loader.
 */
static struct str read_result(const struct glue *glue, node_id handed)
{
	const struct tree *tree = glue->tree;
	node_id instance = node_child(tree, handed, FIELD_object);
	binding_id variable =
		glue_is_instance_exports(glue, handed) && node_is(tree, instance, KIND_identifier)
			? scope_of(glue->scopes, instance)
			: 0;
	node_id value = variable == 0 ? NO_NODE : binding_value(glue->scopes, variable);
	for (node_id n = value; value != NO_NODE && n < tree->nodes[value].last; n++) {
		node_id object =
			node_is(tree, n, KIND_member_expression) ? node_child(tree, n, FIELD_object) : NO_NODE;
		binding_id result =
			node_is(tree, object, KIND_identifier) ? scope_of(glue->scopes, object) : 0;
		node_id called = result == 0 ? NO_NODE : binding_value(glue->scopes, result);
		if (str_equal(node_property(tree, n), STR("instance")) &&
			node_is(tree, called, KIND_await_expression) &&
			glue->scopes->bindings[result].scope == node_function(tree, handed)) {
			return node_text(tree, object);
		}
	}
	return (struct str){"", 0};
}

bool glue_read_loader(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	uint32_t calls = 0;
	if (has_own_setter(glue)) {
		return false;
	}
	for (node_id n = 1; n < tree->count; n++) {
		node_id handed = glue_handed_by(glue, n);
		if (handed != NO_NODE) {
			glue_add(glue, FACT_HAND, handed);
			glue->other = body_of(glue, n);
			calls++;
		}
	}
	if (calls != 0 && has_body(glue)) {
		glue->fact_count = 0;
		glue->other = (struct str){"", 0};
		return false;
	}
	if (calls == 0) {
		return read_shim(glue) || glue_read_maker(glue);
	}
	glue->part = PART_LOADER;
	for (node_id n = 1; n < tree->count; n++) {
		read_instantiation(glue, n);
	}
	if (!read_imports(glue)) {
		return true;
	}
	glue->target = glue->is_module ? TARGET_BUNDLER : TARGET_NODEJS;
	glue->module = glue->has_module ? MODULE_SEEN : MODULE_NONE;
	glue->form =
		glue->has_module ? "loader that makes the instance" : "entry that imports the instance";
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		node_id handed = glue->facts[i].kind == FACT_HAND ? glue->facts[i].node : NO_NODE;
		binding_id variable =
			node_is(tree, handed, KIND_identifier) ? scope_of(glue->scopes, handed) : 0;
		if (variable != 0) {
			read_variable(glue, variable);
			if (glue->module == MODULE_NONE && glue->wasm_imported.len == 0) {
				glue->wasm_imported = imported_later(glue, variable);
			}
			glue->module = glue->module == MODULE_NONE && read_made_by(glue, variable)
			                   ? MODULE_LOADER
			                   : glue->module;
		}
	}
	if (calls == 1 && glue->module == MODULE_NONE && glue->wasm_imported.len == 0) {
		glue->result = read_result(glue, glue->facts[0].node);
		glue->module = glue->result.len != 0 ? MODULE_RESULT : MODULE_NONE;
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (glue_is_instance_exports(glue, n) && !is_handed(glue, n) &&
			!glue_enters_nothing(tree, n) && !passes_on(glue, n)) {
			glue_add(glue, FACT_ESCAPE, n);
		}
	}
	return true;
}
