// One engine's share of growth.mjs: growth-run.mjs GLUE RECOVERIES ROUNDS → JSON. GLUE.mjs,
// GLUE.patched.mjs and GLUE.wasm are there.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { engine, now } from './clock.mjs';
import { spread } from './stats.mjs';

const [file, recoveries, rounds] = process.argv.slice(2);
const ratios = (times, of) => spread(times[of].map((v, i) => v / times[of === 'patched' ? 'unpatched' : 'bare'][i]));

const module = new WebAssembly.Module(readFileSync(file + '.wasm'));
const kinds = { unpatched: file + '.mjs', patched: file + '.patched.mjs' };
const times = { unpatched: [], patched: [] };
let glue;
// Loading: each time as another module.
for (let r = 0; r < 12; r++) {
	glue = {};
	for (const k of r % 2 ? ['patched', 'unpatched'] : ['unpatched', 'patched']) {
		const t = now();
		glue[k] = await import(`${pathToFileURL(kinds[k])}?${r}`);
		glue[k].initSync({ module });
		times[k].push(now() - t);
	}
}
const load = ratios(times, 'patched');

const loops = {};
for (const k of Object.keys(kinds)) {
	// A function of its own for each, or they would share what the engine learns.
	loops[k] = new Function('m', 'n', `/* ${k} */ let s = 0; for (let i = 0; i < n; i++) s += m.plus(i, 1); return s`).bind(undefined, glue[k]);
	loops[k](1000);
}
const api = glue.patched.__reglue;
for (let i = 0; i < Number(recoveries); i++) {
	api.reinit();
	loops.patched(20);
}
const compare = (f, seen, n, count) => {
	for (let r = 0; r < count; r++) {
		const order = Object.keys(f);
		for (const k of r % 2 ? order : order.reverse()) {
			const t = now();
			f[k](n);
			seen[k].push(now() - t);
		}
	}
};
let n = 1024;
for (let spent = 0; spent < 100 || n < 2048;) {
	const t = now();
	loops.unpatched(n);
	loops.patched(n);
	const took = now() - t;
	spent += took;
	if (took < 6) {
		n *= 2;
	}
}
const seen = { unpatched: [], patched: [] };
compare(loops, seen, n, Number(rounds));

const Instance = WebAssembly.Instance;
const many = f => count => {
	for (let i = 0; i < count; i++) {
		f();
	}
};
const making = { bare: many(() => new Instance(module, {}).exports), recovery: many(() => api.reinit()) };
const made = { bare: [], recovery: [] };
if (recoveries === '0') {
	compare(making, made, 4, 4);
	made.bare = [];
	made.recovery = [];
	compare(making, made, 16, Number(rounds));
}
console.log(JSON.stringify({ engine, call: ratios(seen, 'patched'), ns: (spread(seen.unpatched).median * 1e6) / n, load, recovery: recoveries === '0' ? ratios(made, 'recovery') : undefined }));
