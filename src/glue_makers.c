/*
 * Files that make the instance of a glue in another file, and call nobody to hand it over: the glue requires such a file,
 * or a loader imports its exports. What they know is told to the glue's API once the instance is made.
 */
#include "glue.h"

bool glue_is_constant(const struct glue *glue, binding_id variable)
{
	const struct binding *binding = &glue->scopes->bindings[variable];
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		if (use_is_write(glue->tree, u)) {
			return false;
		}
	}
	return binding_value(glue->scopes, variable) != NO_NODE;
}

/* Whether something is put into it: `imports['./x.js'] = require('./x.js')`. */
static bool has_entries(const struct glue *glue, node_id object)
{
	const struct tree *tree = glue->tree;
	binding_id variable = scope_of(glue->scopes, object);
	for (node_id u = glue->scopes->bindings[variable].first_use; variable != 0 && u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent;
		if (tree->nodes[u].field == FIELD_object && tree->nodes[member].field == FIELD_left) {
			return true;
		}
	}
	return false;
}

/* "./x.js" for a file x_bg.js, which that requires; empty for others. */
static struct str requirer_of(const struct glue *glue)
{
	struct str path = glue->tree->source->path, end = STR("_bg.js");
	size_t base = path.len;
	while (base > 0 && path.data[base - 1] != '/') {
		base--;
	}
	struct str name = str_slice(path, base, path.len);
	if (!str_ends(path, end) || name.len == end.len || str_find(name, STR("\"")) != (size_t)-1 ||
		str_find(name, STR("\\")) != (size_t)-1) {
		return (struct str){"", 0};
	}
	return arena_printf(glue->arena, "./%.*s.js", (int)(name.len - end.len), name.data);
}

/*
 * The separate loader of nodejs output before 0.2.66, which the body requires:
 *     imports['./x.js'] = require('./x.js'); … module.exports = wasmInstance.exports;
 */
static bool read_required_loader(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	node_id last = NO_NODE, module = NO_NODE, imports = NO_NODE;
	for (node_id n = node_first(tree, 0); n != NO_NODE; n = node_next(tree, n)) {
		last = n;
	}
	node_id assignment =
		node_is(tree, last, KIND_expression_statement) ? node_first(tree, last) : NO_NODE;
	if (!node_is(tree, assignment, KIND_assignment_expression) ||
		!is_global_path(glue, node_child(tree, assignment, FIELD_left), "module.exports") ||
		!glue_is_instance_exports(glue, node_child(tree, assignment, FIELD_right))) {
		return false;
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (node_is(tree, n, KIND_new_expression) &&
			is_global_path(glue, node_child(tree, n, FIELD_constructor), "WebAssembly.Instance")) {
			node_id arguments = node_child(tree, n, FIELD_arguments);
			module = node_nth(tree, arguments, 0);
			imports = node_nth(tree, arguments, 1);
		}
	}
	if (!node_is(tree, module, KIND_identifier) || !node_is(tree, imports, KIND_identifier)) {
		return false;
	}
	struct fact *fact = glue_add(glue, FACT_ATTACH, last);
	fact->name = node_text(tree, imports);
	fact->other = module;
	glue->part = PART_LOADER;
	glue->target = TARGET_NODEJS;
	/* it reaches the glue by its imports; of a module that imports nothing, by the name */
	bool imports_glue = has_entries(glue, imports);
	fact->text = imports_glue ? (struct str){"", 0} : requirer_of(glue);
	glue->module = imports_glue || fact->text.len != 0 ? MODULE_SEEN : MODULE_NONE;
	glue->form = "separate loader that the glue requires";
	return true;
}

/* `{ "./x_bg.js": namespace }` with nothing but bodies in it; gives the first body's specifier. */
static struct str bodies_in(const struct glue *glue, node_id object)
{
	const struct tree *tree = glue->tree;
	struct str first = {"", 0};
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		node_id value = node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_value) : NO_NODE;
		binding_id b = node_is(tree, value, KIND_identifier) ? scope_of(glue->scopes, value) : 0;
		if (b == 0 || !node_is(tree, glue->scopes->bindings[b].declares, KIND_namespace_import) ||
			!str_ends(node_key(tree, node_child(tree, p, FIELD_key)), STR("_bg.js"))) {
			return (struct str){"", 0};
		}
		first = first.len == 0 ? node_string(tree, glue_import_source(glue, b)) : first;
	}
	return first;
}

/*
 * The file that makes the instance for a loader that only imports its exports, as tools write it that put
 * the wasm's bytes into a script:
 *     const wasm = new WebAssembly.Instance(wasmModule, { "./x_bg.js": namespace }).exports; export { wasm };
 */
static bool read_maker(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (binding_id b = 1; b < glue->scopes->count; b++) {
		node_id value =
			glue->scopes->bindings[b].scope != 0 ? NO_NODE : binding_value(glue->scopes, b);
		node_id instance =
			glue_is_instance_exports(glue, value) ? node_child(tree, value, FIELD_object) : NO_NODE;
		if (!node_is(tree, instance, KIND_new_expression) ||
			!is_global_path(
				glue, node_child(tree, instance, FIELD_constructor), "WebAssembly.Instance")) {
			continue;
		}
		node_id arguments = node_child(tree, instance, FIELD_arguments);
		node_id module = node_nth(tree, arguments, 0), imports = node_nth(tree, arguments, 1);
		binding_id made =
			node_is(tree, module, KIND_identifier) ? scope_of(glue->scopes, module) : 0;
		binding_id listed =
			node_is(tree, imports, KIND_identifier) ? scope_of(glue->scopes, imports) : 0;
		if (made == 0 || listed == 0 || !glue_is_constant(glue, made) ||
			!glue_is_constant(glue, listed)) {
			continue;
		}
		node_id compiled = binding_value(glue->scopes, made);
		glue->other = bodies_in(glue, binding_value(glue->scopes, listed));
		if (glue->other.len == 0 || !node_is(tree, compiled, KIND_new_expression) ||
			!is_global_path(
				glue, node_child(tree, compiled, FIELD_constructor), "WebAssembly.Module")) {
			continue;
		}
		struct fact *fact =
			glue_add(glue, FACT_ATTACH, tree->nodes[glue->scopes->bindings[b].declares].parent);
		fact->name = node_text(tree, imports);
		fact->other = module;
		glue->part = PART_LOADER;
		glue->target = TARGET_BUNDLER;
		glue->module = MODULE_SEEN;
		glue->is_module = true;
		glue->form = "makes the instance for a loader that imports its exports";
		return true;
	}
	return false;
}

bool glue_read_maker(struct glue *glue)
{
	return read_required_loader(glue) || read_maker(glue);
}
