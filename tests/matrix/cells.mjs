// Every cell of ../../fixtures, copied and patched as a user would patch a tree of bindings, in one run of
// the tool; and what the tool said about each.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const fixtures = path.join(here, "../../fixtures");

export const minor = ({ release }) => Number(release.split(".")[2]);

/* MATRIX_CELLS takes the cells whose path contains it; without it, all. */
export const cells = JSON.parse(fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"))
	.cells.filter(cell => cell.path.includes(process.env.MATRIX_CELLS ?? ""));

function reglue(...args) {
	const tool = path.resolve(process.env.REGLUE ?? path.join(here, "../../build/reglue"));
	const run = spawnSync(tool, args, { encoding: "utf8", timeout: 300_000, maxBuffer: 1 << 28 });
	if (run.error) {
		throw new Error(`${tool}: ${run.error.message}: build it, or set REGLUE`);
	}
	return run;
}

/* A cell's files in `root`, its module as a link. */
function copy(cell, root) {
	const from = path.join(fixtures, cell.path);
	const to = path.join(root, cell.path);
	fs.cpSync(from, to, { recursive: true, filter: file => !file.endsWith(".wasm") });
	fs.symlinkSync(path.join(fixtures, cell.module), path.join(to, "reglue_fixture_bg.wasm"));
	return to;
}

const scripts = cell => cell.files.filter(file => /\.[cm]?js$/.test(file));

/* What the tool says of each file below `root`, by path. */
function look(root, ...args) {
	const report = path.join(root, "report.json");
	const run = reglue(...args, "-r", "-q", "--report", report, root);
	if (![0, 3].includes(run.status)) {
		throw new Error(`reglue ${args.join(" ")}: status ${run.status}: ${run.stderr.slice(0, 2000)}`);
	}
	const { files } = JSON.parse(fs.readFileSync(report, "utf8"));
	fs.rmSync(report);
	return new Map(files.map(file => [path.resolve(file.path), file]));
}

/* Where two files differ, or an empty text. */
const unlike = (a, b) => (fs.readFileSync(a).equals(fs.readFileSync(b)) ? "" : `${path.basename(a)} differs`);

/*
 * Patches all cells in `root`. For each: { cell, directory, refused: [{ code, message }], heals, again,
 * reverted }. The last two are true or what went wrong: patching a second time changes nothing, and
 * reverting gives the original bytes.
 */
export function prepare(root) {
	const patched = path.join(root, "patched");
	const reverted = path.join(root, "reverted");
	const directories = cells.map(cell => copy(cell, patched));
	const first = look(patched, "patch");
	fs.cpSync(patched, reverted, { recursive: true, verbatimSymlinks: true });
	const second = look(patched, "patch");
	reglue("revert", "-r", "-q", reverted);
	return cells.map((cell, i) => {
		const files = scripts(cell).map(name => ({ name, said: first.get(path.join(directories[i], name)) }));
		const refused = files.flatMap(({ said }) => [...(said?.refusals ?? []), ...(said?.errors ?? [])]);
		const isPatched = files.some(({ said }) => said?.verdict === "patched");
		if (!isPatched && refused.length === 0) {
			refused.push({ code: "skipped", message: "nothing in this cell was taken for glue" });
		}
		const changed = files.filter(({ name, said }) => said?.verdict === "patched" &&
			second.get(path.join(directories[i], name))?.verdict !== "unchanged");
		const differ = files.map(({ name }) =>
			unlike(path.join(reverted, cell.path, name), path.join(fixtures, cell.path, name)));
		return {
			cell,
			directory: directories[i],
			original: path.join(fixtures, cell.path),
			refused: refused.map(({ code, message }) => ({ code, message })),
			untouched: refused.length === 0 || files.every(({ name }) =>
				unlike(path.join(directories[i], name), path.join(fixtures, cell.path, name)) === ""),
			heals: files.some(({ said }) => said?.heals_shadow_stack),
			again: changed.length === 0 || `patched again, ${changed[0].name} changes`,
			reverted: differ.join("") || true,
		};
	});
}
