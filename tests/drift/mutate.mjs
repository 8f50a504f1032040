// Changes generated glue a little, as another release of wasm-bindgen might: one token, one statement, or
// one name all over. Seeded: the same seed gives the same mutants.

/* mulberry32: as good as is needed, and the same in every engine. */
export function random(seed) {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	return { below: n => Math.floor(next() * n), of: list => list[Math.floor(next() * list.length)] };
}

const KEYWORDS = new Set(("break case catch class const continue default delete do else export extends false finally for "
	+ "function get if import in instanceof let new null of return set static super switch this throw true try typeof "
	+ "undefined var void while").split(" "));

const TOKEN = /\/\*[^]*?\*\/|\/\/[^\n]*|`(?:\\[^]|[^`\\])*`|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\d[\w.]*|[A-Za-z_$][\w$]*|=>|\.\.\.|\?\?=|\?\?|\?\.|>>>|===|!==|&&|\|\||\+\+|--|==|!=|<=|>=|[-+*/%&|^<>]=?|[(){}[\].,;:?!~=@#]/g;

/* { text, start, end, kind, depth } of all tokens but comments. Generated glue has few regular expressions. */
export function tokenize(text) {
	const tokens = [];
	let depth = 0;
	for (const match of text.matchAll(TOKEN)) {
		const [token] = match;
		if (token.startsWith("/*") || token.startsWith("//")) {
			continue;
		}
		const kind = /^[A-Za-z_$]/.test(token) ? (KEYWORDS.has(token) ? "keyword" : "name")
			: /^\d/.test(token) ? "number" : /^['"`]/.test(token) ? "string" : "mark";
		depth -= /^[)}\]]$/.test(token);
		tokens.push({ text: token, start: match.index, end: match.index + token.length, kind, depth });
		depth += /^[({[]$/.test(token);
	}
	return tokens;
}

/*
 * Pieces of the glue, those alike in one list: functions, members of classes and of the imports. Entrypoints
 * are many and alike; the rest of the glue must not be lost among them.
 */
export function pieces(text, tokens) {
	const groups = new Map();
	const add = list => {
		const likeness = list.map(({ text: t, kind }) => (kind === "name" ? "n" : kind === "number" ? "0" : kind === "string" ? "s" : t)).join(" ");
		groups.set(likeness, [...(groups.get(likeness) ?? []), list]);
	};
	const split = (list, depth) => {
		let piece = [];
		for (const token of list) {
			piece.push(token);
			const isEnd = token.depth === depth && /^[;},]$/.test(token.text);
			if (isEnd) {
				const inner = piece.filter(({ depth: d }) => d > depth);
				if (piece.length > 600 && inner.length > 300) {
					split(inner, depth + 1);
				} else {
					add(piece);
				}
				piece = [];
			}
		}
		if (piece.length > 0) {
			add(piece);
		}
	};
	split(tokens, 0);
	return [...groups.values()];
}

const OPERATORS = [["===", "!==", "=="], ["!==", "===", "!="], ["==", "!="], ["!=", "=="], ["&&", "||"], ["||", "&&"],
	["+", "-"], ["-", "+"], ["*", "+"], ["<", "<="], [">", ">="], ["<=", "<"], [">=", ">"], [">>>", ">>"], ["++", "--"],
	["--", "++"], ["+=", "-="], ["-=", "+="], ["!", ""], ["??", "||"], ["&", "|"]];

const replace = (text, { start, end }, by) => text.slice(0, start) + by + text.slice(end);
const line = (text, at) => {
	const start = text.lastIndexOf("\n", at - 1) + 1;
	const end = text.indexOf("\n", at);
	return { start, end: end === -1 ? text.length : end + 1 };
};
const isStatement = t => /^\s+(?!return\b.*\{|[})\]]|\*|\/)\S.*[;]\s*$/.test(t);

