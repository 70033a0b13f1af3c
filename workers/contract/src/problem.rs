//! What is wrong with a fragment, as data. In: a finding. Out: what its owner is told. Never: a reason to fail a step.

use crate::{Component, Source, Suspicion};
use serde::{Deserialize, Serialize};

/// How bad a problem is, by its consequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The fragment is not deployed in this version.
    Error,
    /// It is deployed; it probably does not do what its author meant.
    Warning,
    /// It is deployed; the author may want to know.
    Info,
}

impl Severity {
    /// Its name in JSON and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

impl std::fmt::Display for Severity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// One finding about one fragment (or about a base, whose owner is the platform team).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Problem {
    /// The object in the config bucket.
    pub key: String,
    /// Its version, as pinned.
    pub version_id: String,
    /// The team, from the key.
    pub owner: String,
    /// Which component the fragment is for; none where the key does not say.
    pub component: Option<Component>,
    /// What it leads to.
    pub severity: Severity,
    /// The reporter: the name of the check, `snake_case`.
    pub check: String,
    /// Line in the file as the author wrote it, from 1.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// That line with a caret below the column.
    pub excerpt: Option<String>,
    /// What is wrong. No full stop at the end.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// What two problems have in common that are the same finding, whatever of the line is shown with each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding<'a> {
    version: (&'a str, &'a str),
    at: (Option<u32>, Option<u32>),
    said: (Severity, &'a str, &'a str, Option<&'a str>),
}

impl Problem {
    /// A problem of this source with no position yet.
    pub fn new(source: &Source, severity: Severity, check: &str, message: impl Into<String>) -> Problem {
        let key = source.key();
        Problem {
            key: source.key.clone(),
            version_id: source.version_id.clone(),
            owner: key.owner().to_owned(),
            component: key.component(),
            severity,
            check: check.to_owned(),
            line: None,
            column: None,
            excerpt: None,
            message: message.into(),
            hint: None,
        }
    }

    /// With its position, both from 1.
    #[must_use]
    pub fn at(mut self, line: u32, column: u32) -> Problem {
        self.line = Some(line);
        self.column = Some(column);
        self
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// With the line of `text` it is at and a caret below, if it has a position. Lines over 160 characters are cut.
    #[must_use]
    pub fn excerpt_of(mut self, text: &str) -> Problem {
        const CHARACTERS: usize = 160;
        if let (Some(line), Some(column)) = (self.line, self.column)
            && let Some(content) = lines(text).nth(line as usize - 1)
        {
            // A column past the cut moves the window, so that the caret always stands below something.
            let start = (column as usize - 1).saturating_sub(CHARACTERS - 20);
            let shown: String = content
                .chars()
                .skip(start)
                .take(CHARACTERS)
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
            self.excerpt = Some(format!("{shown}\n{}^", " ".repeat(column as usize - 1 - start)));
        }
        self
    }

    /// Equal to that of whatever says the same.
    #[must_use]
    pub fn finding(&self) -> Finding<'_> {
        Finding {
            version: (&self.key, &self.version_id),
            at: (self.line, self.column),
            said: (self.severity, &self.check, &self.message, self.hint.as_deref()),
        }
    }

    /// Whether a server's refusal is all that stands behind it.
    #[must_use]
    pub fn is_suspicion(&self) -> bool {
        self.check == Suspicion::CHECK
    }

    /// `key:line:column`, as editors understand it, as far as it is known.
    #[must_use]
    pub fn place(&self) -> String {
        match (self.line, self.column) {
            (Some(line), Some(column)) => format!("{}:{line}:{column}", self.key),
            (Some(line), None) => format!("{}:{line}", self.key),
            (None, _) => self.key.clone(),
        }
    }
}

/// The lines of a text as YAML and its positions count them: `\n`, `\r\n` and a lone `\r` each end one.
pub fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let (line, after) = rest.split_at(end);
        let is_there = !rest.is_empty();
        rest = after
            .strip_prefix("\r\n")
            .or_else(|| after.strip_prefix(['\n', '\r']))
            .unwrap_or_default();
        is_there.then_some(line)
    })
}

/// What becomes of a fragment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// This version serves.
    Accepted,
    /// This version does not serve; its last good version does.
    HeldBack,
    /// Nothing of it serves.
    Rejected,
}

impl Verdict {
    /// Its name in JSON and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::HeldBack => "held_back",
            Self::Rejected => "rejected",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn a_line_ends_where_yaml_ends_it() {
        let check =
            |text: &str, expect: &[&str]| assert_eq!(lines(text).collect::<Vec<_>>(), expect, "{text:?}");
        check("", &[]);
        check("\n", &[""]);
        check("a", &["a"]);
        check("a\nb\n", &["a", "b"]);
        check("a\r\n\r\nb", &["a", "", "b"]);
        check("a\r\rb\r", &["a", "", "b"]);
        check("\n\ra", &["", "", "a"]);
    }
}
