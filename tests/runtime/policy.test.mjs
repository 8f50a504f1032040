import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caught, makeGlue, turn } from './glue.mjs';

test('R11: lazy: before the next outermost entry', async () => {
	const g = makeGlue();
	caught(g.boom);
	await turn();
	assert.equal(g.api.generation, 0);
	g.add(1, 2);
	assert.equal(g.api.generation, 1);
});

test('R11: eager: as the faulting call ends, and not before its clean-up has run', async () => {
	const g = makeGlue({ p: 'eager' });
	caught(g.boom);
	assert.equal(g.api.generation, 0);
	await turn();
	assert.equal(g.api.generation, 1);
	assert.equal(g.api.state, 'live');
	caught(g.boom);
	assert.equal(g.add(1, 2), 3); // an entry that comes first does it
	assert.equal(g.api.generation, 2);
	await turn();
	assert.equal(g.api.generation, 2);
});

test('R11: manual and never', () => {
	for (const p of ['manual', 'never']) {
		const g = makeGlue({ p });
		caught(g.boom);
		assert.throws(g.count, g.api.PoisonedError);
		assert.throws(g.count, g.api.PoisonedError);
		g.api.reinit();
		assert.equal(g.count(), 1);
		assert.equal(g.api.generation, 1);
	}
});

test('R11: heal: a panic keeps the instance, its objects, and puts the stack pointer back', () => {
	const g = makeGlue({ p: 'heal' });
	const thing = new g.Thing(8);
	const base = g.sp();
	for (let i = 0; i < 2000; i++) {
		caught(() => g.run(g.wasm.boom));
		assert.equal(thing.value, 8);
	}
	assert.equal(g.api.generation, 0);
	assert.equal(g.sp(), base);
	caught(g.deep);
	assert.equal(thing.value, 8);
	assert.equal(g.api.stats.mends, 2001);
});

test('R11: heal: an access out of bounds escalates', () => {
	const g = makeGlue({ p: 'heal' });
	const thing = new g.Thing(8);
	caught(g.oob);
	assert.throws(() => thing.value, g.api.StaleObjectError);
	assert.equal(g.api.generation, 1);
});

test('R11: heal: a healed instance that faults elsewhere, or again and again, escalates', () => {
	const g = makeGlue({ p: 'heal' });
	caught(g.boom);
	caught(() => g.shout(1));
	g.add(1, 2);
	assert.equal(g.api.generation, 1);
	caught(g.boom);
	g.add(1, 2);
	g.add(1, 2);
	for (let i = 0; i < 3; i++) {
		caught(g.boom);
	}
	assert.equal(g.api.generation, 1);
	g.add(1, 2);
	assert.equal(g.api.generation, 2);
});

test('R11: the budget ends in a stable exhausted state with an error of its own', () => {
	const g = makeGlue({ b: 3 });
	const told = [];
	g.api.on('exhausted', f => told.push(f.export));
	for (let i = 0; i < 4; i++) {
		assert.throws(g.boom, WebAssembly.RuntimeError);
	}
	for (let i = 0; i < 5; i++) {
		const e = caught(g.boom);
		assert.ok(e instanceof g.api.ExhaustedError);
		assert.equal(e.name, 'ExhaustedError');
		assert.equal(g.api.state, 'exhausted');
	}
	assert.equal(g.api.generation, 3);
	assert.deepEqual(told, ['boom']);
	g.api.reinit();
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.api.state, 'live');
});

test('R11: success refills the budget: bad and good calls may alternate for ever', () => {
	const g = makeGlue({ b: 3 });
	for (let i = 0; i < 200; i++) {
		caught(g.boom);
		assert.equal(g.add(1, 2), 3);
	}
	assert.equal(g.api.generation, 200);
});

test('R11: a nested call is no success', () => {
	const g = makeGlue({ b: 3 });
	const bad = () => {
		g.rg.e();
		g.wasm.run(g.js(() => {
			g.add(1, 2);
			g.wasm.boom();
		}));
	};
	for (let i = 0; i < 4; i++) {
		assert.throws(bad, WebAssembly.RuntimeError);
	}
	assert.throws(bad, g.api.ExhaustedError);
});

test('R11: after the minute one recovery is tried, and the wait doubles', t => {
	const g = makeGlue({ b: 2 });
	let now = 1e6;
	t.mock.method(Date, 'now', () => now);
	const storm = () => {
		let n = 0;
		while (!(caught(g.boom) instanceof g.api.ExhaustedError)) n++;
		return n;
	};
	assert.equal(storm(), 3);
	now += 59000;
	assert.equal(storm(), 0);
	now += 1000;
	assert.equal(storm(), 1);
	now += 119000;
	assert.equal(storm(), 0);
	now += 1000;
	assert.equal(g.add(1, 2), 3);
	g.add(1, 2);
	assert.equal(storm(), 3);
});

test('R11: a clock that is set back keeps nobody waiting for it to catch up', t => {
	const g = makeGlue({ b: 2 });
	let now = 1e12;
	t.mock.method(Date, 'now', () => now);
	while (!(caught(g.boom) instanceof g.api.ExhaustedError)) {}
	now -= 3_600_000;
	assert.equal(g.add(1, 2), 3);
});

