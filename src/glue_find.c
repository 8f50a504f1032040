/*
 * Which variables of a file hold an instance's exports: by wasm-bindgen's own exports that are read of them, or by
 * what wasm-bindgen writes around. What looks like glue and has no such variable is refused.
 */
#include "glue.h"

/* Properties of class objects: programs look into them, and are no glue for that. */
static bool is_of_objects(struct str name)
{
	return str_starts(name, STR("__wbg_ptr")) || str_equal(name, STR("__wbg_inst"));
}

/* The glue's own functions, by which whoever wraps or loads it names its namespace. */
static bool is_of_glue(struct str name)
{
	static const char *const names[] = {"__wbg_set_wasm", "__wbg_init", "__wbg_load",
		"__wbg_get_imports", "__wbg_init_memory", "__wbg_finalize_init", "__wbg_reset_state", NULL};
	return str_is_one_of(name, names);
}

/* Whether members of it are read in another function than the one that has the variable. */
static bool is_shared(
	const struct tree *tree, const struct scopes *scopes, const struct binding *binding)
{
	node_id own = node_function(tree, binding->identifier);
	bool shared = binding->scope == 0;
	for (node_id u = binding->first_use; u != NO_NODE && !shared; u = scopes->next_use[u]) {
		shared = tree->nodes[u].field == FIELD_object &&
		         node_is(tree, tree->nodes[u].parent, KIND_member_expression) &&
		         node_function(tree, u) != own;
	}
	return shared;
}

enum evidence {
	EVIDENCE_NONE,
	EVIDENCE_MEMORY, /* functions share it and read its memory, in a file with names of wasm-bindgen's */
	EVIDENCE_NAMES, /* exports of wasm-bindgen's own are read of it */
};

/*
 * What tells that a variable holds wasm-bindgen's exports rather than anything else. Anybody's loader
 * reads `memory`, but in the function that has the variable: a glue's functions share theirs.
 */
static enum evidence evidence_of(
	const struct tree *tree, const struct scopes *scopes, const struct binding *binding)
{
	bool seen = false, memory = false;
	for (node_id u = binding->first_use; u != NO_NODE; u = scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent;
		if (tree->nodes[u].field != FIELD_object ||
			!node_is(tree, member, KIND_member_expression)) {
			continue;
		}
		struct str name = node_property(tree, member);
		if (is_of_glue(name)) {
			return EVIDENCE_NONE;
		}
		memory |= str_equal(name, STR("memory"));
		seen |= str_starts(name, STR("__wbindgen_")) || str_starts(name, STR("__externref")) ||
		        (str_starts(name, STR("__wbg_")) && !is_of_objects(name));
	}
	return seen ? EVIDENCE_NAMES
	       : memory && tree_has_prefix(tree, STR("__wb")) && is_shared(tree, scopes, binding)
	           ? EVIDENCE_MEMORY
	           : EVIDENCE_NONE;
}

/* Output of wasm2js, named so that the refusal can name it. */
static bool refuse_asmjs(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		const struct node *node = &tree->nodes[n];
		if (node->field == FIELD_function && node->kind == KIND_identifier &&
			(node_is_text(tree, n, STR("asmFunc")) || node_is_text(tree, n, STR("asmFn")))) {
			glue_refuse(glue, "asmjs", n, "asm.js output of wasm2js: there is no wasm instance");
			return true;
		}
	}
	return false;
}

/* Emscripten makes the instance, and keeps it: `wasmExports["__wbindgen_start"]()`, in the library that it is given too. */
static bool refuse_emscripten(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if (str_starts(node_property(tree, n), STR("__wb")) &&
			node_is_text(tree, node_child(tree, n, FIELD_object), STR("wasmExports"))) {
			glue_refuse(glue, "emscripten", n, "emscripten's loader makes the instance");
			return true;
		}
	}
	return false;
}

/* `import * as wasm from "./x_bg.wasm"` with more uses than an entry file has. */
static bool is_namespace_of_wasm(const struct glue *glue, binding_id b)
{
	const struct binding *binding = &glue->scopes->bindings[b];
	struct str plain;
	bool named = glue_names_wasm(glue, glue_import_source(glue, b), &plain);
	/* before 0.2.40 or so without the extension, which bundlers then added */
	if (!node_is(glue->tree, binding->declares, KIND_namespace_import) ||
		!(named || str_ends(plain, STR("_bg")))) {
		return false;
	}
	bool used = false;
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		struct str name = node_property(glue->tree, glue->tree->nodes[u].parent);
		used |= str_equal(name, STR("memory")) ||
		        (named && name.len != 0 && !str_equal(name, STR("__wbindgen_start")));
	}
	return used;
}

