// What `reglue check` costs, in instructions and as a multiple of a bare parse of the same file. Counted,
// not timed: the same on a busy machine, so that a regression shows without a stopwatch. The bounds are
// a few hundredths above what it was when they were set.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { glueOfSize } from '../bench/glue.mjs';
import { cost } from '../bench/stats.mjs';

// Counting is slow: 1.4 MB take half a minute. COUNTS_LONG=1 does it all the same.
const LARGEST = process.env.COUNTS_LONG ? 1_400_000 : 600_000;

const tool = process.env.REGLUE ?? path.resolve('build/reglue');
const bare = path.join(path.dirname(tool), 'tests/bench/bare_parse');
const folder = mkdtempSync(path.join(tmpdir(), 'reglue-counts-'));
after(() => rmSync(folder, { recursive: true }));

const glue = bytes => {
	const file = path.join(folder, `glue-${bytes}.js`);
	writeFileSync(file, glueOfSize(bytes));
	return file;
};

const memory = command => cost(1, command).rss; // kB

function instructions(expected, command) {
	const run = spawnSync('valgrind', ['--tool=callgrind', '--callgrind-out-file=/dev/null', ...command],
		{ encoding: 'utf8' });
	assert.equal(run.status, expected, run.stderr);
	return Number(/Collected : (\d+)/.exec(run.stderr)[1]);
}

for (const [bytes, bound] of [[22_000, 1.46], [155_000, 1.33], [LARGEST, 1.28]]) {
	test(`${bytes / 1000} kB of glue: at most ${bound} × the instructions of a bare parse`, () => {
		const file = glue(bytes);
		const ratio = instructions(1, [tool, 'check', '-q', file]) / instructions(0, [bare, file]);
		console.log(`${bytes} bytes: ${ratio.toFixed(3)}`);
		assert.ok(ratio < bound, `${ratio.toFixed(3)} × a bare parse`);
	});
}

test('a megabyte of glue: at most 1.3 × the memory of a bare parse', () => {
	const file = glue(1_000_000);
	const ratio = memory([tool, 'check', '-q', file]) / memory([bare, file]);
	console.log(`${ratio.toFixed(3)} times the memory`);
	assert.ok(ratio < 1.3, `${ratio.toFixed(3)} × a bare parse`);
});

test('50 MB of wasm beside a glue: not read', () => {
	const file = glue(22_000);
	const alone = memory([tool, 'check', '-q', file]);
	const wasm = path.join(folder, 'reglue_fixture_bg.wasm');
	copyFileSync('fixtures/0.2.130/default/web/reglue_fixture_bg.wasm', wasm);
	const size = statSync(wasm).size;
	const out = openSync(wasm, 'a');
	writeSync(out, Buffer.from([10, 0x80, 0xe1, 0xeb, 0x17])); // a section of 50,000,000 bytes of code
	closeSync(out);
	truncateSync(wasm, size + 5 + 50_000_000);
	const beside = memory([tool, 'check', '-q', file]);
	console.log(`${alone} kB, ${beside} kB with a wasm of ${statSync(wasm).size / 1e6} MB`);
	assert.ok(beside < alone + 600);
});

// What is kept for each class or variable must not be gone through for every other one.
test('twice the classes and variables: twice the instructions', () => {
	const classes = n => Array.from({ length: n }, (_, i) => `
class C${i} {
	static __wrap(ptr) {
		const obj = Object.create(C${i}.prototype);
		obj.__wbg_ptr = ptr;
		F${i}.register(obj, obj.__wbg_ptr, obj);
		return obj;
	}
	get() { return wasm.get(this.__wbg_ptr); }
}
const F${i} = new FinalizationRegistry(ptr => wasm.free(ptr));
let v${i} = null;
function view${i}() { return v${i} === null ? (v${i} = new Uint8Array(wasm.memory.buffer)) : v${i}; }
exports.C${i} = C${i};
`).join('');
	const count = n => {
		const file = path.join(folder, `classes-${n}.js`);
		writeFileSync(file, `let wasm;\nfunction __wbg_get_imports() { return { wbg: { __wbindgen_throw() {} } }; }\n${classes(n)}
const wasmModule = new WebAssembly.Module(require('fs').readFileSync('x_bg.wasm'));
wasm = new WebAssembly.Instance(wasmModule, __wbg_get_imports()).exports;
wasm.__wbindgen_start();\n`);
		return instructions(1, [tool, 'check', '-q', file]);
	};
	const ratio = count(2400) / count(1200);
	console.log(`${ratio.toFixed(3)} times the instructions`);
	assert.ok(ratio < 2.05, `${ratio.toFixed(3)} times the instructions`);
});

test('1 MB that is no glue: not parsed', () => {
	const file = path.join(folder, 'other.js');
	writeFileSync(file, 'const a_b = "some text" + other_name.member(1); // _x\n'.repeat(20_000));
	const count = instructions(3, [tool, 'check', '-q', file]);
	console.log(`${(count / 1_080_000).toFixed(2)} instructions a byte`);
	assert.ok(count / 1_080_000 < 9);
});
