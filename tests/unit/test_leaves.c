/* Exports that reach no JavaScript: made-up code, instruction by instruction, and broken; and their wrappers. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "least.h"
#include "random.h"
#include "wasm_leaves.h"

enum { IMPORTED = 2 };
#define CALL_JS "\x10\0"
#define CALL_THROW "\x10\1"
#define CALL(function) "\x10" function

TestSuite(leaves, .init = patching_set_up, .fini = patching_tear_down);

/* All bytes of a module's file, of which the code begins somewhere. */
static size_t read_from(const void *from, uint64_t offset, void *to, size_t count)
{
	const struct str *all = from;
	size_t start = offset < all->len ? (size_t)offset : all->len;
	size_t found = count < all->len - start ? count : all->len - start;
	memcpy(to, all->data + start, found);
	return found;
}

static uint32_t start_function; /* exported as __wbindgen_start, if it is not 0 */

/* With types as many as there are functions, each of which has its own. */
static struct str leaves_with(struct str types, struct str code, uint32_t functions)
{
	static const char start[] = "not code";
	struct buf file = BUF_INIT, exported = BUF_INIT;
	buf_add(&file, STR(start));
	buf_add(&file, types);
	buf_add_byte(&file, (char)functions);
	for (uint32_t i = 0; i < functions; i++) {
		char export[] = {1, (char)('a' + i), 0, (char)(IMPORTED + i)};
		buf_add(&exported, (struct str){export, sizeof(export)});
		buf_add_byte(&file, (char)i);
	}
	buf_add(&exported, STR("\1m\2\0\3x y\0\2")); /* a memory, and a function by no word */
	if (start_function != 0) {
		buf_add(&exported, STR("\20__wbindgen_start\0"));
		buf_add_byte(&exported, (char)start_function);
	}
	size_t at = sizeof(start) - 1;
	struct wasm_code place = {.read = read_from,
		.types = {at, types.len},
		.functions = {at + types.len, functions + 1},
		.bodies = {file.len, code.len}};
	buf_add(&file, code);
	struct str all = arena_copy(arena, buf_str(&file));
	place.from = &all;
	struct wasm_facts facts = {
		.imports = STR("\1e\2js\0\0\1e\1g\3\177\0\1e\20__wbindgen_throw\0\0"),
		.exported = arena_copy(arena, buf_str(&exported)),
	};
	buf_finish(&file);
	buf_finish(&exported);
	return wasm_leaves(arena, &facts, &place);
}

/* Without parameters, and a line each is "a" instead of "a ". */
static struct str leaves_of(struct str code, uint32_t functions)
{
	struct buf types = BUF_INIT, out = BUF_INIT;
	buf_add_byte(&types, (char)functions);
	for (uint32_t i = 0; i < functions; i++) {
		buf_add(&types, STR("\x60\0\1\x7f"));
	}
	struct str lines = leaves_with(buf_str(&types), code, functions);
	for (size_t i = 0; i < lines.len; i++) {
		if (lines.data[i] != ' ') {
			buf_add_byte(&out, lines.data[i]);
		}
	}
	lines = arena_copy(arena, buf_str(&out));
	buf_finish(&types);
	buf_finish(&out);
	return lines;
}

/* A code section of functions with these instructions, `end` left out, and two local variables. */
static struct str code_of(const struct str *bodies, uint32_t count)
{
	struct buf out = BUF_INIT;
	buf_add_byte(&out, (char)count);
	for (uint32_t i = 0; i < count; i++) {
		size_t size = bodies[i].len + 4;
		buf_add_byte(&out, (char)((size & 0x7f) | 0x80));
		buf_add_byte(&out, (char)(size >> 7));
		buf_add(&out, STR("\1\2\177"));
		buf_add(&out, bodies[i]);
		buf_add_byte(&out, 0x0b);
	}
	struct str code = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return code;
}

static void expect(const char *leaves, const struct str *bodies, uint32_t count)
{
	struct str found = leaves_of(code_of(bodies, count), count);
	cr_assert(
		str_equal(found, str_from(leaves)), "\"%.*s\" instead of \"%s\"", STR_ARGS(found), leaves);
}
#define EXPECT(leaves, ...) \
	expect(leaves, (const struct str[]){__VA_ARGS__}, \
		sizeof((struct str[]){__VA_ARGS__}) / sizeof(struct str))

