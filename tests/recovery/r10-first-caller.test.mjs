// R10: the first caller sees the original error, unchanged; later ones plain data.
import assert from "node:assert/strict";
import { calls, caught, each } from "./lib.mjs";

const ways = {
	function: m => m.trap(),
	"function with a result": m => m.panic_string("text"),
	method: m => new m.Counter(1).panic_mut("text"),
	constructor: m => new m.Parsed("trap"),
	closure: m => m.make_failing_callback()("trap"),
	"out of bounds": m => m.oob_load(),
};

each("R10: the first caller gets the error that wasm threw", ({ m, trace }) => {
	for (const [name, call] of Object.entries(ways)) {
		const since = trace.mark();
		const e = caught(() => call(m));
		const { error } = calls(since()).findLast(({ threw }) => threw);
		assert.equal(e, error, name);
		assert.equal(Object.getPrototypeOf(e), WebAssembly.RuntimeError.prototype, name);
		assert.equal(typeof e.stack, "string");
		m.add(1, 2);
	}
});

each("R10: a thrown fault passes nested calls as the same object", ({ m }) => {
	let inner;
	const outer = caught(() =>
		m.call_js(
			x =>
				m.call_js(() => {
					inner = caught(() => m.panic_string("text"));
					throw inner;
				}, x),
			1,
		),
	);
	assert.equal(outer, inner);
});

each("R10: later callers get PoisonedError with plain data", ({ m, api, trace }) => {
	api.configure({ reinit: "manual" });
	const original = caught(() => m.oob_load());
	const since = trace.mark();
	const [a, b] = [caught(() => m.add(1, 2)), caught(() => m.greet("x"))];
	assert.deepEqual(since(), []);
	assert.notEqual(a, b);
	for (const e of [a, b]) {
		assert.ok(e instanceof api.PoisonedError);
		assert.ok(e instanceof Error);
		assert.equal(e.name, "PoisonedError");
		assert.equal(e.cause, undefined); // no Error is kept
		assert.deepEqual(
			{ ...e.fault },
			{
				kind: "trap", export: "oob_load", message: original.message, panic: undefined, generation: 0,
			},
		);
		assert.ok(Object.values(e.fault).every(v => typeof v !== "object"));
		assert.deepEqual(JSON.parse(JSON.stringify(e.fault)), JSON.parse(JSON.stringify(api.fault)));
		assert.ok(e.message.includes(original.message));
	}
	api.reinit();
	assert.equal(m.add(1, 2), 3);
});

each("R10: the panic text is what the console was given", ({ m, api }) => {
	const { error } = console;
	const printed = [];
	console.error = (...args) => printed.push(args);
	try {
		m.set_panic_hook();
		caught(() => m.panic("boom of the day"));
		assert.equal(printed.length, 1);
		assert.equal(api.fault.panic, printed[0][0]);
		assert.match(api.fault.panic, /boom of the day/);
		// It belongs to that fault, and not to the next.
		assert.equal(m.add(1, 2), 3);
		caught(() => m.trap());
		assert.equal(api.fault.panic, undefined);
		// Nor is that of a fault which JS swallowed told of a later one.
		m.set_panic_hook();
		caught(() => m.call_js(() => caught(() => m.panic("swallowed")), 1) && m.trap());
		assert.deepEqual([api.fault.export, api.fault.panic], ["trap", undefined]);
	} finally {
		console.error = error;
	}
});
