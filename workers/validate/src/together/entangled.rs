//! `entangled`: one owner's new versions are refused one after another, because each needs another that was refused. The way out
//! is not searched for ever: all that is new of that owner is refused together, and what served serves on.

use super::{Claimant, owner};
use crate::world::World;
use contract::{Problem, Severity};
use std::collections::BTreeSet;

const NAME: &str = "entangled";

/// An error for each version that is new, of every owner of whom something was refused.
pub(crate) fn of_the_refused(world: &World<'_>, found: &[&Problem]) -> Vec<Problem> {
    let errors = found.iter().filter(|it| it.severity == Severity::Error);
    let refused: BTreeSet<&str> = errors.map(|it| it.owner.as_str()).collect();
    let is_new = |claimant: &Claimant<'_>| {
        refused.contains(owner(claimant).as_str()) && !world.is_settled(claimant.source)
    };
    let message =
        "other new versions of this owner were refused one after another, and this one may need them";
    let told = |claimant: Claimant<'_>| {
        Problem::new(claimant.source, Severity::Error, NAME, message)
            .hint("repair what was refused; push what belongs together, and not more, at once")
    };
    world.claimants().filter(is_new).map(told).collect()
}
