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

// The field has been `ptr` before it became `__wbg_ptr`; then `ptr` may be a getter of the user's.
const pointer = object => ('__wbg_ptr' in object ? object.__wbg_ptr : object.ptr);

// A freed or moved object has pointer 0 and is never stale: upstream's own error is the right one.
export const stale = object => object[STAMP] !== S.stamp && !!pointer(object);

export const madeElsewhere = object => object[STAMP] !== S.stamp;

export const generationOf = object => (object[STAMP] === undefined ? 0 : object[STAMP].n);

const refuse = object => {
	const type = object.constructor;
	const e = new StaleObjectError((type && type.name) || 'object', generationOf(object), S.generation);
	stats.staleObjects++;
	tell('stale', {
		kind: 'object',
		className: e.className,
		objectGeneration: e.objectGeneration,
		generation: e.generation,
	});
	throw e;
};

// First in methods: recovery comes before the check, so that both generations are known.
export const checkThis = (object, due) => {
	if (S.dead !== 0 || due) {
		enter(due);
	}
	if (S.stamp !== undefined && stale(object)) {
		refuse(object);
	}
};

export const check = value => {
	if (S.stamp !== undefined && typeof value === 'object' && value !== null && stale(value)) {
		refuse(value);
	}
};

// free(), dispose: nothing is to be done for a dead instance's object, nor does that start a recovery.
export const freed = object => S.dead > 0 || (S.stamp !== undefined && stale(object));

// Finalizers. What they are given is a pointer, or the state of a closure, which has its own stamp.
class Held {
	constructor(v) {
		this.v = v;
		stamp(this);
	}
}

export const held = v => (S.stamp === undefined ? v : new Held(v));

export const finalizer = fn => h => {
	const boxed = typeof h === 'object' && h !== null;
	if (S.dead <= 0 && (boxed ? h[STAMP] : undefined) === S.stamp) {
		fn(h instanceof Held ? h.v : h);
	}
};
