// The recipes of docs/BUILD-TOOLS.md, as they stand there. wasm-bindgen and the tools that run it are
// stand-ins; bundlers are real, and what they make is run until it crashes.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { beforeEach, test } from 'node:test';

import { copyCell, makeFolder, reglue, root, succeed, tools } from './lib.mjs';

const document = fs.readFileSync(path.join(root, 'docs/BUILD-TOOLS.md'), 'utf8');
const recipe = (name) => {
	const found = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`\\w+\n([^]*?)\n\`\`\``).exec(document);
	assert.ok(found, `docs/BUILD-TOOLS.md has a recipe ${name}`);
	return found[1];
};

let folder;
let environment;

beforeEach(() => {
	folder = makeFolder();
	const bin = path.join(folder, '../', `${path.basename(folder)}-bin`);
	fs.mkdirSync(bin);
	process.on('exit', () => fs.rmSync(bin, { recursive: true, force: true }));
	fs.symlinkSync(reglue, path.join(bin, 'reglue'));
	fs.copyFileSync(path.join(root, 'tests/tools/stand-in-bindgen.sh'), path.join(bin, 'wasm-bindgen'));
	for (const name of ['wasm-pack', 'trunk']) {
		fs.writeFileSync(path.join(bin, name), '#!/bin/sh\n[ "$1" = build ] && wasm-bindgen --target web --out-dir pkg app.wasm\n', { mode: 0o755 });
	}
	fs.writeFileSync(path.join(folder, 'app.wasm'), '');
	environment = { ...process.env, PATH: `${bin}:${process.env.PATH}`, STANDIN_CELL: path.join(root, 'fixtures/0.2.130/default') };
});

function shell(script) {
	const result = spawnSync('sh', ['-ec', script], { cwd: folder, env: environment, encoding: 'utf8' });
	assert.equal(result.status, 0, result.stdout + result.stderr);
	return result.stdout;
}

const seal = () => / \* reglue-seal 1 (.*)/.exec(fs.readFileSync(path.join(folder, 'pkg/app.js'), 'utf8'))?.[1];

for (const [name, expected] of [['wasm-bindgen', '-'], ['exec', '-'], ['packer', '-'], ['shadow', 'policy=eager']]) {
	test(`recipe: ${name}`, () => {
		shell(recipe(name));
		assert.equal(seal(), expected);
		if (expected === '-') {
			shell(recipe('check'));
		}
	});
}

test('recipe: job, its last steps; tests/build-tools runs them all', () => {
	const steps = [...recipe('job').matchAll(/^ {6}- run: (reglue .*)$/gm)].map(([, step]) => step);
	assert.equal(steps.length, 2);
	shell(steps.join('\n'));
	assert.equal(seal(), '-');
});

test('recipe: Makefile', () => {
	fs.writeFileSync(path.join(folder, 'Makefile'), `${recipe('Makefile')}\n`);
	shell('make -s pkg/app.js');
	assert.equal(seal(), '-');
	assert.match(shell('make pkg/app.js'), /up to date/);
});

test('recipe: check, of what is not patched', () => {
	copyCell('0.2.130/default/web', path.join(folder, 'pkg'));
	const result = spawnSync('sh', ['-c', recipe('check')], { cwd: folder, env: environment, encoding: 'utf8' });
	assert.equal(result.status, 1);
	assert.match(result.stdout, /^--- a\/pkg\/reglue_fixture\.js\n/);
});

test('recipe: package.json', () => {
	fs.writeFileSync(path.join(folder, 'package.json'), recipe('package.json'));
	fs.mkdirSync(path.join(folder, 'node_modules/.bin'), { recursive: true });
	fs.writeFileSync(path.join(folder, 'node_modules/.bin/vite'), '#!/bin/sh\necho built\n', { mode: 0o755 });
	assert.match(shell('npm run -s build'), /built/);
	assert.equal(seal(), '-');
});

/* ---- bundlers: a program that uses one function of a package without side effects */

const program = `
import { initSync, bump, trap as crash } from 'glue';
export function run(bytes) {
	initSync({ module: new WebAssembly.Module(bytes) });
	const seen = [bump(), bump()];
	try { crash(); } catch (error) { seen.push(error.constructor.name); }
	return [...seen, bump()];
}
`;

function makeProject() {
	const glue = copyCell('0.2.130/default/web', path.join(folder, 'node_modules/glue'));
	fs.writeFileSync(path.join(glue, 'package.json'),
		JSON.stringify({ name: 'glue', type: 'module', main: 'reglue_fixture.js', sideEffects: false }));
	succeed(['patch', glue]);
	fs.writeFileSync(path.join(folder, 'main.js'), program);
	fs.writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
	return fs.readFileSync(path.join(glue, 'reglue_fixture_bg.wasm'));
}

const require = createRequire(path.join(tools, 'x.js'));

async function expectRecovery(file, wasm) {
	globalThis.__fixture_hooks ??= {};
	const module = await import(pathToFileURL(file));
	const { run } = module.default ?? module;
	assert.deepEqual(run(wasm), [1, 2, 'RuntimeError', 1]);
}

test('vite: tree shaking and minifying leave recovery in', async () => {
	const wasm = makeProject();
	const { build } = await import(pathToFileURL(path.join(tools, 'vite/dist/node/index.js')));
	await build({ root: folder, logLevel: 'error', configFile: false,
		build: { lib: { entry: 'main.js', formats: ['es'], fileName: 'out' }, minify: 'esbuild', target: 'es2022', assetsInlineLimit: 0 } });
	await expectRecovery(path.join(folder, 'dist/out.js'), wasm);
});

test('webpack: tree shaking and minifying leave recovery in', async () => {
	const wasm = makeProject();
	const webpack = require('webpack');
	await new Promise((resolve, reject) => {
		webpack({
			mode: 'production', context: folder, entry: './main.js', target: 'node',
			output: { path: path.join(folder, 'out'), filename: 'out.cjs', publicPath: '', library: { type: 'commonjs2' } },
		}, (error, stats) => (error || stats.hasErrors() ? reject(error ?? new Error(stats.toString())) : resolve()));
	});
	await expectRecovery(path.join(folder, 'out/out.cjs'), wasm);
});
