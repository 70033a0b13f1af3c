//! The fuzz target `yaml_time`: see `src/yaml_time.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::yaml_time::check(data));
