// What the guard costs, against unpatched glue and against other designs of a guard:
//
//     node tests/bench/guard.mjs [--rounds N] [--processes N] [--designs ours,naive,…] [--loads add,method,…] [--json] [ENGINE…]
//
// ENGINE is a program (node, bun, deno or a path to one) or the word workerd; without any, those in PATH. Ratios, medians
// with quartiles over the rounds of several processes, for what an engine compiles, and when, differs from
// process to process; 1.00 is the unpatched glue after as many re-instantiations. Absolute times mean nothing
// on a shared machine. Never run as a test.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { wat } from './guard-designs.mjs';
import { compareIn } from './guard-workerd.mjs';
import { cell, engineFlags, spread } from './stats.mjs';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { rounds: { type: 'string' }, processes: { type: 'string' }, designs: { type: 'string' }, loads: { type: 'string' }, json: { type: 'boolean' } },
});

const exists = program => {
	try {
		execFileSync(program, ['--version'], { stdio: 'pipe' });
		return true;
	} catch {
		return false;
	}
};
// An engine compiles code that has known one instance only in another way than code that was hot with all of them:
// a load is called 20 times before an instance is replaced, or, where it is "used", 20,000 times.
const situations = [
	{ name: '0', recoveries: 0, calls: 20 },
	{ name: '8', recoveries: 8, calls: 20 },
	{ name: '8, used', recoveries: 8, calls: 20_000 },
	{ name: '1,000', recoveries: 1000, calls: 20 },
];
const engines = positionals.length ? positionals : [process.execPath, 'bun', 'deno'].filter(exists);
const folder = mkdtempSync(join(tmpdir(), 'reglue-bench-'));
const module = join(folder, 'guard.wasm');
const run = fileURLToPath(new URL('guard-run.mjs', import.meta.url));

const ask = (engine, args) =>
	JSON.parse(execFileSync(engine, [...engineFlags(engine), run, module, ...args], {
		encoding: 'utf8',
		maxBuffer: 1 << 26,
		stdio: ['ignore', 'pipe', 'inherit'],
	}));

// What several processes have measured, as one.
const joined = outs => {
	const [{ engine, loads, recovery }] = outs;
	const result = { engine, loads: {} };
	for (const load of Object.keys(loads)) {
		result.loads[load] = {};
		for (const design of Object.keys(loads[load])) {
			const all = k => outs.flatMap(out => out.loads[load][design][k]);
			result.loads[load][design] = { ...spread(all('ratios')), ns: spread(all('ns')).median };
		}
	}
	if (recovery) {
		result.recovery = {
			...spread(outs.flatMap(out => out.recovery.ratios)),
			bare: spread(outs.flatMap(out => out.recovery.bare)).median,
		};
	}
	return result;
};

try {
	writeFileSync(join(folder, 'guard.wat'), wat);
	execFileSync('wat2wasm', [join(folder, 'guard.wat'), '-o', module]);
	const results = [];
	for (const engine of engines) {
		const runs = [];
		for (const { recoveries, calls, name } of situations) {
			const args = [recoveries, calls, values.rounds || '15', values.designs || 'all', values.loads || 'all'];
			const outs = [];
			for (let i = 0; i < Number(values.processes || 5); i++) {
				outs.push(engine === 'workerd' ? await compareIn(folder, ...args) : ask(engine, args));
			}
			runs.push({ recoveries: name, ...joined(outs) });
		}
		results.push(runs);
	}
	if (values.json) {
		console.log(JSON.stringify(results, null, '\t'));
	} else {
		for (const runs of results) {
			const designs = Object.keys(Object.values(runs[0].loads)[0]).filter(d => d !== 'unpatched');
			console.log(`\n${runs[0].engine}\n`);
			console.log(`| load | recoveries | unpatched, ns | ${designs.join(' | ')} |`);
			console.log(`|---|---:|---:|${designs.map(() => '---:|').join('')}`);
			for (const load of Object.keys(runs[0].loads)) {
				for (const { recoveries, loads } of runs) {
					const byDesign = loads[load];
					const ns = byDesign.unpatched.ns.toFixed(1);
					console.log(`| ${load} | ${recoveries} | ${ns} | ${designs.map(d => cell(byDesign[d])).join(' | ')} |`);
				}
			}
			const { recovery } = runs.find(r => r.recovery) || {};
			if (recovery) {
				console.log(
					`\nrecovery / bare instance and start: ${cell(recovery)}, ` +
						`${(recovery.bare * 1000).toFixed(0)} µs bare`,
				);
			}
		}
	}
} finally {
	rmSync(folder, { recursive: true });
}
