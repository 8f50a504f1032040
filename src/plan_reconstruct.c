/* Classes that the user wants made again: the call that made an object is recorded with it. */
#include <ctype.h>

#include "planning.h"

/* Whether an export is the one by which wasm-bindgen frees objects of a class of that name. */
static bool is_free_of(struct str export, struct str wanted)
{
	struct str before = STR("__wbg_"), after = STR("_free");
	if (export.len != before.len + wanted.len + after.len || !str_starts(export, before) ||
		!str_ends(export, after)) {
		return false;
	}
	size_t same = 0;
	while (same < wanted.len &&
		   export.data[before.len + same] == tolower((unsigned char)wanted.data[same])) {
		same++;
	}
	return same == wanted.len;
}

/*
 * What names a class in its own functions: its own name, or the variable that is given it (minified glue, and
 * constructors that are an expression, whose name the other members do not see).
 */
static struct str class_reference(const struct glue *glue, node_id class)
{
	const struct tree *tree = glue->tree;
	bool alone = node_is(tree, class, KIND_function_expression);
	binding_id variable = glue_class_variable(glue, class);
	if (!alone && node_child(tree, class, FIELD_name) != NO_NODE) {
		return glue_class_name(glue, class);
	}
	return variable != 0 && glue->scopes->bindings[variable].writes == 0
	           ? binding_name(glue->scopes, variable)
	           : (struct str){"", 0};
}

/*
 * Minifiers rename classes, several to the same name inside of them. In the export that frees its objects wasm-bindgen
 * has the name in lower case.
 */
static bool is_called(const struct glue *glue, node_id class, struct str wanted)
{
	if (str_equal(class_reference(glue, class), wanted)) {
		return true;
	}
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if (fact->kind != FACT_FREE || glue_class_around(glue, fact->node) != class) {
			continue;
		}
		for (node_id n = fact->node; n < glue->tree->nodes[fact->node].last; n++) {
			if (is_free_of(glue_export_read(glue, n), wanted)) {
				return true;
			}
		}
	}
	return false;
}

struct str plan_reconstructed_as(const struct planning *p, node_id n)
{
	const struct patch_options *options = p->options;
	node_id class = glue_class_around(p->glue, n);
	for (uint32_t i = 0; class != NO_NODE && i < options->reconstruct_count; i++) {
		if (is_called(p->glue, class, options->reconstruct[i])) {
			return options->reconstruct[i];
		}
	}
	return (struct str){"", 0};
}

/* Whether a name means something else within a function than it does around it, at a node in there. */
static bool is_hidden(const struct glue *glue, node_id function, node_id n, struct str name)
{
	uint32_t id = tree_find_name(glue->tree, name);
	for (binding_id b = 1; b < glue->scopes->count; b++) {
		const struct binding *binding = &glue->scopes->bindings[b];
		if (binding->name == id && node_inside(glue->tree, binding->scope, function) &&
			node_inside(glue->tree, n, binding->scope)) {
			return true;
		}
	}
	return false;
}

/* What names a class at a place in one of its functions, where minifiers may have given its name to a parameter. */
static struct str reference_at(struct planning *p, node_id class, node_id function, node_id n)
{
	struct str name = class_reference(p->glue, class);
	uint32_t index = plan_class_index(p->glue, class);
	return index != UINT32_MAX && is_hidden(p->glue, function, n, name) ? plan_text(p, "%u", index)
	                                                                    : name;
}

void plan_recording(struct planning *p, const struct fact *fact)
{
	const struct tree *tree = p->tree;
	node_id class = glue_class_around(p->glue, fact->node);
	if (class == NO_NODE || class_reference(p->glue, class).len == 0) {
		return; /* see plan_check_reconstruct */
	}
	/* a constructor may return another object than `this`: glue of before 0.2.88 does */
	struct str function = fact->kind == FACT_CONSTRUCTOR ? STR("") : fact->name;
	struct str label = plan_reconstructed_as(p, fact->node);
	struct str before = plan_text(p, "%.*s.m(", STR_ARGS(p->rg));
	for (node_id n = fact->node + 1; n < tree->nodes[fact->node].last; n++) {
		if (node_is_function(tree, n)) {
			n = tree->nodes[n].last - 1; /* returns from elsewhere */
		} else if (node_is(tree, n, KIND_return_statement) && node_first(tree, n) != NO_NODE) {
			node_id value = node_first(tree, n);
			bool several = node_is(tree, value, KIND_sequence_expression);
			plan_wrap(p, value, several ? plan_text(p, "%.*s(", STR_ARGS(before)) : before,
				plan_text(p, "%s,%.*s,\"%.*s\",arguments,\"%.*s\")", several ? ")" : "",
					STR_ARGS(reference_at(p, class, fact->node, n)), STR_ARGS(function),
					STR_ARGS(label)));
		}
	}
}

void plan_registration(struct planning *p, node_id held)
{
	const struct tree *tree = p->tree;
	node_id class = glue_class_around(p->glue, held);
	if (class == NO_NODE || class_reference(p->glue, class).len == 0 ||
		plan_reconstructed_as(p, held).len == 0) {
		plan_wrap_call(p, held, "h");
		return;
	}
	node_id object = node_nth(tree, tree->nodes[held].parent, 0);
	plan_wrap(p, held, plan_text(p, "%.*s.h(", STR_ARGS(p->rg)),
		plan_text(p, ",%.*s)", STR_ARGS(node_text(tree, object))));
}

static bool makes(const struct glue *glue, struct str class_name)
{
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if (fact->kind != FACT_CONSTRUCTOR && fact->kind != FACT_STATIC) {
			continue;
		}
		node_id class = glue_class_around(glue, fact->node);
		if (class != NO_NODE && is_called(glue, class, class_name)) {
			return class_reference(glue, class).len != 0;
		}
	}
	return glue->part == PART_LOADER; /* its classes are in another file */
}

void plan_check_reconstruct(
	const struct glues *glues, const struct patch_options *options, struct patch *patch)
{
	for (uint32_t i = 0; i < options->reconstruct_count; i++) {
		struct str wanted = options->reconstruct[i];
		bool made = false;
		for (uint32_t g = 0; g < glues->count && !made; g++) {
			made = makes(&glues->items[g], wanted);
		}
		if (!made) {
			diag_add(glues->items[0].arena, &patch->diags, SEVERITY_WARNING, "not-reconstructed", 0,
				"no class '%.*s' with a constructor or a static function is in this glue: "
				"nothing of it will be made again",
				STR_ARGS(wanted));
		}
	}
}
