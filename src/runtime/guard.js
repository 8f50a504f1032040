// The wrapper around each raw export: R1, R3, R4. This is the hot path; tests/bench/guard.mjs measures
// it, and the reasons for its form are there.
//
// One closure literal for each arity: rest and spread are slow, and so is a counter where two stores
// will do. `S` and `x` are constants to the closure, which lets V8 see through `x.f` to the export and
// inline the call; x.f is written once an instance. try/catch costs nothing until it catches.
//
// The literals that src/plan_wrappers.c writes for each export are the same, but for the test of `dead`,
// which is left out where nothing can have happened since the entry hook made it. `s`, and that
// a record is called instead of a method of it, are for their size: V8 inlines a function whatever else it has
// inlined only up to 75 bytes of bytecode, and this is 75 with two parameters.
import { S, poisoned, rule, stats } from './state.js';
import { judge, note } from './faults.js';

// The record of a function of the instance. Called with what the function has thrown, it judges that, and gives
// what is to be thrown on.
export const recordOf = (f, k, quiet) => {
	const x = e => judge(e, x);
	x.f = f; // of the live instance
	x.k = k; // its export's name
	x.quiet = quiet; // not the user's own
	x.w = undefined; // its wrapper
	x.d = undefined; // for a leaf's wrapper: see converting()
	return x;
};

// The allocator called JS, and that got a new instance: the old one's pointer must not reach it.
export const replaced = x => {
	if (S.dead <= 0) {
		rule(1);
		note('poisoned', x.k, 'replaced while it ran');
	}
	return poisoned();
};

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

// The wrapper of a leaf keeps no depth, since no JS runs within it. But where an argument is not of its parameter's type
// the engine converts it first, and that may run code of users: then `f` is called by this. What is thrown goes
// to the wrapper's catch block, with the depth as it was; where it is too deep, a frame in between could not judge it.
export const converting = x => (...args) => {
	const u = S.depth;
	S.depth = u + 1;
	try {
		return x.f(...args);
	} catch (e) {
		if (S.depth !== u + 1) {
			S.judged = 1;
		}
		throw e;
	} finally {
		S.depth = u;
	}
};

// x: a record. stop: what to do while S.dead is not 0; true if the call is to be left out
export const wrap = (x, stop) => {
	switch (x.f.length) {
		case 0:
			return () => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f();
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 1:
			return a => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 2:
			return (a, b) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 3:
			return (a, b, c) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b, c);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 4:
			return (a, b, c, d) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b, c, d);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 5:
			return (a, b, c, d, e) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b, c, d, e);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 6:
			return (a, b, c, d, e, f) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b, c, d, e, f);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 7:
			return (a, b, c, d, e, f, g) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b, c, d, e, f, g);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		case 8:
			return (a, b, c, d, e, f, g, h) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(a, b, c, d, e, f, g, h);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
		default:
			return (...args) => {
				const s = S;
				if (s.dead && stop(x)) {
					return;
				}
				const u = s.depth;
				s.depth = u + 1;
				try {
					const r = x.f(...args);
					s.depth = u;
					return r;
				} catch (e) {
					s.g = s.dead = u;
					throw x(e);
				}
			};
	}
};
