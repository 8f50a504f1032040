/*
 * Glue whose exports come from another file, planned in memory: what is put into a body, an entry, a
 * loader that somebody wrote. What it does is tested in ../bundlers and ../recovery.
 */
#include <criterion/criterion.h>

#include "least.h"
#include "package.h"
#include "seal.h"

TestSuite(loader, .init = patching_set_up, .fini = patching_tear_down);

#define BODY \
	"let view = null;\n" \
	"function getView() {\n" \
	"    if (view === null || view.byteLength === 0) { view = new " \
	"Uint8Array(wasm.memory.buffer); }\n" \
	"    return view;\n" \
	"}\n" \
	"export function add(a, b) { return wasm.add(a, b); }\n" \
	"export function __wbg_log_1(x) { getView(); }\n" \
	"export function unnamed_import() {}\n"
#define SETTER "let wasm;\nexport function __wbg_set_wasm(val) {\n    wasm = val;\n}\n"
#define ENTRY \
	"import * as wasm from \"./x_bg.wasm\";\n" \
	"import { __wbg_set_wasm } from \"./x_bg.js\";\n" \
	"__wbg_set_wasm(wasm);\n" \
	"wasm.__wbindgen_start();\n"

/* (import "./x_bg.js" "unnamed_import" (func)) (import "./snippets/a.js" "now" (func)) */
static const char module_bytes[] = "\0asm\1\0\0\0"
								   "\1\4\1\x60\0\0"
								   "\2\x32\2"
								   "\x09./x_bg.js\x0eunnamed_import\0\0"
								   "\x0f./snippets/a.js\3now\0\0";
#define WASM ((struct str){module_bytes, sizeof(module_bytes) - 1})

static struct patch *run_as(const char *path, const char *text, const struct patch_options *options)
{
	return patch_run(arena, patcher, str_from(path), str_from(text), options);
}

static void expect(const struct patch *patch, const char *text)
{
	cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s, %s", verdict_name(patch->verdict),
		patch->diags.first == NULL ? "" : patch->diags.first->code);
	cr_assert(contains(patch, text), "not there: %s\nin: %.*s", text, STR_ARGS(patch->output));
}

static void expect_none(const struct patch *patch, const char *text)
{
	cr_assert(!contains(patch, text), "there: %s\nin: %.*s", text, STR_ARGS(patch->output));
}

Test(loader, a_body_takes_what_its_loader_says)
{
	struct patch *patch = run(BODY SETTER);
	expect(patch, "wasm = __rg.l(val,arguments[1]);");
	expect(patch, "i:()=>({__wbg_log_1}),");
	cr_assert_eq(patch->part, PART_BODY);
	cr_assert_eq(patch->module, MODULE_LOADER);
	cr_assert_eq(patch->target, TARGET_BUNDLER);
	cr_assert_eq(patch->entry_count, 1);
}

Test(loader, the_wasm_tells_which_functions_it_imports)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.wasm = WASM;
	struct patch *patch = run_as("x_bg.js", BODY SETTER, &options);
	cr_assert(patch->has_wasm);
	expect(patch, "i:()=>({unnamed_import}),");
}

Test(loader, an_entry_says_where_the_module_is)
{
	struct patch *patch = run(ENTRY "export * from \"./x_bg.js\";\n");
	expect(patch, "\n__wbg_set_wasm(wasm,{module:()=>new URL(\"./x_bg.wasm\",import.meta.url)});\n"
				  "wasm.__wbindgen_start();\n");
	cr_assert_eq(patch->part, PART_LOADER);
	cr_assert_eq(patch->module, MODULE_URL);
	cr_assert(str_equal(patch->other, STR("./x_bg.js")));
	expect_none(patch, "__reglue");
	expect(
		run(ENTRY "export { add } from \"./x_bg.js\";\n"), "export var __reglue=__rg$b.__reglue;");
}

