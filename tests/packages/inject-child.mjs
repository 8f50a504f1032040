// Finds calls of a published package that give the same answer each time, or repeats such calls on the
// patched package while raw exports trap at random.
//   node --expose-gc inject-child.mjs discover ENTRY.json
//   node --expose-gc inject-child.mjs rounds ENTRY.json ROUNDS
// ENTRY: { file, wasm, format, calls?, seconds?: after which no more rounds are begun }
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import "./wasm-imports.mjs";
import { injector } from "./injector.mjs";
import { answer, describeError } from "./lib.mjs";

const [mode, list, count] = process.argv.slice(2);
const entry = JSON.parse(fs.readFileSync(list, "utf8"));
const require = createRequire(import.meta.url);
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});

/* ---- as much of a browser as glue asks for */

function pretendBrowser() {
	const { fetch } = globalThis;
	const base = pathToFileURL(entry.file).href;
	globalThis.self ??= globalThis;
	globalThis.window ??= globalThis;
	globalThis.location ??= { href: base, origin: "file://", protocol: "file:", search: "" };
	globalThis.document ??= {
		baseURI: base,
		currentScript: { src: base, tagName: "SCRIPT" },
		createElement: () => ({ style: {}, appendChild() {}, setAttribute() {} }),
		querySelector: () => null,
		querySelectorAll: () => [],
		getElementsByTagName: () => [],
		addEventListener() {},
		head: { appendChild() {} },
	};
	globalThis.XMLHttpRequest ??= FileRequest;
	globalThis.fetch = (input, ...rest) => {
		const url = String(input?.url ?? input);
		if (!/\.wasm($|\?)/.test(url) || !entry.wasm) {
			return fetch(input, ...rest);
		}
		return Promise.resolve(new Response(fs.readFileSync(entry.wasm), {
			headers: { "Content-Type": "application/wasm" },
		}));
	};
}

/* Such a request cannot wait: XMLHttpRequest as far as loaders use it to read a file at once. */
class FileRequest {
	status = 0;
	open(method, url) {
		this.url = url;
	}
	overrideMimeType() {}
	send() {
		this.responseText = fs.readFileSync(fileURLToPath(this.url), "latin1");
	}
}

/* ---- loading */

/* Bytes are what every era's init takes; the option object came in 0.2.93. A bundle that has its wasm
   inside takes nothing. */
async function initialize(glue) {
	const main = typeof glue.default === "object" && glue.default !== null ? glue.default : glue;
	const all = { ...glue, ...main };
	const bytes = entry.wasm ? fs.readFileSync(entry.wasm) : undefined;
	const likely = Object.keys(all).filter((name) => /^default$|init|load|setup/i.test(name) &&
		typeof all[name] === "function" && !isClass(all[name]));
	likely.sort((a, b) => (b === "initSync") - (a === "initSync"));
	for (const name of likely) {
		for (const args of [[{ module: bytes, module_or_path: bytes }], [bytes], []]) {
			if (injector.instances > 0 || (args.length > 0 && !bytes)) {
				continue;
			}
			try {
				const result = await limit(all[name](...args));
				if (result && typeof result === "object" && !("memory" in result)) {
					Object.assign(all, result);
				}
			} catch {
				// The next form.
			}
		}
	}
	return all;
}

const NO_ANSWER = "no answer within 2 seconds";
const limit = (promise) => Promise.race([promise, new Promise((resolve, reject) => {
	setTimeout(reject, 2000, new Error(NO_ANSWER));
})]);

async function load() {
	pretendBrowser();
	const glue = entry.format === "cjs" ? require(entry.file) : await import(pathToFileURL(entry.file));
	const usable = injector.instances > 0 ? glue : await initialize(glue);
	return { glue, usable };
}

/* ---- calls */

function isClass(value) {
	return typeof value === "function" && value.prototype !== undefined &&
		(/^class\b/.test(Function.prototype.toString.call(value)) ||
			Reflect.ownKeys(value.prototype).length > 1);
}

