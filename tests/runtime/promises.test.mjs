import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { caught, makeGlue, turn } from './glue.mjs';

// Unhandled rejections belong to the process, and the test runner takes them for failures.
const unhandled = code => {
	const glue = new URL('./glue.mjs', import.meta.url).href;
	const out = execFileSync(process.execPath, [
		'--input-type=module',
		'-e',
		`import { caught, makeGlue, turn } from ${JSON.stringify(glue)};
		const seen = [];
		process.on('unhandledRejection', e => seen.push(String(e)));
		const g = makeGlue();
		${code}
		await turn();
		console.log(JSON.stringify(seen));`,
	]);
	return JSON.parse(out);
};

test('R8: counter-example: nobody settles the promise of a dead task', async () => {
	const g = makeGlue();
	let settled = false;
	new Promise(() => {}).finally(() => { settled = true; });
	caught(g.boom);
	await turn();
	assert.equal(settled, false);
});

// zone.js and polyfills, where they are loaded after the glue
test('R8: `Promise` may be replaced by another at any time', async t => {
	const g = makeGlue();
	const Real = Promise;
	t.after(() => { globalThis.Promise = Real; });
	globalThis.Promise = class {
		#real;
		constructor(executor) { this.#real = new Real(executor); }
		then(...reactions) { return this.#real.then(...reactions); }
		static resolve(v) { return new Promise(done => done(v)); }
	};
	const a = g.promise(() => {});
	const e = caught(g.boom);
	assert.ok(e instanceof WebAssembly.RuntimeError);
	const [{ reason }] = await Real.allSettled([a]);
	assert.equal(reason.cause, e);
	assert.equal(g.add(1, 2), 3);
});

test('R8: pending promises are rejected when their generation dies', async () => {
	const g = makeGlue();
	const a = g.promise(() => {});
	const b = g.promise(() => {});
	const e = caught(g.boom);
	const [x, y] = await Promise.allSettled([a, b]);
	assert.equal(x.status, 'rejected');
	assert.ok(x.reason instanceof g.api.PoisonedError);
	assert.equal(x.reason.cause, e);
	assert.equal(x.reason.fault.export, 'boom');
	assert.notEqual(x.reason, y.reason);
	assert.equal(g.api.stats.rejectedPromises, 2);
	g.add(1, 2);
	const c = g.promise(resolve => setImmediate(resolve, 7));
	assert.equal(await c, 7);
});

test('R8: settled promises are let go and keep what they settled to', async () => {
	const g = makeGlue();
	const a = g.promise(resolve => resolve(1));
	const b = g.promise((resolve, reject) => reject(new Error('mine')));
	b.catch(() => {});
	let late;
	const c = g.promise(resolve => { late = resolve; });
	late(3);
	caught(g.boom);
	assert.equal(g.api.stats.rejectedPromises, 0);
	assert.equal(await a, 1);
	await assert.rejects(b, /mine/);
	assert.equal(await c, 3);
});

test('R8: fire and forget is no unhandled rejection', () => {
	assert.deepEqual(unhandled('g.promise(() => {}); caught(g.boom);'), []);
	// The counter-example: rejected without being marked first.
	assert.equal(unhandled('new Promise((_, reject) => queueMicrotask(reject));').length, 1);
});

test('R8, R13: a rejection of the program\'s own stays unhandled when it was', () => {
	assert.deepEqual(
		unhandled(`g.promise((resolve, reject) => reject(new Error('mine')));
			g.promise(() => { throw new Error('thrown'); });`),
		['Error: mine', 'Error: thrown'],
	);
});

test('R8: promises made inside an executor', async () => {
	const g = makeGlue();
	let inner;
	const outer = g.promise(() => { inner = g.promise(() => {}); });
	caught(g.boom);
	await assert.rejects(outer, g.api.PoisonedError);
	await assert.rejects(inner, g.api.PoisonedError);
});

test('R9: a fault in a closure that the host calls is swallowed once a promise was rejected', async () => {
	const g = makeGlue();
	const p = g.promise(() => {});
	const task = g.closure(() => g.wasm.boom());
	queueMicrotask(g.rg.w(task));
	const e = await p.catch(e => e);
	assert.ok(e instanceof g.api.PoisonedError);
	assert.ok(e.cause instanceof WebAssembly.RuntimeError);
	assert.equal(g.add(1, 2), 3);
});

test('R9: … or a hook ran', () => {
	const g = makeGlue();
	const task = g.closure(() => g.wasm.boom());
	g.rg.w(task);
	g.api.on('fault', () => {});
	assert.equal(task(), undefined);
	assert.equal(g.api.state, 'poisoned');
});

test('R9: nobody told: thrown, as in unpatched glue', () => {
	const g = makeGlue();
	const task = g.closure(() => g.wasm.boom());
	g.rg.w(task);
	assert.throws(task, WebAssembly.RuntimeError);
});

test('R9: a closure that JS calls itself throws', () => {
	const g = makeGlue();
	g.api.on('fault', () => {});
	const callback = g.closure(() => g.wasm.boom());
	assert.throws(callback, WebAssembly.RuntimeError);
});

test('R9: an ordinary error of a task is thrown', () => {
	const g = makeGlue();
	g.promise(() => {});
	g.api.on('fault', () => {});
	const task = g.rg.w(g.closure(() => g.wasm.fail()));
	assert.equal(caught(task), g.thrown);
	const later = g.rg.w(g.closure(() => {
		caught(g.boom);
		throw g.thrown;
	}));
	assert.equal(caught(later), g.thrown);
	assert.equal(g.rg.w(undefined), undefined);
});

test('R8, R11: policy "heal": a sync panic rejects no task, a task\'s own panic does', async () => {
	const g = makeGlue({ p: 'heal' });
	const p = g.promise(() => {});
	caught(g.boom);
	g.add(1, 2);
	assert.equal(g.api.stats.rejectedPromises, 0);
	const task = g.rg.w(g.closure(() => g.wasm.boom()));
	assert.equal(task(), undefined);
	await assert.rejects(p, g.api.PoisonedError);
});
