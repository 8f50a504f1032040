// Programs that hand only numbers over the border (fixtures/numbers): their glue calls none of wasm-bindgen's own exports and
// reads no memory, so that nothing but what is written around the exports tells what it is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { copyCell, makeFolder, root, run, succeed } from './lib.mjs';

const folder = makeFolder();
// The wasm of what bundlers bundle is a module to this one alone.
const node = path.join(root, 'tests/engines/node_modules/node26/bin/node');

const loads = {
	nodejs: `createRequire(import.meta.url)(file)`,
	web: `await import(file).then(async m => (await m.default(fs.readFileSync(wasm)), m))`,
	bundler: `await import(file)`,
	'no-modules': `await (async () => {
		vm.runInThisContext(fs.readFileSync(file, 'utf8') + '; globalThis.numbers = wasm_bindgen;');
		await numbers(fs.readFileSync(wasm));
		return numbers;
	})()`,
};

function inChild(cell, directory, body) {
	const script = path.join(directory, 'try.mjs');
	fs.writeFileSync(script, `
		import assert from 'node:assert/strict';
		import fs from 'node:fs';
		import vm from 'node:vm';
		import { createRequire } from 'node:module';
		const file = ${JSON.stringify(path.join(directory, 'reglue_numbers.js'))};
		const wasm = file.replace('.js', '_bg.wasm');
		const glue = ${loads[path.basename(cell)]};
		const fails = f => assert.throws(f, e => e instanceof WebAssembly.RuntimeError || e instanceof RangeError);
		assert.equal(glue.count(), 1);
		assert.equal(glue.count(), 2);
		assert.equal(glue.depth(10), 10);
		assert.ok(glue.roll(6) <= 6);
		fails(() => glue.divide(1, 0));
		fails(() => glue.depth(1e7));
		${body}
	`);
	const { status, stderr } = spawnSync(node, [script], { encoding: 'utf8' });
	assert.equal(status, 0, stderr);
}

const at = path.join(root, 'fixtures/numbers');
const releases = fs.readdirSync(at).filter(name => /^\d/.test(name));

for (const cell of releases.flatMap(release => Object.keys(loads).map(target => `${release}/${target}`))) {
	const copy = name => {
		const to = copyCell(`numbers/${cell}`, path.join(folder, name, cell));
		if (/nodejs|no-modules/.test(cell)) {
			fs.writeFileSync(path.join(to, 'package.json'), '{"type":"commonjs"}');
		}
		return to;
	};

	test(`exhausted, it is dead; patched, the next call has a new instance [${cell}]`, () => {
		inChild(cell, copy('original'), `
			fails(() => glue.depth(10));
			assert.equal(glue.count(), 3);
		`);
		const patched = copy('patched');
		succeed(['patch', patched]);
		inChild(cell, patched, `
			assert.equal(glue.depth(10), 10);
			assert.equal(glue.count(), 1);
			assert.equal(glue.divide(9, 3), 3);
			assert.ok(glue.roll(6) <= 6);
			assert.equal((glue.__reglue ?? glue.default?.__reglue).stats.reinits, 2);
		`);
	});

	test(`each function is reported, and nothing is left over [${cell}]`, () => {
		const { stdout } = run(['check', '-q', '--report', '-', copy('reported')]);
		const files = JSON.parse(stdout).files.filter(({ entries }) => entries.length !== 0);
		const names = new Set(files.flatMap(({ entries }) => entries.filter(({ guarded }) => guarded).map(({ name }) => name)));
		for (const name of ['count', 'divide', 'roll', 'depth']) {
			assert.ok(names.has(name), `${name} is none of ${[...names]}`);
		}
		assert.deepEqual(files.flatMap(({ warnings }) => warnings), []);
	});
}
