/* The runtime's short names: of its variables, and of the properties of `S` that nobody else uses. */
#include "embed_runtime.h"

#include <stdlib.h>

/*
 * The i-th name of the top level: A, B, …, Aa, …. Those of functions are small letters, the source's own
 * where it has one, so that functions of one form stay of one form: gzip makes one of them then.
 */
static struct str nth_name(struct arena *arena, uint32_t i)
{
	static const char capitals[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_$";
	uint32_t count = sizeof(capitals) - 1;
	if (i < count) {
		return arena_printf(arena, "%c", capitals[i]);
	}
	return arena_printf(arena, "%c%c", capitals[(i / count - 1) % count], 'a' + i % count % 26);
}

static struct str nth_local_name(struct arena *arena, struct str old, uint32_t i)
{
	(void)old;
	return arena_printf(arena, "%c", 97 + i % 26);
}

static bool is_reserved(struct str name)
{
	static const char *const words[] = {"do", "if", "in", "of", "as", "is", NULL};
	return str_is_one_of(name, words);
}

/* Whether a binding may not have that name: another of its scope has it, or one that is used inside. */
static bool is_taken(const struct embedding *e, binding_id binding, struct str name)
{
	const struct scopes *scopes = &e->scopes;
	node_id scope = scopes->bindings[binding].scope;
	for (binding_id b = 1; b < scopes->count; b++) {
		if (scopes->bindings[b].scope == scope && str_equal(e->names[b], name)) {
			return true;
		}
	}
	for (node_id n = scope; n < e->tree.nodes[scope].last; n++) {
		const struct node *node = &e->tree.nodes[n];
		bool global = node->kind == KIND_identifier && scope_of(scopes, n) == 0;
		if (global ? node_is_text(&e->tree, n, name)
				   : scope_of(scopes, n) != 0 && str_equal(e->names[scope_of(scopes, n)], name)) {
			return true;
		}
	}
	return false;
}

static int compare_uses(const void *left, const void *right)
{
	const uint32_t *a = left, *b = right;
	return a[0] != b[0] ? (a[0] > b[0] ? -1 : 1) : (int)a[1] - (int)b[1];
}

static uint32_t count_uses(const struct scopes *scopes, binding_id b)
{
	uint32_t count = 1;
	for (node_id u = scopes->bindings[b].first_use; u != NO_NODE; u = scopes->next_use[u]) {
		count++;
	}
	return count;
}

static void rename_binding(struct embedding *e, binding_id b)
{
	for (uint32_t i = 0; e->names[b].len == 0; i++) {
		struct str name = e->scopes.bindings[b].scope == 0
		                      ? nth_name(e->arena, i)
		                      : nth_local_name(e->arena, binding_name(&e->scopes, b), i);
		if (!is_reserved(name) && !is_taken(e, b, name)) {
			e->names[b] = name;
		}
	}
}

/* What a function declares, its blocks included. */
static void rename_locals(struct embedding *e, node_id function, bool parameters)
{
	for (binding_id b = 1; b < e->scopes.count; b++) {
		const struct binding *binding = &e->scopes.bindings[b];
		node_id of = binding->scope;
		if (of != 0 && !node_is_function(&e->tree, of)) {
			of = node_function(&e->tree, of);
		}
		if (of == function && binding->scope != 0 &&
			parameters == (binding->kind == BINDING_PARAMETER)) {
			rename_binding(e, b);
		}
	}
}

/* Those of the top level first, by their number of uses; then function by function, outer ones first. */
void embed_rename_all(struct embedding *e)
{
	const struct scopes *scopes = &e->scopes;
	e->names = arena_array(e->arena, struct str, scopes->count);
	uint32_t(*order)[2] = arena_alloc_array(e->arena, scopes->count, sizeof(*order));
	uint32_t count = 0;
	for (binding_id b = 1; b < scopes->count; b++) {
		if (scopes->bindings[b].scope == 0) {
			order[count][0] = count_uses(scopes, b);
			order[count++][1] = b;
		}
	}
	qsort(order, count, sizeof(*order), compare_uses);
	for (uint32_t i = 0; i < count; i++) {
		rename_binding(e, order[i][1]);
	}
	for (node_id n = 1; n < e->tree.count; n++) {
		rename_locals(e, n, false);
		rename_locals(e, n, true);
	}
}

/* `S.generation`: what the inserted text and the tests use keeps its name (docs/RUNTIME.md). */
bool embed_is_private_member(const struct embedding *e, node_id n)
{
	static const char *const public[] = {
		"dead", "judged", "g", "depth", "o", "disp", "n", "d", "q", "stamp", "module"};
	const struct node *node = &e->tree.nodes[n];
	node_id parent = node->parent;
	if (node->kind != KIND_property_identifier) {
		return false;
	}
	for (size_t i = 0; i < sizeof(public) / sizeof(*public); i++) {
		if (node_is_text(&e->tree, n, str_from(public[i]))) {
			return false;
		}
	}
	if (node_is(&e->tree, parent, KIND_pair)) {
		return e->tree.nodes[parent].parent == e->state && node->field == FIELD_key;
	}
	return node_is(&e->tree, parent, KIND_member_expression) &&
	       node_is_text(&e->tree, node_child(&e->tree, parent, FIELD_object), STR("S"));
}

/* `const { generation } = S` would keep the long name. */
struct str embed_private_name(const struct embedding *e, node_id n)
{
	uint32_t i = 0;
	for (node_id m = node_first(&e->tree, e->state); m != NO_NODE;
		 m = node_next(&e->tree, m), i++) {
		if (str_equal(
				node_text(&e->tree, node_child(&e->tree, m, FIELD_key)), node_text(&e->tree, n))) {
			return nth_name(e->arena, i + 26); /* a capital: `S.o` and its like keep their names */
		}
	}
	embed_fail("S", "has members that its literal does not name");
}
