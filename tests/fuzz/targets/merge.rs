//! The fuzz target `merge`: see `src/merge.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::merge::check(data));
