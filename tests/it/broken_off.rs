//! A run that broke off, a roll back that failed, and a volume on which nothing was ever proven: the next run with `{}` proves or repairs
//! what lies on the volume, without whoever is refused, and no notice claims what was not proven.
//!
//! Faked here: a Prometheus that refuses as the real one does (`refusal.rs`), and what ends a run: from some call on, none is answered.

use crate::refusal::{BASE, SHOP, Shared, job, line_of, rules, serve, stage, told, tries, with_file};
use crate::stage::{Ended, Stage};
use contract::{Class, Kind};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

const RULES: &str = "apps/zoo/prometheus/rules.yml";

fn nothing_pushed() -> Value {
    json!({})
}

/// What the server refuses at once with words that name the job, also of a volume that is new to it.
fn refuses(host: &Shared, word: &'static str) {
    host.lock().unwrap().refuses = Some((word, |main| {
        let line = line_of(main, "honor_timestamps");
        format!(
            "parsing YAML file /volume/prometheus.yml: yaml: unmarshal errors: line {line}: field honor_timestamps not found"
        )
    }));
}

/// Three teams are live; one pushes what the server refuses, another rules.
fn a_burst() -> (Stage, Shared) {
    let (stage, host) = stage();
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    stage.memory.put(RULES, rules());
    (stage, host)
}

/// The same as the first that ever lies on the volume.
fn a_first_burst() -> (Stage, Shared) {
    let (stage, host) = (Stage::new(), Shared::default());
    serve(&stage, &host, |_| true);
    refuses(&host, "honor_timestamps");
    stage.memory.put("base/prometheus.yml", BASE);
    stage
        .memory
        .put("apps/bank/prometheus/vault.yml", job("bank", ""));
    stage.memory.put(SHOP, job("shop", "  honor_timestamps: true\n"));
    stage.memory.put(RULES, rules());
    (stage, host)
}

/// From the call with that number on none is answered, as after `StopExecution`. Whether there was such a call.
fn broken_off(stage: &Stage, number: usize) -> bool {
    let calls = AtomicUsize::new(0);
    stage.memory.refuse(move |_| {
        let is_over = calls.fetch_add(1, Ordering::Relaxed) + 1 >= number;
        is_over.then_some(Class::Denied)
    });
    let before = stage.memory.world().calls;
    stage.run("broken off", nothing_pushed());
    let calls = stage.memory.world().calls - before;
    stage.memory.refuse(|_| None);
    calls >= number as u64
}

fn subjects(stage: &Stage) -> BTreeSet<(String, &'static str)> {
    let world = stage.memory.world();
    let notices = world.notices.iter();
    notices
        .map(|notice| (notice.owner.clone(), notice.kind.name()))
        .collect()
}

#[test]
fn wherever_a_run_breaks_off_the_next_ends_as_if_there_had_been_none() {
    let check = |what: &str, burst: fn() -> (Stage, Shared)| {
        let (well, _host) = burst();
        let ended = well.run("next", nothing_pushed());
        assert_eq!(tries(&ended), 2, "{what}");
        let mut number = 1;
        loop {
            let (stage, _host) = burst();
            let is_there = broken_off(&stage, number);
            let ended = stage.run("next", nothing_pushed());
            let outcome = ended.lanes()["prometheus"].clone();
            assert!(
                ["deployed", "unchanged"].contains(&outcome.as_str()),
                "{what}, call {number}: {outcome}"
            );
            assert_eq!(stage.live(), well.live(), "{what}, call {number}");
            assert_eq!(subjects(&stage), subjects(&well), "{what}, call {number}");
            if !is_there {
                break;
            }
            number += 1;
        }
        assert!(number > 60, "{what}: {number} calls are no run");
    };
    check("beside what runs", a_burst);
    check("the first of all", a_first_burst);
}

