// A Rust type may be called like a global: then the glue has a class of that name, and the runtime in the
// same file must not take it for the global. src/plan_runtime.c has the list of those that it uses.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { text as runtime } from './bundle.mjs';

const source = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../src');
const [, list] = /add_globals[^]*?names\[\] = \{([^}]*)\}/.exec(fs.readFileSync(path.join(source, 'plan_runtime.c'), 'utf8'));
const listed = new Set([...list.matchAll(/"(\w+)"/g)].map(([, name]) => name));

test('every global that the runtime uses is one that a class of the glue may be called like', () => {
	const text = fs.readdirSync(path.join(source, 'runtime')).filter(name => name.endsWith('.js'))
		.map(name => fs.readFileSync(path.join(source, 'runtime', name), 'utf8')).join('\n')
		.replace(/\/\/.*|\/\*[^]*?\*\//g, '').replace(/'[^'\n]*'/g, '');
	const globals = Object.getOwnPropertyNames(globalThis)
		// what glue itself needs under its name
		.filter(name => !/^(globalThis|undefined|WebAssembly|global|self)$/.test(name));
	const used = globals.filter(name => new RegExp(`(?<![.\\w$])${name}\\b(?!\\s*:)`).test(text));
	assert.ok(used.length > 10, 'the runtime is not where this test looks');
	assert.deepEqual(used.filter(name => !listed.has(name) && !new RegExp(`(const|let) (\\{[^}]*\\b)?${name}\\b`).test(text)), []);
});

// V8 up to 12 ends the process where it compiles one with no stack left (see isStack in src/runtime/faults.js).
test('the runtime has no regular expression', () => {
	const found = source => source.match(/[(,=:&|!?;{}[>]\/(?![/*]).*/)?.[0];
	assert.equal(found(runtime()), undefined);
	assert.equal(found('a=>/x/.test(a)'), '>/x/.test(a)');
	assert.equal(found('f(/x/,a/b/c)'), '(/x/,a/b/c)');
	assert.doesNotMatch(runtime(), /\bRegExp\b/);
});
