// `reglue report`: shards joined to the very bytes of one run, and the page that people look at.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fixture, inFolders, put, refused, root, run } from './lib.mjs';

inFolders();

const parse5 = createRequire(import.meta.url)('parse5');

const tree = () => put({ 'a/app.js': fixture('web'), 'b/app.js': refused(), 'c/app.js': fixture('nodejs'), 'd.js': 'x' });
const read = (name) => JSON.parse(fs.readFileSync(name, 'utf8'));
const write = (name, report) => fs.writeFileSync(name, JSON.stringify(report));

test('merged parts are the bytes of one run over everything', () => {
	tree();
	// a walk meets a/ before a-b/, bytes sort the other way
	put({ 'a-b/app.js': fixture('web'), 'a/app.d.ts': 'export const add: number;\n' });
	assert.equal(run(['check', '-r', 'gone.js', 'd.js', 'c', 'b', 'a-b', 'a', '--report', 'all.json']).status, 4);
	run(['check', '-r', 'c', 'd.js', 'gone.js', '--report', '2.json']);
	run(['check', '-r', 'b', 'a', 'a-b', '--report', '1.json']);
	const paths = read('all.json').files.map((file) => file.path);
	assert.deepEqual(paths, [...paths].sort());
	assert.equal(paths.length, 7);
	for (const order of [['1.json', '2.json'], ['2.json', '1.json'], ['1.json', '2.json', '1.json', 'all.json']]) {
		const result = run(['report', 'merge', ...order]);
		assert.equal(result.stderr, '');
		assert.equal(result.status, 0);
		assert.equal(result.stdout, fs.readFileSync('all.json', 'utf8'));
	}
	assert.equal(run(['report', 'merge', '1.json', '2.json', '-o', 'm.json']).stdout, '');
	assert.deepEqual(read('m.json'), read('all.json'));
	assert.equal(run(['report', 'merge', '-'], { input: fs.readFileSync('m.json') }).stdout, fs.readFileSync('m.json', 'utf8'));
	execFileSync('python3', [path.join(root, 'tests/unit/validate.py'),
		path.join(root, 'docs/report.schema.json'), 'm.json'], { stdio: 'inherit' });
});

test('what does not fit together is refused in one line', () => {
	tree();
	run(['check', 'a', '--report', 'a.json']);
	run(['check', 'c', '--report', 'c.json']);
	run(['check', 'c', '--policy', 'eager', '--report', 'eager.json']);
	run(['inspect', 'c', '--report', 'inspect.json']);
	const a = read('a.json');
	write('newer.json', { ...a, schema_version: 2 });
	write('other.json', { ...a, files: [{ ...a.files[0], form: 'another' }] });
	write('torn.json', { ...a, files: [{ path: 'x' }] });
	write('foreign.json', { some: 'JSON' });
	fs.writeFileSync('cut.json', fs.readFileSync('a.json', 'utf8').slice(0, 300));
	fs.writeFileSync('empty.json', '');
	const cases = {
		'newer.json': /has schema_version 2, and this reglue reads 1; use the reglue that wrote it \(\d\S+\)/,
		'other.json': /says other things of 'a\/app\.js' than a\.json/,
		'torn.json': /is a report of reglue, but not a whole one/,
		'foreign.json': /is JSON, but no report of reglue/,
		'cut.json': /is not JSON \(line 1\)/,
		'empty.json': /is not JSON \(line 1\)/,
		'eager.json': /is of another run than a\.json: its "options" is \{"policy":"eager".*\}, there it is \{"policy":"lazy".*\}/,
		'inspect.json': /is of another run than a\.json: its "command" is "inspect", there it is "check"/,
	};
	for (const [name, message] of Object.entries(cases)) {
		const result = run(['report', 'merge', 'a.json', name, '-o', 'out.json']);
		assert.equal(result.status, 3, name);
		assert.match(result.stderr, new RegExp(`^${name}: error: ${message.source} \\[report-unfit\\]\n$`));
		assert.ok(!fs.existsSync('out.json'));
	}
	const gone = run(['report', 'merge', 'a.json', 'gone.json']);
	assert.equal(gone.status, 4);
	assert.equal(gone.stderr, 'gone.json: error: cannot read: No such file or directory [io]\n');
	for (const args of [[], ['merge'], ['html'], ['html', 'a.json', 'c.json'], ['mege', 'a.json']]) {
		const result = run(['report', ...args]);
		assert.equal(result.status, 2);
		assert.match(result.stderr, /^reglue: error: report [^\n]+; see reglue help report\n$/);
	}
});

