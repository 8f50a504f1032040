import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { caught, makeGlue, turn } from './glue.mjs';

test('R3: traps and exhausted stacks are faults', () => {
	for (const [name, kind, type] of [
		['boom', 'trap', WebAssembly.RuntimeError],
		['oob', 'trap', WebAssembly.RuntimeError],
		['deep', 'stack', RangeError],
	]) {
		const g = makeGlue();
		assert.throws(g[name], type);
		assert.equal(g.api.state, 'poisoned');
		assert.deepEqual(Object.keys(g.api.fault), ['kind', 'export', 'message', 'panic', 'generation']);
		assert.equal(g.api.fault.kind, kind);
		assert.equal(g.api.fault.export, name);
		assert.equal(g.api.fault.generation, 0);
		assert.equal(g.add(1, 2), 3);
		assert.equal(g.api.generation, 1);
	}
});

// Test runners (Jest) run glue in a context of its own, whose console and streams are of the outer one.
test('R3: the stack may run out in a function of another realm', () => {
	const g = makeGlue();
	const recurse = runInNewContext('(function recurse() { return recurse() + 1; })');
	const e = caught(() => g.run(recurse));
	assert.equal(e instanceof Error, false);
	assert.equal(e.name, 'RangeError');
	assert.equal(g.api.fault.kind, 'stack');
	g.add(1, 2);
	const harmless = runInNewContext("() => { throw new RangeError('Invalid array length'); }");
	caught(() => g.run(harmless));
	assert.equal(g.api.state, 'live');
	for (const lookalike of [{ name: 'RangeError', message: 'call stack' }, 'RangeError: call stack', null]) {
		caught(() => g.run(() => { throw lookalike; }));
		assert.equal(g.api.state, 'live');
	}
});

test('R3: what imports throw passes through and poisons nothing', () => {
	const g = makeGlue();
	for (const thrown of [new Error('x'), new RangeError('Invalid array length'), 'text', undefined, null, 7]) {
		g.thrown = thrown;
		let seen = 'nothing';
		try {
			g.fail();
		} catch (e) {
			seen = e;
		}
		assert.equal(seen, thrown);
		assert.equal(g.api.state, 'live');
	}
	assert.equal(g.api.stats.errors, 6);
});

test('R3: foreignThrow: "poison" makes them faults, but not what Rust throws on purpose', () => {
	const g = makeGlue({ x: 'poison' });
	g.thrown = g.rg.T(new Error('throw_str'));
	assert.equal(caught(g.fail), g.thrown);
	assert.equal(g.api.state, 'live');
	g.thrown = new Error('foreign');
	assert.equal(caught(g.fail), g.thrown);
	assert.equal(g.api.fault.kind, 'foreign');
});

test('R3: wasm exceptions are faults unless upstream\'s tags claim them', { skip: !WebAssembly.Exception }, () => {
	const g = makeGlue();
	const tag = g.rg.g(new WebAssembly.Tag({ parameters: [] }));
	g.thrown = new WebAssembly.Exception(tag, []);
	assert.equal(caught(g.fail), g.thrown);
	assert.equal(g.api.state, 'live');
	g.thrown = new WebAssembly.Exception(new WebAssembly.Tag({ parameters: [] }), []);
	assert.equal(caught(g.fail), g.thrown);
	assert.equal(g.api.fault.kind, 'exception');
});

test('R3: an error that crosses Rust frames leaks no shadow stack', () => {
	const g = makeGlue();
	const base = g.sp();
	for (let i = 0; i < 5000; i++) caught(g.fail);
	assert.equal(g.sp(), base);
	assert.equal(g.api.stats.healedStack, 5000);
});

test('R3: with displacements open, the glue\'s own +16 ends at the start value', () => {
	const g = makeGlue();
	const base = g.sp();
	caught(() => g.returning('fail'));
	assert.equal(g.sp(), base);
	assert.equal(g.rg.S.disp, 0);
});

test('R3: errors inside nested calls heal to the displacements that are open', () => {
	const g = makeGlue();
	const base = g.sp();
	g.returning('add', () => {
		caught(() => g.returning('fail'));
		assert.equal(g.sp(), base - 16);
		caught(g.fail);
		assert.equal(g.sp(), base - 16);
		return 1;
	}, 2);
	assert.equal(g.sp(), base);
	// A raw call is on the stack: its frame is in use, nothing may move.
	let inside;
	g.run(() => {
		caught(g.fail);
		inside = g.sp();
	});
	assert.equal(inside, base - 64 - 64);
	caught(g.fail);
	assert.equal(g.sp(), base);
});

