// What the contract promises (docs/CONTRACT.md), as far as one short sequence of calls on one cell can
// show it. Runs in any engine: nothing here is Node's, and each rule is a function of the glue.
import { sleep, successes, until, upstreams } from "../../fixtures/expectations.mjs";

class Failure extends Error {}

const show = value => {
	try {
		return typeof value === "string" ? JSON.stringify(value) : String(value);
	} catch {
		return typeof value;
	}
};
const ok = (value, what) => {
	if (!value) {
		throw new Failure(what);
	}
};
const same = (value, wanted, what) => ok(Object.is(value, wanted), `${what}: ${show(value)}, not ${show(wanted)}`);
const caught = (call, what) => {
	try {
		call();
	} catch (e) {
		return e;
	}
	throw new Failure(`${what}: nothing was thrown`);
};
const isA = (e, Type, what) => ok(e instanceof Type, `${what}: ${e?.name}: ${e?.message}`);
const trap = m => {
	const e = caught(() => m.trap(), "trap()");
	isA(e, WebAssembly.RuntimeError, "trap()");
	return e;
};

/* A fault, and a good call after it: the new instance has counted nothing yet. */
function recover({ m, api }) {
	const before = api.generation;
	trap(m);
	same(m.bump(), 1, "bump() of a new instance");
	same(api.generation, before + 1, "generation");
}

/* Whether `m.name` answers as the fixture's documentation says. */
async function works({ m, cell }, name) {
	try {
		await successes[name](m, cell);
	} catch (e) {
		if (!upstreams(cell, name)) {
			throw new Failure(`${name}: ${String(e.message).replace(/\s+/g, " ").slice(0, 160)}`);
		}
	}
}

async function allWork(glue) {
	for (const name of Object.keys(successes)) {
		// reinit is what this one is about, and the rules count generations
		if (glue.m[name] !== undefined && name !== "schedule_reinit") {
			await works(glue, name);
		}
	}
}

const never = () => new Promise(() => {});
const unwinds = ({ cell }) => cell.features.includes("panic-error");
// An exception that crosses Rust's frames is an abort there, and the cause of the error that is thrown.
const isCritical = ({ cell }) => cell.features.includes("critical");
const joinsUpstream = ({ cell }) => cell.features.includes("reset-state");

