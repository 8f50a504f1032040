// node page.mjs BROWSER [FILE…]: rule tests on a page, on its main thread; TAP on stdout. RECOVERY_CELLS as ever.
// browsers.mjs has the browsers.
import fs from "node:fs";
import path from "node:path";
import process from "node:process";
import { allCells, wish } from "../recovery/host.mjs";
import { browsers, open } from "./browsers.mjs";
import { serve } from "./serve.mjs";
import * as site from "./site.mjs";

const [, , name, ...named] = process.argv;
const { limits } = browsers[name];
const files = named.length > 0 ? named : site.ruleTests;
const cells = new Map(allCells.map(cell => [cell.path, cell]));
const patience = 150_000; // ms without a word; a test itself may take 120 s

// A memory reserves gigabytes of the address space of its process, and a page keeps what its modules
// keep. So no page runs more than a few tests.
const few = 8;
const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module">
const [file, from] = location.search.slice(1).split(",");
let said;
const say = (what, body) => {
	said = Promise.resolve(said).then(() => fetch("/" + what, { method: "POST", body }));
};
let count = 0;
try {
	const { runTests } = await import("/tests/engines/web/test.mjs");
	await import("/tests/recovery/" + file);
	count = await runTests(line => say("report", line), Number(from), Number(from) + ${few});
} catch (e) {
	say("report", "not ok - " + file + "\\n  " + e + "\\n  " + e.stack);
}
const next = Number(from) + ${few};
if (next < count) {
	await said;
	location.search = "?" + file + "," + next;
} else {
	say("done");
}
</script>`;

const setup = file => ({
	allCells,
	limits,
	wish,
	modules: [...new Set(site.webCells(file).map(({ module }) => module))],
});

let heard = () => {};

function answer(url, said) {
	const [, top, ...rest] = decodeURI(url.pathname).split("/");
	if (top === "report" || top === "done") {
		heard(top, said);
		return ["text/plain", ""];
	}
	if (top === "") {
		return ["text/html", page];
	}
	if (top === "setup.json") {
		return ["application/json", JSON.stringify(setup(url.search.slice(1)))];
	}
	if (top === "tests") {
		return ["text/javascript", site.text(rest.join("/"), "page")];
	}
	if (top === "fixtures") {
		return ["application/wasm", fs.readFileSync(path.join(site.fixtures, ...rest))];
	}
	if (top === "glue") {
		const [kind, release, variant, target, ...file] = rest;
		const glue = site.glue(cells.get(`${release}/${variant}/${target}`), kind);
		return ["text/javascript", fs.readFileSync(path.join(path.dirname(glue), ...file))];
	}
	return ["text/plain", undefined];
}

async function run(file, port) {
	const browser = open(name, `http://127.0.0.1:${port}/?${file},0`);
	let timer;
	const end = await new Promise(done => {
		const wait = () => {
			clearTimeout(timer);
			timer = setTimeout(() => done(`the page said nothing for ${patience / 1000} s`), patience);
		};
		heard = (what, line) => {
			if (what === "done") {
				done();
			} else {
				console.log(line);
				wait();
			}
		};
		browser.ended.then(done);
		wait();
	});
	clearTimeout(timer);
	if (end !== undefined) {
		console.log([`not ok - ${file}:`, ...end.split("\n")].join("\n  "));
	}
	await browser.close();
}

const server = await serve(answer);
for (const file of files) {
	await run(file, server.address().port);
}
server.close();
server.closeAllConnections();
