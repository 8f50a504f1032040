// One cure in one engine, for cures.mjs: cures-run.mjs FOLDER ROUNDS CURE → JSON. FOLDER holds a glue a subject. A
// process has one cure only: V8 counts a field as constant until it was written in any object of that shape, and two
// patched glues have state of one shape.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { engine } from './clock.mjs';
import { compare } from './interleave.mjs';

const [folder, rounds, cure] = process.argv.slice(2);
const require = createRequire(import.meta.url);

const subjects = {};
for (const name of ['unpatched', 'control', cure]) {
	const glue = require(join(folder, name, 'reglue_fixture.js'));
	const { loads, shim } = await import(`./cures-loads.mjs?${name}`);
	subjects[name] = { loads: loads(name === 'workers-rs' ? shim(glue) : glue) };
}
for (const subject of Object.values(subjects)) {
	Object.values(subject.loads).forEach(load => load(200));
}
const result = {};
for (const load of Object.keys(subjects.unpatched.loads)) {
	result[load] = await compare(subjects, load, Number(rounds));
}
console.log(JSON.stringify({ engine, loads: result }));