Test(leaves, what_calls_nothing_or_throws_is_one)
{
	EXPECT("a\n", STR(""));
	EXPECT("a\n", STR(CALL_THROW "\0"));
	EXPECT("", STR(CALL_JS));
	EXPECT("b\n", STR("\x41\0" CALL_JS), STR("\x41\0"));
}

Test(leaves, what_it_calls_counts)
{
	EXPECT("a\nb\n", STR(CALL("\3")), STR("\1"));
	EXPECT("", STR(CALL("\3")), STR(CALL_JS));
	EXPECT("", STR(CALL("\3")), STR("\1\1" CALL("\4")), STR("\1" CALL_JS));
	EXPECT("", STR("\x12\3"), STR("\x12\0")); /* return_call */
	EXPECT("", STR(CALL("\x70")));            /* there is none */
}

Test(leaves, what_is_called_out_of_a_table_may_be_anything)
{
	EXPECT("", STR("\x11\0\0"));
	EXPECT("", STR("\x13\0\0"));
	EXPECT("", STR("\x14\0")); /* call_ref */
	EXPECT("", STR("\x15\0"));
}

/* One that calls itself reaches nothing by that; of several that call each other nothing is said. */
Test(leaves, recursion)
{
	EXPECT("a\n", STR(CALL("\2")));
	EXPECT("", STR(CALL("\2") CALL_JS));
	EXPECT("", STR(CALL("\3")), STR(CALL("\2") CALL_JS));
	EXPECT("", STR(CALL("\3") CALL_JS), STR(CALL("\2")));
}

/* After each, a call of JavaScript must still be seen, and without one nothing. */
Test(leaves, instructions_are_passed_over)
{
	static const struct str known[] = {
		{"\0", 1},
		{"\1", 1}, /* unreachable, nop */
		{"\2\100\x0b", 3},
		{"\3\177\x0b", 3},
		{"\4\0\5\x0b", 4},     /* block, loop, if else */
		{"\2\x63\x70\x0b", 4}, /* of a nullable reference */
		{"\x0c\0", 2},
		{"\x0d\0", 2},
		{"\x0e\2\0\1\0", 5},
		{"\x0f", 1}, /* branches, return */
		{"\x1a", 1},
		{"\x1b", 1},
		{"\x1c\1\177", 3}, /* drop, select */
		{"\x20\x10", 2},
		{"\x24\x10", 2},
		{"\x25\x10", 2},
		{"\x26\x10", 2}, /* variables, tables */
		{"\x28\2\x10", 3},
		{"\x37\x42\1\x10", 4},
		{"\x3e\0\x90\1", 4}, /* loads and stores */
		{"\x3f\0", 2},
		{"\x40\0", 2}, /* memory.size, memory.grow */
		{"\x41\x90\x10", 3},
		{"\x42\x90\x90\x10", 4}, /* constants */
		{"\x43\x10\0\x10\0", 5},
		{"\x44\x10\0\x10\0\x10\0\x10\0", 9},
		{"\x45", 1},
		{"\x7c", 1},
		{"\xc4", 1}, /* arithmetic */
		{"\xd0\x6f", 2},
		{"\xd1", 1},
		{"\xd2\x10", 2}, /* references */
		{"\xfc\0", 2},
		{"\xfc\x08\x10\0", 4},
		{"\xfc\x0a\0\0", 4},
		{"\xfc\x0b\0", 3},
		{"\xfc\x0f\x10", 3},
		{"\xfd\0\4\x10", 4},
		{"\xfd\x0c\x10\0\x10\0\x10\0\x10\0\x10\0\x10\0\x10\0\x10\0", 18},
		{"\xfd\x15\x10", 3},
		{"\xfd\x54\0\x10\x10", 5},
		{"\xfd\x5c\2\x10", 4},
		{"\xfd\x80\1", 3},
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		struct str calls = arena_printf(arena, "%*s", (int)known[i].len + 2, "");
		memcpy((char *)calls.data, known[i].data, known[i].len);
		memcpy((char *)calls.data + known[i].len, CALL_JS, 2);
		EXPECT("a\n", known[i]);
		EXPECT("", calls);
	}
	static const struct str unknown[] = {
		{"\6\100\x0b", 3},
		{"\x08\0", 2},
		{"\x1f\100\0\x0b", 4}, /* try, throw, try_table */
		{"\x27", 1},
		{"\xc5", 1},
		{"\xfb\0\0", 3},
		{"\xfc\x12", 2},
		{"\xfd\x94\2", 3},
		{"\xfe\0\2\0", 4},
	};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		EXPECT("", unknown[i]);
	}
}

