//! Which version of a fragment serves, push after push: decided from the snapshot and what served, never from the order of arrival.

use crate::stage::{Stage, pushed};
use contract::Kind;
use contract::memory::promtool;
use serde_json::json;

const KEY: &str = "apps/shop/prometheus/checkout.yml";

fn job(name: &str) -> String {
    format!("scrape_configs: [{{job_name: {name}, static_configs: [{{targets: [a.internal:1]}}]}}]\n")
}

/// A tool that refuses each file with a job whose name begins with `bad`.
fn stage() -> Stage {
    let stage = Stage::new();
    stage
        .memory
        .put("base/prometheus.yml", "rule_files: [rules/*.yml]\n");
    stage.memory.put("apps/other/prometheus/x.yml", job("other"));
    stage.memory.tool(|call| {
        Ok(promtool(call, |_, text| {
            text.contains("job_name: bad").then(|| "bad".to_owned())
        }))
    });
    stage
}

/// One push after another, each with what then serves and what its owner is told; an empty name is a deletion.
fn check(pushes: &[(&str, &str, Option<Kind>)]) {
    let stage = stage();
    for (number, (name, serves, told)) in pushes.iter().enumerate() {
        match *name {
            "" => stage.memory.delete(KEY),
            name => stage.memory.put(KEY, job(name)),
        }
        let ended = stage.run(&format!("run-{number}"), pushed());
        let live = &stage.live()["prometheus/prometheus.yml"];
        let jobs: Vec<&str> = live
            .lines()
            .filter_map(|line| line.trim().strip_prefix("- job_name: "))
            .collect();
        let kinds: Vec<Kind> = ended
            .notices
            .iter()
            .filter(|it| it.owner == "shop")
            .map(|it| it.kind)
            .collect();
        let expect: Vec<&str> = ["other", serves]
            .into_iter()
            .filter(|job| !job.is_empty())
            .collect();
        assert_eq!(
            (jobs, kinds),
            (expect, told.iter().copied().collect()),
            "push {number} of {pushes:?}"
        );
    }
}

#[test]
fn a_rejected_version_leaves_the_last_good_one_however_many_follow() {
    let live = Some(Kind::Live);
    let held_back = Some(Kind::HeldBack);
    check(&[
        ("good1", "good1", live),
        ("bad2", "good1", held_back),
        ("bad3", "good1", held_back),
        ("bad4", "good1", held_back),
        ("bad4", "good1", held_back),
        ("good5", "good5", live),
        ("bad6", "good5", held_back),
    ]);
    // A deletion is a deletion, and what served before it is forgotten.
    check(&[
        ("good1", "good1", live),
        ("bad2", "good1", held_back),
        ("", "", live),
        ("bad3", "", Some(Kind::Rejected)),
    ]);
    // A first version that is bad is out.
    check(&[
        ("bad1", "", Some(Kind::Rejected)),
        ("bad2", "", Some(Kind::Rejected)),
        ("good3", "good3", live),
    ]);
}

#[test]
fn a_replay_of_the_past_changes_no_last_good_version() {
    let stage = stage();
    stage.memory.put(KEY, job("good1"));
    stage.run("first", pushed());
    let snapshot = stage.snapshot("first");
    stage.memory.put(KEY, job("good2"));
    stage.run("second", pushed());
    stage.run("replay", json!({ "snapshot": snapshot }));
    assert!(stage.live()["prometheus/prometheus.yml"].contains("good1"));
    stage.memory.put(KEY, job("bad3"));
    stage.run("third", pushed());
    assert!(
        stage.live()["prometheus/prometheus.yml"].contains("good2"),
        "{:?}",
        stage.live()
    );
}
