// A glue by hand: what the planner makes of wasm-bindgen's output, as small as can be. Each call gives
// one with a runtime, an instance and a realm of objects of its own.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from './bundle.mjs';

export const compile = wat => {
	const folder = mkdtempSync(join(tmpdir(), 'reglue-'));
	const out = join(folder, 'a.wasm');
	execFileSync('wat2wasm', ['-', '-o', out], { input: wat });
	const bytes = readFileSync(out);
	rmSync(folder, { recursive: true });
	return bytes;
};

export const assemble = file => compile(readFileSync(new URL(file, import.meta.url)));

export const bytes = assemble('glue.wat');
const module = new WebAssembly.Module(bytes);

// `o` are the planner's options; `init` is what the start function's import does; `late` leaves the
// instantiation to the caller.
export const makeGlue = (o = {}, { init = () => {}, withModule = true, rg: given } = {}) => {
	const rg = given || create({ r: i => g.reset(i), ...o });
	let wasm;
	let cachedMemory = null;
	const memory = () => (cachedMemory ??= new Uint8Array(wasm.memory.buffer));
	const calls = [];

	const imports = {
		wbg: {
			call: i => calls[i](),
			throw: () => {
				throw g.thrown;
			},
			panic: i => {
				g.logged.push(rg.E('panicked at ' + i));
			},
			init: () => init(g),
		},
	};

	class Thing {
		static __wrap(ptr) {
			const obj = Object.create(Thing.prototype);
			obj.__wbg_ptr = ptr;
			rg.s(obj);
			g.registry.register(obj, rg.h(ptr), obj);
			return obj;
		}
		constructor(v) {
			rg.e();
			this.__wbg_ptr = wasm.thing_new(v);
			rg.s(this);
			g.registry.register(this, rg.h(this.__wbg_ptr), this);
		}
		get value() {
			this[rg.K] !== rg.S.g && rg.t(this);
			return wasm.thing_get(this.__wbg_ptr);
		}
		static same(a, b) {
			rg.e();
			rg.S.g !== undefined && a && a[rg.K] !== rg.S.g && rg.c(a);
			rg.S.g !== undefined && b && b[rg.K] !== rg.S.g && rg.c(b);
			return wasm.thing_get(a.__wbg_ptr) === wasm.thing_get(b.__wbg_ptr);
		}
		__destroy_into_raw() {
			const ptr = this.__wbg_ptr;
			this.__wbg_ptr = 0;
			g.registry.unregister(this);
			return ptr;
		}
		free() {
			if (rg.S.g !== undefined && this[rg.K] !== rg.S.g && rg.f(this)) return;
			wasm.__wbg_thing_free(this.__destroy_into_raw());
		}
	}

	const plain = name => (...args) => {
		rg.e();
		return wasm[name](...args);
	};

	const g = {
		rg,
		api: rg.api,
		imports,
		module,
		Thing,
		thrown: new Error('from an import'),
		logged: [],
		resets: 0,
		freed: [],
		registry: {
			// The real one's callback, called by the tests themselves.
			finalize: rg.F(v => {
				g.freed.push(v);
			}),
			held: new Map(),
			register(obj, held, token) {
				g.registry.held.set(token, held);
			},
			unregister(token) {
				g.registry.held.delete(token);
			},
		},
		reset(instance) {
			g.resets++;
			g.instance = instance;
			cachedMemory = null;
		},
		get wasm() {
			return wasm;
		},
		get face() {
			return rg.u(wasm);
		},
		memory,
		js: fn => calls.push(fn) - 1,

		add: plain('add'),
		count: plain('count'),
		boom: plain('boom'),
		oob: plain('oob'),
		deep: () => {
			rg.e();
			return wasm.deep(0);
		},
		fail: plain('fail'),
		shout: plain('shout'),
		murmur: plain('murmur'),
		run: fn => {
			rg.e();
			return wasm.run(g.js(fn));
		},
		// A string goes out through a return pointer: the shape that displaces the stack pointer. `user`
		// is user code that runs while arguments are marshalled, at raw depth 0.
		returning(name, ...args) {
			rg.e();
			try {
				const retptr = wasm.__wbindgen_add_to_stack_pointer(-16);
				const values = args.map(a => (typeof a === 'function' ? a() : a));
				wasm[name](...values);
				return retptr;
			} finally {
				wasm.__wbindgen_add_to_stack_pointer(16);
			}
		},
		// Marshalling in a helper that user code can run in.
		passing(user) {
			rg.e();
			const ptr = (() => {
				rg.S.o++;
				try {
					const p = wasm.__wbindgen_malloc(16);
					user();
					return p;
				} finally {
					rg.S.o--;
				}
			})();
			try {
				return wasm.add(ptr, 1);
			} finally {
				wasm.__wbindgen_free(ptr, 16);
			}
		},
		closure(fn) {
			const state = rg.s({ a: 8, b: 9, cnt: 1 });
			const real = (...args) => {
				if (rg.k(state)) return;
				try {
					return fn(...args);
				} catch (e) {
					return rg.x(e, real);
				}
			};
			real.state = state;
			return real;
		},
		promise: cb => rg.p(new Promise(rg.q(cb))),
		sp: () => wasm.__wbindgen_add_to_stack_pointer(0),
		instantiate() {
			const instance = new WebAssembly.Instance(withModule ? rg.M(module) : module, rg.I(imports));
			wasm = rg.a(instance.exports);
			wasm.__wbindgen_start();
			return rg.u(wasm);
		},
		adopt(exports) {
			wasm = rg.a(exports);
		},
	};
	g.instantiate();
	return g;
};

// The error that `fn` throws.
export const caught = fn => {
	try {
		fn();
	} catch (e) {
		return e;
	}
	throw new Error('nothing was thrown');
};

export const turn = () => new Promise(resolve => setImmediate(resolve));
