// Runs every test program, shows what failed, and sums up: the last line is `N passed, N failed`.
// Only what a program reported as passed counts as passed; one that dies, reports fewer tests than
// it announced, or none, counts as a failure. Status 1 if anything failed or nothing ran.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
process.chdir(root);

const FUZZ_SECONDS = Number(process.env.FUZZ_SECONDS ?? 30);

/** Test files of a folder under tests/. */
const testFiles = (folder) => fs.readdirSync(path.join('tests', folder))
	.filter((name) => name.endsWith('.test.mjs')).sort().map((name) => `tests/${folder}/${name}`);

/** The TAP of a program: numbers of the top level; the text of what failed at any level. */
function readTap(text) {
	const result = { passed: 0, failed: 0, skipped: 0, planned: 0, failures: [] };
	let failure = null;
	for (const line of text.split('\n')) {
		const plan = /^1\.\.(\d+)/.exec(line);
		const test = /^(\s*)(not )?ok\b(.*)/.exec(line);
		if (plan) {
			result.planned += Number(plan[1]);
		} else if (test) {
			const [, depth, not, rest] = test;
			const kind = /# (SKIP|TODO)\b/i.test(rest) ? 'skipped' : not ? 'failed' : 'passed';
			result[kind] += depth === '' ? 1 : 0;
			failure = kind === 'failed' ? [line.trimStart()] : null;
			if (failure) {
				result.failures.push(failure);
			}
		} else if (failure && !/^\s*(duration_ms|type:|---|\.\.\.)/.test(line)) {
			failure.push(line);
		}
	}
	return result;
}

/** Node counts a file of subtests as one top-level test; its closing numbers count the leaves. */
function readNodeTap(text) {
	const number = (name) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
	const isLeaf = (failure) => !failure.some((line) => line.includes("'subtestsFailed'"));
	return {
		passed: number('pass'),
		failed: number('fail') + number('cancelled'),
		skipped: number('skipped') + number('todo'),
		planned: number('tests'),
		failures: readTap(text).failures.filter(isLeaf),
	};
}

function execute(command, args, { env = {}, seconds = 900 } = {}) {
	return new Promise((resolve) => {
		const child = spawn(command, args, {
			env: { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined, ...env },
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		let out = '';
		let err = '';
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			child.kill('SIGKILL');
		}, seconds * 1000);
		child.stdout.setEncoding('utf8').on('data', (part) => { out += part; });
		child.stderr.setEncoding('utf8').on('data', (part) => { err += part; });
		child.on('error', (error) => {
			err += error.message;
		});
		child.on('close', (status, signal) => {
			clearTimeout(timer);
			const end = late ? `stopped after ${seconds} s` : signal ?? (status === 0 ? '' : `status ${status}`);
			resolve({ out, err, end });
		});
	});
}

const total = { passed: 0, failed: 0, skipped: 0 };
const indent = (lines) => lines.map((line) => `    ${line}`).join('\n');

/** Adds a program's result to the sum. `end` is not empty if it did not end well. */
function count(name, result, { end = '', err = '' }, started) {
	const { passed, skipped, failures } = result;
	let { failed } = result;
	const lost = result.planned - passed - failed - skipped;
	const problems = [];
	if (lost > 0) {
		failed += lost;
		problems.push(`${lost} tests announced and not reported`);
	}
	if (end && failed === 0) {
		failed++;
		problems.push(`ended with ${end}`);
	}
	if (passed + failed === 0) {
		failed++;
		problems.push('ran no test');
	}
	total.passed += passed;
	total.failed += failed;
	total.skipped += skipped;
	const seconds = ((Date.now() - started) / 1000).toFixed(1);
	console.log(`${failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${passed} passed, ${failed} failed`
		+ `${skipped ? `, ${skipped} skipped` : ''} (${seconds} s)`);
	for (const failure of failures.slice(0, 20)) {
		console.log(indent(failure.slice(0, 25)));
	}
	if (failed !== 0 && (problems.length !== 0 || failures.length === 0)) {
		console.log(indent([...problems, ...err.trim().split('\n').slice(-15)]));
	}
}

/** The same for something that is not a test program: one test, passed or not. */
const countStep = (name, step, started) =>
	count(name, { passed: step.end ? 0 : 1, failed: step.end ? 1 : 0, skipped: 0, planned: 1, failures: [] },
		step, started);

