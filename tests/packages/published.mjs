// The whole corpus, by hand: every listed file of packages that were unpacked into a folder.
//   node published.mjs FOLDER LIST.tsv [ROUNDS [PART/PARTS]] >> published.jsonl
//   node published.mjs --table published.jsonl
// SECONDS_EACH (60) is after how long a file gets no more rounds.
// FOLDER holds NAME@VERSION/package/… (`/` in names written as `+`), LIST the columns package, version,
// file, kind, target, …, wasm (the eighth). Prints a line of JSON for each file; of all lines, --table
// makes the table of docs/PUBLISHED.md: kind × verdict × what was seen by running.
//
// A file is patched and run as its users have it: a loader with the body that it names, a body by way of
// the loader beside it. The engine is the newest Node of ../engines, which imports wasm; Deno for its glue.
import fs from "node:fs";
import path from "node:path";
import * as acorn from "acorn";
import { here, reglue, temporaryDirectory } from "./lib.mjs";
import { tryPackage } from "./inject.mjs";
import { missingHooks } from "./missing-hooks.mjs";

const engines = path.join(here, "../engines/node_modules");
const node = {
	node: path.join(engines, "node26/bin/node"),
	flags: ["--expose-gc", "--no-warnings"],
};
const deno = {
	node: path.join(engines, "@deno/linux-x64-glibc/deno"),
	flags: ["run", "-A", "--no-check", "--v8-flags=--expose-gc"],
};

const readRows = (list) => fs.readFileSync(list, "utf8").trim().split("\n").slice(1).map((line) => {
	const [name, version, file, kind, target, , , wasm] = line.split("\t");
	return { name, version, file, kind, target, wasm };
});

function unpacked({ name, version }, folder) {
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

/* The file that users import, and all that has to be patched with it. */
function partsOf(root, file) {
	const beside = (name) => path.join(path.dirname(file), name);
	const exists = (name) => fs.existsSync(path.join(root, name));
	const body = /^(.*)_bg(\.[cm]?js)$/.exec(path.basename(file));
	if (body && exists(beside(body[1] + body[2]))) {
		return { entry: beside(body[1] + body[2]), files: [beside(body[1] + body[2]), file] };
	}
	const named = fs.readFileSync(path.join(root, file), "utf8").matchAll(/["']\.\/([\w./-]+_bg(?:\.wasm)?(?:\.[cm]?js)?)["']/g);
	const bodies = [...new Set([...named].map(([, name]) => (/js$/.test(name) ? name : `${name}.js`)))];
	return { entry: file, files: [file, ...bodies.map(beside).filter(exists)] };
}

async function tryFile(row, folder, rounds) {
	const source = unpacked(row, folder);
	const run = reglue("check", "--allow-empty", "--report", "-", path.join(source, row.file));
	const { verdict, refusals = [] } = JSON.parse(run.stdout).files.find((one) => one.path.endsWith(row.file));
	const { entry, files } = partsOf(source, row.file);
	const isShim = verdict === "unchanged" && row.kind === "entry-shim" && files.length > 1;
	if (verdict !== "patched" && !isShim) {
		return { verdict, code: refusals[0]?.code };
	}
	const root = temporaryDirectory("reglue-published-");
	const [published, patched] = ["published", "patched"].map((name) => {
		fs.cpSync(source, path.join(root, name), { recursive: true, filter: (file) => !file.endsWith(".map") });
		return path.join(root, name);
	});
	const { status, stderr } = reglue("patch", ...files.map((file) => path.join(patched, file)));
	if (status !== 0) {
		return { verdict, ran: "failed", why: stderr };
	}
	const missing = files.flatMap((file) => {
		const text = fs.readFileSync(path.join(patched, file), "utf8");
		return text.includes("$(o){\"use strict\";") ? missingHooks(text).problems : [];
	});
	const text = fs.readFileSync(path.join(source, entry), "utf8");
	const wasm = row.wasm && fs.existsSync(path.join(source, row.wasm)) ? row.wasm : undefined;
	// where nothing tells of a Module there is no new instance, and the tool says so
	const warned = stderr.includes("[no-reinit]");
	const result = await tryPackage({ published, patched, file: entry, wasm,
		format: isModule(entry, text) ? "esm" : "cjs", rounds: warned ? 0 : rounds, seconds: Number(process.env.SECONDS_EACH ?? 60),
		engine: row.target === "deno" ? deno : node });
	fs.rmSync(root, { recursive: true });
	const ran = missing.length + result.problems.length > 0 ? "failed"
		: !result.loads ? "does not load" : warned ? "loads, `no-reinit` is said" : result.calls > 0 ? "recovers" : "loads, no call found";
	return { verdict: "patched", ran, missing, ...result };
}

function printTable(results) {
	const table = new Map();
	for (const result of results) {
		const column = result.verdict === "patched" ? `patched: ${result.ran}`
			: result.code ? `${result.verdict}: \`${result.code}\`` : result.verdict;
		const line = table.get(result.kind) ?? table.set(result.kind, new Map()).get(result.kind);
		line.set(column, (line.get(column) ?? 0) + 1);
	}
	console.log("| kind | files | verdict |\n|---|---|---|");
	for (const [kind, line] of [...table].sort()) {
		const total = [...line.values()].reduce((a, b) => a + b);
		console.log(`| ${kind} | ${total} | ${[...line].sort().map(([column, count]) => `${count} ${column}`).join(" · ")} |`);
	}
}

const [folder, list, rounds = "1000", part = "1/1"] = process.argv.slice(2);
if (folder === "--table") {
	printTable(fs.readFileSync(list, "utf8").trim().split("\n").map((line) => JSON.parse(line)));
} else {
	const [index, parts] = part.split("/").map(Number);
	for (const row of readRows(list).filter((one, at) => at % parts === index - 1)) {
		const result = await tryFile(row, folder, Number(rounds)).catch((error) => ({ verdict: "failed", code: error.message }));
		console.log(JSON.stringify({ ...row, ...result }));
	}
}
