// workerd's share of cures.mjs: compareIn(FOLDER, ROUNDS, SUBJECTS) gives what cures-run.mjs prints of the others, of
// all cures at once, for each worker has an isolate of its own. FOLDER holds glue for the web, a subject each.
import { cpSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { loads } from './cures-loads.mjs';
import { interleave } from './interleave.mjs';
import { engine, serve } from './workerd.mjs';

const SLICE = 30; // ms: a request takes some tenths of one besides
const STEP = 500; // a function that is called often is compiled as a whole; one long loop, in the midst of it
const WARM = 1500; // ms: it compiles beside, and takes its time

const worker = shimmed => `import wasm from "fixture.wasm";
import * as m from "glue.mjs";
import { loads, shim } from "loads.mjs";
m.initSync({ module: wasm });
const STEP = ${STEP};
const all = loads(${shimmed ? 'shim(m)' : 'm'});
export default {
	async fetch(request) {
		const { searchParams } = new URL(request.url);
		const load = all[searchParams.get("load")];
		for (let left = Number(searchParams.get("n")); left > 0; left -= STEP) {
			load(STEP);
		}
		return new Response("done");
	},
};`;

export const compareIn = async (folder, rounds, subjects) => {
	cpSync(fileURLToPath(new URL('cures-loads.mjs', import.meta.url)), path.join(folder, 'loads.mjs'));
	const services = {};
	for (const name of subjects) {
		writeFileSync(path.join(folder, name, 'main.mjs'), worker(name === 'workers-rs'));
		services[name] = `
	(name = "main.mjs", esModule = embed "${name}/main.mjs"),
	(name = "glue.mjs", esModule = embed "${name}/reglue_fixture.js"),
	(name = "loads.mjs", esModule = embed "loads.mjs"),
	(name = "fixture.wasm", wasm = embed "${name}/reglue_fixture_bg.wasm")`;
	}
	const server = await serve(folder, services);
	const time = (name, load, n) => server.time(() => server.ask(name, `/?load=${encodeURIComponent(load)}&n=${n}`));
	try {
		const result = {};
		for (const load of Object.keys(loads({}))) {
			result[load] = await interleave(subjects, (name, n) => time(name, load, n), rounds, { first: 1000, slice: SLICE, warm: WARM });
		}
		return { engine, loads: result };
	} finally {
		server.stop();
	}
};
