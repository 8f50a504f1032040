// What frameworks do to the objects of programs, and to the globals: patched glue works with them before and after a
// recovery as unpatched glue does. Each program runs in a process of its own.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { before, test } from 'node:test';
import { copyCell, makeFolder, succeed, tools } from './lib.mjs';

const folder = makeFolder();

before(() => {
	fs.symlinkSync(tools, path.join(folder, 'node_modules'));
	for (const name of ['plain', 'patched']) {
		copyCell('0.2.130/default/nodejs', path.join(folder, name));
		fs.writeFileSync(path.join(folder, name, 'package.json'), '{"type":"commonjs"}');
	}
	succeed(['patch', 'patched/reglue_fixture.js', '--reconstruct', 'Tracked'], { cwd: folder });
});

/** What a program gives for `glue` ("plain" or "patched"). `crash()` is a fault and a call after it. */
function run(glue, program) {
	const source = `
		const load = () => require('./${glue}/reglue_fixture.js');
		const crashed = m => {
			try {
				m.trap();
			} catch (e) {
				if (!(e instanceof WebAssembly.RuntimeError)) throw e;
			}
			return m.add(1, 2);
		};
		const outcome = f => {
			try {
				return f();
			} catch (e) {
				return e.name;
			}
		};
		(async () => console.log(JSON.stringify(await (${program})())))();`;
	const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', source], { cwd: folder, encoding: 'utf8' });
	assert.equal(status, 0, stderr);
	return JSON.parse(stdout);
}

/** A program of patched glue: what `uses` gives, and the same after each of three recoveries. */
function expectAfterRecoveries(setUp, uses, expected) {
	const program = recoveries => `() => {
		${setUp}
		const m = load();
		const all = [];
		for (let n = 0; n <= ${recoveries}; n++) {
			all.push((${uses})(m));
			${recoveries ? 'crashed(m);' : ''}
		}
		return all;
	}`;
	assert.deepEqual(run('plain', program(0)), [expected]);
	assert.deepEqual(run('patched', program(3)), Array(4).fill(expected));
}

test('Vue: what ref(), reactive(), readonly() and computed() are given', () => {
	expectAfterRecoveries(
		'const { computed, reactive, readonly, ref } = require("@vue/reactivity");',
		`m => {
			const counter = ref(new m.Counter(5));
			const state = reactive({ list: [new m.Counter(6)], text: "x" });
			const fixed = readonly(state);
			const sum = computed(() => counter.value.get() + m.read(state.list[0]));
			counter.value.add(10);
			counter.value.value = counter.value.value + 1;
			return [counter.value.get(), m.read(counter.value), fixed.list[0].label, sum.value, m.Counter.larger(counter.value, state.list[0])];
		}`,
		[16, 16, 'counter', 22, 16],
	);
});

test('Vue: stale objects are refused, or made again where their class is named', () => {
	const found = run('patched', `() => {
		const { readonly, ref } = require("@vue/reactivity");
		console.warn = () => {}; // Vue's, about what is read-only
		const m = load();
		const counter = ref(new m.Counter(5)), tracked = ref(new m.Tracked(6)), fixed = readonly(new m.Tracked(7));
		crashed(m);
		const other = new m.Tracked(1000);
		return [outcome(() => counter.value.get()), outcome(() => m.read(counter.value)),
			outcome(() => tracked.value.id), outcome(() => fixed.id), other.id];
	}`);
	assert.deepEqual(found, ['StaleObjectError', 'StaleObjectError', 6, 'StaleObjectError', 1000]);
});

test('Valtio: objects in its stores', () => {
	expectAfterRecoveries(
		'const { proxy } = require("valtio/vanilla");',
		`m => {
			const store = proxy({ counter: new m.Counter(5) });
			return [store.counter.add(1), m.read(store.counter)];
		}`,
		[6, 6],
	);
});

test('lodash: deep copies', () => {
	expectAfterRecoveries(
		'const { cloneDeep } = require("lodash");',
		'm => [cloneDeep(new m.Counter(5)).get(), m.read(cloneDeep({ o: new m.Counter(6) }).o)]',
		[5, 6],
	);
});

for (const when of ['before', 'after']) {
	test(`zone.js, loaded ${when} the glue, puts its own class in the place of Promise`, () => {
		const found = run('patched', `async () => {
			${when === 'before' ? 'require("zone.js");' : ''}
			const m = load();
			${when === 'after' ? 'require("zone.js");' : ''}
			const rejected = p => p.then(() => undefined, e => e.name);
			const own = rejected(m.async_trap_later(20));
			const waiting = rejected(m.async_trap_later(5000));
			m.async_trap_later(5000); // nobody waits for this one
			const names = [await own, await waiting, await m.async_add(1, 2)];
			m.__reglue.configure({ reinit: "eager" });
			outcome(() => m.trap());
			await new Promise(done => setTimeout(done, 5));
			return [...names, m.__reglue.state, m.__reglue.generation];
		}`);
		assert.deepEqual(found, ['PoisonedError', 'PoisonedError', 3, 'live', 2]);
	});
}

test('SES: globals that are frozen', () => {
	const found = run('patched', `async () => {
		require("ses");
		lockdown({ errorTaming: "unsafe", consoleTaming: "unsafe" });
		const m = load();
		const counter = new m.Counter(5), tracked = new m.Tracked(6);
		crashed(m);
		const seen = [outcome(() => counter.get()), tracked.id, new m.Counter(7).get()];
		seen.push(await m.async_trap_later(5).catch(e => [e.name, e.fault.kind]));
		m.__reglue.configure({ reinit: "manual" });
		m.__reglue.poison("enough");
		seen.push(outcome(() => m.add(1, 2)));
		m.__reglue.reinit();
		return [...seen, m.add(1, 2), m.__reglue.generation];
	}`);
	assert.deepEqual(found, ['StaleObjectError', 6, 7, ['PoisonedError', 'trap'], 'PoisonedError', 3, 2]);
});
