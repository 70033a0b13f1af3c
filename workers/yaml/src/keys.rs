//! The keys of one map: which are no keys, which are there twice, and where a merge key would not do what it
//! seems to.

use crate::read::{FINDINGS_REPORTED, Finding, finding};
use crate::resolved::{Resolved, resolved};
use crate::{Node, Position, Value};
use std::collections::BTreeMap;

/// Where a map is: the key it is the value of, and the key at the top of the file that it is below.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'t> {
    pub(crate) key: Option<&'t str>,
    pub(crate) section: Option<&'t str>,
    /// Whether it is the file itself.
    pub(crate) is_root: bool,
}

impl Place<'_> {
    /// Whether Prometheus reads this map into a dictionary rather than into named fields, with the reader (of
    /// its main file; that of rules is newer) that takes a merged key set again for a duplicate.
    fn refuses_overriding(self) -> bool {
        !matches!(self.section, Some("groups" | "modules")) && self.has_texts()
    }

    /// Whether its keys are read as text, so that `y` and `yes` are two.
    fn has_texts(self) -> bool {
        self.key.is_some_and(|key| DICTIONARIES.contains(&key))
    }
}

/// Fields of Prometheus and the Blackbox exporter that hold a map of their author's own words (labels, parameters, headers) to text.
pub const DICTIONARIES: [&str; 6] = [
    "labels",
    "params",
    "external_labels",
    "headers",
    "endpoint_params",
    "proxy_connect_header",
];

/// What is wrong with the keys of this map.
pub(crate) fn check(entries: &[(Node, Node)], place: Place<'_>, findings: &mut Vec<Finding>) {
    // Key -> index of the entry that has it first.
    let mut own: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for (index, (key, value)) in entries.iter().enumerate() {
        let Value::Scalar(scalar) = &key.value else {
            continue;
        };
        let by_value = if scalar.plain && !place.has_texts() {
            resolved(&scalar.text).map(Key::Value)
        } else {
            None
        };
        let firsts = [Some(Key::Text(&scalar.text)), by_value].into_iter().flatten();
        let earlier = firsts
            .map(|seen| *own.entry(seen).or_insert(index))
            .min()
            .unwrap_or(index);
        if earlier < index {
            let (first, text) = (&entries[earlier].0, &scalar.text);
            let message = match first.text().filter(|first| first != text) {
                Some(other) => format!("`{text}` is the same key as `{other}` at {}", first.at),
                None => format!("`{text}` is in this map twice, first at {}", first.at),
            };
            let hint = match (&entries[earlier].1.value, &value.value) {
                (Value::Seq(_), Value::Seq(_)) | (Value::Map(_), Value::Map(_)) if place.is_root => {
                    format!(
                        "put what is below it under the first `{}`, and remove this line",
                        scalar.text
                    )
                }
                _ => "remove one; if both are meant as list items, begin each with `- `".to_owned(),
            };
            tell(
                findings,
                finding("yaml_duplicate_key", Some(key.at), message).hint(hint),
            );
        }
    }
    let mut merged = BTreeMap::new();
    for (index, (key, value)) in entries.iter().enumerate().filter(|(_, (key, _))| key.is_merge()) {
        let maps = match &value.value {
            Value::Map(_) => std::slice::from_ref(value),
            Value::Seq(maps) => maps,
            Value::Scalar(_) => &[],
        };
        let are_maps = !maps.is_empty() && maps.iter().all(|map| matches!(map.value, Value::Map(_)));
        // An alias of nothing has been told already.
        let told = findings.iter().any(|finding| finding.at == Some(value.at));
        if !are_maps && !told {
            let message = "`<<` needs a map, or a list of maps, to take keys from";
            let finding = finding("yaml_merge_key", Some(key.at), message);
            tell(findings, finding.hint("write `<<: *name` of an anchored map"));
        }
        let mut keys = Vec::new();
        for map in maps {
            keys_of(map, &mut keys);
        }
        for (text, from) in keys {
            let before = merged.insert(text, from);
            let set_here = own.get(&Key::Text(text)).copied();
            if place.refuses_overriding() && (before.is_some() || set_here.is_some()) {
                let at = set_here.map_or(key.at, |index| entries[index].0.at);
                let message = format!("`{text}` is in this map twice, also through `<<` from {from}");
                let hint = "Prometheus lets `<<` be overridden in its own fields, not in labels and \
                            parameters: write the keys out";
                tell(
                    findings,
                    finding("yaml_duplicate_key", Some(at), message).hint(hint),
                );
            } else if set_here.is_some_and(|set_here| set_here < index) {
                let message =
                    format!("`<<` comes after `{text}`, which it sets too: readers disagree who wins");
                let finding = finding("yaml_merge_key", Some(key.at), message);
                tell(
                    findings,
                    finding.hint("put `<<` first; what follows overrides it"),
                );
            }
        }
    }
}

/// Tells it once: the same map is checked in each copy. As `read` reports only so many, more are not even
/// compared.
fn tell(findings: &mut Vec<Finding>, finding: Finding) {
    if findings.len() <= FINDINGS_REPORTED && !findings.contains(&finding) {
        findings.push(finding);
    }
}

fn keys_of<'t>(map: &'t Node, keys: &mut Vec<(&'t str, Position)>) {
    for (key, value) in map.written() {
        if !key.is_merge() {
            keys.extend(key.text().map(|text| (text, key.at)));
        } else if let Value::Seq(maps) = &value.value {
            for map in maps {
                keys_of(map, keys);
            }
        } else {
            keys_of(value, keys);
        }
    }
}

/// What two keys are equal by.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Key<'t> {
    Text(&'t str),
    Value(Resolved),
}
