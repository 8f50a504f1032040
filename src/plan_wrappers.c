/*
 * A wrapper literal for each export that the glue calls. The runtime has one literal for each number
 * of parameters, which all exports without one of their own share; then its inner call knows no
 * target, and engines pay for that (tests/bench/guard.mjs). The body is the same as in
 * src/runtime/guard.js, but for what can be left out: the test of `dead` where the wrapper is only called
 * right after an entry hook, and the depth where nobody can ask for it while the export runs. That is so of what
 * is only called by marshalling helpers (stores across the helper's loop are a tenth of its time on V8; should the allocator
 * itself call JS, and that replace the instance, it is seen afterwards, which costs nothing before the first
 * recovery, for x.f is constant), and of leaves (wasm_leaves.h), of which the depth would be a fourth: where their
 * arguments are what needs no conversion, for that would call users' code. Such a wrapper is short, so that V8 inlines it
 * whatever else it has inlined: with two parameters it has 74 bytes of 75.
 */
#include "planning.h"

#include <string.h>

enum {
	MOST_PARAMETERS = 8, /* beyond, wrappers take what comes */
	MOST_HANDS = 4,      /* through which an export is followed */
	MIXED = -1,          /* not always called with as many arguments, or that cannot be told */
};

#define STACK_POINTER "__wbindgen_add_to_stack_pointer"

/* What a wrapper does besides calling. */
enum wrapper {
	WRAPPER_FULL,
	WRAPPER_HOOKED, /* the hook has just seen that the instance lives */
	WRAPPER_FLAT,   /* no depth */
	WRAPPER_COUNT,
};

#define TEST ";if(s.dead&&s.n(x))return;"
#define DEEP \
	"u=s.depth;s.depth=u+1;try{const r=x.f(%.*s);s.depth=u;return r}catch(e){s.g=s.dead=u;" \
	"throw x(e)}"
#define FLAT \
	"const v=x.f;let r;try{r=v(%.*s)}catch(e){s.g=s.dead=s.depth++;throw x(e)}if(v!==x.f)" \
	"throw s.q(x);return r"
#define LEAF "}catch(e){const s=S;s.g=s.dead=s.depth;throw x(e)}}"
#define LEAF_CALL "return v("
#define TABLE_START "(){return{__proto__:null,"

/* How many arguments a call passes; MIXED if that is not in the text. */
static int count_passed(const struct tree *tree, node_id call)
{
	node_id arguments = node_child(tree, call, FIELD_arguments);
	int count = 0;
	if (!node_is(tree, call, KIND_call_expression) || !node_is(tree, arguments, KIND_arguments)) {
		return MIXED;
	}
	for (node_id a = node_first(tree, arguments); a != NO_NODE; a = node_next(tree, a)) {
		if (node_is(tree, a, KIND_spread_element)) {
			return MIXED;
		}
		count++;
	}
	return count;
}

/* What the glue does with an export. */
struct use {
	int arguments; /* of every call; MIXED if it is not called everywhere with as many */
	int reads;
	int hooked;      /* calls right after the hook of an entrypoint */
	int marshals;    /* times it is handed to a marshalling helper, which calls it */
	struct str leaf; /* a letter for each parameter, as of wasm_leaves() */
	bool is_leaf;
};

/* The variable that a call calls, or 0. */
static binding_id callee_of(const struct planning *p, node_id call)
{
	node_id callee = node_child(p->tree, call, FIELD_function);
	return node_is(p->tree, callee, KIND_identifier) ? scope_of(p->glue->scopes, callee) : 0;
}

/*
 * With how many arguments a function calls what it is handed as this argument; MIXED if that cannot be
 * told. It may hand it on.
 */
