// What ends an instance: faults of every kind, and what the API does by itself.
import { error } from "./common.mjs";

export function failuresOf({ cell, config, world, m, api, model, starts, own, value, fault, panics }) {
	const { leaks } = cell;
	const failing = (s, f, how = fault) => {
		const o = own("Counter", s.a);
		return o && {
			...how(() => f(o)),
			check: [o],
			then() {
				const busy = o.borrow.mut || o.borrow.shared;
				o.borrow.held ||= !o.freed && busy && leaks.share;
				if (o.freed || busy) {
					return error;
				}
				o.value++; // before it fails
				return how().then();
			},
		};
	};
	return {
		panic: () => panics(() => m.panic("as told")),
		trap: () => fault(() => m.trap()),
		oob: () => fault(() => m.oob_load()),
		shadow: () => fault(() => m.recurse_shadow(100_000)),
		stack: () => fault(() => m.recurse_js(16_000_000), "stack"),
		wrongSignature: () => fault(() => m.wrong_signature()),
		panicString: () => panics(() => m.panic_string("as told")),
		panicResult: () => panics(() => m.panic_result("as told")),
		panicMut: s => failing(s, o => o.js.panic_mut("as told"), panics),
		trapMut: s => failing(s, o => o.js.trap_mut()),
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
		scheduleReinit: () => value(() => m.schedule_reinit(), () => void (model.due = true)),
		configure: () => ({ real: () => api.configure({}), then: () => (model.refill(), { v: undefined }) }),
		startMode(s) {
			starts.next = ["none", "make", "make", "trap", "panic", "throw"][s.n % 6];
		},
	};
}