/* Of which one is told by its name: programs import other wasm, too. */
static bool is_named_as_body(const struct glue *glue, binding_id b)
{
	struct str plain;
	glue_names_wasm(glue, glue_import_source(glue, b), &plain);
	return str_ends(plain, STR("_bg.wasm")) || str_ends(plain, STR("_bg"));
}

/* Whether any write of the binding, its initializer included, gives it an instance's exports. */
static bool adopts_instance(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	node_id value = binding_value(glue->scopes, b);
	if (value != NO_NODE && glue_is_adopted(glue, value)) {
		return true;
	}
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id written = glue_written_value(tree, u);
		if (written != NO_NODE && glue_is_adopted(glue, written)) {
			return true;
		}
	}
	return false;
}

static bool receives_exports(const struct glue *glue, binding_id b)
{
	enum binding_kind kind = glue->scopes->bindings[b].kind;
	return kind == BINDING_IMPORT ? is_namespace_of_wasm(glue, b)
	                              : kind != BINDING_PARAMETER && adopts_instance(glue, b);
}

/* `function f() { return wasm.f(); }` */
static bool is_called_in_functions(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id member = tree->nodes[u].parent;
		if (tree->nodes[u].field == FIELD_object && node_is(tree, member, KIND_member_expression) &&
			tree->nodes[member].field == FIELD_function && node_function(tree, u) != NO_NODE &&
			node_function(tree, u) != node_function(tree, glue->scopes->bindings[b].identifier)) {
			return true;
		}
	}
	return false;
}

/* Whether a function gives its first parameter to a variable that looks like the exports of a body. */
static bool is_setter(const struct glue *glue, node_id function)
{
	const struct tree *tree = glue->tree;
	const struct scopes *scopes = glue->scopes;
	node_id first = node_parameter(tree, function, 0);
	binding_id given = node_is(tree, first, KIND_identifier) ? scope_of(scopes, first) : 0;
	for (node_id u = given == 0 ? NO_NODE : scopes->bindings[given].first_use; u != NO_NODE;
		 u = scopes->next_use[u]) {
		node_id assignment = tree->nodes[u].parent;
		bool assigned = node_is(tree, assignment, KIND_assignment_expression) &&
		                tree->nodes[u].field == FIELD_right;
		node_id left = assigned ? node_child(tree, assignment, FIELD_left) : NO_NODE;
		binding_id b = node_is(tree, left, KIND_identifier) ? scope_of(scopes, left) : 0;
		if (b != 0 && receives_exports(glue, b) && is_called_in_functions(glue, b)) {
			return true;
		}
	}
	return false;
}

bool glue_is_handed_over(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id arguments = tree->nodes[n].parent, call = tree->nodes[arguments].parent;
	if (!node_is(tree, arguments, KIND_arguments) || !node_is(tree, call, KIND_call_expression) ||
		node_first(tree, arguments) != n) {
		return false;
	}
	node_id callee = node_child(tree, call, FIELD_function);
	return glue_handed_by(glue, call) == n ||
	       (node_is(tree, callee, KIND_identifier) &&
			   is_setter(glue, binding_function(glue->scopes, scope_of(glue->scopes, callee))));
}

bool glue_is_of_loader(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	node_id declaration = tree->nodes[glue->scopes->bindings[b].declares].parent;
	bool handed = false;
	if (node_is(tree, tree->nodes[declaration].parent, KIND_export_statement)) {
		return false;
	}
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (glue_is_handed_over(glue, u)) {
			handed = true;
		} else if (!glue_enters_nothing(tree, u) && glue_written_value(tree, u) == NO_NODE) {
			return false;
		}
	}
	return handed;
}

static uint32_t count_uses(const struct glue *glue, binding_id b)
{
	uint32_t count = 0;
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		count++;
	}
	return count;
}

/* The first value that a variable gets, or where it is declared if it gets none. */
static node_id what_it_receives(const struct glue *glue, binding_id b)
{
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	node_id value = binding_value(glue->scopes, b);
	for (node_id u = binding->first_use;
		 u != NO_NODE && (value == NO_NODE || glue_is_nothing(tree, value));
		 u = glue->scopes->next_use[u]) {
		value = glue_written_value(tree, u) != NO_NODE ? glue_written_value(tree, u) : value;
	}
	return value != NO_NODE ? value : binding->identifier;
}

