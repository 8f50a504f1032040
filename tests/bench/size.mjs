// What patching adds to glue, in bytes after gzip -9: the runtime with what every glue gets, and each
// entrypoint. Least squares over all fixtures of `added = runtime + entrypoints × each`.
//
//     node tests/bench/size.mjs [--json]
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { glueOfSize } from './glue.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tool = process.env.REGLUE || path.join(root, 'build/reglue');

// Beside its wasm, as users have it: that tells more of what the glue has no use for.
const folder = mkdtempSync(path.join(tmpdir(), 'reglue-size-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const patch = (text, wasm) => {
	const file = path.join(folder, 'reglue_fixture.js');
	writeFileSync(file, text);
	cpSync(wasm, path.join(folder, 'reglue_fixture_bg.wasm'), { dereference: true });
	return execFileSync(tool, ['patch', '-q', '-o', '-', file], { maxBuffer: 1 << 28 });
};
const hooks = text => (text.match(/__rg\.(e|t|f|k)\(/g) || []).length;
const measure = (name, text, wasm) => {
	const patched = patch(text, wasm);
	const gz = data => gzipSync(data, { level: 9 }).length;
	return { name, entrypoints: hooks(patched.toString()), raw: patched.length - text.length, added: gz(patched) - gz(text) };
};

export const sizes = () => {
	const rows = [];
	const fixture = name => path.join(root, 'fixtures', name);
	// 0.2.100: an object heap, and closures by an exported table; 0.2.130: neither
	for (const cell of ['0.2.92/default/nodejs', '0.2.100/heap/web', '0.2.130/default/nodejs', '0.2.130/default/web', '0.2.130/default/bundler']) {
		const file = ['reglue_fixture_bg.js', 'reglue_fixture.js'].map(name => fixture(`${cell}/${name}`)).find(existsSync);
		rows.push(measure(cell, readFileSync(file), fixture(`${cell}/reglue_fixture_bg.wasm`)));
	}
	const wasm = fixture('0.2.130/default/web/reglue_fixture_bg.wasm'); // what glueOfSize() is cut from
	const growth = [4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3].map(n => measure(`${n / 1000} kB`, Buffer.from(glueOfSize(n)), wasm));
	const n = growth.length;
	const sum = f => growth.reduce((s, g) => s + f(g), 0);
	const [sx, sy, sxx, sxy] = [sum(g => g.entrypoints), sum(g => g.added), sum(g => g.entrypoints ** 2), sum(g => g.entrypoints * g.added)];
	const each = (n * sxy - sx * sy) / (n * sxx - sx * sx);
	return { rows, growth, each, runtime: (sy - each * sx) / n };
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const result = sizes();
	if (process.argv.includes('--json')) {
		console.log(JSON.stringify(result, null, '\t'));
	} else {
		console.log('| glue | entrypoints | added, bytes | added, gzip |\n|---|---:|---:|---:|');
		for (const r of [...result.rows, ...result.growth]) {
			console.log(`| ${r.name} | ${r.entrypoints} | ${r.raw} | ${r.added} |`);
		}
		console.log(`\nruntime ${result.runtime.toFixed(0)} B, each entrypoint ${result.each.toFixed(1)} B (gzip, slope over cut glue)`);
	}
}
