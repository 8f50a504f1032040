// Files are old or new, never between, whatever the system does meanwhile.
//   KILLS=500   how often a batch is killed (20)
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { before, test } from 'node:test';

import { copyCell, listFiles, makeFolder, readTree, reglue, root, run, sameTree, succeed } from './lib.mjs';

const KILLS = Number(process.env.KILLS ?? 20);
const LITTER = /\.reglue-[0-9a-f]{16}\.tmp$/;
const litter = (folder) => listFiles(folder).filter((file) => LITTER.test(file));

let scratch;
let shim;
let original; // of a package
let patched;

before(() => {
	scratch = makeFolder();
	shim = path.join(scratch, 'faults.so');
	execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', shim, path.join(root, 'tests/tools/faults.c'), '-ldl']);
	const pkg = copyCell('0.2.130/default/bundler', path.join(scratch, 'model'));
	original = readTree(pkg);
	succeed(['patch', pkg]);
	patched = readTree(pkg);
});

const write = (folder, tree) => {
	fs.mkdirSync(folder, { recursive: true });
	for (const [name, bytes] of tree) {
		fs.writeFileSync(path.join(folder, name), bytes);
	}
	return folder;
};

const faulty = (fault, args) => run(args, { env: { ...process.env, LD_PRELOAD: shim, FAULT: fault } });

test('a system call that fails: one clear line, nothing lost, nothing left', () => {
	const pkg = path.join(scratch, 'faulty');
	const reasons = { ENOSPC: 'No space left on device', EACCES: 'Permission denied', EROFS: 'Read-only file system',
		EIO: 'Input/output error', EDQUOT: 'Disk quota exceeded', EMFILE: 'Too many open files' };
	const faults = [['write', 'ENOSPC'], ['write', 'EIO'], ['write', 'EDQUOT'], ['create', 'EACCES'], ['create', 'EROFS'],
		['create', 'EMFILE'], ['fsync', 'EIO'], ['fsync', 'ENOSPC'], ['rename', 'EACCES'], ['rename', 'EIO'], ['read', 'EIO']];
	for (const [call, error] of faults) {
		for (let nth = 1; nth <= 3; nth++) { // the package has three files to write
			write(pkg, original);
			const result = faulty(`${call}:${error}:${nth}`, ['patch', pkg]);
			const what = `${call} ${error} ${nth}: ${result.stdout}${result.stderr}`;
			assert.equal(result.status, 4, what);
			assert.match(result.stderr, new RegExp(`^${pkg}/[^\n:]+: error: [^\n]*${reasons[error]} \\[io\\]$`, 'm'), what);
			assert.ok(result.stderr.split('\n').filter((line) => line.includes('[io]')).length === 1, what);
			sameTree(pkg, original);
			assert.match(result.stdout, /^0 patched, .* failed$/m, what);
		}
	}
	// with reverting it is the same
	write(pkg, patched);
	assert.equal(faulty('write:ENOSPC:2', ['revert', pkg]).status, 4);
	sameTree(pkg, patched);
});

test('interrupted and short calls are carried through', () => {
	const pkg = path.join(scratch, 'short');
	for (const fault of ['write:EINTR:1:40', 'read:EINTR:1:9', 'write:short', 'read:short']) {
		write(pkg, original);
		assert.equal(faulty(fault, ['patch', pkg]).status, 0, fault);
		sameTree(pkg, patched);
	}
});

test('what cannot be undone is said, and each file is whole all the same', () => {
	const pkg = write(path.join(scratch, 'stuck'), original);
	const result = faulty('rename:EIO:2:99', ['patch', pkg]);
	assert.equal(result.status, 4);
	assert.match(result.stderr, /stays written, it could not be put back/);
	for (const [name, bytes] of readTree(pkg)) {
		assert.ok(bytes.equals(original.get(name)) || bytes.equals(patched.get(name)), name);
	}
	succeed(['patch', pkg]);
	sameTree(pkg, patched);
});

test('out of memory ends with 70, and nothing is lost', () => {
	const file = path.join(scratch, 'big.js');
	const bytes = Buffer.concat([Buffer.alloc(16_000_000, ' '), original.get('reglue_fixture_bg.js')]);
	fs.writeFileSync(file, bytes);
	const result = spawnSync('sh', ['-c', 'ulimit -v 30000; exec "$0" patch "$1"', reglue, file], { encoding: 'utf8' });
	assert.deepEqual([result.status, result.stderr], [70, 'reglue: out of memory\n']);
	assert.ok(fs.readFileSync(file).equals(bytes));
});

