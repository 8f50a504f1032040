// workerd's share of guard.mjs: compareIn(FOLDER, RECOVERIES, CALLS, ROUNDS, DESIGNS, LOADS) gives what guard-run.mjs
// prints of the others. Each design is in an isolate of its own: of several in one, V8 left some uncompiled there for minutes, at
// ten times the cost. FOLDER holds guard.wasm. Text becomes code as the worker starts, later workerd allows none.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from '../runtime/bundle.mjs';
import { calls, chosen } from './guard-designs.mjs';
import { interleave } from './interleave.mjs';
import { engine, serve } from './workerd.mjs';

const SLICE = 20; // ms: a request takes some tenths of one besides
const STEP = 500; // a function that is called often is compiled as a whole; one long loop, in the midst of it
const WARM = { first: 8000, later: 6000 }; // ms: what is hot is long in being compiled, longest at first

const bundle = `const source = ${JSON.stringify(text())};
let made = 0;
export const create = (o = {}) => new Function("/* " + ++made + " */" + source + ";return __rg$")()({ r() {}, ...o });`;

// Without what only Node.js has: its modules, and a runtime from a file.
const portable = () =>
	readFileSync(fileURLToPath(new URL('guard-designs.mjs', import.meta.url)), 'utf8')
		.replace(/^import .*'node:fs';$/m, '')
		.replace(/\n\/\/ Another runtime beside ours[^]*/, '');

const worker = (name, recoveries, count) => `import module from "guard.wasm";
import { subjectsOf } from "bench/guard-designs.mjs";
const { loads } = subjectsOf([${JSON.stringify(name)}], module, ${recoveries}, ${count})[${JSON.stringify(name)}];
export default {
	async fetch(request) {
		const { pathname, searchParams } = new URL(request.url);
		if (pathname === "/loads") {
			return Response.json(Object.keys(loads));
		}
		const load = loads[searchParams.get("load")];
		for (let left = Number(searchParams.get("n")); left > 0; left -= ${STEP}) {
			load(${STEP});
		}
		return new Response("done");
	},
};`;

export const compareIn = async (folder, recoveries, count, rounds, wanted, wantedLoads) => {
	const names = chosen(wanted);
	const files = { 'guard-designs.mjs': portable(), 'bundle.mjs': bundle };
	names.forEach(name => (files[`${name}.mjs`] = worker(name, recoveries, count)));
	Object.entries(files).forEach(([name, content]) => writeFileSync(path.join(folder, name), content));
	const server = await serve(folder, Object.fromEntries(names.map(name => [name, `
	(name = "main.mjs", esModule = embed "${name}.mjs"),
	(name = "bench/guard-designs.mjs", esModule = embed "guard-designs.mjs"),
	(name = "runtime/bundle.mjs", esModule = embed "bundle.mjs"),
	(name = "guard.wasm", wasm = embed "guard.wasm")`])));
	const time = (d, load, n) => server.time(() => server.ask(d, `/?load=${encodeURIComponent(load)}&n=${n}`));
	try {
		const loads = {};
		for (const load of JSON.parse(await server.ask('unpatched', '/loads'))) {
			if (wantedLoads === 'all' || wantedLoads.split(',').includes(load)) {
				const found = await interleave(names, (d, n) => time(d, load, n), rounds, { first: STEP, slice: SLICE, warm: Object.keys(loads).length === 0 ? WARM.first : WARM.later });
				names.forEach(d => (found[d].ns = found[d].ns.map(v => v / calls(load))));
				loads[load] = found;
			}
		}
		return { engine, loads };
	} finally {
		server.stop();
	}
};
