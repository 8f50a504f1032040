/*
 * The pipeline in memory, on glue that no generator emits: odd bindings, odd forms, hostile input. What real glue does is
 * tested in ../recovery and ../packages.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "buf.h"
#include "least.h"
#include "seal.h"

TestSuite(patch, .init = patching_set_up, .fini = patching_tear_down);

static struct patch *run_with(const char *text, const struct patch_options *options)
{
	return patch_run(arena, patcher, STR("x.js"), str_from(text), options);
}

Test(patch, the_least_glue_is_patched)
{
	struct patch *patch = run(VIEW ADD LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_eq(patch->target, TARGET_NODEJS);
	cr_assert(str_equal(patch->exports_name, STR("wasm")));
	cr_assert_eq(patch->entry_count, 1);
	cr_assert(str_equal(patch->entries[0].name, STR("add")));
	cr_assert(str_equal(patch->entries[0].wasm_export, STR("add")));
	cr_assert(contains(patch, "function add(a, b) {__rg.S.dead&&__rg.e();"));
	cr_assert(
		contains(patch, "new WebAssembly.Instance(__rg.M(wasmModule), __rg.I(imports)).exports)"));
	cr_assert(contains(patch, "cachedUint8ArrayMemory0=null;"));
	cr_assert_null(patch->diags.first);
}

Test(patch, more_exports_than_one_object_should_have_go_into_several)
{
	const char *several = "size%1000===0";
	cr_assert(!contains(run(VIEW ADD LOADER), several));
	struct buf text = BUF_INIT;
	buf_add(&text, STR(VIEW ADD));
	for (int i = 0; i < 1000; i++) {
		buf_printf(&text, "exports.f%d = function(a) {\n    return wasm.f%d(a);\n};\n", i, i);
	}
	buf_add(&text, STR(LOADER));
	buf_add_byte(&text, '\0');
	struct patch *patch = run(buf_str(&text).data);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, several));
	buf_finish(&text);
}

Test(patch, a_second_run_changes_nothing_and_other_options_upgrade)
{
	struct patch *first = run(VIEW ADD LOADER);
	const char *once = arena_copy(arena, first->output).data;
	struct patch *second = run(once);
	cr_assert_eq(second->verdict, VERDICT_UNCHANGED);
	cr_assert(str_equal(second->original.bytes, STR(VIEW ADD LOADER)));
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.policy = "eager";
	struct patch *third = run_with(once, &options);
	cr_assert_eq(third->verdict, VERDICT_PATCHED);
	cr_assert(contains(third, "{p:\"eager\","));
	cr_assert_eq(run(arena_copy(arena, third->output).data)->verdict, VERDICT_PATCHED);
}

Test(patch, an_edit_since_is_refused)
{
	struct patch *first = run(VIEW ADD LOADER);
	char *edited = (char *)arena_copy(arena, first->output).data;
	*strstr(edited, "add(a, b)") = 'A';
	cr_assert_eq(run(edited)->verdict, VERDICT_REFUSED);
}

Test(patch, a_parameter_of_the_exports_name_is_not_the_exports)
{
	struct patch *patch =
		run(VIEW ADD "function inner(wasm) { return wasm; }\nexports.inner = inner;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "function inner(wasm) { return wasm; }"));
	cr_assert_eq(patch->entry_count, 1);
}

Test(patch, the_binding_is_followed_not_its_name)
{
	struct patch *patch =
		run("function f(){return q.f(q.memory.buffer)}exports.f=f;"
			"const m=new WebAssembly.Module(require('fs').readFileSync('x_bg.wasm')),"
			"q=new WebAssembly.Instance(m,{}).exports;q.__wbindgen_start();");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(str_equal(patch->exports_name, STR("q")));
	cr_assert(contains(patch, "function f(){__rg.S.dead&&__rg.e();return"));
}

Test(patch, a_taken_runtime_name_gets_a_number)
{
	struct patch *patch = run(VIEW ADD "const __rg = 1;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "function add(a, b) {__rg2.S.dead&&__rg2.e();"));
}

Test(patch, a_directive_keeps_its_place)
{
	struct patch *patch =
		run("'use strict';\n" VIEW
			"function f() { 'use strict'; return wasm.f(); }\nexports.f = f;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "{ 'use strict';__rg.S.dead&&__rg.e();"));
	cr_assert(str_starts(patch->output, STR("'use strict';\n")));
}

Test(patch, an_arrow_without_a_block_is_hooked_inside_its_expression)
{
	struct patch *patch = run(VIEW "exports.g = x => wasm.g(x);\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "x => (__rg.S.dead&&__rg.e(),wasm.g(x));"));
}

#define HOOKED "=>{const s=S,x=X,u=s.depth;s.depth=u+1;try{"
#define TESTED "=>{const s=S,x=X;if(s.dead&&s.n(x))return;const u=s.depth;s.depth=u+1;try{"
#define FLAT "=>{const s=S,x=X;if(s.dead&&s.n(x))return;const v=x.f;let r;try{r=v("

/* What the wrapper of wasm.f looks like in glue with this function, which the glue exports. */
static bool wraps(const char *function, const char *wrapper)
{
	struct buf text = BUF_INIT;
	buf_printf(&text, "%s%s\nexports.g = g;\n%s", VIEW, function, LOADER);
	buf_add_byte(&text, '\0');
	struct patch *patch = run((const char *)text.data);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	bool found = contains(patch, wrapper);
	buf_finish(&text);
	return found;
}

