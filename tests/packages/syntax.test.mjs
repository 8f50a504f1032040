// R13: patched glue asks an engine for no newer syntax than ES2020, or than the glue asked for before.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { parse } from "acorn";
import { here, reglue, temporaryDirectory } from "./lib.mjs";

const fixtures = path.join(here, "../../fixtures");
const editions = [2020, 2021, 2022, 2023, 2024, 2025, 2026];

/* The first edition of ECMAScript, from 2020 on, that a text is written in; undefined where none of them will do. */
function editionOf(text) {
	return editions.find((ecmaVersion) => ["module", "script"].some((sourceType) => {
		try {
			return parse(text, { ecmaVersion, sourceType, allowReturnOutsideFunction: true });
		} catch {
			return false;
		}
	}));
}

test("the control: newer syntax is seen", () => {
	assert.equal(editionOf("a?.b ?? c"), 2020);
	assert.equal(editionOf("a ??= b"), 2021);
	assert.equal(editionOf("class A { #b }"), 2022);
	assert.equal(editionOf("import source a from 'b'"), undefined);
});

test("R13: fixtures of every kind", () => {
	const { cells } = JSON.parse(fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"));
	const kinds = new Map(cells.map((cell) => [`${cell.target} ${cell.variant} ${cell.features}`, cell]));
	const root = temporaryDirectory("reglue-syntax-");
	let old = 0;
	for (const { path: cell, files, variant } of kinds.values()) {
		const copy = path.join(root, cell);
		fs.cpSync(path.join(fixtures, cell), copy, { recursive: true, dereference: true });
		const scripts = files.filter((file) => /\.[cm]?js$/.test(file));
		const before = scripts.map((file) => editionOf(fs.readFileSync(path.join(copy, file), "utf8")));
		const { status, stderr } = reglue("patch", "-q", copy);
		if (variant === "threads") {
			assert.equal(status, 3);
			continue;
		}
		assert.equal(status, 0, cell + stderr);
		scripts.forEach((file, i) => {
			if (before[i] === undefined) {
				return; // `import source`
			}
			const after = editionOf(fs.readFileSync(path.join(copy, file), "utf8"));
			assert.ok(after !== undefined && after <= before[i], `${cell} ${file}: ES${before[i]} before, ES${after} patched`);
			old += before[i] === 2020;
		});
	}
	assert.ok(old > 50, `${old} files of ES2020`);
});
