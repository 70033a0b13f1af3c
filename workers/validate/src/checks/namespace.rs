//! `namespace`: namespaces and names of metrics that `CloudWatch` has, that the policy allows, and that make a name
//! Prometheus takes: one that it does not take ends the whole scrape, of everybody's metrics.

use crate::subject::Subject;
use cloudwatch::{Metric, is_legal_name, safe_name, text};
use contract::{Component, Problem};

pub(crate) const NAME: &str = "namespace";

/// The longest namespace and the longest name of a metric.
const CHARACTERS: usize = 255;

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    Metric::all(subject.tree, subject.base)
        .flat_map(|metric| of_metric(subject, metric))
        .collect()
}

fn of_metric(subject: &Subject<'_>, metric: Metric<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for field in ["aws_namespace", "aws_metric_name"] {
        let Some((node, name)) = metric.field(field).and_then(|node| Some((node, text(node)?))) else {
            continue;
        };
        // Empty is `metric`'s.
        let fits = name.len() <= CHARACTERS
            && name.chars().all(|c| c == ' ' || c.is_ascii_graphic())
            && !name.starts_with(':');
        if !fits {
            let message = format!("`{field}` is no name that CloudWatch has");
            let hint = format!("at most {CHARACTERS} characters of ASCII, no colon at the beginning");
            problems.push(subject.error(NAME, node.at, message).hint(hint));
        } else if field == "aws_namespace" && !policy::listed(&subject.policy.metrics.namespaces, name) {
            let message =
                format!("the namespace `{name}` is not allowed (`metrics.namespaces` of the policy)");
            let hint = match &subject.policy.metrics.namespaces[..] {
                [] => "no namespace is allowed; ask the platform team for an exemption".to_owned(),
                allowed => format!(
                    "allowed are {}; ask the platform team for an exemption",
                    allowed.join(", ")
                ),
            };
            problems.push(subject.error(NAME, node.at, message).hint(hint));
        }
    }
    if let (Some(namespace), Some(name), Some(node)) =
        (metric.namespace(), metric.name(), metric.field("aws_namespace"))
    {
        let series = safe_name(namespace, name);
        if !namespace.is_empty() && !is_legal_name(&series) {
            let message = format!(
                "the series would be named `{series}…`, which Prometheus does not take: its scrape of all metrics would fail"
            );
            let hint = "no name of a series begins with a digit; such a namespace cannot be exported";
            problems.push(subject.error(NAME, node.at, message).hint(hint));
        }
    }
    problems
}
