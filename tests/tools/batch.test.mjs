// Trees of packages: the recipes of docs/BATCH.md as they stand there, and what is the same whatever the
// number of threads.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { before, test } from 'node:test';

import { copyCell, listFiles, makeFolder, readTree, reglue, root, run, sameTree, succeed } from './lib.mjs';

const document = fs.readFileSync(path.join(root, 'docs/BATCH.md'), 'utf8');
const recipe = (name) => {
	const found = new RegExp(`<!-- recipe: ${name} -->\n\`\`\`\\w+\n([^]*?)\n\`\`\``).exec(document);
	assert.ok(found, `docs/BATCH.md has a recipe ${name}`);
	return found[1];
};

let environment; // in which `reglue` is the program under test
let packages; // by name: unpatched and patched

before(() => {
	const bin = makeFolder();
	fs.symlinkSync(reglue, path.join(bin, 'reglue'));
	environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
	packages = [['a', '0.2.130/default/web'], ['b', '0.2.130/default/bundler'], ['c/d', '0.2.100/default/nodejs'],
		['c/e', '0.2.63/default/web']].map(([name, cell]) => {
		const folder = copyCell(cell, path.join(makeFolder(), 'pkg'));
		const original = readTree(folder);
		succeed(['patch', folder]);
		return { name, original, patched: readTree(folder) };
	});
});

/** A new folder with bindings/ in it. */
function makeTree() {
	const folder = makeFolder();
	for (const { name, original } of packages) {
		const to = path.join(folder, 'bindings', name);
		fs.mkdirSync(to, { recursive: true });
		for (const [file, bytes] of original) {
			fs.writeFileSync(path.join(to, file), bytes);
		}
	}
	fs.writeFileSync(path.join(folder, 'bindings/plain.js'), 'export const x = 1;\n');
	return folder;
}

const expectPatched = (folder) => {
	for (const { name, patched } of packages) {
		sameTree(path.join(folder, 'bindings', name), patched);
	}
};

for (const name of ['parallel', 'parallel-shards', 'xargs']) {
	test(`recipe: ${name}`, () => {
		const folder = makeTree();
		const result = spawnSync('sh', ['-ec', recipe(name)], { cwd: folder, env: environment, encoding: 'utf8' });
		assert.equal(result.status, 0, result.stdout + result.stderr);
		expectPatched(folder);
		if (name === 'parallel-shards') {
			const merged = JSON.parse(fs.readFileSync(path.join(folder, 'report.json'), 'utf8'));
			assert.equal(merged.totals.patched, 9);
			assert.equal(merged.totals.skipped, 1);
		}
	});
}

test('lists and reports may come from a pipe of the shell', () => {
	const folder = makeTree();
	const bash = (script) => spawnSync('bash', ['-c', script], { cwd: folder, env: environment, encoding: 'utf8' });
	let result = bash('reglue patch -q --files-from <(find bindings -name "*.js") --report 1.json --allow-empty');
	assert.equal(result.status, 0, result.stderr);
	expectPatched(folder);
	result = bash('reglue report merge <(cat 1.json) | cmp - 1.json');
	assert.deepEqual([result.status, result.stdout, result.stderr], [0, '', '']);
	result = bash('reglue check --files-from /dev/null');
	assert.deepEqual([result.status, result.stderr], [3, 'reglue: error: no .js, .mjs or .cjs file in the list /dev/null [no-glue]\n']);
});

test('what lies in a cache, as in cargo\'s target, is on its way to somewhere else', () => {
	const folder = makeTree();
	const target = path.join(folder, 'bindings/target');
	const glue = path.join(target, 'wasm-bindgen/app.js');
	fs.mkdirSync(path.dirname(glue), { recursive: true });
	fs.copyFileSync(path.join(root, 'fixtures/0.2.130/default/web/reglue_fixture.js'), glue);
	const tag = (text) => fs.writeFileSync(path.join(target, 'CACHEDIR.TAG'), text);
	const looked = (...paths) => JSON.parse(run(['check', '-r', '-q', '--report', '-', ...paths], { cwd: folder }).stdout)
		.files.map((file) => file.path).filter((file) => file.includes('target'));
	tag('Signature: 8a477f597d28d172789f06886806bc55\n# by somebody\n');
	assert.deepEqual(looked('bindings'), []);
	assert.deepEqual(looked('bindings', '--no-ignore'), []);
	for (const named of ['bindings/target', 'bindings/target/wasm-bindgen', 'bindings/target/wasm-bindgen/app.js']) {
		assert.deepEqual(looked(named), ['bindings/target/wasm-bindgen/app.js']);
	}
	tag('no signature');
	assert.deepEqual(looked('bindings'), ['bindings/target/wasm-bindgen/app.js']);
});

