// The bundler target, patched, through real bundlers and run where their output is for: a bad call gives
// the original error, then there is a new instance, and objects of the old one are refused.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from '../engines/chromium.mjs';
import { serve } from '../engines/serve.mjs';
import { bundlers } from './bundle.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const fixtures = path.join(here, '../../fixtures');
const tool = path.resolve(process.env.REGLUE ?? path.join(here, '../../build/reglue'));
const engines = createRequire(path.join(here, '../engines/package.json'));
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-bundlers-'));
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));

const app = `import * as m from './pkg/reglue_fixture.js';
import { story } from './story.mjs';
globalThis.done = story(m);
if (typeof document === 'undefined') {
	globalThis.done.then(seen => console.log(JSON.stringify(seen)));
}
`;

function patch(folder, flags = []) {
	const run = spawnSync(tool, ['patch', ...flags, path.join(folder, 'pkg')], { encoding: 'utf8' });
	assert.equal(run.status, 0, run.stdout + run.stderr);
}

let folders = 0;

/* A folder with a cell in pkg/, patched with these flags; null: not patched. */
function project(cell, flags = [], files = {}) {
	const folder = path.join(root, String(folders++));
	const from = path.join(fixtures, cell);
	fs.mkdirSync(path.join(folder, 'pkg'), { recursive: true });
	for (const name of fs.readdirSync(from).filter(name => /\.(js|json|wasm)$/.test(name))) {
		fs.copyFileSync(fs.realpathSync(path.join(from, name)), path.join(folder, 'pkg', name));
	}
	fs.copyFileSync(path.join(here, 'story.mjs'), path.join(folder, 'story.mjs'));
	fs.writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
	for (const [name, text] of Object.entries({ 'app.mjs': app, ...files })) {
		fs.writeFileSync(path.join(folder, name), text);
	}
	if (flags) {
		patch(folder, flags);
	}
	return folder;
}

async function bundle(name, folder, ...more) {
	const out = path.join(folder, 'out');
	return { out, ...(await bundlers[name](folder, out, ...more)) };
}

const types = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
let browser, server;

before(async () => {
	server = await serve(url => {
		const file = path.join(root, decodeURI(url.pathname));
		return [
			types[path.extname(file)] ?? 'application/octet-stream',
			fs.existsSync(file) ? fs.readFileSync(file) : undefined,
		];
	});
	browser = await launch();
});

after(async () => {
	await browser?.close();
	server?.close();
});

/* What the app has seen, and which files it asked for. */
async function inBrowser({ out, script, module }) {
	fs.writeFileSync(path.join(out, 'page.html'),
		`<!doctype html><link rel="icon" href="data:,"><script ${module ? 'type="module" ' : ''}src="${script}"></script>`);
	const page = await browser.newPage();
	const asked = [];
	const problems = [];
	page.on('request', request => asked.push(path.basename(new URL(request.url()).pathname)));
	page.on('pageerror', error => problems.push(String(error)));
	const { port } = server.address();
	await page.goto(`http://127.0.0.1:${port}/${path.relative(root, out)}/page.html`);
	try {
		await page.waitForFunction('globalThis.done', undefined, { timeout: 20_000 });
		return { seen: await page.evaluate('globalThis.done'), asked };
	} catch (error) {
		throw new Error(`${error.message}; ${problems.join('; ')}`);
	} finally {
		await page.close();
	}
}

function inNode(command, ...args) {
	const run = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
	assert.equal(run.status, 0, run.stderr.slice(-500));
	return JSON.parse(run.stdout);
}

