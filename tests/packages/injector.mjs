// Makes exports of every wasm instance trap on demand. Loaded before the package: it takes the place of
// WebAssembly.Instance and the instantiate functions, and puts a trampoline around each exported
// function. What it throws is a real trap, from a module of its own that does nothing else. Before it
// does, it overwrites the instance's memory: whoever goes on using that instance is found out.
//
//   (module (func (export "trap") unreachable))
const trapping = new WebAssembly.Module(new Uint8Array([
	0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 116, 114, 97, 112, 0, 0,
	10, 5, 1, 3, 0, 0, 11,
]));
const { Instance, instantiate, instantiateStreaming } = WebAssembly;
const { trap } = new Instance(trapping).exports;

export const injector = {
	instances: 0,
	/** name => calls, while not null */
	calls: null,
	/** { name, skip, after }: the next call of that name but `skip` traps, at its start or at its end */
	armed: null,
	fired: 0,
};

function trampoline(name, f, memory) {
	const wrapped = (...args) => {
		injector.calls?.set(name, (injector.calls.get(name) ?? 0) + 1);
		const { armed } = injector;
		if (armed?.name !== name || armed.skip-- > 0) {
			return f(...args);
		}
		injector.armed = null;
		injector.fired++;
		if (armed.after) {
			try {
				f(...args);
			} catch {
				// An error of its own: the trap comes first.
			}
		}
		if (memory) {
			new Uint8Array(memory.buffer).fill(0xa5);
		}
		trap();
	};
	Object.defineProperties(wrapped, { name: { value: f.name }, length: { value: f.length } });
	return wrapped;
}

function replaceExports(instance) {
	injector.instances++;
	const copy = Object.create(null);
	const memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
	for (const [name, value] of Object.entries(instance.exports)) {
		copy[name] = typeof value === "function" ? trampoline(name, value, memory) : value;
	}
	Object.defineProperty(instance, "exports", { value: Object.freeze(copy) });
	return instance;
}

const replaceResult = (result) => {
	replaceExports(result instanceof Instance ? result : result.instance);
	return result;
};

WebAssembly.Instance = new Proxy(Instance, {
	construct: (target, args) => replaceExports(new Instance(...args)),
});
WebAssembly.instantiate = (...args) => instantiate(...args).then(replaceResult);
WebAssembly.instantiateStreaming = (...args) => instantiateStreaming(...args).then(replaceResult);
