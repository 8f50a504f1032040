/* Entrypoints: functions and class members that outside code can call. */
#include "glue.h"

/* The first export called in a subtree that is no intrinsic: what the entrypoint is about. */
static struct str main_export(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (node_id i = n; i < tree->nodes[n].last; i++) {
		struct str name = glue_export_read(glue, i);
		if (name.len != 0 && !export_is_intrinsic(name)) {
			return name;
		}
	}
	return (struct str){"", 0};
}

static bool is_pointer_name(const struct glue *glue, struct str name)
{
	return glue_is_pointer_name(glue, name) || str_equal(name, STR("__destroy_into_raw"));
}

/*
 * Whether a parameter is a class object: its pointer is read, or it is checked by _assertClass.
 */
static bool is_object_parameter(const struct glue *glue, binding_id parameter)
{
	const struct tree *tree = glue->tree;
	for (node_id u = glue->scopes->bindings[parameter].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id parent = tree->nodes[u].parent;
		if (tree->nodes[u].field == FIELD_object &&
			is_pointer_name(glue, node_property(tree, parent))) {
			return true;
		}
		if (node_is(tree, parent, KIND_arguments) &&
			node_is_text(tree, node_first(tree, tree->nodes[parent].parent), STR("_assertClass"))) {
			return true;
		}
	}
	return false;
}

static void read_arguments(struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	node_id parameters = node_child(tree, function, FIELD_parameters);
	node_id p = parameters == NO_NODE ? node_child(tree, function, FIELD_parameter)
	                                  : node_first(tree, parameters);
	for (; p != NO_NODE; p = parameters == NO_NODE ? NO_NODE : node_next(tree, p)) {
		if (node_is(tree, p, KIND_identifier) &&
			is_object_parameter(glue, scope_of(glue->scopes, p))) {
			struct fact *fact = glue_add(glue, FACT_ARGUMENT, function);
			fact->name = node_text(tree, p);
		}
	}
}

enum fact_kind glue_member_kind(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	bool reads = false, moves = false, frees = false;
	for (node_id n = node_is(tree, function, KIND_arrow_function) ? tree->nodes[function].last
	                                                              : function + 1;
		 n < tree->nodes[function].last; n++) {
		if ((node_is_function(tree, n) && !node_is(tree, n, KIND_arrow_function)) ||
			node_is(tree, n, KIND_class)) {
			n = tree->nodes[n].last - 1; /* has a `this` of its own */
			continue;
		}
		struct str name = node_is(tree, node_child(tree, n, FIELD_object), KIND_this)
		                      ? node_property(tree, n)
		                      : (struct str){"", 0};
		bool is_target = tree->nodes[n].field == FIELD_left &&
		                 node_is(tree, tree->nodes[n].parent, KIND_assignment_expression);
		struct str export = glue_export_read(glue, n);
		reads |= glue_is_pointer_name(glue, name) && !str_equal(name, STR("ptr")) && !is_target;
		moves |= str_equal(name, STR("__destroy_into_raw"));
		frees |= str_starts(export, STR("__wbg_")) && str_ends(export, STR("_free"));
	}
	return frees && (reads || moves) ? FACT_FREE : reads || moves ? FACT_METHOD : FACT_FUNCTION;
}

void glue_add_function(struct glue *glue, node_id function, struct str name)
{
	if (glue_is_marked(glue->entered, function)) {
		return; /* exported under two names */
	}
	glue_mark(glue, &glue->entered, function);
	struct fact *fact = glue_add(glue, glue_member_kind(glue, function), function);
	fact->name = name;
	fact->wasm_export = main_export(glue, function);
	if (fact->kind != FACT_FREE) {
		read_arguments(glue, function);
	}
}

