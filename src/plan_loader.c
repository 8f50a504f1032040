/*
 * The plan of a loader: the file that makes or imports an instance for a glue in another file. All it
 * has to do is say what it knows, as one more argument of `__wbg_set_wasm`. A glue that is not patched
 * ignores that, so neither file depends on the other's being patched.
 */
#include <assert.h>

#include "planning.h"

static uint32_t count_facts(const struct glue *glue, enum fact_kind kind)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		count += glue->facts[i].kind == kind;
	}
	return count;
}

/* `{module:…` without the closing brace, and with a comma behind if there is something in it. */
static struct str open_object(struct planning *p, struct str given)
{
	return given.len == 0 ? STR("{") : plan_text(p, "%.*s,", (int)given.len - 1, given.data);
}

static bool reexports_all(const struct planning *p)
{
	const struct tree *tree = p->tree;
	for (node_id n = node_first(tree, 0); n != NO_NODE; n = node_next(tree, n)) {
		node_id source = node_child(tree, n, FIELD_source);
		if (node_is(tree, n, KIND_export_statement) && source != NO_NODE &&
			str_equal(node_string(tree, source), p->glue->other) &&
			node_child_count(tree, n) == 1) {
			return true;
		}
	}
	return false;
}

/* The call that hands the exports over. */
static node_id call_of(const struct planning *p, node_id handed)
{
	return p->tree->nodes[p->tree->nodes[handed].parent].parent;
}

/* The arguments of a call: what the glue itself wants; ours comes after it. */
static node_id arguments_of(const struct planning *p, node_id call)
{
	return node_child(p->tree, call, FIELD_arguments);
}

/* The object that `__wbg_set_wasm` is called on in a CommonJS loader; empty if there is none. */
static struct str called_on(const struct planning *p)
{
	const struct tree *tree = p->tree;
	for (uint32_t i = 0; i < p->glue->fact_count; i++) {
		if (p->glue->facts[i].kind != FACT_HAND) {
			continue;
		}
		node_id call = call_of(p, p->glue->facts[i].node);
		node_id object = node_child(tree, node_child(tree, call, FIELD_function), FIELD_object);
		if (node_is(tree, object, KIND_identifier)) {
			return node_text(tree, object);
		}
	}
	return (struct str){"", 0};
}

/* Carries the body's `__reglue` on, where the file does not re-export everything. */
static void plan_api(struct planning *p, uint32_t start, uint32_t end)
{
	if (tree_find_name(p->tree, STR("__reglue")) != 0) {
		return;
	}
	if (p->glue->is_module && p->glue->other.len != 0) {
		if (!reexports_all(p)) {
			/* by a namespace, for a name that an unpatched body lacks would be an error */
			plan_insert(p, start,
				plan_text(p, "import * as %.*s$b from\"%.*s\";", STR_ARGS(p->rg),
					STR_ARGS(p->glue->other)));
			plan_insert(
				p, end, plan_text(p, "\nexport var __reglue=%.*s$b.__reglue;", STR_ARGS(p->rg)));
		}
		return;
	}
	struct str object = called_on(p);
	if (p->common != COMMON_NOT && object.len != 0) {
		struct str value = plan_text(p, "%.*s.__reglue", STR_ARGS(object));
		plan_insert(p, end,
			plan_text(p, "\n;%.*s", STR_ARGS(plan_common_export(p, STR("__reglue"), value))));
	}
}

static void add_site(struct planning *p, enum site_kind kind, node_id n)
{
	p->patch->sites[p->patch->site_count++] = (struct site){
		.kind = kind,
		.name = p->patch->exports_name,
		.offset = p->tree->nodes[n].start,
	};
}

static void plan_attach(struct planning *p, const struct fact *fact)
{
	struct str glues = fact->text.len != 0
	                       ? plan_text(p, "[require(\"%.*s\")]", STR_ARGS(fact->text))
	                       : plan_text(p, "Object.values(%.*s)", STR_ARGS(fact->name));
	plan_insert(p, p->tree->nodes[fact->node].end,
		plan_text(p,
			";for(const %.*s of %.*s)"
			"%.*s&&%.*s.__reglue&&%.*s.__reglue.configure({module:%.*s,imports:%.*s});",
			STR_ARGS(p->rg), STR_ARGS(glues), STR_ARGS(p->rg), STR_ARGS(p->rg), STR_ARGS(p->rg),
			STR_ARGS(node_text(p->tree, fact->other)), STR_ARGS(fact->name)));
	add_site(p, SITE_BINDING, fact->node);
}

/*
 * `export const __wasm = wasm;` may stand before the hand-over, which is what makes the public face: then
 * the exports are handed over here already, and again where they were.
 */
