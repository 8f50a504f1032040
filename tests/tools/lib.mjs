// Folders with packages in them, and the program under test. REGLUE names it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const reglue = process.env.REGLUE;
assert.ok(reglue, 'REGLUE names the program to test');
export const root = fileURLToPath(new URL('../..', import.meta.url));
export const tools = path.join(root, 'tests/tools/node_modules');

const folders = [];
process.on('exit', () => {
	for (const folder of folders) {
		spawnSync('chmod', ['-R', 'u+rwx', folder]);
		fs.rmSync(folder, { recursive: true, force: true });
	}
});

/** A new folder, removed when the process ends. */
export function makeFolder() {
	const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-tools-')));
	folders.push(folder);
	return folder;
}

/** A copy of a fixture (0.2.130/default/web), its module not a link. */
export function copyCell(cell, to) {
	fs.mkdirSync(path.dirname(to), { recursive: true });
	fs.cpSync(path.join(root, 'fixtures', cell), to, { recursive: true, dereference: true });
	return to;
}

/** Runs reglue; a signal fails the test. */
export function run(args, options = {}) {
	const result = spawnSync(reglue, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
	assert.equal(result.signal, null, result.stderr);
	return result;
}

/** Runs reglue, which has to end well. */
export function succeed(args, options) {
	const result = run(args, options);
	assert.equal(result.status, 0, result.stdout + result.stderr);
	return result;
}

/** Paths of the files below a folder, sorted. */
export const listFiles = (folder) => fs.readdirSync(folder, { recursive: true, withFileTypes: true })
	.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort();

/** Path to bytes of all files below a folder. */
export const readTree = (folder) =>
	new Map(listFiles(folder).map((file) => [path.relative(folder, file), fs.readFileSync(file)]));

export function sameTree(folder, expected) {
	const found = readTree(folder);
	assert.deepEqual([...found.keys()], [...expected.keys()]);
	for (const [name, bytes] of expected) {
		assert.ok(found.get(name).equals(bytes), `${name} differs`);
	}
}
