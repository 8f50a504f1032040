// Classes that the user wants made again (option `reconstruct`): how each of their objects was made, and
// the box that its finalizer was given. The object itself has that, out of sight, and no list (R6): behind a Proxy
// a WeakMap would not know it. It is a function for the reason that stamps are, see makeStamp().
import { o } from './options.js';
import { S, poisoned, settings, stats } from './state.js';
import { disarm, foreign, refuse, stamp } from './objects.js';
import { handled, onResolve } from './promises.js';

const RECIPE = Symbol('reglue');

export const recipe = object => {
	if (!object[RECIPE]) {
		Object.defineProperty(object, RECIPE, { value: () => {}, configurable: true, writable: true });
	}
	return object[RECIPE];
};

const recalled = object => object[RECIPE] || {};

export const forget = object => {
	recalled(object).Class = undefined;
};

// Around what a constructor (by '') or a static function returns: an object, or a promise of one that
// Rust will settle. `label` is what users call the class. A minifier may have given its name to a parameter: then `Class`
// says where it stands in o.d.
export const record = (made, Class, by, args, label) => {
	if (typeof Class === 'number') {
		Class = o.d()[Class];
	}
	if (made instanceof Class) {
		Object.assign(recipe(made), { Class, by, args, label });
	} else {
		onResolve(made, object => record(object, Class, by, args, label));
	}
	return made;
};

// Gives a stale object the Rust half of a fresh one, whose finalizer is disarmed for it.
const transplant = (object, r, fresh) => {
	const pointer = '__wbg_ptr' in object ? '__wbg_ptr' : 'ptr';
	const spare = recipe(fresh).box; // throws if the function gave no object this time
	for (const k of Object.keys(fresh)) {
		if (k === pointer || k.startsWith('__wbg_ptr_')) { // those to the parts of ancestors
			object[k] = fresh[k];
			if (object[k] !== fresh[k]) {
				throw new TypeError(k + ' is read-only'); // some Proxies do not say so themselves
			}
			fresh[k] = 0;
		}
	}
	if (fresh.__wbg_inst !== undefined) {
		object.__wbg_inst = fresh.__wbg_inst; // upstream's own stamp
	}
	stamp(object);
	if (spare) {
		if (r.box) {
			stamp(r.box).v = spare.v;
		}
		disarm(spare);
	}
	stats.reconstructed++;
};

// A promise is waited for; uses until then find the object stale, and are told what to wait for.
const expect = (object, r, promise) => {
	const settled = () => {
		r.job = undefined;
	};
	promise.then(settled, settled);
	r.job = handled(
		promise.then(fresh => {
			if (S.dead > 0 || foreign(fresh)) {
				refuse(object); // lost again in the meantime
			}
			if (r.Class) {
				transplant(object, r, fresh);
			} else {
				fresh.free(); // as the object was
			}
		}),
	);
};

// Makes the Rust half of a stale object again; false if nobody knows how. Nothing may be recovered in the
// middle of this.
export const remake = object => {
	const r = recalled(object);
	if (!r.Class || !settings.reconstruct.includes(r.label)) {
		return false;
	}
	let fresh = r.job;
	S.o++;
	try {
		fresh = fresh || (r.by ? r.Class[r.by](...r.args) : new r.Class(...r.args));
		if (!(fresh instanceof Promise)) {
			if (S.dead > 0) {
				throw poisoned(); // user code has swallowed a fault
			}
			transplant(object, r, fresh);
			return true;
		}
	} catch (e) {
		if (S.dead > 0) {
			throw e;
		}
		refuse(object, { cause: e });
	} finally {
		S.o--;
	}
	if (!r.job) {
		expect(object, r, fresh);
	}
	refuse(object, { ready: r.job });
};
