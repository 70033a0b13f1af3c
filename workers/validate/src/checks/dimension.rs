//! `dimension`: dimensions that make labels Prometheus takes (a label twice, or with a name that it does not take, ends
//! the whole scrape), and selections that select something.

use crate::subject::Subject;
use cloudwatch::{Metric, is_legal_name, label, text};
use contract::{Component, Problem};
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Node, Position};

pub(crate) const NAME: &str = "dimension";

/// The most dimensions that a metric of `CloudWatch` has.
const DIMENSIONS: usize = 30;
/// Labels that the exporter gives each series itself.
const OF_SERIES: [&str; 2] = ["job", "instance"];
/// Labels that it gives `aws_resource_info`.
const OF_RESOURCES: [&str; 3] = ["job", "instance", "arn"];

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    Metric::all(subject.tree, subject.base)
        .flat_map(|metric| of_metric(subject, metric))
        .collect()
}

fn of_metric(subject: &Subject<'_>, metric: Metric<'_>) -> Vec<Problem> {
    let mut problems = labels(subject, metric);
    let dimensions: BTreeSet<&str> = metric.dimensions().map(|(name, _)| name).collect();
    for select in ["aws_dimension_select", "aws_dimension_select_regex"] {
        for (key, _) in metric.field(select).map(Node::entries).unwrap_or_default() {
            if let Some(name) = text(key).filter(|name| !dimensions.contains(name)) {
                let message = format!("`{name}` is not among the `aws_dimensions`: this selects nothing");
                let hint =
                    "add it to `aws_dimensions`, which names all dimensions of the metric, or remove it";
                problems.push(subject.warning(NAME, key.at, message).hint(hint));
            }
        }
    }
    let tag_select = metric.field("aws_tag_select");
    let resource = tag_select.and_then(|select| select.get("resource_id_dimension"));
    if let Some((node, name)) = resource.and_then(|node| Some((node, text(node)?))) {
        let label = label(name);
        if OF_RESOURCES.contains(&&*label) || !is_legal_name(&label) {
            problems.push(refused(
                subject,
                node.at,
                name,
                &label,
                "another label of `aws_resource_info`",
            ));
        } else if !dimensions.contains(&name) {
            let message = format!("`{name}` is not among the `aws_dimensions`: no tag selects anything");
            let hint = "write the dimension that holds the resource's name";
            problems.push(subject.warning(NAME, node.at, message).hint(hint));
        }
    }
    problems
}

fn labels(subject: &Subject<'_>, metric: Metric<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for (count, (name, at)) in metric.dimensions().enumerate() {
        let label = label(name);
        if count == DIMENSIONS {
            let message = format!("a metric has at most {DIMENSIONS} dimensions");
            problems.push(
                subject
                    .error(NAME, at, message)
                    .hint("no metric has so many; remove some"),
            );
        }
        if OF_SERIES.contains(&&*label) {
            problems.push(refused(subject, at, name, &label, "the exporter's own"));
        } else if let Some(other) = seen.get(&label) {
            problems.push(refused(subject, at, name, &label, &format!("that of `{other}`")));
        } else if !name.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
            let message = format!("`{name}` is no name that a dimension of CloudWatch has");
            let hint = "write it in ASCII, as `aws cloudwatch list-metrics` shows it";
            problems.push(subject.error(NAME, at, message).hint(hint));
        } else if !name.is_empty() && !is_legal_name(&label) {
            let message = format!(
                "the dimension `{name}` would become the label `{label}`, which Prometheus does not take: its scrape of \
                 all metrics would fail"
            );
            let hint = "no label begins with a digit; a metric with such a dimension cannot be exported";
            problems.push(subject.error(NAME, at, message).hint(hint));
        }
        seen.entry(label).or_insert(name);
    }
    problems
}

fn refused(subject: &Subject<'_>, at: Position, name: &str, label: &str, other: &str) -> Problem {
    let message = format!(
        "the dimension `{name}` would become the label `{label}` beside {other}: Prometheus refuses a label that is \
         there twice, with all metrics"
    );
    let hint = "name each dimension once; a metric whose dimensions give one label cannot be exported";
    subject.error(NAME, at, message).hint(hint)
}
