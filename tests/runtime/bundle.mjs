// What the build does to src/runtime: the files in order, without imports, `export`, comments and
// needless white space, in one function that returns the runtime. Tests evaluate the text anew for
// each glue; `node tests/runtime/bundle.mjs` prints it. RUNTIME_TEXT=small takes the build's own text,
// with all features: short names, and what else embed_runtime.c does.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

// Every `const` before its first use at top level; functions may refer forward.
export const files = [
	'errors.js', 'state.js', 'stack.js', 'faults.js', 'guard.js', 'tables.js', 'exports.js', 'promises.js',
	'recipes.js', 'objects.js', 'closures.js', 'module.js', 'reinit.js', 'policy.js', 'public.js', 'api.js',
];

const token =
	/\/\/[^\n]*|\/\*[^]*?\*\/|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|(?<=[(,=:&|!?;{}]\s*)\/(?![/*])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[\w$]+|\+\+|--|\s+|[^]/g;

// Joined without a space unless two words or two signs (`+ +`, `- -`) would run together.
export const strip = source => {
	let out = '';
	for (const [t] of source.matchAll(token)) {
		if (/^(\s|\/\/|\/\*)/.test(t)) {
			continue;
		}
		if ((/[\w$]$/.test(out) && /^[\w$]/.test(t) && out !== '') || (/[+-]$/.test(out) && out.endsWith(t))) {
			out += ' ';
		}
		out += t;
	}
	return out.replace(/,([)\]}])/g, '$1').replace(/;}/g, '}');
};

export const text = (name = '__rg$') => {
	const source = files
		.map(file => readFileSync(new URL('../../src/runtime/' + file, import.meta.url), 'utf8'))
		.join('\n')
		.replace(/^import [^;]*;$/gm, '')
		.replace(/^export /gm, '')
		.replace(/\bhas\.\w+/g, 'true');
	return strip(`function ${name}(o){"use strict";${source}return runtime}`);
};

// The body that the build makes for these features (src/runtime_slice.h).
export const slice = features =>
	execFileSync(fileURLToPath(new URL('../../build/embed_runtime', import.meta.url)), [
		'--print',
		features,
		...files.map(file => fileURLToPath(new URL('../../src/runtime/' + file, import.meta.url))),
	]).toString();

const source = process.env.RUNTIME_TEXT === 'small' ? `function __rg$(o){"use strict";${slice('all')}}` : text();

// A runtime of its own, as a glue gets one. The number keeps engines from sharing what they learn.
let made = 0;
export const create = (o = {}) =>
	new Function(`/* ${++made} */${source};return __rg$`)()({ r() {}, ...o });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	if (process.argv[2] === '--size') {
		console.log(source.length, 'bytes,', gzipSync(source, { level: 9 }).length, 'gzip');
	} else {
		console.log(source);
	}
}