static int count_handed(const struct planning *p, node_id argument, unsigned depth)
{
	const struct tree *tree = p->tree;
	const struct scopes *scopes = p->glue->scopes;
	node_id arguments = tree->nodes[argument].parent;
	node_id function = node_is(tree, arguments, KIND_arguments)
	                       ? binding_function(scopes, callee_of(p, tree->nodes[arguments].parent))
	                       : NO_NODE;
	node_id parameters =
		function == NO_NODE ? NO_NODE : node_child(tree, function, FIELD_parameters);
	if (parameters == NO_NODE || depth > MOST_HANDS) {
		return MIXED;
	}
	node_id parameter = node_first(tree, parameters);
	for (node_id a = node_first(tree, arguments); a != argument && parameter != NO_NODE;
		 a = node_next(tree, a)) {
		parameter = node_next(tree, parameter);
	}
	if (!node_is(tree, parameter, KIND_identifier)) {
		return MIXED;
	}
	int count = MIXED;
	node_id use = scopes->bindings[scope_of(scopes, parameter)].first_use;
	for (; use != NO_NODE; use = scopes->next_use[use]) {
		node_id parent = tree->nodes[use].parent;
		if (node_is(tree, parent, KIND_binary_expression)) {
			continue; /* `realloc === undefined` */
		}
		int found = tree->nodes[use].field == FIELD_function ? count_passed(tree, parent)
		                                                     : count_handed(p, use, depth + 1);
		if (found == MIXED || (count != MIXED && count != found)) {
			return MIXED;
		}
		count = found;
	}
	return count;
}

/* Whether a call is of a helper that counts as depth while it runs (FACT_MARSHAL). */
static bool is_marshalling(const struct planning *p, node_id call)
{
	binding_id callee = callee_of(p, call);
	node_id function = binding_function(p->glue->scopes, callee);
	return function != NO_NODE &&
	       (p->glue->roles[callee] & (ROLE_MARSHALS | ROLE_INIT)) == ROLE_MARSHALS &&
	       node_is(p->tree, node_body(p->tree, function), KIND_statement_block);
}

static void count_uses(const struct planning *p, struct use *uses)
{
	const struct tree *tree = p->tree;
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].kind != KIND_member_expression ||
			!is_exports(p->glue, node_child(tree, n, FIELD_object))) {
			continue;
		}
		struct use *use = &uses[tree->nodes[node_child(tree, n, FIELD_property)].name];
		node_id parent = tree->nodes[n].parent;
		int found;
		if (tree->nodes[n].field == FIELD_function) {
			found = count_passed(tree, parent);
		} else {
			found = count_handed(p, n, 0);
			use->marshals += found != MIXED && is_marshalling(p, tree->nodes[parent].parent);
		}
		use->arguments = use->reads == 0 || use->arguments == found ? found : MIXED;
		use->reads++;
	}
}

/* Functions of wasm-bindgen's that the glue calls with what users pass, and that run nothing of theirs. */
static bool is_harmless(const struct planning *p, node_id callee)
{
	static const char *const names[] = {"isLikeNone", "addHeapObject", "addBorrowedObject",
		"addToExternrefTable0", "_assertClass", "_assertNum", "_assertBoolean", "_assertBigInt",
		"_assertChar", "_assertNonNull"};
	if (!node_is(p->tree, callee, KIND_identifier) ||
		binding_function(p->glue->scopes, scope_of(p->glue->scopes, callee)) == NO_NODE) {
		return false;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (node_is_text(p->tree, callee, str_from(names[i]))) {
			return true;
		}
	}
	return false;
}

/* Whether evaluating this node, its children left aside, can run no code of users. */
static bool is_quiet(const struct planning *p, node_id n)
{
	const struct tree *tree = p->tree;
	node_id object;
	switch (tree->nodes[n].kind) {
	case KIND_statement_block:
	case KIND_expression_statement:
	case KIND_return_statement:
	case KIND_try_statement:
	case KIND_lexical_declaration:
	case KIND_variable_declaration:
	case KIND_variable_declarator:
	case KIND_identifier:
	case KIND_property_identifier:
	case KIND_this:
	case KIND_undefined:
	case KIND_null:
	case KIND_true:
	case KIND_false:
	case KIND_number:
	case KIND_arguments:
	case KIND_ternary_expression:
	case KIND_parenthesized_expression:
		return true;
	case KIND_unary_expression: /* `-x` would call x.valueOf() */
		return tree->source->bytes.data[tree->nodes[n].start] == '!' ||
		       node_is(tree, node_first(tree, n), KIND_number);
	case KIND_member_expression:
		object = node_child(tree, n, FIELD_object);
		return is_exports(p->glue, object) ||
		       ((node_is(tree, object, KIND_this) || node_is(tree, object, KIND_identifier)) &&
				   glue_is_pointer_name(p->glue, node_property(tree, n)));
	case KIND_call_expression:
		n = node_child(tree, n, FIELD_function);
		return is_harmless(p, n) || (is_exports(p->glue, node_child(tree, n, FIELD_object)) &&
										str_equal(node_property(tree, n), STR(STACK_POINTER)));
	default:
		return false;
	}
}

