// R11: when a recovery comes, and how often.
import assert from "node:assert/strict";
import { calls, caught, each, excluded, few, has, isNode, recover, settings, sleep } from "./lib.mjs";

each("R11: lazy is the default", async ({ m, api, trace }) => {
	assert.equal(api.state, "live");
	caught(() => m.trap());
	await sleep(2);
	assert.equal(api.state, "poisoned");
	assert.equal(trace.count, 1);
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.state, "live");
});

each("R11: eager needs no next call", async ({ m, api, trace }) => {
	api.configure({ reinit: "eager" });
	caught(() => m.panic_string("text"));
	await null;
	assert.equal(api.state, "live");
	assert.equal(api.generation, 1);
	assert.equal(trace.count, 2);
	assert.equal(m.bump(), 1);
	// A call in the same turn does not wait for it.
	caught(() => m.trap());
	assert.equal(m.bump(), 1);
	await sleep(2);
	assert.equal(api.generation, 2);
	assert.equal(m.bump(), 2);
});

each("R11: eager does not try again what failed, before somebody calls", async glue => {
	const { m, api, hooks } = glue;
	api.configure({ reinit: "eager", budget: 0 });
	let starts = 0;
	// Ends a loop of microtasks, which no timer could.
	hooks.onStart = () => (++starts < 1000 ? "trap" : undefined);
	caught(() => m.trap());
	await sleep(5);
	assert.equal(starts, 1);
	assert.equal(api.state, "poisoned");
	assert.equal(api.stats.failedReinits, 1);
	for (let i = 2; i <= 4; i++) {
		assert.ok(caught(() => m.add(1, 2)) instanceof api.PoisonedError);
		await sleep(2);
		assert.equal(starts, i);
	}
	hooks.onStart = undefined;
	assert.equal(m.add(1, 2), 3);
	// And then it is eager again.
	caught(() => m.trap());
	await sleep(2);
	assert.equal(api.state, "live");
	assert.equal(api.generation, 2);
});

each("R11: where instances are made asynchronously, a start that fails is not tried again either", async glue => {
	const { m, api, hooks, trace } = glue;
	api.configure({ budget: 0 });
	trace.refuse = true;
	trace.install();
	try {
		caught(() => m.trap());
		caught(() => m.add(1, 2));
		await sleep(20);
		assert.equal(m.add(1, 2), 3);
		let starts = 0;
		hooks.onStart = () => (++starts < 1000 ? "trap" : undefined);
		caught(() => m.trap());
		await sleep(50);
		assert.equal(starts, 1);
		const e = caught(() => m.add(1, 2));
		assert.ok(e instanceof api.PoisonedError);
		hooks.onStart = undefined;
		await e.ready;
		assert.equal(m.add(1, 2), 3);
	} finally {
		trace.restore();
	}
}, { needs: cell => !isNode(cell) });

each("R11: manual waits for reinit()", async ({ m, api, trace }) => {
	api.configure({ reinit: "manual" });
	const c = new m.Counter(1);
	caught(() => m.trap());
	for (const call of [() => m.add(1, 2), () => c.get(), () => new m.Counter(1), () => m.Counter.zero()]) {
		assert.ok(caught(call) instanceof api.PoisonedError);
	}
	await sleep(2);
	assert.equal(trace.count, 1);
	api.reinit();
	assert.equal(api.generation, 1);
	assert.equal(m.bump(), 1);
	assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
});

each("R11: never fails fast", async ({ m, api, trace }) => {
	api.configure({ reinit: "never" });
	caught(() => m.trap());
	for (let i = 0; i < 50; i++) {
		assert.ok(caught(() => m.add(1, 2)) instanceof api.PoisonedError);
	}
	assert.equal(trace.count, 1);
	assert.equal(api.state, "poisoned");
});

