// Drops the Rust value.
class $Class {
	free() {
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
}
