/*
 * What is glue and what is not, in memory: what is refused by name, what only looks like glue, several glues in one file.
 */
#include <criterion/criterion.h>

#include "buf.h"
#include "least.h"

TestSuite(recognition, .init = patching_set_up, .fini = patching_tear_down);

/* Refused by this code, at the place where `at` stands in the text, with nothing to write. */
static void expect_refusal(const char *text, const char *code, const char *at)
{
	struct patch *patch = run(text);
	const struct diag *diag = find_code(patch, code);
	cr_assert_eq(
		patch->verdict, VERDICT_REFUSED, "%s: verdict %s", code, verdict_name(patch->verdict));
	cr_assert_not_null(diag, "no diagnostic %s, but %s", code,
		patch->diags.first == NULL ? "none" : patch->diags.first->code);
	cr_assert_eq(patch->output.len, 0);
	if (at != NULL) {
		size_t offset = str_find(str_from(text), str_from(at));
		cr_assert_neq(offset, (size_t)-1);
		cr_assert_eq(diag->offset, offset, "%s: at %u, not at %zu", code, diag->offset, offset);
	}
}

Test(recognition, a_memory_that_rust_makes_for_itself_is_not_imported)
{
	static const char *const shims[] = {
		"imports.__wbg_new_1f = function(arg0) { return new WebAssembly.Memory(heap[arg0]); };",
		"imports.__wbg_new_1f = function() { return handleError(function (arg0) {\n"
		"    const ret = new WebAssembly.Memory(arg0);\n    return ret;\n}, arguments); };",
	};
	for (size_t i = 0; i < 2; i++) {
		struct buf text = BUF_INIT;
		buf_printf(&text, "%s%s%s", VIEW ADD, shims[i], LOADER);
		buf_add_byte(&text, '\0');
		cr_assert_eq(run(text.data)->verdict, VERDICT_PATCHED, "%s", shims[i]);
		buf_finish(&text);
	}
	expect_refusal(VIEW ADD "const limits = {initial:1};\n"
							"imports.memory = new WebAssembly.Memory(limits);" LOADER,
		"imported-memory", "new WebAssembly.Memory");
}

Test(recognition, what_cannot_be_made_safe_is_refused_by_name)
{
	expect_refusal(VIEW ADD
		"imports.m = new WebAssembly.Memory({initial:1,maximum:2,shared:true});" LOADER,
		"shared-memory", "new WebAssembly.Memory");
	expect_refusal(VIEW ADD "imports.m = new WebAssembly.Memory({initial:1});" LOADER,
		"imported-memory", "new WebAssembly.Memory");
	expect_refusal(VIEW ADD "imports.s = new WebAssembly.Suspending(f);" LOADER, "jspi",
		"WebAssembly.Suspending");
	expect_refusal(VIEW ADD "function z() { wasm.asyncify_start_unwind(0); }" LOADER, "asyncify",
		"wasm.asyncify_start_unwind");
	expect_refusal(VIEW ADD "imports.env = require('env');" LOADER, "host-shim", "'env'");
	expect_refusal(VIEW ADD "function get_imports() { const all = {}; all.wbg = {}; "
							"all['wasi_snapshot_preview1'] = wasi.wasiImport; return all; }" LOADER,
		"host-shim", "all['wasi_snapshot_preview1']");
	expect_refusal(VIEW ADD "function get_imports() { const all = { './x_bg.js': f }; "
							"all.env = shim; return all; }" LOADER,
		"host-shim", "all.env");
	expect_refusal(VIEW ADD
		"const all = { './x_bg.js': imports, 'wasi_snapshot_preview1': shim };" LOADER,
		"host-shim", "'wasi_snapshot_preview1'");
	expect_refusal(VIEW ADD "function drop(p) { wasm.uniffi_app_fn_free_document(p); }" LOADER,
		"raw-pointers", "wasm.uniffi_app_fn_free_document");
	expect_refusal(VIEW ADD LOADER "keep(wasm);", "exports-handed-out", "wasm);");
	expect_refusal(VIEW ADD LOADER
		"class Profile { static #r; constructor() { Profile.#r ||= new FinalizationRegistry(add); "
		"} }\n"
		"function load() { const profile = new Profile(); cache(profile); }",
		"finalizer", "new FinalizationRegistry(add)");
	expect_refusal(VIEW ADD LOADER "wasm.add = 1;", "exports-write", "wasm.add = 1");
	expect_refusal(VIEW ADD LOADER "wasm = other();", "exports-binding", "other()");
	expect_refusal(VIEW ADD LOADER "const i2 = new WebAssembly.Instance(wasmModule, {}).exports;",
		"exports-use", "new WebAssembly.Instance(wasmModule, {})");
	expect_refusal(VIEW ADD LOADER "function r() { __wbg_reset_state(); }", "upstream-guard",
		"__wbg_reset_state");
	expect_refusal(
		"var r = asmFunc({});\nexports.memory = r.memory; // __wbindgen_", "asmjs", "asmFunc");
	expect_refusal("const init = () => wasmExports['__wbindgen_start']();", "emscripten",
		"wasmExports['__wbindgen_start']");
	expect_refusal("let wasm = load(); wasm.__wbindgen_start();", "unknown-glue", "load()");
	expect_refusal(
		"let wasm;\nfunction f() { wasm.__wbindgen_start(); }\nf(wasm = adopted(instance));",
		"unknown-glue", "adopted(instance)");
	expect_refusal("class G { static wasm; }\nfunction f() { G.wasm.__wbindgen_malloc(1); }\n"
				   "G.wasm = new WebAssembly.Instance(m, {}).exports;",
		"unknown-glue", "G.wasm = ");
	expect_refusal(
		"export const f = (wasm) => wasm.__wbindgen_start();", "unknown-glue", "wasm) =>");
}

