/* The flat tree, scopes, and the check of our own output. */
#include <criterion/criterion.h>

#include "scope.h"
#include "syntax.h"

static struct syntax *syntax;
static struct arena *arena;
static struct source source;
static struct tree tree;

static void set_up(void)
{
	syntax = syntax_create();
	arena = arena_create();
}

static void tear_down(void)
{
	syntax_release(&tree);
	arena_destroy(arena);
	syntax_destroy(syntax);
}

TestSuite(syntax, .init = set_up, .fini = tear_down);

static void parse(const char *text)
{
	struct diags diags = {0};
	source_init(&source, STR("x.js"), str_from(text));
	cr_assert(syntax_parse(arena, syntax, &source, &tree, &diags));
}

static node_id find(enum kind kind, const char *text)
{
	for (node_id n = 0; n < tree.count; n++) {
		if (tree.nodes[n].kind == kind && node_is_text(&tree, n, str_from(text))) {
			return n;
		}
	}
	cr_assert(false, "no node '%s'", text);
	return NO_NODE;
}

Test(syntax, nodes_stand_in_preorder_with_the_end_of_their_subtree)
{
	parse("a = b.c(1); // note\nd;");
	cr_assert_eq(tree.nodes[0].kind, KIND_program);
	cr_assert_eq(tree.nodes[0].last, tree.count);
	node_id call = find(KIND_call_expression, "b.c(1)");
	cr_assert(node_is(&tree, tree.nodes[call].parent, KIND_assignment_expression));
	cr_assert_eq(tree.nodes[call].field, FIELD_right);
	cr_assert(str_equal(node_property(&tree, node_child(&tree, call, FIELD_function)), STR("c")));
	cr_assert(node_inside(&tree, find(KIND_number, "1"), call));
	cr_assert(!node_inside(&tree, find(KIND_identifier, "d"), call));
	cr_assert_eq(tree.code_end, source.bytes.len);
}

Test(syntax, trailing_comments_are_no_code)
{
	parse("a;\n//# sourceMappingURL=x.map\n");
	cr_assert_eq(tree.code_end, 2);
}

Test(syntax, identifiers_resolve_through_scopes)
{
	parse("let w; function f(w) { return w; } function g() { { let w = 1; w; } return w; }"
	      "for (const w of []) w; ({ w }); var { q: r = w } = {}; export { w as z };");
	struct scopes scopes;
	scopes_resolve(arena, &tree, &scopes);
	uint32_t uses = 0;
	for (node_id u = scopes.bindings[1].first_use; u != NO_NODE; u = scopes.next_use[u]) {
		uses++;
	}
	cr_assert(str_equal(binding_name(&scopes, 1), STR("w")));
	cr_assert_eq(uses, 4, "return w in g, the shorthand, the default, the export: not %u", uses);
	cr_assert_eq(scopes.bindings[1].writes, 0);
}

Test(syntax, writes_are_counted)
{
	parse("let a = 0, b; a++; a += 1; ({ a, x: b } = {}); [b] = []; a.c = 1; f(a);");
	struct scopes scopes;
	scopes_resolve(arena, &tree, &scopes);
	cr_assert_eq(scopes.bindings[1].writes, 3);
	cr_assert_eq(scopes.bindings[2].writes, 2);
}

static bool stays_clean(const char *text, uint32_t offset, const char *inserted)
{
	parse(text);
	struct splice splice = {0};
	struct buf output = BUF_INIT;
	splice_insert(arena, &splice, offset, SPLICE_PLAIN, 0, str_from(inserted));
	splice_seal(&splice, source.bytes.len);
	splice_apply(&splice, source.bytes, &output);
	bool clean = syntax_stays_clean(syntax, &tree, &splice, buf_str(&output));
	buf_finish(&output);
	syntax_release(&tree);
	return clean;
}

Test(syntax, the_check_of_our_output_can_fail)
{
	const char *text = "function f() { return wasm.f(); }\nlet a = 1;\nlet b = 2;\n";
	cr_assert(stays_clean(text, 14, "__rg.e();"));
	cr_assert(!stays_clean(text, 14, "__rg.e(;"));
	cr_assert(!stays_clean(text, 14, "{"));
	cr_assert(!stays_clean(text, 40, "("));
	cr_assert(!stays_clean(text, 33, "\n`"));
	cr_assert(stays_clean(text, 33, "\n/* b */"));
	cr_assert(!stays_clean(text, 0, "/*"));
}
