// Ways to break patched glue, for the proof that somebody would notice: what the tool inserts (see
// docs/RUNTIME.md), and what to put in its place.
export const breakings = {
	"entries": [[/(__rg\.S\.dead&&)?__rg\.e\(\);/g, ""]],
	"check of wrappers that clean up": [[/if\(s\.dead&&x\.n\(\)\)return;/g, ""]],
	"depth of raw calls": [[/s\.depth=u\+1;/g, ""]],
	"stale check of the receiver": [[/__rg\.t\(this\);/g, "__rg.e();"]],
	"stale check of arguments": [[/__rg\.c\(\w+\);/g, ""]],
	"stamps": [[/__rg\.s\((this|obj)\)/g, "$1"]],
	"check of free": [[/if\(__rg\.f\(this\)\)return;/g, ""]],
	"check of finalizers": [
		[/__rg\.F\(/g, "("],
		[/__rg\.h\(/g, "("],
	],
	"stamps of finalizers": [[/__rg\.h\(/g, "("]],
	"check of closures": [[/if\(__rg\.k\(state0?\)\)return;/g, ""]],
	"stamps of closures": [[/__rg\.s\((\{[^}]*\})\)/g, "$1"]],
	"rethrow in converting catches": [[/__rg\.r\(e\);/g, ""]],
	"rejection of promises": [
		[/__rg\.p\(/g, "("],
		[/__rg\.q\(/g, "("],
	],
	"reset of the glue": [[/\br\(\)\{[^}]*\}/, "r(){}"]],
};
