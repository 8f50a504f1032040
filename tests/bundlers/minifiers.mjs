// What users have in their builds, by themselves or in webpack, Rollup, Vite, Parcel, Next.js: glue that has been
// through these is patched afterwards, as in a package that somebody published so.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import babel from '@babel/standalone';
import swc from '@swc/core';
import * as esbuild from 'esbuild';
import { rolldown } from 'rolldown';
import { minify } from 'terser';
import typescript from 'typescript';

const bun = fileURLToPath(new URL('../engines/node_modules/@oven/bun-linux-x64-baseline/bin/bun', import.meta.url));

export const isModule = target => target === 'web' || target === 'bundler';

const mangled = async (text, target) => {
	const options = { module: isModule(target), compress: { passes: 3, unsafe: true }, toplevel: target !== 'no-modules' };
	return (await minify(text, options)).code;
};

const lowered = (file, target, options) => {
	const presets = [['env', { targets: 'ie 11', modules: false, ...options }]];
	const sourceType = isModule(target) ? 'module' : 'script';
	return mangled(babel.transform(plain(file, target), { sourceType, presets, compact: false }).code, target);
};

/* For engines without classes and async functions: what these make of them is left of a package's names. */
export const compilers = {
	'Babel, ES5': (file, target) => lowered(file, target, {}),
	'Babel, loose': (file, target) => lowered(file, target, { loose: true }), // members by assignments
	'swc, ES5': (file, target) =>
		mangled(swc.transformSync(plain(file, target), { isModule: isModule(target), jsc: { target: 'es5' } }).code, target),
	'TypeScript, ES5': (file, target) => {
		const compilerOptions = { target: typescript.ScriptTarget.ES5, module: typescript.ModuleKind.ESNext, downlevelIteration: true };
		return typescript.transpileModule(plain(file, target), { compilerOptions }).outputText;
	},
	'esbuild, ES2015': (file, target) => build(file, target, true, 'es2015'),
};

/** name => (file, target) => text. Scripts are left in one piece. */
export const minifiers = {
	bundled: (file, target) => build(file, target, false),
	esbuild: (file, target) => build(file, target, true),
	terser: (file, target) => mangled(plain(file, target), target),
	swc: (file, target) => {
		const options = { module: isModule(target), compress: true, mangle: { topLevel: target !== 'no-modules' } };
		return swc.minifySync(plain(file, target), options).code;
	},
	rolldown: async file => {
		const bundle = await rolldown({ input: file, logLevel: 'silent', external: /\.wasm$|^node:/ });
		return (await bundle.generate({ format: 'esm', minify: true })).output[0].code;
	},
	bun: (file, target) => execFileSync(bun, [
		'build', file, '--minify', '--target=node', `--format=${isModule(target) ? 'esm' : 'cjs'}`, '--external=*.wasm',
	], { encoding: 'utf8', maxBuffer: 1 << 26 }),
	...compilers,
};

const plain = (file, target) =>
	target === 'no-modules' ? fs.readFileSync(file, 'utf8') : build(file, target, false);

function build(file, target, minified, version = 'esnext') {
	if (target === 'no-modules') {
		return esbuild.transformSync(fs.readFileSync(file, 'utf8'), { minify: minified, target: version }).code;
	}
	const { outputFiles } = esbuild.buildSync({
		entryPoints: [file], bundle: true, minify: minified, target: version, write: false, logLevel: 'error',
		format: isModule(target) ? 'esm' : 'cjs',
		...(target === 'web' ? {} : { platform: 'node' }),
	});
	return outputFiles[0].text;
}
