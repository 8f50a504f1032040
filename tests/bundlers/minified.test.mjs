// Glue that a bundler, a compiler and a minifier have been through, patched afterwards, as in a package that somebody
// published so: of the names only those of exports and properties are left, of upstream's own machinery (R14)
// as of all the rest.
//   MINIFIED=all   every minifier over every cell
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { missingHooks } from '../packages/missing-hooks.mjs';
import { compilers, isModule, minifiers } from './minifiers.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const fixtures = path.join(here, '../../fixtures');
const tool = path.resolve(process.env.REGLUE ?? path.join(here, '../../build/reglue'));
const node = path.join(here, '../engines/node_modules/node26/bin/node');
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-minified-'));
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }));
const { cells } = JSON.parse(fs.readFileSync(path.join(fixtures, 'manifest.json'), 'utf8'));
const minor = ({ release }) => Number(release.split('.')[2]);

/* What a program sees, in order; the bundle is the first argument, the wasm the second, the target the third. */
const load = `
import fs from 'node:fs';
import { createRequire } from 'node:module';
import vm from 'node:vm';
const [, , bundle, wasm, target, takesObject, later] = process.argv;
globalThis.location = { href: 'https://localhost/' }; // as scripts have it
const m =
	target === 'nodejs' ? createRequire(import.meta.url)(bundle)
	: target === 'web' || target === 'bundler' ? await import(bundle)
	: vm.runInThisContext(fs.readFileSync(bundle, 'utf8') + ';wasm_bindgen');
if (target === 'web' || target === 'no-modules') {
	const module = new WebAssembly.Module(fs.readFileSync(wasm));
	if (later) {
		const init = m.default ?? m, bytes = fs.readFileSync(wasm);
		await init(takesObject ? { module_or_path: bytes } : bytes);
	} else {
		m.initSync(takesObject ? { module } : module);
	}
}
`;

const program = `${load}
const seen = [];
const see = f => {
	try {
		seen.push(f());
	} catch (e) {
		// wasm-bindgen names some of its classes by themselves, so that a minifier renames them
		seen.push(e instanceof WebAssembly.RuntimeError ? 'trap' : e instanceof m.__reglue.StaleObjectError ? 'stale' : e.message);
	}
};
const old = new m.Counter(5);
const point = new m.Point(3, 4);
see(() => m.bump());
const closures = [m.make_text_callback('a'), m.make_callback(), m.make_once_callback(1), m.make_failing_callback()];
const promised = m.async_await(new Promise(() => {})).then(
	() => 'resolved',
	e => e instanceof m.__reglue.PoisonedError ? 'rejected' : e,
);
see(() => m.trap());
see(() => m.concat('a', 'b', 'c'));
see(() => old.get());
const next = [new m.Counter(6), new m.Point(5, 12)]; // where the old ones were
see(() => old.value);
see(() => (old.value = 1));
see(() => point.x);
see(() => (point.x = 1));
see(() => old.free());
see(() => point.free());
see(() => [next[0].value, next[1].x, next[1].length()]);
see(() => m.bump());
see(() => m.panic('text'));
see(() => m.bump());
if (m.schedule_reinit) {
	m.schedule_reinit();
	see(() => m.concat('d', 'e', 'f'));
	see(() => m.bump());
}
if (m.__wbg_reset_state) {
	m.__wbg_reset_state();
	see(() => m.bump());
}
closures.forEach(closure => see(() => closure(1)));
seen.push(m.__reglue.stats.staleClosures);
seen.push(await Promise.race([promised, new Promise(resolve => setTimeout(resolve, 100, 'pending'))]));
seen.push(m.__reglue.generation, m.__reglue.stats.faults);
console.log(JSON.stringify(seen));
`;
fs.writeFileSync(path.join(root, 'program.mjs'), program);

/* Classes are made again by the names that users know, whatever became of those. */
fs.writeFileSync(path.join(root, 'reconstruct.mjs'), `${load}
const counter = new m.Counter(5);
const renamed = m.Renamed.ofNumber(7);
const other = new m.Point(3, 4);
const seen = [];
for (let n = 0; n < 2; n++) {
	try { m.trap(); } catch {}
	seen.push(counter.add(1), counter.add(1), renamed.theText);
	try { other.length(); } catch (e) { seen.push(e instanceof m.__reglue.StaleObjectError); }
}
seen.push(m.__reglue.stats.reconstructed);
console.log(JSON.stringify(seen));
`);

/* What unwinds is an error, and the instance goes on counting. */
function expected(cell) {
	const unwinds = cell.features.includes('panic-error');
	const schedules = cell.optional.includes('reinit');
	const resets = cell.variant === 'reset-state';
	const generation = (unwinds ? 1 : 2) + schedules + resets;
	return [
		1, 'trap', 'abc', 'stale', 'stale', 'stale', 'stale', 'stale', null, null, [6, 5, 13], 1,
		...(unwinds ? ['text', 2] : ['trap', 1]),
		...(schedules ? ['def', 1] : []),
		...(resets ? [1] : []),
		null, null, null, null, 4, 'rejected',
		generation, unwinds ? 1 : 2,
	];
}

const all = process.env.MINIFIED === 'all';
const keepsNames = name => name === 'bundled' || name === 'TypeScript, ES5';
const isFor = ({ target }, name) =>
	target === 'web' || (target === 'bundler' && name !== 'bundled') ||
	(name !== 'rolldown' && (target === 'nodejs' || (name !== 'bundled' && name !== 'bun')));

