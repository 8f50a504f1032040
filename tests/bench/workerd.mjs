// A workerd that serves one worker for each subject, asked from here, where a clock runs: workerd's own stand
// still while a worker runs.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './stats.mjs';

const WORKERD = path.join(root, 'tests/engines/node_modules/@cloudflare/workerd-linux-64/bin/workerd');
const { version } = JSON.parse(readFileSync(path.join(root, 'tests/engines/node_modules/@cloudflare/workerd-linux-64/package.json'), 'utf8'));
export const engine = `workerd ${version}`;

const FIRST_PORT = 8731;

// What all threads of a process have run, in ms. The kernel counts nanoseconds.
const processor = pid =>
	readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
		try {
			return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
		} catch {
			return sum; // ended since it was listed
		}
	}, 0);

// Resident memory of a process, in bytes.
const resident = pid => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

/**
 * services: name => modules in workerd's configuration language, with paths relative to `home`; `flags` are
 * for V8. Gives { ask(name, path), time(work), rss(), stop() }; ask gives the text of the answer, and rejects if its
 * status is not 200; time gives the ms that the process has run while `work()` was done.
 */
export const serve = async (home, services, flags = []) => {
	const names = Object.keys(services);
	const label = i => `s${i}`;
	writeFileSync(path.join(home, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	v8Flags = ${JSON.stringify(flags)},
	services = [${names.map((_, i) => `(name = "${label(i)}", worker = .${label(i)})`).join(', ')}],
	sockets = [${names.map((_, i) => `(name = "${label(i)}", address = "127.0.0.1:${FIRST_PORT + i}", http = (), service = "${label(i)}")`).join(', ')}],
);
${names.map((name, i) => `const ${label(i)} :Workerd.Worker = (compatibilityDate = "2026-11-01", modules = [${services[name]}]);`).join('\n')}
`);
	const server = spawn(WORKERD, ['serve', 'config.capnp'], { cwd: home, stdio: ['ignore', 'ignore', 'inherit'] });
	const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
	const ask = (name, where) => new Promise((resolve, reject) => {
		http.get({ port: FIRST_PORT + names.indexOf(name), agent, path: where }, answer => {
			let text = '';
			answer.setEncoding('utf8').on('data', part => (text += part)).on('end', () => {
				if (answer.statusCode === 200) {
					resolve(text);
				} else {
					reject(new Error(`${name}${where}: ${answer.statusCode} ${text}`));
				}
			});
		}).on('error', reject);
	});
	const connect = () => new Promise((resolve, reject) => {
		const socket = net.connect(FIRST_PORT, '127.0.0.1', () => resolve(socket.end()));
		socket.on('error', reject);
	});
	const time = async work => {
		const start = processor(server.pid);
		await work();
		return processor(server.pid) - start;
	};
	const stop = () => {
		agent.destroy();
		server.kill();
	};
	for (let i = 0; ; i++) {
		try {
			await connect();
			break;
		} catch (e) {
			if (i === 50 || e.code !== 'ECONNREFUSED') {
				stop();
				throw e;
			}
			await sleep(100);
		}
	}
	return { ask, time, stop, rss: () => resident(server.pid) };
};
