// One engine's share of guard.mjs: node|bun|deno guard-run.mjs MODULE.wasm RECOVERIES ROUNDS DESIGNS LOADS
// → JSON.
//
// All designs live in one process. A round times each of them once for a few milliseconds, in an order
// that turns; what counts is (design / unpatched in the same round), so what slows the machine for a while
// slows both.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { EXPORTS, designs } from './guard-designs.mjs';

const [file, recoveries, rounds, wanted, wantedLoads] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const names = Object.keys(designs).filter(d => wanted === 'all' || d === 'unpatched' || wanted.split(',').includes(d));
// Time of this process on a processor, where the engine tells: what others do does not count.
const now = () => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
};

const SLICE = 1.5; // ms: shorter than a time slice of a busy machine

const compare = (subjects, load) => {
	const counts = {};
	for (const d of names) {
		const f = subjects[d].loads[load];
		let n = 64;
		// Warm, and find how many make a slice. The rotation is 400 functions to compile.
		for (let spent = 0; spent < (/rotation/.test(load) ? 1500 : 80); ) {
			const t = now();
			f(n);
			const took = now() - t;
			spent += took;
			if (took < SLICE / 2) n *= 2;
		}
		counts[d] = n;
	}
	const ns = {};
	names.forEach(d => (ns[d] = []));
	for (let r = 0; r < rounds; r++) {
		for (let i = 0; i < names.length; i++) {
			const d = names[(i + r) % names.length];
			const f = subjects[d].loads[load];
			const t = now();
			f(counts[d]);
			ns[d].push(((now() - t) * 1e6) / counts[d]);
		}
	}
	const out = {};
	for (const d of names) {
		out[d] = {
			ratios: ns[d].map((v, i) => v / ns.unpatched[i]),
			ns: ns[d].map(v => v / (/rotation/.test(load) ? EXPORTS : 1)),
		};
	}
	return out;
};

const result = { engine: '', loads: {} };
result.engine =
	typeof Bun !== 'undefined' ? 'Bun ' + Bun.version : typeof Deno !== 'undefined' ? 'Deno ' + Deno.version.deno : 'Node ' + process.versions.node;

// Each instance does some of every load, as in a program that fails now and then. One number of
// recoveries a process: V8 knows for all objects of a shape together whether a field was ever written.
const subjects = {};
for (const d of names) {
	subjects[d] = designs[d](module);
	for (let i = 0; i <= recoveries; i++) {
		if (i > 0) {
			subjects[d].recover();
		}
		for (const load of Object.values(subjects[d].loads)) {
			load(i === 0 ? 200 : 20);
		}
	}
}
for (const load of Object.keys(subjects.unpatched.loads)) {
	if (wantedLoads === 'all' || wantedLoads.split(',').includes(load)) {
		result.loads[load] = compare(subjects, load);
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
