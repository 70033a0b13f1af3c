//! `metric_clash`: two fragments request one metric. The exporter gives the family of its series twice, with what is the
//! same in both requested, and paid for, twice, and with values that differ at one time.

use super::{Claim, Kind};
use cloudwatch::Metric;
use contract::Component;
use std::collections::BTreeMap;
use yaml::Node;

pub(super) const KIND: Kind = Kind {
    name: "metric_clash",
    component: Component::Cloudwatch,
    claims,
    owner_may_share: false,
    hint: "its series are there for everybody already: select yours by a label in the query; for other dimensions or \
           statistics ask the owner of that file to add them there",
};

fn claims(tree: &Node, base: Option<&Node>) -> Vec<Claim> {
    let mut claims: BTreeMap<String, Claim> = BTreeMap::new();
    for metric in Metric::all(tree, base) {
        let (Some(name), Some(namespace), Some(metric_name)) =
            (metric.base_name(), metric.namespace(), metric.name())
        else {
            continue;
        };
        claims.entry(name.clone()).or_insert(Claim {
            name,
            shown: format!("the metric `{metric_name}` of `{namespace}`"),
            meaning: None,
            at: metric.at(),
        });
    }
    claims.into_values().collect()
}
