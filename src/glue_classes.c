/*
 * Classes: which one a node is in, its variable and its name; also of those that a compiler has turned into functions
 * with prototypes:
 *
 *   X.prototype.m = function () {};  X.s = function () {};
 *   var p = X.prototype; p.m = function () {};
 *   Object.defineProperty(X.prototype, "p", { get: function () {}, … });
 *   Object.defineProperties(X.prototype, { p: { get: function () {}, … } });
 *   _defineAccessor("get", X.prototype, "p", function () {});
 *   _createClass(X, [{ key: "m", value: function () {} }], [{ key: "s", value: function () {} }]);
 *   _createClass(function X() {}, [{ … }]);
 *
 * Such a class is, for all who ask, the function that is its constructor.
 */
#include "glue.h"

/* The function that an expression is, or names. */
static node_id function_of(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	n = node_unwrap(tree, n);
	if (node_is(tree, n, KIND_identifier)) {
		return binding_function(glue->scopes, scope_of(glue->scopes, n));
	}
	return node_is(tree, n, KIND_function_expression) ? n : NO_NODE;
}

/* The only value that a variable ever has; NO_NODE: it has several, or another than an assignment's. */
static node_id only_value(const struct glue *glue, binding_id b)
{
	node_id declared = b == 0 ? NO_NODE : binding_value(glue->scopes, b);
	uint32_t writes = b == 0 ? 0 : glue->scopes->bindings[b].writes;
	if (declared != NO_NODE || writes != 1) {
		return writes == 0 ? declared : NO_NODE;
	}
	node_id u = glue->scopes->bindings[b].first_use;
	while (u != NO_NODE && !use_is_write(glue->tree, u)) {
		u = glue->scopes->next_use[u];
	}
	return u == NO_NODE ? NO_NODE
	                    : node_child(glue->tree, glue->tree->nodes[u].parent, FIELD_right);
}

/* X of `X.prototype`, of a variable that is this, or of its assignment. */
static node_id prototype_of(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	n = node_unwrap(tree, n);
	if (node_is(tree, n, KIND_identifier)) {
		n = only_value(glue, scope_of(glue->scopes, n));
	} else if (node_is(tree, n, KIND_assignment_expression)) {
		n = node_child(tree, n, FIELD_right);
	}
	n = node_unwrap(tree, n);
	return str_equal(node_property(tree, n), STR("prototype"))
	           ? function_of(glue, node_child(tree, n, FIELD_object))
	           : NO_NODE;
}

/* What stands in a list of members: `{ key: "m", value: … }`; gives the name. */
static struct str listed_name(const struct tree *tree, node_id object)
{
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		if (node_is(tree, p, KIND_pair) &&
			node_is_text(tree, node_child(tree, p, FIELD_key), STR("key"))) {
			return node_string(tree, node_child(tree, p, FIELD_value));
		}
	}
	return (struct str){"", 0};
}

struct member {
	node_id class;
	struct str name;
	enum fact_kind kind;
};

/* `X.s = function`, `X.prototype.m = function` */
static struct member assigned_member(const struct glue *glue, node_id left)
{
	const struct tree *tree = glue->tree;
	node_id object = node_child(tree, left, FIELD_object);
	struct member member = {
		.class = NO_NODE, .name = node_property(tree, left), .kind = FACT_METHOD};
	if (object == NO_NODE) {
		return member;
	}
	member.class = prototype_of(glue, object);
	if (member.class == NO_NODE) {
		member.class = function_of(glue, object);
		member.kind = FACT_STATIC;
	}
	if (member.kind == FACT_METHOD &&
		node_is_text(tree, node_child(tree, left, FIELD_index), STR("Symbol.dispose"))) {
		member.kind = FACT_FREE;
	}
	return member;
}

/* A function that is a value in an object: of defineProperty, or in the lists of _createClass. */
static struct member described_member(const struct glue *glue, node_id pair)
{
	const struct tree *tree = glue->tree;
	struct str key = node_text(tree, node_child(tree, pair, FIELD_key));
	node_id object = tree->nodes[pair].parent, list = tree->nodes[object].parent;
	struct member member = {
		.class = NO_NODE,
		.kind = str_equal(key, STR("get"))   ? FACT_GETTER
	            : str_equal(key, STR("set")) ? FACT_SETTER
	                                         : FACT_METHOD,
	};
	if (node_is(tree, list, KIND_arguments)) {
		member.class = prototype_of(glue, node_nth(tree, list, 0));
		member.name = node_string(tree, node_nth(tree, list, 1));
	} else if (node_is(tree, list, KIND_pair)) {
		node_id name = node_child(tree, list, FIELD_key);
		node_id outer = tree->nodes[tree->nodes[list].parent].parent;
		member.class = node_is(tree, outer, KIND_arguments)
		                   ? prototype_of(glue, node_nth(tree, outer, 0))
		                   : NO_NODE;
		member.name =
			node_is(tree, name, KIND_string) ? node_string(tree, name) : node_text(tree, name);
	} else if (node_is(tree, list, KIND_array) &&
			   node_is(tree, tree->nodes[list].parent, KIND_arguments)) {
		node_id arguments = tree->nodes[list].parent;
		member.class = function_of(glue, node_nth(tree, arguments, 0));
		member.name = listed_name(tree, object);
		if (node_nth(tree, arguments, 2) == list) {
			member.kind = FACT_STATIC;
		}
	}
	return member;
}