Test(loader, an_entry_imports_what_the_wasm_imports)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.wasm = WASM;
	struct patch *patch = run_as("x.js", ENTRY, &options);
	expect(patch, "import * as __rg$0 from\"./snippets/a.js\";");
	expect(patch, ",imports:{\"./snippets/a.js\":__rg$0}}");
	expect_none(patch, "\"./x_bg.js\":");
}

/* Published: output for bundlers beside the wasm of another target. To import that name would end every bundler's run. */
Test(loader, what_names_no_module_is_not_imported)
{
	static const char placeholder[] = "\0asm\1\0\0\0"
									  "\1\4\1\x60\0\0"
									  "\2\x1e\1\x18__wbindgen_placeholder__\1f\0\0";
	static const char wbg[] = "\0asm\1\0\0\0"
							  "\1\4\1\x60\0\0"
							  "\2\x09\1\3wbg\1f\0\0";
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.wasm = (struct str){placeholder, sizeof(placeholder) - 1};
	struct patch *patch = run_as("x.js", ENTRY, &options);
	cr_assert(patch->has_wasm);
	expect_none(patch, "placeholder");
	options.wasm = (struct str){wbg, sizeof(wbg) - 1};
	patch = run_as("x.js", ENTRY, &options);
	cr_assert(patch->has_wasm);
	expect_none(patch, "\"wbg\"");
}

Test(loader, the_way_to_the_module_can_be_chosen)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.module = "import";
	expect(run_as("x.js", ENTRY, &options), "import __rg$m from\"./x_bg.wasm\";");
	options.module = "source";
	struct patch *patch = run_as("x.js", ENTRY, &options);
	expect(patch, "import source __rg$m from\"./x_bg.wasm\";");
	cr_assert_eq(patch->module, MODULE_PHASE);
	options.module = "none";
	patch = run_as("x.js", ENTRY, &options);
	expect(patch, "__wbg_set_wasm(wasm);");
	cr_assert_eq(patch->module, MODULE_NONE);
	cr_assert_not_null(find_code(patch, "no-reinit"));
}

/* Such a file's name has a hash with cargo-leptos. Told by the wasm, and where there is none by the text. */
Test(loader, a_module_that_loads_parts_of_itself_is_given_no_other_instance)
{
	static const char splits[] = "\0asm\1\0\0\0"
								 "\1\4\1\x60\0\0"
								 "\2\x1b\1\x14./__wasm_split.ab.js\2ld\0\0";
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	options.wasm = (struct str){splits, sizeof(splits) - 1};
	struct patch *patch = run_as("x.js", ENTRY, &options);
	cr_assert(patch->has_wasm);
	expect(patch, "__wbg_set_wasm(wasm);");
	cr_assert_eq(patch->module, MODULE_NONE);
	cr_assert_not_null(find_code(patch, "split"));
	cr_assert_null(find_code(patch, "no-reinit"), "said once");
	options.wasm = WASM;
	const char *linked = ENTRY "import * as a from './__wasm_split.ab.js';\n";
	cr_assert_null(
		find_code(run_as("x.js", linked, &options), "split"), "the module imports no part");
	cr_assert_not_null(find_code(run(linked), "split"));
	cr_assert_null(find_code(run(ENTRY "// ./__wasm_split.ab.js\n"), "split"));
	cr_assert_null(find_code(run(ENTRY "import * as a from './my__wasm_split.js';\n"), "split"));
}

Test(loader, an_old_body_imports_the_wasm_itself)
{
	struct patch *patch = run("import * as wasm from './x_bg.wasm';\n" BODY);
	expect(patch, "import * as wasm__rg from './x_bg.wasm';");
	expect(
		patch, ",wasm=__rg.l(()=>wasm__rg,{module:()=>new URL(\"./x_bg.wasm\",import.meta.url)});");
	cr_assert_eq(patch->part, PART_BODY);
	cr_assert_eq(patch->module, MODULE_URL);
	patch = run("import * as wasm from './x_bg.wasm';\nexport * from './x_bg.js';\n"
				"wasm.__wbindgen_start();\n");
	cr_assert_eq(patch->part, PART_SHIM);
	cr_assert_eq(patch->verdict, VERDICT_UNCHANGED);
	cr_assert(str_equal(patch->output, patch->input));
}