/* Of these the engine converts numbers and BigInts; nothing else can be passed but references. */
Test(leaves, parameters)
{
	static const struct str types[] = {
		{"\x60\2\x7f\x7e\0", 5},
		{"\x60\3\x7d\x6f\x7c\1\x7f", 7},
		{"\x60\1\x7b\0", 4},
		{"\x60\1\x63\x70\0", 5},
		{"\x60\0\1\x63\x70", 5},
		{"\x60\1\x70\0", 4},
	};
	struct buf all = BUF_INIT;
	buf_add_byte(&all, 6);
	struct str bodies[6];
	for (size_t i = 0; i < 6; i++) {
		buf_add(&all, types[i]);
		bodies[i] = STR("");
	}
	struct str code = code_of(bodies, 6);
	struct str found = leaves_with(buf_str(&all), code, 6);
	cr_assert(str_equal(found, STR("a nb\nb nrn\ne \n")), "%.*s", STR_ARGS(found));
	for (size_t len = 0; len < all.len; len++) {
		char *copy = malloc(len);
		memcpy(copy, all.data, len);
		found = leaves_with((struct str){copy, len}, code, 6);
		cr_assert(
			str_starts(STR("a nb\nb nrn\ne \n"), found), "%zu bytes: %.*s", len, STR_ARGS(found));
		free(copy);
	}
	buf_finish(&all);
}

static struct str nops(size_t count)
{
	struct str text = arena_printf(arena, "%*s", (int)count, "");
	memset((char *)text.data, 1, count);
	return text;
}

Test(leaves, what_is_long_or_deep_is_none)
{
	EXPECT("a\n", nops(1000));
	EXPECT("", nops(1100));
	EXPECT("b\n", nops(16000), nops(10));
	struct str chain[20];
	char calls[20][2];
	for (uint32_t i = 0; i < 20; i++) {
		calls[i][0] = 0x10;
		calls[i][1] = (char)(IMPORTED + i + 1);
		chain[i] = i == 19 ? STR("\1") : (struct str){calls[i], 2};
	}
	struct str found = leaves_of(code_of(chain, 20), 20);
	cr_assert(str_find(found, STR("t\n")) != (size_t)-1 && !str_starts(found, STR("a\n")));
}

/* `#[wasm_bindgen(start)]`: see plan_program.c. */
Test(leaves, what_the_start_function_runs)
{
	start_function = IMPORTED + 2;
	EXPECT("b!\nc!\n", STR(CALL_JS), STR(CALL_JS), STR(CALL_JS CALL("\3") "\x41\2\x1a"));
	EXPECT("b\nb!\nc!\n", STR(CALL_JS), STR(""), STR(CALL("\3") CALL_JS));
	EXPECT("c!\n", STR(CALL_JS), STR(CALL_JS), STR(CALL_JS));
	EXPECT("c!\n", STR(CALL_JS), STR(CALL_JS),
		STR("\x11\0\0" CALL("\3"))); /* call_indirect: what follows is not read */
	start_function = IMPORTED + 3;
	EXPECT("", STR(CALL_JS), STR(CALL_JS), STR(CALL_JS CALL("\3")));
	start_function = 0; /* an import */
	EXPECT("", STR(CALL_JS), STR(CALL_JS));
}

