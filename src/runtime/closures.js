// Rust closures that JS holds: timers, listeners, reactions of promises (R7, R9).
import { S, poisoned, settings, stats, tell } from './state.js';
import { StaleObjectError } from './errors.js';
import { kindOf } from './faults.js';
import { generationOf, madeElsewhere } from './objects.js';
import { rejectAll } from './promises.js';

// Quietly, for the machinery around a closure (`_wbg_cb_unref`).
export const dropped = state => S.dead > 0 || madeElsewhere(state);

// First in a closure. Poisoned counts as dead: a closure has no business in a poisoned instance, at
// any depth, and cannot start a recovery, for it would not survive it.
export const quiet = state => {
	if (!dropped(state)) {
		return false;
	}
	const was = generationOf(state);
	stats.staleClosures++;
	tell('stale', {
		kind: 'closure',
		className: undefined,
		objectGeneration: was,
		generation: S.generation,
	});
	if (settings.staleClosures === 'throw') {
		throw S.dead > 0 ? poisoned() : new StaleObjectError('closure', was, S.generation);
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
	if (S.dead > 0 && S.busy === 0 && hosted.has(fn) && kindOf(e) !== undefined) {
		// Where the instance is going to be kept this has not happened yet, but the task that faulted
		// is one of them.
		S.told = rejectAll(e) || S.told;
		if (S.told) {
			return;
		}
	}
	throw e;
};
