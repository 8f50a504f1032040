// Glue of any size, cut from what wasm-bindgen generated of our crate (a fixture): the functions that
// make the instance, then exported functions, classes and imports with whatever they need; when all of
// them are in, copies of them under other names. As a program:
//
//     node tests/bench/glue.mjs BYTES > FILE
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const FIXTURE = new URL('../../fixtures/0.2.130/default/web/reglue_fixture.js', import.meta.url);

const DECLARES = /^(?:export )?(?:async )?(?:function\*?|class|const|let|var) ([\w$]+)/m;
const isStart = line => /^(\/\*\*|export |function |async |class |const |let |if |try |import )/.test(line);
const words = text => new Set(text.match(/[A-Za-z_$][\w$]*/g));

// Statements of the top level, each with the comment before it.
const split = text => {
	const chunks = [];
	let open = false; // a comment that waits for its declaration
	for (const line of text.split('\n')) {
		if (isStart(line) && !open) {
			chunks.push([]);
		}
		open = /^\/\*\*/.test(line) || (open && !/^[a-z]/.test(line));
		(chunks[chunks.length - 1] || (chunks[0] = [])).push(line);
	}
	return chunks.map(lines => {
		const chunk = lines.join('\n') + '\n';
		return { text: chunk, name: (DECLARES.exec(chunk) || [])[1], words: words(chunk.replace(/\/\*[^]*?\*\//g, '')) };
	});
};

const IMPORTS = '__wbg_get_imports';

export const glueOfSize = bytes => {
	const chunks = split(readFileSync(FIXTURE, 'utf8').replace(/\n+$/, '\n'));
	const byName = new Map(chunks.filter(c => c.name).map(c => [c.name, c]));
	const imports = byName.get(IMPORTS);
	// The imports object: its entries come one by one.
	const lines = imports.text.split('\n');
	const entries = [];
	const rest = [];
	let entry;
	for (const line of lines) {
		if (/^ {8}__wb[\w$]*: /.test(line)) {
			entries.push((entry = []));
		}
		(entry || rest).push(line);
		if (/^ {8}\},?$/.test(line) || (entry && /,$/.test(line) && entry.length === 1)) {
			entry = undefined;
		}
	}
	const at = rest.findIndex(line => line.includes('__proto__: null')) + 1;
	imports.words = words(rest.join('\n'));
	const kept = []; // entries

	const included = new Set();
	const copies = new Map(); // chunk => texts after it
	let size = 0;
	const include = chunk => {
		if (included.has(chunk)) {
			return;
		}
		included.add(chunk);
		size += chunk.text.length;
		for (const word of chunk.words) {
			const other = byName.get(word);
			if (other && !/^export /m.test(other.text)) {
				include(other);
			}
			if (other && /^export class /m.test(other.text)) {
				include(other);
			}
		}
		// statements about what this one declares
		for (const c of chunks) {
			if (!c.name && chunk.name && /^(if|try)/.test(c.text) && c.words.has(chunk.name)) {
				include(c);
			}
		}
	};
	for (const c of chunks) {
		if (!c.name && (/^export \{/m.test(c.text) || /^(import|\/\* )/.test(c.text))) {
			include(c);
		}
	}
	size += rest.join('\n').length - imports.text.length;

	const isUnit = c => c.name && /^export (async )?(function|class)/m.test(c.text);
	const units = chunks.filter(isUnit);
	units.sort((a, b) => a.text.length - b.text.length);
	const spread = [];
	while (units.length) { // small and large ones in turn
		spread.push(units.shift());
		if (units.length) {
			spread.push(units.pop());
		}
	}
	for (let round = 1; size < bytes; round++) {
		const rename = (text, names) => {
			const change = new RegExp(`\\b(${names.join('|')})(?=Finalization\\b|\\b)`, 'g');
			return text.replace(change, `$1_${round}`).replace(/\bwasm\.(?!memory|__wbindgen|__externref)([\w$]+)/g, `wasm.$1_${round}`);
		};
		for (let i = 0; i < spread.length && size < bytes; i++) {
			const unit = spread[i];
			const mine = entries.filter((_, k) => k % spread.length === i);
			if (round === 1) {
				include(unit);
			} else {
				const parts = chunks.filter(c => c === unit || c.name === unit.name + 'Finalization' || (c.words.has(unit.name) && !c.name && c.text.includes(unit.name + '.prototype')));
				const text = parts.map(c => rename(c.text, [unit.name])).join('');
				copies.set(unit, [...(copies.get(unit) || []), text]);
				size += text.length;
			}
			for (const e of mine) {
				const text = round === 1 ? e.join('\n') : e.join('\n').replace(/^( {8}[\w$]+)/, `$1_${round}`);
				kept.push(text);
				size += text.length + 1;
				if (round === 1) {
					for (const word of words(text)) {
						if (byName.has(word) && !isUnit(byName.get(word))) {
							include(byName.get(word));
						}
					}
				}
			}
		}
	}
	imports.text = [...rest.slice(0, at), ...kept, ...rest.slice(at)].join('\n');
	return chunks.filter(c => included.has(c)).map(c => c.text + (copies.get(c) || []).join('')).join('');
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	process.stdout.write(glueOfSize(Number(process.argv[2])));
}
