//! What a Pushgateway shows. In: the bodies of `/api/v1/metrics` and `/api/v1/status`. Out: its groups, each with the
//! time of its last push. Never: a guess; a group whose key or time cannot be read is told and kept.

use crate::path::Naming;
use contract::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// The grouping key: label name -> value, `job` among them.
pub type Labels = BTreeMap<String, String>;

/// Every group at one moment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listing {
    /// When each was last pushed: its `push_time_seconds`, or, if no push of it ever succeeded, its
    /// `push_failure_time_seconds`.
    pub(crate) groups: BTreeMap<Labels, Timestamp>,
    pub(crate) unreadable: Vec<Unreadable>,
}

/// A group that is kept because it cannot be judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Its key, if that can be read.
    pub labels: Option<Labels>,
    /// What cannot be read, and why.
    pub reason: String,
}

#[derive(Deserialize)]
struct Answer<Data> {
    status: String,
    data: Data,
}

/// One group. Every metric stands beside `labels` under its own name, so a metric may have taken that place.
#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    labels: Value,
    #[serde(default)]
    push_time_seconds: Value,
    #[serde(default)]
    push_failure_time_seconds: Value,
}

/// The groups in the body of `/api/v1/metrics`, or why it is something else.
pub(crate) fn listing(body: &str) -> Result<Listing, String> {
    let mut listing = Listing::default();
    for shown in data::<Vec<Shown>>(body)? {
        let pushed_at = time(&shown.push_time_seconds).or_else(|| time(&shown.push_failure_time_seconds));
        let unreadable = match (serde_json::from_value::<Labels>(shown.labels).ok(), pushed_at) {
            (Some(labels), Some(pushed_at)) => {
                // Values that are no UTF-8 show as the same text. Of two groups that look alike the younger counts:
                // deleting the older might delete it.
                let newest = listing.groups.entry(labels).or_insert(pushed_at);
                *newest = pushed_at.max(*newest);
                continue;
            }
            (None, _) => Unreadable {
                labels: None,
                reason: "its key is not shown: does it hold a metric named `labels`?".into(),
            },
            (labels, None) => Unreadable {
                labels,
                reason: "it shows neither `push_time_seconds` nor `push_failure_time_seconds`".into(),
            },
        };
        listing.unreadable.push(unreadable);
    }
    Ok(listing)
}

/// How label names are written, from the body of `/api/v1/status`, or why it is something else.
pub(crate) fn naming(body: &str) -> Result<Naming, String> {
    #[derive(Deserialize)]
    struct Status {
        flags: BTreeMap<String, String>,
    }
    let flags = data::<Status>(body)?.flags;
    // A flag that an older one does not have is off.
    let is_on = flags
        .get("push.enable-utf8-names")
        .is_some_and(|flag| flag == "true");
    Ok(if is_on { Naming::Utf8 } else { Naming::Legacy })
}

fn data<Data: for<'de> Deserialize<'de>>(body: &str) -> Result<Data, String> {
    let answer: Answer<Data> = serde_json::from_str(body).map_err(|error| error.to_string())?;
    if answer.status != "success" {
        return Err(format!("its status is `{}`", answer.status));
    }
    Ok(answer.data)
}

