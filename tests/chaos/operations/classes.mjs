// Objects of exported classes: made, used, consumed, freed, and finalized when the program says so.
import { error } from "./common.mjs";
import { kinds, slots } from "../program.mjs";

export function classesOf({ world, m, model, slot, store, own, object, live, born, stale, alien, isBorrowed, value, fault, panics, withCounter, make, consuming }) {
	return {
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
				? (s.n % 20 ? fault : panics)(() => new m.Parsed(s.n % 20 ? "trap" : "panic"))
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
	};
}
