// The world that patched glue lives in, as a test wants it: every raw call seen, counted and made to
// fail on demand; timers and finalizers that run when told; pointers that carry their instance's number.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import vm from "node:vm";

const require = createRequire(import.meta.url);
const Real = { Instance: WebAssembly.Instance, Module: WebAssembly.Module, FinalizationRegistry };
const { RuntimeError } = WebAssembly;

export const isFault = e =>
	e instanceof RuntimeError || (e instanceof RangeError && /call stack/.test(e.message));

/*
 * Pointers to Rust objects and closures mean nothing to the glue, so they can be marked: the top byte
 * is the instance's number, from 1 to 126. Programs use no integers that large. Whatever comes back
 * with another instance's mark is a stale pointer, also when the numbers below are the same.
 */
const markOf = n => (n % 126) + 1;
const isMarked = v => typeof v === "number" && Number.isInteger(v) && v >>> 24 >= 1 && v >>> 24 <= 126 && v > 0;
const makers = /^(counter_(new|zero|twin|merge)|renamed_(new|ofNumber)|point_new|tracked_new|ticker_new|maybe_counter)$/;
const tryMakers = /^(parsed_new|try_counter)$/; // pointer, error, failed: as an array, or where arg 0 points

export class World {
	instances = [];
	violations = [];
	count = 0; // raw calls of this step
	armed = undefined; // { at, kind, when }: the fault of this step
	fired = undefined; // { error, name, when, nest, starting }: the last one that happened
	nest = 0; // callbacks that are open
	starting = 0;
	timers = []; // { fn, meta }
	finals = new WeakMap(); // object => entries of fake registries
	asked = false; // a new instance was asked for, the old one need not be dead

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
		const { kind } = this.armed;
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
		if (makers.test(name)) {
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
				if (isFault(e) || starts) {
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
				if (typeof from[k] !== "function") {
					continue;
				}
				const text = /^__wb/.test(k) ? String(from[k]) : "";
				const closure =
					/make(?:Mut)?Closure\(arg(0), arg1/.exec(text) ?? /\{\s*a: arg(\d+), b: arg\d+\s*\}/.exec(text);
				const at = closure ? Number(closure[1]) : /^__wbg_(counter|point)_new/.test(k) ? 0 : -1;
				if (at >= 0) {
					to[k] = (...args) => {
						if (args[at] !== 0) {
							args[at] |= x.mark << 24;
						}
						return from[k](...args);
					};
				} else if (/^__wbg_\w+_unwrap/.test(k)) {
					to[k] = arg => {
						const r = [from[k](arg)];
						this.#unmark(x, k, r);
						return r[0];
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

/* A fresh copy of the patched glue in `file`, in a world of its own. */
export function load(file, { realGc, hooks }) {
	let cell = cells.get(file);
	if (cell === undefined) {
		const text = fs.readFileSync(file, "utf8");
		const bytes = fs.readFileSync(path.join(path.dirname(file), "reglue_fixture_bg.wasm"));
		cell = {
			script: new vm.Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, { filename: file }),
			module: new Real.Module(bytes),
		};
		cells.set(file, cell);
	}
	const world = new World();
	function Instance(module, imports) {
		return world.make(module, imports);
	}
	Instance.prototype = Real.Instance.prototype;
	function Module() {
		return cell.module;
	}
	Module.prototype = Real.Module.prototype;
	WebAssembly.Instance = Instance;
	WebAssembly.Module = Module;
	globalThis.__fixture_hooks = hooks(world);
	globalThis.setTimeout = fn => world.timers.push({ fn, meta: undefined });
	if (realGc) {
		// Real finalizers come when they like, so their raw calls are not counted.
		globalThis.FinalizationRegistry = class extends Real.FinalizationRegistry {
			constructor(callback) {
				super(held => {
					world.off = true;
					try {
						callback(held);
					} finally {
						world.off = false;
					}
				});
			}
		};
	} else {
		globalThis.FinalizationRegistry = world.registry();
	}
	const module = { exports: {} };
	try {
		cell.script.runInThisContext()(module.exports, require, module, file, path.dirname(file));
	} finally {
		WebAssembly.Instance = Real.Instance;
		WebAssembly.Module = Real.Module;
		globalThis.FinalizationRegistry = Real.FinalizationRegistry;
	}
	return { world, m: module.exports, api: module.exports.__reglue };
}
