/*
 * What lives longer than an instance: registries of the collector's, containers, stubs of the host's. Followed
 * where the glue alone has them, else refused or named.
 */
#include <criterion/criterion.h>

#include "least.h"

TestSuite(lasting, .init = patching_set_up, .fini = patching_tear_down);

/* A class whose objects are registered with `PF`, which the text before it makes. */
#define REGISTERED \
	"\nclass P {\n" \
	"    constructor() {\n        this.__wbg_ptr = wasm.p_new();\n" \
	"        PF.register(this, this.__wbg_ptr, this);\n    }\n" \
	"    size() { return wasm.p_size(this.__wbg_ptr); }\n" \
	"}\nexports.P = P;\n"
#define DROP "ptr => wasm.__wbg_p_free(ptr >>> 0, 1)"

Test(lasting, registries_made_by_a_helper_are_followed)
{
	static const char *const forms[] = {
		"function make(drop) { return typeof FinalizationRegistry === 'undefined' ? { register() "
		"{}, unregister() {} } : new FinalizationRegistry(drop); }\nconst PF = make(" DROP ");",
		"function make(drop) { return new FinalizationRegistry(p => drop(p)); }\n"
		"const PF = make(" DROP ");",
		"const make = drop => new FinalizationRegistry(drop);\nfunction again(drop) { return "
		"make(drop); }\nconst PF = again(" DROP "), other = again(p => close(p));",
		"const make = () => new FinalizationRegistry(" DROP ");\nconst PF = make(), P2 = make();",
		"function make(drop = " DROP ") { return new FinalizationRegistry(drop); }\nconst PF = "
		"make();",
		"class Registry { constructor(drop) { this.r = new FinalizationRegistry(drop); }\n"
		"register(o, h, t) { this.r.register(o, h, t); } }\nconst PF = new Registry(" DROP ");",
		"class Registry extends FinalizationRegistry {}\nconst PF = new Registry(" DROP ");",
		"const Registry = typeof FinalizationRegistry === 'undefined' ? class { register() {} } : "
		"FinalizationRegistry;\nconst PF = new Registry(" DROP ");",
		"const PF = new globalThis.FinalizationRegistry(" DROP ");",
		"let PF;\nif (typeof FinalizationRegistry !== 'undefined') PF = new "
		"FinalizationRegistry(" DROP ");\nPF && PF.unregister(1);",
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct patch *patch = run(arena_printf(arena, VIEW "%s" REGISTERED LOADER, forms[i]).data);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s", forms[i]);
		cr_assert(contains(patch, "__rg.F(" DROP ")"), "%s", forms[i]);
		cr_assert(!contains(patch, "__rg.F(__rg.F("), "%s", forms[i]);
		cr_assert(
			contains(patch, "PF.register(this, __rg.h(this.__wbg_ptr), this)"), "%s", forms[i]);
		cr_assert(!contains(patch, "__rg.F(p => close"), "the user's own: %s", forms[i]);
	}
	struct patch *patch = run(VIEW
		"const make = drop => new FinalizationRegistry(drop);\n"
		"const DTORS = make(state => state.dtor(state.a, state.b));\n"
		"function makeMutClosure(arg0, arg1, dtor, f) {\n"
		"    const state = { a: arg0, b: arg1, cnt: 1, dtor };\n"
		"    const real = (...args) => {\n        state.cnt++;\n        const a = state.a;\n"
		"        state.a = 0;\n        try { return f(a, state.b, ...args); }\n"
		"        finally { if (--state.cnt === 0) { state.dtor(a, state.b); "
		"DTORS.unregister(state); "
		"} else { state.a = a; } }\n    };\n"
		"    real.original = state;\n    DTORS.register(real, state, state);\n    return real;\n}\n"
		"function call(a, b, c) { wasm.invoke(a, b, c); }\n"
		"exports.__wbindgen_closure_wrapper1 = (a, b) => makeMutClosure(a, b, wasm.drop, "
		"call);\n" ADD LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "make(__rg.F(state => state.dtor(state.a, state.b)))"));
}

