// The Module of a glue that was given an instance and nothing to make another from: bundlers, and
// loaders of other kinds. It is looked for when the first fault has happened, not before, unless the
// program brings it (`configure({ module })`); and it is kept.
import { has, o } from './options.js';
import { S } from './state.js';
import { raw, records } from './exports.js';
import { handled } from './promises.js';

const { Module } = WebAssembly;
const { compile, compileStreaming } = WebAssembly;
let source;
let lost; // the last try failed; until the next fault the instance in place is all there is

export const offer = given => {
	source = given;
	lost = S.module = undefined;
};

export const keepModule = module => {
	if (module instanceof Module) {
		S.module = module;
	}
	return module;
};

export const hope = () => {
	lost = false;
};

// Patched, webpack's runtime leaves both with the exports of the instance that it makes.
const heard = () => {
	const { module, imports } = (raw && raw[Symbol.for('reglue')]) || {};
	S.imports = S.imports || imports;
	return (S.module = module);
};

export const mayFind = () => S.module || (has.webpack && heard()) || (has.finder && source);
export const canFind = () => S.module || (has.webpack && heard()) || (has.finder && source && !lost);

// Files are read at once, where there are files: then recovery needs no waiting.
const readFile = url => {
	const { process, Deno } = globalThis;
	const fs = process && process.getBuiltinModule ? process.getBuiltinModule('fs') : Deno;
	return fs && fs.readFileSync(new URL(url));
};

// What is found by a name may be another build's.
const keep = module => {
	const names = new Set(Module.exports(module).map(({ name }) => name));
	for (const k of records.keys()) {
		if (!names.has(k)) {
			throw new Error('module: it has no export ' + k);
		}
	}
	return (S.module = module);
};

const compileAll = bytes => {
	try {
		return keep(new Module(bytes));
	} catch (e) {
		if (e instanceof RangeError) {
			return compile(bytes).then(keep); // Chrome's main thread, large modules
		}
		throw e;
	}
};

const receiveAll = response => {
	if (!response.ok) {
		throw new Error(response.status + ' ' + response.url);
	}
	const copy = response.clone();
	return compileStreaming(response)
		.catch(() => copy.arrayBuffer().then(compile)) // wrong media type
		.then(keep);
};

// A Module, or a promise of one, made of whatever bundlers and programs have instead.
const moduleOf = given => {
	if (given instanceof Module) {
		return keep(given);
	}
	if (typeof given === 'function') {
		return moduleOf(given());
	}
	if (typeof given === 'string' || given instanceof URL) {
		const bytes = String(given).startsWith('file:') && readFile(given);
		return bytes ? compileAll(bytes) : fetch(given).then(moduleOf);
	}
	if (given && typeof given.then === 'function') {
		return given.then(moduleOf);
	}
	if (typeof Response === 'function' && given instanceof Response) {
		return receiveAll(given);
	}
	const inner = given && (given.module || given.default);
	return inner ? moduleOf(inner) : compileAll(given);
};

// Gives the Module, or a promise of it.
export const find = () => {
	return has.finder ? S.module || search() : S.module;
};

const search = () => {
	const fail = e => {
		lost = true;
		throw e;
	};
	try {
		const found = moduleOf(source);
		return S.module ? found : handled(found.catch(fail));
	} catch (e) {
		return fail(e);
	}
};

// The imports that a loader has shown; for the rest the glue's own functions.
export const importsOf = module => {
	if (has.imports) {
		if (o.i) {
			return fillImports(module);
		}
	}
	return S.imports;
};

// Strings that a host with ESM integration brings by itself (`--js-string-builtins`): each is named by its value.
const constants = new Proxy({}, { get: (_, text) => text });

const fillImports = module => {
	const own = o.i();
	const all = {};
	for (const { module: k } of Module.imports(module)) {
		all[k] = (S.imports && S.imports[k]) || (k === 'wasm:js/string-constants' ? constants : own);
	}
	return all;
};
