// 1,000 random programs of 1,000 steps against the oracle, and the proof that it would see a broken
// runtime: some three minutes of one core. CHAOS_STEPS for other programs, CHAOS_SEEDS for more of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { breakings, breakingsOfUpstream } from "./broken.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const seeds = Number(process.env.CHAOS_SEEDS ?? 1000);
const steps = process.env.CHAOS_STEPS ?? "1000";

// What wasm-bindgen makes to catch exceptions asks for instructions that Node.js has had since 22.
const own = process.execPath;
const engines = path.join(here, "../engines/node_modules");
const newer = WebAssembly.JSTag === undefined ? path.join(engines, "node24/bin/node") : own;
const nodeFor = cell => (/abort-|unwind/.test(cell) ? newer : own);

function chaos(...args) {
	const node = nodeFor(args[args.indexOf("--cell") + 1]);
	const flags = ["--expose-gc", "--experimental-vm-modules", "--no-warnings"];
	return execute(node, ...flags, path.join(here, "chaos.mjs"), ...args);
}

function execute(program, ...args) {
	const run = spawnSync(program, args, {
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
	// Of wasm-bindgen's own machinery.
	"0.2.130/reinit/nodejs",
	"0.2.130/abort-handler/nodejs",
	"0.2.127/abort-handler/web",
	"0.2.130/unwind/web",
	"0.2.114/unwind/nodejs",
	"0.2.127/unwind-alone/web",
	"0.2.130/abort-alone/nodejs",
];
function behave(from, to, steps, cell, ...more) {
	behaved(to - from, chaos("--seeds", `${from}-${to - 1}`, "--steps", steps, "--cell", cell, ...more));
}

function behaved(seeds, run) {
	assert.equal(run.status, 0, run.stdout + run.stderr);
	const sum = JSON.parse(run.stdout.trim().split("\n").at(-1));
	assert.equal(sum.seeds, seeds);
	assert.ok(sum.faults > sum.seeds && sum.stale > sum.seeds, `${sum.faults} faults, ${sum.stale} stale objects`);
}

cells.forEach((cell, i) => {
	const [from, to] = [i, i + 1].map(n => Math.floor((seeds * n) / cells.length));
	test(`R1-R9, R14: seeds ${from} to ${to - 1} behave as the contract says (${cell})`, () => {
		behave(from, to, steps, cell);
	});
});

/* Patched after a minifier, which leaves no name and moves closures, promises and state about. */
const minified = {
	terser: "0.2.130/default/nodejs",
	swc: "0.2.92/reftypes/web",
	bun: "0.2.130/heap/web",
	rolldown: "0.2.114/default/web",
	esbuild: "0.2.127/unwind-alone/web",
};
Object.entries(minified).forEach(([minifier, cell], i) => {
	test(`R1-R9: the same of minified glue (${minifier}, ${cell})`, () => {
		const from = 1000 + 20 * i;
		behave(from, from + 20, "300", cell, "--minify", minifier);
	});
});

/* SpiderMonkey, and JSC as Bun and as browsers have it. */
const others = {
	bun: ["0.2.130/default/nodejs", "0.2.92/reftypes/nodejs", "0.2.130/unwind/nodejs"],
	firefox: ["0.2.130/heap/web", "0.2.92/default/nodejs", "0.2.130/abort-handler/web"],
	webkit: ["0.2.130/default/web", "0.2.87/reftypes/nodejs", "0.2.130/reinit/web"],
};
for (const [engine, among] of Object.entries(others)) {
	among.forEach((cell, i) => {
		test(`R1-R9, R14: the same in another engine (${engine}, ${cell})`, () => {
			const [from, to] = [2000 + 20 * i, 2019 + 20 * i];
			behaved(20, engine === "bun"
				? execute(path.join(engines, "@oven/bun-linux-x64-baseline/bin/bun"), path.join(here, "chaos.mjs"),
					"--seeds", `${from}-${to}`, "--steps", "300", "--cell", cell)
				: execute(nodeFor(cell), path.join(here, "page.mjs"), engine, `${from}-${to}`, "300", cell));
		});
	});
}

for (const [variant, ways] of Object.entries({ default: breakings, ...breakingsOfUpstream })) {
	for (const name of Object.keys(ways)) {
		test(`the oracle sees ${variant} glue without: ${name}`, () => {
			const cell = `0.2.130/${variant}/nodejs`;
			const run = chaos("--seeds", "0-199", "--steps", "300", "--cell", cell, "--break", name, "--first", "--no-shrink");
			assert.match(run.stdout, /^seed \d+, .* fails at step/m, run.stderr);
			assert.equal(run.status, 1, run.stdout);
		});
	}
}
