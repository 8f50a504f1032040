// R6, R11: classes that the user names are made again on first use, by the call that made them.
import assert from "node:assert/strict";
import {
	calls, caught, cellOf, cells, collect, counted, each as eachOf, few, has, inChild, loads, minor, pointer, promised,
	reactive, reconstruct, recover, rejected,
} from "./lib.mjs";

// And glue that stamps its objects itself.
const among = [...new Set([...cells, cellOf("0.2.130/reset-state/nodejs")])].filter(loads);
const each = (name, body, more) => eachOf(name, body, { options: reconstruct, among, ...more });
const finalizes = cell => has("weakrefs")(cell) && ![91, 92].includes(minor(cell));

each("R6: a stale object of a named class is made again on first use", glue => {
	const { m, api, trace } = glue;
	const counter = new m.Counter(5);
	counter.add(1);
	counter.note = "mine";
	const parsed = new m.Parsed("12");
	const zero = m.Counter.zero();
	zero.value = 9;
	for (let n = 1; n <= 3; n++) {
		recover(glue);
		const others = [new m.Counter(100), new m.Counter(101), m.Counter.zero()];
		const since = trace.mark();
		assert.equal(counter.get(), 5); // as it was made: what happened to it since is gone
		assert.deepEqual(calls(since()).map(({ n }) => n), [n, n], "the constructor, and the call");
		assert.equal(counter.note, "mine");
		assert.equal(counter.add(1), 6);
		assert.equal(parsed.number, 12);
		assert.equal(zero.get(), 0);
		assert.deepEqual(others.map(o => o.get()), [100, 101, 0]);
		assert.equal(new Set([...others, counter, zero].map(pointer)).size, 5);
		assert.equal(api.stats.reconstructed, 3 * n);
		assert.equal(counter.get(), 6, "once");
	}
	assert.equal(api.stats.staleObjects, 0);
	assert.equal(Object.keys(counter).includes("note"), true);
});

const uses = {
	method: (m, o) => o.get(),
	getter: (m, o) => o.value,
	setter: (m, o) => {
		o.value = 7;
		return o.value;
	},
	argument: (m, o) => m.read(o),
	"argument between texts": (m, o) => m.tag("a", o, "b"),
	"argument of a method": (m, o, fresh) => fresh.add_from(o),
	"argument of a static": (m, o, fresh) => m.Counter.larger(fresh, o),
	"consuming function": (m, o) => m.consume(o),
	"consuming method": (m, o) => o.into_value(),
	"consumed argument of a method": (m, o, fresh) => fresh.merge(o).get(),
	"optional argument": (m, o) => m.read_opt(o),
};

each("R6: whatever the use is", glue => {
	const { m, api } = glue;
	for (const [name, use] of Object.entries(uses)) {
		const expected = use(m, new m.Counter(5), new m.Counter(2));
		const stale = new m.Counter(5);
		recover(glue);
		assert.equal(use(m, stale, new m.Counter(2)), expected, name);
	}
	assert.equal(api.stats.reconstructed, Object.keys(uses).length);
	assert.equal(api.stats.staleObjects, 0);
});

each("R6: other classes, and objects that came out of calls, stay stale", async glue => {
	const { m, api } = glue;
	const stale = [
		["Point", new m.Point(1, 2), o => o.x],
		["Counter", new m.Counter(1).twin(), o => o.get()],
		["Counter", m.maybe_counter(1), o => o.get()],
		["Counter", m.wrap_counter(1), o => o.get()],
		["Counter", await m.async_counter(1), o => o.get()],
	];
	recover(glue);
	for (const [className, o, use] of stale) {
		const e = caught(() => use(o));
		assert.ok(e instanceof api.StaleObjectError, String(e));
		assert.equal(e.className, className);
	}
	assert.equal(api.stats.reconstructed, 0);
});

