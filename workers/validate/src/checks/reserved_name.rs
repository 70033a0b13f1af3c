//! `reserved_name`: the names by which a generation proves that it runs. A second rule or module of such a name would
//! make every proof fail, for everybody.

use crate::subject::{Subject, names};
use contract::Problem;
use yaml::Node;

pub(crate) const NAME: &str = "reserved_name";

const RULE: &str = "config_generation_info";
const GROUP: &str = "promloom_generation";
const MODULE: &str = "promloom_generation_";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let groups = subject.items("groups");
    let rules = || {
        groups
            .iter()
            .flat_map(|group| group.get("rules").map_or(&[][..], Node::items))
    };
    let modules = subject.tree.get("modules").map(Node::entries).unwrap_or_default();
    let rules_named = |field| rules().flat_map(move |rule| names(std::slice::from_ref(rule), field));
    rules_named("record")
        .chain(rules_named("alert"))
        .filter(|(name, _)| *name == RULE)
        .chain(names(groups, "name").filter(|(name, _)| *name == GROUP))
        .chain(
            modules
                .iter()
                .filter_map(|(key, _)| Some((key.text()?, key.at)))
                .filter(|(name, _)| name.starts_with(MODULE)),
        )
        .map(|(name, at)| {
            subject
                .error(
                    NAME,
                    at,
                    format!("`{name}` is the name by which a generation proves that it runs"),
                )
                .hint("choose another name")
        })
        .collect()
}
