// The engines that the rule tests run in, besides the Node.js that runs everything: how each is started
// and how what it says is read. Used by tests/run.mjs, which has the group `engines`.
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { browsers } from "./browsers.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const packages = path.join(here, "node_modules");
const recovery = path.relative(process.cwd(), path.join(here, "../recovery"));
const files = fs.readdirSync(recovery).filter(name => name.endsWith(".test.mjs")).sort()
	.map(name => `./${recovery}/${name}`);

/* Unless RECOVERY_CELLS asks for others: an object heap and an externref table, both targets. */
const both = "0.2.83/default/nodejs,0.2.130/default/web";
const web = "0.2.100/heap/web,0.2.130/default/web";
const newest = "0.2.130/default/web"; // a page takes long to open in Firefox and in WebKit

const node = version => ({
	command: path.join(packages, `node${version}/bin/node`),
	args: ["--test", "--test-reporter=tap", ...files],
	cells: both,
});

export const engines = {
	node22: node(22),
	node24: node(24),
	node26: node(26),
	deno: {
		command: path.join(packages, "@deno/linux-x64-glibc/deno"),
		args: ["test", "-A", "--no-check", "--reporter=tap", ...files],
		cells: both,
	},
	bun: {
		command: path.join(packages, "@oven/bun-linux-x64-baseline/bin/bun"),
		args: ["test", "--timeout", "120000"],
		// It runs all files in one process, where the garbage of one slows the others: 330 s instead of 120.
		apart: files,
		cells: both,
		tap: bunTap,
	},
	workerd: { command: process.execPath, args: [path.join(here, "workerd.mjs")], cells: web },
	...Object.fromEntries(Object.keys(browsers).map(name =>
		[name, {
			command: process.execPath,
			args: [path.join(here, "page.mjs"), name],
			cells: name === "chromium" ? web : newest,
		}])),
};

/* Bun has no TAP: a line `(pass) NAME [1.00ms]` for each test, what went wrong before it, and a sum. */
function bunTap(out, err) {
	const lines = [];
	let before = [];
	for (const line of `${out}\n${err}`.split("\n")) {
		const test = /^\((pass|fail|skip)\) (.*?)( \[[\d.]+ms\])?$/.exec(line);
		const sum = /^Ran (\d+) tests? across/.exec(line);
		if (test) {
			const [, how, name] = test;
			lines.push(`${how === "fail" ? "not ok" : "ok"} - ${name}${how === "skip" ? " # SKIP" : ""}`);
			if (how === "fail") {
				lines.push(...before.map(text => `  ${text}`));
			}
			before = [];
		} else if (sum) {
			lines.push(`1..${sum[1]}`);
		} else {
			before.push(line);
		}
	}
	return lines.join("\n");
}
