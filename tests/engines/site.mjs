// What the engines without Node's modules are served: the rule tests, the same files, with node:test and
// node:assert from web/; and the glue of the web cells, patched here, for the tool is no engine's.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { copyOf, patchedCopyOf } from "../recovery/host.mjs";
import { cellOf, cells, excluded, families, plainCells, promised, reconstruct, settings, upstream } from "../recovery/lib.mjs";

const tests = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
export const fixtures = path.join(tests, "../fixtures");

/* R15 is about the tool: no engine has anything to do with it. */
export const ruleTests = fs.readdirSync(path.join(tests, "recovery"))
	.filter(name => /^r\d+.*\.test\.mjs$/.test(name) && !name.startsWith("r15"))
	.sort();

const instead = {
	"node:test": "../engines/web/test.mjs",
	"node:assert/strict": "../engines/web/assert.mjs",
	"./host.mjs": "../engines/web/host.mjs",
};

/* The text of a module of the site, by its path under tests/; or undefined. */
export function text(name, engine) {
	const from = {
		"engines/web/engine.mjs": `engines/web/${engine}-engine.mjs`,
		"engines/web/chai.mjs": "engines/node_modules/chai/index.js",
	};
	const file = path.join(tests, from[name] ?? name);
	if (!fs.existsSync(file)) {
		return undefined;
	}
	const source = fs.readFileSync(file, "utf8");
	return name.startsWith("recovery/")
		? source.replace(/(from )"([^"]+)"/g, (all, word, what) => `${word}"${instead[what] ?? what}"`)
		: source;
}

/* Which cells a file of tests asks for, those of its counter-examples included. */
export function webCells(file) {
	const asked = [
		...(file.startsWith("r14") ? [] : cells),
		...(/^r14|^r06-stale/.test(file) ? upstream : []),
		...(file.startsWith("r06-reconstruct") ? promised : []),
		...(file.startsWith("r06-families") ? families : []),
		...plainCells.map(cellOf),
	];
	return [...new Set(asked.filter(({ target }) => target === "web"))];
}

/* A cell's glue: "original", or "patched" and the options that it is to be patched with. */
export function glue(cell, kind) {
	const [, ...options] = kind.split(" ");
	const directory = kind === "original" ? copyOf(cell, kind) : patchedCopyOf(cell, options);
	return path.join(directory, "reglue_fixture.js");
}

/* All kinds of glue that the tests of a file ask for. */
export const kinds = file =>
	["original", "patched"].concat(
		file.includes("reconstruct") ? [reconstruct, ["--reconstruct", "Later"]].map(patchedWith)
			: file.includes("families") ? [["--reconstruct", "Dog"]].map(patchedWith)
			: file.includes("r11-policy") ? [settings, excluded].map(patchedWith) : [],
	);
const patchedWith = options => `patched ${options.join(" ")}`;
