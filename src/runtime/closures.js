// Rust closures that JS holds: timers, listeners, reactions of promises (R7, R9).
import { has } from './options.js';
import { S, calling, flying, poisoned, settings, stats } from './state.js';
import { kindOf } from './faults.js';
import { foreign, gone, outdated } from './objects.js';
import { stay } from './policy.js';
import { rejectAll } from './promises.js';

// First in a closure. It has no business in a poisoned instance, at any depth, and cannot wait for a
// recovery, for it would not survive it. But it may be the first to come by after a fault: then what that brings
// along is due, the beginning of what takes time with it; and where the instance is kept it may go on.
export const quiet = state => {
	if (S.dead !== 0 && !flying()) {
		stay(!foreign(state) && !S.reviving);
	}
	if (!gone(state)) {
		return false;
	}
	stats.staleClosures++;
	const e = outdated(state, 'closure');
	if (settings.staleClosures === 'throw') {
		throw S.dead > 0 ? poisoned() : e;
	}
	return true;
};

const hosted = new WeakSet();

// Around a closure that the glue itself hands to then(), queueMicrotask() or a timer: nobody but the
// host will see what it throws.
export const host = fn => {
	if (typeof fn === 'function') {
		hosted.add(fn);
	}
	return fn;
};

// A fault in such a closure ends the process if it is thrown. It may be swallowed once somebody who
// cares has been told; else it is thrown, as in unpatched glue.
export const escape = (e, fn) => {
	if (has.hosted) {
		if (S.dead > 0 && !calling() && hosted.has(fn) && kindOf(e)) {
			// Where the instance is going to be kept this has not happened yet, but the task that
			// faulted is one of them.
			if (has.promises) {
				rejectAll(e);
			}
			if (S.told) {
				return;
			}
		}
	}
	throw e;
};
