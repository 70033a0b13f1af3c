//! The tree. In: what `read` found. Out: nodes with positions in the author's file. Never: a typed value.

use crate::resolved::{self, Resolved};
use serde::de::{self, SeqAccess, Visitor};
use serde::ser::SerializeSeq as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeSet;

/// A place in the author's file, both from 1, the column in characters. 0:0 is a node that no author wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column in characters.
    pub column: u32,
}

impl Position {
    /// From a line and a column that count from 0.
    pub(crate) fn from_zero(line: usize, column: usize) -> Position {
        let one_based = |n: usize| u32::try_from(n).map_or(u32::MAX, |n| n.saturating_add(1));
        Position {
            line: one_based(line),
            column: one_based(column),
        }
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A node and where it begins.
///
/// As JSON one flat array, because trees of 10,000 fragments go through documents, and because a reader of
/// JSON that stops at 128 levels must take a tree of 100: `[line, column, 0, "quoted"]`, `[line, column, 1,
/// "plain"]` (either with a tag as fifth element), `[line, column, 2, item, …]`, `[line, column, 3, key,
/// value, key, value, …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it begins.
    pub at: Position,
    /// What it is.
    pub value: Value,
}

/// What a node is. Anchors are gone: aliases hold copies, with the position of the anchored node's parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// Keys and values in the order written; `<<` is kept as an ordinary plain key.
    Map(Vec<(Node, Node)>),
}

/// A scalar as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// Its content: for a plain scalar the source text (folded, if it went over several lines), for others
    /// what it denotes.
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
        Node {
            at: Position::default(),
            value: Value::Scalar(Scalar {
                text,
                plain,
                tag: None,
            }),
        }
    }

    /// A list that no author wrote.
    #[must_use]
    pub fn seq(items: Vec<Node>) -> Node {
        Node {
            at: Position::default(),
            value: Value::Seq(items),
        }
    }

    /// A map that no author wrote.
    #[must_use]
    pub fn map(entries: Vec<(Node, Node)>) -> Node {
        Node {
            at: Position::default(),
            value: Value::Map(entries),
        }
    }

    /// The text, if it is a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(scalar) => Some(&scalar.text),
            Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// What a field that wants no text takes it for; none if for text, null or a collection.
    #[must_use]
    pub fn resolved(&self) -> Option<Resolved> {
        match &self.value {
            Value::Scalar(scalar) if scalar.plain && scalar.tag.is_none() => resolved::resolved(&scalar.text),
            Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => None,
        }
    }

    /// Whether it is a plain null: empty, `~`, `null`, `Null`, `NULL`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.plain && scalar.tag.is_none()
            && matches!(scalar.text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// Whether it is, as a key, the merge key: a plain `<<`. A quoted one is an ordinary key.
    #[must_use]
    pub fn is_merge(&self) -> bool {
        matches!(&self.value, Value::Scalar(scalar) if scalar.plain && scalar.tag.is_none()
            && scalar.text == "<<")
    }

    /// The items, if it is a list; else none.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            Value::Scalar(_) | Value::Map(_) => &[],
        }
    }

    /// The entries as they are written, if it is a map; else none. `<<` is one of them: who wants to know what the map has asks for
    /// [`Node::entries`].
    #[must_use]
    pub fn written(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Map(entries) => entries,
            Value::Scalar(_) | Value::Seq(_) => &[],
        }
    }

    /// The keys that a map has, with their values: its own, then what merge keys (`<<`) bring and it does not set itself. None, if it is
    /// no map.
    #[must_use]
    pub fn entries(&self) -> Vec<(&Node, &Node)> {
        let own = self.written().iter().filter(|(key, _)| !key.is_merge());
        let mut all: Vec<(&Node, &Node)> = own.map(|(key, value)| (key, value)).collect();
        if all.len() == self.written().len() {
            return all;
        }
        let mut known: BTreeSet<&str> = all.iter().filter_map(|(key, _)| key.text()).collect();
        for (key, value) in self.merged().flat_map(Node::entries) {
            if key.text().is_none_or(|text| known.insert(text)) {
                all.push((key, value));
            }
        }
        all
    }

    /// What it is made of: the items of a list, which have no key, or a map's [entries](Node::entries).
    #[must_use]
    pub fn parts(&self) -> Vec<(Option<&Node>, &Node)> {
        let items = self.items().iter().map(|item| (None, item));
        let entries = self.entries().into_iter();
        items
            .chain(entries.map(|(key, value)| (Some(key), value)))
            .collect()
    }

    /// The maps that `<<` takes keys from, the one that wins first.
    fn merged(&self) -> impl Iterator<Item = &Node> {
        let merges = self.written().iter().filter(|(key, _)| key.is_merge());
        merges.flat_map(|(_, merged)| match &merged.value {
            Value::Seq(maps) => maps.as_slice(),
            Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(merged),
        })
    }

    /// The value of a key, if it is a map that has it. Merge keys (`<<`) are looked through; the map's own
    /// key wins.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.own(key)
            .or_else(|| self.merged().find_map(|map| map.get(key)))
    }

    /// The value of a key that stands in the map itself.
    #[must_use]
    pub fn own(&self, key: &str) -> Option<&Node> {
        let mut entries = self.written().iter();
        let own = entries.find(|(k, _)| k.text() == Some(key) && !k.is_merge());
        own.map(|(_, value)| value)
    }

    /// Where it is said what a key's value is: at that, or, where the map has it through `<<`, at the map, for the value stands
    /// elsewhere. None: it has no such key.
    #[must_use]
    pub fn said_at(&self, key: &str) -> Option<Position> {
        let own = self.own(key).map(|value| value.at);
        own.or_else(|| self.get(key).map(|_| self.at))
    }
}

