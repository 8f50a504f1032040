/*
 * Where a new instance is to come from when the glue is only given one: the Module of a wasm that is
 * imported, and the imports of a new instance.
 */
#include <stdlib.h>

#include "planning.h"

static bool is_option(const struct planning *p, const char *name)
{
	return strcmp(p->options->module, name) == 0;
}

static void add_string(struct buf *out, struct str text)
{
	buf_add_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c == '"' || c == '\\' || c < ' ') {
			buf_printf(out, "\\x%02x", c);
		} else {
			buf_add_byte(out, (char)c);
		}
	}
	buf_add_byte(out, '"');
}

static struct str import_text(
	struct planning *p, const char *what, struct str name, struct str specifier)
{
	struct buf out = BUF_INIT;
	buf_printf(&out, "import %s%.*s from", what, STR_ARGS(name));
	add_string(&out, specifier);
	buf_add_byte(&out, ';');
	struct str text = arena_copy(p->arena, buf_str(&out));
	buf_finish(&out);
	return text;
}

/* The member `module` of what is given. */
static void add_module(struct planning *p, struct buf *out, uint32_t start)
{
	struct str specifier = p->glue->wasm_imported;
	struct str name = plan_text(p, "%.*s$m", STR_ARGS(p->rg));
	if (specifier.len == 0 || is_option(p, "none") || !p->glue->is_module) {
		return;
	}
	if (is_option(p, "url")) {
		/* exactly this text, unless the file has a URL of its own: it is what bundlers look for */
		buf_printf(out, "module:()=>new %sURL(", plan_binds(p, STR("URL")) ? "globalThis." : "");
		add_string(out, specifier);
		buf_add(out, STR(",import.meta.url)"));
		p->patch->module = MODULE_URL;
		return;
	}
	bool phase = is_option(p, "source");
	plan_insert(p, start, import_text(p, phase ? "source " : "", name, specifier));
	buf_printf(out, "module:()=>%.*s", STR_ARGS(name));
	p->patch->module = phase ? MODULE_PHASE : MODULE_IMPORT;
}

/* "./a.js", which the wasm imports, as this file has to write it. */
static struct str from_here(struct planning *p, struct str module)
{
	struct str wasm = p->glue->wasm_imported;
	size_t folder = wasm.len;
	while (folder > 0 && wasm.data[folder - 1] != '/') {
		folder--;
	}
	if (!str_starts(module, STR("./")) || folder == 0) {
		return module;
	}
	return plan_text(p, "%.*s%.*s", (int)folder, wasm.data, (int)module.len - 2, module.data + 2);
}

static bool is_known(const struct str *list, uint32_t count, struct str name)
{
	for (uint32_t i = 0; i < count; i++) {
		if (str_equal(list[i], name)) {
			return true;
		}
	}
	return false;
}

/* Old glue imports "./x", and bundlers add the extension. */
static bool is_same_file(struct str imported, struct str body)
{
	return str_equal(imported, body) ||
	       (str_ends(body, STR(".js")) && str_equal(imported, str_slice(body, 0, body.len - 3)));
}

/* Names of no module: what glue that makes its instance itself gives its wasm. Such a wasm may lie beside another body. */
static bool is_no_module(struct str imported)
{
	return str_equal(imported, STR("__wbindgen_placeholder__")) || str_equal(imported, STR("wbg"));
}

enum { MAX_MODULES = 512 };

/* The member `imports`: modules that the wasm imports, the body's and the engine's own left out. */
static void add_imports(struct planning *p, struct buf *out, struct str body, uint32_t start)
{
	struct str section = p->patch->wasm.imports, seen[MAX_MODULES];
	struct wasm_import import;
	uint32_t count = 0;
	if (!p->patch->has_wasm || p->glue->wasm_imported.len == 0) {
		return;
	}
	while (wasm_next_import(&section, &import) && count < MAX_MODULES) {
		if (is_known(seen, count, import.module) || str_starts(import.module, STR("wasm:")) ||
			is_no_module(import.module) || is_same_file(from_here(p, import.module), body)) {
			continue;
		}
		struct str name = plan_text(p, "%.*s$%u", STR_ARGS(p->rg), count);
		plan_insert(p, start, import_text(p, "* as ", name, from_here(p, import.module)));
		buf_add(out, count != 0 ? STR(",") : out->len > 1 ? STR(",imports:{") : STR("imports:{"));
		add_string(out, import.module);
		buf_printf(out, ":%.*s", STR_ARGS(name));
		seen[count++] = import.module;
	}
	if (count != 0) {
		buf_add_byte(out, '}');
	}
}

struct str plan_given(struct planning *p, struct str body, uint32_t start)
{
	struct buf out = BUF_INIT;
	buf_add_byte(&out, '{');
	add_module(p, &out, start);
	add_imports(p, &out, body, start);
	buf_add_byte(&out, '}');
	struct str text = arena_copy(p->arena, buf_str(&out));
	buf_finish(&out);
	return text.len == 2 ? (struct str){"", 0} : text;
}

