// What a user meets at a terminal besides the verbs themselves: help, the manual page, completions in
// real shells. The help is what the others are held against; all come from one table.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { before, test } from 'node:test';
import { fixture, inFolders, put, reglue, root, run } from './lib.mjs';

inFolders();

const docs = path.join(path.dirname(path.resolve(reglue)), 'docs');
const verbs = {};

/** Rows of a help text: indented, the columns two blanks apart or on a line of its own. */
before(() => {
	const text = run(['help']).stdout;
	for (const [, name] of text.split('Verbs:\n')[1].split('\n\n')[0].matchAll(/^ {2}([a-z]+)/gm)) {
		const help = run(['help', name]).stdout;
		verbs[name] = [...help.matchAll(/^ {2}(?:-(.), | {4})--([a-z-]+)(?: ([A-Z/]+))?/gm)]
			.map(([, letter, flag, argument]) => ({ letter, flag, argument }));
	}
	assert.deepEqual(Object.keys(verbs), ['patch', 'check', 'revert', 'inspect', 'exec', 'report', 'completions', 'help', 'version']);
	assert.ok(verbs.patch.length > 20);
});

const ended = (program, args, options = {}) => {
	const result = spawnSync(program, args, { encoding: 'utf8', ...options });
	assert.equal(result.error, undefined);
	assert.equal(result.stderr, '');
	assert.equal(result.status, 0);
	return result.stdout;
};

test('help fits 80 columns and names what the verb takes', () => {
	for (const name of [undefined, ...Object.keys(verbs)]) {
		const { stdout, status } = run(name ? ['help', name] : ['help']);
		assert.equal(status, 0);
		assert.deepEqual(stdout.split('\n').filter((line) => [...line].length > 80), []);
		assert.doesNotMatch(stdout, /[ \t]\n|\n\n\n/);
		if (name) {
			assert.equal(run([name, '--help']).stdout, stdout);
			assert.match(stdout, new RegExp(`^reglue ${name} \\[FLAG…\\]`));
		}
	}
});

test('help explains every code', () => {
	const { rules } = JSON.parse(run(['check', '.', '--allow-empty', '--format', 'sarif']).stdout).runs[0].tool.driver;
	for (const rule of rules) {
		const { stdout } = run(['help', rule.id]);
		assert.equal(stdout.replace(/\s+/g, ' ').trim(),
			`${rule.id} (${rule.properties.kind}) ${rule.shortDescription.text} ${rule.help.text}`);
		assert.deepEqual(stdout.split('\n').filter((line) => line.length > 80), []);
	}
	assert.match(run(['help', 'share-memory']).stderr, /^reglue: error: there is no verb or code 'share-memory'; did you mean shared-memory\?; see reglue help help\n$/);
});

test('the manual page holds every verb, flag, status and code', () => {
	const text = ended('man', ['--warnings', '-E', 'UTF-8', '-l', path.join(docs, 'reglue.1')],
		{ env: { ...process.env, MANWIDTH: '10000', MAN_KEEP_FORMATTING: '', LC_ALL: 'C.UTF-8' } });
	const section = (name) => text.split(new RegExp(`^${name}$`, 'm'))[1].split(/^[A-Z]/m)[0];
	const heads = (name) => section(name).split('\n').filter((line) => /^ {7}\S/.test(line)).map((line) => line.trim());
	assert.deepEqual(heads('VERBS').map((line) => line.split(' ')[0]), Object.keys(verbs));
	const flags = new Set(Object.values(verbs).flat().map(({ letter, flag, argument }) =>
		`${letter ? `-${letter}, ` : ''}--${flag}${argument ? ` ${argument}` : ''}`));
	assert.deepEqual(heads('FLAGS').filter((line) => line.startsWith('-')).sort(), [...flags].sort());
	const statuses = run(['help']).stdout.split('Exit status:\n')[1].trimEnd().split('\n').map((line) => line.trim().split(' ')[0]);
	assert.deepEqual(heads('EXIT STATUS').filter((line) => /^\d+$/.test(line)), statuses);
	const { rules } = JSON.parse(run(['check', '.', '--allow-empty', '--format', 'sarif']).stdout).runs[0].tool.driver;
	assert.deepEqual(heads('CODES'), rules.map((rule) => `${rule.id} (${rule.properties.kind})`));
	// the examples are commands that reglue takes
	for (const [line] of section('EXAMPLES').matchAll(/reglue .*$/gm)) {
		const result = run([...line.split(' ').slice(1), '--help']);
		assert.equal(result.status, 0, `${line}: ${result.stderr}`);
	}
});

const lines = ['reglue che', 'reglue check --pol', 'reglue check --policy ea', 'reglue report m', 'reglue help insp',
	'reglue patch --no-ig', 'reglue completions z', 'reglue check pkg/re', 'reglue report html pkg/rep', 'reglue patch --report pkg/re',
	'reglue exec --foreign-throw po', 'reglue revert --form'];
const words = ['check', '--policy', 'eager', 'merge', 'inspect', '--no-ignore', 'zsh', 'pkg/report file.json', 'pkg/report file.json',
	'pkg/report file.json', 'poison', '--format'];