test('one bad file does not stop the rest', () => {
	const tree = path.join(scratch, 'rest');
	for (const name of ['a', 'b', 'c']) {
		write(path.join(tree, name), original);
	}
	fs.rmSync(path.join(tree, 'b/reglue_fixture.js'));
	fs.symlinkSync('nowhere', path.join(tree, 'b/gone.js'));
	const result = run(['patch', '-r', '-j2', tree, path.join(tree, 'b/gone.js')]);
	assert.equal(result.status, 4);
	assert.match(result.stderr, /b\/gone\.js: error: cannot read: No such file or directory \[io\]/);
	sameTree(path.join(tree, 'a'), patched);
	sameTree(path.join(tree, 'c'), patched);
	fs.rmSync(tree, { recursive: true });
});

test('links, modes, attributes', () => {
	const pkg = write(path.join(scratch, 'links/pkg'), original);
	const store = path.join(scratch, 'links/store.js');
	const real = path.join(scratch, 'links/real.js');
	const file = path.join(pkg, 'reglue_fixture_bg.js');
	// a hard link's other name keeps what it had
	fs.linkSync(file, store);
	fs.chmodSync(file, 0o750);
	// a symbolic link is followed
	fs.renameSync(path.join(pkg, 'reglue_fixture.js'), real);
	fs.symlinkSync('../real.js', path.join(pkg, 'reglue_fixture.js'));
	const attributed = spawnSync('python3', ['-c', 'import os,sys; os.setxattr(sys.argv[1], "user.origin", b"mine")', file]).status === 0;
	const result = succeed(['patch', '-v', pkg]);
	assert.match(result.stderr, /reglue_fixture_bg\.js: note: the file had 2 names; the others keep the old content \[hard-link\]/);
	assert.ok(fs.readFileSync(store).equals(original.get('reglue_fixture_bg.js')));
	assert.ok(fs.lstatSync(path.join(pkg, 'reglue_fixture.js')).isSymbolicLink());
	assert.ok(fs.readFileSync(real).equals(patched.get('reglue_fixture.js')));
	assert.equal(fs.statSync(file).mode & 0o7777, 0o750);
	if (attributed) {
		assert.equal(execFileSync('python3', ['-c', 'import os,sys; print(os.getxattr(sys.argv[1], "user.origin").decode())', file],
			{ encoding: 'utf8' }), 'mine\n');
	}
	assert.deepEqual(litter(path.join(scratch, 'links')), []);
});

test('access control lists: kept, and none comes in from the folder', (context) => {
	const folder = path.join(scratch, 'acl');
	const file = path.join(folder, 'app.js');
	const glue = fs.readFileSync(path.join(root, 'fixtures/0.2.130/default/web/reglue_fixture.js'));
	const access = () => execFileSync('getfacl', ['-cp', file], { encoding: 'utf8' }).trim().split('\n');
	const renew = () => {
		fs.rmSync(folder, { recursive: true, force: true });
		fs.mkdirSync(folder);
		fs.writeFileSync(file, glue);
		fs.chmodSync(file, 0o640);
	};
	renew();
	if (spawnSync('setfacl', ['-m', 'u:65534:rw,g:1:r', file]).status !== 0) {
		context.skip('no access control lists here');
		return;
	}
	const listed = access();
	assert.ok(listed.length > 3);
	succeed(['patch', '-q', file]);
	assert.deepEqual(access(), listed);
	succeed(['revert', '-q', file]);
	assert.deepEqual(access(), listed);
	// a folder gives new files a list; a file that had none has none afterwards
	for (const mode of [0o640, 0o664, 0o600]) {
		renew();
		fs.chmodSync(file, mode);
		execFileSync('setfacl', ['-d', '-m', 'u:65534:rwx,g:1:rwx', folder]);
		const plain = access();
		assert.equal(plain.length, 3);
		succeed(['patch', '-q', file]);
		assert.deepEqual(access(), plain);
		assert.equal(fs.statSync(file).mode & 0o7777, mode);
	}
	// one that had its own has its own
	renew();
	execFileSync('setfacl', ['-m', 'u:1:r', file]);
	execFileSync('setfacl', ['-d', '-m', 'u:65534:rwx', folder]);
	const own = access();
	succeed(['patch', '-q', file]);
	assert.deepEqual(access(), own);
});

