// The designs of a guard, each as the function that makes the glue's exports object out of an
// instance's exports, and the text of a glue that uses it. Every design gets glue text of its own, so
// that none profits from, or suffers by, another's type feedback.
import { readFileSync } from 'node:fs';
import { create } from '../runtime/bundle.mjs';

const EXPORTS = 200; // in rotation
const CLASSES = ['Thing', ...Array.from({ length: 11 }, (_, i) => 'Thing' + i)];
export const calls = load => (/^rotation/.test(load) ? EXPORTS : /12/.test(load) ? CLASSES.length : 1); // in one round of a load

// i32 arithmetic, a class of one field, a string's length, and EXPORTS functions of two arguments.
export const wat = `(module
	(memory (export "memory") 2)
	(global $sp (mut i32) (i32.const 60000))
	(global $next (mut i32) (i32.const 1024))
	(func (export "__wbindgen_start"))
	(func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32)
		(global.set $sp (i32.add (global.get $sp) (local.get 0)))
		(global.get $sp))
	(func (export "__wbindgen_malloc") (param i32 i32) (result i32) (global.get $next))
	(func (export "__wbindgen_realloc") (param i32 i32 i32 i32) (result i32) (local.get 0))
	(func (export "__wbindgen_free") (param i32 i32 i32))
	(func (export "thing_new") (param i32) (result i32)
		(i32.store (global.get $next) (local.get 0)) (global.get $next))
	(func (export "thing_get") (param i32) (result i32) (i32.load (local.get 0)))
	(func (export "__wbg_get_thing_x") (param i32) (result i32) (i32.load (local.get 0)))
	(func (export "__wbg_thing_free") (param i32))
	(func (export "length") (param i32 i32) (result i32) (local.get 1))
	(func (export "work") (param i32) (result i32)
		(loop $again
			(local.set 0 (i32.sub (local.get 0) (i32.const 1)))
			(br_if $again (local.get 0)))
		(i32.const 1))
	(func (export "boom") unreachable)
	(func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
${Array.from({ length: EXPORTS }, (_, i) => `(func (export "f${i}") (param i32 i32) (result i32)
		(i32.add (local.get 0) (i32.const ${i})))`).join('\n')})`;

