// node chromium.mjs [FILE…]: rule tests in headless Chromium, on its main thread; TAP on stdout.
// RECOVERY_CELLS as ever. The browser is the machine's own, Debian's package `chromium`.
import fs from "node:fs";
import path from "node:path";
import { allCells, wish } from "../recovery/host.mjs";
import { launch, serve } from "./browser.mjs";
import * as site from "./site.mjs";

const files = process.argv.length > 2 ? process.argv.slice(2) : site.ruleTests;
const cells = new Map(allCells.map(cell => [cell.path, cell]));

// A memory reserves gigabytes of the address space of its process, and a page keeps what its modules
// keep. So no page runs more than a few tests.
const few = 8;
const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module">
import { runTests } from "/tests/engines/web/test.mjs";
const [file, from] = location.search.slice(1).split(",");
let count = 0;
try {
	await import("/tests/recovery/" + file);
	count = await runTests(line => report(line), Number(from), Number(from) + ${few});
} catch (e) {
	report("not ok - " + file + "\\n  " + e.stack);
}
done(count);
</script>`;

const setup = file => ({
	allCells,
	wish,
	modules: [...new Set(site.webCells(file).map(({ module }) => module))],
});

function answer(url) {
	const [, top, ...rest] = decodeURI(url.pathname).split("/");
	if (top === "") {
		return ["text/html", page];
	}
	if (top === "setup.json") {
		return ["application/json", JSON.stringify(setup(url.search.slice(1)))];
	}
	if (top === "tests") {
		return ["text/javascript", site.text(rest.join("/"), "chromium")];
	}
	if (top === "fixtures") {
		return ["application/wasm", fs.readFileSync(path.join(site.fixtures, ...rest))];
	}
	if (top === "glue") {
		const [kind, ...where] = rest;
		const cell = cells.get(where.slice(0, -1).join("/"));
		return ["text/javascript", fs.readFileSync(site.glue(cell, kind))];
	}
	return ["text/plain", undefined];
}

const server = await serve(answer);
const browser = await launch("--js-flags=--expose-gc");
console.error(`Chromium ${browser.version()}`);
try {
	for (const file of files) {
		let count = 1;
		for (let from = 0; from < count; from += few) {
			const context = await browser.newContext(); // a process of its own
			const tab = await context.newPage();
			tab.on("pageerror", e => console.error(`${file}: ${e}`));
			await tab.exposeFunction("report", line => console.log(line));
			const end = new Promise((done, fail) => {
				tab.on("crash", () => fail(new Error(`${file}: the page crashed`)));
				tab.exposeFunction("done", done);
			});
			await tab.goto(`http://127.0.0.1:${server.address().port}/?${file},${from}`);
			count = await end;
			await context.close();
		}
	}
} finally {
	await browser.close();
	server.close();
}
