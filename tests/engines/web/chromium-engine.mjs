// A page of tests/engines/chromium.mjs.
const [file] = location.search.slice(1).split(",");
const setup = await (await fetch(`/setup.json?${file}`)).json();
export const { allCells, wish } = setup;
export const limits = {};

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
