//! `recording_rule_clash`: two owners record one series (the same name and labels) by different expressions.
//! Prometheus takes it and the value flips, or, with the owner label, whoever asks for the name gets both. One owner may do
//! so: rules that share out a series are common in one team's file.

use super::{Claim, Kind, Labels, rules_named};
use contract::Component;
use yaml::Node;

pub(super) const KIND: Kind = Kind {
    name: "recording_rule_clash",
    component: Component::Prometheus,
    claims,
    owner_may_share: true,
    hint: "record it under another name, or with a label of your own",
};

fn claims(tree: &Node, _base: Option<&Node>) -> Vec<Claim> {
    rules_named(tree, "record", Labels::Written)
        .map(|named| {
            let expression = named.rule.get("expr").and_then(Node::text).unwrap_or_default();
            Claim {
                shown: format!("the recorded series `{}`", named.series),
                name: named.series,
                meaning: Some(expression.split_whitespace().collect::<Vec<_>>().join(" ")),
                at: named.at,
            }
        })
        .collect()
}