/** Elements of a page, with their attributes and the text below them. */
function elements(html) {
	const found = [];
	const walk = (node) => {
		const attributes = Object.fromEntries((node.attrs ?? []).map(({ name, value }) => [name, value]));
		const children = node.childNodes ?? [];
		const element = { tag: node.tagName, ...attributes, text: node.value ?? '' };
		if (node.tagName) {
			found.push(element);
		}
		for (const child of children) {
			element.text += walk(child).text;
		}
		return element;
	};
	walk(parse5.parse(html));
	return found;
}

const page = (report) => {
	write('page.json', report);
	const result = run(['report', 'html', 'page.json']);
	assert.equal(result.status, 0, result.stderr);
	return result.stdout;
};

test('the page tells what the report holds', () => {
	tree();
	run(['check', '-r', '-q', 'a', 'b', 'c', 'd.js', '--exclude', 'add', '--report', 'r.json', '--report-html', 'r.html']);
	const html = fs.readFileSync('r.html', 'utf8');
	assert.equal(run(['report', 'html', 'r.json']).stdout, html);
	const report = read('r.json');
	const all = elements(html);
	const files = all.filter((element) => 'data-verdict' in element);
	assert.deepEqual(files.map((file) => file['data-verdict']), report.files.map((file) => file.verdict));
	report.files.forEach((file, i) => {
		const { text } = files[i];
		for (const part of [file.path, file.verdict === 'skipped' ? '' : file.form ?? '', file.output?.sha256 ?? '']) {
			assert.ok(text.includes(part), part);
		}
		const rows = text.split('\n').filter((line) => /^\d+\t/.test(line)).map((line) => line.split('\t'));
		assert.deepEqual(rows, file.entries.map((entry) => [String(entry.line_before), entry.kind,
			(entry.class ? `${entry.class}.` : '') + (entry.name || '(anonymous)'), entry.wasm_export ?? '',
			!entry.guarded ? `not guarded: ${entry.why_not}`
				: `guarded${entry.stale_arguments ? `, ${entry.stale_arguments} stale argument check${entry.stale_arguments === 1 ? '' : 's'}` : ''}`]));
		for (const site of file.sites) {
			assert.ok(text.includes(`${site.name}:${site.line}`));
		}
		for (const finding of [...file.refusals, ...file.errors, ...file.warnings, ...file.notes]) {
			assert.ok(text.includes(finding.message) && text.includes(`[${finding.code}]`));
			assert.ok(text.includes(finding.source?.text ?? ''));
		}
	});
	// the place of the refusal is marked
	assert.deepEqual(all.filter(({ tag }) => tag === 'mark').map(({ text }) => text), ['n']);
	assert.match(all.find((element) => element.class === 'source').text, /const s = "é€😀"; new WebAssembly\.Memory/);
});

