#include "planning.h"

#include <assert.h>

struct str plan_text(struct planning *p, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str result = arena_vprintf(p->arena, format, args);
	va_end(args);
	return result;
}

struct str plan_free_name(struct planning *p, unsigned *number)
{
	struct str name;
	do {
		++*number;
		name = *number == 1 ? STR("__rg") : plan_text(p, "__rg%u", *number);
	} while (tree_has_prefix(p->tree, name));
	return name;
}

static uint32_t depth_of(const struct tree *tree, node_id n)
{
	uint32_t depth = 0;
	for (; n != NO_NODE; n = tree->nodes[n].parent) {
		depth++;
	}
	return depth;
}

void plan_wrap(struct planning *p, node_id n, struct str before, struct str after)
{
	const struct node *node = &p->tree->nodes[n];
	splice_wrap(
		p->arena, &p->patch->splice, node->start, node->end, depth_of(p->tree, n), before, after);
}

void plan_wrap_call(struct planning *p, node_id n, const char *function)
{
	plan_wrap(p, n, plan_text(p, "%.*s.%s(", STR_ARGS(p->rg), function), STR(")"));
}

void plan_insert(struct planning *p, uint32_t offset, struct str what)
{
	splice_insert(p->arena, &p->patch->splice, offset, SPLICE_PLAIN, 0, what);
}

bool plan_is_directive(const struct tree *tree, node_id n)
{
	return node_is(tree, n, KIND_expression_statement) &&
	       node_is(tree, node_first(tree, n), KIND_string);
}

void plan_statements(const struct tree *tree, node_id body, uint32_t *start, uint32_t *end)
{
	bool directives = true;
	*start = UINT32_MAX;
	*end = 0;
	for (node_id s = node_first(tree, body); s != NO_NODE; s = node_next(tree, s)) {
		*end = tree->nodes[s].end;
		directives &= plan_is_directive(tree, s) || node_is(tree, s, KIND_hash_bang_line);
		if (*start == UINT32_MAX && !directives && !node_is(tree, s, KIND_import_statement)) {
			*start = tree->nodes[s].start;
		}
	}
}

void plan_insert_at_start(struct planning *p, node_id function, struct str statements)
{
	const struct tree *tree = p->tree;
	node_id body = node_body(tree, function);
	assert(node_is(tree, body, KIND_statement_block));
	uint32_t offset = tree->nodes[body].start + 1;
	for (node_id s = node_first(tree, body); s != NO_NODE && plan_is_directive(tree, s);
		 s = node_next(tree, s)) {
		offset = tree->nodes[s].end;
	}
	plan_insert(p, offset, statements);
}

void plan_insert_at_end(struct planning *p, node_id function, struct str statements)
{
	plan_insert(p, p->tree->nodes[node_body(p->tree, function)].end - 1, statements);
}

enum common plan_common(const struct glue *glue)
{
	static const char *const names[] = {
		"module", "exports", "require", "__dirname", "__filename", NULL};
	const struct tree *tree = glue->tree;
	bool named = false, asked = false;
	if (glue->is_module || glue->root != 0) {
		return COMMON_NOT;
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].kind != KIND_identifier || scope_of(glue->scopes, n) != 0 ||
			!str_is_one_of(node_text(tree, n), names)) {
			continue;
		}
		node_id parent = tree->nodes[n].parent;
		/* by `module.require` glue of before 0.2.87 gets a TextDecoder wherever it runs */
		named |= !str_equal(node_property(tree, parent), STR("require"));
		asked |= node_is(tree, parent, KIND_unary_expression); /* `typeof` */
	}
	return !named ? COMMON_NOT : asked ? COMMON_MAYBE : COMMON_ALWAYS;
}

/* In a page, `module` may be an element of that id. */
struct str plan_common_export(struct planning *p, struct str name, struct str value)
{
	return plan_text(p, "%sObject.defineProperty(module.exports,\"%.*s\",{value:%.*s});",
		p->common == COMMON_MAYBE ? "typeof module==\"object\"&&module.exports&&" : "",
		STR_ARGS(name), STR_ARGS(value));
}

bool plan_binds(const struct planning *p, struct str name)
{
	const struct tree *tree = p->tree;
	const struct scopes *scopes = p->glue->scopes;
	uint32_t id = tree_find_name(tree, name);
	for (binding_id b = 1; id != 0 && b < scopes->count; b++) {
		const struct binding *binding = &scopes->bindings[b];
		if (binding->name == id &&
			(binding->scope == 0 || node_inside(tree, p->glue->root_body, binding->scope))) {
			return true;
		}
	}
	return false;
}

bool plan_excludes(const struct planning *p, struct str name)
{
	for (uint32_t i = 0; i < p->options->exclude_count; i++) {
		if (str_equal(p->options->exclude[i], name)) {
			return true;
		}
	}
	return false;
}
