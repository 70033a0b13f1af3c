//! The raw tree: YAML that keeps what its author wrote.
//!
//! In: bytes of a fragment or a base. Out: a tree of scalars as text with positions, or every finding at once; and from
//! a tree, YAML that Prometheus understands exactly as it would have understood the original.
//! Never: types a scalar (`1.10` stays `1.10`, `yes` stays plain `yes`), reads a second document, expands without limit.
//!
//! | file | what |
//! |---|---|
//! | `tree.rs` | [`Node`], [`Value`], [`Scalar`], [`Position`] |
//! | `read.rs` | [`read`]: bytes -> tree, within [`Limits`] |
//! | `print.rs` | [`print`]: tree -> YAML text, and where each line of it came from |

mod print;
mod read;
mod tree;

pub use print::{Printed, print};
pub use read::{Finding, Limits, read};
pub use tree::{Node, Position, Scalar, Value};
