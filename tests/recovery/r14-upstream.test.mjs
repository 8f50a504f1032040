// R14: upstream's own machinery is recognised and joined: it does what it promises, without what it
// leaves open (a guard behind the marshalling, unchecked objects, no depth, promises left pending).
import assert from "node:assert/strict";
import {
	calls, caught, each as eachOf, has, instances, load, never, rejected, sleep, upstream,
} from "./lib.mjs";

const each = (name, body, options) => eachOf(name, body, { among: upstream, ...options });
const resets = has("reset-state");
const schedules = has("reinit");
const unwinds = has("panic-error");

each("R14: faults are recovered from, once each, by one new instance", ({ m, api, trace }) => {
	const stale = new m.Counter(5);
	for (let i = 1; i <= 5; i++) {
		assert.ok(caught(() => m.trap()) instanceof WebAssembly.RuntimeError);
		const since = trace.mark();
		assert.equal(m.concat("a", "b", "c"), "abc");
		assert.equal(api.generation, i);
		assert.equal(trace.count, i + 1);
		assert.deepEqual(calls(since()).filter(({ n }) => n !== i), []);
		assert.equal(m.bump(), 1);
	}
	assert.equal(api.stats.faults, 5);
	assert.ok(caught(() => stale.get()) instanceof api.StaleObjectError);
	stale.free();
});

each("R14: a poisoned instance is left alone until the next outermost entry", ({ m, api, trace }) => {
	const c = new m.Counter(1);
	let since;
	try {
		m.call_js(() => {
			caught(() => m.trap());
			since = trace.mark();
			const e = caught(() => m.add(1, 2));
			assert.ok(e instanceof api.PoisonedError, String(e)); // and no "Module terminated"
			c.free();
			return 1;
		}, 1);
	} catch {
		// See R4.
	}
	assert.deepEqual(instances(since()), []);
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.generation, 1);
	assert.equal(trace.count, 2);
});

each(
	"R14: __wbg_reset_state() is a reinit like any other",
	async ({ m, api, trace }) => {
		const told = [];
		api.on("reinit", ({ generation }) => told.push(generation));
		m.bump();
		const stale = new m.Counter(5);
		const callback = m.make_callback();
		const promise = m.async_await(never());
		await sleep(2);
		m.__wbg_reset_state();
		assert.deepEqual(told, [1]);
		assert.equal(api.generation, 1);
		assert.equal(trace.count, 2);
		assert.equal(m.bump(), 1);
		assert.equal(m.starts(), 1);
		const fresh = new m.Counter(7);
		const since = trace.mark();
		assert.ok(caught(() => stale.add(1)) instanceof api.StaleObjectError);
		assert.equal(callback(1), undefined);
		stale.free();
		assert.deepEqual(since(), []);
		assert.equal(fresh.get(), 7);
		assert.ok((await rejected(promise)) instanceof api.PoisonedError);
		// Over a poisoned instance it is the recovery, and in the middle of a call there is none.
		caught(() => m.trap());
		m.__wbg_reset_state();
		assert.equal(api.generation, 2);
		assert.equal(m.bump(), 1);
		m.call_js(x => {
			assert.ok(caught(() => m.__wbg_reset_state()) instanceof Error);
			return x;
		}, 1);
		assert.equal(api.generation, 2);
		assert.equal(m.bump(), 2);
	},
	{ needs: cell => resets(cell) && cell.variant === "reset-state" },
);

each(
	"R14: schedule_reinit() takes effect before the next call's arguments are put into memory",
	({ m, api, trace }) => {
		for (const [name, call, result] of [
			["texts", m => m.concat("a", "b", "c"), "abc"],
			["numbers", m => m.bump(), 1],
			["constructor", m => new m.Counter(3).value, 3],
			["static", m => m.Counter.zero().get(), 0],
		]) {
			const was = api.generation;
			const stale = new m.Counter(5);
			m.bump();
			m.schedule_reinit();
			assert.equal(api.generation, was, "not before the next call");
			const since = trace.mark();
			assert.equal(call(m), result, name);
			assert.equal(api.generation, was + 1, name);
			assert.deepEqual(calls(since()).filter(({ n }) => n !== trace.count - 1), [], name);
			assert.equal(instances(since()).length, 1, name);
			assert.ok(caught(() => stale.get()) instanceof api.StaleObjectError, name);
			const after = trace.mark();
			stale.free();
			assert.deepEqual(after(), []);
		}
		assert.equal(api.stats.faults, 0);
	},
	{ needs: schedules },
);

