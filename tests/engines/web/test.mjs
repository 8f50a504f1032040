// node:test, as far as the recovery tests use it, for engines that have none.
const tests = [];

export const test = (name, body) => void tests.push({ name, body });
test.skip = name => void tests.push({ name });

const seconds = 120;

/*
 * Runs the registered tests from number `from` to before `to`, one after the other; `report` gets lines
 * of TAP. Gives the number of tests that there are.
 */
export async function runTests(report, from = 0, to = Infinity) {
	if (from === 0) {
		report(`1..${tests.length}`);
	}
	for (let i = from; i < Math.min(to, tests.length); i++) {
		const { name, body } = tests[i];
		if (body === undefined) {
			report(`ok ${i + 1} - ${name} # SKIP`);
			continue;
		}
		let timer;
		const late = new Promise((_, reject) => {
			timer = setTimeout(() => reject(new Error(`not done after ${seconds} s`)), seconds * 1000);
		});
		try {
			await Promise.race([body(), late]);
			report(`ok ${i + 1} - ${name}`);
		} catch (e) {
			const stack = String(e?.stack ?? e);
			const text = stack.includes(e?.message) ? stack : `${e}\n${stack}`;
			report([`not ok ${i + 1} - ${name}`, ...text.split("\n").map(line => `  ${line}`)].join("\n"));
		} finally {
			clearTimeout(timer);
		}
	}
	return tests.length;
}
