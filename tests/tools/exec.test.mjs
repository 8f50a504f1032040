// reglue around build tools. The tools are stand-ins here; docs/BUILD-TOOLS.md says which real ones it
// was driven with by hand.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { beforeEach, test } from 'node:test';

import { makeFolder, reglue, root } from './lib.mjs';

const standIn = path.join(root, 'tests/tools/stand-in-bindgen.sh');
const SEAL = /reglue-seal 1 (.*)/;

let folder; // the project
let bin; // first in PATH
let environment;

/** A program in PATH. */
const install = (name, script, where = bin) => fs.writeFileSync(path.join(where, name), script, { mode: 0o755 });

beforeEach(() => {
	const top = makeFolder();
	folder = path.join(top, 'project');
	bin = path.join(top, 'bin');
	fs.mkdirSync(folder);
	fs.mkdirSync(bin);
	fs.mkdirSync(path.join(top, 'tmp'));
	fs.copyFileSync(standIn, path.join(bin, 'wasm-bindgen'));
	environment = { ...process.env, PATH: `${bin}:${process.env.PATH}`, STANDIN_CELL: path.join(root, 'fixtures/0.2.130/default'),
		TMPDIR: path.join(top, 'tmp') };
});

const call = (command, args, options = {}) =>
	spawnSync(command, args, { cwd: folder, env: environment, encoding: 'utf8', ...options });
const exec = (args, options) => call(reglue, ['exec', ...args], options);
const read = (name) => fs.readFileSync(path.join(folder, name), 'utf8');
const sealOf = (name) => SEAL.exec(read(name))?.[1];
const noLitter = () => assert.deepEqual(fs.readdirSync(environment.TMPDIR), []);

test('wasm-bindgen: what it wrote is patched, its streams are its own', () => {
	const result = exec(['--', 'wasm-bindgen', '--stdin', '--target', 'web', '--out-dir', 'pkg', 'in/app.wasm'], { input: 'hello\n' });
	assert.equal(result.status, 0, result.stderr);
	assert.equal(result.stdout, 'hello\nbound in/app.wasm\n');
	assert.equal(result.stderr, 'a warning\npatched pkg/app.js: web, 166 of 166 entrypoints guarded\n'
		+ 'patched pkg/app.d.ts: types: module\n2 patched, 0 unchanged, 0 skipped, 0 refused\n');
	assert.equal(sealOf('pkg/app.js'), '-');
	// other spellings, other flags
	const named = exec(['-q', '--policy', 'eager', 'wasm-bindgen', '--out-dir=other', '--out-name', 'x', '--target=nodejs', 'app.wasm']);
	assert.equal(named.stderr, 'a warning\n');
	assert.equal(sealOf('other/x.js'), 'policy=eager');
	// a pair for bundlers
	assert.equal(exec(['--', path.join(bin, 'wasm-bindgen'), 'app.wasm', '--out-dir', 'both']).status, 0);
	assert.ok(sealOf('both/app.js') && sealOf('both/app_bg.js') && sealOf('both/app.d.ts'));
	// nothing written, nothing said
	const version = exec(['--', 'wasm-bindgen', '--version']);
	assert.deepEqual([version.status, version.stdout, version.stderr], [0, 'wasm-bindgen 0.2.130\n', '']);
});

test('a failing command passes its status on, and nothing is patched', () => {
	const result = exec(['--', 'wasm-bindgen', '--fail', '--out-dir', 'pkg', 'a.wasm']);
	assert.deepEqual([result.status, result.stdout, result.stderr], [7, '', 'error: as asked\n']);
	const half = exec(['--', 'sh', '-c', 'wasm-bindgen --target web --out-dir pkg a.wasm; exit 9']);
	assert.equal(half.status, 9);
	const missing = exec(['--', 'no-such-tool', 'build']);
	assert.deepEqual([missing.status, missing.stderr], [127, 'no-such-tool: error: cannot run it: No such file or directory [exec-failed]\n']);
	fs.writeFileSync(path.join(folder, 'plain'), '');
	assert.equal(exec(['--', './plain']).status, 126);
	assert.equal(exec([]).status, 2);
	assert.equal(exec(['--polcy=x', '--', 'ls']).status, 2);
	noLitter();
});

