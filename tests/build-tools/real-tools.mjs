// Real builds through reglue: a crate of our own, compiled by cargo, bound by wasm-bindgen, packed by
// wasm-pack, made a page by trunk, in each of the ways that docs/BUILD-TOOLS.md shows; what comes out
// panics and recovers, in Node or in Chromium. By hand, never by CI: compiling the tools takes ten
// minutes. README.md beside this file says how to get them.
//
//   node tests/build-tools/real-tools.mjs [WAY…]      --list names the ways
//
// REGLUE names the program (build/reglue), CHROMIUM the browser (/usr/bin/chromium), WORK a folder that
// stays, so that the next run need not compile the crate's dependencies again.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(here, '../..');
const reglue = path.resolve(process.env.REGLUE ?? path.join(root, 'build/reglue'));
const require = createRequire(path.join(root, 'tests/engines/x.js'));

/* ---- the project, and how a build in it is run ---- */

const kept = process.env.WORK;
const work = fs.realpathSync(kept ? (fs.mkdirSync(kept, { recursive: true }), kept) : fs.mkdtempSync(path.join(os.tmpdir(), 'reglue-real-')));
process.on('exit', () => kept || fs.rmSync(work, { recursive: true, force: true }));
const app = path.join(work, 'app');
const bin = path.join(work, 'bin');
const shadow = path.join(work, 'shadow');

const find = (name) => (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, name))
	.find((file) => fs.existsSync(file) && fs.realpathSync(file) !== reglue);

function shell(script, { status = 0, environment = {} } = {}) {
	const result = spawnSync('sh', ['-ec', script], { cwd: app, encoding: 'utf8', maxBuffer: 1 << 28,
		env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: 'true', RUST_BACKTRACE: '0', ...environment } });
	assert.equal(result.status, status, `${script}\n${result.stdout}${result.stderr}`);
	return result.stdout + result.stderr;
}

function version(tool) {
	const file = find(tool);
	assert.ok(file, `${tool} is not in PATH; see tests/build-tools/README.md`);
	return spawnSync(file, ['--version'], { encoding: 'utf8' }).stdout.trim();
}

function makeProject() {
	for (const made of ['bin', 'shadow', 'tools', 'cache', 'stubs', 'app/.cargo', ...fs.readdirSync(work).filter((name) => name.startsWith('load'))]) {
		fs.rmSync(path.join(work, made), { recursive: true, force: true });
	}
	fs.cpSync(path.join(here, 'crate'), app, { recursive: true });
	const [, release] = / (\d\S+)/.exec(version('wasm-bindgen'));
	const manifest = path.join(app, 'Cargo.toml');
	fs.writeFileSync(manifest, fs.readFileSync(manifest, 'utf8').replace(/(wasm-bindgen = ").*"/, `$1=${release}"`));
	fs.mkdirSync(bin);
	fs.symlinkSync(reglue, path.join(bin, 'reglue'));
	fs.mkdirSync(shadow);
	fs.symlinkSync(reglue, path.join(shadow, 'wasm-bindgen'));
	const sysroot = spawnSync(process.env.RUSTC ?? 'rustc', ['--print', 'sysroot'], { encoding: 'utf8' }).stdout.trim();
	if (!fs.existsSync(path.join(sysroot, 'lib/rustlib/wasm32-unknown-unknown'))) {
		// no standard library for wasm there: it is compiled with the crate
		fs.mkdirSync(path.join(app, '.cargo'));
		fs.writeFileSync(path.join(app, '.cargo/config.toml'),
			'[unstable]\nbuild-std = ["std", "panic_abort"]\n\n[target.wasm32-unknown-unknown]\nlinker = "wasm-ld"\n');
		process.env.RUSTC_BOOTSTRAP = '1';
	}
}

/* ---- what came out of it, in use ---- */

/** The same in every build: count, panic, count. Runs in a page too. */
function story({ bump, parse, shout }) {
	const attempt = (call) => {
		try {
			return call();
		} catch (error) {
			return error.name;
		}
	};
	return [bump(), bump(), shout('ok'), attempt(() => parse('no number')), attempt(bump), attempt(() => shout('on')), attempt(bump)];
}
const recovered = [1, 2, 'OK', 'RuntimeError', 1, 'ON', 2];
/** This panic leaves nothing broken behind that these calls meet: memory goes on as it was. */
const unpatched = [1, 2, 'OK', 'RuntimeError', 3, 'ON', 4];

let loads = 0;
async function inNode(folder) {
	const copy = path.join(work, `load${++loads}`);
	fs.cpSync(path.join(app, folder), copy, { recursive: true });
	fs.writeFileSync(path.join(copy, 'package.json'), '{"type": "module"}');
	const glue = await import(pathToFileURL(path.join(copy, 'tally.js')));
	glue.initSync({ module: new WebAssembly.Module(fs.readFileSync(path.join(copy, 'tally_bg.wasm'))) });
	return story(glue);
}

const types = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };

