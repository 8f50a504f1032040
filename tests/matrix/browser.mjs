// Runs the scenario on cells of --target no-modules where such glue is used, in Chromium: on a page, by a
// script tag, and in a worker, by importScripts. `browser.mjs list.json`; says what run.mjs says.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { launch } from "../engines/chromium.mjs";
import { serve } from "../engines/serve.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const engines = path.join(here, "../engines");
const { jobs } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));

/* What both places run when `wasm_bindgen` is there: gives the results. `place` is "page" or "worker". */
async function scenario(number, place) {
	const { check } = await import("/tests/matrix/scenario.mjs");
	const job = await (await fetch(`/job/${number}`)).json();
	const wasm = `/patched/${number}/reglue_fixture_bg.wasm`;
	const module = await WebAssembly.compileStreaming(fetch(wasm));
	const text = await (await fetch(`/original/${number}/reglue_fixture.js`)).text();
	const argument = /\(\{ ?module_or_path\b/.test(text) ? { module_or_path: wasm } : wasm;
	const document = globalThis.document && { currentScript: { src: wasm } }; // 0.2.84 insists on one
	const original = new Function("document", `${text}\n;return wasm_bindgen;`)(document);
	await original(argument);
	const uncaught = [];
	for (const type of ["error", "unhandledrejection"]) {
		addEventListener(type, event => {
			event.preventDefault();
			uncaught.push(String(event.reason ?? event.error ?? event.message));
		});
	}
	console.error = () => {}; // where the module's panic hook writes
	let loaded = false;
	const load = async () => {
		if (loaded) {
			throw new Error("another rule failed before, and a script is loaded once");
		}
		loaded = true;
		const hooks = {};
		globalThis.__fixture_hooks = hooks;
		// 0.2.84 and later know on a page where they come from, and fetch the module that lies there
		const knows = place === "page" && text.includes("script_src");
		const face = await (knows ? wasm_bindgen() : wasm_bindgen(argument));
		const exported = WebAssembly.Module.exports(module).map(({ name }) => name);
		return { m: wasm_bindgen, api: wasm_bindgen.__reglue, face, exported, original, hooks, uncaught };
	};
	return check(job.cell, { load, heals: job.heals, gc: globalThis.gc });
}

const page = number => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script src="/patched/${number}/reglue_fixture.js"></script>
<script>${scenario}
globalThis.results = scenario(${number}, "page");
</script>`;

const worker = number => `importScripts("/patched/${number}/reglue_fixture.js");
${scenario}
scenario(${number}, "worker").then(results => postMessage({ results }), e => postMessage({ error: String(e.stack) }));
`;

const starter = number => `<!doctype html><link rel="icon" href="data:,"><script>
globalThis.results = new Promise((resolve, reject) => {
	const worker = new Worker("/worker/${number}");
	worker.onmessage = ({ data }) => (data.error ? reject(new Error(data.error)) : resolve(data.results));
	worker.onerror = event => reject(new Error(event.message));
});
</script>`;

const types = { ".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm" };
const assertions = { "/assert.mjs": "web/assert.mjs", "/chai.mjs": "node_modules/chai/index.js" };

function answer(name) {
	const [, top, number, ...rest] = name.split("/");
	const job = jobs[number];
	if (top === "job") {
		return ["application/json", JSON.stringify(job)];
	}
	if (top === "page" || top === "starter") {
		return ["text/html", (top === "page" ? page : starter)(number)];
	}
	if (top === "worker") {
		return ["text/javascript", worker(number)];
	}
	if (top === "patched" || top === "original") {
		return [types[path.extname(name)], fs.readFileSync(path.join(top === "patched" ? job.directory : job.original, ...rest))];
	}
	if (assertions[name]) {
		return ["text/javascript", fs.readFileSync(path.join(engines, assertions[name]))];
	}
	const file = path.join(here, "../..", name);
	const text = /^\/(tests\/matrix|fixtures)\/\w+\.mjs$/.test(name) && fs.existsSync(file)
		? fs.readFileSync(file, "utf8").replaceAll('"node:assert/strict"', '"/assert.mjs"') : undefined;
	return ["text/javascript", text];
}

const server = await serve(url => answer(decodeURI(url.pathname)));
const browser = await launch("--js-flags=--expose-gc");

/* A context is a process of its own, and takes the memories that a cell leaves with it. */
async function runIn(kind, number) {
	const context = await browser.newContext();
	try {
		const tab = await context.newPage();
		await tab.goto(`http://127.0.0.1:${server.address().port}/${kind}/${number}`);
		return await tab.evaluate("results");
	} finally {
		await context.close();
	}
}

/* Both have to hold. */
const join = (onPage, inWorker) => Object.fromEntries(Object.keys(onPage).map(name => {
	const failed = Object.entries({ page: onPage[name], worker: inWorker[name] })
		.find(([, result]) => result !== true && result !== null);
	return [name, failed ? failed.join(": ") : onPage[name]];
}));

for (const [number, { cell }] of jobs.entries()) {
	const started = performance.now();
	let said;
	try {
		const [onPage, inWorker] = await Promise.all([runIn("page", number), runIn("starter", number)]);
		said = { results: join(onPage, inWorker) };
	} catch (e) {
		said = { crash: e.message };
	}
	const ms = Math.round(performance.now() - started);
	fs.writeSync(1, `${JSON.stringify({ path: cell.path, ...said, ms })}\n`);
}
await browser.close();
server.close();
