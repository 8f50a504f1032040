// What threads bring over a tree: whole runs over 750 files of our fixtures, -j1 and -j2 by turns.
//
//     node tests/bench/threads.mjs [--rounds N] [--files N]
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { cost, root, spread } from './stats.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, files: { type: 'string', default: '750' } } });
const rounds = Number(values.rounds);
const tool = process.env.REGLUE || path.join(root, 'build/reglue');
const folder = mkdtempSync(path.join(tmpdir(), 'reglue-threads-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const { cells } = JSON.parse(readFileSync(path.join(root, 'fixtures/manifest.json'), 'utf8'));
const tree = path.join(folder, 'tree');
let files = 0;
let bytes = 0;
for (let i = 0; files < Number(values.files); i++) {
	const from = path.join(root, 'fixtures', cells[i % cells.length].path);
	const to = path.join(tree, `package${String(i).padStart(4, '0')}`);
	mkdirSync(to, { recursive: true });
	for (const name of readdirSync(from).filter(n => /\.(js|ts|wasm)$/.test(n))) {
		const text = readFileSync(path.join(from, name));
		const file = path.join(to, name);
		if (name.endsWith('.wasm') && i >= cells.length) {
			linkSync(path.join(tree, `package${String(i % cells.length).padStart(4, '0')}`, name), file); // it is only read
		} else {
			copyFileSync(path.join(from, name), file);
		}
		files += name.endsWith('.js');
		bytes += name.endsWith('.js') ? text.length : 0;
	}
}

const seen = {};
for (let r = 0; r < rounds; r++) {
	for (const verb of ['check', 'patch']) {
		for (const jobs of ['-j1', '-j2']) {
			(seen[`${verb} ${jobs}`] ||= []).push(cost(1, [tool, verb, '-q', '-r', jobs, tree]));
			if (verb === 'patch') {
				cost(1, [tool, 'revert', '-q', '-r', tree]);
			}
		}
	}
}
const over = (verb, key) => spread(seen[`${verb} -j1`].map((one, i) => seen[`${verb} -j2`][i][key] / one[key]));
const ms = (name, key) => spread(seen[name].map(one => one[key] * 1000));
console.log(JSON.stringify({ files, bytes, rounds, rows: ['check', 'patch'].map(verb => ({
	verb, wall1: ms(`${verb} -j1`, 'wall'), wall2: ms(`${verb} -j2`, 'wall'), wall: over(verb, 'wall'),
	cpu1: ms(`${verb} -j1`, 'cpu'), cpu: over(verb, 'cpu') })) }, null, '\t'));
