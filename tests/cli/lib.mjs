// A fresh folder for every test, and the program to run in it. REGLUE names the binary.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, beforeEach } from 'node:test';
import { fileURLToPath } from 'node:url';

export const reglue = process.env.REGLUE;
assert.ok(reglue, 'REGLUE names the program to test');
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Glue of our own crate. */
export const fixture = (target, version = '0.2.100', cell = 'default') =>
	fs.readFileSync(path.join(root, `fixtures/${version}/${cell}/${target}/reglue_fixture.js`));

/** Glue that is refused: the place of its reason is on a line with characters of all widths. */
export const refused = (target = 'web') => Buffer.concat([fixture(target),
	Buffer.from('\nconst s = "é€😀"; new WebAssembly.Memory({initial: 1, maximum: 2, shared: true});\n')]);

/** Each test of the file that calls this starts in an empty folder. */
export function inFolders() {
	const previous = process.cwd();
	let folder;
	const leave = () => {
		if (folder) {
			process.chdir(previous);
			fs.rmSync(folder, { recursive: true });
		}
	};
	beforeEach(() => {
		leave();
		folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-cli-')));
		process.chdir(folder);
	});
	after(leave);
}

export function run(args, options = {}) {
	const result = spawnSync(reglue, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
	assert.equal(result.signal, null, result.stderr);
	return result;
}

/** Writes files, making their folders. */
export function put(files) {
	for (const [name, bytes] of Object.entries(files)) {
		fs.mkdirSync(path.dirname(name), { recursive: true });
		fs.writeFileSync(name, bytes);
	}
}
