// The end of a turn: microtasks, and real finalizers.
import { isDeepStrictEqual, inspect } from "node:util";
import { fail } from "./expected.mjs";
import { isFault } from "./world.mjs";

const macrotask = globalThis.setImmediate;
const strays = []; // what reached the process: uncaught exceptions, unhandled rejections
process.on("uncaughtException", e => strays.push(e));
process.on("unhandledRejection", e => strays.push(e));
export const forgetStrays = () => void (strays.length = 0);

export function turnOf({ cell, config, world, api, model, events, starts, store }) {
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
			} else if (x.panics) {
				x.open = false;
				if (x.settled?.e?.name !== "PanicError" && !(died && x.settled?.e instanceof api.PoisonedError)) {
					fail(s, `promise of ${inspect(x, { depth: 1 })} settled as ${inspect(x.settled)}`);
				}
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
			if (f !== undefined && !f.starting) { // one of a start function is seen where that is tried
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
		const startFailed = world.fired?.starting || starts.told.some(mode => /trap|panic/.test(mode) || (cell.aborts && mode === "throw"));
		if ((config.reinit === "eager" || config.slow) && startFailed) {
			return; // the record may be that of a start function that failed since
		}
		if (api.fault?.generation !== generation || (f !== undefined && api.fault.message !== f.error.message)) {
			fail(s, `fault is ${inspect(api.fault)}`);
		}
	};
	return turn;
}
