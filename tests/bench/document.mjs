// Writes docs/PERFORMANCE.md and its plots from what the benchmarks have measured:
//
//     node tests/bench/document.mjs FOLDER
//
// with guard-*.json, cures.json, growth.json, recovery.json, programs.json, patch*.json (a part each, or all),
// threads.json, size.json. What was not measured this time keeps the section that it has in the document.
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

const before = existsSync(path.join(root, 'docs/PERFORMANCE.md')) ? readFileSync(path.join(root, 'docs/PERFORMANCE.md'), 'utf8') : '';
const keep = (title, level = '##') => {
	const section = before.split(new RegExp(`\\n(?=#{2,${level.length}} )`)).find(text => text.startsWith(`${level} ${title}\n`));
	if (section) {
		out.push('', section.trimEnd());
	}
};
// Budgets, as the parts below find them: what, wanted, stretch, found, whether it is met.
const budgets = [];
const found = (what, budget, stretch, list, met, digits = 2, unit = '') => {
	const numbers = list.map(v => v.toFixed(digits));
	const ends = [...new Set([numbers[0], numbers[numbers.length - 1]])];
	budgets.push([what, budget, stretch, ends.join(' to ') + unit, list.every(met) ? 'yes' : list.some(met) ? 'in part' : '**no**']);
};
const sorted = list => list.slice().sort((a, b) => a - b);
out.push('BUDGETS');

// The guard's, an engine a column: the worst of the loads, after 0, 8, 8 of used instances, and 1,000 recoveries.
const guardBudgets = [
	['add, method, getter', ['add', 'method', 'getter'], '≤ 1.25 (JSC 1.5)', 1.25, 1.5],
	['200 exports in rotation', ['rotation'], '≤ 2.0', 2, 2],
	['string of 16 bytes', ['string'], '≤ 1.05', 1.05, 1.05],
	['250 ns of work', ['250 ns'], '≤ 1.01', 1.01, 1.01],
	['a class object, made and freed', ['new + free'], '≤ 1.10', 1.1, 1.1],
];
const tableOfGuardBudgets = all => {
	const worst = (runs, loads) => runs.map(run => Math.max(...loads.filter(load => run.loads[load]).map(load => run.loads[load].ours.median)));
	const mark = (v, met, digits = 2) => (met ? v.toFixed(digits) : `**${v.toFixed(digits)}**`);
	out.push('', '### Against the budgets', '', 'The worst of the loads, after 0 · 8 · 8 (instances used) · 1,000 recoveries; what is over its budget stands out. The last row is how many',
		'times cheaper than the naive Proxy add, method and getter are.');
	table(['what', 'budget', ...all.map(runs => runs[0].engine)], [
		...guardBudgets.map(([what, loads, text, v8, jsc]) => [what, text, ...all.map(runs =>
			worst(runs, loads).map(v => mark(v, Number(v.toFixed(2)) <= (runs[0].engine.startsWith('Bun') ? jsc : v8))).join(' · '))]),
		['naive Proxy / ours', '≥ 8', ...all.map(runs =>
			runs.map(run => Math.min(...['add', 'method', 'getter'].filter(load => run.loads[load]).map(load => run.loads[load].naive.median / run.loads[load].ours.median)))
				.map(v => mark(v, v >= 8, 1)).join(' · '))],
	]);
};

