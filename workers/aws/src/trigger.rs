//! A burst of pushes becomes one run. In: S3's events (through `EventBridge`, in SQS messages or alone), or
//! a schedule's.
//! Out: one `StartExecution`, whose name is made of the events: a redelivery starts nothing.
//! Never: lets a message that it cannot read block the queue (a run looks at the whole bucket anyway, so
//! such a message starts one too), judges a key, reads a bucket.

use crate::classify::failure;
use crate::env::{self, Lookup, STATE_MACHINE_ARN};
use crate::worker::Worker;
use aws_config::SdkConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use contract::{Digest, Failure, Timestamp};
use futures_util::FutureExt;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many keys the input tells; for people who look at the execution.
const KEYS: usize = 20;

/// The trigger. It may start executions of one state machine.
pub fn trigger(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let arn = env::read(&STATE_MACHINE_ARN, lookup)?;
    let client = Client::new(sdk);
    Ok(Worker::new("trigger", move |event| {
        let (client, arn) = (client.clone(), arn.clone());
        async move { start(&client, &arn, &Push::of(&event)).await }.boxed()
    }))
}

async fn start(client: &Client, arn: &str, push: &Push) -> Result<Value, Failure> {
    let name = push.name();
    let input = push.input().to_string();
    let request = client
        .start_execution()
        .state_machine_arn(arn)
        .name(&name)
        .input(input);
    let outcome = match request.send().await {
        Ok(_) => "started",
        Err(error)
            if error.as_service_error().and_then(ProvideErrorMetadata::code)
                == Some("ExecutionAlreadyExists") =>
        {
            "known"
        }
        Err(error) => return Err(failure(format!("starting execution `{name}` of `{arn}`"), error)),
    };
    // `batchItemFailures` in case the event source asks for it: none.
    Ok(json!({ "outcome": outcome, "execution": name, "batchItemFailures": [] }))
}

/// What a batch of events amounts to.
#[derive(Debug, Default)]
struct Push {
    keys: BTreeSet<String>,
    /// What makes each event the one it is; the same events in another order are the same push.
    marks: BTreeSet<Digest>,
    newest: Option<Timestamp>,
    scheduled: usize,
    others: usize,
}

impl Push {
    fn of(event: &Value) -> Push {
        let mut push = Push::default();
        match event.get("Records").and_then(Value::as_array) {
            Some(messages) => messages.iter().for_each(|message| push.add_message(message)),
            None => push.add(event),
        }
        push
    }

    fn add_message(&mut self, message: &Value) {
        let body = message.get("body").and_then(Value::as_str).unwrap_or_default();
        match serde_json::from_str(body) {
            Ok(event) => self.add(&event),
            Err(error) => {
                let id = message.get("messageId").and_then(Value::as_str);
                tracing::warn!(
                    step = "trigger",
                    id,
                    "a message is no JSON ({error}); a run is started anyway"
                );
                self.others += 1;
                self.marks.insert(Digest::of(body.as_bytes()));
            }
        }
    }

    /// An event of `EventBridge`.
    fn add(&mut self, event: &Value) {
        let text = |path: &str| event.pointer(path).and_then(Value::as_str);
        let time = text("/time").and_then(Timestamp::parse);
        self.newest = self.newest.max(time);
        let key = text("/detail/object/key").filter(|_| text("/source") == Some("aws.s3"));
        let scheduled = text("/detail-type").is_some_and(|what| what.starts_with("Scheduled"));
        if let Some(key) = key {
            self.others += 1;
            self.keys.insert(key.to_owned());
            // Not the event's id: S3 may tell one put twice. An emulator leaves the version out; then the
            // rest must do.
            let parts = [
                "/detail/object/version-id",
                "/detail/object/sequencer",
                "/detail/object/etag",
                "/detail-type",
                "/time",
            ];
            let parts = parts.map(|path| text(path).unwrap_or_default());
            self.marks
                .insert(Digest::of(format!("{key}\n{}", parts.join("\n")).as_bytes()));
        } else {
            if scheduled {
                self.scheduled += 1;
            } else {
                self.others += 1;
                tracing::warn!(
                    step = "trigger",
                    "an event is neither S3's nor a schedule's; a run is started anyway"
                );
            }
            self.marks.insert(Digest::of(event.to_string().as_bytes()));
        }
    }

