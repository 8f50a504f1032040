/* The flat tree, scopes, and the check of our own output. */
#include <criterion/criterion.h>

#include <stdio.h>
#include <tree_sitter/tree-sitter-javascript.h>

#include "flatten.h"
#include "plan.h"
#include "recheck.h"
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
	arena_destroy(arena);
	syntax_destroy(syntax);
}

TestSuite(syntax, .init = set_up, .fini = tear_down);

static void parse(const char *text)
{
	struct diags diags = {0};
	source_init(&source, STR("x.js"), str_from(text));
	cr_assert(syntax_parse(arena, syntax, &source, &tree, &diags), "%.60s", text);
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

/* Names that only exports may have: chunks of bundlers are full of them. Nodes keep their places and their text. */
Test(syntax, what_the_grammar_does_not_know_is_read_all_the_same)
{
	static const struct {
		const char *text;
		enum kind kind;
		const char *node;
	} cases[] = {
		{"import{in as a,b as c,instanceof as d}from\"x\";d();", KIND_import_specifier, "in as a"},
		{"import e, { new as a } from 'x';\na();", KIND_import_specifier, "new as a"},
		{"let f;\nexport{f as do,g,f as if};var g;", KIND_export_specifier, "f as do"},
		{"export { in, typeof } from './x.js';", KIND_export_specifier, "typeof"},
		{"export * as try from './x.js'; a;", KIND_identifier, "a"},
		{"import source wasm from './x.wasm';", KIND_identifier, "wasm"},
		{"import defer * as later from './x.js';", KIND_identifier, "later"},
		{"import x from './x.json' assert { type: 'json' };\nx.y;", KIND_member_expression, "x.y"},
		{"import {in as a} from 'x';\nif (a) { return } // as if, in,\n", KIND_statement_block,
			"{ return }"},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		parse(cases[i].text);
		find(cases[i].kind, cases[i].node);
		cr_assert(syntax_is_clean(arena, syntax, str_from(cases[i].text)), "%s", cases[i].text);
	}
	cr_assert_eq(tree.nodes[tree.nodes[find(KIND_statement_block, "{ return }")].parent].kind,
		KIND_if_statement);
	static const char *const wrong[] = {"import {in as } from 'x';", "let in = 1;",
		"const x = y as const;", "import x from './x' assert;", "export { a as in"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		cr_assert(!syntax_is_clean(arena, syntax, str_from(wrong[i])), "%s", wrong[i]);
	}
}

static char *read_fixture(const char *name, size_t *len)
{
	static char text[1 << 18];
	char path[512];
	snprintf(path, sizeof(path), SOURCE_ROOT "/%s", name);
	FILE *file = fopen(path, "rb");
	cr_assert_not_null(file, "%s", path);
	*len = fread(text, 1, sizeof(text) - 1, file);
	text[*len] = '\0';
	fclose(file);
	return text;
}

/* flatten.c reads tree-sitter's own structures: a cursor of the public API must find the same. */
static void compare_walks(const char *text)
{
	parse(text);
	TSParser *parser = ts_parser_new();
	ts_parser_set_language(parser, tree_sitter_javascript());
	TSTree *parsed = ts_parser_parse_string(parser, NULL, text, (uint32_t)strlen(text));
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(parsed));
	node_id n = 0;
	for (bool more = true; more;) {
		TSNode at = ts_tree_cursor_current_node(&cursor);
		const char *type = ts_node_type(at);
		if (ts_node_is_named(at) && strcmp(type, "comment") != 0 &&
			strcmp(type, "html_comment") != 0) {
			cr_assert_lt(n, tree.count);
			const struct node *node = &tree.nodes[n];
			cr_assert_eq(node->start, ts_node_start_byte(at), "%u: %s", n, type);
			cr_assert_eq(node->end, ts_node_end_byte(at), "%u: %s", n, type);
			cr_assert_eq(node->kind, syntax->kinds[ts_node_symbol(at)], "%u: %s", n, type);
			cr_assert_eq(node->field, syntax->fields[ts_tree_cursor_current_field_id(&cursor)],
				"%u: %s", n, type);
			n++;
		}
		more = ts_tree_cursor_goto_first_child(&cursor);
		while (!more && !(more = ts_tree_cursor_goto_next_sibling(&cursor)) &&
			   ts_tree_cursor_goto_parent(&cursor)) {}
	}
	cr_assert_eq(n, tree.count);
	ts_tree_cursor_delete(&cursor);
	ts_tree_delete(parsed);
	ts_parser_delete(parser);
}

