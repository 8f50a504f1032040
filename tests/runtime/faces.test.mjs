import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { create } from './bundle.mjs';
import { caught, compile, makeGlue, turn } from './glue.mjs';

test('R1: counter-example: a Proxy over the frozen exports object throws', () => {
	const g = makeGlue();
	const { exports } = new WebAssembly.Instance(g.module, g.imports);
	const proxy = new Proxy(exports, { get: () => () => 1 });
	assert.throws(() => proxy.add, TypeError);
});

test('R1: every way to a raw function is guarded', () => {
	const ways = {
		'a call': g => g.wasm.boom(),
		'a function passed as a value': g => (0, g.wasm.boom)(),
		'a function from an exported table': g => g.wasm.__wbindgen_export_2.get(2)(),
		'the public face': g => g.face.boom(),
		'a table of the public face': g => g.face.__wbindgen_export_2.get(2)(),
	};
	for (const [way, go] of Object.entries(ways)) {
		const g = makeGlue();
		assert.throws(() => go(g), WebAssembly.RuntimeError, way);
		assert.equal(g.api.state, 'poisoned', way);
		assert.equal(g.api.fault.kind, 'trap', way);
	}
});

test('R1: the internal face is one object with one wrapper an export', () => {
	const g = makeGlue();
	const { wasm } = g;
	const { add, memory } = wasm;
	caught(g.boom);
	g.add(1, 2);
	assert.equal(g.wasm, wasm);
	assert.equal(wasm.add, add);
	assert.notEqual(wasm.memory, memory);
	assert.equal(add(2, 3), 5);
	assert.equal('add' in wasm, true);
	assert.equal('nothing' in wasm, false);
	assert.equal(wasm.nothing, undefined);
	assert.equal(wasm.version.value, 7);
});

test('R1: thousands of exports, in objects that V8 does not keep as dictionaries', () => {
	const names = Array.from({ length: 2500 }, (_, i) => `f${i}`);
	const module = new WebAssembly.Module(compile(`(module (memory (export "memory") 1) (func (export "boom") unreachable)
		${names.map((name, i) => `(func (export "${name}") (result i32) (i32.const ${i}))`).join('\n')})`));
	const rg = create();
	rg.M(module);
	rg.I({});
	const { exports } = new WebAssembly.Instance(module);
	const wasm = rg.a(exports, module);
	for (let generation = 0; generation < 2; generation++) {
		rg.e();
		names.forEach((name, i) => assert.equal(wasm[name](), i));
		assert.throws(() => wasm.boom(), WebAssembly.RuntimeError);
		assert.equal(rg.api.state, 'poisoned');
	}
	assert.equal(rg.api.generation, 1);
	assert.deepEqual(Object.keys(rg.u(wasm)), Object.keys(exports));
	setFlagsFromString('--allow-natives-syntax');
	const isFast = new Function('object', 'return %HasFastProperties(object)');
	setFlagsFromString('--no-allow-natives-syntax');
	let tables = 0;
	for (let o = Object.getPrototypeOf(wasm); Object.keys(o).length > 0; o = Object.getPrototypeOf(o)) {
		assert.equal(isFast(o), true);
		tables++;
	}
	assert.equal(tables, 3);
});

test('R1: the public face has the raw exports\' keys, order, names, lengths and descriptors', () => {
	const g = makeGlue();
	const raw = new WebAssembly.Instance(g.module, g.imports).exports;
	const { face } = g;
	assert.equal(g.face, face);
	assert.equal(g.rg.u(g.wasm), face);
	assert.equal(g.rg.a(face), g.wasm);
	assert.deepEqual(Object.keys(face), Object.keys(raw));
	assert.deepEqual(Reflect.ownKeys(face), Reflect.ownKeys(raw));
	assert.equal(Object.getPrototypeOf(face), null);
	assert.equal(Object.isFrozen(face), true);
	for (const k of Object.keys(raw)) {
		assert.equal(typeof face[k], typeof raw[k], k);
		const a = Object.getOwnPropertyDescriptor(face, k);
		assert.equal(a.enumerable, true);
		assert.equal(a.configurable, false);
		if (typeof raw[k] === 'function') {
			assert.equal(face[k].name, raw[k].name);
			assert.equal(face[k].length, raw[k].length);
			assert.equal(a.writable, false);
			assert.equal(face[k], face[k]);
		}
	}
});

test('R1: the public face\'s functions are entrypoints and outlive the instance', () => {
	const g = makeGlue();
	const { face } = g;
	const { add, six, many } = face;
	assert.equal(face.memory, g.wasm.memory);
	caught(g.boom);
	assert.equal(add(2, 3), 5);
	assert.equal(g.api.generation, 1);
	assert.equal(six(0, 0, 0, 0, 9, 4), 5);
	assert.equal(many(1, 0, 0, 0, 0, 0, 0, 0, 0, 2), 3);
	assert.equal(g.face, face);
	assert.equal(face.memory, g.wasm.memory);
});

