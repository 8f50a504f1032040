// The whole corpus, by hand: every listed file of packages that were unpacked into a folder.
//   node published.mjs FOLDER LIST.tsv [ROUNDS]
// FOLDER holds NAME@VERSION/package/… (`/` in names written as `+`), LIST the columns package, version,
// file, kind, target, …, wasm (the eighth). Prints a line of JSON for each file, then the table of
// docs/PUBLISHED.md: kind × verdict × what was seen by running.
import fs from "node:fs";
import path from "node:path";
import * as acorn from "acorn";
import { reglue, temporaryDirectory } from "./lib.mjs";
import { tryPackage } from "./inject.mjs";
import { missingHooks } from "./missing-hooks.mjs";

const [folder, list, rounds = "1000"] = process.argv.slice(2);
const rows = fs.readFileSync(list, "utf8").trim().split("\n").slice(1).map((line) => {
	const [name, version, file, kind, target, , , wasm] = line.split("\t");
	return { name, version, file, kind, target, wasm };
});

function unpacked({ name, version }) {
	const inside = path.join(folder, `${name}@${version}`.replaceAll("/", "+"));
	return path.join(inside, fs.readdirSync(inside)[0]); // "package", mostly
}

function isModule(file, text) {
	try {
		acorn.parse(text, { ecmaVersion: "latest", sourceType: "script", allowHashBang: true });
		return file.endsWith(".mjs");
	} catch {
		return true;
	}
}

async function tryFile(row) {
	const source = unpacked(row);
	const [verdict, code] = (() => {
		const run = reglue("check", "--allow-empty", "--report", "-", path.join(source, row.file));
		const [file] = JSON.parse(run.stdout).files;
		return [file.verdict, (file.refusals ?? []).map((one) => one.code)[0]];
	})();
	if (verdict !== "patched") {
		return { verdict, code };
	}
	const root = temporaryDirectory("reglue-published-");
	const [published, patched] = ["published", "patched"].map((name) => {
		fs.cpSync(source, path.join(root, name), { recursive: true, filter: (file) => !file.endsWith(".map") });
		return path.join(root, name);
	});
	const file = path.join(patched, row.file);
	const { status, stderr } = reglue("patch", file);
	if (status !== 0) {
		return { verdict, ran: "failed", why: stderr };
	}
	const text = fs.readFileSync(file, "utf8");
	const wasm = row.wasm && fs.existsSync(path.join(source, row.wasm)) ? row.wasm : undefined;
	const missing = text.includes("$(o){\"use strict\";") ? missingHooks(text).problems : [];
	const result = await tryPackage({ published, patched, file: row.file, wasm,
		format: isModule(row.file, text) ? "esm" : "cjs", rounds: Number(rounds) });
	fs.rmSync(root, { recursive: true });
	const ran = missing.length + result.problems.length > 0 ? "failed"
		: !result.loads ? "does not load" : result.calls > 0 ? "recovers" : "loads, no call found";
	return { verdict, ran, missing, ...result };
}

const table = new Map();
for (const row of rows) {
	const result = await tryFile(row).catch((error) => ({ verdict: "failed", code: error.message }));
	console.log(JSON.stringify({ ...row, ...result }));
	const column = result.verdict === "patched" ? `patched: ${result.ran}`
		: result.code ? `${result.verdict}: \`${result.code}\`` : result.verdict;
	const line = table.get(row.kind) ?? table.set(row.kind, new Map()).get(row.kind);
	line.set(column, (line.get(column) ?? 0) + 1);
}
console.log("\n| kind | files | verdict |\n|---|---|---|");
for (const [kind, line] of [...table].sort()) {
	const total = [...line.values()].reduce((a, b) => a + b);
	console.log(`| ${kind} | ${total} | ${[...line].sort().map(([column, count]) => `${count} ${column}`).join(" · ")} |`);
}
