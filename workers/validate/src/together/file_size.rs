//! `file_size`: the finished file of the `CloudWatch` exporter is not longer than its reader reads.

use super::share::beyond;
use super::{Claimant, base_of, owner};
use crate::subject::place;
use cloudwatch::{FILE_CODE_POINTS, push_down};
use contract::{PLATFORM, Problem, Severity};
use yaml::Node;

const NAME: &str = "file_size";

/// Whoever makes the file too long.
pub(super) fn over(claimants: &[Claimant<'_>]) -> Vec<Problem> {
    // With what the base lacks at the top, and the fragments may bring.
    let top = base_of(claimants).map_or(0, |base| code_points(&yaml::print(base).text)) + TOP_CODE_POINTS;
    let left = u64::try_from(FILE_CODE_POINTS)
        .unwrap_or(u64::MAX)
        .saturating_sub(top);
    let fragments: Vec<&Claimant<'_>> = claimants
        .iter()
        .filter(|claimant| owner(claimant) != PLATFORM)
        .collect();
    // If what serves is too much, the base has grown, and is refused.
    let losers = beyond(&fragments, left, weight)
        .into_iter()
        .filter(|it| !it.stays);
    losers
        .map(|loser| {
            let claimant = loser.claimant;
            let message = format!(
                "with this fragment's {} characters the file of all metrics would have more than {FILE_CODE_POINTS}, and \
                 the exporter does not read a longer one",
                weight(claimant.tree)
            );
            let at = claimant.tree.get("metrics").map_or(claimant.tree.at, |metrics| metrics.at);
            place(Problem::new(claimant.source, Severity::Error, NAME, message), at)
                .hint("name fewer values, or select them by `aws_dimension_select_regex` or by tags")
        })
        .collect()
}

/// `metrics:`, `region: …` and `role_arn: …`.
const TOP_CODE_POINTS: u64 = 256;

/// What a fragment adds to the file.
fn weight(tree: &Node) -> u64 {
    let metrics = push_down(tree).get("metrics").cloned();
    metrics.map_or(0, |metrics| {
        code_points(&yaml::print(&Node::map(vec![(Node::plain("metrics"), metrics)])).text)
    })
}

fn code_points(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}
