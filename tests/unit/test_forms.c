/*
 * Forms of published glue, one by one: how the exports variable gets its value, where it is used by
 * itself, what the state is kept in. Our fixtures have most of them, but not those of the first years, of
 * compilers and of people.
 */
#include <criterion/criterion.h>

#include "patching.h"

TestSuite(forms, .init = patching_set_up, .fini = patching_tear_down);

#define VIEW \
	"let view = null;\n" \
	"function getView() {\n" \
	"    if (view === null || view.byteLength === 0) { view = new " \
	"Uint8Array(wasm.memory.buffer); }\n" \
	"    return view;\n}\n" \
	"export function add(a, b) { return wasm.add(a, b); }\n" \
	"export function __wbindgen_throw(p, n) { throw new Error(getView()[p]); }\n"
#define INIT \
	"function finish(instance, module) { wasm = instance.exports; wasm.__wbindgen_start(); " \
	"return wasm; }\n" \
	"export function initSync(m) {\n" \
	"    const module = new WebAssembly.Module(m);\n" \
	"    return finish(new WebAssembly.Instance(module, imports), module);\n}\n"

/* `code`: the refusal that is wanted; or NULL, and `text` is in the output. */
struct form {
	const char *glue;
	const char *code;
	const char *text;
};

static void expect_all(const struct form *forms, size_t count)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	for (size_t i = 0; i < count; i++) {
		struct str glue = str_from(forms[i].glue);
		struct patch *patch = patch_run(arena, patcher, STR("x.js"), glue, &options);
		const char *first = patch->diags.first == NULL ? "nothing" : patch->diags.first->code;
		if (forms[i].code != NULL) {
			cr_assert_eq(patch->verdict, VERDICT_REFUSED, "%s\n%s", forms[i].glue, first);
			cr_assert_str_eq(first, forms[i].code);
			continue;
		}
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s\n%s", forms[i].glue, first);
		cr_assert(str_find(patch->output, str_from(forms[i].text)) != (size_t)-1,
			"%s\nnot in\n%.*s", forms[i].text, STR_ARGS(patch->output));
	}
}

#define EXPECT_ALL(forms) expect_all(forms, sizeof(forms) / sizeof(*forms))

Test(forms, how_the_exports_are_bound)
{
	static const struct form forms[] = {
		{"let wasm = null;\n" VIEW INIT, NULL, "wasm = __rg.a(instance.exports,module);"},
		{"let wasm = undefined;\n" VIEW INIT, NULL, "wasm = __rg.a(instance.exports,module);"},
		{"let wasm = void 0;\n" VIEW INIT, NULL, "wasm = __rg.a(instance.exports,module);"},
		{"let wasm;\n" VIEW "export function __wbg_set_wasm(_wasm) { wasm = _wasm; }\n", NULL,
			"wasm = __rg.l(_wasm,arguments[1]);"},
		{VIEW "const module$1 = new WebAssembly.Module(bytes);\n"
			  "const instance$1 = new WebAssembly.Instance(module$1, imports);\n"
			  "const wasm = instance$1.exports;\n",
			NULL, "const wasm = __rg.a(instance$1.exports);"},
		{"let wasm;\n" VIEW "export async function init(b) {\n"
		 "    const result = await WebAssembly.instantiate(b, imports);\n"
		 "    wasm = result.instance.exports;\n    return wasm;\n}\n",
			NULL, "WebAssembly.instantiate(__rg.M(b), __rg.I(imports)).then(__rg.N)"},
		/* a bundle of body and loader, which hands the exports over by way of a function of its own */
		{"let wasm;\n" VIEW "function __wbg_set_wasm(val) { wasm = val; }\n"
		 "const finish = (exports) => { __wbg_set_wasm(exports); };\n"
		 "if (given instanceof WebAssembly.Module) {\n"
		 "    const instance = await WebAssembly.instantiate(given, imports);\n"
		 "    finish(instance.exports ?? instance);\n"
		 "} else {\n"
		 "    finish(given);\n}\n",
			NULL, "WebAssembly.instantiate(__rg.M(given), __rg.I(imports)).then(__rg.N)"},
		{"let wasm;\n" VIEW INIT
		 "wasm = new Proxy({}, { get: (target, prop, receiver) => initSync()[prop] });\n",
			NULL, "wasm = new Proxy({}, { get: (target, prop, receiver) => initSync()[prop] });"},
		{"var wasm = __importStar(require('./x_bg.wasm'));\n" VIEW, NULL,
			"var wasm = __rg.l(__importStar(require('./x_bg.wasm')));"},
		/* what is in the way of the exports has to be what it seems */
		{"let wasm;\n" VIEW INIT "wasm = new Proxy({}, { get: (target, prop) => other[prop] });\n",
			"exports-binding", NULL},
		{"let wasm;\n" VIEW INIT
		 "wasm = new Proxy({}, { get: (target, prop) => initSync()['add'] });\n",
			"exports-binding", NULL},
		{"let wasm;\n" VIEW INIT
		 "wasm = new Proxy(cache, { get: (target, prop) => initSync()[prop] });\n",
			"exports-binding", NULL},
		/* a bundler's own ways to load the wasm: nothing tells where another instance comes from */
		{"const wasm = await import('./x_bg.wasm');\n" VIEW, "unknown-glue", NULL},
		{"var wasm = n(530);\n" VIEW, "unknown-glue", NULL},
		{"var wasm = n(1), i = e([wasm]);\nwasm = (i.then ? (await i)() : i)[0];\n" VIEW,
			"unknown-glue", NULL},
		{"var wasm = require('./x_bg.wasm')();\n" VIEW, "unknown-glue", NULL},
		{"let wasm = { memory: null };\n" VIEW INIT, "exports-binding", NULL},
		{"let wasm;\n" VIEW "wasm = asmFn(wbg);\n", "asmjs", NULL},
		/* a thread's own script around the glue of another file */
		{"const wasm = await sdk.default({ module_or_path: data.module, memory: data.memory });\n"
		 "wasm.__wbindgen_thread_destroy();\n",
			"unknown-glue", NULL},
	};
	EXPECT_ALL(forms);
}

