// R3: faults are told apart from errors, and errors leave no trace on the shadow stack.
import assert from "node:assert/strict";
import { test } from "node:test";
import { caught, cells, each, few, has, load, plain, recover } from "./lib.mjs";

const faults = {
	trap: [m => m.trap(), "trap"],
	panic: [m => m.panic("text"), "trap"],
	"panic with a result": [m => m.panic_string("text"), "trap"],
	"panic in a Result": [m => m.panic_result("text"), "trap"],
	"out of bounds": [m => m.oob_load(), "trap"],
	"division by zero": [m => m.divide(1, 0), "trap"],
	"wrong signature": [m => m.wrong_signature(), "trap"],
	"out of memory": [m => m.oom(), "trap"],
	"panic in a method": [m => new m.Counter(1).panic_mut("text"), "trap"],
	"panic in a constructor": [m => new m.Parsed("panic"), "trap"],
	"panic in a borrowed callback": [m => m.panic_each([1]), "trap"],
	"panic in a closure": [m => m.make_failing_callback()("panic"), "trap"],
	"shadow stack": [m => m.recurse_shadow(100_000)],
	"host's stack": [m => m.recurse_js(100_000_000), "stack"],
	"host's stack, in an import": [
		m =>
			m.call_js(function f(x) {
				return f(x) + 1;
			}, 1),
		"stack",
	],
	"a trap of another module": [
		m =>
			m.call_js(() => {
				throw new WebAssembly.RuntimeError("from elsewhere");
			}, 1),
		"trap",
	],
	"a wasm exception that is nobody's": [
		m =>
			m.call_js(() => {
				throw new WebAssembly.Exception(new WebAssembly.Tag({ parameters: [] }), []);
			}, 1),
		"exception",
	],
};

// Slow: those that fill a stack; and a memory, which takes Bun a minute, so one cell must do.
const skips = (cell, name) =>
	/out of memory/.test(name) ? cell !== cells.at(-1) : /stack/.test(name) && !few(cell);

/*
 * V8 up to 12 (Node 22) ends the process where it has to compile a regular expression with no stack left, as it does when one is
 * used for the first time, and again when it is used once more. Whatever runs at a fault, or before a recovery, can have none.
 */
each("R3: a stack that ends between JS and wasm ends no process", ({ cell, m, api }) => {
	if (!few(cell)) {
		return;
	}
	const mine = new Error("mine");
	const down = { valueOf: () => m.add(down, 1) };
	const downFrom = frames => (frames === 0 ? m.add(down, 1) : downFrom(frames - 1));
	const poisoned = [];
	const enterAnywhere = () => {
		try {
			enterAnywhere();
		} catch {
			// Here it ends; each of the callers now tries, the innermost first.
		}
		try {
			m.bump();
		} catch (e) {
			poisoned.push(e.name);
		}
	};
	const exhaust = frames => {
		const judged = caught(() => m.add({
			valueOf() {
				throw mine;
			},
		}, 1));
		assert.equal(judged, mine);
		const { faults } = api.stats;
		assert.match(String(caught(() => downFrom(frames))), /RangeError|InternalError/);
		assert.equal(api.state, "poisoned");
		assert.ok(api.stats.faults > faults);
	};
	for (let frames = 0; frames < 6; frames++) {
		exhaust(frames);
		m.bump();
		assert.equal(api.state, "live");
	}
	for (const reinit of ["lazy", "manual", "heal"]) {
		api.configure({ reinit, budget: 0 });
		exhaust(0);
		poisoned.length = 0;
		enterAnywhere();
		if (reinit === "manual") {
			assert.ok(poisoned.includes("PoisonedError"));
			api.reinit();
		}
		m.bump();
		assert.equal(api.state, "live");
	}
});

