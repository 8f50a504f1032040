// One engine's share of guard.mjs: node|bun|deno guard-run.mjs MODULE.wasm RECOVERIES CALLS ROUNDS DESIGNS LOADS
// → JSON. CALLS: of each load, before an instance is replaced.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { engine, now } from './clock.mjs';
import { calls, chosen, subjectsOf } from './guard-designs.mjs';
import { compare } from './interleave.mjs';

const [file, recoveries, count, rounds, wanted, wantedLoads] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const names = chosen(wanted);

const result = { engine, loads: {} };

const subjects = subjectsOf(names, module, Number(recoveries), Number(count));
for (const load of Object.keys(subjects.unpatched.loads)) {
	if (wantedLoads === 'all' || wantedLoads.split(',').includes(load)) {
		const rotation = /rotation/.test(load); // 400 functions to compile
		const found = await compare(subjects, load, rounds, rotation ? 1500 : 80);
		for (const d of names) {
			found[d].ns = found[d].ns.map(v => v / calls(load));
		}
		result.loads[load] = found;
	}
}

if (wantedLoads === 'all' && recoveries === '1000' && names.includes('ours')) {
	// One recovery against a bare instance and its start function.
	const times = { unpatched: [], ours: [] };
	for (let r = 0; r < rounds * 4; r++) {
		for (const d of r % 2 ? ['unpatched', 'ours'] : ['ours', 'unpatched']) {
			const t = now();
			for (let i = 0; i < 20; i++) {
				subjects[d].recover();
			}
			times[d].push((now() - t) / 20);
		}
	}
	result.recovery = { ratios: times.ours.map((v, i) => v / times.unpatched[i]), bare: times.unpatched };
}
console.log(JSON.stringify(result));