Test(recognition, an_instance_of_another_program_is_not_the_glues)
{
	const char *others[] = {
		"const maths = { Math: { sin: Math.sin } };\n"
		"run(new WebAssembly.Instance(new WebAssembly.Module(bytes), maths).exports);",
		"run(new WebAssembly.Instance(compiled, { 'env': { f } }).exports);",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const char *text = arena_printf(arena, "%s%s", VIEW ADD LOADER, others[i]).data;
		struct patch *patch = run(text);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s", others[i]);
		cr_assert(contains(patch, others[i]), "%s", others[i]);
	}
	const char *unknown[] = {
		"run(new WebAssembly.Instance(compiled, {}).exports);",
		"run(new WebAssembly.Instance(compiled).exports);",
		"run(new WebAssembly.Instance(compiled, { Math, ...imports }).exports);",
		"run(new WebAssembly.Instance(compiled, { Math, [k]: m }).exports);",
		"const l = { Math };\nfill(l);\nrun(new WebAssembly.Instance(compiled, l).exports);",
		"const l = { Math };\nl[k] = m;\nrun(new WebAssembly.Instance(compiled, l).exports);",
		"let l = { Math };\nl = imports;\nrun(new WebAssembly.Instance(compiled, l).exports);",
		"run(new WebAssembly.Instance(compiled, list()).exports);",
		"run(new WebAssembly.Instance(compiled, imports).exports);",
	};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		expect_refusal(arena_printf(arena, "%s%s", VIEW ADD LOADER, unknown[i]).data, "exports-use",
			"new WebAssembly.Instance(compiled");
	}
}

