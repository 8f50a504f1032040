// R5: a reinit is whole, or it does not happen.
import assert from "node:assert/strict";
import {
	bytesOf, calls, caught, collect, each, fault, few, has, initArgument, instances, initsSync, isNode, isWeb, recover,
	sleep,
} from "./lib.mjs";

each("R5: the state of the program starts anew", glue => {
	const { m, hooks, trace } = glue;
	const starts = [];
	hooks.onStart = n => starts.push(n);
	const memory = m.own_memory();
	const firstSlot = () => calls(trace.events).findLast(({ name }) => name === "keep").args[0];
	assert.equal(m.keep({}), 0);
	const slot = firstSlot();
	for (let i = 1; i < 1000; i++) {
		assert.equal(m.keep({ i }), i);
	}
	m.repeat("x", 3_000_000); // the memory grows, the views with it
	m.set_panic_hook();
	assert.deepEqual([m.bump(), m.bump(), m.bump()], [1, 2, 3]);
	const since = recover(glue);
	assert.deepEqual(starts, [1]);
	assert.equal(m.starts(), 1);
	assert.equal(m.bump(), 1);
	assert.equal(m.kept(0), undefined);
	assert.equal(m.keep({}), 0);
	if (has("heap")(glue.cell)) {
		assert.ok(firstSlot() < slot + 20, "the object heap is empty again");
	}
	assert.notEqual(m.own_memory(), memory);
	assert.equal(m.own_memory(), trace.raw[1].memory);
	assert.equal(m.greet("wörld"), "Hello, wörld!");
	assert.deepEqual(m.reverse(new Uint8Array([1, 2, 3])), new Uint8Array([3, 2, 1]));
	assert.deepEqual(m.words("a b"), ["a", "b"]);
	assert.equal(m.repeat("y", 3_000_000).length, 3_000_000);
	assert.equal(m.sum(new Float64Array([1, 2])), 3);
	assert.equal(m.measure({ width: 2, height: 3 }), 6);
	assert.deepEqual(calls(since()).filter(({ n }) => n !== 1), []);
});

each("R5: a start that faults is counted, and can be tried again", glue => {
	const { m, api, hooks } = glue;
	for (const wish of ["panic", "trap"]) {
		const { failedReinits } = api.stats;
		const was = api.generation;
		fault(glue);
		hooks.onStart = () => wish;
		for (let i = 1; i <= 3; i++) {
			const e = caught(() => m.add(1, 2));
			assert.ok(e instanceof api.PoisonedError, String(e));
			assert.ok(e.cause instanceof WebAssembly.RuntimeError, String(e.cause));
			assert.equal(api.stats.failedReinits, failedReinits + i);
			assert.equal(api.generation, was);
			assert.equal(api.state, "poisoned");
		}
		hooks.onStart = undefined;
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, was + 1);
		assert.equal(api.state, "live");
	}
});

each("R5: a start that throws an error is a failed reinit too", glue => {
	const { m, api, hooks } = glue;
	const mine = new Error("mine");
	fault(glue);
	hooks.onStart = () => {
		throw mine;
	};
	const e = caught(() => m.add(1, 2));
	assert.ok(e instanceof api.PoisonedError);
	assert.equal(e.cause, mine);
	assert.equal(api.state, "poisoned");
	assert.equal(api.stats.failedReinits, 1);
	hooks.onStart = undefined;
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
});

each("R5: a start may call JS that calls exports", glue => {
	const { m, api, hooks } = glue;
	const seen = [];
	fault(glue);
	let made;
	hooks.onStart = () => {
		seen.push(m.add(1, 2), m.greet("x"), m.bump());
		made = new m.Counter(5);
		seen.push(made.get(), api.state);
	};
	assert.equal(m.bump(), 2);
	assert.deepEqual(seen, [3, "Hello, x!", 1, 5, "reinitializing"]);
	assert.equal(api.generation, 1);
	assert.equal(made.get(), 5);
	hooks.onStart = undefined;
	recover(glue);
	assert.ok(caught(() => made.get()) instanceof api.StaleObjectError);
});

each("R5: what a failed start made is not taken for the next one's", glue => {
	const { m, api, hooks } = glue;
	let made;
	let callback;
	fault(glue);
	hooks.onStart = () => {
		made = new m.Counter(5);
		callback = m.make_callback();
		return "panic";
	};
	caught(() => m.add(1, 2));
	hooks.onStart = undefined;
	const fresh = new m.Counter(7);
	assert.equal(api.generation, 1);
	const e = caught(() => made.add(1));
	assert.ok(e instanceof api.StaleObjectError, String(e));
	assert.equal(callback(1), undefined);
	made.free();
	assert.equal(fresh.get(), 7);
});

each("R5: a fault that JS swallows inside the start is a failed reinit", glue => {
	const { m, api, hooks } = glue;
	fault(glue);
	hooks.onStart = () => {
		caught(() => m.trap());
	};
	assert.ok(caught(() => m.add(1, 2)) instanceof api.PoisonedError);
	assert.equal(api.generation, 0);
	assert.equal(api.stats.failedReinits, 1);
	hooks.onStart = undefined;
	assert.equal(m.add(1, 2), 3);
});

each("R5: a host that refuses synchronous instances gets an asynchronous one", async glue => {
	const { m, api, trace } = glue;
	fault(glue);
	trace.refuse = true;
	trace.install();
	try {
		const e = caught(() => m.add(1, 2));
		assert.ok(e instanceof api.PoisonedError, String(e));
		assert.ok(e.ready instanceof Promise);
		assert.equal(api.state, "reinitializing");
		assert.ok(caught(() => m.add(1, 2)) instanceof api.PoisonedError);
		await e.ready;
		assert.equal(api.state, "live");
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
		assert.equal(trace.count, 2);
		// From the second fault on it begins at the fault.
		caught(() => m.trap());
		await sleep(50);
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 2);
	} finally {
		trace.restore();
	}
}, { needs: cell => !isNode(cell) });

