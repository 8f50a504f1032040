// What the rule tests share: which cells there are, a fresh copy of a glue, and small words for what
// they do all the time. host.mjs is the machine they run on, trace.mjs what they see of raw instances.
import assert from "node:assert/strict";
import { allCells, bytesOf, evaluate, gc, inChild as child, limits, loads, test, wish } from "./host.mjs";
import { Trace } from "./trace.mjs";

export { allCells, bytesOf, loads };

// Upstream's own machinery makes something else of panics and of errors that meet frames of Rust's.
const ofUpstreamKind = cell => /^(reset-state|reinit|abort-handler|abort-alone|unwind|unwind-alone)$/.test(cell.variant);

/*
 * One cell for each form that the glue has had: heap and externref table, `let wasm` and `const wasm`,
 * with and without weak references, with and without a reachable shadow stack pointer.
 * RECOVERY_CELLS=all takes all there are but those with upstream's machinery, which R14 has; any other list, the cells
 * whose path contains a part of it.
 */
const chosen = [
	"0.2.63/default/nodejs",
	"0.2.74/default/nodejs",
	"0.2.83/default/nodejs",
	"0.2.83/default/web",
	"0.2.87/reftypes/nodejs",
	"0.2.87/weakrefs/web",
	"0.2.92/default/nodejs",
	"0.2.92/reftypes/web",
	"0.2.100/default/nodejs",
	"0.2.100/heap/web",
	"0.2.104/heap/nodejs",
	"0.2.114/default/nodejs",
	"0.2.125/heap/nodejs",
	"0.2.130/default/nodejs",
	"0.2.130/default/web",
	"0.2.130/heap/web",
	"0.2.92/default/bundler",
	"0.2.130/heap/bundler",
];

const parts = wish?.split(",");
export const minor = cell => Number(cell.release.split(".")[2]);

// Before 0.2.84 a bundler's body imports the wasm itself, which only a bundler can give it. Snippets are
// ES modules, which glue of CommonJS cannot require in every Node.
const stands = cell =>
	(cell.target !== "bundler" || minor(cell) >= 84) && (cell.target !== "nodejs" || cell.variant !== "snippets");
export const cells = allCells.filter(
	cell =>
		loads(cell) &&
		stands(cell) &&
		(parts === undefined
			? chosen.includes(cell.path)
			: /^(nodejs|web|bundler)$/.test(cell.target) &&
				!/^(debug|threads)$/.test(cell.variant) &&
				parts.some(part => (part === "all" ? !ofUpstreamKind(cell) : cell.path.includes(part)))),
);
assert.ok(cells.length > 0, "no cells");

/*
 * Glue with upstream's own machinery: some releases of each variant, the last one, or all. Before 0.2.114
 * it is only in glue of the target `module`.
 */
const ofUpstream = wish === undefined ? /^0\.2\.(104|115|118|127|130)$/ : /^0\.2\.(104|130)$|^0\.2\.127\/\w+-alone/;
export const upstream = allCells.filter(
	cell =>
		loads(cell) &&
		(/^(nodejs|web)$/.test(cell.target) || (cell.target === "module" && minor(cell) < 114)) &&
		ofUpstreamKind(cell) &&
		(wish === "all" || ofUpstream.test(cell.release) || ofUpstream.test(cell.path)),
);

// Glue with factories that return promises.
export const promised = allCells.filter(cell => cell.variant === "factories" && loads(cell));

// Classes that extend others.
export const families = allCells.filter(cell => cell.variant === "families" && loads(cell));

// Where a test needs one cell of a kind, whatever RECOVERY_CELLS says: heap, reachable shadow stack.
export const plainCells = ["0.2.92/default/nodejs", "0.2.92/default/web"];
export const plain = () => plainCells.map(cellOf).find(loads);
export const cellOf = p => allCells.find(cell => cell.path === p);
export const has = feature => cell =>
	cell.features.includes(feature) || cell.optional.includes(feature);
export const importsSource = cell => cell.target === "module";
export const isWeb = cell => cell.target === "web";
export const isBundler = cell => cell.target === "bundler";
export const isNode = cell => cell.target === "nodejs";

/* With what the glue of r06-reconstruct is patched, and that of r11-policy. */
export const reconstruct = ["Counter", "Parsed", "Tracked"].flatMap(name => ["--reconstruct", name]);
export const settings = [
	"--policy", "manual", "--budget", "3", "--stale-closures", "throw", "--foreign-throw", "poison",
];
export const excluded = ["--exclude", "add"];

/* initSync came with 0.2.83. */
export const initsSync = cell => isWeb(cell) && minor(cell) >= 83;

// Where a child process is needed: one of each kind is enough.
export const few = cell =>
	wish !== undefined ||
	["0.2.83/default/nodejs", "0.2.92/reftypes/web", "0.2.114/default/nodejs", "0.2.130/heap/web"].includes(
		cell.path,
	);

/* init() and initSync() have taken an object since 0.2.93. */
export const initArgument = (cell, source, key = "module") =>
	minor(cell) >= 93 ? { [key]: source } : source;

/*
 * Up to 0.2.92 the finalizer of an object that a fault left borrowed has Rust throw "recursive use", patched
 * or not. It has no caller: thrown, it would end the process of the tests. (The weakrefs cells up to 0.2.83
 * even free consumed objects twice, and are left to the matrix.)
 */
async function withLenientFinalizers(cell, work) {
	const Real = globalThis.FinalizationRegistry;
	if (minor(cell) > 92) {
		return work();
	}
	globalThis.FinalizationRegistry = class extends Real {
		constructor(callback) {
			super(held => {
				try {
					callback(held);
				} catch (e) {
					if (!/recursive use/.test(e.message)) {
						throw e;
					}
				}
			});
		}
	};
	try {
		return await work();
	} finally {
		globalThis.FinalizationRegistry = Real;
	}
}

