// A worker of tests/engines/workerd.mjs. No code is compiled here: modules of JavaScript and of
// WebAssembly are those that the worker was deployed with.
import { allCells, kinds, modules, wish } from "./deployed.mjs";

export { allCells, wish };
export const gc = globalThis.gc;
export const limits = {
	strays: "workerd tells no global object what a timer throws",
	compile: "workerd compiles no WebAssembly at run time",
};
export const bytesOf = cell => modules[cell.module];

const used = {};

/* Each copy of a glue is a module of its own; as many were deployed as tests will ask for. */
export function evaluate(cell, { original, options = [] }) {
	const kind = kinds.indexOf(original ? "original" : `patched ${options.join(" ")}`.trim());
	const name = `/glue/${kind}/${cell.path}`;
	used[name] = (used[name] ?? 0) + 1;
	return import(`${name}/${used[name]}.mjs`);
}
