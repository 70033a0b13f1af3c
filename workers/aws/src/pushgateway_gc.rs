//! The garbage collection of a Pushgateway as a worker on a schedule. In: a schedule's event. Out: what was deleted, as
//! JSON, as metrics in the log, and in the journal.
//! Never: decides what goes (`pushgateway_gc` does); goes on with a policy that it cannot read.

use crate::emf;
use crate::env::{self, Lookup};
use crate::s3::{ConfigBucket, StateBucket};
use crate::worker::Worker;
use ::pushgateway_gc::{Request, Response, run};
use aws_config::SdkConfig;
use contract::ports::{
    AppendRecord, CallReplica, Clock, HttpAnswer, ListConfig, Method, ReadConfig, Unread, WriteObject,
};
use contract::{Class, Digest, Failure, Key, Pointer, Record, Scheduled, Timestamp, answer};
use futures_util::FutureExt;
use os::{Http, SystemClock};
use policy::Pushgateway;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Where its metrics are found.
const NAMESPACE: &str = "Promloom/PushgatewayGc";

grant! { Collector {
    state: StateBucket => AppendRecord WriteObject,
    pushgateway: Http => CallReplica,
    clock: SystemClock => Clock,
} }

/// Reads the policy; calls the Pushgateway; writes its audit.
pub fn worker(lookup: Lookup, sdk: &SdkConfig) -> Result<Worker, Failure> {
    let variables = (
        env::CONFIG_BUCKET,
        env::STATE_BUCKET,
        env::PUSHGATEWAY_URL,
        env::AWS_LAMBDA_FUNCTION_NAME,
    );
    let (config, state, url, function) = env::read(&variables, lookup)?;
    let config = ConfigBucket::new(sdk, config);
    let collector = Collector {
        state: StateBucket::new(sdk, state),
        pushgateway: Http,
        clock: SystemClock,
    };
    let held = Arc::new((config, collector, url, function));
    Ok(Worker::new("pushgateway_gc", move |event| {
        let held = Arc::clone(&held);
        async move {
            let (config, collector, url, function) = &*held;
            let at = collector.now();
            let request = json!({ "run": name(&event, at), "url": url });
            let response = answer(
                &collector.state,
                Scheduled::PushgatewayGc,
                request,
                async |request: Request| run(collector, &section(config).await?, request).await,
            )
            .await?;
            if let Ok(Response { counts, .. }) = Response::deserialize(&response) {
                emf::print(NAMESPACE, function, at, &counts.named());
            }
            Ok(response)
        }
        .boxed()
    }))
}

/// `20261122T170000Z-pushgateway_gc-<12 digits>`: the same event has the same name, however often it is delivered.
fn name(event: &Value, now: Timestamp) -> String {
    let time = event
        .get("time")
        .and_then(Value::as_str)
        .and_then(Timestamp::parse);
    let mark = match time {
        Some(_) => event.to_string(),
        // A person's, which may look like the one before.
        None => format!("{event} {}", now.as_millis()),
    };
    let seconds: String = time
        .unwrap_or(now)
        .to_string()
        .chars()
        .take(19)
        .filter(char::is_ascii_alphanumeric)
        .collect();
    format!(
        "{seconds}Z-pushgateway_gc-{}",
        Digest::of(mark.as_bytes()).short()
    )
}

/// The section `pushgateway` of the policy as it is now. Without a policy, or without that section, nothing has a TTL; a
/// policy that cannot be read is a failure, so that nothing is deleted by what it no longer says.
async fn section(config: &(impl ListConfig + ReadConfig)) -> Result<Pushgateway, Failure> {
    let listed = config.list(None).await?;
    let Some(object) = listed
        .iter()
        .find(|object| Key::parse(&object.key) == Key::Policy)
    else {
        return Ok(Pushgateway::default());
    };
    let read = config.read_version(&object.key, &object.version_id).await;
    let bytes = read.map_err(Unread::failure)?;
    let policy = policy::read(&bytes).map_err(|findings| {
        let first = findings.first().map_or("", |finding| finding.message.as_str());
        let doing = format!(
            "reading `{}` version `{}`; correct it, until then nothing is deleted",
            object.key, object.version_id
        );
        Failure::new(Class::Rejected, doing).because(first)
    })?;
    Ok(policy.pushgateway)
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::memory::Memory;

    #[tokio::test]
    async fn the_policy_says_what_has_a_ttl() {
        let check = async |policy: Option<&str>, expect: Result<Pushgateway, &str>| {
            let memory = Memory::default();
            memory.put("base/prometheus.yml", "global: {}\n");
            if let Some(policy) = policy {
                memory.put("base/policy.yml", "pushgateway: { ttl_seconds: 1 }\n");
                memory.put("base/policy.yml", policy);
            }
            match (section(&memory).await, expect) {
                (Ok(section), Ok(expect)) => assert_eq!(section, expect, "{policy:?}"),
                (Err(failure), Err(expect)) => assert!(failure.chain().contains(expect), "{failure:?}"),
                (seen, _) => panic!("{policy:?}: {seen:?}"),
            }
        };
        let policy = "owners: {}\npushgateway:\n  ttl_seconds: 86400\n  jobs: {backup: 691200}\n  \
                      never_delete: [billing]\n  dry_run: true\n  deletions_at_most: 50\n";
        let section = json!({
            "ttl_seconds": 86_400, "jobs": { "backup": 691_200 }, "never_delete": ["billing"], "dry_run": true,
            "deletions_at_most": 50,
        });
        let nothing = Pushgateway::default();
        check(Some(policy), Ok(serde_json::from_value(section).unwrap())).await;
        check(Some("pushgateway: {}\n"), Ok(nothing.clone())).await;
        check(Some("owners: {}\n"), Ok(nothing.clone())).await;
        check(None, Ok(nothing)).await;
        check(Some("pushgateway: {ttl: 1}\n"), Err("`ttl` is no field here")).await;
        let place = "reading `base/policy.yml` version `v2`; correct it";
        check(Some("pushgateway: {ttl_seconds: 1d}\n"), Err(place)).await;
    }

    #[test]
    fn a_schedule_delivered_twice_is_one_run() {
        let now = Timestamp::from_millis(1_795_359_600_000);
        let event = |time: &str| json!({ "detail-type": "Scheduled Event", "time": time });
        let first = name(&event("2026-11-22T17:00:00Z"), now);
        assert!(first.starts_with("20261122T170000Z-pushgateway_gc-"), "{first}");
        let later = Timestamp::from_millis(now.as_millis() + 1);
        assert_eq!(name(&event("2026-11-22T17:00:00Z"), later), first);
        assert_ne!(name(&event("2026-11-22T18:00:00Z"), now), first);
        let by_hand = name(&json!({}), now);
        assert!(
            by_hand.starts_with("20261122T150000Z-pushgateway_gc-"),
            "{by_hand}"
        );
        assert_ne!(name(&json!({}), later), by_hand);
    }
}