each("R6: the object is the same one, of its own class", ({ m, api, ...glue }) => {
	const made = [];
	class Sub extends m.Counter {
		own = 1;
		constructor(value, how) {
			super(value);
			made.push([new.target, how]);
		}
		doubled() {
			return 2 * this.get();
		}
	}
	const sub = new Sub(4, "first");
	if (!(sub instanceof Sub)) {
		return; // constructors of before 0.2.88 give an object of the base class, unpatched as well
	}
	sub.own = 2;
	recover({ m, api, ...glue });
	assert.equal(sub.doubled(), 8);
	assert.ok(sub instanceof Sub);
	assert.equal(sub.own, 2);
	// Only the Rust half is made again: constructors of the user's do not run.
	assert.deepEqual(made, [[Sub, "first"]]);
	recover({ m, api, ...glue });
	assert.equal(sub.doubled(), 8);
});

each("R6: also for who uses it through a Proxy, unless that is read-only", glue => {
	const { m, api, trace } = glue;
	const counter = new m.Counter(5);
	const proxy = reactive(counter);
	const other = counted(new m.Counter(8));
	const readonly = reactive(new m.Counter(6), { set: () => true });
	const frozen = Object.freeze(new m.Counter(7));
	for (let n = 1; n <= 3; n++) {
		recover(glue);
		assert.equal(proxy.get(), 5);
		assert.equal(counter.add(n), 5 + n);
		assert.equal(proxy.get(), 5 + n);
		assert.equal(other.add(n), 8 + n);
		assert.equal(api.stats.reconstructed, 2 * n);
		const others = [new m.Counter(100), new m.Counter(101)];
		for (const o of [readonly, frozen]) {
			const since = trace.mark();
			const e = caught(() => o.add(1000));
			assert.ok(e instanceof api.StaleObjectError, String(e));
			assert.ok(e.cause instanceof TypeError, String(e.cause));
			assert.deepEqual(calls(since()).filter(({ name }) => /add/.test(name)), []);
		}
		assert.deepEqual(others.map(o => o.get()), [100, 101]);
	}
});

each("R6: freed and moved objects stay so", async glue => {
	const { m, api, trace } = glue;
	const freed = new m.Counter(1);
	freed.free();
	const moved = new m.Counter(2);
	m.consume(moved);
	const messages = () => [freed, moved].map(o => caught(() => o.get()).message);
	const own = messages();
	// Glue that tells instances apart itself has another error for those of another one.
	const later = has("reset-state")(glue.cell) ? Array(2).fill("Invalid stale object from previous Wasm instance") : own;
	const late = new m.Counter(3);
	const poisoned = new m.Counter(4);
	caught(() => m.trap());
	poisoned.free();
	m.add(1, 2);
	recover(glue);
	assert.deepEqual(messages(), later);
	const since = trace.mark();
	late.free();
	for (const o of [late, poisoned]) {
		assert.ok(caught(() => o.get()) instanceof api.StaleObjectError);
	}
	assert.deepEqual(since(), []);
	assert.equal(api.stats.reconstructed, 0);
	// After it was made again it is an object like any other.
	const again = new m.Counter(5);
	recover(glue);
	assert.equal(again.get(), 5);
	again.free();
	assert.equal(caught(() => again.get()).message, own[0]);
	assert.equal(calls(since()).filter(({ name }) => /counter_free/.test(name)).length, 1);
	recover(glue);
	assert.equal(caught(() => again.get()).message, later[0]);
});

each("R6: a call that cannot be made again leaves the object stale", glue => {
	const { m, api } = glue;
	let text = "12";
	const arg = { toString: () => text, valueOf: () => text, get length() { return text.length; }, charCodeAt: i => text.charCodeAt(i) };
	let parsed;
	try {
		parsed = new m.Parsed(arg);
	} catch {
		return; // a glue whose encoder takes strings only
	}
	if (parsed.number !== 12) {
		return;
	}
	recover(glue);
	text = "x";
	const e = caught(() => parsed.number);
	assert.ok(e instanceof api.StaleObjectError, String(e));
	assert.equal(e.className, "Parsed");
	assert.match(String(e.cause), /not a number/);
	assert.equal(api.state, "live");
	text = "13";
	assert.equal(parsed.number, 13);
});