Test(loader, a_hand_written_loader_says_what_it_sees)
{
	struct patch *patch = run(
		"import * as bg from './x_bg.js';\n"
		"const { __wbg_set_wasm, add, ...rest } = bg;\n"
		"let wasm;\n"
		"function finish(instance) { wasm = instance.exports; __wbg_set_wasm(wasm); return wasm; "
		"}\n"
		"export function initSync(m) {\n"
		"    return finish(new WebAssembly.Instance(m, { './x_bg.js': rest }));\n}\n"
		"export default async function (m) {\n"
		"    return finish((await WebAssembly.instantiateStreaming(m, make())).instance);\n}\n");
	expect(patch, "new WebAssembly.Instance(__rg.module=m, __rg.imports={ './x_bg.js': rest })");
	expect(patch, "__rg.r(WebAssembly.instantiateStreaming(m, __rg.imports=make()))");
	expect(patch, "__wbg_set_wasm(wasm,__rg); return __rg.u(wasm);");
	cr_assert_eq(patch->module, MODULE_SEEN);
	cr_assert(str_equal(patch->other, STR("./x_bg.js")));
	expect_none(patch, "import.meta");
}

Test(loader, classes_may_be_called_like_globals)
{
	struct patch *patch =
		run("import * as wasm from './x_bg.wasm';\n" BODY
			"export class Map {}\nexport class URL {}\nfunction inner() { class Set {} }\n");
	expect(patch, "function __rg$(o){\"use strict\";const{Map,URL}=globalThis;");
	expect(patch, "module:()=>new globalThis.URL(\"./x_bg.wasm\",import.meta.url)");
	expect_none(run(BODY SETTER), "\"use strict\";const{");
	expect(run(ENTRY "export class Response {}\n"), "new URL(");
}

#define KEEPING(object) \
	"import { add, __wbg_set_wasm } from './x_bg.js';\nconst imports = " object ";\n" \
	"const instance = new WebAssembly.Instance(m, { './x_bg.js': imports });\n" \
	"imports.__wbg_set_wasm(instance.exports);\nexport { add };\n"

Test(loader, a_setter_may_be_kept_in_an_object)
{
	static const char *const texts[] = {
		KEEPING("{ add, __wbg_set_wasm }"), KEEPING("{ '__wbg_set_wasm': __wbg_set_wasm }"),
		KEEPING("{ ...add }"), /* nobody knows whose it is */
	};
	for (size_t i = 0; i < 3; i++) {
		struct patch *patch = run(texts[i]);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED);
		expect_none(patch, "module.exports");
		if (i < 2) {
			cr_assert(str_equal(patch->other, STR("./x_bg.js")));
			expect(patch, "\nexport var __reglue=__rg$b.__reglue;");
		}
	}
}

#define EXPORTING \
	"import * as bg from './x_bg.js';\n" \
	"const wasm = new WebAssembly.Instance(m, imports).exports;\n" \
	"export { wasm as __wasm };\n"

Test(loader, a_loader_that_exports_the_exports_exports_the_public_face)
{
	struct patch *patch =
		run(EXPORTING "bg.__wbg_set_wasm(wasm, m);\nexport * from './x_bg.js';\n");
	expect(patch, "export { wasm__rg as __wasm };");
	expect(patch, "bg.__wbg_set_wasm(wasm, m,__rg);;var wasm__rg=__rg.u(wasm);\n");
	patch =
		run(BODY "let wasm, module;\n"
				 "export function __wbg_set_wasm(val, m) {\n    wasm = val;\n    module = m;\n}\n");
	expect(patch, "wasm = __rg.l(val,arguments[2]);");
	/* as long as it is known when there is a face, and that it stays the same */
	static const char *const others[] = {
		EXPORTING "if (m) { bg.__wbg_set_wasm(wasm); }\n",
		EXPORTING "export const set = () => bg.__wbg_set_wasm(wasm);\n",
		"import * as bg from './x_bg.js';\nlet wasm;\nexport { wasm };\n"
		"wasm = new WebAssembly.Instance(m, imports).exports;\nbg.__wbg_set_wasm(wasm);\n",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		patch = run(others[i]);
		cr_assert_eq(patch->verdict, VERDICT_REFUSED);
		cr_assert_not_null(find_code(patch, "exports-use"));
	}
}