test('a signal ends both', async () => {
	assert.equal(exec(['--', 'sh', '-c', 'kill -TERM $$']).signal, 'SIGTERM');
	// sent to reglue, it reaches the command, which decides
	const child = spawn(reglue, ['exec', '--', 'sh', '-c', 'trap "echo got it; exit 5" TERM; echo ready; while :; do sleep 0.1; done'],
		{ cwd: folder, env: environment });
	let text = '';
	child.stdout.on('data', (data) => {
		text += data;
		if (text === 'ready\n') {
			child.kill('SIGTERM');
		}
	});
	const [status] = await once(child, 'close');
	assert.deepEqual([status, text], [5, 'ready\ngot it\n']);
	noLitter();
});

test('what is refused fails the build', () => {
	environment.STANDIN_CELL = path.join(root, 'fixtures/0.2.130/threads');
	const result = exec(['--', 'wasm-bindgen', '--target', 'web', '--out-dir', 'pkg', 'app.wasm']);
	assert.equal(result.status, 3);
	assert.match(result.stderr, /pkg\/app\.js:.*error: .* \[shared-memory\]/);
});

test('installed as wasm-bindgen', () => {
	const shadow = path.join(folder, '../shadow');
	fs.mkdirSync(shadow);
	fs.symlinkSync(reglue, path.join(shadow, 'wasm-bindgen'));
	const real = environment.PATH;
	environment.PATH = `${shadow}:${real}`;
	const version = call('wasm-bindgen', ['--version']);
	assert.deepEqual([version.status, version.stdout, version.stderr], [0, 'wasm-bindgen 0.2.130\n', '']);
	let result = call('wasm-bindgen', ['--target', 'web', '--out-dir', 'pkg', 'app.wasm']);
	assert.equal(result.status, 0, result.stderr);
	assert.equal(result.stdout, 'bound app.wasm\n');
	assert.equal(sealOf('pkg/app.js'), '-');
	environment.REGLUE_OPTIONS = '-q --policy=manual';
	result = call('wasm-bindgen', ['--target', 'web', '--out-dir', 'pkg', 'app.wasm']);
	assert.deepEqual([result.stderr, sealOf('pkg/app.js')], ['a warning\n', 'policy=manual']);
	delete environment.REGLUE_OPTIONS;
	// settings beside the sources
	fs.writeFileSync(path.join(folder, 'reglue.json'), '{"policy": "heal"}');
	call('wasm-bindgen', ['--target', 'web', '--out-dir', 'pkg', 'app.wasm']);
	assert.equal(sealOf('pkg/app.js'), 'policy=heal');
	// named, for where it is not in PATH
	environment.PATH = `${shadow}:/usr/bin:/bin`;
	result = call('wasm-bindgen', ['--version']);
	assert.deepEqual([result.status, result.stderr], [2, 'reglue: error: there is no other wasm-bindgen in PATH; REGLUE_WASM_BINDGEN can name the real one; see reglue help exec\n']);
	environment.REGLUE_WASM_BINDGEN = path.join(bin, 'wasm-bindgen');
	assert.equal(call('wasm-bindgen', ['--version']).stdout, 'wasm-bindgen 0.2.130\n');
	// a copy cannot be told from the real one, but from a circle
	delete environment.REGLUE_WASM_BINDGEN;
	const copies = ['one', 'two'].map((name) => {
		const place = path.join(folder, '..', name);
		fs.mkdirSync(place);
		fs.copyFileSync(reglue, path.join(place, 'wasm-bindgen'));
		return place;
	});
	environment.PATH = `${copies.join(':')}:/usr/bin:/bin`;
	result = call('wasm-bindgen', ['--version']);
	assert.equal(result.status, 2);
	assert.match(result.stderr, /is reglue as well; REGLUE_WASM_BINDGEN can name the real one/);
});

// As wasm-pack and trunk do it: run wasm-bindgen, then go on with what it wrote.
const packer = `#!/bin/sh
"\${BINDGEN:-wasm-bindgen}" --target web --out-dir target/wasm-bindgen app.wasm || exit
mkdir -p "\${1:-pkg}"
cp target/wasm-bindgen/* "\${1:-pkg}"
hash=$(sha256sum <"\${1:-pkg}/app.js" | cut -c1-64)
echo "$hash" >hash
[ -z "$PAGE" ] || echo "<link rel=modulepreload href=/app.js integrity=$hash>" >"\${1:-pkg}/index.html"
`;

