// The program as a build engineer meets it: exit status, streams, files. REGLUE names the binary.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const reglue = process.env.REGLUE;
assert.ok(reglue, 'REGLUE names the program to test');
const root = fileURLToPath(new URL('../..', import.meta.url));
const fixture = (target) =>
	fs.readFileSync(path.join(root, `fixtures/0.2.100/default/${target}/reglue_fixture.js`));

let folder;
let glue;
let refused;
let previous;

before(() => {
	glue = fixture('web');
	refused = Buffer.concat([glue, Buffer.from('\nnew WebAssembly.Memory({initial: 1, maximum: 2, shared: true});\n')]);
	previous = process.cwd();
});

beforeEach(() => {
	if (folder) {
		process.chdir(previous);
		fs.rmSync(folder, { recursive: true });
	}
	folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-cli-'));
	process.chdir(folder);
});

after(() => {
	process.chdir(previous);
	fs.rmSync(folder, { recursive: true });
});

const run = (args, options = {}) => {
	const result = spawnSync(reglue, args, { encoding: 'utf8', maxBuffer: 1 << 28, ...options });
	assert.equal(result.signal, null, result.stderr);
	return result;
};

/** Writes files, making their folders. */
const put = (files) => {
	for (const [name, bytes] of Object.entries(files)) {
		fs.mkdirSync(path.dirname(name), { recursive: true });
		fs.writeFileSync(name, bytes);
	}
};
const same = (name, bytes) => assert.ok(fs.readFileSync(name).equals(Buffer.from(bytes)), `${name} differs`);

test('patch, patch again, check, revert', () => {
	put({ 'pkg/app.js': glue, 'pkg/other.js': 'export const x = 1;\n' });
	let result = run(['patch', 'pkg']);
	assert.equal(result.status, 0, result.stderr);
	assert.match(result.stdout, /^patched pkg\/app\.js: web, \d+ of \d+ entrypoints guarded\n1 patched, 0 unchanged, 1 skipped, 0 refused\n$/);
	const patched = fs.readFileSync('pkg/app.js');
	assert.ok(!patched.equals(glue));
	result = run(['patch', 'pkg']);
	assert.equal(result.status, 0);
	assert.equal(result.stdout, '0 patched, 1 unchanged, 1 skipped, 0 refused\n');
	same('pkg/app.js', patched);
	assert.equal(run(['check', 'pkg']).status, 0);
	result = run(['revert', 'pkg']);
	assert.equal(result.status, 0);
	assert.equal(result.stdout, 'reverted pkg/app.js\n1 reverted, 1 not patched, 0 refused\n');
	same('pkg/app.js', glue);
	result = run(['revert', 'pkg']);
	assert.equal(result.status, 0);
	assert.equal(result.stdout, '0 reverted, 2 not patched, 0 refused\n');
	assert.equal(result.stderr, '');
});

test('other options replace the earlier patch whole', () => {
	put({ 'a.js': glue, 'b.js': glue });
	run(['patch', 'a.js', '--policy', 'eager']);
	const eager = fs.readFileSync('a.js');
	assert.equal(run(['check', '-q', 'a.js']).status, 1);
	assert.equal(run(['patch', '-q', 'a.js', 'b.js']).status, 0);
	same('a.js', fs.readFileSync('b.js'));
	run(['patch', '-q', 'b.js', '--policy', 'eager']);
	same('b.js', eager);
	run(['revert', '-q', 'a.js', 'b.js']);
	same('a.js', glue);
	same('b.js', glue);
});

