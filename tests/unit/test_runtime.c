/* The runtime's slices: whatever is left out, what is left is complete. */
#include <criterion/criterion.h>

#include "random.h"
#include "runtime_slice.h"
#include "runtime_text.h"
#include "scope.h"

static const struct runtime runtime = {runtime_text, runtime_chunks,
	sizeof(runtime_chunks) / sizeof(*runtime_chunks), runtime_uses, RUNTIME_ROOT};

static struct str slice(struct arena *arena, uint64_t features)
{
	struct buf text = BUF_INIT;
	buf_add(&text, STR("function f(o){"));
	runtime_slice(&runtime, features, &text);
	buf_add_byte(&text, '}');
	struct str copy = arena_copy(arena, buf_str(&text));
	buf_finish(&text);
	return copy;
}

static bool is_global(struct str name)
{
	static const char *const globals[] = {"Array", "Date", "Error", "Map", "Object", "Promise",
		"Proxy", "RangeError", "Reflect", "Response", "Set", "String", "Symbol", "TypeError", "URL",
		"WeakMap", "WeakSet", "WebAssembly", "fetch", "globalThis"};
	for (size_t i = 0; i < sizeof(globals) / sizeof(*globals); i++) {
		if (str_equal(name, str_from(globals[i]))) {
			return true;
		}
	}
	return false;
}

/* Everything it names is declared in it, or the language's. */
static void check(const struct syntax *syntax, uint64_t features)
{
	struct arena *arena = arena_create();
	struct source source;
	struct tree tree;
	struct scopes scopes;
	struct diags diags = {0};
	struct str text = slice(arena, features);
	source_init(&source, STR("slice"), text);
	cr_assert(syntax_parse(arena, syntax, &source, &tree, &diags), "%#llx: %.*s",
		(unsigned long long)features, STR_ARGS(text));
	scopes_resolve(arena, &tree, &scopes);
	for (node_id n = 1; n < tree.count; n++) {
		bool name = node_is(&tree, n, KIND_identifier) ||
		            node_is(&tree, n, KIND_shorthand_property_identifier);
		cr_assert(!name || scope_of(&scopes, n) != 0 || is_global(node_text(&tree, n)),
			"%#llx: %.*s is not declared: %.*s", (unsigned long long)features,
			STR_ARGS(node_text(&tree, n)), STR_ARGS(text));
	}
	arena_destroy(arena);
}

Test(runtime, each_slice_is_complete)
{
	struct syntax *syntax = syntax_create();
	struct random random = {.state = 1};
	check(syntax, 0);
	check(syntax, ~UINT64_C(0));
	for (unsigned i = 0; i < 64; i++) {
		check(syntax, UINT64_C(1) << i);
		check(syntax, ~(UINT64_C(1) << i));
	}
	for (unsigned i = 0; i < 200; i++) {
		uint64_t features = 0;
		for (unsigned bit = 0; bit < 64; bit++) {
			features |= (uint64_t)random_below(&random, 2) << bit;
		}
		check(syntax, features);
	}
	syntax_destroy(syntax);
}

Test(runtime, what_is_not_wanted_is_left_out)
{
	struct arena *arena = arena_create();
	struct str all = slice(arena, ~UINT64_C(0)), none = slice(arena, 0);
	cr_assert(str_find(all, STR("__wbindgen_add_to_stack_pointer")) != (size_t)-1);
	cr_assert_eq(str_find(none, STR("__wbindgen_add_to_stack_pointer")), (size_t)-1);
	cr_assert(str_find(all, STR("compileStreaming")) != (size_t)-1);
	cr_assert_eq(str_find(none, STR("compileStreaming")), (size_t)-1);
	cr_assert_lt(none.len, all.len);
	arena_destroy(arena);
}