test('bash completes', () => {
	put({ 'pkg/report file.json': '' });
	const file = path.join(docs, 'reglue');
	ended('bash', ['-n', file]);
	const complete = (...typed) => ended('bash', ['--norc', '-c', `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		[[ $(complete -p reglue) == 'complete -F _reglue reglue' ]] || exit 9
		_reglue; printf '%s\\n' "\${COMPREPLY[@]}"`, file, ...typed]).trimEnd().split('\n');
	lines.forEach((line, i) => assert.deepEqual(complete(...line.split(' ')), [words[i]], line));
	// as readline splits it
	assert.deepEqual(complete('reglue', 'check', '--policy', '=', 'ea'), ['eager']);
	assert.deepEqual(complete('reglue', 'check', '--policy', '='), ['lazy', 'eager', 'manual', 'never', 'heal']);
	assert.deepEqual(complete('reglue', ''), [...Object.keys(verbs), '--help', '--version']);
	assert.deepEqual(complete('reglue', 'check', '--', '--dif'), ['']);
	assert.deepEqual([...new Set(complete('reglue', 'exec', '--', 'git-upload-p'))], ['git-upload-pack']);
	assert.deepEqual(complete('reglue', 'exec', '--', 'false', 'pk'), ['pkg']);
	for (const [name, flags] of Object.entries(verbs)) {
		assert.deepEqual(complete('reglue', name, '-').sort(),
			flags.flatMap(({ letter, flag }) => [`--${flag}`, ...letter ? [`-${letter}`] : []]).sort());
	}
});

test('zsh completes', () => {
	put({ 'pkg/report file.json': '' });
	ended('zsh', ['-n', path.join(docs, '_reglue')]);
	const complete = (typed) => ended('zsh', ['-f', path.join(root, 'tests/cli/complete.zsh'), docs, ...typed], { timeout: 60000 })
		.replace(/\r/g, '').trimEnd().split('\n');
	const typed = lines.map((line) => `${line}<TAB>`);
	assert.deepEqual(complete(typed), lines.map((line, i) =>
		[...line.split(' ').slice(1, -1), words[i]].join('|')));
	assert.deepEqual(complete(['reglue check --pol<TAB>ea<TAB> x', 'reglue exec -q -- git-upload-p<TAB> pk<TAB>']),
		['check|--policy=eager|x', 'exec|-q|--|git-upload-pack|pkg']);
});

test('fish completes', () => {
	put({ 'pkg/report file.json': '' });
	const file = path.join(docs, 'reglue.fish');
	const env = { ...process.env, HOME: process.cwd(), XDG_CONFIG_HOME: process.cwd(), XDG_DATA_HOME: process.cwd() };
	ended('fish', ['--no-config', '-n', file], { env });
	const complete = (line) => ended('fish', ['--no-config', '-c', `source ${file}; complete -C '${line}'`], { env })
		.trimEnd().split('\n').map((answer) => answer.split('\t')[0].replace(/\\ /g, ' '));
	lines.forEach((line, i) => assert.deepEqual(complete(line), [words[i]], line));
	assert.deepEqual(complete('reglue ').sort(), Object.keys(verbs).sort());
	for (const [name, flags] of Object.entries(verbs)) {
		assert.deepEqual(complete(`reglue ${name} --`).sort(), flags.map(({ flag }) => `--${flag}`).sort());
	}
	assert.deepEqual(complete('reglue exec -- git-upload-p'), ['git-upload-pack']);
});

test('a long run shows how far it is, on a terminal and nowhere else', async () => {
	const names = ['a', 'b', 'c'];
	for (const terminal of [true, false]) {
		put(Object.fromEntries(names.map((name) => [`pkg/${name}/app.js`, fixture('web')])));
		// what makes it long: somebody else is at work in the second folder
		const lock = spawn('flock', ['pkg/b', 'sh', '-c', 'echo locked; sleep 1.5'], { stdio: ['ignore', 'pipe', 'inherit'] });
		await once(lock.stdout, 'data');
		const command = `${path.resolve(reglue)} patch -r pkg`;
		const { status, stdout, stderr } = terminal
			? spawnSync('script', ['-qec', command, '/dev/null'], { encoding: 'utf8', env: { ...process.env, TERM: 'xterm', NO_COLOR: '1' } })
			: spawnSync('sh', ['-c', command], { encoding: 'utf8' });
		assert.equal(status, 0, stdout + stderr);
		assert.match(stdout + stderr, /^reglue: waiting for another reglue in pkg\/b\r?$/m);
		const drawn = [...(stdout + stderr).matchAll(/\r\x1b\[K\[(=*) *\] (\d) of 3 packages/g)].map(([, , done]) => done);
		assert.ok(terminal ? drawn.length !== 0 : drawn.length === 0, JSON.stringify(stdout + stderr));
		// and what is drawn is gone at the end
		assert.match(stdout, terminal ? /\r\x1b\[K(patched [^\n]*\r\n)?3 patched, 0 unchanged, 0 skipped, 0 refused\r\n$/
			: /^3 patched, 0 unchanged, 0 skipped, 0 refused$/m);
		fs.rmSync('pkg', { recursive: true });
	}
});