/*
 * The name's id of the export that a function calls before anything of users can run, arguments
 * included; 0 if there is none.
 */
static uint32_t called_first(const struct planning *p, node_id function)
{
	const struct tree *tree = p->tree;
	node_id body = node_body(tree, function), end = tree->nodes[body].last;
	uint32_t name = 0;
	for (node_id n = body; n < end; n++) {
		node_id callee = node_child(tree, n, FIELD_function);
		if (is_quiet(p, n)) {
			continue;
		}
		if (name != 0 || !node_is(tree, n, KIND_call_expression) ||
			!node_is(tree, callee, KIND_member_expression) ||
			!is_exports(p->glue, node_child(tree, callee, FIELD_object))) {
			return 0;
		}
		name = tree->nodes[node_child(tree, callee, FIELD_property)].name;
		end = tree->nodes[n].last;
	}
	/* wasm-bindgen's own are called by clean-up as well, or from outside without a hook */
	struct str text = tree->names[name];
	return !str_starts(text, STR("__")) || str_starts(text, STR("__wbg_get_")) ||
	               str_starts(text, STR("__wbg_set_"))
	           ? name
	           : 0;
}

static void count_hooked(const struct planning *p, struct use *uses)
{
	const struct glue *glue = p->glue;
	for (uint32_t i = 0; i < glue->fact_count; i++) {
		const struct fact *fact = &glue->facts[i];
		if (fact->kind >= FACT_FUNCTION && fact->kind <= FACT_SETTER &&
			!plan_excludes(p, fact->name)) {
			uses[called_first(p, fact->node)].hooked++;
		}
	}
}

static bool wants_wrapper(struct str name)
{
	return !str_equal(name, STR(STACK_POINTER)) && !str_equal(name, STR("__wbindgen_start")) &&
	       !str_equal(name, STR("__proto__"));
}

static void add_wrapper(struct buf *out, struct str name, enum wrapper wrapper, int count)
{
	static const char parameters[] = "a,b,c,d,e,f,g,h";
	static const char *const bodies[] = {
		[WRAPPER_FULL] = TEST "const " DEEP,
		[WRAPPER_HOOKED] = "," DEEP,
		[WRAPPER_FLAT] = TEST FLAT,
	};
	int len = count == 0 ? 0 : 2 * count - 1;
	buf_printf(out, "%.*s:(X,S)=>%s%.*s%s=>{const s=S,x=X", STR_ARGS(name), count == 1 ? "" : "(",
		len, parameters, count == 1 ? "" : ")");
	buf_printf(out, bodies[wrapper], len, parameters);
	buf_add(out, STR("},\n"));
}

/*
 * parameters: a letter for each, as of wasm_leaves(). What has to be converted goes through x.d, which keeps the depth
 * meanwhile: the conversion may run code of users.
 */
static void add_leaf(struct buf *out, struct str name, struct str parameters, bool hooked)
{
	struct buf checks = BUF_INIT, list = BUF_INIT;
	for (size_t i = 0; i < parameters.len; i++) {
		int letter = 'a' + (int)i;
		buf_printf(&list, "%s%c", i == 0 ? "" : ",", letter);
		if (parameters.data[i] != 'r') {
			buf_printf(&checks, "%stypeof %c==\"%s\"", checks.len == 0 ? "" : "&&", letter,
				parameters.data[i] == 'b' ? "bigint" : "number");
		}
	}
	bool checked = checks.len != 0, bare = parameters.len == 1;
	buf_printf(out, "%.*s:(X,S)=>%s%s%.*s%s=>{%sconst x=X,v=", STR_ARGS(name),
		checked ? "(X.d=S.d(X)," : "", bare ? "" : "(", STR_ARGS(buf_str(&list)), bare ? "" : ")",
		hooked ? "" : "if(S.dead&&S.n(X))return;");
	buf_printf(out, "%.*s%s", STR_ARGS(buf_str(&checks)), checked ? "?x.f:x.d" : "x.f");
	buf_printf(
		out, ";try{" LEAF_CALL "%.*s)" LEAF "%s,\n", STR_ARGS(buf_str(&list)), checked ? ")" : "");
	buf_finish(&checks);
	buf_finish(&list);
}

struct str plan_wrapper_forms(struct arena *arena)
{
	struct buf out = BUF_INIT;
	for (int count = 0; count <= 2; count++) { /* any more are as good as two */
		for (int wrapper = 0; wrapper < WRAPPER_COUNT; wrapper++) {
			add_wrapper(&out, STR("x"), (enum wrapper)wrapper, count);
		}
		add_leaf(&out, STR("x"), (struct str){"nn", (size_t)count}, false);
		add_leaf(&out, STR("x"), (struct str){"nn", (size_t)count}, true);
	}
	struct str forms = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return forms;
}

