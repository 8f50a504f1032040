// Published packages, a call that kills each, and a call that must go on working. One table for all
// the programs that run them; the order is by how the package dies.
//
//   make    objects that the calls work on; made again where a recovery left them stale
//   bad     throws; for a stack that runs out, deep enough on any machine and no deeper
//   good    gives a value that can be compared
//   dies    "at once": the first valid call after one bad call fails, and every later one
//           N: bad calls leak, and the unpatched package is dead within N of them
//   error   true: the bad call throws an ordinary error, and no recovery may come of it (R3)
//   fails   valid calls that may fail in `dies` rounds where the glue cannot reach its stack pointer
//           (R3: the leak ends in an ordinary fault)

const pairs = (open, count, close) => open.repeat(count) + close.repeat(count);

function nested(depth) {
	let value = 1;
	for (let level = 0; level < depth; level++) {
		value = { a: value };
	}
	return value;
}

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const deepMap = nested(50_000);

export const cases = [
	{
		name: "@swc/wasm 1.16.18",
		directory: "@swc/wasm",
		file: "wasm.js",
		bad: (swc) => swc.transformSync(pairs("(", 60_000, ")"), {}),
		good: (swc) => swc.transformSync("let a=1", {}),
		dies: "at once",
	},
	{
		name: "@rollup/wasm-node 4.68.4",
		directory: "rollup-wasm-node-4-68-4",
		file: "dist/wasm-node/bindings_wasm.js",
		bad: (rollup) => rollup.parse(pairs("(", 60_000, ")"), false, false),
		good: (rollup) => hex(rollup.parse("a=1", false, false)),
		dies: "at once",
	},
	{
		name: "@rollup/wasm-node 4.9.5",
		directory: "rollup-wasm-node-4-9-5",
		file: "dist/wasm-node/bindings_wasm.js",
		bad: (rollup) => rollup.parse(pairs("(", 60_000, ")"), false, false),
		good: (rollup) => hex(rollup.parse("a=1", false, false)),
		dies: "at once",
	},
	{
		name: "loro-crdt 1.17.1",
		directory: "loro-crdt",
		file: "nodejs/loro_wasm.js",
		make: (loro) => new loro.LoroDoc(),
		bad: (loro, doc) => doc.getMap("map").set("key", deepMap),
		good: (loro, doc) => {
			const text = doc.getText("text");
			text.delete(0, text.length);
			text.insert(0, "hello");
			return text.toString();
		},
		dies: "at once",
	},
	{
		// A fault inside `&mut self`: unpatched, the object's borrow flag stays locked.
		name: "@datadog/wasm-js-rewriter 5.0.4",
		directory: "@datadog/wasm-js-rewriter",
		file: "wasm/wasm_js_rewriter.js",
		make: (datadog) => new datadog.Rewriter({
			localVarPrefix: "test",
			csiMethods: [{ src: "plusOperator", operator: true }],
		}),
		bad: (datadog, rewriter) => rewriter.rewrite(`x=${pairs("(", 40_000, ")")}`, "f.js", ["iast"]),
		good: (datadog, rewriter) => rewriter.rewrite("function f(b,c){return b+c}", "f.js", ["iast"]),
		dies: "at once",
	},
	{
		name: "prql-js 0.12.1",
		directory: "prql-js",
		file: "dist/node/prql_js.js",
		bad: (prql) => prql.compile(`from x | derive y = ${pairs("(", 1000, ")")}`),
		good: (prql) => prql.compile("from x | take 3"),
		dies: "at once",
	},
	{
		name: "@guanmingchiu/sqlparser-ts 0.62.0",
		directory: "@guanmingchiu/sqlparser-ts",
		file: "wasm/sqlparser_rs_wasm.js",
		wasm: "wasm/sqlparser_rs_wasm_bg.wasm",
		bad: (sql) => sql.parse_sql("generic", `SELECT 1${"+1".repeat(5000)}`),
		good: (sql) => sql.parse_sql("generic", "SELECT 1+1"),
		dies: "at once",
	},
	{
		// The JS stack ends first here; the shadow stack loses most of its megabyte each time.
		name: "@oxc-parser/wasm 0.60.0",
		directory: "oxc-parser-wasm-0-60-0",
		file: "node/oxc_parser_wasm.js",
		bad: (oxc) => oxc.parseSync(pairs("(", 100_000, ")"), {}),
		good: (oxc) => {
			const result = oxc.parseSync("let a=1", {});
			const program = result.program;
			result.free();
			return program;
		},
		dies: 4,
	},
	{
		name: "@deviceflow/rxing-wasm 0.5.1",
		directory: "@deviceflow/rxing-wasm",
		file: "rxing_wasm.js",
		wasm: "rxing_wasm_bg.wasm",
		bad: (rxing) => rxing.decode_barcode(new Uint8Array(3), 1000, 1000, true),
		good: (rxing) => rxing.encode_barcode("hello", 20, 20, rxing.BarcodeFormat.QrCode),
		dies: 1000,
	},
	{
		name: "@silvia-odwyer/photon-node 0.3.4",
		directory: "silvia-odwyer-photon-node-0-3-4",
		file: "photon_rs.js",
		bad: (photon) => photon.PhotonImage.new_from_byteslice(new Uint8Array([1, 2, 3])),
		good: (photon) => {
			const image = new photon.PhotonImage(new Uint8Array([10, 20, 30, 255]), 1, 1);
			photon.grayscale(image);
			const pixels = hex(image.get_raw_pixels());
			image.free();
			return pixels;
		},
		dies: 6000,
	},
	{
		name: "lz4-wasm-nodejs 0.9.2",
		directory: "lz4-wasm-nodejs",
		file: "lz4_wasm_nodejs.js",
		bad: (lz4) => lz4.decompress(new Uint8Array([255, 255, 255, 255, 1, 2, 3])),
		good: (lz4) => hex(lz4.decompress(lz4.compress(Buffer.from("hello hello hello hello")))),
		dies: 25_000,
	},
	{
		// An ordinary error that crosses Rust frames and leaks shadow stack: put back, not recovered from.
		name: "ergo-lib-wasm-nodejs 0.28.0",
		directory: "ergo-lib-wasm-nodejs-0-28-0",
		file: "ergo_lib_wasm.js",
		bad: (ergo) => {
			const number = ergo.I64.from_str("5");
			number.free();
			number.to_str();
		},
		good: (ergo) => ergo.I64.from_str("123456789").to_str(),
		dies: 30_000,
		error: true,
	},
	{
		// The same, in glue without __wbindgen_add_to_stack_pointer: nothing can put the stack back.
		name: "@solana/zk-sdk 0.4.1",
		directory: "@solana/zk-sdk",
		file: "dist/node/index.cjs",
		bad: (zk) => {
			const pair = new zk.ElGamalKeypair();
			pair.free();
			pair.pubkey();
		},
		good: (zk) => {
			const pair = new zk.ElGamalKeypair();
			const size = pair.pubkey().toBytes().length;
			pair.free();
			return size;
		},
		dies: 8000,
		error: true,
		fails: 1,
	},
];

export function findCase(name) {
	const found = cases.find((one) => one.name === name);
	if (!found) {
		throw new Error(`no case "${name}"`);
	}
	return found;
}