each("R11: heal keeps the instance and its objects", glue => {
	const { m, api, trace, cell } = glue;
	api.configure({ reinit: "heal" });
	const start = has("stack-pointer")(cell) ? trace.sp() : undefined;
	const c = new m.Counter(5);
	// Where a closure runs another's shim, there is no telling what it gives.
	const callback = has("shared-shims")(cell) ? undefined : m.make_callback();
	if (callback) {
		assert.equal(callback(1), 1);
	}
	m.bump();
	for (let i = 1; i <= 20; i++) {
		caught(() => m.panic_result("text"));
		assert.equal(m.bump(), i + 1);
		assert.equal(c.get(), 5);
		if (callback) {
			assert.equal(callback(1), i + 1);
		}
		assert.equal(api.stats.mends, i);
		if (start !== undefined) {
			assert.equal(trace.sp(), start);
		}
	}
	assert.equal(api.generation, 0);
	assert.equal(trace.count, 1);
	// Out of bounds: memory is in doubt.
	caught(() => m.oob_load());
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
	assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
});

// Where a closure runs another's shim, there is no telling what it gives.
const tellsClosuresApart = cell => !has("shared-shims")(cell);

each("R11: heal lets a closure go on that is the first to come by", ({ m, api, trace }) => {
	// Front ends live on closures: no entrypoint is ever called again.
	api.configure({ reinit: "heal" });
	const callback = m.make_callback();
	assert.equal(callback(1), 1);
	for (let i = 1; i <= 20; i++) {
		caught(() => m.panic_result("text"));
		assert.equal(callback(1), i + 1);
		assert.equal(api.state, "live");
		assert.equal(api.stats.mends, i);
		callback(0); // one that goes well makes the next fault a first one
	}
	// Not where memory is in doubt, and not in the name of an instance that is gone.
	caught(() => m.oob_load());
	assert.equal(callback(1), undefined);
	assert.equal(api.state, "poisoned");
	assert.equal(m.bump(), 1);
	caught(() => m.panic_result("text"));
	assert.equal(callback(1), undefined);
	assert.equal(api.state, "poisoned");
	assert.deepEqual([api.generation, api.stats.mends, trace.count], [1, 20, 2]);
}, { needs: tellsClosuresApart });

each("R11: faults of closures count like those of calls", ({ m, api }) => {
	api.configure({ reinit: "heal" });
	const callback = m.make_callback();
	const failing = m.make_failing_callback();
	for (let i = 1; i <= 20; i++) {
		caught(() => failing("panic"));
		caught(() => failing("panic")); // the same bad call again
		assert.equal(callback(1), i);
		assert.equal(failing("ok"), "ok");
	}
	assert.deepEqual([api.stats.faults, api.stats.mends, api.generation], [40, 40, 0]);
	for (let i = 0; i < 3; i++) {
		caught(() => failing("panic"));
	}
	assert.equal(callback(1), undefined, "broken");
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
}, { needs: tellsClosuresApart });

each("R11: nor does a closure go on in a call that is in flight", ({ m, api }) => {
	api.configure({ reinit: "heal" });
	const callback = m.make_callback();
	callback(1);
	caught(() => m.panic_result("text"));
	assert.equal(callback(1), 2);
	const during = [];
	m.call_js(() => {
		caught(() => m.panic_result("text"));
		during.push(callback(1), api.state);
	});
	assert.deepEqual(during, [undefined, "poisoned"]);
	assert.equal(callback(1), 3);
	assert.equal(api.generation, 0);
}, { needs: tellsClosuresApart });

each("R11: a healed instance that fails where it used to work is replaced", ({ m, api }) => {
	api.configure({ reinit: "heal" });
	assert.equal(m.divide(4, 2), 2);
	caught(() => m.panic("text"));
	caught(() => m.divide(1, 0));
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
});

