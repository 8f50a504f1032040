// --format: one list of findings in four forms, and each form as its readers define it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { fixture, inFolders, put, refused, root, run } from './lib.mjs';

inFolders();

const require = createRequire(import.meta.url);
const Ajv = require('ajv');
const ajv = new Ajv({ schemaId: 'id', meta: false, format: 'full' });
ajv.addMetaSchema(require('ajv/lib/refs/json-schema-draft-04.json'));
const isSarif = ajv.compile(require('@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json'));

const formats = ['json', 'sarif', 'github'];
const hostile = 'pkg/a:b,c%\n::error::d.js';

/** Findings of every severity: about a run, about files, about places in them. */
function put_all() {
	put({
		'pkg/bad.js': refused(),
		'pkg/bom.js': `\ufeff/* é */ const wasm_bindgen = 1; ) (\n`,
		[hostile]: refused(),
		// a form that no release of wasm-bindgen writes is a note, not a refusal
		'pkg/near.js': fixture('web').toString().replace('__destroy_into_raw() {', '$& 0;'),
		'pkg/reglue_fixture_bg.wasm': 'no wasm',
	});
	return ['-v', 'pkg', 'missing.js'];
}

const level = { error: 'error', refusal: 'error', warning: 'warning', note: 'note' };

/** A finding without what only some formats tell: severity, code, path, line, text. */
const key = (...parts) => parts.join('|');

/** One line per finding from each format. */
const read = {
	text: (out) => out.split('\n').filter((line) => / (error|warning|note): .* \[[a-z-]+\]$/.test(line)).map((line) => {
		const [, file, at, severity, text, code] = /^(.*?)(?::(\d+):\d+)?: (error|warning|note): (.*) \[([a-z-]+)\]$/.exec(line);
		return key(severity, code, file === 'reglue' ? '' : file, at ?? '', text);
	}),
	json: (out) => JSON.parse(out).findings.map((finding) => key(level[finding.severity], finding.code,
		finding.path ?? '', finding.line ?? '', finding.message)),
	sarif: (out) => {
		const [run] = JSON.parse(out).runs;
		return [
			...run.results.map((result) => {
				const { artifactLocation, region } = result.locations[0].physicalLocation;
				return key(result.level, result.ruleId, decodeURIComponent(artifactLocation.uri),
					region?.startLine ?? '', result.message.text);
			}),
			...run.invocations[0].toolExecutionNotifications.map((notification) =>
				key(notification.level, notification.associatedRule.id, '', '', notification.message.text)),
		];
	},
	github: (out) => out.trimEnd().split('\n').filter(Boolean).map((line) => {
		const [, kind, list, text] = /^::(error|warning|notice) (.*?)::(.*)$/.exec(line);
		const properties = Object.fromEntries(list.split(',').map((property) => {
			const [name, value] = property.split('=');
			return [name, decodeURIComponent(value)];
		}));
		return key(kind === 'notice' ? 'note' : kind, properties.title.replace('reglue ', ''),
			properties.file ?? '', properties.line ?? '', decodeURIComponent(text));
	}),
};
/** What `check` would have patched: in text a line on stdout, elsewhere a finding. */
const isChange = (line) => line.startsWith('error|would-change|');
const changes = (out) => [...out.matchAll(/^would patch (.*)$/gm)].map(([, file]) => file);

/** Control characters cannot reach a terminal. */
const printable = (line) => line.replace(/[\0-\x1f]/g, '\ufffd');

for (const verb of ['patch', 'check', 'inspect']) {
	test(`${verb}: every format carries the same findings`, () => {
		const args = put_all();
		const text = run([verb, ...args]);
		const expected = read.text(text.stderr);
		assert.deepEqual(changes(text.stdout), verb === 'check' ? ['pkg/near.js'] : []);
		for (const severity of ['error', 'warning', 'note']) {
			assert.ok(expected.some((line) => line.startsWith(severity)), `no ${severity} in\n${expected.join('\n')}`);
		}
		put_all();
		for (const format of formats) {
			const result = run([verb, ...args, '--format', format]);
			assert.equal(result.status, 4);
			assert.doesNotMatch(result.stderr, / error: /);
			assert.match(result.stderr, /\d+ refused, 1 failed\n$/);
			const found = read[format](result.stdout).map(printable);
			assert.deepEqual(found.filter((line) => !isChange(line)), expected, format);
			assert.deepEqual(found.filter(isChange).map((line) => line.split('|')[2]), changes(text.stdout), format);
			put_all();
		}
	});
}

test('a finding about the whole run is in every format', () => {
	put({ 'pkg/a.js': 'x' });
	const expected = read.text(run(['check', 'pkg']).stderr);
	assert.deepEqual(expected, ['error|no-glue|||no wasm-bindgen glue found in the 1 file of pkg; -r goes into subdirectories']);
	for (const format of formats) {
		const result = run(['check', 'pkg', '--format', format]);
		assert.equal(result.status, 3);
		assert.deepEqual(read[format](result.stdout), expected);
	}
});

