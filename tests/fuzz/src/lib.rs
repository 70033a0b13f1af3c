//! What must hold for any input. In: a fuzzer's bytes. Out: nothing, or a panic that says which law broke.
//! Never: reads a file, a clock or the network; knows how the product does what it promises.
//!
//! | file | what |
//! |---|---|
//! | `yaml.rs` | reading, positions, limits, printing |
//! | `yaml_time.rs` | reading takes a time that grows with the size only |
//! | `template.rs` | placeholders, and nothing else, are replaced |
//! | `merge.rs` | the same files whatever the order; they hold exactly what serves |
//! | `notify.rs` | every message can be sent, read, and tells no team of another |

#![forbid(unsafe_code)]

pub mod merge;
pub mod notify;
pub mod template;
pub mod yaml;
pub mod yaml_time;
