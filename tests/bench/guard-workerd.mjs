// workerd's share of guard.mjs: compareIn(FOLDER, RECOVERIES, CALLS, ROUNDS, DESIGNS, LOADS) gives what guard-run.mjs
// prints of the others. Each design is in an isolate of its own, and a load begins with a new process: of several in one isolate
// V8 left some uncompiled for minutes, at ten times the cost. FOLDER holds guard.wasm. Text becomes code as the worker starts, later workerd allows none.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { text } from '../runtime/bundle.mjs';
import { calls, chosen } from './guard-designs.mjs';
import { interleave } from './interleave.mjs';
import { engine, serve } from './workerd.mjs';

const SLICE = 20; // ms: a request takes some tenths of one besides
const STEP = 500; // a function that is called often is compiled as a whole; one long loop, in the midst of it
const WARM = 4000; // ms, twice each: what is hot is long in being compiled, longest what a process calls first

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
	const start = () => serve(folder, Object.fromEntries(names.map(name => [name, `
	(name = "main.mjs", esModule = embed "${name}.mjs"),
	(name = "bench/guard-designs.mjs", esModule = embed "guard-designs.mjs"),
	(name = "runtime/bundle.mjs", esModule = embed "bundle.mjs"),
	(name = "guard.wasm", wasm = embed "guard.wasm")`])));
	const using = async ask => {
		const server = await start();
		try {
			return await ask(server);
		} finally {
			server.stop();
		}
	};
	const all = JSON.parse(await using(server => server.ask('unpatched', '/loads')));
	const loads = {};
	for (const load of all.filter(load => wantedLoads === 'all' || wantedLoads.split(',').includes(load))) {
		const found = await using(async server => {
			const time = (d, n) => server.time(() => server.ask(d, `/?load=${encodeURIComponent(load)}&n=${n}`));
			for (const name of names) {
				for (let spent = 0; spent < WARM; spent += await time(name, STEP)) {}
			}
			return interleave(names, time, rounds, { first: STEP, slice: SLICE, warm: WARM });
		});
		names.forEach(d => (found[d].ns = found[d].ns.map(v => v / calls(load))));
		loads[load] = found;
	}
	return { engine, loads };
};
