// A new instance in place of the poisoned one (R5): whole, or not at all.
import { o } from './options.js';
import { S, poisoned, settings, stats, tell } from './state.js';
import { adopt, start } from './exports.js';
import { handled } from './promises.js';
import { isStack } from './faults.js';
import { mendable, spend } from './policy.js';

const { Instance, Module } = WebAssembly;
let refused = false; // the host wants large modules instantiated asynchronously

export const keepModule = module => {
	if (module instanceof Module) {
		S.module = module;
	}
	return module;
};

export const keepImports = imports => {
	S.imports = imports;
	return imports;
};

export const canReplace = () => S.module !== undefined && S.imports !== undefined;

const failed = cause => {
	stats.failedReinits++;
	return poisoned(cause);
};

// The stamp moves at each attempt: what a start function that fails has made must not be taken for
// the next one's. Everything else moves only once the instance has started.
const install = (instance, proof) => {
	S.reviving = true;
	try {
		adopt(instance.exports);
		o.r(instance);
		S.stamp = { n: S.generation + 1 };
		S.noted = false;
		S.dead = 0; // entrypoints that the start function's imports call pass
		start();
	} catch (e) {
		S.dead = 1;
		S.noted = true; // as the fault before, if it was none itself
		throw failed(e);
	} finally {
		S.reviving = false;
	}
	if (S.dead > 0) {
		throw failed(); // a fault that JS swallowed inside the start function
	}
	S.generation++;
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
		WebAssembly.instantiate(S.module, S.imports).then(
			instance => {
				S.job = undefined;
				if (S.dead > 0) {
					install(instance, -2);
				}
			},
			e => {
				S.job = undefined;
				throw failed(e);
			},
		),
	);
};

// `proof`: −1 when the call that asked for it comes right after, else −2; see S.dead.
export const replace = proof => {
	if (S.job !== undefined || !canReplace()) {
		throw poisoned();
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

// The recoveries that nobody asked for: their failure is on the record and is told at the next entry.
const unasked = attempt => {
	if (!mendable() && S.job === undefined && canReplace()) {
		try {
			spend();
			attempt();
		} catch {
			// Counted.
		}
	}
};

// As the fault is settled: what will take time is begun.
export const beginEarly = () => {
	if (refused && (settings.reinit === 'lazy' || settings.reinit === 'eager')) {
		unasked(begin);
	}
};

// In the microtask after it, when the glue's clean-up has run.
export const reviveEagerly = () => {
	if (settings.reinit === 'eager') {
		unasked(() => replace(-2));
	}
};

// Somebody else gave the glue a new instance while this one was poisoned.
export const replacedByHand = () => {
	if (S.dead > 0 && !S.reviving) {
		S.stamp = { n: ++S.generation };
		S.noted = false;
		S.dead = -2;
	}
};
