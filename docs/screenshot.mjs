// Makes docs/report.png: the HTML report of a few of our own fixtures, as Chromium shows it, after
// using the page as a reader does. Ends with an error if the page does not do what it should.
//
//   apt-get install chromium; node docs/screenshot.mjs [OUT.png] [--width N] [--dark] [--page FILE.html]
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const { values, positionals } = parseArgs({ allowPositionals: true, options: {
	width: { type: 'string', default: '1000' }, dark: { type: 'boolean' }, page: { type: 'string' } } });
const out = positionals[0] ?? path.join(root, 'docs/report.png');
const width = Number(values.width);
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-page-'));

function makePage() {
	const packages = { charts: '0.2.100/default/nodejs', codec: '0.2.130/threads/web', editor: '0.2.130/heap/web',
		legacy: '0.2.83/default/no-modules' };
	for (const [name, cell] of Object.entries(packages)) {
		fs.cpSync(path.join(root, 'fixtures', cell), path.join(folder, 'bindings', name), { recursive: true });
	}
	fs.writeFileSync(path.join(folder, 'bindings/helper.js'), 'export const answer = 42;\n');
	const run = spawnSync(path.join(root, 'build/reglue'), ['check', '-r', '-q', 'bindings', '--exclude', 'add',
		'--report-html', 'report.html'], { cwd: folder, encoding: 'utf8' });
	assert.equal(run.status, 3, run.stderr);
	return path.join(folder, 'report.html');
}

/** The devtools protocol over a pipe: no port, no client library. */
function browser() {
	const child = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars',
		`--user-data-dir=${folder}/profile`, '--remote-debugging-pipe'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
	const waiting = new Map();
	const events = [];
	let rest = '';
	let last = 0;
	child.stdio[4].setEncoding('utf8').on('data', (part) => {
		const messages = (rest + part).split('\0');
		rest = messages.pop();
		for (const message of messages.map((text) => JSON.parse(text))) {
			if (message.id) {
				const { resolve, reject } = waiting.get(message.id);
				message.error ? reject(new Error(message.error.message)) : resolve(message.result);
			} else {
				events.push(message);
			}
		}
	});
	let session;
	const send = (method, params = {}) => new Promise((resolve, reject) => {
		waiting.set(++last, { resolve, reject });
		child.stdio[3].write(`${JSON.stringify({ id: last, method, params, sessionId: session })}\0`);
	});
	return { send, events, use: (id) => { session = id; }, end: () => child.kill() };
}

