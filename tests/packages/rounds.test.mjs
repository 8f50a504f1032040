// Bad, good, bad, good … for as long as ROUNDS says (300 here; the full run is ROUNDS=10000, seven
// minutes). Most packages survive one failure and die of the second or the five-thousandth, so only a
// loop tells a cure from luck. Those that wear out always run past the point where they used to die.
//
// Memory is flat when what stays after a full collection does not grow. It is sampled 24 times; the
// highest sample of the first quarter is compared with the lowest of the last, so a leak of n bytes a
// round shows up as at least n × rounds / 2, and no single odd sample matters. `external` counts a
// wasm memory at its full size, more than 1 MB for every package here, touched or not.
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { cases, findCase } from "./cases.mjs";
import { copyPackage, patch, runChild, temporaryDirectory } from "./lib.mjs";

const root = temporaryDirectory();
const ROUNDS = Number(process.env.ROUNDS ?? 300);
const MB = 1 << 20;
const tolerance = { external: 4 * MB, heapUsed: 4 * MB, rss: 24 * MB };

const patched = (one) => path.join(root, one.directory, one.file);

/* Growth from the first quarter to the last, in bytes, for each measure. */
function growth(samples) {
	const quarter = samples.length / 4;
	const grown = {};
	for (const measure of Object.keys(tolerance)) {
		const values = samples.map((sample) => sample[measure]);
		grown[measure] = Math.min(...values.slice(-quarter)) - Math.max(...values.slice(0, quarter));
	}
	return grown;
}

async function run(one, count, ...more) {
	const child = await runChild("child.mjs", ["rounds", one.name, patched(one), count, ...more],
		{ flags: ["--expose-gc"], timeout: 3_600_000 });
	assert.equal(child.status, 0, `the child ended with ${child.status ?? child.signal}: ${child.stderr}`);
	return child.lines[0];
}

for (const one of cases) {
	const count = Math.max(ROUNDS, one.dies === "at once" ? 0 : one.dies);
	describe(`${one.name}, ${count} rounds`, () => {
		before(() => {
			copyPackage(one.directory, root);
			patch(patched(one));
		});

		test("R5: every good call is right, every bad one fails as the first did, memory is flat", async (t) => {
			const result = await run(one, count);
			const grown = growth(result.memory);
			const inMB = Object.entries(grown).map(([measure, bytes]) => `${measure} ${(bytes / MB).toFixed(1)} MB`);
			t.diagnostic(`${(result.milliseconds / count).toFixed(2)} ms a round; growth: ${inMB.join(", ")}`);
			assert.deepEqual(result.wrong, [], "wrong answers");
			// A wide allowance would hide a defect: only the case that says so may fail, and so often.
			const allowed = one.fails ? one.fails * Math.ceil(count / one.dies) : 0;
			assert.ok(result.failures.length <= allowed, `good calls failed: ${JSON.stringify(result.failures)}`);
			assert.equal(result.good + result.failures.length, count);
			const kinds = Object.keys(result.bad).filter((kind) => !one.fails || kind !== "stack exhausted");
			assert.equal(kinds.length, 1, `one kind of failure, not ${JSON.stringify(result.bad)}`);
			assert.notEqual(kinds[0], "returned");
			assert.equal(result.stale, one.make ? count : 0);
			if (!one.fails) {
				assert.equal(result.generation, one.error ? 0 : count, "one recovery for each fault");
			}
			for (const [measure, bytes] of Object.entries(grown)) {
				if (one.fails) {
					continue; // no new instance for thousands of rounds, so what Rust itself leaks stays
				}
				assert.ok(bytes <= tolerance[measure], `${measure} grew by ${(bytes / MB).toFixed(1)} MB`);
			}
		});
	});
}

test("control: one kept memory a round is seen as growth", async () => {
	const one = findCase("lz4-wasm-nodejs 0.9.2");
	const result = await run(one, 60, "leak");
	assert.ok(growth(result.memory).external > tolerance.external, JSON.stringify(growth(result.memory)));
});