const winits = "Using exceptions for control flow, don't mind me. This isn't actually an error!";

test('R3: what winit throws out of main() leaves alone the frames that it goes on in', () => {
	const g = makeGlue();
	const base = g.sp();
	g.thrown = g.rg.T(new Error(winits));
	for (let i = 1; i <= 3; i++) { // one event loop each
		assert.equal(caught(i === 2 ? () => g.returning('fail') : g.fail), g.thrown);
		assert.equal(g.sp(), base - 64 * i);
	}
	g.thrown = g.rg.T(new Error('another'));
	caught(g.fail);
	assert.equal(g.sp(), base - 192);
	assert.equal(g.api.stats.errors, 4);
	// Only Rust can know that frames live on.
	g.thrown = new Error(winits);
	caught(g.fail);
	assert.equal(g.sp(), base - 192);
	caught(g.boom);
	g.add(1, 2);
	assert.equal(g.sp(), base);
});

test('R5: a start function that ends in winit\'s event loop has started', () => {
	let wish;
	const g = makeGlue({}, { init: ({ rg }) => { if (wish) throw rg.T(new Error(wish)); } });
	wish = winits;
	caught(g.boom);
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.api.generation, 1);
	wish = 'no';
	caught(g.boom);
	assert.equal(caught(() => g.add(1, 2)).cause.message, 'no');
	assert.equal(g.api.state, 'poisoned');
});

test('R3: a +16 whose -16 never ran is left out', () => {
	const g = makeGlue();
	const base = g.sp();
	g.wasm.__wbindgen_add_to_stack_pointer(16);
	assert.equal(g.sp(), base);
	assert.equal(g.rg.S.disp, 0);
});

test('R10: the first caller sees the original error, later ones a PoisonedError each their own', () => {
	const g = makeGlue({ p: 'never' });
	const e = caught(g.boom);
	assert.equal(e.constructor, WebAssembly.RuntimeError);
	assert.deepEqual(Object.keys(e), []);
	const a = caught(g.count);
	const b = caught(g.count);
	assert.notEqual(a, b);
	assert.ok(a instanceof g.api.PoisonedError && a instanceof Error);
	assert.equal(a.name, 'PoisonedError');
	assert.equal(a.fault.message, e.message);
	assert.equal(a.fault.export, 'boom');
	assert.match(a.message, /boom/);
	assert.equal('cause' in a, false);
	assert.equal(Object.isFrozen(a.fault), true);
	assert.ok(Object.values(a.fault).every(v => typeof v !== 'object'));
});

test('R10: the panic text belongs to the call that logged it', () => {
	const g = makeGlue();
	caught(() => g.shout(3));
	assert.equal(g.api.fault.panic, 'panicked at 3');
	g.murmur(4);
	caught(g.boom);
	assert.equal(g.api.fault.panic, undefined);
	caught(() => g.run(() => caught(() => g.shout(5))) ?? g.fail());
	assert.equal(g.api.fault.panic, 'panicked at 5');
	assert.deepEqual(g.logged.at(-1), 'panicked at 5');
	assert.equal(g.rg.E('outside'), 'outside');
});

test('R3: bookkeeping waits until no raw call is on the stack', () => {
	const g = makeGlue();
	const seen = [];
	g.api.on('fault', f => seen.push(f));
	let inside;
	assert.throws(
		() =>
			g.run(() => {
				try {
					g.boom();
				} finally {
					inside = seen.length;
				}
			}),
		WebAssembly.RuntimeError,
	);
	assert.equal(inside, 0);
	assert.equal(seen.length, 1);
	assert.equal(seen[0].export, 'boom'); // the innermost, not "run"
});

test('R3: a fault that JS swallows is settled at the next entry', () => {
	const g = makeGlue();
	const seen = [];
	g.api.on('fault', f => seen.push(f.export));
	g.run(() => caught(g.boom));
	assert.deepEqual(seen, []);
	assert.equal(g.add(1, 2), 3);
	assert.deepEqual(seen, ['boom']);
	assert.equal(g.api.generation, 1);
	assert.equal(g.api.stats.faults, 1);
});

test('R3: a fault that JS swallows is settled in a microtask, if no entry comes first', async () => {
	const g = makeGlue();
	const seen = [];
	g.api.on('fault', f => seen.push(f.export));
	g.run(() => caught(g.boom));
	await turn();
	assert.deepEqual(seen, ['boom']);
	assert.equal(g.api.generation, 0);
});