test('R1, R4: clean-up through the public face starts no reinit', () => {
	const g = makeGlue();
	caught(g.boom);
	g.face.__wbindgen_free(1024, 16);
	g.face.__wbg_thing_free(1024);
	g.face.__wbindgen_add_to_stack_pointer(16);
	assert.equal(g.api.generation, 0);
});

test('R1: tables: functions are wrapped once, set() takes them back, externrefs are untouched', () => {
	const g = makeGlue();
	const t = g.wasm.__wbindgen_export_2;
	assert.equal(t.get(1), t.get(1));
	assert.equal(t.get(0), null);
	assert.deepEqual(Object.keys(t), []);
	t.set(3, g.wasm.add);
	assert.equal(t.get(3)(1, 2), 3);
	t.set(0, t.get(3));
	assert.equal(t.get(0)(1, 2), 3);
	t.set(3, null);
	assert.equal(t.get(3), null);
	assert.throws(() => t.get(99), RangeError);
	const refs = g.wasm.__wbindgen_externrefs;
	assert.deepEqual(Reflect.ownKeys(refs), []);
	const f = () => {};
	refs.set(0, f);
	assert.equal(refs.get(0), f);
	refs.set(1, g.wasm.add);
	assert.equal(refs.get(1), g.wasm.add);
});

test('R4, R5: a table function of the old instance is inert, then gone', () => {
	const g = makeGlue();
	const drop = g.wasm.__wbindgen_export_2.get(1);
	caught(g.boom);
	assert.equal(drop(1024), undefined);
	g.add(1, 2);
	assert.throws(() => drop(1024), g.api.PoisonedError);
	assert.equal(g.memory()[1024], 0);
});

test('R1: a name that the first enumeration did not show is still guarded', () => {
	const g = makeGlue();
	const raw = new WebAssembly.Instance(g.module, g.imports).exports;
	// A module namespace in an import cycle: listing it throws until it is linked.
	let linked = false;
	const namespace = new Proxy(Object.create(null), {
		ownKeys: () => Reflect.ownKeys(raw),
		getOwnPropertyDescriptor: (t, k) => {
			if (!linked) throw new ReferenceError('Cannot access before initialization');
			return { value: raw[k], enumerable: true, configurable: true };
		},
		has: (t, k) => k in raw,
		get: (t, k) => raw[k],
	});
	const rg = create();
	const wasm = rg.a(namespace);
	assert.equal(wasm.add(1, 2), 3);
	linked = true;
	assert.throws(() => wasm.boom(), WebAssembly.RuntimeError);
	assert.equal(rg.api.state, 'poisoned');
});

test('R11: an excluded export gets no guard', () => {
	const g = makeGlue({ n: ['boom'] });
	assert.throws(() => g.boom(), WebAssembly.RuntimeError);
	assert.equal(g.api.state, 'live');
	assert.equal(g.face.boom.name, g.instanceNames?.boom ?? g.face.boom.name);
	caught(g.oob);
	g.add(1, 2);
	assert.throws(() => g.face.boom(), WebAssembly.RuntimeError);
	assert.equal(g.api.state, 'live');
});

test('R13: arguments, results and arities are those of the raw export', () => {
	const g = makeGlue();
	assert.equal(g.wasm.long(5n), 5n);
	assert.throws(() => g.wasm.long(5), TypeError);
	assert.equal(g.wasm.add(1), 1);
	assert.equal(g.wasm.add(1, 2, 3), 3);
	assert.equal(g.wasm.many.length, 0);
	assert.equal(g.wasm.six(0, 0, 0, 0, 9, 4), 5);
	assert.equal(g.wasm.many(1, 0, 0, 0, 0, 0, 0, 0, 0, 2), 3);
	assert.equal(g.api.state, 'live');
});

test('R13: a second instance without a fault is adopted as it is', async () => {
	const g = makeGlue();
	g.count();
	const thing = new g.Thing(4);
	g.instantiate();
	assert.equal(g.count(), 1);
	assert.equal(g.api.generation, 0);
	assert.doesNotThrow(() => thing.value);
	await turn();
});

test('R13: values that are no exports object pass', () => {
	const { rg } = makeGlue();
	assert.equal(rg.u(undefined), undefined);
	assert.equal(rg.a(undefined), undefined);
	assert.equal(rg.a(null), null);
	assert.equal(rg.u(5), 5);
	const bytes = new Uint8Array(3);
	assert.equal(rg.M(bytes), bytes);
});
