//! `alert_clash`: two owners have an alert of one name with the same labels. Prometheus takes it, and Alertmanager takes the two
//! for one alert: whoever fires last says what the notification says, and whoever resolves ends both. Where the policy forces an
//! owner label there are no such two. One owner's own are conditions of one alert, which is common.

use super::{Claim, Kind, Labels, rules_named};
use contract::Component;
use yaml::{Node, print};

pub(super) const KIND: Kind = Kind {
    name: "alert_clash",
    component: Component::Prometheus,
    claims,
    owner_may_share: true,
    hint: "give the alert another name, or a label of your own",
};

fn claims(tree: &Node, _base: Option<&Node>) -> Vec<Claim> {
    rules_named(tree, "alert", Labels::All)
        .map(|named| Claim {
            shown: format!("the alert `{}`", named.series),
            name: named.series,
            // The same rule twice says the same twice.
            meaning: Some(print(named.rule).text),
            at: named.at,
        })
        .collect()
}