Test(loader, a_loader_that_leaks_the_exports_is_refused)
{
	struct patch *patch = run("import * as bg from './x_bg.js';\n"
							  "export const wasm = new WebAssembly.Instance(m, {}).exports;\n"
							  "bg.__wbg_set_wasm(wasm);\n");
	cr_assert_eq(patch->verdict, VERDICT_REFUSED);
	cr_assert_not_null(find_code(patch, "exports-use"));
	patch = run(ENTRY "export * from './x_bg.wasm';\n");
	cr_assert_eq(patch->verdict, VERDICT_REFUSED);
	patch = run("import * as wasm from './x.asm.js';\nimport { __wbg_set_wasm } from './x_bg.js';\n"
				"__wbg_set_wasm(wasm);\n");
	cr_assert_eq(patch->verdict, VERDICT_REFUSED);
	cr_assert_not_null(find_code(patch, "asmjs"));
}

#define MAKER \
	"import * as bg from './x_bg.js';\n" \
	"const wasmModule = new WebAssembly.Module(Uint8Array.from(atob(text), c => " \
	"c.charCodeAt(0)));\n" \
	"const imports = { './x_bg.js': bg };\n" \
	"const wasm = new WebAssembly.Instance(wasmModule, imports).exports;\nexport { wasm };\n"
#define IMPORTING \
	"import { wasm } from './x_bg.wasm.js';\nimport { __wbg_set_wasm } from './x_bg.js';\n" \
	"__wbg_set_wasm(wasm);\n"

Test(loader, a_file_that_makes_the_instance_for_a_loader_tells_the_glue)
{
	expect(run(MAKER), ".exports;;for(const __rg of Object.values(imports))__rg&&__rg.__reglue&&"
					   "__rg.__reglue.configure({module:wasmModule,imports:imports});");
	static const char *const others[] = {
		"const wasm = new WebAssembly.Instance(new WebAssembly.Module(b), { './x_bg.js': bg "
		"}).exports;",
		"import * as bg from './env.js';\nconst m = new WebAssembly.Module(b);\n"
		"const imports = { env: bg };\nexport const wasm = new WebAssembly.Instance(m, "
		"imports).exports;\n",
		"import * as bg from './x_bg.js';\nlet m = new WebAssembly.Module(b);\nm = null;\n"
		"const imports = { './x_bg.js': bg };\nconst wasm = new WebAssembly.Instance(m, "
		"imports).exports;\n",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		cr_assert_neq(run(others[i])->verdict, VERDICT_PATCHED, "%s", others[i]);
	}
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *loader = run_as("pkg/x.js", IMPORTING, &options);
	struct patch *body = run_as("pkg/x_bg.js", BODY SETTER, &options);
	struct patch *all[] = {loader, run_as("pkg/x_bg.wasm.js", MAKER, &options), body};
	package_join(arena, all, 3);
	cr_assert_null(find_code(loader, "no-reinit"));
	cr_assert_null(find_code(body, "no-reinit"));
	cr_assert_eq(body->module, MODULE_SEEN);
	struct patch *pair[] = {run_as("pkg/x.js", IMPORTING, &options), NULL};
	package_join(arena, pair, 2);
	cr_assert_not_null(find_code(pair[0], "no-reinit"));
}