test('what check would change is a finding with the place of the first change', () => {
	const declarations = fs.readFileSync(path.join(root, 'fixtures/0.2.130/heap/web/reglue_fixture.d.ts'));
	put({ 'pkg/app.js': fixture('web', '0.2.130', 'heap'), 'pkg/app.d.ts': declarations });
	put({ 'two/app.js': fixture('bundler'), 'two/app_bg.js':
		fs.readFileSync(path.join(root, 'fixtures/0.2.100/default/bundler/reglue_fixture_bg.js')) });
	put({ 'crlf.js': Buffer.from(`\ufeff/* € */\r\n${fixture('nodejs').toString().replaceAll('\n', '\r\n')}`) });
	const paths = ['pkg', 'two', 'crlf.js'];
	const files = ['pkg/app.js', 'pkg/app.d.ts', 'two/app.js', 'two/app_bg.js', 'crlf.js'];
	const contents = () => new Map(files.map((file) => [file, fs.readFileSync(file, 'utf8')]));
	const findings = (...args) => {
		const result = run(['check', ...paths, '--format', 'json', ...args]);
		assert.equal(result.status, 1);
		const found = JSON.parse(result.stdout).findings;
		assert.ok(found.every(({ code, severity }) => code === 'would-change' && severity === 'error'));
		return found;
	};
	/** The first line that another text has changed; an addition at the end stands on the last one. */
	const firstLine = (before, after) => {
		const [from, to] = [before, after].map((text) => text.split(/(?<=\n)/));
		return Math.min(from.findIndex((line, i) => line !== to[i]) + 1 || from.length, from.length);
	};
	const holds = (found, before, message) => {
		assert.deepEqual(found.map((finding) => finding.path).sort(), [...before.keys()].sort());
		for (const finding of found) {
			assert.match(finding.message, message[finding.path] ?? message.all);
			assert.equal(finding.line, firstLine(before.get(finding.path), fs.readFileSync(finding.path, 'utf8')), finding.path);
			const line = Buffer.from(before.get(finding.path).split('\n')[finding.line - 1]);
			assert.ok(finding.column >= 1 && finding.column <= line.length + 1);
		}
	};

	let before = contents();
	let found = findings();
	assert.deepEqual(findings('-q'), found);
	const log = JSON.parse(run(['check', ...paths, '--format', 'sarif']).stdout);
	assert.ok(isSarif(log), JSON.stringify(isSarif.errors?.slice(0, 3), null, 1));
	assert.equal(log.runs[0].invocations[0].executionSuccessful, true);
	assert.deepEqual(log.runs[0].results.map(({ ruleId, locations: [{ physicalLocation: { artifactLocation, region } }] }) =>
		[ruleId, artifactLocation.uri, region.startLine]), found.map(({ code, path: file, line }) => [code, file, line]));
	assert.equal(run(['patch', '-q', ...paths]).status, 0);
	holds(found, before, {
		'pkg/app.d.ts': /^not patched; reglue patch would declare __reglue$/,
		'two/app.js': /^not patched; .* hand over the WebAssembly\.Module/,
		all: /^not patched; reglue patch would guard (\d+) of \1 entrypoints$/,
	});
	assert.equal(run(['check', ...paths, '--format', 'github']).stdout, '');

	// patched already, and not as is wanted now: all but the declarations
	before = contents();
	before.delete('pkg/app.d.ts');
	found = findings('--policy', 'eager');
	run(['patch', '-q', '--policy', 'eager', ...paths]);
	holds(found, before, { all: /^patched otherwise \(other options, wasm file or build of reglue\); reglue patch would renew it$/ });
	assert.equal(run(['check', '--policy', 'eager', ...paths, '--format', 'json']).status, 0);
});

test('nothing found is an empty document', () => {
	put({ 'a.js': fixture('web') });
	assert.equal(run(['patch', 'a.js', '--format', 'github']).stdout, '');
	assert.deepEqual(JSON.parse(run(['check', 'a.js', '--format', 'json']).stdout).findings, []);
	const log = JSON.parse(run(['check', 'a.js', '--format', 'sarif']).stdout);
	assert.deepEqual(log.runs[0].results, []);
	assert.equal(log.runs[0].invocations[0].executionSuccessful, true);
});

test('the same bytes again, and notes only with -v', () => {
	const args = put_all();
	for (const format of formats) {
		const once = run(['check', ...args, '--format', format]).stdout;
		assert.equal(run(['check', ...args, '--format', format]).stdout, once);
		const quiet = read[format](run(['check', ...args.slice(1), '--format', format]).stdout);
		assert.deepEqual(quiet, read[format](once).filter((line) => !line.startsWith('note')));
	}
});

