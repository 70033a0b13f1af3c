//! What becomes of the groups of one Pushgateway. In: what it shows, the policy, the time. Out: an entry for each
//! group whose time is up. Never: calls anything.

use crate::groups::{Labels, Listing};
use contract::Timestamp;
use policy::Pushgateway;
use serde::{Deserialize, Serialize};

/// A group whose time is up, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its grouping key.
    pub labels: Labels,
    /// When it was last pushed, as it was first seen.
    pub pushed_at: Timestamp,
    /// How long it was to be kept after that.
    pub ttl_seconds: u64,
    /// What became of it.
    pub fate: Fate,
    /// Why, if it was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// What becomes of a group whose time is up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It is to be deleted. That stays the last word in a dry run, and where the worker had to stop.
    Expired,
    /// It waits for the next run: there were more than one run may delete, or time for.
    Postponed,
    /// The Pushgateway accepted its deletion; nobody has seen yet that it is gone.
    Accepted,
    /// It was told to go, and is gone.
    Deleted,
    /// It was pushed after it was first seen, and is left alone.
    PushedAgain,
    /// Somebody else deleted it.
    Gone,
    /// It cannot be deleted; the reason says why.
    Refused,
}

/// The groups whose time is up, oldest first; the first `deletions_at_most` of them are to be deleted.
pub(crate) fn plan(
    listing: &Listing,
    policy: &Pushgateway,
    now: Timestamp,
    deletions_at_most: u64,
) -> Vec<Entry> {
    let mut entries: Vec<Entry> = listing
        .groups
        .iter()
        .filter_map(|(labels, &pushed_at)| {
            let ttl_seconds = policy.ttl_seconds(labels.get("job").map_or("", String::as_str))?;
            let age_millis = now.as_millis().saturating_sub(pushed_at.as_millis());
            (age_millis > ttl_seconds.saturating_mul(1000)).then(|| Entry {
                labels: labels.clone(),
                pushed_at,
                ttl_seconds,
                fate: Fate::Expired,
                reason: None,
            })
        })
        .collect();
    // Stable: groups of the same moment stay in the order of their labels.
    entries.sort_by_key(|entry| entry.pushed_at);
    let first = usize::try_from(deletions_at_most).unwrap_or(usize::MAX);
    entries
        .iter_mut()
        .skip(first)
        .for_each(|entry| entry.fate = Fate::Postponed);
    entries
}

/// Takes in what the Pushgateway shows now.
pub(crate) fn settle(entries: &mut [Entry], listing: &Listing) {
    for entry in entries {
        let shown = listing.groups.get(&entry.labels);
        let is_same = shown == Some(&entry.pushed_at);
        entry.fate = match entry.fate {
            Fate::Expired if shown.is_none() => Fate::Gone,
            Fate::Expired if !is_same => Fate::PushedAgain,
            // What is there again was pushed after its deletion.
            Fate::Accepted if !is_same => Fate::Deleted,
            fate => fate,
        }
    }
}

/// Gives another fate to all that have this one.
pub(crate) fn turn(entries: &mut [Entry], from: Fate, to: Fate, reason: Option<&str>) {
    for entry in entries.iter_mut().filter(|entry| entry.fate == from) {
        entry.fate = to;
        entry.reason = reason.map(str::to_owned);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(groups: &[(&str, u64)]) -> Listing {
        let group = |(job, seconds): &(&str, u64)| {
            let labels = Labels::from([("job".to_owned(), (*job).to_owned())]);
            (labels, Timestamp::from_millis(seconds * 1000))
        };
        Listing {
            groups: groups.iter().map(group).collect(),
            unreadable: Vec::new(),
        }
    }

    fn shown(entries: &[Entry]) -> Vec<String> {
        entries
            .iter()
            .map(|entry| format!("{} {:?}", entry.labels["job"], entry.fate))
            .collect()
    }

    #[test]
    fn a_group_expires_after_its_ttl_oldest_first() {
        let policy = serde_json::json!({
            "ttl_seconds": 100, "jobs": { "weekly": 700, "minutely": 10 }, "never_delete": ["billing"],
        });
        let policy: Pushgateway = serde_json::from_value(policy).unwrap();
        let check = |now_millis: u64, groups: &[(&str, u64)], at_most: u64, expect: &[&str]| {
            let now = Timestamp::from_millis(now_millis);
            let entries = plan(&listing(groups), &policy, now, at_most);
            assert_eq!(shown(&entries), expect, "{now_millis} {groups:?} {at_most}");
        };
        check(1_100_000, &[("a", 1000)], 9, &[]);
        check(1_100_001, &[("a", 1000)], 9, &["a Expired"]);
        check(1_100_001, &[("weekly", 1000), ("billing", 1)], 9, &[]);
        check(
            1_100_001,
            &[("weekly", 400), ("minutely", 1089)],
            9,
            &["weekly Expired", "minutely Expired"],
        );
        let three = [("a", 30), ("b", 10), ("c", 20)];
        check(1_000_000, &three, 9, &["b Expired", "c Expired", "a Expired"]);
        check(1_000_000, &three, 2, &["b Expired", "c Expired", "a Postponed"]);
        check(
            1_000_000,
            &three,
            0,
            &["b Postponed", "c Postponed", "a Postponed"],
        );
        let same = [("b", 10), ("a", 10)];
        check(1_000_000, &same, 1, &["a Expired", "b Postponed"]);
        // A Pushgateway whose clock goes before ours.
        check(1_000_000, &[("a", 2000)], 9, &[]);
    }

    #[test]
    fn another_look_says_what_became_of_it() {
        let check = |fate: Fate, now: &[(&str, u64)], expect: Fate| {
            let entry = Entry {
                labels: Labels::from([("job".to_owned(), "a".to_owned())]),
                pushed_at: Timestamp::from_millis(5000),
                ttl_seconds: 1,
                fate,
                reason: None,
            };
            let mut entries = [entry];
            settle(&mut entries, &listing(now));
            assert_eq!(entries[0].fate, expect, "{fate:?} {now:?}");
        };
        check(Fate::Expired, &[("a", 5)], Fate::Expired);
        check(Fate::Expired, &[("a", 6)], Fate::PushedAgain);
        check(Fate::Expired, &[("b", 5)], Fate::Gone);
        check(Fate::Accepted, &[("a", 5)], Fate::Accepted);
        check(Fate::Accepted, &[("a", 6)], Fate::Deleted);
        check(Fate::Accepted, &[], Fate::Deleted);
        for fate in [
            Fate::Postponed,
            Fate::Deleted,
            Fate::PushedAgain,
            Fate::Gone,
            Fate::Refused,
        ] {
            check(fate, &[], fate);
            check(fate, &[("a", 6)], fate);
        }
    }
}
