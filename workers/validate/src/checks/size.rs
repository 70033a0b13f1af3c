//! `size`: fragments that are larger than the policy allows. What is too large to be read at all is told by Fetch.

use super::EXEMPTION;
use crate::subject::Subject;
use contract::Problem;

pub(crate) const NAME: &str = "size";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let (size, limit) = (
        subject.source.document.size_bytes,
        subject.policy.fragments.size_bytes,
    );
    if size <= limit {
        return Vec::new();
    }
    let message =
        format!("the fragment has {size} bytes, {limit} are allowed (`fragments.size_bytes` of the policy)");
    let hint = format!("split it into several fragments, {EXEMPTION}");
    vec![subject.error(NAME, subject.tree.at, message).hint(hint)]
}
