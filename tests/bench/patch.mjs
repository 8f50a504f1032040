// What patching costs: whole processes, in processor time, against a bare tree-sitter parse in the same
// round, and by the clock against other tools that make one rewrite; for published packages, and as files and folders grow.
//
//     node tests/bench/patch.mjs [--short] [peers published growth folders skipped] > patch.json
//
// Wants npm ci --ignore-scripts in tests/bench for the other tools; without it they are left out.
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { copyPackage, packagePath } from '../packages/lib.mjs';
import { glueOfSize } from './glue.mjs';
import { cost, root, spread } from './stats.mjs';

const short = process.argv.includes('--short'); // minutes instead of half an hour
const wanted = process.argv.slice(2).filter(a => !a.startsWith('-')); // all parts, unless some are named
const wants = part => wanted.length === 0 || wanted.includes(part);
const rounds = short ? 3 : 7;
const tool = process.env.REGLUE || path.join(root, 'build/reglue');
const bare = process.env.BARE || path.join(root, 'build/tests/bench/bare_parse');
const here = path.dirname(fileURLToPath(import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), 'reglue-patch-'));
// Tools are compared where writing costs no more than the tool: a disk takes a millisecond for a new file, another for
// its fsync, which only reglue does, and strays by as much.
const memory = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/reglue-patch-') : folder;
process.on('exit', () => [folder, memory].forEach(one => rmSync(one, { recursive: true, force: true })));

const glue = (bytes, where = folder) => {
	const file = path.join(where, `glue-${bytes}.js`);
	if (!existsSync(file)) {
		writeFileSync(file, glueOfSize(bytes));
	}
	return file;
};
const result = { rounds, peerRounds: short ? 1 : 3 };
// Other tools: their commands as users type them, and their libraries in a node process that does nothing else.
const installed = path.join(here, 'node_modules');
const ONE = 'let wasmModule, wasmInstance, wasm'; // once in each glue
const others = file => !existsSync(installed) ? {} : {
	jscodeshift: [path.join(installed, '.bin/jscodeshift'), '-s', '-t', path.join(here, 'peer-jscodeshift.cjs'), file],
	'ast-grep (native)': [path.join(installed, '@ast-grep/cli-linux-x64-gnu/ast-grep'), 'run', '-l', 'js', '-p', ONE, '-r', `${ONE}, __rg`, '-U', file],
	...Object.fromEntries(Object.entries({
		acorn: 'acorn + magic-string', oxc: 'oxc + magic-string', 'ast-grep': 'ast-grep (library)', jscodeshift: 'jscodeshift (library)', esbuild: 'esbuild (library)',
	}).map(([peer, name]) => [name, [process.execPath, path.join(here, 'peer.mjs'), peer, file]])),
};

const ON_DISK = 'reglue patch, on a disk';
const onDisk = path.join(folder, 'copy.js');

/** Costs of commands by turns, as ratios to `bare` and to `ours` in the same round; `file` has its copy. */
const compare = (commands, file, copy, runs, slow) => {
	const seen = {};
	for (let r = 0; r < rounds; r++) {
		for (const [name, command] of Object.entries(commands)) {
			if (!slow.includes(name) || r < result.peerRounds) {
				(seen[name] ||= []).push(cost(slow.includes(name) ? 1 : runs, command, [file, name === ON_DISK ? onDisk : copy]));
			}
		}
	}
	return Object.fromEntries(Object.keys(commands).map(name => [name, {
		ms: spread(seen[name].map(c => c.cpu * 1000)),
		wall: spread(seen[name].map(c => c.wall * 1000)),
		bare: spread(seen[name].map((c, i) => c.cpu / seen.bare[i].cpu)),
		ours: spread(seen[name].map((c, i) => c.wall / seen['reglue patch'][i].wall)),
		rss: Math.max(...seen[name].map(c => c.rss)),
	}]));
};
const ours = (file, copy) => ({
	bare: [bare, file],
	'reglue check': [tool, 'check', '-q', file],
	'reglue patch': [tool, 'patch', '-q', copy],
});

