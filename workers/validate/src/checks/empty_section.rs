//! `empty_section`: a section or a group with nothing in it adds nothing, which is seldom what its author meant.

use super::section::is_elsewhere;
use crate::subject::{Subject, names};
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
    let of_sections = subject
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
        });
    of_sections.chain(groups_without_rules(subject)).collect()
}

fn groups_without_rules(subject: &Subject<'_>) -> Vec<Problem> {
    let groups = subject.items("groups").iter();
    let empty = groups.filter(|group| group.get("rules").is_none_or(is_empty));
    let told = names(empty, "name").map(|(name, at)| {
        let message = format!("group `{name}` holds no rules");
        let hint = "remove it, or list its rules below `rules`";
        subject.warning(NAME, at, message).hint(hint)
    });
    told.collect()
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => node.is_null(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}
