// R12: a small public API; R16: what the program set up is told, not guessed.
import assert from "node:assert/strict";
import { caught, each, fault, isNode, isWeb, load, recover } from "./lib.mjs";

each("R12: the shape of the API", ({ api, m }) => {
	for (const k of [
		"state", "generation", "fault", "stats", "configure", "on", "reinit", "poison",
		"StaleObjectError", "PoisonedError", "ExhaustedError",
	]) {
		assert.ok(k in api, k);
	}
	assert.equal(api.state, "live");
	assert.equal(api.generation, 0);
	assert.equal(api.fault, undefined);
	assert.equal(typeof api.stats.faults, "number");
	api.stats.faults = 99;
	assert.equal(api.stats.faults, 0);
	for (const k of ["state", "generation", "fault"]) {
		try {
			api[k] = 99;
		} catch {
			// Read-only, one way or the other.
		}
		assert.notEqual(api[k], 99);
	}
	for (const name of ["StaleObjectError", "PoisonedError", "ExhaustedError"]) {
		assert.ok(api[name].prototype instanceof Error);
	}
	assert.equal(m.add(1, 2), 3);
});

each("R12: wrong options are refused whole", ({ api, m }) => {
	assert.throws(() => api.configure({ reinit: "sometimes" }), TypeError);
	assert.throws(() => api.configure({ budget: -1 }), TypeError);
	assert.throws(() => api.configure({ reinit: "never", nonsense: 1 }), TypeError);
	assert.throws(() => api.on("nonsense", () => {}), TypeError);
	assert.throws(() => api.on("fault", 5), TypeError);
	caught(() => m.trap());
	assert.equal(m.add(1, 2), 3);
});

each("R12: hooks hear everything once, survive a reinit, and can be taken back", glue => {
	const { api } = glue;
	const heard = [];
	const off = ["fault", "reinit", "stale"].map(type =>
		api.on(type, what => heard.push([type, what.generation])),
	);
	recover(glue);
	recover(glue);
	assert.deepEqual(heard, [["fault", 0], ["reinit", 1], ["fault", 1], ["reinit", 2]]);
	off.forEach(f => f());
	recover(glue);
	assert.equal(heard.length, 4);
});

each("R12: a hook that throws masks nothing", glue => {
	const { m, api } = glue;
	for (const type of ["fault", "reinit", "stale"]) {
		api.on(type, () => {
			throw new Error(`hook of ${type}`);
		});
	}
	let later = 0;
	api.on("fault", () => later++);
	const c = new m.Counter(1);
	assert.ok(caught(() => m.trap()) instanceof WebAssembly.RuntimeError);
	assert.equal(m.add(1, 2), 3);
	assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
	assert.equal(later, 1);
	assert.equal(api.stats.hookErrors, 3);
	assert.equal(api.state, "live");
});

each("R12: a fault hook that calls exports starts no recovery under the failing call", glue => {
	const { m, api, trace } = glue;
	let inside;
	api.on("fault", () => {
		inside = caught(() => m.add(1, 2));
	});
	caught(() => m.panic_result("text"));
	assert.ok(inside instanceof api.PoisonedError, String(inside));
	assert.equal(trace.count, 1);
	assert.equal(m.add(1, 2), 3);
	assert.equal(api.generation, 1);
});

each("R12: poison(reason)", glue => {
	const { m, api } = glue;
	let told = 0;
	api.on("fault", () => told++);
	api.poison("it looked odd");
	assert.equal(api.state, "poisoned");
	assert.equal(api.fault.kind, "poisoned");
	assert.equal(api.fault.message, "it looked odd");
	assert.equal(told, 1);
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
});

each("R12: reinit() of a live instance, and in the middle of a call", glue => {
	const { m, api } = glue;
	m.bump();
	const c = new m.Counter(1);
	api.reinit();
	assert.equal(api.generation, 1);
	assert.equal(m.bump(), 1);
	assert.ok(caught(() => c.get()) instanceof api.StaleObjectError);
	let inside;
	m.call_js(x => {
		inside = caught(() => api.reinit());
		return x;
	}, 1);
	assert.ok(inside instanceof Error);
	assert.equal(api.generation, 1);
	assert.equal(m.bump(), 2);
});

each("R12: two glues in one realm share nothing", async glue => {
	const other = await load(glue.cell);
	const mine = new glue.m.Counter(1);
	const theirs = new other.m.Counter(2);
	assert.notEqual(glue.api, other.api);
	other.api.configure({ reinit: "never" });
	fault(other);
	assert.equal(glue.api.state, "live");
	recover(glue);
	assert.equal(glue.api.generation, 1);
	assert.equal(other.api.generation, 0);
	other.api.configure({ reinit: "lazy" });
	assert.ok(caught(() => mine.get()) instanceof glue.api.StaleObjectError);
	const e = caught(() => theirs.get());
	assert.ok(e instanceof other.api.StaleObjectError);
	assert.ok(!(e instanceof glue.api.StaleObjectError));
});

each("R12: no global is made", async ({ cell }) => {
	// sorted: SpiderMonkey puts its own at the end when they are first used
	const globals = () => Reflect.ownKeys(globalThis).map(String).sort();
	const before = globals();
	recover(await load(cell));
	assert.deepEqual(globals(), before);
});

each(
	"R12: the API is no enumerable property of a CommonJS module",
	async ({ m, cell }) => {
		assert.equal(Object.keys(m).includes("__reglue"), false);
		assert.deepEqual(Object.keys(m), Object.keys((await load(cell, { original: true })).m));
	},
	{ needs: isNode },
);

each(
	"R12: the API is one more name of an ES module",
	async ({ m, cell }) => {
		const { m: original } = await load(cell, { original: true });
		assert.deepEqual(Object.keys(m).filter(k => k !== "__reglue"), Object.keys(original));
		assert.equal(Object.keys(m).includes("__reglue"), true);
	},
	{ needs: isWeb },
);

each("R16: what the program set up is gone after a reinit, unless it is told", glue => {
	const { m, api } = glue;
	const { error } = console;
	const printed = [];
	console.error = text => printed.push(text);
	try {
		m.set_panic_hook();
		recover(glue);
		caught(() => m.panic("not heard"));
		assert.deepEqual(printed, []);
		api.on("reinit", () => m.set_panic_hook());
		m.add(1, 2);
		caught(() => m.panic("heard"));
		assert.equal(printed.length, 1);
		assert.match(api.fault.panic, /heard/);
	} finally {
		console.error = error;
	}
});
