// The internal face: what the glue sees as its exports object (R1).
//
//     view ──► table ──► Proxy        `wasm.f` in the glue finds the wrapper on `table`
//
// The wrappers are properties of a *prototype*: own properties beyond 128 fall into dictionary mode, and those of
// a prototype beyond some 1,000 do, out of which V8 inlines no call. Then there are several tables, each the prototype of the next.
// The Proxy behind it answers only for names not met at adoption, which an instance of the glue's own does
// not have. Its target is a fresh object, for
// `instance.exports` is frozen, and a Proxy over it would have to give the raw functions.
// `view` is for the glue's life; recovery writes one field of each record.
import { has, o } from './options.js';
import { S } from './state.js';
import { measure, wrapStack } from './stack.js';
import { leavesFrames } from './faults.js';
import { inert, recordOf, wrap } from './guard.js';
import { dropLifted, lift } from './tables.js';

export let raw; // exports of the live instance
export const records = new Map(); // name of a function => its record
const others = new Set(); // names of memories, tables, globals, tags, and of functions that get no guard
let filled;
let startArgs = [];
export const STACK = '__wbindgen_add_to_stack_pointer';
const START = '__wbindgen_start';

// name => ((record, S) => wrapper): a literal for each export that the glue calls (src/plan_wrappers.c).
const literals = has.literals && o.w && o.w();

const plain = k => {
	const v = raw[k];
	if (has.tables) {
		if (v instanceof WebAssembly.Table) {
			lift(v, k, records);
		}
	}
	table[k] = v;
};

// A reinit runs the start function again, with the arguments that the glue gave it.
const wrapStart = w => (...args) => {
	startArgs = args;
	const r = w(...args);
	if (has.stack) {
		measure(raw[STACK]);
	}
	return r;
};

let last; // of several tables
const roomy = () => {
	if (records.size % 1000 === 0) {
		last = Object.create(last || table);
		Object.setPrototypeOf(view, last);
	}
	return last || table;
};

const put = k => {
	const f = raw[k];
	if (typeof f !== 'function' || (has.excluded && o.n && o.n.includes(k))) {
		others.add(k);
		plain(k);
		return;
	}
	// Quiet is what the glue itself calls: allocator, drops, stack pointer, closure machinery.
	const x = recordOf(f, k, ['__wb', '__externref', '__wasm_b'].some(start => k.startsWith(start)) || k.includes('__closure__destroy_'));
	const own = has.literals && literals && literals[k] && literals[k](x, S);
	const w = own && own.length === f.length ? own : wrap(x, inert);
	x.w = k === START ? wrapStart(w) : w;
	if (has.stack) {
		if (k === STACK) {
			x.w = wrapStack(x);
		}
	}
	records.set(k, x);
	(has.many ? roomy() : table)[k] = x.w;
};

const owns = k => records.has(k) || others.has(k);

// A module namespace that is still being linked throws here, or has no names yet, or no values: the
// wasm of old bundler output comes after the glue. Then each miss tries again.
const fillWhatIsThere = () => {
	try {
		const names = Object.keys(raw);
		filled = names.length > 0 && names.every(k => raw[k] !== undefined);
		for (const k of names) {
			if (!owns(k) && raw[k] !== undefined) {
				put(k);
			}
		}
		if (has.stack) {
			measure(raw[STACK]);
		}
	} catch {
		filled = false;
	}
};

const fill = () => {
	if (has.late) {
		fillWhatIsThere();
	} else {
		Object.keys(raw).forEach(put);
		filled = true;
		if (has.stack) {
			measure(raw[STACK]);
		}
	}
};

let namespace; // a function that gives it, where it may not be there yet

const look = () => {
	if (!raw && namespace) {
		try {
			raw = namespace();
		} catch {
			// A bundler has made a variable of it, further down.
		}
	}
};

const misses = () =>
	new Proxy(Object.create(null), {
		get(target, k) {
			if (has.namespace) {
				look();
			}
			if (raw && !filled) {
				fill();
			}
			if (raw && !owns(k) && raw[k] !== undefined) {
				put(k);
			}
			return owns(k) ? view[k] : undefined;
		},
		has: (target, k) => !!raw && k in raw,
	});
const table = Object.setPrototypeOf({}, has.late ? misses() : null);
export const view = Object.create(table);

export const adoptNamespace = get => {
	namespace = get;
	look();
	return raw ? adopt(raw) : view;
};

export const adopt = exports => {
	raw = exports;
	if (has.tables) {
		dropLifted();
	}
	if (filled) {
		records.forEach(x => (x.f = raw[x.k]));
		others.forEach(plain);
		if (has.stack) {
			measure(raw[STACK]);
		}
	} else {
		fill();
	}
	return view;
};

// A module that has a start function has it for a reason: when the glue left the call to a loader
// that is not guarded, it is called all the same.
export const start = () => {
	if (raw[START]) {
		try {
			view[START](...startArgs);
		} catch (e) {
			if (!leavesFrames(e)) {
				throw e;
			}
		}
	}
};
