//! The raw tree: YAML that keeps what its author wrote.
//!
//! In: bytes of a fragment or a base. Out: a tree of scalars as text with positions, or every finding at
//! once; and from a tree, YAML that Prometheus understands exactly as it would have understood the original.
//! Never: types a scalar (`1.10` stays `1.10`, `yes` stays plain `yes`), reads a second document, expands
//! without limit.
//!
//! | file | what |
//! |---|---|
//! | `tree.rs` | [`Node`], [`Value`], [`Scalar`], [`Position`] |
//! | `text.rs` | bytes -> text: size, encoding, characters |
//! | `read.rs` | [`read`]: text -> tree, within [`Limits`] |
//! | `keys.rs` | keys that are there twice, by text or by value; merge keys that mislead |
//! | `resolved.rs` | what Go's reader takes a plain scalar for: [`Resolved`] |
//! | `hint.rs` | bad syntax as a colleague would explain it |
//! | `print.rs` | [`print`]: tree -> YAML text, and where each line of it came from |

mod hint;
mod keys;
mod print;
mod read;
mod resolved;
mod text;
mod tree;

pub use keys::DICTIONARIES;
pub use print::{Printed, print};
pub use read::{Finding, Limits, read};
pub use resolved::Resolved;
pub use tree::{Node, Position, Scalar, Value};

#[cfg(test)]
mod tests;