Test(forms, registries)
{
#define FREE "new FinalizationRegistry((p) => wasm.__wbg_counter_free(p, 1))"
	static const struct form forms[] = {
		{"let wasm;\n" VIEW INIT "const R = " FREE ";\n", NULL,
			"new FinalizationRegistry(__rg.F((p) => wasm.__wbg_counter_free(p, 1)));"},
		/* a minifier's rest of one that no object is registered with */
		{"let wasm;\n" VIEW INIT "'undefined' == typeof FinalizationRegistry || " FREE ";\n", NULL,
			"|| " FREE ";"},
		{"let wasm;\n" VIEW INIT "add(1, 2), typeof FinalizationRegistry ? 0 : (" FREE ");\n", NULL,
			"0 : (" FREE ");"},
		{"let wasm;\n" VIEW INIT "exports.R = 1 && " FREE ";\n", "finalizer", NULL},
		{"let wasm;\n" VIEW INIT "keep(" FREE ");\n", "finalizer", NULL},
	};
	EXPECT_ALL(forms);
}

Test(forms, where_the_exports_leave)
{
	static const struct form forms[] = {
		{"let wasm;\n" VIEW INIT, NULL, "return __rg.u(wasm); }"},
		{"let wasm;\n" VIEW INIT "const __wasm = wasm;\nexport { __wasm };\n", NULL,
			"const __wasm = __rg.u(wasm);"},
		{"let wasm;\n" VIEW INIT "imports.__wasm = wasm;\n", NULL,
			"imports.__wasm = __rg.u(wasm);"},
		{"let wasm;\n" VIEW INIT "const all = { 'x': wasm };\n", NULL, "'x': __rg.u(wasm) }"},
		{"let wasm;\n" VIEW INIT "const { f: f$1 } = wasm;\n", NULL,
			"const { f: f$1 } = __rg.u(wasm);"},
		{"let wasm;\n" VIEW INIT "export const i = () => Promise.resolve(wasm);\n", NULL,
			"Promise.resolve(__rg.u(wasm))"},
		{"let wasm;\n" VIEW INIT "function f() { return _context3.abrupt(\"return\", wasm); }\n",
			NULL, "_context3.abrupt(\"return\", __rg.u(wasm));"},
		{"let wasm;\n" VIEW INIT "function f() { return _context3.abrupt(\"throw\", wasm); }\n",
			"exports-handed-out", NULL},
		{"let wasm;\n" VIEW INIT "function f() { return _context3.a(2, wasm); }\n", NULL,
			"_context3.a(2, __rg.u(wasm));"},
		{"let wasm;\n" VIEW INIT "function f() { return _context3.a(3, wasm); }\n",
			"exports-handed-out", NULL},
		{"let wasm;\n" VIEW INIT
		 "function f() { return wait(this, function(s) { return [2, wasm]; }); }\n",
			NULL, "return [2, __rg.u(wasm)]; });"},
		{"let wasm;\n" VIEW INIT "function f() { return wait(this, (function(s) { return 1 ? [2 "
		 "/*return*/, wasm] : [4, 1] })); }\n",
			NULL, "[2 /*return*/, __rg.u(wasm)]"},
		{"let wasm;\n" VIEW INIT
		 "function f() { return wait(this, function(s) { return [4, wasm]; }); }\n",
			"exports-use", NULL},
		{"let wasm;\n" VIEW INIT "function f() { return [2, wasm]; }\n", "exports-use", NULL},
		{"let wasm;\n" VIEW INIT
		 "function f() { return wait(this, function(s) { return [2, wasm, 1]; }); }\n",
			"exports-use", NULL},
		{"let wasm;\n" VIEW INIT "const all = [2, wasm];\n", "exports-use", NULL},
		{"let wasm;\n" VIEW INIT "run(function (s) { return s.return(wasm); });\n", NULL,
			"s.return(__rg.u(wasm));"},
		{"let wasm;\n" VIEW INIT "run(function (s) { return t.return(wasm); });\n",
			"exports-handed-out", NULL},
		{"let wasm;\n" VIEW INIT "(0, asyncify_js_1.setWasmExports)(wasm);\n", "exports-handed-out",
			NULL},
		{"let wasm;\n" VIEW INIT "getDefaultExportFromCjs(wasm);\n", "exports-handed-out", NULL},
		{"let wasm;\n" VIEW INIT "export const all = () => [wasm];\n", "exports-use", NULL},
		{"let wasm;\n" VIEW INIT "export const all = () => ({ ...wasm });\n", "exports-use", NULL},
		/* as a minifier writes it */
		{"let wasm;\n" VIEW INIT "const i = () => wasm !== void 0 ? wasm : finish(1);\n", NULL,
			"wasm !== void 0 ? __rg.u(wasm) : finish(1);"},
		{"let wasm;\n" VIEW INIT "function i() { return add(1), (wasm) || finish(1); }\n", NULL,
			"return add(1), __rg.u((wasm)) || finish(1);"},
		{"let wasm;\n" VIEW INIT "exports.i = 1 && wasm;\n", NULL, "1 && __rg.u(wasm);"},
		{"let wasm;\n" VIEW INIT "keep(wasm ?? 1);\n", "exports-handed-out", NULL},
		{"let wasm;\n" VIEW INIT "const all = [1 ? wasm : 0];\n", "exports-use", NULL},
		{"let wasm;\n" VIEW INIT "wasm || finish(1), wasm ? 1 : 2;\n", NULL,
			"wasm || finish(1), wasm ? 1 : 2;"},
		/* nothing leaves where it is only looked at */
		{"let wasm;\n" VIEW INIT "if (wasm == null || !wasm || void 0 !== wasm) { later(); }\n",
			NULL, "if (wasm == null || !wasm || void 0 !== wasm) { later(); }"},
	};
	EXPECT_ALL(forms);
}

