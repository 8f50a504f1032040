// Drops the Rust value.
class $Class {
	free() {
		const $ptr = this.__destroy_into_raw();
		$wasm.$free($ptr, $zero);
	}
	// 0.2.121 and later, a class that extends another or is extended: not by way of another class's method
	free() {
		if (this.__wbg_ptr !== this.$own) {
			$$refuse;
		}
		const $ptr = this.__destroy_into_raw();
		$wasm.$free($ptr, $zero);
	}
	// 0.2.92 and earlier
	free() {
		const $ptr = this.__destroy_into_raw();
		$wasm.$free($ptr);
	}
	// 0.2.6x
	free() {
		const $ptr = this.ptr;
		this.ptr = 0;
		$wasm.$free($ptr);
	}
	// upstream's reset machinery, without and with its abort handler
	free() {
		const $ptr = this.__destroy_into_raw();
		__wbg_call_guard();
		$wasm.$free($ptr, $zero);
	}
	free() {
		const $ptr = this.__destroy_into_raw();
		__wbg_call_guard();
		try {
			$wasm.$free($ptr, $zero);
		} catch (e) {
			__wbg_handle_catch(e);
		}
	}
	// 0.2.114 and 0.2.115, unwinding
	free() {
		const $ptr = this.__destroy_into_raw();
		__wbg_termination_guard();
		try {
			$wasm.$free($ptr, $zero);
		} catch (e) {
			__wbg_handle_catch(e);
		}
	}
}
