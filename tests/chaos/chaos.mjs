// node --expose-gc chaos.mjs --seeds 0-999 --steps 1000 --cell 0.2.130/default
//   --cell CELL      a folder under fixtures/, its target nodejs if none is named; */web also needs Node's
//                    option --experimental-vm-modules, for fresh copies of a module that can be collected
//   --minify NAME    put the glue through this before it is patched; see ../bundlers/minifiers.mjs
//   --break NAME     break the patched glue first; see broken.mjs
//   --program FILE   run this program and no other
//   --first          stop at the first seed that fails
//   --no-shrink      do not look for the smallest program
import fs from "node:fs";
import { parseArgs } from "node:util";
import { cellOf } from "./cell.mjs";
import { generate, shrink } from "./program.mjs";
import { run } from "./run.mjs";

const { values: options } = parseArgs({
	options: {
		seeds: { type: "string", default: "0-999" },
		steps: { type: "string", default: "1000" },
		cell: { type: "string", default: process.env.CHAOS_CELL ?? "0.2.130/default" },
		break: { type: "string" },
		minify: { type: "string" },
		program: { type: "string" },
		first: { type: "boolean", default: false },
		"no-shrink": { type: "boolean", default: false },
	},
});

const cell = await cellOf(options.cell, { breaking: options.break, minifier: options.minify });
const print = ({ seed, config, steps }, { at, error }) =>
	console.log(
		`seed ${seed}, ${steps.length} steps, fails at step ${at}: ${error.stack}\n` +
			`{"seed":${seed},"config":${JSON.stringify(config)},"steps":[\n${steps.map(s => JSON.stringify(s)).join(",\n")}]}`,
	);

if (options.program !== undefined) {
	const program = JSON.parse(fs.readFileSync(options.program, "utf8"));
	const result = await run(cell, program);
	if (result.error) {
		print(program, result);
		process.exitCode = 1;
	}
} else {
	const [from, to = from] = options.seeds.split("-").map(Number);
	const sum = { seeds: 0, failed: 0, instances: 0, faults: 0, stale: 0 };
	for (let seed = from; seed <= to; seed++) {
		const program = generate(seed, Number(options.steps), cell.more);
		const result = await run(cell, program);
		sum.seeds++;
		for (const k of ["instances", "faults", "stale"]) {
			sum[k] += result[k] ?? 0;
		}
		if (result.error) {
			sum.failed++;
			if (sum.failed <= 3) {
				const cut = { ...program, steps: program.steps.slice(0, result.at + 2) };
				const small = options["no-shrink"] ? cut : await shrink(cut, async p => (await run(cell, p)).error !== undefined);
				const again = await run(cell, small);
				print(small, again.error ? again : result);
			} else {
				console.log(`seed ${seed} fails`);
			}
			if (options.first) {
				break;
			}
		}
	}
	console.log(JSON.stringify({ cell: options.cell, ...sum }));
	process.exitCode = sum.failed ? 1 : 0;
}
