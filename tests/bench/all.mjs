// Every benchmark, and the document that comes of it: docs/PERFORMANCE.md with its plots. An hour on a quiet
// machine; means little on a busy one.
//
//     node tests/bench/all.mjs [ENGINE…]      engines as for guard.mjs
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { root } from './stats.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'reglue-bench-'));
const run = (script, args, name) => {
	const { stdout, status } = spawnSync(process.execPath, [path.join(root, 'tests/bench', script), ...args], {
		encoding: 'utf8',
		cwd: root,
		maxBuffer: 1 << 28,
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	if (status !== 0) {
		throw new Error(`${script} ended with ${status}`);
	}
	if (name) {
		writeFileSync(path.join(folder, name), stdout);
	}
};
const found = process.argv.slice(2);
const installed = path.join(root, 'tests/engines/node_modules');
const engines = found.length ? found : [process.execPath, `${installed}/node26/bin/node`,
	`${installed}/@oven/bun-linux-x64-baseline/bin/bun`, `${installed}/@deno/linux-x64-glibc/deno`];
try {
	if (!existsSync(path.join(root, 'tests/bench/node_modules'))) {
		spawnSync('npm', ['ci', '--ignore-scripts'], { cwd: path.join(root, 'tests/bench'), stdio: 'inherit' }); // the other tools
	}
	[...engines, 'workerd'].forEach((engine, i) => run('guard.mjs', ['--json', '--rounds', '7', '--processes', '3', engine], `guard-${i}.json`));
	run('cures.mjs', ['--json', ...engines, 'workerd', 'firefox', 'webkit'], 'cures.json');
	run('growth.mjs', ['--json', ...engines], 'growth.json');
	run('recovery.mjs', ['--json', ...engines, 'workerd'], 'recovery.json');
	run('programs.mjs', [], 'programs.json');
	run('patch.mjs', [], 'patch.json');
	run('threads.mjs', [], 'threads.json');
	run('size.mjs', ['--json'], 'size.json');
	run('document.mjs', [folder]);
} finally {
	rmSync(folder, { recursive: true });
}