const QUOTED: u8 = 0;
const PLAIN: u8 = 1;
const SEQ: u8 = 2;
const MAP: u8 = 3;

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut array = serializer.serialize_seq(None)?;
        array.serialize_element(&self.at.line)?;
        array.serialize_element(&self.at.column)?;
        match &self.value {
            Value::Scalar(scalar) => {
                array.serialize_element(if scalar.plain { &PLAIN } else { &QUOTED })?;
                array.serialize_element(&scalar.text)?;
                if let Some(tag) = &scalar.tag {
                    array.serialize_element(tag)?;
                }
            }
            Value::Seq(items) => {
                array.serialize_element(&SEQ)?;
                for item in items {
                    array.serialize_element(item)?;
                }
            }
            Value::Map(entries) => {
                array.serialize_element(&MAP)?;
                for (key, value) in entries {
                    array.serialize_element(key)?;
                    array.serialize_element(value)?;
                }
            }
        }
        array.end()
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_seq(NodeArray)
    }
}

struct NodeArray;

impl<'de> Visitor<'de> for NodeArray {
    type Value = Node;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML node as [line, column, kind, …]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Node, A::Error> {
        fn next<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(array: &mut A) -> Result<T, A::Error> {
            array
                .next_element()?
                .ok_or_else(|| de::Error::custom("a YAML node's array ends too early"))
        }
        let at = Position {
            line: next(&mut array)?,
            column: next(&mut array)?,
        };
        let value = match next(&mut array)? {
            kind @ (QUOTED | PLAIN) => Value::Scalar(Scalar {
                text: next(&mut array)?,
                plain: kind == PLAIN,
                tag: array.next_element()?,
            }),
            SEQ => {
                let mut items = Vec::new();
                while let Some(item) = array.next_element()? {
                    items.push(item);
                }
                Value::Seq(items)
            }
            MAP => {
                let mut entries = Vec::new();
                while let Some(key) = array.next_element()? {
                    entries.push((key, next(&mut array)?));
                }
                Value::Map(entries)
            }
            kind => return Err(de::Error::custom(format!("no kind of YAML node: {kind}"))),
        };
        Ok(Node { at, value })
    }
}
