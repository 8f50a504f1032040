// A browser's share of cures.mjs: compareIn(BROWSER, FOLDER, ROUNDS, CURE) gives what cures-run.mjs prints of other
// engines. FOLDER holds glue for the web, a subject each. A browser of its own for each, see cures-run.mjs.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { open } from '../engines/browsers.mjs';
import { serve } from '../engines/serve.mjs';
import { root } from './stats.mjs';

const pageOf = (rounds, names) => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module">
const tell = told => fetch("/told", { method: "POST", body: JSON.stringify(told) });
try {
	const { compare } = await import("/bench/interleave.mjs");
	const subjects = {};
	for (const name of ${JSON.stringify(names)}) {
		const glue = await import("/glue/" + name + "/reglue_fixture.js");
		await glue.default();
		const { loads, shim } = await import("/bench/cures-loads.mjs?" + name);
		subjects[name] = { loads: loads(name === "workers-rs" ? shim(glue) : glue) };
	}
	for (const subject of Object.values(subjects)) {
		Object.values(subject.loads).forEach(load => load(200));
	}
	const loads = {};
	for (const load of Object.keys(subjects.unpatched.loads)) {
		loads[load] = await compare(subjects, load, ${rounds});
	}
	tell({ agent: navigator.userAgent, loads });
} catch (e) {
	tell({ error: e + "\\n" + e.stack });
}
</script>`;

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

export const compareIn = async (browser, folder, rounds, cure) => {
	let tell;
	const told = new Promise(done => {
		tell = done;
	});
	const server = await serve((url, text) => {
		const [, top, ...rest] = url.pathname.split('/');
		const file = path.join({ bench: path.join(root, 'tests/bench'), glue: folder }[top] ?? '', ...rest);
		const own = {
			'/': () => ['text/html', pageOf(rounds, ['unpatched', 'control', cure])],
			'/told': () => (tell(JSON.parse(text)), ['text/plain', '']),
			'/bench/clock.mjs': () => ['text/javascript', 'export const now = () => performance.now();'],
		};
		return own[url.pathname]?.() ?? [types[path.extname(file)], readFileSync(file)];
	});
	const page = open(browser, `http://127.0.0.1:${server.address().port}/`);
	try {
		const { agent, loads, error } = await Promise.race([told, page.ended.then(error => ({ error }))]);
		if (error) {
			throw new Error(`${browser}, ${cure}: ${error}`);
		}
		const [, version] = /(?:Firefox|Chrome|Version)\/(\S+)/.exec(agent);
		return { engine: `${{ chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKitGTK' }[browser]} ${version}`, loads };
	} finally {
		await page.close();
		server.close();
		server.closeAllConnections();
	}
};
