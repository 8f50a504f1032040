// What users get (R12), and what the inserted text calls (docs/RUNTIME.md).
import { has, o } from './options.js';
import { ExhaustedError, PoisonedError, StaleObjectError } from './errors.js';
import { S, flying, hooks, rule, settings, stats } from './state.js';
import { claim, hearPanic, note, own, settle } from './faults.js';
import { raw } from './exports.js';
import { receive, show, take } from './public.js';
import { STAMP, check, checkThis, finalizer, freed, gone, held, stamp, stampLate } from './objects.js';
import { record } from './recipes.js';
import { escape, host, quiet } from './closures.js';
import { executor, promise } from './promises.js';
import { enter, refill } from './policy.js';
import { find, keepModule, offer } from './module.js';
import { keepImports, renew } from './reinit.js';

const choices = {
	reinit: ['lazy', 'eager', 'manual', 'never', 'heal'],
	staleClosures: ['ignore', 'throw'],
	foreignThrow: ['ignore', 'poison'],
};

const api = {
	StaleObjectError,
	PoisonedError,
	ExhaustedError,
	get state() {
		return !raw
			? 'uninitialized'
			: S.reviving || S.job
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
		return { ...stats };
	},
	configure({ module, imports, ...changes }) {
		for (const k of Object.keys(changes)) {
			const v = changes[k];
			const fits =
				k === 'budget'
					? v >= 0
					: k === 'reconstruct'
						? Array.isArray(v) && v.every(name => o.k && o.k.includes(name))
						: (choices[k] || []).includes(v);
			if (!fits) {
				throw new TypeError('configure: ' + k + ': ' + String(v));
			}
		}
		Object.assign(settings, changes);
		refill();
		if (imports) {
			keepImports(imports);
		}
		if (module) {
			if (has.finder) {
				offer(module);
				// A function is asked when it is needed; anything else is ready by the first fault.
				if (typeof module !== 'function') {
					find();
				}
			} else {
				if (keepModule(module) !== S.module) {
					throw new TypeError('configure: module: ' + String(module));
				}
			}
		}
	},
	on(type, fn) {
		if (hooks[type] === undefined || typeof fn !== 'function') {
			throw new TypeError('on: ' + String(type) + ': ' + String(fn));
		}
		hooks[type].add(fn);
		return () => hooks[type].delete(fn);
	},
	poison(reason) {
		if (S.dead <= 0) {
			rule(1);
			note('poisoned', undefined, String(reason));
			if (!flying()) {
				settle();
			}
		}
	},
	reinit: renew,
};

// A marshalling helper that is given no string, but an object, whose code it may run.
const marshal = (f, args) => {
	S.o++;
	try {
		return f(...args);
	} finally {
		S.o--;
	}
};

export const runtime = {
	S,
	K: STAMP,
	api,
	e(due) {
		if (S.dead !== 0 || (has.due && due)) {
			enter(due);
		}
	},
	t: checkThis,
	c: check,
	s: stamp,
	o: stampLate,
	f: freed,
	F: finalizer,
	h: held,
	m: record,
	y: marshal,
	k: quiet,
	d: gone,
	w: host,
	W(fn) {
		if (typeof fn !== 'function') {
			return fn;
		}
		const f = (...args) => fn(...args.map(host));
		for (const k of ['name', 'length']) {
			Object.defineProperty(f, k, { value: fn[k], configurable: true }); // old glue exports it
		}
		return f;
	},
	x: escape,
	q: executor,
	p: promise,
	r(e) {
		if (S.dead > 0) {
			throw e;
		}
	},
	// Upstream's own machinery, where a glue has it.
	j: () => false,
	B() {
		rule(S.dead > 0 ? -1 : S.dead);
	},
	C() {
		rule(1);
		if (!S.noted) {
			note('abort'); // upstream calls more things an abort than we do
		}
	},
	E: hearPanic,
	T: own,
	g: claim,
	M: keepModule,
	N(result) {
		keepModule(result.module);
		return result;
	},
	I: keepImports,
	a: take,
	l: receive,
	u: show,
};