each("R6: a constructor that faults poisons as in any call", glue => {
	const { m, api } = glue;
	let bad = false;
	const counter = new m.Counter({
		valueOf() {
			return bad ? caught(() => m.trap()) && 1 : 5;
		},
	});
	recover(glue);
	bad = true;
	// The fault is swallowed by valueOf(), within the constructor's marshalling or the raw call.
	try {
		counter.get();
	} catch (e) {
		assert.ok(e instanceof api.PoisonedError || e instanceof WebAssembly.RuntimeError, String(e));
	}
	assert.equal(api.state, "poisoned");
	bad = false;
	assert.equal(counter.get(), 5);
	assert.equal(api.state, "live");
	assert.equal(m.bump(), 1);
});

each("R6: nothing is recovered in the middle of making an object again", glue => {
	const { m, api, trace } = glue;
	const inner = [];
	let watching = false;
	const counter = new m.Counter({
		valueOf() {
			if (watching) {
				caught(() => m.trap());
				inner.push(caught(() => m.add(1, 2)));
			}
			return 5;
		},
	});
	recover(glue);
	watching = true;
	const { count } = trace;
	try {
		counter.get();
	} catch {
		// See above.
	}
	assert.equal(inner.length, 1);
	assert.ok(inner[0] instanceof api.PoisonedError, String(inner[0]));
	assert.equal(trace.count, count);
});

// Hooks are the process's: objects that an earlier cell left behind may be finalized in a later one.
let firstId = 0;

each(
	"R6: an object that was made again is finalized once, in its own generation",
	async glue => {
		const { m, hooks, trace, api } = glue;
		const dropped = [];
		const first = (firstId += 100);
		hooks.onDrop = id => id >= first && dropped.push(id);
		const list = Array.from({ length: 50 }, (_, i) => new m.Tracked(first + i));
		for (let n = 0; n < 2; n++) {
			recover(glue);
			trace.forget();
			list.forEach((o, i) => assert.equal(o.id, first + i));
			await collect(undefined, 3);
			assert.deepEqual(dropped, [], "neither the spare objects nor the old finalizers drop anything");
		}
		assert.equal(api.stats.reconstructed, 100);
		const ids = list.map(o => o.id);
		list[0].free();
		list[1].release();
		assert.deepEqual(dropped, [first, first + 1]);
		list.length = 0;
		await collect(() => dropped.length >= 47);
		assert.ok(dropped.length >= 47, `${dropped.length} of 50`);
		assert.equal(new Set(dropped).size, dropped.length, "none twice");
		assert.ok(dropped.every(id => ids.includes(id)));
		assert.equal(m.bump(), 1);
	},
	{ needs: cell => finalizes(cell) && few(cell) },
);

each(
	"R6: recorded arguments live as long as the object",
	async ({ m, api, ...glue }) => {
		let gone = 0;
		const registry = new FinalizationRegistry(() => gone++);
		const make = () => {
			const argument = { valueOf: () => 5 };
			registry.register(argument);
			return new m.Counter(argument);
		};
		const kept = Array.from({ length: 20 }, make);
		for (let i = 0; i < 100; i++) {
			make();
		}
		await collect(() => gone >= 95);
		assert.ok(gone >= 95 && gone <= 100, `${gone} of 100`);
		recover({ m, api, ...glue });
		assert.deepEqual(kept.map(o => o.get()), Array(20).fill(5));
		assert.ok(gone <= 100);
	},
	{ needs: few, traced: false },
);