Test(patch, a_wrapper_called_right_after_the_hook_tests_nothing)
{
	cr_assert(wraps("function g(a) { return wasm.f(a); }", "f:(X,S)=>a" HOOKED));
	cr_assert(wraps("function isLikeNone(x) { return x === undefined; }\n"
					"function g(a, b) { const r = wasm.f(isLikeNone(a) ? 0 : a, !b); return r; }",
		"f:(X,S)=>(a,b)" HOOKED));
	cr_assert(wraps(
		"function g(a) { try { const p = wasm.__wbindgen_add_to_stack_pointer(-16); wasm.f(p, a); }"
		" finally { wasm.__wbindgen_add_to_stack_pointer(16); } }",
		"f:(X,S)=>(a,b)" HOOKED));
}

Test(patch, a_wrapper_called_after_code_of_users_tests)
{
	static const char *const functions[] = {
		"function g(a) { return wasm.f(a.x); }",
		"function g(a) { return wasm.f(-a); }",
		"function g(a) { return wasm.f(a + 1); }",
		"function g(a) { return wasm.f(a[0]); }",
		"function g(a) { return wasm.f(`${a}`); }",
		"function g(a) { return wasm.f(Number(a)); }",
		"function isLikeNone(x) { return x; }\nfunction g(isLikeNone) { return "
		"wasm.f(isLikeNone(1)); }",
		"function g(a) { const h = () => wasm.f(a); return h(); }",
		"function g(a) { wasm.e(a); return wasm.f(a); }",
		"function g(a) { return wasm.f(wasm.e(a)); }",
		"function g(a) { try { wasm.e(a); } finally { wasm.f(a); } }",
		"function g(a) { for (;;) { wasm.f(a); } }",
		"exports.__wbg_e = function(a) { return wasm.f(a); };\nfunction g(a) { return wasm.f(a); }",
	};
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		cr_assert(wraps(functions[i], "f:(X,S)=>a" TESTED), "%s", functions[i]);
	}
	cr_assert(wraps("function g(a) { return a ? wasm.f(a) : wasm.f(a); }", "f:(X,S)=>a" TESTED));
	struct str excluded = STR("g");
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.exclude = &excluded;
	options.exclude_count = 1;
	cr_assert(contains(
		run_with(VIEW "exports.g = a => wasm.f(a);\n" ADD LOADER, &options), "f:(X,S)=>a" TESTED));
}