/// The moment that a gauge of seconds since 1970 shows; none if it is absent, zero (never) or no time.
fn time(family: &Value) -> Option<Timestamp> {
    let seconds: f64 = family.pointer("/metrics/0/value")?.as_str()?.parse().ok()?;
    let since = Duration::try_from_secs_f64(seconds).ok()?;
    let millis = u64::try_from(since.as_millis()).ok()?;
    (millis > 0).then(|| Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gauge(value: &str) -> Value {
        json!({ "type": "GAUGE", "metrics": [{ "labels": { "job": "a" }, "value": value }] })
    }

    fn body(groups: &[Value]) -> String {
        json!({ "status": "success", "data": groups }).to_string()
    }

    #[test]
    fn a_group_is_as_old_as_its_last_push() {
        let check = |pushed: Option<&str>, failed: Option<&str>, expect: &str| {
            let mut group =
                json!({ "labels": { "job": "a" }, "last_push_successful": true, "m": gauge("NaN") });
            for (name, value) in [
                ("push_time_seconds", pushed),
                ("push_failure_time_seconds", failed),
            ] {
                if let Some(value) = value {
                    group[name] = gauge(value);
                }
            }
            let listing = listing(&body(&[group])).unwrap();
            let mut seen: Vec<String> = listing.groups.values().map(Timestamp::to_string).collect();
            seen.extend(listing.unreadable.into_iter().map(|one| one.reason));
            assert_eq!(seen, [expect], "{pushed:?} {failed:?}");
        };
        let unknown = "it shows neither `push_time_seconds` nor `push_failure_time_seconds`";
        check(
            Some("1.7953596001234567e+09"),
            Some("0"),
            "2026-11-22T15:00:00.123Z",
        );
        check(
            Some("1.7953596e+09"),
            Some("1.7953597e+09"),
            "2026-11-22T15:00:00.000Z",
        );
        check(Some("0"), Some("1.7953596e+09"), "2026-11-22T15:00:00.000Z");
        check(Some("1.7953596e+09"), None, "2026-11-22T15:00:00.000Z");
        check(Some("0"), Some("0"), unknown);
        check(Some("NaN"), None, unknown);
        check(Some("-1"), None, unknown);
        check(Some("+Inf"), None, unknown);
        check(Some("yesterday"), None, unknown);
        check(None, None, unknown);
    }

    #[test]
    fn a_metric_named_labels_hides_the_key() {
        let hidden = json!({ "labels": gauge("1"), "push_time_seconds": gauge("1.7953596e+09") });
        let listing = listing(&body(&[hidden])).unwrap();
        assert_eq!(listing.groups.len(), 0);
        assert_eq!(listing.unreadable[0].labels, None);
        assert!(listing.unreadable[0].reason.starts_with("its key is not shown"));
    }

    #[test]
    fn of_groups_that_look_alike_the_younger_counts() {
        let group =
            |value: &str| json!({ "labels": { "job": "\u{fffd}" }, "push_time_seconds": gauge(value) });
        for order in [["5", "9", "7"], ["9", "5", "7"], ["5", "7", "9"]] {
            let listing = listing(&body(&order.map(group))).unwrap();
            let seen: Vec<u64> = listing.groups.values().map(|time| time.as_millis()).collect();
            assert_eq!(seen, [9000]);
        }
    }

    #[test]
    fn what_is_no_answer_of_a_pushgateway_is_refused() {
        let check = |body: &str, expect: &str| {
            let refused = listing(body).unwrap_err();
            assert!(refused.contains(expect), "{body}: {refused}");
        };
        check("", "EOF while parsing");
        check("<html>", "expected value");
        check("{}", "missing field `status`");
        check(r#"{"status":"success"}"#, "missing field `data`");
        check(r#"{"status":"success","data":{}}"#, "expected a sequence");
        check(r#"{"status":"error","data":[]}"#, "its status is `error`");
        check(r#"{"status":"success","data":[{"labels""#, "EOF while parsing");
        assert_eq!(listing(&body(&[])), Ok(Listing::default()));
    }

    #[test]
    fn the_flags_say_how_names_are_written() {
        let check = |flags: Value, expect: Result<Naming, &str>| {
            let body = json!({ "status": "success", "data": { "flags": flags } }).to_string();
            let seen = naming(&body);
            match (&seen, expect) {
                (Ok(seen), Ok(expect)) => assert_eq!(*seen, expect),
                (Err(seen), Err(expect)) => assert!(seen.contains(expect), "{seen}"),
                _ => panic!("{body}: {seen:?}"),
            }
        };
        check(json!({ "push.enable-utf8-names": "true" }), Ok(Naming::Utf8));
        check(json!({ "push.enable-utf8-names": "false" }), Ok(Naming::Legacy));
        check(json!({}), Ok(Naming::Legacy));
        check(json!(null), Err("invalid type: null"));
    }
}