test('JSON follows its schema', () => {
	const args = put_all();
	for (const verb of ['patch', 'check', 'revert', 'inspect']) {
		fs.writeFileSync('f.json', run([verb, ...args, '--format', 'json']).stdout);
		execFileSync('python3', [path.join(root, 'tests/unit/validate.py'),
			path.join(root, 'docs/findings.schema.json'), 'f.json'], { stdio: 'inherit' });
	}
});

test('SARIF follows its schema, and its places are where the text is', () => {
	const args = put_all();
	const log = JSON.parse(run(['inspect', ...args, '--format', 'sarif']).stdout);
	assert.ok(isSarif(log), JSON.stringify(isSarif.errors?.slice(0, 3), null, 1));
	const [first] = log.runs;
	assert.equal(first.columnKind, 'utf16CodeUnits');
	const rules = first.tool.driver.rules;
	assert.equal(new Set(rules.map((rule) => rule.id)).size, rules.length);
	for (const rule of rules) {
		assert.ok(rule.shortDescription.text && rule.help.text && rule.defaultConfiguration.level);
	}
	const prints = new Set();
	for (const result of first.results) {
		assert.equal(rules[result.ruleIndex].id, result.ruleId);
		assert.equal(rules[result.ruleIndex].defaultConfiguration.level, result.level);
		const { artifactLocation: { uri, uriBaseId } } = result.locations[0].physicalLocation;
		assert.ok(!uri.startsWith('/') && uriBaseId in first.originalUriBaseIds);
		prints.add(`${uri} ${result.partialFingerprints['reglueFinding/v1']}`);
	}
	assert.equal(prints.size, first.results.length);
	// JS strings count in UTF-16 code units, as SARIF does
	const place = (file) => first.results.find((result) =>
		decodeURIComponent(result.locations[0].physicalLocation.artifactLocation.uri) === file)
		.locations[0].physicalLocation.region;
	const line = (file, region) => fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '').split('\n')[region.startLine - 1];
	for (const file of ['pkg/bad.js', hostile]) {
		const region = place(file);
		assert.match(line(file, region).slice(region.startColumn - 1), /^new WebAssembly/);
	}
	const region = place('pkg/bom.js');
	assert.equal(line('pkg/bom.js', region).slice(region.startColumn - 1)[0], ')');
});

test('paths in SARIF and annotations are relative to the working folder', () => {
	put({ 'pkg/a b.js': refused() });
	const uri = (args) => JSON.parse(run(['check', '--format', 'sarif', ...args]).stdout)
		.runs[0].results[0].locations[0].physicalLocation.artifactLocation;
	for (const typed of ['pkg', './pkg', path.resolve('pkg'), path.resolve('pkg/a b.js')]) {
		assert.deepEqual(uri([typed]), { uri: 'pkg/a%20b.js', uriBaseId: '%SRCROOT%' });
		assert.match(run(['check', '--format', 'github', typed]).stdout, /^::error file=pkg\/a b\.js,line=/);
	}
	process.chdir('pkg');
	assert.deepEqual(uri(['../pkg/a b.js']), { uri: '../pkg/a%20b.js' });
	process.chdir('..');
});

test('fingerprints stay when lines are added above', () => {
	const print = () => JSON.parse(run(['check', 'a.js', '--format', 'sarif']).stdout)
		.runs[0].results.map((result) => result.partialFingerprints);
	put({ 'a.js': refused() });
	const before = print();
	put({ 'a.js': Buffer.concat([Buffer.from('// more\n\n'), refused()]) });
	assert.deepEqual(print(), before);
});

test('stdout carries one thing', () => {
	put({ 'a.js': fixture('web') });
	for (const args of [['check', '--diff', 'a.js'], ['check', 'a.js', '--report', '-'], ['patch', '-']]) {
		const result = run([...args, '--format', 'sarif'], { input: '' });
		assert.equal(result.status, 2);
		assert.match(result.stderr, /^reglue: error: stdout cannot carry --format sarif and the \w+; see reglue help \w+\n$/);
	}
});

test('every code in the source has a rule, and every rule is in the source', () => {
	const text = fs.readdirSync(path.join(root, 'src')).filter((name) => name.endsWith('.c') && name !== 'rules.c')
		.map((name) => fs.readFileSync(path.join(root, 'src', name), 'utf8')).join('\n');
	const used = new Set();
	for (const [, code] of text.matchAll(/(?:glue_refuse\(glue, |SEVERITY_[A-Z]+,\s*|\bcode = )"([a-z0-9-]+)"/g)) {
		used.add(code);
	}
	put({ 'a.js': fixture('web') });
	const { rules } = JSON.parse(run(['check', 'a.js', '--format', 'sarif']).stdout).runs[0].tool.driver;
	const ids = rules.map((rule) => rule.id);
	assert.deepEqual(ids, [...ids].sort());
	assert.deepEqual([...used].sort(), ids);
});
