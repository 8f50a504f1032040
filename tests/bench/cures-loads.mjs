// What cures.mjs times of a glue of our crate. Imported once for each subject, by another name: none may
// profit from, or suffer by, another's type feedback.

// The shim of workers-rs 0.6: a Proxy for each class and each object of it, another for each method that is
// read, and at each call a look whether an earlier one ended in a RuntimeError. Its functions are methods of
// one entrypoint class there; a function here takes the same way.
export const shim = glue => {
	const state = { failed: false, instance: 0 };
	const revive = () => {
		if (state.failed) {
			glue.__wbg_reset_state();
			state.failed = false;
			state.instance++;
		}
	};
	const watch = e => {
		if (e instanceof WebAssembly.RuntimeError) {
			state.failed = true;
		}
		return e;
	};
	const call = f => new Proxy(f, {
		apply(target, self, args) {
			revive();
			try {
				return target.apply(self, args);
			} catch (e) {
				throw watch(e);
			}
		},
	});
	const object = Class => new Proxy(Class, {
		construct(target, args, newTarget) {
			revive();
			const made = { it: Reflect.construct(target, args, newTarget), instance: state.instance };
			return new Proxy(made, {
				get(inner, key, self) {
					if (inner.instance !== state.instance) {
						inner.it = Reflect.construct(target, args, newTarget);
						inner.instance = state.instance;
					}
					const value = Reflect.get(inner.it, key, self);
					return typeof value === 'function' ? call(value) : value;
				},
				set: (inner, key, value) => Reflect.set(inner.it, key, value),
			});
		},
	});
	return { add: call(glue.add), byte_length: call(glue.byte_length), Counter: object(glue.Counter) };
};

export const loads = ({ add, byte_length, Counter }) => ({
	add(n) {
		let r = 0;
		for (let i = 0; i < n; i++) {
			r = add(r, i & 7) | 0;
		}
		return r;
	},
	method(n) {
		let r = 0;
		const o = new Counter(7);
		for (let i = 0; i < n; i++) {
			r = (r + o.get()) | 0;
		}
		o.free();
		return r;
	},
	'16-byte string'(n) {
		let r = 0;
		for (let i = 0; i < n; i++) {
			r = (r + byte_length('sixteen letters!')) | 0;
		}
		return r;
	},
	'new + free'(n) {
		let r = 0;
		for (let i = 0; i < n; i++) {
			const o = new Counter(i);
			r = (r + o.get()) | 0;
			o.free();
		}
		return r;
	},
});
