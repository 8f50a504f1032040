// What the patched glue throws by itself. Names are literals: minifiers rename classes. Not `extends Error`: what
// TypeScript and Babel's loose mode make of that for old engines gives objects that are no instances of their class.
const errorClass = (name, Base) => {
	const Class = function (text, more) {
		// Error takes `cause`, where the engine knows it; `new.target` is more of what compilers get wrong
		return Object.assign(Reflect.construct(Error, [text, more], this.constructor), more);
	};
	Class.prototype = Object.create(Base.prototype, { constructor: { value: Class }, name: { value: name } });
	return Object.defineProperty(Object.setPrototypeOf(Class, Base), 'name', { value: name });
};

export const StaleObjectError = errorClass('StaleObjectError', Error);
export const PoisonedError = errorClass('PoisonedError', Error);
// Also a PoisonedError: who only wants to know whether a call is worth trying again has one class to
// look for.
export const ExhaustedError = errorClass('ExhaustedError', PoisonedError);