Test(syntax, the_flat_tree_is_what_a_cursor_finds)
{
	size_t len;
	compare_walks("");
	compare_walks("// only a comment\n");
	compare_walks(
		"#!/bin/node\n'use strict'; (async x => { for await (const [a, ...b] of x) `${a}`; });\n"
		"class A extends B { static #p = 1; static { let z; } get q() { return a?.[0] } }\n"
		"label: for (;;) { switch (1) { case 2: break label; default: } }\n"
		"import y, { z as w } from 'q'; ({ a, b: 1, [c]: 2, d() {} });");
	compare_walks(read_fixture("fixtures/0.2.130/unwind/web/reglue_fixture.js", &len));
	compare_walks(read_fixture("fixtures/0.2.63/default/nodejs/reglue_fixture.js", &len));
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

static const struct recheck_known known = {{"KNOWN", 5}, {"", 0}};

static bool stays_clean(const char *text, uint32_t offset, const char *inserted)
{
	parse(text);
	struct splice splice = {0};
	splice_insert(arena, &splice, offset, SPLICE_PLAIN, 0, str_from(inserted));
	splice_seal(&splice, source.bytes.len);
	bool clean = recheck(arena, syntax, &tree, &splice, &known);
	struct str output = splice_apply(arena, &splice, source.bytes);
	cr_assert_eq(clean, syntax_is_clean(arena, syntax, output), "%u: %s", offset, inserted);
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
	cr_assert(!stays_clean(text, 33, "\nf(\"/"));
	cr_assert(stays_clean(text, 33, "\nf(\"./a/*b\");"));
	cr_assert(stays_clean(text, 33, "\n/* b */"));
	cr_assert(!stays_clean(text, 0, "/*"));
}

/* The first `at` from `from` on, which is a part of the text. */
static void wrap(struct splice *splice, const char *text, const char *from, const char *at)
{
	uint32_t start = (uint32_t)(strstr(from, at) - text);
	splice_wrap(arena, splice, start, start + (uint32_t)strlen(at), 0, STR("try{"),
		STR("}catch(e){throw __rg.x(e)}"));
}

/* What opens at the edge of one member and closes at that of another is not left out by halves. */
Test(syntax, repetitions_between_two_ends_stay)
{
	const char *text = "g.a=function(){var c=d=>{const w=c.a;w()};use(1,c)},"
					   "g.b=function(){var c=e=>{const w=c.a;w()};use(22,c)}";
	parse(text);
	struct splice splice = {0};
	wrap(&splice, text, text, "const w=c.a;w()");
	wrap(&splice, text, strstr(text, "g.b"), "const w=c.a;w()");
	splice_seal(&splice, source.bytes.len);
	cr_assert(recheck_parts(arena, syntax, &tree, &splice, &known));
}

/* recheck() does not parse them: this does. */
Test(syntax, the_forms_of_wrappers_are_clean)
{
	struct str forms = plan_wrapper_forms(arena);
	cr_assert_neq(str_find(forms, STR("x:(X,S)=>(a,b)=>{")), (size_t)-1);
	while (forms.len != 0) {
		size_t end = str_find(forms, STR("\n")) + 1;
		struct str form = str_slice(forms, 0, end);
		parse(arena_printf(arena, "({%.*s})", STR_ARGS(form)).data);
		forms = str_slice(forms, end, forms.len);
	}
}

/* recheck() leaves most of the text out; whatever is inserted wherever, it must see what a whole
 * parse sees. stays_clean() compares the two. */
Test(syntax, the_check_sees_what_a_whole_parse_sees)
{
	static const char text[] =
		"/* a */ 'use strict';\nexport class A {\n  /** doc */\n  free() { const p = this.p; w(p); "
		"}\n"
		"  get x() { a(); return 1 } static y = 2\n  z() { try { a() } finally { b() } }\n}\n"
		"function f(a, b) { if (a) { return b } a = b\n  b = `t ${a} u`; return /x/g.test(b) }\n"
		"function g(a, b) { if (a) { return b } a = b\n  b = `t ${a} u`; return /x/g.test(b) }\n"
		"// end\nlet q = { s: 1, t() { return 2 }, u: function(a) { w() }, v: function(b) { w() }, "
		"x };\n"
		"q = { u: function(a) { w() }, ...x };\n"
		"b('0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef');\n";
	static const char *const inserted[] = {"__rg.e();", "(", ")", "{", "}", ";", "`", "\"", "'",
		"/*", "*/", "//", "x", "try{", "}finally{}", "static ", "\n", "/* b */", "=", "."};
	uint32_t broken = 0;
	/* at every fifth place; all of them take ten seconds, and agreed */
	for (size_t i = 0; i < sizeof(inserted) / sizeof(*inserted); i++) {
		for (uint32_t offset = i % 5; offset < sizeof(text); offset += 5) {
			broken += !stays_clean(text, offset, inserted[i]);
		}
	}
	cr_assert_gt(broken, 500);
}
