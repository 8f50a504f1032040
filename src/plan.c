#include "planning.h"

#include <assert.h>
#include <stdlib.h>

/* ---- entrypoints */

/*
 * Whether an object has another stamp than what lives now. With `S.g!==void 0` before it, nothing is asked of the object
 * until the first recovery.
 */
static void add_stamp_test(struct planning *p, struct buf *out, struct str object)
{
	buf_printf(out, "%.*s[%.*s.K]!==%.*s.S.g", STR_ARGS(object), STR_ARGS(p->rg), STR_ARGS(p->rg));
}

/*
 * The tests stand in place: JSC has a limit to what it inlines, and where stamps of all classes are read in one
 * place, no engine knows where objects have them.
 */
static void add_entry_hook(struct planning *p, struct buf *out, bool instance)
{
	struct str due = p->glue->scheduled;
	if (due.len != 0) {
		buf_printf(out, "(%.*s||", STR_ARGS(due));
	}
	if (instance) {
		add_stamp_test(p, out, STR("this"));
	} else {
		buf_printf(out, "%.*s.S.dead", STR_ARGS(p->rg));
	}
	buf_printf(out, "%s&&%.*s.%s%s%.*s)", due.len != 0 ? ")" : "", STR_ARGS(p->rg),
		instance ? "t(this" : "e(", instance && due.len != 0 ? "," : "", STR_ARGS(due));
}

static void plan_entry(struct planning *p, uint32_t index)
{
	const struct glue *glue = p->glue;
	const struct fact *fact = &glue->facts[index];
	static const enum entry_kind kinds[] = {
		[FACT_FUNCTION] = ENTRY_FUNCTION,
		[FACT_CONSTRUCTOR] = ENTRY_CONSTRUCTOR,
		[FACT_STATIC] = ENTRY_STATIC,
		[FACT_METHOD] = ENTRY_METHOD,
		[FACT_GETTER] = ENTRY_GETTER,
		[FACT_SETTER] = ENTRY_SETTER,
		[FACT_FREE] = ENTRY_FREE,
	};
	struct entry *entry = &p->patch->entries[p->patch->entry_count++];
	*entry = (struct entry){
		.kind = kinds[fact->kind],
		.name = fact->name,
		.class_name = fact->class_name,
		.wasm_export = fact->wasm_export,
		.offset = p->tree->nodes[fact->node].start,
		.guarded = true,
	};
	if (plan_excludes(p, fact->name)) {
		entry->guarded = false;
		entry->why_not = "excluded by an option";
		return;
	}
	struct buf calls = BUF_INIT;
	bool block = node_is(p->tree, node_body(p->tree, fact->node), KIND_statement_block);
	const char *end = block ? ";" : ",";
	bool instance =
		fact->kind == FACT_METHOD || fact->kind == FACT_GETTER || fact->kind == FACT_SETTER;
	if (fact->kind == FACT_FREE) {
		buf_printf(&calls, "if(%.*s.S.g!==void 0&&", STR_ARGS(p->rg));
		add_stamp_test(p, &calls, STR("this"));
		buf_printf(&calls, "&&%.*s.f(this))return;", STR_ARGS(p->rg));
	} else {
		add_entry_hook(p, &calls, instance);
		buf_add(&calls, str_from(end));
	}
	for (uint32_t i = index + 1; i < glue->fact_count && glue->facts[i].kind == FACT_ARGUMENT;
		 i++) {
		assert(glue->facts[i].node == fact->node);
		buf_printf(
			&calls, "%.*s.S.g!==void 0&&%.*s&&", STR_ARGS(p->rg), STR_ARGS(glue->facts[i].name));
		add_stamp_test(p, &calls, glue->facts[i].name);
		buf_printf(&calls, "&&%.*s.c(%.*s)%s", STR_ARGS(p->rg), STR_ARGS(glue->facts[i].name), end);
		entry->stale_arguments++;
	}
	if (block) {
		plan_insert_at_start(p, fact->node, arena_copy(p->arena, buf_str(&calls)));
	} else {
		plan_wrap(p, node_body(p->tree, fact->node),
			plan_text(p, "(%.*s", STR_ARGS(buf_str(&calls))), STR(")"));
	}
	buf_finish(&calls);
	if ((fact->kind == FACT_CONSTRUCTOR || fact->kind == FACT_STATIC) &&
		plan_reconstructed_as(p, fact->node).len != 0) {
		plan_recording(p, fact);
	}
}

