//! `cost`: what a fragment's metrics cost a month, so that its owner knows before the bill. The budget is `budget`'s.

use crate::subject::Subject;
use cloudwatch::{Assumptions, Cost};
use contract::{Component, Problem};
use policy::Policy;
use yaml::Node;

pub(crate) const NAME: &str = "cost";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    let cost = estimated(subject.policy, subject.tree, subject.base);
    let Some((key, _)) = subject
        .tree
        .written()
        .iter()
        .find(|(key, _)| key.text() == Some("metrics"))
        .filter(|_| cost.requests > 0)
    else {
        return vec![];
    };
    let metrics = &subject.policy.metrics;
    // A policy that forbids nothing has no budget.
    let budget = Some(metrics.budget_dollars_per_month).filter(|dollars| *dollars < f64::MAX);
    let budget = budget.map_or_else(String::new, |dollars| {
        let key = subject.source.key();
        let owner = key.owner();
        format!(
            "; the budget for all metrics of `{owner}` is ${dollars:.2} (`metrics.budget_dollars_per_month` of the policy)"
        )
    });
    let message = format!(
        "about ${:.2} a month for {} requests to CloudWatch{budget}",
        cost.dollars(),
        cost.requests
    );
    let hint = format!(
        "estimated for a scrape each {}, with {} series for each metric whose dimension values are not all in \
         `aws_dimension_select`; fewer statistics and named values cost less",
        metrics.scrape_interval, metrics.assumed_series
    );
    vec![subject.info(NAME, key.at, message).hint(hint)]
}

/// What a fragment is taken to cost.
pub(crate) fn estimated(policy: &Policy, tree: &Node, base: Option<&Node>) -> Cost {
    let assumed = Assumptions {
        scrape_interval_milliseconds: policy.metrics.scrape_interval.milliseconds,
        series: policy.metrics.assumed_series,
    };
    Cost::of(tree, base, assumed)
}
