//! The fields of a job or a module. In: its tree. Out: each field that the server reads, at any depth.
//! Never: a key that is its author's own word (a label, a parameter, a header).

use yaml::{DICTIONARIES, Node, Value};

/// A field and its value.
#[derive(Clone, Copy)]
pub(crate) struct Field<'t> {
    pub key: &'t Node,
    pub name: &'t str,
    pub value: &'t Node,
}

/// A field that holds a map of their author's own words to fields.
const NAMED: &str = "http_headers";

/// Every field in a tree, an outer one before those in it. What `<<` brings in counts like what is written out, and so does what is set
/// again: Go's reader fills the same struct a second time, and leaves in it what only the first had.
pub(crate) fn fields(tree: &Node) -> Vec<Field<'_>> {
    let mut found = Vec::new();
    collect(tree, &mut found);
    found
}

fn collect<'t>(node: &'t Node, found: &mut Vec<Field<'t>>) {
    match &node.value {
        Value::Scalar(_) => (),
        Value::Seq(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Map(entries) => {
            for (key, value) in entries {
                let name = key.text().unwrap_or_default();
                if key.is_merge() {
                    collect(value, found);
                    continue;
                }
                found.push(Field { key, name, value });
                if name == NAMED {
                    let named = value.entries().into_iter();
                    named.for_each(|(_, value)| collect(value, found));
                } else if !DICTIONARIES.contains(&name) {
                    collect(value, found);
                }
            }
        }
    }
}

/// A list's items; a single scalar counts as a list of it.
pub(crate) fn texts(node: &Node) -> impl Iterator<Item = (&Node, &str)> {
    let items = match &node.value {
        Value::Seq(items) => items.as_slice(),
        Value::Scalar(_) => std::slice::from_ref(node),
        Value::Map(_) => &[],
    };
    items.iter().filter_map(|item| Some((item, item.text()?)))
}