static void plan_closure(struct planning *p, const struct fact *fact)
{
	struct str name =
		fact->other == NO_NODE ? (struct str){"", 0} : node_text(p->tree, fact->other);
	p->patch->entries[p->patch->entry_count++] = (struct entry){
		.kind = ENTRY_CLOSURE,
		.name = name,
		.offset = p->tree->nodes[fact->node].start,
		.guarded = true,
	};
	node_id body = node_body(p->tree, fact->node);
	bool block = node_is(p->tree, body, KIND_statement_block);
	if (fact->kind == FACT_CLOSURE_UNREF) { /* which a dead generation no longer needs */
		struct str gone = plan_text(p, "%.*s.d(%.*s)", STR_ARGS(p->rg), STR_ARGS(fact->name));
		if (block) {
			plan_insert_at_start(p, fact->node, plan_text(p, "if(%.*s)return;", STR_ARGS(gone)));
		} else {
			plan_wrap(p, body, plan_text(p, "%.*s||(", STR_ARGS(gone)), STR(")"));
		}
		return;
	}
	struct str before =
		plan_text(p, "if(%.*s.k(%.*s))return;try{", STR_ARGS(p->rg), STR_ARGS(fact->name));
	const char *caught =
		str_equal(name, STR("e")) ? "f" : "e"; /* minified glue names things so, too */
	struct str after = plan_text(p, "}catch(%s){return %.*s.x(%s%s%.*s)}", caught, STR_ARGS(p->rg),
		caught, name.len == 0 ? "" : ",", STR_ARGS(name));
	if (block) {
		plan_insert_at_start(p, fact->node, before);
		plan_insert_at_end(p, fact->node, after);
	} else { /* `(arg0) => adapter(…)` of a borrowed Fn */
		plan_wrap(p, body, plan_text(p, "{%.*sreturn ", STR_ARGS(before)),
			plan_text(p, "%.*s}", STR_ARGS(after)));
	}
}

/* ---- everything else */

/*
 * The pointer comes first: V8 keeps only as many properties within an object as the first ones of its class had,
 * and a stamp in the pointer's place would cost every call. Where it can be put in place, as
 * `this.__wbg_ptr = …,__rg.S.stamp&&(this[__rg.K]=__rg.S.stamp)`, a class does not pass where all do.
 */
static void plan_stamp(struct planning *p, node_id object)
{
	const struct tree *tree = p->tree;
	node_id assignment = tree->nodes[tree->nodes[object].parent].parent;
	struct str name = node_text(tree, object);
	bool simple = node_is(tree, object, KIND_this) || node_is(tree, object, KIND_identifier);
	if (simple && node_is(tree, tree->nodes[assignment].parent, KIND_expression_statement)) {
		plan_wrap(p, assignment, STR(""),
			plan_text(p, ",%.*s.S.stamp&&(%.*s[%.*s.K]=%.*s.S.stamp)", STR_ARGS(p->rg),
				STR_ARGS(name), STR_ARGS(p->rg), STR_ARGS(p->rg)));
	} else if (simple) {
		plan_wrap(p, assignment, plan_text(p, "%.*s.o(", STR_ARGS(p->rg)),
			plan_text(p, ",%.*s)", STR_ARGS(name)));
	} else { /* not to be evaluated twice */
		plan_wrap_call(p, object, "s");
	}
}

/* The WebAssembly.Tag that upstream gives the errors that Rust throws on purpose, if it does. */
static struct str find_own_tag(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		node_id thrown = glue->facts[i].node;
		if (glue->facts[i].kind != FACT_OWN_ERROR || !node_is(tree, thrown, KIND_new_expression)) {
			continue;
		}
		node_id tag = node_nth(tree, node_child(tree, thrown, FIELD_arguments), 0);
		if (tag != NO_NODE && node_is_text(tree, node_child(tree, thrown, FIELD_constructor),
								  STR("WebAssembly.Exception"))) {
			return node_text(tree, tag);
		}
	}
	return (struct str){"", 0};
}

