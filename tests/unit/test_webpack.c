/*
 * webpack's output in memory: its runtime, which makes the instances of wasm modules, in the file of a glue and by itself.
 * What such bundles do is tested in ../bundlers.
 */
#include <criterion/criterion.h>

#include "least.h"
#include "package.h"
#include "seal.h"

TestSuite(webpack, .init = patching_set_up, .fini = patching_tear_down);

#define BODY \
	"1: (e, t, n) => {\n" \
	"    n.d(t, { s: () => set, add: () => add });\n" \
	"    let wasm;\n    function set(val) { wasm = val; }\n" VIEW \
	"    function add(a, b) { return wasm.add(a, b); }\n" \
	"    function drop(p) { wasm.__wbindgen_free(p, 1); }\n" \
	"}"
#define MODULE "2: (e, t, n) => { e.exports = n.v(t, e.id, \"ab12\", { \"./x_bg.js\": n(1) }); }"
#define RUNTIME \
	"r.v = (exports, id, hash, imports) => {\n" \
	"    var req = fetch(r.p + hash);\n" \
	"    return req.then((res) => WebAssembly.instantiateStreaming(res, imports)\n" \
	"        .then((res) => (Object.assign(exports, res.instance.exports))));\n" \
	"};\n"
#define TOLD \
	"Object.assign(Object.defineProperty(exports,Symbol.for(\"reglue\"),{configurable:true," \
	"value:{module:res.module,imports:imports}}), res.instance.exports)"

Test(webpack, glue_and_runtime_in_one_file)
{
	struct patch *patch = run("(() => { var m = {\n" BODY ",\n" MODULE "};\n" RUNTIME "})();\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_eq(patch->part, PART_BODY);
	cr_assert_eq(patch->module, MODULE_SEEN);
	cr_assert(contains(patch, TOLD));
	cr_assert(contains(patch, "Symbol.for('reglue')"));
	cr_assert_null(find_code(patch, "no-reinit"));
}

Test(webpack, glue_in_a_chunk)
{
	struct patch *patch = run("self.c.push([[3], {\n" BODY ",\n" MODULE "}]);\n");
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_eq(patch->module, MODULE_LOADER);
	cr_assert(contains(patch, "Symbol.for('reglue')"));
	package_join(arena, &patch, 1);
	cr_assert_not_null(find_code(patch, "no-loader"));
	patch = run("self.c.push([[3], {\n" BODY "}]);\n");
	cr_assert_eq(patch->module, MODULE_NONE, "nothing says that webpack makes the instance");
	cr_assert_not_null(find_code(patch, "no-reinit"));
	cr_assert(!contains(patch, "Symbol.for('reglue')"));
}

Test(webpack, the_runtime_alone)
{
	struct patch *patch = run(RUNTIME);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert_eq(patch->part, PART_LOADER);
	cr_assert_eq(patch->entry_count, 0);
	cr_assert(contains(patch, TOLD));
	cr_assert(!contains(patch, "__rg"), "no runtime of ours is in it");
	const char *once = arena_copy(arena, patch->output).data;
	cr_assert_eq(run(once)->verdict, VERDICT_UNCHANGED);
	struct seal seal;
	struct diags diags = {0};
	cr_assert_eq(seal_read(arena, str_from(once), &seal, &diags), SEAL_GOOD);
	cr_assert(str_equal(seal.original, STR(RUNTIME)));
}

/* Before 0.2.84 the body imported the wasm itself. */
#define IMPORTING(get) \
	"1: (e, t, n) => {\n    \"use strict\";\n    n.a(e, async (handle, done) => { try {\n" get \
		VIEW "    function add(a, b) { return wasm.add(a, b); }\n" \
	"    function drop(p) { wasm.__wbindgen_free(p, 1); }\n" \
	"    done(); } catch (e) { done(e); } });\n}"

Test(webpack, a_body_that_imports_the_wasm)
{
	const char *ways[][2] = {
		{IMPORTING("var wasm = n(2), d = handle([wasm]), r = d.then ? (await d)() : d;\n"
				   "wasm = r[0];\n"),
			"wasm = __rg.l(r[0]);"},
		{IMPORTING("var wasm = n(\"./x_bg.wasm\");\nvar d = handle([wasm]);\n"
				   "wasm = (d.then ? (await d)() : d)[0];\n"),
			"wasm = __rg.l((d.then ? (await d)() : d)[0]);"},
		{"1: (e, t, n) => {\n    var wasm = n(75);\n" VIEW
		 "    function add(a, b) { return wasm.add(a, b); }\n"
		 "    function drop(p) { wasm.__wbindgen_free(p, 1); }\n}",
			"var wasm = __rg.l(n(75));"},
	};
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
		struct patch *patch = run(arena_printf(
			arena, "(() => { var m = {\n%s,\n" MODULE "};\n" RUNTIME "})();\n", ways[i][0])
									  .data);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s", ways[i][0]);
		cr_assert_eq(patch->part, PART_BODY);
		cr_assert_eq(patch->module, MODULE_SEEN);
		cr_assert(contains(patch, ways[i][1]), "%s", ways[i][1]);
		cr_assert(contains(patch, TOLD));
		cr_assert(contains(patch, "cachedUint8ArrayMemory0=null;"));
	}
	const char *unknown[] = {
		"var wasm = n(2), d = handle([wasm]);\n[wasm] = d.then ? (await d)() : d;\n",
		"var wasm = n(2), d = handle([wasm]);\nwasm = d.then(0);\n",
		"var wasm = m(2);\n",
		"var wasm = n(2, 3);\n",
		"var wasm = n(name);\n",
	};
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++) {
		struct patch *patch = run(arena_printf(arena,
			"(() => { var m = {\n1: (e, t, n) => { n.a(e, async (handle) => { try {\n%s" VIEW
			"function add(a, b) { return wasm.add(a, b); }\n"
			"function drop(p) { wasm.__wbindgen_free(p, 1); }\n"
			"} catch (e) {} }) } };\n})();\n",
			unknown[i])
									  .data);
		cr_assert_eq(patch->verdict, VERDICT_REFUSED, "%s", unknown[i]);
	}
	/* the entry that starts the module has no calls of its own */
	struct patch *patch = run(
		"(() => { var m = { 1: (e, t, n) => { var r = n(2); r.__wbindgen_start(); } }; })();\n");
	cr_assert_eq(patch->verdict, VERDICT_SKIPPED);
	cr_assert_null(patch->diags.first);
}

