// R11: a program whose instance is kept after a panic (heal) goes on as in unpatched glue, which knows nothing of
// faults: random programs run in both, and each call has to come to the same. HEAL_SEEDS: programs for each cell.
import assert from "node:assert/strict";
import { each, faultsByPanic, has, load, sleep } from "./lib.mjs";

const seeds = Number(globalThis.process?.env?.HEAL_SEEDS ?? 2);
const STEPS = 120;
const SLOTS = 6;

function random(seed) {
	let state = seed * 2654435761 + 1;
	return n => {
		state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
		return ((state ^ (state >>> 13)) >>> 0) % n;
	};
}

function settle(w, promise) {
	w.open++;
	const take = v => {
		w.open--;
		w.settled.push(v);
	};
	promise.then(take, take);
}

// Each is done in both glues, `w`, with the same numbers a, b and n. What it gives, or throws, is compared.
const operations = {
	newCounter: (w, { a, n }) => void (w.objects[a] = new w.m.Counter(n)),
	twin: (w, { a, b }) => void (w.objects[a] = w.objects[b].twin()),
	get: (w, { a }) => w.objects[a].get(),
	add: (w, { a, n }) => w.objects[a].add(n),
	value: (w, { a }) => w.objects[a].value,
	setValue: (w, { a, n }) => void (w.objects[a].value = n),
	label: (w, { a }) => w.objects[a].label,
	setLabel: (w, { a, n }) => void (w.objects[a].label = `label ${n}`),
	describe: (w, { a }) => w.objects[a].describe("a counter"),
	checkedSub: (w, { a, n }) => w.objects[a].checked_sub(n),
	addFrom: (w, { a, b }) => w.objects[a].add_from(w.objects[b]),
	larger: (w, { a, b }) => w.m.Counter.larger(w.objects[a], w.objects[b]),
	tag: (w, { a }) => w.m.tag("<", w.objects[a], ">"),
	read: (w, { a }) => w.m.read(w.objects[a]),
	consume: (w, { a }) => w.m.consume(w.objects[a]),
	free: (w, { a }) => w.objects[a].free(),
	makeCallback: (w, { a }) => void (w.callbacks[a] = w.m.make_callback()),
	callback: (w, { a, n }) => w.callbacks[a](n),
	failing: (w, { n }) => w.failing(["nothing", "throw"][n % 2]),
	bump: w => w.m.bump(),
	greet: (w, { n }) => w.m.greet(`${n} — ßé`),
	upper: (w, { n }) => w.m.upper(n % 3 ? "text" : ""),
	parse: (w, { n }) => w.m.parse_number(n % 2 ? String(n) : "x"),
	words: w => w.m.words("a b c"),
	reverse: (w, { n }) => [...w.m.reverse(new Uint8Array([n, 2, 3]))],
	each: (w, { n }) => w.m.double_each([n, 1, "x"]),
	throwText: w => w.m.throw_text("text"),
	callJs: (w, { a, n }) => w.m.call_js(x => {
		if (n % 3 === 0) {
			throw new Error("thrown by a callback");
		}
		return x + w.callbacks[a](n);
	}, n),
	callWith: (w, { a, b, n }) => w.objects[a].call_with(x => (n % 3 ? w.objects[b].get() : x), n),
	schedule: (w, { n }) => w.m[n % 2 ? "schedule" : "schedule_once"](1, n),
	asyncSleep: (w, { n }) => settle(w, w.m.async_sleep(n % 5, n)),
	asyncErr: (w, { n }) => settle(w, w.m.async_err(`e${n}`)),
	spawn: (w, { n }) => w.m.spawn(1, n),
};
const faults = {
	panic: w => w.m.panic("as told"),
	panicString: w => w.m.panic_string("as told"),
	panicResult: w => w.m.panic_result("as told"),
	panicEach: w => w.m.panic_each([1]),
	panicMut: (w, { a }) => w.objects[a].panic_mut("as told"),
	panicRef: (w, { a }) => w.objects[a].panic_ref("as told"),
	trap: w => w.m.trap(),
	trapMut: (w, { a }) => w.objects[a].trap_mut(),
	parsed: (w, { n }) => new w.m.Parsed(n % 2 ? "panic" : "trap"),
	closure: (w, { n }) => w.failing(n % 2 ? "panic" : "trap"),
};

const outcome = f => {
	try {
		return { v: f() };
	} catch (e) {
		// JSC tells a trap with the words of the call.
		return { e: !(e instanceof Error) ? e : e instanceof WebAssembly.RuntimeError ? e.name : `${e.name}: ${e.message}` };
	}
};
const isFault = ({ e }) => e === "RuntimeError";

/* Both glues after the same start; nobody uses the callback in slot 0 but for what comes first after a fault. */
function start({ m }) {
	const w = { m, objects: [], callbacks: [], settled: [], open: 0, failing: m.make_failing_callback() };
	for (let i = 0; i < SLOTS; i++) {
		w.objects.push(new m.Counter(i));
		w.callbacks.push(m.make_callback());
	}
	return w;
}

async function run(cell, seed) {
	const below = random(seed);
	const patched = await load(cell, { traced: false });
	const plain = await load(cell, { original: true, traced: false });
	patched.api.configure({ reinit: "heal" });
	const both = [plain, patched].map(start);
	const done = [];
	const compare = (name, operation, numbers) => {
		const [expected, found] = both.map(w => outcome(() => operation(w, numbers)));
		done.push(`${name} ${JSON.stringify(numbers)}`);
		assert.deepEqual(found, expected, `seed ${seed}: ${done.slice(-8).join(", ")}`);
		return found;
	};
	let count = 0;
	for (let step = 0; step < STEPS; step++) {
		const numbers = { a: 1 + below(SLOTS - 1), b: 1 + below(SLOTS - 1), n: below(100) };
		if (below(6) === 0) {
			const name = Object.keys(faults)[below(Object.keys(faults).length)];
			if (isFault(compare(name, faults[name], numbers))) {
				count++;
				assert.equal(patched.api.state, "poisoned");
				// The first that comes by, an entrypoint, a closure, or a timer, finds an instance that goes on.
				const first = below(3);
				if (first === 2) {
					await sleep(8);
				} else {
					compare("first", first ? w => w.m.bump() : w => w.callbacks[0](1), numbers);
				}
				compare("then", w => w.callbacks[0](1), numbers);
				assert.equal(patched.api.state, "live");
			}
		} else {
			const name = Object.keys(operations)[below(Object.keys(operations).length)];
			compare(name, operations[name], numbers);
		}
		if (below(10) === 0) {
			for (let i = 0; i < 100 && (i === 0 || both.some(({ open }) => open > 0)); i++) {
				await sleep(8);
			}
			compare("turn", w => [w.m.fired(), w.settled.splice(0).sort()], {});
		}
	}
	assert.deepEqual([patched.api.generation, patched.api.stats.faults, patched.api.stats.mends], [0, count, count]);
	return count;
}

each(
	"R11: what goes on after a panic is what unpatched glue does",
	async ({ cell }) => {
		let count = 0;
		for (let seed = 1; seed <= seeds; seed++) {
			count += await run(cell, seed);
		}
		assert.ok(count > 5, "hardly a fault");
	},
	// Where a closure runs another's shim, there is no telling what it gives.
	{ needs: cell => faultsByPanic(cell) && !has("shared-shims")(cell) },
);
