// R7: no finalizer ever enters wasm with a pointer of another generation.
import assert from "node:assert/strict";
import { calls, caught, collect, each, few, has, minor } from "./lib.mjs";

// Constructors of 0.2.91 and 0.2.92 forget to register what they make; unpatched glue leaks it too.
const finalizes = cell => has("weakrefs")(cell) && ![91, 92].includes(minor(cell));

/*
 * Every raw call that frees something, in every instance, with garbage of all generations collected at
 * odd times: in the generation that made it, in a later one, and while the instance is poisoned.
 */
each(
	"R7: 40 generations of garbage, and every free is of its own generation's pointer",
	async ({ m, api, hooks, trace }) => {
		const generations = 40;
		const dropped = [];
		hooks.onDrop = id => dropped.push(id);
		const make = n => {
			for (let i = 0; i < 20; i++) {
				new m.Tracked(n * 100 + i);
				new m.Counter(n);
				m.make_callback();
			}
		};
		// In the next generation these hold the numbers that the garbage of the one before had.
		let guards = [];
		const freeing = events => calls(events).filter(({ name }) => /free|destroy|drop|table/.test(name));
		let frees = 0;
		for (let n = 0; n < generations; n++) {
			const since = trace.mark();
			guards = Array.from({ length: 30 }, (_, i) => new m.Tracked(n * 100 + 50 + i));
			make(n);
			await collect(undefined, n % 4 === 0 ? 2 : 0);
			assert.deepEqual(guards.map(o => o.id), Array.from({ length: 30 }, (_, i) => n * 100 + 50 + i));
			assert.deepEqual(calls(since()).filter(call => call.n !== n), []);
			frees += freeing(since()).length;
			caught(() => m.trap());
			const poisoned = trace.mark();
			await collect(undefined, n % 4 === 1 ? 2 : 0);
			assert.deepEqual(poisoned(), []);
			assert.equal(m.bump(), 1);
			const next = trace.mark(); // nothing was made in this generation yet
			await collect(undefined, n % 4 >= 2 ? 2 : 0);
			assert.deepEqual(next(), []);
			for (const id of dropped.splice(0)) {
				assert.equal(Math.floor(id / 100), n, `${id} was dropped in generation ${n}`);
				assert.ok(id % 100 < 20, `${id} was alive`);
			}
			trace.forget();
		}
		assert.equal(api.generation, generations);
		assert.ok(frees > 100, `${frees} finalizers ran`);
	},
	{ needs: cell => finalizes(cell) && few(cell) },
);
