//! `module_clash`: two modules of one name make the Blackbox exporter refuse the whole configuration.

use super::{Claim, Kind};
use contract::Component;
use yaml::Node;

pub(super) const KIND: Kind = Kind {
    name: "module_clash",
    component: Component::Blackbox,
    claims,
    owner_may_share: false,
    hint: "give the module another name, for instance with your team's name in it, and use that in `params`",
};

fn claims(tree: &Node, _base: Option<&Node>) -> Vec<Claim> {
    let modules = tree.get("modules").map(Node::entries).unwrap_or_default();
    modules
        .into_iter()
        .filter_map(|(key, _)| {
            let name = key.text()?;
            Some(Claim {
                name: name.into(),
                shown: format!("module `{name}`"),
                meaning: None,
                at: key.at,
            })
        })
        .collect()
}
