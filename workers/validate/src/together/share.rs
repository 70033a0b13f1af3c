//! Who takes more than there is, of what several share. In: what each takes now, and what its live version takes. Out: who is
//! beyond. What serves stays, also when there is less than before, and is told; what is new or larger is taken in key order as far
//! as it fits.
//! Never: takes from what serves; refuses what would fit because of something that does not.

use super::Claimant;
use yaml::Node;

/// Somebody with whom there is too much.
pub(super) struct Beyond<'c, 'a> {
    pub(super) claimant: &'c Claimant<'a>,
    /// How much would be taken with it.
    pub(super) with: u64,
    /// It serves already, and takes no more than it did.
    pub(super) stays: bool,
}

/// Whoever is beyond the limit: first who stays, then who has to go, each in the order of the claimants.
pub(super) fn beyond<'c, 'a>(
    claimants: &[&'c Claimant<'a>],
    limit: u64,
    weight: impl Fn(&Node) -> u64,
) -> Vec<Beyond<'c, 'a>> {
    let weighed: Vec<(&Claimant<'a>, u64, u64)> = claimants
        .iter()
        .map(|claimant| (*claimant, claimant.live.map_or(0, &weight), weight(claimant.tree)))
        .collect();
    let mut all = Vec::new();
    let mut taken: u64 = 0;
    // What shrinks makes room for what grows, whichever key comes first.
    for (claimant, live, now) in &weighed {
        let kept = *live.min(now);
        taken = taken.saturating_add(kept);
        if taken > limit && kept > 0 && now <= live {
            all.push(Beyond {
                claimant,
                with: taken,
                stays: true,
            });
        }
    }
    for (claimant, live, now) in weighed.iter().filter(|(_, live, now)| now > live) {
        let with = taken.saturating_add(now - live);
        if with <= limit {
            taken = with;
            continue;
        }
        all.push(Beyond {
            claimant,
            with,
            stays: false,
        });
    }
    all
}
