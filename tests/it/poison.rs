//! A fragment that no worker survives: it is alone in the end, out or held back, and everybody else's change is live in the same run.

use crate::stage::{Stage, pushed};
use contract::memory::silent;
use contract::ports::ToolEnd;
use contract::{Class, Component, Failure, Kind};
use promloom::engine::Outcome;

const BASE: &str = "rule_files: [rules/*.yml]\n";
/// Whoever is asked about it has no answer.
const POISON: &str = "poison";

fn job(name: &str) -> String {
    format!("scrape_configs: [{{job_name: {name}, static_configs: [{{targets: [a.internal:1]}}]}}]\n")
}

/// A bucket of so many good fragments, whose workers die of each fragment that holds the word.
fn stage(good: usize) -> Stage {
    let stage = Stage::new();
    stage.memory.put("base/prometheus.yml", BASE);
    for n in 0..good {
        stage.memory.put(
            &format!("apps/team/prometheus/n{n:03}.yml"),
            job(&format!("n{n:03}")),
        );
    }
    stage.memory.tool(|call| {
        if call.files.values().any(|text| text.contains(POISON)) {
            return Err(Failure::new(Class::Bug, "running `validate`, which panicked"));
        }
        Ok(silent(ToolEnd::Exited(0)))
    });
    stage
}

fn entered(ended: &crate::stage::Ended, state: &str) -> usize {
    ended
        .paths
        .values()
        .flatten()
        .filter(|entered| *entered == state)
        .count()
}

#[test]
fn the_fragment_that_kills_is_alone_in_the_end_and_all_others_are_live() {
    let check = |good: usize, poisoned: &[&str], killed: usize, rounds: usize| {
        let stage = stage(good);
        for owner in poisoned {
            stage
                .memory
                .put(&format!("apps/{owner}/prometheus/x.yml"), job(POISON));
        }
        let ended = stage.run("run", pushed());
        assert!(
            matches!(ended.outcome, Outcome::Succeeded(_)),
            "{:?}",
            ended.outcome
        );
        assert_eq!(
            (entered(&ended, "BatchKilled"), entered(&ended, "Merge")),
            (killed, rounds),
            "{poisoned:?}"
        );
        let live = &stage.live()["prometheus/prometheus.yml"];
        assert_eq!(
            (live.matches("job_name: n").count(), live.contains(POISON)),
            (good, false)
        );
        let rejected: Vec<&str> = ended
            .notices
            .iter()
            .filter(|notice| notice.kind == Kind::Rejected)
            .map(|notice| notice.owner.as_str())
            .collect();
        assert_eq!(rejected, poisoned);
    };
    // One batch of 61, pieces of 8, each of 1.
    check(60, &["mallory"], 3, 3);
    check(60, &["aaa", "mallory", "zzz"], 1 + 2 + 3, 3);
    check(1, &["mallory"], 2, 2);
}

#[test]
fn the_last_good_version_of_poison_serves_on() {
    let stage = stage(3);
    stage.memory.put("apps/mallory/prometheus/x.yml", job("well"));
    stage.run("first", pushed());
    stage.memory.put("apps/mallory/prometheus/x.yml", job(POISON));
    stage.memory.put("apps/team/prometheus/n999.yml", job("n999"));
    let ended = stage.run("second", pushed());
    let live = &stage.live()["prometheus/prometheus.yml"];
    assert!(
        live.contains("well") && live.contains("n999") && !live.contains(POISON),
        "{live}"
    );
    let told: Vec<_> = ended
        .notices
        .iter()
        .map(|notice| (notice.owner.as_str(), notice.kind))
        .collect();
    assert_eq!(told, [("mallory", Kind::HeldBack), ("team", Kind::Live)]);
}

#[test]
fn a_worker_that_dies_of_everything_blames_nobody_and_touches_nothing() {
    let stage = stage(3);
    stage.run("first", pushed());
    let before = stage.live();
    stage.memory.put("apps/team/prometheus/n999.yml", job("n999"));
    stage
        .memory
        .tool(|_| Err(Failure::new(Class::Bug, "running `validate`, which panicked")));
    let ended = stage.run("second", pushed());
    assert!(matches!(ended.outcome, Outcome::Failed(_)));
    assert_eq!(stage.live(), before);
    let told: Vec<_> = ended
        .notices
        .iter()
        .map(|notice| (notice.owner.as_str(), notice.kind))
        .collect();
    assert_eq!(told, [("platform", Kind::Failed)]);
    assert!(stage.memory.world().live_files(Component::Prometheus).is_some());
}
