// Programs, as front ends are: nothing but closures is called from outside (fixtures/program). After a panic they go on, as
// unpatched ones do; with the policies for libraries they would be dead, for no call asks for a new instance.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { launch } from '../engines/chromium.mjs';
import { serve } from '../engines/serve.mjs';
import { copyCell, makeFolder, root, run, succeed } from './lib.mjs';

const folder = makeFolder();
const cells = ['main', 'start'].flatMap(kind => ['web', 'nodejs'].map(target => `${kind}/${target}`));

/** A copy of a cell, patched with `options`, or not. */
function prepare(cell, options) {
	const to = path.join(folder, [...(options ?? ['original']), cell].join(' ').replaceAll('/', '-'));
	if (!fs.existsSync(to)) {
		copyCell(`program/${cell}`, to);
		if (cell.endsWith('nodejs')) {
			fs.writeFileSync(path.join(to, 'package.json'), '{"type":"commonjs"}');
		}
		if (options) {
			succeed(['patch', ...options, to]);
		}
	}
	return to;
}

// In the child: `last` are the handlers that were mounted last, `first` those of the first start.
const prelude = `
	import assert from 'node:assert/strict';
	import fs from 'node:fs';
	const first = {}, last = {};
	let starts = 0;
	globalThis.mount = (name, handler) => {
		first[name] ??= handler;
		last[name] = handler;
		starts += name === 'add';
	};
	const glue = await import(process.argv[1]);
	if (glue.initSync) {
		glue.initSync({ module: fs.readFileSync(new URL('reglue_program_bg.wasm', process.argv[1])) });
	}
	const api = glue.__reglue ?? glue.default.__reglue;
	const sleep = ms => new Promise(done => setTimeout(done, ms));
	const traps = f => assert.throws(f, WebAssembly.RuntimeError);
`;

function inChild(folder, body) {
	const url = String(pathToFileURL(path.join(folder, 'reglue_program.js')));
	const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', prelude + body, url], { encoding: 'utf8' });
	assert.equal(status, 0, stderr);
}

/** What is said of a glue's kind. */
function said(file) {
	const { stdout } = run(['check', '-q', '--report', '-', file]);
	return JSON.parse(stdout).files.flatMap(one => [...one.notes, ...one.warnings]).map(({ code }) => code)
		.filter(code => /^(program|split|no-reinit)$/.test(code));
}

/** The same of the file without the wasm, which has to be what reglue would write. */
function saidAlone(file) {
	const alone = path.join(makeFolder(), path.basename(file));
	fs.copyFileSync(file, alone);
	assert.equal(run(['check', alone]).status, 0);
	return said(alone);
}

const panics = `
	assert.equal(last.add(1), 1);
	for (let n = 2; n <= 30; n++) {
		traps(() => last.panic(1));
		assert.equal(last.add(0), n);
	}
	for (let n = 0; n < 5; n++) {
		traps(() => last.panic(1));
	}
	assert.equal(last.add(0), 35);
	last.later(5);
	await sleep(1);
	traps(() => last.panic(1));
	await sleep(30);
	assert.equal(last.add(0), 136, 'a task goes on');
	assert.equal(starts, 1);
`;

for (const cell of cells) {
	test(`${cell}: control: unpatched, a program goes on after a panic`, () => inChild(prepare(cell), panics));

	test(`${cell}: patched, it does so as well`, () => {
		inChild(prepare(cell, []), `${panics}
			assert.deepEqual([api.generation, api.state, api.stats.staleClosures], [0, 'live', 0]);
			assert.equal(api.stats.mends, 35);
		`);
	});

	test(`${cell}: what leaves memory in doubt ends it, and starts it again where that was asked for`, () => {
		inChild(prepare(cell, []), `
			last.add(1);
			traps(() => last.wild(0));
			assert.equal(last.add(1), undefined);
			await sleep(5);
			assert.deepEqual([api.state, api.generation, starts], ['poisoned', 0, 1]);
			api.configure({ reinit: 'eager' });
			api.reinit();
			assert.equal(starts, 2);
			assert.equal(last.add(1), 1);
			assert.equal(first.add(1), undefined);
			let told = 0;
			api.on('fault', () => told++);
			traps(() => last.panic(1));
			await sleep(5);
			assert.deepEqual([told, starts, last.add(1), api.generation], [1, 3, 1, 2]);
		`);
		inChild(prepare(cell, ['--policy', 'eager']), `
			last.add(1);
			traps(() => last.panic(1));
			assert.equal(starts, 1);
			await sleep(5);
			assert.deepEqual([starts, last.add(1), first.add(1)], [2, 1, undefined]);
		`);
	});

	test(`${cell}: who wants no more of an instance that failed gets none`, () => {
		for (const policy of ['never', 'manual']) {
			inChild(prepare(cell, ['--policy', policy]), `
				traps(() => last.panic(1));
				await sleep(5);
				assert.deepEqual([last.add(1), api.state, starts], [undefined, 'poisoned', 1]);
			`);
		}
	});

	test(`${cell}: that it is a program is said, and known without its wasm`, () => {
		const there = prepare(cell, []);
		const file = path.join(there, 'reglue_program.js');
		assert.deepEqual(said(file), ['program']);
		assert.deepEqual(saidAlone(file), ['program']);
		const library = path.join(makeFolder(), 'reglue_fixture.js');
		fs.copyFileSync(path.join(root, 'fixtures/0.2.130/default/web/reglue_fixture.js'), library);
		assert.deepEqual(said(library), []);
	});
}