Test(lasting, the_state_of_a_closure_that_is_declared_again_is_stamped_again)
{
	struct patch *patch = run(VIEW
		"exports.__wbg_forEach_1 = function(arg0, arg1, arg2) {\n    try {\n"
		"        var state0 = {a: arg1, b: arg2};\n        var state0 = {a: arg1, b: arg2};\n"
		"        var cb0 = (x) => {\n            const a = state0.a;\n            state0.a = 0;\n"
		"            try { return adapter(a, state0.b, x); } finally { state0.a = a; }\n        "
		"};\n"
		"        arg0.forEach(cb0);\n    } finally { state0.a = state0.b = 0; }\n};\n"
		"function adapter(a, b, x) { wasm.__closure_invoke(a, b, x); }\n" ADD LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "var state0 = __rg.s({a: arg1, b: arg2});\n"
							  "        var state0 = __rg.s({a: arg1, b: arg2});"));
}

Test(lasting, a_registry_that_cannot_be_followed_is_refused)
{
	static const char *const forms[] = {
		"const PF = require('./registries').make(" DROP ");",
		"const make = name => new (registries()[name])(" DROP ");\nconst PF = make('p');",
		"class Registry extends FinalizationRegistry { constructor(name) { super(p => "
		"wasm[name](p)); "
		"} }\nconst PF = new Registry('__wbg_p_free');",
		"let PF = new FinalizationRegistry(" DROP ");\nfunction other(r) { PF = r; }",
		"const PF = new FinalizationRegistry(" DROP ");\nkeep(PF);",
		"const PF = { register(o, h) { (last = last || new FinalizationRegistry(" DROP
		")).register(o, h); } };\nlet last;",
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct patch *patch = run(arena_printf(arena, VIEW "%s" REGISTERED LOADER, forms[i]).data);
		cr_assert_eq(patch->verdict, VERDICT_REFUSED, "%s", forms[i]);
		cr_assert_not_null(find_code(patch, "finalizer"), "%s", forms[i]);
	}
	struct patch *patch =
		run(VIEW "const PF = { register: () => {}, unregister: () => {} };" REGISTERED LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED, "a bundler left the registry out");
}

/* Imports of a host's that stand in the glue: patched as long as no instance could stay in them. */
static struct patch *run_with_stub(const char *before, const char *value)
{
	return run(arena_printf(arena,
		VIEW ADD
		"%s\nfunction getImports() { return { './x_bg.js': {}, 'env': %s }; }\n"
		"const wasmModule = new WebAssembly.Module(require('fs').readFileSync('x_bg.wasm'));\n"
		"let wasm = new WebAssembly.Instance(wasmModule, getImports()).exports;\n"
		"wasm.__wbindgen_start();\n",
		before, value)
				   .data);
}

Test(lasting, stubs_of_the_glues_own_are_no_shims)
{
	static const char *const good[][2] = {
		{"", "{}"},
		{"", "{ now: () => Date.now(), abort() { throw new Error('abort'); } }"},
		{"const stubs = new Proxy({ system: () => -1 }, { get(target, name) {\n"
		 "    if (name in target) return target[name];\n    return () => {};\n} });",
			"stubs"},
		{"let ref = { memory: null };\n"
		 "function view() { if (!ref.memory) return null; return new DataView(ref.memory.buffer); "
		 "}\n"
		 "const stubs = { fd_read: (fd, p) => { const v = view(); if (v) v.setUint32(p, 0, true); "
		 "return 0; } };",
			"stubs"},
		{"const stubs = { random_get(p, n) {\n"
		 "    crypto.getRandomValues(getUint8ArrayMemory0().subarray(p, p + n)); return 0; },\n"
		 "    put(p) { const v = getUint8ArrayMemory0(); let i = 0; v[p] = i; i++; } };",
			"stubs"},
		{"const text = new TextDecoder();\n"
		 "const stubs = { log: (p, n) => "
		 "console.log(text.decode(getUint8ArrayMemory0().subarray(p, "
		 "p + n))) };",
			"stubs"},
	};
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct patch *patch = run_with_stub(good[i][0], good[i][1]);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED, "%s", good[i][0]);
		cr_assert_null(find_code(patch, "host-shim"));
	}
}