// `hooks`: what the planner inserts, for ours; nothing for the designs that guard at the raw call. The
// number keeps engines from taking two texts for one: they would share their type feedback.
let texts = 0;
const glueText = hooks => `// ${++texts}
"use strict";
let wasm, cached = null, LENGTH = 0;
const memory = () => cached === null || cached.byteLength === 0 ? cached = new Uint8Array(wasm.memory.buffer) : cached;
const encoder = new TextEncoder();
function pass(arg, malloc, realloc) {
	${hooks ? 'if(typeof arg!="string"&&!rg.S.o)return rg.y(pass,[arg,malloc,realloc]);' : ''}
	if (realloc === undefined) {
		const buf = encoder.encode(arg);
		const ptr = malloc(buf.length, 1) >>> 0;
		memory().subarray(ptr, ptr + buf.length).set(buf);
		LENGTH = buf.length;
		return ptr;
	}
	let len = arg.length;
	let ptr = malloc(len, 1) >>> 0;
	const mem = memory();
	let offset = 0;
	for (; offset < len; offset++) {
		const code = arg.charCodeAt(offset);
		if (code > 0x7F) break;
		mem[ptr + offset] = code;
	}
	if (offset !== len) {
		if (offset !== 0) {
			arg = arg.slice(offset);
		}
		ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
		const view = memory().subarray(ptr + offset, ptr + len);
		const ret = encoder.encodeInto(arg, view);
		offset += ret.written;
		ptr = realloc(ptr, len, offset, 1) >>> 0;
	}
	LENGTH = offset;
	return ptr;
}
const ThingFinalization = new FinalizationRegistry(${hooks ? 'rg.F(' : ''}ptr => wasm.__wbg_thing_free(ptr >>> 0)${hooks ? ')' : ''});
${CLASSES.map(name => `class ${name} {
	constructor(v) {
		${hooks ? 'rg.S.dead&&rg.e();' : ''}
		const ret = wasm.thing_new(v);
		this.__wbg_ptr = ret >>> 0${hooks ? ',rg.S.stamp&&(this[rg.K]=rg.S.stamp)' : ''};
		ThingFinalization.register(this, ${hooks ? 'rg.h(this.__wbg_ptr)' : 'this.__wbg_ptr'}, this);
		return this;
	}
	__destroy_into_raw() {
		const ptr = this.__wbg_ptr;
		this.__wbg_ptr = 0;
		ThingFinalization.unregister(this);
		return ptr;
	}
	free() {
		${hooks ? 'if(rg.S.g!==void 0&&this[rg.K]!==rg.S.g&&rg.f(this))return;' : ''}
		const ptr = this.__destroy_into_raw();
		wasm.__wbg_thing_free(ptr);
	}
	get() {
		${hooks ? 'this[rg.K]!==rg.S.g&&rg.t(this);' : ''}
		const ret = wasm.thing_get(this.__wbg_ptr);
		return ret;
	}
	get x() {
		${hooks ? 'this[rg.K]!==rg.S.g&&rg.t(this);' : ''}
		const ret = wasm.__wbg_get_thing_x(this.__wbg_ptr);
		return ret;
	}
}`).join('\n')}
function same(a, b) {
	${hooks ? 'rg.S.dead&&rg.e();rg.S.g!==void 0&&a&&a[rg.K]!==rg.S.g&&rg.c(a);rg.S.g!==void 0&&b&&b[rg.K]!==rg.S.g&&rg.c(b);' : ''}
	return wasm.add(a.__wbg_ptr, b.__wbg_ptr);
}
function add(a, b) {
	${hooks ? 'rg.S.dead&&rg.e();' : ''}
	const ret = wasm.add(a, b);
	return ret;
}
function work(n) {
	${hooks ? 'rg.S.dead&&rg.e();' : ''}
	const ret = wasm.work(n);
	return ret;
}
function length(text) {
	${hooks ? 'rg.S.dead&&rg.e();' : ''}
	const ptr0 = pass(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
	const len0 = LENGTH;
	const ret = wasm.length(ptr0, len0);
	return ret >>> 0;
}
function boom() {
	${hooks ? 'rg.S.dead&&rg.e();' : ''}
	wasm.boom();
}
${Array.from({ length: EXPORTS }, (_, i) => `function f${i}(a, b) { ${hooks ? 'rg.S.dead&&rg.e();' : ''} const ret = wasm.f${i}(a, b); return ret; }`).join('\n')}
const loads = {
	add(n) { let r = 0; for (let i = 0; i < n; i++) r = add(r, i) | 0; return r; },
	method(n) { let r = 0; const o = new Thing(7); for (let i = 0; i < n; i++) r = r + o.get() | 0; return r; },
	getter(n) { let r = 0; const o = new Thing(7); for (let i = 0; i < n; i++) r = r + o.x | 0; return r; },
	'12 methods'(n) {
		let r = 0;
		${CLASSES.map(name => `const o${name} = new ${name}(7);`).join(' ')}
		for (let i = 0; i < n; i++) {
			${CLASSES.map(name => `r = r + o${name}.get() | 0;`).join(' ')}
		}
		return r;
	},
	'new + free of 12'(n) {
		let r = 0;
		for (let i = 0; i < n; i++) {
			let o;
			${CLASSES.map(name => `o = new ${name}(i); r = r + o.__wbg_ptr | 0; o.free();`).join(' ')}
		}
		return r;
	},
	argument(n) { let r = 0; const a = new Thing(7), b = new Thing(8); for (let i = 0; i < n; i++) r = r + same(a, b) | 0; return r; },
	string(n) { let r = 0; for (let i = 0; i < n; i++) r = r + length('sixteen letters!') | 0; return r; },
	'new + free'(n) { let r = 0; for (let i = 0; i < n; i++) { const o = new Thing(i); r = r + o.__wbg_ptr | 0; o.free(); } return r; },
	rotation(n) {
		let r = 0;
		for (let i = 0; i < n; i++) {
			${Array.from({ length: EXPORTS }, (_, i) => `r = f${i}(r, i) | 0;`).join(' ')}
		}
		return r;
	},
	'rotation, array'(n) {
		let r = 0;
		for (let i = 0; i < n; i++) {
			for (let k = 0; k < list.length; k++) r = list[k](r, i) | 0;
		}
		return r;
	},
	'public face'(n) { const f = face; let r = 0; for (let i = 0; i < n; i++) r = f.add(r, i) | 0; return r; },
	'250 ns'(n) { let r = 0; for (let i = 0; i < n; i++) r = r + work(500) | 0; return r; },
};
const list = [${Array.from({ length: EXPORTS }, (_, i) => 'f' + i)}];
let face;
return {
	loads,
	boom,
	add,
	bind(w, f) { wasm = w; face = f; cached = null; },
	reset() { cached = null; },
};`;

