//! `reserved_series`: series that the server makes itself, and others that the policy reserves. A rule that records one,
//! or a job that renames to one, would lie to everybody who asks for it.

use crate::relabel;
use crate::relabelled::{self, Effort, Relabelled, Value};
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
    let (mut taken_over, mut problems) = (Vec::new(), Vec::new());
    let series = jobs
        .iter()
        .filter(|_| !subject.policy.rules.reserved_names.is_empty())
        .flat_map(|job| relabelled::of_series(job, &["__name__"], &mut effort));
    for Relabelled { at, value, .. } in series {
        match value {
            Value::Known(name) => taken_over.push((name, at)),
            // What a target exposes, nobody can say here.
            Value::Unclear => (),
            Value::Beyond => {
                let message = "what this makes of `__name__` is too much to follow, so that it may be a series that is not for \
                               teams to make (`rules.reserved_names` of the policy)";
                let hint =
                    "shorter texts, simpler regular expressions, fewer rules, or fewer targets in one file";
                problems.push(subject.error(NAME, at, message).hint(hint));
            }
        }
    }
    let made = recorded.map(|(name, at)| (name.to_owned(), at));
    let made: BTreeSet<(String, Position)> = made.chain(renamed).chain(taken_over).collect();
    let reserved = made.into_iter().filter(|(name, _)| reserved(name));
    problems.extend(reserved.map(|(name, at)| {
        let message =
            format!("the series `{name}` is not for teams to make (`rules.reserved_names` of the policy)");
        subject
            .error(NAME, at, message)
            .hint("choose another name, for instance `<level>:<metric>:<operation>`")
    }));
    problems
}
