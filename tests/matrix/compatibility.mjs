// docs/COMPATIBILITY.md, made of what a run of the matrix gave. By hand, after a change that is meant:
//   node tests/matrix/compatibility.mjs
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { cells, minor, prepare } from "./cells.mjs";
import { run } from "./engines.mjs";
import { rules } from "./scenario.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
export const file = path.join(here, "../../docs/COMPATIBILITY.md");

const PUBLISHED = "<!-- Below this line: kept by hand or by other tests. -->";
const targets = ["nodejs", "web", "no-modules", "deno", "bundler", "experimental-nodejs-module", "module"];
const undo = {
	title: "Patching twice changes nothing, `revert` gives the original bytes",
	of: ({ again, reverted }) => (again === true ? reverted : again),
};

/* All cells: what the tool said, and what each rule gave where it could be patched. */
export async function measure() {
	const root = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-matrix-"));
	try {
		const prepared = prepare(root);
		const ran = await run(prepared.filter(({ refused }) => refused.length === 0), root);
		return prepared.map(one => ({ ...one, ...ran.get(one.cell.path) }));
	} finally {
		fs.rmSync(root, { recursive: true, force: true });
	}
}

/* The results of a measured cell by rule: true, null (does not apply) or a text. */
export function resultsOf(one) {
	if (one.refused.length > 0) {
		return {};
	}
	const { results = {}, crash, unfit } = one;
	const lost = crash ?? unfit ?? "not run";
	const all = Object.keys(rules).map(name => [name, results[name] === undefined ? lost : results[name]]);
	return Object.fromEntries([...all, ["undo", undo.of(one)]]);
}

const order = name => (name === "undo" ? 99 : name === "heal" ? 3.5 : name === "finalizer" ? 6.5 : parseFloat(name.slice(1)));
const columns = [...Object.keys(rules), "undo"].sort((a, b) => order(a) - order(b));

export function text(measured) {
	const notes = [];
	const note = words => {
		if (!notes.includes(words)) {
			notes.push(words);
		}
		return `[${notes.indexOf(words) + 1}]`;
	};
	const refusal = ({ refused }) => {
		const reasons = refused.filter(({ code }) => code !== "package"); // the other file of the pair
		return `refused ${[...new Set(reasons.map(({ code, message }) => note(`\`${code}\`: ${plain(message)}`)))].join(" ")}`;
	};
	const mark = result => (result === true ? "✓" : result === null ? "–" : `✗ ${note(plain(result))}`);
	const row = one => (one.refused.length > 0
		? [refusal(one), ...columns.slice(1).map(() => "")]
		: columns.map(name => mark(resultsOf(one)[name])));
	const newestFirst = [...measured].sort((a, b) => minor(b.cell) - minor(a.cell));
	const releases = [...new Set(newestFirst.map(({ cell }) => cell.release))];

	const summary = (release, target) => {
		const list = measured.filter(({ cell }) => cell.release === release && cell.target === target);
		if (list.length === 0) {
			return "";
		}
		const states = new Map();
		for (const one of list) {
			const bad = Object.values(resultsOf(one)).some(result => result !== true && result !== null);
			const state = one.refused.length > 0 ? refusal(one) : bad ? "✗" : "✓";
			states.set(state, [...(states.get(state) ?? []), one.cell.variant]);
		}
		return [...states].map(([state, variants]) =>
			(states.size === 1 ? state : `${state} (${variants.join(", ")})`)).join("; ");
	};

	/* Variants of a release with the same results share a row. */
	const tableOf = target => {
		const lines = [`| release | variants | ${columns.join(" | ")} |`, `|${"---|".repeat(columns.length + 2)}`];
		for (const release of releases) {
			const rows = new Map();
			for (const one of measured.filter(({ cell }) => cell.release === release && cell.target === target)) {
				const cellsOfRow = row(one).join(" | ");
				rows.set(cellsOfRow, [...(rows.get(cellsOfRow) ?? []), one.cell.variant]);
			}
			rows.forEach((variants, marks) => lines.push(`| ${release} | ${variants.join(", ")} | ${marks} |`));
		}
		return lines.join("\n");
	};

	const body = [
		...targets.map(target => `## \`--target ${target}\`\n\n${tableOf(target)}\n`),
	].join("\n");
	const count = measured.filter(({ refused }) => refused.length === 0).length;
	const table = [
		`| release | ${targets.join(" | ")} |`,
		`|${"---|".repeat(targets.length + 1)}`,
		...releases.map(release => `| ${release} | ${targets.map(target => summary(release, target)).join(" | ")} |`),
	].join("\n");
	return `# Compatibility

Made by \`node tests/matrix/compatibility.mjs\`; the test group \`matrix\` fails when it is not what a run
gives. Our own Rust crate (\`fixtures/\`), bound by ${releases.length} releases of wasm-bindgen for each of
their targets and with the flags that change the glue: ${measured.length} cells, of which ${count} are patched
and run through the contract in an engine that their target is for (Node.js; Deno for \`deno\`; Chromium for
\`no-modules\`, on a page and in a worker), and the others refused, untouched.

✓ holds in every variant · – does not apply there · empty: the release has no such target · ✗ does not hold
· refused: nothing is written, the note has the reason

${table}

## The rules

| column | is |
|---|---|
${columns.map(name => `| ${name} | ${(rules[name] ?? undo).title} |`).join("\n")}

[CONTRACT.md](CONTRACT.md) has them in full, with the tests that prove each of them more thoroughly on fewer
cells. What the variants are is in [fixtures/README.md](../fixtures/README.md). Where a variant with
wasm-bindgen's own mistakes is right only as far as unpatched glue is, the manifest's features say so.

${body}
## Notes

${notes.map((words, i) => `${i + 1}. ${words}`).join("\n")}
`;
}

/* A refusal's words without what differs from cell to cell, fit for a table. */
const plain = message => message.replace(/\s+/g, " ").replace(/\/\S*\/(?=\w+\.js\b)/g, "").replaceAll("|", "\\|").trim();

/* The generated part, and what follows it in the present file. */
export function whole(measured) {
	const present = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
	const at = present.indexOf(PUBLISHED);
	const kept = at === -1 ? `${PUBLISHED}\n` : present.slice(at);
	return `${text(measured)}\n${kept}`;
}

export const isWhole = cells.length > 0 && process.env.MATRIX_CELLS === undefined;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	if (!isWhole) {
		throw new Error("MATRIX_CELLS is set: the page is made of all cells");
	}
	fs.writeFileSync(file, whole(await measure()));
}
