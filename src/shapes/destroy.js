// Takes the pointer out of an object: by-value arguments, free().
class $Class {
	__destroy_into_raw() {
		const $ptr = this.__wbg_ptr;
		this.__wbg_ptr = 0;
		$$unregister;
		return $ptr;
	}
	// 0.2.86 and earlier
	__destroy_into_raw() {
		const $ptr = this.ptr;
		this.ptr = 0;
		$$unregister;
		return $ptr;
	}
}