#define HANDED "import * as imports from './x_bg.js';\nimport * as rawWasm from './x_bg.wasm';\n"

Test(forms, loaders_that_look_at_what_they_got)
{
	static const struct form forms[] = {
		{HANDED
			"const normal = (wasm) => (wasm && 'default' in wasm ? wasm.default ?? wasm : wasm);\n"
			"const wasm = normal(rawWasm);\nimports.__wbg_set_wasm(wasm);\n",
			NULL,
			"imports.__wbg_set_wasm(wasm,{module:()=>new URL(\"./x_bg.wasm\",import.meta.url)});"},
		{HANDED "const finish = (exports) => { imports.__wbg_set_wasm(exports); };\n"
				"if (rawWasm && rawWasm.__wbindgen_start) {\n    finish(rawWasm);\n"
				"} else if (rawWasm instanceof WebAssembly.Module) {\n"
				"    finish((await WebAssembly.instantiate(rawWasm, { './x_bg.js': imports "
				"})).exports);\n}\n",
			NULL, "imports.__wbg_set_wasm(exports,__rg);"},
		{"import * as imports from './x_bg.js';\n"
		 "const instance = new WebAssembly.Instance(wasmModule, { './x_bg.js': imports });\n"
		 "const wasm = instance.exports ?? instance;\nimports.__wbg_set_wasm(wasm);\n"
		 "if (typeof wasm.__wbindgen_start === 'function') { wasm.__wbindgen_start(); }\n",
			NULL, "imports.__wbg_set_wasm(wasm,__rg);"},
	};
	EXPECT_ALL(forms);
}

