//! `statistic`: statistics that `CloudWatch` knows, in a combination that it answers, and that the policy allows. One
//! that it does not know ends the exporter's scrape: what comes after it has no data, whoever's it is.

use crate::subject::Subject;
use cloudwatch::{Metric, STATISTICS, text};
use contract::{Component, Problem};
use std::collections::BTreeSet;
use yaml::{Node, Position, Value};

pub(crate) const NAME: &str = "statistic";

/// The most extended statistics in one call of `GetMetricStatistics`.
const EXTENDED_IN_ONE_CALL: usize = 10;

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    Metric::all(subject.tree, subject.base)
        .flat_map(|metric| of_metric(subject, metric))
        .collect()
}

fn of_metric(subject: &Subject<'_>, metric: Metric<'_>) -> Vec<Problem> {
    let (named, extended) = (
        metric.field("aws_statistics"),
        metric.field("aws_extended_statistics"),
    );
    let mut problems = Vec::new();
    for node in named.map_or(&[][..], Node::items) {
        if let Some(name) = text(node).filter(|name| !STATISTICS.contains(name)) {
            let message = format!("`{name}` is no statistic: the exporter's scrape would end there");
            problems.push(subject.error(NAME, node.at, message).hint(instead(name)));
        }
    }
    let all = metric.use_get_metric_data();
    for node in extended.map_or(&[][..], Node::items) {
        if let Some(name) = text(node).filter(|name| !is_extended(name, all)) {
            let message = format!("`{name}` is no extended statistic: the exporter's scrape would end there");
            let hint = if STATISTICS.contains(&name) {
                "write it under `aws_statistics`"
            } else if all {
                "write a percentile, `p99` or `p99.9`, or one like `tm90`, `wm95`, `tc90`, `ts90`, `IQM`"
            } else {
                "write a percentile, `p99` or `p99.9`; others need `use_get_metric_data: true`"
            };
            problems.push(subject.error(NAME, node.at, message).hint(hint));
        }
    }
    let nothing = |list: Option<&Node>| list.is_none_or(|list| list.items().is_empty());
    if let (Some(list), true) = (named.or(extended), nothing(named) && nothing(extended))
        && matches!(list.value, Value::Seq(_))
    {
        let hint = "name some, or remove the field: then all five are requested";
        problems.push(
            subject
                .error(NAME, list.at, "no statistic is requested")
                .hint(hint),
        );
    }
    if let (Some(extended), false) = (extended, all) {
        if !nothing(named) {
            let message = "`aws_statistics` and `aws_extended_statistics` cannot be requested together";
            let hint = "make it two metrics, or set `use_get_metric_data: true`";
            problems.push(subject.error(NAME, extended.at, message).hint(hint));
        }
        if let Some(first) = extended.items().get(EXTENDED_IN_ONE_CALL) {
            let message =
                format!("at most {EXTENDED_IN_ONE_CALL} extended statistics can be requested at once");
            let hint = "remove some, or set `use_get_metric_data: true`";
            problems.push(subject.error(NAME, first.at, message).hint(hint));
        }
    }
    problems.extend(twice(subject, named));
    problems.extend(twice(subject, extended));
    problems.extend(forbidden(subject, metric));
    problems
}

fn twice(subject: &Subject<'_>, list: Option<&Node>) -> Vec<Problem> {
    let mut seen = BTreeSet::new();
    let items = list.map_or(&[][..], Node::items).iter();
    let again = items.filter(|node| text(node).is_some_and(|name| !seen.insert(name)));
    again
        .map(|node| {
            let message = format!("`{}` is requested twice", node.text().unwrap_or_default());
            subject.warning(NAME, node.at, message).hint("remove one")
        })
        .collect()
}

/// What the policy does not allow of what there is.
fn forbidden(subject: &Subject<'_>, metric: Metric<'_>) -> Vec<Problem> {
    let allowed = &subject.policy.metrics.statistics;
    let lists = ["aws_statistics", "aws_extended_statistics"].map(|list| metric.field(list));
    let requested: Vec<(Position, &str)> = if lists == [None, None] {
        STATISTICS.iter().map(|name| (metric.at(), *name)).collect()
    } else {
        let written = lists.into_iter().flatten().flat_map(Node::items);
        written.filter_map(|node| Some((node.at, text(node)?))).collect()
    };
    let is_known = |name: &str| STATISTICS.contains(&name) || is_extended(name, true);
    let refused = requested
        .into_iter()
        .filter(|(_, name)| is_known(name) && !policy::listed(allowed, name));
    refused
        .map(|(at, name)| {
            let message =
                format!("the statistic `{name}` is not allowed (`metrics.statistics` of the policy)");
            let unnamed = if lists == [None, None] {
                "all five are requested where none is named; "
            } else {
                ""
            };
            let hint = match &allowed[..] {
                [] => "no statistic is allowed; ask the platform team for an exemption".to_owned(),
                allowed => format!(
                    "{unnamed}allowed are {}; ask the platform team for an exemption",
                    allowed.join(", ")
                ),
            };
            subject.error(NAME, at, message).hint(hint)
        })
        .collect()
}

fn instead(name: &str) -> String {
    let lower = name.to_lowercase();
    let near = STATISTICS.iter().find(|known| {
        let known = known.to_lowercase();
        known.starts_with(&lower) || lower.starts_with(&known) || known == lower.replace([' ', '_', '-'], "")
    });
    match near {
        _ if is_extended(name, true) => "write it under `aws_extended_statistics`".into(),
        Some(near) if !lower.is_empty() => format!("did you mean `{near}`?"),
        Some(_) | None => format!("known are {}", STATISTICS.join(", ")),
    }
}

/// A percentile; with `GetMetricData` also trimmed means and the like: `tm90`, `TM(10%:90%)`, `IQM`.
fn is_extended(name: &str, all: bool) -> bool {
    let is_number = |text: &str| {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        digits(whole) && whole.len() <= 15 && digits(fraction) && fraction.len() <= 10
    };
    let is_percent = |text: &str| is_number(text) && text.parse().is_ok_and(|number: f64| number <= 100.0);
    if name.strip_prefix('p').is_some_and(is_percent) {
        return true;
    }
    let short = ["tm", "wm", "tc", "ts"]
        .iter()
        .filter_map(|kind| name.strip_prefix(kind));
    let long = ["TM", "WM", "TC", "TS", "PR"]
        .iter()
        .filter_map(|kind| name.strip_prefix(kind));
    let is_bound =
        |text: &str| text.is_empty() || text.strip_suffix('%').map_or_else(|| is_number(text), is_percent);
    let is_range = |text: &str| {
        let inside = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        let bounds = inside.and_then(|inside| inside.split_once(':'));
        bounds.is_some_and(|(from, to)| is_bound(from) && is_bound(to) && !(from.is_empty() && to.is_empty()))
    };
    all && (name == "IQM" || short.into_iter().any(is_percent) || long.into_iter().any(is_range))
}
