// A trace of every raw call, which is how a test sees what the contract says about instances.
const Real = WebAssembly.Instance;
const realInstantiate = WebAssembly.instantiate;
const owners = new WeakMap(); // funcref table => wrapper of its functions
const tableGet = WebAssembly.Table.prototype.get;
WebAssembly.Table.prototype.get = function get(i) {
	const f = tableGet.call(this, i);
	return typeof f === "function" && owners.has(this) ? owners.get(this)(f) : f;
};

/*
 * What happened to raw instances: `{ type: "instance", n }` as instance n is asked for, and
 * `{ type: "call", n, name, args, result, threw, error }` for each raw call into it, even one through
 * an exported table.
 *
 * With `naive`, and an unpatched glue, it is also a recovery as one would first write it: at the first
 * raw call whose name `naive` takes, a new instance replaces the dead one. Tests use it to show that
 * they see what is wrong with that.
 */
export class Trace {
	events = [];
	raw = []; // the raw exports of each instance
	recording = true;
	refuse = false; // instantiate as Chrome's main thread does
	naive = undefined;
	#asked = 0;
	#dead = false;
	#redirect = undefined;
	#source = undefined;

	install() {
		const trace = this;
		function Instance(module, imports) {
			if (trace.refuse) {
				throw new RangeError(
					"WebAssembly.Instance is disallowed on the main thread, if the buffer size is larger than 8MB.",
				);
			}
			return trace.#made(module, imports, trace.#ask());
		}
		Instance.prototype = Real.prototype;
		WebAssembly.Instance = Instance;
		WebAssembly.instantiate = async (source, imports) => {
			if (imports?.env) {
				return realInstantiate(source, imports); // Node's own, for fetch(), when Response is first looked at
			}
			const n = trace.#ask();
			const module = source instanceof WebAssembly.Module ? source : await WebAssembly.compile(source);
			await null;
			const instance = trace.#made(module, imports, n);
			return module === source ? instance : { module, instance };
		};
	}

	restore() {
		WebAssembly.Instance = Real;
		WebAssembly.instantiate = realInstantiate;
	}

	get count() {
		return this.raw.length;
	}

	/* The shadow stack pointer of instance n. */
	sp(n = this.raw.length - 1) {
		return this.raw[n].__wbindgen_add_to_stack_pointer(0);
	}

	/* What happens from now on: `const since = trace.mark(); …; since()`. */
	mark() {
		const from = this.events.length;
		return () => this.events.slice(from);
	}

	/* Keeps nothing alive any more: what was traced so far, and all instances but the last. */
	forget() {
		this.events.length = 0;
		this.raw.fill(undefined, 0, -1);
	}

	#ask() {
		const n = this.#asked++;
		this.events.push({ type: "instance", n });
		return n;
	}

	#made(module, imports, n) {
		const instance = new Real(module, imports);
		this.#source = { module, imports };
		const exports = instance.exports;
		this.raw[n] = exports;
		if (n > 8) {
			this.raw[n - 4] = undefined; // in some engines a memory costs too much to keep many
		}
		const copy = Object.create(null);
		for (const [name, value] of Object.entries(exports)) {
			copy[name] = typeof value === "function" ? this.#logged(n, name, value) : value;
			if (value instanceof WebAssembly.Table) {
				const known = new WeakMap();
				owners.set(value, f => {
					if (!known.has(f)) {
						known.set(f, this.#logged(n, "table", f));
					}
					return known.get(f);
				});
			}
		}
		return Object.defineProperty(instance, "exports", { value: Object.freeze(copy) });
	}

	#logged(n, name, f) {
		const logged = (...args) => {
			// Reading the shadow stack pointer is no event.
			if (!this.recording || (name === "__wbindgen_add_to_stack_pointer" && args[0] === 0)) {
				return f(...args);
			}
			if (this.#dead && this.naive(name)) {
				this.#dead = false;
				const at = this.#ask();
				const { exports } = new Real(this.#source.module, this.#source.imports);
				this.raw[at] = exports;
				this.#redirect = at;
				exports.__wbindgen_start();
			}
			const to = this.#redirect ?? n;
			const target = to === n ? f : this.raw[to][name];
			const call = { type: "call", n: to, name, args };
			this.events.push(call);
			try {
				call.result = target(...args);
				return call.result;
			} catch (e) {
				call.threw = true;
				call.error = e;
				void e?.stack; // unread, it keeps all frames' instances alive on V8
				this.#dead ||= this.naive !== undefined && e instanceof WebAssembly.RuntimeError;
				throw e;
			}
		};
		Object.defineProperty(logged, "name", { value: f.name });
		return Object.defineProperty(logged, "length", { value: f.length });
	}
}
