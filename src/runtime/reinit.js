// A new instance in place of the poisoned one (R5): whole, or not at all.
import { has, o } from './options.js';
import { hideStamps, makeStamp } from './objects.js';
import { S, flying, poisoned, rule, settings, stats, tell } from './state.js';
import { adopt, start } from './exports.js';
import { handled, rejectAll } from './promises.js';
import { isStack, note, release, settle } from './faults.js';
import { canFind, find, importsOf, mayFind } from './module.js';
import { mendable, spend } from './policy.js';

const { Instance } = WebAssembly;
const { instantiate } = WebAssembly;
let refused; // the host wants large modules instantiated asynchronously
let failing; // the last attempt came to nothing

export const keepImports = imports => (S.imports = imports);

const hasImports = () => S.imports || (has.imports && o.i);

export const canReplace = () => canFind() && hasImports();

const failed = cause => {
	failing = true;
	stats.failedReinits++;
	return poisoned(cause);
};

// The instance in place is another one than before. `proof`: −1 when the call that asked for it comes
// right after, else −2; see S.dead.
export const renewed = proof => {
	if (has.classes) {
		if (S.stamp === undefined) {
			hideStamps();
		}
	}
	S.stamp = makeStamp(++S.generation, ++S.epoch);
	S.noted = 0;
	S.kept = false;
	rule(proof);
};

// The stamp moves at each attempt: what a start function that fails has made must not be taken for
// the next one's. The generation moves only once the instance has started.
const install = (instance, proof) => {
	const generation = S.generation;
	S.reviving = true;
	try {
		adopt(instance.exports);
		o.r(instance);
		renewed(0); // entrypoints that the start function's imports call pass
		start();
		if (S.dead > 0) {
			throw undefined; // a fault that JS swallowed
		}
	} catch (e) {
		S.generation = generation;
		S.depth = 1; // nothing was in flight; with no stack left, the start function's wrapper could not take it back
		rule(1);
		S.noted = S.noted || 2; // the fault before, if this was none
		throw failed(e);
	} finally {
		S.reviving = false;
	}
	rule(proof);
	S.exhausted = failing = false;
	stats.reinits++;
	tell('reinit', { generation: S.generation, fault: S.fault });
	if (S.dead > 0) {
		throw poisoned(); // by a hook
	}
};

// Where the host makes no instance synchronously (Chrome's main thread, large modules), or the Module
// has to be fetched first, calls throw PoisonedError with the promise until the instance stands. Being
// adopted in a microtask, it cannot come in between the frames of a call.
const begin = module => {
	S.job = handled(
		Promise.resolve(module)
			.then(found => instantiate(found, importsOf(found)))
			.then(
				instance => {
					S.job = undefined;
					install(instance, -2);
				},
				e => {
					S.job = undefined;
					throw failed(e);
				},
			),
	);
};

// `pay` is called before an attempt is made, and throws if there may be none.
export const replace = (proof, pay) => {
	release();
	if (S.job || !mayFind() || !hasImports()) {
		throw poisoned();
	}
	if (pay) {
		pay();
	}
	let instance, module;
	S.reviving = true;
	try {
		module = find();
		instance = S.module && new Instance(module, importsOf(module));
	} catch (e) {
		if (!(has.waiting && e instanceof RangeError) || isStack(e)) {
			throw failed(e);
		}
		refused = true;
	} finally {
		S.reviving = false;
	}
	if (has.waiting) {
		if (!instance) {
			begin(module);
			throw poisoned();
		}
	}
	install(instance, proof);
};

// A new instance because somebody wants one, poisoned or not.
export const renew = () => {
	if (flying() || S.reviving) {
		throw new Error('reinit: a call is in flight');
	}
	if (S.dead > 0) {
		settle();
	} else {
		rule(1);
		note('reinit');
		S.noted = 2;
		if (has.promises) {
			rejectAll();
		}
	}
	replace(-2);
};

// The recoveries that no call waits for: their failure is counted, and told at the next entry. One that
// failed is not tried again before somebody calls: a start function that always faults would keep the
// microtasks going for ever.
const unasked = attempt => {
	try {
		if (!failing && !S.reviving && !mendable() && !S.job && canReplace()) {
			attempt();
		}
	} catch {
		// Counted.
	}
};

// As the fault is settled: what will take time is begun.
export const beginEarly = () => {
	if ((refused || !S.module) && (settings.reinit === 'lazy' || settings.reinit === 'eager')) {
		unasked(() => {
			const module = find();
			if (refused || !S.module) {
				spend();
				begin(module);
			}
		});
	}
};

// In the microtask after it, when the glue's clean-up has run.
export const reviveEagerly = () => {
	if (settings.reinit === 'eager') {
		unasked(() => replace(-2, spend));
	}
};
