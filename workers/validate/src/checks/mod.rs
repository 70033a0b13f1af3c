//! Every check of a fragment by itself, one file each, named as its reporter.
//!
//! In: a [`Subject`]. Out: all its problems, not only the first.
//! Never: a tool, another fragment. A new check is a file here, a line in [`ALL`],
//! `fixtures/<check>/<what>.good.yml` and `<what>.bad.yml`, and a page `docs/checks/<check>.md`.

pub(crate) mod cost;
pub(crate) mod denied_target;
pub(crate) mod dimension;
pub(crate) mod discovery;
pub(crate) mod duplicate_group;
pub(crate) mod duplicate_job;
pub(crate) mod duplicate_metric;
pub(crate) mod duplicate_module;
pub(crate) mod duplicate_rule;
pub(crate) mod empty_section;
pub(crate) mod file_path;
pub(crate) mod forbidden_field;
pub(crate) mod interval;
pub(crate) mod limit;
pub(crate) mod metric;
pub(crate) mod namespace;
pub(crate) mod period;
pub(crate) mod prober;
pub(crate) mod region;
pub(crate) mod relabel;
pub(crate) mod reserved_label;
pub(crate) mod reserved_name;
pub(crate) mod reserved_series;
pub(crate) mod section;
pub(crate) mod shape;
pub(crate) mod size;
pub(crate) mod statistic;
pub(crate) mod target;
pub(crate) mod timeout;

use crate::subject::Subject;
use contract::Problem;
use std::collections::BTreeSet;

/// A check.
type Check = fn(&Subject<'_>) -> Vec<Problem>;

/// Reporter and check.
const ALL: [(&str, Check); 29] = [
    (section::NAME, section::check),
    (shape::NAME, shape::check),
    (empty_section::NAME, empty_section::check),
    (duplicate_job::NAME, duplicate_job::check),
    (duplicate_group::NAME, duplicate_group::check),
    (duplicate_module::NAME, duplicate_module::check),
    (duplicate_rule::NAME, duplicate_rule::check),
    (relabel::NAME, relabel::check),
    (timeout::NAME, timeout::check),
    (target::NAME, target::check),
    (reserved_name::NAME, reserved_name::check),
    (limit::NAME, limit::check),
    (forbidden_field::NAME, forbidden_field::check),
    (file_path::NAME, file_path::check),
    (discovery::NAME, discovery::check),
    (denied_target::NAME, denied_target::check),
    (reserved_label::NAME, reserved_label::check),
    (reserved_series::NAME, reserved_series::check),
    (interval::NAME, interval::check),
    (prober::NAME, prober::check),
    (size::NAME, size::check),
    (metric::NAME, metric::check),
    (region::NAME, region::check),
    (namespace::NAME, namespace::check),
    (dimension::NAME, dimension::check),
    (statistic::NAME, statistic::check),
    (period::NAME, period::check),
    (duplicate_metric::NAME, duplicate_metric::check),
    (cost::NAME, cost::check),
];

/// What is left to an owner whom the policy refuses; the end of a hint.
const EXEMPTION: &str = "or ask the platform team for an exemption (`owners` of the policy)";

/// Everything that can be found without a tool.
pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut problems: Vec<Problem> = ALL.iter().flat_map(|(_, check)| check(subject)).collect();
    // What stands at an anchor is found once more at each alias.
    let mut told = BTreeSet::new();
    problems.retain(|problem| told.insert(problem.clone()));
    debug_assert!(
        problems
            .iter()
            .all(|problem| ALL.iter().any(|(name, _)| *name == problem.check))
    );
    problems
}