/// Refuses the `nth` call (from 1) whose words begin so, once a call that begins with `after` was there so often.
fn refused_once(stage: &Stage, (after, times): (&'static str, usize), beginning: &'static str) {
    let (before, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    stage.memory.refuse(move |doing| {
        if before.load(Ordering::Relaxed) >= times && doing.starts_with(beginning) {
            return (done.fetch_add(1, Ordering::Relaxed) == 0).then_some(Class::Denied);
        }
        if doing.starts_with(after) {
            before.fetch_add(1, Ordering::Relaxed);
        }
        None
    });
}

fn platform(ended: &Ended) -> &str {
    let notice = ended.notices.iter().find(|notice| notice.owner == "platform");
    &notice.expect("the platform team is told").text
}

#[test]
fn a_roll_back_that_fails_is_told_and_the_next_run_repairs_it() {
    let (stage, _host) = a_burst();
    refused_once(&stage, ("flipping", 1), "flipping");
    let ended = stage.run("fails", nothing_pushed());
    let text = platform(&ended);
    for part in [
        "prometheus: failed",
        "why       ReloadRefused: ",
        "then      Denied: flipping prometheus to 1-",
        "runs now  generation 1-",
        "was proven last (run first)",
        "on disk   generation 2-",
        "which the server refused",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("[server]"), "{text}");
    assert_eq!(
        told(&ended),
        [
            ("shop", Kind::Waiting),
            ("zoo", Kind::Waiting),
            ("platform", Kind::Failed)
        ]
    );
    stage.memory.refuse(|_| None);
    let next = stage.run("next", nothing_pushed());
    assert_eq!(next.lanes()["prometheus"], "deployed");
    assert_eq!(
        told(&next),
        [
            ("shop", Kind::HeldBack),
            ("zoo", Kind::Live),
            ("platform", Kind::Recovered)
        ]
    );
    assert!(stage.live()["prometheus/rules/zoo--rules.yml"].contains("zoo:cages"));
    assert!(!stage.live()["prometheus/prometheus.yml"].contains("ca_file"));
    // Twice one try: what lay there was this run's to take back, without being staged again.
    assert_eq!(
        (tries(&next), stage.memory.world().ordinals()),
        (2, vec![1, 2, 3])
    );
}

#[test]
fn a_search_that_fails_is_told_beside_the_refusal() {
    let check =
        |what: &str, (stage, _host): (Stage, Shared), reloads: usize, outcome: &str, parts: &[&str]| {
            refused_once(&stage, ("resolving", reloads), "reading objects/");
            let ended = stage.run("fails", nothing_pushed());
            let text = platform(&ended);
            let always = ["why       ReloadRefused: ", "then      Denied: reading objects/"];
            for part in always.iter().chain(parts) {
                assert!(text.contains(part), "{what}: {part}: {text}");
            }
            assert!(
                text.contains(&format!("prometheus: {outcome}\n")),
                "{what}: {text}"
            );
            assert!(!text.contains("[server]"), "{what}: {text}");
        };
    check(
        "beside what runs",
        a_burst(),
        2,
        "rolled back",
        &["runs now  generation 1-", "again, proven"],
    );
    check(
        "the first of all",
        a_first_burst(),
        1,
        "failed",
        &[
            "runs now  nothing of it was ever proven",
            "on disk   generation 1-",
        ],
    );
}

#[test]
fn the_first_deployment_goes_live_without_whom_the_server_refuses() {
    let (stage, _host) = a_first_burst();
    let ended = stage.run("first", nothing_pushed());
    assert_eq!(ended.lanes()["prometheus"], "deployed");
    assert_eq!(
        told(&ended),
        [
            ("bank", Kind::Live),
            ("shop", Kind::Rejected),
            ("zoo", Kind::Live),
            ("platform", Kind::PlatformFiles)
        ]
    );
    assert!(stage.live()["prometheus/prometheus.yml"].contains("bank.internal"));
    assert!(!stage.live()["prometheus/prometheus.yml"].contains("honor_timestamps"));
    let again = stage.run("again", nothing_pushed());
    assert_eq!(
        (again.lanes()["prometheus"].as_str(), again.notices.len()),
        ("unchanged", 0)
    );
}

#[test]
fn what_never_ran_is_no_loss() {
    let (stage, _host) = a_first_burst();
    let many: String = (0..20)
        .map(|n| job(&format!("shop{n}"), "  honor_timestamps: true\n").replace("scrape_configs:\n", ""))
        .collect();
    stage.memory.put(SHOP, format!("scrape_configs:\n{many}"));
    let ended = stage.run("first", nothing_pushed());
    assert_eq!(ended.lanes()["prometheus"], "deployed");
}

#[test]
fn a_first_deployment_that_nobody_explains_is_told_as_it_lies_there_and_replaced_once_it_is_mended() {
    let (stage, host) = a_first_burst();
    stage.memory.put(SHOP, job("shop", ""));
    host.lock().unwrap().refuses = Some(("localhost:9090", |_| "no such thing as 9090".into()));
    let ended = stage.run("first", nothing_pushed());
    assert_eq!(tries(&ended), 1);
    let text = platform(&ended);
    for part in [
        "prometheus: failed",
        "no such thing as 9090",
        "runs now  nothing of it was ever proven",
        "on disk   generation 1-",
        "which the server refused",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // Known, and as bad.
    assert_eq!(stage.run("again", nothing_pushed()).notices, []);
    stage.memory.put(
        "base/prometheus.yml",
        BASE.replace("localhost:9090", "localhost:9091"),
    );
    let mended = stage.run("mended", nothing_pushed());
    assert_eq!(mended.lanes()["prometheus"], "deployed");
    assert!(stage.live()["prometheus/prometheus.yml"].contains("localhost:9091"));
}
