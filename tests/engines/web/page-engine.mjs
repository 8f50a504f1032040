// A page of tests/engines/page.mjs.
const [file] = location.search.slice(1).split(",");
const setup = await (await fetch(`/setup.json?${file}`)).json();
export const { allCells, limits, wish } = setup;

const bytes = new Map();
await Promise.all(
	setup.modules.map(async module => {
		bytes.set(module, new Uint8Array(await (await fetch(`/fixtures/${module}`)).arrayBuffer()));
	}),
);
export const bytesOf = cell => bytes.get(cell.module);

let copies = 0;

export function evaluate(cell, { original, options = [] }) {
	const kind = original ? "original" : `patched ${options.join(" ")}`.trim();
	return import(`/glue/${encodeURIComponent(kind)}/${cell.path}/reglue_fixture.js?n=${++copies}`);
}

/* There is no way to ask WebKit: it collects when much has been made. */
async function press() {
	for (let i = 0; i < 30; i++) {
		globalThis.garbage = Array.from({ length: 1e5 }, () => ({}));
	}
	await new Promise(done => setTimeout(done, 20));
}

export const gc = globalThis.gc ?? globalThis.TestUtils?.gc.bind(globalThis.TestUtils) ?? press;
