// R6: stale objects never reach the new instance.
import assert from "node:assert/strict";
import { calls, caught, cells, counted, each, has, load, pointer, reactive, recover, upstream } from "./lib.mjs";

function refused(api, call, { className, was = 0, now = 1 }, message) {
	const e = caught(call);
	assert.ok(e instanceof api.StaleObjectError, `${message}: ${e}`);
	assert.equal(e.name, "StaleObjectError");
	assert.deepEqual([e.className, e.objectGeneration, e.generation], [className, was, now], message);
	assert.match(e.message, new RegExp(`\\b${className}\\b`));
}

// o: a stale Counter; fresh: one of the new instance
const uses = {
	method: (m, o) => o.get(),
	"method that writes": (m, o) => o.add(1000),
	"method with text": (m, o) => o.describe("x"),
	"method with a Result": (m, o) => o.checked_sub(1),
	"method that gives an object": (m, o) => o.twin(),
	getter: (m, o) => o.value,
	"getter of text": (m, o) => o.label,
	setter: (m, o) => {
		o.value = 1000;
	},
	"setter of text": (m, o) => {
		o.label = "x";
	},
	argument: (m, o) => m.read(o),
	"mutable argument": (m, o) => m.write(o, 1000),
	"argument between texts": (m, o) => m.tag("a", o, "b"),
	"argument of a method": (m, o, fresh) => fresh.add_from(o),
	"receiver with a fresh argument": (m, o, fresh) => o.add_from(fresh),
	"argument of a static": (m, o, fresh) => m.Counter.larger(fresh, o),
	"first argument of a static": (m, o, fresh) => m.Counter.larger(o, fresh),
	"consuming function": (m, o) => m.consume(o),
	"consuming method": (m, o) => o.into_value(),
	"consumed argument of a method": (m, o, fresh) => fresh.merge(o),
	"optional argument": (m, o) => m.read_opt(o),
};

each("R6: a stale object is refused before any raw call", glue => {
	const { m, api, trace } = glue;
	const stale = new m.Counter(5);
	recover(glue);
	const fresh = new m.Counter(7);
	// What makes it dangerous: the same number means another object now.
	assert.equal(pointer(fresh), pointer(stale));
	const seen = [];
	api.on("stale", what => seen.push(what));
	const since = trace.mark();
	for (const [name, use] of Object.entries(uses)) {
		refused(api, () => use(m, stale, fresh), { className: "Counter" }, name);
	}
	assert.deepEqual(since(), []);
	assert.equal(fresh.get(), 7);
	assert.equal(fresh.label, "counter");
	assert.equal(api.stats.staleObjects, Object.keys(uses).length);
	assert.equal(seen.length, Object.keys(uses).length);
	assert.deepEqual(
		{ ...seen[0] },
		{ kind: "object", className: "Counter", objectGeneration: 0, generation: 1 },
	);
	assert.equal(api.state, "live");
});

each("R6: an object that is used through a Proxy is the object that it was", glue => {
	const { m, api, trace } = glue;
	// Finalizers do not find what was given away through a Proxy, patched or not: those uses are left out.
	const harmless = Object.entries(uses).filter(([name]) => !name.startsWith("consum"));
	const all = wrap => harmless.map(([, use]) => {
		const result = use(m, wrap(new m.Counter(5)), wrap(new m.Counter(7)));
		return result instanceof m.Counter ? result.get() : result;
	});
	const expected = all(o => o);
	for (let n = 0; n < 6; n++) {
		const wrap = [reactive, counted][n % 2];
		assert.deepEqual(all(wrap), expected);
		const stale = wrap(new m.Counter(5));
		recover(glue);
		const fresh = wrap(new m.Counter(7));
		const since = trace.mark();
		for (const [name, use] of Object.entries(uses)) {
			refused(api, () => use(m, stale, fresh), { className: "Counter", was: n, now: n + 1 }, name);
		}
		assert.deepEqual(since(), []);
	}
});

