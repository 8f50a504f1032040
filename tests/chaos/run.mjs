// Runs a program over patched glue, step by step, beside a model of what the contract promises. The
// model never asks the glue; it is told only which raw call an injected fault hit.
import { isDeepStrictEqual, inspect } from "node:util";
import { isFault, load } from "./world.mjs";
import { kinds, slots } from "./program.mjs";

const macrotask = globalThis.setImmediate;
export class Mismatch extends Error {}
const strays = []; // what reached the process: uncaught exceptions, unhandled rejections
process.on("uncaughtException", e => strays.push(e));
process.on("unhandledRejection", e => strays.push(e));

/*
 * What an exception that crosses Rust frames leaves behind: a borrow, when an argument caused it or a
 * callback threw it; a share in the object, which then cannot be consumed, when a borrow was refused.
 * That is a matter of the compiler and the release, so it is asked of glue that nobody has patched; once,
 * for every such question costs it a little of its stack.
 */
const borrowed = []; // or their finalizers would throw
export const leaksOf = m => {
	const quietly = f => {
		try {
			return f();
		} catch {
			// As it should.
		}
	};
	const after = f => {
		const [a, b] = [new m.Counter(1), new m.Counter(2)];
		borrowed.push(a);
		b.free();
		quietly(() => f(a, b));
		try {
			a.add(1);
			return false;
		} catch {
			return true;
		}
	};
	return {
		argument: after((a, b) => a.add_from(b)),
		callback: after(a =>
			a.call_with(() => {
				throw new Error("thrown in a callback");
			}, 0),
		),
		share: quietly(() => {
			const c = new m.Counter(1);
			borrowed.push(c);
			c.call_with(() => quietly(() => c.get()), 0);
			m.consume(c);
			return false;
		}) ?? true,
	};
};

