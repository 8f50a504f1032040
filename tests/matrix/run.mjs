// Runs the scenario on cells that are patched already, in this engine: `run.mjs list.json`. A line of
// JSON for each cell, as soon as it is done; whoever started this knows by it where a crash happened.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { check } from "./scenario.mjs";

const require = createRequire(import.meta.url);
const { copies, jobs } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
let loads = 0;

const takesObject = text => /\(\{ ?module_or_path\b[^}]*\} = module_or_path\)/.test(text);
const fileOf = (directory, name = "reglue_fixture.js") => path.join(directory, name);

/* Glue that keeps itself in a second file is new only in a new place. */
function importCopy(directory) {
	const place = path.join(copies, `${process.pid}-${++loads}`);
	fs.cpSync(directory, place, { recursive: true, dereference: true });
	return import(String(pathToFileURL(fileOf(place))));
}

/* Each gives the glue's module and, where it shows one, its exports object. */
const loaders = {
	nodejs({ directory }) {
		const file = fs.realpathSync(fileOf(directory));
		delete require.cache[file];
		const m = require(file);
		return { m, face: m.__wasm };
	},
	async web({ directory, module }) {
		const file = fileOf(directory);
		const m = await import(`${pathToFileURL(file)}?load=${++loads}`);
		const argument = takesObject(fs.readFileSync(file, "utf8")) ? { module_or_path: module } : module;
		return { m, face: await m.default(argument) };
	},
	async "experimental-nodejs-module"({ directory }) {
		const m = await importCopy(directory);
		return { m, face: m.__wasm };
	},
	deno: async ({ directory }) => ({ m: await import(`${pathToFileURL(fileOf(directory))}?load=${++loads}`) }),
	module: async ({ directory }) => ({ m: await importCopy(directory) }),
	bundler: async ({ directory }) => ({ m: await importCopy(directory) }),
};

// Where a release frees consumed objects twice, by their finalizers, its memory is soon in ruins, patched
// or not. There only the class that the scenario watches is left to the collector.
const Registry = globalThis.FinalizationRegistry;
const kept = [];
class WarilyRegistry extends Registry {
	register(object, ...rest) {
		if (object?.constructor?.name !== "Tracked") {
			kept.push(object);
		}
		super.register(object, ...rest);
	}
}

const uncaught = [];
const note = e => uncaught.push(e?.stack ?? String(e));
process.on("uncaughtException", note);
process.on("unhandledRejection", note);
if (globalThis.Deno !== undefined) {
	for (const type of ["error", "unhandledrejection"]) {
		addEventListener(type, event => {
			event.preventDefault();
			note(event.reason ?? event.error);
		});
	}
}
console.error = () => {}; // where the module's panic hook writes

for (const { cell, directory, original, heals } of jobs) {
	const say = result => fs.writeSync(1, `${JSON.stringify({ path: cell.path, ...result })}\n`);
	let module;
	try {
		module = new WebAssembly.Module(fs.readFileSync(fileOf(directory, "reglue_fixture_bg.wasm")));
	} catch {
		say({ unfit: "cannot compile the module" });
		continue;
	}
	const wanted = WebAssembly.Module.imports(module).map(({ name }) => name);
	if (WebAssembly.JSTag === undefined && wanted.includes("__wbindgen_jstag")) {
		say({ unfit: "has no WebAssembly.JSTag" });
		continue;
	}
	globalThis.FinalizationRegistry = cell.features.includes("frees-twice") ? WarilyRegistry : Registry;
	kept.length = 0;
	let unpatched;
	const load = async () => {
		const hooks = {};
		globalThis.__fixture_hooks = hooks;
		unpatched ??= (await loaders[cell.target]({ directory: original, module, cell })).m;
		const glue = await loaders[cell.target]({ directory, module, cell });
		const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
		return { ...glue, api: glue.m.__reglue, exported, original: unpatched, hooks, uncaught };
	};
	const started = performance.now();
	const results = await check(cell, { load, heals, gc: globalThis.gc });
	say({ results, ms: Math.round(performance.now() - started) });
}
process.exit(0);
