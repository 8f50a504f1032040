// 1,000 random programs of 1,000 steps against the oracle, and the proof that it would see a broken
// runtime: some three minutes of one core. CHAOS_STEPS for other programs, CHAOS_SEEDS for more of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { breakings } from "./broken.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const seeds = Number(process.env.CHAOS_SEEDS ?? 1000);
const steps = process.env.CHAOS_STEPS ?? "1000";

function chaos(...args) {
	const flags = ["--expose-gc", "--experimental-vm-modules", "--no-warnings"];
	const run = spawnSync(process.execPath, [...flags, path.join(here, "chaos.mjs"), ...args], {
		encoding: "utf8",
		timeout: 600_000,
		maxBuffer: 1 << 26,
	});
	if (run.error) {
		throw run.error;
	}
	return run;
}

const cells = [
	"0.2.130/default/nodejs",
	"0.2.130/heap/web",
	"0.2.92/default/nodejs",
	"0.2.92/reftypes/web",
	"0.2.100/heap/nodejs",
	"0.2.114/default/web",
	"0.2.130/reset-state/nodejs",
	"0.2.63/default/web", // has no initSync()
];
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
		const run = chaos("--seeds", "0-199", "--steps", "300", "--cell", "0.2.130/default/nodejs", "--break", name, "--first", "--no-shrink");
		assert.match(run.stdout, /^seed \d+, .* fails at step/m, run.stderr);
		assert.equal(run.status, 1, run.stdout);
	});
}
