/*
 * Where a glue's instance is made, so that Module and imports can be remembered there. A bundle may
 * make other instances as well (a second glue, an emscripten program), and what goes into those
 * must not be taken for ours: a place belongs to a glue if it is joined to the place that adopts
 * the exports, by a variable or by calls.
 */
#include "glue.h"

struct sites {
	struct glue *glue;
	node_id *adopted; /* expressions that the exports variable receives */
	uint32_t adopted_count;
	uint8_t *visited; /* by binding, while following calls */
};

bool glue_is_instantiation(const struct glue *glue, node_id call)
{
	node_id callee = node_child(glue->tree, call, FIELD_function);
	return callee != NO_NODE &&
	       (is_global_path(glue, callee, "WebAssembly.instantiate") ||
			   is_global_path(glue, callee, "WebAssembly.instantiateStreaming"));
}

/* regenerator's `_context.t0.instantiate.call(_context.t0, module, imports)` */
static bool is_lowered_instantiate(const struct glue *glue, node_id callee)
{
	const struct tree *tree = glue->tree;
	node_id inner = node_child(tree, callee, FIELD_object);
	return node_is(tree, callee, KIND_member_expression) &&
	       str_equal(node_property(tree, callee), STR("call")) &&
	       node_is(tree, inner, KIND_member_expression) &&
	       str_equal(node_property(tree, inner), STR("instantiate")) &&
	       node_is(tree, node_child(tree, inner, FIELD_object), KIND_member_expression);
}

/* The arguments that are Module (or bytes) and imports; false if n makes no instance. */
static bool read_call(const struct glue *glue, node_id n, node_id *module, node_id *imports)
{
	const struct tree *tree = glue->tree;
	uint32_t first = 0;
	if (node_is(tree, n, KIND_call_expression)) {
		node_id callee = node_child(tree, n, FIELD_function);
		if (is_lowered_instantiate(glue, callee)) {
			first = 1;
		} else if (!glue_is_instantiation(glue, n)) {
			return false;
		}
	} else if (!node_is(tree, n, KIND_new_expression) ||
			   !is_global_path(
				   glue, node_child(tree, n, FIELD_constructor), "WebAssembly.Instance")) {
		return false;
	}
	node_id arguments = node_child(tree, n, FIELD_arguments);
	*module = arguments == NO_NODE ? NO_NODE : node_nth(tree, arguments, first);
	*imports = arguments == NO_NODE ? NO_NODE : node_nth(tree, arguments, first + 1);
	return true;
}

/* The outermost function or class of the glue around n, or NO_NODE. */
static node_id unit_around(const struct glue *glue, node_id n)
{
	const struct tree *tree = glue->tree;
	node_id found = NO_NODE;
	for (; n != NO_NODE && n != glue->root; n = tree->nodes[n].parent) {
		if (node_is_function(tree, n) || node_is(tree, n, KIND_class) ||
			node_is(tree, n, KIND_class_declaration)) {
			found = n;
		}
	}
	return found;
}

/* The variable by which the rest of the file names a unit, or 0. */
static binding_id unit_binding(const struct glue *glue, node_id unit)
{
	const struct tree *tree = glue->tree;
	node_id parent = unit == NO_NODE ? NO_NODE : tree->nodes[unit].parent;
	while (node_is(tree, parent, KIND_parenthesized_expression) ||
		   node_is(tree, parent, KIND_call_expression) || node_is(tree, parent, KIND_arguments)) {
		parent = tree->nodes[parent].parent; /* `x = wrapper(function…)`, `x = (function…)()` */
	}
	node_id name = NO_NODE;
	if (node_is(tree, parent, KIND_variable_declarator)) {
		name = node_child(tree, parent, FIELD_name);
	} else if (node_is(tree, parent, KIND_assignment_expression)) {
		name = node_child(tree, parent, FIELD_left);
	} else if (unit != NO_NODE) {
		name = node_child(tree, unit, FIELD_name);
	}
	return node_is(tree, name, KIND_identifier) ? scope_of(glue->scopes, name) : 0;
}

/*
 * Whether a subtree names the binding, itself or through what it names: through any variable's value,
 * and a few functions deep.
 */
