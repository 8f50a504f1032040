// Promises that Rust settles (R8). When their generation dies nobody is left to settle them, so they
// are rejected. The glue makes them as `__rg.p(new Promise(__rg.q(cb)))`.
import { has } from './options.js';
import { S, poisoned, stats } from './state.js';

const pending = new Set(); // { promise, reject }; what is settled leaves
let made = {}; // of the executor that ran last, whose promise is about to be passed to promise()

export const executor = cb => (resolve, reject) => {
	const entry = { reject };
	const settles = f => v => {
		pending.delete(entry);
		f(v);
	};
	pending.add(entry);
	const settle = settles(resolve);
	try {
		cb(has.recipes ? hear(entry, settle) : settle, settles(reject));
	} catch (e) {
		settles(reject)(e);
		entry.faulted = S.dead > 0;
	}
	made = entry;
};

const hear = (entry, settle) => v => {
	if (entry.onResolve) {
		entry.onResolve(v);
	}
	settle(v);
};

// An unhandled rejection ends a Node process. `Promise` may be another than it was when this file was loaded
// (zone.js, polyfills), so that no method of an earlier one will do.
export const handled = p => {
	p.then(undefined, () => {});
	return p;
};

// A fault in its executor has rejected it already, with nobody left in Rust to hear that. It ends no process once
// somebody who cares has been told (R9); who that is, is known when no call is open any more.
export const promise = p => {
	made.promise = p;
	if (made.faulted) {
		Promise.resolve().then(() => {
			if (S.told) {
				handled(p);
			}
		});
	}
	made = {};
	return p;
};

// Calls `fn` with what Rust resolves a promise with. A reaction of ours would count as somebody who handles
// its rejection.
export const onResolve = (p, fn) => {
	for (const entry of pending) {
		if (entry.promise === p) {
			entry.onResolve = fn;
		}
	}
};

// Each is marked as handled first, for the call may have been fire-and-forget.
export const rejectAll = cause => {
	for (const { promise: p, reject } of pending) {
		if (p) {
			handled(p);
		}
		S.told = true;
		stats.rejectedPromises++;
		reject(poisoned(cause));
	}
	pending.clear();
};
