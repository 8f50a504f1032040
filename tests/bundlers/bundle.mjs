// One function for each bundler: bundles `app.mjs` in a folder into `out`, the way its users do it. Where
// a bundler has no WebAssembly as an ES module of its own, the plugin below does what the proposal says.
import fs from 'node:fs';
import path from 'node:path';

/* `import * as wasm from "./x_bg.wasm"`: the instance, with what it imports imported. */
export function moduleText(file, url) {
	const module = new WebAssembly.Module(fs.readFileSync(file));
	const sources = [...new Set(WebAssembly.Module.imports(module).map(({ module: name }) => name))];
	const names = WebAssembly.Module.exports(module).map(({ name }) => name);
	return [
		...sources.map((source, i) => `import * as i${i} from ${JSON.stringify(source)};`),
		`const bytes = await (await fetch(${url})).arrayBuffer();`,
		`const imports = {${sources.map((source, i) => `${JSON.stringify(source)}: i${i}`)}};`,
		'const { instance } = await WebAssembly.instantiate(bytes, imports);',
		...names.map((name, i) => `const e${i} = instance.exports[${JSON.stringify(name)}];`),
		`export { ${names.map((name, i) => `e${i} as ${name}`)} };`,
	].join('\n');
}

async function webpack(folder, out, mode = 'production', target = 'web', script = 'app.js') {
	const { default: run } = await import('webpack');
	const compiler = run({
		context: folder,
		entry: './app.mjs',
		mode,
		target,
		output: { path: out, filename: script },
		experiments: { asyncWebAssembly: true },
		performance: false,
	});
	const stats = await new Promise((resolve, reject) =>
		compiler.run((error, result) => (error ? reject(error) : resolve(result))));
	await new Promise(done => compiler.close(done));
	const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
	return { script, module: false, problems: [...errors, ...warnings].map(({ message }) => message) };
}

async function vite(folder, out) {
	const [{ build }, { default: wasm }] = await Promise.all([import('vite'), import('vite-plugin-wasm')]);
	const problems = [];
	const logger = { hasWarned: false, info() {}, hasErrorLogged: () => false, clearScreen() {} };
	for (const level of ['warn', 'warnOnce', 'error']) {
		logger[level] = text => problems.push(text);
	}
	await build({
		root: folder,
		configFile: false,
		customLogger: logger,
		plugins: [wasm()],
		build: {
			outDir: out,
			target: 'esnext',
			assetsInlineLimit: 0,
			rollupOptions: { input: path.join(folder, 'app.mjs'), output: { entryFileNames: 'app.js' } },
		},
		base: './',
	});
	return { script: 'app.js', module: true, problems };
}

async function rollup(folder, out) {
	const [{ rollup: run }, { importMetaAssets }] = await Promise.all([
		import('rollup'), import('@web/rollup-plugin-import-meta-assets')]);
	const problems = [];
	const wasm = {
		name: 'wasm-as-module',
		load(id) {
			if (!id.endsWith('.wasm')) {
				return null;
			}
			const asset = this.emitFile({ type: 'asset', name: path.basename(id), source: fs.readFileSync(id) });
			return moduleText(id, `import.meta.ROLLUP_FILE_URL_${asset}`);
		},
	};
	const bundle = await run({
		input: path.join(folder, 'app.mjs'),
		plugins: [wasm, importMetaAssets()],
		// old glue and its wasm import each other
		onwarn: warning => warning.code === 'CIRCULAR_DEPENDENCY' || problems.push(warning.message),
	});
	await bundle.write({ dir: out, format: 'es', entryFileNames: 'app.js' });
	await bundle.close();
	return { script: 'app.js', module: true, problems };
}

async function esbuild(folder, out) {
	const { build } = await import('esbuild');
	const wasm = {
		name: 'wasm-as-module',
		setup(run) {
			run.onResolve({ filter: /\.wasm$/ }, ({ path: name, resolveDir, namespace }) => ({
				path: path.join(resolveDir, name),
				namespace: namespace === 'wasm' ? 'file' : 'wasm', // the text below asks for the file
			}));
			run.onLoad({ filter: /\.wasm$/, namespace: 'wasm' }, ({ path: file }) => ({
				contents: `import url from ${JSON.stringify(`./${path.basename(file)}`)};\n`
					+ moduleText(file, 'new URL(url, import.meta.url)'),
				resolveDir: path.dirname(file),
			}));
		},
	};
	// esbuild leaves `new URL(…, import.meta.url)` alone: the wasm has to keep its name
	const result = await build({
		entryPoints: [path.join(folder, 'app.mjs')],
		outdir: out,
		bundle: true,
		minify: true,
		format: 'esm',
		target: 'esnext',
		loader: { '.wasm': 'file' },
		assetNames: '[name]',
		plugins: [wasm],
		logLevel: 'silent',
	});
	return { script: 'app.js', module: true, problems: result.warnings.map(({ text }) => text) };
}

async function parcel(folder, out) {
	const { Parcel } = await import('@parcel/core');
	process.chdir(folder); // the root of what it resolves
	const bundler = new Parcel({
		entries: path.join(folder, 'app.mjs'),
		defaultConfig: import.meta.resolve('@parcel/config-default').replace('file://', ''),
		mode: 'production',
		shouldDisableCache: true,
		cacheDir: path.join(folder, '.parcel-cache'),
		defaultTargetOptions: {
			distDir: out,
			publicUrl: './',
			outputFormat: 'esmodule',
			shouldScopeHoist: true,
			engines: { browsers: ['last 1 Chrome version'] },
		},
	});
	await bundler.run();
	const script = fs.readdirSync(out).find(name => /^app.*\.m?js$/.test(name));
	return { script, module: true, problems: [] };
}

export const bundlers = {
	webpack,
	'webpack for node': (folder, out) => webpack(folder, out, 'production', 'node', 'app.cjs'),
	vite,
	rollup,
	esbuild,
	parcel,
};
