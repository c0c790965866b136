//! The fuzz target `experiments`; its assertions are in `fuzz/src/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| galvani_fuzz::experiment::experiments(data));