/* A function or class that leaves the glue under a name. */
static void read_exported(struct glue *glue, node_id value, struct str name)
{
	const struct tree *tree = glue->tree;
	value = node_unwrap(tree, value);
	if (str_starts(name, STR("__wb"))) {
		return; /* an import shim, or upstream's machinery, in old nodejs glue */
	}
	binding_id binding = 0;
	node_id function = NO_NODE;
	if (node_is(tree, value, KIND_identifier)) {
		binding = scope_of(glue->scopes, value);
		function = binding_function(glue->scopes, binding);
	} else if (value != NO_NODE && node_is_function(tree, value)) {
		function = value;
		binding = scope_of(glue->scopes, node_child(tree, value, FIELD_name));
	}
	if (function == NO_NODE || !glue_touches(glue, function)) {
		return;
	}
	if (binding != 0 && (glue->roles[binding] & (ROLE_INIT | ROLE_SHIM)) != 0) {
		return;
	}
	if (binding != 0) {
		glue->roles[binding] |= ROLE_EXPORTED;
	}
	glue_add_function(glue, function, name);
}

static void read_export_statement(struct glue *glue, node_id statement)
{
	const struct tree *tree = glue->tree;
	if (node_child(tree, statement, FIELD_source) != NO_NODE) {
		return;
	}
	node_id declaration = node_child(tree, statement, FIELD_declaration);
	if (declaration != NO_NODE) {
		node_id name = node_child(tree, declaration, FIELD_name);
		if (name != NO_NODE && node_is_function(tree, declaration)) {
			read_exported(glue, name, node_text(tree, name));
		}
		for (node_id d = node_first(tree, declaration); d != NO_NODE; d = node_next(tree, d)) {
			if (node_is(tree, d, KIND_variable_declarator)) {
				name = node_child(tree, d, FIELD_name);
				read_exported(glue, name, node_text(tree, name));
			}
		}
		return;
	}
	node_id value = node_child(tree, statement, FIELD_value);
	if (value != NO_NODE) {
		read_exported(glue, value, STR("default"));
		return;
	}
	node_id clause = node_first(tree, statement);
	for (node_id s = clause == NO_NODE ? NO_NODE : node_first(tree, clause); s != NO_NODE;
		 s = node_next(tree, s)) {
		if (node_is(tree, s, KIND_export_specifier)) {
			node_id name = node_child(tree, s, FIELD_name);
			node_id alias = node_child(tree, s, FIELD_alias);
			read_exported(glue, name, node_text(tree, alias != NO_NODE ? alias : name));
		}
	}
}

/*
 * `module.exports.x = f`, `exports.x = f`, `ns.x = f`: members of objects that leave the glue.
 * Anywhere but in a function, for assignments may be joined by commas (minified glue).
 */
static void read_member_assignment(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id left = node_child(tree, n, FIELD_left), right = node_child(tree, n, FIELD_right);
	struct str name = node_property(tree, left);
	if (name.len == 0 || glue_function_around(glue, n) != NO_NODE) {
		return;
	}
	/* `Foo.prototype[Symbol.dispose] = …` has no plain name and is an alias of free() */
	read_exported(glue, right, name);
}

/*
 * In glue that went through a bundler, exported wrappers call the generated functions: guard the
 * generated ones, whatever calls them.
 */
static void read_unexported(struct glue *glue)
{
	const struct scopes *scopes = glue->scopes;
	for (binding_id b = 1; b < scopes->count; b++) {
		uint16_t roles = glue->roles[b];
		if ((roles & ROLE_CALLS_EXPORT) != 0 &&
			(roles & (ROLE_INIT | ROLE_SHIM | ROLE_EXPORTED)) == 0) {
			glue_add_function(glue, binding_function(scopes, b), binding_name(scopes, b));
		}
	}
}

static struct str class_name_of(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	node_id name = node_child(tree, class, FIELD_name);
	if (name == NO_NODE && node_is(tree, tree->nodes[class].parent, KIND_variable_declarator)) {
		name = node_child(tree, tree->nodes[class].parent, FIELD_name);
	}
	return name == NO_NODE ? STR("(anonymous)") : node_text(tree, name);
}

/* A class of Rust objects: some member reaches the exports. */
static bool is_rust_class(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	bool touches = false, pointer = false;
	for (node_id n = class; n < tree->nodes[class].last; n++) {
		touches |= is_exports(glue, n);
		pointer |= tree->nodes[n].kind == KIND_property_identifier &&
		           is_pointer_name(glue, node_text(tree, n));
	}
	return touches && pointer;
}