/*
 * `state.wasm = instance.exports`, `static wasm = …` where `state.wasm.__wbindgen_malloc` is read: the exports of
 * glue that keeps them in no variable. Gives what receives them.
 */
static node_id kept_in_property(const struct glue *glue)
{
	const struct tree *tree = glue->tree;
	for (node_id n = 1; n < tree->count; n++) {
		node_id left = node_is(tree, n, KIND_assignment_expression)
		                   ? node_child(tree, n, FIELD_left)
		                   : NO_NODE;
		struct str property = node_property(tree, left);
		if (property.len == 0 ||
			!glue_is_instance_exports(glue, node_child(tree, n, FIELD_right))) {
			continue;
		}
		for (node_id m = 1; m < tree->count; m++) {
			struct str name = node_property(tree, m);
			if ((str_starts(name, STR("__wbindgen_")) || str_starts(name, STR("__wbg_"))) &&
				str_equal(node_property(tree, node_child(tree, m, FIELD_object)), property)) {
				return left;
			}
		}
	}
	return NO_NODE;
}

/* Whether the file has what wasm-bindgen writes around the exports to make an instance, or to be handed one. */
static bool has_frame(const struct glue *glue)
{
	static const char *const names[] = {"__wbg_set_wasm", "__wbg_get_imports",
		"__wbg_finalize_init", "__wbindgen_wasm_module", "__wbindgen_placeholder__", NULL};
	const struct tree *tree = glue->tree;
	for (const char *const *name = names; *name != NULL; name++) {
		if (tree_find_name(tree, str_from(*name)) != 0) {
			return true;
		}
	}
	for (node_id n = 1; n < tree->count; n++) {
		struct str text = node_string(tree, n);
		bool is_key = tree->nodes[n].field == FIELD_key || tree->nodes[n].field == FIELD_index;
		/* `require("./x_bg")`, the separate loader of old nodejs glue */
		if (str_ends(text, STR("_bg")) ||
			(is_key && (str_is_one_of(text, names) || str_ends(text, STR("_bg.js"))))) {
			return true;
		}
	}
	return false;
}

/*
 * The exports of a program that has nothing but numbers for the other side: of wasm-bindgen's own exports it needs none,
 * so that what is around the variable has to tell. 0 if none, or more than one, could be it.
 */
static binding_id find_plain(const struct glue *glue)
{
	binding_id only = 0;
	for (binding_id b = 1; b < glue->scopes->count; b++) {
		if (receives_exports(glue, b) && is_called_in_functions(glue, b) &&
			(glue->scopes->bindings[b].kind == BINDING_IMPORT ? is_named_as_body(glue, b)
															  : has_frame(glue))) {
			if (only != 0) {
				return 0;
			}
			only = b;
		}
	}
	return only;
}

/* What an entry of webpack's has of wasm: it starts the module, and hands the exports to a body in another file. */
static bool is_of_entry(const struct glue *glue, binding_id b)
{
	return glue_begins_as_webpack_import(glue, b) && !is_called_in_functions(glue, b);
}

/* Glue of which a bundler has left the top level, but nobody who would give the variable an instance's exports. */
static bool is_leftover(const struct glue *glue, binding_id b)
{
	const struct binding *binding = &glue->scopes->bindings[b];
	node_id value = binding_value(glue->scopes, b);
	return (binding->kind == BINDING_LET || binding->kind == BINDING_VAR) && binding->writes == 0 &&
	       (value == NO_NODE || glue_is_nothing(glue->tree, value));
}

/* Whether an import of wasm-bindgen's gets to what a variable holds, at most so many functions away. */
static bool serves_imports(const struct glue *glue, binding_id b, uint8_t *visited, unsigned steps)
{
	const struct tree *tree = glue->tree;
	visited[b] = 1;
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		binding_id caller = 0;
		if (str_starts(glue_listed_name(tree, u), STR("__wb"))) {
			return true; /* a function, in a list of imports */
		}
		for (node_id f = node_function(tree, u); f != NO_NODE && caller == 0;
			 f = node_function(tree, f)) {
			caller = glue_function_binding(glue, f);
			if (str_starts(
					caller != 0 ? binding_name(glue->scopes, caller) : glue_listed_name(tree, f),
					STR("__wb"))) {
				return true;
			}
		}
		if (caller != 0 && steps > 0 && !visited[caller] &&
			serves_imports(glue, caller, visited, steps - 1)) {
			return true;
		}
	}
	return false;
}