static void plan_escape(struct planning *p, node_id escape)
{
	const struct tree *tree = p->tree;
	for (uint32_t i = 0; i < p->glue->fact_count; i++) {
		node_id handed = p->glue->facts[i].node;
		if (p->glue->facts[i].kind != FACT_HAND || handed < escape ||
			node_function(tree, handed) != NO_NODE || node_function(tree, escape) != NO_NODE) {
			continue;
		}
		node_id call = call_of(p, handed);
		struct str between = STR(",");
		for (uint32_t more = node_child_count(tree, arguments_of(p, call)); more > 1; more--) {
			between = plan_text(p, "%.*svoid 0,", STR_ARGS(between));
		}
		plan_wrap(p, escape,
			plan_text(p, "(%.*s(%.*s%.*s%.*s),%.*s.u(",
				STR_ARGS(node_text(tree, node_child(tree, call, FIELD_function))),
				STR_ARGS(node_text(tree, escape)), STR_ARGS(between), STR_ARGS(p->rg),
				STR_ARGS(p->rg)),
			STR("))"));
		return;
	}
	plan_wrap_call(p, escape, "u");
}

/*
 * `export { wasm as __wasm }` becomes `export { wasm__rg as __wasm }`, a variable that gets the public face
 * in the statement after the one that hands the exports over.
 */
static void plan_exported(struct planning *p, const struct fact *hand)
{
	const struct tree *tree = p->tree;
	for (uint32_t i = 0; i < p->glue->fact_count; i++) {
		node_id exported = p->glue->facts[i].node;
		if (p->glue->facts[i].kind != FACT_EXPORTED ||
			scope_of(p->glue->scopes, exported) != scope_of(p->glue->scopes, hand->node)) {
			continue;
		}
		struct str name = node_text(tree, exported);
		plan_insert(p, tree->nodes[tree->nodes[call_of(p, hand->node)].parent].end,
			plan_text(p, ";var %.*s%.*s=%.*s.u(%.*s);", STR_ARGS(name), STR_ARGS(p->rg),
				STR_ARGS(p->rg), STR_ARGS(name)));
		return;
	}
}

static void plan_hand(struct planning *p, const struct fact *fact, struct str argument)
{
	node_id arguments = arguments_of(p, call_of(p, fact->node));
	node_id last = node_nth(p->tree, arguments, node_child_count(p->tree, arguments) - 1);
	plan_insert(p, p->tree->nodes[last].end, argument);
	plan_exported(p, fact);
}

static void plan_fact(struct planning *p, const struct fact *fact, struct str argument)
{
	switch (fact->kind) {
	case FACT_HAND:
		plan_hand(p, fact, argument);
		add_site(p, SITE_BINDING, fact->node);
		break;
	case FACT_MODULE:
		plan_wrap(p, fact->node, plan_text(p, "%.*s.module=", STR_ARGS(p->rg)), STR(""));
		add_site(p, SITE_INSTANTIATE, fact->node);
		break;
	case FACT_IMPORTS:
		plan_wrap(p, fact->node, plan_text(p, "%.*s.imports=", STR_ARGS(p->rg)), STR(""));
		break;
	case FACT_CALL:
		plan_wrap_call(p, fact->node, "r");
		break;
	case FACT_ESCAPE:
		plan_escape(p, fact->node);
		add_site(p, SITE_ESCAPE, fact->node);
		break;
	case FACT_EXPORTED:
		splice_insert(
			p->arena, &p->patch->splice, p->tree->nodes[fact->node].end, SPLICE_CLOSE, 0, p->rg);
		add_site(p, SITE_ESCAPE, fact->node);
		break;
	case FACT_TELL:
		plan_tell(p, fact);
		add_site(p, SITE_INSTANTIATE, fact->node);
		break;
	case FACT_ATTACH:
		plan_attach(p, fact);
		break;
	default:
		assert(false); /* no other fact is read in a loader */
	}
}

uint32_t plan_loader(struct planning *p)
{
	const struct glue *glue = p->glue;
	uint32_t start, end;
	plan_statements(p->tree, 0, &start, &end);
	struct str given =
		count_facts(glue, FACT_HAND) == 0 ? (struct str){"", 0} : plan_given(p, glue->other, start);
	bool calls = count_facts(glue, FACT_CALL) != 0;
	bool leaks = count_facts(glue, FACT_ESCAPE) + count_facts(glue, FACT_EXPORTED) != 0;
	if (glue->result.len != 0) {
		given = plan_text(p, "{module:%.*s.module}", STR_ARGS(glue->result));
	}
	struct str argument = given.len == 0 ? given : plan_text(p, ",%.*s", STR_ARGS(given));
	if (calls || leaks || count_facts(glue, FACT_MODULE) != 0) {
		if (count_facts(glue, FACT_HAND) != 0) {
			struct str head = open_object(p, given);
			plan_insert(p, start,
				plan_text(p, "var %.*s=%.*s%s%s%s};", STR_ARGS(p->rg), STR_ARGS(head),
					calls ? "r(p){p.then(r=>{if(r.module)this.module=r.module},()=>{});return p}"
						  : "",
					calls && leaks ? "," : "",
					leaks ? "u(x){return this.show?this.show(x):x}" : ""));
		}
		argument = plan_text(p, ",%.*s", STR_ARGS(p->rg));
	}
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		plan_fact(p, &glue->facts[i], argument);
	}
	plan_api(p, start, end);
	return end;
}
