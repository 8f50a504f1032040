// What Deno's wasmbuild makes of the bundler target: the body is named x.internal.js, and the loader x.js has the wasm in
// it, as text, or imports it from x.wasm.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { inFolders, put, root, run } from './lib.mjs';

const fixtures = path.join(root, 'fixtures');
const cell = JSON.parse(fs.readFileSync(path.join(fixtures, 'manifest.json'), 'utf8')).cells
	.find(({ path: p }) => p === '0.2.130/default/bundler');
const body = fs.readFileSync(path.join(fixtures, cell.path, 'reglue_fixture_bg.js'));
const wasm = fs.readFileSync(path.join(fixtures, cell.module));

inFolders();

const head = '// @generated file from wasmbuild -- do not edit\n// source-hash: f1421cdcd3d8\n';

const inline = `${head}import * as imports from "./app.internal.mjs";
const bytes = base64decode("${wasm.toString('base64').replace(/.{76}/g, '$&\\\n')}");
const wasmModule = new WebAssembly.Module(bytes);
const wasm = new WebAssembly.Instance(wasmModule, {
  "./reglue_fixture_bg.js": imports,
});

export * from "./app.internal.mjs";
import { __wbg_set_wasm } from "./app.internal.mjs";
__wbg_set_wasm(wasm.exports);
wasm.exports.__wbindgen_start();

function base64decode(b64) {
  const binString = atob(b64);
  const size = binString.length;
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    bytes[i] = binString.charCodeAt(i);
  }
  return bytes;
}
`;

const imported = `${head}import * as wasm from "./app.wasm";
export * from "./app.internal.js";
import { __wbg_set_wasm } from "./app.internal.js";
__wbg_set_wasm(wasm);
wasm.__wbindgen_start();
`;

test('the wasm in the loader: patched by any of its names, and recovers', () => {
	for (const named of ['pkg', 'pkg/app.mjs', 'pkg/app.internal.mjs']) {
		put({
			'pkg/app.mjs': inline,
			'pkg/app.internal.mjs': body,
			'program.mjs': `import { __reglue, add, trap } from './pkg/app.mjs';
const thrown = f => { try { f(); } catch (e) { return e.constructor.name; } };
const seen = [];
for (let i = 0; i < 50; i++) seen.push(thrown(trap) + add(i, 1));
console.log(JSON.stringify([seen, __reglue.generation]));
`,
		});
		const { status, stdout, stderr } = run(['patch', named]);
		assert.deepEqual([status, stderr], [0, '']);
		assert.match(stdout, /2 patched/);
		const { stdout: told, stderr: error } = spawnSync(process.execPath, ['program.mjs'], { encoding: 'utf8' });
		assert.equal(error, '');
		const [seen, generation] = JSON.parse(told);
		assert.deepEqual(seen, Array.from({ length: 50 }, (_, i) => `RuntimeError${i + 1}`));
		assert.equal(generation, 50);
	}
});

test('the wasm beside them is read for the body as well', () => {
	put({ 'pkg/app.js': imported, 'pkg/app.internal.js': body, 'pkg/app.wasm': wasm });
	const { status, stderr } = run(['patch', '--report=report.json', 'pkg']);
	assert.deepEqual([status, stderr], [0, '']);
	const { files } = JSON.parse(fs.readFileSync('report.json', 'utf8'));
	const patched = fs.readFileSync('pkg/app.internal.js', 'utf8');
	fs.rmSync('pkg/app.wasm');
	put({ 'pkg/app.internal.js': body });
	run(['patch', 'pkg']);
	assert.equal(files.length, 2);
	// functions that cannot be entered again keep no depth, which only the wasm tells
	assert.notEqual(patched, fs.readFileSync('pkg/app.internal.js', 'utf8'));
});
