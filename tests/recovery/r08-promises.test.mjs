// R8: no promise hangs.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
	caught, each, few, inChild, load, never, plain, recover, rejected, sleep,
} from "./lib.mjs";

const makers = {
	async_await: m => m.async_await(never()),
	promise_of: m => m.promise_of(never()),
	async_sleep: m => m.async_sleep(3000, 1),
};

each("R8: pending promises are rejected as their generation dies", async glue => {
	const { m, api } = glue;
	for (let n = 0; n < 2; n++) {
		for (const [name, make] of Object.entries(makers)) {
			const pending = [make(m), make(m)];
			await sleep(2);
			const was = api.stats.rejectedPromises;
			const original = caught(() => m.trap());
			const errors = await Promise.all(pending.map(rejected));
			for (const e of errors) {
				assert.ok(e instanceof api.PoisonedError, `${name}: ${e}`);
				assert.equal(e.cause, original);
				assert.equal(e.fault.export, "trap");
			}
			assert.ok(api.stats.rejectedPromises >= was + 2);
			assert.equal(m.bump(), 1);
			assert.equal(await m.async_add(1, 2), 3);
		}
	}
});

test("R8: the same promises hang in unpatched glue", async () => {
	const { m } = await load(plain(), { original: true });
	const p = m.async_await(never());
	await sleep(2);
	caught(() => m.trap());
	assert.equal(await Promise.race([p, sleep(20).then(() => "hangs")]), "hangs");
});

each("R8: settled promises are neither rejected nor kept", async glue => {
	const { m, api } = glue;
	assert.equal(await m.async_greet("x"), "Hello, x!");
	assert.equal(await rejected(m.async_err("mine")), "mine");
	const value = { mine: true };
	assert.equal(await m.async_sleep(1, value), value);
	await sleep(2);
	recover(glue);
	assert.equal(api.stats.rejectedPromises, 0);
});

each(
	"R8: a fire-and-forget call does not end the process",
	async ({ cell }) => {
		const { status, answer, text } = await inChild(cell, async ({ m, api, caught, never, sleep, print }) => {
			m.async_await(never());
			m.promise_of(never());
			await sleep(2);
			caught(() => m.trap());
			await sleep(10);
			print([m.add(1, 2), api.stats.rejectedPromises >= 2]);
		});
		assert.deepEqual(answer, [3, true], text);
		assert.equal(status, 0, text);
	},
	{ needs: few },
);

each("R8: a promise in flight over a reinit by hand", async glue => {
	const { m, api } = glue;
	const p = m.async_await(never());
	await sleep(2);
	api.reinit();
	assert.ok((await rejected(p)) instanceof api.PoisonedError);
	assert.equal(await m.async_add(1, 2), 3);
});

