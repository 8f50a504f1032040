// Raw glue files of the corpus and their loaders, wasm-bindgen 0.2.45 to 0.2.130: patched or
// refused by name, insert-only, loads as before with the same exports, stable under a second patch,
// and reverted to the byte. corpus.json holds facts about the files and what is expected of them.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { before, test } from "node:test";
import { copyPackage, here, isInsertOnly, reglue, runChild, temporaryDirectory } from "./lib.mjs";

const corpus = JSON.parse(fs.readFileSync(path.join(here, "corpus.json"), "utf8"));
const root = temporaryDirectory("reglue-corpus-");
const files = corpus.map((facts, id) => {
	// Each file has a copy of its package to itself, or one file's patch would be another's change.
	const copy = path.join(root, String(id));
	const at = (name) => path.join(copy, facts.directory, name);
	return {
		...facts,
		id,
		copy,
		name: `${facts.package}@${facts.version} ${facts.file} (${facts.target}, ${facts.wasmBindgen ?? "?"})`,
		path: at(facts.file),
		wasmPath: at(facts.wasm),
		// A loader and its glue are one patch: the tool gets both.
		paths: [facts.file, ...(facts.companions ?? [])].map(at),
	};
});

/* Name and content of every text file of a package: what a refusal must leave alone, and what a
   revert must give back. The tool has no business with the others. */
function textFiles(directory) {
	const found = new Map();
	for (const entry of fs.readdirSync(directory, { withFileTypes: true, recursive: true })) {
		const file = path.join(entry.parentPath ?? entry.path, entry.name);
		if (entry.isFile() && !/\.(wasm|node|png|map)$/.test(entry.name)) {
			found.set(file, crypto.createHash("sha256").update(fs.readFileSync(file)).digest("hex"));
		}
	}
	return found;
}

function changedFiles(earlier, later) {
	const all = new Set([...earlier.keys(), ...later.keys()]);
	return [...all].filter((file) => earlier.get(file) !== later.get(file)).map((file) => path.relative(root, file));
}

/* Published packages leave it to a bundler to see which module system a file is written in. Node
   asks the nearest package.json, so in the copy it gets the answer. */
function tellModuleSystem(file) {
	const manifest = path.join(path.dirname(file.path), "package.json");
	const content = fs.existsSync(manifest) ? JSON.parse(fs.readFileSync(manifest, "utf8")) : {};
	content.type = file.format === "cjs" ? "commonjs" : "module";
	fs.writeFileSync(manifest, JSON.stringify(content));
}

/* Loads many files in few processes. A file that kills its process is answered for here, and a new
   process goes on with the rest. */
async function loadAll(list) {
	const results = new Map();
	const lane = async (queue, number) => {
		while (queue.length > 0) {
			const batch = path.join(root, `batch-${number}.json`);
			fs.writeFileSync(batch, JSON.stringify(queue.map(({ id, path, wasmPath, target, format }) => (
				{ id, file: path, wasm: wasmPath, target, format }))));
			const child = await runChild("corpus-child.mjs", [batch], { timeout: 120_000 });
			for (const result of child.lines) {
				results.set(result.id, result);
			}
			const rest = queue.filter((file) => !results.has(file.id));
			if (rest.length > 0) {
				const why = child.timedOut ? "hung" : `exit ${child.status ?? child.signal}: ${child.stderr}`;
				results.set(rest[0].id, { error: { name: "child", message: why } });
			}
			queue = rest.slice(1);
		}
	};
	await Promise.all([0, 1].map((number) => lane(list.filter((_, index) => index % 2 === number), number)));
	return results;
}

/* All loads happen here, batched; the tests below look at what was found. */
before(async () => {
	for (const file of files) {
		copyPackage(file.directory, file.copy, (name) => (
			name.endsWith(".map") || (name.endsWith(".wasm") && name !== file.wasm)));
		tellModuleSystem(file);
	}
	const published = await loadAll(files);
	for (const file of files) {
		file.published = published.get(file.id);
		file.originals = file.paths.map((name) => fs.readFileSync(name));
		file.before = textFiles(file.copy);
		file.run = reglue("patch", ...file.paths);
		file.outputs = file.paths.map((name) => fs.readFileSync(name));
		file.after = textFiles(file.copy);
	}
	const patched = await loadAll(files.filter((file) => file.run.status === 0));
	for (const file of files) {
		file.patched = patched.get(file.id);
	}
});