static bool is_dispose(const struct tree *tree, node_id name)
{
	return node_is(tree, name, KIND_computed_property_name) &&
	       node_is_text(tree, node_first(tree, name), STR("Symbol.dispose"));
}

/* `v instanceof Class` of the only parameter, in a static function that calls no wasm: wasm asks by it whether a
 * value is such an object, whatever it is called. */
static bool asks_for_class(const struct glue *glue, node_id function, node_id parameter)
{
	const struct tree *tree = glue->tree;
	if (node_next(tree, parameter) != NO_NODE || glue_touches(glue, function)) {
		return false;
	}
	for (node_id n = function; n < tree->nodes[function].last; n++) {
		node_id left = node_is_operation(tree, n, STR("instanceof"))
		                   ? node_child(tree, n, FIELD_left)
		                   : NO_NODE;
		if (node_is(tree, left, KIND_identifier) &&
			scope_of(glue->scopes, left) == scope_of(glue->scopes, parameter)) {
			return true;
		}
	}
	return false;
}

void glue_add_member(struct glue *glue, enum fact_kind kind, node_id function, struct str name,
	struct str class_name)
{
	const struct tree *tree = glue->tree;
	node_id parameter = node_nth(tree, node_child(tree, function, FIELD_parameters), 0);
	glue_mark(glue, &glue->entered, function);
	if (str_equal(name, STR("__unwrap")) ||
		(kind == FACT_STATIC && node_is(tree, parameter, KIND_identifier) &&
			asks_for_class(glue, function, parameter))) {
		if (parameter != NO_NODE) {
			struct fact *fact = glue_add(glue, FACT_UNWRAP, function);
			fact->name = node_text(tree, parameter);
			fact->class_name = class_name;
		}
		return;
	}
	if (str_starts(name, STR("__wrap")) || str_starts(name, STR("__destroy_into_raw")) ||
		str_equal(name, STR("__getClassname")) || !glue_touches(glue, function)) {
		return;
	}
	if (kind == FACT_METHOD && str_equal(name, STR("free"))) {
		kind = FACT_FREE;
	}
	struct fact *fact = glue_add(glue, kind, function);
	fact->name = name;
	fact->class_name = class_name;
	fact->wasm_export = main_export(glue, function);
	if (kind != FACT_FREE) {
		read_arguments(glue, function);
	}
}

static void read_member(struct glue *glue, node_id method, struct str class_name)
{
	const struct tree *tree = glue->tree;
	node_id name_node = node_child(tree, method, FIELD_name);
	struct str name = node_text(tree, name_node);
	uint16_t flags = tree->nodes[method].flags;
	enum fact_kind kind = FACT_METHOD;
	if (flags & NODE_STATIC) {
		kind = FACT_STATIC;
	} else if (str_equal(name, STR("constructor"))) {
		kind = FACT_CONSTRUCTOR;
	} else if (is_dispose(tree, name_node)) {
		kind = FACT_FREE;
	} else if (flags & NODE_GET) {
		kind = FACT_GETTER;
	} else if (flags & NODE_SET) {
		kind = FACT_SETTER;
	}
	glue_add_member(glue, kind, method, name, class_name);
}

bool glue_read_entries(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	glue_read_old_classes(
		glue); /* first: their members are assigned to something, as what is exported is */
	for (node_id n = node_first(tree, glue->root_body); n != NO_NODE; n = node_next(tree, n)) {
		if (node_is(tree, n, KIND_export_statement)) {
			read_export_statement(glue, n);
		}
	}
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (node_is(tree, n, KIND_assignment_expression)) {
			read_member_assignment(glue, n);
		}
	}
	read_unexported(glue);
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if ((node_is(tree, n, KIND_class_declaration) || node_is(tree, n, KIND_class)) &&
			is_rust_class(glue, n)) {
			node_id body = node_child(tree, n, FIELD_body);
			for (node_id m = node_first(tree, body); m != NO_NODE; m = node_next(tree, m)) {
				if (node_is(tree, m, KIND_method_definition)) {
					read_member(glue, m, class_name_of(glue, n));
				}
			}
		}
	}
	return true;
}