test('owner and group: kept, or said', { skip: process.getuid() !== 0 }, (context) => {
	const folder = path.join(scratch, 'owned');
	const file = path.join(folder, 'app.js');
	const asUser = ['--reuid=65534', '--regid=65534', '--clear-groups', reglue, 'patch', file];
	const renew = (owner, group, mode) => {
		fs.rmSync(folder, { recursive: true, force: true });
		fs.mkdirSync(folder);
		fs.chmodSync(folder, 0o777);
		fs.copyFileSync(path.join(root, 'fixtures/0.2.130/default/web/reglue_fixture.js'), file);
		fs.chownSync(file, owner, group);
		fs.chmodSync(file, mode);
	};
	const state = () => {
		const { uid, gid, mode } = fs.statSync(file);
		return [uid, gid, (mode & 0o7777).toString(8)];
	};
	renew(1, 2, 0o4750);
	succeed(['patch', '-q', file]);
	assert.deepEqual(state(), [1, 2, '4750']);
	fs.chmodSync(scratch, 0o755);
	if (spawnSync('setpriv', [...asUser.slice(0, 3), 'test', '-x', reglue]).status !== 0) {
		context.skip('nobody else can run the program here');
		return;
	}
	// neither may be given away by others; nor may a group get what the old one alone could do
	const attempt = () => spawnSync('setpriv', asUser, { encoding: 'utf8' });
	renew(65534, 2, 0o2660);
	let result = attempt();
	assert.equal(result.status, 0, result.stderr);
	assert.match(result.stderr, /app\.js: warning: the group could not be kept: Operation not permitted \[attributes\]\n/);
	assert.deepEqual(state(), [65534, 65534, '600']);
	renew(1, 65534, 0o664);
	result = attempt();
	assert.equal(result.status, 0, result.stderr);
	assert.match(result.stderr, /app\.js: warning: the owner could not be kept: Operation not permitted \[attributes\]\n/);
	assert.deepEqual(state(), [65534, 65534, '664']);
	renew(65534, 65534, 0o640);
	result = attempt();
	assert.deepEqual([result.status, result.stderr, ...state()], [0, '', 65534, 65534, '640']);
});

test('write-protected files and folders stay as they are', (context) => {
	const pkg = write(path.join(scratch, 'protected/pkg'), original);
	// the superuser may write everywhere: then somebody else tries
	const asUser = process.getuid() !== 0 ? [] : ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
	if (asUser.length !== 0) {
		if (spawnSync(asUser[0], [...asUser.slice(1), 'test', '-x', reglue]).status !== 0) {
			context.skip('nobody else can run the program here');
			return;
		}
		fs.chmodSync(scratch, 0o755);
		execFileSync('chown', ['-R', '65534', path.join(scratch, 'protected')]);
	}
	const [command, ...rest] = [...asUser, reglue, 'patch', pkg];
	const attempt = () => spawnSync(command, rest, { encoding: 'utf8' });
	fs.chmodSync(path.join(pkg, 'reglue_fixture_bg.js'), 0o444);
	let result = attempt();
	assert.equal(result.status, 4, result.stderr);
	assert.match(result.stderr, /reglue_fixture_bg\.js: error: cannot write: Permission denied \[io\]\n/);
	sameTree(pkg, original);
	fs.chmodSync(path.join(pkg, 'reglue_fixture_bg.js'), 0o644);
	fs.chmodSync(pkg, 0o555);
	result = attempt();
	assert.equal(result.status, 4, result.stderr);
	assert.match(result.stderr, /cannot make a temporary file beside it: Permission denied \[io\]\n/);
	sameTree(pkg, original);
	fs.chmodSync(pkg, 0o755);
	assert.equal(attempt().status, 0);
	sameTree(pkg, patched);
});

