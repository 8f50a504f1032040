import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from './bundle.mjs';
import { caught, makeGlue, turn } from './glue.mjs';

test('R2: user code between marshalling and the raw call gets no new instance', () => {
	for (const go of [(g, user) => g.returning('add', user, 1), (g, user) => g.passing(user)]) {
		const g = makeGlue();
		let e;
		try {
			go(g, () => {
				caught(g.boom);
				e = caught(g.count);
				return 1;
			});
		} catch (outer) {
			assert.ok(outer instanceof g.api.PoisonedError); // the user's own function, on a dead instance
		}
		assert.ok(e instanceof g.api.PoisonedError);
		assert.equal(g.api.generation, 0);
		assert.equal(g.add(1, 2), 3);
		assert.equal(g.api.generation, 1);
	}
});

test('R2: nested entrypoints of a poisoned instance throw and touch nothing', () => {
	const g = makeGlue();
	let e;
	g.run(() => {
		caught(g.boom);
		e = caught(() => new g.Thing(1));
	});
	assert.ok(e instanceof g.api.PoisonedError);
	assert.equal(g.api.stats.inert, 0);
	assert.equal(g.api.generation, 0);
});

test('R4: cleanup after a fault is inert', () => {
	const g = makeGlue();
	const before = g.memory().slice();
	const base = g.sp();
	assert.throws(() => {
		g.rg.e();
		let retptr;
		try {
			retptr = g.wasm.__wbindgen_add_to_stack_pointer(-16);
			g.wasm.boom();
		} finally {
			g.wasm.__wbindgen_add_to_stack_pointer(16);
			g.wasm.__wbindgen_free(2048, 8);
			g.wasm.__wbg_thing_free(2048);
			g.wasm.__wbindgen_export_2.get(1)(2048);
		}
	}, WebAssembly.RuntimeError);
	assert.deepEqual(g.memory(), before);
	assert.equal(g.api.generation, 0);
	assert.equal(g.api.stats.inert, 4);
	assert.equal(g.rg.S.disp, 0);
	g.add(1, 2);
	assert.equal(g.sp(), base);
});

test('R4: free() on a poisoned instance does nothing and starts no reinit', () => {
	const g = makeGlue();
	const thing = new g.Thing(1);
	const error = caught(() => {
		try {
			g.boom();
		} finally {
			thing.free();
		}
	});
	assert.ok(error instanceof WebAssembly.RuntimeError);
	assert.equal(g.api.generation, 0);
	assert.notEqual(thing.__wbg_ptr, 0);
});

test('R4: a converting catch rethrows a fault', () => {
	const g = makeGlue();
	const convert = fn => {
		try {
			return fn();
		} catch (e) {
			g.rg.r(e);
			return 'converted';
		}
	};
	assert.equal(convert(g.fail), 'converted');
	assert.throws(() => convert(g.boom), WebAssembly.RuntimeError);
});

test('R5: the same module, imports and start arguments; glue state is reset once', () => {
	const started = [];
	const g = makeGlue({}, { init: glue => started.push(glue.api.state) });
	assert.equal(started.length, 1);
	g.count();
	g.count();
	const instance = g.instance;
	caught(g.boom);
	assert.equal(g.count(), 1);
	assert.equal(g.resets, 1);
	assert.deepEqual(started, ['live', 'reinitializing']);
	assert.ok(g.instance instanceof WebAssembly.Instance && g.instance !== instance);
});

test('R5: during the start function entrypoints pass, and objects get the new stamp', () => {
	let made;
	const g = makeGlue({}, {
		init: glue => {
			if (glue?.api.fault) {
				made = new glue.Thing(glue.add(20, 1));
			}
		},
	});
	const old = new g.Thing(1);
	caught(g.boom);
	assert.equal(g.add(1, 1), 2);
	assert.equal(made.value, 21);
	assert.throws(() => old.value, g.api.StaleObjectError);
});

