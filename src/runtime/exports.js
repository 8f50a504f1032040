// The internal face: what the glue sees as its exports object (R1).
//
//     view ──► table ──► Proxy        `wasm.f` in the glue finds the wrapper on `table`
//
// The wrappers are properties of a *prototype*: own properties beyond 128 fall into dictionary mode.
// The Proxy behind it answers only for names not met at adoption. Its target is a fresh object, for
// `instance.exports` is frozen, and a Proxy over it would have to give the raw functions.
// `view` is for the glue's life; recovery writes one field of each record.
import { o } from './options.js';
import { measure, remeasure, stackWrapper } from './stack.js';
import { wrap } from './guard.js';
import { dropLoose, lift } from './tables.js';

const records = []; // one for each function: { f, k, quiet }
const others = []; // names of memories, tables, globals, tags, and of functions that get no guard
let raw; // exports of the live instance
let filled = false;
let startArgs = [];

export const rawExports = () => raw;
export const excluded = k => o.n !== undefined && o.n.includes(k);

// What the glue itself calls: allocator, drops, stack pointer, `__wbg_x_free`, closure machinery.
const isQuiet = k => /^__(wb|externref|wasm_bindgen_)/.test(k);

const plain = (k, v) => {
	if (v instanceof WebAssembly.Table) {
		lift(v, records);
	}
	table[k] = v;
};

// A reinit runs the start function again, with the arguments that the glue gave it.
const startWrapper = w => (...args) => {
	startArgs = args;
	const r = w(...args);
	remeasure();
	return r;
};

const put = (k, v) => {
	if (typeof v !== 'function' || excluded(k)) {
		others.push(k);
		plain(k, v);
		return;
	}
	const x = { f: v, k, quiet: isQuiet(k), w: undefined };
	if (k === '__wbindgen_add_to_stack_pointer') {
		x.w = stackWrapper(x);
	} else if (k === '__wbindgen_start') {
		x.w = startWrapper(wrap(x));
	} else {
		x.w = wrap(x);
	}
	records.push(x);
	table[k] = x.w;
};

const hasOwn = Object.prototype.hasOwnProperty;

// A module namespace that is still being linked throws here; then each miss tries again.
const fill = () => {
	try {
		for (const k of Object.keys(raw)) {
			if (!hasOwn.call(table, k)) {
				put(k, raw[k]);
			}
		}
		filled = true;
		measure(raw.__wbindgen_add_to_stack_pointer);
	} catch {
		// Not linked yet.
	}
};

const miss = (target, k) => {
	if (raw === undefined) {
		return;
	}
	if (!filled) {
		fill();
	}
	if (!hasOwn.call(table, k)) {
		const v = raw[k];
		if (v === undefined) {
			return;
		}
		put(k, v);
	}
	return table[k];
};

const table = Object.create(
	new Proxy(Object.create(null), { get: miss, has: (target, k) => raw !== undefined && k in raw }),
);
export const view = Object.create(table);

export const adopt = exports => {
	raw = exports;
	dropLoose();
	if (filled) {
		for (const x of records) {
			x.f = raw[x.k];
		}
		for (const k of others) {
			plain(k, raw[k]);
		}
		measure(raw.__wbindgen_add_to_stack_pointer);
	} else {
		fill();
	}
	return view;
};

// A module that has a start function has it for a reason: when the glue left the call to a loader
// that is not guarded, it is called all the same.
export const start = () => {
	if (raw.__wbindgen_start !== undefined) {
		table.__wbindgen_start(...startArgs);
	}
};