// The part that is loaded later is linked with the instance that is there then: with another one, it would work on the
// memory of the old one, and what the new one calls of it would not be there.
const parts = `
	last.part(11);
	await sleep(30);
	assert.equal(last.add(0), 12, 'its text has twelve digits');
	for (let n = 0; n < 5; n++) {
		traps(() => last.panic(1));
		last.part(1);
		await sleep(1);
	}
	assert.deepEqual([last.add(0), starts], [22, 1]);
`;

test('split/web: control: unpatched, a part that is loaded later goes on after panics', () => inChild(prepare('split/web'), parts));

test('split/web: patched, it does so with every policy that recovers', () => {
	for (const policy of ['lazy', 'eager', 'heal']) {
		inChild(prepare('split/web', ['--policy', policy]), `${parts}
			assert.deepEqual([api.generation, api.state, api.stats.mends], [0, 'live', 5]);
			traps(() => last.wild(0));
			await sleep(5);
			assert.deepEqual([last.add(1), api.generation, api.state, starts], [undefined, 0, 'poisoned', 1]);
			assert.throws(() => api.reinit(), api.PoisonedError);
		`);
	}
});

test('split/web: that no new instance is made is said, and known without its wasm', () => {
	const file = path.join(prepare('split/web', ['--policy', 'lazy']), 'reglue_program.js');
	assert.deepEqual(said(file), ['split']);
	assert.deepEqual(saidAlone(file), ['split']);
	assert.match(run(['check', file]).stderr, /reglue_program\.js:2:26: warning: .*__wasm_split\.js/);
});

test('in Chromium: a button that panics, and one that does not', async () => {
	const pages = { original: prepare('start/web'), patched: prepare('start/web', []) };
	const page = `<!doctype html><body><script type="module">
		globalThis.mount = (name, handler) => {
			const button = document.body.appendChild(document.createElement('button'));
			button.id = name;
			button.onclick = () => { button.textContent = handler(1); };
		};
		const glue = await import('./reglue_program.js');
		globalThis.errors = [];
		addEventListener('error', ({ error }) => errors.push(error.constructor.name));
		await glue.default();
		globalThis.api = glue.__reglue;
	</script>`;
	const types = { '.js': 'text/javascript', '.wasm': 'application/wasm' };
	const server = await serve(({ pathname }) => {
		const [, name, file] = pathname.split('/');
		return file ? [types[path.extname(file)], fs.readFileSync(path.join(pages[name], file))]
			: ['text/html', name in pages ? page : undefined];
	});
	const browser = await launch();
	try {
		for (const name of Object.keys(pages)) {
			const tab = await browser.newPage();
			await tab.goto(`http://127.0.0.1:${server.address().port}/${name}/`);
			for (let n = 1; n <= 5; n++) {
				await tab.click('#add');
				assert.equal(await tab.textContent('#add'), String(2 * n - 1));
				await tab.click('#panic');
			}
			assert.deepEqual(await tab.evaluate(() => globalThis.errors), Array(5).fill('RuntimeError'));
			if (name === 'patched') {
				assert.deepEqual(await tab.evaluate(() => [globalThis.api.stats.mends, globalThis.api.generation]), [4, 0]);
			}
		}
	} finally {
		await browser.close();
		server.close();
	}
});
