// Stamps: which attempt at an instance an object belongs to (R6). The new instance hands out the old
// one's pointers again, so a stale pointer would edit somebody else's object.
//
// A stamp is a plain symbol-keyed property; what was made in the first epoch has none. WeakMaps and
// defineProperty cost two to three times as much on construction.
import { S, stats, tell } from './state.js';
import { StaleObjectError } from './errors.js';
import { enter } from './policy.js';

const STAMP = Symbol('reglue');

export const stamp = object => {
	if (S.stamp !== undefined) {
		object[STAMP] = S.stamp;
	}
	return object;
};

export const foreign = object => object[STAMP] !== S.stamp;

// A freed or moved object has pointer 0 and is never stale: upstream's own error is the right one.
// The field has been `ptr` before it became `__wbg_ptr`; then `ptr` may be a getter of the user's.
const stale = object =>
	foreign(object) && !!('__wbg_ptr' in object ? object.__wbg_ptr : object.ptr);

// Tells the hooks, and gives the error that may have to be thrown.
export const outdated = (object, kind, className) => {
	const { generation } = S;
	const objectGeneration = object[STAMP] ? object[STAMP].n : 0;
	const more = { className, objectGeneration, generation };
	tell('stale', { kind, ...more });
	return new StaleObjectError(
		`${className || kind} of generation ${objectGeneration} of the wasm instance, which is at ${generation} now`,
		more,
	);
};

// Classes that the user wants made again (option `reconstruct`): how an object was made, and the box
// that its finalizer was given. Kept as long as the object, and in no list.
const recipes = new WeakMap();

const recipe = object => {
	let r = recipes.get(object);
	if (!r) {
		recipes.set(object, (r = {}));
	}
	return r;
};

// Around what a constructor (name '') or a static function returns.
export const record = (object, Class, name, args) => {
	if (object instanceof Class) {
		Object.assign(recipe(object), { Class, name, args });
	}
	return object;
};

// Makes the Rust half of a stale object again; false if nobody knows how. It is taken from a fresh
// object, whose finalizer is disarmed for it. Nothing may be recovered in the middle of this.
const remake = object => {
	const { Class, name, args, box } = recipes.get(object) || {};
	if (!Class) {
		return false;
	}
	S.o++;
	try {
		const fresh = name ? Class[name](...args) : new Class(...args);
		const k = '__wbg_ptr' in object ? '__wbg_ptr' : 'ptr';
		const spare = recipe(fresh).box; // not an object, if the function thinks otherwise this time
		object[k] = fresh[k];
		fresh[k] = 0;
		stamp(object);
		if (box && spare) {
			stamp(box).v = spare.v;
		}
		if (spare) {
			spare[STAMP] = spare;
		}
		stats.reconstructed++;
		return true;
	} catch (e) {
		if (S.dead > 0) {
			throw e;
		}
		refuse(object, e);
	} finally {
		S.o--;
	}
};

const refuse = (object, cause) => {
	stats.staleObjects++;
	const e = outdated(object, 'object', (object.constructor || {}).name);
	if (cause) {
		e.cause = cause;
	}
	throw e;
};

const renewOrRefuse = object => remake(object) || refuse(object);

// First in methods: recovery comes before the check, so that both generations are known.
export const checkThis = (object, due) => {
	if (S.dead !== 0 || due) {
		enter(due);
	}
	if (S.stamp !== undefined && stale(object)) {
		renewOrRefuse(object);
	}
};

export const check = value => {
	if (S.stamp !== undefined && value && foreign(value) && typeof value === 'object' && stale(value)) {
		renewOrRefuse(value);
	}
};

// free(), dispose: nothing is to be done for a dead instance's object, nor does that start a recovery.
// But it is not to be made again.
export const freed = object =>
	(S.dead > 0 || (S.stamp !== undefined && stale(object))) && (recipes.delete(object), true);

// Finalizers are given a pointer, or the state of a closure, which has its own stamp. The pointer of an
// object that can be made again may change.
export const held = (v, object) =>
	object
		? (recipe(object).box = stamp({ v }))
		: S.stamp === undefined
			? v
			: stamp({ v });

export const finalizer = fn => h => {
	if (!gone(h)) {
		fn(h.v === undefined ? h : h.v);
	}
};

// Poisoned counts as dead.
export const gone = object => S.dead > 0 || foreign(object);
