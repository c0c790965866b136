//! The fuzz target `measurements`; its assertions are in `fuzz/src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| galvani_fuzz::battery::measurements(data));
