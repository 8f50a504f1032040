use std::cell::Cell;
use wasm_bindgen::prelude::*;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Counts in linear memory: 1 on a new instance.
#[wasm_bindgen]
pub fn bump() -> u32 {
    COUNT.with(|count| {
        count.set(count.get() + 1);
        count.get()
    })
}

#[wasm_bindgen]
pub fn shout(text: &str) -> String {
    text.to_uppercase()
}

/// Panics on any text that is no number.
#[wasm_bindgen]
pub fn parse(text: &str) -> u32 {
    text.parse().unwrap()
}
