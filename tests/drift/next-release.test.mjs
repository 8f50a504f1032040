// A release that nobody has seen: the newest glue, rewritten by hand as a next one might be, one thing at a time and
// then all at once. It is patched and recovers, or is refused by the name that docs/ADDING-A-VERSION.md explains.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { fixtures, judgeAll, tool } from "./judging.mjs";

const { cells } = JSON.parse(fs.readFileSync(path.join(fixtures, "manifest.json"), "utf8"));
const cell = cells.findLast(({ path: p }) => p.endsWith("/default/nodejs"));
const original = fs.readFileSync(path.join(fixtures, cell.path, "reglue_fixture.js"), "utf8");

const rename = (from, to) => text => text.replace(new RegExp(`(?<![\\w$.'"])${from}(?![\\w$'"])`, "g"), to);
const all = (...steps) => text => steps.reduce((t, step) => step(t), text);
const replace = (from, to) => text => text.replace(from, to);
const REGISTRY = /\(typeof FinalizationRegistry === 'undefined'\)\s*\? \{ register: \(\) => \{\}, unregister: \(\) => \{\} \}\s*: new FinalizationRegistry\((.*)\);/g;

/* What it is, how the text changes, and what comes of it: `note` is among what inspect says, `refused` the reason. */
const changes = {
	"other declarations": { change: all(replace(/^let (cached\w+Memory0) = null;/gm, "var $1 = null;"), replace(/^const (\w+Finalization) =/gm, "let $1 =")) },
	"registries made by a helper": { change: text => `${text.replace(REGISTRY, "__wbg_finalizer($1);")}
function __wbg_finalizer(drop) {
    return typeof FinalizationRegistry === 'undefined' ? { register() {}, unregister() {} } : new FinalizationRegistry(drop);
}
` },
	"registries of a class of its own": { change: text => text.replace(REGISTRY, "new __WbgRegistry($1);")
		.replace(/^(class |let |const )/m, "class __WbgRegistry extends FinalizationRegistry {}\n$1") },
	"functions are arrows": { change: replace(/^function (isLikeNone|takeFromExternrefTable0|getArrayU8FromWasm0)(\(.*\)) \{/gm, "var $1 = $2 => {") },
	"objects are looked up by their pointer": { resets: "__wbg_live", change: text => text
		.replaceAll(/^( +)const obj = Object\.create\((\w+)\.prototype\);$/gm, "$1const known = __wbg_live.get(ptr)?.deref();\n"
			+ "$1if (known instanceof $2 && known.__wbg_ptr === ptr) return known;\n$1const obj = Object.create($2.prototype);\n"
			+ "$1__wbg_remember(ptr, obj);")
		.concat("\nfunction __wbg_remember(ptr, obj) {\n    __wbg_live.set(ptr, new WeakRef(obj));\n}\n")
		.replace(/^(class |let |const )/m, "const __wbg_live = new Map();\n$1") },
	"a view getter asks otherwise": { note: "near-miss", change: replace(
		/if \((cachedUint8ArrayMemory0) === null \|\| \1\.byteLength === 0\)/, "if ($1?.buffer !== wasm.memory.buffer)") },
	"a counter nobody knows": { note: "unknown-state", change: text => text
		.replace(/^(class |let |const )/m, "let __wbg_last;\n$1")
		.replace(/^(function addToExternrefTable0\(obj\) \{)$/m, "$1\n    __wbg_last = obj;") },
	"helpers have other names": { change: all(
		rename("getUint8ArrayMemory0", "__wbg_bytes"), rename("passStringToWasm0", "__wbg_lower_text"), rename("handleError", "__wbg_try"),
		rename("WASM_VECTOR_LEN", "__wbg_len"), rename("makeMutClosure", "__wbg_lend_mut"), rename("addToExternrefTable0", "__wbg_ref")) },
	"objects are unwrapped under another name": { change: replace(/\b__unwrap\b/g, "__wbg_take") },
	"the exports have another name": { change: rename("wasm", "__wbg_exports") },
	"views in one object": { refused: "kept-state", change: text => text
		.replace("let cachedUint8ArrayMemory0 = null;", "const __wbg_views = { u8: null };")
		.replaceAll(/(?<!let )cachedUint8ArrayMemory0/g, "__wbg_views.u8") },
	"the exports in a class": { refused: "unknown-glue", change: text => `class __Wbg { static exports = null; }
${text.replaceAll(/(?<![\w$.'"])wasm(?=\.)/g, "__Wbg.exports").replace(/^let wasm = /m, "__Wbg.exports = ")}` },
	"pointers in another property": { refused: "object-pointer", change: text => text.replaceAll("__wbg_ptr", "__wbg_handle") },
	"registries from another module": { refused: "finalizer", change: text => text.replace(REGISTRY, "__wbg_rt.registry($1);")
		.replace(/^(class |let |const )/m, "const __wbg_rt = { registry: require('util').__wbg_registry ?? (drop => new FinalizationRegistry(drop)) };\n$1") },
};

const report = (text, what) => `${what}\n${text}`;

test(`the newest glue, rewritten [${cell.path}]`, async () => {
	const patchable = Object.values(changes).filter(({ refused }) => !refused);
	const list = [{ text: original, what: "the original" },
		...Object.entries(changes).map(([what, one]) => ({ what, text: one.change(original), ...one })),
		{ what: "all of them", text: all(...patchable.map(({ change }) => change))(original) }];
	for (const { what, text } of list.slice(1)) {
		assert.notEqual(text, original, `${what}: nothing is changed`);
	}
	for (const { what, works, why, verdict, codes, wrong, refused, note, resets, state } of await judgeAll(cell, list)) {
		assert.ok(works, report(why, what));
		assert.equal(verdict, refused ? "refused" : "patched", report(codes, what));
		if (refused ?? note) {
			assert.ok(codes.includes(refused ?? note), report(codes, what));
		} else if (what !== "all of them") {
			assert.deepEqual(codes.filter(code => code.startsWith("unknown-")), [], what);
		}
		assert.ok(resets === undefined || state.includes(resets), report(state, what));
		assert.deepEqual(wrong ?? [], [], what);
	}
});

test("inspect names what is new first", () => {
	const folder = fs.mkdtempSync(path.join(os.tmpdir(), "reglue-next-"));
	try {
		for (const [what, { change, refused, note }] of Object.entries(changes)) {
			const file = path.join(folder, "reglue_fixture.js");
			fs.writeFileSync(file, change(original));
			const { stdout } = spawnSync(tool, ["inspect", file], { encoding: "utf8" });
			const [, second, third] = stdout.split("\n");
			assert.match(second, refused ? /^ {2}refused for: \d+$/ : note ? /^ {2}not recognised: \d+$/ : /^ {2}not recognised: /, what);
			if (refused ?? note) {
				assert.match(third, new RegExp(`^ {4}\\d+:\\d+ .*\\[${refused ?? note}\\]`), what);
			}
		}
	} finally {
		fs.rmSync(folder, { recursive: true });
	}
});
