// node workerd.mjs [FILE…]: rule tests in workerd, each file in a worker of its own; TAP on stdout.
// RECOVERY_CELLS as ever.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { allCells, wish } from "../recovery/host.mjs";
import * as site from "./site.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const workerd = path.join(here, "node_modules/@cloudflare/workerd-linux-64/bin/workerd");
const files = process.argv.length > 2 ? process.argv.slice(2) : site.ruleTests;
const root = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-workerd-"));
process.on("exit", () => fs.rmSync(root, { recursive: true, force: true }));

const copies = 40; // of each glue: more than one file of tests loads
const shared = [
	...["assert", "chai", "engine", "host", "test"].map(name => `engines/web/${name}.mjs`),
	"recovery/lib.mjs",
	"recovery/trace.mjs",
];

/* Writes a file, gives a module that is it. */
function module(name, kind, text, file = name) {
	fs.mkdirSync(path.join(root, path.dirname(file)), { recursive: true });
	fs.writeFileSync(path.join(root, file), text);
	return `(name = "${name}", ${kind} = embed "${file}")`;
}

function modules(file) {
	const kinds = site.kinds(file);
	const cells = site.webCells(file);
	const wasm = [...new Set(cells.map(cell => cell.module))];
	const deployed = `${wasm.map((name, i) => `import m${i} from "/wasm/${name}";`).join("\n")}
export const modules = {${wasm.map((name, i) => `"${name}": m${i}`)}};
export const kinds = ${JSON.stringify(kinds)};
export const wish = ${JSON.stringify(wish)};
export const allCells = ${JSON.stringify(allCells)};
`;
	const glue = (cell, k) => {
		const at = `glue/${k}/${cell.path}`;
		const text = fs.readFileSync(site.glue(cell, kinds[k]));
		return Array.from({ length: copies }, (_, i) =>
			module(`${at}/${i + 1}.mjs`, "esModule", text, `${at}.mjs`),
		);
	};
	return [
		module("main.mjs", "esModule", main(file)),
		...shared.map(name => module(name, "esModule", site.text(name, "workerd"))),
		module(`recovery/${file}`, "esModule", site.text(`recovery/${file}`, "workerd")),
		module("engines/web/deployed.mjs", "esModule", deployed),
		...wasm.map(name => module(`wasm/${name}`, "wasm", fs.readFileSync(path.join(site.fixtures, name)))),
		...cells.flatMap(cell => kinds.flatMap((_, k) => glue(cell, k))),
	];
}

const main = file => `import { runTests } from "./engines/web/test.mjs";
import "./recovery/${file}";
export default {
	async test() {
		await runTests(line => console.log(line));
	},
};
`;

function run(file) {
	fs.writeFileSync(
		path.join(root, "config.capnp"),
		`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [(name = "main", worker = .worker)],
	v8Flags = ["--expose-gc"],
);
const worker :Workerd.Worker = (
	compatibilityDate = "2026-11-01",
	modules = [
		${modules(file).join(",\n\t\t")}
	],
);
`,
	);
	const { stdout, stderr, status, error } = spawnSync(workerd, ["test", "config.capnp"], {
		cwd: root,
		encoding: "utf8",
		timeout: 600_000,
		maxBuffer: 1 << 26,
	});
	process.stdout.write(stdout ?? "");
	process.stderr.write(stderr ?? "");
	if (status !== 0 || !/^1\.\.\d+$/m.test(stdout)) {
		console.log(`not ok - ${file}: workerd ended with ${error?.message ?? status}`);
	}
}

files.forEach(run);
