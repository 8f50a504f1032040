/*
 * What cannot be made safe (R15). Each construct is refused by its own code, at its own place.
 */
#include "glue.h"

static bool is_true_pair(const struct tree *tree, node_id object, struct str key)
{
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		node_id value = node_child(tree, p, FIELD_value);
		if (node_is(tree, p, KIND_pair) &&
			node_is_text(tree, node_child(tree, p, FIELD_key), key) &&
			(node_is(tree, value, KIND_true) || node_is_text(tree, value, STR("!0")))) {
			return true;
		}
	}
	return false;
}

/*
 * A memory that JS makes and imports: a new instance would start on the dead one's memory. Not one that Rust has made
 * for itself, by an import that takes its limits.
 */
static bool refuse_memory(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	if (!node_is(tree, n, KIND_new_expression) ||
		!is_global_path(glue, node_child(tree, n, FIELD_constructor), "WebAssembly.Memory")) {
		return false;
	}
	node_id descriptor = node_nth(tree, node_child(tree, n, FIELD_arguments), 0);
	if (!node_is(tree, descriptor, KIND_object) && glue_shim_around(glue, n).len != 0) {
		return false;
	}
	if (node_is(tree, descriptor, KIND_object) && is_true_pair(tree, descriptor, STR("shared"))) {
		glue_refuse(glue, "shared-memory", n,
			"shared memory (threads): other workers would keep the dead instance's memory");
	} else {
		glue_refuse(glue, "imported-memory", n,
			"the memory is made by JS and imported: a new instance would start on the old one");
	}
	return true;
}

static bool refuse_global(struct glue *glue, node_id n)
{
	if (is_global_path(glue, n, "WebAssembly.Suspending") ||
		is_global_path(glue, n, "WebAssembly.promising")) {
		glue_refuse(glue, "jspi", n,
			"JS promise integration: suspended stacks cannot be carried into a new instance");
		return true;
	}
	return false;
}

static bool refuse_export(struct glue *glue, node_id n)
{
	struct str name = glue_export_read(glue, n);
	if (str_starts(name, STR("asyncify_"))) {
		glue_refuse(glue, "asyncify", n,
			"asyncify: a suspended call returns early, and its JS side is keyed by pointers");
		return true;
	}
	if (str_find(name, STR("uniffi_")) != (size_t)-1 &&
		(str_find(name, STR("_fn_free_")) != (size_t)-1 ||
			str_find(name, STR("_fn_clone_")) != (size_t)-1)) {
		glue_refuse(glue, "raw-pointers", n,
			"uniffi: classes outside the glue keep pointers as bare numbers, which would edit "
			"other objects of a new instance");
		return true;
	}
	if (str_starts(name, STR("__wbindgen_thread_destroy")) ||
		str_starts(name, STR("__wbindgen_tls"))) {
		glue_refuse(glue, "shared-memory", n,
			"threads: other workers would keep the dead instance's memory");
		return true;
	}
	return false;
}

/* Under what the glue's own functions are listed. */
static bool is_own_source(struct str source)
{
	return str_equal(source, STR("wbg")) || str_ends(source, STR("_bg.js")) ||
	       str_equal(source, STR("__wbindgen_placeholder__"));
}

/* `{ "./x_bg.js": …, "env": shim }`: a list of imports, told by the glue's own entry. */
static bool is_imports_key(const struct tree *tree, node_id key)
{
	node_id object = tree->nodes[key].field == FIELD_key
	                     ? tree->nodes[tree->nodes[key].parent].parent
	                     : tree->nodes[key].parent;
	for (node_id p = node_first(tree, object); p != NO_NODE; p = node_next(tree, p)) {
		node_id other = node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_key) : p;
		if (is_own_source(node_key(tree, other))) {
			return true;
		}
	}
	return false;
}

static bool is_host(struct str source)
{
	return str_equal(source, STR("env")) || str_starts(source, STR("wasi_snapshot_preview1")) ||
	       str_equal(source, STR("wasi_unstable"));
}

static void refuse_shim(struct glue *glue, node_id n, struct str source)
{
	glue_refuse(glue, "host-shim", n,
		"imports from '%.*s' come from a shim that may keep the instance", STR_ARGS(source));
}

/* `import * as __wbg_star0 from 'env'`, `require('env')`, `require('wasi_…')`. */
static bool refuse_host_module(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id parent = tree->nodes[n].parent;
	bool import = node_is(tree, parent, KIND_import_statement);
	bool require = node_is(tree, parent, KIND_arguments) &&
	               is_global_path(glue, node_first(tree, tree->nodes[parent].parent), "require");
	if (!is_host(node_string(tree, n)) || !(import || require)) {
		return false;
	}
	refuse_shim(glue, n, node_string(tree, n));
	return true;
}

/* Whether a variable is the list of imports: what the glue itself gives is in it, or put there. */
static bool is_imports_list(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (is_own_source(node_property(tree, tree->nodes[u].parent))) {
			return true;
		}
	}
	node_id value = binding_value(glue->scopes, b);
	if (!node_is(tree, value, KIND_object)) {
		return false;
	}
	for (node_id p = node_first(tree, value); p != NO_NODE; p = node_next(tree, p)) {
		if (is_own_source(
				node_key(tree, node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_key) : p))) {
			return true;
		}
	}
	return false;
}

/* `imports['wasi_snapshot_preview1'] = shim` */
static bool puts_shim(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	if (tree->nodes[n].field != FIELD_left || !is_host(node_property(tree, n)) ||
		!node_is(tree, tree->nodes[n].parent, KIND_assignment_expression)) {
		return false;
	}
	node_id object = node_child(tree, n, FIELD_object);
	binding_id b = node_is(tree, object, KIND_identifier) ? scope_of(glue->scopes, object) : 0;
	return b != 0 && is_imports_list(glue, b);
}

