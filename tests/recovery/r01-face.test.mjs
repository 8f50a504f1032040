// R1: every call is intercepted, and what leaves the glue in place of the raw exports cannot be told
// from them.
import assert from "node:assert/strict";
import { calls, each, fault, load, recover } from "./lib.mjs";



each("R1: the public face has the shape of the raw exports", async ({ cell, face, trace }) => {
	if (face === undefined) {
		return; // nodejs glue from 0.2.108 on shows no exports object
	}
	const raw = trace.raw[0];
	assert.deepEqual(Object.keys(face), Object.keys(raw));
	assert.deepEqual(Reflect.ownKeys(face), Reflect.ownKeys(raw));
	assert.equal(Object.isFrozen(face), true);
	assert.equal(Object.getPrototypeOf(face), null);
	for (const [k, f] of Object.entries(raw)) {
		assert.equal(typeof face[k], typeof f, k);
		assert.equal(face[k], face[k], k);
		if (typeof f === "function") {
			assert.notEqual(face[k], f, k);
			assert.equal(face[k].name, f.name, k);
			assert.equal(face[k].length, f.length, k);
			const { writable, configurable, enumerable } = Object.getOwnPropertyDescriptor(face, k);
			assert.deepEqual([writable, configurable, enumerable], [false, false, true], k);
			assert.throws(() => {
				face[k] = 1;
			}, TypeError);
		}
	}
	assert.equal("add" in face, true);
	assert.equal("no_such_export" in face, false);
	assert.equal(face.no_such_export, undefined);
	const unpatched = (await load(cell, { original: true, traced: false })).face;
	assert.deepEqual(Object.keys(face), Object.keys(unpatched));
	assert.deepEqual(
		Object.values(face).map(v => Object.prototype.toString.call(v)),
		Object.values(unpatched).map(v => Object.prototype.toString.call(v)),
	);
});

each("R1: functions of the public face are entrypoints", glue => {
	const { face, api, trace } = glue;
	if (face === undefined) {
		return;
	}
	const { add, bump, trap, memory } = face;
	assert.equal(bump(), 1);
	assert.equal(face.bump(), 2);
	const since = fault(glue);
	assert.equal(face.add(1, 2), 3);
	assert.equal(api.generation, 1);
	assert.deepEqual(
		calls(since()).map(({ n, name }) => [n, name]).filter(([, name]) => name === "add"),
		[[1, "add"]],
	);
	// One object for life: what was read before the fault works after it.
	assert.equal(face.add, add);
	assert.equal(add(2, 2), 4);
	assert.equal(bump(), 1);
	// Memory is that of the live instance.
	assert.notEqual(face.memory, memory);
	assert.equal(face.memory, trace.raw[1].memory);
	assert.throws(trap, WebAssembly.RuntimeError);
	assert.equal(api.state, "poisoned");
	assert.equal(bump(), 1);
	assert.equal(api.generation, 2);
});

each("R1: a raw function that entered no text of the glue is guarded too", glue => {
	const { face, api } = glue;
	if (face === undefined) {
		return;
	}
	const some = k => k.startsWith("__") || k === "bump" || k === "half";
	for (const k of Object.keys(face).filter(k => some(k) && typeof face[k] === "function")) {
		if (/^__.*(free|drop|destroy|dealloc)|add_to_stack_pointer|^__wbindgen_start$/.test(k)) {
			continue; // clean-up, which starts no recovery (R4)
		}
		api.poison(k);
		const was = api.generation;
		try {
			face[k]();
		} catch {
			// Called without arguments: whatever it does, it does it to a new instance.
		}
		assert.equal(api.generation, was + 1, k);
		api.configure({ budget: 16 });
	}
});

each("R1: init() gives the same object each time", async ({ face, init, api, m }) => {
	assert.equal(init(), face);
	api.poison("x");
	assert.equal(m.add(1, 1), 2);
	assert.equal(init(), face);
}, { needs: cell => cell.target === "web" && Number(cell.release.split(".")[2]) >= 92 });

each("R1: functions passed as values and read from tables reach the live instance", async glue => {
	const { m, hooks, trace } = glue;
	recover(glue);
	const since = trace.mark();
	assert.equal(m.concat("ä", "β", "𝄞"), "äβ𝄞"); // malloc and realloc are passed as values
	let listener;
	hooks.onListen = f => {
		listener = f;
	};
	m.listen();
	assert.equal(listener({}), 1);
	assert.equal(m.unlisten(), true);
	assert.equal(await m.async_add(1, 2), 3);
	assert.ok(calls(since()).length > 5);
	assert.deepEqual(calls(since()).filter(({ n }) => n !== 1), []);
});