Test(patch, a_wrapper_that_only_marshalling_calls_keeps_no_depth)
{
#define PASS \
	"function pass(text, malloc, realloc) {\n    if (realloc === undefined) { return malloc(1); " \
	"}\n"
	cr_assert(wraps(PASS "    return malloc(text.length);\n}\n"
						 "function g(a) { return wasm.h(pass(a, wasm.f)); }",
		"f:(X,S)=>a" FLAT));
	cr_assert(wraps(PASS "    return other(text, malloc);\n}\n"
						 "function other(text, malloc) { return malloc(text.length); }\n"
						 "function g(a) { return wasm.h(pass(a, wasm.f)); }",
		"f:(X,S)=>a" FLAT));
	/* called elsewhere as well */
	cr_assert(wraps(PASS "    return malloc(text.length);\n}\n"
						 "function g(a) { return wasm.f(pass(a, wasm.f)); }",
		"f:(X,S)=>a" TESTED));
	/* kept, so nobody knows who calls it with what */
	cr_assert(!wraps(PASS "    kept = malloc;\n    return malloc(text.length);\n}\nlet kept;\n"
						  "function g(a) { return wasm.h(pass(a, wasm.f)); }",
		"f:(X,S)=>"));
#undef PASS
}

/* Code of users runs in a helper of texts only when what it is given is none. */
Test(patch, helpers_of_texts_count_as_depth_for_other_things_only)
{
	static const char always[] = "{__rg.S.o++;try{";
	static const struct {
		const char *helper, *inserted;
	} cases[] = {
		{"function pass(t, malloc, realloc) {\n    if (realloc === undefined) { return malloc(1); "
		 "}\n"
		 "    t.charCodeAt(0);\n    return realloc(malloc(t.length), 1);\n}\n",
			"{if(typeof t!=\"string\"&&!__rg.S.o)return __rg.y(pass,[t, malloc, realloc]);"},
		{"function pass(t, malloc) {\n    return malloc(encoder.encode(t).length);\n}\n",
			"{if(typeof t!=\"string\"&&!__rg.S.o)return __rg.y(pass,[t, malloc]);"},
		{"function pass(t, malloc) {\n    return malloc(t.length);\n}\n", always},
		{"function pass(t, malloc, u) {\n    t.charCodeAt(u.length);\n    return malloc(1);\n}\n",
			always},
		{"function pass(t, malloc, ...u) {\n    t.charCodeAt(0);\n    return malloc(1);\n}\n",
			always},
		{"function pass(t, malloc) {\n    const pass = 1;\n    t.charCodeAt(pass);\n    return "
		 "malloc(1);\n}\n",
			always},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s%s%s", VIEW, cases[i].helper,
			"const encoder = new TextEncoder();\n"
			"exports.g = a => wasm.h(pass(a, wasm.f, wasm.f));\n" LOADER);
		buf_add_byte(&text, '\0');
		cr_assert(contains(run(text.data), cases[i].inserted), "%s", cases[i].helper);
		buf_finish(&text);
	}
}