each("R3: faults poison", ({ cell, m, api }) => {
	let generation = 0;
	for (const [name, [call, kind]] of Object.entries(faults)) {
		if (
			(kind === "exception" && WebAssembly.Exception === undefined) ||
			skips(cell, name)
		) {
			continue;
		}
		assert.equal(m.bump(), 1, name);
		caught(() => call(m));
		assert.equal(api.state, "poisoned", name);
		assert.equal(api.generation, generation, name);
		assert.equal(api.fault.generation, generation, name);
		if (kind !== undefined) {
			assert.equal(api.fault.kind, kind, name);
		}
		assert.equal(m.bump(), 1, name);
		assert.equal(api.generation, ++generation, name);
		caught(() => m.trap());
		generation++;
	}
	assert.equal(api.stats.faults, 2 * (generation / 2));
});

const mine = new Error("mine");
const errors = {
	Err: [m => m.parse_number("x"), "not a number: x"],
	"Err that is an Error": [m => m.upper(""), Error],
	"Err that is a number": [m => m.check(false), 42],
	"Err of a method": [m => new m.Counter(1).checked_sub(5), "below zero"],
	"Err of a constructor": [m => new m.Parsed("x"), "not a number: x"],
	throw_str: [m => m.throw_text("text"), Error],
	throw_val: [m => m.throw_value(mine), mine],
	"borrowed object": [
		m => {
			const c = new m.Counter(1);
			c.call_with(() => c.get(), 1);
		},
		/recursive use|already.*borrowed/,
	],
	"freed object": [
		m => {
			const c = new m.Counter(1);
			c.free();
			c.get();
		},
		/null pointer|attempt to use/i,
	],
	"closure of a call that is over": [
		m => {
			let kept;
			m.lend(f => {
				kept = f;
			});
			kept(1);
		},
		/closure invoked/,
	],
	"import that throws": [
		m =>
			m.call_js(() => {
				throw mine;
			}, 1),
		mine,
	],
	"import that throws a string": [
		m =>
			m.call_js(() => {
				throw "unreachable";
			}, 1),
		"unreachable",
	],
	"import that throws a RangeError": [m => m.call_js(n => new Array(n), -1), RangeError],
	"import that throws, caught": [
		m =>
			m.call_js_catch(() => {
				throw mine;
			}, 1),
		mine,
	],
	"error that says it is a trap": [
		m =>
			m.call_js(() => {
				throw new TypeError("RuntimeError: unreachable");
			}, 1),
		TypeError,
	],
};

each("R3: errors pass through", ({ m, api, trace }) => {
	let bumps = 0;
	for (const [name, [call, what]] of Object.entries(errors)) {
		const e = caught(() => call(m));
		if (what instanceof RegExp) {
			assert.match(String(e), what, name);
		} else if (typeof what === "function") {
			assert.ok(e instanceof what, name);
		} else {
			assert.equal(e, what, name);
		}
		assert.equal(api.state, "live", name);
		assert.equal(m.bump(), ++bumps, name);
	}
	assert.equal(api.generation, 0);
	assert.equal(api.fault, undefined);
	assert.equal(api.stats.faults, 0);
	assert.ok(api.stats.errors > 5);
	assert.equal(trace.count, 1);
});

each("R3: foreignThrow: poison", ({ m, api }) => {
	api.configure({ foreignThrow: "poison" });
	caught(() => m.throw_text("text")); // Rust's own
	caught(() => m.parse_number("x"));
	const c = new m.Counter(1);
	c.free();
	caught(() => c.get());
	assert.equal(api.state, "live");
	assert.equal(caught(errors["import that throws"][0].bind(null, m)), mine);
	assert.equal(api.state, "poisoned");
	assert.equal(api.fault.kind, "foreign");
	assert.equal(m.bump(), 1);
	assert.equal(api.generation, 1);
	// Anything can be thrown.
	for (const [thrown, message] of [[undefined, "undefined"], [null, "null"], [42, "42"], ["text", "text"]]) {
		assert.equal(caught(() => m.call_js(() => { throw thrown; }, 1)), thrown);
		assert.deepEqual([api.fault.kind, api.fault.export, api.fault.message], ["foreign", "call_js", message]);
		assert.equal(m.bump(), 1);
	}
});

