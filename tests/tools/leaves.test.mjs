// Which exports get a wrapper without depth: those that cannot reach JavaScript. Held against another reading of the
// code (wasm-objdump's), and against what real wasm does when it runs.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { copyCell, makeFolder, root, run } from './lib.mjs';

const LONGEST_BODY = 1024; // of src/wasm_leaves.c
const folder = makeFolder();

/** The exports whose wrappers keep no depth, whatever calls JavaScript in between. */
const leavesIn = (text) => [...text.matchAll(/^([\w$]+):\(X,S\)=>.*s\.g=s\.dead=s\.depth;throw x\(e\)\}\}\)?,$/gm)].map(([, name]) => name);

const isThrow = (name) => /^(__wbindgen_throw$|__wbg_wbindgenthrow_|__wbg___wbindgen_throw_)/.test(name);

/** Of a wasm file, by wasm-objdump: for each function how long it is, what it calls, and whether it calls what cannot be told. */
function readCode(file) {
	const functions = new Map();
	let at;
	let address;
	for (const line of execFileSync('wasm-objdump', ['-d', file], { encoding: 'utf8', maxBuffer: 1 << 28 }).split('\n')) {
		const head = /^([0-9a-f]+) func\[(\d+)\]/.exec(line);
		const code = /^ ([0-9a-f]+): (.*?) *\| +(.*)$/.exec(line);
		if (head) {
			address = parseInt(head[1], 16);
			at = { calls: [], unknown: false, size: 0 };
			functions.set(Number(head[2]), at);
		} else if (code) {
			const [, offset, bytes, text] = code;
			at.size = parseInt(offset, 16) + bytes.trim().split(' ').length - address;
			const call = /^(?:return_)?call (\d+)/.exec(text);
			if (call) {
				at.calls.push(Number(call[1]));
			}
			at.unknown ||= /^(return_)?call_(indirect|ref)|^(try|throw|rethrow|delegate|catch)/.test(text);
		}
	}
	return functions;
}

/** What a function reaches, itself included; undefined where it runs into what cannot be told. */
function reached(functions, start) {
	const found = new Set([start]);
	for (const index of found) {
		const { calls = [], unknown = false } = functions.get(index) ?? {};
		if (unknown) {
			return undefined;
		}
		calls.forEach((callee) => found.add(callee));
	}
	return found;
}

/** Exported functions: name => index. */
const exportsOf = (file) => new Map([...execFileSync('wasm-objdump', ['-x', '-j', 'Export', file], { encoding: 'utf8' })
	.matchAll(/^ - func\[(\d+)\].* -> "(.*)"$/gm)].map(([, index, name]) => [name, Number(index)]));

/** A folder of the fixtures for each wasm file that is another one, with the patched glue beside it. */
function copyFixtures() {
	const found = new Map();
	for (const name of fs.readdirSync(path.join(root, 'fixtures'), { recursive: true }).filter((one) => one.endsWith('_bg.wasm')).sort()) {
		const bytes = fs.readFileSync(path.join(root, 'fixtures', name));
		const hash = createHash('sha256').update(bytes).digest('hex');
		if (!found.has(hash)) {
			const cell = path.dirname(name);
			copyCell(cell, path.join(folder, cell));
			found.set(hash, { cell, bytes, wasm: path.join(folder, name) });
		}
	}
	run(['patch', '-r', folder]);
	return [...found.values()].map(({ cell, ...one }) => {
		const glue = fs.readdirSync(path.join(folder, cell)).filter((k) => k.endsWith('.js'))
			.map((k) => fs.readFileSync(path.join(folder, cell, k), 'utf8')).join('\n');
		return { cell, glue, leaves: leavesIn(glue), ...one };
	}).filter(({ glue }) => glue.includes('return{__proto__:null,'));
}

const fixtures = copyFixtures();

test('there are leaves in the glue of all releases', () => {
	assert.ok(fixtures.length > 50, `${fixtures.length} fixtures`);
	for (const { cell, leaves } of fixtures) {
		if (!/debug|unwind|^program|^numbers/.test(cell)) { // where panics unwind, every export catches them; programs export nothing
			assert.ok(leaves.includes('add'), `${cell}: ${leaves}`);
		}
		assert.ok(!leaves.includes('counter_call_with'), `${cell}: ${leaves}`);
	}
});

function checkCode({ glue, leaves, wasm }, imported) {
	const functions = readCode(wasm);
	for (const [k, index] of exportsOf(wasm)) {
		const found = reached(functions, index);
		if (leaves.includes(k)) {
			assert.ok(found, `${k} calls what cannot be told`);
			const wrong = [...found].filter((i) => i < imported.length && !isThrow(imported[i].name));
			assert.deepEqual(wrong, [], `${k} reaches ${wrong.map((i) => imported[i].name)}`);
		} else if (new RegExp(`^${k}:\\(X,S\\)`, 'm').test(glue)) {
			const short = found && [...found].every((i) => (i < imported.length ? isThrow(imported[i].name)
				: functions.get(i).calls.length === 0 && functions.get(i).size < LONGEST_BODY - 8));
			assert.ok(!short, `${k} is one as well`);
		}
	}
}

// The targets of a release differ in their imports only: one will do. Code that unwinds may have types that neither
// wasm-objdump nor the oldest Node knows.
const flagsOf = ({ cell }) => path.dirname(cell);
const different = fixtures.filter((one, i) => fixtures.findIndex((other) => flagsOf(other) === flagsOf(one)) === i);

for (const fixture of different.filter((one) => WebAssembly.validate(one.bytes))) {
	const { cell, leaves, bytes } = fixture;
	const module = new WebAssembly.Module(bytes);
	const all = WebAssembly.Module.imports(module);
	const imported = all.filter(({ kind }) => kind === 'function');

	// It reads no element segment whose references are made from imported globals, as static strings are.
	const isReadable = !/string-builtins/.test(cell);
	test(`${cell}: no leaf reaches an import, by another reading of the code`, { skip: !isReadable },
		() => checkCode(fixture, imported));

	test(`${cell}: while a leaf runs, no import is called but to throw`, () => {
		const called = new Set();
		const imports = {};
		for (const { module: from, name: k, kind } of all) {
			imports[from] ??= {};
			imports[from][k] = kind === 'tag' ? new WebAssembly.Tag({ parameters: ['externref'] }) : () => {
				called.add(k);
				throw new Error(k);
			};
		}
		let calls = 0;
		for (const leaf of leaves) {
			const { exports } = new WebAssembly.Instance(module, imports);
			for (const a of [0, 1, -1, 8, 1024, 1 << 20, 2 ** 31 - 1]) {
				for (const b of [0, 1, 3, -5, 4096]) {
					for (const as of [Number, BigInt]) {
						try {
							calls++;
							exports[leaf](as(a), as(b), as(b), as(a));
						} catch {
							// A trap, an argument of the wrong type, or `throw`.
						}
					}
				}
			}
		}
		assert.equal(calls, 70 * leaves.length);
		assert.deepEqual([...called].filter((k) => !isThrow(k)), []);
	});
}
