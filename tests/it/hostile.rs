//! One owner pushes everything that could hurt: what is deep, what grows for ever, what is huge, keys that would lead out of a folder
//! or turn a line around. In: such a bucket, the whole definition over memory. Out: what is live, and who is told what.

use crate::stage::{Stage, root};
use contract::Component;
use serde_json::json;

const JOB: &str = "scrape_configs:\n- job_name: ledger\n  static_configs: [{targets: [a.internal:1]}]\n";

/// Nine lists of nine aliases each of the one before.
fn aliases() -> String {
    let level = |n: u32| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 9].join(", "));
    format!(
        "l0: &l0 [{}]\n{}",
        ["x"; 9].join(", "),
        (1..9).map(level).collect::<String>()
    )
}

fn bucket() -> Stage {
    let stage = Stage::new();
    stage
        .memory
        .put("base/prometheus.yml", "global: {scrape_interval: 1m}\n");
    stage.memory.put("apps/payments/prometheus/ledger.yml", JOB);
    let hostile: [(&str, Vec<u8>); 9] = [
        ("prometheus/aliases.yml", aliases().into()),
        ("prometheus/brackets.yml", "[".repeat(64 * 1024).into()),
        ("prometheus/huge.yml", vec![b'#'; 50 * 1024 * 1024]),
        ("prometheus/nothing.yml", vec![0; 1024]),
        ("prometheus/../../payments/prometheus/ledger.yml", JOB.into()),
        ("../../etc/prometheus/x.yml", JOB.into()),
        ("prometheus/a\nSubject: forged.yml", JOB.into()),
        ("prometheus/\u{1b}[31mred.yml", JOB.into()),
        ("prometheus/\u{202e}lmy.x", JOB.into()),
    ];
    for (key, bytes) in hostile {
        stage.memory.put(&format!("apps/mallory/{key}"), bytes);
    }
    stage
}

#[test]
fn what_is_hostile_reaches_its_owner_and_the_platform_team_alone() {
    let stage = bucket();
    let ended = stage.run("push-1", json!({}));
    assert_eq!(
        ended.lanes()[Component::Prometheus.name()],
        "deployed",
        "{:?}",
        ended.outcome
    );

    let live = stage.live();
    let files: Vec<&str> = live.keys().map(String::as_str).collect();
    assert_eq!(files, ["prometheus/generation.yml", "prometheus/prometheus.yml"]);
    let jobs: Vec<&str> = live["prometheus/prometheus.yml"]
        .lines()
        .filter(|line| line.contains("job_name"))
        .collect();
    assert_eq!(jobs.len(), 1, "{jobs:?}");

    let told: Vec<String> = ended
        .notices
        .iter()
        .map(|notice| {
            format!(
                "{} {:?}\nSubject: {}\n\n{}",
                notice.owner, notice.kind, notice.subject, notice.text
            )
        })
        .collect();
    for notice in &ended.notices {
        let shown = [&notice.subject, &notice.text, &notice.json].map(|text| text.replace('\n', ""));
        assert!(
            shown
                .iter()
                .all(|text| !text.contains(|c: char| c.is_control() || c == '\u{202e}')),
            "{shown:?}"
        );
        assert!(
            notice.text.len() + notice.json.len() < 256 * 1024,
            "{}",
            notice.owner
        );
        assert!(
            !notice.text.lines().any(|line| line.starts_with("Subject:")),
            "{}",
            notice.text
        );
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/hostile"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("told", told.join("\n\n=====\n\n")));
}