/* The line of wasm_leaves() that the wrapper in this line was made of, if it is a leaf's. */
static void add_known_leaf(struct buf *out, struct str line)
{
	size_t name = str_find(line, STR(":")), call = str_find(line, STR(LEAF_CALL));
	if (str_find(line, STR(LEAF)) == (size_t)-1 || name == (size_t)-1 || call == (size_t)-1) {
		return;
	}
	buf_add(out, str_slice(line, 0, name));
	buf_add_byte(out, ' ');
	for (call += STR(LEAF_CALL).len; call < line.len && line.data[call] != ')'; call++) {
		char check[] = {'t', 'y', 'p', 'e', 'o', 'f', ' ', line.data[call], '=', '=', '"'};
		size_t at = str_find(line, (struct str){check, sizeof(check)});
		if (line.data[call] != ',') {
			buf_add_byte(out, at == (size_t)-1 ? 'r' : line.data[at + sizeof(check)]);
		}
	}
	buf_add_byte(out, '\n');
}

struct str plan_known_leaves(struct arena *arena, const struct splice *splice)
{
	struct buf out = BUF_INIT, started = BUF_INIT;
	for (uint32_t i = 0; i < splice->count; i++) {
		struct str text = splice->items[i].text;
		plan_known_started(&started, text);
		size_t start = str_find(text, STR(TABLE_START));
		while (start != (size_t)-1) {
			text = str_slice(text, start, text.len);
			size_t end = str_find(text, STR("\n"));
			add_known_leaf(&out, str_slice(text, 0, end == (size_t)-1 ? text.len : end));
			start = end == (size_t)-1 ? end : end + 1;
		}
	}
	buf_add(&out, buf_str(&started));
	struct str leaves = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	buf_finish(&started);
	return leaves;
}

/*
 * Where a file has several glues, it cannot be told whose wasm it is. What the glue does for Rust's `throw` must be what
 * it does in all glue: wasm_leaves() takes its name for it.
 */
static void find_leaves(const struct planning *p, struct use *uses)
{
	struct str left = p->patch->leaves;
	if (p->glue->file->count > 1 ||
		(p->patch->wasm.throws && !glue_has_fact(p->glue, FACT_OWN_ERROR))) {
		return;
	}
	for (size_t end;
		 (end = str_find(left, STR("\n"))) != (size_t)-1 && left.data[end - 1] != '!';) {
		struct str line = str_slice(left, 0, end);
		size_t blank = str_find(line, STR(" "));
		struct use *use = &uses[tree_find_name(p->tree, str_slice(line, 0, blank))];
		use->leaf = str_slice(line, blank + 1, line.len);
		use->is_leaf = (size_t)use->arguments == use->leaf.len && use->marshals != use->reads;
		left = str_slice(left, end + 1, left.len);
	}
}

struct str plan_wrappers(struct planning *p, struct str function)
{
	struct use *uses = arena_array(p->arena, struct use, p->tree->name_count);
	count_uses(p, uses);
	count_hooked(p, uses);
	find_leaves(p, uses);
	struct buf out = BUF_INIT;
	buf_printf(&out, "function %.*s" TABLE_START "\n", STR_ARGS(function));
	for (uint32_t id = 1; id < p->tree->name_count; id++) {
		int count = uses[id].arguments;
		if (uses[id].reads == 0 || count == MIXED || count > MOST_PARAMETERS ||
			!wants_wrapper(p->tree->names[id])) {
			continue;
		}
		p->wrapper_count++;
		bool hooked = uses[id].hooked == uses[id].reads;
		if (uses[id].is_leaf) {
			add_leaf(&out, p->tree->names[id], uses[id].leaf, hooked);
			continue;
		}
		add_wrapper(&out, p->tree->names[id],
			uses[id].marshals == uses[id].reads ? WRAPPER_FLAT
			: hooked                            ? WRAPPER_HOOKED
												: WRAPPER_FULL,
			count);
	}
	struct str result = {"", 0};
	if (p->wrapper_count != 0) {
		buf_add(&out, STR("}}\n"));
		result = arena_copy(p->arena, buf_str(&out));
	}
	buf_finish(&out);
	return result;
}
