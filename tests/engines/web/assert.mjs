// node:assert/strict, as far as the recovery tests use it, for engines that have no node:assert.
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
};

export default strict;
