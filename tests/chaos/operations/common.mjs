// What operations are made of. An operation that cannot be done, as its operand is not there, is undefined.
import { kinds, slots } from "../program.mjs";
import { isFault } from "../world.mjs";

export const error = { type: "Error" };
const panicked = { type: "PanicError" };

export function commonOf({ cell, config, model, world }) {
	const { leaks } = cell;
	const slot = [];
	const store = (kind, i, o) => {
		o.borrow = world.borrows.get(o.js) ?? {};
		slot[kinds[kind][i % kinds[kind].length]] = o;
	};
	const get = (kind, i) => {
		const o = i < 0 ? slot[(-1 - i) % slots] : slot[kinds[kind][i % kinds[kind].length]];
		return o;
	};
	const live = o => !model.dead && o.epoch === model.epoch;
	const born = o => Object.assign(o, { epoch: model.epoch, generation: model.generation });
	const stale = o => o !== undefined && o.cls !== undefined && o.epoch !== model.epoch && !o.freed;
	// Glue that tells instances apart itself refuses freed objects of another one before anything is done.
	const alien = o => cell.tells && o.freed && o.epoch !== model.epoch;
	const isBorrowed = ({ borrow }) => !!(borrow.mut || borrow.shared || borrow.held);

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
	const panics = (real, more) => (cell.unwinds ? { entry: true, real, then: () => panicked, ...more } : fault(real, undefined, more));
	// What JS throws to Rust that does not catch it. A trap is none of Rust's business; where an instance has been
	// ended, so that Rust knows, it traps.
	const crossing = e => {
		const again = model.dead;
		if (!cell.aborts || isFault(e)) {
			return { is: e, again: again && cell.joined };
		}
		model.die();
		return { critical: e, again };
	};
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
	return {
		slot, store, get, own, object, live, born, stale, alien, isBorrowed,
		value, fault, panics, crossing, withCounter, make, consuming, quiet, called, promised,
	};
}
