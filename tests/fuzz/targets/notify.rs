//! The fuzz target `notify`: see `src/notify.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::notify::check(data));
