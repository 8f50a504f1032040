// wasm-bindgen's own tests, in glue as it is generated and in patched glue whose instance was replaced before they begin. By
// hand, when there is a new release:
//   REGLUE=build/reglue node tests/upstream/run.mjs FOLDER [CRATE ...]
// FOLDER is a checkout of wasm-bindgen, 0.2.92 or later, of which a copy is made; what is needed to compile it is what
// fixtures/README.md names. FLAGS are for rustc: -Cpanic=unwind, -Ctarget-cpu=mvp (which leaves the glue its heap).
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const GENERATIONS = 3;

/*
 * Tests that a patch is bound to fail, for they compare what the glue holds with what the host's objects hold: the exports are a
 * guard, and its functions are wrappers. And those that panic on purpose: where that is a trap, the instance is dead, and the
 * tests' harness, which is Rust, in it.
 */
const identity = ['api::function_table_is', 'api::instance_accessor_appears_to_work'];
const fatal = ['should_panic', '_panic'];

const [from, ...crates] = process.argv.slice(2);
const { REGLUE, FLAGS = '' } = process.env;
if (!from || !REGLUE) {
	console.error('usage: REGLUE=build/reglue node tests/upstream/run.mjs FOLDER [CRATE ...]');
	process.exit(2);
}

const unwinds = FLAGS.includes('panic=unwind');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-upstream-'));
process.on('exit', () => fs.rmSync(work, { recursive: true, force: true }));
const copy = path.join(work, 'source');
fs.cpSync(from, copy, { recursive: true, filter: file => !/[/\\](\.git|target)$/.test(file) });

// The examples want repositories of others.
const manifest = path.join(copy, 'Cargo.toml');
const members = ['crates/cli', 'crates/js-sys', 'crates/test', 'crates/futures'].filter(one => fs.existsSync(path.join(copy, one)));
fs.writeFileSync(manifest, fs.readFileSync(manifest, 'utf8').replace(/^members = \[[^\]]*\]/m, `members = ${JSON.stringify(members)}`));

function cargo(args, env) {
	const { status, stdout, stderr } = spawnSync('cargo', args, {
		cwd: copy, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...env },
	});
	return { status, text: stdout + stderr };
}

function need({ status, text }, what) {
	if (status !== 0) {
		console.error(text.slice(-3000));
		throw new Error(`${what} failed`);
	}
}

need(cargo(['build', '--release', '-p', 'wasm-bindgen-cli', '--target-dir', path.join(work, 'tool')], {
	CARGO_PROFILE_RELEASE_OPT_LEVEL: '1', CARGO_PROFILE_RELEASE_LTO: 'off',
}), 'compiling the command line tool');

const target = {
	RUSTC_BOOTSTRAP: '1',
	RUSTC: '/usr/bin/rustc',
	CARGO_PROFILE_DEV_DEBUG: '0',
	CARGO_TARGET_DIR: path.join(work, 'tests'),
	CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: 'wasm-ld',
	CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: path.join(work, 'tool/release/wasm-bindgen-test-runner'),
	CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS: `${FLAGS} --cap-lints=warn`,
	WASM_BINDGEN_SPLIT_LINKED_MODULES: '1',
};
const suite = name => ['test', '-p', name, '--test', 'wasm', '--target', 'wasm32-unknown-unknown',
	'-Zbuild-std=std,panic_abort,panic_unwind,test'];

/** name => passed, of the tests of a suite, with the glue patched if the instance is to be another one. */
function results(name, generations) {
	const skip = unwinds ? [] : [...identity, ...fatal].flatMap(one => ['--skip', one]);
	const { text } = cargo([...suite(name), '--', ...skip], {
		...target,
		PATH: `${path.join(here, 'bin')}:${process.env.PATH}`,
		REAL_NODE: process.execPath,
		REGLUE: path.resolve(REGLUE),
		GENERATIONS: String(generations),
	});
	const found = new Map([...text.matchAll(/^test (\S+) \.\.\. (ok|FAIL)/gm)].map(([, one, how]) => [one, how === 'ok']));
	if (found.size === 0 || (generations > 0 && !text.includes(`in generation ${generations}`))) {
		console.error(text.slice(-3000));
		throw new Error(`${name}: the tests did not run`);
	}
	return found;
}

let lost = 0;
for (const name of crates.length > 0 ? crates : ['wasm-bindgen', 'js-sys']) {
	need(cargo([...suite(name), '--no-run'], target), `compiling the tests of ${name}`);
	const before = results(name, 0);
	const after = results(name, GENERATIONS);
	const passed = [...before].filter(([, ok]) => ok).map(([one]) => one);
	const worse = passed.filter(one => !after.get(one));
	const expected = worse.filter(one => identity.includes(one));
	lost += worse.length - expected.length;
	console.log(`${name}: ${passed.length} of ${before.size} pass unpatched, of these ${passed.length - worse.length} in generation ${GENERATIONS}`);
	console.log(worse.map(one => `    ${one}${expected.includes(one) ? ' (compares identities)' : ''}\n`).join(''));
}
process.exit(lost === 0 ? 0 : 1);
