// node --expose-gc memory-child.mjs CASE GLUE COUNT: so many recoveries, and memory on the way.
import { createRequire } from "node:module";
import { findCase } from "./cases.mjs";
import { answer } from "./lib.mjs";

const [name, file, count] = process.argv.slice(2);
const one = findCase(name);
const glue = createRequire(import.meta.url)(file);
const samples = 20;

async function settled() {
	for (let i = 0; i < 3; i++) {
		globalThis.gc();
		await new Promise(done => setTimeout(done, 5));
	}
	const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
	return { rss, heapUsed, external, arrayBuffers };
}

const memory = [];
const started = performance.now();
let object = one.make(glue);
one.good(glue, object);
for (let n = 1; n <= Number(count); n++) {
	try {
		one.bad(glue, object);
	} catch {
		// A fault, which the next call recovers from.
	}
	object = one.make(glue);
	one.good(glue, object);
	if (n % (count / samples) === 0) {
		memory.push(await settled());
	}
	if (n % 10 === 0) {
		await null; // finalizers
	}
}
answer({
	version: process.version,
	generation: glue.__reglue.generation,
	milliseconds: performance.now() - started,
	memory,
});
process.exit(0);
