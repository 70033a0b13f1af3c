//! `recording_rule_clash`: two owners record one series (the same name and labels) by different expressions.
//! Prometheus takes it and the value flips, or, with the owner label, whoever asks for the name gets both. One owner may do
//! so: rules that share out a series are common in one team's file.

use super::{Claim, Kind};
use contract::Component;
use std::collections::BTreeMap;
use yaml::{Node, Position};

pub(super) const KIND: Kind = Kind {
    name: "recording_rule_clash",
    component: Component::Prometheus,
    claims,
    owner_may_share: true,
    hint: "record it under another name, or with a label of your own",
};

fn claims(tree: &Node, _base: Option<&Node>) -> Vec<Claim> {
    let groups = tree.get("groups").map_or(&[][..], Node::items);
    groups
        .iter()
        .flat_map(|group| {
            let rules = group.get("rules").map_or(&[][..], Node::items);
            rules.iter().filter_map(|rule| claim(group, rule))
        })
        .collect()
}

fn claim(group: &Node, rule: &Node) -> Option<Claim> {
    let record = rule.get("record")?;
    let name = record.text().filter(|name| !name.is_empty())?;
    // A rule's label wins over its group's.
    let labels: BTreeMap<&str, &str> = [group, rule]
        .into_iter()
        .filter_map(|node| node.get("labels"))
        .flat_map(Node::entries)
        // A label that no author wrote is forced on all: it does not make another series of what was meant to be one.
        .filter(|(_, value)| value.at != Position::default())
        .filter_map(|(key, value)| Some((key.text()?, value.text()?)))
        .collect();
    let listed: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}={value:?}"))
        .collect();
    let shown = if listed.is_empty() {
        name.to_owned()
    } else {
        format!("{name}{{{}}}", listed.join(", "))
    };
    let expression = rule.get("expr").and_then(Node::text).unwrap_or_default();
    Some(Claim {
        shown: format!("the recorded series `{shown}`"),
        name: shown,
        meaning: Some(expression.split_whitespace().collect::<Vec<_>>().join(" ")),
        at: record.at,
    })
}
