// R7: stale closures go quiet; finalizers never cross from one generation to another.
import assert from "node:assert/strict";
import {
	calls, caught, collect, each, fault, few, has, minor, recover, sleep,
} from "./lib.mjs";

// Constructors of 0.2.91 and 0.2.92 forget to register what they make; unpatched glue leaks it too.
const finalizes = cell => has("weakrefs")(cell) && ![91, 92].includes(minor(cell));

each("R7: timers of a dead generation do nothing", async glue => {
	const { m, api, hooks, trace } = glue;
	const fired = [];
	const told = [];
	hooks.onTimer = tag => fired.push(tag);
	api.on("stale", what => told.push(what));
	m.schedule(1, 1);
	m.schedule_once(1, 2);
	const since = recover(glue);
	m.schedule(1, 3);
	await sleep(30);
	assert.deepEqual(fired, [3]);
	assert.equal(m.fired(), 1);
	assert.equal(api.stats.staleClosures, 2);
	assert.deepEqual(
		told.map(what => ({ ...what })),
		Array(2).fill({ kind: "closure", className: undefined, objectGeneration: 0, generation: 1 }),
	);
	assert.deepEqual(calls(since()).filter(({ n }) => n !== 1), []);
});

function closures({ m, hooks }) {
	let listener;
	hooks.onListen = f => {
		listener = f;
	};
	m.listen();
	return {
		FnMut: [m.make_callback(), [5], 5],
		Fn: [m.make_text_callback("a"), ["b", true], "abb"],
		FnOnce: [m.make_once_callback(7), [], 7],
		kept: [listener, [{}], 1],
		owned: [new m.Ticker().callback(), [], 1],
		nested: [m.make_reentrant_callback(() => {}), [1], 1],
		failing: [m.make_failing_callback(), ["fine"], "fine"],
	};
}

// Where closures of different types share a shim, another's may run instead of these, and there is no telling
// what it gives: a mistake of wasm-bindgen 0.2.105 and 0.2.108.
const sharing = new Set(["FnMut", "kept", "nested"]);
const gives = (cell, name) => !(has("shared-shims")(cell) && sharing.has(name));

each("R7: closures of a dead generation give undefined and are counted", glue => {
	const { m, api, trace, cell } = glue;
	let stale = closures(glue);
	for (let n = 1; n <= 2; n++) {
		recover(glue);
		const since = trace.mark();
		const was = api.stats.staleClosures;
		for (const [name, [f, args]] of Object.entries(stale)) {
			assert.equal(f(...args), undefined, name);
		}
		assert.deepEqual(since(), []);
		assert.equal(api.stats.staleClosures, was + Object.keys(stale).length);
		const fresh = closures(glue);
		for (const [name, [f, args, result]] of Object.entries(fresh)) {
			const got = f(...args);
			if (gives(cell, name)) {
				assert.equal(got, result, name);
			}
		}
		stale = closures(glue);
	}
	assert.equal(m.unlisten(), true);
});

each("R7: poisoned counts as dead, at any depth", glue => {
	const { m, api, trace } = glue;
	const callback = m.make_callback();
	let inside;
	try {
		m.call_js(() => {
			caught(() => m.trap());
			inside = callback(5);
		}, 1);
	} catch {
		// See R4.
	}
	assert.equal(inside, undefined);
	const since = trace.mark();
	assert.equal(callback(5), undefined);
	assert.deepEqual(since(), []);
	assert.equal(api.generation, 0);
	assert.equal(api.stats.staleClosures, 2);
});

each('R7: staleClosures: "throw"', glue => {
	const { m, api, trace, cell } = glue;
	const callback = m.make_callback();
	api.configure({ staleClosures: "throw" });
	recover(glue);
	const since = trace.mark();
	const e = caught(() => callback(5));
	assert.ok(e instanceof api.StaleObjectError, String(e));
	assert.deepEqual([e.objectGeneration, e.generation], [0, 1]);
	assert.deepEqual(since(), []);
	const fresh = m.make_callback()(5);
	if (gives(cell, "FnMut")) {
		assert.equal(fresh, 5);
	}
});

each("R7: a promise reaction of a dead generation does not enter wasm", async glue => {
	const { m, api, trace } = glue;
	let resolve;
	const p = m.async_await(
		new Promise(done => {
			resolve = done;
		}),
	);
	p.catch(() => {});
	await m.async_add(1, 2);
	const since = recover(glue);
	resolve(5);
	await sleep(5);
	assert.deepEqual(since(), []);
	assert.equal(api.stats.staleClosures, 1);
	assert.equal(await m.async_add(1, 2), 3);
});

each(
	"R7: finalizers of generation 0 never enter the next instance, those of later ones do their work",
	async glue => {
		const { m, api, hooks, trace } = glue;
		const dropped = [];
		hooks.onDrop = id => dropped.push(id);
		const make = from => {
			for (let i = 0; i < 50; i++) {
				new m.Tracked(from + i);
				m.make_callback();
			}
		};
		const kept = new m.Tracked(999);
		make(100);
		recover(glue);
		trace.forget(); // with reference types the old instance's table holds the old closures
		const survivors = Array.from({ length: 200 }, (_, i) => new m.Tracked(2000 + i));
		const since = trace.mark();
		await collect(undefined, 5);
		assert.deepEqual(dropped, []);
		assert.deepEqual(since(), []);
		for (let n = 1; n <= 2; n++) {
			make(n * 200);
			await collect(() => dropped.length >= 45);
			assert.ok(dropped.length >= 45, `${dropped.length} of 50 dropped in generation ${n}`);
			assert.ok(dropped.every(id => id >= n * 200 && id < n * 200 + 50), String(dropped));
			assert.equal(new Set(dropped).size, dropped.length);
			recover(glue);
			trace.forget();
			dropped.length = 0;
			await collect(undefined, 3);
			assert.deepEqual(dropped, []);
		}
		assert.equal(survivors.length, 200);
		assert.ok(caught(() => kept.id) instanceof api.StaleObjectError);
	},
	{
		// Collecting is slow: one cell for each form of registry.
		needs: cell =>
			finalizes(cell) && (few(cell) || /74|87|100|104|114.*nodejs|125.*nodejs/.test(cell.path)),
	},
);

each(
	"R7: objects of generation 0 are finalized as long as it lives, and not while poisoned",
	async glue => {
		const { m, hooks, trace } = glue;
		const dropped = [];
		hooks.onDrop = id => dropped.push(id);
		const make = () => {
			for (let i = 0; i < 50; i++) {
				new m.Tracked(i);
			}
		};
		make();
		await collect(() => dropped.length >= 45);
		assert.ok(dropped.length >= 45);
		dropped.length = 0;
		make();
		const since = fault(glue);
		await collect(undefined, 5);
		assert.deepEqual(since(), []);
		assert.deepEqual(dropped, []);
	},
	{ needs: cell => finalizes(cell) && few(cell) },
);
