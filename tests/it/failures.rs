//! What breaks around a run, and what it may never do: touch what is live, or stay silent where it can speak.

use crate::servers::Servers;
use crate::stage::{Stage, pushed};
use contract::memory::{promtool, silent};
use contract::ports::ToolEnd;
use contract::{Class, Failure, Kind, Notice};
use promloom::engine::Outcome;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

const BASE: &str = "rule_files: [rules/*.yml]\nscrape_configs: [{job_name: prometheus, static_configs: [{targets: [localhost:9090]}]}]\n";
const KEY: &str = "apps/shop/prometheus/checkout.yml";

fn fragment(port: u16) -> String {
    format!(
        "scrape_configs: [{{job_name: shop, static_configs: [{{targets: [\"shop.internal:{port}\"]}}]}}]\n"
    )
}

/// A world in which a first push is live and a second one lies in the bucket.
fn second_push() -> Stage {
    let stage = Stage::new();
    stage.memory.put("base/prometheus.yml", BASE);
    stage.memory.put(KEY, fragment(1));
    let first = stage.run("first", pushed());
    assert_eq!(first.lanes()["prometheus"], "deployed");
    stage.memory.put(KEY, fragment(2));
    stage
}

/// Breaks something before the second push: the run ends as said, what is live is untouched, the platform team is told a
/// sentence that holds `told`, and the next run after the mending deploys.
fn check(what: &str, break_it: impl FnOnce(&Stage), expect_lane: &str, told: &str) {
    let stage = second_push();
    let before = stage.live();
    break_it(&stage);
    let ended = stage.run("second", pushed());
    assert_eq!(stage.live(), before, "{what}: what is live changed");
    assert!(
        matches!(ended.outcome, Outcome::Failed(_)),
        "{what}: {:?}",
        ended.outcome
    );
    let notices: Vec<_> = ended
        .notices
        .iter()
        .filter(|notice| notice.kind == Kind::Failed)
        .collect();
    let [notice] = notices.as_slice() else {
        panic!("{what}: {} notices to the platform team", notices.len())
    };
    assert!(
        notice.text.contains(told),
        "{what}: the notice does not say `{told}`:\n{}",
        notice.text
    );
    assert!(
        notice.json.contains(&format!("\"{expect_lane}\"")),
        "{what}: no `{expect_lane}` in {}",
        notice.json
    );
    assert!(
        ended.notices.iter().all(|notice| notice.kind != Kind::Live),
        "{what}: claims that something is live"
    );

    stage.memory.refuse(|_| None);
    stage.memory.tool(|_| Ok(silent(ToolEnd::Exited(0))));
    stage.memory.replicas(Servers::default().answering());
    stage.memory.put("base/prometheus.yml", BASE);
    let mended = stage.run("third", pushed());
    assert_eq!(mended.lanes()["prometheus"], "deployed", "{what}: after mending");
    assert_ne!(stage.live(), before, "{what}: after mending");
}

fn refuse(stage: &Stage, beginning: &'static str, class: Class) {
    stage
        .memory
        .refuse(move |doing| doing.starts_with(beginning).then_some(class));
}

#[test]
fn the_bucket_cannot_be_listed() {
    check(
        "denied",
        |stage| refuse(stage, "listing the config bucket", Class::Denied),
        "Denied",
        "listing the config bucket",
    );
}

#[test]
fn the_bucket_cannot_be_listed_for_a_long_time() {
    check(
        "away",
        |stage| refuse(stage, "listing the config bucket", Class::Unavailable),
        "Unavailable",
        "listing",
    );
}

#[test]
fn nothing_in_the_bucket_can_be_read() {
    check(
        "denied",
        |stage| refuse(stage, "reading `", Class::Denied),
        "Denied",
        "base/prometheus.yml",
    );
}

#[test]
fn a_fragment_cannot_be_read_for_a_long_time() {
    check(
        "away",
        |stage| refuse(stage, "reading `apps/", Class::Unavailable),
        "Unavailable",
        KEY,
    );
}

#[test]
fn the_bucket_is_empty() {
    let empty = |stage: &Stage| {
        stage.memory.delete("base/prometheus.yml");
        stage.memory.delete(KEY);
    };
    let stage = second_push();
    let before = stage.live();
    empty(&stage);
    let ended = stage.run("second", pushed());
    assert!(matches!(ended.outcome, Outcome::Failed(_)));
    assert_eq!(stage.live(), before);
    assert_eq!(ended.notices.len(), 1);
}

