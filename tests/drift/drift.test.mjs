// What the next release of wasm-bindgen may look like: real glue, changed by a token or a statement. A mutant
// that still works unpatched must recover as well as the original when patched, or be refused.
//
// DRIFT=2000 takes so many mutants of each cell (default 60), DRIFT_SEED another seed (default 1), DRIFT_CELLS other
// cells, of nodejs or web glue.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fixtures, judgeAll } from "./judging.mjs";
import { mutants } from "./mutate.mjs";

const COUNT = Number(process.env.DRIFT ?? 60);
const SEED = Number(process.env.DRIFT_SEED ?? 1);

// The eras of the glue: object heap and externref table, finalizers, reset machinery.
const PATHS = (process.env.DRIFT_CELLS ?? ("0.2.74/default/nodejs 0.2.87/weakrefs/nodejs 0.2.92/default/nodejs "
	+ "0.2.100/heap/nodejs 0.2.118/default/web 0.2.130/default/nodejs 0.2.130/reset-state/nodejs")).split(" ");
const { cells } = JSON.parse(fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"));

async function drift(cell) {
	const text = fs.readFileSync(path.join(fixtures, cell.path, "reglue_fixture.js"), "utf8");
	const list = [{ text, what: "the original" }, ...mutants(text, SEED, COUNT)];
	const outcomes = await judgeAll(cell, list);
	assert.ok(outcomes[0].works, `the original does not work: ${outcomes[0].why}`);
	const patched = outcomes.filter(({ verdict }) => verdict === "patched");
	return { count: list.length, works: outcomes.filter(({ works }) => works).length, patched: patched.length,
		wrong: patched.filter(({ wrong }) => wrong.length > 0) };
}

for (const name of PATHS) {
	const cell = cells.find(({ path: p }) => p === name);
	test(`a changed glue is patched right or refused [${name}]`, async t => {
		const { count, works, patched, wrong } = await drift(cell);
		t.diagnostic(`${count} mutants, ${works} still work, ${works - patched} of them refused, ${patched} patched`);
		const holes = wrong.map(({ what, wrong: rules }) => `${what}\n    ${rules.map(([rule, text]) => `${rule}: ${text.split("\n")[0]}`).join("\n    ")}`);
		assert.equal(holes.length, 0, `${holes.length} holes\n${holes.join("\n")}`);
		assert.ok(works > count / 10, "hardly any mutant works: the test shows nothing");
	});
}
