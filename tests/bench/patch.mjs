// What patching costs: whole processes, in processor time, against a bare tree-sitter parse in the same
// round, against other tools that make one rewrite, and as files and folders grow.
//
//     node tests/bench/patch.mjs [--short] [peers growth folders skipped] > patch.json
//
// Wants npm ci --ignore-scripts in tests/bench for the other tools; without it they are left out.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
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
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const glue = bytes => {
	const file = path.join(folder, `glue-${bytes}.js`);
	if (!existsSync(file)) {
		writeFileSync(file, glueOfSize(bytes));
	}
	return file;
};
const peers = existsSync(path.join(here, 'node_modules')) ? ['jscodeshift', 'acorn', 'oxc', 'ast-grep', 'esbuild'] : [];

const result = { rounds, peerRounds: short ? 1 : 3 };
for (const [bytes, runs] of wants('peers') ? [[22_000, 20], [1_400_000, 3]] : []) {
	const file = glue(bytes);
	const commands = {
		bare: [bare, file],
		reglue: [tool, 'check', '-q', file],
		...Object.fromEntries(peers.map(p => [p, [process.execPath, path.join(here, 'peer.mjs'), p, file]])),
	};
	const seen = {};
	const memory = {};
	for (let r = 0; r < rounds; r++) {
		for (const [name, command] of Object.entries(commands)) {
			if (peers.includes(name) && r >= (short ? 1 : 3)) {
				continue;
			}
			const c = cost(peers.includes(name) ? 1 : runs, command);
			(seen[name] ||= []).push(c.cpu);
			memory[name] = Math.max(memory[name] || 0, c.rss);
		}
	}
	(result.peers ||= {})[bytes] = Object.fromEntries(Object.keys(commands).map(name => [name, {
		ms: spread(seen[name].map(s => s * 1000)),
		bare: spread(seen[name].map((s, i) => s / seen.bare[i])),
		ours: spread(seen[name].map((s, i) => s / seen.reglue[i])),
		rss: memory[name],
	}]));
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
