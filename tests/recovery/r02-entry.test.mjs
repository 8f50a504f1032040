// R2: a new instance comes at an entrypoint's first instruction, before any argument is marshalled,
// when nothing is in flight, and nowhere else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { calls, caught, each, fault, faultsByPanic, has, instances, load, plain, unhandled } from "./lib.mjs";

/* All raw calls after the fault go to one instance, which is there before the first of them. */
function oneInstance(events, n) {
	assert.deepEqual(calls(events).filter(call => call.n !== n).map(({ name }) => name), []);
	assert.ok(calls(events).length > 0);
	assert.deepEqual(events[0], { type: "instance", n });
	assert.equal(instances(events).length, 1);
}

const entrypoints = {
	add: m => m.add(1, 2),
	concat: m => m.concat("a", "b", "c"),
	join: m => m.join("a", [1, "b", null], ";"),
	join_numbers: m => m.join_numbers("a", [1, 2], "b"),
	reverse: m => m.reverse(new Uint8Array(5)),
	words: m => m.words("a b"),
	upper: m => m.upper("a"),
	echo: m => m.echo({}),
	half: m => m.half(4),
	add_u64: m => m.add_u64(1n, 2n),
	call_js: m => m.call_js(x => x, {}),
	constructor: m => new m.Counter(1),
	"constructor with text": m => new m.Parsed("12"),
	static: m => m.Counter.zero(),
	"static with text": m => m.Counter.kind(),
	promise: m => m.async_greet("x").catch(() => {}),
	make_callback: m => m.make_callback(),
};

each("R2: an entrypoint talks to one instance from its first instruction", ({ cell, m, api, trace }) => {
	let n = 0;
	for (const [name, call] of Object.entries(entrypoints)) {
		assert.throws(() => (faultsByPanic(cell) ? m.panic_string("text") : m.trap()), WebAssembly.RuntimeError);
		const since = trace.mark();
		call(m);
		n++;
		assert.equal(api.generation, n, name);
		oneInstance(since(), n);
	}
});

// Upstream's own guard stands in the export, behind the arguments: what is there by then lies in the
// old instance's memory.
test("R2: the same check fails a guard at the raw call", async () => {
	const { m, trace } = await load(plain(), {
		original: true,
		naive: name => !name.startsWith("__"),
	});
	const since = fault({ m, trace });
	try {
		m.concat("a", "b", "c");
	} catch {
		// Garbage in, anything out.
	}
	assert.throws(() => oneInstance(since(), 1), assert.AssertionError);
});

each("R2: nothing is replaced while a raw call is on the stack", glue => {
	const { m, api, trace } = glue;
	const c = new m.Counter(1);
	const seen = [];
	let since;
	const callback = () => {
		since = fault(glue);
		const attempts = {
			function: () => m.add(1, 2),
			text: () => m.greet("x"),
			constructor: () => new m.Counter(1),
			static: () => m.Counter.zero(),
			method: () => c.get(),
			getter: () => c.value,
			setter: () => {
				c.value = 1;
			},
			reinit: () => api.reinit(),
		};
		for (const [name, attempt] of Object.entries(attempts)) {
			seen.push([name, caught(attempt)]);
		}
		c.free();
		assert.deepEqual(since(), [], "inside the callback");
		return 5;
	};
	try {
		m.call_js(callback, 1);
	} catch {
		// Whether frames below return or throw is not promised.
	}
	for (const [name, e] of seen) {
		if (name !== "reinit") {
			assert.ok(e instanceof api.PoisonedError, `${name}: ${e}`);
			assert.equal(e.fault.export, "trap");
		}
	}
	assert.equal(seen.length, 8);
	assert.deepEqual(unhandled(glue, since()), [], "until the next outermost entry");
	assert.equal(trace.count, 1);
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.generation, 1);
	assert.equal(api.stats.faults, 1);
	oneInstance(unhandled(glue, since()), 1);
});

/*
 * User code that runs between marshalling and the raw call: reads of an array-like. Nothing of wasm is
 * on the stack, yet `prefix` lies in the old instance already.
 */