/* For each rule: what is shown; or `false` where there is nothing of the kind in a cell. */
export const rules = {
	R13: {
		title: "Same results, keys, names and lengths as unpatched glue, before and after a recovery",
		async run(glue) {
			const { m, api, original } = glue;
			const keys = Object.keys(original).filter(key => key !== "__wasm");
			// of a namespace object the API is a key like any other, of CommonJS exports it is hidden
			const mine = Object.keys(m).filter(key => key !== "__reglue" && key !== "__wasm");
			same(mine.join(), keys.join(), "keys of the glue");
			for (const key of keys) {
				if (typeof original[key] === "function") {
					same(m[key].name, original[key].name, `name of ${key}`);
					same(m[key].length, original[key].length, `length of ${key}`);
				}
			}
			await allWork(glue);
			// where they are critical, some of these calls throw what is an abort
			ok(api.stats.reinits === 0 || isCritical(glue), `reinits of good calls: ${api.stats.reinits}`);
			recover(glue);
			await allWork(glue);
		},
	},
	R1: {
		title: "Calls through the exports object that init() returns are guarded; it is one for life",
		needs: ({ face }) => face !== undefined,
		run({ m, api, face, exported }) {
			same(Object.keys(face).join(), exported.join(), "keys of the exports object");
			const before = face.memory ?? face.mem;
			trap(m);
			same(face.bump(), 1, "bump() by way of the exports object");
			ok((face.memory ?? face.mem) !== before, "the memory is the dead instance's");
			same(face.bump, face.bump, "wasm.f === wasm.f");
			caught(() => face.trap(), "trap() by way of the exports object");
			same(api.state, "poisoned", "state");
			same(m.bump(), 1, "bump()");
		},
	},
	R2: {
		title: "A new instance before arguments are marshalled, and never while a call is in flight",
		run(glue) {
			const { m, api } = glue;
			for (const call of [
				() => same(m.concat("a", "b", "ü"), "abü", "concat()"),
				() => same(m.join_numbers(">", new Uint32Array([1, 2]), "!"), ">1,2!", "join_numbers()"),
				() => {
					const bytes = new Uint8Array([1, 200]);
					m.double_in_place(bytes);
					same(bytes.join(), "2,144", "double_in_place()");
				},
				() => same(new m.Renamed("text").theText, "text", "theText"),
			]) {
				const before = api.generation;
				trap(m);
				call();
				same(api.generation, before + 1, "generation");
			}
			let inner;
			const before = api.generation;
			try {
				m.call_js(() => {
					trap(m);
					inner = caught(() => m.concat("a", "b", "c"), "a nested call after the fault");
				}, 0);
			} catch {
				// its frames are the dead instance's: whatever they do is right
			}
			isA(inner, api.PoisonedError, "a nested call after the fault");
			same(api.generation, before, "generation while a call was in flight");
			same(m.bump(), 1, "bump()");
		},
	},
	R3: {
		title: "Traps and exhausted stacks are faults, errors are not",
		run(glue) {
			const { m, api } = glue;
			recover(glue);
			let bumps = m.bump();
			const value = {};
			for (const call of [
				() => m.parse_number("x"),
				() => m.upper(""),
				() => m.check(false),
				() => m.throw_text("t"),
				() => m.throw_value(value),
				...(isCritical(glue) ? [] : [() => m.call_js(() => { throw value; }, 0)]),
				() => new m.Parsed("x"),
				...(unwinds(glue) ? [() => m.panic("p"), () => m.panic_string("p")] : []),
			]) {
				const e = caught(call, String(call));
				ok(!(e instanceof WebAssembly.RuntimeError), `${call}: ${e}`);
				same(api.state, "live", `state after ${call}`);
				same(m.bump(), ++bumps, `bump() after ${call}`);
			}
			for (const call of [
				() => m.oob_load(),
				() => m.divide(1, 0),
				() => m.wrong_signature(),
				() => m.recurse_shadow(5000),
				() => m.recurse_js(10_000_000),
				() => new m.Parsed("trap"),
				...(unwinds(glue) ? [] : [() => m.panic("p")]),
			]) {
				caught(call, String(call));
				same(api.state, "poisoned", `state after ${call}`);
				same(m.bump(), 1, `bump() after ${call}`);
			}
		},
	},
	heal: {
		title: "The shadow stack pointer is put back after errors, so they can be repeated without end",
		needs: ({ heals }) => heals,
		run(glue) {
			const { m, api } = glue;
			recover(glue);
			const before = api.generation;
			const limit = Error.stackTraceLimit;
			Error.stackTraceLimit = 0;
			for (let i = 0; i < 5000; i++) {
				caught(() => m.throw_text("text"), "throw_text()");
			}
			Error.stackTraceLimit = limit;
			same(m.recurse_shadow(900), 901, "recurse_shadow()");
			same(api.generation, before, "generation");
		},
	},
	R4: {
		title: "The failing call's own clean-up is without effect and hides nothing",
		run(glue) {
			const { m, api } = glue;
			recover(glue);
			for (const call of [
				() => m.panic_string("p"),
				() => m.panic_result("p"),
				() => new m.Parsed("panic"),
				() => m.make_failing_callback()("panic"),
			]) {
				const e = caught(call, String(call));
				if (unwinds(glue)) {
					ok(!(e instanceof WebAssembly.RuntimeError), `${call}: ${e}`);
				} else {
					isA(e, WebAssembly.RuntimeError, String(call));
					same(m.bump(), 1, `bump() after ${call}`);
				}
			}
			const object = new m.Counter(1);
			const before = api.generation;
			// an import that catches for Rust must not turn the fault into a value
			const e = caught(() => m.call_js_catch(() => m.trap(), 0), "a fault in a catching import");
			isA(e, WebAssembly.RuntimeError, "a fault in a catching import");
			object.free();
			same(api.state, "poisoned", "state after free()");
			same(api.generation, before, "generation after free()");
			same(m.bump(), 1, "bump()");
		},
	},
	R5: {
		title: "All glue state is reset, the start function runs again; a start that fails can be tried again",
		run(glue) {
			const { m, api, hooks } = glue;
			recover(glue);
			for (let i = 0; i < 40; i++) {
				m.keep({});
			}
			recover(glue);
			same(m.starts(), 1, "starts()");
			const value = {};
			same(m.keep(value), 0, "keep()");
			same(m.kept(0), value, "kept()");
			same(m.greet("ä".repeat(500)), `Hello, ${"ä".repeat(500)}!`, "greet()");
			trap(m);
			const failed = api.stats.failedReinits;
			hooks.onStart = () => "trap";
			caught(() => m.add(1, 2), "a call whose start function traps");
			delete hooks.onStart;
			same(api.stats.failedReinits, failed + 1, "failed reinits");
			ok(api.state !== "live", "live after a failed start");
			same(m.bump(), 1, "bump()");
		},
	},
	R6: {
		title: "A stale object is refused, as receiver and as argument; free() of it does nothing",
		run(glue) {
			const { m, api, cell } = glue;
			const stale = new m.Counter(5);
			const point = new m.Point(1, 2);
			recover(glue);
			const fresh = new m.Counter(7);
			for (const use of [
				() => stale.get(),
				() => stale.add(1000),
				() => stale.label,
				() => { stale.value = 1000; },
				() => m.read(stale),
				() => m.write(stale, 1000),
				() => m.tag("a", stale, "b"),
				() => fresh.add_from(stale),
				() => m.Counter.larger(fresh, stale),
				() => m.consume(stale),
				() => m.read_opt(stale),
				() => point.x,
				...(cell.optional.includes("vec_class") && !isCritical(glue)
					? [() => m.sum_points([new m.Point(1, 1), point])]
					: []),
			]) {
				isA(caught(use, String(use)), api.StaleObjectError, String(use));
			}
			stale.free();
			stale[Symbol.dispose ?? "free"]?.();
			same(fresh.get(), 7, "the fresh object");
			same(api.state, "live", "state");
			const freed = new m.Counter(1);
			freed.free();
			const e = caught(() => freed.get(), "a freed object");
			ok(!(e instanceof api.StaleObjectError), `a freed object: ${e}`);
		},
	},
	finalizer: {
		title: "After a recovery the collector drops fresh objects, and never stale ones",
		needs: ({ cell, gc }) => gc !== undefined && cell.features.includes("weakrefs"),
		async run(glue) {
			const { m, hooks, gc, cell } = glue;
			const dropped = [];
			hooks.onDrop = id => dropped.push(id);
			// a release forgets to register what a constructor made: then there is nothing to drop
			const make = id => new m.Tracked(id) && id;
			make(1);
			recover(glue);
			make(2);
			for (let i = 0; i < 40 && !dropped.includes(2); i++) {
				gc();
				await sleep(1);
			}
			delete hooks.onDrop;
			if (cell.features.includes("forgets-constructed")) {
				same(dropped.join(), "", "objects dropped");
				return;
			}
			same(dropped.join(), "2", "objects dropped");
			same(glue.api.state, "live", "state");
		},
	},
	R7: {
		title: "Closures and timers of a dead instance do nothing",
		async run(glue) {
			const { m, api, hooks } = glue;
			recover(glue);
			const callback = m.make_callback();
			const text = m.make_text_callback("<");
			const ticks = new m.Ticker().callback();
			const fired = [];
			hooks.onTimer = tag => fired.push(tag);
			m.schedule(1, 11);
			m.schedule_once(1, 12);
			const before = api.stats.staleClosures;
			recover(glue);
			same(callback(1), undefined, "a stale closure");
			same(text("a", true), undefined, "a stale closure with text");
			same(ticks(), undefined, "a stale closure of an object");
			await sleep(8);
			delete hooks.onTimer;
			same(fired.join(), "", "timers that fired");
			ok(api.stats.staleClosures >= before + 3, `stale closures: ${api.stats.staleClosures - before}`);
			same(api.state, "live", "state");
			await works(glue, "make_callback");
		},
	},
	R8: {
		title: "A promise of a dead instance is rejected with the fault's error as its cause",
		async run(glue) {
			const { m, api } = glue;
			recover(glue);
			const pending = [m.async_await(never()), m.promise_of(never())];
			await sleep(1);
			const original = trap(m);
			for (const promise of pending) {
				const late = sleep(2000).then(() => { throw new Failure("the promise hangs"); });
				const e = await Promise.race([promise, late]).then(() => new Failure("resolved"), x => x);
				late.catch(() => {});
				isA(e, api.PoisonedError, "a pending promise");
				same(e.cause, original, "cause");
			}
			same(m.bump(), 1, "bump()");
			same(await m.async_add(1, 2), 3, "async_add()");
		},
	},
	R9: {
		title: "A fault that no caller sees poisons, is told, and ends nothing",
		async run(glue) {
			const { m, api, uncaught } = glue;
			recover(glue);
			const before = api.stats.faults;
			const e = await m.async_trap_later(1).then(() => new Failure("resolved"), x => x);
			isA(e, api.PoisonedError, "the promise of the task");
			same(m.bump(), 1, "bump()");
			let told = 0;
			const off = api.on("fault", () => told++);
			if (!unwinds(glue)) {
				m.schedule_panic(1);
				m.spawn_panic(1);
				await until(() => told > 0);
				await sleep(5);
				same(told, 1, "faults told");
				same(m.bump(), 1, "bump()");
			}
			off();
			same(api.stats.faults, before + (unwinds(glue) ? 1 : 2), "faults");
			same(uncaught.splice(0).join(), "", "uncaught");
		},
	},
	R10: {
		title: "The first caller gets the original error, later ones a PoisonedError with plain data",
		run(glue) {
			const { m, api } = glue;
			recover(glue);
			api.configure({ reinit: "manual" });
			const first = trap(m);
			ok(!(first instanceof api.PoisonedError), "the first error is not the original");
			const second = caught(() => m.add(1, 2), "the second call");
			const third = caught(() => m.add(1, 2), "the third call");
			isA(second, api.PoisonedError, "the second call");
			ok(second !== third && second !== first, "an error was thrown twice");
			same(second.fault.kind, "trap", "kind");
			same(second.fault.export, "trap", "export");
			api.configure({ reinit: "lazy" });
			same(m.bump(), 1, "bump()");
		},
	},
	R11: {
		title: "Policies manual, never, eager and heal; the budget ends in ExhaustedError",
		run(glue) {
			const { m, api, cell } = glue;
			recover(glue);
			const { generation } = api;
			for (const reinit of ["manual", "never"]) {
				api.configure({ reinit });
				trap(m);
				isA(caught(() => m.add(1, 2), reinit), api.PoisonedError, reinit);
				api.reinit();
				same(m.bump(), 1, `bump() after reinit(), ${reinit}`);
			}
			api.configure({ reinit: "eager" });
			trap(m);
			api.configure({ reinit: "lazy" });
			same(m.bump(), 1, "bump(), eager");
			same(api.generation, generation + 3, "generation");

			const counter = new m.Counter(5);
			api.configure({ reinit: "heal" });
			trap(m);
			if (cell.features.includes("terminated")) {
				// the instance itself says that it is terminated, and cannot be kept
				isA(caught(() => counter.get(), "heal"), api.StaleObjectError, "heal");
			} else {
				same(counter.get(), 5, "an object that lived through a fault, heal");
				same(api.generation, generation + 3, "generation, heal");
			}
			api.configure({ reinit: "lazy", budget: 2 });
			let last;
			for (let i = 0; i < 5 && !(last instanceof api.ExhaustedError); i++) {
				last = caught(() => m.trap(), "trap()");
			}
			isA(last, api.ExhaustedError, "too many faults");
			same(api.state, "exhausted", "state");
			api.configure({ budget: 16 });
			same(m.bump(), 1, "bump() with a new budget");
		},
	},
	"R12/R16": {
		title: "`__reglue`: state, fault, stats, hooks; what was set up by hand is made again in a hook",
		run(glue) {
			const { m, api } = glue;
			recover(glue);
			same(api.state, "live", "state");
			const told = [];
			const off = [
				api.on("fault", fault => told.push(`fault ${fault.export}`)),
				api.on("reinit", () => told.push(`reinit ${m.keep("by hand")}`)),
			];
			trap(m);
			same(m.kept(0), "by hand", "what the hook made again");
			off.forEach(f => f());
			same(told.join(), "fault trap,reinit 0", "hooks");
			api.poison("by hand");
			same(api.state, "poisoned", "state after poison()");
			same(m.bump(), 1, "bump()");
		},
	},
	R14: {
		title: "wasm-bindgen's own reset machinery is joined: one reinit, and stale objects are refused",
		needs: glue => joinsUpstream(glue) || glue.cell.optional.includes("reinit"),
		run(glue) {
			const { m, api } = glue;
			recover(glue);
			const ways = [];
			if (m.__wbg_reset_state !== undefined) {
				ways.push(() => m.__wbg_reset_state());
			}
			if (m.schedule_reinit !== undefined) {
				ways.push(() => m.schedule_reinit());
			}
			ok(ways.length > 0, "nothing to call");
			for (const way of ways) {
				const before = api.generation;
				const stale = new m.Counter(5);
				const callback = m.make_callback();
				m.bump();
				way();
				same(m.bump(), 1, `bump() after ${way}`);
				same(api.generation, before + 1, `generation after ${way}`);
				isA(caught(() => stale.get(), "a stale object"), api.StaleObjectError, "a stale object");
				same(callback(1), undefined, "a stale closure");
				same(m.bump(), 2, "bump()");
			}
		},
	},
};

/*
 * All rules, or `only` some, on one cell. `load()` gives { m, api, face, exported, original, hooks, uncaught }. A rule's
 * result is true, null where it does not apply, or what went wrong.
 */
export async function check(cell, { load, heals, gc, only = Object.keys(rules) }) {
	const results = {};
	let glue;
	for (const name of only) {
		const { needs = () => true, run } = rules[name];
		try {
			glue ??= { ...(await load(cell)), cell, heals, gc };
			if (!needs(glue)) {
				results[name] = null;
				continue;
			}
			globalThis.__fixture_hooks = glue.hooks;
			await run(glue);
			const stray = glue.uncaught.splice(0);
			ok(stray.length === 0, `uncaught: ${stray.join()}`);
			results[name] = true;
		} catch (e) {
			results[name] = e instanceof Failure ? e.message : `${e?.stack ?? e}`.slice(0, 400);
			glue = undefined; // the next rule starts afresh
		}
	}
	return results;
}
