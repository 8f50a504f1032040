// A new instance in place of the poisoned one (R5): whole, or not at all.
import { o } from './options.js';
import { S, flying, poisoned, settings, stats, tell } from './state.js';
import { adopt, start } from './exports.js';
import { handled, rejectAll } from './promises.js';
import { isStack, note, settle } from './faults.js';
import { mendable, spend } from './policy.js';

const { Instance, Module, instantiate } = WebAssembly;
let refused; // the host wants large modules instantiated asynchronously

export const keepModule = module => {
	if (module instanceof Module) {
		S.module = module;
	}
	return module;
};

export const keepImports = imports => (S.imports = imports);

export const canReplace = () => S.module && S.imports;

const failed = cause => {
	stats.failedReinits++;
	return poisoned(cause);
};

// The instance in place is another one than before. `proof`: −1 when the call that asked for it comes
// right after, else −2; see S.dead.
export const renewed = proof => {
	S.stamp = { n: ++S.generation };
	S.noted = 0;
	S.dead = proof;
};

// The stamp moves at each attempt: what a start function that fails has made must not be taken for
// the next one's. The generation moves only once the instance has started.
const install = (instance, proof) => {
	const { generation } = S;
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
		S.dead = 1;
		S.noted = S.noted || 2; // the fault before, if this was none
		throw failed(e);
	} finally {
		S.reviving = false;
	}
	S.dead = proof;
	S.exhausted = false;
	stats.reinits++;
	tell('reinit', { generation: S.generation, fault: S.fault });
	if (S.dead > 0) {
		throw poisoned(); // by a hook
	}
};

// Where the host makes no instance synchronously (Chrome's main thread, large modules), calls throw
// PoisonedError with the promise until the instance stands. Being adopted in a microtask, it cannot
// come in between the frames of a call.
const begin = () => {
	S.job = handled(
		instantiate(S.module, S.imports).then(
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
	if (S.job || !canReplace()) {
		throw poisoned();
	}
	if (pay) {
		pay();
	}
	let instance;
	S.reviving = true;
	try {
		instance = new Instance(S.module, S.imports);
	} catch (e) {
		if (e instanceof RangeError && !isStack(e)) {
			refused = true;
			begin();
			throw poisoned();
		}
		throw failed(e);
	} finally {
		S.reviving = false;
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
		S.dead = 1;
		note('reinit');
		S.noted = 2;
		rejectAll();
	}
	replace(-2);
};

// The recoveries that no call waits for: their failure is counted, and told at the next entry.
const unasked = attempt => {
	try {
		if (!mendable() && !S.job && canReplace()) {
			attempt();
		}
	} catch {
		// Counted.
	}
};

// As the fault is settled: what will take time is begun.
export const beginEarly = () => {
	if (refused && /lazy|eager/.test(settings.reinit)) {
		unasked(() => {
			spend();
			begin();
		});
	}
};

// In the microtask after it, when the glue's clean-up has run.
export const reviveEagerly = () => {
	if (settings.reinit === 'eager') {
		unasked(() => replace(-2, spend));
	}
};
