/* Classes that the user wants made again: the call that made an object is recorded with it. */
#include "planning.h"

bool plan_reconstructs(const struct planning *p, struct str class_name)
{
	const struct patch_options *options = p->options;
	for (uint32_t i = 0; i < options->reconstruct_count; i++) {
		if (str_equal(options->reconstruct[i], class_name)) {
			return true;
		}
	}
	return false;
}

void plan_recording(struct planning *p, const struct fact *fact)
{
	const struct tree *tree = p->tree;
	node_id class = plan_class_around(tree, fact->node);
	node_id name = node_child(tree, class, FIELD_name);
	if (name == NO_NODE) {
		return; /* a class that cannot be named in its own body; see plan_check_reconstruct */
	}
	/* a constructor may return another object than `this`: glue of before 0.2.88 does */
	struct str function = fact->kind == FACT_CONSTRUCTOR ? STR("") : fact->name;
	struct str before = plan_text(p, "%.*s.m(", STR_ARGS(p->rg));
	struct str label = node_text(tree, name);
	struct str after = plan_text(p, ",%.*s,\"%.*s\",arguments,\"%.*s\")", STR_ARGS(label),
		STR_ARGS(function), STR_ARGS(label));
	for (node_id n = fact->node + 1; n < tree->nodes[fact->node].last; n++) {
		if (node_is_function(tree, n)) {
			n = tree->nodes[n].last - 1; /* returns from elsewhere */
		} else if (node_is(tree, n, KIND_return_statement) && node_first(tree, n) != NO_NODE) {
			plan_wrap(p, node_first(tree, n), before, after);
		}
	}
}

void plan_registration(struct planning *p, node_id held)
{
	const struct tree *tree = p->tree;
	node_id name = node_child(tree, plan_class_around(tree, held), FIELD_name);
	if (name == NO_NODE || !plan_reconstructs(p, node_text(tree, name))) {
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
		if ((fact->kind == FACT_CONSTRUCTOR || fact->kind == FACT_STATIC) &&
			str_equal(fact->class_name, class_name)) {
			node_id class = plan_class_around(glue->tree, fact->node);
			return node_child(glue->tree, class, FIELD_name) != NO_NODE;
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
