// Timing by turns: a round times each subject once for a few milliseconds, in an order that turns; what counts
// is (subject / unpatched in the same round), so what slows the machine for a while slows both.
import { now } from './clock.mjs';

/**
 * names: the subjects, `unpatched` among them. time(name, n): ms that n calls take, or a promise of it. warm: ms that each
 * subject is given first; slice: ms of a turn, about; first: how many calls to try it with. Gives a promise of
 * { ratios, ns }, a number a round, by name.
 */
export const interleave = async (names, time, rounds, { first, slice, warm }) => {
	const counts = {};
	for (const name of names) {
		let n = first;
		// Warm, and find how many make a slice.
		for (let spent = 0; spent < warm; ) {
			const took = await time(name, n);
			spent += took;
			if (took < slice / 2) {
				n *= 2;
			}
		}
		counts[name] = n;
	}
	const ns = Object.fromEntries(names.map(name => [name, []]));
	for (let r = 0; r < rounds; r++) {
		for (let i = 0; i < names.length; i++) {
			const name = names[(i + r) % names.length];
			ns[name].push(((await time(name, counts[name])) * 1e6) / counts[name]);
		}
	}
	return Object.fromEntries(names.map(name => [name, { ratios: ns[name].map((v, i) => v / ns.unpatched[i]), ns: ns[name] }]));
};

const SLICE = 1.5; // ms: shorter than a time slice of a busy machine

// The same within this process. subjects: name => { loads: name => function of a number of calls }.
export const compare = (subjects, load, rounds, warm = 80) => {
	const time = (name, n) => {
		const f = subjects[name].loads[load];
		const t = now();
		f(n);
		return now() - t;
	};
	return interleave(Object.keys(subjects), time, rounds, { first: 64, slice: SLICE, warm });
};