static void plan_adoption(struct planning *p, uint32_t index)
{
	const struct glue *glue = p->glue;
	const struct fact *fact = &glue->facts[index];
	struct str module = fact->other == NO_NODE
	                        ? (struct str){"", 0}
	                        : plan_text(p, ",%.*s", STR_ARGS(node_text(p->tree, fact->other)));
	/* in `wasm = exports.__wasm = <adopted>` the middle one is public, the first one internal */
	bool chained = index > 0 && glue->facts[index - 1].kind == FACT_ADOPT_CHAIN;
	struct str before = plan_text(p, "%.*s.a(", STR_ARGS(p->rg));
	const char *after = "";
	if (chained) {
		before = plan_text(p, "%.*s.u(%.*s", STR_ARGS(p->rg), STR_ARGS(before));
		after = ")";
	} else if (p->exported.len != 0) {
		before = plan_text(p, "%.*s.a(%.*s=%.*s.u(%.*s", STR_ARGS(p->rg), STR_ARGS(p->exported),
			STR_ARGS(p->rg), STR_ARGS(before));
		after = "))";
	}
	plan_wrap(p, fact->node, before, plan_text(p, "%.*s)%s", STR_ARGS(module), after));
}

static void plan_fact(struct planning *p, uint32_t index)
{
	const struct fact *fact = &p->glue->facts[index];
	switch (fact->kind) {
	case FACT_ADOPT:
		plan_adoption(p, index);
		break;
	case FACT_RECEIVE:
		plan_wrap(p, fact->node, plan_text(p, "%.*s.l(", STR_ARGS(p->rg)),
			plan_text(p, "%s%.*s)", fact->text.len == 0 ? "" : ",", STR_ARGS(fact->text)));
		break;
	case FACT_NAMESPACE:
		/* `import * as wasm__rg from`: the name itself becomes the variable that is adopted */
		splice_insert(
			p->arena, &p->patch->splice, p->tree->nodes[fact->node].end, SPLICE_CLOSE, 0, p->rg);
		break;
	case FACT_ATTACH:
	case FACT_HAND:
	case FACT_CALL:
		break; /* of loaders */
	case FACT_ADOPT_CHAIN:
		plan_wrap_call(p, fact->node, "a");
		break;
	case FACT_MODULE:
		plan_wrap_call(p, fact->node, "M");
		break;
	case FACT_IMPORTS:
		plan_wrap_call(p, fact->node, "I");
		break;
	case FACT_RESULT:
		plan_wrap(p, fact->node, STR(""), plan_text(p, ".then(%.*s.N)", STR_ARGS(p->rg)));
		break;
	case FACT_ESCAPE:
		plan_wrap_call(p, fact->node, "u");
		break;
	case FACT_EXPORTED:
		/* `export { wasm as __wasm }` becomes `export { wasm__rg as __wasm }`: a live binding of
		 * its own, for what users import must be the public face */
		splice_insert(
			p->arena, &p->patch->splice, p->tree->nodes[fact->node].end, SPLICE_CLOSE, 0, p->rg);
		break;
	case FACT_FUNCTION:
	case FACT_CONSTRUCTOR:
	case FACT_STATIC:
	case FACT_METHOD:
	case FACT_GETTER:
	case FACT_SETTER:
	case FACT_FREE:
		plan_entry(p, index);
		break;
	case FACT_ARGUMENT:
		break; /* with its entrypoint */
	case FACT_UNWRAP: {
		struct str rg = p->rg, value = fact->name, tag = p->own_tag;
		plan_insert_at_start(p, fact->node,
			tag.len == 0 ? plan_text(p, "%.*s.c(%.*s);", STR_ARGS(rg), STR_ARGS(value))
						 : plan_text(p, "if(%.*s.c(%.*s,%.*s))return 0;", STR_ARGS(rg),
							   STR_ARGS(value), STR_ARGS(tag)));
		break;
	}
	case FACT_STAMP:
		plan_stamp(p, fact->node);
		break;
	case FACT_REGISTRY:
		p->patch->entries[p->patch->entry_count++] = (struct entry){
			.kind = ENTRY_FINALIZER,
			.name = fact->name,
			.offset = p->tree->nodes[fact->node].start,
			.guarded = true,
		};
		plan_wrap_call(p, fact->node, "F");
		break;
	case FACT_REGISTER:
		plan_registration(p, fact->node);
		break;
	case FACT_CLOSURE_STATE:
		plan_wrap_call(p, fact->node, "s");
		break;
	case FACT_CLOSURE:
	case FACT_CLOSURE_UNREF:
		plan_closure(p, fact);
		break;
	case FACT_PROMISE:
		plan_wrap_call(p, fact->node, "p");
		plan_wrap_call(p, fact->other, "q");
		break;
	case FACT_HOST_CALL:
		plan_wrap_call(p, fact->node, "w");
		break;
	case FACT_HOST_IMPORT:
		plan_wrap_call(p, fact->node, "W");
		break;
	case FACT_CATCH:
		plan_insert(p, p->tree->nodes[node_body(p->tree, fact->node)].start + 1,
			plan_text(p, "%.*s.r(%.*s);", STR_ARGS(p->rg), STR_ARGS(fact->name)));
		break;
	case FACT_CATCH_TRAP:
		plan_insert(p, p->tree->nodes[node_body(p->tree, fact->node)].start + 1,
			plan_text(p, "if(%.*s instanceof WebAssembly.RuntimeError)%.*s.r(%.*s);",
				STR_ARGS(fact->name), STR_ARGS(p->rg), STR_ARGS(fact->name)));
		break;
	case FACT_MARSHAL:
		plan_marshal(p, fact);
		break;
	case FACT_UPSTREAM_RESET:
		plan_insert_at_start(
			p, fact->node, plan_text(p, "return %.*s.api.reinit();", STR_ARGS(p->rg)));
		break;
	case FACT_UPSTREAM_GUARD:
		plan_insert_at_start(
			p, fact->node, plan_text(p, "if(%.*s.S.dead>0)return;", STR_ARGS(p->rg)));
		break;
	case FACT_UPSTREAM_FLAG:
		plan_wrap_call(p, fact->node, "j");
		break;
	case FACT_UPSTREAM_HOOK:
		plan_insert_at_start(p, fact->node, plan_text(p, "%.*s.B();try{", STR_ARGS(p->rg)));
		plan_insert_at_end(p, fact->node, plan_text(p, "}finally{%.*s.C()}", STR_ARGS(p->rg)));
		break;
	case FACT_OWN_ERROR:
		plan_wrap_call(p, fact->node, "T");
		break;
	case FACT_PANIC_TEXT:
		plan_wrap_call(p, fact->node, "E");
		break;
	case FACT_TELL:
		plan_tell(p, fact);
		break;
	case FACT_TAG:
		plan_wrap_call(p, fact->node, "g");
		break;
	case FACT_STATE:
		break; /* in the reset function */
	}
}

