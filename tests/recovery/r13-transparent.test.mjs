// R13: a program that never faults cannot tell.
import assert from "node:assert/strict";
import { caught, each, initArgument, bytesOf, initsSync, load, minor, recover, rejected } from "./lib.mjs";

/* Random numbers that are the same in every run (mulberry32). */
function random(seed) {
	return below => {
		seed = (seed + 0x6d2b79f5) | 0;
		let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % below;
	};
}

const texts = ["", "x", "a b  c", "wörld", "𝄞𝄢", "12", "-7", " 5 ", "0".repeat(3000)];
const values = [undefined, null, true, 5, -1.5, "text", 10n, Symbol.iterator, {}, [], new Date(0), () => 1];
const boom = new TypeError("of the user");

/* Each takes a module, a random number below n, and the objects made so far. */
const steps = [
	(m, r) => m.add(r(100), r(100)),
	(m, r) => m.add("7", { valueOf: () => r(9) }),
	(m, r) => m.scale(r(9), 1.5, values[r(values.length)]),
	(m, r) => m.greet(texts[r(texts.length)]),
	// Not any value: what has no length and is not refused outright corrupts unpatched memory too.
	(m, r) => m.greet([undefined, null][r(2)]),
	(m, r) => m.concat(texts[r(texts.length)], texts[r(texts.length)], "."),
	(m, r) => m.parse_number(texts[r(texts.length)]),
	(m, r) => m.upper(texts[r(texts.length)]),
	(m, r) => m.check(r(2) === 0),
	(m, r) => m.join(texts[r(texts.length)], values, ";"),
	(m, r) => m.join_numbers("n", [r(9), r(9)], r(2) ? undefined : "s"),
	(m, r) => m.reverse(Uint8Array.from({ length: r(50) }, () => r(256))),
	(m, r) => m.range(r(40)),
	(m, r) => m.words(texts[r(texts.length)]),
	(m, r) => m.half(values[r(values.length)]),
	(m, r) => m.first_word([undefined, null, "", "a b"][r(4)]),
	(m, r) => m.echo(values[r(values.length)]),
	(m, r) => m.type_name(values[r(values.length)]),
	(m, r) => m.debug_text(values[r(values.length)]),
	(m, r) => m.parse_json(["{}", "[1,2]", "{", "5"][r(4)]),
	(m, r) => m.add_u64(BigInt(r(99)), 2n ** 63n),
	(m, r) => m.add_u64(r(9), 1n),
	(m, r) => m.next_char(["a", "ß", "𝄞"][r(3)]),
	(m, r) => m.next_color([0, 1, 5][r(3)]),
	m => m.bump(),
	(m, r) => m.keep(values[r(values.length)]),
	(m, r) => m.kept(r(30)),
	(m, r) => m.throw_text(texts[r(texts.length)]),
	(m, r) => m.throw_value(values[r(values.length)]),
	(m, r) => m.call_js(x => x, values[r(values.length)]),
	m => m.call_js(() => { throw boom; }, 1),
	m => m.call_js_catch(() => { throw boom; }, 1),
	(m, r) => m.call_js_swallow(() => { if (r(2)) throw boom; return "fine"; }, 1),
	(m, r) => m.call_js(function () { return this === undefined ? "none" : typeof this; }, r(9)),
	(m, r) => m.call_js_holding(t => t + m.greet(t), texts[r(texts.length)]),
	(m, r) => m.measure({ get width() { return m.add(r(9), 1); }, height: 2 }),
	m => m.title_of({ get title() { throw boom; } }),
	(m, r) => m.sum_each([1, r(9), "x"]),
	(m, r) => m.double_each([1, r(9)]),
	(m, r) => m.lend(f => f(r(9)) + f(1)),
	(m, r) => m.lend_fn(f => f(f(r(9)))),
	(m, r, o) => o.push(new m.Counter(r(100))),
	(m, r, o) => o.push(m.maybe_counter(r(3) - 1)),
	(m, r, o) => o.push(m.Counter.zero()),
	(m, r, o) => o.push(pick(o, r).twin()),
	(m, r, o) => pick(o, r).add(r(9)),
	(m, r, o) => pick(o, r).describe(texts[r(texts.length)]),
	(m, r, o) => pick(o, r).checked_sub(r(150)),
	(m, r, o) => pick(o, r).value,
	(m, r, o) => { pick(o, r).label = texts[r(texts.length)]; },
	(m, r, o) => pick(o, r).add_from(pick(o, r)),
	(m, r, o) => m.Counter.larger(pick(o, r), pick(o, r)),
	(m, r, o) => m.read(pick(o, r)),
	(m, r, o) => m.tag("a", pick(o, r), "b"),
	(m, r, o) => m.read_opt(r(3) ? undefined : pick(o, r)),
	(m, r, o) => r(4) || pick(o, r).free(),
	(m, r, o) => r(4) || m.consume(pick(o, r)),
	(m, r, o) => { const c = pick(o, r); return c.call_shared(() => c.get(), 1); },
	(m, r) => new m.Parsed(texts[r(texts.length)]).number,
	(m, r) => new m.Point(r(9), r(9)).toJSON(),
	(m, r) => m.read(values[r(values.length)]),
	m => m.Counter(5),
	(m, r) => new m.Renamed(texts[r(texts.length)]).textLength(),
	(m, r) => { const f = m.make_callback(); return [f(r(9)), f(1)]; },
	(m, r) => m.make_text_callback("p")(texts[r(texts.length)], true),
	m => { const f = m.make_once_callback(3); return [f(), caught(f)]; },
	m => m.make_failing_callback()("throw"),
];

