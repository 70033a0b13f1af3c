//! Every check of a fragment by itself, one file each, named as its reporter.
//!
//! In: a [`Subject`]. Out: all its problems, not only the first.
//! Never: a tool, another fragment. A new check is a file here, a line in [`ALL`], and
//! `fixtures/<check>/<what>.good.yml` and `<what>.bad.yml`.

pub(crate) mod duplicate_group;
pub(crate) mod duplicate_job;
pub(crate) mod duplicate_module;
pub(crate) mod duplicate_rule;
pub(crate) mod empty_section;
pub(crate) mod relabel;
pub(crate) mod reserved_name;
pub(crate) mod section;
pub(crate) mod shape;
pub(crate) mod timeout;

use crate::subject::Subject;
use contract::Problem;

/// A check.
type Check = fn(&Subject<'_>) -> Vec<Problem>;

/// Reporter and check.
const ALL: [(&str, Check); 10] = [
    (section::NAME, section::check),
    (shape::NAME, shape::check),
    (empty_section::NAME, empty_section::check),
    (duplicate_job::NAME, duplicate_job::check),
    (duplicate_group::NAME, duplicate_group::check),
    (duplicate_module::NAME, duplicate_module::check),
    (duplicate_rule::NAME, duplicate_rule::check),
    (relabel::NAME, relabel::check),
    (timeout::NAME, timeout::check),
    (reserved_name::NAME, reserved_name::check),
];

/// Everything that can be found without a tool.
pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let problems: Vec<Problem> = ALL.iter().flat_map(|(_, check)| check(subject)).collect();
    debug_assert!(
        problems
            .iter()
            .all(|problem| ALL.iter().any(|(name, _)| *name == problem.check))
    );
    problems
}