/* A program's own names may begin like wasm-bindgen's. */
Test(forms, exports_with_underscores)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *patch = patch_run(arena, patcher, STR("x.js"),
		STR("let wasm;\n" VIEW INIT
			"export function __runMacros() { return wasm.__runMacros(); }\n"),
		&options);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_null(patch->diags.first);
	bool found = false;
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		found |= str_equal(patch->entries[i].wasm_export, STR("__runMacros")) &&
		         patch->entries[i].guarded;
	}
	cr_assert(found);
}

#define HEAP_USE \
	"function addHeapObject(obj) {\n" \
	"    if (heap_next === heap.length) { heap.push(heap.length + 1); }\n" \
	"    const idx = heap_next; heap_next = heap[idx]; heap[idx] = obj; return idx;\n}\n" \
	"export function keep(o) { return wasm.keep(addHeapObject(o)); }\n"

Test(forms, what_state_is_kept_in)
{
	static const struct form forms[] = {
		{"let wasm;\n" VIEW INIT "const heap = new Array(32);\nheap.fill(undefined);\n"
		 "heap.push(undefined, null, true, false);\nlet heap_next = heap.length;\n" HEAP_USE,
			NULL,
			"heap.length=0;heap.length=32;heap.fill(undefined);heap.push(undefined, null, true, "
			"false);"
			"heap_next=heap.length;"},
		{"let wasm;\n" VIEW INIT "let heap = new Array(1024).fill(undefined);\n"
		 "heap.push(undefined, null, true, false);\nlet heap_next = heap.length;\n" HEAP_USE
		 "let stack_pointer = 1024;\n"
		 "function addBorrowedObject(obj) { heap[--stack_pointer] = obj; return stack_pointer; }\n"
		 "export function lend(o) {\n    try { wasm.lend(addBorrowedObject(o)); }\n"
		 "    finally { heap[stack_pointer++] = undefined; }\n}\n",
			NULL, "stack_pointer=1024;"},
		/* Bun's minifier leaves out `new` */
		{"let wasm;\n" VIEW INIT "var heap = Array(1024).fill(void 0);\n"
		 "heap.push(void 0, null, !0, !1);\nvar heap_next = heap.length;\n" HEAP_USE,
			NULL,
			"heap.length=0;heap.length=1024;heap.fill(void 0);heap.push(void 0, null, !0, !1);"
			"heap_next=heap.length;"},
		{"let wasm;\n" VIEW INIT "const heap = Array(32);\nheap.fill(void 0);\n"
		 "heap.push(void 0, null, !0, !1);\nlet heap_next = heap.length;\n" HEAP_USE,
			NULL,
			"heap.length=0;heap.length=32;heap.fill(void 0);heap.push(void 0, null, !0, !1);"
			"heap_next=heap.length;"},
		{"let wasm;\n" VIEW INIT "let c1 = null, c2 = null, c3 = null;\n"
		 "function getClamped() { if (c1 === null || c1.buffer !== wasm.memory.buffer) {"
		 " c1 = new Uint8ClampedArray(wasm.memory.buffer); } return c1; }\n"
		 "function getBig() { if (c2 === null || c2.byteLength === 0) {"
		 " c2 = new BigUint64Array(wasm.memory.buffer); } return c2; }\n"
		 "function getBuffer() { if (c3 === null || c3.buffer !== wasm.memory.buffer) {"
		 " c3 = Buffer.from(wasm.memory.buffer); } return c3; }\n",
			NULL, "r(){view=null;c1=null;c2=null;c3=null;}"},
		/* a minifier's names: nothing of ours may stand in front of them */
		{"let wasm, i = null;\n" VIEW INIT
		 "function o() { return (i === null || i.byteLength === 0) && (i = new "
		 "Int8Array(wasm.memory.buffer)), i; }\n",
			NULL, "r(){i=null;view=null;}"},
	};
	EXPECT_ALL(forms);
}