static struct member member_of(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	node_id parent = tree->nodes[function].parent;
	if (node_is(tree, parent, KIND_assignment_expression) &&
		tree->nodes[function].field == FIELD_right) {
		return assigned_member(glue, node_child(tree, parent, FIELD_left));
	}
	if (node_is(tree, parent, KIND_pair)) {
		return described_member(glue, parent);
	}
	node_id first = node_is(tree, parent, KIND_arguments) ? node_first(tree, parent) : NO_NODE;
	struct str accessor = first == NO_NODE ? (struct str){"", 0} : node_string(tree, first);
	if ((str_equal(accessor, STR("get")) || str_equal(accessor, STR("set"))) &&
		node_nth(tree, parent, 3) == function) {
		return (struct member){.class = prototype_of(glue, node_nth(tree, parent, 1)),
			.name = node_string(tree, node_nth(tree, parent, 2)),
			.kind = str_equal(accessor, STR("get")) ? FACT_GETTER : FACT_SETTER};
	}
	return (struct member){.class = function, .name = STR("constructor"), .kind = FACT_CONSTRUCTOR};
}

/* `(function X() {}, [{ key: "m", … }, …])`: also hooks of frameworks are called with a function and a list. */
static bool is_list_of(const struct glue *glue, node_id arguments, node_id class)
{
	const struct tree *tree = glue->tree;
	node_id list =
		node_is(tree, arguments, KIND_arguments) ? node_nth(tree, arguments, 1) : NO_NODE;
	return node_is(tree, list, KIND_array) && listed_name(tree, node_first(tree, list)).len != 0 &&
	       function_of(glue, node_nth(tree, arguments, 0)) == class;
}

/* Whether members are put on the prototype of a function; any other object has methods as well. */
static bool has_members(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	binding_id name = glue_function_binding(glue, class);
	if (is_list_of(glue, tree->nodes[class].parent, class)) {
		return true;
	}
	for (node_id u = name == 0 ? NO_NODE : glue->scopes->bindings[name].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id parent = tree->nodes[u].parent, outer = tree->nodes[parent].parent;
		if (is_list_of(glue, parent, class)) {
			return true;
		}
		bool named = node_is(tree, outer, KIND_variable_declarator) ||
		             (node_is(tree, outer, KIND_assignment_expression) &&
						 tree->nodes[parent].field == FIELD_right);
		if (tree->nodes[u].field == FIELD_object && prototype_of(glue, parent) == class &&
			(tree->nodes[parent].field == FIELD_object || node_is(tree, outer, KIND_arguments) ||
				named)) {
			return true;
		}
	}
	return false;
}

node_id glue_old_class(const struct glue *glue, node_id function)
{
	struct member member = member_of(glue, function);
	return member.class != NO_NODE && has_members(glue, member.class) ? member.class : NO_NODE;
}

node_id glue_class_whole(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	node_id n = class;
	while (node_is_function(tree, class)) {
		node_id parent = tree->nodes[n].parent, maker = node_function(tree, n);
		enum field field = (enum field)tree->nodes[n].field;
		if (node_is(tree, parent, KIND_parenthesized_expression) ||
			(node_is(tree, parent, KIND_call_expression) && field == FIELD_function) ||
			(node_is(tree, parent, KIND_assignment_expression) && field == FIELD_right)) {
			n = parent;
		} else if (node_is(tree, parent, KIND_arguments) && is_list_of(glue, parent, class)) {
			n = tree->nodes[parent].parent;
		} else if (node_is(tree, parent, KIND_variable_declarator) || maker == NO_NODE ||
				   maker == glue->root) {
			return n;
		} else {
			n = maker;
		}
	}
	return n;
}

binding_id glue_class_variable(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	class = glue_class_whole(glue, class);
	if (!node_is(tree, class, KIND_class_declaration) &&
		!node_is(tree, class, KIND_function_declaration)) {
		class = tree->nodes[class].parent; /* `var A = class {…}` */
		class = node_is(tree, class, KIND_variable_declarator) ? class : NO_NODE;
	}
	node_id name = class == NO_NODE ? NO_NODE : node_child(tree, class, FIELD_name);
	binding_id b = node_is(tree, name, KIND_identifier) ? scope_of(glue->scopes, name) : 0;
	return b != 0 && glue->scopes->bindings[b].scope == glue->root ? b : 0;
}

node_id glue_class_around(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (; n != NO_NODE; n = tree->nodes[n].parent) {
		if (node_is(tree, n, KIND_class_declaration) || node_is(tree, n, KIND_class)) {
			return n;
		}
		node_id old = node_is_function(tree, n) ? glue_old_class(glue, n) : NO_NODE;
		if (old != NO_NODE) {
			return old;
		}
	}
	return NO_NODE;
}

struct str glue_class_name(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	node_id name = node_child(tree, class, FIELD_name);
	binding_id variable = node_is_function(tree, class) ? glue_function_binding(glue, class) : 0;
	return name != NO_NODE ? node_text(tree, name)
	       : variable != 0 ? binding_name(glue->scopes, variable)
	                       : (struct str){"", 0};
}

static bool reads_exports(const struct glue *glue, node_id n)
{
	for (node_id i = n; i < glue->tree->nodes[n].last; i++) {
		if (is_exports(glue, i)) {
			return true;
		}
	}
	return false;
}

void glue_read_old_classes(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (!node_is_function(tree, n) || node_is(tree, n, KIND_arrow_function) ||
			node_is(tree, n, KIND_method_definition)) {
			continue;
		}
		node_id class = glue_old_class(glue, n);
		if (class == NO_NODE) {
			continue;
		}
		struct member member = member_of(glue, n);
		if (str_equal(member.name, STR("__unwrap")) || reads_exports(glue, n)) {
			glue_add_member(glue, member.kind, n, member.name, glue_class_name(glue, class));
		}
	}
}