const page = values.page ? path.resolve(values.page) : makePage();
const chromium = browser();
const { send } = chromium;
try {
	const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
	chromium.use((await send('Target.attachToTarget', { targetId, flatten: true })).sessionId);
	await send('Page.enable');
	await send('Log.enable');
	await send('Runtime.enable');
	await send('Emulation.setDeviceMetricsOverride', { width, height: 1400, deviceScaleFactor: 1, mobile: width < 600 });
	if (values.dark) {
		await send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'dark' }] });
	}
	const evaluate = async (expression) => {
		const { result, exceptionDetails } = await send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
		assert.equal(exceptionDetails, undefined, exceptionDetails?.exception?.description);
		return result.value;
	};
	const started = Date.now();
	await send('Page.navigate', { url: pathToFileURL(page).href });
	while (await evaluate('document.readyState') !== 'complete' || !await evaluate('!!document.querySelector("main")')) {
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	console.log(`opened in ${Date.now() - started} ms, ${await evaluate('document.querySelectorAll("*").length')} elements`);

	// as a reader: search for an export, narrow by verdict, open what is left
	const visible = () => evaluate('[...document.querySelectorAll(".file")].filter((file) => !file.hidden).length');
	const type = async (text) => {
		await evaluate(`(search.focus(), search.value = ${JSON.stringify(text)}, search.dispatchEvent(new Event('input')))`);
		await new Promise((resolve) => setTimeout(resolve, 400));
	};
	const all = await visible();
	await type('surely nowhere');
	assert.equal(await visible(), 0);
	await type('');
	assert.equal(await visible(), all);
	if (!values.page) {
		await type('shared-memory');
		assert.equal(await visible(), 1);
		await type('counter.add');
		assert.equal(await visible(), 3); // neither the refused one, nor declarations, nor the helper
		await type('');
		await evaluate('document.querySelector("[name=verdict][value=patched]").click()');
		assert.equal(await visible(), await evaluate('document.querySelectorAll(".file:not([data-verdict=patched])").length'));
		await evaluate('document.querySelector("[name=verdict][value=patched]").click()');
	}

	// with the keyboard alone: every stop can be seen, in the order of the page, and Enter opens a file
	const press = async (key, text) => {
		const code = { Tab: 9, Enter: 13, '/': 191 }[key];
		for (const type of ['keyDown', 'keyUp']) {
			await send('Input.dispatchKeyEvent', { type, key, code: key, windowsVirtualKeyCode: code, text: type === 'keyDown' ? text : undefined });
		}
	};
	const focused = () => evaluate(`(({ id, tagName, value, dataset, parentElement }, { outlineStyle, outlineWidth }) => ({
		name: id || dataset.code || (tagName === 'SUMMARY' ? parentElement.id : value), ring: outlineStyle === 'solid' && parseFloat(outlineWidth) >= 2 }))
		(document.activeElement, getComputedStyle(document.activeElement))`);
	const stops = await evaluate(`[...document.querySelectorAll('[data-code], #search, [name=verdict], #open, #close, summary')]
		.map((at) => at.id || at.dataset.code || (at.tagName === 'SUMMARY' ? at.parentElement.id : at.value))`);
	await evaluate('(scrollTo(0, 0), document.activeElement.blur())');
	await press('/', '/');
	assert.equal((await focused()).name, 'search');
	await evaluate('(document.activeElement.blur(), document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute("tabindex"))');
	for (const stop of stops.slice(0, 40)) {
		await press('Tab');
		assert.deepEqual(await focused(), { name: stop, ring: true });
	}
	await press('Enter', '\r');
	assert.equal(await evaluate('document.activeElement.parentElement.open'), true);
	await press('Enter', '\r');
	assert.equal(await evaluate('document.activeElement.parentElement.open'), false);

	// on paper what is wrong is open, and only there
	await evaluate(`addEventListener('beforeprint', () => { globalThis.paper = [...document.querySelectorAll('details[open]')].map((file) => file.dataset.verdict); })`);
	const { data: pdf } = await send('Page.printToPDF', { printBackground: true });
	console.log(`on paper: ${Buffer.from(pdf, 'base64').toString('latin1').match(/\/Type *\/Page\b/g)?.length} pages`);
	assert.ok(await evaluate('paper.every((verdict) => verdict !== "unchanged") && document.querySelectorAll("details[open]").length === 0'));
	assert.equal(await evaluate('paper.includes("refused")'), await evaluate('!!document.querySelector("[data-verdict=refused]")'));

	await evaluate('document.querySelector("#open").click()');
	const opened = Date.now();
	await evaluate('new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 500)))');
	console.log(`all open after ${Date.now() - opened - 500} ms`);
	assert.ok(await evaluate('document.querySelectorAll(".entries td").length') > 0);
	assert.equal(await evaluate('document.documentElement.scrollWidth <= innerWidth'), true, 'nothing sticks out sideways');
	await evaluate('document.querySelector("#close").click()');
	await evaluate('document.querySelector("[data-verdict=refused]").open = true');
	await evaluate('document.querySelector("[data-verdict=refused] ~ [data-verdict=patched]:has(.entries)").open = true');
	await evaluate('document.activeElement.blur(); scrollTo(0, 0)');
	await evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve, 300))))');

	const broken = chromium.events.filter(({ method, params }) => method === 'Runtime.exceptionThrown'
		|| (method === 'Log.entryAdded' && params.entry.level === 'error'));
	assert.deepEqual(broken, []);
	const height = Math.min(await evaluate('document.documentElement.scrollHeight'), width < 600 ? 2600 : 1300);
	const { data } = await send('Page.captureScreenshot', { clip: { x: 0, y: 0, width, height, scale: 1 }, captureBeyondViewport: true });
	fs.writeFileSync(out, Buffer.from(data, 'base64'));
	console.log(`${out}: ${fs.statSync(out).size} bytes`);
} finally {
	chromium.end();
	await new Promise((resolve) => setTimeout(resolve, 300));
	fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
