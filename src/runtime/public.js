// The public face: what leaves the glue where the raw exports used to (R1). One object for the life
// of the glue, with the raw exports' keys, order, names and lengths; its functions are entrypoints.
import { S } from './state.js';
import { adopt, excluded, rawExports, view } from './exports.js';
import { enter } from './policy.js';
import { keepModule, replacedByHand } from './reinit.js';

const entry = (go, arity) => {
	switch (arity) {
		case 0:
			return () => {
				if (S.dead !== 0) {
					enter();
				}
				return go();
			};
		case 1:
			return a => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a);
			};
		case 2:
			return (a, b) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b);
			};
		case 3:
			return (a, b, c) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b, c);
			};
		case 4:
			return (a, b, c, d) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b, c, d);
			};
		case 5:
			return (a, b, c, d, e) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b, c, d, e);
			};
		case 6:
			return (a, b, c, d, e, f) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b, c, d, e, f);
			};
		case 7:
			return (a, b, c, d, e, f, g) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b, c, d, e, f, g);
			};
		case 8:
			return (a, b, c, d, e, f, g, h) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(a, b, c, d, e, f, g, h);
			};
		default:
			return (...args) => {
				if (S.dead !== 0) {
					enter();
				}
				return go(...args);
			};
	}
};

// Clean-up that user code does by hand (`finally { m.__wasm.__wbindgen_free(p, n, 1) }`) must not start
// a recovery, or it would hand the old instance's pointers to the new one.
const outer = (k, go, arity) => {
	if (k === '__wbindgen_add_to_stack_pointer') {
		return by => {
			if (S.dead !== 0 && by <= 0) {
				enter();
			}
			return go(by);
		};
	}
	return /^__.*(free|drop|destroy|dealloc)/.test(k) ? go : entry(go, arity);
};

let face;

const build = () => {
	const { defineProperty } = Object;
	face = Object.create(null);
	const raw = rawExports();
	for (const k of Object.keys(raw)) {
		const v = raw[k];
		if (typeof v !== 'function') {
			defineProperty(face, k, { get: () => view[k], enumerable: true });
			continue;
		}
		const f = excluded(k) ? (...args) => view[k](...args) : outer(k, view[k], v.length);
		defineProperty(f, 'name', { value: v.name, configurable: true });
		if (f.length !== v.length) {
			defineProperty(f, 'length', { value: v.length, configurable: true });
		}
		defineProperty(face, k, { value: f, enumerable: true });
	}
	return Object.freeze(face);
};

// Around the exports binding where it leaves the glue. Anything else that stands there passes.
export const show = wasm => (wasm === view ? face || build() : wasm);

// Where the binding is assigned: an instance's exports are adopted; what already is one of our faces
// is the internal one.
export const take = (exports, module) => {
	if (exports === undefined || exports === null || exports === view) {
		return exports;
	}
	if (exports === face) {
		return view;
	}
	if (module !== undefined) {
		keepModule(module);
	}
	replacedByHand();
	return adopt(exports);
};
