// What a bundled program does with the fixture: a bad call, then good ones. It knows nothing of where it
// runs; `tell` gets what it has seen.
const caught = f => {
	try {
		f();
	} catch (e) {
		return e;
	}
	throw new Error('nothing was thrown by ' + f);
};

/* Calls until the new instance stands, as a program would; says whether it had to wait. */
async function patiently(f) {
	try {
		return { value: f(), waited: false };
	} catch (e) {
		if (e.name !== 'PoisonedError' || !e.ready) {
			throw e;
		}
		await e.ready;
		return { value: f(), waited: true };
	}
}

export async function story(m, faults = 100) {
	const api = m.__reglue;
	const seen = { api: Boolean(api), add: m.add(1, 2), before: api?.generation };
	const counter = new m.Counter(5);
	seen.counter = counter.get();
	let own;
	const error = caught(() => m.call_js(() => {
		own = caught(() => m.panic('bad'));
		throw own;
	}, 1));
	seen.sameError = error === own;
	seen.error = error.name;
	seen.state = api.state;
	const first = await patiently(() => m.add(20, 22));
	seen.waited = first.waited;
	seen.sum = first.value;
	seen.after = api.generation;
	seen.stale = caught(() => counter.get()).name;
	counter.free();
	seen.greeting = m.greet('Ada');
	seen.later = await m.async_greet('Bob');
	seen.fresh = new m.Counter(7).add(1);
	for (let i = 0; i < faults; i++) {
		caught(() => m.panic('again'));
		if (m.add(i, 1) !== i + 1) {
			throw new Error('wrong sum after fault ' + i);
		}
	}
	seen.recoveries = api.stats.reinits;
	seen.failed = api.stats.failedReinits;
	return seen;
}