test('check writes nothing and ends with 1; its diff is what patch does', () => {
	put({ 'pkg/sub/app.js': glue });
	let result = run(['check', '-r', 'pkg']);
	assert.equal(result.status, 1);
	assert.equal(result.stdout, 'would patch pkg/sub/app.js\n1 would change, 0 unchanged, 0 skipped, 0 refused\n');
	same('pkg/sub/app.js', glue);
	result = run(['check', '-r', '--diff', 'pkg']);
	assert.equal(result.status, 1);
	assert.match(result.stdout, /^--- a\/pkg\/sub\/app\.js\n\+\+\+ b\/pkg\/sub\/app\.js\n@@ /);
	fs.cpSync('pkg', 'copy/pkg', { recursive: true });
	execFileSync('patch', ['-p1', '-s'], { cwd: 'copy', input: result.stdout });
	run(['patch', '-r', '-q', 'pkg']);
	same('copy/pkg/sub/app.js', fs.readFileSync('pkg/sub/app.js'));
	// from one patch to another
	result = run(['check', '-r', '--diff', '--policy', 'manual', 'pkg']);
	assert.equal(result.status, 1);
	execFileSync('git', ['apply', '-'], { cwd: 'copy', input: result.stdout });
	run(['patch', '-r', '-q', '--policy', 'manual', 'pkg']);
	same('copy/pkg/sub/app.js', fs.readFileSync('pkg/sub/app.js'));
	result = run(['check', '-r', '--diff', '--policy', 'manual', 'pkg']);
	assert.equal(result.status, 0);
	assert.equal(result.stdout, '');
});

test('a refused file stays as it is, the rest is done, the status is 3', () => {
	put({ 'pkg/bad.js': refused, 'pkg/good.js': glue });
	const result = run(['patch', 'pkg']);
	assert.equal(result.status, 3);
	assert.match(result.stderr, /^pkg\/bad\.js:\d+:\d+: error: [^\n]+ \[[a-z-]+\]\n/);
	assert.match(result.stdout, /\n1 patched, 0 unchanged, 0 skipped, 1 refused\n$/);
	same('pkg/bad.js', refused);
	assert.equal(run(['check', 'pkg/bad.js']).status, 3);
});

test('files of one package are written together or not at all', () => {
	put({ 'pkg/app.js': glue, 'pkg/app_bg.js': refused });
	const result = run(['patch', 'pkg']);
	assert.equal(result.status, 3);
	assert.match(result.stderr, /pkg\/app\.js: error: left as it is, because pkg\/app_bg\.js [^\n]* \[package\]/);
	assert.match(result.stdout, /^0 patched, 0 unchanged, 0 skipped, 2 refused\n$/);
	same('pkg/app.js', glue);
});

test('edited since: neither patched nor reverted, and says where', () => {
	put({ 'a.js': glue });
	run(['patch', '-q', 'a.js']);
	const edited = fs.readFileSync('a.js', 'utf8').replace('return takeObject', 'return  takeObject')
		.replace('function', 'function ');
	put({ 'a.js': edited });
	for (const verb of ['patch', 'revert']) {
		const result = run([verb, 'a.js']);
		assert.equal(result.status, 3);
		assert.match(result.stderr, /^a\.js:\d+:\d+: error: edited since reglue \S+ patched it: the first change is between here and line \d+ \[seal-edited\]\n$/);
		same('a.js', edited);
	}
});

test('nothing found is an error that names what was looked at', () => {
	put({ 'a.js': 'x', 'pkg/b.js': 'y', 'empty/c.ts': 'z', 'a.wasm': '\0asm' });
	const cases = [
		[['a.js'], 'a.js: error: no wasm-bindgen glue found [no-glue]\n'],
		[['a.wasm'], 'a.wasm: error: no wasm-bindgen glue found; name the .js file beside it [no-glue]\n'],
		[['pkg'], 'reglue: error: no wasm-bindgen glue found in the 1 file of pkg; -r goes into subdirectories [no-glue]\n'],
		[['-r', 'pkg', 'a.js'], 'reglue: error: no wasm-bindgen glue found in the 2 files of pkg, a.js [no-glue]\n'],
		[['-r', 'empty'], 'reglue: error: no .js, .mjs or .cjs file in empty [no-glue]\n'],
	];
	for (const [args, message] of cases) {
		for (const verb of ['patch', 'check', 'inspect']) {
			const result = run([verb, ...args]);
			assert.equal(result.stderr, message);
			assert.equal(result.status, 3);
			assert.equal(run([verb, '--allow-empty', ...args]).status, 0);
		}
	}
});