/* The first and the last release with glue of a kind; between them nothing changed that would matter here. */
const kindOf = ({ target, variant, features, optional }) => [target, variant, ...features, ...optional].join();
const isEnd = cell => {
	const kind = cells.filter(other => kindOf(other) === kindOf(cell));
	return cell === kind[0] || cell === kind.at(-1);
};
const isWanted = (cell, name) =>
	all ||
	(isEnd(cell) && (name === 'bundled' // a bundler alone changes names only where there are two of them
		? cell.features.includes('call-guard') && cell.target === 'web'
		: (name === 'esbuild' && cell.target === 'web') ||
			(/^0\.2\.(100|130)$/.test(cell.release) &&
				(cell.variant === 'default' || !(name in compilers || /^(string-builtins|families|wasm64)$/.test(cell.variant))))));

/* What is bundled of a cell: its glue, or for bundlers an entry by hand, as for workers that are given the Module. */
function entryOf({ path: cell, target }) {
	const folder = path.join(fixtures, cell);
	if (target !== 'bundler') {
		return path.join(folder, 'reglue_fixture.js');
	}
	const body = path.join(folder, 'reglue_fixture_bg.js');
	const file = path.join(root, `${cell.replaceAll('/', '-')}.entry.mjs`);
	fs.writeFileSync(file, `import fs from 'node:fs';
import * as imports from ${JSON.stringify(body)};
const module = new WebAssembly.Module(fs.readFileSync(process.argv[3]));
const constants = new Proxy({}, { get: (_, text) => text });
const instance = new WebAssembly.Instance(module, { './reglue_fixture_bg.js': imports, 'wasm:js/string-constants': constants });
imports.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();
export * from ${JSON.stringify(body)};
`);
	return file;
}

const takesExports = cell =>
	fs.readFileSync(path.join(fixtures, cell.path, 'reglue_fixture_bg.js'), 'utf8').includes('__wbg_set_wasm');

/* A cell's glue after a minifier, in a folder of its own beside the wasm. */
async function minified(cell, name) {
	const { target } = cell;
	const folder = fs.mkdtempSync(path.join(root, `${name}-`));
	const bundle = path.join(folder, isModule(target) ? 'glue.mjs' : 'glue.cjs');
	const text = await minifiers[name](entryOf(cell), target);
	fs.writeFileSync(bundle, text);
	fs.copyFileSync(path.join(fixtures, cell.module), path.join(folder, 'reglue_fixture_bg.wasm'));
	return { bundle, text };
}

/* Patches it; gives what is said. */
function patch(bundle, ...flags) {
	const run = spawnSync(tool, ['patch', '-q', ...flags, bundle], { encoding: 'utf8' });
	assert.equal(run.status, 0, run.stderr);
	return run.stderr;
}

/* Compilers change how a program waits, so glue that they made waits for its module. */
function seenBy(script, cell, bundle, name) {
	const words = [path.join(root, script), bundle, path.join(fixtures, cell.module), cell.target];
	words.push(minor(cell) >= 93 ? 'object' : '', name in compilers ? 'later' : '');
	const run = spawnSync(node, words, { encoding: 'utf8' });
	assert.equal(run.status, 0, run.stderr);
	return JSON.parse(run.stdout);
}

for (const cell of cells) {
	const { target } = cell;
	if (!/^(web|nodejs|no-modules|bundler)$/.test(target) || cell.variant === 'threads' || minor(cell) < 83 ||
		(target === 'bundler' && !takesExports(cell))) {
		continue;
	}
	for (const name of Object.keys(minifiers)) {
		if (!isFor(cell, name) || !isWanted(cell, name)) {
			continue;
		}
		test(`${cell.path}: ${name}, then patched`, async () => {
			const { bundle, text } = await minified(cell, name);
			if (!keepsNames(name)) {
				assert.doesNotMatch(text, /__wbg_(call_guard|handle_catch|instance_id|init)\b/);
			}
			patch(bundle);
			assert.deepEqual(missingHooks(fs.readFileSync(bundle, 'utf8')).problems, []);
			assert.deepEqual(seenBy('program.mjs', cell, bundle, name), expected(cell));
		});
	}
}

/* The other way round: what users put into their builds is patched already. */
for (const cell of cells.filter(({ path: name }) => /^0\.2\.130\/default\/(web|nodejs|no-modules)$/.test(name))) {
	for (const name of Object.keys(minifiers).filter(name => isFor(cell, name))) {
		test(`${cell.path}: patched, then ${name}`, async () => {
			const folder = fs.mkdtempSync(path.join(root, 'first-'));
			fs.cpSync(path.join(fixtures, cell.path), folder, { recursive: true, dereference: true });
			const glue = path.join(folder, 'reglue_fixture.js');
			patch(glue);
			const bundle = path.join(folder, isModule(cell.target) ? 'glue.mjs' : 'glue.cjs');
			fs.writeFileSync(bundle, await minifiers[name](glue, cell.target));
			assert.deepEqual(seenBy('program.mjs', cell, bundle, name), expected(cell));
		});
	}
}

for (const cell of cells.filter(({ path: name }) => /^0\.2\.130\/default\/(web|bundler|nodejs|no-modules)$/.test(name))) {
	for (const name of Object.keys(minifiers).filter(name => isFor(cell, name))) {
		test(`${cell.path}: ${name}, then patched to make classes again`, async () => {
			const { bundle } = await minified(cell, name);
			assert.equal(patch(bundle, '--reconstruct', 'Counter', '--reconstruct', 'Renamed'), '');
			assert.deepEqual(seenBy('reconstruct.mjs', cell, bundle, name), [6, 7, '7', true, 6, 7, '7', true, 4]);
		});
	}
}