Test(patch, class_members_arguments_and_finalizers)
{
	struct patch *patch = run(VIEW
		"const PFinalization = new FinalizationRegistry(ptr => wasm.__wbg_p_free(ptr >>> 0, 1));\n"
		"class P {\n"
		"    __destroy_into_raw() {\n        const ptr = this.__wbg_ptr;\n"
		"        this.__wbg_ptr = 0;\n        PFinalization.unregister(this);\n"
		"        return ptr;\n    }\n"
		"    free() {\n        const ptr = this.__destroy_into_raw();\n"
		"        wasm.__wbg_p_free(ptr, 0);\n    }\n"
		"    constructor() {\n        const ret = wasm.p_new();\n"
		"        this.__wbg_ptr = ret >>> 0;\n"
		"        PFinalization.register(this, this.__wbg_ptr, this);\n        return this;\n    }\n"
		"    merge(other) {\n        var ptr0 = other.__destroy_into_raw();\n"
		"        wasm.p_merge(this.__wbg_ptr, ptr0);\n    }\n"
		"    get size() { return wasm.p_size(this.__wbg_ptr); }\n"
		"    static make() { return wasm.p_make(); }\n"
		"}\nexports.P = P;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(
		patch, "free() {if(__rg.S.g!==void 0&&this[__rg.K]!==__rg.S.g&&__rg.f(this))return;"));
	cr_assert(contains(patch, "constructor() {__rg.S.dead&&__rg.e();"));
	cr_assert(
		contains(patch, "this.__wbg_ptr = ret >>> 0,__rg.S.stamp&&(this[__rg.K]=__rg.S.stamp);"));
	cr_assert(contains(patch, "register(this, __rg.h(this.__wbg_ptr), this)"));
	cr_assert(contains(patch, "FinalizationRegistry(__rg.F(ptr =>"));
	cr_assert(
		contains(patch, "merge(other) {this[__rg.K]!==__rg.S.g&&__rg.t(this);"
						"__rg.S.g!==void 0&&other&&other[__rg.K]!==__rg.S.g&&__rg.c(other);"));
	cr_assert(contains(patch, "get size() {this[__rg.K]!==__rg.S.g&&__rg.t(this);"));
	cr_assert(contains(patch, "static make() {__rg.S.dead&&__rg.e();"));
	cr_assert(contains(patch, "this.__wbg_ptr = 0;"), "moving out is no stamp");
	cr_assert(!contains(patch, "__destroy_into_raw() {__rg"));
	cr_assert_null(patch->diags.first);
}

/* Since 0.2.121 classes may extend others: their objects have a pointer for each, and methods read the one of their own class. */
Test(patch, pointers_to_the_parts_of_ancestors)
{
	struct patch *patch = run(
		VIEW "const DogFinalization = new FinalizationRegistry(\n"
			 "    ({ __wbg_ptr_Dog }) => wasm.__wbg_dog_free(__wbg_ptr_Dog, 1));\n"
			 "class Dog {\n"
			 "    __destroy_into_raw() {\n        const ptr = this.__wbg_ptr;\n"
			 "        this.__wbg_ptr = 0;\n        this.__wbg_ptr_Dog = 0;\n"
			 "        DogFinalization.unregister(this);\n        return ptr;\n    }\n"
			 "    free() {\n"
			 "        if (this.__wbg_ptr !== this.__wbg_ptr_Dog) { throw new TypeError('Dog'); }\n"
			 "        const ptr = this.__destroy_into_raw();\n"
			 "        wasm.__wbg_dog_free(ptr, 0);\n    }\n"
			 "    constructor() {\n        const ret = wasm.dog_new();\n"
			 "        this.__wbg_ptr = ret >>> 0;\n        this.__wbg_ptr_Dog = ret >>> 0;\n"
			 "        DogFinalization.register(this, { __wbg_ptr_Dog: ret >>> 0 }, this);\n"
			 "        return this;\n    }\n"
			 "    sit(other) { return wasm.dog_sit(this.__wbg_ptr_Dog, other.__wbg_ptr_Dog); }\n"
			 "}\nexports.Dog = Dog;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_null(patch->diags.first);
	cr_assert(contains(
		patch, "free() {if(__rg.S.g!==void 0&&this[__rg.K]!==__rg.S.g&&__rg.f(this))return;"));
	cr_assert(
		contains(patch, "this.__wbg_ptr = ret >>> 0,__rg.S.stamp&&(this[__rg.K]=__rg.S.stamp);"));
	cr_assert(contains(patch, "this.__wbg_ptr_Dog = ret >>> 0;"), "one stamp for an object");
	cr_assert(contains(patch, "register(this, __rg.h({ __wbg_ptr_Dog: ret >>> 0 }), this)"));
	cr_assert(
		contains(patch, "sit(other) {this[__rg.K]!==__rg.S.g&&__rg.t(this);"
						"__rg.S.g!==void 0&&other&&other[__rg.K]!==__rg.S.g&&__rg.c(other);"));
}

Test(patch, an_excluded_export_is_reported_and_left_alone)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct str names[] = {STR("add")};
	options.exclude = names;
	options.exclude_count = 1;
	struct patch *patch = run_with(VIEW ADD LOADER, &options);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(!patch->entries[0].guarded);
	cr_assert_not_null(patch->entries[0].why_not);
	cr_assert(contains(patch, "function add(a, b) {\n"));
}