test('R3: user code that recurses into the stack\'s end at any depth poisons and recovers', async () => {
	const g = makeGlue();
	const dive = n => {
		g.run(() => dive(n + 1));
	};
	for (let i = 0; i < 5; i++) {
		const thing = new g.Thing(7);
		assert.throws(() => dive(0), RangeError);
		if (i % 2) {
			await turn(); // or a method is the first that is called after it
		}
		assert.equal(g.api.state, 'poisoned');
		assert.throws(() => thing.value, g.api.StaleObjectError);
		assert.equal(g.add(1, 2), 3);
		assert.deepEqual([g.rg.S.depth, g.rg.S.disp, g.rg.S.o], [1, 0, 0]);
	}
	assert.equal(g.api.stats.faults, 5);
});

// What a catch block of the guard leaves behind, when there is no stack to call judge().
const overflow = S => {
	S.g = S.dead = S.depth;
	S.depth++;
};

test('R3: an error further out does not undo a fault that nobody had the stack to judge', () => {
	const g = makeGlue();
	const mine = new Error('mine');
	const thrown = caught(() =>
		g.run(() => {
			overflow(g.rg.S);
			throw mine;
		}),
	);
	assert.equal(thrown, mine);
	assert.equal(g.api.state, 'poisoned');
	assert.equal(g.api.fault.kind, 'stack');
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.api.generation, 1);
	assert.deepEqual([g.rg.S.depth, g.api.stats.errors], [1, 0]);
});

test('R2: a fault that nobody had the stack to judge is known to be over when its call is', () => {
	const g = makeGlue();
	overflow(g.rg.S); // in an outermost call
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.api.generation, 1);
	g.run(() => {
		overflow(g.rg.S); // in a nested one: JS swallows it
		assert.ok(caught(() => g.add(1, 2)) instanceof g.api.PoisonedError);
		assert.equal(g.rg.S.depth, 2);
	});
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.api.generation, 2);
	g.run(() => overflow(g.rg.S)); // and nobody asks before the outer call is over
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.api.generation, 3);
	assert.equal(g.api.stats.faults, 3);
});

test('R2, R3: displacements that an exhausted stack left open are closed in a microtask', async () => {
	const g = makeGlue();
	const base = g.sp();
	const dive = n => {
		g.returning('add', () => dive(n + 1), 1);
	};
	assert.throws(() => dive(0), RangeError);
	caught(g.boom);
	try {
		g.add(1, 2);
	} catch (e) {
		assert.ok(e instanceof g.api.PoisonedError);
	}
	await turn();
	assert.equal(g.rg.S.disp, 0);
	assert.equal(g.add(1, 2), 3);
	assert.equal(g.sp(), base);
	g.rg.S.disp = -16;
	g.rg.S.o = 1;
	caught(g.boom);
	assert.throws(() => g.add(1, 2), g.api.PoisonedError);
	await turn();
	assert.equal(g.add(1, 2), 3);
});

test('R10: a hostile thrown object neither gets lost nor gets in', () => {
	const g = makeGlue();
	g.thrown = Object.defineProperty(new RangeError('x'), 'message', {
		get() {
			throw new Error('gotcha');
		},
	});
	assert.equal(caught(g.fail), g.thrown);
	assert.equal(g.add(1, 2), 3);
});

// V8 makes it when it is read, by a function of the program's where there is one: with no stack left, that may end
// the process. Unread, it keeps the dead instance alive.
test('R5: the stack of what was thrown is read, but not as it is thrown', async () => {
	const before = Error.prepareStackTrace;
	let made = 0;
	Error.prepareStackTrace = () => {
		made++;
		throw new Error('a hostile one');
	};
	try {
		const g = makeGlue();
		caught(g.boom);
		assert.equal(made, 0);
		assert.equal(g.add(1, 2), 3);
		assert.equal(made, 1, 'before there is a new instance');
		caught(g.boom);
		await turn();
		assert.equal(made, 2, 'or when no call is open any more');
		const kept = makeGlue({ p: 'heal' });
		caught(kept.boom);
		assert.equal(kept.add(1, 2), 3);
		assert.equal(kept.api.generation, 0);
		assert.equal(made, 3);
		const dead = makeGlue({ p: 'never' });
		caught(dead.boom);
		assert.equal(caught(() => dead.add(1, 2)).name, 'PoisonedError');
		await turn();
		assert.equal(made, 4);
	} finally {
		Error.prepareStackTrace = before;
	}
});
