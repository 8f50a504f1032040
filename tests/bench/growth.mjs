// How the guard's cost grows with the exports of a glue and with the recoveries behind it:
//
//     node tests/bench/growth.mjs [--json] [--rounds N] [--processes N] [ENGINE…]
//
// Glue of all sizes from our own fixture (glue.mjs), patched; its wasm is made up, for only what is called
// counts. A call of two numbers in patched / unpatched glue, loading the glue, and one recovery beside a bare
// instance. Of several processes the one in the middle counts: V8 may inline the wasm of one glue and not of
// the other, and decides that anew in each. ENGINE as for guard.mjs.
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { glueOfSize } from './glue.mjs';
import { cell, engineFlags, root } from './stats.mjs';

const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { rounds: { type: 'string' }, processes: { type: 'string' }, json: { type: 'boolean' } },
});
const tool = process.env.REGLUE || join(root, 'build/reglue');
const folder = mkdtempSync(join(tmpdir(), 'reglue-growth-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// A module with everything that the glue reads of its exports.
const makeWasm = (text, file) => {
	const arities = new Map();
	for (const [, name, args] of text.matchAll(/\bwasm\.([\w$]+)(?:\(([^()]*)\))?/g)) {
		arities.set(name, args === undefined ? arities.get(name) || 0 : args.trim() === '' ? 0 : args.split(',').length);
	}
	arities.delete('memory');
	const functions = [...arities].map(([name, n]) => `(func (export "${name}") ${'(param i32) '.repeat(n)}(result i32) ${n > 1 ? '(i32.add (local.get 0) (local.get 1))' : '(i32.const 7)'})`);
	writeFileSync(file + '.wat', `(module (memory (export "memory") 1) (table (export "__wbindgen_externrefs") 128 externref) ${functions.filter(f => !/"__wbindgen_externrefs"/.test(f)).join('\n')})`);
	execFileSync('wat2wasm', [file + '.wat', '-o', file]);
	return arities.size;
};

// Of the generated form; what is measured.
const PLUS = `export function plus(a, b) {
    const ret = wasm.plus(a, b);
    return ret;
}
`;

const wasmOf = text => /['"`]([\w./-]+_bg\.wasm)['"`]/.exec(text)[1];

const glues = [8e3, 16e3, 32e3, 64e3, 128e3, 256e3, 512e3, 1e6].map(bytes => {
	const text = glueOfSize(bytes) + PLUS;
	const file = join(folder, `glue-${bytes}`);
	const count = makeWasm(text, file + '.wasm');
	const names = ['', '.patched'].map(kind => `${file}${kind}.mjs`);
	writeFileSync(names[0], text);
	copyFileSync(file + '.wasm', join(folder, wasmOf(text))); // where the patch looks for it, as in a package
	execFileSync(tool, ['patch', '-q', '-o', names[1], names[0]]);
	if (!/^plus:.*s\.g=s\.dead=s\.depth/m.test(readFileSync(names[1], 'utf8'))) {
		throw new Error('the measured function is no leaf');
	}
	return { exports: count, file };
});
const run = fileURLToPath(new URL('growth-run.mjs', import.meta.url));
const engines = positionals.length ? positionals : [process.execPath];
const results = engines.map(engine => {
	const once = (glue, recoveries) => JSON.parse(execFileSync(engine,
		[...engineFlags(engine), run, glue.file, String(recoveries), values.rounds || '31'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
	const ask = (...what) => {
		const all = Array.from({ length: Number(values.processes || 5) }, () => once(...what));
		return all.sort((a, b) => a.call.median - b.call.median)[Math.floor(all.length / 2)];
	};
	const exports = glues.map(glue => ({ exports: glue.exports, ...ask(glue, 0) }));
	const recoveries = [0, 1, 3, 10, 30, 100, 300, 1000].map(n => ({ recoveries: n, ...ask(glues[3], n) }));
	return { engine: exports[0].engine, exports, recoveries };
});
if (values.json) {
	console.log(JSON.stringify(results, null, '\t'));
} else {
	for (const { engine, exports, recoveries } of results) {
		console.log(`\n${engine}\n\n| exports | call | loading | recovery / bare |\n|---:|---:|---:|---:|`);
		exports.forEach(e => console.log(`| ${e.exports} | ${cell(e.call)} | ${cell(e.load)} | ${cell(e.recovery)} |`));
		console.log('\n| recoveries | call |\n|---:|---:|');
		recoveries.forEach(r => console.log(`| ${r.recoveries} | ${cell(r.call)} |`));
	}
}
