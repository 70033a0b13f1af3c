//! `duplicate_job`: a job's name is its own, in the fragment and beside the base. Names are text: `1` and
//! `"1"` are one name, as Prometheus has it.

use crate::subject::{Subject, first, names};
use contract::Problem;
use std::collections::BTreeMap;
use yaml::Node;

pub(crate) const NAME: &str = "duplicate_job";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let base = subject
        .base
        .and_then(|base| base.get("scrape_configs"))
        .map_or(&[][..], Node::items);
    let base: BTreeMap<_, _> = names(base, "job_name").collect();
    let mut firsts = BTreeMap::new();
    let mut problems = Vec::new();
    let named = names(subject.items("scrape_configs"), "job_name");
    // An empty one is told as that.
    for (name, at) in named.filter(|(name, _)| !name.is_empty()) {
        let message = if let Some(first) = first(&mut firsts, name, at) {
            format!("job `{name}` is defined twice, first in line {}", first.line)
        } else if base.contains_key(name) {
            format!(
                "job `{name}` is defined in {} already",
                subject.component.base_key()
            )
        } else {
            continue;
        };
        problems.push(
            subject
                .error(NAME, at, message)
                .hint("give it another `job_name`, or merge the two"),
        );
    }
    problems
}
