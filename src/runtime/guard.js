// The wrapper around each raw export: R1, R3, R4. This is the hot path; tests/bench/guard.mjs measures
// it, and the reasons for its form are there.
//
// One closure literal for each arity: rest and spread are slow, and so is a counter where two stores
// will do. `S` and `x` are constants to the closure, which lets V8 see through `x.f` to the export and
// inline the call; x.f is written once an instance. try/catch costs nothing until it catches.
//
// `s` makes the bytecode a quarter smaller. V8 inlines no more than 920 bytes of it into one function,
// and a call that passes a string needs two wrappers besides upstream's helper.
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
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f();
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 1:
			return a => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 2:
			return (a, b) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 3:
			return (a, b, c) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b, c);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 4:
			return (a, b, c, d) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b, c, d);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 5:
			return (a, b, c, d, e) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b, c, d, e);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 6:
			return (a, b, c, d, e, f) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b, c, d, e, f);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 7:
			return (a, b, c, d, e, f, g) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b, c, d, e, f, g);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		case 8:
			return (a, b, c, d, e, f, g, h) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(a, b, c, d, e, f, g, h);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
		default:
			return (...args) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const busy = s.busy;
				s.busy = 1;
				try {
					const r = x.f(...args);
					s.busy = busy;
					return r;
				} catch (e) {
					throw judge(e, s.dead, (s.dead = 1), x, s.busy, (s.busy = busy));
				}
			};
	}
};