/* Where minifiers put closures and their state: in parentheses, in an expression, in place of a variable. */
Test(forms, closures_that_minifiers_have_moved)
{
#define ADAPTER "function ad(a, b, c) { wasm.__closure_invoke(a, b, c); }\n"
#define UNREF "wasm.__wbindgen_destroy_closure(t.a, t.b), t.a = 0"
#define SHIM(body) "imports.__wbindgen_cast_1 = function(x, y) { " body " };\n"
	static const struct form forms[] = {
		{"let wasm;\n" VIEW INIT ADAPTER "function mk(x, y, f) {\n"
		 "    const t = { a: x, b: y, cnt: 1 }, e = ((...n) => { t.cnt++; try { return f(t.a, t.b, "
		 "...n); }"
		 " finally { e.u(); } });\n"
		 "    return e.u = (() => { --t.cnt === 0 && (" UNREF
		 "); }), e;\n}\n" SHIM("return mk(x, y, ad);"),
			NULL, "e.u = (() => {if(__rg.d(t))return; --t.cnt"},
		{"let wasm;\n" VIEW INIT ADAPTER "function mk(x, y, f) {\n"
		 "    const t = { a: x, b: y, cnt: 1 }, e = ((...n) => { return f(t.a, t.b, ...n); });\n"
		 "    return e.u = () => --t.cnt || (" UNREF "), e;\n}\n" SHIM("return mk(x, y, ad);"),
			NULL, "e.u = () => __rg.d(t)||(--t.cnt || (" UNREF ")), e;"},
		{"let wasm;\n" VIEW INIT ADAPTER SHIM("let t, i; return (t = { a: x, b: y, cnt: 1 }, (i = "
											  "(...n) => { ad(t.a, t.b, ...n) }).o = t, i)"),
			NULL,
			"(t = __rg.s({ a: x, b: y, cnt: 1 }), (i = (...n) => {if(__rg.k(t))return;try{ "
			"ad(t.a, t.b, ...n) }catch(e){return __rg.x(e,i)}}).o = t, i)"},
		{"let wasm;\n" VIEW INIT ADAPTER SHIM(
			 "var t = { a: x, b: y }; return new Promise(((c, d) => { ad(t.a, t.b, c); }));"),
			NULL,
			"return __rg.p(new Promise(__rg.q(((c, d) => {if(__rg.k(t))return;try{ ad(t.a, t.b, "
			"c); "
			"}catch(e){return __rg.x(e)}}))));"},
		/* Closure Compiler has made variables of the state */
		{"let wasm;\n" VIEW INIT ADAPTER
		 "imports.__wbg_new_1 = function(x, y) { var t = x; return new Promise((c, d) => { "
		 "var f = t; t = 0; try { ad(f, y, c); } finally { t = f; } }); };\n",
			NULL, "return __rg.p(new Promise(__rg.q((c, d) => { var f = t;"},
		{"let wasm;\n" VIEW INIT
		 "export const later = (ms) => new Promise((r) => setTimeout(r, ms));\n",
			NULL, "=> new Promise((r) => setTimeout(r, ms));"},
	};
	EXPECT_ALL(forms);
}

/* A minifier may well call the closure what we call what it throws. */
Test(forms, a_closure_called_e)
{
	static const struct form forms[] = {
		{"let wasm;\n" VIEW INIT "function mk(r, n, f) {\n    const t = { a: r, b: n, cnt: 1 };\n"
		 "    const e = (...a) => { t.cnt++; try { return f(t.a, t.b, ...a); } finally { e.off(); "
		 "} };\n"
		 "    e.off = () => { if (--t.cnt === 0) { wasm.__wbindgen_destroy_closure(t.a, t.b); t.a "
		 "= 0; } };\n"
		 "    return e;\n}\nfunction ad(a, b, c) { wasm.__closure_invoke(a, b, c); }\n"
		 "const more = { __wbindgen_cast_1: function(a, b) { return mk(a, b, ad); } };\n",
			NULL, "finally { e.off(); } }catch(f){return __rg.x(f,e)}};"},
	};
	EXPECT_ALL(forms);
}

