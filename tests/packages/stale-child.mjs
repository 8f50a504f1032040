// One stale access to loro-crdt after a recovery, and what became of a document made since.
//   node --expose-gc stale-child.mjs GLUE SCENARIO
// Runs the same on reglue's glue, which recovers by itself, and on naively patched glue, whose
// added `naiveReinit` export is called where a hand-made recipe would call it.
import { createRequire } from "node:module";
import { answer, describeError } from "./lib.mjs";

const glue = createRequire(import.meta.url)(process.argv[2]);

function nested(depth) {
	let value = 1;
	for (let level = 0; level < depth; level++) {
		value = { a: value };
	}
	return value;
}

/* A document with a text and a tree of three nodes, and the objects that belong to it. */
function makeDocument(content) {
	const doc = new glue.LoroDoc();
	doc.setPeerId("1");
	const text = doc.getText("text");
	text.insert(0, content);
	const tree = doc.getTree("tree");
	const nodes = [tree.createNode(), tree.createNode(), tree.createNode()];
	doc.commit();
	return { doc, text, tree, nodes };
}

function attempt(action) {
	try {
		action();
		return null;
	} catch (error) {
		return describeError(error);
	}
}

/* What the outside sees of a document. */
function content({ text, tree }) {
	return { text: text.toString(), order: tree.getNodes().map((node) => String(node.id)).join() };
}

/* The stale accesses: each is handed the objects of the dead generation and the new ones. */
const scenarios = {
	method: (stale) => stale.text.insert(0, "STALE "),
	read: (stale) => stale.text.toString(),
	"argument of a method": (stale, fresh) => fresh.nodes[2].moveBefore(stale.nodes[0]),
	"argument of a constructor": (stale, fresh) => {
		let undo;
		try {
			undo = new glue.UndoManager(stale.doc, {});
		} finally {
			fresh.text.insert(0, "more ");
			fresh.doc.commit();
			undo?.undo();
		}
	},
	free: (stale) => {
		stale.text.free();
		stale.doc.free();
	},
};

async function main() {
	const stale = makeDocument("old text");
	const fault = attempt(() => stale.doc.getMap("map").set("key", nested(50_000)));
	glue.naiveReinit?.();
	const fresh = makeDocument("new text");
	const before = content(fresh);
	const samePointers = stale.doc.__wbg_ptr === fresh.doc.__wbg_ptr && stale.text.__wbg_ptr === fresh.text.__wbg_ptr;
	const access = attempt(() => scenarios[process.argv[3]](stale, fresh));
	answer({ fault, samePointers, before, access });
	// Told apart from the line above, because corruption may bring the process down right here.
	let after;
	const reading = attempt(() => (after = content(fresh)));
	// Memory freed behind a document's back is given to the next ones, which are kept.
	const next = attempt(() => {
		const others = [];
		for (let n = 0; n < 20; n++) {
			others.push(makeDocument(`document ${n}`));
			const texts = others.map(({ text }) => text.toString());
			const wrong = texts.findIndex((text, index) => text !== `document ${index}`);
			if (wrong >= 0) {
				throw new Error(`document ${wrong} reads "${texts[wrong]}"`);
			}
			if (JSON.stringify(content(fresh)) !== JSON.stringify(after)) {
				throw new Error(`beside document ${n} the new one reads ${JSON.stringify(content(fresh))}`);
			}
		}
	});
	answer({ after, reading, next });
}

/* Nobody frees by hand here: the collector finds the dead generation's objects, and its finalizers
   run beside documents that own the same pointer numbers. */
async function finalizers() {
	let stale = Array.from({ length: 50 }, (_, n) => makeDocument(`old ${n}`));
	const fault = attempt(() => stale[0].doc.getMap("map").set("key", nested(50_000)));
	glue.naiveReinit?.();
	const fresh = Array.from({ length: 50 }, (_, n) => makeDocument(`new ${n}`));
	answer({ fault, samePointers: stale[7].doc.__wbg_ptr === fresh[7].doc.__wbg_ptr });
	let collected = 0;
	const registry = new FinalizationRegistry(() => collected++);
	for (const { doc } of stale) {
		registry.register(doc, 0);
	}
	stale = null;
	for (let turn = 0; turn < 20; turn++) {
		globalThis.gc();
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	const reading = attempt(() => fresh.forEach((one, n) => {
		one.text.insert(0, "still ");
		if (content(one).text !== `still new ${n}`) {
			throw new Error(`document ${n} reads "${content(one).text}"`);
		}
	}));
	answer({ collected, reading });
}

await (process.argv[3] === "finalizers" ? finalizers() : main());
process.exit(0);
