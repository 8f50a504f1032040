// Loads a list of glue files, one after the other, and says what each exports. Run in a child of
// its own: published glue may print, keep timers, or bring the process down.
//   node corpus-child.mjs LIST.json     LIST: [{ id, file, wasm, target, format }]
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { answer, describeError } from "./lib.mjs";

const require = createRequire(import.meta.url);

/* Properties as `name`, `name(length)` for a function, or `name get set` for an accessor. */
function members(object) {
	return Reflect.ownKeys(object).map((key) => {
		const { value, get, set } = Object.getOwnPropertyDescriptor(object, key);
		const call = typeof value === "function" ? `(${value.length})` : "";
		return `${String(key)}${call}${get ? " get" : ""}${set ? " set" : ""}`;
	});
}

/* What a program can see of an export without calling it. Class statics that the language puts in
   (`prototype`, `length`, `name`) are there on both sides and cancel out. */
function shape(value) {
	if (typeof value !== "function") {
		return typeof value;
	}
	const own = `function ${value.name}(${value.length}) ${members(value).join(", ")}`;
	return value.prototype ? `${own} { ${members(value.prototype).join(", ")} }` : own;
}

/* Web glue waits for its wasm. Bytes are what every era takes; the option object came in 0.2.93. */
function initialize(glue, bytes) {
	const init = glue.initSync ?? glue.default ?? glue.initWasm;
	const takesObject = /Object\.getPrototypeOf\(module/.test(String(init));
	return init(takesObject ? { module: bytes, module_or_path: bytes } : bytes);
}

async function load({ file, wasm, target, format }) {
	const glue = format === "cjs" ? require(file) : await import(pathToFileURL(file));
	return { glue, exports: target === "web" ? await initialize(glue, fs.readFileSync(wasm)) : undefined };
}

// A module's own start-up work may fail later on; the question here is only whether it loads.
process.on("uncaughtException", () => {});
process.on("unhandledRejection", () => {});
for (const entry of JSON.parse(fs.readFileSync(process.argv[2], "utf8"))) {
	const result = { id: entry.id };
	try {
		const { glue, exports } = await load(entry);
		result.names = Object.keys(glue).filter((name) => name !== "__reglue");
		result.shapes = Object.fromEntries(result.names.map((name) => [name, shape(glue[name])]));
		result.wasmNames = exports ? Object.keys(exports) : null;
		const api = Object.getOwnPropertyDescriptor(glue, "__reglue");
		result.api = api ? { enumerable: api.enumerable, generation: glue.__reglue.generation } : null;
	} catch (error) {
		result.error = describeError(error);
	}
	answer(result);
}
process.exit(0);
