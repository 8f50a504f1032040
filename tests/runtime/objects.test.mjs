import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caught, makeGlue } from './glue.mjs';

const die = g => caught(g.boom);

test('R6: counter-example: the new instance hands out the old one\'s pointers', () => {
	const g = makeGlue();
	const old = new g.Thing(1);
	die(g);
	const fresh = new g.Thing(2);
	assert.equal(old.__wbg_ptr, fresh.__wbg_ptr);
	assert.equal(g.wasm.thing_get(old.__wbg_ptr), 2); // what the check keeps from happening
});

test('R6: a stale object throws with its class and both generations, after the reinit', () => {
	const g = makeGlue();
	const old = new g.Thing(1);
	die(g);
	for (let i = 0; i < 3; i++) {
		const e = caught(() => old.value);
		assert.ok(e instanceof g.api.StaleObjectError && e instanceof Error);
		assert.equal(e.name, 'StaleObjectError');
		assert.deepEqual([e.className, e.objectGeneration, e.generation], ['Thing', 0, 1]);
	}
	const fresh = new g.Thing(2);
	assert.equal(fresh.value, 2);
	assert.throws(() => g.Thing.same(fresh, old), g.api.StaleObjectError);
	assert.throws(() => g.Thing.same(old, fresh), g.api.StaleObjectError);
	die(g);
	const e = caught(() => fresh.value);
	assert.deepEqual([e.objectGeneration, e.generation], [1, 2]);
	assert.equal(g.api.stats.staleObjects, 6);
});

test('R6: free() of a stale object is silent and leaves it stale', () => {
	const g = makeGlue();
	const old = new g.Thing(1);
	die(g);
	const fresh = new g.Thing(2);
	old.free();
	assert.equal(fresh.value, 2);
	assert.throws(() => old.value, g.api.StaleObjectError);
	fresh.free();
	assert.equal(fresh.__wbg_ptr, 0);
});

test('R6: freed objects are never stale: upstream\'s errors stay', () => {
	const g = makeGlue();
	const old = new g.Thing(1);
	old.free();
	die(g);
	assert.doesNotThrow(() => old.value);
	assert.doesNotThrow(() => g.rg.c(old));
	old.free();
});

test('R6: a getter of the user\'s called ptr is left alone; the old field is known', () => {
	const g = makeGlue();
	let read = 0;
	const object = {
		__wbg_ptr: 0,
		get ptr() {
			read++;
			return 5;
		},
	};
	const old = { ptr: 8 };
	die(g);
	g.add(1, 2);
	g.rg.c(object);
	assert.equal(read, 0);
	assert.throws(() => g.rg.c(old), g.api.StaleObjectError);
	old.ptr = 0;
	g.rg.c(old);
});

test('R6: a getter ptr of a class is not called for objects that have no pointer', () => {
	const g = makeGlue();
	class Result { // without a constructor, `new Result()` has none; a console that looks at the prototype neither
		get ptr() {
			this[g.rg.K] !== g.rg.S.g && g.rg.t(this);
			return g.wasm.thing_get(this.__wbg_ptr);
		}
	}
	const { ptr } = new Result();
	die(g);
	g.add(1, 2);
	assert.equal(new Result().ptr, ptr);
	assert.equal(Result.prototype.ptr, ptr);
});

test('R6: what is no object passes the check of arguments', () => {
	const g = makeGlue();
	die(g);
	g.add(1, 2);
	for (const v of [undefined, null, 0, 5, 'x', true, 5n, Symbol('s'), {}, [], () => {}]) {
		g.rg.c(v);
	}
});

test('R6, R13: objects of the first generation carry no stamp', () => {
	const g = makeGlue();
	const thing = new g.Thing(1);
	assert.deepEqual(Reflect.ownKeys(thing), ['__wbg_ptr']);
	assert.equal(g.rg.h(5), 5);
	die(g);
	assert.equal(Reflect.ownKeys(new g.Thing(1)).length, 2);
});

test('R6, R7: finalizers: each generation\'s own, never another\'s, never while poisoned', () => {
	const g = makeGlue();
	const { registry } = g;
	const a = new g.Thing(1);
	const b = new g.Thing(2);
	const heldA = registry.held.get(a);
	registry.finalize(heldA);
	assert.deepEqual(g.freed, [a.__wbg_ptr]);
	const closure = g.closure(() => {});
	die(g);
	registry.finalize(registry.held.get(b)); // poisoned
	g.add(1, 2);
	registry.finalize(registry.held.get(b)); // stale
	registry.finalize(closure.state);
	assert.equal(g.freed.length, 1);
	const c = new g.Thing(3);
	const young = g.closure(() => {});
	registry.finalize(registry.held.get(c));
	registry.finalize(young.state);
	assert.deepEqual(g.freed.slice(1), [c.__wbg_ptr, young.state]);
	die(g);
	g.add(1, 2);
	registry.finalize(registry.held.get(c));
	assert.equal(g.freed.length, 3);
});

test('R7: a finalizer gets the pointer that it was given, however large, after however many recoveries', () => {
	for (const epochs of [0, 1, 5, 2 ** 21 - 1, 2 ** 21, 2 ** 40]) {
		const g = makeGlue();
		if (epochs > 0) {
			die(g);
			g.add(1, 2);
			g.rg.S.epoch = epochs;
		}
		const pointers = [8, 2 ** 31 - 8, 2 ** 31, 2 ** 32 - 8];
		const held = pointers.map(p => g.rg.h(p));
		held.forEach(h => g.registry.finalize(h));
		assert.deepEqual(g.freed, pointers, String(epochs));
		assert.deepEqual([g.rg.h(-8)].map(h => (g.registry.finalize(h), g.freed.pop() >>> 0)), [2 ** 32 - 8]);
		g.freed.length = 0;
		die(g);
		held.forEach(h => g.registry.finalize(h)); // poisoned
		g.add(1, 2);
		held.forEach(h => g.registry.finalize(h)); // stale
		assert.deepEqual(g.freed, [], String(epochs));
	}
});

test('R7: closures of a dead instance are quiet', () => {
	const g = makeGlue();
	let ran = 0;
	const old = g.closure(() => ++ran);
	assert.equal(old(), 1);
	die(g);
	assert.equal(old(), undefined); // poisoned
	assert.equal(g.api.generation, 0); // and started nothing
	const told = [];
	g.api.on('stale', what => told.push(what));
	g.add(1, 2);
	assert.equal(old(), undefined); // stale
	assert.equal(ran, 1);
	assert.equal(g.api.stats.staleClosures, 2);
	assert.deepEqual(told, [{ kind: 'closure', className: undefined, objectGeneration: 0, generation: 1 }]);
	assert.equal(g.closure(() => ++ran)(), 2);
	assert.equal(g.rg.d(old.state), true);
	assert.equal(g.rg.d(g.closure(() => {}).state), false);
	assert.equal(g.api.stats.staleClosures, 2);
});

test('R7: a closure that wasm calls at depth > 0 after a fault is quiet too', () => {
	const g = makeGlue();
	let ran = 0;
	const closure = g.closure(() => ++ran);
	g.run(() => {
		caught(g.boom);
		assert.equal(closure(), undefined);
	});
	assert.equal(ran, 0);
});

test('R7: staleClosures: "throw"', () => {
	const g = makeGlue({ c: 'throw' });
	const old = g.closure(() => {});
	die(g);
	assert.throws(old, g.api.PoisonedError);
	g.add(1, 2);
	assert.throws(old, g.api.StaleObjectError);
	assert.equal(g.rg.d(old.state), true);
});
