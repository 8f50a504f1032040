// Promises that Rust settles (R8). When their generation dies nobody is left to settle them, so they
// are rejected. The glue makes them as `__rg.p(new Promise(__rg.q(cb)))`.
import { poisoned, stats } from './state.js';

const pending = new Set(); // { promise, reject }; what is settled leaves
const { then } = Promise.prototype;
let made; // of the executor that ran last, whose promise is about to be passed to promise()

export const executor = cb => (resolve, reject) => {
	const entry = { promise: undefined, reject };
	pending.add(entry);
	let ok = false;
	try {
		cb(
			v => {
				pending.delete(entry);
				resolve(v);
			},
			v => {
				pending.delete(entry);
				reject(v);
			},
		);
		ok = true;
	} finally {
		if (!ok) {
			pending.delete(entry);
		}
		made = entry;
	}
};

export const promise = p => {
	if (made !== undefined) {
		made.promise = p;
		made = undefined;
	}
	return p;
};

const ignore = () => {};

// Each is marked as handled first: a fire-and-forget call must not become an unhandled rejection,
// which ends a Node process. True if there were any.
export const handled = p => {
	then.call(p, undefined, ignore);
	return p;
};

export const rejectAll = cause => {
	const some = pending.size !== 0;
	for (const { promise: p, reject } of pending) {
		if (p !== undefined) {
			handled(p);
		}
		stats.rejectedPromises++;
		reject(poisoned(cause));
	}
	pending.clear();
	return some;
};
