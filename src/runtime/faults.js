// Telling faults from errors, and what has to be done about either (R3, R10).
import { has, o } from './options.js';
import { PANIC, S, hooks, rule, settings, stats, tell } from './state.js';
import { level } from './stack.js';
import { rejectAll } from './promises.js';
import { mendable, relapse } from './policy.js';
import { hope } from './module.js';
import { beginEarly, reviveEagerly } from './reinit.js';

const Wasm = WebAssembly;
const tags = [];
const ours = new WeakSet();
let primitive = {}; // the last value of ours that no WeakSet takes; none yet

// Upstream's own tags: what is thrown with them is an error of the program.
export const claim = tag => {
	tags.push(tag);
	return tag;
};

// An error that Rust code throws on purpose (`throw_str`, borrow errors) is no foreign throw.
export const own = e => {
	if (has.tags) {
		if (S.owed) {
			e = S.owed;
			S.owed = undefined;
		}
	}
	if (typeof e === 'object' && e !== null) {
		ours.add(e);
	} else {
		primitive = e;
	}
	return e;
};

const isOwn = e => (typeof e === 'object' && e !== null ? ours.has(e) : e === primitive);

// winit's event loop, and so all games and front ends that are built on it, throws this out of main() to get back to the
// host, and goes on with what stands in the frames of main(): their place on the shadow stack is taken for good.
export const leavesFrames = e =>
	has.own && isOwn(e) && String(e && e.message).startsWith('Using exceptions for control flow');

// Class decides. Text only tells an exhausted stack from other RangeErrors; SpiderMonkey has a class
// of its own for it, that no other engine knows. The error may be of another realm than this file: what wasm
// calls is, where tests run in contexts of their own (Jest). There is no regular expression in the runtime: V8 up to 12
// (Node 22) ends the process where it has to compile one with no stack left.
export const isStack = e =>
	Object.prototype.toString.call(e) === '[object Error]' &&
	(e.name === 'RangeError' || e.name === 'InternalError') &&
	['call stack', 'recursion'].some(words => String(e.message).includes(words));

// The kind of fault that `e` is, or something falsy for an error. Where wasm-bindgen's own guard ends an
// instance for good (o.t), it does so for all that has no tag of its own.
export const kindOf = e =>
	e instanceof Wasm.RuntimeError
		? 'trap'
		: isStack(e)
			? 'stack'
			: Wasm.Exception && e instanceof Wasm.Exception
				? (has.tags ? !tags.some(tag => e.is(tag)) && 'exception' : 'exception')
				: (has.terminated && o.t && 'abort') ||
					(settings.foreignThrow === 'poison' && (has.own ? !isOwn(e) && 'foreign' : 'foreign'));

// What can be thrown is anything.
const wordsOf = e => String(e && e.message !== undefined ? e.message : e);

// Plain data only: a kept Error would keep whatever it refers to.
export const note = (kind, name, message, panic) => {
	S.noted = 1;
	S.told = false;
	later();
	return (S.fault = Object.freeze({ kind, export: name, message, panic, generation: S.generation }));
};

// On V8 an Error whose stack nobody has read keeps the dead instance alive. It is not read as it is thrown: what
// programs have stacks made by (Error.prepareStackTrace) may be what no stack is left for.
export const release = () => {
	const e = S.thrown;
	S.thrown = undefined;
	try {
		void (e && e.stack);
	} catch {
		// That is not ours to tell.
	}
};

// Poisoned without a record: no frame had enough stack left to make one.
export const known = () => (S.noted ? S.fault : note('stack'));

// The glue's console.error import carries the panic text; it passes here on its way. It counts only
// for the call that logged it: what is added to `depth` ends with that call.
export const hearPanic = text => {
	if (S.depth !== 1) {
		if (S.heard !== S.depth) {
			S.heard = S.depth += PANIC;
		}
		S.panic = String(text).slice(0, 4096);
	}
	return text;
};

// Every catch block of the guard is
//     s.g = s.dead = u;
//     throw x(e); // judge(e, x)
// where u is the depth before the call, which that of a leaf leaves as it is. The instance counts as dead before
// judge() is called: with the stack exhausted the call itself may overflow, and must err on the safe side. Then
// `depth` is still that of the call, or of one within it, by which an outer frame of the guard notices, and makes
// up for it.
//
// The record is made by the innermost frame that can. The bookkeeping waits until no raw call is on
// the stack; if JS in between swallows the error, tidy() or the next entry does it.
export const judge = (e, x) => {
	const depth = S.dead;
	const above = S.depth - depth;
	const was = above % PANIC < 2 ? S.judged : 1;
	S.depth = depth;
	S.judged = 1;
	try {
		const kind = kindOf(e);
		if (was <= 0 && !kind) {
			rule(was);
			stats.errors++;
			if (depth !== 1) {
				later(); // JS may swallow it, and then no outer frame sees it
			} else {
				level(leavesFrames(e));
			}
			return e;
		}
		if (!S.noted) {
			relapse(was, x.k);
			note(kind || 'stack', x.k, wordsOf(e), has.panics ? (above > PANIC ? S.panic : undefined) : undefined);
			S.thrown = e;
		}
		if (depth === 1) {
			settle(e);
		}
	} catch {
		// Overflowed half way, or `e` is hostile: poisoned it stays.
	}
	return e;
};

// What follows from a fault, once: counting, rejecting promises, telling hooks. The glue's `finally`
// blocks of the failing call are still to run, so a hook that calls an export must find the glue in
// flight, or it would get a new instance for them to spoil.
export const settle = cause => {
	known();
	if (S.noted === 1) {
		S.noted = 2;
		stats.faults++;
		if (has.finder) {
			hope();
		}
		S.told = hooks.fault.size > 0;
		if (has.promises) {
			if (!mendable()) {
				rejectAll(cause);
			}
		}
		S.o++;
		try {
			tell('fault', S.fault);
		} finally {
			S.o--; // also where there was no stack left to call it
		}
		if (has.waiting) {
			beginEarly();
		}
	}
};

let waiting;

// In a microtask no frame of the glue is open, whatever the counters say: when the stack ran out
// inside a `finally`, a displacement was never taken back.
export const later = () => {
	waiting = waiting || Promise.resolve().then(tidy);
};

const tidy = () => {
	waiting = S.disp = S.o = 0;
	release();
	S.depth = 1;
	if (S.dead > 0) {
		S.judged = 1;
		settle();
		reviveEagerly();
	} else {
		level();
	}
};
