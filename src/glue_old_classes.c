/*
 * Classes that a compiler has turned into functions with prototypes:
 *
 *   X.prototype.m = function () {};  X.s = function () {};
 *   Object.defineProperty(X.prototype, "p", { get: function () {}, … });
 *   _createClass(X, [{ key: "m", value: function () {} }], [{ key: "s", value: function () {} }]);
 */
#include "glue.h"

static binding_id binding_of(const struct glue *glue, node_id n)
{
	return node_is(glue->tree, n, KIND_identifier) ? scope_of(glue->scopes, n) : 0;
}

/* X of `X.prototype`, else 0. */
static binding_id prototype_of(const struct glue *glue, node_id n)
{
	return str_equal(node_property(glue->tree, n), STR("prototype"))
	           ? binding_of(glue, node_child(glue->tree, n, FIELD_object))
	           : 0;
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
	binding_id class;
	struct str name;
	enum fact_kind kind;
};

/* `X.s = function`, `X.prototype.m = function` */
static struct member assigned_member(const struct glue *glue, node_id left)
{
	const struct tree *tree = glue->tree;
	node_id object = node_child(tree, left, FIELD_object);
	struct member member = {.name = node_property(tree, left), .kind = FACT_METHOD};
	if (object == NO_NODE) {
		return member;
	}
	member.class = prototype_of(glue, object);
	if (member.class == 0) {
		member.class = binding_of(glue, object);
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
		.kind = str_equal(key, STR("get"))   ? FACT_GETTER
	            : str_equal(key, STR("set")) ? FACT_SETTER
	                                         : FACT_METHOD,
	};
	if (node_is(tree, list, KIND_arguments)) {
		member.class = prototype_of(glue, node_nth(tree, list, 0));
		member.name = node_string(tree, node_nth(tree, list, 1));
	} else if (node_is(tree, list, KIND_array) &&
			   node_is(tree, tree->nodes[list].parent, KIND_arguments)) {
		node_id arguments = tree->nodes[list].parent;
		member.class = binding_of(glue, node_nth(tree, arguments, 0));
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
	return (struct member){.class = glue_function_binding(glue, function),
		.name = STR("constructor"),
		.kind = FACT_CONSTRUCTOR};
}

/* Whether members are put on the prototype of a function; any other object has methods as well. */
static bool has_members(const struct glue *glue, binding_id class)
{
	const struct tree *tree = glue->tree;
	if (binding_function(glue->scopes, class) == NO_NODE) {
		return false;
	}
	for (node_id u = glue->scopes->bindings[class].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id parent = tree->nodes[u].parent, outer = tree->nodes[parent].parent;
		if (node_is(tree, parent, KIND_arguments) && node_nth(tree, parent, 0) == u &&
			node_is(tree, node_nth(tree, parent, 1), KIND_array)) {
			return true;
		}
		if (tree->nodes[u].field == FIELD_object && prototype_of(glue, parent) == class &&
			(tree->nodes[parent].field == FIELD_object || node_is(tree, outer, KIND_arguments))) {
			return true;
		}
	}
	return false;
}

binding_id glue_old_class(const struct glue *glue, node_id function)
{
	struct member member = member_of(glue, function);
	return member.class != 0 && has_members(glue, member.class) ? member.class : 0;
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
		binding_id class = glue_old_class(glue, n);
		struct member member = class == 0 ? (struct member){0} : member_of(glue, n);
		bool unwraps = str_equal(member.name, STR("__unwrap"));
		if (class != 0 && (unwraps || reads_exports(glue, n))) {
			glue_add_member(glue, member.kind, n, member.name, binding_name(glue->scopes, class));
		}
	}
}