/* ---- the glue's own functions */

static int compare_names(const void *left, const void *right)
{
	return str_compare(*(const struct str *)left, *(const struct str *)right);
}

struct names {
	struct str *items; /* sorted; those that the wasm imports, if it is known */
	uint32_t count;
};

static struct names imported_names(struct planning *p)
{
	struct names names = {0};
	struct str section = p->patch->wasm.imports;
	struct wasm_import import;
	while (p->patch->has_wasm && wasm_next_import(&section, &import)) {
		names.count++;
	}
	if (names.count == 0) {
		return names;
	}
	names.items = arena_array(p->arena, struct str, names.count);
	section = p->patch->wasm.imports;
	for (uint32_t i = 0; i < names.count && wasm_next_import(&section, &import); i++) {
		names.items[i] = import.name;
	}
	qsort(names.items, names.count, sizeof(*names.items), compare_names);
	return names;
}

/* Without the wasm, what generated imports are called; the setter is not one of them. */
static bool is_imported(const struct names *names, struct str name)
{
	if (names->count != 0) {
		return bsearch(&name, names->items, names->count, sizeof(*names->items), compare_names) !=
		       NULL;
	}
	return (str_starts(name, STR("__wb")) || str_starts(name, STR("__widl_"))) &&
	       !str_equal(name, STR("__wbg_set_wasm"));
}

static void add_own(const struct names *names, struct buf *out, struct str name, struct str local)
{
	if (!is_imported(names, name)) {
		return;
	}
	buf_add(out, out->len == 0 ? STR("") : STR(","));
	if (str_equal(name, local)) {
		buf_add(out, name);
	} else {
		add_string(out, name);
		buf_printf(out, ":%.*s", STR_ARGS(local));
	}
}

static void add_exported(
	const struct planning *p, const struct names *names, struct buf *out, node_id statement)
{
	const struct tree *tree = p->tree;
	node_id declaration = node_child(tree, statement, FIELD_declaration);
	if (declaration != NO_NODE) {
		node_id name = node_child(tree, declaration, FIELD_name);
		if (name != NO_NODE) {
			add_own(names, out, node_text(tree, name), node_text(tree, name));
		}
		for (node_id d = node_first(tree, declaration); d != NO_NODE; d = node_next(tree, d)) {
			name = node_is(tree, d, KIND_variable_declarator) ? node_child(tree, d, FIELD_name)
			                                                  : NO_NODE;
			if (node_is(tree, name, KIND_identifier)) {
				add_own(names, out, node_text(tree, name), node_text(tree, name));
			}
		}
		return;
	}
	node_id clause = node_first(tree, statement);
	if (!node_is(tree, clause, KIND_export_clause) ||
		node_child(tree, statement, FIELD_source) != NO_NODE) {
		return;
	}
	for (node_id s = node_first(tree, clause); s != NO_NODE; s = node_next(tree, s)) {
		node_id name = node_child(tree, s, FIELD_name), alias = node_child(tree, s, FIELD_alias);
		if (name != NO_NODE) {
			add_own(names, out, node_text(tree, alias != NO_NODE ? alias : name),
				node_text(tree, name));
		}
	}
}

struct str plan_own_imports(struct planning *p)
{
	const struct glue *glue = p->glue;
	if (glue->part != PART_BODY || glue->has_imports) {
		return (struct str){"", 0};
	}
	if (p->common == COMMON_ALWAYS) {
		return STR("i:()=>module.exports,");
	}
	struct names names = imported_names(p);
	struct buf list = BUF_INIT;
	for (node_id n = node_first(p->tree, glue->root_body); n != NO_NODE;
		 n = node_next(p->tree, n)) {
		if (node_is(p->tree, n, KIND_export_statement)) {
			add_exported(p, &names, &list, n);
		}
	}
	bool listed =
		list.len != 0; /* by export statements; else by their names, or what became of those */
	for (binding_id b = 1; !listed && b < glue->scopes->count; b++) {
		if (glue->scopes->bindings[b].scope == glue->root &&
			(binding_function(glue->scopes, b) != NO_NODE || glue->listed[b].len != 0)) {
			add_own(&names, &list, glue_listed_as(glue, b), binding_name(glue->scopes, b));
		}
	}
	struct str text = plan_text(p, "i:()=>({%.*s}),", STR_ARGS(buf_str(&list)));
	buf_finish(&list);
	return text;
}

void plan_tell(struct planning *p, const struct fact *fact)
{
	plan_wrap(p, fact->node, STR("Object.defineProperty("),
		plan_text(p,
			",Symbol.for(\"reglue\"),{configurable:true,value:{module:%.*s.module,imports:%.*s}})",
			STR_ARGS(fact->name), STR_ARGS(fact->text)));
}
