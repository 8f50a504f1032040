// Functions that are read out of an exported table (closure destructors, mostly) enter wasm too. A
// table of functions gets a `get` of its own that gives guarded ones, and a `set` that takes them back.
// Tables of externrefs, which glue uses all the time, stay as they are.
import { poisoned } from './state.js';
import { wrap } from './guard.js';

const { Table } = WebAssembly;
let lifted = new WeakMap(); // raw function => wrapper
let loose = []; // records of the live instance's table functions

// Growing by nothing takes any value only if the table does. An engine that takes one for a table of
// functions does not look at it, and is too old to have other tables.
const takesAny = table => {
	try {
		table.grow(0, loose);
		return true;
	} catch {
		return false;
	}
};

const holdsFunctions = table =>
	!takesAny(table) || takesAny(new Table({ element: 'anyfunc', initial: 0 }));

const gone = () => {
	throw poisoned();
};

// The functions of the instance before this one must not keep it alive, nor be called.
export const dropLoose = () => {
	for (const x of loose) {
		x.f = gone;
	}
	loose = [];
	lifted = new WeakMap();
};

const hidden = (object, key, value) =>
	Object.defineProperty(object, key, { value, configurable: true, writable: true });

// `records` are those of the exports: `set` may be given the wrapper of one.
export const lift = (table, records) => {
	if (!holdsFunctions(table)) {
		return;
	}
	const { get, set } = Table.prototype;
	hidden(table, 'get', i => {
		const f = get.call(table, i);
		if (f === null) {
			return f;
		}
		let w = lifted.get(f);
		if (w === undefined) {
			const x = { f, k: 'table', quiet: true, w };
			w = x.w = wrap(x);
			loose.push(x);
			lifted.set(f, w);
		}
		return w;
	});
	hidden(table, 'set', (...args) => {
		const x = records.concat(loose).find(({ w }) => w === args[1]);
		if (x !== undefined) {
			args[1] = x.f;
		}
		return set.apply(table, args);
	});
};
