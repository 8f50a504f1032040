// Promises that Rust settles. What becomes of them is seen at the end of a turn (turn.mjs).

export function promisesOf({ cell, m, model, born, promised }) {
	return {
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
		asyncPanic: s => promised(s, () => m.async_panic(), cell.unwinds ? { panics: true } : { traps: true, now: true }),
		spawn: s => ({
			entry: true,
			real: () => m.spawn(5, s.n),
			then() {
				model.pending.push(born({ open: true, task: s.n, sleeps: true }));
				return { v: undefined };
			},
		}),
	};
}
