// Whole programs: published packages patched and unpatched, the same calls in turn in one process; and
// requests to a Worker that answers with our fixture, in workerd.
//
//     node tests/bench/programs.mjs [ROUNDS]   → JSON; wants tests/packages and tests/engines installed
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { copyPackage, packagePath, patch, temporaryDirectory } from '../packages/lib.mjs';
import { engine, now } from './clock.mjs';
import { spread } from './stats.mjs';

const rounds = Number(process.argv[2] || 41);
const require = createRequire(import.meta.url);
const source = Array.from({ length: 60 }, (_, i) => `function f${i}(a, b) { const c = a * ${i} + b; return c > 3 ? [c, a] : { c, b }; }`).join('\n');

const programs = {
	'swc: transform 4 kB': { directory: '@swc/wasm', file: 'wasm.js', run: m => m.transformSync(source, {}) },
	'rollup: parse 4 kB': { directory: 'rollup-wasm-node-4-68-4', file: 'dist/wasm-node/bindings_wasm.js', run: m => m.parse(source, false, false) },
	'loro: 200 edits': {
		directory: 'loro-crdt',
		file: 'nodejs/loro_wasm.js',
		run(m) {
			const doc = new m.LoroDoc();
			const text = doc.getText('t');
			for (let i = 0; i < 200; i++) {
				text.insert(i, 'x');
			}
			doc.commit();
			doc.free();
		},
	},
	'photon: two filters, 256 × 256': {
		directory: 'silvia-odwyer-photon-node-0-3-4',
		file: 'photon_rs.js',
		run(m) {
			const image = new m.PhotonImage(pixels, 256, 256);
			m.grayscale(image);
			m.solarize(image);
			const bytes = image.get_raw_pixels();
			image.free();
			return bytes.length;
		},
	},
};
const pixels = Uint8Array.from({ length: 256 * 256 * 4 }, (_, i) => i);

const root = temporaryDirectory();
const result = {};
for (const [name, { directory, file, run }] of Object.entries(programs)) {
	const copy = copyPackage(directory, root);
	patch(path.join(copy, file));
	const subjects = { unpatched: require(path.join(packagePath(directory), file)), patched: require(path.join(copy, file)) };
	const counts = {};
	for (const [k, m] of Object.entries(subjects)) {
		let n = 1;
		for (let spent = 0; spent < 1500;) {
			const t = now();
			for (let i = 0; i < n; i++) run(m);
			const took = now() - t;
			spent += took;
			if (took < 8) n *= 2;
		}
		counts[k] = n;
	}
	const seen = { unpatched: [], patched: [] };
	for (let r = 0; r < rounds; r++) {
		for (const k of r % 2 ? ['patched', 'unpatched'] : ['unpatched', 'patched']) {
			const t = now();
			for (let i = 0; i < counts.unpatched; i++) run(subjects[k]);
			seen[k].push((now() - t) / counts.unpatched);
		}
	}
	result[name] = { ratio: spread(seen.patched.map((v, i) => v / seen.unpatched[i])), ms: spread(seen.unpatched) };
}
const request = await import('./workerd-request.mjs');
result['workerd: a request'] = await request.measure(root, rounds);
console.log(JSON.stringify({ engine, rounds, result }, null, '\t'));
