// One engine's share of recovery.mjs: recovery-run.mjs latency GLUE.js ROUNDS, or memory|control
// GLUE.js COUNT → JSON; control makes as many bare instances.
import { createRequire } from 'node:module';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { engine, now } from './clock.mjs';
import { spread } from './stats.mjs';

const [what, file, count] = process.argv.slice(2);
const require = createRequire(import.meta.url);

// The Module and imports of the glue are those that its first instance is made of.
const Real = WebAssembly.Instance;
let made;
WebAssembly.Instance = new Proxy(Real, {
	construct(target, args) {
		made = args;
		return new target(...args);
	},
});
const { Module } = WebAssembly;
let bytes = 0;
WebAssembly.Module = new Proxy(Module, {
	construct(target, args) {
		bytes = args[0].byteLength;
		return new target(...args);
	},
});
const { __reglue: api } = require(file);
WebAssembly.Instance = Real;
WebAssembly.Module = Module;

const collect = typeof Bun !== 'undefined' ? () => Bun.gc(true) : () => globalThis.gc();

// The start function calls imports of the glue, which take the live instance's memory, whatever it is. The instance is
// held until the next one is there, as every program does: one that is never held costs less to collect.
const bare = () => {
	const { exports } = new Real(...made);
	if (exports.__wbindgen_start) {
		exports.__wbindgen_start();
	}
	globalThis.held = exports;
};
const recover = () => api.reinit();

if (what === 'latency') {
	// How many make some milliseconds: what the clock of the processor can tell.
	let n = 1;
	for (;;) {
		const t = now();
		for (let i = 0; i < n; i++) {
			bare();
		}
		if (now() - t > 4 || n >= 4096) {
			break;
		}
		n *= 2;
	}
	for (let i = 0; i < n; i++) {
		recover();
	}
	const subjects = Object.entries({ bare, recover, control: bare });
	const times = { bare: [], recover: [], control: [] };
	for (let r = 0; r < Number(count); r++) {
		for (let k = 0; k < 3; k++) {
			const [name, f] = subjects[(r + k) % 3];
			collect();
			const t = now();
			for (let i = 0; i < n; i++) {
				f();
			}
			times[name].push((now() - t) / n);
		}
	}
	const ratio = name => spread(times[name].map((v, i) => v / times.bare[i]));
	console.log(JSON.stringify({ engine, bytes, bare: spread(times.bare).median, ratio: ratio('recover'), control: ratio('control') }));
} else {
	const memory = [];
	for (let i = 0; i <= Number(count); i++) {
		if (i > 0) {
			(what === 'memory' ? recover : bare)();
		}
		if ([0, 1, 10, 30, 100, 300, 1000].includes(i)) {
			for (let k = 0; k < 4; k++) {
				await sleep(20);
				collect();
			}
			const { rss, heapUsed } = process.memoryUsage();
			memory.push({ recoveries: i, rss, heap: heapUsed });
		}
	}
	console.log(JSON.stringify({ engine, memory }));
}