Test(lasting, stubs_that_could_keep_an_instance_are_shims)
{
	static const char *const bad[][2] = {
		{"", "shim"},                                           /* a global */
		{"", "new Shim().imports"},                             /* made elsewhere */
		{"const stubs = {};\nexports.stubs = stubs;", "stubs"}, /* handed out */
		{"const stubs = { f: () => 0 };\nstubs.memory = null;", "stubs"},
		{"let stubs = { f: () => 0 };\nfunction other(s) { stubs = s; }", "stubs"},
		{"const stubs = { f() { return this.memory; } };", "stubs"},
		{"const stubs = { f: () => 0 };\nfunction start(i) { i.env.memory = wasm.memory; }",
			"stubs"},
		/* the memory is put where the stub finds it */
		{"let ref = { memory: null };\nfunction start() { ref.memory = wasm.memory; }\n"
		 "const stubs = { f: (p) => new DataView(ref.memory.buffer).getUint8(p) };",
			"stubs"},
		{"let ref = { memory: null };\nfunction start(fill) { fill(ref); }\n"
		 "const stubs = { f: (p) => new DataView(ref.memory.buffer).getUint8(p) };",
			"stubs"},
		{"let memory;\nfunction start() { memory = wasm.memory; }\n"
		 "const stubs = { f: (p) => new DataView(memory.buffer).getUint8(p) };",
			"stubs"},
		{"const kept = [];\nconst stubs = { f: () => { kept.push(wasm.memory); } };", "stubs"},
		{"let ref = { memory: null };\nconst give = () => ref;\n"
		 "const stubs = { f() { const r = give(); r.memory = wasm.memory; } };",
			"stubs"},
		{"const stubs = { f() { globalThis.memory = wasm.memory; } };", "stubs"},
		{"const stubs = { f() { console.memory = wasm.memory; } };", "stubs"},
		{"const stubs = { f() { g.memory = wasm.memory; } };\nfunction g() { return 1; }", "stubs"},
		{"const stubs = { f(p) { setTimeout(() => getUint8ArrayMemory0()[p]); } };", "stubs"},
		{"const stubs = { f(p) { return wasm.__wbindgen_malloc(p); } };", "stubs"},
		{"const stubs = new Proxy({}, { get: (t, n) => t[n] = wasm.memory });", "stubs"},
		{"const stubs = new Proxy({}, handler);", "stubs"},
		{"const stubs = { ...others };", "stubs"},
		{"const stubs = { list: [] };", "stubs"},
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct patch *patch = run_with_stub(bad[i][0], bad[i][1]);
		cr_assert_eq(patch->verdict, VERDICT_REFUSED, "%s %s", bad[i][0], bad[i][1]);
		cr_assert_not_null(find_code(patch, "host-shim"), "%s %s", bad[i][0], bad[i][1]);
	}
	cr_assert_not_null(
		find_code(run(VIEW ADD "const all = { './x_bg.js': imports, env };" LOADER), "host-shim"));
	cr_assert_not_null(
		find_code(run(VIEW ADD "const all = { wbg: imports, env: shim };" LOADER), "host-shim"));
}