/* What a value looks like to somebody who compares: objects of Rust by their class. */
function show(value, depth = 0) {
	if (typeof value === "function" || typeof value === "symbol") {
		return typeof value;
	}
	if (typeof value === "bigint") {
		return `${value}n`;
	}
	if (typeof value !== "object" || value === null) {
		return value === undefined ? "undefined" : value;
	}
	if ("__wbg_ptr" in value || "ptr" in value) {
		return `object ${value.constructor.name}`;
	}
	if (ArrayBuffer.isView(value)) {
		return `${value.constructor.name} ${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("hex").slice(0, 400)}`;
	}
	if (value instanceof Error) {
		return `${value.name}: ${value.message}`;
	}
	if (depth > 4) {
		return "…";
	}
	return Array.isArray(value) ? value.slice(0, 50).map((one) => show(one, depth + 1))
		: Object.fromEntries(Object.entries(value).slice(0, 50).map(([key, one]) => [key, show(one, depth + 1)]));
}

const pools = [
	["a", "b", "c", "d"], [1, 2, 3, 4], [], ["{}", "{}", "{}"], ["#fff", "#000", 1],
	[new Uint8Array([1, 2, 3, 4]), new Uint8Array([5]), 1, 1], ["SELECT 1", 1, 1], [true, true],
	["1", "2"], [1n, 2n], [{}, {}], ["let a = 1", {}, {}], ["generic", "SELECT 1"],
	[new Uint8Array(32), new Uint8Array(32), new Uint8Array(32)], ["0".repeat(256)],
];

/* One call, as text. An error that Rust returns is an answer, too; a trap is none. */
async function perform(glue, call) {
	const owned = [];
	const own = (value) => {
		if (value && typeof value === "object" && typeof value.free === "function" && !owned.includes(value)) {
			owned.push(value);
		}
		return value;
	};
	const args = pools[call.pool];
	const answers = [];
	const step = async (f) => {
		try {
			const value = own(await limit(f()));
			answers.push(show(value));
			return value;
		} catch (error) {
			if (error instanceof WebAssembly.RuntimeError || error?.name === "StaleObjectError" ||
				error?.name === "PoisonedError" || error?.name === "ExhaustedError") {
				throw error;
			}
			// Rust puts the stacks of JS errors into texts of its own; ours have other frames.
			const [name, text] = [error?.name ?? error, error?.message ?? error].map((one) => String(one).split(/\n\s+at /)[0]);
			answers.push(`throws ${name}: ${text.slice(0, 200)}`);
			return undefined;
		}
	};
	try {
		const target = glue[call.export];
		if (call.kind === "function") {
			await step(() => target(...args.slice(0, call.arity)));
		} else if (call.kind === "static") {
			await step(() => target[call.member](...args.slice(0, call.arity)));
		} else {
			const object = call.kind === "new" ? await step(() => new target(...args.slice(0, call.arity)))
				: await step(() => target[call.member](...args.slice(0, call.arity)));
			for (const member of object ? call.members : []) {
				await step(() => (typeof object[member] === "function" ? object[member]() : object[member]));
			}
		}
	} finally {
		for (const object of owned) {
			try {
				object.free();
			} catch {
				// Moved into Rust by a call.
			}
		}
	}
	return JSON.stringify(answers);
}

const ownNames = (object) => Object.getOwnPropertyNames(object)
	.filter((name) => !/^(__|length$|name$|prototype$|constructor$|free$|arguments$|caller$)/.test(name));

/* Names that stop the world, go to the network, or change what later calls see. */
const unsafe = /worker|thread|fetch|connect|sleep|exit|panic|random|generate|new_?key|keypair|seed|now|time|date|uuid|start|init|set_|log|main|run|free|drop|shutdown|default$/i;

function* candidates(glue) {
	for (const name of ownNames(glue)) {
		const value = glue[name];
		if (typeof value !== "function" || unsafe.test(name)) {
			continue;
		}
		if (!isClass(value)) {
			for (let pool = 0; pool < pools.length; pool++) {
				yield { export: name, kind: "function", arity: Math.max(value.length, 1), pool };
			}
			continue;
		}
		const members = ownNames(value.prototype).filter((member) => {
			const { value: method, get } = Object.getOwnPropertyDescriptor(value.prototype, member);
			return (get || method?.length === 0) && !unsafe.test(member);
		}).slice(0, 12);
		for (let pool = 0; pool < 6; pool++) {
			yield { export: name, kind: "new", arity: value.length, pool, members };
		}
		for (const member of ownNames(value)) {
			if (typeof value[member] === "function" && !unsafe.test(member)) {
				for (const pool of [0, 1, 5]) {
					yield { export: name, kind: "make", member, arity: value[member].length, pool, members };
				}
			}
		}
	}
}

