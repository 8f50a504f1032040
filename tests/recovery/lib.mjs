// What the recovery tests share: cells of ../../fixtures, patched once a process; fresh copies of a
// glue; and a trace of every raw call, which is how a test sees what the contract says about instances.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
export const fixtures = path.join(here, "../../fixtures");
const require = createRequire(import.meta.url);

/* The one place that starts the tool. A missing tool is a failure and never a skip. */
export function reglue(...args) {
	const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
	const run = spawnSync(tool, args, { encoding: "utf8", timeout: 60_000 });
	if (run.error) {
		throw new Error(`${tool}: ${run.error.message}: build it, or set REGLUE`);
	}
	return run;
}

// Children work in their parent's directory, so that nothing is patched twice.
const root =
	process.env.RECOVERY_ROOT ?? fs.mkdtempSync(path.join(os.tmpdir(), "reglue-recovery-"));
if (process.env.RECOVERY_ROOT === undefined) {
	process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));
}

/*
 * One cell for each form that the glue has had: heap and externref table, `let wasm` and `const wasm`,
 * with and without weak references, with and without a reachable shadow stack pointer.
 * RECOVERY_CELLS=all takes all there are; any other text, the cells whose path contains it.
 */
const chosen = [
	"0.2.63/default/nodejs",
	"0.2.74/weakrefs/nodejs",
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
	"0.2.114/default/web",
	"0.2.125/heap/nodejs",
	"0.2.125/heap/web",
	"0.2.130/default/nodejs",
	"0.2.130/default/web",
	"0.2.130/heap/web",
];

export const allCells = JSON.parse(
	fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"),
).cells;
const wish = process.env.RECOVERY_CELLS;
export const cells = allCells.filter(({ path: p, target, variant }) =>
	wish === undefined
		? chosen.includes(p)
		: /^(nodejs|web)$/.test(target) &&
			!/^(debug|threads)$/.test(variant) &&
			(wish === "all" || p.includes(wish)),
);
assert.ok(cells.length > 0, "no cells");

// Where a test needs one cell of a kind, whatever RECOVERY_CELLS says: heap, reachable shadow stack.
export const plain = () => cellOf("0.2.92/default/nodejs");
export const cellOf = p => allCells.find(cell => cell.path === p);
export const minor = cell => Number(cell.release.split(".")[2]);
export const has = feature => cell =>
	cell.features.includes(feature) || cell.optional.includes(feature);
export const isWeb = cell => cell.target === "web";
export const isNode = cell => cell.target === "nodejs";

/* initSync came with 0.2.83. */
export const initsSync = cell => isWeb(cell) && minor(cell) >= 83;

// Where a child process is needed: one of each kind is enough.
export const few = cell =>
	wish !== undefined ||
	["0.2.83/default/nodejs", "0.2.92/reftypes/web", "0.2.114/default/nodejs", "0.2.130/heap/web"].includes(
		cell.path,
	);

/* A private copy of a cell, its module beside it whatever cell that comes from. */
export function copyOf(cell, name) {
	const directory = path.join(root, name, cell.path);
	if (!fs.existsSync(directory)) {
		fs.mkdirSync(directory, { recursive: true });
		for (const file of cell.files.filter(file => /\.[cm]?js$/.test(file))) {
			fs.copyFileSync(path.join(fixtures, cell.path, file), path.join(directory, file));
		}
		fs.copyFileSync(path.join(fixtures, cell.module), path.join(directory, "reglue_fixture_bg.wasm"));
		fs.writeFileSync(
			path.join(directory, "package.json"),
			JSON.stringify({ type: isNode(cell) ? "commonjs" : "module" }),
		);
	}
	return directory;
}

function patchedCopyOf(cell) {
	const directory = copyOf(cell, "patched");
	const mark = path.join(directory, ".patched");
	if (!fs.existsSync(mark)) {
		const run = reglue("patch", path.join(directory, "reglue_fixture.js"));
		assert.equal(run.status, 0, `${cell.path}: ${run.stdout}${run.stderr}`);
		fs.writeFileSync(mark, "");
	}
	return directory;
}

export const bytesOf = cell =>
	fs.readFileSync(path.join(fixtures, cell.module));