static bool reaches(struct sites *s, node_id n, binding_id target, unsigned steps)
{
	const struct glue *glue = s->glue;
	const struct scopes *scopes = glue->scopes;
	if (glue_names(glue, n, target)) {
		return true;
	}
	for (node_id i = n; steps > 0 && i < glue->tree->nodes[n].last; i++) {
		binding_id b = glue->tree->nodes[i].kind == KIND_identifier ? scope_of(scopes, i) : 0;
		if (b == 0 || scopes->bindings[b].scope != glue->root || s->visited[b] >= steps) {
			continue;
		}
		s->visited[b] = (uint8_t)steps;
		node_id next = binding_function(scopes, b);
		if (next == NO_NODE) {
			next = scopes->bindings[b].kind == BINDING_CLASS ? scopes->bindings[b].declares
			                                                 : binding_value(scopes, b);
		}
		bool value = next != NO_NODE && next == binding_value(scopes, b) &&
		             !node_is_function(glue->tree, next);
		if (next != NO_NODE && !node_inside(glue->tree, n, next) &&
			reaches(s, next, target, value ? steps : steps - 1)) {
			return true;
		}
	}
	return false;
}

static bool reaches_afresh(struct sites *s, node_id n, binding_id target)
{
	if (target == 0 || n == NO_NODE) {
		return false;
	}
	memset(s->visited, 0, s->glue->scopes->count);
	return reaches(s, n, target, 3);
}

/* The statement of the glue's own scope around n. */
static node_id statement_around(const struct glue *glue, node_id n)
{
	while (n != NO_NODE && glue->tree->nodes[n].parent != glue->root_body) {
		n = glue->tree->nodes[n].parent;
	}
	return n;
}

/* `Object.defineProperty({ memory, add, … }, Symbol.toStringTag, …)`: a bundler's namespace object */
static bool is_namespace(const struct glue *glue, node_id object)
{
	node_id call = glue->tree->nodes[glue->tree->nodes[object].parent].parent;
	node_id callee = node_child(glue->tree, call, FIELD_function);
	return callee != NO_NODE && (is_global_path(glue, callee, "Object.defineProperty") ||
									is_global_path(glue, callee, "Object.freeze"));
}

static bool flows(struct sites *s, node_id site, node_id adopted, unsigned steps);

/* The same for what a variable starts with, and for all that is written to it. */
static bool flows_into(struct sites *s, node_id site, binding_id b, unsigned steps)
{
	const struct glue *glue = s->glue;
	const struct tree *tree = glue->tree;
	const struct binding *binding = &glue->scopes->bindings[b];
	if (b == 0 || b == glue->exports || s->visited[b] >= steps) {
		return false;
	}
	s->visited[b] = (uint8_t)steps;
	if (node_is(tree, binding->declares, KIND_variable_declarator)) {
		node_id value = node_child(tree, binding->declares, FIELD_value);
		if (value != NO_NODE && flows(s, site, value, steps - 1)) {
			return true;
		}
	}
	for (node_id u = binding->first_use; u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id value =
			use_is_write(tree, u) ? node_child(tree, tree->nodes[u].parent, FIELD_right) : NO_NODE;
		if (value != NO_NODE && flows(s, site, value, steps - 1)) {
			return true;
		}
	}
	return false;
}

/* Whether what is adopted comes out of the site through variables: `i = new Instance(…); i.exports`. */
static bool flows(struct sites *s, node_id site, node_id adopted, unsigned steps)
{
	const struct glue *glue = s->glue;
	const struct tree *tree = glue->tree;
	if (node_inside(tree, site, adopted)) {
		return true;
	}
	uint32_t seen = 0;
	for (node_id i = adopted; steps > 0 && i < tree->nodes[adopted].last; i++) {
		if (node_is(tree, i, KIND_object) && node_is(tree, tree->nodes[i].parent, KIND_arguments) &&
			i != adopted && !is_namespace(glue, i)) {
			i = tree->nodes[i].last - 1; /* imports go in, and do not come out */
			continue;
		}
		if (seen++ > 400) {
			return false; /* a whole program in one function: what it names says nothing */
		}
		bool name = tree->nodes[i].kind == KIND_identifier ||
		            tree->nodes[i].kind == KIND_shorthand_property_identifier;
		if (name && flows_into(s, site, scope_of(glue->scopes, i), steps)) {
			return true;
		}
	}
	return false;
}

static bool flows_afresh(struct sites *s, node_id site, node_id adopted)
{
	memset(s->visited, 0, s->glue->scopes->count);
	return flows(s, site, adopted, 6);
}

/*
 * Units and statements that name a binding, or call a function that does: who takes part in what it does.
 * `const finalize = (exports) => __wbg_set_wasm(exports)` stands between, at times.
 */
