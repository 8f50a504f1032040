var wasm, view = null;
function getView() { if (view === null || view.byteLength === 0) { view = new Uint8Array(wasm.memory.buffer); } return view; }
var Box = exports.Box = function () {
    function Box(v) { _check(this, Box); this.__wbg_ptr = wasm.box_new(v); return this; }
    var _proto = Box.prototype;
    _proto.__destroy_into_raw = function () { var p = this.__wbg_ptr; this.__wbg_ptr = 0; return p; };
    _proto.free = function () { wasm.__wbg_box_free(this.__destroy_into_raw()); };
    _defineAccessor("get", _proto, "size", function () { return wasm.__wbg_get_box_size(this.__wbg_ptr); });
    return Box;
}();
var Mug = _createClass(function Mug() {}, [{ key: "free", value: function () { wasm.__wbg_mug_free(this.__wbg_ptr); } }],
    [{ key: "__wrap", value: function (p) { var o = Object.create(Mug.prototype); return o.__wbg_ptr = p, o; } }]);
Object.defineProperties(Mug.prototype, { full: { get: function () { return wasm.mug_full(this.__wbg_ptr); } } });
function finish(instance, module) { wasm = instance.exports; view = null; return wasm; }
function init(input) {
    return __awaiter(this, void 0, void 0, function () {
        var _a, instance, module;
        return __generator(this, function (_b) {
            switch (_b.label) {
                case 0:
                    if (wasm !== void 0) return [2 /*return*/, wasm];
                    return [4 /*yield*/, WebAssembly.instantiate(input, { wbg: { __wbindgen_throw: function () { throw new Error(getView()[0]); } } })];
                case 1:
                    _a = _b.sent(), instance = _a.instance, module = _a.module;
                    return [2 /*return*/, finish(instance, module)];
            }
        });
    });
}
function again() { return run(function (s) { return 1 ? s.a(2, wasm) : s.return(wasm); }); }
exports.default = init;
