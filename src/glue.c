#include "glue.h"

struct fact *glue_add(struct glue *glue, enum fact_kind kind, node_id node)
{
	if (glue->fact_count == glue->fact_capacity) {
		uint32_t capacity = glue->fact_capacity == 0 ? 128 : glue->fact_capacity * 2;
		struct fact *facts = arena_array(glue->arena, struct fact, capacity);
		if (glue->fact_count != 0) {
			memcpy(facts, glue->facts, glue->fact_count * sizeof(*facts));
		}
		glue->facts = facts;
		glue->fact_capacity = capacity;
	}
	struct fact *fact = &glue->facts[glue->fact_count++];
	fact->kind = kind;
	fact->node = node;
	return fact;
}

bool glue_has_fact(const struct glue *glue, enum fact_kind kind)
{
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (glue->facts[i].kind == kind) {
			return true;
		}
	}
	return false;
}

void glue_mark(const struct glue *glue, uint8_t **set, node_id n)
{
	if (*set == NULL) {
		*set = arena_array(glue->arena, uint8_t, glue->tree->count / 8 + 1);
	}
	(*set)[n / 8] |= (uint8_t)(1u << n % 8);
}

void glue_refuse(struct glue *glue, const char *code, node_id node, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	struct str text = arena_vprintf(glue->arena, format, args);
	va_end(args);
	diag_add(glue->arena, glue->diags, SEVERITY_REFUSAL, code,
		node == NO_NODE ? DIAG_NO_OFFSET : glue->tree->nodes[node].start, "%.*s", STR_ARGS(text));
}

struct str glue_export_read(const struct glue *glue, node_id n)
{
	if (n != NO_NODE &&
		(glue->tree->nodes[n].kind == KIND_member_expression ||
			glue->tree->nodes[n].kind == KIND_subscript_expression) &&
		is_exports(glue, node_child(glue->tree, n, FIELD_object))) {
		return node_property(glue->tree, n);
	}
	return (struct str){"", 0};
}

bool export_is_intrinsic(struct str name)
{
	return str_starts(name, STR("__wb")) || str_starts(name, STR("__externref")) ||
	       str_equal(name, STR("memory"));
}

bool is_global_path(const struct glue *glue, node_id n, const char *path)
{
	const char *dot = strrchr(path, '.');
	if (dot == NULL) {
		return node_is(glue->tree, n, KIND_identifier) && scope_of(glue->scopes, n) == 0 &&
		       str_equal(node_text(glue->tree, n), str_from(path));
	}
	if (!node_is(glue->tree, n, KIND_member_expression) ||
		!str_equal(node_property(glue->tree, n), str_from(dot + 1))) {
		return false;
	}
	node_id object = node_child(glue->tree, n, FIELD_object);
	struct str head = {path, (size_t)(dot - path)};
	return node_is(glue->tree, object, KIND_identifier) && scope_of(glue->scopes, object) == 0 &&
	       str_equal(node_text(glue->tree, object), head);
}

node_id glue_function_around(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id found = NO_NODE;
	for (; n != NO_NODE && n != glue->root; n = tree->nodes[n].parent) {
		if (node_is_function(tree, n)) {
			found = n;
		}
	}
	return found;
}

bool glue_names(const struct glue *glue, node_id n, binding_id binding)
{
	for (node_id u = binding == 0 ? NO_NODE : glue->scopes->bindings[binding].first_use;
		 u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (node_inside(glue->tree, u, n)) {
			return true;
		}
	}
	return false;
}

bool glue_touches(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	for (node_id i = n; i < tree->nodes[n].last; i++) {
		if (tree->nodes[i].kind != KIND_identifier) {
			continue;
		}
		binding_id binding = scope_of(glue->scopes, i);
		if (binding != 0 &&
			(binding == glue->exports || (glue->roles[binding] & ROLE_TOUCHES) != 0)) {
			return true;
		}
	}
	return false;
}

