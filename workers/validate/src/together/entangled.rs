//! `entangled`: one owner's new versions are refused one after another, because each needs another that was refused. The way out
//! is not searched for ever: all that is new of that owner is refused together, and what served serves on.
//! Never: takes anything from an owner of whom nothing fell just before.

use super::{Claimant, owner};
use crate::world::World;
use contract::{Problem, Severity};

const NAME: &str = "entangled";

/// An error for each version that is new, of every owner of whom something fell last.
pub(crate) fn of_the_fallen(world: &World<'_>) -> Vec<Problem> {
    let is_new = |claimant: &Claimant<'_>| {
        world.fell_last().contains(&owner(claimant)) && !world.serves_already(claimant.source)
    };
    let message =
        "other new versions of this owner were refused one after another, and this one may need them";
    let told = |claimant: Claimant<'_>| {
        Problem::new(claimant.source, Severity::Error, NAME, message)
            .hint("repair what was refused; push what belongs together, and not more, at once")
    };
    world.claimants().filter(is_new).map(told).collect()
}
