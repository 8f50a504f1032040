// R9: a fault outside any caller is not lost and not fatal.
import assert from "node:assert/strict";
import { caught, each, few, inChild } from "./lib.mjs";

/* What a process sees of faults that nobody called for. `start` runs in the child. */
async function watch(cell, start, { hook = false, original = false } = {}) {
	const body = async ({ m, api, caught, rejected, sleep, print, process }, start, hook) => {
		const seen = { told: 0, uncaught: [], unhandled: [] };
		process.on("uncaughtException", e => seen.uncaught.push(e.name ?? e.constructor.name));
		process.on("unhandledRejection", e => seen.unhandled.push(e.name ?? e.constructor.name));
		if (hook) {
			api.on("fault", () => seen.told++);
		}
		seen.answer = await start({ m, api, caught, rejected, sleep });
		await sleep(30);
		print({ ...seen, faults: api?.stats.faults, bump: m.bump(), generation: api?.generation });
	};
	const run = await inChild(cell, body, { original, args: [start, hook] });
	assert.notEqual(run.answer, undefined, run.text);
	return run.answer;
}

const nobody = {
	"a task": ({ m }) => m.spawn_panic(1),
	"a timer": ({ m }) => m.schedule_panic(1),
};

for (const [name, start] of Object.entries(nobody)) {
	each(
		`R9: a fault in ${name} is told to the hook, once, and ends nothing`,
		async ({ cell }) => {
			const seen = await watch(cell, start, { hook: true });
			assert.deepEqual(seen, {
				told: 1, uncaught: [], unhandled: [], faults: 1, bump: 1, generation: 1,
			});
		},
		{ needs: few },
	);
	each(
		`R9: a fault in ${name} that nobody hears of is thrown, as in unpatched glue`,
		async ({ cell }) => {
			const { uncaught, unhandled } = await watch(cell, start, { original: true });
			assert.equal(uncaught.length + unhandled.length, 1);
			const seen = await watch(cell, start);
			assert.deepEqual([seen.uncaught, seen.unhandled], [uncaught, unhandled]);
			assert.equal(seen.faults, 1);
			assert.equal(seen.bump, 1);
		},
		{ needs: few, requires: name === "a timer" ? ["strays"] : [] },
	);
}

const rejections = {
	"before the first await": ({ m, rejected, api }) =>
		rejected(m.async_panic()).then(e => [e instanceof api.PoisonedError, e.cause?.constructor.name]),
	"after an await": ({ m, rejected, api }) =>
		rejected(m.async_trap_later(1)).then(e => [
			e instanceof api.PoisonedError,
			e.cause?.constructor.name,
		]),
};

for (const [name, start] of Object.entries(rejections)) {
	each(
		`R9: a fault of an async function ${name} rejects its promise and ends nothing`,
		async ({ cell }) => {
			for (const hook of [false, true]) {
				const seen = await watch(cell, start, { hook });
				assert.deepEqual(seen, {
					told: hook ? 1 : 0,
					uncaught: [],
					unhandled: [],
					answer: [true, "RuntimeError"],
					faults: 1,
					bump: 1,
					generation: 1,
				});
			}
		},
		{ needs: few },
	);
}

each("R9: a closure that user code calls has a caller, hook or not", ({ m, api }) => {
	let told = 0;
	api.on("fault", () => told++);
	const callback = m.make_failing_callback();
	assert.ok(caught(() => callback("panic")) instanceof WebAssembly.RuntimeError);
	assert.equal(told, 1);
	assert.equal(m.bump(), 1);
});
