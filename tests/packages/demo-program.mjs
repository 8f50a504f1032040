// The program that the demonstration runs twice, on the published package and on a patched copy: one
// valid call, one hostile input, then the valid call again and again.
//   node demo-program.mjs path/to/@swc/wasm/wasm.js
import { createRequire } from "node:module";
import { answer, describeError } from "./lib.mjs";

const swc = createRequire(import.meta.url)(process.argv[2]);

const valid = "let a=1";
const hostile = "(".repeat(60_000) + ")".repeat(60_000);

for (const code of [valid, hostile, valid, valid, valid, hostile, valid]) {
	const input = code === valid ? "valid" : "hostile";
	try {
		answer({ input, code: swc.transformSync(code, {}).code });
	} catch (error) {
		answer({ input, error: describeError(error) });
	}
}
answer({ input: "end", recoveries: swc.__reglue?.generation ?? null });