each(
	"R14: a scheduled reinit waits until nothing is in flight, and comes with a method too",
	({ m, api, trace }) => {
		const c = new m.Counter(1);
		m.call_js(x => {
			m.schedule_reinit();
			assert.equal(m.add(1, 2), 3);
			assert.equal(c.get(), 1);
			assert.equal(trace.count, 1);
			return x;
		}, 1);
		assert.equal(trace.count, 1);
		assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
		assert.equal(api.generation, 1);
		// A fault meanwhile: one new instance answers both.
		m.schedule_reinit();
		m.bump();
		m.schedule_reinit();
		caught(() => m.trap());
		assert.equal(m.bump(), 1);
		const { count } = trace;
		assert.equal(m.bump(), 2);
		assert.equal(trace.count, count);
	},
	{ needs: schedules },
);

/* Raw calls of the abort handler, which is read from a table of functions. */
const handlers = events => calls(events).filter(({ name }) => name === "table");

each(
	"R14: Rust's abort handler is called once for each abort, and the recovery comes all the same",
	async ({ cell, m, api, trace }) => {
		// What unpatched glue does: the handler runs on the instance that is dead already.
		const original = await load(cell, { original: true });
		original.m.set_abort_handler();
		const before = original.trace.mark();
		caught(() => original.m.trap());
		assert.equal(handlers(before()).length, 1);
		assert.match(String(caught(() => original.m.bump())), /Module terminated/);
		for (let i = 1; i <= 3; i++) {
			m.set_abort_handler();
			const since = trace.mark();
			caught(() => m.trap());
			assert.equal(handlers(since()).length, 1);
			assert.equal(m.bump(), 1);
			assert.equal(api.generation, i);
			assert.equal(api.stats.faults, i);
			assert.equal(handlers(since()).length, 1);
			assert.equal(m.bump(), 2);
		}
	},
	{ needs: has("abort_handler") },
);

// Without unwinding, wasm-bindgen ends the instance when something that an import throws meets frames of Rust's.
each(
	"R14: what upstream's guard takes for an abort is a fault like any other, with its export, its words and its cause",
	async ({ m, api }) => {
		const told = [];
		api.on("fault", fault => told.push({ ...fault }));
		for (const [i, thrown] of [new Error("mine"), 42, "text", undefined, null].entries()) {
			const promise = m.async_await(never());
			await sleep(2);
			const e = caught(() => m.call_js(() => { throw thrown; }, 1));
			assert.equal(e.message, "Critical error"); // as unpatched glue has it
			assert.equal(e.cause, thrown);
			assert.equal(api.state, "poisoned");
			const fault = { kind: "abort", export: "call_js", message: e.message, panic: undefined, generation: i };
			assert.deepEqual({ ...api.fault }, fault);
			assert.deepEqual(told, [fault]);
			const because = await rejected(promise);
			assert.ok(because instanceof api.PoisonedError, String(because));
			assert.equal(because.cause, e);
			assert.equal(m.bump(), 1);
			assert.equal(api.generation, i + 1);
			assert.equal(api.stats.faults, i + 1);
			told.length = 0;
		}
		// What Rust throws on purpose, or catches, is none.
		assert.equal(caught(() => m.throw_text("as told")).message, "as told");
		assert.equal(caught(() => m.call_js_catch(() => { throw 42; }, 1)), 42);
		assert.equal(m.bump(), 2);
		assert.equal(api.stats.faults, 5);
	},
	{ needs: cell => cell.variant === "abort-handler" },
);

