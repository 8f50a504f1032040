// Objects of a dead generation never reach a live document (R6, R7), on published loro-crdt. The
// same programs run on a naive re-instantiation first: fresh objects get the same pointer numbers,
// so without the control these tests could pass because nothing was ever in danger.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { before, describe, test } from "node:test";
import { copyPackage, patch, runChild, temporaryDirectory } from "./lib.mjs";

const root = temporaryDirectory();
const glue = { naive: "", patched: "" };

/* The recipe that people write by hand: a new instance, the cached views dropped, the start
   function run again. Nothing in it is wrong by itself. */
function patchNaively(file) {
	const text = fs.readFileSync(file, "utf8");
	const marker = "wasm.__wbindgen_start();";
	assert.equal(text.split(marker).length, 2, "the glue's one start call, where the recipe hooks in");
	fs.writeFileSync(file, text.replace(marker, `${marker}
module.exports.naiveReinit = () => {
	wasm = new WebAssembly.Instance(wasmModule, imports).exports;
	cachedUint8ArrayMemory0 = null;
	cachedDataViewMemory0 = null;
	wasm.__wbindgen_start();
};
`));
}

before(() => {
	for (const kind of Object.keys(glue)) {
		glue[kind] = path.join(copyPackage("loro-crdt", path.join(root, kind)), "nodejs/loro_wasm.js");
	}
	patchNaively(glue.naive);
	patch(glue.patched);
});

const run = (kind, scenario) => runChild("stale-child.mjs", [glue[kind], scenario], { flags: ["--expose-gc"] });

/* What the new document holds when no stale object reached it. One program edits it by right: its
   stale UndoManager would take that edit back. */
function untouched(scenario, before) {
	return scenario === "argument of a constructor" ? { ...before, text: "more new text" } : before;
}

/* What a stale access did on naive glue, or "nothing". */
function damage(scenario, { lines: [first, second], status, signal }) {
	if (!second) {
		return `the process died (${signal ?? status})`;
	}
	if (second.reading) {
		return second.reading.message;
	}
	const expected = untouched(scenario, first.before);
	if (JSON.stringify(second.after) !== JSON.stringify(expected)) {
		return `${JSON.stringify(second.after)} where ${JSON.stringify(expected)} belongs`;
	}
	return second.next ? second.next.message : "nothing";
}

for (const scenario of ["method", "read", "argument of a method", "argument of a constructor", "free"]) {
	describe(`a stale ${scenario}`, () => {
		test("control: naive glue hands out the same pointers and lets it through", async (t) => {
			const child = await run("naive", scenario);
			assert.ok(child.lines[0], child.stderr);
			assert.equal(child.lines[0].fault?.class, "RuntimeError");
			assert.ok(child.lines[0].samePointers, "new objects have the old ones' pointer numbers");
			assert.notEqual(child.lines[0].access?.name, "StaleObjectError");
			if (scenario === "read") {
				// A read does no damage: it gives away the other document's text.
				assert.equal(child.lines[0].access, null);
				return;
			}
			t.diagnostic(damage(scenario, child));
			assert.notEqual(damage(scenario, child), "nothing");
		});

		test("R6: patched glue leaves the new document untouched", async () => {
			const child = await run("patched", scenario);
			const [first, second] = child.lines;
			assert.equal(child.status, 0, child.stderr);
			assert.equal(first.fault?.class, "RuntimeError");
			assert.ok(first.samePointers, "the danger is there: same pointer numbers");
			if (scenario === "free") {
				assert.equal(first.access, null, "a stale free() does nothing, in silence");
			} else {
				assert.equal(first.access?.name, "StaleObjectError");
			}
			assert.equal(second.reading, null);
			assert.equal(first.before.text, "new text");
			assert.deepEqual(second.after, untouched(scenario, first.before));
			assert.equal(second.next, null, "twenty more documents come and go");
		});
	});
}

describe("finalizers of a dead generation", () => {
	test("control: on naive glue they take live documents down", async (t) => {
		const child = await run("naive", "finalizers");
		const [first, second] = child.lines;
		assert.ok(first?.samePointers, child.stderr);
		t.diagnostic(second ? `${second.reading?.message}` : `the process died: ${child.stderr.split("\n")[0]}`);
		assert.ok(!second || second.reading, "no harm done");
	});

	test("R6: on patched glue they do nothing", async () => {
		const child = await run("patched", "finalizers");
		const [first, second] = child.lines;
		assert.equal(child.status, 0, child.stderr);
		assert.ok(first.samePointers);
		assert.ok(second.collected > 40, `the collector found only ${second.collected} of 50`);
		assert.equal(second.reading, null);
	});
});