static void plan_site(struct planning *p, const struct fact *fact)
{
	static const struct {
		enum fact_kind fact;
		enum site_kind site;
	} kinds[] = {
		{FACT_ADOPT, SITE_BINDING},
		{FACT_RECEIVE, SITE_BINDING},
		{FACT_NAMESPACE, SITE_BINDING},
		{FACT_MODULE, SITE_INSTANTIATE},
		{FACT_IMPORTS, SITE_INSTANTIATE},
		{FACT_ESCAPE, SITE_ESCAPE},
		{FACT_RESULT, SITE_INSTANTIATE},
		{FACT_TELL, SITE_INSTANTIATE},
		{FACT_EXPORTED, SITE_ESCAPE},
		{FACT_UNWRAP, SITE_UNWRAP},
		{FACT_STAMP, SITE_STAMP},
		{FACT_REGISTRY, SITE_FINALIZER},
		{FACT_REGISTER, SITE_FINALIZER},
		{FACT_CLOSURE_STATE, SITE_CLOSURE},
		{FACT_PROMISE, SITE_PROMISE},
		{FACT_CATCH, SITE_CATCH},
		{FACT_CATCH_TRAP, SITE_CATCH},
		{FACT_STATE, SITE_STATE},
		{FACT_MARSHAL, SITE_MARSHAL},
	};
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (kinds[i].fact == fact->kind) {
			p->patch->sites[p->patch->site_count++] = (struct site){
				.kind = kinds[i].site,
				.name = fact->name.len != 0 ? fact->name : fact->class_name,
				.offset = p->tree->nodes[fact->node].start,
			};
			return;
		}
	}
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

static int compare_sites(const void *left, const void *right)
{
	const struct site *a = left, *b = right;
	if (a->offset != b->offset) {
		return a->offset < b->offset ? -1 : 1;
	}
	return (int)a->kind - (int)b->kind;
}

