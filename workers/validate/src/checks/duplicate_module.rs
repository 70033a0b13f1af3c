//! `duplicate_module`: a module's name is its own, in the fragment and beside the base.

use crate::subject::Subject;
use contract::Problem;
use std::collections::BTreeMap;
use yaml::Node;

pub(crate) const NAME: &str = "duplicate_module";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let modules = subject.tree.get("modules").map(Node::entries).unwrap_or_default();
    let base = subject.base.and_then(|base| base.get("modules"));
    let mut seen = BTreeMap::new();
    let mut problems = Vec::new();
    for key in modules.iter().map(|(key, _)| key) {
        let Some(name) = key.text() else { continue };
        let first = *seen.entry(name).or_insert(key.at);
        let message = if first != key.at {
            format!("module `{name}` is defined twice, first in line {}", first.line)
        } else if base.is_some_and(|base| base.get(name).is_some()) {
            format!(
                "module `{name}` is defined in {} already",
                subject.component.base_key()
            )
        } else {
            continue;
        };
        problems.push(
            subject
                .error(NAME, key.at, message)
                .hint("give it another name, and use that in `params`"),
        );
    }
    problems
}
