// Random programs. A step is plain data and names its operands by slot, so that any subset of a
// program is a program again.

export function random(seed) {
	let a = (seed + 1) * 0x9e3779b9;
	const next = () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const below = n => Math.floor(next() * n);
	return { next, below, chance: p => next() < p, pick: list => list[below(list.length)] };
}

/* The ways to start web glue. */
export const inits = ["initSync bytes", "initSync module", "init bytes", "init module", "init response"];

// Which slots hold what.
export const kinds = {
	Counter: [0, 1, 2, 3, 4, 5],
	Point: [6, 7, 8, 9],
	Renamed: [10, 11],
	Parsed: [12],
	Tracked: [13, 14, 15],
	callback: [16, 17, 18],
	once: [19],
	failing: [20],
	lent: [21],
};
export const slots = 22;

const weights = {
	newCounter: 12, zero: 2, maybeCounter: 2, tryCounter: 2, wrapCounter: 2, twin: 3,
	newPoint: 6, makePoints: 2, newRenamed: 3, ofNumber: 1, newParsed: 3, newTracked: 5,
	value: 8, setValue: 3, add: 6, label: 2, setLabel: 2, describe: 3, checkedSub: 3, addFrom: 5, larger: 3,
	read: 5, write: 4, tag: 3, readOpt: 2, consume: 2, merge: 2, intoValue: 2,
	pointX: 3, setPointX: 2, pointLength: 2, sumPoints: 4, theText: 2, renamedFunction: 2, number: 2, trackedId: 2, release: 2,
	free: 5, drop: 4, collect: 5, finalize: 6,
	makeCallback: 4, callCallback: 7, makeOnce: 2, callOnce: 3, makeFailing: 1, callFailing: 2, lend: 3, callLent: 3,
	bump: 8, starts: 1, addNumbers: 3, keep: 3, kept: 3, fired: 1, greet: 2, echo: 2, upper: 2, parseNumber: 2, check: 1,
	callJs: 8, throwText: 2, throwValue: 1,
	panic: 1, trap: 1, oob: 1, shadow: 0.5, stack: 0.1, wrongSignature: 0.5, panicString: 0.5, panicResult: 0.5, panicMut: 1, trapMut: 1,
	schedule: 3, scheduleOnce: 2, schedulePanic: 0.5, fire: 6,
	asyncAdd: 3, asyncGreet: 1, asyncErr: 2, asyncCounter: 2, asyncAwait: 2, settle: 3, asyncSleep: 2, asyncTrap: 0.5, asyncPanic: 0.3, spawn: 2,
	turn: 10, gc: 0.3,
	poison: 0.5, reinit: 0.7, configure: 0.5, startMode: 1.5,
};
const outermost = new Set(["turn", "gc", "collect", "finalize", "fire", "stack", "configure", "startMode"]);
const tasks = /^(async|spawn)/;

/* `more`: weights of what only some glue has. */
export function generate(seed, steps, more = {}) {
	const r = random(seed);
	const config = {
		reinit: r.pick(["lazy", "lazy", "lazy", "lazy", "eager", "manual"]),
		budget: r.pick([0, 0, 16, 3]),
		staleClosures: r.pick(["ignore", "ignore", "ignore", "throw"]),
		hook: r.chance(0.5),
		realGc: seed % 25 === 7,
		init: inits[seed % inits.length], // of web glue
		slow: seed % 7 === 3, // web glue of a host that makes new instances asynchronously only
	};
	const faults = r.pick([0.02, 0.06, 0.06, 0.2]);
	const weighed = { ...weights, ...more };
	const names = Object.keys(weighed).filter(n => config.staleClosures === "ignore" || !tasks.test(n));
	const of = inner => {
		const list = names.filter(n => !inner || !outermost.has(n));
		const ends = [];
		let sum = 0;
		for (const n of list) {
			ends.push((sum += weighed[n]));
		}
		return () => {
			const x = r.next() * sum;
			return list[ends.findIndex(end => x < end)];
		};
	};
	const outer = of(false);
	const inside = of(true);
	const step = depth => {
		const s = { op: depth > 0 ? inside() : outer() };
		s.to = r.below(64);
		s.a = r.below(64);
		s.b = r.chance(0.08) ? -1 - r.below(slots) : r.below(64); // below 0: any slot, of any class
		s.n = r.below(1000);
		if (s.op === "callJs" || s.op === "lend") {
			s.via = r.pick(["call_js", "call_js", "call_js_catch", "call_js_swallow", "call_with", "call_shared"]);
			s.mode = r.pick(["pass", "pass", "swallow", "swallow", "throw"]);
			s.inner = [];
			for (let i = r.below(depth > 1 ? 2 : 4); i > 0; i--) {
				s.inner.push(step(depth + 1));
			}
		}
		if (s.op === "sumPoints") {
			s.list = Array.from({ length: r.below(4) }, () => r.below(64));
		}
		if (depth === 0 && r.chance(faults)) {
			s.fault = {
				at: 1 + r.below(r.pick([1, 3, 8])),
				when: r.pick(["before", "after"]),
				kind: r.pick(["runtime", "runtime", "stack", "trap", "oob_load", "recurse_shadow"]),
			};
		}
		return s;
	};
	return { seed, config, steps: Array.from({ length: steps }, () => step(0)) };
}

/* Delta debugging: the smallest part that still fails, by removing chunks, then faults and inner steps. */
export async function shrink(program, fails) {
	let best = program.steps;
	const attempt = async steps => {
		if (await fails({ ...program, steps })) {
			best = steps;
			return true;
		}
		return false;
	};
	for (let size = Math.ceil(best.length / 2); size >= 1; ) {
		let shrunk = false;
		for (let at = 0; at < best.length; ) {
			if (await attempt([...best.slice(0, at), ...best.slice(at + size)])) {
				shrunk = true;
			} else {
				at += size;
			}
		}
		if (size === 1 && !shrunk) {
			break;
		}
		size = size === 1 ? 1 : Math.ceil(size / 2);
	}
	const replace = (i, s) => attempt(best.map((old, j) => (j === i ? s : old)));
	for (let i = 0; i < best.length; i++) {
		if (best[i].fault !== undefined) {
			const { fault, ...rest } = best[i];
			await replace(i, rest);
		}
		for (let j = (best[i].inner ?? []).length - 1; j >= 0; j--) {
			await replace(i, { ...best[i], inner: best[i].inner.filter((_, k) => k !== j) });
		}
	}
	return { ...program, steps: best };
}
