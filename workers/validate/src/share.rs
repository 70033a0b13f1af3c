//! Who takes more than there is, of what several share. In: what each takes now and took before. Out: who has to go: of
//! newcomers the last in key order first, then of those that serve. Never: more than it needs.

use crate::together::Claimant;
use yaml::Node;

/// The claimants whose present versions do not fit; a version that served takes its place again. `left` is what there
/// is for these.
pub(crate) fn too_much<'c, 'a>(
    claimants: &[&'c Claimant<'a>],
    left: u64,
    weight: impl Fn(&Node) -> u64,
) -> Vec<&'c Claimant<'a>> {
    let weighed: Vec<(&Claimant<'a>, u64, u64)> = claimants
        .iter()
        .map(|claimant| {
            let before = claimant.live.filter(|_| is_newcomer(claimant)).map_or(0, &weight);
            (*claimant, weight(claimant.tree), before)
        })
        .collect();
    let mut total = weighed
        .iter()
        .fold(0u64, |sum, (_, now, _)| sum.saturating_add(*now));
    let mut out = Vec::new();
    for newcomers in [true, false] {
        for (claimant, now, before) in weighed.iter().rev() {
            if total > left && is_newcomer(claimant) == newcomers && now > before {
                total = total.saturating_sub(*now).saturating_add(*before);
                out.push(*claimant);
            }
        }
    }
    out
}

fn is_newcomer(claimant: &Claimant<'_>) -> bool {
    claimant.live != Some(claimant.tree)
}
