// 1,000 random programs against the oracle, and the proof that it would see a broken runtime.
// CHAOS_STEPS for longer programs, CHAOS_SEEDS for more of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { breakings } from "./broken.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const seeds = Number(process.env.CHAOS_SEEDS ?? 1000);
const steps = process.env.CHAOS_STEPS ?? "200";

function chaos(...args) {
	const run = spawnSync(process.execPath, ["--expose-gc", path.join(here, "chaos.mjs"), ...args], {
		encoding: "utf8",
		timeout: 600_000,
		maxBuffer: 1 << 26,
	});
	if (run.error) {
		throw run.error;
	}
	return run;
}

const cells = ["0.2.130/default", "0.2.92/default", "0.2.100/heap", "0.2.114/default"];
cells.forEach((cell, i) => {
	const [from, to] = [i, i + 1].map(n => Math.floor((seeds * n) / cells.length));
	test(`R1-R9: seeds ${from} to ${to - 1} behave as the contract says (${cell})`, () => {
		const run = chaos("--seeds", `${from}-${to - 1}`, "--steps", steps, "--cell", cell);
		assert.equal(run.status, 0, run.stdout + run.stderr);
		const sum = JSON.parse(run.stdout.trim().split("\n").at(-1));
		assert.equal(sum.seeds, to - from);
		assert.ok(sum.faults > sum.seeds && sum.stale > sum.seeds, `${sum.faults} faults, ${sum.stale} stale objects`);
	});
});

for (const name of Object.keys(breakings)) {
	test(`the oracle sees glue without: ${name}`, () => {
		const run = chaos("--seeds", "0-199", "--steps", "300", "--cell", "0.2.130/default", "--break", name, "--first", "--no-shrink");
		assert.match(run.stdout, /^seed \d+, .* fails at step/m, run.stderr);
		assert.equal(run.status, 1, run.stdout);
	});
}