/** Opens trunk's page as a browser does, checksums and all. */
async function inChromium(folder) {
	const { chromium } = require('playwright-core');
	const server = http.createServer((request, response) => {
		const file = path.join(app, folder, request.url === '/' ? 'index.html' : request.url.slice(1));
		const found = fs.existsSync(file);
		response.writeHead(found ? 200 : 404, { 'Content-Type': types[path.extname(file)] ?? 'text/plain' });
		response.end(found ? fs.readFileSync(file) : '');
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: ['--headless', '--no-sandbox', '--disable-gpu'] });
	try {
		const page = await browser.newPage();
		const said = [];
		page.on('console', (message) => said.push(message.text()));
		page.on('pageerror', (error) => said.push(String(error)));
		await page.goto(`http://127.0.0.1:${server.address().port}/`);
		await page.waitForFunction('window.wasmBindings !== undefined', undefined, { timeout: 5000 })
			.catch((error) => assert.fail(`${error.message}\n${said.join('\n')}`));
		const result = await page.evaluate(`(${story})(window.wasmBindings)`);
		// the glue's checksum in the page is right, and the browser, which compares them too, said nothing
		const [, name, sum] = /<link rel="modulepreload" href="\/([^"]+\.js)"[^>]* integrity="sha384-([^"]+)"/
			.exec(fs.readFileSync(path.join(app, folder, 'index.html'), 'utf8'));
		assert.equal(crypto.createHash('sha384').update(fs.readFileSync(path.join(app, folder, name))).digest('base64'), sum);
		assert.deepEqual(said.filter((line) => /digest|blocked/i.test(line)), []);
		return result;
	} finally {
		await browser.close();
		server.close();
	}
}

const wasm = 'target/wasm32-unknown-unknown/release/tally.wasm';
const build = 'cargo build --release --target wasm32-unknown-unknown';
const bindgen = `wasm-bindgen --target web --out-dir pkg ${wasm}`;
const pack = 'wasm-pack build --mode no-install --target web';
const trunk = 'trunk build --offline --release';
const shadowed = { environment: { PATH: `${shadow}:${bin}:${process.env.PATH}` } };

