// What a recovery costs beside a bare `new WebAssembly.Instance` and its start function of the same module,
// and what is left in memory after a thousand of them:
//
//     node tests/bench/recovery.mjs [--json] [--rounds N] [ENGINE…]
//
// ENGINE as for guard.mjs, workerd among them. Published packages (tests/packages) of 25 kB to 18 MB, patched as they are, and
// one of our own fixtures for the memory.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { copyPackage, packagePath, patch, temporaryDirectory } from '../packages/lib.mjs';
import { recoveries } from './recovery-workerd.mjs';
import { cell, engineFlags, root } from './stats.mjs';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { rounds: { type: 'string' }, json: { type: 'boolean' } },
});

// name: [directory in tests/packages, file of the glue]
const packages = {
	lz4: ['lz4-wasm-nodejs', 'lz4_wasm_nodejs.js'],
	'wormhole bridge': ['@certusone/wormhole-sdk-wasm', 'lib/cjs/core-node/bridge.js'],
	rollup: ['rollup-wasm-node-4-68-4', 'dist/wasm-node/bindings_wasm.js'],
	photon: ['silvia-odwyer-photon-node-0-3-4', 'photon_rs.js'],
	loro: ['loro-crdt', 'nodejs/loro_wasm.js'],
	swc: ['@swc/wasm', 'wasm.js'],
};

const folder = temporaryDirectory('reglue-recovery-');
const programs = [];
for (const [name, [directory, file]] of Object.entries(packages)) {
	if (existsSync(join(packagePath(directory), file))) {
		const copy = copyPackage(directory, folder);
		patch(join(copy, file));
		programs.push([name, join(copy, file)]);
	}
}
const fixture = join(folder, 'fixture');
cpSync(join(root, 'fixtures/0.2.92/default/nodejs'), fixture, { recursive: true, dereference: true });
patch(join(fixture, 'reglue_fixture.js'));

const forWeb = join(folder, 'web');
cpSync(join(root, 'fixtures/0.2.130/heap/web'), forWeb, { recursive: true, dereference: true });
patch(join(forWeb, 'reglue_fixture.js'));

const rounds = Number(values.rounds || 41);
const engines = positionals.length ? positionals : [process.execPath];
const run = fileURLToPath(new URL('recovery-run.mjs', import.meta.url));
const results = [];
for (const engine of engines) {
	if (engine === 'workerd') {
		results.push(await recoveries(forWeb, rounds));
		continue;
	}
	const ask = (...args) =>
		JSON.parse(execFileSync(engine, [...engineFlags(engine, { collect: true }), run, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
	const latency = programs.map(([program, file]) => ({ program, ...ask('latency', file, String(rounds)) }));
	const memory = kind => ask(kind, join(fixture, 'reglue_fixture.js'), '1000');
	results.push({ ...memory('memory'), control: memory('control').memory, latency });
}
if (values.json) {
	console.log(JSON.stringify(results, null, '\t'));
} else {
	for (const { engine, latency, memory, control } of results) {
		console.log(`\n${engine}\n\n| module | kB | bare, µs | recovery / bare | control |\n|---|---:|---:|---:|---:|`);
		for (const l of latency) {
			console.log(`| ${l.program} | ${(l.bytes / 1000).toFixed(0)} | ${(l.bare * 1000).toFixed(0)} | ${cell(l.ratio)} | ${cell(l.control)} |`);
		}
		const line = list => list.map(m => `${m.recoveries}: ${(m.rss / 1e6).toFixed(1)}${m.heap === undefined ? '' : ` (heap ${(m.heap / 1e6).toFixed(2)})`}`).join(', ');
		console.log(`\nMB after recoveries: ${line(memory)}\nMB after bare instances: ${line(control)}`);
	}
}
