// A request to a Worker in workerd whose answer is made by glue, patched and unpatched: two services of one
// server, asked in turn. Time of the server on a processor.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { patch } from '../packages/lib.mjs';
import { root, spread } from './stats.mjs';

const WORKERD = path.join(root, 'tests/engines/node_modules/@cloudflare/workerd-linux-64/bin/workerd');
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

const service = kind => `const ${kind} :Workerd.Worker = (compatibilityDate = "2026-11-01", modules = [
	(name = "main.mjs", esModule = embed "main.mjs"),
	(name = "glue.mjs", esModule = embed "${kind}/reglue_fixture.js"),
	(name = "fixture.wasm", wasm = embed "fixture.wasm"),
]);`;

// In clock ticks of 10 ms, which is why batches are long.
const processor = pid => {
	const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
	return (Number(fields[11]) + Number(fields[12])) * 10;
};

export const measure = async (folder, rounds) => {
	const home = path.join(folder, 'workerd');
	mkdirSync(home, { recursive: true });
	for (const kind of ['unpatched', 'patched']) {
		cpSync(CELL, path.join(home, kind), { recursive: true, dereference: true });
	}
	patch(path.join(home, 'patched/reglue_fixture.js'));
	cpSync(path.join(home, 'patched/reglue_fixture_bg.wasm'), path.join(home, 'fixture.wasm'));
	writeFileSync(path.join(home, 'main.mjs'), worker);
	const ports = { unpatched: 8731, patched: 8732 };
	writeFileSync(path.join(home, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [(name = "unpatched", worker = .unpatched), (name = "patched", worker = .patched)],
	sockets = [${Object.entries(ports).map(([k, p]) => `(name = "${k}", address = "127.0.0.1:${p}", http = (), service = "${k}")`).join(', ')}],
);
${Object.keys(ports).map(service).join('\n')}
`);
	const server = spawn(WORKERD, ['serve', 'config.capnp'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const ask = port => new Promise((resolve, reject) => {
		http.get({ port, agent, path: '/?name=reglue' }, answer => {
			let text = '';
			answer.setEncoding('utf8').on('data', part => (text += part)).on('end', () => resolve(text));
		}).on('error', reject);
	});
	const batch = async kind => {
		const start = processor(server.pid);
		for (let i = 0; i < REQUESTS; i++) {
			await ask(ports[kind]);
		}
		return (processor(server.pid) - start) / REQUESTS;
	};
	try {
		for (let i = 0; ; i++) {
			try {
				await ask(ports.patched);
				break;
			} catch (e) {
				if (i === 50) {
					throw e;
				}
				await sleep(100);
			}
		}
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
		agent.destroy();
		server.kill();
	}
};
