// What the programs of this folder and glue use of Node's modules, on a page: page.mjs maps the names of those to this.
import { util } from "/chai.mjs";

/* A file of the server's, in the midst of a synchronous program. */
function readFileSync(file, encoding) {
	const request = new XMLHttpRequest();
	request.open("GET", `/file${file}`, false);
	request.overrideMimeType(`text/plain; charset=${encoding ?? "x-user-defined"}`); // that has a code for each byte
	request.send();
	return encoding ? request.responseText : Uint8Array.from(request.responseText, c => c.charCodeAt(0));
}

class Script {
	constructor(text) {
		this.text = text;
	}
	runInThisContext() {
		return (0, eval)(this.text);
	}
}

let modules = 0;

class SourceTextModule {
	constructor(text, { identifier }) {
		this.url = `/module/${++modules}${identifier}`;
	}
	createCachedData() {}
	async link() {}
	async evaluate() {
		this.namespace = await import(this.url);
	}
}

const fs = { readFileSync };
const vm = { Script, SourceTextModule };
const path = {
	dirname: file => file.slice(0, file.lastIndexOf("/")),
	join: (...parts) => parts.join("/"),
};
export default { ...fs, ...vm, ...path };
export const inspect = value => util.inspect(value);
inspect.custom = Symbol.for("nodejs.util.inspect.custom");
export const createRequire = () => name =>
	({ fs, path, util: { TextDecoder, TextEncoder, inspect } })[name.replace(/^node:/, "")];
export const pathToFileURL = file => new URL(`/file${file}`, location.href);
export const isDeepStrictEqual = util.eql;

// Tasks that nobody can replace, and what reaches the page as a whole.
const { port1, port2 } = new MessageChannel();
const tasks = [];
port1.onmessage = () => tasks.shift()();
globalThis.setImmediate = f => {
	tasks.push(f);
	port2.postMessage(0);
};
const types = { uncaughtException: ["error", e => e.error], unhandledRejection: ["unhandledrejection", e => e.reason] };
globalThis.process = {
	on(name, f) {
		const [type, what] = types[name];
		addEventListener(type, event => {
			event.preventDefault();
			f(what(event));
		});
	},
};
