;; An allocator that calls JS, as a Rust program's own #[global_allocator] may.
(module
	(import "./glue_bg.js" "__wbg_log" (func $log))
	(memory (export "memory") 1)
	(func (export "__wbindgen_malloc") (param i32 i32) (result i32) (call $log) (i32.const 1024))
	(func (export "__wbindgen_realloc") (param i32 i32 i32 i32) (result i32) (local.get 0))
	(func (export "length") (param i32 i32) (result i32) (local.get 1))
	(func (export "first") (result i32) (i32.load8_u (i32.const 1024)))
	(func (export "boom") unreachable)
)