function pick(objects, r) {
	return objects[r(objects.length)] ?? {};
}

/* A value as one could see it from outside, in plain data. */
function seen(v) {
	if (v instanceof Error) {
		// SpiderMonkey names the variable until it has compiled the function
		const message = v.message.replace(/^(can't access property "\w+")(, \w+ is| of) (null|undefined)$/, "$1 of $3");
		return `${v.constructor.name} ${v.name}: ${message}`;
	}
	if (typeof v === "function" || typeof v === "symbol" || typeof v === "bigint") {
		return String(v);
	}
	if (ArrayBuffer.isView(v)) {
		return [v.constructor.name, ...v];
	}
	if (Array.isArray(v)) {
		return v.map(seen);
	}
	if (typeof v === "object" && v !== null) {
		return [v.constructor?.name, ...Object.keys(v), ...Reflect.ownKeys(v).map(String)];
	}
	return v;
}

// An object that an error left borrowed makes its finalizer throw, where no test would see it.
const alive = [];

function run(m, seed, count) {
	const r = random(seed);
	const objects = [];
	alive.push(objects);
	const answers = [];
	for (let i = 0; i < count; i++) {
		const k = r(steps.length);
		try {
			answers.push([k, "returned", seen(steps[k](m, r, objects))]);
		} catch (e) {
			if (e instanceof WebAssembly.RuntimeError) {
				throw e; // a program that faults is another matter
			}
			answers.push([k, "threw", seen(e)]);
		}
	}
	return answers;
}

// Errors that cross Rust frames eat the stack, which in the first glue with an externref table is soon gone.
const enough = cell => (cell.variant === "reftypes" && minor(cell) <= 83 ? 75 : 1500);

each("R13: random calls have the same results and the same errors", async glue => {
	const original = await load(glue.cell, { original: true, traced: false });
	for (const seed of [1, 2, 3]) {
		const expected = run(original.m, seed, enough(glue.cell));
		const actual = run(glue.m, seed, enough(glue.cell));
		for (let i = 0; i < expected.length; i++) {
			assert.deepEqual(actual[i], expected[i], `seed ${seed}, step ${i}: ${steps[expected[i][0]]}`);
		}
		assert.ok(expected.some(([, how]) => how === "threw"));
		assert.ok(expected.some(([, how]) => how === "returned"));
	}
	assert.equal(glue.api.stats.faults, 0);
	assert.equal(glue.api.generation, 0);
}, { traced: false });

each("R13: and again after a recovery", async glue => {
	const original = await load(glue.cell, { original: true, traced: false });
	const { m, api } = await load(glue.cell, { traced: false });
	caught(() => m.trap());
	// Own properties of objects differ by the stamp alone.
	const strip = answers => JSON.parse(JSON.stringify(answers).replaceAll(',"Symbol(reglue)"', ""));
	const count = enough(glue.cell);
	assert.deepEqual(strip(run(m, 4, count)), strip(run(original.m, 4, count)));
	assert.equal(api.generation, 1);
});

/* SpiderMonkey puts a function's own where they were first looked at. */
const ofFunctions = ["length", "name", "prototype"];
const ownKeys = o => {
	const keys = Reflect.ownKeys(o);
	return [...ofFunctions.filter(k => keys.includes(k)), ...keys.filter(k => !ofFunctions.includes(k))];
};

function shape(m) {
	const properties = o =>
		ownKeys(o).map(k => {
			const { get, set, value, enumerable, writable, configurable } =
				Object.getOwnPropertyDescriptor(o, k);
			return [
				String(k), typeof value, typeof get, typeof set, enumerable, writable, configurable,
				typeof value === "function" ? [value.name, value.length] : 0,
			];
		});
	return Object.keys(m)
		.filter(k => k !== "__reglue" && k !== "__wasm")
		.map(k => {
			const v = m[k];
			const isClass = typeof v === "function" && /^class\b/.test(String(v));
			return [
				k, typeof v,
				typeof v === "function" ? [v.name, v.length, Object.prototype.toString.call(v)] : 0,
				...(isClass ? [properties(v), properties(v.prototype)] : []),
			];
		});
}

each("R13: no text is run as code", async ({ cell }) => {
	const { eval: realEval, Function: RealFunction } = globalThis;
	const { constructor } = RealFunction.prototype;
	const forbidden = function () {
		throw new EvalError("no text is to be run as code");
	};
	forbidden.prototype = RealFunction.prototype;
	try {
		globalThis.eval = globalThis.Function = RealFunction.prototype.constructor = forbidden;
		const glue = await load(cell);
		const stale = new glue.m.Counter(1);
		assert.equal(glue.m.greet("x"), "Hello, x!");
		recover(glue);
		assert.ok(caught(() => stale.get()) instanceof glue.api.StaleObjectError);
		assert.equal(await glue.m.async_add(1, 2), 3);
		glue.m.__reglue.reinit();
		assert.equal(glue.m.make_callback()(5) >= 0, true);
	} finally {
		RealFunction.prototype.constructor = constructor;
		Object.assign(globalThis, { eval: realEval, Function: RealFunction });
	}
});

each("R13: functions, classes and members have the same names, lengths and descriptors", async ({
	m, cell,
}) => {
	const original = await load(cell, { original: true });
	assert.deepEqual(shape(m), shape(original.m));
});

each("R13: promises", async ({ m, cell }) => {
	const original = await load(cell, { original: true, traced: false });
	const answers = async m => {
		const order = [];
		const promises = [
			m.async_add(1, 2), m.async_greet("x"), m.async_sleep(1, 5), m.promise_of(Promise.resolve(7)),
		];
		promises.forEach((p, i) => p.then(() => order.push(i)));
		return [
			promises.every(p => p.constructor === Promise),
			await Promise.all(promises),
			await rejected(m.async_err("mine")),
			await rejected(m.async_await(Promise.reject("theirs"))),
			(await m.async_counter(5)).get(),
			order,
		];
	};
	const expected = await answers(original.m);
	assert.deepEqual(await answers(m), expected);
});

each("R13: init twice", async ({ cell }) => {
	const answers = async options => {
		const { m, face, init } = await load(cell, { ...options, traced: false });
		const log = [m.bump(), m.bump()];
		const again = init();
		log.push(m.bump());
		const asynchronous = await m.default(initArgument(cell, bytesOf(cell), "module_or_path"));
		log.push(m.bump(), m.greet("x"), Object.keys(asynchronous).length);
		same.push(again === face, asynchronous === again);
		return log;
	};
	const same = [];
	assert.deepEqual(await answers({}), await answers({ original: true }));
	// Releases before 0.2.87 make another instance each time; the face is one object all the same (R1).
	assert.deepEqual(same.slice(0, 2), [true, true]);
}, { needs: initsSync });

each("R13: init at the same time", async ({ cell }) => {
	const answers = async options => {
		const { m } = await load(cell, { ...options, init: false, traced: false });
		const argument = () => initArgument(cell, bytesOf(cell), "module_or_path");
		const before = seen(caught(() => m.bump()));
		const both = await Promise.all([m.default(argument()), m.default(argument())]);
		return [before, m.bump(), m.bump(), Object.keys(both[0])];
	};
	assert.deepEqual(await answers({}), await answers({ original: true }));
}, { needs: initsSync, init: false });

each("R13: a failed init, then a good one", async ({ cell }) => {
	const answers = async options => {
		const { m, init, hooks } = await load(cell, { ...options, init: false, traced: false });
		const log = [seen(caught(() => init(new Uint8Array(8))))];
		log.push(seen(await rejected(m.default(initArgument(cell, new Uint8Array(4), "module_or_path")))));
		hooks.onStart = () => {
			throw boom;
		};
		log.push(seen(caught(init)));
		hooks.onStart = undefined;
		init();
		log.push(m.bump(), m.add(1, 2), m.greet("x"), m.starts());
		return log;
	};
	assert.deepEqual(await answers({}), await answers({ original: true }));
}, { needs: initsSync, init: false });
