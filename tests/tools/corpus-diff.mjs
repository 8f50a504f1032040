// `check --diff` over published glue, by hand: every diff has to apply, by `patch -p1` and by `git apply`,
// to the very bytes that `patch` writes.
//   REGLUE=build/reglue node tests/tools/corpus-diff.mjs FOLDER LIST.tsv
// FOLDER and LIST as of tests/packages/published.mjs. Prints a line for whatever differs, then the sums.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';

import { makeFolder, readTree, run } from './lib.mjs';

const [folder, list] = process.argv.slice(2);
const rows = fs.readFileSync(list, 'utf8').trim().split('\n').slice(1).map((line) => {
	const [name, version, file] = line.split('\t');
	return { name, version, file };
});

function unpacked({ name, version }) {
	const inside = path.join(folder, `${name}@${version}`.replaceAll('/', '+'));
	return path.join(inside, fs.readdirSync(inside)[0]);
}

/** The folder of the file, with what lies beside it: body, loader, declarations, wasm. */
function copyBeside(from, to) {
	fs.mkdirSync(to, { recursive: true });
	for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
		if (entry.isFile() && /\.(wasm|[cm]?js|[cm]?ts)$/.test(entry.name)) {
			fs.copyFileSync(path.join(from, entry.name), path.join(to, entry.name));
			fs.chmodSync(path.join(to, entry.name), 0o644);
		}
	}
}

const sums = { files: 0, changed: 0, unchanged: 0, refused: 0, failed: 0, differ: 0, diffBytes: 0 };
const scratch = makeFolder();

function tryRow(row) {
	const source = path.join(unpacked(row), row.file);
	const name = path.join('pkg', path.basename(row.file));
	const at = (copy) => path.join(scratch, copy);
	for (const copy of ['checked', 'patched', 'patch', 'git']) {
		fs.rmSync(at(copy), { recursive: true, force: true });
		copyBeside(path.dirname(source), path.join(at(copy), 'pkg'));
	}
	// the other file of the package too, if there is one
	const stem = name.replace(/(_bg)?\.([cm]?js)$/, '');
	const names = fs.readdirSync(path.join(at('checked'), 'pkg')).map((file) => path.join('pkg', file))
		.filter((file) => /\.[cm]?js$/.test(file) && file.replace(/(_bg)?\.([cm]?js)$/, '') === stem);
	if (!names.includes(name)) {
		names.push(name);
	}
	const before = readTree(at('checked'));
	const check = run(['check', '--diff', '--allow-empty', ...names], { cwd: at('checked') });
	const wrong = [];
	const same = (copy, expected, what) => {
		for (const [file, bytes] of readTree(at(copy))) {
			if (!expected.get(file)?.equals(bytes)) {
				wrong.push(`${what}: ${file}`);
			}
		}
	};
	same('checked', before, 'check wrote');
	const patch = run(['patch', '-q', '--allow-empty', ...names], { cwd: at('patched') });
	const after = readTree(at('patched'));
	sums.files++;
	sums.diffBytes += check.stdout.length;
	const kind = { 0: 'unchanged', 1: 'changed', 3: 'refused' }[check.status] ?? 'failed';
	sums[kind]++;
	if (kind === 'failed') {
		wrong.push(check.stderr);
	}
	if (patch.status !== (check.status === 1 ? 0 : check.status)) {
		wrong.push(`check ends with ${check.status}, patch with ${patch.status}`);
	}
	if (check.stdout !== '') {
		for (const [copy, tool, ...args] of [['patch', 'patch', '-p1', '-s', '--no-backup-if-mismatch'], ['git', 'git', 'apply', '--whitespace=nowarn']]) {
			const result = spawnSync(tool, args, { cwd: at(copy), input: check.stdout, encoding: 'utf8', maxBuffer: 1 << 28 });
			if (result.status !== 0 || result.stderr !== '') {
				wrong.push(`${tool}: ${result.stdout}${result.stderr}`);
			}
		}
	}
	same('patch', after, 'patch(1) gives other bytes');
	same('git', after, 'git apply gives other bytes');
	if (wrong.length !== 0) {
		sums.differ++;
		console.log(`${row.name}@${row.version} ${row.file}\n  ${wrong.join('\n  ')}`);
	}
}

for (const row of rows) {
	tryRow(row);
}
console.log(JSON.stringify(sums));
process.exitCode = sums.differ === 0 && sums.files === rows.length && sums.changed !== 0 ? 0 : 1;