test('two runs on one tree wait for each other', async () => {
	const pkg = write(path.join(scratch, 'shared'), original);
	const lock = spawn('flock', [pkg, 'sleep', '2.5']);
	await sleep(300);
	const started = Date.now();
	const result = succeed(['patch', pkg]);
	assert.ok(Date.now() - started > 1000, 'it waited');
	assert.match(result.stderr, /^reglue: waiting for another reglue in .*shared$/m);
	await once(lock, 'exit');
	sameTree(pkg, patched);
	// many at once, with different wishes: one of them is last
	const policies = ['lazy', 'eager', 'manual', 'never', 'heal', 'lazy'];
	const results = await Promise.all(policies.map(async (policy) => {
		const child = spawn(reglue, ['patch', '-q', '-j2', '--policy', policy, pkg], { stdio: ['ignore', 'ignore', 'pipe'] });
		let text = '';
		child.stderr.on('data', (data) => { text += data; });
		const [status] = await once(child, 'close');
		return `${status}${text.replace(/^reglue: waiting.*\n/gm, '')}`;
	}));
	assert.deepEqual(results, policies.map(() => '0'));
	assert.deepEqual(litter(pkg), []);
	succeed(['revert', pkg]);
	sameTree(pkg, original);
});

test(`a batch killed ${KILLS} times`, async (context) => {
	const PACKAGES = 67; // three files each
	const tree = path.join(scratch, 'killed');
	for (let i = 0; i < PACKAGES; i++) {
		write(path.join(tree, `p${i}`), original);
	}
	// packages are counted as they are found after a kill; runs that had ended before it do not count as one
	const states = { killed: 0, old: 0, new: 0, split: 0, litter: 0, late: 0 };
	let forward = true;
	let longest = 0;
	let left = PACKAGES; // which the next run has to work on
	{
		const started = Date.now();
		succeed(['patch', '-r', '-q', '-j2', tree]);
		longest = Date.now() - started;
		succeed(['revert', '-r', '-q', '-j2', tree]);
	}
	for (let round = 0; states.killed < KILLS; round++) {
		const child = spawn(reglue, [forward ? 'patch' : 'revert', '-r', '-q', '-j2', tree], { stdio: 'ignore' });
		const exit = once(child, 'exit');
		await sleep(Math.random() * Math.max(longest * left / PACKAGES, 10));
		child.kill('SIGKILL');
		const hit = (await exit)[1] === 'SIGKILL';
		states[hit ? 'killed' : 'late']++;
		longest *= hit ? 1.02 : 0.9; // the machine has other things to do as well, or has not
		left = PACKAGES;
		for (let i = 0; i < PACKAGES; i++) {
			const seen = new Set();
			for (const file of listFiles(path.join(tree, `p${i}`))) {
				const name = path.basename(file);
				if (LITTER.test(name)) {
					states.litter++;
					continue;
				}
				const bytes = fs.readFileSync(file);
				const isOld = bytes.equals(original.get(name));
				const isNew = bytes.equals(patched.get(name));
				assert.ok(isOld || isNew, `${file} is torn`);
				if (isOld !== isNew) {
					seen.add(isNew);
				}
			}
			states[seen.size > 1 ? 'split' : seen.has(true) ? 'new' : 'old'] += hit ? 1 : 0;
			left -= seen.size === 1 && seen.has(forward) ? 1 : 0;
		}
		// the next run finishes, and leaves nothing behind
		if (round % 4 === 3 || left === 0 || states.killed === KILLS) {
			succeed([forward ? 'patch' : 'revert', '-r', '-q', '-j2', tree]);
			assert.deepEqual(litter(tree), []);
			const expected = forward ? patched : original;
			for (let i = 0; i < PACKAGES; i++) {
				sameTree(path.join(tree, `p${i}`), expected);
			}
			forward = !forward;
			left = PACKAGES;
		}
	}
	context.diagnostic(JSON.stringify(states));
	fs.rmSync(tree, { recursive: true });
});

test('a signal waits for the write under way, and leaves nothing', async () => {
	for (const jobs of ['1', '3']) {
		const tree = path.join(scratch, `ended${jobs}`);
		for (let i = 0; i < 30; i++) {
			write(path.join(tree, `p${i}`), original);
		}
		for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
			succeed(['revert', '-r', '-q', tree]);
			const child = spawn(reglue, ['patch', '-r', '-q', '-j', jobs, tree], { stdio: 'ignore' });
			const exit = once(child, 'exit');
			await sleep(150 + Math.random() * 100);
			child.kill(signal);
			const [status, ended] = await exit;
			assert.ok(ended === signal || status === 0, `${status} ${ended}`);
			assert.deepEqual(litter(tree), []);
			for (let i = 0; i < 30; i++) {
				const now = readTree(path.join(tree, `p${i}`));
				const whole = [original, patched].some((expected) =>
					[...expected].every(([name, bytes]) => bytes.equals(now.get(name))));
				assert.ok(whole, `p${i} is half patched after ${signal}`);
			}
		}
	}
});