test('a build tool that runs wasm-bindgen itself gets patched files to go on with', () => {
	install('packer', packer);
	environment.PAGE = 'yes';
	const result = exec(['--policy', 'eager', '--', 'packer', 'dist']);
	assert.equal(result.status, 0, result.stderr);
	assert.equal(sealOf('dist/app.js'), 'policy=eager');
	assert.deepEqual(result.stderr.match(/^.* patched, .*$/gm), ['2 patched, 0 unchanged, 0 skipped, 0 refused'], 'told once');
	assert.equal(spawnSync('sh', ['-c', 'sha256sum <dist/app.js | cut -c1-64'], { cwd: folder, encoding: 'utf8' }).stdout, read('hash'));
	noLitter();
});

test('what a build tool copied away from its wasm, or has a checksum of, stays as it is', () => {
	// as trunk does it: the wasm gets another name than the glue has for it
	install('packer', packer.replace('hash=', 'mv "${1:-pkg}/app_bg.wasm" "${1:-pkg}/app-0123_bg.wasm"; hash='));
	for (const page of ['yes', '']) {
		environment.PAGE = page;
		const result = exec(['--', 'packer', 'dist']);
		assert.equal(result.status, 0, result.stderr);
		assert.deepEqual(result.stderr.match(/^.* patched, .*$/gm), ['2 patched, 0 unchanged, 0 skipped, 0 refused']);
		assert.equal(spawnSync('sh', ['-c', 'sha256sum <dist/app.js | cut -c1-64'], { cwd: folder, encoding: 'utf8' }).stdout, read('hash'));
		assert.equal(call(reglue, ['check', 'dist']).status, 0);
	}
	// by another's build of reglue, with other options: what the page says counts
	environment.PAGE = 'yes';
	environment.REGLUE_OPTIONS = '';
	install('packer', packer.replace('cp target', `${reglue} patch -q --policy eager target/wasm-bindgen; cp target`));
	const result = exec(['--', 'packer', 'dist']);
	assert.equal(result.status, 0, result.stderr);
	assert.equal(sealOf('dist/app.js'), 'policy=eager');
	assert.equal(spawnSync('sh', ['-c', 'sha256sum <dist/app.js | cut -c1-64'], { cwd: folder, encoding: 'utf8' }).stdout, read('hash'));
});

test('a build tool with a wasm-bindgen of its own: what changed is patched afterwards', () => {
	install('packer', packer);
	fs.renameSync(path.join(bin, 'wasm-bindgen'), path.join(folder, '../own-bindgen'));
	environment.BINDGEN = path.join(folder, '../own-bindgen');
	fs.mkdirSync(path.join(folder, 'old'));
	fs.copyFileSync(path.join(root, 'fixtures/0.2.130/default/web/reglue_fixture.js'), path.join(folder, 'old/untouched.js'));
	fs.mkdirSync(path.join(folder, 'target'));
	fs.writeFileSync(path.join(folder, 'target/CACHEDIR.TAG'), 'Signature: 8a477f597d28d172789f06886806bc55');
	let result = exec(['--', 'packer']);
	assert.equal(result.status, 0, result.stderr);
	assert.equal(sealOf('pkg/app.js'), '-');
	assert.equal(sealOf('pkg/app.d.ts'), '-');
	assert.equal(sealOf('old/untouched.js'), undefined, 'was there before');
	assert.equal(sealOf('target/wasm-bindgen/app.js'), undefined, 'is no output');
	// outside of the working directory, where it is named
	const elsewhere = path.join(folder, '../elsewhere');
	install('packer', packer.replaceAll('${1:-pkg}', '$2'));
	result = exec(['--', 'packer', '--out-dir', elsewhere]);
	assert.equal(result.status, 0, result.stderr);
	assert.match(fs.readFileSync(path.join(elsewhere, 'app.js'), 'utf8'), SEAL);
	// and not where a page holds a checksum
	environment.PAGE = 'yes';
	result = exec(['--', 'packer', '--out-dir', 'dist']);
	assert.equal(result.status, 3);
	assert.match(result.stderr, /dist\/app\.js: error: .*dist\/index\.html holds a checksum of it; put a wasm-bindgen into PATH.* \[integrity\]\n/);
	assert.equal(sealOf('dist/app.js'), undefined);
});

test('a command that has nothing to do with wasm', () => {
	const result = exec(['--', 'sh', '-c', 'echo "export const x = 1;" >plain.js; echo done']);
	assert.deepEqual([result.status, result.stdout], [0, 'done\n']);
	assert.equal(read('plain.js'), 'export const x = 1;\n');
});