/** Sets up (once) and builds a folder; a failure counts as one failed test. */
async function build(folder, options, env) {
	const started = Date.now();
	let step = { end: '' };
	if (!fs.existsSync(path.join(folder, 'build.ninja'))) {
		step = await execute('meson', ['setup', folder, ...options], { env });
	}
	if (!step.end) {
		step = await execute('meson', ['compile', '-C', folder]);
	}
	if (step.end) {
		countStep(`build ${folder}`, { ...step, err: step.out + step.err }, started);
	}
	return !step.end;
}

/** Criterion programs, as meson knows them. */
async function unit(folder, { env = {}, label = '' } = {}) {
	const tests = JSON.parse(spawnSync('meson', ['introspect', '--tests', folder], { encoding: 'utf8' }).stdout);
	for (const { name, cmd } of tests.filter(({ suite }) => suite.some((s) => s.endsWith('unit')))) {
		const started = Date.now();
		const run = await execute(cmd[0], cmd.slice(1), { env, seconds: 300 });
		count(`unit ${name}${label}`, readTap(run.out), run, started);
	}
}

async function nodeTests(folder, { env = {}, label = '', tool = 'build/reglue' } = {}) {
	const started = Date.now();
	const run = await execute('node', ['--test', '--test-reporter=tap', ...testFiles(folder)],
		{ env: { REGLUE: path.resolve(tool), ...env } });
	count(folder + label, readNodeTap(run.out), run, started);
}

/** The rule tests in other engines; ENGINES names some of them. What an engine cannot do is told. */
async function otherEngines() {
	const { engines } = await import('./engines/engines.mjs');
	const chosen = process.env.ENGINES?.split(',') ?? Object.keys(engines);
	for (const name of chosen) {
		const { command, args, apart, cells, tap } = engines[name];
		const started = Date.now();
		const env = {
			REGLUE: path.resolve('build/reglue'),
			RECOVERY_CELLS: process.env.RECOVERY_CELLS ?? cells,
			NO_COLOR: '1',
		};
		const run = { err: '', end: '' };
		let text = '';
		for (const file of apart ?? [[]]) {
			const part = await execute(command, args.concat(file), { env, seconds: 3600 });
			text += `${tap === undefined ? part.out : tap(part.out, part.err)}\n`;
			run.err += part.err;
			run.end ||= part.end;
		}
		count(`engine ${name}`, args.includes('--test') ? readNodeTap(text) : readTap(text), run, started);
		const reasons = new Map();
		for (const [, reason] of text.matchAll(/ok .*\(skipped: (.*)\)/g)) {
			reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
		}
		for (const [reason, times] of reasons) {
			console.log(`    ${times} skipped: ${reason}`);
		}
	}
}