each("R6: unpatched glue with a new instance would write through it", glue => {
	// The counter-example: what the stamp is for, shown on one call that goes round it.
	const { m, trace } = glue;
	const stale = new m.Counter(5);
	recover(glue);
	const fresh = new m.Counter(7);
	trace.raw[1].counter_set_value(pointer(stale), 1000);
	assert.equal(fresh.get(), 1000);
});

each("R6: recovery comes first, then the check", glue => {
	const { m, api } = glue;
	const stale = new m.Counter(5);
	caught(() => m.trap());
	refused(api, () => stale.get(), { className: "Counter" });
	assert.equal(api.generation, 1);
	const other = new m.Counter(6);
	caught(() => m.trap());
	refused(api, () => m.read(other), { className: "Counter", was: 1, now: 2 });
	refused(api, () => m.read(stale), { className: "Counter", was: 0, now: 2 });
	assert.equal(api.generation, 2);
});

each("R6: objects of any origin carry their generation", async glue => {
	const { m, api } = glue;
	const origins = {
		constructor: () => new m.Counter(1),
		static: () => m.Counter.zero(),
		method: () => new m.Counter(1).twin(),
		"consuming method": () => new m.Counter(1).merge(new m.Counter(1)),
		"optional result": () => m.maybe_counter(1),
		Result: () => m.try_counter(1),
		"plain value": () => m.wrap_counter(1),
		"promised": () => m.async_counter(1),
		"subclass": () => new (class Sub extends m.Counter {})(1),
		...(has("vec_class")(glue.cell) && { "element": () => m.make_points(2)[1] }),
	};
	const use = o => (o instanceof m.Counter ? o.get() : o.x);
	let previous = {};
	for (let n = 0; n < 3; n++) {
		const now = {};
		for (const [name, make] of Object.entries(origins)) {
			now[name] = await make();
			assert.equal(typeof use(now[name]), "number", name);
			if (n > 0) {
				const className = previous[name].constructor.name;
				refused(api, () => use(previous[name]), { className, was: n - 1, now: n }, name);
			}
		}
		previous = now;
		recover(glue);
	}
});

// What a console of Node's, Deno's or Bun's would print; browsers' show what they like.
const inspector = await import("node:util").then(util => util.inspect, () => undefined);

each("R6: nobody sees the stamp", glue => {
	const { m } = glue;
	const make = {
		constructor: () => new m.Counter(1),
		static: () => m.Counter.zero(),
		subclass: () => Object.assign(new (class Sub extends m.Counter {})(1), { mine: new m.Counter(2) }),
	};
	const looks = o => ({
		keys: Object.keys(o),
		json: JSON.stringify(o).replace(/\d+/g, "N"),
		...(inspector && { printed: [inspector(o), inspector([o, { o }])].map(text => text.replace(/ptr: \d+/g, "ptr: N")) }),
	});
	const all = () => Object.fromEntries(Object.entries(make).map(([name, f]) => [name, looks(f())]));
	const old = new m.Counter(1);
	recover(glue);
	const after = all();
	assert.ok(!/reglue/.test(JSON.stringify(after)), JSON.stringify(after));
	assert.deepEqual(after.constructor, looks(old));
	recover(glue);
	assert.deepEqual(all(), after);
});

each("R6: a class that prints itself goes on doing so", glue => {
	const { m } = glue;
	const custom = Symbol.for("nodejs.util.inspect.custom");
	m.Counter.prototype[custom] = () => "mine";
	recover(glue);
	assert.equal(new m.Counter(1)[custom](), "mine");
	delete m.Counter.prototype[custom];
});