/* One line for people: what kind of glue this is. */
static const char *describe(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[glue->exports];
	static const char *const kinds[] = {
		[BINDING_VAR] = "var",
		[BINDING_LET] = "let",
		[BINDING_CONST] = "const",
		[BINDING_IMPORT] = "import",
	};
	const char *objects = "no JS values";
	if (tree_has_prefix(tree, STR("__externref")) ||
		tree_find_name(tree, STR("__wbindgen_init_externref_table")) != 0) {
		objects = "externref table";
	}
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (glue->facts[i].kind == FACT_STATE &&
			str_find(glue->facts[i].text, STR(".length=0;")) != (size_t)-1) {
			objects = "object heap";
		}
	}
	return arena_printf(glue->arena, "exports in %s %.*s; %s; shadow stack %s",
		kinds[binding->kind], STR_ARGS(binding_name(glue->scopes, glue->exports)), objects,
		glue->heals ? "reachable" : "out of reach")
	    .data;
}

static bool reaches_shadow_stack(const struct glue *glue)
{
	for (node_id n = 1; n < glue->tree->count; n++) {
		if (str_equal(glue_export_read(glue, n), STR("__wbindgen_add_to_stack_pointer"))) {
			return true;
		}
	}
	return false;
}

static bool read_one(struct glue *glue)
{
	if (!glue_read_refusals(glue)) {
		return false;
	}
	glue_find_upstream(glue);
	if (!glue_read_upstream(glue)) {
		return false;
	}
	glue_read_roles(glue);
	/* every reader runs, so that one report names everything that is in the way */
	bool understood = glue_read_entries(glue);
	understood &= glue_read_objects(glue);
	understood &= glue_read_closures(glue);
	understood &= glue_check_registries(glue);
	understood &= glue_read_state(glue);
	understood &= glue_check_host_imports(glue);
	understood &= glue_check_coverage(glue);
	glue_check_forms(glue);
	glue->heals = reaches_shadow_stack(glue);
	glue->form = describe(glue);
	return understood;
}

/* Several glues of which one gets its instance from another file: which one would the loader mean? */
static bool refuse_mixture(struct glues *glues)
{
	for (uint32_t i = 0; i < glues->count; i++) {
		struct glue *glue = &glues->items[i];
		if (glues->count > 1 && glue->part == PART_BODY && glue->module != MODULE_SEEN) {
			glue_refuse(glue, "several-glues", glue->scopes->bindings[glue->exports].identifier,
				"several wasm-bindgen glues in one file, and '%.*s' gets its exports from outside",
				STR_ARGS(binding_name(glue->scopes, glue->exports)));
			return true;
		}
	}
	return false;
}

enum verdict glue_read(struct arena *arena, const struct tree *tree, const struct scopes *scopes,
	struct glues *glues, struct diags *diags)
{
	struct glue *first = arena_new(arena, struct glue);
	*first = (struct glue){
		.arena = arena,
		.tree = tree,
		.scopes = scopes,
		.diags = diags,
		.file = glues,
		.form = "",
	};
	*glues = (struct glues){.items = first, .count = 1};
	if (glue_read_loader(first)) {
		return diags->errors != 0 ? VERDICT_REFUSED : VERDICT_PATCHED;
	}
	binding_id *found;
	uint32_t count = glue_find(first, &found);
	if (count == 0 && diags->errors == 0 && glue_read_webpack_runtime(first)) {
		first->part = PART_LOADER;
		first->target = TARGET_BUNDLER;
		first->module = MODULE_SEEN;
		first->form = "webpack's runtime, which makes the instance";
		return VERDICT_PATCHED;
	}
	if (count == 0) {
		return diags->errors != 0 ? VERDICT_REFUSED : VERDICT_SKIPPED;
	}
	struct glue template = *first;
	*glues = (struct glues){.items = arena_array(arena, struct glue, count), .count = count};
	bool understood = true;
	for (uint32_t i = 0; i < count; i++) {
		glues->items[i] = template;
		glues->items[i].exports = found[i];
		understood &= glue_read_instance(&glues->items[i]);
	}
	for (uint32_t i = 0; i < count && understood; i++) {
		understood &= glue_read_sites(&glues->items[i]);
	}
	understood = understood && !refuse_mixture(glues);
	for (uint32_t i = 0; i < count && understood; i++) {
		understood &= read_one(&glues->items[i]);
	}
	return understood ? VERDICT_PATCHED : VERDICT_REFUSED;
}
