/*
 * The runtime in the file: its variable before the first statement, with what it is told about the
 * glue, its function after the last one, and the API that users get.
 */
#include "planning.h"

#include <assert.h>
#include <string.h>

#include "runtime_slice.h"
#include "runtime_text.h"

/* Exports with a literal; leaves room for others in one object: see src/runtime/exports.js. */
enum { FEW = 900 };

static void add_name_list(struct buf *out, const char *key, const struct str *names, uint32_t count)
{
	if (count == 0) {
		return;
	}
	buf_printf(out, "%s:[", key);
	for (uint32_t i = 0; i < count; i++) {
		buf_printf(out, "%s\"%.*s\"", i == 0 ? "" : ",", STR_ARGS(names[i]));
	}
	buf_add(out, STR("],"));
}

/* Takes the next class whose objects get stamps off the facts, which come in the order of the text; 0 at their end. */
static binding_id next_class(const struct glue *glue, uint32_t *i, binding_id last)
{
	for (; *i < glue->fact_count; ++*i) {
		const struct fact *fact = &glue->facts[*i];
		node_id class = fact->kind == FACT_STAMP ? glue_class_around(glue, fact->node) : NO_NODE;
		binding_id b = class == NO_NODE ? 0 : glue_class_variable(glue, class);
		if (b != 0 && b != last) {
			return b;
		}
	}
	return 0;
}

/* `d:()=>[A,B],` */
static void add_classes(const struct glue *glue, struct buf *out)
{
	binding_id last = 0;
	uint32_t i = 0;
	for (binding_id b; (b = next_class(glue, &i, last)) != 0; last = b) {
		buf_printf(
			out, "%s%.*s", last == 0 ? "d:()=>[" : ",", STR_ARGS(binding_name(glue->scopes, b)));
	}
	if (last != 0) {
		buf_add(out, STR("],"));
	}
}

uint32_t plan_class_index(const struct glue *glue, node_id class)
{
	binding_id wanted = glue_class_variable(glue, class), last = 0;
	uint32_t i = 0, index = 0;
	for (binding_id b; (b = next_class(glue, &i, last)) != 0; last = b) {
		if (b == wanted) {
			return index;
		}
		index++;
	}
	return UINT32_MAX;
}

/* `{p:"eager",…,r(){…}}`: what differs from the defaults, and the reset function. */
static struct str runtime_options(struct planning *p, bool has_wrappers)
{
	const struct patch_options *options = p->options, defaults = PATCH_OPTIONS_DEFAULT;
	struct buf out = BUF_INIT;
	buf_add_byte(&out, '{');
	if (strcmp(options->policy, defaults.policy) != 0) {
		buf_printf(&out, "p:\"%s\",", options->policy);
	}
	if (options->budget != defaults.budget) {
		buf_printf(&out, "b:%u,", options->budget);
	}
	if (strcmp(options->stale_closures, defaults.stale_closures) != 0) {
		buf_printf(&out, "c:\"%s\",", options->stale_closures);
	}
	if (strcmp(options->foreign_throw, defaults.foreign_throw) != 0) {
		buf_printf(&out, "x:\"%s\",", options->foreign_throw);
	}
	add_name_list(&out, "n", options->exclude, options->exclude_count);
	add_name_list(&out, "k", options->reconstruct, options->reconstruct_count);
	buf_add(&out, plan_own_imports(p));
	if (p->glue->upstream.address != 0) {
		buf_add(&out, STR("t:1,"));
	}
	buf_add(&out, p->program);
	if (has_wrappers) {
		buf_printf(&out, "w:%.*s$w,", STR_ARGS(p->rg));
	}
	add_classes(p->glue, &out);
	buf_add(&out, STR("r(){")); /* no parameter: minified glue has a variable of any short name */
	for (uint32_t i = 0; i < p->glue->fact_count; i++) {
		if (p->glue->facts[i].kind == FACT_STATE) {
			buf_add(&out, p->glue->facts[i].text);
		}
	}
	buf_add(&out, STR("}}"));
	struct str result = arena_copy(p->arena, buf_str(&out));
	buf_finish(&out);
	return result;
}

