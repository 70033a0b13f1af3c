//! `budget`: what one owner's `CloudWatch` metrics cost a month is within what the policy gives it. What serves stays, and is told.

use super::share::{Beyond, beyond};
use super::{Claimant, base_of, owner};
use crate::checks::cost::estimated;
use crate::subject::place;
use contract::{PLATFORM, Problem, Severity};
use policy::Policy;
use std::collections::BTreeMap;
use yaml::Node;

const NAME: &str = "budget";

/// Whoever takes an owner over its budget.
pub(super) fn over(policy: &Policy, claimants: &[Claimant<'_>]) -> Vec<Problem> {
    let base = base_of(claimants);
    let mut owners: BTreeMap<String, Vec<&Claimant<'_>>> = BTreeMap::new();
    for claimant in claimants {
        if owner(claimant) != PLATFORM {
            owners.entry(owner(claimant)).or_default().push(claimant);
        }
    }
    let of_owner = |(owner, claimants): (String, Vec<&Claimant<'_>>)| -> Vec<Problem> {
        let policy = policy.of(&owner);
        let budget = policy.metrics.budget_dollars_per_month;
        let requests = |tree: &Node| estimated(&policy, tree, base).requests;
        let affordable = cloudwatch::Cost::affordable(budget).requests;
        let losers = beyond(&claimants, affordable, requests).into_iter();
        losers
            .map(|Beyond { claimant, with, stays }| {
                let dollars = cloudwatch::Cost { requests: with }.dollars();
                let (severity, would) = if stays {
                    (Severity::Warning, "cost")
                } else {
                    (Severity::Error, "would cost")
                };
                let message = format!(
                    "with this, all CloudWatch metrics of `{owner}` {would} about ${dollars:.2} a month; its budget is \
                     ${budget:.2} (`metrics.budget_dollars_per_month` of the policy)"
                );
                let at = claimant.tree.get("metrics").map_or(claimant.tree.at, |metrics| metrics.at);
                place(Problem::new(claimant.source, severity, NAME, message), at).hint(
                    "request fewer statistics, or name the values in `aws_dimension_select`; or ask the platform team \
                     for an exemption",
                )
            })
            .collect()
    };
    owners.into_iter().flat_map(of_owner).collect()
}