test('a wrong path is one line and status 4; the rest is done', () => {
	put({ 'a.js': glue });
	let result = run(['patch', 'none.js']);
	assert.equal(result.status, 4);
	assert.equal(result.stderr, 'none.js: error: cannot read: No such file or directory [io]\n');
	result = run(['patch', 'none', 'a.js']);
	assert.equal(result.status, 4);
	assert.match(result.stdout, /\n1 patched, 0 unchanged, 0 skipped, 0 refused, 1 failed\n$/);
	result = run(['patch', 'a.js', '-o', 'no/such/folder.js']);
	assert.equal(result.status, 4);
	assert.equal(result.stderr, 'a.js: error: to no/such/folder.js: cannot write: No such file or directory [io]\n');
	result = run(['check', 'a.js', '--report', 'no/such.json']);
	assert.equal(result.status, 4);
	assert.equal(result.stderr, 'no/such.json: error: cannot write: No such file or directory [io]\n');
});

test('stdin to stdout, and to a file', () => {
	put({ 'a.js': glue });
	run(['patch', '-q', 'a.js']);
	const patched = fs.readFileSync('a.js');
	let result = run(['patch', '-', '--stdin-filepath', 'src/x.js'], { input: glue, encoding: 'buffer' });
	assert.equal(result.status, 0);
	assert.ok(result.stdout.equals(patched));
	assert.match(result.stderr.toString(), /^patched src\/x\.js: /);
	result = run(['revert', '-'], { input: patched, encoding: 'buffer' });
	assert.ok(result.stdout.equals(glue));
	result = run(['patch', '-', '-o', 'out.js'], { input: patched });
	assert.equal(result.status, 0);
	same('out.js', patched);
	result = run(['patch', '-'], { input: 'no glue' });
	assert.equal(result.status, 3);
	assert.equal(result.stdout, '');
	assert.equal(result.stderr, '<stdin>: error: no wasm-bindgen glue found [no-glue]\n'
		+ '0 patched, 0 unchanged, 1 skipped, 0 refused\n');
	result = run(['patch', '-q', '--allow-empty', '-'], { input: 'no glue' });
	assert.equal(result.status, 0);
	assert.equal(result.stdout, 'no glue');
});

test('-o leaves the input alone', () => {
	put({ 'a.js': glue });
	assert.equal(run(['patch', 'a.js', '-o', 'b.js']).status, 0);
	same('a.js', glue);
	assert.equal(run(['check', 'b.js']).status, 0);
	const usage = run(['patch', '.', '-o', 'b.js']);
	assert.deepEqual([usage.status, usage.stdout, usage.stderr],
		[2, '', 'reglue: error: --output takes a file, not a directory; see reglue help patch\n']);
});

test('a report on stdout is all that stands there', () => {
	put({ 'pkg/a.js': glue, 'pkg/b.js': 'x', 'pkg/c.js': refused });
	for (const verb of ['inspect', 'check', 'patch']) {
		const result = run([verb, 'pkg', '--report', '-']);
		const report = JSON.parse(result.stdout);
		assert.equal(report.command, verb);
		assert.deepEqual(report.files.map((file) => [file.path, file.verdict, file.written]), [
			['pkg/a.js', 'patched', verb === 'patch'],
			['pkg/b.js', 'skipped', false],
			['pkg/c.js', 'refused', false]]);
		assert.equal(report.totals.files, 3);
		// the findings on stderr are those of the report
		const told = result.stderr.split('\n').filter((line) => / error: /.test(line));
		assert.deepEqual(told, report.files.flatMap((file) => [...file.errors, ...file.refusals].map((finding) =>
			`${file.path}:${finding.line}:${finding.column}: error: ${finding.message} [${finding.code}]`)));
	}
});