/* A body and a loader written by hand, which a bundler has put into one file: the loader's variable may only hand over. */
Test(recognition, the_variable_of_a_loader_is_no_second_glue)
{
#define HANDED \
	"let wasm;\nfunction set(v) { wasm = v; }\n" VIEW \
	"export function add(a, b) { return wasm.add(a, b); }\n" \
	"function drop(p) { wasm.__wbindgen_free(p, 1); }\n"
#define MADE \
	" = (await WebAssembly.instantiate(bytes, { './x_bg.js': { add } })).instance.exports;\n"
	const char *loaders[] = {
		"let raw;\nexport async function init() {\n    raw" MADE
		"    set(raw), raw.__wbindgen_start && raw.__wbindgen_start();\n}\n",
		"export async function init() {\n    const raw" MADE
		"    set(raw);\n    raw.__wbindgen_start();\n}\n",
	};
	for (size_t i = 0; i < sizeof(loaders) / sizeof(*loaders); i++) {
		struct patch *patch = run(arena_printf(arena, "%s%s", HANDED, loaders[i]).data);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s", loaders[i]);
		cr_assert_eq(patch->module, MODULE_SEEN, "%s", loaders[i]);
		cr_assert(str_equal(patch->exports_name, STR("wasm")));
	}
	struct patch *minified = run("let wasm;\nconst set = v => { wasm = v; };\n" VIEW
								 "export function add(a, b) { return wasm.add(a, b); }\n"
								 "export async function init() {\n    const raw" MADE
								 "    set(raw);\n    raw.__wbindgen_start();\n}\n");
	cr_assert_eq(minified->verdict, VERDICT_PATCHED);
	const char *leaks[] = {
		"export let raw;\nexport async function init() {\n    raw" MADE
		"    set(raw);\n    raw.__wbindgen_start();\n}\n",
		"let raw;\nexport { raw };\nexport async function init() {\n    raw" MADE
		"    set(raw);\n    raw.__wbindgen_start();\n}\n",
		"export async function init() {\n    const raw" MADE
		"    set(raw);\n    raw.__wbindgen_start();\n    keep(raw);\n}\n",
	};
	for (size_t i = 0; i < sizeof(leaks) / sizeof(*leaks); i++) {
		struct patch *patch = run(arena_printf(arena, "%s%s", HANDED, leaks[i]).data);
		cr_assert_eq(patch->verdict, VERDICT_REFUSED, "%s", leaks[i]);
		cr_assert_not_null(find_code(patch, "exports-handed-out"), "%s", leaks[i]);
	}
}

/* Of another wasm in the bundle, the raw pointers that its users keep would be of the dead instance after a recovery. */
Test(recognition, the_memory_of_another_program_is_not_the_glues)
{
#define FREE "function drop(p) { wasm.__wbindgen_free(p, 1); }\n"
	const char *others[] = {
		"let raw = null;\nload().then(r => { raw = r; });\n"
		"function update(p) { new Uint8Array(raw.memory.buffer); raw.update(p); }\n",
		"let raw;\nasync function start() {\n"
		"    raw = (await WebAssembly.instantiate(bytes, { env: {} })).instance.exports;\n}\n"
		"function update(p) { new Uint8Array(raw.memory.buffer); raw.update(p); }\n",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct patch *patch =
			run(arena_printf(arena, "%s%s", VIEW ADD FREE LOADER, others[i]).data);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s", others[i]);
		cr_assert(str_equal(patch->exports_name, STR("wasm")), "%s", others[i]);
		cr_assert(contains(patch, others[i]));
	}
	/* glue that needs no allocator, which a bundler has put beside another */
	const char *numbers =
		"let raw;\nfunction view() { return new Uint8Array(raw.memory.buffer); }\n"
		"function text(p, n) { return decode(view().subarray(p, p + n)); }\n"
		"async function start() {\n    const imports = { wbg: {} };\n"
		"    imports.wbg.__wbindgen_throw = function (p, n) { throw new Error(text(p, n)); };\n"
		"    raw = (await WebAssembly.instantiate(bytes, imports)).instance.exports;\n}\n"
		"exports.twice = function (a) { return raw.twice(a); };\n";
	struct patch *patch = run(arena_printf(arena, "%s%s", VIEW ADD FREE LOADER, numbers).data);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(str_find(patch->exports_name, STR("raw")) != (size_t)-1);
}

