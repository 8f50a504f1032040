// Published packages die of one bad call, or wear out; patched, each goes on as if nothing had
// happened (R2 to R5, R10). Every package first shows, in a process of its own, that it dies
// unpatched: a case that is no case would prove nothing.
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { cases } from "./cases.mjs";
import { copyPackage, faultClass, packagePath, patch, runChild, temporaryDirectory } from "./lib.mjs";

const root = temporaryDirectory();
const ROUNDS = 5; // below the default limit of 16 recoveries a minute

const published = (one) => path.join(packagePath(one.directory), one.file);
const patched = (one) => path.join(root, one.directory, one.file);

async function calls(one, glue) {
	const child = await runChild("child.mjs", ["calls", one.name, glue, ROUNDS]);
	assert.equal(child.status, 0, `the child ended with ${child.status ?? child.signal}: ${child.stderr}`);
	assert.equal(child.lines.length, ROUNDS + 2);
	return { reference: child.lines[0].reference, rounds: child.lines.slice(1, -1), end: child.lines.at(-1) };
}

for (const one of cases) {
	describe(one.name, () => {
		let unpatched;

		before(() => {
			copyPackage(one.directory, root);
			patch(patched(one));
		});

		test(`unpatched: dies ${one.dies === "at once" ? one.dies : `within ${one.dies} bad calls`}`, async () => {
			unpatched = await calls(one, published(one));
			assert.ok(unpatched.rounds[0].bad, "the bad call throws");
			if (one.dies === "at once") {
				for (const [n, { failure }] of unpatched.rounds.entries()) {
					assert.ok(failure, `the good call after bad call ${n} still works`);
				}
				return;
			}
			// Some rounds more, to see that it stays dead.
			const child = await runChild("child.mjs", ["rounds", one.name, published(one), one.dies + 40],
				{ flags: ["--expose-gc"] });
			const { failures } = child.lines[0];
			assert.ok(failures[0]?.round < one.dies, `alive after ${one.dies} bad calls`);
			assert.equal(failures.at(-1).round - failures[0].round, failures.length - 1, "it comes and goes");
		});

		test("R2, R5, R10: patched, the next valid call gives what it gave, the bad one its own error", async () => {
			const { reference, rounds, end } = await calls(one, patched(one));
			assert.equal(reference, unpatched.reference, "without a fault, a patched package gives the same");
			const original = unpatched.rounds[0].bad;
			for (const [n, { bad, good, failure, stale }] of rounds.entries()) {
				assert.equal(failure, null, `the good call after bad call ${n} fails: ${failure?.message}`);
				assert.equal(good, reference);
				assert.equal(faultClass(bad), faultClass(original), `bad call ${n}`);
				assert.equal(stale, one.make && !one.error ? 1 : 0, "only a held object is stale, and it is");
			}
			assert.equal(end.generation, one.error ? 0 : ROUNDS, "one recovery for each fault, none for an error");
		});
	});
}

describe("@swc/wasm 1.16.18, the async export", () => {
	const swc = cases[0];

	test("unpatched: the fault is uncaught, the promise hangs, the package is dead", async () => {
		const { lines: [result], stderr } = await runChild("child.mjs", ["async", published(swc)]);
		assert.ok(result, stderr);
		assert.deepEqual(result.bad, { pending: true });
		assert.equal(result.uncaught?.class, "RuntimeError");
		assert.ok(result.next.error);
	});

	test("R8, R9: patched, the promise is rejected, nothing is uncaught, the next call works", async () => {
		const { lines: [result], stderr, status } = await runChild("child.mjs", ["async", patched(swc)]);
		assert.equal(status, 0, stderr);
		assert.equal(result.bad.error?.name, "PoisonedError");
		assert.equal(faultClass(result.bad.cause), "stack exhausted", "its cause is the original error");
		assert.equal(result.uncaught, null);
		assert.deepEqual(result.next, result.first);
		assert.equal(result.generation, 1);
	});
});