/** Whether a sanitizer's log holds more than leaks of Criterion's own allocations. */
function isOurs(log) {
	const blocks = log.split('\n\n').filter((block) => /^\s*#0 /m.test(block));
	const isCriterion = (block) => /^(Direct|Indirect) leak/m.test(block) && /^\s*#1 .*libcriterion/m.test(block);
	return blocks.length === 0 || !blocks.every(isCriterion);
}

/**
 * Address and undefined-behaviour sanitizers over the unit tests and the program. SANITIZED names the
 * groups that run the program, `all` for every one of them (half an hour) but `tools`, whose memory
 * limits and preloaded libraries no sanitizer bears.
 */
async function sanitized() {
	const folder = 'build-sanitize';
	const options = ['-Db_sanitize=address,undefined', '-Db_lundef=false'];
	if (!await build(folder, options)) {
		return;
	}
	// a log, because a test framework that catches the crash would not fail the run; and a leak found
	// at the end of a process takes its unwritten output along, unless its exit code is 0
	const logs = fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-sanitizer-'));
	const log = `log_path=${logs}/log`;
	const env = {
		ASAN_OPTIONS: `${log}:detect_stack_use_after_return=1`,
		UBSAN_OPTIONS: `${log}:print_stacktrace=1`,
		LSAN_OPTIONS: 'exitcode=0',
	};
	await unit(folder, { env, label: ' (sanitized)' });
	const tool = `${folder}/reglue`;
	const programs = ['cli', 'recovery', 'matrix', 'drift', 'chaos', 'packages', 'bundlers'];
	const wanted = process.env.SANITIZED ?? 'cli';
	for (const name of programs.filter((group) => wanted === 'all' || wanted.split(',').includes(group))) {
		await nodeTests(name, { env, label: ' (sanitized)', tool });
	}
	let started = Date.now();
	// 3: cells with shared memory are refused
	const tree = await execute(tool, ['check', '-q', '-r', '-j', '2', 'fixtures'], { env });
	countStep('every fixture (sanitized)', { ...tree, end: tree.end === 'status 3' ? '' : tree.end || 'status 0' },
		started);
	started = Date.now();
	const found = fs.readdirSync(logs).map((name) => fs.readFileSync(path.join(logs, name), 'utf8'))
		.filter(isOurs);
	countStep('sanitizer logs', { end: found.length === 0 ? '' : `${found.length} findings`,
		err: found[0]?.split('\n').slice(0, 15).join('\n') }, started);
	fs.rmSync(logs, { recursive: true });
}

/** The fuzzer: once over real glue, then for a while over what it makes of the small seeds. */
async function fuzz() {
	const folder = 'build-fuzz';
	const options = ['-Dfuzz=true', '-Dtests=false', '-Db_sanitize=address,undefined', '-Db_lundef=false'];
	if (!await build(folder, options, { CC: 'clang-14' })) {
		return;
	}
	const program = `${folder}/tests/fuzz/fuzz_patch`;
	const limits = ['-timeout=60', '-rss_limit_mb=3000', `-artifact_prefix=${folder}/`];
	const glue = fs.readdirSync('fixtures').flatMap((version) => ['nodejs', 'web']
		.map((target) => `fixtures/${version}/default/${target}/reglue_fixture.js`))
		.filter((file) => fs.existsSync(file));
	let started = Date.now();
	countStep(`fuzz, ${glue.length} fixtures`, await execute(program, [...limits, ...glue]), started);

	const corpus = `${folder}/corpus`; // kept: a longer run by hand goes on from it
	fs.mkdirSync(corpus, { recursive: true });
	for (const name of fs.readdirSync('tests/fuzz/seeds')) {
		fs.copyFileSync(`tests/fuzz/seeds/${name}`, `${corpus}/${name}`);
		spawnSync('build/reglue', ['patch', '-q', `${corpus}/${name}`, '-o', `${corpus}/patched-${name}`]);
	}
	started = Date.now();
	const run = await execute(program, [...limits, `-max_total_time=${FUZZ_SECONDS}`, '-max_len=60000',
		'-dict=tests/fuzz/glue.dict', '-print_final_stats=1', corpus], { seconds: FUZZ_SECONDS + 600 });
	const runs = Number(/number_of_executed_units: (\d+)/.exec(run.err)?.[1] ?? 0);
	countStep(`fuzz, ${runs} runs`, { ...run, end: run.end || (runs > 0 ? '' : 'no run') }, started);
}

/** The README's demonstration, each of whose claims has to hold. */
async function demo() {
	const started = Date.now();
	const run = await execute('node', ['tests/packages/demo.mjs'], { env: { REGLUE: path.resolve('build/reglue') } });
	countStep('demo', { ...run, err: run.out }, started);
}

const groups = {
	demo,
	unit: () => unit('build'),
	runtime: async () => {
		await nodeTests('runtime');
		await nodeTests('runtime', { env: { RUNTIME_TEXT: 'small' }, label: ' (as the build makes it)' });
	},
	cli: () => nodeTests('cli'),
	recovery: () => nodeTests('recovery'),
	matrix: () => nodeTests('matrix'),
	drift: () => nodeTests('drift'),
	engines: otherEngines,
	chaos: () => nodeTests('chaos'),
	packages: () => nodeTests('packages'),
	bundlers: () => nodeTests('bundlers'),
	tools: () => nodeTests('tools'),
	counts: () => nodeTests('counts'),
	sanitized,
	fuzz,
};

const wanted = process.argv.slice(2);
if (wanted[0] === '--list') {
	console.log(Object.keys(groups).join('\n'));
} else {
	// Two groups at a time where there are two cores: most of a group is one process after another.
	const queue = wanted.length === 0 ? Object.keys(groups) : wanted;
	const lane = async () => {
		for (let name; (name = queue.shift()) !== undefined;) {
			if (Object.hasOwn(groups, name)) {
				await groups[name]();
			} else {
				countStep(name, { end: 'no such group; see --list' }, Date.now());
			}
		}
	};
	await Promise.all(Array.from({ length: Math.min(2, os.availableParallelism()) }, lane));
	if (total.skipped !== 0) {
		console.log(`${total.skipped} skipped`);
	}
	process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
	console.log(`${total.passed} passed, ${total.failed} failed`);
}