Test(patch, state_is_found_by_use)
{
	struct patch *patch =
		run(VIEW "const slots = new Array(8).fill(undefined);\nslots.push(undefined, null);\n"
				 "let next = slots.length;\n"
				 "function put(o) { const i = next; next = slots[i]; slots[i] = o; return i; }\n"
				 "let clicks = 0;\nfunction click() { clicks++; }\nexports.click = click;\n"
				 "function f(o) { return wasm.f(put(o)); }\nexports.f = f;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "slots.length=0;slots.length=8;slots.fill(undefined);"
							  "slots.push(undefined, null);next=slots.length;"));
	cr_assert(!contains(patch, "clicks=0;"), "a wrapper's own counter is not glue state");
}

Test(patch, an_import_inside_a_helper_is_a_shim_too)
{
	/* 0.2.63 with --debug: every import is `logError(function…)` */
	struct patch *patch = run(VIEW ADD
		"function logError(f) { return function () { return f.apply(this, arguments); }; }\n"
		"exports.__wbg_setTimeout_725239b9 = logError(function(arg0, arg1) {\n"
		"    var ret = setTimeout(getObject(arg0), arg1);\n    return addHeapObject(ret);\n});\n"
		"exports.__wbg_queueMicrotask_5a = typeof queueMicrotask == 'function' ? queueMicrotask : "
		"null;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "setTimeout(__rg.w(getObject(arg0)), __rg.w(arg1))"));
	cr_assert(contains(patch, "_725239b9 = logError(function"));
	cr_assert(contains(patch, "_5a = __rg.W(typeof queueMicrotask"));

	/* for bundlers */
	patch = run(
		VIEW ADD "const __wbg_setTimeout_6b = function(arg0, arg1) { setTimeout(arg0, arg1); };\n"
				 "const __wbg_queueMicrotask_7c = typeof queueMicrotask == 'function' ? "
				 "queueMicrotask : null;\n" LOADER);
	cr_assert(contains(patch, "setTimeout(__rg.w(arg0), __rg.w(arg1))"));
	cr_assert(contains(patch, "_7c = __rg.W(typeof queueMicrotask"));
}

Test(patch, upstreams_first_reset_machinery_is_joined)
{
	/* 0.2.102 to 0.2.115: no guard yet, and nothing that Rust could schedule */
	struct patch *patch =
		run(VIEW ADD "let __wbg_instance_id = 0;\n"
					 "function __wbg_reset_state() {\n    __wbg_instance_id++;\n"
					 "    const wasmInstance = new WebAssembly.Instance(wasmModule, imports);\n"
					 "    wasm = wasmInstance.exports;\n    wasm.__wbindgen_start();\n}\n"
					 "exports.__wbg_reset_state = __wbg_reset_state;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "function __wbg_reset_state() {return __rg.api.reinit();"));
	cr_assert(contains(patch, "__wbg_instance_id++;}"), "the reset function counts it up as well");
	cr_assert(contains(patch, "function add(a, b) {__rg.S.dead&&__rg.e();"));
}

Test(patch, the_module_is_seen_where_a_minifier_dropped_it)
{
	struct patch *patch = run(VIEW ADD "let wasm;\n"
									   "function finish(instance, module) { return wasm = "
									   "instance.exports, wasm.__wbindgen_start(), wasm; }\n"
									   "async function load(module, imports) { return await "
									   "WebAssembly.instantiate(module, imports); }\n"
									   "async function init(bytes) { const { instance } = await "
									   "load(await bytes, imports); return finish(instance); }\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(
		contains(patch, "WebAssembly.instantiate(__rg.M(module), __rg.I(imports)).then(__rg.N)"));
}

Test(patch, a_view_that_is_read_without_asking_is_made_at_once)
{
	struct patch *patch = run("let view;\n"
							  "function getView() { if (view.byteLength === 0) { view = new "
							  "Uint8Array(wasm.memory.buffer); } return view; }\n" ADD LOADER
							  "view = new Uint8Array(wasm.memory.buffer);\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "r(){view=new Uint8Array(wasm.memory.buffer);}}"));
}

Test(patch, an_unknown_form_is_named_where_it_differs)
{
	struct patch *patch = run(
		"let cached = null;\nfunction view() {\n    if (cached === null || cached.byteLength == 0) "
		"{\n"
		"        cached = new Uint8Array(wasm.memory.buffer);\n    }\n    return cached;\n}\n" ADD
			LOADER);
	const struct diag *diag = find_code(patch, "near-miss");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_not_null(diag);
	struct position position = source_position(arena, &patch->original, diag->offset);
	cr_assert_eq(position.line, 3);
	cr_assert(
		str_find(diag->text, STR("the known form has `$cache.byteLength === 0` here, and this "
								 "has `cached.byteLength == 0`")) != (size_t)-1,
		"%s", diag->text.data);
}

Test(patch, a_form_that_ends_early_or_goes_on_is_named_as_such)
{
	struct patch *patch =
		run("let cached = null;\nfunction view() {\n    if (cached === null || cached.byteLength "
			"=== 0) {\n"
			"        cached = new Uint8Array(wasm.memory.buffer);\n        seen(cached);\n    }\n"
			"    return cached;\n}\n" ADD LOADER);
	const struct diag *diag = find_code(patch, "near-miss");
	cr_assert_not_null(diag);
	cr_assert(
		str_find(diag->text, STR("has nothing here, and this has `seen(cached);`")) != (size_t)-1,
		"%s", diag->text.data);
}

Test(patch, an_unknown_export_of_wasm_bindgens_own_is_noted)
{
	struct patch *patch = run(VIEW ADD "function f() { wasm.__wbindgen_new_thing(); }\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_not_null(find_code(patch, "unknown-export"));
	/* wasm-bindgen-test's, in a package built with its tests */
	patch = run(VIEW ADD "function f() { wasm.__wbgtest_console_log(1, 2); }\n" LOADER);
	cr_assert_null(find_code(patch, "unknown-export"));
}

Test(patch, classes_that_a_compiler_made_functions_of)
{
	struct patch *patch = run(VIEW ADD
		"var Hash = (function () {\n"
		"function Hash(v) { return Hash.__wrap(wasm.hash_new(v)); }\n"
		"Hash.__wrap = function (ptr) { var obj = Object.create(Hash.prototype); obj.ptr = ptr; "
		"return obj; };\n"
		"Hash.prototype.__destroy_into_raw = function () { var ptr = this.ptr; this.ptr = 0; "
		"return ptr; };\n"
		"Hash.prototype.free = function () { wasm.__wbg_hash_free(this.__destroy_into_raw()); };\n"
		"Hash.prototype.equals = function (other) { return wasm.hash_equals(this.ptr, other.ptr); "
		"};\n"
		"Hash.of = function (v) { return Hash.__wrap(wasm.hash_of(v)); };\n"
		"Object.defineProperty(Hash.prototype, 'size', { get: function () { return "
		"wasm.hash_size(this.ptr); } });\n"
		"return Hash; }());\nexports.Hash = Hash;\n"
		"var Box = function () { function Box() { _check(this, Box); }\n"
		"return _createClass(Box, [{ key: 'free', value: function free() { "
		"wasm.__wbg_box_free(this.ptr); } },\n"
		"{ key: 'open', value: function open() { wasm.box_open(this.ptr); } }],\n"
		"[{ key: '__wrap', value: function __wrap(p) { var o = Object.create(Box.prototype); "
		"return o.ptr = p, o; } }]); }();\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "function Hash(v) {__rg.S.dead&&__rg.e();"));
	cr_assert(contains(patch, "obj.ptr = ptr,__rg.S.stamp&&(obj[__rg.K]=__rg.S.stamp);"));
	cr_assert(contains(patch, "Hash.prototype.free = function () {if(__rg.S.g!==void "
							  "0&&this[__rg.K]!==__rg.S.g&&__rg.f(this))return;"));
	cr_assert(
		contains(patch, "function (other) {this[__rg.K]!==__rg.S.g&&__rg.t(this);"
						"__rg.S.g!==void 0&&other&&other[__rg.K]!==__rg.S.g&&__rg.c(other);"));
	cr_assert(contains(patch, "Hash.of = function (v) {__rg.S.dead&&__rg.e();"));
	cr_assert(contains(patch, "get: function () {this[__rg.K]!==__rg.S.g&&__rg.t(this);"));
	cr_assert(contains(patch,
		"function free() {if(__rg.S.g!==void 0&&this[__rg.K]!==__rg.S.g&&__rg.f(this))return;"));
	cr_assert(contains(patch, "function open() {this[__rg.K]!==__rg.S.g&&__rg.t(this);"));
	cr_assert(contains(patch, "return __rg.o(o.ptr = p,o), o;"));
	cr_assert(contains(patch, "d:()=>[Hash,Box],"));
}

/* The constructor among the arguments, which others than compilers have, too: a function and a list. */
Test(patch, classes_whose_constructor_is_an_argument)
{
	struct patch *patch = run(VIEW ADD
		"var l = exports.Box = function () { return _createClass(function n(v) { _check(this, n);\n"
		"this.__wbg_ptr = wasm.box_new(v); }, [{ key: 'free', value: function () { "
		"wasm.__wbg_box_free(this.__wbg_ptr); } },\n"
		"{ key: 'open', value: function () { wasm.box_open(this.__wbg_ptr); } }],\n"
		"[{ key: 'of', value: function (v) { return l.__wrap(wasm.box_of(v)); } }]); }();\n"
		"var m = _createClass(function () {}, [{ key: 'free', value: function () { "
		"wasm.__wbg_mug_free(this.__wbg_ptr); } }], [{ key: '__wrap', value: function (p) { "
		"var o = Object.create(m.prototype); o.__wbg_ptr = p; return o; } }]);\n"
		"exports.use = function () { useEffect(function (v) { other.ptr = 1 + v; "
		"}, [{ at: wasm.add(1, 2) }]); };\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "function n(v) {__rg.S.dead&&__rg.e();"));
	cr_assert(contains(patch, "this.__wbg_ptr = wasm.box_new(v),"));
	cr_assert(contains(patch, "__rg.S.stamp&&(this[__rg.K]=__rg.S.stamp);"));
	cr_assert(contains(patch, "function () {this[__rg.K]!==__rg.S.g&&__rg.t(this);"));
	cr_assert(contains(patch, "function (v) {__rg.S.dead&&__rg.e(); return l.__wrap("));
	cr_assert(contains(patch, "o.__wbg_ptr = p,__rg.S.stamp&&(o[__rg.K]=__rg.S.stamp);"));
	cr_assert(contains(patch, "useEffect(function (v) { other.ptr = 1 + v; }"));
	cr_assert(contains(patch, "d:()=>[l,m],"));
}

/* Babel without its helpers ("loose"), Closure; and what nobody knows for a class. */
Test(patch, members_that_get_onto_a_prototype_by_detours)
{
	struct patch *patch = run(
		VIEW ADD "var Box = function () { function Box() {} var _proto = Box.prototype;\n"
				 "_proto.free = function free() { wasm.__wbg_box_free(this.__wbg_ptr); };\n"
				 "_proto.open = function open() { wasm.box_open(this.__wbg_ptr); };\n"
				 "_defineAccessor('get', _proto, 'size', function () { return "
				 "wasm.__wbg_get_box_size(this.__wbg_ptr); });\nreturn Box; }();\n"
				 "var Mug = function () {};\nMug.prototype.free = function () { var p = "
				 "this.__destroy_into_raw(); "
				 "wasm.__wbg_mug_free(p); };\n"
				 "Object.defineProperties(Mug.prototype, { full: { get: function () { return "
				 "wasm.__wbg_get_mug_full(this.__wbg_ptr); } } });\n"
				 "var members = { pour: function (v) { wasm.pot_pour(this.__wbg_ptr, v); }, fill: "
				 "function (v) { "
				 "wasm.__wbg_set_pot_full(this.__wbg_ptr, v); }, free: function () { "
				 "wasm.__wbg_pot_free(this.__destroy_into_raw()); } };\nfor (var k in members) { "
				 "Pot.prototype[k] = members[k]; }\n" LOADER);
	static const char *const hooked[] = {"free() {if(", "open() {this[",
		"'size', function () {this[", "Mug.prototype.free = function () {if(",
		"get: function () {this[", "pour: function (v) {this[", "fill: function (v) {this[",
		"free: function () {if("};
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	for (size_t i = 0; i < sizeof(hooked) / sizeof(*hooked); i++) {
		cr_assert(contains(patch, hooked[i]), "%s", hooked[i]);
	}
	cr_assert_not(contains(patch, "__rg.e();this["), "two hooks in one function");
	cr_assert_eq(patch->entry_count, 9);
}

Test(patch, objects_that_get_their_pointer_outside_of_their_class)
{
	struct patch *patch = run(VIEW ADD "function twice(v) { var o = Object.create(P); o.__wbg_ptr "
									   "= wasm.box_twice(v); return o; }\n"
									   "function other(o, v) { o.__wbg_ptr = v; }\n"
									   "exports.twice = twice;\n" LOADER);
	cr_assert(contains(patch, "wasm.box_twice(v),__rg.S.stamp&&(o[__rg.K]=__rg.S.stamp);"));
	cr_assert(contains(patch, "{ o.__wbg_ptr = v; }"));
}

/* Deep nesting must cost neither the stack nor the patience. */
Test(patch, hostile_nesting_is_survived, .timeout = 60)
{
	enum { DEPTH = 100000 };
	static const char *const pairs[][2] = {
		{"(", ")"}, {"[", "]"}, {"{", "}"}, {"f(", ")"}, {"!", ""}};
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s", VIEW ADD LOADER "x=");
		for (int d = 0; d < DEPTH; d++) {
			buf_add(&text, str_from(pairs[i][0]));
		}
		buf_add(&text, STR("1"));
		for (int d = 0; d < DEPTH; d++) {
			buf_add(&text, str_from(pairs[i][1]));
		}
		buf_add_byte(&text, '\0');
		struct patch *patch = run(text.data);
		cr_assert(patch->verdict == VERDICT_PATCHED || patch->verdict == VERDICT_REFUSED);
		buf_finish(&text);
	}
}

/* Each token of a glue dropped in turn: patched and intact, or refused; never a crash. */
Test(patch, every_token_dropped_in_turn, .timeout = 120)
{
	const char *whole = VIEW ADD LOADER;
	size_t len = strlen(whole);
	for (size_t at = 0; at < len; at++) {
		char *text = (char *)arena_copy(arena, str_from(whole)).data;
		memmove(text + at, text + at + 1, len - at);
		struct patch *patch = run(text);
		if (patch->verdict == VERDICT_PATCHED) {
			struct seal seal;
			struct diags diags = {0};
			cr_assert_eq(seal_read(arena, patch->output, &seal, &diags), SEAL_GOOD);
			cr_assert(str_equal(seal.original, str_from(text)));
		} else {
			cr_assert_eq(patch->output.len, 0);
		}
	}
}
