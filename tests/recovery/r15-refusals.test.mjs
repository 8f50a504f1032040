// R15: what cannot be made safe is refused by name; R14: upstream's own machinery is joined.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { allCells, calls, caught, cellOf, copyOf, load, plain, reglue } from "./lib.mjs";

let n = 0;

/* Patches a copy of a cell, changed by `edit`; says what came of it. */
function attempt(cell, edit = text => text) {
	const file = path.join(copyOf(cell, `refused-${++n}`), "reglue_fixture.js");
	const text = edit(fs.readFileSync(file, "utf8"));
	fs.writeFileSync(file, text);
	const { status, stdout, stderr } = reglue("patch", file);
	return { status, said: stdout + stderr, unchanged: fs.readFileSync(file, "utf8") === text };
}

for (const cell of allCells.filter(({ variant, target }) => variant === "threads" && /web|nodejs/.test(target))) {
	test(`R15: shared memory is refused [${cell.path}]`, () => {
		const { status, said, unchanged } = attempt(cell);
		assert.equal(status, 3, said);
		assert.match(said, /reglue_fixture\.js:\d+:\d+/);
		assert.match(said, /shared|thread/i);
		assert.equal(unchanged, true);
	});
}

const node = plain();

const constructs = {
	"an exports object handed to another module": [
		text => `${text}\nrequire("./keeper").setWasmExports(wasm);\n`,
		/exports/,
	],
	"code that is no glue": [() => "export const x = 1;\n", /./],
	"a syntax error": [text => `${text}\n}\n`, /./],
};

for (const [name, [edit, expected]] of Object.entries(constructs)) {
	test(`R15: ${name} is refused`, () => {
		const { status, said, unchanged } = attempt(node, edit);
		assert.notEqual(status, 0, said);
		assert.match(said, expected);
		assert.equal(unchanged, true);
	});
}

for (const cell of [cellOf("0.2.130/reinit/nodejs"), cellOf("0.2.130/reset-state/nodejs"), cellOf("0.2.130/reset-state/web")]) {
	if (cell === undefined) {
		continue;
	}
	test(`R14: faults of glue that has upstream's machinery [${cell.path}]`, async () => {
		const { m, api, trace } = await load(cell);
		const stale = new m.Counter(5);
		for (let i = 1; i <= 5; i++) {
			assert.ok(caught(() => m.trap()) instanceof WebAssembly.RuntimeError);
			const since = trace.mark();
			assert.equal(m.concat("a", "b", "c"), "abc");
			assert.equal(api.generation, i);
			assert.deepEqual(calls(since()).filter(call => call.n !== trace.count - 1), []);
			assert.equal(m.bump(), 1);
		}
		assert.ok(caught(() => stale.get()) instanceof api.StaleObjectError);
	});
	test(`R14: schedule_reinit() still works, and is one reinit [${cell.path}]`, async () => {
		const { m, api, trace } = await load(cell);
		if (m.schedule_reinit === undefined) {
			return;
		}
		m.bump();
		const stale = new m.Counter(5);
		m.schedule_reinit();
		assert.equal(m.bump(), 1);
		assert.equal(api.generation, 1);
		assert.equal(trace.count, 2);
		assert.ok(caught(() => stale.get()) instanceof api.StaleObjectError);
		assert.equal(m.bump(), 2);
	});
}
