// What reglue is for, on one screen: a package as npm installs it dies of one bad input; the same package
// with its glue patched does not. Runs both, in processes of their own, and checks every
// claim it prints: exit 0 says that all of them held.
//   node tests/packages/demo.mjs      REGLUE=… to name another binary than build/reglue
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { copyPackage, packagePath, reglue, runChild, temporaryDirectory, toolPath } from "./lib.mjs";

const directory = "@swc/wasm";
const version = JSON.parse(fs.readFileSync(path.join(packagePath(directory), "package.json"), "utf8")).version;

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const style = (code) => (text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
const [bold, dim, red, green] = ["1", "2", "31", "32"].map(style);

let failed = 0;

function claim(holds, text) {
	failed += holds ? 0 : 1;
	console.log(`  ${holds ? green("✓") : red("✗ NOT SO:")} ${text}`);
}

const title = (text) => console.log(`\n${bold(text)}`);
const command = (text) => console.log(dim(`  $ ${text}`));
const sha256 = (file) => crypto.createHash("sha256").update(fs.readFileSync(file)).digest("hex");
const isFault = ({ error }) => error?.class === "RuntimeError" || error?.class === "RangeError";

/* Runs the program on one copy of the glue and shows call by call what it got. */
async function show(glue, shown) {
	command(`node demo-program.mjs ${shown}`);
	const child = await runChild("demo-program.mjs", [glue]);
	const calls = child.lines.filter(({ input }) => input !== "end");
	for (const { input, code, error } of calls) {
		const call = input === "valid" ? 'transformSync("let a=1")' : 'transformSync("(((… 60,000 deep …)))")';
		const got = error ? red(`${error.name}: ${error.message}`) : green(JSON.stringify(code));
		console.log(`    ${call.padEnd(41)}${got}`);
	}
	return { calls, end: child.lines.at(-1), ended: child.status, stderr: child.stderr };
}

/* How many of each kind: "function 8, closure 2". */
function kinds(list) {
	const counts = new Map();
	for (const { kind } of list) {
		counts.set(kind, (counts.get(kind) ?? 0) + 1);
	}
	return [...counts].map(([kind, count]) => `${kind} ${count}`).join(", ");
}

/* The report's entry for the glue, beside that of its declarations: the parts that a reader asks for. */
function summarize(report) {
	let file;
	try {
		file = JSON.parse(fs.readFileSync(report, "utf8")).files
			.find(({ path: name }) => name.endsWith(".js"));
	} catch (error) {
		claim(false, `there is a report: ${error.message}`);
		return;
	}
	const { entries = [], sites = [], warnings = [] } = file;
	const unguarded = entries.filter(({ guarded }) => !guarded).length;
	const lines = [
		["verdict", file.verdict],
		["recognised", `target ${file.target}; ${file.form}`],
		["entrypoints", `${entries.length}: ${kinds(entries)}; unguarded ${unguarded}`],
		["other places", `${sites.length}: ${kinds(sites)}`],
		["warnings", warnings.length],
	];
	for (const [key, value] of lines) {
		console.log(`    ${key.padEnd(14)}${value}`);
	}
	claim(file.verdict === "patched" && entries.length > 0 && unguarded === 0,
		"patched, every entrypoint of the glue guarded");
}

const root = temporaryDirectory("reglue-demo-");
const published = path.join(packagePath(directory), "wasm.js");

console.log(bold(`${directory} ${version}, a JavaScript compiler in WebAssembly, as published on npm`));

title("1  As published");
const before = await show(published, `node_modules/${directory}/wasm.js`);
claim(before.calls[0]?.code, "the first valid call works");
claim(before.calls[1] && isFault(before.calls[1]), "one hostile input traps");
claim(before.calls.length === 7 && before.calls.slice(2).every((call) => call.error),
	"from then on every call fails, valid or not: the process has to be restarted");

title("2  Patch the JavaScript glue, not the wasm");
const copy = copyPackage(directory, root);
const glue = path.join(copy, "wasm.js");
const wasm = path.join(copy, "wasm_bg.wasm");
const wasmBefore = sha256(wasm);
const report = path.join(root, "report.json");
command(`cp -r node_modules/${directory} copy`);
command(`${path.basename(toolPath())} patch --report report.json copy/wasm.js`);
const run = reglue("patch", "--report", report, glue);
if (run.status === 0) {
	summarize(report);
} else {
	claim(false, `reglue ends with ${run.status}: ${run.stderr}`);
}
const size = (file) => `${(fs.statSync(file).size / 1000).toFixed(1)} kB`;
claim(sha256(wasm) === wasmBefore, `the wasm is untouched; the glue went from ${size(published)} to ${size(glue)}`);

title("3  The same program on the patched copy");
const after = await show(glue, "copy/wasm.js");
claim(after.ended === 0 && after.calls.length === 7, "the program runs to its end");
claim(after.calls.filter(({ input }) => input === "hostile").every(isFault),
	"the hostile input still fails, with an error of the engine's own class");
claim(after.calls.filter(({ input }) => input === "valid").every(({ code }) => code && code === before.calls[0].code),
	"every valid call gives exactly what it gave before");
claim(after.end?.recoveries === 2, `recoveries: ${after.end?.recoveries}, one for each trap`);

console.log(failed === 0
	? bold(green("\nEvery claim above was checked in this run."))
	: bold(red(`\n${failed} of the claims above did not hold.`)));
process.exitCode = failed === 0 ? 0 : 1;