/*
 * Marks what looks like exports. Beside glue, a variable of which the memory is read may be that of any other wasm of the
 * bundle: there it counts that wasm-bindgen's imports read it too, as the one that throws does.
 */
static uint8_t *find_candidates(const struct glue *glue)
{
	const struct scopes *scopes = glue->scopes;
	uint8_t *evidence = arena_array(glue->arena, uint8_t, scopes->count);
	bool sure = false;
	for (binding_id b = 1; b < scopes->count; b++) {
		evidence[b] = (uint8_t)evidence_of(glue->tree, scopes, &scopes->bindings[b]);
		sure |= evidence[b] == EVIDENCE_NAMES && receives_exports(glue, b);
	}
	for (binding_id b = 1; sure && b < scopes->count; b++) {
		if (evidence[b] == EVIDENCE_MEMORY &&
			!serves_imports(glue, b, arena_array(glue->arena, uint8_t, scopes->count), 3)) {
			evidence[b] = EVIDENCE_NONE;
		}
	}
	return evidence;
}

/* Whether other functions than the one that has the variable read of it what calls need: the allocator, the stack. */
static bool serves_calls(const struct glue *glue, binding_id b)
{
	node_id own = node_function(glue->tree, glue->scopes->bindings[b].identifier);
	static const char *const needed[] = {"__wbindgen_malloc", "__wbindgen_free",
		"__wbindgen_realloc", "__wbindgen_add_to_stack_pointer", NULL};
	for (node_id u = glue->scopes->bindings[b].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		if (glue->tree->nodes[u].field == FIELD_object && node_function(glue->tree, u) != own &&
			str_is_one_of(node_property(glue->tree, glue->tree->nodes[u].parent), needed)) {
			return true;
		}
	}
	return false;
}

static void warn_of_others(const struct glue *glue, const binding_id *others, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (serves_calls(glue, others[i])) {
			diag_add(glue->arena, glue->diags, SEVERITY_WARNING, "unguarded-glue",
				glue->tree->nodes[glue->scopes->bindings[others[i]].identifier].start,
				"'%.*s' looks like the exports of another glue, but it cannot be seen to receive "
				"any: "
				"this one gets no guard",
				STR_ARGS(binding_name(glue->scopes, others[i])));
		}
	}
}

uint32_t glue_find(struct glue *glue, binding_id **found)
{
	const struct scopes *scopes = glue->scopes;
	uint32_t count = 0, other_count = 0, most = 0;
	binding_id likely = 0; /* a class object has names of wasm-bindgen's, too, but fewer */
	binding_id leftover = 0;
	*found = arena_array(glue->arena, binding_id, scopes->count);
	binding_id *others = arena_array(glue->arena, binding_id, scopes->count);
	const uint8_t *candidates = find_candidates(glue);
	for (binding_id b = 1; b < scopes->count; b++) {
		if (candidates[b] == EVIDENCE_NONE || glue_is_of_loader(glue, b) || is_of_entry(glue, b)) {
			continue;
		}
		if (is_leftover(glue, b)) {
			leftover = b;
			continue;
		}
		if (count_uses(glue, b) > most) {
			most = count_uses(glue, b);
			likely = b;
		}
		if (receives_exports(glue, b)) {
			(*found)[count++] = b;
		} else {
			others[other_count++] = b;
		}
	}
	if (count != 0) {
		warn_of_others(glue, others, other_count);
	}
	binding_id plain = count == 0 ? find_plain(glue) : 0;
	if (plain != 0) {
		(*found)[count++] = plain;
	}
	if (count == 0 && !refuse_asmjs(glue) && !refuse_emscripten(glue) && likely != 0) {
		glue_refuse(glue, "unknown-glue", what_it_receives(glue, likely),
			"looks like wasm-bindgen glue, but no variable receives an instance's exports");
	}
	if (count == 0 && likely == 0 && leftover != 0) {
		diag_add(glue->arena, glue->diags, SEVERITY_NOTE, "leftover",
			glue->tree->nodes[scopes->bindings[leftover].identifier].start,
			"what a bundler has left of glue: '%.*s' never receives an instance's exports",
			STR_ARGS(binding_name(scopes, leftover)));
	}
	node_id kept = count == 0 && likely == 0 ? kept_in_property(glue) : NO_NODE;
	if (kept != NO_NODE) {
		glue_refuse(glue, "unknown-glue", kept,
			"looks like wasm-bindgen glue, but an instance's exports are kept in '%.*s', not in a "
			"variable",
			STR_ARGS(node_text(glue->tree, kept)));
	}
	return count;
}
