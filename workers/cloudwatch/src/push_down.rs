//! Defaults at the top of a fragment would hold for everybody's metrics once the files are one. In: a fragment. Out:
//! the same with its defaults in each of its own metrics. Never: changes what a metric says itself, through a merge
//! key too.

use crate::field::DEFAULTS;
use yaml::{Node, Value};

/// The fragment without defaults at its top.
#[must_use]
pub fn push_down(fragment: &Node) -> Node {
    let (defaults, rest): (Vec<_>, Vec<_>) = fragment
        .written()
        .iter()
        .cloned()
        .partition(|(key, _)| DEFAULTS.iter().any(|field| key.text() == Some(field.name)));
    if defaults.is_empty() {
        return fragment.clone();
    }
    let rest = rest.into_iter().map(|(key, value)| match &value.value {
        Value::Seq(metrics) if key.text() == Some("metrics") => {
            let metrics = metrics
                .iter()
                .map(|metric| with(metric.clone(), &defaults))
                .collect();
            let value = Node {
                value: Value::Seq(metrics),
                ..value
            };
            (key, value)
        }
        _ => (key, value),
    });
    Node {
        at: fragment.at,
        value: Value::Map(rest.collect()),
    }
}

fn with(mut metric: Node, defaults: &[(Node, Node)]) -> Node {
    let missing: Vec<(Node, Node)> = defaults
        .iter()
        .filter(|(key, _)| key.text().is_some_and(|name| metric.get(name).is_none()))
        .cloned()
        .collect();
    if let Value::Map(entries) = &mut metric.value {
        entries.extend(missing);
    }
    metric
}