const copy = path.join(memory, 'copy.js');
for (const [bytes, runs] of wants('peers') ? [[22_000, 40], [1_400_000, 5]] : []) {
	const file = glue(bytes, memory);
	const peers = others(copy);
	const disk = { [ON_DISK]: [tool, 'patch', '-q', onDisk] };
	(result.peers ||= {})[bytes] = compare({ ...ours(file, copy), ...disk, ...peers }, file, copy, runs, Object.keys(peers));
}
// What is in npm, with its wasm and declarations beside it.
const published = {
	lz4: ['lz4-wasm-nodejs', 'lz4_wasm_nodejs.js'],
	rollup: ['rollup-wasm-node-4-68-4', 'dist/wasm-node/bindings_wasm.js'],
	swc: ['@swc/wasm', 'wasm.js'],
	biome: ['@biomejs/wasm-web', 'biome_wasm.js'],
	'ergo-lib': ['ergo-lib-wasm-nodejs-0-28-0', 'ergo_lib_wasm.js'],
	loro: ['loro-crdt', 'nodejs/loro_wasm.js'],
	'loro, base64': ['loro-crdt', 'base64/index.js'],
};
for (const [name, [directory, file]] of wants('published') ? Object.entries(published) : []) {
	const original = path.join(packagePath(directory), file);
	const at = path.join(copyPackage(directory, folder), file);
	(result.published ||= []).push({ name, bytes: statSync(at).size, ...compare(ours(at, at), original, at, 10, []) });
}
for (const bytes of wants('growth') ? [4e3, 16e3, 64e3, 256e3, 1e6, 4e6, 10e6, 40e6].slice(0, short ? 6 : 8) : []) {
	const file = glue(bytes);
	const runs = bytes < 1e5 ? 20 : bytes < 2e6 ? 3 : 1;
	const a = [];
	const b = [];
	for (let r = 0; r < (bytes > 5e6 ? 1 : 3); r++) {
		a.push(cost(runs, [tool, 'check', '-q', file]));
		b.push(cost(runs, [bare, file]));
	}
	const mid = (list, f) => spread(list.map(f)).median;
	(result.growth ||= []).push({
		bytes,
		ms: mid(a, c => c.cpu * 1000),
		bareMs: mid(b, c => c.cpu * 1000),
		rss: mid(a, c => c.rss),
		bareRss: mid(b, c => c.rss),
	});
	if (bytes > 5e6) {
		rmSync(file);
	}
}
const text = glueOfSize(333_000);
for (const count of wants('folders') ? [1, 5, 25, 125, 750].slice(0, short ? 4 : 5) : []) {
	const many = path.join(folder, `many-${count}`);
	mkdirSync(many);
	for (let i = 0; i < count; i++) {
		writeFileSync(path.join(many, `glue${i}.js`), text);
	}
	const one = cost(1, [tool, 'check', '-q', '-r', '-j1', many]);
	const two = cost(1, [tool, 'check', '-q', '-r', '-j2', many]);
	// All processors, and how many of them were at work all the time.
	const all = cost(1, [tool, 'check', '-q', '-r', '-j0', many]);
	result.busy = all.cpu / all.wall / availableParallelism();
	(result.folders ||= []).push({ count, bytes: count * text.length, ms: one.cpu * 1000, wall1: one.wall * 1000, wall2: two.wall * 1000, ms2: two.cpu * 1000, rss: two.rss });
	rmSync(many, { recursive: true });
}
// What is no glue: 200 files of 1 MB of other things.
if (wants('skipped')) {
	const other = path.join(folder, 'other');
	const line = 'const a_b = "some text" + other_name.member(1); // _x\n';
	mkdirSync(other);
	for (let i = 0; i < 200; i++) {
		writeFileSync(path.join(other, `${i}.js`), line.repeat(1_000_000 / line.length));
	}
	const skips = Array.from({ length: rounds }, () => cost(3, [tool, 'check', '-q', '-r', '-j1', other]).cpu - cost(3, [tool, '--version']).cpu);
	result.skipped = spread(skips.map(s => 0.2 / s)); // GB a second
}
console.log(JSON.stringify(result, null, '\t'));
