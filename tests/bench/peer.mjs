// One rewrite by the library of another tool, as a whole process: a call first in every function declaration of the
// file, in place. What reglue does besides (recognising, checking, a footer) they do not.
//     node peer.mjs acorn|oxc|ast-grep|jscodeshift|esbuild FILE
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';

const [name, file] = process.argv.slice(2);
const text = readFileSync(file, 'utf8');
const CALL = '__rg.e();';

const peers = {
	async acorn() {
		const { parse } = await import('acorn');
		const { simple } = await import('acorn-walk');
		const { default: MagicString } = await import('magic-string');
		const s = new MagicString(text);
		simple(parse(text, { ecmaVersion: 'latest', sourceType: 'module' }), {
			FunctionDeclaration: n => s.appendLeft(n.body.start + 1, CALL),
		});
		return s.toString();
	},
	async oxc() {
		const { parseSync, Visitor } = await import('oxc-parser');
		const { default: MagicString } = await import('magic-string');
		const s = new MagicString(text);
		new Visitor({ FunctionDeclaration: n => s.appendLeft(n.body.start + 1, CALL) }).visit(parseSync(file, text).program);
		return s.toString();
	},
	async 'ast-grep'() {
		const { parse, Lang } = await import('@ast-grep/napi');
		const root = parse(Lang.JavaScript, text).root();
		const edits = root.findAll({ rule: { kind: 'function_declaration' } }).map(n => {
			const body = n.field('body');
			const at = body.range().start.index + 1;
			return { startPos: at, endPos: at, insertedText: CALL };
		});
		return root.commitEdits(edits);
	},
	async jscodeshift() {
		const { default: jscodeshift } = await import('jscodeshift');
		const j = jscodeshift.withParser('babylon');
		const root = j(text);
		root.find(j.FunctionDeclaration).forEach(p => p.value.body.body.unshift(j.template.statement([CALL])));
		return root.toSource();
	},
	async esbuild() { // rewrites nothing: parses and prints
		const { transformSync } = await import('esbuild');
		return transformSync(text, { loader: 'js' }).code;
	},
};
const out = await peers[name]();
if (!out.includes(name === 'esbuild' ? 'wasm' : CALL)) {
	throw new Error('nothing was rewritten');
}
writeFileSync(file, out);