#define REQUIRED_LOADER \
	"const bytes = require('fs').readFileSync('x_bg.wasm');\n" \
	"let imports = {};\n" \
	"imports['./x.js'] = require('./x.js');\n" \
	"const wasmModule = new WebAssembly.Module(bytes);\n" \
	"const wasmInstance = new WebAssembly.Instance(wasmModule, imports);\n" \
	"module.exports = wasmInstance.exports;\n"

/* What the wasm imports names the glue; else the file's own name does. */
Test(loader, a_required_loader_of_wasm_without_imports)
{
	static const char text[] =
		"const bytes = require('fs').readFileSync('x_bg.wasm');\n"
		"let imports = {};\n"
		"const wasmModule = new WebAssembly.Module(bytes);\n"
		"const wasmInstance = new WebAssembly.Instance(wasmModule, imports);\n"
		"module.exports = wasmInstance.exports;\n";
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *patch = run_as("pkg/x_bg.js", text, &options);
	cr_assert_eq(patch->module, MODULE_SEEN);
	expect(patch, ";for(const __rg of [require(\"./x.js\")])__rg&&__rg.__reglue&&"
				  "__rg.__reglue.configure({module:wasmModule,imports:imports});");
	static const char *const others[] = {"x.js", "pkg/_bg.js", "x\"_bg.js", "x\\_bg.js"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		patch = run_as(others[i], text, &options);
		cr_assert_eq(patch->part, PART_LOADER);
		cr_assert_eq(patch->module, MODULE_NONE, "%s", others[i]);
		cr_assert_not_null(find_code(patch, "no-reinit"));
	}
}

Test(loader, a_required_loader_tells_the_glue)
{
	struct patch *patch = run(REQUIRED_LOADER);
	expect(patch, ";for(const __rg of Object.values(imports))__rg&&__rg.__reglue&&"
				  "__rg.__reglue.configure({module:wasmModule,imports:imports});");
	patch = run(
		"var wasm; // x_bg.wasm\nmodule.exports.add = function(a, b) { return wasm.add(a, b); };\n"
		"function view() { return new Uint8Array(wasm.memory.buffer); }\n"
		"module.exports.__wbindgen_throw = function(p, n) { throw new Error(view()[p]); };\n"
		"wasm = require('./x_bg');\n");
	expect(patch, "wasm = __rg.l(require('./x_bg'));");
	expect(patch, "i:()=>module.exports,");
	cr_assert_eq(patch->target, TARGET_NODEJS);
}

Test(loader, neither_file_needs_the_other_to_be_patched_the_same)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	static const char *const texts[] = {
		BODY SETTER, ENTRY, REQUIRED_LOADER, "import * as wasm from './x_bg.wasm';\n" BODY};
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct patch *first = run(texts[i]);
		struct patch *second = patch_run(arena, patcher, STR("x.js"), first->output, &options);
		cr_assert_eq(first->verdict, VERDICT_PATCHED);
		cr_assert_eq(second->verdict, VERDICT_UNCHANGED);
		struct seal seal;
		struct diags diags = {0};
		cr_assert_eq(seal_read(arena, first->output, &seal, &diags), SEAL_GOOD);
		cr_assert(str_equal(seal.original, str_from(texts[i])));
	}
}

Test(loader, a_body_learns_from_its_loaders)
{
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *body = run_as("pkg/x_bg.js", BODY SETTER, &options);
	struct patch *alone[] = {body, NULL};
	package_join(arena, alone, 2);
	cr_assert_eq(body->module, MODULE_LOADER);
	cr_assert_not_null(find_code(body, "no-loader"));

	body = run_as("pkg/x_bg.js", BODY SETTER, &options);
	struct patch *other = run_as("pkg/y.js",
		"import * as wasm from './y_bg.wasm';\nimport { __wbg_set_wasm } from './y_bg.js';\n"
		"__wbg_set_wasm(wasm);\n",
		&options);
	struct patch *pair[] = {other, run_as("pkg/x.js", ENTRY, &options), body};
	package_join(arena, pair, 3);
	cr_assert_eq(body->module, MODULE_URL);
	cr_assert_null(body->diags.first);

	body = run_as("pkg/x_bg.js", BODY SETTER, &options);
	options.module = "none";
	struct patch *without[] = {run_as("pkg/x.js", ENTRY, &options), body};
	package_join(arena, without, 2);
	cr_assert_eq(body->module, MODULE_NONE);
	cr_assert_not_null(find_code(body, "no-reinit"));
}

