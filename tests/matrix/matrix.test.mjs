// Every release × variant × target of ../../fixtures: patched, run in an engine that the target is for, each
// rule of the contract looked at once; or refused, by name, and left as it was. MATRIX_CELLS=0.2.130/default
// takes some of them. Costs about two minutes of two cores.
import assert from "node:assert/strict";
import fs from "node:fs";
import { test } from "node:test";
import { file, isWhole, measure, resultsOf, whole } from "./compatibility.mjs";

const measured = await measure();
assert.ok(measured.length > 0, "no cells");

for (const one of measured) {
	const name = `${one.cell.path}, ${one.engine ?? "refused"}`;
	test(name, () => {
		if (one.refused.length > 0) {
			assert.ok(one.refused.every(({ code }) => code !== "skipped"), one.refused[0].message);
			assert.ok(one.untouched, "refused, and yet a file of it was changed");
			return;
		}
		const wrong = Object.entries(resultsOf(one)).filter(([, result]) => result !== true && result !== null);
		assert.deepEqual(wrong, []);
	});
}

test("threads are refused, and nothing else is", () => {
	for (const { cell, refused } of measured) {
		assert.deepEqual(
			[...new Set(refused.map(({ code }) => code))],
			cell.variant === "threads" ? ["shared-memory"] : [],
			cell.path,
		);
	}
});

if (isWhole) {
	test("docs/COMPATIBILITY.md is what this run gives", () => {
		assert.equal(fs.readFileSync(file, "utf8"), whole(measured), "node tests/matrix/compatibility.mjs writes it");
	});
}