test('R11: failed reinits spend the budget', () => {
	let bad = false;
	const g = makeGlue({ b: 4 }, { init: () => { if (bad) throw new Error('no'); } });
	bad = true;
	caught(g.boom);
	for (let i = 0; i < 4; i++) {
		assert.match(String(caught(g.count).cause), /no/);
	}
	assert.ok(caught(g.count) instanceof g.api.ExhaustedError);
	assert.equal(g.api.stats.failedReinits, 4);
});

test('R11: eager in a storm ends as well', async () => {
	const g = makeGlue({ p: 'eager', b: 3 });
	for (let i = 0; i < 10; i++) {
		caught(g.boom);
		await turn();
	}
	assert.equal(g.api.state, 'exhausted');
	assert.equal(g.api.generation, 3);
});

test('R12: state, generation, fault, stats', () => {
	const g = makeGlue();
	assert.equal(g.api.state, 'live');
	assert.equal(g.api.generation, 0);
	assert.equal(g.api.fault, undefined);
	const { stats } = g.api;
	stats.faults = 99;
	caught(g.boom);
	assert.equal(g.api.state, 'poisoned');
	assert.equal(g.api.stats.faults, 1);
	g.add(1, 2);
	assert.equal(g.api.fault.export, 'boom'); // the last one, also after the recovery
});

test('R12: configure', () => {
	const g = makeGlue();
	g.api.configure({ reinit: 'never', budget: 2 });
	caught(g.boom);
	assert.throws(g.count, g.api.PoisonedError);
	g.api.configure({ reinit: 'lazy' });
	assert.equal(g.count(), 1);
});

test('R12: hooks survive reinit, can be taken off, and never mask the error', () => {
	const g = makeGlue();
	const seen = [];
	const off = g.api.on('fault', f => seen.push('fault ' + f.export));
	g.api.on('fault', () => { throw new Error('in the hook'); });
	g.api.on('reinit', r => seen.push('reinit ' + r.generation));
	for (let i = 0; i < 2; i++) {
		assert.throws(g.boom, WebAssembly.RuntimeError);
		g.add(1, 2);
	}
	off();
	caught(g.oob);
	g.add(1, 2);
	assert.deepEqual(seen, ['fault boom', 'reinit 1', 'fault boom', 'reinit 2', 'reinit 3']);
	assert.equal(g.api.stats.hookErrors, 3);
	assert.match(g.api.stats.hookError, /in the hook/);
	assert.throws(() => g.api.on('nothing', () => {}), TypeError);
});

test('R12, R16: a reinit hook may call exports, before the call that caused it goes on', () => {
	const g = makeGlue();
	g.api.on('reinit', () => g.count());
	caught(g.boom);
	assert.equal(g.count(), 2);
});

test('R12: a reinit hook that faults leaves the instance poisoned', () => {
	const g = makeGlue();
	const off = g.api.on('reinit', () => g.boom());
	caught(g.boom);
	assert.throws(g.count, g.api.PoisonedError);
	assert.equal(g.api.state, 'poisoned');
	off();
	assert.equal(g.count(), 1);
});

test('R4, R12: a fault hook that calls an export gets no new instance under the clean-up', () => {
	const g = makeGlue();
	let e;
	g.api.on('fault', () => { e = caught(g.count); });
	caught(() => g.returning('boom'));
	assert.ok(e instanceof g.api.PoisonedError);
	assert.equal(g.api.generation, 0);
	assert.equal(g.count(), 1);
});

test('R12: poison(reason)', () => {
	const g = makeGlue();
	const seen = [];
	g.api.on('fault', f => seen.push([f.kind, f.message]));
	g.api.poison('I know better');
	assert.equal(g.api.state, 'poisoned');
	assert.deepEqual(seen, [['poisoned', 'I know better']]);
	g.api.poison('again');
	assert.equal(seen.length, 1);
	assert.equal(g.count(), 1);
	g.count();
	g.run(() => g.api.poison('in flight'));
	assert.equal(g.count(), 1);
	assert.equal(g.api.generation, 2);
});

test('what a PoisonedError says has no holes', () => {
	const g = makeGlue({ p: 'never' });
	caught(() => g.returning('boom'));
	const { fault } = g.api;
	assert.equal(caught(g.count).message, `wasm instance poisoned: ${fault.kind} in ${fault.export}: ${fault.message}`);
	const other = makeGlue({ p: 'never' });
	other.api.poison('I know better');
	assert.equal(caught(other.count).message, 'wasm instance poisoned: poisoned: I know better');
});

test('R12: reinit() of a live instance; not in flight', async () => {
	const g = makeGlue();
	g.count();
	const p = g.promise(() => {});
	const thing = new g.Thing(1);
	g.api.reinit();
	assert.equal(g.count(), 1);
	assert.equal(g.api.stats.faults, 0);
	await assert.rejects(p, g.api.PoisonedError);
	assert.throws(() => thing.value, g.api.StaleObjectError);
	let e;
	g.run(() => { e = caught(() => g.api.reinit()); });
	assert.match(e.message, /in flight/);
	assert.equal(g.api.generation, 1);
});