test('the page loads nothing, and runs nothing but its own script', () => {
	tree();
	run(['patch', '-r', '-q', '.', '--report-html', 'r.html']);
	const html = fs.readFileSync('r.html', 'utf8');
	const all = elements(html);
	assert.equal(all.filter(({ tag }) => ['link', 'img', 'iframe', 'object', 'embed', 'base', 'form'].includes(tag)).length, 0);
	assert.ok(!all.some((element) => Object.keys(element).some((name) => name === 'src' || name === 'style' || name.startsWith('on'))));
	assert.ok(!all.some(({ href }) => href && !href.startsWith('#')));
	const policy = all.find((element) => element['http-equiv'] === 'Content-Security-Policy').content;
	const hash = (text) => `'sha256-${crypto.createHash('sha256').update(text).digest('base64')}'`;
	const one = (tag) => {
		const list = all.filter((element) => element.tag === tag);
		assert.equal(list.length, 1, tag);
		return list[0].text;
	};
	assert.equal(policy, `default-src 'none'; base-uri 'none'; form-action 'none'; style-src ${hash(one('style'))}; script-src ${hash(one('script'))}`);
	assert.doesNotMatch(one('style'), /url\(|@import/);
});

test('hostile names stay text', () => {
	const evil = `</pre></script><img src=x onerror=alert(1)>"'&lt;\u0000\u001b[2J\ttab\nline\u202e`;
	tree();
	run(['check', 'a', 'b', '--report', 'r.json']);
	const report = read('r.json');
	const plain = elements(page(report)).map((element) => element.tag);
	/** Every string of the report that is free text, made hostile. */
	const poison = (value, key) => {
		const fixed = ['verdict', 'name'].includes(key) && value === 'reglue';
		if (typeof value === 'string') {
			return fixed || key === 'verdict' ? value : evil;
		}
		if (Array.isArray(value)) {
			return value.map((item) => poison(item, key));
		}
		return value && typeof value === 'object'
			? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, poison(item, name)])) : value;
	};
	const bad = poison(report);
	bad.command = 'check';
	bad.options.exclude = [];
	for (const [i, file] of bad.files.entries()) {
		file.sites.forEach((site, k) => { site.kind = report.files[i].sites[k].kind; });
		file.refusals.forEach((finding) => { finding.code = 'shared-memory'; });
	}
	const html = page(bad);
	const all = elements(html);
	assert.deepEqual(all.map((element) => element.tag), plain);
	assert.ok(!all.some((element) => 'onerror' in element));
	// eslint-disable-next-line no-control-regex
	assert.doesNotMatch(html, /[\0\x1b]/);
	assert.ok(all.some(({ tag, text }) => tag === 'bdi' && text.includes('<img src=x onerror=alert(1)>"\'&lt;')));
	// a name cannot add cells or lines to the entrypoints
	for (const { text } of all.filter((element) => element.class === 'entries')) {
		for (const line of text.trimEnd().split('\n')) {
			assert.equal(line.split('\t').length, 5, line);
		}
	}
});

test('any JSON makes a page or an error', () => {
	tree();
	run(['check', 'a', 'b', '--report', 'r.json']);
	const report = read('r.json');
	const values = [null, true, -1, 1e300, '', 'x', [], {}, [null], [{ line: -5, column: 1e9, source: { text: '😀', column: -3 } }]];
	/** Replaces one member after the other, at every depth but the lists' own lengths. */
	const paths = [];
	const collect = (value, at) => {
		for (const [key, item] of Object.entries(value ?? {})) {
			paths.push([...at, key]);
			if (item && typeof item === 'object' && (!Array.isArray(value) || key === '0')) {
				collect(item, [...at, key]);
			}
		}
	};
	collect({ ...report, files: report.files.slice(-1).map((file) => ({ ...file, entries: [], sites: [] })) }, []);
	assert.ok(paths.length > 40);
	paths.forEach((at, i) => {
		const copy = structuredClone({ ...report, files: report.files.slice(-1) });
		at.slice(0, -1).reduce((object, key) => object[key], copy)[at.at(-1)] = values[i % values.length];
		write('any.json', copy);
		const result = run(['report', 'html', 'any.json']);
		assert.ok([0, 3].includes(result.status), `${at.join('.')}: ${result.status} ${result.stderr}`);
		const merged = run(['report', 'merge', 'any.json']);
		assert.ok([0, 3].includes(merged.status), `${at.join('.')}: ${merged.status} ${merged.stderr}`);
	});
});
