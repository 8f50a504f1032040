/*
 * A wrapper literal for each export that the glue calls. The runtime has one literal for each number
 * of parameters, which all exports without one of their own share; then its inner call knows no
 * target, and engines pay for that (tests/bench/guard.mjs). The body is the same as in
 * src/runtime/guard.js.
 */
#include "planning.h"

enum {
	MOST_PARAMETERS = 8, /* beyond, wrappers take what comes */
	NOT_CALLED = -1,
	MIXED = -2, /* called with this many parameters here and that many there */
};

#define BODY                                                                                        \
	"{const s=S;if(s.dead&&n(x))return;const u=s.busy;s.busy=1;try{const r=x.f(%.*s);s.busy=u;"     \
	"return r}catch(e){throw j(e,s.dead,s.dead=1,x,s.busy,s.busy=u)}},\n"

static bool has_spread(const struct tree *tree, node_id arguments)
{
	for (node_id a = node_first(tree, arguments); a != NO_NODE; a = node_next(tree, a)) {
		if (node_is(tree, a, KIND_spread_element)) {
			return true;
		}
	}
	return false;
}

/* With how many arguments each export is called, by the name's id. */
static int *count_arguments(struct planning *p)
{
	const struct tree *tree = p->tree;
	int *counts = arena_array(p->arena, int, tree->name_count);
	for (uint32_t id = 0; id < tree->name_count; id++) {
		counts[id] = NOT_CALLED;
	}
	for (node_id n = 1; n < tree->count; n++) {
		if (tree->nodes[n].kind != KIND_member_expression ||
			!is_exports(p->glue, node_child(tree, n, FIELD_object))) {
			continue;
		}
		int *count = &counts[tree->nodes[node_child(tree, n, FIELD_property)].name];
		struct str name = node_property(tree, n);
		node_id call = tree->nodes[n].parent;
		int found = MIXED;
		if (node_is(tree, call, KIND_call_expression) && tree->nodes[n].field == FIELD_function) {
			node_id arguments = node_child(tree, call, FIELD_arguments);
			found = has_spread(tree, arguments) ? MIXED : (int)node_child_count(tree, arguments);
		} else if (str_equal(name, STR("__wbindgen_malloc"))) {
			found = 2; /* handed on to helpers that call it so */
		} else if (str_equal(name, STR("__wbindgen_realloc"))) {
			found = 4;
		}
		*count = *count == NOT_CALLED || *count == found ? found : MIXED;
	}
	return counts;
}

static bool wants_wrapper(struct str name)
{
	return !str_equal(name, STR("__wbindgen_add_to_stack_pointer")) &&
	       !str_equal(name, STR("__wbindgen_start")) && !str_equal(name, STR("__proto__"));
}

struct str plan_wrappers(struct planning *p, struct str function)
{
	static const char parameters[] = "a,b,c,d,e,f,g,h";
	const int *counts = count_arguments(p);
	struct buf out = BUF_INIT;
	buf_printf(&out, "function %.*s(S,n,j){return{__proto__:null,\n", STR_ARGS(function));
	size_t empty = out.len;
	for (uint32_t id = 1; id < p->tree->name_count; id++) {
		if (counts[id] < 0 || counts[id] > MOST_PARAMETERS || !wants_wrapper(p->tree->names[id])) {
			continue;
		}
		int len = counts[id] == 0 ? 0 : 2 * counts[id] - 1;
		bool bare = counts[id] == 1;
		buf_printf(&out, "%.*s:x=>%s%.*s%s=>" BODY, STR_ARGS(p->tree->names[id]), bare ? "" : "(",
			len, parameters, bare ? "" : ")", len, parameters);
	}
	struct str result = {"", 0};
	if (out.len != empty) {
		buf_add(&out, STR("}}\n"));
		result = arena_copy(p->arena, buf_str(&out));
	}
	buf_finish(&out);
	return result;
}
