// The world that patched glue lives in, as a test wants it: every raw call seen, counted and made to
// fail on demand; timers and finalizers that run when told; pointers that carry their instance's number.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

const require = createRequire(import.meta.url);
const { Instance, Module, instantiate, instantiateStreaming } = WebAssembly;
const Real = { Instance, Module, FinalizationRegistry, Wasm: { Instance, Module, instantiate, instantiateStreaming } };
const { RuntimeError } = WebAssembly;

// SpiderMonkey has a class of its own for it.
export const isExhausted = e => (e instanceof RangeError && /call stack/.test(e.message)) || e?.name === "InternalError";
export const isFault = e => e instanceof RuntimeError || isExhausted(e);

/*
 * Pointers to Rust objects and closures mean nothing to the glue, so they can be marked: the top byte
 * is the instance's number, from 1 to 126. Programs use no integers that large. Whatever comes back
 * with another instance's mark is a stale pointer, also when the numbers below are the same.
 */
const markOf = n => (n % 126) + 1;
const isMarked = v => typeof v === "number" && Number.isInteger(v) && v >>> 24 >= 1 && v >>> 24 <= 126 && v > 0;
const makers = /^(counter_(new|zero|twin|merge)|renamed_(new|ofNumber)|point_new|tracked_new|ticker_new|maybe_counter)$/;
const tryMakers = /^(parsed_new|try_counter)$/; // pointer, error, failed: as an array, or where arg 0 points