const Real = WebAssembly.Instance;
const realInstantiate = WebAssembly.instantiate;
const owners = new WeakMap(); // funcref table => wrapper of its functions
const tableGet = WebAssembly.Table.prototype.get;
WebAssembly.Table.prototype.get = function get(i) {
	const f = tableGet.call(this, i);
	return typeof f === "function" && owners.has(this) ? owners.get(this)(f) : f;
};

/*
 * What happened to raw instances: `{ type: "instance", n }` as instance n is asked for, and
 * `{ type: "call", n, name, args, result, threw, error }` for each raw call into it, even one through
 * an exported table.
 *
 * With `naive`, and an unpatched glue, it is also a recovery as one would first write it: at the first
 * raw call whose name `naive` takes, a new instance replaces the dead one. Tests use it to show that
 * they see what is wrong with that.
 */
class Trace {
	events = [];
	raw = []; // the raw exports of each instance
	recording = true;
	refuse = false; // instantiate as Chrome's main thread does
	naive = undefined;
	#asked = 0;
	#dead = false;
	#redirect = undefined;
	#source = undefined;

	install() {
		const trace = this;
		function Instance(module, imports) {
			if (trace.refuse) {
				throw new RangeError(
					"WebAssembly.Instance is disallowed on the main thread, if the buffer size is larger than 8MB.",
				);
			}
			return trace.#made(module, imports, trace.#ask());
		}
		Instance.prototype = Real.prototype;
		WebAssembly.Instance = Instance;
		WebAssembly.instantiate = async (source, imports) => {
			const n = trace.#ask();
			const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
			await null;
			const instance = trace.#made(module, imports, n);
			return module === source ? instance : { module, instance };
		};
	}

	restore() {
		WebAssembly.Instance = Real;
		WebAssembly.instantiate = realInstantiate;
	}

	get count() {
		return this.raw.length;
	}

	/* The shadow stack pointer of instance n. */
	sp(n = this.raw.length - 1) {
		return this.raw[n].__wbindgen_add_to_stack_pointer(0);
	}

	/* What happens from now on: `const since = trace.mark(); …; since()`. */
	mark() {
		const from = this.events.length;
		return () => this.events.slice(from);
	}

	/* Keeps nothing alive any more: what was traced so far, and all instances but the last. */
	forget() {
		this.events.length = 0;
		this.raw.fill(undefined, 0, -1);
	}

	#ask() {
		const n = this.#asked++;
		this.events.push({ type: "instance", n });
		return n;
	}

	#made(module, imports, n) {
		const instance = new Real(module, imports);
		this.#source = { module, imports };
		const exports = instance.exports;
		this.raw[n] = exports;
		const copy = Object.create(null);
		for (const [name, value] of Object.entries(exports)) {
			copy[name] = typeof value === "function" ? this.#logged(n, name, value) : value;
			if (value instanceof WebAssembly.Table) {
				const known = new WeakMap();
				owners.set(value, f => {
					if (!known.has(f)) {
						known.set(f, this.#logged(n, "table", f));
					}
					return known.get(f);
				});
			}
		}
		return Object.defineProperty(instance, "exports", { value: Object.freeze(copy) });
	}

	#logged(n, name, f) {
		const logged = (...args) => {
			// Reading the shadow stack pointer is no event.
			if (!this.recording || (name === "__wbindgen_add_to_stack_pointer" && args[0] === 0)) {
				return f(...args);
			}
			if (this.#dead && this.naive(name)) {
				this.#dead = false;
				const at = this.#ask();
				const { exports } = new Real(this.#source.module, this.#source.imports);
				this.raw[at] = exports;
				this.#redirect = at;
				exports.__wbindgen_start();
			}
			const to = this.#redirect ?? n;
			const target = to === n ? f : this.raw[to][name];
			const call = { type: "call", n: to, name, args };
			this.events.push(call);
			try {
				call.result = target(...args);
				return call.result;
			} catch (e) {
				call.threw = true;
				call.error = e;
				this.#dead ||= this.naive !== undefined && e instanceof WebAssembly.RuntimeError;
				throw e;
			}
		};
		Object.defineProperty(logged, "name", { value: f.name });
		return Object.defineProperty(logged, "length", { value: f.length });
	}
}