/* `x.name = …`, `Object.defineProperty(x, …)`, `require.d(x, {…})`: x is filled with exports. */
static bool is_filled(const struct tree *tree, node_id use)
{
	node_id parent = tree->nodes[use].parent;
	if (node_is(tree, parent, KIND_member_expression) && tree->nodes[use].field == FIELD_object) {
		return node_is(tree, tree->nodes[parent].parent, KIND_assignment_expression) &&
		       tree->nodes[parent].field == FIELD_left;
	}
	if (!node_is(tree, parent, KIND_arguments) || node_nth(tree, parent, 0) != use) {
		return false;
	}
	struct str callee =
		node_property(tree, node_child(tree, tree->nodes[parent].parent, FIELD_function));
	return str_equal(callee, STR("defineProperty")) || str_equal(callee, STR("d"));
}

/* `const x = {}; x.add = …; wasm_bindgen = Object.assign(init, { initSync }, x)`: no-modules glue, renamed. */
static bool is_assigned_on(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	bool filled = false, assigned = false;
	if (!node_is(tree, binding_value(glue->scopes, b), KIND_object)) {
		return false;
	}
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id parent = tree->nodes[u].parent;
		filled |= is_filled(tree, u);
		assigned |=
			node_is(tree, parent, KIND_arguments) && node_nth(tree, parent, 0) != u &&
			is_global_path(glue, node_child(tree, tree->nodes[parent].parent, FIELD_function),
				"Object.assign");
	}
	return filled && assigned;
}

/*
 * The object by which glue inside a function hands out what it exports: by its name in no-modules
 * glue, a parameter that the function fills in what bundlers make. 0 if there is none.
 */
static binding_id find_carrier(const struct glue *glue)
{
	const struct scopes *scopes = glue->scopes;
	for (binding_id b = 1; b < scopes->count; b++) {
		struct str name = binding_name(scopes, b);
		if (scopes->bindings[b].scope == glue->root &&
			(str_equal(name, STR("exports")) || str_equal(name, STR("__exports"))) &&
			(scopes->bindings[b].kind == BINDING_PARAMETER ||
				node_is(glue->tree, scopes->bindings[b].declares, KIND_variable_declarator))) {
			return b;
		}
	}
	for (binding_id b = 1; b < scopes->count; b++) {
		const struct binding *binding = &scopes->bindings[b];
		if (binding->scope != glue->root || binding->kind != BINDING_PARAMETER ||
			!node_is(glue->tree, binding->declares, KIND_identifier)) {
			continue;
		}
		for (node_id u = binding->first_use; u != NO_NODE; u = scopes->next_use[u]) {
			if (is_filled(glue->tree, u) && glue_function_around(glue, u) == NO_NODE) {
				return b;
			}
		}
	}
	for (binding_id b = 1; b < scopes->count; b++) {
		if (scopes->bindings[b].scope == glue->root && is_assigned_on(glue, b)) {
			return b;
		}
	}
	return 0;
}

/*
 * Glue inside a function (no-modules, bundles) of a file that is no module: the API goes onto the
 * object that it exports by. Enumerable, for Object.assign is what carries it out of no-modules glue.
 */
static void plan_inner_api(struct planning *p, uint32_t start)
{
	const struct scopes *scopes = p->glue->scopes;
	binding_id carrier = find_carrier(p->glue);
	if (carrier == 0) {
		diag_add(p->arena, &p->patch->diags, SEVERITY_WARNING, "api-unreachable",
			p->tree->nodes[scopes->bindings[p->glue->exports].identifier].start,
			"nothing carries the API '%.*s' out of this glue: hooks and configure() cannot be "
			"reached at run time, options of the patch still hold",
			STR_ARGS(p->api));
		return;
	}
	const struct binding *binding = &scopes->bindings[carrier];
	struct str add = plan_text(p, "%.*s.%.*s=%.*s.api;", STR_ARGS(binding_name(scopes, carrier)),
		STR_ARGS(p->api), STR_ARGS(p->rg));
	if (binding->kind == BINDING_PARAMETER) {
		plan_insert(p, start, add);
	} else {
		plan_insert(p, p->tree->nodes[p->tree->nodes[binding->declares].parent].end,
			plan_text(p, ";%.*s", STR_ARGS(add)));
	}
}

static struct str common_api(struct planning *p)
{
	return plan_common_export(p, p->api, plan_text(p, "%.*s.api", STR_ARGS(p->rg)));
}

static bool has_namespace(const struct glue *glue)
{
	return glue->scopes->bindings[glue->exports].kind == BINDING_IMPORT;
}

/*
 * `,wasm=__rg.l(()=>wasm__rg,{module:…})`. A var, for it is called before the file is evaluated where the
 * wasm comes first in the cycle of imports.
 */