/* Each gives the changed text, or undefined where there is nothing of its kind at that token. */
const mutators = {
	"another name once": (text, token) => (token.kind === "name" ? replace(text, token, `${token.text}_`) : undefined),
	"another name everywhere": (text, token) =>
		(token.kind === "name" && token.text.length > 1
			? text.replace(new RegExp(`(?<![\\w$'"])${token.text.replaceAll("$", "\\$")}(?![\\w$'"])`, "g"), `${token.text}_`)
			: undefined),
	"a name of the neighbours": (text, token, r, piece) => {
		const other = r.of(piece.filter(({ kind, text: t }) => kind === "name" && t !== token.text));
		return token.kind === "name" && other ? replace(text, token, other.text) : undefined;
	},
	"a token less": (text, token) => replace(text, token, ""),
	"a token twice": (text, token) => replace(text, token, `${token.text} ${token.text}`),
	"another operator": (text, token, r) => {
		const known = OPERATORS.find(([from]) => from === token.text);
		return known && replace(text, token, r.of(known.slice(1)));
	},
	"another literal": (text, token, r) => {
		const others = { number: ["0", "1", "2", "128", "-1"], keyword: { null: ["undefined", "0"], undefined: ["null", "0"], true: ["false"], false: ["true"] }[token.text] };
		return others[token.kind] && replace(text, token, r.of(others[token.kind]));
	},
	"another declaration": (text, token, r) =>
		(/^(let|const|var)$/.test(token.text) ? replace(text, token, r.of(["let", "const", "var"].filter(k => k !== token.text))) : undefined),
	"a statement less": (text, token) => {
		const at = line(text, token.start);
		return isStatement(text.slice(at.start, at.end)) ? replace(text, at, "") : undefined;
	},
	"a statement twice": (text, token) => {
		const at = line(text, token.start);
		const statement = text.slice(at.start, at.end);
		return isStatement(statement) ? replace(text, at, statement + statement) : undefined;
	},
	"statements changed about": (text, token) => {
		const a = line(text, token.start);
		const b = line(text, a.end);
		const [first, second] = [text.slice(a.start, a.end), text.slice(b.start, b.end)];
		return isStatement(first) && isStatement(second) ? text.slice(0, a.start) + second + first + text.slice(b.end) : undefined;
	},
	"a statement more": (text, token) => {
		const at = line(text, token.start);
		return isStatement(text.slice(at.start, at.end)) ? text.slice(0, at.start) + "    void 0;\n" + text.slice(at.start) : undefined;
	},
	"parentheses": (text, token, r, piece) => {
		const next = piece[piece.indexOf(token) + 1];
		const before = piece[piece.indexOf(token) - 1];
		return token.kind === "name" && next && /^[;),]$/.test(next.text) && before && /^(return|=|\(|,)$/.test(before.text)
			? replace(text, token, `(${token.text})`) : undefined;
	},
	"brackets for a dot": (text, token, r, piece) => {
		const name = piece[piece.indexOf(token) + 1];
		return token.text === "." && name?.kind === "name" ? text.slice(0, token.start) + `['${name.text}']` + text.slice(name.end) : undefined;
	},
	"a block for a statement": (text, token) => {
		const at = line(text, token.start);
		const statement = text.slice(at.start, at.end);
		return isStatement(statement) && !/^\s*(const|let|var)\b/.test(statement) ? replace(text, at, `{${statement.trimEnd()}}\n`) : undefined;
	},
	"void 0 for undefined": (text, token) => (token.text === "undefined" ? replace(text, token, "void 0") : undefined),
	"a variable for a value": (text, token) => {
		const at = line(text, token.start);
		const found = /^(\s+)return ([^;{]+);\s*$/.exec(text.slice(at.start, at.end));
		return found ? replace(text, at, `${found[1]}const value = ${found[2]};\n${found[1]}return value;\n`) : undefined;
	},
	"an arrow for a function": (text, token, r, piece) => {
		const found = /^function (\w+)(\([\w, ]*\)) \{$/.exec(text.slice(...Object.values(line(text, token.start))).trimEnd());
		const last = piece.at(-1);
		return found && last.text === "}" && piece[0].text === "function" && !text.slice(piece[0].start, last.end).includes("arguments")
			? text.slice(0, piece[0].start) + `const ${found[1]} = ${found[2]} => {` +
				text.slice(line(text, piece[0].start).end - 1, last.end) + ";" + text.slice(last.end)
			: undefined;
	},
};

/* `count` different mutants: { text, what } */
export function mutants(text, seed, count) {
	const r = random(seed);
	const tokens = tokenize(text);
	const groups = pieces(text, tokens);
	const names = Object.keys(mutators);
	const seen = new Set([text]);
	const list = [];
	for (let tries = 0; list.length < count && tries < count * 50; tries++) {
		const piece = r.of(r.of(groups));
		const token = r.of(piece);
		const name = r.of(names);
		const changed = mutators[name](text, token, r, piece);
		if (changed === undefined || seen.has(changed)) {
			continue;
		}
		seen.add(changed);
		const row = text.slice(0, token.start).split("\n").length;
		const { start, end } = line(text, token.start);
		list.push({ text: changed, what: `${name}: line ${row}, \`${token.text}\` in \`${text.slice(start, end).trim().slice(0, 90)}\`` });
	}
	return list;
}
