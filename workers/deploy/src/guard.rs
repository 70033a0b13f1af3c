//! The guard against a configuration that lost much at once. In: how much is live, how much is wanted. Out: why not, if
//! a person has to look first. Never: an empty configuration in the place of one that is not; who is to blame; deletions count like any other loss.

use contract::Size;
use policy::Shrink;

/// Why a configuration is held; none if it may go.
pub(crate) fn lost_too_much(shrink: &Shrink, live: Size, wanted: Size) -> Option<String> {
    let is_empty = wanted == Size::default();
    let lost = |what: &str, live: usize, wanted: usize| {
        let lost = live.saturating_sub(wanted);
        let too_much = lost * 100 > live * usize::from(shrink.percent) && lost > shrink.always;
        // All of it is too much, whatever the policy lets go.
        (too_much || (is_empty && lost > 0)).then(|| format!("{lost} of {live} {what}"))
    };
    let all: Vec<String> = [
        lost("jobs, modules or metrics", live.entries, wanted.entries),
        lost("rules", live.rules, wanted.rules),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!all.is_empty()).then(|| {
        format!(
            "{} would go at once, and the policy lets {} % go (or {} of them); if that is meant, start an execution \
             with the input {{\"allow_shrink\": true}}",
            all.join(" and "),
            shrink.percent,
            shrink.always
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_share_or_everything_is_held() {
        let check =
            |(percent, always): (u8, usize), live: (usize, usize), wanted: (usize, usize), expect: &str| {
                let size = |(entries, rules)| Size { entries, rules };
                let reason =
                    lost_too_much(&Shrink { percent, always }, size(live), size(wanted)).unwrap_or_default();
                let held = reason.split(" would go").next().unwrap_or_default();
                assert_eq!(held, expect, "{live:?} -> {wanted:?}");
            };
        let policy = (50, 2);
        check(policy, (10, 10), (10, 10), "");
        check(policy, (10, 10), (20, 0), "10 of 10 rules");
        check(policy, (10, 10), (5, 5), "");
        check(policy, (10, 10), (4, 5), "6 of 10 jobs, modules or metrics");
        check(
            policy,
            (10, 10),
            (4, 4),
            "6 of 10 jobs, modules or metrics and 6 of 10 rules",
        );
        check(policy, (3, 0), (1, 0), "");
        check(policy, (2, 0), (0, 0), "2 of 2 jobs, modules or metrics");
        check(policy, (0, 0), (0, 0), "");
        check((0, 0), (10, 0), (9, 0), "1 of 10 jobs, modules or metrics");
        check((100, 0), (10, 10), (0, 1), "");
        check(
            (100, 9),
            (10, 10),
            (0, 0),
            "10 of 10 jobs, modules or metrics and 10 of 10 rules",
        );
        check((100, 9), (0, 1), (0, 0), "1 of 1 rules");
    }
}
