// Timing within one process: a round times each subject once for a few milliseconds, in an order that turns;
// what counts is (subject / unpatched in the same round), so what slows the machine for a while slows both.
import process from 'node:process';

// Time of this process on a processor, where the engine tells: what others do does not count.
export const now = () => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
};

export const engine =
	typeof Bun !== 'undefined' ? 'Bun ' + Bun.version : typeof Deno !== 'undefined' ? 'Deno ' + Deno.version.deno : 'Node ' + process.versions.node;

const SLICE = 1.5; // ms: shorter than a time slice of a busy machine

// subjects: name => { loads: name => function of a number of calls }, `unpatched` among them. warm: ms that each is
// given first. Gives, by name, { ratios, ns } of each round.
export const compare = (subjects, load, rounds, warm = 80) => {
	const names = Object.keys(subjects);
	const counts = {};
	for (const d of names) {
		const f = subjects[d].loads[load];
		let n = 64;
		// Warm, and find how many make a slice.
		for (let spent = 0; spent < warm; ) {
			const t = now();
			f(n);
			const took = now() - t;
			spent += took;
			if (took < SLICE / 2) n *= 2;
		}
		counts[d] = n;
	}
	const ns = {};
	names.forEach(d => (ns[d] = []));
	for (let r = 0; r < rounds; r++) {
		for (let i = 0; i < names.length; i++) {
			const d = names[(i + r) % names.length];
			const f = subjects[d].loads[load];
			const t = now();
			f(counts[d]);
			ns[d].push(((now() - t) * 1e6) / counts[d]);
		}
	}
	const out = {};
	for (const d of names) {
		out[d] = { ratios: ns[d].map((v, i) => v / ns.unpatched[i]), ns: ns[d] };
	}
	return out;
};
