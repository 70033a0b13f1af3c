//! `duplicate_metric`: the same series requested twice in one fragment. Two metrics that are the same in everything and
//! have their own `list_metrics_cache_ttl` keep the exporter from starting.

use crate::subject::Subject;
use cloudwatch::Metric;
use contract::{Component, Problem};
use std::collections::BTreeMap;

pub(crate) const NAME: &str = "duplicate_metric";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    let mut families: BTreeMap<String, Metric<'_>> = BTreeMap::new();
    let mut meanings: BTreeMap<String, Metric<'_>> = BTreeMap::new();
    let mut problems = Vec::new();
    for metric in Metric::all(subject.tree, subject.base) {
        let names = metric.families();
        let before = names
            .iter()
            .find_map(|name| families.get(name).map(|first| (name, *first)));
        let meaning = metric.meaning();
        let same = meaning
            .as_ref()
            .and_then(|meaning| meanings.get(meaning))
            .copied();
        // Only what a fragment says becomes each metric's own; what the base says stays a default.
        let cached = metric.node().get(CACHE).or_else(|| subject.tree.get(CACHE));
        if let (Some(first), Some(_)) = (same, cached) {
            let message = format!(
                "this metric is the same as the one at {}, and both have `{CACHE}`: the exporter would not start",
                first.at()
            );
            problems.push(subject.error(NAME, metric.at(), message).hint("remove one"));
        } else if let Some((name, first)) = before {
            let message = format!("the series `{name}` are requested at {} too", first.at());
            let hint = if same.is_some() {
                "remove one: it costs twice and gives nothing"
            } else {
                "Prometheus takes them where their dimensions differ; other readers do not take a metric twice"
            };
            problems.push(subject.warning(NAME, metric.at(), message).hint(hint));
        }
        if let Some(meaning) = meaning {
            meanings.entry(meaning).or_insert(metric);
        }
        for name in names {
            families.entry(name).or_insert(metric);
        }
    }
    problems
}

const CACHE: &str = "list_metrics_cache_ttl";
