//! `duplicate_group`: a group's name is its own in a file; two fragments may use the same, their files
//! differ.

use crate::subject::{Subject, first, names};
use contract::Problem;
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "duplicate_group";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut firsts = BTreeMap::new();
    names(subject.items("groups"), "name")
        .filter_map(|(name, at)| {
            let first = first(&mut firsts, name, at)?;
            let message = format!("group `{name}` is defined twice, first in line {}", first.line);
            let hint = "give it another `name`, or put its rules into the first";
            Some(subject.error(NAME, at, message).hint(hint))
        })
        .collect()
}
