// What users get (R12), and what the inserted text calls (docs/RUNTIME.md).
import { ExhaustedError, PoisonedError, StaleObjectError } from './errors.js';
import { S, flying, on, poisoned, settings, stats } from './state.js';
import { claim, hearPanic, later, own, setFault, settle } from './faults.js';
import { rawExports } from './exports.js';
import { show, take } from './public.js';
import { check, checkThis, finalizer, freed, held, stamp } from './objects.js';
import { dropped, escape, host, quiet } from './closures.js';
import { executor, promise, rejectAll } from './promises.js';
import { enter, refill } from './policy.js';
import { canReplace, keepImports, keepModule, replace } from './reinit.js';

const choices = {
	reinit: ['lazy', 'eager', 'manual', 'never', 'heal'],
	staleClosures: ['ignore', 'throw'],
	foreignThrow: ['ignore', 'poison'],
};

const api = {
	StaleObjectError,
	PoisonedError,
	ExhaustedError,
	on,
	get state() {
		return rawExports() === undefined
			? 'uninitialized'
			: S.reviving || S.job !== undefined
				? 'reinitializing'
				: S.dead <= 0
					? 'live'
					: S.exhausted
						? 'exhausted'
						: 'poisoned';
	},
	get generation() {
		return S.generation;
	},
	get fault() {
		return S.fault;
	},
	get stats() {
		return Object.assign({}, stats);
	},
	configure(changes) {
		for (const k of Object.keys(changes)) {
			const v = changes[k];
			if (k === 'budget' ? !(v >= 0) : choices[k] === undefined || !choices[k].includes(v)) {
				throw new TypeError('configure: ' + k + ': ' + String(v));
			}
		}
		Object.assign(settings, changes);
		refill();
	},
	poison(reason) {
		if (S.dead <= 0) {
			S.dead = 1;
			setFault('poisoned', undefined, String(reason));
			later();
			if (!flying()) {
				settle();
			}
		}
	},
	reinit() {
		if (flying() || S.reviving) {
			throw new Error('reinit: a call is in flight');
		}
		if (S.dead > 0) {
			settle();
		} else if (canReplace()) {
			S.dead = 1;
			setFault('reinit', undefined, 'asked for');
			S.due = false;
			rejectAll();
		}
		replace(-2);
	},
};

export const runtime = {
	S,
	api,
	e(due) {
		if (S.dead !== 0 || due) {
			enter(due);
		}
	},
	t: checkThis,
	c: check,
	s: stamp,
	f: freed,
	F: finalizer,
	h: held,
	k: quiet,
	d: dropped,
	w: host,
	x: escape,
	q: executor,
	p: promise,
	r(e) {
		if (S.dead > 0) {
			throw e;
		}
	},
	j() {
		return false;
	},
	B() {
		S.dead = -S.dead;
	},
	C() {
		S.dead = 1;
		if (!S.noted) {
			setFault('abort', undefined, 'aborted'); // upstream calls more things an abort than we do
			later();
		}
	},
	E: hearPanic,
	T: own,
	g: claim,
	M: keepModule,
	I: keepImports,
	N(result) {
		if (result.module !== undefined) {
			keepModule(result.module);
		}
		return result;
	},
	a: take,
	u: show,
};