each("R11: a spent budget ends in a stable state, and time opens it again", ({ m, api, trace }) => {
	const { now } = Date;
	let time = 1_000_000_000_000;
	Date.now = () => time;
	try {
		const told = [];
		api.on("exhausted", fault => told.push(fault));
		api.configure({ budget: 3 });
		const attempt = () => caught(() => m.trap());
		const round = n => Array.from({ length: n }, () => attempt().constructor.name);
		const trap = "RuntimeError";
		assert.deepEqual(round(4), [trap, trap, trap, trap]);
		for (let i = 0; i < 5; i++) {
			const e = caught(() => m.add(1, 2));
			assert.ok(e instanceof api.ExhaustedError, String(e));
			assert.ok(e instanceof api.PoisonedError);
			assert.equal(e.name, "ExhaustedError");
			assert.equal(e.fault.export, "trap");
			assert.equal(api.state, "exhausted");
		}
		assert.equal(told.length, 1);
		assert.equal(trace.count, 4);
		// A minute later one recovery is tried; as it is as bad as those before, the wait doubles.
		time += 60_001;
		assert.ok(attempt() instanceof WebAssembly.RuntimeError);
		assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError);
		time += 60_001;
		assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError);
		time += 60_001;
		assert.ok(attempt() instanceof WebAssembly.RuntimeError);
		time += 180_000;
		assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError);
		assert.equal(told.length, 1, "told once, until a success");
		assert.equal(trace.count, 6);
		time += 60_001;
		assert.equal(m.add(1, 2), 3);
		assert.equal(api.state, "live");
		assert.equal(m.add(1, 2), 3);
		// The success has refilled it.
		assert.deepEqual(round(4), [trap, trap, trap, trap]);
		assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError);
		assert.equal(told.length, 2);
	} finally {
		Date.now = now;
	}
});

each("R11: the budget is 16 recoveries a minute, if nobody has said anything", ({ m, api }) => {
	const { now } = Date;
	Date.now = () => 1_000_000_000_000;
	try {
		for (let i = 0; i <= 16; i++) {
			assert.ok(caught(() => m.trap()) instanceof WebAssembly.RuntimeError, String(i));
		}
		assert.equal(api.generation, 16);
		assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError);
	} finally {
		Date.now = now;
	}
});

each(
	"R11: what was said when patching holds until configure() says otherwise",
	async ({ m, api }) => {
		const callback = m.make_callback();
		caught(() => m.trap());
		assert.ok(caught(() => m.add(1, 2)) instanceof api.PoisonedError); // manual
		assert.equal(api.generation, 0);
		api.reinit();
		assert.ok(caught(() => callback(1)) instanceof api.StaleObjectError);
		caught(() => m.call_js(() => { throw 42; }, 1));
		assert.equal(api.fault.kind, "foreign");
		const { now } = Date;
		Date.now = () => 1_000_000_000_000;
		try {
			api.configure({ reinit: "lazy", staleClosures: "ignore", foreignThrow: "ignore" });
			for (let i = 0; i < 3; i++) {
				assert.ok(caught(() => m.trap()) instanceof WebAssembly.RuntimeError, String(i));
			}
			assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError); // budget
		} finally {
			Date.now = now;
		}
		api.configure({ budget: 16 });
		assert.equal(m.add(1, 2), 3);
		assert.equal(callback(1), undefined);
		caught(() => m.call_js(() => { throw 42; }, 1));
		assert.equal(api.state, "live");
	},
	{ needs: few, options: settings },
);

each(
	"R11: an export that is excluded by name is called as it is, and never recovers anything",
	({ m, api, trace }) => {
		caught(() => m.trap());
		const since = trace.mark();
		assert.equal(m.add(1, 2), 3);
		assert.equal(calls(since()).at(-1).n, 0);
		assert.equal(api.state, "poisoned");
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
		const after = trace.mark();
		assert.equal(m.add(1, 2), 3);
		assert.equal(calls(after()).at(-1).n, 1);
	},
	{ needs: few, options: excluded },
);

each("R11: success refills the budget", ({ m, api }) => {
	api.configure({ budget: 2 });
	for (let i = 1; i <= 50; i++) {
		caught(() => m.panic_string("text"));
		assert.equal(m.greet("x"), "Hello, x!");
	}
	assert.equal(api.generation, 50);
});

each("R11: exhausted is ended by hand", ({ m, api }) => {
	api.configure({ budget: 1 });
	caught(() => m.trap());
	caught(() => m.trap());
	assert.ok(caught(() => m.add(1, 2)) instanceof api.ExhaustedError);
	api.reinit();
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.state, "live");
});

each("R11: the policy can change while poisoned", glue => {
	const { m, api } = glue;
	api.configure({ reinit: "never" });
	caught(() => m.trap());
	assert.ok(caught(() => m.add(1, 2)) instanceof api.PoisonedError);
	api.configure({ reinit: "lazy" });
	assert.equal(m.add(1, 2), 3);
	recover(glue);
});
