//! Bytes to tree.
use crate::{Node, Position};
use contract::{Problem, Severity, Source};

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file.
    pub size_bytes: usize,
    /// Maps and lists inside each other.
    pub depth: usize,
    /// Nodes after alias expansion.
    pub nodes: usize,
}

impl Default for Limits {
    /// 1 MiB, 100 deep, 200,000 nodes.
    fn default() -> Limits {
        Limits { size_bytes: 1024 * 1024, depth: 100, nodes: 200_000 }
    }
}

/// Something wrong with the text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The reporter, `snake_case`: `yaml_syntax`, `yaml_duplicate_key`, …
    pub check: &'static str,
    /// What it leads to.
    pub severity: Severity,
    /// Where, if it has a place.
    pub at: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// The problem of that source, with the excerpt from its text.
    #[must_use]
    pub fn of(self, source: &Source, text: &str) -> Problem {
        let mut problem = Problem::new(source, self.severity, self.check, self.message);
        problem.hint = self.hint;
        match self.at {
            Some(at) => problem.at(at.line, at.column).excerpt_of(text),
            None => problem,
        }
    }
}

/// Reads one file. `Ok(None)`: it holds nothing (empty, comments only, null).
pub fn read(_bytes: &[u8], _limits: &Limits) -> Result<Option<Node>, Vec<Finding>> {
    todo!()
}