each("R6: other classes, and the names that JS knows them by", glue => {
	const { m, api } = glue;
	const renamed = new m.Renamed("x");
	const point = new m.Point(1, 2);
	const tracked = new m.Tracked(1);
	const parsed = new m.Parsed("1");
	recover(glue);
	refused(api, () => m.renamedFunction(renamed), { className: "Renamed" });
	refused(api, () => renamed.theText, { className: "Renamed" });
	refused(api, () => point.x, { className: "Point" });
	refused(api, () => point.toJSON(), { className: "Point" });
	refused(api, () => point.toString(), { className: "Point" });
	refused(api, () => tracked.release(), { className: "Tracked" });
	refused(api, () => parsed.number, { className: "Parsed" });
	assert.equal(m.renamedFunction(new m.Renamed("y")), "y");
});

// Upstream's abort handler takes an exception that crosses Rust frames for the end of the instance, unless
// it is Rust's own.
each(
	"R6: elements that wasm itself unwraps",
	glue => {
		const { m, api } = glue;
		const stale = new m.Point(1, 2);
		assert.equal(m.sum_points([new m.Point(1, 1), new m.Point(2, 2)]), 6);
		recover(glue);
		const fresh = new m.Point(10, 20);
		for (const at of [0, 1, 2]) {
			const list = [new m.Point(1, 1), new m.Point(1, 1)];
			list.splice(at, 0, stale);
			refused(api, () => m.sum_points(list), { className: "Point" });
			assert.equal(api.state, "live");
			assert.equal(fresh.x, 10);
			assert.equal(m.sum_points([new m.Point(1, 1), new m.Point(2, 2)]), 6);
		}
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
		assert.equal(api.stats.faults, 1);
	},
	{ needs: has("vec_class"), among: [...new Set([...cells, ...upstream])] },
);

each("R6: free() and dispose of a stale object are silent", glue => {
	const { m, api, trace } = glue;
	const stale = new m.Counter(5);
	const other = new m.Counter(6);
	recover(glue);
	const fresh = [new m.Counter(7), new m.Counter(8)];
	const since = trace.mark();
	stale.free();
	stale.free();
	other[Symbol.dispose ?? "free"]?.();
	assert.deepEqual(since(), []);
	refused(api, () => stale.get(), { className: "Counter" });
	refused(api, () => stale.free() ?? stale.add(1), { className: "Counter" });
	assert.deepEqual(fresh.map(o => o.get()), [7, 8]);
	fresh[0].free();
	assert.equal(calls(since()).filter(({ name }) => /counter_free/.test(name)).length, 1);
});

each("R6: freed and moved objects fail as in unpatched glue", async glue => {
	const { cell } = glue;
	const cases = {
		freed: m => {
			const o = new m.Counter(1);
			o.free();
			return o;
		},
		moved: m => {
			const o = new m.Counter(1);
			m.consume(o);
			return o;
		},
	};
	const errors = ({ m }, o) =>
		[() => o.get(), () => o.value, () => m.read(o), () => m.consume(o), () => new m.Counter(1).add_from(o)].map(
			use => {
				const e = caught(use);
				return [e.constructor.name, e.message];
			},
		);
	const original = await load(cell, { original: true });
	for (const make of Object.values(cases)) {
		const expected = errors(original, make(original.m));
		const dead = make(glue.m);
		assert.deepEqual(errors(glue, dead), expected);
		recover(glue);
		const later = has("reset-state")(cell)
			? expected.map(() => ["Error", "Invalid stale object from previous Wasm instance"]) // upstream's stamp
			: expected;
		assert.deepEqual(errors(glue, dead), later, "after a recovery");
		assert.deepEqual(errors(glue, make(glue.m)), expected, "made after a recovery");
	}
	assert.equal(glue.api.stats.staleObjects, 0);
});

each("R6: what is no object of the class fails as in unpatched glue", async glue => {
	const original = await load(glue.cell, { original: true });
	recover(glue);
	for (const what of [undefined, null, 5, "x", {}, new Date(0)]) {
		const answer = ({ m }) => {
			try {
				return m.read(what);
			} catch (e) {
				return [e.constructor.name, e.message];
			}
		};
		assert.deepEqual(answer(glue), answer(original), String(what));
	}
});