/* Bodies are found through a window that is read again and again, wherever they lie to its end. */
Test(leaves, large_code)
{
	struct random random = {5};
	for (int round = 0; round < 30; round++) {
		struct str bodies[26];
		struct buf wanted = BUF_INIT;
		for (uint32_t i = 0; i < 26; i++) {
			bool leaf = random_below(&random, 2) == 0;
			bodies[i] =
				leaf ? nops(random_below(&random, 900)) : nops(2000 + random_below(&random, 12000));
			if (leaf) {
				buf_add_byte(&wanted, (char)('a' + i));
				buf_add_byte(&wanted, '\n');
			}
		}
		struct str found = leaves_of(code_of(bodies, 26), 26);
		cr_assert(str_equal(found, buf_str(&wanted)), "%.*s", STR_ARGS(found));
		buf_finish(&wanted);
	}
}

/* Cut off anywhere, and with any byte replaced: no crash, no read past the end (the sanitizers watch). */
Test(leaves, broken_code_is_survived)
{
	const struct str bodies[] = {STR("\x41\x90\x10\x0e\2\0\1\0" CALL("\3")),
		STR("\xfd\x0c"
			"\x10\0\x10\0\x10\0\x10\0\x10\0\x10\0\x10\0\x10\0\x44\x10\0\x10\0\x10\0\x10"
			"\0" CALL_THROW)};
	struct str whole = code_of(bodies, 2);
	cr_assert(str_equal(leaves_of(whole, 2), STR("a\nb\n")));
	cr_assert_eq(leaves_of(STR(""), 2).len, 0);
	for (size_t len = 0; len < whole.len; len++) {
		char *copy = malloc(whole.len);
		memcpy(copy, whole.data, whole.len);
		cr_assert_eq(leaves_of((struct str){copy, len}, 2).len, 0, "%zu bytes", len);
		for (int byte = 0; byte < 256; byte++) {
			copy[len] = (char)byte;
			leaves_of((struct str){copy, whole.len}, 2);
		}
		free(copy);
	}
}

#define MAGIC "\0asm\1\0\0\0"
#define DEEP "(X,S)=>(a,b)=>{const s=S,x=X,u=s.depth;"
#define LEAF \
	"(X,S)=>(X.d=S.d(X),(a,b)=>{const x=X,v=typeof a==\"number\"&&typeof b==\"number\"?x.f:x.d;" \
	"try{return v(a,b)}catch(e){const s=S;s.g=s.dead=s.depth;throw x(e)}}),"

/* Glue whose wasm has these leaves, and imports what Rust throws with or does not. */
static struct patch *run_with_leaves(const char *text, const char *leaves, bool throws)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.wasm = throws ? STR(MAGIC "\2\26\1\1e\20__wbindgen_throw\0\0") : STR(MAGIC);
	options.leaves = str_from(leaves);
	struct patch *patch = patch_run(arena, patcher, STR("x.js"), str_from(text), &options);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	return patch;
}

Test(leaves, their_wrappers_keep_no_depth)
{
	cr_assert(contains(run_with_leaves(VIEW ADD LOADER, "add nn\nother n\n", false), "add:" LEAF));
	cr_assert(contains(run_with_leaves(VIEW ADD LOADER, "ad nn\nadds nn\n", false), "add:" DEEP));
	cr_assert(contains(
		run_with_leaves(
			VIEW "exports.g = (a, b) => { a.x; return wasm.f(a, b); }\n" LOADER, "f br\n", false),
		"f:(X,S)=>(X.d=S.d(X),(a,b)=>{if(S.dead&&S.n(X))return;const x=X,v=typeof "
		"a==\"bigint\"?x.f:x.d;try{"));
	cr_assert(contains(run_with_leaves(VIEW "exports.g = () => wasm.f();\n" LOADER, "f \n", false),
		"f:(X,S)=>()=>{const x=X,v=x.f;try{return v()}catch(e){const s=S;s.g=s.dead=s.depth;throw "
		"x(e)}},"));
	cr_assert(contains(run_with_leaves(VIEW ADD LOADER, "add n\n", false), "add:" DEEP),
		"called with two");
}

/* What throws for Rust is known by its name in the wasm; the glue must have what belongs to it. */
Test(leaves, what_throws_must_be_in_the_glue)
{
#define THROW "exports.__wbindgen_throw = function(a, b) { throw new Error(text(a, b)); };\n"
	cr_assert(contains(run_with_leaves(VIEW ADD LOADER, "add nn\n", true), "add:" DEEP));
	cr_assert(contains(run_with_leaves(VIEW ADD THROW LOADER, "add nn\n", true), "add:" LEAF));
}

