//! Every step twice, and every port call broken once, by machine: the world afterwards is the one of a run without trouble.

use crate::refusal;
use crate::stage::{Ended, Stage, pushed};
use contract::{Component, Kind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn stage() -> Stage {
    let stage = Stage::new();
    stage.memory.put(
        "base/prometheus.yml",
        "rule_files: [rules/*.yml]\nscrape_configs: []\n",
    );
    stage
        .memory
        .put("base/blackbox.yml", "modules: {http_2xx: {prober: http}}\n");
    let job = |name: &str| {
        format!("scrape_configs: [{{job_name: {name}, static_configs: [{{targets: [\"{name}:80\"]}}]}}]\n")
    };
    stage.memory.put("apps/shop/prometheus/checkout.yml", job("shop"));
    stage.memory.put("apps/zoo/prometheus/cages.yml", job("zoo"));
    stage
        .memory
        .put("apps/zoo/prometheus/broken.yml", "scrape_configs: {}\n");
    stage
}

/// What must not depend on trouble: live files, the generations' numbers, who was told what, what the projections say. Times do
/// depend on it, and the run's own words for each notice do not count twice (SNS delivers at least once).
#[derive(Debug, PartialEq)]
struct Essence {
    live: BTreeMap<String, String>,
    generations: Vec<(Component, String)>,
    notices: BTreeMap<String, String>,
    projections: BTreeMap<String, Value>,
}

fn essence(stage: &Stage) -> Essence {
    let live = stage.live();
    let world = stage.memory.world();
    Essence {
        live,
        generations: world.generations.keys().cloned().collect(),
        notices: world
            .notices
            .iter()
            .map(|notice| (notice.subject.clone(), notice.text.clone()))
            .collect(),
        projections: world
            .projections
            .iter()
            .map(|(name, (value, _))| (name.clone(), timeless(value)))
            .collect(),
    }
}

fn timeless(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| *name != "pinned_at")
            .map(|(name, value)| (name.clone(), timeless(value)))
            .collect(),
        Value::Array(items) => items.iter().map(timeless).collect(),
        other => other.clone(),
    }
}

#[test]
fn a_run_twice_changes_nothing_and_tells_nobody() {
    let stage = stage();
    let first = stage.run("first", pushed());
    let (live, told) = (stage.live(), first.notices.len());
    assert!(told > 0);
    let second = stage.run("second", pushed());
    assert_eq!(stage.live(), live);
    assert_eq!(second.notices, []);
    assert_eq!(
        second.lanes().into_values().collect::<Vec<_>>(),
        ["unchanged", "unchanged"]
    );
}

#[test]
fn an_old_snapshot_given_again_gives_the_same_bytes() {
    let stage = stage();
    stage.run("first", pushed());
    let before = stage.live();
    let snapshot = stage.snapshot("first");
    stage.memory.delete("apps/shop/prometheus/checkout.yml");
    stage.run("second", pushed());
    assert_ne!(stage.live(), before);
    stage.run("third", json!({ "snapshot": snapshot }));
    assert_eq!(stage.live(), before);
}

#[test]
fn a_replay_without_what_was_rejected_tells_nobody_of_it_again() {
    let stage = stage();
    stage.run("first", pushed());
    let snapshot = stage.snapshot("first");
    let bad = "scrape_configs: {}\n";
    stage.memory.put("apps/payments/prometheus/ledger.yml", bad);
    let kinds = |ended: &Ended| -> Vec<(String, Kind)> {
        let notices = ended.notices.iter();
        notices
            .map(|notice| (notice.owner.clone(), notice.kind))
            .collect()
    };
    let second = stage.run("second", pushed());
    assert_eq!(kinds(&second), [("payments".to_owned(), Kind::Rejected)]);
    let replay = stage.run("replay", json!({ "snapshot": snapshot }));
    assert_eq!(kinds(&replay), []);
    let good = "scrape_configs: [{job_name: stalls, static_configs: [{targets: [\"stalls:80\"]}]}]\n";
    stage.memory.put("apps/market/prometheus/stalls.yml", good);
    let third = stage.run("third", pushed());
    assert_eq!(kinds(&third), [("market".to_owned(), Kind::Live)]);
}

/// The next run refuses a file that is not on the server, rolls back, and goes on without who named it.
fn refusing() -> Stage {
    let (stage, _) = refusal::stage();
    stage
        .memory
        .put(refusal::SHOP, refusal::with_file("shop", "ca.pem"));
    stage
        .memory
        .put("apps/zoo/prometheus/rules.yml", refusal::rules());
    stage
}

#[test]
fn every_port_call_may_break_once() {
    for stage in [stage, refusing] {
        let calm = stage();
        let before = calm.memory.world().calls;
        calm.run("run", pushed());
        let (expect, calls) = (essence(&calm), calm.memory.world().calls);
        assert!(calls - before > 50, "a run makes {calls} port calls");
        for number in before + 1..=calls {
            let troubled = stage();
            troubled.memory.break_call(number);
            troubled.run("run", pushed());
            assert_eq!(essence(&troubled), expect, "after call {number} of {calls} broke");
        }
    }
}

#[test]
fn every_step_may_run_twice() {
    for stage in [stage, refusing] {
        let calm = stage();
        calm.run("run", pushed());
        let doubled = stage().asking_twice();
        doubled.run("run", pushed());
        assert_eq!(essence(&doubled), essence(&calm));
    }
}