static void add_namespace(struct planning *p, struct buf *head, uint32_t start)
{
	struct str path = p->patch->original.path, name = p->patch->exports_name;
	size_t folder = path.len;
	while (folder > 0 && path.data[folder - 1] != '/') {
		folder--;
	}
	struct str self = plan_text(p, "./%.*s", (int)(path.len - folder), path.data + folder);
	struct str given = plan_given(p, self, start);
	buf_printf(head, ",%.*s=%.*s.l(()=>%.*s%.*s%s%.*s)", STR_ARGS(name), STR_ARGS(p->rg),
		STR_ARGS(name), STR_ARGS(p->rg), given.len == 0 ? "" : ",", STR_ARGS(given));
}

void plan_runtime_start(struct planning *p)
{
	const struct glue *glue = p->glue;
	uint32_t start, end;
	plan_statements(p->tree, glue->root_body, &start, &end);
	assert(start != UINT32_MAX);
	bool inner = glue->root != 0, common = p->common != COMMON_NOT;
	struct buf head = BUF_INIT;
	p->program = plan_program(p);
	p->wrappers = plan_wrappers(p, plan_text(p, "%.*s$w", STR_ARGS(p->rg)));
	buf_printf(&head, "var %.*s=%.*s$(%.*s)", STR_ARGS(p->rg), STR_ARGS(p->runtime),
		STR_ARGS(runtime_options(p, p->wrappers.len != 0)));
	if (glue->is_module && !inner) {
		buf_printf(&head, ",%.*s$api=%.*s.api", STR_ARGS(p->rg), STR_ARGS(p->rg));
	}
	if (p->exported.len != 0) {
		buf_printf(&head, ",%.*s", STR_ARGS(p->exported));
	}
	if (has_namespace(glue)) {
		add_namespace(p, &head, start);
	}
	buf_add_byte(&head, ';');
	if (glue->is_module && inner) {
		buf_printf(&head, "%.*s$api=%.*s.api;", STR_ARGS(p->rg), STR_ARGS(p->rg));
	}
	if (common && glue->part == PART_BODY) {
		buf_add(&head, common_api(p)); /* before the loader is required, which looks for it */
	}
	plan_insert(p, start, arena_copy(p->arena, buf_str(&head)));
	buf_finish(&head);
	if (!glue->is_module && !common) {
		plan_inner_api(p, start);
	}
}

/* ---- how much of it */

static uint64_t bit(bool wanted, unsigned feature)
{
	return wanted ? UINT64_C(1) << feature : 0;
}

/* The member of the runtime that a call in the inserted text (`__rg.name`) wants. */
static uint64_t find_member(struct str name)
{
	for (unsigned i = 0; i < sizeof(runtime_members) / sizeof(*runtime_members); i++) {
		if (runtime_members[i] != NULL && str_equal(name, str_from(runtime_members[i]))) {
			return UINT64_C(1) << i;
		}
	}
	return 0;
}

/* All that a text calls of any runtime: `__rg.a(`, `__rg2.S.o++`. */
static uint64_t members_in(struct str text)
{
	static const struct str variable = {"__rg", 4};
	uint64_t members = 0;
	for (size_t at; (at = str_find(text, variable)) != (size_t)-1;) {
		at += variable.len;
		while (at < text.len && text.data[at] >= '0' && text.data[at] <= '9') {
			at++;
		}
		size_t start = at + 1, end = start;
		while (end < text.len && str_is_ascii_word(text.data[end])) {
			end++;
		}
		if (at < text.len && text.data[at] == '.') {
			members |= find_member(str_slice(text, start, end));
		}
		text = str_slice(text, at, text.len);
	}
	return members;
}

/* What a glue has: see `has` in src/runtime/options.js. */
static uint64_t features_of(const struct planning *p)
{
	const struct glue *glue = p->glue;
	bool module = glue->part == PART_WHOLE && glue->module == MODULE_SEEN;
	bool handed =
		glue->part != PART_WHOLE || has_namespace(glue) || glue_has_fact(glue, FACT_RECEIVE);
	/* what user code does with the exports is not in the file: only the wasm can rule a table out */
	bool tables = p->patch->has_wasm ? p->patch->wasm.function_tables : !p->options->no_tables;
	tables = tables || glue->file->count > 1;
	return bit(glue->heals, HAS_stack) | bit(p->own_tag.len != 0, HAS_tags) |
	       bit(tables, HAS_tables) | bit(glue->scheduled.len != 0, HAS_due) |
	       bit(glue->upstream.address != 0, HAS_terminated) |
	       bit(p->wrapper_count != 0, HAS_literals) | bit(p->wrapper_count > FEW, HAS_many) |
	       bit(p->program.len != 0, HAS_program) |
	       bit(glue_has_fact(glue, FACT_STAMP), HAS_classes) | bit(glue->of_webpack, HAS_webpack) |
	       bit(p->options->exclude_count != 0, HAS_excluded) | bit(handed, HAS_imports) |
	       bit(handed || !module, HAS_late) | bit(has_namespace(glue), HAS_namespace) |
	       bit(handed || !module, HAS_finder) |
	       bit(handed || !module || tree_find_name(p->tree, STR("instantiate")) != 0 ||
				   tree_find_name(p->tree, STR("instantiateStreaming")) != 0,
			   HAS_waiting);
}