each("R5: where a new instance takes time, a closure that finds the old one dead begins it", async glue => {
	const { m, api, trace } = glue;
	fault(glue);
	trace.refuse = true;
	trace.install();
	try {
		await caught(() => m.add(1, 2)).ready;
		for (const staleClosures of ["ignore", "throw"]) {
			api.configure({ staleClosures });
			const order = [];
			const off = ["fault", "stale"].map(type => api.on(type, () => order.push(type)));
			const callback = m.make_callback();
			try {
				m.call_js(() => caught(() => m.trap()), 1);
			} catch {
				// See R4. Where it returns, no frame of the glue has seen the fault end the outermost call.
			}
			if (staleClosures === "throw") {
				const e = caught(() => callback(5));
				assert.ok(e instanceof api.PoisonedError, String(e));
				assert.ok(e.ready instanceof Promise);
			} else {
				assert.equal(callback(5), undefined);
			}
			assert.equal(api.state, "reinitializing");
			assert.deepEqual(order, ["fault", "stale"]);
			off.forEach(f => f());
			await sleep(50);
			assert.equal(api.state, "live");
			assert.equal(m.bump(), 1);
		}
		assert.equal(api.generation, 3);
	} finally {
		trace.restore();
	}
}, { needs: cell => !isNode(cell) });

// It has made its first instance synchronously, so a host that refuses the next one refuses it for another
// reason than its size.
each("R5: glue that only ever makes instances synchronously does not make one otherwise", async glue => {
	const { m, api, trace } = glue;
	fault(glue);
	trace.refuse = true;
	trace.install();
	try {
		const e = caught(() => m.add(1, 2));
		assert.ok(e instanceof api.PoisonedError, String(e));
		assert.equal(e.ready, undefined);
		assert.ok(e.cause instanceof RangeError, String(e.cause));
		assert.equal(api.stats.failedReinits, 1);
		assert.equal(api.state, "poisoned");
	} finally {
		trace.refuse = false;
		trace.restore();
	}
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.generation, 1);
}, { needs: isNode });

// What the test above plays, where it is real: Chrome's main thread, and a module above 8 MB.
each(
	"R5: a browser's main thread, and a module of 9 MB",
	async ({ cell, m, api }) => {
		const bytes = bytesOf(cell);
		const padding = 9 << 20;
		const size = Array.from({ length: 4 }, (_, i) => ((padding >> (7 * i)) & 127) | (i < 3 ? 128 : 0));
		const padded = new Uint8Array(bytes.length + 5 + padding); // a custom section without a name
		padded.set(bytes);
		padded.set([0, ...size], bytes.length);
		const module = await WebAssembly.compile(padded);
		const sync = caught(() => new WebAssembly.Instance(module, {}));
		assert.ok(sync instanceof RangeError, String(sync));
		await m.default(initArgument(cell, padded, "module_or_path"));
		assert.equal(m.bump(), 1);
		for (let n = 1; n <= 3; n++) {
			caught(() => m.trap());
			const e = caught(() => m.bump());
			assert.ok(e instanceof api.PoisonedError, String(e));
			assert.ok(e.ready instanceof Promise);
			await e.ready;
			assert.equal(m.bump(), 1);
			assert.equal(api.generation, n);
		}
	},
	{
		needs: cell => isWeb(cell) && globalThis.document !== undefined,
		requires: ["sizeLimit"],
		init: false,
		traced: false,
	},
);

const sources = {
	module: bytes => (bytes instanceof WebAssembly.Module ? bytes : new WebAssembly.Module(bytes)),
	bytes: bytes => bytes,
	response: bytes => new Response(bytes, { headers: { "Content-Type": "application/wasm" } }),
	"response without a type": bytes => new Response(bytes),
};

for (const [name, source] of Object.entries(sources)) {
	each(
		`R5: after an asynchronous init with a ${name}`,
		async ({ cell, m, api }) => {
			const { warn } = console;
			console.warn = () => {};
			try {
				assert.equal(api.state, "uninitialized");
				const argument = initArgument(cell, source(bytesOf(cell)), "module_or_path");
				const face = await m.default(argument);
				assert.equal(m.bump(), 1);
				caught(() => m.trap());
				assert.equal(m.bump(), 1);
				assert.equal(api.generation, 1);
				assert.equal(face.memory, m.own_memory());
			} finally {
				console.warn = warn;
			}
		},
		{
			needs: isWeb, init: false, traced: false,
			requires: name === "module" ? [] : ["compile"],
		},
	);
}

each(
	"R5: init called again over a poisoned instance is one recovery",
	glue => {
		const { m, api, init } = glue;
		const c = new m.Counter(1);
		fault(glue);
		init();
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
		assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
		recover(glue);
		assert.equal(api.generation, 2);
	},
	{ needs: initsSync },
);

each(
	"R5: dead instances are collected",
	async ({ m, api }) => {
		let dead = 0;
		const registry = new FinalizationRegistry(() => dead++);
		const rounds = 30;
		for (let i = 0; i < rounds; i++) {
			registry.register(m.own_memory());
			new m.Counter(i);
			m.make_callback();
			caught(() => m.panic_string("text"));
			assert.equal(m.bump(), 1);
			await null;
		}
		assert.equal(api.generation, rounds);
		await collect(() => dead >= rounds - 2);
		assert.ok(dead >= rounds - 2, `${dead} of ${rounds} memories are gone`);
	},
	{ traced: false, needs: cell => few(cell) || has("externref")(cell) },
);