/* The story of a project as the test of a Worker. */
function inWorker(folder) {
	const modules = ['pkg/reglue_fixture.js', 'pkg/reglue_fixture_bg.js', 'story.mjs'];
	fs.writeFileSync(path.join(folder, 'worker.mjs'), `import * as m from './pkg/reglue_fixture.js';
import { story } from './story.mjs';
export default { async test() { console.log('=' + JSON.stringify(await story(m))); } };
`);
	fs.writeFileSync(path.join(folder, 'worker.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .app)]);
const app :Workerd.Worker = (
	compatibilityDate = "2025-01-01",
	modules = [
		${['worker.mjs', ...modules].map(name => `(name = "${name}", esModule = embed "${name}")`).join(', ')},
		(name = "pkg/reglue_fixture_bg.wasm", wasm = embed "pkg/reglue_fixture_bg.wasm")
	]
);
`);
	const workerd = engines.resolve('@cloudflare/workerd-linux-64/bin/workerd');
	const run = spawnSync(workerd, ['test', 'worker.capnp'], { cwd: folder, encoding: 'utf8', timeout: 60_000 });
	const answer = /^.*?=(\{.*\})$/m.exec(run.stdout + run.stderr);
	assert.ok(answer, run.stdout + run.stderr);
	return JSON.parse(answer[1]);
}

const expected = {
	api: true, add: 3, before: 0, counter: 5, sameError: true, error: 'RuntimeError', state: 'poisoned',
	waited: false, sum: 42, after: 1, stale: 'StaleObjectError', greeting: 'Hello, Ada!', later: 'Hello, Bob!', fresh: 8,
	recoveries: 101, failed: 0,
};

// The Module has to be fetched after the first fault, and is kept from then on.
const fetched = { state: 'reinitializing', waited: true };

// One of each: externref table, object heap, `export *`, and the wasm imported by the body itself.
const cells = process.env.BUNDLER_CELLS
	? process.env.BUNDLER_CELLS.split(' ')
	: ['0.2.130/default/bundler', '0.2.130/heap/bundler', '0.2.84/default/bundler', '0.2.83/default/bundler'];

for (const name of ['webpack', 'vite', 'rollup', 'esbuild']) {
	for (const cell of cells) {
		test(`${name}: ${cell}`, async () => {
			const built = await bundle(name, project(cell));
			assert.deepEqual(built.problems, []);
			const { seen, asked } = await inBrowser(built);
			assert.deepEqual(seen, { ...expected, ...fetched });
			// once by the bundler's own loader, once after the first fault: never again
			assert.equal(asked.filter(file => file.endsWith('.wasm')).length, 2, asked.join(' '));
		});
	}
}

for (const cell of cells) {
	test(`webpack for node: ${cell}`, async () => {
		const built = await bundle('webpack for node', project(cell));
		assert.deepEqual(built.problems, []);
		assert.deepEqual(inNode(process.execPath, path.join(built.out, built.script)), expected);
	});
}

const [cell] = cells;

test('vite, the Module brought by the program: no wait at the first fault', async () => {
	const built = await bundle('vite', project(cell, ['--module', 'none'], {
		'app.mjs': `import * as m from './pkg/reglue_fixture.js';
import url from './pkg/reglue_fixture_bg.wasm?url';
import { story } from './story.mjs';
const module = WebAssembly.compileStreaming(fetch(url));
m.__reglue.configure({ module });
globalThis.done = module.then(() => story(m));
`,
	}));
	assert.deepEqual((await inBrowser(built)).seen, expected);
});

test('esbuild, a Module that cannot be found: the instance is kept as long as that is safe', async () => {
	const built = await bundle('esbuild', project(cell, [], {
		'app.mjs': `import * as m from './pkg/reglue_fixture.js';
const caught = f => { try { f(); } catch (e) { return e; } };
async function story() {
	m.bump();
	caught(() => m.panic('bad'));
	const e = caught(() => m.add(1, 2));
	const why = await e.ready.catch(error => error);
	const seen = { early: e.name, cause: String(why.cause), kept: m.bump(), mends: m.__reglue.stats.mends };
	caught(() => m.oob_load());
	const late = caught(() => m.add(1, 2));
	await late.ready.catch(() => {});
	seen.lost = caught(() => m.add(1, 2))?.name;
	return seen;
}
globalThis.done = story();
`,
	}));
	for (const file of fs.readdirSync(built.out).filter(name => name.endsWith('.js'))) {
		const text = fs.readFileSync(path.join(built.out, file), 'utf8');
		// what becomes of the URL where a bundler is not told to keep the name
		fs.writeFileSync(path.join(built.out, file), text.replaceAll('"./reglue_fixture_bg.wasm",import', '"./gone.wasm",import'));
	}
	const { seen } = await inBrowser(built);
	assert.match(seen.cause, /^Error: 404 /);
	delete seen.cause;
	assert.deepEqual(seen, { early: 'PoisonedError', kept: 2, mends: 1, lost: 'PoisonedError' });
});

/* Parcel has no wasm modules, so its users write the entry themselves. */
const ownEntry = `import * as bg from './reglue_fixture_bg.js';
export default async function init() {
	const url = new URL('./reglue_fixture_bg.wasm', import.meta.url);
	const { instance } = await WebAssembly.instantiateStreaming(fetch(url), { './reglue_fixture_bg.js': bg });
	bg.__wbg_set_wasm(instance.exports);
	instance.exports.__wbindgen_start();
	return bg;
}
`;

test('parcel, an entry written by hand', async () => {
	const folder = project(cell, null, {
		'pkg/reglue_fixture.js': ownEntry,
		'app.mjs': `import init from './pkg/reglue_fixture.js';
import { story } from './story.mjs';
globalThis.done = init().then(m => story(m));
`,
	});
	patch(folder);
	assert.deepEqual((await inBrowser(await bundle('parcel', folder))).seen, expected);
});

/* In a Worker an import of a wasm file gives its Module; wasm-bindgen's own entry does not expect that. */
test('workerd, an entry written by hand', () => {
	const entry = `import module from './reglue_fixture_bg.wasm';
import * as bg from './reglue_fixture_bg.js';
const instance = new WebAssembly.Instance(module, { './reglue_fixture_bg.js': bg });
bg.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();
export * from './reglue_fixture_bg.js';
`;
	const folder = project(cell, null, { 'pkg/reglue_fixture.js': entry });
	patch(folder);
	assert.deepEqual(inWorker(folder), expected);
});

test('workerd: the generated entry fails there, patched or not', () => {
	for (const flags of [null, [], ['--module', 'import']]) {
		assert.throws(() => inWorker(project(cell, flags)), /wasm\.__wbindgen_start is not a function/);
	}
});

const direct = `import * as m from './pkg/reglue_fixture.js';
import { story } from './story.mjs';
console.log(JSON.stringify(await story(m)));
`;
const node24 = engines.resolve('node24/bin/node');
const node26 = engines.resolve('node26/bin/node');
const deno = engines.resolve('@deno/linux-x64-glibc/deno');

// Engines that take wasm modules themselves.
for (const [name, command] of [['Node.js 24', [node24]], ['Deno', [deno, 'run', '-A']]]) {
	for (const way of ['url', 'source']) {
		test(`${name}, --module ${way}: the generated entry, without a bundler`, () => {
			const folder = project(cell, ['--module', way], { 'app.mjs': direct });
			assert.deepEqual(inNode(...command, path.join(folder, 'app.mjs')), expected);
		});
	}
	for (const target of ['module', 'experimental-nodejs-module']) {
		test(`${name}: target ${target}`, () => {
			const folder = project(`0.2.130/default/${target}`, [], { 'app.mjs': direct });
			assert.deepEqual(inNode(...command, path.join(folder, 'app.mjs')), expected);
		});
	}
}

/* Strings that the engine brings along where it makes the instance: the runtime has to, for the ones after it. */
test('Node.js 26: static strings of --js-string-builtins', () => {
	const folder = project('0.2.130/string-builtins/bundler', [], { 'app.mjs': `import * as m from './pkg/reglue_fixture.js';
const seen = [m.constant_text()];
try { m.trap(); } catch {}
seen.push(m.constant_text(), m.__reglue.generation);
console.log(JSON.stringify(seen));
` });
	const text = 'a "constant" of the m\u00f6dule';
	assert.deepEqual(inNode(node26, path.join(folder, 'app.mjs')), [text, text, 1]);
});

/* What a program sees of a bundle that was patched as a whole: nothing of it is exported, the API neither. */
const bundledStory = `
const caught = f => { try { f(); } catch (e) { return e; } };
async function story(m) {
	const seen = { add: m.add(1, 2), bump: m.bump() + m.bump() };
	const counter = new m.Counter(5);
	const pending = m.async_await(new Promise(() => {})).then(() => 'resolved', e => e.name);
	seen.error = caught(() => m.panic('bad')).name;
	const early = caught(() => m.add(20, 22));
	await early?.ready?.catch(() => {});
	seen.sum = m.add(20, 22);
	seen.fresh = m.bump();
	seen.stale = caught(() => counter.get())?.name;
	seen.pending = await Promise.race([pending, new Promise(done => setTimeout(done, 200, 'pending'))]);
	seen.later = await m.async_greet('Bob');
	for (let i = 0; i < 100; i++) {
		caught(() => m.panic('again'));
		seen.sum = m.add(i, 1);
	}
	return seen;
}
`;
const seenOfBundle = {
	add: 3, bump: 3, error: 'RuntimeError', sum: 100, fresh: 1, stale: 'StaleObjectError', pending: 'PoisonedError', later: 'Hello, Bob!',
};

// Where a plugin makes the instance, far from the glue, nothing tells the Module: the instance is kept.
const keeps = ['esbuild'];
const seenOfKept = { ...seenOfBundle, fresh: 3, stale: undefined, pending: 'pending' };

const apps = {
	own: `import init from './pkg/reglue_fixture.js';${bundledStory}globalThis.done = init().then(story);`,
	bundler: `import * as m from './pkg/reglue_fixture.js';${bundledStory}globalThis.done = story(m);`,
	web: `import init, * as m from './pkg/reglue_fixture.js';${bundledStory}globalThis.done = init().then(() => story(m));`,
};

for (const name of ['webpack', 'vite', 'rollup', 'esbuild', 'parcel']) {
	for (const cell of ['0.2.130/default/bundler', '0.2.84/default/bundler', '0.2.84/default/web']) {
		const [, target] = /([^/]*)$/.exec(cell);
		test(`${name}, patched afterwards: ${cell}`, async () => {
			const folder = project(cell, null, name === 'parcel' && target === 'bundler'
				? { 'pkg/reglue_fixture.js': ownEntry, 'app.mjs': apps.own }
				: { 'app.mjs': apps[target] });
			const built = await bundle(name, folder);
			if (target === 'web' && name === 'esbuild') { // it leaves `new URL()` alone
				fs.copyFileSync(path.join(folder, 'pkg/reglue_fixture_bg.wasm'), path.join(built.out, 'reglue_fixture_bg.wasm'));
			}
			assert.deepEqual(built.problems, []);
			const run = spawnSync(tool, ['patch', '-q', '-r', built.out], { encoding: 'utf8' });
			assert.equal(run.status, 0, run.stderr);
			const { seen } = await inBrowser(built);
			const kept = target === 'bundler' && keeps.includes(name);
			assert.equal(run.stderr.includes('[no-reinit]'), kept, run.stderr);
			assert.deepEqual(seen, kept ? seenOfKept : seenOfBundle);
		});
	}
}

/* The body imports the wasm itself, and webpack has made a promise of that. */
for (const mode of ['production', 'none']) {
	test(`webpack (${mode}), patched afterwards: 0.2.83/default/bundler`, async () => {
		const folder = project('0.2.83/default/bundler', null, { 'app.mjs': apps.bundler });
		const built = await bundle('webpack', folder, mode);
		const run = spawnSync(tool, ['patch', '-q', '-r', built.out], { encoding: 'utf8' });
		assert.equal(run.status, 0, run.stderr);
		assert.doesNotMatch(run.stderr, /no-reinit/);
		assert.deepEqual((await inBrowser(built)).seen, seenOfBundle);
	});
}

/* webpack's runtime makes the instance, in one file, for glue in another. */
for (const [runtime, cell] of [[true, cells[0]], [false, cells[0]], [true, '0.2.83/default/bundler'], [false, '0.2.83/default/bundler']]) {
	test(`webpack, the glue in a chunk, patched afterwards ${runtime ? 'with' : 'without'} webpack's runtime: ${cell}`, async () => {
		const folder = project(cell, null, {
			'app.mjs': `${bundledStory}globalThis.done = import('./pkg/reglue_fixture.js').then(story);`,
		});
		const built = await bundle('webpack', folder);
		const chunks = fs.readdirSync(built.out).filter(name => name.endsWith('.js') && name !== built.script);
		assert.equal(chunks.length, 1);
		const [chunk, app] = [...chunks, built.script].map(name => path.join(built.out, name));
		const run = spawnSync(tool, ['patch', '-v', ...(runtime ? ['-r', built.out] : [chunk])], { encoding: 'utf8' });
		assert.equal(run.status, 0, run.stderr);
		assert.match(run.stderr, /webpack's runtime, in another file: .* \[no-loader\]/);
		assert.equal(run.stdout.includes(`patched ${app}: bundler, loader\n`), runtime, run.stdout);
		assert.deepEqual((await inBrowser(built)).seen, runtime ? seenOfBundle : seenOfKept);
	});
}

/* Whoever loads the body in a way of their own names the exports in a variable; a bundler puts both into one file. */
const loaders = {
	'a variable of the file': `let wasm;
export async function init() {
	wasm = (await WebAssembly.instantiate(bytes, imports)).instance.exports;
	bg.__wbg_set_wasm(wasm);
	wasm.__wbindgen_start && wasm.__wbindgen_start();
}`,
	'a variable of the function': `export async function init() {
	const { instance } = await WebAssembly.instantiate(bytes, imports);
	const wasm = instance.exports;
	bg.__wbg_set_wasm(wasm);
	if (wasm.__wbindgen_start) wasm.__wbindgen_start();
}`,
	'no variable': `export function init() {
	bg.__wbg_set_wasm(new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports);
}`,
};

for (const [form, init] of Object.entries(loaders)) {
	for (const minify of [false, true]) {
		test(`esbuild, a loader written by hand, the exports in ${form}, patched afterwards${minify ? ', minified' : ''}`, async () => {
			const folder = project(cell, null, {
				'load.mjs': `import * as bg from './pkg/reglue_fixture_bg.js';
import { readFileSync } from 'node:fs';
const bytes = readFileSync(new URL('./pkg/reglue_fixture_bg.wasm', import.meta.url));
const imports = { './reglue_fixture_bg.js': bg };
${init}
`,
				'lib.mjs': 'export { init } from \'./load.mjs\';\nexport * from \'./pkg/reglue_fixture_bg.js\';\n',
				'app.mjs': `import { story } from './story.mjs';
const m = await import('./bundle.mjs');
await m.init();
console.log(JSON.stringify(await story(m)));
`,
			});
			const { build } = await import('esbuild');
			await build({
				entryPoints: [path.join(folder, 'lib.mjs')], outfile: path.join(folder, 'bundle.mjs'),
				bundle: true, format: 'esm', platform: 'node', minify, logLevel: 'silent',
			});
			const run = spawnSync(tool, ['patch', '-q', path.join(folder, 'bundle.mjs')], { encoding: 'utf8' });
			assert.deepEqual([run.stdout, run.stderr, run.status], ['', '', 0]);
			assert.deepEqual(inNode(process.execPath, path.join(folder, 'app.mjs')), expected);
		});
	}
}