static void note_program(struct planning *p)
{
	const char *policy = p->options->policy;
	if (p->program.len != 0 && !p->patch->split &&
		(strcmp(policy, "lazy") == 0 || strcmp(policy, "heal") == 0)) {
		diag_add(p->arena, &p->patch->diags, SEVERITY_NOTE, "program",
			p->tree->nodes[p->glue->facts[0].node].start,
			"nothing but closures is called from outside once this has started, so that no call "
			"will ask for a new instance: after a panic the instance is kept; other faults end it, "
			"but for --policy eager, which starts the program again");
	}
}

static void warn_without_module(struct planning *p)
{
	if (p->patch->split) {
		return; /* said */
	}
	if (p->patch->module == MODULE_NONE) {
		diag_add(p->arena, &p->patch->diags, SEVERITY_WARNING, "no-reinit",
			p->tree->nodes[p->glue->facts[0].node].start,
			"no WebAssembly.Module can be had here: there is no new instance after a fault, unless "
			"the program gives one by __reglue.configure({ module })");
	} else if (p->patch->module == MODULE_RESULT) {
		diag_add(p->arena, &p->patch->diags, SEVERITY_WARNING, "no-reinit",
			p->tree->nodes[p->glue->facts[0].node].start,
			"a WebAssembly.Module is had only where '%.*s' has one, as WebAssembly.instantiate() "
			"gives it for bytes: else there is no new instance after a fault, unless the program "
			"gives one by __reglue.configure({ module })",
			STR_ARGS(p->glue->result));
	}
}

/* The first glue of the same scope defines the runtime's function for all of them. */
static struct str runtime_of(const struct glues *glues, uint32_t index, const struct str *names)
{
	uint32_t first = 0;
	while (glues->items[first].root != glues->items[index].root) {
		first++;
	}
	return names[first];
}

static void plan_glue(struct planning *p)
{
	const struct glue *glue = p->glue;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (glue->facts[i].kind == FACT_EXPORTED) {
			p->exported = plan_text(p, "%.*s%.*s",
				STR_ARGS(binding_name(glue->scopes, glue->exports)), STR_ARGS(p->rg));
		}
	}
	p->own_tag = find_own_tag(glue);
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		plan_fact(p, i);
		plan_site(p, &glue->facts[i]);
	}
	plan_runtime_start(p);
}

uint32_t plan_make(
	const struct glues *glues, const struct patch_options *options, struct patch *patch)
{
	struct arena *arena = glues->items[0].arena;
	const struct tree *tree = glues->items[0].tree;
	uint32_t facts = 0, start, end;
	unsigned number = 0;
	struct str *names = arena_array(arena, struct str, glues->count);
	for (uint32_t i = 0; i < glues->count; i++) {
		facts += glues->items[i].fact_count;
	}
	plan_statements(tree, 0, &start, &end);
	patch->entries = arena_array(arena, struct entry, facts);
	patch->sites = arena_array(arena, struct site, facts);
	struct planning *plannings = arena_array(arena, struct planning, glues->count);
	for (uint32_t i = 0; i < glues->count; i++) {
		struct planning *p = &plannings[i];
		*p = (struct planning){
			.arena = arena,
			.glue = &glues->items[i],
			.tree = tree,
			.options = options,
			.patch = patch,
		};
		p->common = plan_common(p->glue);
		p->rg = names[i] = plan_free_name(p, &number);
		p->runtime = runtime_of(glues, i, names);
		p->api = i == 0 ? STR("__reglue") : plan_text(p, "__reglue%u", i + 1);
		if (p->glue->part == PART_LOADER) {
			end = plan_loader(p);
		} else {
			plan_glue(p);
		}
		warn_without_module(p);
		note_program(p);
	}
	uint64_t features = plan_features(plannings, glues->count);
	for (uint32_t i = 0; i < glues->count; i++) {
		if (glues->items[i].part != PART_LOADER) {
			plan_runtime_end(&plannings[i], end, features);
		}
	}
	if (patch->entry_count != 0) {
		qsort(patch->entries, patch->entry_count, sizeof(*patch->entries), compare_entries);
	}
	if (patch->site_count != 0) {
		qsort(patch->sites, patch->site_count, sizeof(*patch->sites), compare_sites);
	}
	plan_check_reconstruct(glues, options, patch);
	return end;
}