/* Half a file guarded, and nobody told, would be worse than none. */
Test(recognition, what_is_not_understood_beside_glue_is_warned_of)
{
	const char *factory =
		"function md5(wasm) {\n    function process(a) {\n"
		"        const p = wasm.__wbindgen_malloc(a);\n        return wasm.md5(p);\n"
		"    }\n    return { process };\n}\n";
	struct patch *patch = run(arena_printf(arena, "%s%s", VIEW ADD LOADER, factory).data);
	const struct diag *diag = find_code(patch, "unguarded-glue");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_not_null(diag);
	cr_assert_eq(diag->offset, strlen(VIEW ADD LOADER "function md5("));
	const char *others[] = {"function start(raw) { raw.__wbindgen_start(); }\n",
		"function names(raw) { return [raw.__wbindgen_malloc, raw.__wbindgen_free]; }\n",
		"let left;\nconst r = new FinalizationRegistry(p => left.__wbindgen_free(p, 1));\n"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		patch = run(arena_printf(arena, "%s%s", VIEW ADD LOADER, others[i]).data);
		cr_assert_null(find_code(patch, "unguarded-glue"), "%s", others[i]);
	}
}

/* Nobody can call what has no instance, so nothing is wrong with the rest of the file, or of its package. */
Test(recognition, what_a_bundler_has_left_of_glue_is_none)
{
	const char *drop = "const r = new FinalizationRegistry(p => wasm.__wbg_counter_free(p, 1));\n";
	struct patch *patch = run(arena_printf(arena, "let wasm;\n%s", drop).data);
	cr_assert_eq(patch->verdict, VERDICT_SKIPPED);
	cr_assert_not_null(find_code(patch, "leftover"));
	patch = run(arena_printf(arena, "let wasm = void 0;\n%s", drop).data);
	cr_assert_eq(patch->verdict, VERDICT_SKIPPED);
	expect_refusal(
		arena_printf(arena, "let wasm;\n%s[wasm] = make();", drop).data, "unknown-glue", "wasm;");
	expect_refusal(
		arena_printf(arena, "let wasm;\n%sexports.set = w => { wasm = load(w); };", drop).data,
		"unknown-glue", "load(w)");
}