/* `"env": shim`, where the shim is more than stubs of the glue's own. */
bool glue_check_host_imports(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool clean = true;
	for (node_id n = 1; n < tree->count && glue == &glue->file->items[0]; n++) {
		bool key = tree->nodes[n].field == FIELD_key ||
		           node_is(tree, n, KIND_shorthand_property_identifier);
		if (key && is_host(node_key(tree, n)) && is_imports_key(tree, n) &&
			!glue_is_stub(glue, n)) {
			refuse_shim(glue, n, node_key(tree, n));
			clean = false;
		} else if (puts_shim(glue, n)) {
			refuse_shim(glue, n, node_property(tree, n));
			clean = false;
		}
	}
	return clean;
}

/* Whether a glue of the file receives the exports there. */
static bool is_adopted(const struct glues *glues, node_id n)
{
	for (uint32_t g = 0; g < glues->count; g++) {
		for (uint32_t i = 0; i < glues->items[g].fact_count; i++) {
			const struct fact *fact = &glues->items[g].facts[i];
			if (fact->kind == FACT_ADOPT && fact->node == n) {
				return true;
			}
		}
	}
	return false;
}

/* Whether the loader of a body in the same file hands it over, at once or by a variable of its own. */
static bool goes_to_body(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id parent = tree->nodes[n].parent;
	node_id target =
		node_is(tree, parent, KIND_variable_declarator)     ? node_child(tree, parent, FIELD_name)
		: node_is(tree, parent, KIND_assignment_expression) ? node_child(tree, parent, FIELD_left)
															: NO_NODE;
	return glue_is_handed_over(glue, n) ||
	       (node_is(tree, target, KIND_identifier) &&
			   glue_is_of_loader(glue, scope_of(glue->scopes, target)));
}

/*
 * Whether `new WebAssembly.Instance(module, imports)` makes another program's: what glue gives its wasm is in no such list,
 * `{ Math: … }`.
 */
static bool makes_another(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id imports = node_nth(tree, node_child(tree, n, FIELD_arguments), 1);
	binding_id b = node_is(tree, imports, KIND_identifier) ? scope_of(glue->scopes, imports) : 0;
	node_id list = b == 0 ? imports : binding_value(glue->scopes, b);
	if (!node_is(tree, list, KIND_object) || node_first(tree, list) == NO_NODE) {
		return false;
	}
	for (node_id p = node_first(tree, list); p != NO_NODE; p = node_next(tree, p)) {
		node_id key = node_is(tree, p, KIND_pair) ? node_child(tree, p, FIELD_key) : p;
		bool plain = node_is(tree, key, KIND_property_identifier) ||
		             node_is(tree, key, KIND_string) ||
		             node_is(tree, key, KIND_shorthand_property_identifier);
		if (!plain || is_own_source(node_key(tree, key))) {
			return false;
		}
	}
	for (node_id u = b == 0 ? NO_NODE : glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id maker = tree->nodes[tree->nodes[u].parent].parent;
		if (!is_global_path(
				glue, node_child(tree, maker, FIELD_constructor), "WebAssembly.Instance")) {
			return false; /* something may be put there */
		}
	}
	return true;
}

/* A second way to an instance's exports, past the guard. */
static bool refuse_second_way(struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	if (!node_is(tree, n, KIND_member_expression) ||
		!str_equal(node_property(tree, n), STR("exports"))) {
		return false;
	}
	node_id object = node_child(tree, n, FIELD_object);
	if (is_global_path(glue, n, "module.exports") ||
		!(node_is(tree, object, KIND_identifier) || node_is(tree, object, KIND_new_expression))) {
		return false;
	}
	if (is_adopted(glue->file, n) || goes_to_body(glue, n)) {
		return false;
	}
	if (node_is(tree, object, KIND_identifier) && !node_inside(tree, n, glue->root_body)) {
		return false;
	}
	bool instance =
		is_global_path(glue, node_child(tree, object, FIELD_constructor), "WebAssembly.Instance") &&
		!makes_another(glue, object);
	for (uint32_t i = 0; i < glue->fact_count && !instance; i++) {
		node_id adopted = node_child(tree, glue->facts[i].node, FIELD_object);
		instance = glue->facts[i].kind == FACT_ADOPT && node_is(tree, adopted, KIND_identifier) &&
		           node_is(tree, object, KIND_identifier) &&
		           scope_of(glue->scopes, adopted) == scope_of(glue->scopes, object);
	}
	if (!instance) {
		return false;
	}
	glue_refuse(glue, "exports-use", n,
		"an instance's exports are reached past the variable '%.*s'",
		STR_ARGS(binding_name(glue->scopes, glue->exports)));
	return true;
}

bool glue_read_refusals(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool clean = true, first = glue == &glue->file->items[0]; /* one file, one diagnostic */
	for (node_id n = 1; n < tree->count; n++) {
		switch (tree->nodes[n].kind) {
		case KIND_new_expression:
			clean &= !(first && refuse_memory(glue, n));
			break;
		case KIND_member_expression:
			clean &= !(first && refuse_global(glue, n)) && !refuse_export(glue, n) &&
			         !refuse_second_way(glue, n);
			break;
		case KIND_string:
			clean &= !(first && refuse_host_module(glue, n));
			break;
		default:
			break;
		}
	}
	return clean;
}
