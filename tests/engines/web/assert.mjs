// node:assert/strict, as far as the recovery tests and the matrix use it, for engines that have no node:assert.
import { AssertionError, assert } from "./chai.mjs";

const strict = {
	AssertionError,
	ok: (value, message) => assert.isOk(value, message),
	equal(actual, expected, message) {
		if (!Object.is(actual, expected)) {
			assert.strictEqual(actual, expected, message);
		}
	},
	notEqual: assert.notStrictEqual,
	deepEqual: assert.deepEqual,
	match: assert.match,
	fail(message) {
		throw new AssertionError(message ?? "failed");
	},
	throws(f, Type) {
		try {
			f();
		} catch (e) {
			assert.isOk(Type === undefined || e instanceof Type, `threw ${e}`);
			return;
		}
		throw new AssertionError(`nothing was thrown by ${f}`);
	},
	async rejects(f, pattern) {
		const e = await f().then(() => new AssertionError(`${f} did not reject`), x => x);
		assert.match(e.message, pattern);
	},
};

export default strict;