test('recipe: ninja', () => {
	const folder = makeFolder();
	const web = packages[0];
	for (const name of ['a', 'b']) {
		fs.mkdirSync(path.join(folder, 'bindings', name), { recursive: true });
		fs.writeFileSync(path.join(folder, 'bindings', name, 'app.js'), web.original.get('reglue_fixture.js'));
		// what the wasm tells decides about the output too
		fs.writeFileSync(path.join(folder, 'bindings', name, 'reglue_fixture_bg.wasm'), web.original.get('reglue_fixture_bg.wasm'));
	}
	fs.writeFileSync(path.join(folder, 'build.ninja'), `${recipe('ninja build.ninja')}\n`);
	const ninja = () => execFileSync('ninja', [], { cwd: folder, env: environment, encoding: 'utf8' });
	ninja();
	const expected = web.patched.get('reglue_fixture.js');
	assert.ok(fs.readFileSync(path.join(folder, 'out/a/app.js')).equals(expected));
	assert.match(ninja(), /no work to do/);
	fs.writeFileSync(path.join(folder, 'bindings/b/app.js'), web.original.get('reglue_fixture.js'));
	assert.match(ninja(), /\[1\/1\]/);
	assert.ok(fs.readFileSync(path.join(folder, 'out/b/app.js')).equals(expected));
});

test('any number of threads: same output, report, status and bytes', () => {
	const seen = [];
	for (const jobs of ['1', '2', '5', '0']) {
		const folder = makeTree();
		fs.mkdirSync(path.join(folder, 'bindings/bad'));
		fs.writeFileSync(path.join(folder, 'bindings/bad/app.js'), 'let wasm = instance.exports; wasm.__wbindgen_free(; \n');
		const result = run(['patch', '-rv', '-j', jobs, 'bindings', 'bindings/none.js', '--report', 'report.json'], { cwd: folder });
		seen.push({ status: result.status, stdout: result.stdout, stderr: result.stderr,
			report: fs.readFileSync(path.join(folder, 'report.json'), 'utf8') });
		expectPatched(folder);
		const diff = run(['check', '-r', '-j', jobs, '--diff', '--policy', 'eager', 'bindings'], { cwd: folder });
		seen.at(-1).diff = diff.stdout;
		assert.equal(diff.status, 3, 'a refusal counts more than a change');
	}
	assert.equal(seen[0].status, 4);
	assert.match(seen[0].stdout, /\n9 patched, 0 unchanged, 1 skipped, 1 refused, 1 failed\n$/);
	assert.ok(seen[0].diff.length > 1000);
	for (const other of seen) {
		assert.deepEqual(other, seen[0]);
	}
});

test('lists, parts, ignore files', () => {
	const folder = makeTree();
	const options = { cwd: folder };
	const files = listFiles(path.join(folder, 'bindings')).filter((file) => file.endsWith('.js')).map((file) => path.relative(folder, file));
	assert.match(succeed(['check', '-q', '--files-from', '-', '--allow-empty'], { ...options, input: '' }).stdout, /^$/);
	assert.equal(run(['check', '--files-from', '-'], { ...options, input: '' }).status, 3);
	assert.equal(run(['check', '--files-from', 'missing'], options).status, 4);
	assert.equal(run(['check', '--files-from', '-', '-'], options).status, 2);
	assert.equal(run(['check', '-0', 'bindings'], options).status, 2);
	for (const shard of ['0/2', '3/2', '1', 'a/b', '1/2/3']) {
		assert.equal(run(['check', '-r', '--shard', shard, 'bindings'], options).status, 2, shard);
	}
	let sum = 0;
	for (const part of [1, 2, 3]) {
		const result = run(['check', '--shard', `${part}/3`, '-0', '--files-from', '-'], { ...options, input: files.join('\0') });
		assert.ok([0, 1].includes(result.status), result.stderr);
		sum += Number(/^(\d+) would change/m.exec(result.stdout)[1]);
	}
	assert.equal(sum, 9);
	fs.writeFileSync(path.join(folder, 'bindings/.reglueignore'), 'c/*\n!c/e\nplain.js\n');
	assert.match(run(['check', '-r', 'bindings'], options).stdout, /^7 would change, 0 unchanged, 0 skipped/m);
	assert.match(run(['check', '-r', '--no-ignore', 'bindings'], options).stdout, /^9 would change, 0 unchanged, 1 skipped/m);
	assert.match(run(['check', 'bindings/c/d'], options).stdout, /^2 would change/m);
});