uint64_t plan_features(const struct planning *glues, uint32_t count)
{
	static const struct {
		char member[2];
		unsigned feature;
	} implied[] = {
		{"p", HAS_promises},
		{"w", HAS_hosted},
		{"W", HAS_hosted},
		{"m", HAS_recipes},
		{"T", HAS_own},
		{"g", HAS_tags},
		{"E", HAS_panics},
	};
	const struct splice *splice = &glues[0].patch->splice;
	uint64_t features = find_member(STR("api"));
	for (uint32_t i = 0; i < splice->count; i++) {
		features |= members_in(splice->items[i].text);
	}
	for (size_t i = 0; i < sizeof(implied) / sizeof(*implied); i++) {
		features |=
			bit((features & find_member(str_from(implied[i].member))) != 0, implied[i].feature);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (glues[i].glue->part != PART_LOADER) {
			features |= features_of(&glues[i]);
		}
	}
	return features;
}

/* The same for all glues of a file. */
static struct str slice(struct planning *p, uint64_t features)
{
	static const struct runtime runtime = {runtime_text, runtime_chunks,
		sizeof(runtime_chunks) / sizeof(*runtime_chunks), runtime_uses, RUNTIME_ROOT};
	if (p->patch->runtime.len != 0) {
		return p->patch->runtime;
	}
	struct buf text = BUF_INIT;
	runtime_slice(&runtime, features, &text);
	struct str copy = arena_copy(p->arena, buf_str(&text));
	buf_finish(&text);
	return copy;
}

/*
 * `const{Map,URL}=globalThis;` for globals that the runtime uses and the glue has classes of that name for: a
 * Rust type may be called anything.
 */
static void add_globals(const struct planning *p, struct buf *block)
{
	static const char *const names[] = {"Array", "Date", "Error", "Map", "Object", "Promise",
		"Proxy", "RangeError", "Reflect", "Response", "Set", "String", "Symbol", "TypeError", "URL",
		"WeakSet", "fetch"};
	bool first = true;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (plan_binds(p, str_from(names[i]))) {
			buf_printf(block, "%s%s", first ? "const{" : ",", names[i]);
			first = false;
		}
	}
	buf_add(block, first ? STR("") : STR("}=globalThis;"));
}

void plan_runtime_end(struct planning *p, uint32_t file_end, uint64_t features)
{
	const struct glue *glue = p->glue;
	uint32_t start, end;
	plan_statements(p->tree, glue->root_body, &start, &end);
	bool inner = glue->root != 0, common = p->common != COMMON_NOT;
	struct buf block = BUF_INIT;
	buf_add_byte(&block, '\n');
	if (glue->is_module) {
		struct str export =
			plan_text(p, "export{%.*s$api as %.*s};\n", STR_ARGS(p->rg), STR_ARGS(p->api));
		if (inner) {
			plan_insert(p, file_end,
				plan_text(p, "\nvar %.*s$api;%.*s", STR_ARGS(p->rg), STR_ARGS(export)));
		} else {
			buf_add(&block, export);
		}
	} else if (common && glue->part != PART_BODY) {
		buf_printf(&block, ";%.*s\n", STR_ARGS(common_api(p)));
	}
	if (str_equal(p->runtime, p->rg)) {
		buf_printf(&block, "function %.*s$(o){\"use strict\";", STR_ARGS(p->rg));
		add_globals(p, &block);
		struct str text = slice(p, features);
		p->patch->runtime = text;
		buf_add(&block, text);
		buf_add(&block, STR("}\n"));
	}
	buf_add(&block, p->wrappers);
	plan_insert(p, end, arena_copy(p->arena, buf_str(&block)));
	buf_finish(&block);
}