    fn reason(&self) -> &'static str {
        if self.scheduled > 0 && self.others == 0 {
            "schedule"
        } else {
            "push"
        }
    }

    /// `20261122T170000Z-push-<12 digits>`: runs sort by time, and the same events have the same name.
    fn name(&self) -> String {
        let marks: String = self.marks.iter().map(Digest::as_str).collect();
        let digest = Digest::of(marks.as_bytes());
        let ending = format!("{}-{}", self.reason(), digest.short());
        self.newest.map_or_else(
            || ending.clone(),
            |newest| {
                let seconds: String = newest
                    .to_string()
                    .chars()
                    .take(19)
                    .filter(char::is_ascii_alphanumeric)
                    .collect();
                format!("{seconds}Z-{ending}")
            },
        )
    }

    /// What the execution is started with; `fetch` understands it.
    fn input(&self) -> Value {
        json!({ "reason": self.reason(), "keys": self.keys.iter().take(KEYS).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(key: &str, version: &str) -> Value {
        json!({
            "version": "0", "id": "1", "source": "aws.s3", "detail-type": "Object Created",
            "time": "2026-11-22T17:00:00Z",
            "detail": { "bucket": { "name": "config" }, "object": { "key": key, "version-id": version } },
        })
    }

    fn batch(events: &[Value]) -> Value {
        let records = events.iter().enumerate().map(|(n, event)| {
            json!({ "messageId": n.to_string(), "eventSource": "aws:sqs", "body": event.to_string() })
        });
        json!({ "Records": records.collect::<Vec<_>>() })
    }

    fn name(event: &Value) -> String {
        Push::of(event).name()
    }

    #[test]
    fn the_same_events_have_the_same_name_however_they_come() {
        let (a, b) = (
            put("apps/a/prometheus/x.yml", "v1"),
            put("apps/b/prometheus/y.yml", "v1"),
        );
        let expect = name(&batch(&[a.clone(), b.clone()]));
        assert_eq!(name(&batch(&[b.clone(), a.clone()])), expect);
        assert_eq!(name(&batch(&[a.clone(), b.clone(), a.clone()])), expect);
        let mut told_twice = a.clone();
        told_twice["id"] = "2".into();
        assert_eq!(name(&batch(&[told_twice, b])), expect);
        assert_eq!(name(&a), name(&batch(&[a])));
    }

    #[test]
    fn another_event_has_another_name() {
        let of = |event: Value| name(&batch(&[event]));
        let expect = of(put("apps/a/prometheus/x.yml", "v1"));
        let mut deleted = put("apps/a/prometheus/x.yml", "v1");
        deleted["detail-type"] = "Object Deleted".into();
        let mut later = put("apps/a/prometheus/x.yml", "v1");
        later["time"] = "2026-11-22T17:00:01Z".into();
        for other in [
            put("apps/a/prometheus/x.yml", "v2"),
            put("apps/a/prometheus/z.yml", "v1"),
            deleted,
            later,
        ] {
            assert_ne!(of(other.clone()), expect, "{other}");
        }
    }

    #[test]
    fn a_name_is_one_that_step_functions_and_s3_take() {
        let time = "2026-11-22T17:00:00Z";
        let schedule = json!({ "source": "aws.events", "detail-type": "Scheduled Event", "time": time });
        let check = |event: &Value, expect: &str| {
            let seen = name(event);
            assert_eq!(&seen[..seen.len() - 12], expect);
            assert!(
                seen.len() <= 80 && seen.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
                "{seen}"
            );
        };
        check(&put("apps/a b/ü/../x\n.yml", "v1"), "20261122T170000Z-push-");
        check(&schedule, "20261122T170000Z-schedule-");
        check(&batch(&[schedule, put("k", "v")]), "20261122T170000Z-push-");
        check(&json!({ "Records": [{ "body": "not JSON" }] }), "push-");
        check(&json!({ "Records": [] }), "push-");
        check(&json!(7), "push-");
    }

    #[test]
    fn the_input_tells_twenty_keys_at_most() {
        let events: Vec<Value> = (10..40)
            .map(|n| put(&format!("apps/a/prometheus/{n}.yml"), "v1"))
            .collect();
        let input = Push::of(&batch(&events)).input();
        assert_eq!(input["reason"], "push");
        assert_eq!(input["keys"].as_array().unwrap().len(), 20);
        assert_eq!(input["keys"][0], "apps/a/prometheus/10.yml");
    }
}
