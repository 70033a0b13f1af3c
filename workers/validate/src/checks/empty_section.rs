//! `empty_section`: a section with nothing in it adds nothing, which is seldom what its author meant.

use super::section::is_elsewhere;
use crate::subject::Subject;
use contract::Problem;
use yaml::{Node, Value};

pub(crate) const NAME: &str = "empty_section";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let hint = "nothing of it serves; remove it, or indent what belongs to it below it";
    if is_empty(subject.tree) {
        return vec![
            subject
                .warning(NAME, subject.tree.at, "the fragment holds nothing")
                .hint(hint),
        ];
    }
    let sections = subject.component.sections();
    subject
        .tree
        .written()
        .iter()
        .filter(|(key, value)| {
            let key = key.text().unwrap_or_default();
            (sections.contains(&key) && is_empty(value))
                || (is_elsewhere(subject.component, key) && value.is_null())
        })
        .map(|(key, _)| {
            let section = key.text().unwrap_or_default();
            subject
                .warning(NAME, key.at, format!("`{section}` holds nothing"))
                .hint(hint)
        })
        .collect()
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => node.is_null(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}
