// Rust closures that JS holds, timers among them.
import { error } from "./common.mjs";

export function closuresOf({ cell, config, world, m, model, store, get, live, born, quiet, called }) {
	return {
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
				if (how === "panic" && cell.unwinds) {
					return { type: "PanicError" };
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
					if (meta.panics && cell.unwinds) {
						return { type: "PanicError" };
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
	};
}