test('reports follow the schema and lines lead to the entries', () => {
	put({ 'pkg/a.js': glue, 'pkg/c.js': refused });
	run(['patch', 'pkg', '--report', 'r.json']);
	execFileSync('python3', [path.join(root, 'tests/unit/validate.py'),
		path.join(root, 'docs/report.schema.json'), 'r.json'], { stdio: 'inherit' });
	const report = JSON.parse(fs.readFileSync('r.json', 'utf8'));
	const before = glue.toString().split('\n');
	const after = fs.readFileSync('pkg/a.js', 'utf8').split('\n');
	const functions = report.files[0].entries.filter((entry) => entry.kind === 'function');
	assert.ok(functions.length > 10);
	for (const entry of functions) {
		assert.match(before[entry.line_before - 1], /function/);
		assert.ok(after[entry.line_after - 1].includes(before[entry.line_before - 1].slice(-20)), entry.name);
	}
	// the same again gives the same bytes
	run(['revert', '-q', 'pkg/a.js']);
	run(['patch', 'pkg', '--report', 'again.json']);
	same('again.json', fs.readFileSync('r.json'));
	// but for the clock, where it is asked for
	run(['revert', '-q', 'pkg/a.js']);
	run(['patch', 'pkg', '--report', 'timed.json', '--timings']);
	execFileSync('python3', [path.join(root, 'tests/unit/validate.py'),
		path.join(root, 'docs/report.schema.json'), 'timed.json'], { stdio: 'inherit' });
	const timed = JSON.parse(fs.readFileSync('timed.json', 'utf8'));
	for (const file of timed.files) {
		assert.ok(file.milliseconds > 0);
		delete file.milliseconds;
	}
	assert.deepEqual(timed, report);
	assert.match(run(['patch', 'pkg', '--timings']).stderr, /--timings is for --report and --report-html/);
});

test('directories, links, modes', () => {
	put({ 'pkg/a.mjs': glue, 'pkg/node_modules/b.js': glue, 'pkg/.git/c.js': glue, 'pkg/sub/d.cjs': glue, 'far.js': glue });
	fs.chmodSync('far.js', 0o750);
	fs.symlinkSync('../far.js', 'pkg/link.js');
	run(['patch', 'pkg', '-q']);
	assert.equal(run(['check', '-r', 'pkg']).stdout,
		'would patch pkg/sub/d.cjs\n1 would change, 1 unchanged, 0 skipped, 0 refused\n');
	assert.equal(run(['patch', 'pkg/link.js', '-q']).status, 0);
	assert.ok(fs.lstatSync('pkg/link.js').isSymbolicLink());
	assert.equal(fs.statSync('far.js').mode & 0o777, 0o750);
	assert.equal(run(['check', 'far.js']).status, 0);
	assert.equal(run(['check', 'pkg/node_modules']).status, 1);
	assert.deepEqual(fs.readdirSync('pkg').sort(), ['.git', 'a.mjs', 'link.js', 'node_modules', 'sub']);
});

test('usage errors: one line, status 2, nothing done', () => {
	put({ 'a.js': glue });
	const cases = [[], ['pach', 'a.js'], ['patch'], ['patch', 'a.js', '--polici', 'lazy'],
		['patch', 'a.js', '--policy', 'x'], ['revert', 'a.js', '--diff']];
	for (const args of cases) {
		const result = run(args);
		assert.equal(result.status, 2);
		assert.equal(result.stdout, '');
		assert.match(result.stderr, /^reglue: error: [^\n]+; see reglue help( \w+)?\n$/);
	}
	same('a.js', glue);
});

test('help and version go to stdout', () => {
	for (const args of [['help'], ['--help'], ['-h'], ['help', 'patch'], ['check', '--help']]) {
		const result = run(args);
		assert.equal(result.status, 0);
		assert.match(result.stdout, /Exit status:\n {2}0 +done/);
		assert.deepEqual(result.stdout.split('\n').filter((line) => [...line].length > 80), []);
		assert.equal(result.stderr, '');
	}
	assert.match(run(['--version']).stdout, /^reglue \d+\.\d+\.\d+\ntree-sitter ABI \d+, tree-sitter-javascript \d+\.\d+\.\d+\n$/);
});

