// The declarations gain what the JavaScript gained (R12), as the TypeScript compiler understands them.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';

import { copyCell, makeFolder, readTree, run, sameTree, succeed, tools } from './lib.mjs';

const require = createRequire(path.join(tools, 'x.js'));
const ts = require('typescript');

const compiler = {
	strict: true, noEmit: true, skipDefaultLibCheck: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext,
	moduleResolution: ts.ModuleResolutionKind.Bundler, types: [],
	lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
};

// The compiler's own libraries are read once: they cost more than everything else together.
const host = ts.createCompilerHost(compiler);
const readSource = host.getSourceFile;
const libraries = new Map();
host.getSourceFile = (name, ...rest) => {
	if (!path.basename(name).startsWith('lib.')) {
		return readSource(name, ...rest);
	}
	if (!libraries.has(name)) {
		libraries.set(name, readSource(name, ...rest));
	}
	return libraries.get(name);
};

/** Errors as `line: text`. */
function compile(files) {
	const program = ts.createProgram(files, compiler, host);
	const errors = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) =>
		`${file ? file.getLineAndCharacterOfPosition(start).line + 1 : 0}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
	return { program, errors };
}

/** What a user would write; `api` is how the form is reached. */
const use = (api) => `
const api = ${api};
let off: () => void = api.on('reinit', ({ generation, fault }) => { generation.toFixed(); fault?.kind; });
off();
api.on('fault', (fault) => { const kind: string = fault.kind; fault.message?.length; return kind; });
api.on('stale', (event) => event.kind === 'object' && event.className);
api.on('exhausted', (fault) => fault.generation);
api.configure({ reinit: 'heal', budget: 3, staleClosures: 'throw', foreignThrow: 'poison' });
api.configure({ module: () => new URL('file:///x_bg.wasm'), imports: {} });
const state: 'uninitialized' | 'live' | 'poisoned' | 'reinitializing' | 'exhausted' = api.state;
const faults: number = api.stats.faults;
api.poison('why');
api.reinit();
try { } catch (error) {
	if (error instanceof api.ExhaustedError) { error.fault.panic; }
	if (error instanceof api.PoisonedError) { error.ready?.then(() => { }); error.fault.export?.length; }
	if (error instanceof api.StaleObjectError) { error.objectGeneration.toFixed(); error.stack; }
}
type Fault = NonNullable<typeof api.fault>;
const kinds: Fault['kind'][] = ['trap', 'stack'];
`;

/** Each line is one mistake, which has to be one error. */
const misuse = (api) => [
	`${api}.configure({ reinit: 'often' });`,
	`${api}.configure({ budgets: 1 });`,
	`${api}.on('crash', () => { });`,
	`${api}.generation = 1;`,
	`${api}.fault.kind;`,
	`${api}.nothing;`,
];

const forms = [
	{ cell: '0.2.130/default/web', from: './pkg/reglue_fixture.js' },
	{ cell: '0.2.130/default/nodejs', from: './pkg/reglue_fixture.js' },
	{ cell: '0.2.130/default/deno', from: './pkg/reglue_fixture.js' },
	{ cell: '0.2.130/default/bundler', from: './pkg/reglue_fixture.js' },
	{ cell: '0.2.100/default/web', from: './pkg/reglue_fixture.js' },
	{ cell: '0.2.63/default/web', from: './pkg/reglue_fixture.js' },
	{ cell: '0.2.130/default/no-modules', global: 'wasm_bindgen.__reglue' },
	{ cell: '0.2.100/default/no-modules', global: 'wasm_bindgen.__reglue' },
	// wasm-bindgen wrote a module's declarations for no-modules then
	{ cell: '0.2.63/default/no-modules', from: './pkg/reglue_fixture.js' },
];

for (const { cell, from, global } of forms) {
	test(`declarations: ${cell}`, () => {
		const folder = makeFolder();
		const pkg = copyCell(cell, path.join(folder, 'pkg'));
		const types = path.join(pkg, 'reglue_fixture.d.ts');
		const before = readTree(pkg);
		const user = path.join(folder, 'user.ts');
		const files = global ? [types, user] : [user];
		const head = global ? '' : `import { __reglue } from '${from}';\n`;
		const api = global ?? '__reglue';
		fs.writeFileSync(user, `${head}${use(api)}`);
		assert.notEqual(compile(files).errors.length, 0, 'not there before');
		succeed(['patch', pkg]);
		assert.deepEqual(compile(files).errors, []);
		const lines = misuse(api);
		fs.writeFileSync(user, `${head || '\n'}${lines.join('\n')}\n`);
		assert.deepEqual(compile(files).errors.map((error) => parseInt(error, 10) - 1),
			lines.map((_, i) => i + 1));
		const once = readTree(pkg);
		succeed(['patch', '--policy', 'eager', pkg]);
		assert.ok(fs.readFileSync(types).equals(once.get('reglue_fixture.d.ts')), 'no option changes it');
		succeed(['patch', pkg]);
		sameTree(pkg, once);
		succeed(['revert', pkg]);
		sameTree(pkg, before);
	});
}

test('what is declared is what is there', () => {
	const folder = makeFolder();
	const pkg = copyCell('0.2.130/default/nodejs', path.join(folder, 'pkg'));
	succeed(['patch', pkg]);
	const { __reglue } = require(path.join(pkg, 'reglue_fixture.js'));
	const user = path.join(folder, 'user.ts');
	fs.writeFileSync(user, `import * as all from './pkg/reglue_fixture.js';\nexport const api = all.__reglue;\nexport const stats = api.stats;\n`);
	const { program } = compile([user]);
	const checker = program.getTypeChecker();
	const members = (name) => {
		const symbol = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(user)))
			.find((found) => found.name === name);
		return checker.getTypeOfSymbol(symbol).getProperties().map((property) => property.name).sort();
	};
	assert.deepEqual(members('api'), Object.keys(__reglue).sort());
	assert.deepEqual(members('stats'), Object.keys(__reglue.stats).sort());
	// and nothing but the one name came into the module
	const names = (source) => checker.getExportsOfModule(
		checker.getSymbolAtLocation(source)).map((found) => found.name);
	const after = names(program.getSourceFile(path.join(pkg, 'reglue_fixture.d.ts')));
	succeed(['revert', pkg]);
	const again = compile([user]).program;
	const before = again.getTypeChecker().getExportsOfModule(again.getTypeChecker()
		.getSymbolAtLocation(again.getSourceFile(path.join(pkg, 'reglue_fixture.d.ts')))).map((found) => found.name);
	assert.deepEqual(after.filter((name) => !before.includes(name)), ['__reglue']);
});

test('script and declarations move together or not at all', () => {
	const folder = makeFolder();
	const pkg = copyCell('0.2.130/default/web', path.join(folder, 'pkg'));
	const types = path.join(pkg, 'reglue_fixture.d.ts');
	const script = path.join(pkg, 'reglue_fixture.js');
	const original = readTree(pkg);
	// edited after patching: neither is touched
	succeed(['patch', pkg]);
	const patched = fs.readFileSync(types, 'utf8');
	fs.writeFileSync(types, patched.replace('uninitialized', 'initialized'));
	const before = readTree(pkg);
	let result = run(['patch', '--policy', 'eager', pkg]);
	assert.equal(result.status, 3);
	assert.match(result.stderr, /reglue_fixture\.d\.ts:\d+:\d+: error: .* \[seal-edited\]/);
	assert.match(result.stderr, /reglue_fixture\.js: error: left as it is, because .*reglue_fixture\.d\.ts of the same package was refused \[package\]/);
	sameTree(pkg, before);
	assert.equal(run(['revert', pkg]).status, 3);
	sameTree(pkg, before);
	fs.writeFileSync(types, patched);
	// by the name of either
	succeed(['revert', types]);
	sameTree(pkg, original);
	succeed(['patch', script]);
	assert.equal(fs.readFileSync(types, 'utf8'), patched);
	succeed(['revert', script]);
	sameTree(pkg, original);
	// as a shell's * names them
	result = succeed(['patch', ...fs.readdirSync(pkg).map((name) => path.join(pkg, name))]);
	assert.match(result.stdout, /^2 patched, 0 unchanged, 2 skipped, 0 refused$/m);
	// what goes elsewhere goes alone
	succeed(['revert', pkg]);
	succeed(['patch', script, '-o', path.join(folder, 'out.js')]);
	sameTree(pkg, original);
	// unreadable: not half a package
	fs.rmSync(types);
	fs.mkdirSync(types);
	result = run(['patch', pkg]);
	assert.equal(result.status, 4);
	assert.match(result.stderr, /reglue_fixture\.d\.ts: error: is a directory \[io\]/);
	assert.match(result.stderr, /reglue_fixture\.d\.ts of the same package could not be read \[package\]/);
	assert.ok(fs.readFileSync(script).equals(original.get('reglue_fixture.js')));
});

test('declarations that are not wasm-bindgen\'s are left alone, with a warning', () => {
	const folder = makeFolder();
	const pkg = copyCell('0.2.130/default/web', path.join(folder, 'pkg'));
	const types = path.join(pkg, 'reglue_fixture.d.ts');
	const cases = [
		['declare const x: number;\nexport = x;\n', /not of a form/],
		['declare module "x" {\n\texport const y: 1;\n}\n', /not of a form/],
		['export const __reglue: 1;\n', /__reglue of their own/],
	];
	for (const [text, message] of cases) {
		fs.writeFileSync(types, text);
		const result = succeed(['patch', pkg]);
		assert.match(result.stderr, message);
		assert.match(result.stderr, /reglue_fixture\.d\.ts: warning: .* \[types\]\n$/);
		assert.equal(fs.readFileSync(types, 'utf8'), text);
		succeed(['revert', pkg]);
	}
	// bytes of other systems, comments that look like code, comments at the end
	const text = '\uFEFF/* export = */\r\n// declare namespace x {\r\nexport type T = `a}${string}` | "{";\r\n'
		+ 'export function f(x: import("y").Z): T;\r\n//# sourceMappingURL=x.d.ts.map\r\n';
	fs.writeFileSync(types, text);
	assert.equal(succeed(['patch', pkg]).stderr, '');
	const patched = fs.readFileSync(types, 'utf8');
	assert.ok(patched.endsWith('\r\n//# sourceMappingURL=x.d.ts.map\r\n'));
	assert.doesNotMatch(patched, /[^\r]\n/);
	assert.match(patched, /^export const __reglue: \{\r$/m);
	succeed(['revert', pkg]);
	assert.equal(fs.readFileSync(types, 'utf8'), text);
});

test('.d.mts and .d.cts, and a package manifest that is not touched', () => {
	const folder = makeFolder();
	for (const [cell, script, types] of [['0.2.130/default/web', 'app.mjs', 'app.d.mts'], ['0.2.130/default/nodejs', 'app.cjs', 'app.d.cts']]) {
		const pkg = copyCell(cell, path.join(folder, script));
		fs.renameSync(path.join(pkg, 'reglue_fixture.js'), path.join(pkg, script));
		fs.renameSync(path.join(pkg, 'reglue_fixture.d.ts'), path.join(pkg, types));
		const manifest = '{"files": ["app.mjs"], "sideEffects": false}';
		fs.writeFileSync(path.join(pkg, 'package.json'), manifest);
		const result = succeed(['patch', pkg]);
		assert.match(result.stdout, /^2 patched/m);
		assert.match(fs.readFileSync(path.join(pkg, types), 'utf8'), /export const __reglue/);
		assert.equal(fs.readFileSync(path.join(pkg, 'package.json'), 'utf8'), manifest);
	}
});
