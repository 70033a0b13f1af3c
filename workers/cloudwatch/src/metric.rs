//! One metric with the defaults that hold for it. In: a fragment and the base beside it. Out: what the exporter would
//! request. Never: fails; what is not of its type is as if it were not there, and told by the check `metric`.

use crate::{boolean, safe_name, seconds, series, text};
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Node, Position};

/// The statistics that `aws_statistics` knows; without any, all are requested.
pub const STATISTICS: [&str; 5] = ["Sum", "SampleCount", "Minimum", "Maximum", "Average"];

/// Metrics of `DynamoDB` whose indexes get families of their own.
const OF_INDEXES: [&str; 6] = [
    "ConsumedReadCapacityUnits",
    "ConsumedWriteCapacityUnits",
    "ProvisionedReadCapacityUnits",
    "ProvisionedWriteCapacityUnits",
    "ReadThrottleEvents",
    "WriteThrottleEvents",
];

/// A metric.
#[derive(Debug, Clone, Copy)]
pub struct Metric<'a> {
    node: &'a Node,
    /// What else may say a default: the fragment, then the base.
    beside: [Option<&'a Node>; 2],
}

impl<'a> Metric<'a> {
    /// Those of a fragment, or of a base if that is given as the fragment.
    pub fn all(fragment: &'a Node, base: Option<&'a Node>) -> impl Iterator<Item = Metric<'a>> {
        let metrics = fragment.get("metrics").map_or(&[][..], Node::items);
        metrics.iter().map(move |node| Metric {
            node,
            beside: [Some(fragment), base],
        })
    }

    /// Where it begins.
    #[must_use]
    pub fn at(&self) -> Position {
        self.node.at
    }

    /// As it is written.
    #[must_use]
    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// A field of its own, unless that holds nothing.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'a Node> {
        self.node.get(name).filter(|value| !value.is_null())
    }

    /// One of the [`DEFAULTS`](crate::DEFAULTS), from where it is set first.
    #[must_use]
    pub fn default(&self, name: &str) -> Option<&'a Node> {
        let beside = || self.beside.iter().flatten().find_map(|beside| beside.get(name));
        self.node.get(name).or_else(beside)
    }

    fn seconds(&self, name: &str, otherwise: u32) -> u32 {
        self.default(name).and_then(seconds).unwrap_or(otherwise)
    }

    /// The length of a data point.
    #[must_use]
    pub fn period_seconds(&self) -> u32 {
        self.seconds("period_seconds", 60)
    }

    /// How far back is requested, from the delay on.
    #[must_use]
    pub fn range_seconds(&self) -> u32 {
        self.seconds("range_seconds", 600)
    }

    /// How old the newest is that is requested.
    #[must_use]
    pub fn delay_seconds(&self) -> u32 {
        self.seconds("delay_seconds", 600)
    }

    /// Whether `GetMetricData` is called; else `GetMetricStatistics`.
    #[must_use]
    pub fn use_get_metric_data(&self) -> bool {
        self.default("use_get_metric_data")
            .and_then(boolean)
            .unwrap_or(false)
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> Option<&'a str> {
        self.field("aws_namespace").and_then(text)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<&'a str> {
        self.field("aws_metric_name").and_then(text)
    }

    /// Dimensions that are text, with where they stand.
    pub fn dimensions(&self) -> impl Iterator<Item = (&'a str, Position)> + use<'a> {
        texts(self.field("aws_dimensions"))
    }

    /// Statistics that are text, those of a list that is not there included.
    #[must_use]
    pub fn statistics(&self) -> Vec<&'a str> {
        let (named, extended) = (
            self.field("aws_statistics"),
            self.field("aws_extended_statistics"),
        );
        match (named, extended) {
            (None, None) => STATISTICS.to_vec(),
            (named, extended) => texts(named)
                .chain(texts(extended))
                .map(|(text, _)| text)
                .collect(),
        }
    }

    /// Whether `aws_dimensions` is there and not empty.
    pub(crate) fn has_dimensions(&self) -> bool {
        self.dimensions().next().is_some()
    }

    /// How many values are selected by name of each dimension, of those of which they are.
    fn selected(&self) -> Vec<(&'a str, u64)> {
        let dimensions: BTreeSet<&str> = self.dimensions().map(|(name, _)| name).collect();
        let select = self.field("aws_dimension_select");
        let values = |node: &Node| u64::try_from(node.items().len()).unwrap_or(u64::MAX);
        select
            .map(Node::entries)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(key, value)| Some((key.text()?, values(value))))
            .filter(|(name, _)| dimensions.contains(name))
            .collect()
    }

    /// How many combinations the named values have.
    pub(crate) fn selected_series(&self) -> u64 {
        self.selected()
            .into_iter()
            .fold(1, |all, (_, count)| all.saturating_mul(count))
    }

    /// How many combinations of dimension values there are, where all are named: then the exporter does not ask.
    pub(crate) fn named_series(&self) -> Option<u64> {
        let all = self.has_dimensions()
            && self.field("aws_tag_select").is_none()
            && self.selected().len() == self.dimensions().count();
        all.then(|| self.selected_series())
    }

    /// Whether `ListMetrics` is called to find the combinations of dimension values.
    pub(crate) fn is_listed(&self) -> bool {
        self.field("aws_dimensions").is_some() && self.named_series().is_none()
    }

    /// The beginning of the names of its families, to which statistics are appended.
    #[must_use]
    pub fn base_name(&self) -> Option<String> {
        let (namespace, name) = (self.namespace()?, self.name()?);
        let of_index = namespace == "AWS/DynamoDB"
            && OF_INDEXES.contains(&name)
            && self
                .dimensions()
                .any(|(dimension, _)| dimension == "GlobalSecondaryIndexName");
        let index = if of_index { "_index" } else { "" };
        Some(format!("{}{index}", safe_name(namespace, name)))
    }

    /// What the exporter compares metrics by (`MetricRule.equals`). It does not start with two that are equal and have a
    /// `list_metrics_cache_ttl` of their own; none is equal to one with `aws_tag_select`.
    #[must_use]
    pub fn meaning(&self) -> Option<String> {
        if self.field("aws_tag_select").is_some() {
            return None;
        }
        let list = |name| {
            self.field(name)
                .map(|list| texts(Some(list)).map(|(text, _)| text).collect::<Vec<_>>())
        };
        let lists = |name| -> BTreeMap<&str, Vec<&str>> {
            let entries = self
                .field(name)
                .map(Node::entries)
                .unwrap_or_default()
                .into_iter();
            let entries = entries.filter_map(|(key, value)| {
                Some((key.text()?, texts(Some(value)).map(|(text, _)| text).collect()))
            });
            entries.collect()
        };
        Some(format!(
            "{:?}",
            (
                (self.namespace(), self.name(), self.field("help").and_then(text)),
                (self.period_seconds(), self.range_seconds(), self.delay_seconds()),
                (
                    self.default("set_timestamp").and_then(boolean).unwrap_or(true),
                    self.use_get_metric_data(),
                    self.seconds("list_metrics_cache_ttl", 0),
                ),
                (
                    self.statistics(),
                    list("aws_extended_statistics"),
                    list("aws_dimensions")
                ),
                (lists("aws_dimension_select"), lists("aws_dimension_select_regex")),
            )
        ))
    }

    /// The names of its families.
    #[must_use]
    pub fn families(&self) -> Vec<String> {
        let Some(base) = self.base_name() else {
            return Vec::new();
        };
        let suffixes = self.statistics().into_iter().map(series::suffix);
        suffixes.map(|suffix| format!("{base}{suffix}")).collect()
    }
}

fn texts(list: Option<&Node>) -> impl Iterator<Item = (&str, Position)> {
    list.map_or(&[][..], Node::items)
        .iter()
        .filter_map(|item| Some((text(item)?, item.at)))
}