test('settings beside the sources', () => {
	const folder = makeTree();
	const options = { cwd: folder };
	fs.writeFileSync(path.join(folder, 'bindings/reglue.json'), '{"policy": "eager"}\n');
	fs.writeFileSync(path.join(folder, 'bindings/c/reglue.json'), '{"policy": "never", "budget": 4}\n');
	succeed(['patch', '-rq', 'bindings'], options);
	const seal = (name) => / \* reglue-seal 1 (.*)/.exec(fs.readFileSync(path.join(folder, 'bindings', name, 'reglue_fixture.js'), 'utf8'))[1];
	assert.deepEqual(['a', 'c/d', 'c/e'].map(seal), ['policy=eager', 'policy=never budget=4', 'policy=never budget=4']);
	succeed(['check', '-r', 'bindings'], options);
	succeed(['patch', '-rq', '--policy', 'heal', 'bindings'], options);
	assert.deepEqual(['a', 'c/d'].map(seal), ['policy=heal', 'policy=heal budget=4']);
	succeed(['patch', '-rq', '--no-config', 'bindings'], options);
	expectPatched(folder);
	fs.writeFileSync(path.join(folder, 'bindings/c/reglue.json'), '{\n\t"polcy": "never"\n}\n');
	const before = readTree(path.join(folder, 'bindings'));
	const result = run(['patch', '-r', 'bindings'], options);
	assert.deepEqual([result.status, result.stderr],
		[2, 'bindings/c/reglue.json:2:2: error: there is no setting \'polcy\'; did you mean policy? [config]\n']);
	sameTree(path.join(folder, 'bindings'), before);
	const printed = succeed(['check', '--print-config', 'bindings', 'bindings/a/reglue_fixture.js'], options).stdout
		.trim().split('\n').map((line) => JSON.parse(line));
	assert.deepEqual(printed.map(({ path: name, config, settings }) => [name, config, settings.policy]),
		[['bindings', 'bindings/reglue.json', 'eager'], ['bindings/a/reglue_fixture.js', 'bindings/reglue.json', 'eager']]);
});

test('a long run shows on a terminal how far it is, and nowhere else', () => {
	const folder = makeFolder();
	for (let i = 0; i < 250; i++) {
		fs.mkdirSync(path.join(folder, `p${i}`));
		fs.writeFileSync(path.join(folder, `p${i}`, 'app.js'), packages[0].original.get('reglue_fixture.js'));
	}
	// python's pty: reglue's stdout and stderr are a terminal
	const onTerminal = (args) => execFileSync('python3', ['-c',
		'import pty,sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8 & 3)', reglue, ...args],
	{ cwd: folder, env: { ...process.env, TERM: 'xterm' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
	const shown = onTerminal(['patch', '-r', '.']);
	assert.match(shown, /\r\u001b\[K\[=* *\] \d+ of 250 packages/);
	assert.match(shown, /(\n|\u001b\[K)250 patched, 0 unchanged, 0 skipped, 0 refused\r\n$/);
	succeed(['revert', '-rq', '.'], { cwd: folder });
	assert.doesNotMatch(onTerminal(['patch', '-rq', '.']), /packages/);
	const result = succeed(['revert', '-r', '.'], { cwd: folder });
	assert.doesNotMatch(result.stdout + result.stderr, /packages/);
});
