// Bad call, good call, bad call, good call, on one package in one process.
//   node child.mjs calls  CASE GLUE ROUNDS          every round, word for word
//   node --expose-gc child.mjs rounds CASE GLUE ROUNDS [leak]   counts, and memory on the way
//   node child.mjs async  GLUE                      @swc/wasm's promise-returning export
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { findCase } from "./cases.mjs";
import { answer, describeError, faultClass } from "./lib.mjs";

const require = createRequire(import.meta.url);
const [program, ...parameters] = process.argv.slice(2);

async function load({ file, wasm }, glue) {
	if (!wasm) {
		return require(glue);
	}
	const module = await import(pathToFileURL(glue));
	module.initSync({ module: fs.readFileSync(path.join(glue.slice(0, -file.length), wasm)) });
	return module;
}

/*
 * One round. A held object is of no use once its instance is gone: where it says so by name, the
 * good call is owed on an object made anew. Any other error is the good call's failure.
 */
function round(one, glue, held) {
	const result = { bad: null, good: undefined, failure: null, stale: 0 };
	try {
		one.bad(glue, held.object);
	} catch (error) {
		result.bad = describeError(error);
	}
	for (;;) {
		try {
			result.good = JSON.stringify(one.good(glue, held.object));
			return result;
		} catch (error) {
			if (error?.name === "StaleObjectError" && one.make && result.stale === 0) {
				result.stale = 1;
				held.object = one.make(glue);
				continue;
			}
			result.failure = describeError(error);
			return result;
		}
	}
}

async function calls(name, file, count) {
	const one = findCase(name);
	const glue = await load(one, file);
	const held = { object: one.make?.(glue) };
	answer({ reference: JSON.stringify(one.good(glue, held.object)) });
	for (let n = 0; n < Number(count); n++) {
		const result = round(one, glue, held);
		if (result.failure && one.make) {
			// Dead is dead only if a new object does not help.
			try {
				held.object = one.make(glue);
				one.good(glue, held.object);
				result.failure = null;
			} catch (error) {
				result.failure = describeError(error);
			}
		}
		answer(result);
	}
	answer({ generation: glue.__reglue?.generation ?? null, state: glue.__reglue?.state ?? null });
}

/* What is left when everything unreachable is gone. `external` counts wasm memories, which are far
   larger than what they touch; the turns in between let finalizers run. */
async function settledMemory() {
	for (let turn = 0; turn < 2; turn++) {
		globalThis.gc();
		await new Promise((resolve) => setImmediate(resolve));
	}
	const { rss, external, heapUsed } = process.memoryUsage();
	return { rss, external, heapUsed };
}

async function rounds(name, file, count, leak) {
	const one = findCase(name);
	const glue = await load(one, file);
	// The limit on recoveries a minute is for programs that crash-loop. This one does so by design.
	glue.__reglue?.configure({ budget: 0 });
	const held = { object: one.make?.(glue) };
	const reference = JSON.stringify(one.good(glue, held.object));
	const total = { rounds: 0, good: 0, failures: [], wrong: [], bad: {}, stale: 0, milliseconds: 0, memory: [] };
	const kept = [];
	const samples = 24;
	const start = performance.now();
	for (let sample = 1; sample <= samples; sample++) {
		for (const until = Math.round((Number(count) * sample) / samples); total.rounds < until; total.rounds++) {
			const result = round(one, glue, held);
			total.stale += result.stale;
			const what = result.bad === null ? "returned" : faultClass(result.bad);
			total.bad[what] = (total.bad[what] ?? 0) + 1;
			if (result.failure) {
				total.failures.push({ round: total.rounds, ...result.failure });
			} else if (result.good === reference) {
				total.good++;
			} else {
				total.wrong.push({ round: total.rounds, good: result.good });
			}
			if (leak) {
				kept.push(glue.__wasm.memory);
			}
			if (total.failures.length + total.wrong.length > 20) {
				// Dead: more rounds tell nothing new, and a collection might end the process, for the
				// finalizers of a dead package trap as well.
				answer(total);
				return;
			}
		}
		total.memory.push(await settledMemory());
	}
	total.milliseconds = performance.now() - start;
	total.generation = glue.__reglue?.generation ?? null;
	answer(total);
}

/* The fault happens in a microtask, where nobody can catch it. */
async function asynchronous(file) {
	const swc = require(file);
	let uncaught = null;
	process.on("uncaughtException", (error) => (uncaught = describeError(error)));
	const deep = "(".repeat(60_000) + ")".repeat(60_000);
	const transform = async (code) => {
		try {
			const hang = new Promise((resolve) => setTimeout(resolve, 2000, "pending"));
			const value = await Promise.race([swc.transform(code, {}), hang]);
			return value === "pending" ? { pending: true } : { value };
		} catch (error) {
			return { error: describeError(error), cause: error?.cause ? describeError(error.cause) : null };
		}
	};
	const answers = {
		first: await transform("let a=1"),
		bad: await transform(deep),
		next: await transform("let a=1"),
	};
	answer({ ...answers, uncaught, generation: swc.__reglue?.generation ?? null });
}

await { calls, rounds, async: asynchronous }[program](...parameters);
process.exit(0);