/* init() and initSync() have taken an object since 0.2.93. */
export const initArgument = (cell, source, key = "module") =>
	minor(cell) >= 93 ? { [key]: source } : source;

let copies = 0;

/* Bun takes files for the same module whatever their query. */
function freshUrl(file) {
	if (globalThis.Bun === undefined) {
		return `${pathToFileURL(file)}?n=${++copies}`;
	}
	const copy = file.replace(/\.js$/, `-${process.pid}-${++copies}.js`);
	fs.copyFileSync(file, copy);
	return String(pathToFileURL(copy));
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
	{ original = false, traced = true, init = true, naive, hooks = {} } = {},
) {
	const directory = original ? copyOf(cell, "original") : patchedCopyOf(cell);
	const file = path.join(directory, "reglue_fixture.js");
	const trace = new Trace();
	trace.naive = naive;
	globalThis.__fixture_hooks = hooks;
	const glue = { cell, trace, hooks, face: undefined };
	const tracing = work => {
		if (!traced) {
			return work();
		}
		trace.install();
		try {
			return work();
		} finally {
			trace.restore();
		}
	};
	if (isNode(cell)) {
		delete require.cache[file];
		glue.m = tracing(() => require(file));
		glue.face = glue.m.__wasm;
	} else {
		// The runtime takes WebAssembly.Instance when the module is evaluated.
		if (traced) {
			trace.install();
		}
		glue.m = await import(freshUrl(file));
		trace.restore();
		glue.init = (source = bytesOf(cell)) =>
			tracing(() => glue.m.initSync(initArgument(cell, source)));
		if (init && initsSync(cell)) {
			glue.face = glue.init();
		} else if (init) {
			if (traced) {
				trace.install();
			}
			glue.face = await glue.m.default(bytesOf(cell));
			trace.restore();
		}
	}
	glue.api = glue.m.__reglue;
	assert.ok(original || glue.api !== undefined, "patched, but no __reglue");
	return glue;
}

/* One test for each cell that `needs` takes. */
export function each(name, body, { needs = () => true, ...options } = {}) {
	for (const cell of cells.filter(cell => needs(cell))) {
		test(`${name} [${cell.path}]`, async () => body(await load(cell, options)));
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
export const pointer = object => ("__wbg_ptr" in object ? object.__wbg_ptr : object.ptr);
export const calls = events => events.filter(({ type }) => type === "call");
export const instances = events => events.filter(({ type }) => type === "instance");

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
 * Runs `body` in a process of its own, with the glue, `print` for its one answer, and what would have
 * ended a process that does not listen: { uncaught, unhandled }.
 */
export function inChild(cell, body, { original = false } = {}) {
	const file = path.join(root, `child-${process.pid}-${++copies}.mjs`);
	fs.writeFileSync(
		file,
		`import * as lib from ${JSON.stringify(import.meta.url)};
const glue = await lib.load(lib.cellOf(${JSON.stringify(cell.path)}), { original: ${original} });
const print = value => console.log("\\n=" + JSON.stringify(value));
await (${body})({ ...glue, ...lib, print });
`,
	);
	const runtime = globalThis.Deno === undefined ? [] : ["run", "-A"];
	if (!original) {
		patchedCopyOf(cell);
	}
	const run = spawnSync(process.execPath, [...runtime, file], {
		encoding: "utf8",
		timeout: 30_000,
		env: { ...process.env, RECOVERY_ROOT: root, NODE_TEST_CONTEXT: "" },
	});
	const answer = /^=(.*)$/m.exec(run.stdout);
	return {
		status: run.status,
		text: run.stdout + run.stderr,
		answer: answer === null ? undefined : JSON.parse(answer[1]),
	};
}

/* Collects garbage until `done()`, or gives up. Finalizers run in tasks of their own. */
export async function collect(done = () => false, rounds = 20) {
	let gc = globalThis.gc ?? (globalThis.Bun && (() => globalThis.Bun.gc(true)));
	if (gc === undefined) {
		const { default: v8 } = await import("node:v8");
		const { default: vm } = await import("node:vm");
		v8.setFlagsFromString("--expose-gc");
		gc = vm.runInNewContext("gc");
	}
	for (let i = 0; i < rounds && !done(); i++) {
		gc();
		await sleep(5);
	}
}