const guards = readdirSync(folder).filter(f => /^guard-.*\.json$/.test(f)).sort().flatMap(read);
if (guards.length === 0) {
	keep('The guard');
} else {
	out.push('', '## The guard', '', '`node tests/bench/guard.mjs ENGINE…`: ratio to unpatched glue after as many re-instantiations; medians',
		'(quartiles). A load was called 20 times before an instance was replaced, or, where it says `used`, 20,000 times: then engines have compiled',
		'code, of the unpatched glue as well, that knows several instances. `control` is the unpatched glue again: what the machine makes up; `floor` is no guard, but the try block',
		'around a raw call that each must have to see a trap, in wrappers as ours, without entry, depth and stamps.');
	const all = guards.filter(runs => runs[0].loads.string);
	if (all.length > 1) {
		tableOfGuardBudgets(all);
	}
}
for (const runs of guards) {
	const designs = Object.keys(Object.values(runs[0].loads)[0]).filter(d => d !== 'unpatched');
	out.push('', `### ${runs[0].engine}`);
	table(['load', 'recoveries', 'ns', ...designs],
		Object.keys(runs[0].loads).flatMap(load => runs.map(({ recoveries, loads }) => [load, recoveries, loads[load].unpatched.ns.toFixed(1), ...designs.map(d => cell(loads[load][d]))])));
	const { recovery } = runs.find(r => r.recovery) || {};
	if (recovery) {
		out.push('', `One recovery / bare instance and start: ${cell(recovery)}.`);
	}
}
// Engines that were not measured this time keep their tables.
const guardBefore = guards.length ? before.split(/\n(?=## )/).find(text => text.startsWith('## The guard\n')) || '' : '';
for (const text of guardBefore.split(/\n(?=### )/).slice(1)) {
	if (!out.includes(text.slice(0, text.indexOf('\n')))) {
		out.push('', text.trimEnd());
	}
}

const cures = read('cures.json');
if (cures) {
	out.push('', '## Other cures', '', '`node tests/bench/cures.mjs ENGINE… workerd`: real glue of our crate under other cures of the same illness, patched by reglue, and',
		'both (`joined`: upstream\'s reset-state glue, patched); ratio to the plain glue, no recovery, medians (quartiles).');
	for (const { engine, rows } of cures) {
		const names = Object.keys(rows[0]).filter(k => k !== 'load' && k !== 'unpatched');
		out.push('', `### ${engine}, other cures`);
		table(['load', 'ns', ...names], rows.map(r => [r.load, r.unpatched.ns.toFixed(1), ...names.map(n => cell(r[n]))]));
	}
} else {
	keep('Other cures');
}

const growth = read('growth.json');
if (growth) {
	out.push('', '## The guard, as things grow', '', '`node tests/bench/growth.mjs ENGINE…`: a call of two numbers, patched / unpatched, by the exports of the glue and by the',
		'recoveries behind it (the unpatched glue never recovers); loading the glue; one recovery / a bare instance.');
	table(['exports', ...growth.flatMap(g => [`${g.engine}: call`, 'loading', 'recovery'])],
		growth[0].exports.map(({ exports }, i) => [exports, ...growth.flatMap(g => [cell(g.exports[i].call), g.exports[i].load.median.toFixed(1), g.exports[i].recovery.median.toFixed(2)])]));
	table(['recoveries', ...growth.map(g => `${g.engine}: call`)],
		growth[0].recoveries.map(({ recoveries }, i) => [recoveries, ...growth.map(g => cell(g.recoveries[i].call))]));
	draw('guard-exports.svg', 'A call, patched / unpatched', 'exports', 'ratio', growth.map(g => ({ name: g.engine, points: g.exports.map(e => [e.exports, e.call.median]) })));
	const slopes = points => growth.map(g => `${slope(points(g)).toFixed(2)} on ${g.engine}`).join(', ');
	out.push('', `Slopes over exports (0 is no growth): ${slopes(g => g.exports.map(e => [e.exports, e.call.median]))}.`);
	draw('guard-recoveries.svg', 'A call, patched / unpatched that never recovered', 'recoveries', 'ratio', growth.map(g => ({ name: g.engine, points: g.recoveries.slice(1).map(r => [r.recoveries, r.call.median]) })));
	out.push('', `Slopes over recoveries, from the first on: ${slopes(g => g.recoveries.slice(1).map(r => [r.recoveries, r.call.median]))}.`);
} else {
	keep('The guard, as things grow');
}

const recovery = read('recovery.json');
if (recovery) {
	out.push('', '## Recovery', '', '`node tests/bench/recovery.mjs ENGINE…`: one recovery / a bare `new WebAssembly.Instance` and its start function, of published',
		'packages · another bare one, which is what the machine makes up; and resident memory, MB, after recoveries of our fixture, beside as',
		'many bare instances.');
	const modules = new Map(recovery.flatMap(r => r.latency.map(l => [l.program, l.bytes]))); // workerd has one of its own
	table(['module', 'kB', ...recovery.map(r => r.engine)], [...modules].map(([name, bytes]) => [name, (bytes / 1000).toFixed(0), ...recovery.map(r => {
		const one = r.latency.find(l => l.program === name);
		return one ? `${cell(one.ratio)} · ${one.control.median.toFixed(2)}` : '';
	})]));
	table(['recoveries', ...recovery.flatMap(r => [r.engine, 'bare'])], recovery[0].memory.map(({ recoveries }, i) => [recoveries, ...recovery.flatMap(r => [r.memory[i], r.control[i]].map(m => (m.rss / 1e6).toFixed(1)))]));
	const inProcess = recovery.filter(r => r.memory[0].heap !== undefined);
	const heap = m => (m[m.length - 1].heap - m[2].heap) / 1e6;
	out.push('', `JS heap, after 1,000 recoveries against after 10: ${inProcess.map(r => `${heap(r.memory).toFixed(2)} MB on ${r.engine}`).join(', ')}.`);
	found('recovery / bare instance, 25 kB to 18 MB', '≤ 1.10', '1.02', sorted(recovery.flatMap(r => r.latency.map(l => l.ratio.median))), v => v <= 1.1);
	found('JS heap retained by 990 recoveries', 'flat', '', sorted(inProcess.map(r => heap(r.memory))), v => v < 0.5, 2, ' MB');
} else {
	keep('Recovery');
}

const programs = read('programs.json');
if (!programs) {
	keep('Whole programs');
} else {
	found('whole programs, patched / unpatched', '≤ 1.01', '1.00', sorted(Object.values(programs.result).map(v => v.ratio.median)), v => v <= 1.01);
	out.push('', '## Whole programs', '', `\`node tests/bench/programs.mjs\`, ${programs.engine}, ${programs.rounds} rounds: patched / unpatched package, processor time.`);
	table(['program', 'ms', 'ratio'], Object.entries(programs.result).map(([k, v]) => [k, v.ms.median.toFixed(2), cell(v.ratio)]));
}

const parts = readdirSync(folder).filter(f => /^patch.*\.json$/.test(f));
const patch = Object.assign({}, ...parts.map(read));
if (parts.length === 0) {
	keep('Patching');
} else {
	out.push('', '## Patching', '', `\`node tests/bench/patch.mjs\`, ${patch.rounds} rounds (${patch.peerRounds} for other tools): whole processes. \`/ bare parse\` is of processor time,`,
		'`/ reglue` of the wall clock. The files are in memory (tmpfs) but for one row: a new file on a disk and its fsync, which only reglue',
		'does, cost the same with any tool, and stray. The other tools make one rewrite and write the file: jscodeshift and ast-grep by',
		'their commands, as users type them (ast-grep\'s binary without its launcher), and all as libraries in a node process that does',
		'nothing else; esbuild only parses and prints.');
	if (patch.peers) {
		const [small, large] = ['22000', '1400000'].map(n => patch.peers[n]);
		const [one, many] = [small, large].map(rows => rows['reglue patch']);
		found('`reglue patch`, 22 kB, whole process', '≤ 6 ms', '3 ms', [one.wall.median], v => v <= 6, 1, ' ms');
		found('… on a disk, with fsync', '', '', [small['reglue patch, on a disk'].wall.median], v => v <= 6, 1, ' ms');
		found('… jscodeshift / ours', '≥ 100', '', [small.jscodeshift.ours.median], v => v >= 100, 0);
		found('… the same as a library in one process', '', '', [small['jscodeshift (library)'].ours.median], v => v >= 100, 0);
		found('… acorn + magic-string / ours', '≥ 20', '', [small['acorn + magic-string'].ours.median], v => v >= 20, 0);
		found('`reglue patch`, 1.4 MB / a bare parse', '≤ 1.15', '1.05', [many.bare.median], v => v <= 1.15);
		found('… ast-grep doing one rewrite / ours', '> 1', '', [large['ast-grep (native)'].ours.median], v => v > 1);
		for (const [bytes, rows] of Object.entries(patch.peers)) {
			out.push('', `### ${(bytes / 1000).toLocaleString('en')} kB of glue`);
			table(['tool', 'ms', 'of processor', '/ bare parse', '/ reglue', 'peak MB'], Object.entries(rows).map(([k, v]) => [k, cell(v.wall, 1), v.ms.median.toFixed(1), cell(v.bare), cell(v.ours), (v.rss / 1024).toFixed(1)]));
		}
	} else {
		keep('22 kB of glue', '###');
		keep('1,400 kB of glue', '###');
	}
	if (patch.published) {
		out.push('', '### Published packages', '', 'As they are in npm, with wasm and declarations beside the glue; ratios to a bare parse of the glue alone.');
		table(['package', 'kB', 'check: time', 'memory', 'patch: time', 'memory', 'ms'], patch.published.map(p => [p.name, (p.bytes / 1000).toFixed(0),
			...['check', 'patch'].flatMap(verb => [cell(p[`reglue ${verb}`].bare), (p[`reglue ${verb}`].rss / p.bare.rss).toFixed(2)]), p['reglue patch'].wall.median.toFixed(1)]));
	} else {
		keep('Published packages', '###');
	}
	if (patch.growth) {
		found('peak memory / a bare parse, 4 kB to the largest', '≤ 1.25', '', sorted(patch.growth.map(g => g.rss / g.bareRss)), v => v <= 1.25);
		out.push('', '### As files grow');
		table(['kB', 'ms', 'bare parse, ms', 'ratio', 'MB', 'bare parse, MB', 'ratio'],
			patch.growth.map(g => [g.bytes / 1000, g.ms.toFixed(1), g.bareMs.toFixed(1), (g.ms / g.bareMs).toFixed(2), (g.rss / 1024).toFixed(1), (g.bareRss / 1024).toFixed(1), (g.rss / g.bareRss).toFixed(2)]));
		const big = patch.growth.filter(g => g.bytes >= 60_000);
		draw('patch-time.svg', 'Time of reglue check', 'bytes of glue', 'ms of processor', [
			{ name: 'reglue', points: big.map(g => [g.bytes, g.ms]) },
			{ name: 'bare parse', points: big.map(g => [g.bytes, g.bareMs]) },
		]);
		const heavy = patch.growth.filter(g => g.bytes >= 250_000);
		draw('patch-memory.svg', 'Peak memory', 'bytes of glue', 'kB', [
			{ name: 'reglue', points: heavy.map(g => [g.bytes, g.rss]) },
			{ name: 'bare parse', points: heavy.map(g => [g.bytes, g.bareRss]) },
		]);
		out.push('', `Slopes (1 is linear): time ${slope(big.map(g => [g.bytes, g.ms])).toFixed(2)}, memory ${slope(heavy.map(g => [g.bytes, g.rss])).toFixed(2)}.`);
	} else {
		keep('As files grow', '###');
	}
	if (patch.folders) {
		found(`processors busy, \`-j0\`, ${patch.folders[patch.folders.length - 1].count} files`, '≥ 90 %', '', [patch.busy * 100], v => v >= 90, 0, ' %');
		out.push('', '### As folders grow', '', 'Copies of a glue of 333 kB.');
		table(['files', 'MB', 'ms of processor, -j1', '-j2', 'wall clock, -j1 / -j2', 'MB'],
			patch.folders.map(f => [f.count, (f.bytes / 1e6).toFixed(1), f.ms.toFixed(0), f.ms2.toFixed(0), (f.wall1 / f.wall2).toFixed(2), (f.rss / 1024).toFixed(1)]));
		draw('patch-folder.svg', 'Time of a folder, -j1', 'files of 333 kB', 'ms of processor', [{ name: 'reglue', points: patch.folders.map(f => [f.count, f.ms]) }]);
		out.push('', `Slope: ${slope(patch.folders.slice(1).map(f => [f.count, f.ms])).toFixed(2)}.`);
	} else {
		keep('As folders grow', '###');
	}
	if (patch.skipped) {
		found('files that are no glue', '≥ 1 GB/s', '', [patch.skipped.median], v => v >= 1, 2, ' GB/s');
	}
}

const threads = read('threads.json');
if (threads) {
	out.push('', '### As threads are added', '',
		`\`node tests/bench/threads.mjs\`: a tree of ${threads.files} files of our fixtures, ${(threads.bytes / 1e6).toFixed(0)} MB, ${threads.rounds} rounds, -j1 and -j2 by turns on two processors;`,
		'the other columns are ratios of -j2 to -j1.');
	table(['command', 'wall clock, -j1, ms', 'wall clock', 'processor'],
		threads.rows.map(r => [r.verb, cell(r.wall1, 0), cell(r.wall), cell(r.cpu)]));
} else if (parts.length !== 0) {
	keep('As threads are added', '###');
}

const size = read('size.json');
if (!size) {
	keep('Size');
} else {
	found('gzip: the runtime', '≤ 3 kB', '2 kB', [size.runtime / 1000], v => v <= 3, 1, ' kB');
	found('gzip: an entrypoint', '≤ 12 B', '8 B', [size.each], v => v <= 12, 1, ' B');
	out.push('', '## Size', '', `\`node tests/bench/size.mjs\`: bytes after gzip -9. Over cut glue of 4 to 256 kB the runtime is ${size.runtime.toFixed(0)} B and each entrypoint ${size.each.toFixed(1)} B.`);
	table(['glue', 'entrypoints', 'added', 'added, gzip'], [...size.rows, ...size.growth].map(r => [r.name, r.entrypoints, r.raw, r.added]));
}
const at = out.indexOf('BUDGETS');
const start = out.length;
// What was not found this time keeps its row.
const measured = new Map(budgets.map(row => [row[0], row]));
const rowsBefore = (before.split(/\n(?=## )/).find(text => text.startsWith('## Budgets\n')) || '').split('\n')
	.filter(line => /^\| (?!what )/.test(line)).map(line => line.slice(2, -2).split(' | ').map(one => one.trim()));
const rows = rowsBefore.map(row => measured.get(row[0]) || row);
rows.push(...budgets.filter(row => !rowsBefore.some(old => old[0] === row[0])));
out.push('', '## Budgets', '', 'Those of the guard have a table of their own.');
table(['what', 'budget', 'stretch', 'found', 'met'], rows);
out.splice(at, 1, ...out.splice(start));
writeFileSync(path.join(root, 'docs/PERFORMANCE.md'), out.join('\n') + '\n');