const marshalling = {
	"reads of a length": (m, run) =>
		m.join_numbers(
			"prefix",
			{
				0: 1,
				get length() {
					run();
					return 1;
				},
			},
			"suffix",
		),
	"reads of an element": (m, run) =>
		m.join(
			"prefix",
			{
				length: 1,
				get 0() {
					run();
					return "x";
				},
			},
			"suffix",
		),
	"conversion of a number": (m, run) =>
		m.scale(1, { valueOf: () => (run(), 2) }, false),
	"reads of what is no string": (m, run) =>
		m.concat(
			"prefix",
			{
				get length() {
					run();
					return 1;
				},
				charCodeAt: () => 65,
				toString: () => (run(), "A"),
			},
			"suffix",
		),
};

for (const [name, call] of Object.entries(marshalling)) {
	each(`R2: nothing is replaced under ${name}`, glue => {
		const { m, api } = glue;
		let since;
		let inner;
		try {
			call(m, () => {
				if (since === undefined) {
					since = fault(glue);
					inner = caught(() => m.add(1, 2));
					assert.deepEqual(since(), []);
				}
			});
		} catch {
			// What becomes of the call under which the fault was swallowed is not promised.
		}
		if (since === undefined && name === "reads of what is no string") {
			return; // glue that asks what it is given (--debug), or whose encoder takes strings only
		}
		assert.ok(inner instanceof api.PoisonedError, String(inner));
		assert.deepEqual(instances(since()), []);
		assert.equal(api.generation, 0);
		const after = glue.trace.mark();
		assert.equal(m.concat("a", "b", "c"), "abc");
		oneInstance(after(), 1);
		assert.equal(api.generation, 1);
	});
}

/*
 * The wrapper of `add` keeps no depth, since no JS can run within it (src/wasm_leaves.h); but within the conversion of its
 * arguments it can.
 */
each("R2: user code under the conversion of arguments is in flight, and leaves nothing open", glue => {
	const { m, api } = glue;
	const number = valueOf => ({ valueOf });
	try {
		m.add(number(() => 1), 1);
	} catch {
		return; // glue that asks what it is given (--debug)
	}
	assert.equal(m.add(number(() => m.add(number(() => 1), 2)), 3), 6);
	assert.equal(api.stats.errors, 0);
	const mine = new Error("mine");
	const throwing = () => {
		throw mine;
	};
	assert.equal(caught(() => m.add(1, number(throwing))), mine);
	assert.equal(caught(() => m.add(number(() => m.add(number(throwing), 1)), 1)), mine);
	assert.equal(api.stats.errors, 3, "one a raw call");
	assert.equal(api.stats.faults, 0);
	let inner;
	const failing = number(() => {
		fault(glue);
		inner = [caught(() => m.add(1, 2)), caught(() => api.reinit())];
		throw mine;
	});
	assert.equal(caught(() => m.add(failing, 1)), mine);
	assert.ok(inner[0] instanceof api.PoisonedError, String(inner[0]));
	assert.match(String(inner[1]), /in flight/);
	assert.equal(api.stats.faults, 1);
	assert.equal(api.generation, 0);
	const after = glue.trace.mark();
	assert.equal(m.add(1, 2), 3);
	oneInstance(after(), 1);
	const deep = depth => number(() => m.add(deep(depth + 1), 1));
	const e = caught(() => m.add(deep(0), 1)); // in no wasm, but who could tell
	assert.match(String(e), /RangeError|InternalError/);
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.generation, 2);
	assert.equal(api.stats.faults, 2);
});

each(
	"R2: user code that throws while arguments are marshalled leaves nothing open",
	({ m, api, trace }) => {
		const start = trace.sp();
		for (let i = 0; i < 100; i++) {
			const mine = new Error("mine");
			const e = caught(() =>
				m.join_numbers("p", {
					get length() {
						throw mine;
					},
				}),
			);
			assert.equal(e, mine);
		}
		assert.equal(m.add(1, 2), 3);
		assert.equal(trace.sp(), start);
		caught(() => m.trap());
		assert.equal(m.add(1, 2), 3);
		assert.equal(api.generation, 1);
	},
	{ needs: has("stack-pointer") },
);
