// The state of one glue. The build wraps all files in one function, so "top level" is per glue and
// two glues in a realm share nothing.
//
// Wrappers, entry hooks and the inserted text read fields of `S`. It stays one constant object: V8
// folds a field that has never been written, so until the first fault the tests cost nothing.
import { has, o } from './options.js';
import { PoisonedError } from './errors.js';
import { known } from './faults.js';
import { converting, inert, replaced } from './guard.js';

export const S = {
	// Above 0: the instance is poisoned. 0: it is not. Below 0: it was replaced, and has not yet proved
	// itself; each outermost entry that finds its predecessor gone well counts up to 0.
	dead: 0,
	// The same without what no judge() has looked at yet: what `dead` goes back to after an error.
	judged: 0,
	// The stamp with which an object's method may go on: `stamp`; while `dead` is not 0, nothing that objects have.
	g: undefined,
	// One more than the raw calls on the stack, and PANIC more for each that logged a panic text.
	depth: 1,
	heard: 0, // `depth` in the call that logged the last one
	// Sum of the open displacements of the shadow stack pointer, never above 0.
	disp: 0,
	// Open marshalling helpers, and hooks of ours that are running.
	o: 0,
	// The stamp of what is made now: undefined in the first epoch, then a fresh one for each attempt to replace the
	// instance, see makeStamp().
	stamp: undefined,
	epoch: 0, // how many attempts there were
	generation: 0,
	owed: undefined, // what Rust is to throw in place of its own next error, see renewFor
	reviving: false,
	kept: false, // the instance has had a fault, and was kept
	exhausted: false,
	fault: undefined, // plain data about the last fault
	thrown: undefined, // its Error, until its stack is read, see release(); no other is kept anywhere
	noted: 0, // of the present fault: 1 recorded, 2 its bookkeeping is done
	told: false, // somebody heard of it: a promise was rejected or a hook ran
	panic: undefined,
	module: undefined,
	imports: undefined,
	n: x => inert(x),
	d: x => converting(x),
	q: x => replaced(x),
	job: undefined, // promise of an instance that is being made asynchronously
};

export const settings = {
	reinit: o.p || 'lazy',
	budget: o.b === undefined ? 16 : o.b,
	staleClosures: o.c,
	foreignThrow: o.x,
	reconstruct: o.k,
};

export const stats = {
	faults: 0,
	errors: 0, // exceptions that crossed Rust frames and were no faults
	reinits: 0,
	failedReinits: 0,
	mends: 0, // faults after which the instance was kept (policy "heal")
	healedStack: 0, // times the shadow stack pointer had to be put back
	inert: 0, // calls of a poisoned instance's intrinsics that were left out
	staleObjects: 0,
	reconstructed: 0, // stale objects that were made again
	staleClosures: 0,
	rejectedPromises: 0,
	hookErrors: 0,
	hookError: undefined,
};

export const PANIC = 2 ** 20;

export const rule = dead => {
	S.g = dead ? S : S.stamp;
	return (S.dead = S.judged = dead);
};

// Whether a raw call is on the stack. A catch block of the guard whose judge() overflowed has left `dead`
// as the depth that it wanted to go back to.
export const calling = () => {
	if (S.judged <= 0 && S.dead > 0) {
		S.depth = S.dead < S.depth ? S.dead : S.depth;
		S.judged = 1;
	}
	return S.depth !== 1;
};

export const flying = () => calling() || S.disp !== 0 || S.o !== 0;

// Only fields that mean something, for consoles print the others as well.
export const poisoned = (cause, Type = PoisonedError) => {
	const fault = known();
	const more = { fault };
	if (cause) {
		more.cause = cause;
	}
	if (has.waiting) {
		if (S.job) {
			more.ready = S.job;
		}
	}
	// no export where the program said so, or an exhausted stack left room for nothing
	const where = fault.export ? ' in ' + fault.export : '';
	const what = fault.message ? ': ' + fault.message : '';
	return new Type('wasm instance poisoned: ' + fault.kind + where + what, more);
};

export const hooks = { fault: new Set(), reinit: new Set(), stale: new Set(), exhausted: new Set() };

// What a hook throws must not take the place of the error that it is told about.
export const tell = (type, what) => {
	for (const fn of hooks[type]) {
		try {
			fn(what);
		} catch (e) {
			stats.hookErrors++;
			stats.hookError = String(e);
		}
	}
};
