// What patching adds to glue, in bytes after gzip -9: the runtime with what every glue gets, and each
// entrypoint. Least squares over all fixtures of `added = runtime + entrypoints × each`.
//
//     node tests/bench/size.mjs [--json]
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { glueOfSize } from './glue.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tool = process.env.REGLUE || path.join(root, 'build/reglue');

const patch = text => execFileSync(tool, ['patch', '-q', '-o', '-', '-'], { input: text, maxBuffer: 1 << 28 });
const hooks = text => (text.match(/__rg\.(e|t|f|k)\(/g) || []).length;
const measure = (name, text) => {
	const patched = patch(text);
	const gz = data => gzipSync(data, { level: 9 }).length;
	return { name, entrypoints: hooks(patched.toString()), raw: patched.length - text.length, added: gz(patched) - gz(text) };
};

export const sizes = () => {
	const rows = [];
	for (const version of readdirSync(path.join(root, 'fixtures')).filter(v => /^0\.2/.test(v))) {
		for (const target of ['web', 'nodejs']) {
			const file = path.join(root, 'fixtures', version, 'default', target, 'reglue_fixture.js');
			if (existsSync(file)) {
				rows.push(measure(`${version} ${target}`, readFileSync(file)));
			}
		}
	}
	const growth = [4e3, 8e3, 16e3, 32e3, 64e3, 128e3, 256e3].map(n => measure(`${n / 1000} kB`, Buffer.from(glueOfSize(n))));
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
