// What other cures of the same illness cost, on real glue of our crate (fixtures/0.2.130, nodejs):
//
//     node tests/bench/cures.mjs [--rounds N] [--processes N] [--json] [ENGINE…]
//
// `reset-state` and `abort-handler` are wasm-bindgen's own output under those flags, `workers-rs` the shim that
// workers-rs 0.6 puts around classes and functions (re-created in cures-loads.mjs) over reset-state glue, as there;
// `joined` is reset-state glue that reglue has patched. Ratios to the plain glue, medians with quartiles over the
// rounds of several processes; ENGINE as for guard.mjs, or one of the words workerd,
// chromium, firefox and webkit. Never run as a test.
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { browsers } from '../engines/browsers.mjs';
import { patch, temporaryDirectory } from '../packages/lib.mjs';
import { compareIn as compareInBrowser } from './cures-browser.mjs';
import { compareIn } from './cures-workerd.mjs';
import { cell, engineFlags, root, spread } from './stats.mjs';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { rounds: { type: 'string' }, processes: { type: 'string' }, json: { type: 'boolean' } },
});

const glues = {
	unpatched: 'default', control: 'default', reglue: 'default', 'reset-state': 'reset-state',
	'abort-handler': 'abort-handler', joined: 'reset-state', 'workers-rs': 'reset-state',
};
const subjects = Object.keys(glues);
const cures = subjects.slice(2);
const gluesFor = target => {
	const folder = temporaryDirectory('reglue-cures-');
	for (const [name, flags] of Object.entries(glues)) {
		cpSync(join(root, 'fixtures/0.2.130', flags, target), join(folder, name), { recursive: true, dereference: true });
	}
	patch(join(folder, 'reglue/reglue_fixture.js'));
	patch(join(folder, 'joined/reglue_fixture.js'));
	return folder;
};

const rounds = Number(values.rounds || 15);
const processes = Number(values.processes || 5);
const run = fileURLToPath(new URL('cures-run.mjs', import.meta.url));

// [{ engine, loads }], a process each
const askEngine = program => {
	const folder = gluesFor('nodejs');
	return cures.flatMap(cure => Array.from({ length: processes }, () => {
		const { status, stdout, stderr } = spawnSync(program, [...engineFlags(program), run, folder, String(rounds), cure], { encoding: 'utf8' });
		if (status === 0) {
			return JSON.parse(stdout);
		}
		// Its wasm wants a newer engine.
		if (cure === 'abort-handler' && /CompileError/.test(stderr)) {
			return undefined;
		}
		throw new Error(`${program}, ${cure}: ${stderr}`);
	}).filter(Boolean));
};

const askWorkerd = async () => {
	const folder = gluesFor('web');
	const runs = [];
	for (let i = 0; i < processes; i++) {
		runs.push(await compareIn(folder, rounds, subjects));
	}
	return runs;
};

const askBrowser = async name => {
	const folder = gluesFor('web');
	const runs = [];
	for (const cure of cures) {
		for (let i = 0; i < processes; i++) {
			runs.push(await compareInBrowser(name, folder, rounds, cure));
		}
	}
	return runs;
};

const results = [];
for (const program of positionals.length ? positionals : [process.execPath]) {
	const runs = program === 'workerd' ? await askWorkerd() : program in browsers ? await askBrowser(program) : askEngine(program);
	const rows = Object.keys(runs[0].loads).map(load => ({
		load,
		...Object.fromEntries(subjects.flatMap(subject => {
			const all = key => runs.flatMap(({ loads }) => (loads[load][subject] ? loads[load][subject][key] : []));
			return all('ns').length ? [[subject, { ...spread(all('ratios')), ns: spread(all('ns')).median }]] : [];
		})),
	}));
	results.push({ engine: runs[0].engine, rows });
}

if (values.json) {
	console.log(JSON.stringify(results, null, '\t'));
} else {
	for (const { engine, rows } of results) {
		const seen = subjects.filter(k => k !== 'unpatched' && rows[0][k]);
		console.log(`\n${engine}\n\n| load | ns | ${seen.join(' | ')} |\n|---|---:|${seen.map(() => '---:|').join('')}`);
		for (const row of rows) {
			console.log(`| ${row.load} | ${row.unpatched.ns.toFixed(1)} | ${seen.map(s => cell(row[s])).join(' | ')} |`);
		}
	}
}
