// Glue whose wasm a tool has put into a script of its own, as bytes: that script makes the instance, the loader
// imports the exports from it. All three are patched, and the program recovers.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { inFolders, put, root, run } from './lib.mjs';

const fixtures = path.join(root, 'fixtures');
const cell = JSON.parse(fs.readFileSync(path.join(fixtures, 'manifest.json'), 'utf8')).cells
	.find(({ path: p }) => p === '0.2.125/default/bundler');
const part = name => fs.readFileSync(path.join(fixtures, cell.path, name));

inFolders();

function unpack() {
	const bytes = fs.readFileSync(path.join(fixtures, cell.module)).toString('base64');
	put({
		'pkg/package.json': '{"type":"module"}',
		'pkg/reglue_fixture_bg.js': part('reglue_fixture_bg.js'),
		'pkg/reglue_fixture.js': String(part('reglue_fixture.js')).replace(/import \* as wasm from .*/, 'import { wasm } from "./reglue_fixture_bg.wasm.js";'),
		'pkg/reglue_fixture.d.ts': part('reglue_fixture.d.ts'),
		'pkg/reglue_fixture_bg.wasm.d.ts': 'export const wasm: any;\n',
		'pkg/reglue_fixture_bg.wasm.js': `import * as body from "./reglue_fixture_bg.js";
const bytes = Uint8Array.from(atob("${bytes}"), c => c.charCodeAt(0));
const wasmModule = new WebAssembly.Module(bytes);
const importObject = { "./reglue_fixture_bg.js": body };
const wasm = new WebAssembly.Instance(wasmModule, importObject).exports;
export { wasm };
`,
		'program.mjs': `import { __reglue, add, greet, trap } from './pkg/reglue_fixture.js';
const thrown = f => { try { f(); } catch (e) { return e.constructor.name; } };
const seen = [];
for (let i = 0; i < 50; i++) seen.push(thrown(trap) + add(i, 1) + greet('x'));
console.log(JSON.stringify([seen, __reglue.generation]));
`,
	});
}

const play = () => JSON.parse(spawnSync(process.execPath, ['program.mjs'], { encoding: 'utf8' }).stdout);

test('the script that makes the instance tells the Module', () => {
	unpack();
	const { status, stderr } = run(['patch', 'pkg']);
	assert.deepEqual([status, stderr], [0, '']);
	const [seen, generation] = play();
	assert.deepEqual(seen, Array.from({ length: 50 }, (_, i) => `RuntimeError${i + 1}Hello, x!`));
	assert.equal(generation, 50);
	assert.match(fs.readFileSync('pkg/reglue_fixture.d.ts', 'utf8'), /__reglue/);
	assert.doesNotMatch(fs.readFileSync('pkg/reglue_fixture_bg.wasm.d.ts', 'utf8'), /__reglue/);
	assert.equal(run(['revert', 'pkg']).status, 0);
	assert.equal(run(['check', '--diff', 'pkg']).status, 1);
});

test('a script that tells none is named', () => {
	unpack();
	fs.writeFileSync('pkg/reglue_fixture_bg.wasm.js', 'export const { wasm } = await import("./other.js");\n');
	assert.match(run(['patch', 'pkg']).stderr, /made by '\.\/reglue_fixture_bg\.wasm\.js'.*\[no-reinit\]/);
});
