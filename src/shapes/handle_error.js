// Calls an import that may throw; what it throws becomes a value that Rust picks up.

// object heap
function $name($f, $args) {
	try {
		return $f.apply(this, $args);
	} catch ($e) {
		$wasm.$store($add($e));
	}
}

// externref table
function $name($f, $args) {
	try {
		return $f.apply(this, $args);
	} catch ($e) {
		const $idx = $add($e);
		$wasm.$store($idx);
	}
}

// 0.2.7x
function $name($f) {
	return function () {
		try {
			return $f.apply(this, arguments);
		} catch ($e) {
			$wasm.$store($add($e));
		}
	};
}
