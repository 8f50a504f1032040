// A typed array or DataView over wasm's memory, made anew when the memory has grown.

// 0.2.84 and later
function $name() {
	if ($cache === null || $cache.byteLength === 0) {
		$cache = new $View($wasm.memory.buffer);
	}
	return $cache;
}

// 0.2.93 and later, DataView: a detached buffer has no byteLength to ask
function $name() {
	if ($cache === null || $cache.buffer.detached === true || ($cache.buffer.detached === undefined && $cache.buffer !== $wasm.memory.buffer)) {
		$cache = new $View($wasm.memory.buffer);
	}
	return $cache;
}

// the same after a printer that drops needless parentheses
function $name() {
	if ($cache === null || $cache.buffer.detached === true || $cache.buffer.detached === undefined && $cache.buffer !== $wasm.memory.buffer) {
		$cache = new $View($wasm.memory.buffer);
	}
	return $cache;
}

// 0.2.81 to 0.2.83
function $name() {
	if ($cache.byteLength === 0) {
		$cache = new $View($wasm.memory.buffer);
	}
	return $cache;
}

// 0.2.80 and earlier
function $name() {
	if ($cache === null || $cache.buffer !== $wasm.memory.buffer) {
		$cache = new $View($wasm.memory.buffer);
	}
	return $cache;
}

// 0.2.7x nodejs: Buffer's view
function $name() {
	if ($cache === null || $cache.buffer !== $wasm.memory.buffer) {
		$cache = Buffer.from($wasm.memory.buffer);
	}
	return $cache;
}