/* What an import does with pointers: takes one, as the argument of that number, or gives one away. */
const roleOf = (name, f) => {
	if (typeof f !== "function") {
		return undefined;
	}
	if (/^__wbg_\w+_unwrap/.test(name)) {
		return "unwraps";
	}
	const text = /^__wb/.test(name) ? String(f) : "";
	const closure =
		/make(?:Mut)?Closure\(arg(0), arg1/.exec(text) ?? /\{\s*a: arg(\d+), b: arg\d+\s*\}/.exec(text);
	return closure ? Number(closure[1]) : /^__wbg_(counter|point)_new/.test(name) ? 0 : undefined;
};

export class World {
	constructor(roles = new Map()) {
		this.roles = roles; // of the imports, by name
	}

	instances = [];
	violations = [];
	count = 0; // raw calls of this step
	armed = undefined; // { at, kind, when }: the fault of this step
	fired = undefined; // { error, name, when, nest, starting }: the last one that happened
	nest = 0; // callbacks that are open
	starting = 0;
	timers = []; // { fn, meta }
	finals = new WeakMap(); // object => entries of fake registries
	borrows = new WeakMap(); // object => who borrows it in Rust, as the model knows
	asked = false; // a new instance was asked for, the old one need not be dead
	caught = false; // Rust catches what JS throws, so that only real traps pass for faults
	aborts = 0; // calls of Rust's abort handler, which is one even if nobody has set any

	get current() {
		return this.instances.at(-1);
	}

	violate(text) {
		this.violations.push(text);
	}

	arm(fault) {
		this.count = 0;
		this.armed = fault;
	}

	#fire(x, name, when) {
		let { kind } = this.armed;
		if (this.caught) {
			kind = { runtime: "trap", stack: "recurse_shadow" }[kind] ?? kind;
		}
		let error;
		if (kind === "runtime") {
			error = new RuntimeError("chaos");
		} else if (kind === "stack") {
			error = new RangeError("Maximum call stack size exceeded");
		} else {
			try {
				x.raw[kind](100_000); // trap, oob_load, recurse_shadow
			} catch (e) {
				error = e;
			}
		}
		this.armed = undefined;
		this.fired = { error, name, when, nest: this.nest, starting: this.starting > 0, seen: false };
		return error;
	}

	#unmark(x, name, args) {
		for (let i = 0; i < args.length; i++) {
			if (isMarked(args[i])) {
				if (args[i] >>> 24 !== x.mark) {
					this.violate(`${name}: argument ${i} is a pointer of mark ${args[i] >>> 24}, the instance's is ${x.mark}`);
				}
				args[i] &= 0xffffff;
			}
		}
	}

	#result(x, name, args, r) {
		// Before 0.2.88 Rust throws the error itself.
		if (makers.test(name) || (tryMakers.test(name) && typeof r === "number")) {
			return r === 0 ? r : (r | (x.mark << 24)) >>> 0;
		}
		if (tryMakers.test(name)) {
			if (Array.isArray(r)) {
				return r[2] ? r : [(r[0] | (x.mark << 24)) >>> 0, r[1], r[2]];
			}
			const at = args[0] / 4;
			const words = new Int32Array(x.raw.memory.buffer);
			if (!words[at + 2]) {
				words[at] |= x.mark << 24;
			}
		}
		if (name === "__wbindgen_malloc" || name === "__wbindgen_realloc") {
			this.strings.set(r >>> 0, x.n);
		}
		return r;
	}

	strings = new Map(); // what malloc returned => the instance that returned it last

	#wrap(x, name, f) {
		const w = (...args) => {
			if (x.dead && this.caught && name === "table" && args.length === 0) {
				this.aborts++;
				return f();
			}
			if (x.dead && !(x.failed && name === "__wbindgen_add_to_stack_pointer")) {
				this.violate(`${name} called on dead instance ${x.n}`);
			}
			this.#unmark(x, name, args);
			if (name === "__wbindgen_add_to_stack_pointer") {
				return f(...args); // cannot fail, and is called as often as the runtime likes
			}
			const text = name === "__wbindgen_realloc" ? args[0] : takesText.test(name) ? args.at(-2) : undefined;
			if (text !== undefined && this.strings.get(text >>> 0) !== x.n) {
				this.violate(`${name}: text at ${text} was not allocated by instance ${x.n}`);
			}
			this.count += !this.off;
			const mine = !this.off && this.count === this.armed?.at ? this.armed.when : undefined;
			const starts = name === "__wbindgen_start";
			this.starting += starts;
			try {
				if (mine === "before") {
					throw this.#fire(x, name, mine);
				}
				const r = this.#result(x, name, args, f(...args));
				if (mine === "after" && this.armed !== undefined) {
					throw this.#fire(x, name, mine);
				}
				return r;
			} catch (e) {
				if (isFault(e) || starts || (this.caught && !(e instanceof WebAssembly.Exception))) {
					x.dead = true;
					x.failed = !isFault(e); // a start that threw an ordinary error
				}
				throw e;
			} finally {
				this.starting -= starts;
				if (starts) {
					x.base = x.raw?.__wbindgen_add_to_stack_pointer?.(0);
				}
			}
		};
		Object.defineProperty(w, "name", { value: f.name });
		return Object.defineProperty(w, "length", { value: f.length });
	}

	#imports(x, imports) {
		const all = {};
		for (const module of Object.keys(imports)) {
			const from = imports[module];
			const to = (all[module] = Object.create(from));
			for (const k of Object.keys(from)) {
				if (!this.roles.has(k)) {
					this.roles.set(k, roleOf(k, from[k]));
				}
				const role = this.roles.get(k);
				if (role === "unwraps") {
					to[k] = arg => {
						const r = [from[k](arg)];
						this.#unmark(x, k, r);
						return r[0];
					};
				} else if (role !== undefined) {
					to[k] = (...args) => {
						if (args[role] !== 0) {
							args[role] |= x.mark << 24;
						}
						return from[k](...args);
					};
				}
			}
		}
		return all;
	}

	make(module, imports) {
		const before = this.current;
		if (before !== undefined && !before.dead && !this.asked) {
			this.violate(`instance ${before.n} replaced while it lives`);
		}
		if (before !== undefined) {
			before.dead = true;
			before.raw = undefined; // dead instances must be collectable
		}
		const n = this.instances.length;
		const x = { n, mark: markOf(n), dead: false, raw: undefined, base: undefined };
		this.instances.push(x);
		const instance = new Real.Instance(module, this.#imports(x, imports));
		x.raw = instance.exports;
		x.base = x.raw.__wbindgen_add_to_stack_pointer?.(0);
		const copy = Object.create(null);
		for (const [name, value] of Object.entries(x.raw)) {
			copy[name] = typeof value === "function" ? this.#wrap(x, name, value) : value;
			if (value instanceof WebAssembly.Table && !/externref/.test(name)) {
				const known = new WeakMap();
				owners.set(value, f => {
					if (!known.has(f)) {
						known.set(f, this.#wrap(x, "table", f));
					}
					return known.get(f);
				});
			}
		}
		return Object.defineProperty(instance, "exports", { value: Object.freeze(copy) });
	}

	registry() {
		const { finals } = this;
		const tokens = new WeakMap();
		return class {
			constructor(callback) {
				this.callback = callback;
			}
			register(object, held, token) {
				const entry = { callback: this.callback, held, gone: false };
				finals.set(object, (finals.get(object) ?? []).concat(entry));
				tokens.set(token, (tokens.get(token) ?? []).concat(entry));
			}
			unregister(token) {
				for (const entry of tokens.get(token) ?? []) {
					entry.gone = true;
				}
			}
		};
	}

	/*
	 * Real finalizers come when they like, so their raw calls are not counted. They have no caller either:
	 * what Rust throws because the object was borrowed when it became garbage would reach the process, now
	 * or while another program runs.
	 */
	realRegistry() {
		const world = this;
		return class extends Real.FinalizationRegistry {
			constructor(callback) {
				super(({ held, borrow }) => {
					world.off = true;
					try {
						callback(held);
					} catch (e) {
						if (isFault(e) || !(borrow.mut || borrow.shared || borrow.held)) {
							throw e;
						}
					} finally {
						world.off = false;
					}
				});
			}
			register(object, held, token) {
				const borrow = {};
				world.borrows.set(object, borrow);
				super.register(object, { held, borrow }, token);
			}
		};
	}
}

// pointer and length of a text are the last arguments
const takesText = /^(panic|throw_text|length|parse_number|async_greet|async_err)$/;

const owners = new WeakMap(); // table of functions => wrapper of what it holds
const tableGet = WebAssembly.Table.prototype.get;
WebAssembly.Table.prototype.get = function get(i) {
	const f = tableGet.call(this, i);
	return typeof f === "function" && owners.has(this) ? owners.get(this)(f) : f;
};

const cells = new Map();

/* The glue of a cell, compiled once. Web glue needs --experimental-vm-modules. */
const compiled = ({ file, target }) => {
	if (!cells.has(file)) {
		const text = fs.readFileSync(file, "utf8");
		const bytes = fs.readFileSync(path.join(path.dirname(file), "reglue_fixture_bg.wasm"));
		const glue = { bytes, module: new Real.Module(bytes), roles: new Map() };
		if (target === "nodejs") {
			const whole = `(function (exports, require, module, __filename, __dirname) {${text}\n})`;
			const script = new vm.Script(whole, { filename: file });
			glue.evaluate = () => {
				const module = { exports: {} };
				script.runInThisContext()(module.exports, require, module, file, path.dirname(file));
				return module.exports;
			};
		} else {
			let cachedData;
			glue.evaluate = async () => {
				const module = new vm.SourceTextModule(text, {
					identifier: file,
					cachedData,
					initializeImportMeta: meta => (meta.url = String(pathToFileURL(file))),
				});
				cachedData ??= module.createCachedData();
				await module.link(() => {});
				await module.evaluate();
				return module.namespace;
			};
		}
		cells.set(file, glue);
	}
	return cells.get(file);
};

/* Starts web glue in one of the ways of program.mjs; the functions have taken an object since 0.2.93. */
export const initialize = (m, { minor }, how, { bytes, module }) => {
	const [call, what] = how.split(" ");
	const source = {
		bytes: () => bytes,
		module: () => module,
		response: () => new Response(bytes, { headers: { "content-type": "application/wasm" } }),
	}[what]();
	return call === "initSync" && minor >= 83 // older releases have none
		? m.initSync(minor >= 93 ? { module: source } : source)
		: m.default(minor >= 93 ? { module_or_path: source } : source);
};

/* A fresh copy of the patched glue of a cell, in a world of its own. */
export async function load(cell, { realGc, hooks, init, slow }) {
	const glue = compiled(cell);
	const world = new World(glue.roles);
	world.caught = cell.joined;
	function Instance(module, imports) {
		if (slow && world.instances.length > 0) {
			throw new RangeError("WebAssembly.Instance is disallowed on the main thread, if the buffer size is larger than 8MB.");
		}
		return world.make(module, imports);
	}
	Instance.prototype = Real.Instance.prototype;
	function Module() {
		return glue.module;
	}
	Module.prototype = Real.Module.prototype;
	const both = imports => ({ module: glue.module, instance: world.make(glue.module, imports) });
	Object.assign(WebAssembly, {
		Instance,
		Module,
		instantiate: async (source, imports) =>
			source instanceof Module ? world.make(source, imports) : both(imports),
		instantiateStreaming: async (source, imports) => (await (await source).arrayBuffer(), both(imports)),
	});
	globalThis.__fixture_hooks = hooks(world);
	globalThis.setTimeout = fn => world.timers.push({ fn, meta: undefined });
	globalThis.FinalizationRegistry = realGc ? world.realRegistry() : world.registry();
	let m;
	try {
		m = await glue.evaluate();
		if (cell.target === "web") {
			await initialize(m, cell, init, glue);
		}
	} finally {
		Object.assign(WebAssembly, Real.Wasm);
		globalThis.FinalizationRegistry = Real.FinalizationRegistry;
	}
	return { world, m, api: m.__reglue };
}