const ways = {
	'no reglue': async () => {
		shell(`${build}; ${bindgen}`);
		assert.deepEqual(await inNode('pkg'), unpatched);
		shell(trunk);
		assert.deepEqual(await inChromium('dist'), unpatched);
	},
	'cargo, wasm-bindgen, reglue patch': async () => {
		shell(`${build}; ${bindgen}; reglue patch pkg; reglue check pkg`);
		assert.deepEqual(await inNode('pkg'), recovered);
	},
	'reglue exec -- wasm-bindgen': async () => {
		shell(`${build}; reglue exec -- ${bindgen}; reglue check pkg`);
		assert.deepEqual(await inNode('pkg'), recovered);
	},
	'reglue as wasm-bindgen': async () => {
		shell(`${build}; ${bindgen}; reglue check pkg`, shadowed);
		assert.deepEqual(await inNode('pkg'), recovered);
	},
	'reglue exec -- wasm-pack': async () => {
		shell(`reglue exec -- ${pack}; reglue check pkg`);
		assert.deepEqual(await inNode('pkg'), recovered);
	},
	'reglue as wasm-bindgen, wasm-pack': async () => {
		shell(`${pack}; reglue check pkg`, shadowed);
		assert.deepEqual(await inNode('pkg'), recovered);
	},
	'reglue exec -- trunk': async () => {
		shell(`reglue exec -- ${trunk}; reglue check dist`);
		assert.deepEqual(await inChromium('dist'), recovered);
	},
	'reglue as wasm-bindgen, trunk': async () => {
		shell(`${trunk}; reglue check dist`, shadowed);
		assert.deepEqual(await inChromium('dist'), recovered);
	},
	'reglue exec -- trunk, its wasm-opt': async () => {
		assert.ok(find('wasm-opt'), 'npm install binaryen has one');
		const page = path.join(app, 'index.html');
		fs.writeFileSync(page, fs.readFileSync(page, 'utf8').replace('data-wasm-opt="0"', 'data-wasm-opt="z"'));
		shell(`reglue exec -- ${trunk}; reglue check dist`);
		assert.deepEqual(await inChromium('dist'), recovered);
		fs.copyFileSync(path.join(here, 'crate/index.html'), page);
	},
	/** While one edits: what trunk builds anew is patched anew. */
	'reglue exec -- trunk serve, and a change': async () => {
		const port = 20000 + process.pid % 10000;
		const child = spawn(reglue, ['exec', '--', 'trunk', 'serve', '--offline', '--release', '--port', String(port)],
			{ cwd: app, stdio: 'ignore', env: { ...process.env, PATH: `${bin}:${process.env.PATH}`, NO_COLOR: 'true' } });
		const glue = async (isNew) => {
			for (let attempt = 0; attempt < 600; attempt++) {
				await sleep(200);
				try {
					const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
					const text = await (await fetch(`http://127.0.0.1:${port}/${/tally-[0-9a-f]+\.js/.exec(page)[0]}`)).text();
					if (isNew(text)) {
						return text;
					}
				} catch {
					// not there yet
				}
			}
			return assert.fail('trunk does not serve it');
		};
		const source = path.join(app, 'src/lib.rs');
		try {
			assert.match(await glue(() => true), /reglue-seal 1 -/);
			fs.appendFileSync(source, '\n#[wasm_bindgen]\npub fn added() {}\n');
			assert.match(await glue((text) => text.includes('function added(')), /reglue-seal 1 -/);
			assert.deepEqual(await inChromium('dist'), recovered);
		} finally {
			const end = once(child, 'exit');
			child.kill('SIGTERM');
			await end;
			fs.copyFileSync(path.join(here, 'crate/src/lib.rs'), source);
		}
	},
	/** As a runner does it: each `run` by bash, in one folder, what it adds to GITHUB_PATH in front for the next. */
	'the job of BUILD-TOOLS.md': async () => {
		const text = fs.readFileSync(path.join(root, 'docs/BUILD-TOOLS.md'), 'utf8');
		const [, job] = /<!-- recipe: job -->\n```yaml\n([^]*?)\n```/.exec(text);
		const steps = [...job.matchAll(/^ {6}- run: (?:\|.*\n((?: {10}.*\n)+)|(.*)$)/gm)].map(([, block, line]) => block ?? line);
		assert.ok(steps.length > 3);
		const home = path.join(work, 'home');
		const stubs = path.join(work, 'stubs');
		fs.rmSync(home, { recursive: true, force: true });
		fs.rmSync(path.join(app, 'reglue'), { recursive: true, force: true });
		fs.mkdirSync(home);
		fs.mkdirSync(stubs, { recursive: true });
		if (process.getuid() === 0) {
			fs.writeFileSync(path.join(stubs, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
		}
		assert.equal(spawnSync('git', ['clone', '-q', root, path.join(app, 'reglue')]).status, 0);
		const added = path.join(work, 'github-path');
		fs.writeFileSync(added, '');
		let said = '';
		// the tools of a `cargo install` are in PATH already
		for (const step of steps.filter((one) => !one.startsWith('cargo install'))) {
			const front = fs.readFileSync(added, 'utf8').trim().split('\n').reverse().join(':');
			const result = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', step], { cwd: app, encoding: 'utf8', maxBuffer: 1 << 28,
				env: { ...process.env, PATH: `${front}:${stubs}:${process.env.PATH}`, HOME: home, GITHUB_PATH: added, CI: 'true',
					CARGO_HOME: process.env.CARGO_HOME ?? path.join(os.homedir(), '.cargo'),
					RUSTUP_HOME: process.env.RUSTUP_HOME ?? path.join(os.homedir(), '.rustup'), RUST_BACKTRACE: '0' } });
			said = result.stdout + result.stderr;
			assert.equal(result.status, 0, `${step}\n${said}`);
		}
		assert.match(said, /^0 would change, 2 unchanged, 0 skipped, 0 refused$/m);
		assert.deepEqual(await inNode('pkg'), recovered);
	},
	'trunk with settings of a reglue.json': async () => {
		fs.writeFileSync(path.join(app, 'reglue.json'), '{"policy": "eager"}');
		shell(`reglue exec -- ${trunk}`);
		const glue = fs.readdirSync(path.join(app, 'dist')).find((name) => name.endsWith('.js'));
		assert.match(fs.readFileSync(path.join(app, 'dist', glue), 'utf8'), /reglue-seal 1 policy=eager/);
		assert.deepEqual(await inChromium('dist'), recovered);
	},
	'trunk with a wasm-bindgen of its own: refused, the page stays whole': async () => {
		// where trunk keeps what it brings, and looks unless --offline; in PATH there is none
		const [, release] = / (\d\S+)/.exec(version('wasm-bindgen'));
		const own = path.join(work, `cache/trunk/wasm-bindgen-${release}`);
		fs.mkdirSync(own, { recursive: true });
		fs.copyFileSync(find('wasm-bindgen'), path.join(own, 'wasm-bindgen'));
		const without = (process.env.PATH ?? '').split(':').filter((folder) => !fs.existsSync(path.join(folder, 'wasm-bindgen')));
		const tools = path.join(work, 'tools');
		fs.mkdirSync(tools);
		for (const name of ['trunk', 'cargo']) {
			fs.symlinkSync(find(name), path.join(tools, name));
		}
		const said = shell('reglue exec -- trunk build --release', { status: 3, environment: {
			PATH: `${bin}:${tools}:${without.join(':')}`, XDG_CACHE_HOME: path.join(work, 'cache') } });
		assert.match(said, /dist\/index\.html holds a checksum of it; .* \[integrity\]/);
		assert.deepEqual(await inChromium('dist'), unpatched);
	},
};

/* ---- all of them ---- */

const wanted = process.argv.slice(2);
if (wanted.includes('--list')) {
	console.log(Object.keys(ways).join('\n'));
	process.exit(0);
}
for (const tool of ['cargo', 'wasm-bindgen', 'wasm-pack', 'trunk']) {
	console.log(`# ${version(tool)}`);
}
makeProject();
let failed = 0;
let passed = 0;
for (const [name, run] of Object.entries(ways)) {
	if (wanted.length !== 0 && !wanted.includes(name)) {
		continue;
	}
	for (const made of ['pkg', 'dist', 'reglue.json', 'target/wasm-bindgen']) {
		fs.rmSync(path.join(app, made), { recursive: true, force: true });
	}
	try {
		await run();
		console.log(`ok - ${name}`);
		passed++;
	} catch (error) {
		console.log(`not ok - ${name}\n${String(error.stack).replace(/^/gm, '  ')}`);
		failed++;
	}
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed !== 0 ? 0 : 1;
