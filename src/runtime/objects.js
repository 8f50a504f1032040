// Stamps: which attempt at an instance an object belongs to (R6). The new instance hands out the old
// one's pointers again, so a stale pointer would edit somebody else's object.
//
// A stamp is a plain symbol-keyed property; what was made in the first epoch has none. WeakMaps and
// defineProperty cost two to three times as much on construction.
import { has, o } from './options.js';
import { S, stats, tell } from './state.js';
import { StaleObjectError } from './errors.js';
import { enter } from './policy.js';
import { forget, recipe, remake } from './recipes.js';

export const STAMP = Symbol('reglue');
const POINTERS = 2 ** 32;
const EPOCHS = 2 ** 21; // what a number has room for above a pointer
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

// Compared by identity. It is a function because users put objects behind Proxies (Vue's ref() does) that hand out each
// object found in there behind a Proxy of its own, and copy them deeply; functions pass both as they are. Where functions
// do not either (workers-rs around Durable Objects), the epoch in it tells, which no other stamp has.
export const makeStamp = (n, epoch) => Object.assign(() => {}, { n, epoch });

export const stamp = object => {
	if (S.stamp !== undefined) {
		object[STAMP] = S.stamp;
	}
	return object;
};

// The same after `object` got its pointer v.
export const stampLate = (v, object) => {
	stamp(object);
	return v;
};

// Consoles show symbols. What Node, Deno and Bun ask an object for first shows them one without the stamp.
const hide = ({ prototype }) => {
	if (!(INSPECT in prototype)) {
		Object.defineProperty(prototype, INSPECT, {
			value(depth, options, inspect) {
				const own = Object.getOwnPropertyDescriptors(this);
				delete own[STAMP];
				own[INSPECT] = {}; // or it would be asked again
				return inspect(Object.create(Object.getPrototypeOf(this), own), options);
			},
			configurable: true,
			writable: true,
		});
	}
};

// Before anything gets a stamp, at the first recovery.
export const hideStamps = () => {
	if (o.d) {
		try {
			o.d().forEach(hide);
		} catch {
			// A class that is not there yet, or frozen.
		}
	}
};

export const foreign = object => {
	const s = object[STAMP];
	return s !== S.stamp && !(s && s.epoch === S.epoch);
};

// A freed or moved object has pointer 0 and is never stale: upstream's own error is the right one.
// The field has been `ptr` before it became `__wbg_ptr`; then `ptr` may be a getter of the user's.
const stale = object =>
	foreign(object) && !!('__wbg_ptr' in object ? object.__wbg_ptr : (Object.getOwnPropertyDescriptor(object, 'ptr') || {}).value);

// Tells the hooks, and gives the error that may have to be thrown.
export const outdated = (object, kind, className) => {
	const generation = S.generation;
	const objectGeneration = object[STAMP] ? object[STAMP].n : 0;
	const more = { className, objectGeneration, generation };
	tell('stale', { kind, ...more });
	return new StaleObjectError(
		`${className || kind} of generation ${objectGeneration} of the wasm instance, which is at ${generation} now`,
		more,
	);
};

export const refuse = (object, more) => {
	stats.staleObjects++;
	throw Object.assign(outdated(object, 'object', (object.constructor || {}).name), more);
};

const renewOrRefuse = object => (has.recipes ? remake(object) || refuse(object) : refuse(object));

// The text asks first whether it has to call these (`this[__rg.K]!==__rg.S.g`): asked here, objects of all classes
// would pass one place, which engines give up to look up quickly after four.

// First in methods: recovery comes before the check, so that both generations are known.
export const checkThis = (object, due) => {
	if (S.dead !== 0 || (has.due && due)) {
		enter(due);
	}
	if (stale(object)) {
		renewOrRefuse(object);
	}
};

export const check = (value, tag) => {
	if (S.stamp !== undefined && value && typeof value === 'object' && stale(value)) {
		return renewFor(value, tag);
	}
};

// `tag`: wasm itself asks, by an import that must not throw in code that unwinds: Rust would drop things
// twice. It is told that this is no such object, and throws; what it throws then, `own` takes the place of.
const renewFor = (value, tag) => {
	if (has.tags) {
		try {
			renewOrRefuse(value);
		} catch (e) {
			if (!tag || S.dead > 0) {
				throw e;
			}
			S.owed = new WebAssembly.Exception(tag, [e]);
			Promise.resolve().then(() => (S.owed = undefined)); // if Rust throws nothing
			return true;
		}
	} else {
		renewOrRefuse(value);
	}
};

// free(), dispose: nothing is to be done for a dead instance's object, nor does that start a recovery.
// But it is not to be made again.
export const freed = object => {
	const left = S.dead > 0 || (S.stamp !== undefined && stale(object));
	if (has.recipes) {
		if (left) {
			forget(object);
		}
	}
	return left;
};

// Finalizers are given a pointer, or the state of a closure, which has its own stamp. After the first epoch the
// number of the epoch stands above the 32 bits of the pointer: a box for the two took a tenth of the time
// of a new object. The pointer of an object that can be made again may change, and has one.
export const held = (v, object) => {
	if (has.recipes) {
		if (object) {
			return (recipe(object).box = stamp({ v }));
		}
	}
	return S.stamp === undefined
		? v
		: typeof v === 'number' && S.epoch < EPOCHS
			? (v >>> 0) + S.epoch * POINTERS
			: stamp({ v });
};

// What a finalizer was given: it has nothing to do any more.
export const disarm = h => {
	h[STAMP] = h;
};

export const finalizer = fn => h => {
	if (typeof h === 'number') {
		if (S.dead <= 0 && h - (h % POINTERS) === S.epoch * POINTERS) {
			fn(h % POINTERS);
		}
	} else if (!gone(h)) {
		fn(h.v === undefined ? h : h.v);
	}
};

// Poisoned counts as dead.
export const gone = object => S.dead > 0 || foreign(object);
