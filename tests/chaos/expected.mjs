// Holds what came of a step against what the model expects of it.
import { isDeepStrictEqual, inspect } from "node:util";
import { isExhausted, isFault } from "./world.mjs";

export class Mismatch extends Error {}

export const fail = (s, text) => {
	throw new Mismatch(`${text}\n  in step ${JSON.stringify(s)}`);
};

export function expectedOf({ cell, world, api, model, store, born }) {
	const matches = (want, out, s) => {
		const no = text => fail(s, `${text}; expected ${inspect(want, { depth: 2 })}, got ${inspect(out, { depth: 1 })}`);
		if (want.never !== undefined) {
			no(want.never);
		}
		if (want.again && isFault(out.e)) {
			return;
		}
		if (want.or !== undefined) {
			if ("e" in out && want.or.type !== undefined) {
				matches(want.or, out, s);
			}
			return;
		}
		if (want.any || "v" in want || "near" in want || "text" in want || "made" in want) {
			if ("e" in out) {
				no("threw");
			}
			if (
				want.also === false ||
				("v" in want && !isDeepStrictEqual(out.v, want.v)) ||
				("near" in want && !(Math.abs(out.v - want.near) < 1e-9)) ||
				("text" in want && !want.text.test(out.v))
			) {
				no("wrong result");
			}
			if ("made" in want) {
				const [kind, at, fields] = want.made;
				store(kind, at, born({ cls: kind, js: out.v, ...fields }));
			}
			return;
		}
		if (!("e" in out)) {
			no("did not throw");
		}
		const { e } = out;
		if ("is" in want) {
			if (e !== want.is) {
				no("not the original error");
			}
		} else if ("critical" in want) {
			if (!(want.again && isFault(e)) && (e?.message !== "Critical error" || e.cause !== want.critical)) {
				no("not what wasm-bindgen makes of what an import throws");
			}
		} else if ("thrown" in want) {
			if (e !== want.thrown) {
				no("wrong value thrown");
			}
		} else if (want.poisoned || want.exhausted) {
			if (!(e instanceof api.PoisonedError) || e instanceof api.ExhaustedError === !want.exhausted) {
				no("not the right PoisonedError");
			}
			if (want.ready !== undefined && want.ready !== e.ready instanceof Promise) {
				no("not told when it is ready, or told in vain");
			}
			if (want.cause !== undefined && e.cause !== want.cause) {
				no("wrong cause");
			}
			if (typeof e.fault?.kind !== "string" || typeof e.fault.generation !== "number") {
				no("no fault");
			}
		} else if (want.stale) {
			if (
				!(e instanceof api.StaleObjectError) ||
				(want.stale.cls !== undefined && e.className !== (want.stale.js?.constructor.name ?? want.stale.cls)) || // a minifier's, at times
				e.objectGeneration !== want.stale.generation ||
				e.generation !== model.generation
			) {
				no("not the right StaleObjectError");
			}
		} else if (want.fault) {
			if (!isFault(e) || (want.fault === "stack" ? !isExhausted(e) : e.name !== want.fault)) {
				no("not the fault");
			}
			checkFault(e, undefined, s);
		} else if ((e?.name !== want.type && !(cell.leaks.panics && want.type === "Error" && e?.name === "PanicError")) || isFault(e) || e instanceof api.PoisonedError) {
			no("wrong class");
		} else if (want.message !== undefined && e.message !== want.message) {
			no("wrong message");
		}
	};

	const checkFault = (e, name, s) => {
		const f = api.fault;
		if (
			f?.kind !== (isExhausted(e) ? "stack" : isFault(e) ? "trap" : "abort") ||
			f.message !== e.message ||
			f.generation !== model.generation ||
			(name !== undefined && f.export !== name)
		) {
			fail(s, `fault is ${inspect(f)}, the error was ${inspect(e)} in ${name}`);
		}
	};

	const all = s => {
		const bad = text => fail(s, text);
		if (world.violations.length !== 0) {
			bad(world.violations.join("\n"));
		}
		if (api.generation !== model.generation) {
			bad(`generation ${api.generation}, expected ${model.generation}`);
		}
		const state = model.job ? "reinitializing" : !model.dead ? "live" : model.exhausted ? "exhausted" : "poisoned";
		if (api.state !== state) {
			bad(`state ${api.state}, expected ${state}`);
		}
		const { stats } = api;
		if (stats.reinits !== model.reinits || stats.failedReinits !== model.failed) {
			bad(`${stats.reinits} reinits, ${stats.failedReinits} failed; expected ${model.reinits}, ${model.failed}`);
		}
		if (world.instances.filter(x => !x.dead).length > 1) {
			bad("more than one live instance");
		}
		if (world.instances.length !== model.epoch + 1) {
			bad(`${world.instances.length} instances, expected ${model.epoch + 1}`);
		}
		const x = world.current;
		// Errors that JS swallows within Rust are seen to in the next microtask.
		if (!model.dead && /turn|gc/.test(s.op) && x.raw.__wbindgen_add_to_stack_pointer && x.raw.__wbindgen_add_to_stack_pointer(0) !== x.base) {
			bad(`shadow stack pointer ${x.raw.__wbindgen_add_to_stack_pointer(0)}, expected ${x.base}`);
		}
	};
	return { matches, checkFault, all };
}