// What a design does about an error is the same everywhere: set a flag and throw on.
const state = { failed: false };
const failed = e => {
	state.failed = true;
	return e;
};
const handle = f => (...args) => {
	try {
		return f(...args);
	} catch (e) {
		throw failed(e);
	}
};
const byArity = x => {
	switch (x.f.length) {
		case 0: return () => { try { return x.f(); } catch (e) { throw failed(e); } };
		case 1: return a => { try { return x.f(a); } catch (e) { throw failed(e); } };
		case 2: return (a, b) => { try { return x.f(a, b); } catch (e) { throw failed(e); } };
		default: return (...a) => { try { return x.f(...a); } catch (e) { throw failed(e); } };
	}
};

// exports => guarded exports
const guards = {
	unpatched: exports => exports,
	naive: exports =>
		new Proxy({}, {
			get(_, k) {
				const f = exports[k];
				return typeof f === 'function' ? handle(f) : f;
			},
		}),
	cached(exports) {
		const cache = new Map();
		return new Proxy({}, {
			get(_, k) {
				let w = cache.get(k);
				if (w === undefined) {
					const f = exports[k];
					cache.set(k, (w = typeof f === 'function' ? handle(f) : f));
				}
				return w;
			},
		});
	},
	apply(exports) {
		const view = {};
		const handler = {
			apply(f, self, args) {
				try {
					return Reflect.apply(f, self, args);
				} catch (e) {
					throw failed(e);
				}
			},
		};
		for (const k of Object.keys(exports)) {
			view[k] = typeof exports[k] === 'function' ? new Proxy(exports[k], handler) : exports[k];
		}
		return view;
	},
	own(exports) {
		const view = Object.create(new Proxy({}, { get: (_, k) => exports[k] }));
		for (const k of Object.keys(exports)) {
			view[k] = typeof exports[k] === 'function' ? byArity({ f: exports[k] }) : exports[k];
		}
		return view;
	},
};

// Each gives { loads, recover(): one recovery, bare or whole }.
const simple = (guard, module) => {
	const glue = new Function(glueText(false))();
	const make = () => {
		const { exports } = new WebAssembly.Instance(module, {});
		const w = guard(exports);
		glue.bind(w, w);
		exports.__wbindgen_start();
	};
	make();
	return { loads: glue.loads, recover: make };
};

// Not a guard, but what each must have to see a trap: a try block around every raw call, in wrappers that are
// found on a prototype and written for each export; no entry, depth or stamps. No wrapper costs less.
const floor = module => {
	const glue = new Function(glueText(false))();
	const functions = WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'function');
	const make = new Function('failed', `// ${++texts}
return{__proto__:null,\n${functions
		.map(({ name }) => `${name}:x=>(${parameters(name)})=>{try{return x.f(${parameters(name)})}catch(e){throw failed(e)}}`)
		.join(',\n')}}`)(failed);
	const table = {};
	const view = Object.create(table);
	const records = Object.fromEntries(functions.map(({ name }) => [name, { f: undefined }]));
	const adopt = () => {
		const { exports } = new WebAssembly.Instance(module, {});
		for (const k of Object.keys(exports)) {
			if (records[k]) {
				records[k].f = exports[k];
				table[k] = table[k] || make[k](records[k]);
			} else {
				table[k] = exports[k];
			}
		}
		glue.bind(view, view);
		exports.__wbindgen_start();
	};
	adopt();
	return { loads: glue.loads, recover: adopt };
};