Test(leaves, whose_they_are_is_not_known_in_a_file_with_two_glues)
{
	struct patch *patch = run_with_leaves(VIEW ADD LOADER
		"let view2 = null;\nfunction getView2() { return view2 = new Uint8Array(q.memory.buffer); "
		"}\n"
		"function sub(a, b) { return q.sub(a, b); }\nexports.sub = sub;\n"
		"function drop(p) { q.__wbindgen_free(p, 1); }\n"
		"const other = new WebAssembly.Module(require('fs').readFileSync('y_bg.wasm'));\n"
		"let q = new WebAssembly.Instance(other, imports).exports;\n",
		"add nn\nsub nn\n", false);
	cr_assert(contains(patch, "add:" DEEP) && contains(patch, "sub:" DEEP));
}

#define CLOSURE \
	"function enter(a, b, c) { wasm.__closure_invoke(a, b, c); }\n" \
	"function make(a, b, f) {\n    const t = { a, b, cnt: 1 };\n" \
	"    const e = (...n) => { t.cnt++; try { return f(t.a, t.b, ...n); } finally { e.off(); } " \
	"};\n" \
	"    e.off = () => { if (--t.cnt === 0) { wasm.__wbindgen_destroy_closure(t.a, t.b); t.a = " \
	"0; } };\n" \
	"    return e;\n}\n" \
	"const more = { __wbindgen_cast_1: function(a, b) { return make(a, b, enter); } };\n"
#define START "function start() { wasm.start(); }\nexports.start = start;\n"

/* Nothing but closures is called from outside: the runtime's option `l`. */
Test(leaves, programs)
{
	cr_assert(contains(run_with_leaves(VIEW CLOSURE LOADER, "", false), "{l:1,"));
	cr_assert(
		contains(run_with_leaves(VIEW CLOSURE START LOADER, "start !\n", false), "{l:\"start\","));
	cr_assert(contains(
		run_with_leaves(VIEW CLOSURE START LOADER, "a n\nstart !\n", false), "{l:\"start\","));
	cr_assert_not(
		contains(run_with_leaves(VIEW CLOSURE START LOADER, "restart !\n", false), "l:\"start\""));
	cr_assert_not(contains(
		run_with_leaves(VIEW CLOSURE START ADD LOADER, "start !\n", false), "l:\"start\""));
	cr_assert_not(contains(run_with_leaves(VIEW START LOADER, "start !\n", false), "l:\"start\""),
		"no closures");
	struct patch *patch = run_with_leaves(VIEW CLOSURE START LOADER, "start !\n", false);
	cr_assert_eq(run(arena_copy(arena, patch->output).data)->verdict, VERDICT_UNCHANGED);
}

/* A build tool copies the file to where its wasm is not: it stays what it is. With other wasm it does not. */
Test(leaves, a_patched_file_without_its_wasm_keeps_them)
{
	static const char *const texts[] = {VIEW ADD LOADER, "'use strict';\r\n" VIEW ADD LOADER};
	for (size_t i = 0; i < 2; i++) {
		struct patch *patch = run_with_leaves(texts[i], "add nn\n", false);
		const char *once = arena_copy(arena, patch->output).data;
		struct patch *again = run(once);
		cr_assert_eq(again->verdict, VERDICT_UNCHANGED);
		struct patch_options options = PATCH_OPTIONS_DEFAULT;
		options.policy = "eager";
		again = patch_run(arena, patcher, STR("x.js"), str_from(once), &options);
		cr_assert(contains(again, "add:" LEAF));
		options = PATCH_OPTIONS_DEFAULT;
		options.wasm = STR(MAGIC);
		again = patch_run(arena, patcher, STR("x.js"), str_from(once), &options);
		cr_assert_eq(again->verdict, VERDICT_PATCHED);
		cr_assert(contains(again, "add:" DEEP));
	}
	cr_assert(contains(run(VIEW ADD LOADER), "add:" DEEP), "nothing is known of it");
}