for (const [what, spoil] of [
	['throws', () => { throw new Error('not today'); }],
	['faults', g => g.wasm.boom()],
	['faults, and JS swallows it', g => caught(() => g.wasm.boom())],
]) {
	test(`R5: a start function that ${what} leaves the instance poisoned; the next try may succeed`, () => {
		let bad = false;
		const kept = [];
		const g = makeGlue({}, {
			init: glue => {
				if (bad) {
					kept.push(new glue.Thing(1));
					spoil(glue);
				}
			},
		});
		bad = true;
		caught(g.boom);
		for (let i = 0; i < 3; i++) {
			assert.throws(() => g.count(), g.api.PoisonedError);
			assert.equal(g.api.state, 'poisoned');
			assert.equal(g.api.generation, 0);
		}
		assert.equal(g.api.stats.failedReinits, 3);
		bad = false;
		assert.equal(g.count(), 1);
		assert.equal(g.api.generation, 1);
		assert.equal(g.api.state, 'live');
		for (const thing of kept) {
			assert.throws(() => thing.value, g.api.StaleObjectError); // none passes for the next epoch's
		}
	});
}

test('R5: the cause of a failed reinit is on the error', () => {
	let bad;
	const g = makeGlue({}, { init: () => { if (bad) throw bad; } });
	bad = new Error('no start');
	caught(g.boom);
	assert.equal(caught(g.count).cause, bad);
	bad = undefined;
	g.count();
});

test('R5: where the host refuses synchronous instances, calls throw until one stands', async () => {
	const { Instance } = WebAssembly;
	let refuse = false;
	WebAssembly.Instance = function (m, i) {
		if (refuse) {
			throw new RangeError('WebAssembly.Instance is disallowed on the main thread, if the buffer size is larger than 8MB.');
		}
		return new Instance(m, i);
	};
	try {
		const g = makeGlue();
		refuse = true;
		for (let round = 1; round <= 3; round++) {
			caught(g.boom);
			if (round > 1) {
				assert.equal(g.api.state, 'reinitializing'); // begun at the fault, now that it is known
			}
			const e = caught(g.count);
			assert.ok(e instanceof g.api.PoisonedError);
			assert.equal(caught(g.count).ready, e.ready);
			await e.ready;
			assert.equal(g.count(), 1);
			assert.equal(g.api.generation, round);
			assert.equal(g.resets, round);
		}
		assert.equal('ready' in new g.api.PoisonedError(g.api.fault), false);
	} finally {
		WebAssembly.Instance = Instance;
	}
});

test('R5: no Module: a panic is mended in place, an access out of bounds is the end', () => {
	const g = makeGlue({}, { withModule: false, rg: undefined });
	const h = makeGlue();
	h.rg.S.module = undefined;
	const thing = new h.Thing(6);
	for (let i = 0; i < 5; i++) {
		caught(h.boom);
		assert.equal(h.add(1, 2), 3);
	}
	for (let i = 0; i < 5; i++) {
		caught(h.boom);
	}
	assert.equal(thing.value, 6);
	assert.equal(h.api.generation, 0);
	caught(h.oob);
	assert.throws(() => h.add(1, 2), h.api.PoisonedError);
	assert.throws(() => thing.value, h.api.PoisonedError);
	assert.ok(g);
});

test('R5: a thousand recoveries', async () => {
	const g = makeGlue({ b: 0 });
	for (let i = 1; i <= 1000; i++) {
		caught(g.boom);
		assert.equal(g.count(), 1);
		assert.equal(g.api.generation, i);
	}
	await turn();
	assert.equal(g.api.stats.reinits, 1000);
});

test('R5: adopted by hand while poisoned: a new generation', () => {
	const g = makeGlue();
	const thing = new g.Thing(1);
	caught(g.boom);
	g.instantiate();
	assert.equal(g.api.state, 'live');
	assert.equal(g.api.generation, 1);
	assert.throws(() => thing.value, g.api.StaleObjectError);
});

test('R12: two glues share nothing', () => {
	const a = makeGlue();
	const b = makeGlue();
	caught(a.boom);
	assert.equal(b.api.state, 'live');
	assert.notEqual(a.api.PoisonedError, b.api.PoisonedError);
	assert.notEqual(create(), create());
});