static bool joined_by_caller(
	struct sites *s, binding_id adopter, binding_id maker, node_id site, unsigned steps)
{
	const struct glue *glue = s->glue;
	for (node_id u = adopter == 0 ? NO_NODE : glue->scopes->bindings[adopter].first_use;
		 u != NO_NODE; u = glue->scopes->next_use[u]) {
		node_id parent = glue->tree->nodes[u].parent, unit = unit_around(glue, u);
		if (node_is(glue->tree, parent, KIND_pair) ||
			node_is(glue->tree, parent, KIND_export_specifier)) {
			continue; /* only listed there */
		}
		node_id caller = unit == NO_NODE ? statement_around(glue, u) : unit;
		if (caller != NO_NODE &&
			(node_inside(glue->tree, site, caller) || reaches_afresh(s, caller, maker) ||
				flows_afresh(s, site, caller))) {
			return true;
		}
		if (steps > 1 && unit != NO_NODE && glue->tree->nodes[u].field == FIELD_function &&
			joined_by_caller(s, unit_binding(glue, unit), maker, site, steps - 1)) {
			return true;
		}
	}
	return false;
}

/* callers: how far up from what adopts the exports its callers are looked at */
static bool belongs(struct sites *s, node_id site, unsigned callers)
{
	const struct glue *glue = s->glue;
	if (!node_inside(glue->tree, site, glue->root_body)) {
		return false;
	}
	node_id maker = unit_around(glue, site);
	binding_id maker_name = unit_binding(glue, maker);
	for (uint32_t i = 0; i < s->adopted_count; i++) {
		node_id adopted = s->adopted[i], adopter = unit_around(glue, adopted);
		if ((adopter == maker && maker != NO_NODE) || flows_afresh(s, site, adopted)) {
			return true;
		}
		binding_id adopter_name = unit_binding(glue, adopter);
		node_id from =
			adopter == NO_NODE || adopter_name == 0 ? statement_around(glue, adopted) : adopter;
		if ((maker != NO_NODE && glue_names(glue, maker, adopter_name)) ||
			reaches_afresh(s, from, maker_name) ||
			joined_by_caller(s, adopter_name, maker_name, site, callers)) {
			return true;
		}
	}
	return false;
}

static void add_site(struct glue *glue, node_id module, node_id imports, bool made)
{
	if (module != NO_NODE && made) {
		glue_add(glue, FACT_MODULE, module);
		glue->has_module = true;
	}
	if (imports != NO_NODE) {
		glue_add(glue, FACT_IMPORTS, imports);
		glue->has_imports = true;
	}
	glue->has_imports |= made; /* no second argument: a module without imports */
}

/* All places of the file that make an instance are in one function: they can be nobody else's. */
static bool one_maker(const struct glue *glue, const node_id *sites, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		if (unit_around(glue, sites[i]) != unit_around(glue, sites[0])) {
			return false;
		}
	}
	return count != 0;
}

/* `init.__wbindgen_wasm_module = module` */
static bool read_stored_modules(struct glue *glue)
{
	const struct tree *tree = glue->tree;
	bool any = false;
	for (node_id n = glue->root_body; n < tree->nodes[glue->root_body].last; n++) {
		if (node_is(tree, n, KIND_assignment_expression) &&
			str_equal(node_property(tree, node_child(tree, n, FIELD_left)),
				STR("__wbindgen_wasm_module"))) {
			glue_add(glue, FACT_MODULE, node_child(tree, n, FIELD_right));
			any = glue->has_module = true;
		}
	}
	return any;
}

static bool has_two_arguments(const struct tree *tree, node_id call)
{
	return node_child_count(tree, node_child(tree, call, FIELD_arguments)) >= 2;
}

/* Whether each call of the function that adopts gives the second argument: minifiers drop it. */
static bool is_given_module(const struct glue *glue, node_id adopted)
{
	const struct tree *tree = glue->tree;
	node_id adopter = node_function(tree, adopted);
	binding_id function = glue_function_binding(glue, adopter);
	if (function == 0) { /* called where it stands, or it is not known where */
		do {
			adopter = tree->nodes[adopter].parent;
		} while (node_is(tree, adopter, KIND_parenthesized_expression));
		return node_is(tree, adopter, KIND_call_expression) && has_two_arguments(tree, adopter);
	}
	for (node_id u = glue->scopes->bindings[function].first_use; u != NO_NODE;
		 u = glue->scopes->next_use[u]) {
		node_id call = tree->nodes[u].parent;
		if (tree->nodes[u].field == FIELD_function && node_is(tree, call, KIND_call_expression) &&
			!has_two_arguments(tree, call)) {
			return false;
		}
	}
	return true;
}

