// The public face: what leaves the glue where the raw exports used to (R1). One object for the life
// of the glue, with the raw exports' keys, order, names and lengths; its functions are entrypoints.
import { has } from './options.js';
import { S } from './state.js';
import { STACK, adopt, adoptNamespace, raw, records, view } from './exports.js';
import { wrap } from './guard.js';
import { enter } from './policy.js';
import { keepModule, offer } from './module.js';
import { keepImports, renewed } from './reinit.js';

// Clean-up that user code does by hand (`finally { m.__wasm.__wbindgen_free(p, n, 1) }`) must not start
// a recovery, or it would hand the old instance's pointers to the new one.
const isCleanUp = k =>
	k.startsWith('__') &&
	!['__wbg_get_', '__wbg_set_'].some(start => k.startsWith(start)) &&
	['free', 'drop', 'destroy', 'dealloc', 'start'].some(word => k.includes(word));

const publish = x =>
	isCleanUp(x.k)
		? x.w
		: has.stack
			? x.k === STACK
				? by => {
						if (S.dead !== 0 && by <= 0) {
							enter();
						}
						return x.w(by);
					}
				: wrap(x, () => enter())
			: wrap(x, () => enter());

let face;

const build = () => {
	const property = Object.defineProperty;
	face = Object.setPrototypeOf({}, null); // Object.create(null) would be a dictionary to V8, for good
	for (const k of Object.keys(raw)) {
		const { length, name } = raw[k];
		const x = records.get(k);
		if (typeof raw[k] !== 'function') {
			property(face, k, { get: () => view[k], enumerable: true });
			continue;
		}
		const f = x ? publish(x) : (...args) => view[k](...args);
		property(f, 'name', { value: name, configurable: true });
		property(f, 'length', { value: length, configurable: true });
		property(face, k, { value: f, enumerable: true });
	}
	return Object.freeze(face);
};

// Around the exports binding where it leaves the glue. Anything else that stands there passes.
export const show = wasm => (wasm === view ? face || build() : wasm);

// Where the binding is assigned: an instance's exports are adopted; what already is one of our faces
// is the internal one.
export const take = (exports, module) => {
	if (!exports || exports === view) {
		return exports;
	}
	if (exports === face) {
		return view;
	}
	keepModule(module);
	if (S.dead > 0) {
		renewed(-2); // somebody else gave the glue an instance while it was poisoned
	}
	return adopt(exports);
};

// The same where another file makes the instance: `given` is what that loader has to say,
// { module, imports }, if it knows of us. It gets `show` for where it hands the exports out itself.
export const receive = (exports, given) => {
	const wasm = has.namespace && typeof exports === 'function' ? adoptNamespace(exports) : take(exports);
	if (given && typeof given === 'object') {
		if (has.finder) {
			if (given.module) {
				offer(given.module);
			}
		}
		if (given.imports) {
			keepImports(given.imports);
		}
		given.show = x => (x === exports ? show(wasm) : x);
	}
	return wasm;
};
