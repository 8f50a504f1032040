// Recoveries of a module of 3.6 MB, in the oldest Node.js and in the newest: what stays after a full
// collection does not grow. RECOVERIES=1000 is the full run, two minutes.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { findCase } from "./cases.mjs";
import { copyPackage, here, patch, runChild, temporaryDirectory } from "./lib.mjs";

const root = temporaryDirectory();
const count = Number(process.env.RECOVERIES ?? 200);
const one = findCase("loro-crdt 1.17.1");
copyPackage(one.directory, root);
const glue = path.join(root, one.directory, one.file);
patch(glue);

const MB = 1 << 20;
const nodes = {
	"this Node.js": process.execPath,
	"Node.js 26": path.join(here, "../engines/node_modules/node26/bin/node"),
};

for (const [name, node] of Object.entries(nodes)) {
	test(`R5: ${count} recoveries of ${one.name} leave no growth (${name})`, async t => {
		const module = glue.replace(/\.js$/, "_bg.wasm");
		assert.ok(fs.statSync(module).size > 3 * MB);
		const child = await runChild("memory-child.mjs", [one.name, glue, count], {
			flags: ["--expose-gc"],
			timeout: 900_000,
			node,
		});
		assert.equal(child.status, 0, `the child ended with ${child.status ?? child.signal}: ${child.stderr}`);
		const { version, generation, memory, milliseconds } = child.lines[0];
		assert.equal(generation, count);
		const quarter = memory.length / 4;
		for (const [measure, tolerance] of Object.entries({ external: 4, arrayBuffers: 4, heapUsed: 4, rss: 32 })) {
			const values = memory.map(sample => sample[measure] / MB);
			const grown = Math.min(...values.slice(-quarter)) - Math.max(...values.slice(0, quarter));
			t.diagnostic(`${version}: ${measure} ${values.at(-1).toFixed(1)} MB, growth ${grown.toFixed(2)} MB`);
			assert.ok(grown <= tolerance, `${measure} grew by ${grown.toFixed(1)} MB: ${values.map(v => v.toFixed(1))}`);
		}
		t.diagnostic(`${(milliseconds / count).toFixed(2)} ms a recovery`);
	});
}