/* Whether the Module comes along wherever the exports are adopted. */
static bool all_have_module(const struct glue *glue)
{
	bool any = false;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if (fact->kind == FACT_ADOPT &&
			(fact->other == NO_NODE || !is_given_module(glue, fact->node))) {
			return false;
		}
		any |= fact->kind == FACT_ADOPT;
	}
	return any;
}

static void read_sites(struct glue *glue)
{
	bool alone = glue->file->count == 1;
	const struct tree *tree = glue->tree;
	node_id module, imports;
	uint32_t count = 0, kept = 0, adopted = 0;
	for (node_id n = 1; n < tree->count; n++) {
		count += read_call(glue, n, &module, &imports);
	}
	struct sites s = {.glue = glue};
	s.visited = arena_array(glue->arena, uint8_t, glue->scopes->count);
	s.adopted = arena_array(glue->arena, node_id, glue->fact_count + 1);
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (glue->facts[i].kind == FACT_ADOPT || glue->facts[i].kind == FACT_RECEIVE) {
			s.adopted[adopted++] = glue->facts[i].node;
		}
	}
	/* in one file with its loader, where that calls the setter by a bundler's namespace object */
	for (node_id n = 1; n < tree->count && glue->part == PART_BODY && alone; n++) {
		node_id handed = glue_handed_by(glue, n);
		if (handed != NO_NODE && adopted < glue->fact_count + 1) {
			s.adopted[adopted++] = handed;
		}
	}
	s.adopted_count = adopted;
	node_id *all = arena_array(glue->arena, node_id, count + 1);
	node_id *ours = arena_array(glue->arena, node_id, count + 1);
	count = 0;
	for (node_id n = 1; n < tree->count; n++) {
		if (read_call(glue, n, &module, &imports)) {
			all[count++] = n;
		}
	}
	/* of several glues one is not given what only seems to be its own */
	for (unsigned callers = 1; callers <= (alone ? 2u : 1u) && kept == 0; callers++) {
		for (uint32_t i = 0; i < count; i++) {
			if (belongs(&s, all[i], callers)) {
				ours[kept++] = all[i];
			}
		}
	}
	if (kept == 0 && alone && glue->part != PART_BODY && one_maker(glue, all, count)) {
		ours = all;
		kept = count;
	}
	bool known = ((alone || glue->root != 0) && read_stored_modules(glue)) || all_have_module(glue);
	for (uint32_t i = 0; i < kept; i++) {
		read_call(glue, ours[i], &module, &imports);
		bool made = !node_is(tree, ours[i], KIND_call_expression) ||
		            is_lowered_instantiate(glue, node_child(tree, ours[i], FIELD_function));
		add_site(glue, module, imports, made);
	}
	for (uint32_t i = 0; i < kept && !known; i++) {
		if (node_is(tree, ours[i], KIND_call_expression) && glue_is_instantiation(glue, ours[i])) {
			/* given bytes, it results in both; given a Module, in an instance alone */
			glue_add(glue, FACT_RESULT, ours[i]);
			read_call(glue, ours[i], &module, &imports);
			add_site(glue, module, NO_NODE, true);
		}
	}
}

/* Whether the exports come in by a function that sets them, and not by `require()`. */
static bool comes_by_setter(const struct glue *glue)
{
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		if (glue->facts[i].kind == FACT_RECEIVE &&
			!node_is(glue->tree, glue->facts[i].node, KIND_identifier)) {
			return false;
		}
	}
	return true;
}

bool glue_read_sites(struct glue *glue)
{
	read_sites(glue);
	glue->target = glue_target(glue);
	if (glue->part == PART_BODY && glue->is_module && !glue->has_module) {
		glue->target = TARGET_BUNDLER;
	}
	if (glue->has_module && glue->has_imports) {
		glue->module = MODULE_SEEN;
	} else if (glue->part == PART_BODY && glue->module == MODULE_LOADER &&
			   (comes_by_setter(glue) || glue_begins_as_webpack_import(glue, glue->exports))) {
		glue->module = glue_read_webpack(glue);
		if (glue->module == MODULE_NONE && comes_by_setter(glue) && glue_leaves_setter(glue)) {
			glue->module = MODULE_LOADER; /* else nobody outside can be the loader */
		}
	} else if (glue->part != PART_BODY) {
		glue_refuse(glue, "no-module", glue->scopes->bindings[glue->exports].identifier,
			"the file never sees the %s: there is nothing to start a new instance from",
			glue->has_module ? "imports object" : "WebAssembly.Module");
		return false;
	}
	return true;
}
