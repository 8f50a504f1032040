// Glue that went through a bundler, a minifier or a compiler: patched whole or refused, never half.
// What loads in Node then runs for NONRAW_ROUNDS rounds in which a raw export traps at random and its
// instance's memory is overwritten; every call after that gives what the published package gives.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { copyPackage, here, isInsertOnly, reglue, temporaryDirectory } from "./lib.mjs";
import { tryPackage } from "./inject.mjs";
import { missingHooks } from "./missing-hooks.mjs";

const ROUNDS = Number(process.env.NONRAW_ROUNDS ?? 40);
const files = JSON.parse(fs.readFileSync(path.join(here, "nonraw.json"), "utf8"));

function copies(facts) {
	const root = temporaryDirectory("reglue-nonraw-");
	fs.symlinkSync(path.join(here, "node_modules"), path.join(root, "node_modules"));
	return ["published", "patched"].map((name) => (
		copyPackage(facts.directory, path.join(root, name), (file) => (
			file.endsWith(".map") || (file.endsWith(".wasm") && file !== facts.wasm)))));
}

for (const facts of files) {
	test(`${facts.directory} ${facts.file} (${facts.kind}): ${facts.expected}`, async () => {
		const [published, copy] = copies(facts);
		const file = path.join(copy, facts.file);
		const original = fs.readFileSync(file);
		const run = reglue("patch", file);
		if (facts.expected.startsWith("refused:")) {
			assert.equal(run.status, 3);
			assert.match(run.stderr, new RegExp(`\\[${facts.expected.slice(8)}\\]`));
			assert.ok(fs.readFileSync(file).equals(original), "a refused file is as it was");
			return;
		}
		assert.equal(run.status, 0, run.stderr);
		const output = fs.readFileSync(file);
		assert.ok(isInsertOnly(original, output));
		assert.deepEqual(missingHooks(output.toString()).problems, []);
		if (!facts.cannotLoad) {
			const result = await tryPackage({ ...facts, published, patched: copy, rounds: ROUNDS });
			assert.ok(result.loads, result.why);
			assert.ok(result.calls > 0, "no call was found to compare");
			assert.deepEqual(result.problems, []);
			assert.equal(result.fired, ROUNDS);
			assert.ok(result.generation >= ROUNDS, `${result.generation} recoveries in ${ROUNDS} rounds`);
		}
		assert.equal(reglue("patch", file).status, 0);
		assert.ok(fs.readFileSync(file).equals(output), "a second patch changes nothing");
		assert.equal(reglue("revert", file).status, 0);
		assert.ok(fs.readFileSync(file).equals(original));
	});
}

test("the control: what is not patched does not live through this", async () => {
	const facts = files.find((one) => one.directory === "@gorules/zen-engine-wasm");
	const [published, copy] = copies(facts);
	const { problems } = await tryPackage({ ...facts, published, patched: copy, rounds: ROUNDS });
	assert.ok(problems.length > 0);
});

test("the hooks that are looked for are missed", () => {
	const patched = (directory, name) => {
		const [, copy] = copies(files.find((one) => one.directory === directory));
		const file = path.join(copy, name);
		assert.equal(reglue("patch", file).status, 0);
		return fs.readFileSync(file, "utf8");
	};
	const output = patched("@gorules/zen-engine-wasm", "dist/zen_engine_wasm.js");
	// `z` means nothing to the runtime: the text still parses, the hook is gone.
	const without = (text, letters) => letters.reduce((now, letter) => now.replaceAll(`__rg.${letter}(`, "__rg.z("), text);
	assert.deepEqual(missingHooks(output).problems, []);
	for (const letters of [["F"], ["h"], ["e", "t"], ["r"], ["a"]]) {
		assert.ok(missingHooks(without(output, letters)).problems.length > 0, `${letters}`);
	}
	assert.ok(missingHooks(output.replaceAll(/,__rg\.S\.stamp&&\(\w+\[__rg\.K\]=__rg\.S\.stamp\)/g, "")).problems.length > 0, "stamps");
	assert.ok(missingHooks(output.replace(/\br\(\)\{[^}]*\}/, "r(){}")).problems.length > 0, "state");
	const closures = patched("whatsapp-rust-bridge", "dist/index.js");
	assert.deepEqual(missingHooks(closures).problems, []);
	assert.ok(missingHooks(without(closures, ["s"])).problems.length > 0, "state of closures");
	for (const letter of ["p", "q"]) {
		assert.ok(missingHooks(without(closures, [letter])).problems.length > 0, `promises: ${letter}`);
	}
});