export async function run(cell, program) {
	const config = { ...program.config, slow: program.config.slow && cell.target === "web" };
	const { leaks } = cell;
	const events = [];
	let startMode = "none";
	const starts = []; // what each start function was told to do, the oldest first
	const hooks = world => ({
		onStart() {
			const mode = startMode;
			startMode = "none";
			starts.push(mode);
			if (mode === "make") {
				const js = new m.Counter(77);
				store("Counter", 0, { cls: "Counter", js, value: 77, label: "counter", epoch: model.epoch + 1, generation: model.generation + 1 });
			} else if (mode === "throw") {
				throw new Error("thrown in start");
			}
			return mode;
		},
		onDrop: id => void events.push("drop " + id),
		onTimer: tag => void events.push("timer " + tag),
		onTask: tag => void events.push("task " + tag),
	});
	const { world, m, api } = await load(cell, { ...config, hooks });
	starts.length = 0;
	api.configure({ reinit: config.reinit, budget: config.budget, staleClosures: config.staleClosures });
	if (config.hook) {
		api.on("fault", () => {});
	}

	const slot = [];
	const store = (kind, i, o) => {
		o.borrow = world.borrows.get(o.js) ?? {};
		slot[kinds[kind][i % kinds[kind].length]] = o;
	};
	const get = (kind, i) => {
		const o = i < 0 ? slot[(-1 - i) % slots] : slot[kinds[kind][i % kinds[kind].length]];
		return o;
	};

	// ---- the model -------------------------------------------------------------------------------
	const model = {
		epoch: 0, // attempts at an instance
		generation: 0,
		reinits: 0,
		failed: 0,
		dead: false,
		exhausted: false,
		failing: false, // the last attempt came to nothing: no other is made unless somebody calls
		settled: true, // what a fault brings along has been done: it is when no frame of the glue is left
		job: false, // an instance is being made; it stands at the end of the turn
		refused: false, // the host made none at once, and is not asked again
		later: false, // something is left to do in a microtask
		proof: 0,
		spent: 0,
		bumps: 0,
		fired: 0,
		kept: [],
		pending: [], // promises: { p, open, want, … }
		queue: [], // finalizers to run
		sleepers: [],
		lost: [],
		stored: undefined, // what a callback threw, put where Rust's next call of an import looks for it
		die() {
			if (!model.dead) {
				model.dead = model.later = true;
				model.settled = false;
				for (const x of model.pending) {
					x.rejected ||= x.open;
					x.open = false;
				}
				model.sleepers = [];
			}
		},
		settle() {
			if (!model.settled) {
				model.settled = true;
				if (model.refused && config.reinit !== "manual" && !model.failing && !model.job) {
					model.job = model.spend() === undefined;
				}
			}
		},
		// A new instance at once, or only begun.
		attempt(proof) {
			if (!config.slow) {
				return model.replace(proof);
			}
			model.refused = model.job = true;
			return { poisoned: true, ready: true };
		},
		replace(proof) {
			model.epoch++;
			const f = world.fired;
			if (f !== undefined && f.starting && !f.seen) {
				f.seen = true;
				starts.length = 0;
				model.failed++;
				model.failing = model.later = true;
				return { poisoned: true, cause: f.error };
			}
			const mode = starts.shift();
			if (mode === "trap" || mode === "panic" || mode === "throw") {
				model.failed++;
				model.failing = true;
				model.later ||= mode !== "throw";
				return { poisoned: true };
			}
			model.generation++;
			model.reinits++;
			model.dead = model.exhausted = model.failing = false;
			model.proof = proof;
			model.bumps = model.fired = 0;
			model.stored = undefined;
			model.kept = [];
		},
		refill() {
			model.spent = 0;
			model.exhausted = false;
		},
		spend() {
			if (config.budget > 0 && model.spent >= config.budget) {
				model.exhausted = true;
				return { exhausted: true };
			}
			model.spent++;
		},
		enter() {
			if (!model.dead) {
				if (model.proof < 0 && world.nest === 0 && ++model.proof === 0) {
					model.refill();
				}
				return;
			}
			if (world.nest > 0) {
				model.later = true;
				return { poisoned: true, ready: model.job };
			}
			model.settle();
			if (config.reinit === "manual" || model.job) {
				return { poisoned: true, ready: model.job };
			}
			return model.spend() ?? model.attempt(-1);
		},
	};
	const live = o => !model.dead && o.epoch === model.epoch;
	const born = o => Object.assign(o, { epoch: model.epoch, generation: model.generation });
	const stale = o => o !== undefined && o.cls !== undefined && o.epoch !== model.epoch && !o.freed;
	// Glue that tells instances apart itself refuses freed objects of another one before anything is done.
	const alien = o => cell.tells && o.freed && o.epoch !== model.epoch;
	const isBorrowed = ({ borrow }) => !!(borrow.mut || borrow.shared || borrow.held);
	const error = { type: "Error" };

	// ---- what can be done ------------------------------------------------------------------------
	/*
	 * An operation: { entry, check: objects that the glue checks in this order, real(), then(result):
	 * what is expected of a call that nothing was injected into, moved(fault): what a call that failed has
	 * consumed all the same, events }.
	 */
	const value = (real, want, more) => ({ entry: true, real, then: () => ({ v: want() }), ...more });
	const fault = (real, name = "RuntimeError", more) => ({
		entry: true,
		real,
		then() {
			model.die();
			return { fault: name };
		},
		...more,
	});
	// A method or an argument: borrows are Rust's, classes the glue's.
	const withCounter = (o, real, want, { mutates = false, others = [], ...more } = {}) =>
		o && {
			entry: true,
			check: [o, ...others],
			real,
			then() {
				for (const x of [o, ...others]) {
					if (x.cls !== "Counter") {
						return error;
					}
				}
				if ([o, ...others].some(alien)) {
					return error;
				}
				// Rust borrows one after the other; what an error then does to the first ones, `leaks` knows.
				const got = [];
				for (const x of [o, ...others]) {
					const exclusive = x === o && got.length === 0 && mutates;
					if (x.freed || x.borrow.mut || (exclusive && x.borrow.shared)) {
						x.borrow.held ||= !x.freed && leaks.share;
						if (!leaks.argument) {
							got.forEach(release => release());
						}
						return error;
					}
					if (exclusive) {
						x.borrow.mut = true;
						got.push(() => (x.borrow.mut = false));
					} else {
						x.borrow.shared = (x.borrow.shared ?? 0) + 1;
						got.push(() => x.borrow.shared--);
					}
				}
				got.forEach(release => release());
				return want();
			},
			...more,
		};
	const make = (kind, s, real, fields) => ({
		entry: true,
		real,
		then(js) {
			store(kind, s.to, born({ cls: kind, js, ...fields() }));
			return { any: true };
		},
	});
	const consuming = (objects, name, real, want, classes) => ({
		entry: true,
		check: objects,
		real,
		moved(f) {
			if (f.name === name || name === undefined || f.name.endsWith("_free")) {
				objects.forEach(o => (o.freed = true));
			}
		},
		then() {
			let bad = false;
			for (const o of objects) {
				if (o.cls !== classes || alien(o)) {
					return error;
				}
				bad ||= o.freed || isBorrowed(o);
				o.freed = true;
			}
			return bad ? error : want();
		},
	});
	const own = (kind, i) => {
		const o = get(kind, i);
		return o?.cls === kind ? o : undefined;
	};
	const object = (kind, i) => {
		const o = get(kind, i);
		return o?.cls !== undefined ? o : undefined;
	};
	// A closure of a dead generation. Where no frame of the glue has seen the fault's end, it is the first that does.
	const quiet = o => {
		if (model.dead && world.nest === 0) {
			model.settle();
		}
		return config.staleClosures === "ignore"
			? { v: undefined, calls: 0 }
			: model.dead
				? { poisoned: true, ready: model.job }
				: o === undefined
					? { type: "StaleObjectError" }
					: { stale: o };
	};
	const called = (o, args, want, more) =>
		o && {
			real: () => o.js(...args),
			then() {
				return live(o) ? want() : quiet(o);
			},
			...more,
		};
	const promised = (s, real, fields) => ({
		entry: true,
		promised: true,
		real: () => real(),
		then(p) {
			const x = born({ open: true, ...fields });
			p.then(v => (x.settled = { v }), e => (x.settled = { e }));
			model.pending.push(x);
			return { any: true };
		},
	});

	const ops = {
		newCounter: s => make("Counter", s, () => new m.Counter(s.n), () => ({ value: s.n, label: "counter" })),
		zero: s => make("Counter", s, () => m.Counter.zero(), () => ({ value: 0, label: "counter" })),
		maybeCounter: s =>
			s.n % 3 === 0
				? value(() => m.maybe_counter(-1), () => undefined)
				: make("Counter", s, () => m.maybe_counter(s.n), () => ({ value: s.n, label: "counter" })),
		tryCounter: s =>
			s.n % 3 === 0
				? { entry: true, real: () => m.try_counter(-1), then: () => ({ thrown: "negative" }) }
				: make("Counter", s, () => m.try_counter(s.n), () => ({ value: s.n, label: "counter" })),
		wrapCounter: s => make("Counter", s, () => m.wrap_counter(s.n), () => ({ value: s.n, label: "counter" })),
		newPoint: s => make("Point", s, () => new m.Point(s.n, 2), () => ({ x: s.n, y: 2 })),
		newRenamed: s => make("Renamed", s, () => new m.Renamed("né" + s.n), () => ({ text: "né" + s.n })),
		ofNumber: s => make("Renamed", s, () => m.Renamed.ofNumber(s.n), () => ({ text: String(s.n) })),
		newTracked: s => make("Tracked", s, () => new m.Tracked(s.n), () => ({ id: s.n })),
		newParsed: s =>
			s.n % 10 === 0
				? fault(() => new m.Parsed(s.n % 20 ? "trap" : "panic"))
				: s.n % 5 === 0
					? { entry: true, real: () => new m.Parsed("x"), then: () => ({ thrown: "not a number: x" }) }
					: make("Parsed", s, () => new m.Parsed(" " + s.n), () => ({ number: s.n })),
		// Releases before 0.2.88 have no arrays of objects.
		makePoints: s => m.make_points && {
			entry: true,
			real: () => m.make_points(s.n % 3),
			then(list) {
				list.forEach((js, i) => store("Point", s.to + i, born({ cls: "Point", js, x: i, y: 0 })));
				return { any: true, also: list.length === s.n % 3 };
			},
		},
		twin(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => o.js.twin(), () => ({ made: ["Counter", s.to, { value: o.value, label: o.label }] }));
		},
		value(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => (s.n % 2 ? o.js.value : o.js.get()), () => ({ v: o.value }));
		},
		setValue(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => void (o.js.value = s.n), () => ({ v: void (o.value = s.n) }), { mutates: true });
		},
		add(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => o.js.add(s.n), () => ({ v: (o.value += s.n) }), { mutates: true });
		},
		label(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => o.js.label, () => ({ v: o.label }));
		},
		setLabel(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => void (o.js.label = "é" + s.n), () => ({ v: void (o.label = "é" + s.n) }), { mutates: true });
		},
		describe(s) {
			const o = own("Counter", s.a);
			return withCounter(o, () => o.js.describe("the "), () => ({ v: `the ${o.label} ${o.value}` }));
		},
		checkedSub(s) {
			const o = own("Counter", s.a);
			return withCounter(
				o,
				() => o.js.checked_sub(s.n),
				() => (s.n > o.value ? { thrown: "below zero" } : { v: (o.value -= s.n) }),
				{ mutates: true },
			);
		},
		addFrom(s) {
			const [o, b] = [own("Counter", s.a), object("Counter", s.b)];
			return b && withCounter(o, () => o.js.add_from(b.js), () => ({ v: (o.value += b.value) }), { mutates: true, others: [b] });
		},
		larger(s) {
			const [o, b] = [object("Counter", s.a), object("Counter", s.b)];
			return b && withCounter(o, () => m.Counter.larger(o.js, b.js), () => ({ v: Math.max(o.value, b.value) }), { others: [b] });
		},
		read(s) {
			const o = object("Counter", s.b);
			return withCounter(o, () => m.read(o.js), () => ({ v: o.value }));
		},
		write(s) {
			const o = object("Counter", s.b);
			return withCounter(o, () => m.write(o.js, s.n), () => ({ v: void (o.value = s.n) }), { mutates: true });
		},
		tag(s) {
			const o = object("Counter", s.b);
			return withCounter(o, () => m.tag("<", o.js, "ß>"), () => ({ v: `<${o.value}ß>` }));
		},
		readOpt(s) {
			const o = object("Counter", s.b);
			return o ? {
				...consuming([o], "read_opt", () => m.read_opt(o.js), () => ({ v: o.value }), "Counter"),
				...(o.freed && o.cls === "Counter" && { then: () => (alien(o) ? error : { v: -1 }) }),
			} : value(() => m.read_opt(), () => -1);
		},
		consume(s) {
			const o = object("Counter", s.b);
			return o && consuming([o], "consume", () => m.consume(o.js), () => ({ v: o.value }), "Counter");
		},
		intoValue(s) {
			const o = own("Counter", s.a);
			return o && consuming([o], undefined, () => o.js.into_value(), () => ({ v: o.value }), "Counter");
		},
		merge(s) {
			const [o, b] = [own("Counter", s.a), object("Counter", s.b)];
			return o && b && {
				...consuming(
					[o, b],
					"counter_merge",
					() => o.js.merge(b.js),
					() => ({ made: ["Counter", s.to, { value: o.value + b.value, label: o.label }] }),
					"Counter",
				),
				moved(f) {
					o.freed = true;
					b.freed ||= f.name === "counter_merge";
				},
				...(o === b && { then: () => ((o.freed = true), error) }),
			};
		},
		release(s) {
			const o = own("Tracked", s.a);
			return o && consuming([o], undefined, () => o.js.release(), () => ({ v: undefined, events: ["drop " + o.id] }), "Tracked");
		},
		pointX(s) {
			const o = own("Point", s.a);
			return o && { entry: true, check: [o], real: () => o.js.x, then: () => (o.freed ? error : { v: o.x }) };
		},
		setPointX(s) {
			const o = own("Point", s.a);
			return o && { entry: true, check: [o], real: () => void (o.js.x = s.n), then: () => (o.freed ? error : { v: void (o.x = s.n) }) };
		},
		pointLength(s) {
			const o = own("Point", s.a);
			return o && { entry: true, check: [o], real: () => o.js.length(), then: () => (o.freed ? error : { near: Math.hypot(o.x, o.y) }) };
		},
		theText(s) {
			const o = own("Renamed", s.a);
			return o && { entry: true, check: [o], real: () => o.js.theText, then: () => (o.freed ? error : { v: o.text }) };
		},
		renamedFunction(s) {
			const o = object("Renamed", s.b);
			return o && {
				entry: true,
				check: [o],
				real: () => m.renamedFunction(o.js),
				then: () => (o.freed || o.cls !== "Renamed" ? error : { v: o.text }),
			};
		},
		number(s) {
			const o = own("Parsed", s.a);
			return o && { entry: true, check: [o], real: () => o.js.number, then: () => (o.freed ? error : { v: o.number }) };
		},
		trackedId(s) {
			const o = own("Tracked", s.a);
			return o && { entry: true, check: [o], real: () => o.js.id, then: () => (o.freed ? error : { v: o.id }) };
		},
		sumPoints(s) {
			const list = s.list.map(i => own("Point", i)).filter(o => o !== undefined);
			return m.sum_points && {
				entry: true,
				real: () => m.sum_points(list.map(o => o.js)),
				moved(f) {
					if (f.name === "sum_points" && f.when === "after") {
						list.forEach(o => (o.freed = true));
					}
				},
				then() {
					let sum = 0;
					for (const o of list) {
						if (stale(o)) {
							return { stale: o };
						}
						if (o.freed) {
							return error;
						}
						o.freed = true;
						sum += o.x + o.y;
					}
					return { near: sum };
				},
			};
		},
		// Nothing is ever told of a free that comes too late.
		free(s) {
			const o = slot[s.a % 16];
			if (o?.cls === undefined) {
				return;
			}
			return {
				real: () => o.js.free(),
				moved: () => (o.freed = true),
				then() {
					if (model.dead || stale(o)) {
						return { v: undefined, calls: 0 };
					}
					if (o.freed) {
						return error;
					}
					o.freed = true;
					return isBorrowed(o) ? error : { v: undefined, events: o.cls === "Tracked" ? ["drop " + o.id] : [] };
				},
			};
		},
		drop(s) {
			slot[s.a % slots] = undefined;
		},
		// The object is garbage; its finalizers run later, in whatever world they find.
		collect(s) {
			const i = s.a % slots;
			const o = slot[i];
			if (o !== undefined && !slot.some((x, j) => j !== i && x?.js === o.js)) {
				slot[i] = undefined;
				// A once closure holds itself until it has run.
				for (const entry of i === kinds.once[0] && !o.used ? [] : (world.finals.get(o.js) ?? [])) {
					model.queue.push({ o, entry });
				}
			}
		},
		finalize() {
			const next = model.queue.shift();
			if (next === undefined || next.entry.gone) {
				return;
			}
			const { o, entry } = next;
			return {
				real: () => entry.callback(entry.held),
				then() {
					if (!live(o)) {
						return { v: undefined, calls: 0 };
					}
					return isBorrowed(o) ? { any: true, or: error } : { any: true, events: o.cls === "Tracked" ? ["drop " + o.id] : [] };
				},
			};
		},
		makeCallback: s => ({
			entry: true,
			real: () => m.make_callback(),
			then: js => (store("callback", s.to, born({ js, total: 0 })), { any: true }),
		}),
		callCallback(s) {
			const o = get("callback", s.a);
			return called(o, [s.n], () => ({ v: (o.total += s.n) }));
		},
		makeOnce: s => ({
			entry: true,
			real: () => m.make_once_callback(s.n),
			then: js => (store("once", 0, born({ js, value: s.n })), { any: true }),
		}),
		callOnce(s) {
			const o = get("once", 0);
			return called(o, [], () => {
				const was = o.used;
				o.used = true;
				return was ? error : { v: o.value };
			});
		},
		makeFailing: () => ({
			entry: true,
			real: () => m.make_failing_callback(),
			then: js => (store("failing", 0, born({ js })), { any: true }),
		}),
		callFailing(s) {
			const o = get("failing", 0);
			const how = ["panic", "trap", "shadow", "throw", "nothing", "nothing"][s.n % 6];
			return called(o, [how], () => {
				if (how === "throw") {
					return error;
				}
				if (how === "nothing") {
					return { v: how };
				}
				model.die();
				return { fault: "RuntimeError" };
			});
		},
		callLent(s) {
			const o = get("lent", 0);
			return called(o, [s.n], () => (o.open ? { v: (o.total += s.n) } : error), {
				moved: f => (o.total += f.when === "after" ? s.n : 0),
			});
		},
		bump: () => value(() => m.bump(), () => ++model.bumps),
		starts: () => value(() => m.starts(), () => 1),
		addNumbers: s => value(() => m.add(s.n, 2), () => s.n + 2),
		greet: s => value(() => m.greet("wörld" + s.n), () => `Hello, wörld${s.n}!`),
		upper: s =>
			s.n % 3 ? value(() => m.upper("abc" + s.n), () => "ABC" + s.n) : { entry: true, real: () => m.upper(""), then: () => error },
		parseNumber: s =>
			s.n % 3
				? value(() => m.parse_number(String(s.n)), () => s.n)
				: { entry: true, real: () => m.parse_number("?"), then: () => ({ thrown: "not a number: ?" }) },
		check: s => (s.n % 2 ? value(() => m.check(true), () => undefined) : { entry: true, real: () => m.check(false), then: () => ({ thrown: 42 }) }),
		echo(s) {
			const o = { n: s.n };
			return value(() => m.echo(o), () => o, { same: true });
		},
		keep(s) {
			const o = { n: s.n };
			return value(() => m.keep(o), () => model.kept.push(o) - 1);
		},
		kept: s => value(() => m.kept(s.n % 5), () => model.kept[s.n % 5], { same: true }),
		fired: () => value(() => m.fired(), () => model.fired),
		throwText: () => ({ entry: true, real: () => m.throw_text("as told"), then: () => ({ type: "Error", message: "as told" }) }),
		throwValue: s => ({ entry: true, real: () => m.throw_value(s.n), then: () => ({ thrown: s.n }) }),
		panic: () => fault(() => m.panic("as told")),
		trap: () => fault(() => m.trap()),
		oob: () => fault(() => m.oob_load()),
		shadow: () => fault(() => m.recurse_shadow(100_000)),
		stack: () => fault(() => m.recurse_js(16_000_000), "RangeError"),
		wrongSignature: () => fault(() => m.wrong_signature()),
		panicString: () => fault(() => m.panic_string("as told")),
		panicResult: () => fault(() => m.panic_result("as told")),
		panicMut: s => failing(s, o => o.js.panic_mut("as told")),
		trapMut: s => failing(s, o => o.js.trap_mut()),

		// JS within Rust within JS, and steps of the program in there.
		callJs(s) {
			const c = { ran: false, threw: undefined, ret: undefined };
			const on = s.via === "call_with" || s.via === "call_shared" ? own("Counter", s.a) : undefined;
			if (on === undefined && !/js/.test(s.via)) {
				return;
			}
			const f = arg => {
				c.enter(c);
				if (on !== undefined) {
					if (s.via === "call_with") {
						on.borrow.mut = true;
					} else {
						on.borrow.shared = (on.borrow.shared ?? 0) + 1;
					}
				}
				inside(s, c);
				return (c.ret = { arg });
			};
			const result = () => {
				if (!c.ran) {
					return { never: "the callback did not run" };
				}
				if (c.threw !== undefined) {
					// Rust catches this one, unless it is a fault or what follows from one.
					return s.via === "call_js_swallow" && !model.dead ? { text: /^caught: / } : { is: c.threw.e };
				}
				// A fault after the glue had stored the error, and JS swallowed it: the next frame of Rust's that
				// asks gets the error.
				const { stored } = model;
				if (model.dead && stored !== undefined && s.via !== "call_js" && on === undefined) {
					model.stored = undefined;
					return s.via === "call_js_catch" ? { is: stored.e, again: true } : { text: /^caught: /, again: true };
				}
				if (s.via === "call_js_swallow") {
					return model.dead ? { any: true, or: { any: true } } : { text: /^ok: / };
				}
				// Where JS swallowed a fault, the frames below return as they can.
				return model.dead ? { v: c.ret, again: true } : { v: c.ret };
			};
			const d = {
				entry: true,
				real: enter => {
					c.enter = enter;
					return on === undefined ? m[s.via](f, s.n) : on.js[s.via](f, s.n);
				},
				moved(f) {
					if (f.name === "__wbindgen_exn_store" && f.when === "after") {
						model.stored = c.threw;
					}
				},
				then: result,
			};
			if (on === undefined) {
				return d;
			}
			return {
				...d,
				check: [on],
				then() {
					if (!c.ran) {
						const busy = on.borrow.mut || (on.borrow.shared && s.via === "call_with");
						on.borrow.held ||= !on.freed && busy && leaks.share;
						return on.freed || busy ? error : { never: "the callback did not run" };
					}
					const r = result();
					if (c.threw === undefined || !leaks.callback) {
						if (s.via === "call_with") {
							on.borrow.mut = false;
							on.value += c.threw === undefined;
						} else {
							on.borrow.shared--;
						}
					}
					return r;
				},
			};
		},
		lend(s) {
			const c = { ran: false, threw: undefined };
			let lent;
			return {
				entry: true,
				real: enter =>
					m.lend(js => {
						enter(c);
						store("lent", 0, (lent = born({ js, total: 0, open: true })));
						inside(s, c);
					}),
				then() {
					if (!c.ran) {
						return { never: "the callback did not run" };
					}
					lent.open = false;
					return c.threw !== undefined ? { is: c.threw.e } : model.dead ? { v: lent.total, again: true } : { v: lent.total };
				},
			};
		},
		schedule: s => ({
			entry: true,
			real: () => m.schedule(5, s.n),
			then: () => ((world.timers.at(-1).meta = born({ tag: s.n })), { v: undefined }),
		}),
		scheduleOnce: s => ({
			entry: true,
			real: () => m.schedule_once(5, s.n),
			then: () => ((world.timers.at(-1).meta = born({ tag: s.n })), { v: undefined }),
		}),
		schedulePanic: () => ({
			entry: true,
			real: () => m.schedule_panic(5),
			then: () => ((world.timers.at(-1).meta = born({ panics: true })), { v: undefined }),
		}),
		// A timer: its faults have no caller (R9).
		fire(s) {
			if (world.timers.length === 0) {
				return;
			}
			const [{ fn, meta }] = world.timers.splice(s.a % world.timers.length, 1);
			const told = config.hook || model.pending.some(x => x.open && x.task === undefined) || model.sleepers.some(x => !x.fired);
			if (meta?.sleeper) {
				return { real: () => void fn(), then: () => ((meta.sleeper.fired = true), { v: undefined }) };
			}
			return {
				told,
				real: () => fn(),
				then() {
					if (meta === undefined || !live(meta)) {
						return meta?.resolve ? { v: undefined, calls: 0 } : quiet(meta);
					}
					if (meta.panics) {
						model.die();
						return told ? { v: undefined } : { fault: "RuntimeError" };
					}
					model.fired++;
					return { v: undefined, events: ["timer " + meta.tag] };
				},
			};
		},
		asyncAdd: s => promised(s, () => m.async_add(s.n, 3), { want: { v: s.n + 3 } }),
		asyncGreet: s => promised(s, () => m.async_greet("a" + s.n), { want: { v: `Hello, a${s.n}!` } }),
		asyncErr: s => promised(s, () => m.async_err("e" + s.n), { want: { e: "e" + s.n } }),
		asyncCounter: s => promised(s, () => m.async_counter(s.n), { counter: s }),
		asyncAwait(s) {
			const deferred = {};
			const p = new Promise(resolve => (deferred.resolve = resolve));
			return promised(s, () => m.async_await(p), { deferred });
		},
		settle(s) {
			const waiting = model.pending.filter(x => x.deferred && !x.want);
			if (waiting.length !== 0) {
				const x = waiting[s.a % waiting.length];
				x.want = { v: s.n };
				x.deferred.resolve(s.n);
			}
		},
		asyncSleep: s => promised(s, () => m.async_sleep(5, s.n), { sleeps: true, later: { v: s.n } }),
		asyncTrap: s => promised(s, () => m.async_trap_later(5), { sleeps: true, traps: true }),
		asyncPanic: s => promised(s, () => m.async_panic(), { traps: true, now: true }),
		spawn: s => ({
			entry: true,
			real: () => m.spawn(5, s.n),
			then() {
				model.pending.push(born({ open: true, task: s.n, sleeps: true }));
				return { v: undefined };
			},
		}),
		poison: () => ({
			real() {
				api.poison("as told");
				world.current.dead = true;
			},
			then() {
				model.die();
				if (world.nest === 0) {
					model.settle();
				}
				return { v: undefined, calls: 0 };
			},
		}),
		reinit: () => ({
			real() {
				world.asked = true;
				try {
					return api.reinit();
				} finally {
					world.asked = false;
					world.current.dead ||= config.slow && world.nest === 0;
				}
			},
			then() {
				if (world.nest > 0) {
					return error;
				}
				if (model.dead) {
					model.settle();
				}
				model.die();
				model.settled = true;
				return model.job ? { poisoned: true, ready: true } : (model.attempt(-2) ?? { v: undefined });
			},
		}),
		configure: () => ({ real: () => api.configure({}), then: () => (model.refill(), { v: undefined }) }),
		startMode(s) {
			startMode = ["none", "make", "make", "trap", "panic", "throw"][s.n % 6];
		},
	};
	const failing = (s, f) => {
		const o = own("Counter", s.a);
		return o && {
			...fault(() => f(o)),
			check: [o],
			then() {
				const busy = o.borrow.mut || o.borrow.shared;
				o.borrow.held ||= !o.freed && busy && leaks.share;
				return o.freed || busy ? error : fault().then();
			},
		};
	};

	// ---- one step --------------------------------------------------------------------------------
	const inside = (s, c) => {
		c.ran = true;
		world.nest++;
		try {
			for (const inner of s.inner) {
				const out = perform(inner);
				if (s.mode === "pass" && out !== undefined && "e" in out) {
					throw out.e;
				}
			}
			if (s.mode === "throw") {
				throw new Error("thrown in a callback");
			}
		} catch (e) {
			c.threw = { e };
			throw e;
		} finally {
			world.nest--;
		}
	};

	const fail = (s, text) => {
		throw new Mismatch(`${text}\n  in step ${JSON.stringify(s)}`);
	};

	const matches = (want, out, s) => {
		const no = text => fail(s, `${text}; expected ${inspect(want, { depth: 2 })}, got ${inspect(out, { depth: 1 })}`);
		if (want.never !== undefined) {
			no(want.never);
		}
		if (want.again && isFault(out.e)) {
			return;
		}
		if (want.or !== undefined) {
			if ("e" in out && want.or.type !== undefined) {
				matches(want.or, out, s);
			}
			return;
		}
		if (want.any || "v" in want || "near" in want || "text" in want || "made" in want) {
			if ("e" in out) {
				no("threw");
			}
			if (
				want.also === false ||
				("v" in want && !isDeepStrictEqual(out.v, want.v)) ||
				("near" in want && !(Math.abs(out.v - want.near) < 1e-9)) ||
				("text" in want && !want.text.test(out.v))
			) {
				no("wrong result");
			}
			if ("made" in want) {
				const [kind, at, fields] = want.made;
				store(kind, at, born({ cls: kind, js: out.v, ...fields }));
			}
			return;
		}
		if (!("e" in out)) {
			no("did not throw");
		}
		const { e } = out;
		if ("is" in want) {
			if (e !== want.is) {
				no("not the original error");
			}
		} else if ("thrown" in want) {
			if (e !== want.thrown) {
				no("wrong value thrown");
			}
		} else if (want.poisoned || want.exhausted) {
			if (!(e instanceof api.PoisonedError) || e instanceof api.ExhaustedError === !want.exhausted) {
				no("not the right PoisonedError");
			}
			if (want.ready !== undefined && want.ready !== e.ready instanceof Promise) {
				no("not told when it is ready, or told in vain");
			}
			if (want.cause !== undefined && e.cause !== want.cause) {
				no("wrong cause");
			}
			if (typeof e.fault?.kind !== "string" || typeof e.fault.generation !== "number") {
				no("no fault");
			}
		} else if (want.stale) {
			if (
				!(e instanceof api.StaleObjectError) ||
				(want.stale.cls !== undefined && e.className !== want.stale.cls) ||
				e.objectGeneration !== want.stale.generation ||
				e.generation !== model.generation
			) {
				no("not the right StaleObjectError");
			}
		} else if (want.fault) {
			if (!isFault(e) || e.name !== want.fault) {
				no("not the fault");
			}
			checkFault(e, undefined, s);
		} else if (e?.name !== want.type || isFault(e) || e instanceof api.PoisonedError) {
			no("wrong class");
		} else if (want.message !== undefined && e.message !== want.message) {
			no("wrong message");
		}
	};

	const checkFault = (e, name, s) => {
		const f = api.fault;
		if (
			f?.kind !== (e instanceof RangeError ? "stack" : "trap") ||
			f.message !== e.message ||
			f.generation !== model.generation ||
			(name !== undefined && f.export !== name)
		) {
			fail(s, `fault is ${inspect(f)}, the error was ${inspect(e)} in ${name}`);
		}
	};

	const perform = s => {
		const d = ops[s.op]?.(s);
		if (d === undefined) {
			return;
		}
		const { fired } = world;
		const { count } = world;
		const { length } = events;
		let entered = false;
		let refused;
		const enter = c => {
			if (!entered) {
				entered = true;
				refused = d.entry ? model.enter() : undefined;
				const old = refused === undefined && d.check?.find(stale);
				refused ??= old ? { stale: old } : undefined;
			}
			if (c !== undefined && refused !== undefined) {
				fail(s, `entered, expected ${inspect(refused)}`);
			}
		};
		let out;
		try {
			out = { v: d.real(enter) };
		} catch (e) {
			if (e instanceof Mismatch) {
				throw e;
			}
			out = { e };
		}
		enter();
		const f = world.fired !== fired && world.fired.nest === world.nest && !world.fired.seen ? world.fired : undefined;
		let want;
		if (refused !== undefined) {
			want = refused;
		} else if (f !== undefined && !f.starting) {
			f.seen = true;
			if (!model.dead) {
				checkFault(f.error, f.name, s); // else the first fault stays on the record
			}
			model.die();
			d.moved?.(f);
			want = d.told ? { v: undefined } : { is: f.error };
			if (d.promised && "v" in out) {
				// It happened in the executor of the promise, which took it.
				const x = { refused: f.error };
				out.v.then(v => (x.settled = { v }), e => (x.settled = { e }));
				model.pending.push(x);
				want = { any: true };
			} else if (d.promised && isFault(out.e)) {
				want = { any: true, or: true }; // and what was left of the call failed again, the promise was lost
				model.lost.push(f.error);
			}
		} else {
			want = d.then(out.v);
		}
		if (model.dead && world.nest === 0 && ("e" in out || d.told)) {
			model.settle(); // the outermost frame saw it
		}
		if (d.same && "v" in want ? out.v !== want.v : false) {
			fail(s, `another object: ${inspect(out)}`);
		}
		matches(want, out, s);
		if (want.calls === 0 && world.count !== count) {
			fail(s, `${world.count - count} raw calls, expected none`);
		}
		if (want.events !== undefined && !isDeepStrictEqual(events.slice(length), want.events)) {
			fail(s, `events ${inspect(events.slice(length))}, expected ${inspect(want.events)}`);
		}
		return out;
	};

	// Microtasks, and real finalizers.
	const turn = async s => {
		if (s.op === "gc" && config.realGc) {
			globalThis.gc?.();
		}
		const { length } = events;
		const { fired } = world;
		const timers = world.timers.length;
		const sleepy = model.pending.filter(x => x.open && x.sleeps && !x.polled);
		const revive = () => {
			while (model.later || model.job) {
				model.later = false;
				if (model.dead) {
					model.settle();
				}
				if (model.dead && config.reinit === "eager" && !model.failing && !model.job && model.spend() === undefined) {
					model.attempt(-2);
				}
				if (model.job) {
					model.job = false;
					model.replace(-2);
				}
			}
		};
		await new Promise(resolve => macrotask(resolve));
		await new Promise(resolve => macrotask(resolve));
		revive();
		const wasDead = model.dead;
		const f = world.fired !== fired && !world.fired.seen ? world.fired : undefined;
		const trapped = model.pending.some(x => x.open && x.traps && (x.now || x.sleeper?.fired));
		const died = f !== undefined || trapped;
		const open = model.pending.filter(x => x.open);
		const expected = [];
		for (const x of open) {
			if (x.sleeper?.fired && !x.traps) {
				x.want = x.later;
			}
			if (x.task !== undefined && x.sleeper?.fired) {
				x.open = false;
				expected.push("task " + x.task);
			} else if (x.want !== undefined || x.counter !== undefined) {
				x.open = false;
				if (!(died && x.settled?.e instanceof api.PoisonedError)) {
					if (x.settled === undefined || (x.want && !isDeepStrictEqual(x.settled, x.want))) {
						fail(s, `promise of ${inspect(x, { depth: 1 })} settled as ${inspect(x.settled)}`);
					}
					if (x.counter !== undefined) {
						store("Counter", x.counter.to, { cls: "Counter", js: x.settled.v, value: x.counter.n, label: "counter", epoch: x.epoch, generation: x.generation });
					}
				}
			} else if (!died && x.settled !== undefined) {
				fail(s, `promise of ${inspect(x, { depth: 1 })} settled too early`);
			}
		}
		if (died) {
			if (f !== undefined) {
				f.seen = true;
			}
			const { generation } = model;
			model.die();
			checkFaultOfTurn(f, generation, s);
			revive();
		}
		for (const x of model.pending) {
			if (x.refused && x.settled?.e !== x.refused) {
				fail(s, `promise ${inspect(x, { depth: 1 })} was not rejected with the fault`);
			}
			if (x.rejected && x.task === undefined && !(x.settled?.e instanceof api.PoisonedError)) {
				fail(s, `promise ${inspect(x, { depth: 1 })} was not rejected`);
			}
		}
		model.pending = model.pending.filter(x => x.open);
		if (!died && !wasDead) {
			const fresh = world.timers.slice(timers);
			const sleepers = sleepy.filter(x => x.open);
			if (fresh.length !== sleepers.length) {
				fail(s, `${fresh.length} new timers, expected ${sleepers.length}`);
			}
			sleepers.forEach((x, i) => {
				x.polled = true;
				x.sleeper = { fired: false };
				fresh[i].meta = { resolve: true, sleeper: x.sleeper };
				model.sleepers.push(x.sleeper);
			});
			const seen = events.slice(length).filter(e => !/^drop/.test(e));
			if (!isDeepStrictEqual(seen.sort(), expected.sort())) {
				fail(s, `events ${inspect(seen)}, expected ${inspect(expected)}`);
			}
		} else {
			world.timers.slice(timers).forEach(t => (t.meta = { resolve: true, sleeper: {} }));
		}
		const loud = strays.splice(0).filter(e => !model.lost.includes(e));
		if (config.hook || !died ? loud.length > 0 : loud.some(e => !isFault(e))) {
			fail(s, `reached the process: ${inspect(loud)}`);
		}
	};
	const checkFaultOfTurn = (f, generation, s) => {
		if ((config.reinit === "eager" || config.slow) && starts.some(mode => /trap|panic/.test(mode))) {
			return; // the record may be that of a start function that failed since
		}
		if (api.fault?.generation !== generation || (f !== undefined && api.fault.message !== f.error.message)) {
			fail(s, `fault is ${inspect(api.fault)}`);
		}
	};

	const all = s => {
		const bad = text => fail(s, text);
		if (world.violations.length !== 0) {
			bad(world.violations.join("\n"));
		}
		if (api.generation !== model.generation) {
			bad(`generation ${api.generation}, expected ${model.generation}`);
		}
		const state = model.job ? "reinitializing" : !model.dead ? "live" : model.exhausted ? "exhausted" : "poisoned";
		if (api.state !== state) {
			bad(`state ${api.state}, expected ${state}`);
		}
		const { stats } = api;
		if (stats.reinits !== model.reinits || stats.failedReinits !== model.failed) {
			bad(`${stats.reinits} reinits, ${stats.failedReinits} failed; expected ${model.reinits}, ${model.failed}`);
		}
		if (world.instances.filter(x => !x.dead).length > 1) {
			bad("more than one live instance");
		}
		if (world.instances.length !== model.epoch + 1) {
			bad(`${world.instances.length} instances, expected ${model.epoch + 1}`);
		}
		const x = world.current;
		// Errors that JS swallows within Rust are seen to in the next microtask.
		if (!model.dead && /turn|gc/.test(s.op) && x.raw.__wbindgen_add_to_stack_pointer && x.raw.__wbindgen_add_to_stack_pointer(0) !== x.base) {
			bad(`shadow stack pointer ${x.raw.__wbindgen_add_to_stack_pointer(0)}, expected ${x.base}`);
		}
	};

	strays.length = 0;
	let i = 0;
	try {
		for (; i < program.steps.length; i++) {
			const s = program.steps[i];
			world.arm(config.realGc && s.fault?.kind === "oob_load" ? undefined : (config.reinit === "eager" || config.slow) && s.op === "turn" ? undefined : s.fault);
			if (s.op === "turn" || s.op === "gc") {
				await turn(s);
			} else {
				perform(s);
				for (const t of world.timers) {
					t.meta ??= born({}); // by a call that failed all the same
				}
			}
			world.armed = undefined;
			all(s);
		}
		await turn({ op: "turn" });
		all({ op: "turn" });
	} catch (e) {
		return { at: i, error: e, instances: world.instances.length, faults: api.stats.faults };
	}
	return { instances: world.instances.length, faults: api.stats.faults, stale: api.stats.staleObjects };
}
