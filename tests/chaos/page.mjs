// node page.mjs BROWSER SEEDS STEPS CELL…: what chaos.mjs does, on a page of a browser of ../engines/browsers.mjs. A line
// of JSON for each cell.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { open } from "../engines/browsers.mjs";
import { serve } from "../engines/serve.mjs";
import { cellOf } from "./cell.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const [, , browser, seeds, steps, ...cells] = process.argv;
const patience = 600_000; // ms for a cell
const modules = ["fs", "module", "path", "url", "util", "vm"];
const imports = Object.fromEntries(modules.map(name => [`node:${name}`, "/chaos/node-on-page.mjs"]));

const pageOf = cell => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module">
const say = text => fetch("/said", { method: "POST", body: text });
const cell = ${JSON.stringify(cell)};
const [from, to = from] = "${seeds}".split("-").map(Number);
const sum = { cell: cell.name, seeds: 0, failed: 0, instances: 0, faults: 0, stale: 0 };
try {
	await import("/chaos/node-on-page.mjs");
	const { generate } = await import("/chaos/program.mjs");
	const { run } = await import("/chaos/run.mjs");
	for (let seed = from; seed <= to; seed++) {
		const result = await run(cell, generate(seed, ${steps}, cell.more));
		sum.seeds++;
		for (const k of ["instances", "faults", "stale"]) {
			sum[k] += result[k] ?? 0;
		}
		if (result.error) {
			sum.failed++;
			await say("seed " + seed + " fails at step " + result.at + ": " + result.error + "\\n" + result.error.stack);
		}
	}
} catch (e) {
	sum.failed++;
	await say(e + "\\n" + e.stack);
}
await say(JSON.stringify(sum));
</script>`;

let said = () => {};
const read = file => (fs.existsSync(file) ? fs.readFileSync(file) : undefined);
let html;
let folder; // of the glue that the page has: nothing else of the machine is served
const glueAt = file => (file.startsWith(folder) ? read(file) : undefined);
const server = await serve((url, text) => {
	const [, top, ...rest] = decodeURI(url.pathname).split("/");
	const script = "text/javascript";
	const all = {
		"": () => ["text/html", html],
		said: () => (said(text), ["text/plain", ""]),
		"chai.mjs": () => [script, read(path.join(here, "../engines/node_modules/chai/index.js"))],
		chaos: () => [script, read(path.join(here, ...rest))],
		file: () => ["text/plain", glueAt(`/${rest.join("/")}`)],
		module: () => [script, glueAt(`/${rest.slice(1).join("/")}`)],
	};
	return all[top]?.() ?? ["text/plain", undefined];
});

for (const name of cells) {
	const cell = await cellOf(name, {});
	folder = `${path.dirname(cell.file)}/`;
	html = pageOf({ ...cell, name });
	const page = open(browser, `http://127.0.0.1:${server.address().port}/`);
	try {
		const sum = await new Promise((done, fail) => {
			setTimeout(fail, patience, new Error(`${name}: not done after ${patience / 1000} s`)).unref();
			page.ended.then(text => fail(new Error(`${name}: ${text}`)));
			said = text => {
				console.log(text);
				if (text.startsWith("{")) {
					done(JSON.parse(text));
				}
			};
		});
		process.exitCode ||= sum.failed > 0 ? 1 : 0;
	} finally {
		await page.close();
	}
}
server.close();
server.closeAllConnections();