/* Two bodies in one file: which is meant by a loader elsewhere is not known, but each may be handed its own here. */
Test(recognition, several_bodies_are_told_apart_by_what_they_are_handed)
{
#define BODIES \
	"let a, b, view1 = null, view2 = null;\n" \
	"function getA() { return view1 = new Uint8Array(a.memory.buffer); }\n" \
	"function getB() { return view2 = new Uint8Array(b.memory.buffer); }\n" \
	"export function add(x) { return a.add(getA()[x]); }\n" \
	"export function sub(x) { return b.sub(getB()[x]); }\n" \
	"function setA(given) { a = given; }\nfunction setB(given) { b = given; }\n" \
	"const made = { __wbindgen_throw() {} };\n"
	expect_refusal(BODIES "export { setA, setB };", "several-glues", "a, b");
	struct patch *patch = run(
		BODIES "const ma = new WebAssembly.Module(x), ia = new WebAssembly.Instance(ma, made);\n"
			   "setA(ia.exports);\n"
			   "const mb = new WebAssembly.Module(y), ib = new WebAssembly.Instance(mb, made);\n"
			   "setB(ib.exports);\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "ia = new WebAssembly.Instance(__rg.M(ma), __rg.I(made));"));
	cr_assert(contains(patch, "ib = new WebAssembly.Instance(__rg2.M(mb), __rg2.I(made));"));
	cr_assert(contains(patch, "a = __rg.l(given,arguments[1]);"));
	cr_assert(contains(patch, "b = __rg2.l(given,arguments[1]);"));
}

/* Programs compare the pointers of class objects: that makes no glue of them. */
Test(recognition, a_look_into_class_objects_is_no_glue)
{
	struct patch *patch = run("export const same = (a, b) => a.handle.__wbg_ptr === b.__wbg_ptr;\n"
							  "export const old = (a) => a.__wbg_inst !== undefined;\n");
	cr_assert_eq(patch->verdict, VERDICT_SKIPPED);
	cr_assert_eq(patch->diags.errors, 0);
}

/* Beside a glue, an instance that one function makes and uses: what unpacks the glue's wasm. */
Test(recognition, a_function_with_an_instance_of_its_own_is_no_glue)
{
	struct patch *patch =
		run(VIEW ADD LOADER "async function unpack(bytes) {\n"
							"    const { instance } = await WebAssembly.instantiate(bytes);\n"
							"    const z = instance.exports, at = z.resize(bytes.byteLength);\n"
							"    new Uint8Array(z.memory.buffer).set(bytes, at);\n"
							"    return z.compile(at);\n}\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(str_equal(patch->exports_name, STR("wasm")));
	cr_assert(contains(patch, "await WebAssembly.instantiate(bytes);"));
}

/* Whoever wraps a glue calls what the glue itself exports. */
Test(recognition, a_caller_of_init_is_no_glue)
{
	struct patch *patch = run("const glue = require('./lib/png.cjs');\n"
							  "exports.init = async (input) => glue.__wbg_init(await input);\n"
							  "exports.initSync = (input) => glue.initSync(input);\n");
	cr_assert_eq(patch->verdict, VERDICT_SKIPPED);
	cr_assert_eq(patch->diags.errors, 0);
}

Test(recognition, several_glues_each_get_a_runtime)
{
	struct patch *patch = run(VIEW ADD LOADER
		"let view2 = null;\nfunction getView2() { return view2 = new Uint8Array(q.memory.buffer); "
		"}\n"
		"function sub(a, b) { return q.sub(a, b); }\nexports.sub = sub;\n"
		"function drop(p) { q.__wbindgen_free(p, 1); }\n"
		"const other = new WebAssembly.Module(require('fs').readFileSync('y_bg.wasm'));\n"
		"let q = new WebAssembly.Instance(other, imports).exports;\n"
		"const alien = new WebAssembly.Instance(thirdModule, {});\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(str_equal(patch->exports_name, STR("wasm, q")));
	cr_assert(contains(patch, "function add(a, b) {__rg.S.dead&&__rg.e();"));
	cr_assert(contains(patch, "function sub(a, b) {__rg2.S.dead&&__rg2.e();"));
	cr_assert(contains(patch, "var __rg=__rg$({w:__rg$w,r(){cachedUint8ArrayMemory0=null;}});"
							  "var __rg2=__rg$({w:__rg2$w,r(){view2=null;}});"));
	cr_assert(contains(
		patch, "__rg2.a(new WebAssembly.Instance(__rg2.M(other), __rg2.I(imports)).exports)"));
	cr_assert(contains(patch, "\"__reglue\",{value:__rg.api}"));
	cr_assert(contains(patch, "\"__reglue2\",{value:__rg2.api}"));
	cr_assert(contains(patch, "new WebAssembly.Instance(thirdModule, {})"), "no glue's instance");
	cr_assert_eq(run(arena_copy(arena, patch->output).data)->verdict, VERDICT_UNCHANGED);
}

Test(recognition, other_code_of_a_bundle_is_left_alone)
{
	struct patch *patch = run(VIEW
		"const buffer = new Array(8).fill(0);\nlet calls = 0;\n"
		"function each(list, fn) { calls++; buffer[0] = calls; for (const x of list) fn(x); }\n"
		"function pair(x) { const p = { a: 1, b: 2 }; return () => p.a + x; }\nexports.pair = "
		"pair;\n"
		"function all(l) { each(l, add); return new FinalizationRegistry((p) => close(p)); }\n" ADD
			LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "r(){cachedUint8ArrayMemory0=null;}}"));
	cr_assert(contains(patch, "function each(list, fn) { calls++; buffer[0] = calls; for"));
	cr_assert(contains(patch, "const p = { a: 1, b: 2 }; return () => p.a + x; }"));
	cr_assert(contains(patch, "new FinalizationRegistry((p) => close(p)); }"));
}

Test(recognition, no_call_of_an_export_is_without_a_hook)
{
	/* as a minifier leaves it: the generated function moved into its only caller */
	struct patch *patch =
		run(VIEW ADD LOADER "async function run(b) { await b; return function (x) { return "
							"wasm.go(x); }(b); }\nexports.run = run;\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(
		contains(patch, "return function (x) {__rg.S.dead&&__rg.e(); return wasm.go(x); }(b)"));
	expect_refusal(VIEW ADD LOADER "async function late(b) { await b; return wasm.go(b); }\n"
								   "function start() { late(1); wasm.__wbindgen_start(); }\n",
		"unguarded-call", "wasm.go");
	expect_refusal(VIEW ADD LOADER "wasm.go(1);\n", "unguarded-call", "wasm.go");
}

Test(recognition, a_pointer_in_an_unknown_property_is_refused)
{
	expect_refusal(VIEW "class P {\n    constructor() { this.handle = wasm.p_new(); }\n"
						"    get() { return wasm.p_get(this.handle); }\n}\nexports.P = P;\n" LOADER,
		"object-pointer", "this.handle);");
}

/* What somebody wrote by hand, or emscripten, and only looks like glue. */
static const char *const look_alikes[] = {
	/* a loader for any module, whose file happens to be called so */
	"let wasm;\nexport async function load() {\n"
	"  const { instance } = await WebAssembly.instantiateStreaming(fetch('codec_bg.wasm'), {});\n"
	"  wasm = instance.exports;\n}\n"
	"export function encode(bytes) { const p = wasm.alloc(bytes.length);\n"
	"  new Uint8Array(wasm.memory.buffer, p).set(bytes); return wasm.encode(p, bytes.length); }\n",
	/* a comment about it */
	"// faster than what wasm_bindgen generates (__wbindgen_malloc and so on)\n"
	"const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {});\n"
	"const wasm = instance.exports;\nmodule.exports.sum = (a) => wasm.sum(new "
	"Float64Array(wasm.memory.buffer, 0, a));\n",
	/* emscripten: the exports in a member, its own allocator, asm.js names */
	"var Module = typeof Module != 'undefined' ? Module : {};\nvar wasmMemory, wasmExports;\n"
	"function receiveInstance(instance) { Module['asm'] = instance.exports; wasmMemory = "
	"Module['asm']['memory'];\n"
	"  updateMemoryViews(); return instance.exports; }\n"
	"WebAssembly.instantiate(binary, { env: asmLibraryArg }).then((r) => "
	"receiveInstance(r['instance']));\n"
	"var _malloc = Module['_malloc'] = (n) => (_malloc = Module['asm']['malloc'])(n); // not "
	"__wbindgen_malloc\n",
	/* emscripten with its exports in a variable */
	"var wasmExports;\nvar name = 'app_bg.wasm';\n"
	"function createWasm() { WebAssembly.instantiate(b, imports).then((r) => { wasmExports = "
	"r.instance.exports;\n"
	"  wasmMemory = wasmExports.memory; HEAPU8 = new Uint8Array(wasmExports.memory.buffer); }); "
	"}\n",
};

Test(recognition, what_only_looks_like_glue_is_not_touched)
{
	for (size_t i = 0; i < sizeof(look_alikes) / sizeof(*look_alikes); i++) {
		struct patch *patch = run(look_alikes[i]);
		cr_assert_eq(patch->verdict, VERDICT_SKIPPED, "%zu: %s", i, verdict_name(patch->verdict));
		cr_assert_eq(patch->output.len, 0);
	}
}

Test(recognition, typescript_is_refused_by_its_name)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *patch = patch_run(arena, patcher, STR("glue.ts"), STR(VIEW ADD LOADER), &options);
	cr_assert_eq(patch->verdict, VERDICT_REFUSED);
	cr_assert_not_null(find_code(patch, "typescript"));
}

Test(recognition, a_parse_error_is_named_with_its_place)
{
	struct patch *patch = run("let a = 1;\nlet b = (;\n// __wbindgen_\n");
	const struct diag *diag = find_code(patch, "parse-error");
	cr_assert_eq(patch->verdict, VERDICT_REFUSED);
	cr_assert_not_null(diag);
	cr_assert_eq(source_position(arena, &patch->original, diag->offset).line, 2);
}

Test(recognition, other_files_are_skipped)
{
	cr_assert_eq(run("")->verdict, VERDICT_SKIPPED);
	cr_assert_eq(run("console.log(1)")->verdict, VERDICT_SKIPPED);
	cr_assert_eq(run("(((((((((")->verdict, VERDICT_SKIPPED);
	cr_assert_eq(run("// mentions __wbindgen_ only\n")->verdict, VERDICT_SKIPPED);
}
