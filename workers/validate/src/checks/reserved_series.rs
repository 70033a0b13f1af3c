//! `reserved_series`: series that the server makes itself, and others that the policy reserves. A rule that records one,
//! or a job that renames to one, would lie to everybody who asks for it.

use crate::relabel;
use crate::relabelled::{self, Effort, Value};
use crate::subject::{Subject, names};
use contract::Problem;
use std::collections::BTreeSet;
use yaml::{Node, Position};

pub(crate) const NAME: &str = "reserved_series";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let reserved = |name: &str| policy::listed(&subject.policy.rules.reserved_names, name);
    let groups = subject.items("groups").iter();
    let rules = groups
        .filter_map(|group| group.get("rules"))
        .flat_map(Node::items);
    let recorded = rules.flat_map(|rule| names(std::slice::from_ref(rule), "record"));
    let jobs = subject.items("scrape_configs");
    let renamed = jobs
        .iter()
        .flat_map(|job| relabel::entries(job, "metric_relabel_configs"))
        .filter(|entry| entry.may_set("__name__"))
        .filter_map(|entry| Some((entry.sets_to()?.to_owned(), entry.at)));
    // From its author's own labels.
    let mut effort = Effort::default();
    let taken_over = jobs
        .iter()
        .flat_map(|job| relabelled::of_series(job, &["__name__"], &mut effort));
    let taken_over = taken_over.filter_map(|it| match it.value {
        Value::Known(name) => Some((name, it.at)),
        // What a target exposes, nobody can say here.
        Value::Unclear => None,
    });
    let made = recorded.map(|(name, at)| (name.to_owned(), at));
    let made: BTreeSet<(String, Position)> = made.chain(renamed).chain(taken_over).collect();
    made.into_iter()
        .filter(|(name, _)| reserved(name))
        .map(|(name, at)| {
            let message = format!(
                "the series `{name}` is not for teams to make (`rules.reserved_names` of the policy)"
            );
            subject
                .error(NAME, at, message)
                .hint("choose another name, for instance `<level>:<metric>:<operation>`")
        })
        .collect()
}
