// Ways to break patched glue, for the proof that somebody would notice: what the tool inserts (see
// docs/RUNTIME.md), and what to put in its place.
export const breakings = {
	"entries": [[/__rg\.S\.dead&&__rg\.e\(\);/g, ""]],
	"check of wrappers that clean up": [[/if\(s\.dead&&s\.n\(x\)\)return;|if\(S\.dead&&S\.n\(X\)\)return;/g, ""]],
	"depth of raw calls": [[/s\.depth=u\+1;/g, ""]],
	"stale check of the receiver": [[/this\[__rg\.K\]!==__rg\.S\.g&&__rg\.t\(this\);/g, "__rg.e();"]],
	"stale check of arguments": [[/__rg\.S\.g!==void 0&&(\w+)&&\1\[__rg\.K\]!==__rg\.S\.g&&__rg\.c\(\1\);/g, ""]],
	"stamps": [[/,__rg\.S\.stamp&&\((this|obj)\[__rg\.K\]=__rg\.S\.stamp\)/g, ""]],
	"check of free": [[/if\(__rg\.S\.g!==void 0&&this\[__rg\.K\]!==__rg\.S\.g&&__rg\.f\(this\)\)return;/g, ""]],
	"check of finalizers": [
		[/__rg\.F\(/g, "("],
		[/__rg\.h\(/g, "("],
	],
	"stamps of finalizers": [[/__rg\.h\(/g, "("]],
	"check of closures": [[/if\(__rg\.k\(state0?\)\)return;/g, ""]],
	"stamps of closures": [[/__rg\.s\((\{[^}]*\})\)/g, "$1"]],
	"rethrow in converting catches": [[/(if\(e instanceof WebAssembly\.RuntimeError\))?__rg\.r\(e\);/g, ""]],
	"rejection of promises": [
		[/__rg\.p\(/g, "("],
		[/__rg\.q\(/g, "("],
	],
	"reset of the glue": [[/\br\(\)\{[^}]*\}/, "r(){}"]],
};

/* The same for what joins wasm-bindgen's own machinery, by the variant of glue that has it. */
export const breakingsOfUpstream = {
	"reinit": {
		"Rust's wish at entries": [[/\(__wbg_reinit_scheduled\|\|([^)]*)\)&&(__rg\.e\(|__rg\.t\(this,)__wbg_reinit_scheduled\)/g, (_, test, hook) => `${test}&&${hook.replace(",", "")})`]],
		"an end to the reset behind the marshalling": [[/__rg\.j\(/g, "("]],
	},
	"abort-handler": {
		"the verdict of wasm-bindgen's guard": [[/\(\{t:1,/g, "({"]],
		"silence of the guard while poisoned": [[/if\(__rg\.S\.dead>0\)return;/g, ""]],
		"leave for the abort handler": [
			[/__rg\.B\(\);/g, ""],
			[/__rg\.C\(\)/g, ""],
		],
		"the tag of stale arguments": [[/,__wbindgen_wrapped_jstag\)\)return 0;/g, "));"]],
	},
	"unwind": {
		"its tags": [[/__rg\.g\(/g, "("]],
		"rethrow of traps": [[/if\(e instanceof WebAssembly\.RuntimeError\)__rg\.r\(e\);/g, ""]],
	},
};