#[test]
fn the_base_is_missing() {
    check(
        "missing",
        |stage| stage.memory.delete("base/prometheus.yml"),
        "refused",
        "base/prometheus.yml",
    );
}

#[test]
fn the_base_is_not_yaml() {
    check(
        "broken",
        |stage| stage.memory.put("base/prometheus.yml", "a: [b\n"),
        "refused",
        "base/prometheus.yml:",
    );
}

#[test]
fn the_real_tool_refuses_the_base() {
    let refused = |stage: &Stage| {
        stage.memory.tool(|call| {
            Ok(promtool(call, |_, _| {
                Some("yaml: unmarshal errors:\n  line 1: field scrape_intervall not found in type config.plain".into())
            }))
        });
    };
    check("refused", refused, "refused", "scrape_intervall");
}

#[test]
fn the_real_tool_is_absent() {
    let absent = |stage: &Stage| {
        stage.memory.tool(|_| {
            Err(Failure::new(
                Class::NotFound,
                "running promtool: no such file; set PROMTOOL",
            ))
        });
    };
    check("absent", absent, "failed", "set PROMTOOL");
}

#[test]
fn the_real_tool_is_killed_each_time() {
    let killed = |stage: &Stage| {
        stage.memory.tool(|_| Ok(silent(ToolEnd::Killed)));
    };
    check("killed", killed, "failed", "Exhausted");
}

#[test]
fn the_volume_is_full() {
    check(
        "full",
        |stage| refuse(stage, "staging", Class::Unavailable),
        "failed",
        "staging",
    );
}

#[test]
fn the_volume_is_read_only() {
    check(
        "read-only",
        |stage| refuse(stage, "flipping", Class::Denied),
        "failed",
        "flipping",
    );
}

#[test]
fn prometheus_is_down() {
    let down = |stage: &Stage| {
        stage.memory.replicas(|_, _, url, address| {
            Err(
                Failure::new(Class::Unavailable, format!("calling {url} at {address}"))
                    .because("connection refused"),
            )
        });
    };
    check("down", down, "rolled_back_unproven", "connection refused");
}

/// Prometheus has no address for the first `times` that somebody asks; what is called otherwise is noted, in order.
fn without_address(stage: &Stage, times: usize) -> Arc<Mutex<Vec<&'static str>>> {
    let (asked, noted) = (AtomicUsize::new(0), Arc::new(Mutex::new(Vec::new())));
    let calls = Arc::clone(&noted);
    stage.memory.refuse(move |doing| {
        let what = ["flipping", "resolving", "calling"]
            .into_iter()
            .find(|what| doing.starts_with(what))?;
        let mut calls = calls.lock().unwrap();
        // The calls of one look are one word.
        if what != "calling" || calls.last() != Some(&what) {
            calls.push(what);
        }
        (what == "resolving" && asked.fetch_add(1, Ordering::Relaxed) < times).then_some(Class::Unavailable)
    });
    noted
}

#[test]
fn prometheus_is_starting_and_has_no_address_yet() {
    // As often as the definition tries again: deployed once, asked for its address until it has one, and only then called.
    let stage = second_push();
    let noted = without_address(&stage, 4);
    let ended = stage.run("second", pushed());
    assert_eq!(ended.lanes()["prometheus"], "deployed");
    assert!(stage.live()["prometheus/prometheus.yml"].contains("shop.internal:2"));
    let expect = [
        "flipping",
        "resolving",
        "resolving",
        "resolving",
        "resolving",
        "resolving",
        "calling",
    ];
    assert_eq!(*noted.lock().unwrap(), expect);
    assert!(
        ended.notices.iter().all(|notice| notice.kind == Kind::Live),
        "{:?}",
        ended.notices
    );
}

#[test]
fn prometheus_has_no_address_for_longer_than_is_waited() {
    // Five times for the new generation, five for the one before.
    let never = |stage: &Stage| drop(without_address(stage, usize::MAX));
    check(
        "no address",
        never,
        "rolled_back_unproven",
        "resolving http://prometheus:9090",
    );
    let stage = second_push();
    let noted = without_address(&stage, usize::MAX);
    stage.run("second", pushed());
    let five = ["resolving"; 5];
    let expect = [&["flipping"], five.as_slice(), &["flipping"], five.as_slice()].concat();
    assert_eq!(*noted.lock().unwrap(), expect);
}

