//! `budget`: what one owner's `CloudWatch` metrics cost a month is within what the policy gives it.

use super::{Claimant, base_of, owner};
use crate::checks::cost::estimated;
use crate::share;
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
        let total = cloudwatch::Cost {
            requests: claimants
                .iter()
                .fold(0, |sum, claimant| sum.saturating_add(requests(claimant.tree))),
        };
        if total.dollars() <= budget {
            return vec![];
        }
        let affordable = cloudwatch::Cost::affordable(budget).requests;
        let losers = share::too_much(&claimants, affordable, requests).into_iter();
        losers
            .map(|claimant| {
                let message = format!(
                    "with this, all CloudWatch metrics of `{owner}` would cost about ${:.2} a month; its budget is \
                     ${budget:.2} (`metrics.budget_dollars_per_month` of the policy)",
                    total.dollars()
                );
                let at = claimant.tree.get("metrics").map_or(claimant.tree.at, |metrics| metrics.at);
                place(Problem::new(claimant.source, Severity::Error, NAME, message), at).hint(
                    "request fewer statistics, or name the values in `aws_dimension_select`; or ask the platform team \
                     for an exemption",
                )
            })
            .collect()
    };
    owners.into_iter().flat_map(of_owner).collect()
}