test('colour only when asked for or on a terminal', () => {
	const plain = run(['patch', 'none.js']);
	assert.ok(!plain.stderr.includes('\x1b'));
	const colored = run(['patch', 'none.js', '--color=always']);
	assert.ok(colored.stderr.includes('\x1b[31m'));
	assert.equal(colored.stderr.replace(/\x1b\[\d*m/g, ''), plain.stderr);
});

test('a full disk is noticed', { skip: !fs.existsSync('/dev/full') }, () => {
	put({ 'a.js': glue });
	const full = fs.openSync('/dev/full', 'w');
	for (const args of [['help'], ['patch', '-'], ['check', '--diff', 'a.js'], ['check', 'a.js', '--report', '-']]) {
		const result = run(args, { stdio: ['pipe', full, 'pipe'], input: glue });
		assert.equal(result.status, 4, args.join(' '));
	}
	assert.equal(run(['check', 'a.js', '--report', '/dev/full']).status, 4);
	fs.closeSync(full);
});

test('paths with control characters cannot forge messages', () => {
	const result = run(['patch', 'a\nb: error: x\x1b[2J.js']);
	assert.equal(result.status, 4);
	assert.equal(result.stderr.split('\n').length, 2);
	assert.ok(!result.stderr.includes('\x1b'));
});

test('inspect says what is not recognised, with what was expected and what was found', () => {
	const changed = String(glue).replace(/if \((cached\w+) === null \|\| \1\.byteLength === 0\)/, 'if ($1 === null || $1.byteLength == 0)');
	assert.notEqual(changed, String(glue));
	put({ 'a.js': changed.replace('wasm.__wbindgen_start()', 'wasm.__wbindgen_begin();wasm.__wbindgen_start()') });
	const { stdout, status } = run(['inspect', 'a.js']);
	assert.equal(status, 0);
	assert.match(stdout, /^a\.js: can be patched\n  not recognised: 2\n/);
	assert.match(stdout, /    \d+:\d+ a view getter in a form that is not known: the known form has `\$cache\.byteLength === 0` here, and this has `cached\w+\.byteLength == 0` \[near-miss\]\n/);
	assert.match(stdout, /    \d+:\d+ '__wbindgen_begin' is an export of wasm-bindgen's own that is not known \[unknown-export\]\n/);
	assert.match(stdout, /  sites: \d+: binding 1, instantiate \d+, state \d+/);
	assert.match(stdout, /  entrypoints: \d+, guarded \d+: function \d+, constructor \d+/);
	assert.doesNotMatch(stdout, / function add -> add\n/);
	assert.match(run(['inspect', '-v', 'a.js']).stdout, /    \d+:\d+ function add -> add\n/);
	assert.match(run(['inspect', '--report', '-', 'a.js']).stdout, /"code":"unknown-export"/);
});

test('inspect says where the shadow stack pointer is out of reach', () => {
	const says = (cell) => {
		const { stdout, stderr, status } = run(['inspect', path.join(root, 'fixtures', cell, 'reglue_fixture.js')]);
		assert.equal(status, 0, stderr);
		return /\[shadow-stack-leak\]/.test(stdout + stderr);
	};
	assert.deepEqual(['0.2.114/default/nodejs', '0.2.130/default/web', '0.2.130/heap/nodejs', '0.2.92/default/web'].map(says),
		[true, true, false, false]);
});

test('inspect names what is alike once, and counts it', () => {
	put({ 'a.js': String(glue).replaceAll('Object.create(', 'Object.make('), 'b.js': glue });
	const { stdout, stderr } = run(['inspect', 'a.js', 'b.js']);
	assert.match(stdout, /^    \d+:\d+ a __wrap in a form .* and this has `make` \[near-miss\], and \d+ more like it$/m);
	assert.match(stdout, /b\.js: can be patched\n  not recognised: nothing\n/);
	assert.equal(stderr, '');
	put({ 'c.js': refused });
	assert.match(run(['inspect', 'c.js']).stdout, /c\.js: refused\n  refused for: 1\n    \d+:\d+ shared memory .* \[shared-memory\]\n/);
});
