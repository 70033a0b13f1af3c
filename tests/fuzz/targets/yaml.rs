//! The fuzz target `yaml`: see `src/yaml.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::yaml::check(data));