Test(loader, glue_of_the_first_year_has_its_state_reset)
{
	struct patch *patch = run(
		"import * as wasm from './x_bg';\n"
		"const slab = [{ obj: undefined }, { obj: null }];\nlet slab_next = slab.length;\n"
		"function addHeapObject(obj) { slab.push({ obj }); slab_next = slab.length; }\n"
		"let pointer = null;\n"
		"function globalArgumentPtr() { pointer = wasm.__wbindgen_global_argument_ptr(); }\n" BODY);
	expect(patch,
		"slab.splice(0,slab.length,...[{ obj: undefined }, { obj: null }]);slab_next=slab.length;"
		"pointer=null;");
	expect(patch, "new URL(\"./x_bg.wasm\",import.meta.url)");
	patch = run("import * as bg from './x_bg';\nbg.__wbindgen_start();\n");
	cr_assert_neq(patch->verdict, VERDICT_PATCHED);
}

Test(loader, exports_that_are_there_already_may_stay)
{
	expect(run("let wasm;\n" BODY "export async function init() {\n"
			   "    const { instance } = await WebAssembly.instantiate(bytes(), {});\n"
			   "    wasm = wasm ?? instance.exports;\n}\n"),
		"wasm = wasm ?? __rg.a(instance.exports);");
}

Test(loader, source_phase_imports_are_read)
{
	struct patch *patch =
		run("import source m from \"./x_bg.wasm\";\n" BODY
			"let wasm = new WebAssembly.Instance(m, { './x_bg.js': {} }).exports;\n"
			"wasm.__wbindgen_start();\n");
	expect(patch, "import source m from \"./x_bg.wasm\";\n");
	cr_assert_eq(patch->module, MODULE_SEEN);
	cr_assert_eq(patch->target, TARGET_MODULE);
	patch = run("import source from './a.js';\n" BODY SETTER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
}

/* Something else stands in for the exports until then. */
Test(loader, the_wasm_may_be_imported_when_it_is_needed)
{
	struct patch *patch =
		run("import * as glue from \"./pkg/x_bg.js\";\n"
			"glue.__wbg_set_wasm(new Proxy({}, { get() { throw new Error(); } }));\n"
			"export async function load() {\n"
			"    const wasm = await import(\"./pkg/x_bg.wasm\");\n"
			"    glue.__wbg_set_wasm(wasm);\n"
			"    wasm.__wbindgen_start();\n}\n");
	expect(patch, "glue.__wbg_set_wasm(wasm,{module:()=>new "
				  "URL(\"./pkg/x_bg.wasm\",import.meta.url)});");
	cr_assert_eq(patch->module, MODULE_URL);
	cr_assert_null(find_code(patch, "no-reinit"));
}

/* circom_wasm's entry, and what bundlers for old engines make of `await`. */
Test(loader, an_import_may_be_waited_for_by_then)
{
	const char *ways[] = {"wasm => { __wbg_set_wasm(wasm); }",
		"(wasm) => { __wbg_set_wasm(wasm); wasm.__wbindgen_start(); }, fail",
		"function (wasm) { __wbg_set_wasm(wasm); }"};
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct patch *patch = run(arena_printf(arena,
			"import { __wbg_set_wasm } from \"./x_bg.js\";\n"
			"import('./x_bg.wasm').then(%s);\n",
			ways[i])
									  .data);
		expect(
			patch, "__wbg_set_wasm(wasm,{module:()=>new URL(\"./x_bg.wasm\",import.meta.url)});");
		cr_assert_eq(patch->module, MODULE_URL);
	}
	const char *others[] = {"import('./x_bg.js').then(wasm => { __wbg_set_wasm(wasm); });",
		"import('./x_bg.wasm').then(a, wasm => { __wbg_set_wasm(wasm); });",
		"import('./x_bg.wasm').then((a, wasm) => { __wbg_set_wasm(wasm); });",
		"import('./x_bg.wasm').catch(wasm => { __wbg_set_wasm(wasm); });"};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct patch *patch = run(
			arena_printf(arena, "import { __wbg_set_wasm } from \"./x_bg.js\";\n%s\n", others[i])
				.data);
		cr_assert_eq(patch->module, MODULE_NONE, "%s", others[i]);
		expect(patch, "__wbg_set_wasm(wasm);");
	}
}

