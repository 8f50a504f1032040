// One step: an operation is done, to the glue and to the model.
import { isDeepStrictEqual, inspect } from "node:util";
import { Mismatch, fail } from "./expected.mjs";
import { isFault } from "./world.mjs";

export function stepsOf(ops, { cell, config, world, model, events, stale, matches, checkFault }) {
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

	const perform = s => {
		const d = ops[s.op]?.(s);
		if (d === undefined) {
			return;
		}
		const { fired } = world;
		const { aborts, count } = world;
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
		const asked = d.entry && model.due && !model.dead && world.nest === 0;
		world.asked = asked;
		let out;
		try {
			out = { v: d.real(enter) };
		} catch (e) {
			if (e instanceof Mismatch) {
				throw e;
			}
			out = { e };
		}
		world.asked = false;
		world.current.dead ||= asked && config.slow;
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
			const { dead } = model;
			want = d.then(out.v);
			if (!dead && "critical" in want && "e" in out) {
				checkFault(out.e, undefined, s);
			}
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
		if (cell.hooked && world.nest === 0 && want.fault === "RuntimeError" && world.aborts !== aborts + 1) {
			fail(s, `the abort handler ran ${world.aborts - aborts} times`);
		}
		if (want.events !== undefined && !isDeepStrictEqual(events.slice(length), want.events)) {
			fail(s, `events ${inspect(events.slice(length))}, expected ${inspect(want.events)}`);
		}
		return out;
	};
	return { perform, inside };
}
