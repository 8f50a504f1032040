// `check --diff` over everything there is: what it prints makes, with patch(1) and with git apply, the
// very bytes that `patch` writes. Packages that others published, and our own fixtures.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';

import { listFiles, makeFolder, readTree, root, run } from './lib.mjs';

const published = path.join(root, 'tests/packages/node_modules');
const GLUE = /__wbindgen|__wbg_|_bg\.wasm|wasm_bindgen/;

let unpatched; // the tree, unpatched
const scratch = makeFolder();
const counts = {};

/** Text files that belong to glue: the others would only make the copies slow. */
function collect() {
	const wanted = new Map();
	const add = (from, to) => {
		for (const file of listFiles(from)) {
			if (/\.([cm]?js|d\.[cm]?ts)$/.test(file) && fs.statSync(file).size < 8 << 20) {
				const bytes = fs.readFileSync(file);
				if (!/\.ts$/.test(file) ? GLUE.test(bytes.toString('latin1')) : fs.existsSync(file.replace(/\.d\.([cm]?)ts$/, '.$1js'))) {
					wanted.set(path.join(to, path.relative(from, file)), bytes);
				}
			}
		}
	};
	add(published, 'published');
	for (const version of ['0.2.63', '0.2.87', '0.2.100', '0.2.130']) {
		add(path.join(root, 'fixtures', version), `fixtures/${version}`);
	}
	return wanted;
}

const write = (folder, tree) => {
	for (const [name, bytes] of tree) {
		fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
		fs.writeFileSync(path.join(folder, name), bytes);
	}
	return folder;
};

const compare = (found, expected, what) => {
	for (const [name, bytes] of expected) {
		assert.ok(found.get(name)?.equals(bytes), `${what}: ${name} differs`);
	}
	assert.equal(found.size, expected.size, `${what}: no other files`);
};

before(() => {
	unpatched = collect();
	write(path.join(scratch, 'tree'), unpatched);
});

/** Applies a diff in both ways to copies of a tree. */
function apply(diff, tree, expected) {
	const byPatch = write(path.join(scratch, 'patch'), tree);
	execFileSync('patch', ['-p1', '-s', '--no-backup-if-mismatch'], { cwd: byPatch, input: diff, maxBuffer: 1 << 28 });
	compare(readTree(byPatch), expected, 'patch');
	fs.rmSync(byPatch, { recursive: true });
	const byGit = write(path.join(scratch, 'git'), tree);
	execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: byGit, input: diff, maxBuffer: 1 << 28 });
	compare(readTree(byGit), expected, 'git apply');
	fs.rmSync(byGit, { recursive: true });
}

test('from unpatched, from one patch to another, and back to nothing', (context) => {
	const options = { cwd: path.join(scratch, 'tree') };
	let now = unpatched;
	for (const flags of [[], ['--policy', 'eager', '--budget', '3']]) {
		const checked = run(['check', '-r', '-j0', '--diff', ...flags, '.'], options);
		// a refusal or an unreadable file counts more than a change; but never 0
		assert.ok([1, 3].includes(checked.status), checked.stderr.slice(0, 2000));
		const diff = checked.stdout;
		const files = diff.match(/^--- /gm).length;
		assert.match(checked.stderr, new RegExp(`^${files} would change`, 'm'));
		counts[flags.length ? 'repatched' : 'patched'] = files;
		run(['patch', '-r', '-q', '-j0', ...flags, '.'], options);
		const after = readTree(options.cwd);
		apply(diff, now, after);
		now = after;
		const again = run(['check', '-r', '-j0', '--diff', ...flags, '.'], options);
		assert.equal(again.stdout, '');
		assert.notEqual(again.status, 1);
	}
	assert.ok(counts.patched > 200, `${counts.patched} files are too few to mean much`);
	run(['revert', '-r', '-q', '.'], options);
	compare(readTree(options.cwd), unpatched, 'revert');
	context.diagnostic(`${unpatched.size} files, ${JSON.stringify(counts)}`);
});
