// What bundlers make of an imported wasm, as hooks for Node's own loader, so that the output for bundlers
// can be run as it stands. The instance is made by `WebAssembly.Instance`, where injector.mjs sees it.
//   import * as wasm from "./x.wasm"        the exports; "./x" without the extension, too (before 0.2.40)
//   import init from "./x.wasm?init"        Vite's function
//   import url from "./x.wasm?url"          the place
//   import source module from "./x.wasm"    left to Node
import fs from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

const isFile = (url) => fs.existsSync(url) && fs.statSync(url).isFile();

/* What bundlers add to a specifier so that it names a file; undefined if nothing helps. */
function missingEnd(specifier, parent, required) {
	const { href } = new URL(specifier, parent);
	const ends = required ? ["", ".js", ".wasm"] : ["", ".wasm", ".js"]; // Node itself, or webpack 4
	return [...ends, "/index.js"].find((end) => isFile(new URL(href + end)));
}

const takesSource = (parent, specifier) =>
	fs.readFileSync(new URL(parent), "utf8").split("\n")
		.some((line) => /^import source /.test(line) && line.includes(specifier));

function exportsOf(file) {
	const wasm = new WebAssembly.Module(fs.readFileSync(file));
	const modules = [...new Set(WebAssembly.Module.imports(wasm).map((one) => one.module))];
	const quoted = modules.map((name) => JSON.stringify(name));
	return `import fs from "node:fs";
${quoted.map((name, i) => `import * as i${i} from ${name};`).join("\n")}
const module = new WebAssembly.Module(fs.readFileSync(${JSON.stringify(file)}));
const { exports } = new WebAssembly.Instance(module, { ${quoted.map((name, i) => `${name}: i${i}`).join(", ")} });
${WebAssembly.Module.exports(wasm).map(({ name }, i) =>
		`const e${i} = exports[${JSON.stringify(name)}];\nexport { e${i} as ${JSON.stringify(name)} };`).join("\n")}`;
}

const sources = {
	exports: exportsOf,
	init: (file) => `import fs from "node:fs";
export default async (imports) =>
	(await WebAssembly.instantiate(fs.readFileSync(${JSON.stringify(file)}), imports)).instance;`,
	url: (file) => `export default ${JSON.stringify(file)};`,
};

module.registerHooks?.({
	resolve(specifier, context, next) {
		const parent = context.parentURL ?? "";
		if (!/^\.\.?\//.test(specifier) || !parent.startsWith("file:")) {
			return next(specifier, context);
		}
		const [plain, query = "exports"] = specifier.split("?");
		const whole = plain + (missingEnd(plain, parent, context.conditions?.includes("require")) ?? "");
		if (!whole.endsWith(".wasm") || takesSource(parent, specifier)) {
			return next(whole === plain ? specifier : whole, context);
		}
		return { url: `${new URL(whole, parent)}?${query}`, format: "module", shortCircuit: true };
	},
	load(url, context, next) {
		const [, place, query] = /^(file:.*\.wasm)\?(\w+)$/.exec(url) ?? [];
		return place && sources[query]
			? { format: "module", source: sources[query](fileURLToPath(place)), shortCircuit: true }
			: next(url, context);
	},
});
