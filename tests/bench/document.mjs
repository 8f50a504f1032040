// Writes docs/PERFORMANCE.md and its plots from what the benchmarks have measured:
//
//     node tests/bench/document.mjs FOLDER     with guard-*.json, patch.json, programs.json, threads.json, size.json
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { cell, plot, root, slope } from './stats.mjs';

const folder = process.argv[2];
const read = name => (existsSync(path.join(folder, name)) ? JSON.parse(readFileSync(path.join(folder, name), 'utf8')) : undefined);
const out = [readFileSync(new URL('preface.md', import.meta.url), 'utf8').trimEnd()];
const table = (head, rows) => out.push('', `| ${head.join(' | ')} |`, `|${head.map((_, i) => (i ? '---:|' : '---|')).join('')}`, ...rows.map(r => `| ${r.join(' | ')} |`));
const plots = path.join(root, 'docs/performance');
mkdirSync(plots, { recursive: true });
const draw = (file, ...args) => {
	writeFileSync(path.join(plots, file), plot(...args));
	out.push('', `![${args[0]}](performance/${file})`);
};

out.push('', '## The guard', '', '`node tests/bench/guard.mjs ENGINE…`: ratio to unpatched glue after as many re-instantiations; medians',
	'(quartiles). `control` is the unpatched glue again: what the machine makes up.');
for (const file of readdirSync(folder).filter(f => /^guard-.*\.json$/.test(f)).sort()) {
	const engines = read(file);
	for (const runs of engines || []) {
		const designs = Object.keys(Object.values(runs[0].loads)[0]).filter(d => d !== 'unpatched');
		out.push('', `### ${runs[0].engine}`);
		table(['load', 'recoveries', 'ns', ...designs],
			Object.keys(runs[0].loads).flatMap(load => runs.map(({ recoveries, loads }) => [load, recoveries, loads[load].unpatched.ns.toFixed(1), ...designs.map(d => cell(loads[load][d]))])));
		if (runs[2].recovery) {
			out.push('', `One recovery / bare instance and start: ${cell(runs[2].recovery)}.`);
		}
	}
}

const programs = read('programs.json');
if (programs) {
	out.push('', '## Whole programs', '', `\`node tests/bench/programs.mjs\`, ${programs.engine}, ${programs.rounds} rounds: patched / unpatched package, processor time.`);
	table(['program', 'ms', 'ratio'], Object.entries(programs.result).map(([k, v]) => [k, v.ms.median.toFixed(2), cell(v.ratio)]));
}

const patch = read('patch.json');
if (patch) {
	out.push('', '## Patching', '', `\`node tests/bench/patch.mjs\`, ${patch.rounds} rounds (${patch.peerRounds} for other tools): whole processes, processor time. \`reglue\` is \`reglue check\`.`,
		'The other tools make one rewrite, in one node process, without a launcher; esbuild only parses and prints.');
	for (const [bytes, rows] of Object.entries(patch.peers)) {
		out.push('', `### ${(bytes / 1000).toLocaleString('en')} kB of glue`);
		table(['tool', 'ms', '/ bare parse', '/ reglue', 'peak MB'], Object.entries(rows).map(([k, v]) => [k, cell(v.ms, 1), cell(v.bare), cell(v.ours), (v.rss / 1024).toFixed(1)]));
	}
	out.push('', '### As files grow');
	table(['kB', 'ms', 'bare parse, ms', 'ratio', 'MB', 'bare parse, MB', 'ratio'],
		patch.growth.map(g => [g.bytes / 1000, g.ms.toFixed(1), g.bareMs.toFixed(1), (g.ms / g.bareMs).toFixed(2), (g.rss / 1024).toFixed(1), (g.bareRss / 1024).toFixed(1), (g.rss / g.bareRss).toFixed(2)]));
	const big = patch.growth.filter(g => g.bytes >= 60_000);
	draw('patch-time.svg', 'Time of reglue check', 'bytes of glue', 'ms of processor', [
		{ name: 'reglue', points: big.map(g => [g.bytes, g.ms]) },
		{ name: 'bare parse', points: big.map(g => [g.bytes, g.bareMs]) },
	]);
	const heavy = patch.growth.filter(g => g.bytes >= 900_000);
	draw('patch-memory.svg', 'Peak memory', 'bytes of glue', 'kB', [
		{ name: 'reglue', points: heavy.map(g => [g.bytes, g.rss]) },
		{ name: 'bare parse', points: heavy.map(g => [g.bytes, g.bareRss]) },
	]);
	out.push('', '### As folders grow', '', 'Copies of a glue of 155 kB.');
	table(['files', 'MB', 'ms of processor, -j1', '-j2', 'wall clock, -j1 / -j2', 'MB'],
		patch.folders.map(f => [f.count, (f.bytes / 1e6).toFixed(1), f.ms.toFixed(0), f.ms2.toFixed(0), (f.wall1 / f.wall2).toFixed(2), (f.rss / 1024).toFixed(1)]));
	draw('patch-folder.svg', 'Time of a folder, -j1', 'files of 155 kB', 'ms of processor', [{ name: 'reglue', points: patch.folders.map(f => [f.count, f.ms]) }]);
	out.push('', `Slopes (1 is linear): time over bytes ${slope(big.map(g => [g.bytes, g.ms])).toFixed(2)}, memory over bytes ${slope(heavy.map(g => [g.bytes, g.rss])).toFixed(2)}, time over files ${slope(patch.folders.slice(1).map(f => [f.count, f.ms])).toFixed(2)}.`);
}

const threads = read('threads.json');
if (threads) {
	out.push('', '### As threads are added', '',
		`\`node tests/bench/threads.mjs\`: a tree of ${threads.files} files of our fixtures, ${(threads.bytes / 1e6).toFixed(0)} MB, ${threads.rounds} rounds, -j1 and -j2 by turns on two processors;`,
		'the other columns are ratios of -j2 to -j1.');
	table(['command', 'wall clock, -j1, ms', 'wall clock', 'processor'],
		threads.rows.map(r => [r.verb, cell(r.wall1, 0), cell(r.wall), cell(r.cpu)]));
}

const size = read('size.json');
if (size) {
	out.push('', '## Size', '', `\`node tests/bench/size.mjs\`: bytes after gzip -9. Over cut glue of 4 to 256 kB the runtime is ${size.runtime.toFixed(0)} B and each entrypoint ${size.each.toFixed(1)} B.`);
	table(['glue', 'entrypoints', 'added', 'added, gzip'], [...size.rows.filter((_, i) => i % 6 === 0), ...size.growth].map(r => [r.name, r.entrypoints, r.raw, r.added]));
}
writeFileSync(path.join(root, 'docs/PERFORMANCE.md'), out.join('\n') + '\n');