/* tiktoken's init(): the program makes the instance, of bytes or of a Module that it has. */
Test(loader, a_function_of_the_programs_may_result_in_a_module)
{
#define GIVEN(found) \
	"import * as imports from \"./x_bg.js\";\n" \
	"export async function init(callback) {\n" \
	"    const result = await callback({ \"./x_bg.js\": imports });\n" \
	"    const instance = " found ";\n" \
	"    imports.__wbg_set_wasm(instance.exports);\n}\n"
	struct patch *patch = run(GIVEN("'instance' in result ? result.instance : result"));
	expect(patch, "imports.__wbg_set_wasm(instance.exports,{module:result.module});");
	cr_assert_eq(patch->module, MODULE_RESULT);
	cr_assert_not_null(find_code(patch, "no-reinit"), "it need not have one");
	patch = run(GIVEN("await result.load()"));
	expect(patch, "imports.__wbg_set_wasm(instance.exports);");
	cr_assert_eq(patch->module, MODULE_NONE);
}

/* A body as bundlers leave it: only where its functions are listed do they have wasm-bindgen's names. */
#define RENAMED \
	"let w;\nfunction set(v) { w = v; }\n" \
	"function add(a, b) { return w.add(a, b); }\n" \
	"function make(a, b) {\n" \
	"    try {\n" \
	"        var s = { a, b }, f = (x, y) => w.call_2(s.a, s.b, x, y);\n" \
	"        return new Promise(f);\n" \
	"    } finally { s.a = s.b = 0; }\n" \
	"}\n" \
	"function view() { return new Uint8Array(w.memory.buffer); }\n" \
	"w.__wbindgen_malloc;\n"

Test(loader, imports_are_known_by_what_they_are_listed_as)
{
	static const char *const lists[] = {
		"const ns = {}; d(ns, { __wbg_set_wasm: () => set, __wbg_new_1: () => make });",
		"const ns = {}; e(ns, '__wbg_set_wasm', () => set); e(ns, '__wbg_new_1', () => make);",
		"const ns = Object.freeze({ __proto__: null, __wbg_set_wasm: set, __wbg_new_1: make });",
		"const ns = { get __wbg_set_wasm() { return set; }, get '__wbg_new_1'() { return make; } "
		"};",
		"const ns = {}; d(ns, '__wbg_set_wasm', (function () { return set; }));"
		"d(ns, '__wbg_new_1', (function () { return make; }));",
		"const ns = {}; s(['__wbg_set_wasm', () => set, '__wbg_new_1', () => make]);",
		"const ns = {}; s(['__wbg_set_wasm', 0, set, '__wbg_new_1', 0, make]);",
		"const ns = {}; ns.__wbg_set_wasm = set; ns['__wbg_new_1'] = make;",
		"const ns = {}; d(ns, { __wbg_set_wasm: () => set, q: () => make });"
		"const all = { './x_bg.js': { __wbg_new_1: ns.q } };",
		"export { set as __wbg_set_wasm, make as __wbg_new_1 }; const ns = {};",
	};
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct str text = arena_printf(arena, "%s%s\n", RENAMED, lists[i]);
		struct patch *patch = run(text.data);
		cr_assert_eq(patch->part, PART_BODY, "%s", lists[i]);
		expect(patch, "new Promise(__rg.q(f))");
		expect(patch, "function add(a, b) {__rg.S.dead&&__rg.e();");
		expect_none(patch, "function make(a, b) {__rg.S.dead");
	}
	expect_none(run(RENAMED "const ns = { other: make }; set(1);"), "__rg.q(f)");
}

