//! `promloom pushgateway-gc`: garbage collection of a Pushgateway, once. In: its URL, TTLs. Out: what became of each group
//! whose time was up. Never: decides which (the library does).

use crate::cli::{Format, PushgatewayGcArgs};
use crate::desk::{Bucket, Desk, State};
use crate::print;
use crate::report::{BAD, Ended, GOOD, WARNED, json, printable, put};
use crate::run::name;
use contract::ports::ReadObject;
use contract::{Class, Failure, Scheduled, answer, read_document};
use pushgateway_gc::{Audit, Counts, Entry, Fate, Labels, Outcome, Request, Response};
use serde::{Deserialize as _, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What was done, with the audit of each Pushgateway. Its JSON is an interface.
#[derive(Debug, Serialize)]
struct Collection {
    run: String,
    outcome: Outcome,
    counts: Counts,
    audits: Vec<Audit>,
}

/// Collects.
pub(crate) async fn collect(args: &PushgatewayGcArgs) -> Result<Ended, Failure> {
    let scratch = tempfile::tempdir().map_err(|error| {
        Failure::new(Class::Unavailable, "making a folder for what is not kept").because(error)
    })?;
    let desk = Desk {
        bucket: Bucket::Held(BTreeMap::new()),
        state: State::at(args.state().unwrap_or_else(|| scratch.path().join("state"))),
        volume: os::Folder::new(scratch.path()),
        tools: os::Tools::new(None, None),
        http: os::Http,
        clock: os::SystemClock,
    };
    let policy = args.policy();
    let run = name(&desk.clock, "pushgateway_gc");
    let request = json!({ "run": run, "url": args.url });
    let response = answer(&desk, Scheduled::PushgatewayGc, request, |request: Request| {
        pushgateway_gc::run(&desk, &policy, request)
    })
    .await?;
    let collection = Collection::of(&desk, run, &response).await?;
    match args.format {
        Format::Json => print::document(&json(&collection)),
        Format::Text => print::document(collection.text().trim_end()),
    }
    Ok(collection.ended())
}

impl Collection {
    async fn of(
        ports: &impl ReadObject,
        run: String,
        response: &serde_json::Value,
    ) -> Result<Collection, Failure> {
        let response = Response::deserialize(response)
            .map_err(|error| Failure::new(Class::Bug, "reading what was collected").because(error))?;
        let mut audits = Vec::new();
        for pointer in response
            .replicas
            .iter()
            .filter_map(|replica| replica.audit.as_ref())
        {
            audits.push(read_document(ports, pointer, "an audit").await?);
        }
        Ok(Collection {
            run,
            outcome: response.outcome,
            counts: response.counts,
            audits,
        })
    }

    fn ended(&self) -> Ended {
        if self.counts.refused + self.counts.unreadable > 0 {
            Ended::WithProblems
        } else {
            Ended::Well
        }
    }

    /// For people, with colours.
    fn text(&self) -> String {
        let mut out = String::new();
        for audit in &self.audits {
            put(
                &mut out,
                format_args!("{} at {}\n", printable(&audit.url), audit.address),
            );
            audit.entries.iter().for_each(|entry| line(&mut out, entry));
            for one in &audit.unreadable {
                let labels = one.labels.as_ref().map_or_else(|| "{?}".to_owned(), shown);
                put(
                    &mut out,
                    format_args!("  {WARNED}unreadable{WARNED:#}    {labels}\n"),
                );
                put(&mut out, format_args!("      {}\n", printable(&one.reason)));
            }
        }
        let [(_, groups), (_, expired), parts @ ..] = self.counts.named();
        let parts: Vec<String> = parts
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| format!(", {count} {}", name.replace('_', " ")))
            .collect();
        let would = if self.outcome == Outcome::DryRun {
            "; a dry run deletes nothing"
        } else {
            ""
        };
        let groups_word = if groups == 1 { "group" } else { "groups" };
        let parts = parts.concat();
        put(
            &mut out,
            format_args!("{groups} {groups_word}: {expired} expired{parts}{would}\n"),
        );
        out
    }
}

