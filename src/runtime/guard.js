// The wrapper around each raw export: R1, R3, R4. This is the hot path; tests/bench/guard.mjs measures
// it, and the reasons for its form are there.
//
// One closure literal for each arity: rest and spread are slow, and so is a counter where two stores
// will do. `S` and `x` are constants to the closure, which lets V8 see through `x.f` to the export and
// inline the call; x.f is written once an instance. try/catch costs nothing until it catches.
import { S, poisoned, stats } from './state.js';
import { judge } from './faults.js';

// The internal face's `stop`. A call into a poisoned instance: the glue's clean-up of a failed call must
// run through and do nothing. A function of the user's gets here only when user code swallowed a fault
// while arguments were marshalled; nothing would be right to return.
export const inert = x => {
	if (S.dead > 0) {
		if (!x.quiet) {
			throw poisoned();
		}
		stats.inert++;
		return true;
	}
};

// x: { f: raw function of the live instance, k: its export's name, quiet: not the user's own }
// stop: what to do while S.dead is not 0; true if the call is to be left out
export const wrap = (x, stop) => {
	switch (x.f.length) {
		case 0:
			return () => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f();
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 1:
			return a => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 2:
			return (a, b) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 3:
			return (a, b, c) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b, c);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 4:
			return (a, b, c, d) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b, c, d);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 5:
			return (a, b, c, d, e) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b, c, d, e);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 6:
			return (a, b, c, d, e, f) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b, c, d, e, f);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 7:
			return (a, b, c, d, e, f, g) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b, c, d, e, f, g);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		case 8:
			return (a, b, c, d, e, f, g, h) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(a, b, c, d, e, f, g, h);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
		default:
			return (...args) => {
				if (S.dead !== 0 && stop(x)) {
					return;
				}
				const busy = S.busy;
				S.busy = 1;
				try {
					const r = x.f(...args);
					S.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, S.dead, (S.dead = 1), x, S.busy, (S.busy = busy));
				}
			};
	}
};
