//! Who is left out of the next try where a server's silence is all there is to go by. In: how many tries are left, whom it may
//! mean by how likely it is, who was suspected in a try before. Out: who goes.
//! Never: whom a server's words name; they are no guess.

use crate::ROUNDS;
use crate::suspects::Silent;
use contract::{Digest, Problem};
use std::collections::BTreeSet;

/// So many tries does a lane have whose configuration was proven at once: one round proved what was refused, and the last has to prove.
const TRIES: u32 = ROUNDS - 2;

/// The first try parts who is known, so that whoever of them is innocent gets free; if it is in vain, all of them go, so that nobody who
/// came later is drawn in. Where nobody is known the likeliest go, and in vain come back for the next. The last try has to be
/// the one that goes well: whoever it may mean goes, and whoever was suspected.
///
/// With no try left it says who is in it that the server may mean.
pub(crate) fn who_goes(run: &str, tries: u32, silent: Silent, suspected: &[Problem]) -> Vec<Problem> {
    let Silent {
        known,
        likely,
        uses,
        rules,
    } = silent;
    match tries {
        0 => all(&[&known, &likely, &uses, &rules]),
        1 => all(&[suspected, &known, &likely, &uses, &rules]),
        _ if known.is_empty() => {
            let likeliest = [likely, uses, rules].into_iter().find(|tier| !tier.is_empty());
            likeliest.unwrap_or_default()
        }
        TRIES => half_of_owners(run, known),
        _ => all(&[suspected, &known]),
    }
}

/// Everything of half of the owners, of one everything: what one team got wrong it often got wrong in each of its files. The run's
/// name says which half, so that no two owners stay together for good.
fn half_of_owners(run: &str, problems: Vec<Problem>) -> Vec<Problem> {
    let drawn = |it: &Problem| Digest::of(format!("{run}\n{}", it.owner).as_bytes());
    let all: BTreeSet<Digest> = problems.iter().map(drawn).collect();
    let out: BTreeSet<&Digest> = all.iter().take(all.len().div_ceil(2)).collect();
    let is_out = |it: &Problem| out.contains(&drawn(it));
    problems.into_iter().filter(is_out).collect()
}

/// Each finding once.
pub(crate) fn all(lists: &[&[Problem]]) -> Vec<Problem> {
    let mut known = BTreeSet::new();
    let problems = lists.iter().copied().flatten();
    problems
        .filter(|it| known.insert(it.finding()))
        .cloned()
        .collect()
}
