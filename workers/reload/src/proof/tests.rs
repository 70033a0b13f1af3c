//! What proves a generation, sign by sign.

use super::{Answers, CONFIG, Expected, POOLS, RULES, RUNTIME, judge};
use contract::ports::HttpAnswer;
use contract::{Component, Configuration, Digest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MAIN: &str = "\
rule_files: [rules/*.yml]
scrape_configs:
- job_name: node
- job_name: \"1.10\"
- &shared { job_name: yes }
";
const RULE: &str = "groups: [{ name: g, rules: [{ record: a, expr: b }] }]";

fn configuration(main: &str) -> Configuration {
    let files = [
        ("prometheus.yml", main),
        ("rules/payments--latency.yml", RULE),
        ("rules/generation.yml", RULE),
        ("rules/comments.yml", "# nothing yet"),
        ("rules/empty.yml", "groups: []"),
        ("rules/without.yml", "groups: [{ name: g, rules: [] }]"),
    ];
    Configuration {
        component: Component::Prometheus,
        digest: Digest::of(b"x"),
        size: contract::Size::default(),
        jobs: BTreeMap::new(),
        files: files
            .map(|(path, text)| (path.to_owned(), text.to_owned()))
            .into(),
    }
}

fn short() -> String {
    Digest::of(b"x").short().to_owned()
}

fn groups(groups: &[(&str, &str)]) -> Value {
    let group = |(file, generation): &(&str, &str)| {
        let name = if generation.is_empty() {
            "a"
        } else {
            "config_generation_info"
        };
        json!({ "file": file, "rules": [{ "name": name, "labels": { "generation": generation } }] })
    };
    json!({ "groups": groups.iter().map(group).collect::<Vec<_>>() })
}

/// What a Prometheus shows that runs it.
fn whole() -> BTreeMap<&'static str, Value> {
    let rules = [
        ("/v/current/rules/generation.yml", short().as_str()),
        ("/v/current/rules/payments--latency.yml", ""),
        ("/etc/prometheus/of-the-base.yml", ""),
    ]
    .map(|(file, generation)| (file, generation.to_owned()));
    let rules: Vec<_> = rules
        .iter()
        .map(|(file, generation)| (*file, generation.as_str()))
        .collect();
    BTreeMap::from([
        (
            RUNTIME,
            json!({ "reloadConfigSuccess": true, "lastConfigTime": "2026-11-22T18:12:22Z" }),
        ),
        (
            CONFIG,
            json!({ "yaml": format!("rule_files:\n- /v/current/generation-{}\n", short()) }),
        ),
        (RULES, groups(&rules)),
        (POOLS, json!({ "scrapePools": ["1.10", "node", "yes"] })),
    ])
}

fn answers(shown: BTreeMap<&'static str, Value>) -> Answers {
    let answer = |data: Value| HttpAnswer {
        status: 200,
        body: json!({ "data": data }).to_string(),
    };
    shown
        .into_iter()
        .map(|(path, data)| (path, answer(data)))
        .collect()
}

/// What is missing if one answer is another, and whether it comes by itself.
fn check(path: &'static str, data: Value, expect: &str, settles: bool) {
    let expected = Expected::of(&configuration(MAIN)).unwrap();
    let mut shown = whole();
    shown.insert(path, data);
    let judgement = judge(&expected, Some("2026-11-22T18:12:21Z"), &answers(shown));
    assert_eq!(
        (judgement.missing.join("; ").as_str(), judgement.settles),
        (expect, settles),
        "{path}"
    );
}

