// What is done about a poisoned instance, when, and how often (R2, R11).
import { ExhaustedError } from './errors.js';
import { S, flying, poisoned, settings, stats, tell } from './state.js';
import { later, settle } from './faults.js';
import { canReplace, replace } from './reinit.js';
import { level } from './stack.js';

// The budget counts recoveries that did no good: the first outermost call after a recovery that goes
// well refills it, so bad and good calls may alternate for ever. Spent, it stays so for the rest of
// the minute; then one recovery is tried, and if that did no good either the wait doubles.
const MINUTE = 60000;
let spent = 0;
let since = 0;
let wait = MINUTE;

export const refill = () => {
	spent = 0;
	wait = MINUTE;
	S.exhausted = false;
};

export const spend = () => {
	const now = Date.now();
	if (now - since >= wait) {
		since = now;
		if (S.exhausted) {
			S.exhausted = false;
			spent = settings.budget - 1;
			wait *= 2;
		} else {
			spent = 0;
		}
	}
	if (settings.budget > 0 && spent >= settings.budget) {
		if (!S.exhausted) {
			S.exhausted = true;
			tell('exhausted', S.fault);
		}
		throw new ExhaustedError(S.fault);
	}
	spent++;
};

// Faults in a row of an instance that was kept. One may be the same bad call again; a fault in another
// export, or a third in the same, means that the instance is broken.
let relapses = 0;

export const relapse = (was, name) => {
	if (was === 0) {
		relapses = 0;
	} else {
		relapses += S.fault !== undefined && S.fault.export === name ? 1 : 2;
	}
};

// Whether the instance can be kept (policy "heal", or no Module to make another from). A panic and an
// exhausted stack leave memory as Rust left it. Text decides here, since traps have one class; all
// engines have this word in theirs.
export const mendable = () =>
	(settings.reinit === 'heal' || !canReplace()) &&
	(S.fault.kind === 'stack' || (S.fault.kind === 'trap' && /unreachable/i.test(S.fault.message))) &&
	(relapses < 2 || !canReplace());

const mend = () => {
	S.dead = -1;
	S.noted = false;
	stats.mends++;
	level();
};

// Called by an entrypoint that finds dead ≠ 0, before anything is marshalled. `due`: Rust has asked
// for a new instance itself (upstream's schedule_reinit); a nested call leaves that to the next one.
export const enter = due => {
	if (due && S.dead <= 0) {
		if (!flying() && !S.reviving) {
			replace(0);
		}
		return;
	}
	if (S.dead < 0) {
		if (!flying() && ++S.dead === 0) {
			refill();
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
		mend();
		return;
	}
	if (settings.reinit === 'manual' || settings.reinit === 'never' || S.job !== undefined || !canReplace()) {
		throw poisoned();
	}
	spend();
	replace(-1);
};
