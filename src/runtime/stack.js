// The shadow stack pointer. Whatever unwinds Rust frames leaves it too low, a little each time, until
// every call fails; with no frame of Rust on the stack it has only one right value (R3).
import { has } from './options.js';
import { S, stats } from './state.js';

let shift; // the live instance's __wbindgen_add_to_stack_pointer
let base; // where the start function left it

// At adoption, and again after the start function.
export const measure = f => {
	shift = f;
	if (f) {
		base = f(0) - S.disp;
	}
};

// Only while no raw call runs. Displacements that are still open are the glue's: its `finally` takes
// them back. `lived`: what was thrown has left frames behind that live on, see leavesFrames().
export const level = lived => {
	if (has.stack) {
		if (lived) {
			measure(shift);
		}
		const off = shift && (base + S.disp - shift(0)) | 0;
		if (off) {
			shift(off);
			stats.healedStack++;
		}
	}
};

// The intrinsic's own wrapper keeps the account of open displacements, dead or alive. A `+16` whose
// `-16` overflowed before it could run is left out.
export const wrapStack = x => by => {
	const disp = S.disp + by;
	if (disp > 0) {
		return;
	}
	if (S.dead > 0) {
		stats.inert++;
		S.disp = disp;
		return;
	}
	const at = x.f(by);
	S.disp = disp;
	return at;
};
