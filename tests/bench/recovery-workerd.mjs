// workerd's share of recovery.mjs, over a glue of ours for the web, which a worker can be made of: recoveries(FOLDER,
// ROUNDS) gives what recovery-run.mjs gives of other engines. Memory is that of the process.
import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { spread } from './stats.mjs';
import { engine, serve } from './workerd.mjs';

const MANY = 32; // in one request

const worker = `import wasm from "fixture.wasm";
import * as m from "glue.mjs";
const Real = WebAssembly.Instance;
let made;
WebAssembly.Instance = new Proxy(Real, {
	construct(target, args) {
		made = args;
		return new target(...args);
	},
});
m.initSync({ module: wasm });
WebAssembly.Instance = Real;
const ways = {
	bare() { // held until the next one is there, see recovery-run.mjs
		const { exports } = new Real(...made);
		exports.__wbindgen_start();
		globalThis.held = exports;
	},
	recover: () => m.__reglue.reinit(),
	collect: () => gc(),
};
ways.control = ways.bare;
export default {
	async fetch(request) {
		const { searchParams } = new URL(request.url);
		const way = ways[searchParams.get("way")];
		for (let n = Number(searchParams.get("n")); n > 0; n--) {
			way();
		}
		return new Response("done");
	},
};`;

export const recoveries = async (folder, rounds) => {
	writeFileSync(path.join(folder, 'main.mjs'), worker);
	const start = () => serve(folder, { glue: `
	(name = "main.mjs", esModule = embed "main.mjs"),
	(name = "glue.mjs", esModule = embed "reglue_fixture.js"),
	(name = "fixture.wasm", wasm = embed "reglue_fixture_bg.wasm")` }, ['--expose-gc']);
	const ask = (server, way, n = 1) => server.ask('glue', `/?way=${way}&n=${n}`);

	const server = await start();
	const times = { bare: [], recover: [], control: [] };
	try {
		for (let r = -2; r < rounds; r++) {
			for (let k = 0; k < 3; k++) {
				const way = Object.keys(times)[(r + k + 3) % 3];
				await ask(server, 'collect');
				const took = await server.time(() => ask(server, way, MANY));
				if (r >= 0) {
					times[way].push(took / MANY);
				}
			}
		}
	} finally {
		server.stop();
	}
	const ratio = way => spread(times[way].map((v, i) => v / times.bare[i]));

	const memory = async way => {
		const server = await start();
		try {
			const seen = [];
			let done = 0;
			for (const count of [0, 1, 10, 30, 100, 300, 1000]) {
				await ask(server, way, count - done);
				done = count;
				for (let k = 0; k < 4; k++) {
					await sleep(20);
					await ask(server, 'collect');
				}
				seen.push({ recoveries: count, rss: server.rss() });
			}
			return seen;
		} finally {
			server.stop();
		}
	};
	return {
		engine,
		memory: await memory('recover'),
		control: await memory('bare'),
		latency: [{
			program: 'our fixture',
			bytes: statSync(path.join(folder, 'reglue_fixture_bg.wasm')).size,
			bare: spread(times.bare).median,
			ratio: ratio('recover'),
			control: ratio('control'),
		}],
	};
};
