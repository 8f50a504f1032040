// What the patched glue throws by itself. Names are literals: minifiers rename classes.
const errorClass = (name, Base) =>
	class extends Base {
		static get name() {
			return name;
		}
		constructor(text, more) {
			super(text, more); // takes `cause`, where the engine knows it
			Object.assign(this, more);
		}
		get name() {
			return name;
		}
	};

export const StaleObjectError = errorClass('StaleObjectError', Error);
export const PoisonedError = errorClass('PoisonedError', Error);
// Also a PoisonedError: who only wants to know whether a call is worth trying again has one class to
// look for.
export const ExhaustedError = errorClass('ExhaustedError', PoisonedError);
