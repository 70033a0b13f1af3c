//! Tree to text.
use crate::{Node, Position};

/// YAML text and where its lines came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The text, ending in a newline.
    pub text: String,
    /// For each line of `text`, the position in the author's file of the last node on it (0:0 where none wrote it).
    pub lines: Vec<Position>,
}

/// Prints a tree.
#[must_use]
pub fn print(_node: &Node) -> Printed {
    todo!()
}