#[test]
fn prometheus_refuses_the_reload() {
    // It refuses the new generation and takes the one before again.
    let refuses = |stage: &Stage| {
        let mut well = Servers::default().answering();
        stage.memory.replicas(move |world, method, url, address| {
            let new = world
                .live_files(contract::Component::Prometheus)
                .is_some_and(|files| files["prometheus.yml"].contains("shop.internal:2"));
            if new && url.ends_with("/-/reload") {
                return Ok(contract::ports::HttpAnswer {
                    status: 500,
                    body: "loading failed: the real reason".into(),
                });
            }
            well(world, method, url, address)
        });
    };
    check("refused", refuses, "rolled_back", "the real reason");
}

#[test]
fn notices_cannot_be_sent() {
    let stage = second_push();
    refuse(&stage, "sending the notice", Class::Denied);
    let ended = stage.run("second", pushed());
    let Outcome::Failed(thrown) = &ended.outcome else {
        panic!("{:?}", ended.outcome)
    };
    assert_eq!(
        thrown.error, "Denied",
        "the execution fails, so that its alarm says what no notice can"
    );
    assert!(
        stage.live()["prometheus/prometheus.yml"].contains("shop.internal:2"),
        "the push is live all the same"
    );

    stage.memory.refuse(|_| None);
    let mended = stage.run("third", pushed());
    assert_eq!(
        mended.notices.len(),
        1,
        "what could not be sent is sent by the next run"
    );
}

#[test]
fn a_component_that_nothing_runs_fails_nobody() {
    let stage = second_push();
    stage
        .memory
        .put("apps/zoo/cloudwatch/metrics.yml", "metrics: []\n");
    let ended = stage.run("second", pushed());
    assert!(
        matches!(ended.outcome, Outcome::Succeeded(_)),
        "{:?}",
        ended.outcome
    );
    let told: Vec<_> = ended
        .notices
        .iter()
        .map(|notice| (notice.owner.as_str(), notice.kind))
        .collect();
    assert_eq!(told, [("shop", Kind::Live), ("zoo", Kind::Rejected)]);
    assert_eq!(stage.run("third", pushed()).notices, [], "once is enough");
}

#[test]
fn a_job_that_the_server_does_not_start_is_told_to_its_owner_and_no_other_team() {
    let stage = second_push();
    let zoo = "groups: [{name: cages, rules: [{record: zoo:cages, expr: sum(up)}]}]\n";
    stage.memory.put("apps/zoo/prometheus/cages.yml", zoo);
    let mut well = Servers::default().answering();
    stage.memory.replicas(move |world, method, url, address| {
        let mut answer = well(world, method, url, address)?;
        if url.ends_with("/scrape_pools") {
            answer.body = answer.body.replace("\"shop\"", "\"another\"");
        }
        Ok(answer)
    });
    let ended = stage.run("second", pushed());
    assert_eq!(ended.lanes()["prometheus"], "deployed");
    let said = |notice: &Notice| {
        let job = notice
            .text
            .contains("the server took the job `shop` and did not start it [absent_job]");
        (notice.subject.clone(), job)
    };
    let of_prometheus = |said: &str| format!("[promloom] {said} (prometheus)");
    assert_eq!(
        ended.notices.iter().map(said).collect::<Vec<_>>(),
        [
            (of_prometheus("shop: 1 fragment deployed, not all proven"), true),
            (of_prometheus("zoo: 1 fragment live"), false),
            (of_prometheus("platform: the server did not start 1 job"), true),
        ]
    );
}

#[test]
fn one_lane_that_fails_does_not_stop_another() {
    let stage = second_push();
    stage
        .memory
        .put("base/blackbox.yml", "modules: {http_2xx: {prober: http}}\n");
    stage
        .memory
        .refuse(|doing| doing.contains("of prometheus").then_some(Class::Denied));
    let ended = stage.run("second", pushed());
    assert!(matches!(ended.outcome, Outcome::Failed(_)));
    assert!(
        stage.live().contains_key("blackbox/blackbox.yml"),
        "{:?}",
        stage.live().keys()
    );
    assert!(stage.live()["prometheus/prometheus.yml"].contains("shop.internal:1"));
}