/* A refusal names its construct, with a place in the file, and leaves no trace. */
function checkRefusal(file, problems) {
	const code = file.expected.split(":")[1];
	if (file.run.status !== 3) {
		problems.push(`exit ${file.run.status}, expected a refusal (3)`);
	}
	if (code && !file.run.stderr.includes(`[${code}]`)) {
		problems.push(`not refused as [${code}]: ${file.run.stderr}`);
	}
	if (!/^.+:\d+:\d+: .*\[[\w-]+\]$/m.test(file.run.stderr)) {
		problems.push(`no "path:line:col: … [code]" on stderr: ${file.run.stderr}`);
	}
	const changed = changedFiles(file.before, file.after);
	if (changed.length > 0) {
		problems.push(`refused, yet changed ${changed.join(", ")}`);
	}
}

function checkLoad(file, problems) {
	const { published, patched } = file;
	if (file.cannotLoad) {
		// The fact has to stay true, or a load that could be tested goes untested.
		if (!published.error) {
			problems.push(`loads after all, though it ${file.cannotLoad}`);
		}
		return;
	}
	if (published.error) {
		problems.push(`the published file does not load: ${published.error.message}`);
		return;
	}
	if (patched.error) {
		problems.push(`loads as published, not as patched: ${patched.error.name}: ${patched.error.message}`);
		return;
	}
	const same = (what, a, b) => {
		if (JSON.stringify(a) !== JSON.stringify(b)) {
			problems.push(`${what} differ:\n  published ${JSON.stringify(a)}\n  patched   ${JSON.stringify(b)}`);
		}
	};
	same("export names", published.names, patched.names);
	same("names of the wasm exports that init gave", published.wasmNames, patched.wasmNames);
	for (const name of published.names) {
		same(`shapes of ${name}`, published.shapes[name], patched.shapes[name]);
	}
	if (file.noApi) {
		if (patched.api) {
			problems.push(`has __reglue after all, though ${file.noApi}`);
		}
	} else if (!patched.api) {
		problems.push("no __reglue");
	} else if (patched.api.enumerable !== (file.format === "esm")) {
		problems.push(`__reglue is ${patched.api.enumerable ? "" : "not "}enumerable`);
	}
}

function checkPatch(file, problems) {
	if (file.run.status !== 0) {
		problems.push(`exit ${file.run.status}: ${file.run.stdout}${file.run.stderr}`);
		return;
	}
	file.paths.forEach((name, index) => {
		if (file.outputs[index].equals(file.originals[index])) {
			problems.push(`${path.basename(name)} is as before, with exit 0`);
		}
		if (!isInsertOnly(file.originals[index], file.outputs[index])) {
			problems.push(`${path.basename(name)} is not its original with insertions`);
		}
	});
	checkLoad(file, problems);
	const again = reglue("patch", ...file.paths);
	const moved = changedFiles(file.after, textFiles(file.copy));
	if (again.status !== 0 || moved.length > 0) {
		problems.push(`a second patch: exit ${again.status}, changes ${moved.join(", ") || "nothing"}`);
	}
	const check = reglue("check", ...file.paths);
	if (check.status !== 0) {
		problems.push(`check after patch: exit ${check.status}: ${check.stdout}${check.stderr}`);
	}
	const revert = reglue("revert", ...file.paths);
	const left = changedFiles(file.before, textFiles(file.copy));
	if (revert.status !== 0 || left.length > 0) {
		problems.push(`revert: exit ${revert.status}, differs in ${left.join(", ") || "nothing"}: ${revert.stderr}`);
	}
}

for (const file of files) {
	test(`${file.name}: ${file.expected}`, () => {
		const problems = [];
		if (file.expected.startsWith("refused")) {
			checkRefusal(file, problems);
		} else {
			checkPatch(file, problems);
		}
		if (problems.length > 0) {
			assert.fail(problems.join("\n"));
		}
	});
}
