// Functions that are read out of an exported table (closure destructors, mostly) enter wasm too. A
// table of functions gets a `get` of its own that gives guarded ones, and a `set` that takes them back.
// Tables of externrefs, which glue uses all the time, stay as they are.
import { S, poisoned } from './state.js';
import { inert, recordOf, wrap } from './guard.js';

const { Table } = WebAssembly;
let lifted; // raw function => record, of the live instance's table functions

// Growing by nothing takes any value only if the table does. An engine that takes one for a table of
// functions does not look at it, and is too old to have other tables.
const takesAny = table => {
	try {
		table.grow(0, S);
		return true;
	} catch {
		return false;
	}
};

const former = () => {
	throw poisoned();
};

// The functions of the instance before this one must not keep it alive, nor be called.
export const dropLifted = () => {
	if (lifted) {
		lifted.forEach(x => (x.f = former));
	}
	lifted = new Map();
};

const externrefs = {}; // name of an exported table => whether it is one of those; exceptions take time

// `records` are those of the exports: `set` may be given the wrapper of one.
export const lift = (table, k, records) => {
	if (externrefs[k] === undefined) {
		externrefs[k] = takesAny(table) && !takesAny(new Table({ element: 'anyfunc', initial: 0 }));
	}
	if (externrefs[k]) {
		return;
	}
	const { get, set } = Table.prototype;
	const value = { configurable: true, writable: true };
	Object.defineProperties(table, {
		get: {
			...value,
			value(i) {
				const f = get.call(table, i);
				let x = lifted.get(f);
				if (f && !x) {
					lifted.set(f, (x = recordOf(f, 'table', true)));
					x.w = wrap(x, inert);
				}
				return f && x.w;
			},
		},
		set: {
			...value,
			value(i, ...w) {
				const x = [...records.values(), ...lifted.values()].find(y => y.w === w[0]);
				set.call(table, i, ...(x ? [x.f] : w));
			},
		},
	});
};
