// Makes an object around a pointer that Rust handed out.
class $Class {
	static __wrap($ptr) {
		$$unsigned;
		const $obj = Object.create($Class.prototype);
		$obj.__wbg_ptr = $ptr;
		$$register;
		return $obj;
	}
	// 0.2.86 and earlier
	static __wrap($ptr) {
		const $obj = Object.create($Class.prototype);
		$obj.ptr = $ptr;
		$$register;
		return $obj;
	}
}