// What src/plan_wrappers.c writes. What a marshalling helper calls needs no depth, nor does a leaf; what is called right
// after the entry hook, no test of `dead`. No function here calls JS, but of those that Rust makes only functions of
// numbers and getters of fields are leaves: what allocates may panic, and so may a method, which gives an Rc back.
const arity = name => {
	const type = new RegExp(`"${name}"\\)(?: \\(param([^)]*)\\))?`).exec(wat)[1];
	return type ? type.trim().split(/ +/).length : 0;
};
const parameters = name => 'abcdefgh'.slice(0, arity(name)).split('').join(',');
const test = ';if(s.dead&&s.n(x))return;';
const deep = list => `u=s.depth;s.depth=u+1;try{const r=x.f(${list});s.depth=u;return r}catch(e){s.g=s.dead=u;throw x(e)}`;
const flat = list => `const v=x.f;let r;try{r=v(${list})}catch(e){s.g=s.dead=s.depth++;throw x(e)}if(v!==x.f)throw s.q(x);return r`;
const leaf = list =>
	`(X,S)=>(X.d=S.d(X),(${list})=>{const x=X,v=${list.split(',').map(p => `typeof ${p}=="number"`).join('&&')}?x.f:x.d;` +
	`try{return v(${list})}catch(e){const s=S;s.g=s.dead=s.depth;throw x(e)}})`;
const full = (name, list) =>
	/^__wbindgen_(m|re)alloc$/.test(name)
		? test + flat(list)
		: /^__|^length$/.test(name)
			? `${test}const ${deep(list)}`
			: ',' + deep(list);
const wrapper = (name, list) =>
	/^(add|work|f\d+|__wbg_get_thing_x)$/.test(name) ? leaf(list) : `(X,S)=>(${list})=>{const s=S,x=X${full(name, list)}}`;
const wrappers = module =>
	`return{__proto__:null,\n${WebAssembly.Module.exports(module)
		.filter(({ kind, name }) => kind === 'function' && !/^__wbindgen_(start|add_to)/.test(name))
		.map(({ name }) => `${name}:${wrapper(name, parameters(name))}`)
		.join(',\n')}}`;

const ours = (module, options) => {
	let glue;
	const w = new Function(`// ${++texts}\n${wrappers(module)}`);
	const rg = (options.create || create)({ b: 0, w, r: () => glue.reset(), ...options.o });
	glue = new Function('rg', glueText(true))(rg);
	const instance = new WebAssembly.Instance(rg.M(module), rg.I({}));
	const wasm = rg.a(instance.exports);
	glue.bind(wasm, rg.u(wasm));
	wasm.__wbindgen_start();
	return {
		loads: glue.loads,
		// Without the trap, whose own price is an Error with a stack.
		recover() {
			rg.S.g = rg.S.dead = rg.S.judged = 1;
			rg.S.noted = 2;
			rg.S.fault = rg.S.fault || Object.freeze({ kind: 'trap', export: 'boom', message: 'unreachable' });
			glue.add(1, 2);
		},
	};
};

export const designs = {
	unpatched: m => simple(guards.unpatched, m),
	control: m => simple(guards.unpatched, m), // the same again: what the machine makes up
	naive: m => simple(guards.naive, m),
	cached: m => simple(guards.cached, m),
	apply: m => simple(guards.apply, m),
	own: m => simple(guards.own, m),
	floor,
	ours: m => ours(m, {}),
};

// Designs by name, of a list with commas or all; the unpatched glue is always among them.
export const chosen = wanted => Object.keys(designs).filter(d => wanted === 'all' || d === 'unpatched' || wanted.split(',').includes(d));

// Each instance does some of every load, as in a program that fails now and then. One number of
// recoveries a process: V8 knows for all objects of a shape together whether a field was ever written.
export const subjectsOf = (names, module, recoveries, count) => {
	const subjects = {};
	for (const d of names) {
		subjects[d] = designs[d](module);
		for (let i = 0; i <= recoveries; i++) {
			if (i > 0) {
				subjects[d].recover();
			}
			for (const load of Object.values(subjects[d].loads)) {
				load(i === 0 ? 10 * count : count);
			}
		}
	}
	return subjects;
};

// Another runtime beside ours, to compare two versions: RUNTIME=file with `function __rg$(o){…}`.
if (process.env.RUNTIME) {
	const text = readFileSync(process.env.RUNTIME, 'utf8');
	designs.other = m => ours(m, { create: o => new Function(`// ${++texts}\n${text}\nreturn __rg$`)()(o) });
}
