// The JS function of an owned Rust closure: its two words in `state`, cleared while a FnMut runs.

function $make($a, $b, $dtor, $f) {
	const $state = { a: $a, b: $b, cnt: 1, dtor: $dtor };
	$$rest;
}

function $make($a, $b, $dtor, $f) {
	const $state = { a: $a, b: $b, cnt: 1, dtor };
	$$rest;
}

// 0.2.115 and later: one destructor for all
function $make($a, $b, $f) {
	const $state = { a: $a, b: $b, cnt: 1 };
	$$rest;
}

// 0.2.6x, and a function that keeps the destructor by itself
function $make($a, $b, $dtor, $f) {
	const $state = { a: $a, b: $b, cnt: 1 };
	$$rest;
}

// --experimental-reset-state-function
function $make($a, $b, $f) {
	const $state = { a: $a, b: $b, cnt: 1, instance: __wbg_instance_id };
	$$rest;
}
function $make($a, $b, $dtor, $f) {
	const $state = { a: $a, b: $b, cnt: 1, dtor, instance: __wbg_instance_id };
	$$rest;
}
