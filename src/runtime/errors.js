// What the patched glue throws by itself. Names are literals: minifiers rename classes.

const named = (type, name) =>
	Object.defineProperty(type.prototype, 'name', { value: name, configurable: true, writable: true });

export class StaleObjectError extends Error {
	constructor(className, objectGeneration, generation) {
		super(
			className + ' of generation ' + objectGeneration +
				' used after the wasm instance was replaced (generation ' + generation + ')',
		);
		this.className = className;
		this.objectGeneration = objectGeneration;
		this.generation = generation;
	}
}
named(StaleObjectError, 'StaleObjectError');

export class PoisonedError extends Error {
	constructor(fault, cause, ready, text = 'wasm instance is poisoned') {
		super(
			text + ' (' + fault.kind + ' in ' + fault.export + ': ' + fault.message + ')',
			cause === undefined ? undefined : { cause },
		);
		this.fault = fault;
		if (ready !== undefined) {
			this.ready = ready;
		}
	}
}
named(PoisonedError, 'PoisonedError');

// Also a PoisonedError, so that who only wants to know whether a call can be tried again later has
// one class to look for.
export class ExhaustedError extends PoisonedError {
	constructor(fault) {
		super(fault, undefined, undefined, 'too many wasm faults, no more recoveries for now');
	}
}
named(ExhaustedError, 'ExhaustedError');