const leaks = {
	"imports that throw": m => {
		const f = () => {
			throw mine;
		};
		return () => m.call_js_holding(f, "text");
	},
	"uses after free": m => {
		const c = new m.Counter(1);
		c.free();
		return () => c.describe("x");
	},
	"borrowed twice": m => {
		const c = new m.Counter(1);
		const read = () => c.get();
		return () => c.call_with(read, 1);
	},
	"texts thrown": m => () => m.throw_text("text"),
};

/* Without the text of a stack for each error, which takes longer than all the rest. */
function many(body) {
	const { stackTraceLimit } = Error;
	Error.stackTraceLimit = 0;
	try {
		for (let i = 0; i < 100_000; i++) {
			body(i);
		}
	} finally {
		Error.stackTraceLimit = stackTraceLimit;
	}
}

// The borrowed objects of a module with reference types have a stack of their own, in the externref
// table, whose pointer no glue can reach.
const reachable = cell => has("stack-pointer")(cell) && has("heap")(cell);

for (const [name, make] of Object.entries(leaks)) {
	each(
		`R3: 100,000 × ${name}: the shadow stack stays where it was`,
		({ m, api, trace }) => {
			trace.recording = false;
			const start = trace.sp();
			const call = make(m);
			many(() => {
				const e = caught(call);
				if (e instanceof WebAssembly.RuntimeError || e instanceof RangeError) {
					throw e;
				}
			});
			assert.equal(trace.sp(), start);
			assert.equal(m.greet("x"), "Hello, x!");
			assert.equal(api.generation, 0);
			assert.equal(api.stats.faults, 0);
			assert.ok(api.stats.healedStack > 0);
		},
		{ needs: cell => reachable(cell) && (name === "imports that throw" || few(cell)) },
	);
}

// winit 0.29 and later: `run()` borrows what stands in its frames for the event loop, and ends by this.
each(
	"R3: frames that winit's event loop goes on in stay where they are",
	glue => {
		const { m, trace } = glue;
		const words = "Using exceptions for control flow, don't mind me. This isn't actually an error!";
		const start = trace.sp();
		assert.equal(caught(() => m.throw_text(words)).message, words);
		const lived = trace.sp();
		assert.ok(lived < start);
		for (let i = 0; i < 3; i++) {
			assert.equal(caught(() => m.throw_text("text")).message, "text");
			assert.equal(trace.sp(), lived);
			assert.equal(m.greet("x"), "Hello, x!");
		}
		recover(glue);
		assert.equal(trace.sp(), start);
	},
	{ needs: has("stack-pointer") },
);

each(
	"R3: where the stack is out of reach, the fault that a leak ends in is an ordinary one",
	({ m, api, trace }) => {
		trace.recording = false;
		const { call_js_holding, greet } = m;
		const f = () => {
			throw mine;
		};
		let failures = 0;
		many(i => {
			const e = caught(() => call_js_holding(f, "text"));
			if (e !== mine) {
				failures++;
				assert.ok(!(e instanceof api.PoisonedError), String(e));
				assert.equal(api.state, "poisoned");
				assert.equal(greet("x"), "Hello, x!", `after ${i}`);
			}
		});
		assert.ok(failures > 0, "no leak in this cell?");
		assert.equal(api.generation, failures);
	},
	{ needs: cell => !reachable(cell) && few(cell) },
);

test("R3: each of these moves the shadow stack of unpatched glue", async () => {
	for (const make of Object.values(leaks)) {
		const { m, trace } = await load(plain(), { original: true });
		const start = trace.sp();
		caught(make(m));
		assert.ok(trace.sp() < start);
	}
});

each(
	"R3: an error below open displacements leaves the pointer right for the frames above",
	({ m, trace }) => {
		const start = trace.sp();
		// Two levels: the inner one fails, the outer one goes on and uses its frame.
		const text = m.call_js_swallow(x => caught(() => m.call_js_holding(() => m.throw_text("t"), "held")) && x, 7);
		assert.match(text, /^ok: /);
		assert.equal(trace.sp(), start);
		assert.equal(m.call_js_holding(t => t + t, "ab"), "ab|abab");
		assert.equal(trace.sp(), start);
	},
	{ needs: has("stack-pointer") },
);
