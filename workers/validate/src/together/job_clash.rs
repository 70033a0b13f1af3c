//! `job_clash`: two jobs of one name make Prometheus refuse the whole configuration. Names are text.

use super::{Claim, Kind};
use crate::subject::names;
use contract::Component;
use yaml::Node;

pub(super) const KIND: Kind = Kind {
    name: "job_clash",
    component: Component::Prometheus,
    claims,
    owner_may_share: false,
    hint: "give the job another `job_name`, for instance with your team's name in it",
};

fn claims(tree: &Node, _base: Option<&Node>) -> Vec<Claim> {
    let jobs = tree.get("scrape_configs").map_or(&[][..], Node::items);
    names(jobs, "job_name")
        .map(|(name, at)| Claim {
            name: name.into(),
            shown: format!("job `{name}`"),
            meaning: None,
            at,
        })
        .collect()
}