Test(lasting, containers_that_only_the_glue_fills_are_emptied)
{
	struct patch *patch = run(VIEW ADD
		"const slots = new Map();\nconst seen = new Set();\nconst list = [];\n"
		"function note(p) {\n    slots.set(p, wasm.memory.buffer.byteLength);\n"
		"    seen.add(p);\n    list.push(p);\n    list[3] = slots.get(p) + list.length;\n}\n"
		"function drop(p) { slots.delete(p); }\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "slots.clear();seen.clear();list.length=0;"));
	cr_assert_null(patch->diags.first);
}

Test(lasting, a_counter_that_starts_at_a_length_in_brackets_is_reset)
{
	struct patch *patch =
		run(VIEW "const slots = new Array(8).fill(undefined);\nslots.push(undefined, null);\n"
				 "let next = slots['length'];\n"
				 "function put(o) { const i = next; next = slots[i]; slots[i] = o; return i; }\n"
				 "function f(o) { return wasm.f(put(o)); }\nexports.f = f;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "next=slots['length'];"));
}

Test(lasting, a_table_of_objects_by_their_pointers_is_emptied)
{
	struct patch *patch = run(VIEW
		"const live = new Map();\nfunction remember(ptr, obj) { live.set(ptr, new WeakRef(obj)); "
		"}\n"
		"class P {\n    static __wrap(ptr) {\n        const known = live.get(ptr)?.deref();\n"
		"        if (known) return known;\n        const obj = Object.create(P.prototype);\n"
		"        remember(ptr, obj);\n        obj.__wbg_ptr = ptr;\n        return obj;\n    }\n"
		"    size() { return wasm.p_size(this.__wbg_ptr); }\n}\nexports.P = P;\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
	cr_assert(contains(patch, "live.clear();"));
}

Test(lasting, a_container_that_others_see_is_noted)
{
	static const char *const containers[] = {
		"exports.slots = slots;",                /* handed out */
		"function mine(p) { slots.set(p, 1); }", /* filled by a program of its own */
		"slots.set(0, 1);",                      /* not empty at the start */
		"function each(f) { f(slots); }",
		"slots.forEach = null;",
	};
	for (size_t i = 0; i < sizeof(containers) / sizeof(*containers); i++) {
		struct patch *patch = run(arena_printf(arena,
			VIEW ADD "const slots = new Map();\n%s\n"
					 "function note(p) { slots.set(p, wasm.memory.buffer.byteLength); }\n" LOADER,
			containers[i])
									  .data);
		cr_assert_eq(patch->verdict, VERDICT_PATCHED);
		cr_assert(!contains(patch, "slots.clear()"), "%s", containers[i]);
		cr_assert_not_null(find_code(patch, "unknown-state"), "%s", containers[i]);
	}
	static const char *const values[] = {"new WeakMap()", "new Map([[1, 2]])"};
	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		struct patch *patch = run(arena_printf(arena,
			VIEW ADD "const slots = %s;\n"
					 "function note(p) { slots.set(p, wasm.memory.buffer.byteLength); }\n" LOADER,
			values[i])
									  .data);
		cr_assert(!contains(patch, "slots.clear()"), "%s", values[i]);
		cr_assert_not_null(find_code(patch, "unknown-state"), "%s", values[i]);
	}
}

Test(lasting, state_that_nothing_resets_is_noted)
{
	struct patch *patch = run(VIEW ADD
		"let last;\nlet mine;\n"
		"function note(p) { const size = wasm.memory.buffer.byteLength; last = p + size; }\n"
		"function other(p) { mine = p; }\n" LOADER);
	cr_assert_not_null(patch->diags.first);
	cr_assert_str_eq(patch->diags.first->code, "unknown-state");
	cr_assert(str_starts(patch->diags.first->text, STR("'last'")));
	cr_assert_null(patch->diags.first->next);
}

Test(lasting, state_that_no_recovery_reaches_is_refused)
{
	static const char *const forms[] = {
		/* a declaration that a generator forgot, where the language lets it pass */
		"function view() { cached = new Uint8Array(wasm.memory.buffer); return cached; }",
		"cached = new Array(128).fill(undefined);",
		"function put(o) { next = next + 1; return wasm.memory.buffer.byteLength + next; }",
		"function put(o) { next++; return wasm.memory.buffer.byteLength; }",
		/* in an object */
		"const cache = { u8: null };\n"
		"function view() { cache.u8 = new Uint8Array(wasm.memory.buffer); return cache.u8; }",
		"function view() { view.cached = new Uint8Array(wasm.memory.buffer); return view.cached; }",
		/* in a block around the function */
		"let view;\n{ let cached; view = () => cached = new Uint8Array(wasm.memory.buffer); }",
		/* in a function around it, whose call is over */
		"function api(m) { let cached = null;\n"
		"    m.view = function () { return cached || (cached = new "
	    "Uint8Array(wasm.memory.buffer)); };\n"
		"}",
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		struct patch *patch = run(arena_printf(arena, VIEW ADD "%s\n" LOADER, forms[i]).data);
		cr_assert_eq(patch->verdict, VERDICT_REFUSED, "%s", forms[i]);
		cr_assert_not_null(find_code(patch, "kept-state"), "%s", forms[i]);
	}
	struct patch *patch = run(
		VIEW ADD "function copy() { const view = new Uint8Array(wasm.memory.buffer); let n; n = "
				 "new Uint8Array(wasm.memory.buffer); return view.slice(n); }\n"
				 "function mine() { clicks = 1; }\n" LOADER);
	cr_assert_eq(patch->verdict, VERDICT_PATCHED);
}