/* wasm-ld wraps the exports of a module that is linked as a command, and gives them a suffix. */
Test(forms, exports_of_a_command)
{
	static const char glue[] =
		"let wasm;\n" VIEW INIT "function passString(s, malloc, realloc) {\n"
		"    const p = malloc(s.length); getView().set(encode(s), p); return p;\n}\n"
		"export function greet(s) {\n"
		"    const p = passString(s, wasm.__wbindgen_malloc_command_export, "
		"wasm.__wbindgen_realloc_command_export);\n"
		"    try { return wasm.greet_command_export(p); }\n"
		"    finally { wasm.__wbindgen_free_command_export(p, 1, 1); }\n}\n"
		"function addToExternrefTable0(obj) {\n"
		"    const idx = wasm.__externref_table_alloc_command_export();\n"
		"    wasm.__wbindgen_externrefs.set(idx, obj);\n    return idx;\n}\n"
		"function handleError(f, args) {\n    try {\n        return f.apply(this, args);\n"
		"    } catch (e) {\n        const idx = addToExternrefTable0(e);\n"
		"        wasm.__wbindgen_exn_store_command_export(idx);\n    }\n}\n"
		"export function __wbg_call_1() { return handleError(function (a) { return a(); }, "
		"arguments); }\n";
	static const struct form forms[] = {
		{glue, NULL, "} catch (e) {__rg.r(e);"},
		{glue, NULL, "function passString(s, malloc, realloc) {__rg.S.o++;try{"},
	};
	EXPECT_ALL(forms);
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *patch = patch_run(arena, patcher, STR("x.js"), STR(glue), &options);
	for (uint32_t i = 0; i < patch->entry_count; i++) {
		if (str_equal(patch->entries[i].name, STR("greet"))) {
			cr_assert(str_equal(patch->entries[i].wasm_export, STR("greet_command_export")));
		}
	}
	cr_assert_null(patch->diags.first, "%s", patch->diags.first->text.data);
}

/* A program of numbers calls none of wasm-bindgen's own exports: what is written around the exports tells it. */
Test(forms, glue_of_numbers_is_told_by_its_frame)
{
#define PLAIN "export function add(a, b) { return wasm.add(a, b); }\n"
#define MAKE \
	"let wasm = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports;\n"
	static const struct form forms[] = {
		{"let wasm;\nexport function __wbg_set_wasm(v) { wasm = v; }\n" PLAIN, NULL,
			"wasm = __rg.l(v,arguments[1]);"},
		{"import * as wasm from './x_bg.wasm';\n" PLAIN, NULL, "__rg.l("},
		{"const imports = {};\nimports['__wbindgen_placeholder__'] = {};\n" MAKE PLAIN, NULL,
			"add(a, b) {__rg.S.dead&&__rg.e();"},
		{"const imports = { './x_bg.js': {} };\n" MAKE PLAIN, NULL,
			"add(a, b) {__rg.S.dead&&__rg.e();"},
		{"const imports = __wbg_get_imports();\nfunction __wbg_get_imports() { return {}; }\n" MAKE
				PLAIN,
			NULL, "add(a, b) {__rg.S.dead&&__rg.e();"},
		{"const wasm = require('./x_bg');\nmodule.exports.add = function(a, b) { return "
		 "wasm.add(a, "
		 "b); };\n",
			NULL, "function(a, b) {__rg.S.dead&&__rg.e();"},
	};
	EXPECT_ALL(forms);

	/* nothing of wasm-bindgen's around; the file of whoever calls; which of two? */
	static const char *const others[] = {
		"// __wbindgen\nconst imports = {};\n" MAKE PLAIN,
		"// __wbindgen\nimport * as wasm from './x.wasm';\n" PLAIN,
		"import * as wasm from './x_bg.wasm';\nconsole.log(wasm.add(1, 2));\n",
		"const imports = __wbg_get_imports();\n" MAKE "wasm.run();\n",
		"const imports = __wbg_get_imports();\n" MAKE PLAIN
		"const b = new WebAssembly.Instance(m, imports).exports;\n"
		"export function sub(x) { return b.sub(x); }\n",
	};
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct patch *patch = patch_run(arena, patcher, STR("x.js"), str_from(others[i]), &options);
		cr_assert_eq(patch->verdict, VERDICT_SKIPPED, "%s", others[i]);
		cr_assert_null(patch->diags.first, "%s", others[i]);
	}
}