each("R6, R11: which classes, is a setting", glue => {
	const { m, api } = glue;
	const make = () => [new m.Counter(5), new m.Parsed("12")];
	const [counter, parsed] = make();
	api.configure({ reconstruct: ["Parsed"] });
	recover(glue);
	assert.ok(caught(() => counter.get()) instanceof api.StaleObjectError);
	assert.equal(parsed.number, 12);
	api.configure({ reconstruct: ["Counter", "Parsed"] });
	assert.equal(counter.get(), 5);
	api.configure({ reconstruct: [] });
	recover(glue);
	for (const use of [() => counter.get(), () => parsed.number]) {
		assert.ok(caught(use) instanceof api.StaleObjectError);
	}
	for (const wrong of ["Counter", ["Point"], ["Counter", "Nothing"], true]) {
		const e = caught(() => api.configure({ reconstruct: wrong }));
		assert.ok(e instanceof TypeError, String(e));
		assert.match(e.message, /^configure: reconstruct: /);
	}
});

// Factories that return promises: an async static function, and an async constructor.
const promising = (name, body) =>
	eachOf(name, body, {
		options: ["--reconstruct", "Later"],
		among: promised,
	});

promising("R6: what a promise gave is made again, and calls are told when", async glue => {
	const { m, api } = glue;
	const list = [await new m.Later(5), await m.Later.load(6, 1)];
	list[0].add(10);
	for (let n = 1; n <= 2; n++) {
		recover(glue);
		const errors = list.map(o => caught(() => o.get()));
		for (const [i, e] of errors.entries()) {
			assert.ok(e instanceof api.StaleObjectError, String(e));
			assert.ok(e.ready instanceof Promise);
			assert.equal(caught(() => list[i].get()).ready, e.ready, "one promise");
			assert.equal(await e.ready, undefined);
		}
		assert.deepEqual(list.map(o => o.get()), [5, 6]);
		assert.equal(list[0].add(1), 6);
		assert.equal(api.stats.reconstructed, 2 * n);
	}
	assert.equal(list[0].into_value(), 6);
	assert.notEqual((await new m.Later(7)).get(), undefined);
});

promising("R6: a promise that is rejected leaves the object stale", async glue => {
	const { m, api } = glue;
	let value = 1;
	const later = await m.Later.load({ valueOf: () => value }, 0);
	recover(glue);
	value = -1;
	assert.equal(await rejected(caught(() => later.get()).ready), "negative");
	value = 2;
	await caught(() => later.get()).ready;
	assert.equal(later.get(), 2);
	// A fault in the meantime is one as in any promise.
	recover(glue);
	const { ready } = caught(() => later.get());
	recover(glue);
	assert.ok((await rejected(ready)) instanceof api.PoisonedError);
	await caught(() => later.get()).ready;
	assert.equal(later.get(), 2);
	assert.equal(m.bump(), 1);
});

promising("R6: an object that is freed while it is made again is not made again", async glue => {
	const { m, api } = glue;
	const later = await new m.Later(1);
	recover(glue);
	const { ready } = caught(() => later.get());
	later.free();
	await ready;
	const e = caught(() => later.get());
	assert.ok(e instanceof api.StaleObjectError, String(e));
	assert.equal(e.ready, undefined);
	assert.equal(api.stats.reconstructed, 0);
});

promising("R13: recording handles nobody's rejection, and changes no promise", async ({ cell, m }) => {
	assert.equal(Object.getPrototypeOf(m.Later.load(1, 0)), Promise.prototype);
	const { answer, text } = await inChild(
		cell,
		async ({ load, cellOf, sleep, print, process }, path) => {
			const glue = await load(cellOf(path), { options: ["--reconstruct", "Later"] });
			const seen = [];
			process.on("unhandledRejection", e => seen.push(e));
			glue.m.Later.load(-1, 0);
			await sleep(30);
			print(seen);
		},
		{ args: [cell.path] },
	);
	assert.deepEqual(answer, ["negative"], text);
});