async function discover(glue) {
	const found = [];
	const seen = new Map(); // export or class.member => kept
	const end = Date.now() + 15_000;
	for (const call of candidates(glue)) {
		const key = `${call.export}.${call.member ?? call.kind}`;
		if ((seen.get(key) ?? 0) >= 1 || found.length >= 24 || Date.now() > end) {
			continue;
		}
		try {
			answer({ trying: call });
			injector.calls = new Map();
			const first = await perform(glue, call);
			const { calls } = injector;
			injector.calls = null;
			calls.delete("__wbindgen_add_to_stack_pointer"); // adds two numbers: nothing in it can trap
			if (![...calls.keys()].some((name) => !name.startsWith("__")) || first.length > 20_000 ||
				first.includes(NO_ANSWER)) {
				continue;
			}
			const same = await perform(glue, call) === first && await perform(glue, call) === first;
			if (same) {
				seen.set(key, 1);
				found.push({ ...call, expected: first, raw: [...calls] });
			}
		} catch {
			// A trap: the instance may be broken from here on. What was found so far stands.
			if (found.length > 0) {
				break;
			}
		}
	}
	return found;
}

/* A sequence of numbers that is the same in each run. */
function randomNumbers(seed) {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1103515245) + 12345) >>> 0;
		return Math.floor((state / 2 ** 32) * below);
	};
}

async function rounds(glue, api, calls, total) {
	const result = { rounds: 0, thrown: 0, returned: 0, other: {}, wrong: [], failures: [] };
	const random = randomNumbers(7);
	const end = entry.seconds === undefined ? Infinity : performance.now() + 1000 * entry.seconds;
	api?.configure({ budget: 0 });
	for (; result.rounds < total && performance.now() < end; result.rounds++) {
		const call = calls[random(calls.length)];
		const [name, times] = call.raw[random(call.raw.length)];
		injector.armed = { name, skip: random(times), after: random(2) === 1 };
		const { fired } = injector;
		try {
			await perform(glue, call);
			result.returned++;
		} catch (error) {
			if (error instanceof WebAssembly.RuntimeError) {
				result.thrown++;
			} else {
				result.other[error?.name] = (result.other[error?.name] ?? 0) + 1;
			}
		}
		injector.armed = null;
		result.fired = (result.fired ?? 0) + (injector.fired - fired);
		for (const next of [call, calls[random(calls.length)]]) {
			try {
				const got = await perform(glue, next);
				if (got !== next.expected && result.wrong.length < 5) {
					result.wrong.push({ round: result.rounds, after: name, call: `${next.export}.${next.member ?? ""}`,
						got: got.slice(0, 300), expected: next.expected.slice(0, 300) });
				}
			} catch (error) {
				if (result.failures.length < 5) {
					result.failures.push({ round: result.rounds, after: name,
						call: `${next.export}.${next.member ?? ""}`, ...describeError(error) });
				}
			}
		}
		if (result.rounds % 100 === 99) {
			globalThis.gc();
			await new Promise((resolve) => setImmediate(resolve));
		}
	}
	return { ...result, generation: api?.generation ?? null, instances: injector.instances };
}

try {
	const { glue, usable } = await load();
	const names = Object.keys(glue).filter((name) => !/^__reglue\d*$/.test(name)).sort();
	answer({ loaded: true, names, instances: injector.instances, api: "__reglue" in glue });
	if (mode === "discover") {
		answer({ calls: await discover(usable) });
	} else {
		const different = [];
		for (const call of entry.calls) {
			const got = await perform(usable, call).catch((error) => `threw ${error?.name}: ${error?.message}`);
			if (got !== call.expected) {
				different.push({ call: `${call.export}.${call.member ?? ""}`, got: got.slice(0, 200), expected: call.expected.slice(0, 200) });
			}
		}
		answer({ different });
		answer({ total: await rounds(usable, glue.__reglue ?? glue.default?.__reglue, entry.calls, Number(count)) });
	}
} catch (error) {
	answer({ error: describeError(error), at: String(error?.stack).split("\n")[1]?.trim().replace(fileURLToPath(new URL(".", import.meta.url)), "") });
}
process.exit(0);