Test(loader, a_setter_that_leaves_the_file_may_be_called_by_another)
{
	static const char *const leaving[] = {
		"function __wbg_set_wasm(v) { w = v; }\nexport { __wbg_set_wasm };",
		"export function __wbg_set_wasm(v) { w = v; }",
		"function s(v) { w = v; }\nexport { s as __wbg_set_wasm };",
		"module.exports.__wbg_set_wasm = function (v) { w = v; };",
		"exports.__wbg_set_wasm = s; function s(v) { w = v; }",
	};
	for (size_t i = 0; i < sizeof(leaving) / sizeof(*leaving); i++) {
		struct str text = arena_printf(arena, "%s%s\n", RENAMED, leaving[i]);
		struct patch *patch = run(text.data);
		cr_assert_eq(patch->module, MODULE_LOADER, "%s", leaving[i]);
	}
}

/* Parcel: the setter is called by a namespace object whose members no bundler looks up. */
Test(loader, a_body_with_its_loader_in_one_file)
{
	const char *text =
		RENAMED "const ns = {}; e(ns, '__wbg_set_wasm', () => set);\n"
				"async function init() {\n"
				"    const { instance: i } = await WebAssembly.instantiate(fetch('x'),"
				" { './x_bg.js': ns });\n"
				"    ns.__wbg_set_wasm(i.exports);\n"
				"}\ninit();\n";
	struct patch *patch = run(text);
	cr_assert_eq(patch->part, PART_BODY);
	cr_assert_eq(patch->module, MODULE_SEEN);
	expect(patch, ".then(__rg.N)");
	expect(patch, "{ './x_bg.js': ns }");
	patch = run(RENAMED "const ns = {}; e(ns, '__wbg_set_wasm', () => set); start(ns);\n");
	cr_assert_eq(patch->module, MODULE_NONE, "no other file can reach the setter");
	cr_assert_not_null(find_code(patch, "no-reinit"));
}

/* An app's bundle exports nothing: in a page there is no `module`, and the file would end there. */
Test(loader, only_what_is_commonjs_exports_as_commonjs)
{
	const char *made =
		"const c = new WebAssembly.Instance(new WebAssembly.Module(b), i); set(c.exports);\n";
	struct str plain = arena_printf(arena, "%s%s", RENAMED, made);
	expect(run(plain.data), "__rg.M(new WebAssembly.Module(b))");
	expect_none(run(plain.data), "module.exports");
	cr_assert_not_null(find_code(run(plain.data), "api-unreachable"));
	plain = arena_printf(arena, "%s%s(0, module.require)('util');", RENAMED, made);
	expect(run(plain.data), "__rg.M(new WebAssembly.Module(b))");
	expect_none(run(plain.data), "module.exports");
	static const char *const common[] = {
		"module.exports = { add };", "exports.add = add;", "require('fs');", "open(__dirname);"};
	for (size_t i = 0; i < sizeof(common) / sizeof(*common); i++) {
		plain = arena_printf(arena, "%s%s%s", RENAMED, made, common[i]);
		expect(run(plain.data), "Object.defineProperty(module.exports,\"__reglue\"");
		expect_none(run(plain.data), "typeof module==");
	}
	plain = arena_printf(
		arena, "%s%sif (typeof module !== 'undefined') module.exports = { add };", RENAMED, made);
	expect(run(plain.data),
		"typeof "
		"module==\"object\"&&module.exports&&Object.defineProperty(module.exports,\"__reglue\"");
}
