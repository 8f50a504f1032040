// What is done about a poisoned instance, when, and how often (R2, R11).
import { has, o } from './options.js';
import { ExhaustedError } from './errors.js';
import { S, flying, poisoned, rule, settings, stats, tell } from './state.js';
import { later, release, settle } from './faults.js';
import { canReplace, renew, replace } from './reinit.js';
import { level } from './stack.js';

// The budget counts recoveries that did no good: the first outermost call after a recovery that goes
// well refills it, so bad and good calls may alternate for ever. Spent, it stays so for the rest of
// the minute; then one recovery is tried, and if that did no good either the wait doubles.
let spent = 0;
let since = 0;
let wait = 60000;
let told; // the hook is, once, until a success

export const refill = () => {
	spent = 0;
	wait = 60000;
	S.exhausted = told = false;
};

export const spend = () => {
	const now = Date.now();
	if (now - since >= wait || now < since) { // the latter: somebody has set the clock back
		since = now;
		spent = 0;
		if (S.exhausted) {
			spent = settings.budget - 1;
			wait *= 2;
		}
	}
	if (settings.budget > 0 && spent >= settings.budget) {
		S.exhausted = true;
		if (!told) {
			told = true;
			tell('exhausted', S.fault);
		}
		throw poisoned(undefined, ExhaustedError);
	}
	S.exhausted = false;
	spent++;
};

// Faults in a row of an instance that was kept. One may be the same bad call again; a fault in another
// export, or a third in the same, means that the instance is broken.
let relapses;

export const relapse = (was, name) => {
	relapses = was && S.fault ? relapses + (S.fault.export === name ? 1 : 2) : 0;
};

// Whether the instance can be kept (policy "heal", or no Module to make another from). A panic and an
// exhausted stack leave memory as Rust left it. Text decides here, since traps have one class; all
// engines have this word in theirs, some with a capital.
//
// Of a program (o.l) no call would get the new instance that "lazy" promises, and a panic would be the end of it: as long
// as nothing else is asked for, it is kept, however often it panics.
//
// Where wasm-bindgen's own guard is in the glue (o.t), an instance that had a fault says so of itself, and
// the guard refuses it from then on: it cannot be kept.
export const mendable = () =>
	((has.program && o.l && ['lazy', 'heal'].includes(settings.reinit)) ||
		(canReplace() ? settings.reinit === 'heal' && relapses < 2 : true)) &&
	(S.fault.kind === 'stack' || String(S.fault.message).includes('nreachable')) &&
	!(has.terminated && o.t);

const forgive = () => {
	release();
	rule(-1);
	S.noted = 0;
	S.kept = true;
	stats.mends++;
	level();
};

const prove = () => {
	if (rule(S.dead + 1) === 0) {
		refill();
	}
};

// What an outermost call of a closure can do for the instance in place, while S.dead is not 0: it would not survive
// another one. `may`: the closure is of this instance. In programs that live on closures (front ends) nobody else
// comes by. After a new instance, closures prove nothing: those that follow from each start would make the budget
// endless.
export const stay = may => {
	if (S.dead > 0) {
		settle();
		if (may && mendable()) {
			forgive();
		}
	} else if (may && S.kept) {
		prove();
	}
};

// Called by an entrypoint that finds dead ≠ 0, before anything is marshalled. `due`: Rust has asked
// for a new instance itself (upstream's schedule_reinit); a nested call leaves that to the next one.
export const enter = due => {
	if (S.dead <= 0) {
		if (!flying() && !S.reviving) {
			if (has.due) {
				if (due) {
					return renew();
				}
			}
			prove();
		}
		return;
	}
	if (!flying()) {
		settle();
	}
	if (flying() || S.reviving) {
		later();
		throw poisoned();
	}
	if (mendable()) {
		forgive();
		return;
	}
	if (settings.reinit === 'manual' || settings.reinit === 'never') {
		throw poisoned();
	}
	replace(-1, spend);
};
