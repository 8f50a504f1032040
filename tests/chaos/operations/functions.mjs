// Free functions that do not fail, and JS within Rust within JS, with steps of the program in there.
import { isFault } from "../world.mjs";
import { error } from "./common.mjs";

export function functionsOf({ cell, m, model, inside, store, own, born, value, crossing }) {
	const { leaks } = cell;
	return {
		bump: () => value(() => m.bump(), () => ++model.bumps),
		starts: () => value(() => m.starts(), () => 1),
		addNumbers: s => value(() => m.add(s.n, 2), () => s.n + 2),
		greet: s => value(() => m.greet("wörld" + s.n), () => `Hello, wörld${s.n}!`),
		upper: s =>
			s.n % 3 ? value(() => m.upper("abc" + s.n), () => "ABC" + s.n) : { entry: true, real: () => m.upper(""), then: () => error },
		parseNumber: s =>
			s.n % 3
				? value(() => m.parse_number(String(s.n)), () => s.n)
				: { entry: true, real: () => m.parse_number("?"), then: () => ({ thrown: "not a number: ?" }) },
		check: s => (s.n % 2 ? value(() => m.check(true), () => undefined) : { entry: true, real: () => m.check(false), then: () => ({ thrown: 42 }) }),
		echo(s) {
			const o = { n: s.n };
			return value(() => m.echo(o), () => o, { same: true });
		},
		keep(s) {
			const o = { n: s.n };
			return value(() => m.keep(o), () => model.kept.push(o) - 1);
		},
		kept: s => value(() => m.kept(s.n % 5), () => model.kept[s.n % 5], { same: true }),
		fired: () => value(() => m.fired(), () => model.fired),
		throwText: () => ({ entry: true, real: () => m.throw_text("as told"), then: () => ({ type: "Error", message: "as told" }) }),
		throwValue: s => ({ entry: true, real: () => m.throw_value(s.n), then: () => ({ thrown: s.n }) }),
		// JS within Rust within JS, and steps of the program in there.
		callJs(s) {
			const c = { ran: false, threw: undefined, ret: undefined };
			const on = s.via === "call_with" || s.via === "call_shared" ? own("Counter", s.a) : undefined;
			if (on === undefined && !/js/.test(s.via)) {
				return;
			}
			const f = arg => {
				c.enter(c);
				if (on !== undefined) {
					if (s.via === "call_with") {
						on.borrow.mut = true;
					} else {
						on.borrow.shared = (on.borrow.shared ?? 0) + 1;
					}
				}
				inside(s, c);
				return (c.ret = { arg });
			};
			const result = () => {
				if (!c.ran) {
					return { never: "the callback did not run" };
				}
				if (c.threw !== undefined) {
					// Rust catches this one, unless it is a fault or what follows from one.
					if (s.via === "call_js_swallow" && (cell.aborts ? !isFault(c.threw.e) : !model.dead)) {
						return { text: /^caught: /, again: model.dead };
					}
					return /catch|swallow/.test(s.via) ? { is: c.threw.e, again: cell.joined && model.dead } : crossing(c.threw.e);
				}
				// A fault after the glue had stored the error, and JS swallowed it: the next frame of Rust's that
				// asks gets the error.
				const { stored } = model;
				if (model.dead && stored !== undefined && s.via !== "call_js" && on === undefined) {
					model.stored = undefined;
					return s.via === "call_js_catch" ? { is: stored.e, again: true } : { text: /^caught: /, again: true };
				}
				if (s.via === "call_js_swallow") {
					return model.dead ? { any: true, or: { any: true } } : { text: /^ok: / };
				}
				// Where JS swallowed a fault, the frames below return as they can.
				return model.dead ? { v: c.ret, again: true } : { v: c.ret };
			};
			const d = {
				entry: true,
				real: enter => {
					c.enter = enter;
					return on === undefined ? m[s.via](f, s.n) : on.js[s.via](f, s.n);
				},
				moved(f) {
					if (f.name === "__wbindgen_exn_store" && f.when === "after") {
						model.stored = c.threw;
					}
				},
				then: result,
			};
			if (on === undefined) {
				return d;
			}
			return {
				...d,
				check: [on],
				then() {
					if (!c.ran) {
						const busy = on.borrow.mut || (on.borrow.shared && s.via === "call_with");
						on.borrow.held ||= !on.freed && busy && leaks.share;
						return on.freed || busy ? error : { never: "the callback did not run" };
					}
					const r = result();
					if (c.threw === undefined || !leaks.callback) {
						if (s.via === "call_with") {
							on.borrow.mut = false;
							on.value += c.threw === undefined;
						} else {
							on.borrow.shared--;
						}
					}
					return r;
				},
			};
		},
		lend(s) {
			const c = { ran: false, threw: undefined };
			let lent;
			return {
				entry: true,
				real: enter =>
					m.lend(js => {
						enter(c);
						store("lent", 0, (lent = born({ js, total: 0, open: true })));
						inside(s, c);
					}),
				then() {
					if (!c.ran) {
						return { never: "the callback did not run" };
					}
					lent.open = false;
					return c.threw !== undefined ? crossing(c.threw.e) : model.dead ? { v: lent.total, again: true } : { v: lent.total };
				},
			};
		},
	};
}
