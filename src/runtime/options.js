// Stands in for `o`, the one parameter of the function that the build makes of these files, so that
// each of them is a module that can be imported by itself. The build leaves this file out.
//
// p policy · b budget · c staleClosures · x foreignThrow · n excluded export names
// k class names to reconstruct · r(instance) puts the glue's own state back
// i() the functions that the glue itself gives its wasm, where another file makes the instance
// w(S, inert, judge) wrapper literals by export name
// t upstream's guard refuses an instance for ever after a fault
export const o = { r() {} };
