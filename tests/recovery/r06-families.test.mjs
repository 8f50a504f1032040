// R6, R7: classes that extend others (`extends = Parent`), whose objects have a pointer for the part of each ancestor.
import assert from "node:assert/strict";
import { calls, caught, collect, each as eachOf, families, pointer, recover } from "./lib.mjs";

const each = (name, body, more) => eachOf(name, body, { among: families, ...more });

const uses = {
	"a method of its own": (m, o) => o.learn(),
	"a method of the parent's": (m, o) => o.rename("x"),
	"a getter of the parent's": (m, o) => o.name,
	"the parent's method, called on it": (m, o) => m.Animal.prototype.rename.call(o, "x"),
	"an argument for the parent": (m, o) => m.greet_animal(o),
	"an argument of a method": (m, o, fresh) => fresh.is_called_like(o),
	"a receiver with a fresh argument": (m, o, fresh) => o.is_called_like(fresh),
	"a consuming method": (m, o) => o.retire(),
};

each("R6: a stale object of a family is refused before any raw call, by its own methods and its parent's", glue => {
	const { m, api, trace } = glue;
	const old = [new m.Dog("Rex", 1), m.Dog.called("Ida")];
	recover(glue);
	const fresh = new m.Dog("Bo", 3);
	assert.equal(pointer(fresh), pointer(old[0]));
	const since = trace.mark();
	for (const stale of old) {
		for (const [name, use] of Object.entries(uses)) {
			const e = caught(() => use(m, stale, fresh));
			assert.ok(e instanceof api.StaleObjectError, `${name}: ${e}`);
			assert.equal(e.className, "Dog");
		}
		assert.equal(stale.free(), undefined);
	}
	assert.deepEqual(since(), []);
	assert.deepEqual([fresh.name, fresh.learn(), m.greet_animal(fresh)], ["Bo", 4, "Hello, Bo!"]);
	assert.equal(fresh instanceof m.Animal, true);
});

each("R6: upstream's own errors stay", glue => {
	const { m } = glue;
	recover(glue);
	const dog = new m.Dog("Rex", 1);
	assert.match(caught(() => m.Animal.prototype.free.call(dog)).message, /free cannot be invoked through subclass/);
	assert.equal(dog.retire(), 1);
	assert.match(caught(() => dog.learn()).message, /null pointer/);
});

each("R7: garbage of a family frees both of its parts, in its own generation only", async glue => {
	const { m, trace } = glue;
	for (let n = 0; n < 6; n++) {
		const since = trace.mark();
		const kept = new m.Dog("kept", n);
		(() => {
			for (let i = 0; i < 30; i++) {
				new m.Dog("Rex", i);
				new m.Animal("Ida");
			}
		})();
		const frees = name => calls(since()).filter(call => name.test(call.name));
		if (n % 2 === 0) {
			await collect(() => frees(/^__wbg_dog_free$/).length > 0);
			assert.ok(frees(/^__wbg_dog_free$/).length > 0);
			assert.ok(frees(/^__wbg_animal_free$/).length >= frees(/^__wbg_dog_free$/).length);
		}
		assert.deepEqual(frees(/^__wbg_.*_free$/).filter(call => call.n !== n), []);
		assert.deepEqual([kept.name, kept.learn()], ["kept", n + 1]);
		recover(glue);
		const next = trace.mark(); // nothing was made in this generation yet
		await collect(undefined, n % 2 ? 2 : 0);
		assert.deepEqual(next(), []);
	}
});

each("R6: an object of a family is made again with all its parts", glue => {
	const { m, api } = glue;
	const dog = new m.Dog("Rex", 1);
	const called = m.Dog.called("Ida");
	for (let n = 1; n <= 3; n++) {
		recover(glue);
		const others = [new m.Dog("a", 1), new m.Animal("b")];
		assert.deepEqual([dog.name, dog.learn(), dog.is_called_like(others[1])], ["Rex", 2, false]);
		called.rename("Bo");
		assert.deepEqual([m.greet_animal(called), called.name], ["Hello, Bo!", "Bo"]);
		assert.deepEqual(others.map(o => o.name), ["a", "b"]);
		assert.equal(api.stats.reconstructed, 2 * n);
	}
	assert.equal(dog.retire(), 2);
	called.free();
}, { options: ["--reconstruct", "Dog"] });
