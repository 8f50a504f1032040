// What the contract promises, as a machine of its own: states, generations, budget. It never asks the glue;
// it is told only which raw call an injected fault hit, and what the start functions were told to do.

export function modelOf({ cell, config, world, starts }) {
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
		due: false, // Rust has asked for a new instance
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
				starts.told.length = 0;
				model.failed++;
				model.failing = model.later = true;
				return { poisoned: true, cause: f.error };
			}
			const mode = starts.told.shift();
			if (mode === "trap" || mode === "panic" || mode === "throw") {
				model.failed++;
				model.failing = true;
				model.later ||= mode !== "throw" || cell.aborts;
				return { poisoned: true };
			}
			model.generation++;
			model.reinits++;
			model.dead = model.exhausted = model.failing = false;
			model.proof = proof;
			model.bumps = model.fired = 0;
			model.stored = undefined;
			model.due = false;
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
				if (model.due && world.nest === 0) {
					model.die();
					model.settled = true;
					return model.attempt(-2);
				}
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
	return model;
}