/* They only have its words, or nobody could read them: nothing is said of what is not ours. */
Test(webpack, what_is_not_its_runtime_is_left_alone)
{
	const char *others[] = {
		"r.w = (exports, id, hash, imports) => WebAssembly.instantiate(id, imports)"
		".then((res) => Object.assign(exports, res.instance.exports));",
		"r.v = (exports, id, hash, imports) => load(id, imports)"
		".then((res) => Object.assign(exports, res.instance.exports));",
		"r.v = (id, imports) => WebAssembly.instantiate(id, imports)"
		".then((res) => Object.assign(all, res.instance.exports));",
		"r.v = (exports, id) => WebAssembly.instantiate(id, imports)"
		".then((res) => Object.assign(exports, res.instance.exports));",
		"r.v = (exports, id, imports) => WebAssembly.instantiate(id, imports)"
		".then(() => Object.assign(exports, last.instance.exports));",
		"r.v = (exports, id, imports) => WebAssembly.instantiate(id, imports)"
		".then((res) => Object.assign(exports, {}, res.instance.exports));",
		"this is ( no JavaScript, res.instance.exports)",
	};
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct patch *patch = run(others[i]);
		cr_assert_eq(patch->verdict, VERDICT_SKIPPED, "%s", others[i]);
		cr_assert_null(patch->diags.first, "%s", others[i]);
	}
	struct patch_options options = PATCH_OPTIONS_DEFAULT;
	struct patch *patch = patch_run(arena, patcher, STR("x.ts"), STR(RUNTIME), &options);
	cr_assert_eq(patch->verdict, VERDICT_SKIPPED);
	cr_assert_null(patch->diags.first);
}