fn line(out: &mut String, entry: &Entry) {
    let (style, fate) = match entry.fate {
        Fate::Expired => (WARNED, "expired"),
        Fate::Postponed => (WARNED, "postponed"),
        Fate::Accepted => (WARNED, "accepted"),
        Fate::Deleted => (GOOD, "deleted"),
        Fate::PushedAgain => (GOOD, "pushed again"),
        Fate::Gone => (GOOD, "gone"),
        Fate::Refused => (BAD, "refused"),
    };
    let labels = shown(&entry.labels);
    put(
        out,
        format_args!(
            "  {style}{fate:<12}{style:#}  {labels} last pushed {}\n",
            entry.pushed_at
        ),
    );
    if let Some(reason) = &entry.reason {
        put(out, format_args!("      {}\n", printable(reason)));
    }
}

/// `{instance="a", job="b"}`, as `PromQL` writes it.
fn shown(labels: &Labels) -> String {
    let pairs: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{}={}", printable(name), printable(&format!("{value:?}"))))
        .collect();
    format!("{{{}}}", pairs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::broken_in;
    use contract::Timestamp;
    use pushgateway_gc::Unreadable;

    fn collection(fates: &[Fate], unreadable: bool, outcome: Outcome) -> Collection {
        let entry = |fate: &Fate| Entry {
            labels: Labels::from([
                ("job".into(), "a\u{1b}/b".into()),
                ("instance".into(), String::new()),
            ]),
            pushed_at: Timestamp::from_millis(1_795_359_600_000),
            ttl_seconds: 60,
            fate: *fate,
            reason: (*fate == Fate::Refused).then(|| "why\u{1b}".into()),
        };
        let count = |of: Fate| fates.iter().filter(|fate| **fate == of).count() as u64;
        let unreadable = unreadable.then(|| Unreadable {
            labels: None,
            reason: "its key is not shown".into(),
        });
        let unreadable: Vec<Unreadable> = unreadable.into_iter().collect();
        Collection {
            run: "run".into(),
            outcome,
            counts: Counts {
                groups: 9,
                expired: fates.len() as u64,
                deleted: count(Fate::Deleted),
                pushed_again: count(Fate::PushedAgain),
                refused: count(Fate::Refused),
                unreadable: unreadable.len() as u64,
                ..Counts::default()
            },
            audits: vec![Audit {
                url: "http://localhost:9091".into(),
                address: "127.0.0.1:9091".into(),
                at: Timestamp::from_millis(0),
                dry_run: outcome == Outcome::DryRun,
                groups: 9,
                entries: fates.iter().map(entry).collect(),
                unreadable,
            }],
        }
    }

    #[test]
    fn each_group_is_told_with_what_became_of_it() {
        let fates = [Fate::Deleted, Fate::PushedAgain, Fate::Refused];
        let collection = collection(&fates, true, Outcome::Collected);
        let text = anstream::adapter::strip_str(&collection.text()).to_string();
        let group = "{instance=\"\", job=\"a\\u{1b}/b\"} last pushed 2026-11-22T15:00:00.000Z";
        let expect = format!(
            "http://localhost:9091 at 127.0.0.1:9091\n  deleted       {group}\n  pushed again  {group}\n  \
             refused       {group}\n      why\\u{{1b}}\n  unreadable    {{?}}\n      its key is not shown\n\
             9 groups: 3 expired, 1 deleted, 1 pushed again, 1 refused, 1 unreadable\n"
        );
        assert_eq!(text, expect);
        assert_eq!(broken_in(&json(&collection)), [""; 0]);
    }

    #[test]
    fn the_exit_code_says_whether_a_group_needs_somebody() {
        let check = |fates: &[Fate], unreadable: bool, expect: Ended| {
            assert_eq!(collection(fates, unreadable, Outcome::Collected).ended(), expect);
        };
        check(&[], false, Ended::Well);
        check(&[Fate::Deleted, Fate::PushedAgain], false, Ended::Well);
        check(&[Fate::Deleted, Fate::Refused], false, Ended::WithProblems);
        check(&[], true, Ended::WithProblems);
    }

    #[test]
    fn a_dry_run_says_that_it_is_one() {
        let text = collection(&[Fate::Expired], false, Outcome::DryRun).text();
        assert!(
            text.ends_with("9 groups: 1 expired; a dry run deletes nothing\n"),
            "{text}"
        );
    }
}