each(
	"R14: a panic that unwinds is an error, and what it unwound is usable",
	async ({ m, api, trace }) => {
		const c = new m.Counter(1);
		for (let i = 1; i <= 3; i++) {
			const e = caught(() => m.panic("text"));
			assert.equal(e.name, "PanicError");
			assert.match(e.message, /text/);
			assert.equal(caught(() => m.panic_string("text")).name, "PanicError");
			assert.equal((await rejected(m.async_panic())).name, "PanicError");
			assert.equal(c.get(), 1);
			assert.equal(m.bump(), i);
		}
		assert.equal(api.state, "live");
		assert.equal(api.stats.faults, 0);
		assert.equal(trace.count, 1);
		caught(() => m.trap());
		assert.equal(api.state, "poisoned");
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
		assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
		assert.equal(caught(() => m.panic("text")).name, "PanicError");
		assert.equal(m.bump(), 2);
	},
	{ needs: unwinds, requires: ["panics"] },
);

// Thrown where wasm unwraps it, the error made Rust drop things twice: a promise that it awaited was another's.
each(
	"R14: a stale element of an array, wherever it stands, leaves Rust whole that unwinds",
	async ({ m, api }) => {
		const stale = new m.Point(1, 2);
		api.reinit();
		for (const at of [0, 1, 2]) {
			const promise = m.async_sleep(2, 3);
			const list = [new m.Point(1, 1), new m.Point(2, 2)];
			list.splice(at, 0, stale);
			assert.ok(caught(() => m.sum_points(list)) instanceof api.StaleObjectError);
			assert.equal(await promise, 3);
			// Nothing is owed to the next error.
			assert.match(caught(() => m.sum_points([{}])).message, /wrong type/);
		}
		assert.equal(api.stats.faults, 0);
		assert.equal(api.generation, 1);
	},
	{ needs: cell => unwinds(cell) && has("vec_class")(cell) },
);

each(
	"R14: what an import throws passes Rust frames that unwind as the same object",
	({ m, api }) => {
		const mine = new Error("mine");
		const e = caught(() =>
			m.call_js(() => {
				throw mine;
			}, 1),
		);
		assert.equal(e, mine);
		assert.equal(m.call_js_swallow(() => { throw mine; }, 1).startsWith("caught"), true);
		const trap = caught(() =>
			m.call_js(() => {
				throw caught(() => m.trap());
			}, 1),
		);
		assert.ok(trap instanceof WebAssembly.RuntimeError, String(trap));
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
	},
	{ needs: unwinds },
);

// Since 0.2.125 imports put what they throw into an exception that Rust's landing pads take.
each(
	"R14: a fault passes imports as what it is, and runs nothing of Rust's on its way",
	({ m, api, hooks }) => {
		const trap = caught(() => m.call_js(() => m.trap(), 1));
		assert.ok(trap instanceof WebAssembly.RuntimeError, String(trap));
		let started;
		hooks.onStart = () => {
			started = caught(() => m.trap());
			throw started;
		};
		const e = caught(() => m.bump());
		assert.ok(e instanceof api.PoisonedError, String(e));
		assert.equal(e.cause, started);
		assert.ok(started instanceof WebAssembly.RuntimeError, String(started));
		hooks.onStart = undefined;
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
	},
	{ needs: unwinds },
);

// The counter-example: what upstream's guard leaves open is open in unpatched glue.
each(
	"R14: unpatched, upstream's guard finds the arguments in the old instance",
	({ m, trace }) => {
		m.schedule_reinit();
		const since = trace.mark();
		try {
			m.concat("a", "b", "c");
		} catch {
			// Or it traps.
		}
		assert.ok(calls(since()).length >= 3);
		// The new instance is made where the trace does not see it: it gets pointers of the old one.
		assert.deepEqual([...new Set(calls(since()).map(({ n }) => n))], [0]);
		assert.deepEqual(calls(since()).filter(({ name }) => name === "concat"), []);
	},
	{ needs: cell => schedules(cell) && cell.variant === "reinit", original: true },
);
