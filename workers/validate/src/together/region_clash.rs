//! `region_clash`: one `CloudWatch` exporter has one region and one role. Where the base names them, a fragment names the
//! same or none; where it does not, all fragments name the same, or none does: else a push would move everybody's
//! metrics to another region, and a deletion would move them back.

use super::{Claim, Kind};
use contract::Component;
use yaml::Node;

pub(super) const KIND: Kind = Kind {
    name: "region_clash",
    component: Component::Cloudwatch,
    claims,
    owner_may_share: false,
    hint: "one exporter has one region and one role: write the same as that file, or leave it out if that does; the \
           platform team can name them in base/cloudwatch.yml",
};

fn claims(tree: &Node, base: Option<&Node>) -> Vec<Claim> {
    cloudwatch::SETTINGS
        .iter()
        .filter_map(|field| {
            let named = |tree: &Node| {
                tree.get(field.name)?
                    .text()
                    .filter(|text| !text.is_empty())
                    .map(str::to_owned)
            };
            let own = named(tree);
            // A base that names none leaves it to its fragments.
            let meaning = match (own, base) {
                (None, None) => return None,
                (Some(own), _) => own,
                (None, Some(base)) => named(base).unwrap_or_default(),
            };
            Some(Claim {
                name: field.name.into(),
                shown: format!("the choice of `{}`", field.name),
                meaning: Some(meaning),
                at: tree.get(field.name).map_or(tree.at, |node| node.at),
            })
        })
        .collect()
}
