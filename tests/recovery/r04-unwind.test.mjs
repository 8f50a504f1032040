// R4: the failing call unwinds harmlessly.
import assert from "node:assert/strict";
import { test } from "node:test";
import { calls, caught, each as eachOf, fault, faultsByPanic, has, load, plain, unhandled } from "./lib.mjs";

const each = (name, body, { needs = () => true, ...more } = {}) =>
	eachOf(name, body, { needs: cell => faultsByPanic(cell) && needs(cell), ...more });

const failing = {
	"a result in memory": m => m.panic_string("text"),
	"a Result": m => m.panic_result("text"),
	"a text method": m => new m.Counter(1).panic_ref("text"),
	"a mutable borrow": m => new m.Counter(1).panic_mut("text"),
	"a constructor": m => new m.Parsed("panic"),
	"a borrowed callback": m => m.panic_each([1, 2]),
	"memory held over a callback": m => m.call_js_holding(() => m.trap(), "text"),
	"arrays in and out": m => m.sum_each({ __proto__: Array.prototype, forEach: () => m.trap() }),
	"a closure": m => m.make_failing_callback()("panic"),
	"a lent closure": m => m.lend(() => m.trap()),
};

/* After the raw call that failed, nothing: no call on the dead instance, no new one. */
function inert(glue, since) {
	const events = unhandled(glue, since);
	const at = events.findIndex(({ error }) => error instanceof WebAssembly.RuntimeError);
	assert.ok(at >= 0);
	// Outer frames' calls come before the failing one, so there is nothing to except.
	assert.deepEqual(events.slice(at + 1).filter(({ threw }) => !threw), []);
}

each("R4: cleanup after a fault is inert", glue => {
	const { m, api, trace } = glue;
	let n = 0;
	for (const [name, call] of Object.entries(failing)) {
		const since = trace.mark();
		const e = caught(() => call(m));
		assert.ok(e instanceof WebAssembly.RuntimeError, `${name}: ${e}`);
		inert(glue, since());
		const after = trace.mark();
		assert.equal(m.concat("a", "b", "c"), "abc", name);
		n++;
		assert.equal(api.generation, n, name);
		assert.deepEqual(calls(after()).filter(call => call.n !== n), [], name);
	}
});

each(
	"R4: the new instance's shadow stack pointer is exactly where it started",
	({ m, api, trace }) => {
		const start = trace.sp(0);
		let n = 0;
		for (const [name, call] of Object.entries(failing)) {
			caught(() => call(m));
			assert.equal(m.add(1, 2), 3);
			assert.equal(api.generation, ++n);
			assert.equal(trace.sp(n), start, name);
			assert.equal(m.parse_number("12"), 12);
			assert.equal(trace.sp(n), start, name);
		}
		assert.ok(api.stats.inert > 0);
	},
	{ needs: has("stack-pointer") },
);

test("R4: the same checks fail a naive recovery", async () => {
	const glue = await load(plain(), { original: true, naive: () => true });
	const { m, trace } = glue;
	const start = trace.sp(0);
	const since = trace.mark();
	caught(() => m.panic_result("text"));
	assert.throws(() => inert(glue, since()), assert.AssertionError);
	assert.equal(trace.count, 2);
	assert.notEqual(trace.sp(1), start);
});

each("R4: a converting catch does not swallow a fault", glue => {
	const { m, api, trace } = glue;
	const converting = {
		getter: f => m.title_of({ get title() { return f(); } }),
		call: f => m.call_js_catch(f, 1),
		"call whose error Rust keeps": f => m.call_js_swallow(f, 1),
	};
	for (const [name, call] of Object.entries(converting)) {
		let inner;
		const since = trace.mark();
		const outer = caught(() =>
			call(() => {
				inner = caught(() => m.trap());
				throw inner;
			}),
		);
		assert.equal(outer, inner, name);
		assert.equal(api.state, "poisoned", name);
		inert(glue, since());
		assert.equal(m.add(1, 2), 3);
	}
	assert.equal(api.generation, 3);
	assert.equal(api.stats.faults, 3);
	// An error is still converted.
	assert.match(m.call_js_swallow(() => m.throw_text("text"), 1), /^caught: /);
	assert.equal(api.generation, 3);
});

each("R4: free() and dispose in a user's finally start no recovery", glue => {
	const { m, api, trace } = glue;
	const c = new m.Counter(1);
	const d = new m.Counter(2);
	let since;
	const e = caught(() => {
		try {
			c.panic_mut("text");
		} finally {
			since = trace.mark();
			c.free();
			c.free();
			if (Symbol.dispose !== undefined && d[Symbol.dispose] !== undefined) {
				d[Symbol.dispose]();
			}
			d.free();
		}
	});
	assert.ok(e instanceof WebAssembly.RuntimeError);
	assert.deepEqual(since(), []);
	assert.equal(api.state, "poisoned");
	assert.equal(api.generation, 0);
	const fresh = new m.Counter(3);
	assert.equal(api.generation, 1);
	c.free();
	d.free();
	assert.equal(fresh.get(), 3);
	assert.deepEqual(calls(since()).filter(({ n }) => n !== 1), []);
	assert.deepEqual(calls(since()).filter(({ name }) => /free/.test(name)), []);
});

each("R4: clean-up by hand through the public face starts no recovery", glue => {
	const { face, api } = glue;
	const names = Object.keys(face ?? {}).filter(k => /^__.*(free|drop|destroy|dealloc)/.test(k));
	if (names.length === 0) {
		return;
	}
	const since = fault(glue);
	for (const k of names) {
		face[k](0, 0, 0);
	}
	face.__wbindgen_add_to_stack_pointer?.(16);
	assert.deepEqual(since(), []);
	assert.equal(api.generation, 0);
});

each("R4: a fault that user code swallows is dealt with at the next outermost entry", glue => {
	const { m, api, trace } = glue;
	let result;
	try {
		result = m.call_js(x => {
			caught(() => m.trap());
			return x;
		}, 5);
	} catch (e) {
		result = e;
	}
	assert.notEqual(result, undefined);
	assert.equal(api.state, "poisoned");
	assert.equal(trace.count, 1);
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
	assert.equal(api.stats.faults, 1);
});
