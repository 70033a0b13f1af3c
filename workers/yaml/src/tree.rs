//! The tree. In: what `read` found. Out: nodes with positions in the author's file. Never: a typed value.

use serde::{Deserialize, Serialize};

/// A place in the author's file, both from 1, the column in characters. 0:0 is a node that no author wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}

/// A node and where it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// What it is.
    pub value: Value,
}

/// What a node is. Anchors are gone: aliases hold copies, with the position of the anchored node's parts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Text.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values in the order written; `<<` is kept as an ordinary plain key.
    Map(Vec<(Node, Node)>),
}

/// A scalar as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scalar {
    /// Its content: for a plain scalar exactly the source text, for others what it denotes.
    pub text: String,
    /// Whether it stood without quotes; only then may a reader take it for a bool, a number or null.
    pub plain: bool,
    /// An explicit tag, e.g. `!!binary`.
    pub tag: Option<String>,
}

impl Node {
    /// A string that no author wrote.
    pub fn string(text: impl Into<String>) -> Node {
        Node::scalar(text.into(), false)
    }

    /// A plain scalar that no author wrote: a number, a bool, a key that needs no quotes.
    pub fn plain(text: impl Into<String>) -> Node {
        Node::scalar(text.into(), true)
    }

    fn scalar(text: String, plain: bool) -> Node {
        Node { at: Position::default(), value: Value::Scalar(Scalar { text, plain, tag: None }) }
    }

    /// A list that no author wrote.
    #[must_use]
    pub fn seq(items: Vec<Node>) -> Node {
        Node { at: Position::default(), value: Value::Seq(items) }
    }

    /// A map that no author wrote.
    #[must_use]
    pub fn map(entries: Vec<(Node, Node)>) -> Node {
        Node { at: Position::default(), value: Value::Map(entries) }
    }

    /// The text, if it is a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Whether it is a plain null: empty, `~`, `null`, `Null`, `NULL`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.plain && scalar.tag.is_none()
            && matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The items, if it is a list; else none.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Scalar(_) | Value::Map(_) => &[],
        }
    }

    /// The entries, if it is a map; else none.
    #[must_use]
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::Seq(_) => &[],
        }
    }

    /// The value of a key, if it is a map that has it. Merge keys (`<<`) are looked through; the map's own key wins.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        let entries = self.entries();
        entries.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value).or_else(|| {
            entries.iter().filter(|(k, _)| k.text() == Some("<<")).find_map(|(_, merged)| match &merged.value {
                Value::Seq(maps) => maps.iter().find_map(|map| map.get(key)),
                Value::Scalar(_) | Value::Map(_) => merged.get(key),
            })
        })
    }
}
