// Runs a program over patched glue, step by step, beside a model of what the contract promises.
import { expectedOf } from "./expected.mjs";
import { modelOf } from "./model.mjs";
import { classesOf } from "./operations/classes.mjs";
import { closuresOf } from "./operations/closures.mjs";
import { commonOf } from "./operations/common.mjs";
import { failuresOf } from "./operations/failures.mjs";
import { functionsOf } from "./operations/functions.mjs";
import { promisesOf } from "./operations/promises.mjs";
import { stepsOf } from "./step.mjs";
import { forgetStrays, turnOf } from "./turn.mjs";
import { load } from "./world.mjs";

export async function run(cell, program) {
	const config = { ...program.config, slow: program.config.slow && cell.target === "web" };
	const events = [];
	const starts = { next: "none", told: [] }; // what each start function was told to do, the oldest first
	const hooks = world => ({
		onStart() {
			const mode = starts.next;
			starts.next = "none";
			starts.told.push(mode);
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
	starts.told.length = 0;
	api.configure({ reinit: config.reinit, budget: config.budget, staleClosures: config.staleClosures });
	if (config.hook) {
		api.on("fault", () => {});
	}

	const model = modelOf({ cell, config, world, starts });
	const parts = { cell, config, world, m, api, events, starts, model };
	Object.assign(parts, commonOf(parts));
	Object.assign(parts, expectedOf(parts));
	const ops = {};
	Object.assign(parts, stepsOf(ops, parts));
	for (const theme of [classesOf, closuresOf, functionsOf, failuresOf, promisesOf]) {
		Object.assign(ops, theme(parts));
	}
	const { store, born, perform, all } = parts;
	const turn = turnOf(parts);
	forgetStrays();
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
