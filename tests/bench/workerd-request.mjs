// A request to a Worker in workerd whose answer is made by glue, patched and unpatched: two services of one
// server, asked in turn. Time of the server on a processor.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { patch } from '../packages/lib.mjs';
import { root, spread } from './stats.mjs';
import { serve } from './workerd.mjs';

const CELL = path.join(root, 'fixtures/0.2.130/default/web');
const REQUESTS = 1000; // a batch

const worker = `import wasm from "fixture.wasm";
import * as m from "glue.mjs";
m.initSync({ module: wasm });
export default {
	async fetch(request) {
		const { searchParams } = new URL(request.url);
		const counter = new m.Counter(3);
		const n = counter.add(4);
		counter.free();
		return new Response(m.greet(searchParams.get("name")) + n);
	},
};`;

const modules = kind => `
	(name = "main.mjs", esModule = embed "main.mjs"),
	(name = "glue.mjs", esModule = embed "${kind}/reglue_fixture.js"),
	(name = "fixture.wasm", wasm = embed "fixture.wasm")`;

export const measure = async (folder, rounds) => {
	const home = path.join(folder, 'workerd');
	mkdirSync(home, { recursive: true });
	for (const kind of ['unpatched', 'patched']) {
		cpSync(CELL, path.join(home, kind), { recursive: true, dereference: true });
	}
	patch(path.join(home, 'patched/reglue_fixture.js'));
	cpSync(path.join(home, 'patched/reglue_fixture_bg.wasm'), path.join(home, 'fixture.wasm'));
	writeFileSync(path.join(home, 'main.mjs'), worker);
	const server = await serve(home, { unpatched: modules('unpatched'), patched: modules('patched') });
	const batch = async kind => {
		const took = await server.time(async () => {
			for (let i = 0; i < REQUESTS; i++) {
				await server.ask(kind, '/?name=reglue');
			}
		});
		return took / REQUESTS;
	};
	try {
		const seen = { unpatched: [], patched: [] };
		for (let r = -3; r < rounds; r++) {
			for (const kind of r % 2 ? ['patched', 'unpatched'] : ['unpatched', 'patched']) {
				const ms = await batch(kind);
				if (r >= 0) {
					seen[kind].push(ms);
				}
			}
		}
		return { ratio: spread(seen.patched.map((v, i) => v / seen.unpatched[i])), ms: spread(seen.unpatched) };
	} finally {
		server.stop();
	}
};