/*
 * A fresh copy of a cell's glue:
 *   m       its module       api    `m.__reglue`
 *   face    its exports object, where it shows one
 *   hooks   `globalThis.__fixture_hooks`, which the crate calls
 *   trace   see Trace        init   initSync with the module's bytes (web)
 */
export async function load(
	cell,
	{ original = false, traced = true, init = true, naive, hooks = {}, options = [] } = {},
) {
	const trace = new Trace();
	trace.naive = naive;
	globalThis.__fixture_hooks = hooks;
	const glue = { cell, trace, hooks, face: undefined };
	const tracing = async work => {
		if (traced) {
			trace.install();
		}
		try {
			return await work();
		} finally {
			trace.restore();
		}
	};
	// The runtime takes WebAssembly.Instance when the module is evaluated.
	glue.m = await tracing(() => withLenientFinalizers(cell, () => evaluate(cell, { original, options })));
	if (isNode(cell)) {
		glue.face = glue.m.__wasm;
	} else if (isWeb(cell)) {
		glue.init = (source = bytesOf(cell)) => {
			if (traced) {
				trace.install();
			}
			try {
				return glue.m.initSync(initArgument(cell, source));
			} finally {
				trace.restore();
			}
		};
		if (init) {
			glue.face = initsSync(cell)
				? glue.init()
				: await tracing(() => glue.m.default(bytesOf(cell)));
		}
	}
	glue.api = glue.m.__reglue;
	assert.ok(original || glue.api !== undefined, "patched, but no __reglue");
	return glue;
}

/* A test that is skipped, by name, where the engine lacks what it `requires`. */
export function check(name, requires, body) {
	const lacking = requires.find(what => limits[what] !== undefined);
	if (lacking === undefined) {
		test(name, body);
	} else {
		test.skip(`${name} (skipped: ${limits[lacking]})`, () => {});
	}
}

// Modules that only newer engines take, for their instructions (exnref) or for what they import.
const takes = cell =>
	(bytesOf(cell) instanceof WebAssembly.Module || WebAssembly.validate(bytesOf(cell))) &&
	(WebAssembly.JSTag !== undefined || !has("panic-error")(cell));

/* One test for each of the cells that `needs` takes. */
export function each(
	name,
	body,
	{ needs = () => true, requires = [], among = cells, ...options } = {},
) {
	for (const cell of among.filter(cell => needs(cell))) {
		const lacking = takes(cell) ? [] : ["instructions"];
		if (importsSource(cell)) {
			lacking.push("sourceImports");
		}
		check(`${name} [${cell.path}]`, [...requires, ...lacking], async () =>
			body(await load(cell, options)),
		);
	}
}

/* What `f` throws; that it throws is part of the test. */
export function caught(f) {
	try {
		f();
	} catch (e) {
		return e;
	}
	return assert.fail(`nothing was thrown by ${f}`);
}

export async function rejected(promise) {
	try {
		await promise;
	} catch (e) {
		return e;
	}
	return assert.fail("not rejected");
}

export const sleep = ms => new Promise(done => setTimeout(done, ms));
export const never = () => new Promise(() => {});
/* An object as frameworks hand it out (Vue's `ref(object).value`): a Proxy, and so is each object found in there. */
export const reactive = (object, handler = {}) =>
	new Proxy(object, {
		get(target, k, receiver) {
			const found = Reflect.get(target, k, receiver);
			return typeof found === "object" && found !== null ? reactive(found) : found;
		},
		...handler,
	});
/* As hosts hand it out that count calls (workers-rs does so with Durable Objects): a Proxy, and so is each function in there. */
export const counted = object =>
	new Proxy(object, {
		get(target, k, receiver) {
			const found = Reflect.get(target, k, receiver);
			return typeof found === "function" ? new Proxy(found, { apply: (f, self, args) => Reflect.apply(f, self, args) }) : found;
		},
	});
export const pointer = object => ("__wbg_ptr" in object ? object.__wbg_ptr : object.ptr);
export const calls = events => events.filter(({ type }) => type === "call");
export const instances = events => events.filter(({ type }) => type === "instance");

/* Without what Rust's abort handler does on the dead instance, as upstream wants it (R14). */
export const unhandled = ({ cell }, events) =>
	has("abort_handler")(cell) ? events.filter(({ name }) => name !== "table") : events;

/* Where a panic unwinds it is no fault. */
export const faultsByPanic = cell => !has("panic-error")(cell);

/* A fault that nobody could take for anything else. */
export function fault({ m, api, trace }) {
	const e = caught(() => m.trap());
	assert.ok(e instanceof WebAssembly.RuntimeError, String(e));
	if (api !== undefined) {
		assert.equal(api.state, "poisoned");
	}
	return trace === undefined ? () => [] : trace.mark();
}

/* A fault, and a good call after it. */
export function recover(glue) {
	const before = glue.api.generation;
	fault(glue);
	assert.equal(glue.m.add(20, 22), 42);
	assert.equal(glue.api.generation, before + 1);
	return glue.trace.mark();
}

/*
 * Calls `body` in a process of its own, or what comes nearest, with the glue, `print` for its one answer,
 * and `process` for what would have ended a process that does not listen; and with `args`: functions, as
 * their text, or plain data. Gives { status, answer, text }.
 */
export const inChild = (cell, body, options) => child(cell, body, options);

/* Collects garbage until `done()`, or gives up. Finalizers run in tasks of their own. */
export async function collect(done = () => false, rounds = 20) {
	for (let i = 0; i < rounds && !done(); i++) {
		await gc();
		await sleep(5);
	}
}
