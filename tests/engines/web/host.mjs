// What the recovery tests need of the machine, in engines that have no modules of Node's: browsers and
// workers. tests/recovery/host.mjs is the same for those that have. What differs between them is in
// engine.mjs, which the programs that start them bring along.
import * as engine from "./engine.mjs";

export { test } from "./test.mjs";
export const { allCells, bytesOf, evaluate, gc, wish } = engine;

export const limits = {
	instructions: "the engine is older than what the module asks of it",
	...engine.limits,
};

/* The other targets are made for other engines. */
export const loads = cell => cell.target === "web";

/*
 * There are no processes here. What would have ended one, an exception or a rejection that nobody
 * handles, reaches the global object.
 */
export async function inChild(cell, body, { original = false, args = [] } = {}) {
	const lib = await import("../../recovery/lib.mjs");
	const listeners = { uncaughtException: [], unhandledRejection: [] };
	const strays = [];
	const listen = (name, what) => event => {
		event.preventDefault();
		listeners[name].forEach(f => f(what(event)));
		if (listeners[name].length === 0) {
			strays.push(what(event));
		}
	};
	const handlers = {
		error: listen("uncaughtException", event => event.error),
		unhandledrejection: listen("unhandledRejection", event => event.reason),
	};
	const process = { on: (name, f) => listeners[name].push(f) };
	let answer;
	const print = value => {
		answer = JSON.parse(JSON.stringify(value));
	};
	Object.entries(handlers).forEach(([type, f]) => addEventListener(type, f));
	try {
		const glue = await lib.load(cell, { original });
		await body({ ...glue, ...lib, print, process }, ...args);
		await lib.sleep(30);
	} finally {
		Object.entries(handlers).forEach(([type, f]) => removeEventListener(type, f));
	}
	return { status: strays.length === 0 ? 0 : 1, text: strays.map(String).join("\n"), answer };
}
