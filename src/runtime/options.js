// Stands in for `o`, the one parameter of the function that the build makes of these files, so that
// each of them is a module that can be imported by itself. The build leaves this file out.
//
// p policy · b budget · c staleClosures · x foreignThrow · n excluded export names
// k class names to reconstruct · r(instance) puts the glue's own state back
// i() the functions that the glue itself gives its wasm, where another file makes the instance
// w() wrapper literals by export name
// d() the classes whose objects get stamps
// t upstream's guard refuses an instance for ever after a fault
// l nobody but closures calls into the instance, once it has started
export const o = { r() {} };

// What the glue has, as src/plan_runtime.c finds it. The build makes two ways of every `if (has.x)`,
// `has.x ? a : b` and `has.x && a`, and the patcher takes one of them; so does it leave out the members of
// `runtime` that the glue does not call, and what then is used by nobody.
export const has = {
	stack: true, // it moves the shadow stack pointer
	tables: true, // an exported table of functions
	promises: true, // promises that Rust settles
	hosted: true, // closures that the glue itself hands to the host
	classes: true, // o.d
	recipes: true, // classes that are to be made again
	own: true, // errors that Rust throws on purpose (T)
	tags: true, // upstream's exception tags
	panics: true, // a console.error import
	due: true, // upstream's schedule_reinit
	terminated: true, // o.t
	program: true, // o.l
	literals: true, // o.w
	many: true, // more exports than one object should have
	excluded: true, // o.n
	imports: true, // o.i
	late: true, // exports that another file hands over, perhaps before they are there
	namespace: true, // … as a namespace import of its own
	finder: true, // no Module of its own
	webpack: true, // an instance of webpack's runtime
	waiting: true, // an instance may have to be made asynchronously
};