#[test]
fn prometheus_proves_it_with_every_sign_or_not_at_all() {
    let short = short();
    check("/", json!({}), "", true);

    check(
        RUNTIME,
        json!({ "reloadConfigSuccess": false }),
        "`reloadConfigSuccess` is not true",
        false,
    );
    let old = json!({ "reloadConfigSuccess": true, "lastConfigTime": "2026-11-22T18:12:21Z" });
    check(
        RUNTIME,
        old,
        "`lastConfigTime` is still 2026-11-22T18:12:21Z",
        false,
    );

    let other = format!("the configuration does not hold `generation-{short}`");
    check(
        CONFIG,
        json!({ "yaml": "rule_files: [generation-0123456789ab]" }),
        &other,
        false,
    );
    check(CONFIG, Value::Null, &other, false);

    let (marker, team) = (
        "/v/current/rules/generation.yml",
        "/v/current/rules/payments--latency.yml",
    );
    let of = |shown: &str| format!("the rules are of generation `{shown}`, not `{short}`");
    check(RULES, groups(&[(team, "")]), &of(""), false);
    check(
        RULES,
        groups(&[(marker, "0123456789ab"), (team, "")]),
        &of("0123456789ab"),
        false,
    );
    let two = [(marker, short.as_str()), (team, "zzz")];
    check(RULES, groups(&two), &of(&format!("{short}`, `zzz")), false);
    let without = "the rule files differ: without `rules/payments--latency.yml`";
    check(RULES, groups(&[(marker, &short)]), without, false);
    let with = [
        (marker, short.as_str()),
        (team, ""),
        ("/v/current/rules/old.yml", ""),
    ];
    check(
        RULES,
        groups(&with),
        "the rule files differ: with `rules/old.yml`",
        false,
    );
    let elsewhere = "the marker of the rules lies in `/etc/x.yml`, which is not of this configuration";
    check(
        RULES,
        groups(&[("/etc/x.yml", &short), (team, "")]),
        elsewhere,
        false,
    );

    let pools = |jobs: &[&str]| json!({ "scrapePools": jobs });
    check(
        POOLS,
        pools(&[]),
        "the jobs differ: without `1.10` and 2 more",
        true,
    );
    check(
        POOLS,
        json!({ "scrapePools": null }),
        "the jobs differ: without `1.10` and 2 more",
        true,
    );
    check(
        POOLS,
        pools(&["1.10", "node", "old", "yes"]),
        "the jobs differ: with `old`",
        true,
    );
    check(
        POOLS,
        pools(&["1.1", "node", "yes"]),
        "the jobs differ: without `1.10`, with `1.1`",
        true,
    );
}

#[test]
fn an_answer_that_is_none_is_missing() {
    let expected = Expected::of(&configuration(MAIN)).unwrap();
    let check = |status: u16, body: &str, expect: &str| {
        let mut answers = answers(whole());
        answers.insert(
            POOLS,
            HttpAnswer {
                status,
                body: body.to_owned(),
            },
        );
        let shown = judge(&expected, None, &answers);
        assert_eq!((shown.missing, shown.settles), (vec![expect.to_owned()], false));
    };
    check(503, "Service Unavailable", "`/api/v1/scrape_pools` answered 503");
    check(200, "<html>", "`/api/v1/scrape_pools` did not answer JSON");
    let nothing = judge(&expected, None, &Answers::new());
    assert_eq!((nothing.proven.len(), nothing.missing.len()), (0, 4));
}

#[test]
fn jobs_from_elsewhere_may_be_there_too() {
    let main = format!("{MAIN}scrape_config_files: [more/*.yml]\n");
    let expected = Expected::of(&configuration(&main)).unwrap();
    let mut shown = whole();
    shown.insert(
        POOLS,
        json!({ "scrapePools": ["1.10", "elsewhere", "node", "yes"] }),
    );
    assert!(judge(&expected, None, &answers(shown.clone())).is_whole());
    shown.insert(POOLS, json!({ "scrapePools": ["1.10", "elsewhere", "node"] }));
    assert!(!judge(&expected, None, &answers(shown)).is_whole());
}

#[test]
fn blackbox_proves_it_with_its_marker_and_its_last_reload() {
    let expected = Expected::Blackbox { generation: short() };
    let check = |config: &str, metrics: &str, expect: bool| {
        let answer = |body: &str| HttpAnswer {
            status: 200,
            body: body.to_owned(),
        };
        let answers = Answers::from([("/config", answer(config)), ("/metrics", answer(metrics))]);
        assert_eq!(
            judge(&expected, None, &answers).is_whole(),
            expect,
            "{config} {metrics}"
        );
    };
    let marker = format!("modules:\n  promloom_generation_{}:\n    prober: http\n", short());
    let metric = "blackbox_exporter_config_last_reload_successful";
    check(&marker, &format!("# HELP {metric} 1\n{metric} 1\n"), true);
    check(&marker, &format!("# HELP {metric} 1\n{metric} 0\n"), false);
    check(&marker, "", false);
    check("modules: {}", &format!("{metric} 1\n"), false);
}
