//! What a version of Prometheus has and has not, each asked of its own promtool: what another promtool says is never taken for it.
//!
//! 2.53.3 and 3.5.3 are Debian's builds, which lack kinds of service discovery; the rest of them is Prometheus as it is.

use crate::real_tool::{Bench, bench_with, judge_by, judged, run_promtool};
use contract::{Component, Version};
use policy::Policy;
use std::collections::BTreeMap;
use validate::Settings;

/// Version of the server -> the variable of its promtool.
pub(crate) const SERVERS: [(&str, &str); 3] = [
    ("2.53.3", "PROMTOOL_2_53"),
    ("3.5.3", "PROMTOOL_3_5"),
    ("3.13.5", "PROMTOOL"),
];

/// The bench of a server of that version, with that promtool.
pub(crate) fn bench(version: &str, promtool: &str) -> Option<Bench> {
    let prometheus = Version::parse(version).unwrap();
    let settings = Settings {
        prometheus,
        ..Settings::default()
    };
    bench_with(promtool, settings)
}

/// Why there is no answer about a fragment.
fn failure(bench: &Bench, fragment: &str) -> String {
    let files = BTreeMap::from([("f".to_owned(), fragment.as_bytes().to_vec())]);
    let judged = judged(bench, &Policy::open(), Component::Prometheus, None, &files, true);
    judged.map_or_else(|failure| failure.chain(), |_| String::new())
}

/// What is wrong with a fragment: `line:column: message [check] hint`; nothing where it is accepted.
fn said(bench: &Bench, fragment: &str) -> String {
    let files = BTreeMap::from([("f".to_owned(), fragment.as_bytes().to_vec())]);
    let judged = &judge_by(bench, &Policy::open(), Component::Prometheus, None, &files, true)["f"];
    let told = judged.problems.iter().map(|problem| {
        let at = problem.place();
        let (_, at) = at.split_once(".yml:").unwrap_or_default();
        let hint = problem.hint.as_deref().unwrap_or_default();
        format!("{at}: {} [{}] {hint}", problem.message, problem.check)
    });
    let told = told.collect::<Vec<_>>().join("\n");
    assert_eq!(judged.accepted, told.is_empty(), "{told}");
    told
}

fn job(rest: &str) -> String {
    format!("scrape_configs:\n- job_name: a\n  {rest}\n  static_configs: [{{targets: [a.internal:1]}}]\n")
}

fn rule(expression: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - record: r\n    expr: {expression}\n")
}

#[test]
fn a_fragment_is_judged_for_the_version_of_the_server() {
    const ELSEWHERE: &str = "[shape] remove it, or ask the platform team for a server of another version";
    let benches = SERVERS.map(|(version, promtool)| bench(version, promtool));
    // As 2.53.3, 3.5.3 and 3.13.5 take it: the beginning of what is told, or nothing where it is accepted.
    let check = |fragment: &str, expect: [&str; 3]| {
        for ((bench, expect), (version, _)) in benches.iter().zip(expect).zip(SERVERS) {
            let Some(bench) = bench else { continue };
            let said = said(bench, fragment);
            let is_so = said.starts_with(expect) && said.is_empty() == expect.is_empty();
            assert!(is_so, "{version}:\n{fragment}{said}\ninstead of\n{expect}");
        }
    };
    check(&job("scrape_interval: 15s"), ["", "", ""]);
    check(&rule("up"), ["", "", ""]);
    let group = "groups:\n- name: g\n  labels: {a: b}\n  rules: [{record: r, expr: up}]\n";
    let early = format!(
        "3:3: `labels` is a field of a group since Prometheus 3.0; this server is 2.53.3 {ELSEWHERE}"
    );
    check(group, [&early, "", ""]);
    let [two, three] = ["2.53.3", "3.5.3"].map(|version| {
        format!("3:3: `extra_scrape_metrics` is a field of a job since Prometheus 3.10; this server is {version} {ELSEWHERE}")
    });
    check(&job("extra_scrape_metrics: true"), [&two, &three, ""]);
    let [three, newest] = ["3.5.3", "3.13.5"].map(|version| {
        format!(
            "3:3: `scrape_classic_histograms` is a field of a job until Prometheus 2.55; this server is {version} [shape] \
             write `always_scrape_classic_histograms`"
        )
    });
    check(&job("scrape_classic_histograms: true"), ["", &three, &newest]);
    check(
        &job("kubernetes_sd_configs: [{role: pod, attach_metadata: {namespace: true}}]"),
        [
            "3:57: `namespace` is a field of `attach_metadata` since Prometheus 3.6; this server is 2.53.3",
            "3:57: `namespace` is a field of `attach_metadata` since Prometheus 3.6; this server is 3.5.3",
            "",
        ],
    );
    // Functions are the tool's to know.
    let gone = "5:11: group \"g\", rule \"r\": could not parse expression: unknown function with name \"holt_winters\" [promtool]";
    check(&rule("holt_winters(up[5m], 0.5, 0.5)"), ["", gone, gone]);
    let off = "5:11: group \"g\", rule \"r\": could not parse expression: function \"info\" is not enabled [promtool]";
    check(
        &rule("info(up)"),
        [
            "5:11: group \"g\", rule \"r\": could not parse expression: unknown function with name \"info\" [promtool]",
            off,
            off,
        ],
    );
    let names = "groups:\n- name: g\n  rules:\n  - record: r\n    expr: up\n    labels: {\"a.b\": c}\n";
    check(
        names,
        [
            "4:5: group \"g\", rule \"r\": invalid label name: a.b [promtool]",
            "",
            "",
        ],
    );
    // What nobody has is said with the server's version.
    let [two, three, newest] = SERVERS.map(|(version, _)| format!("3:3: `scrape_intervall` is no field of a job (Prometheus {version}) [shape] did you mean `scrape_interval`?"));
    check(&job("scrape_intervall: 15s"), [&two, &three, &newest]);
    // Debian's builds, not their versions, lack it.
    let consul = "3:3: field consul_sd_configs not found in type config.ScrapeConfig [promtool] Prometheus has `consul_sd_configs`, and this promtool was built without it";
    check(
        &job("consul_sd_configs: [{server: 'consul:8500'}]"),
        [consul, consul, ""],
    );
}

#[test]
fn another_promtool_than_the_server_s_is_no_answer() {
    let check = |promtool: &str, server: &str, expect: &str| {
        let Some(bench) = bench(server, promtool) else {
            return;
        };
        let failure = failure(&bench, &rule("up"));
        assert!(failure.contains(expect), "{promtool} for {server}: {failure}");
    };
    check(
        "PROMTOOL_2_53",
        "3.13.5",
        "is promtool 2.53.3+ds1, and what is checked is for Prometheus 3.13.5; set PROMTOOL to a promtool 3.13.5",
    );
    check(
        "PROMTOOL",
        "2.53",
        "is promtool 3.13.5, and what is checked is for Prometheus 2.53; set PROMTOOL to a promtool 2.53, or PROMETHEUS_VERSION to",
    );
    check(
        "PROMTOOL_3_5",
        "3.5.2",
        "is promtool 3.5.3+ds1, and what is checked is for Prometheus 3.5.2",
    );
    check(
        "BLACKBOX_EXPORTER",
        "3.13.5",
        "does not say that it is promtool, and what is checked is for Prometheus 3.13.5",
    );
}

#[test]
fn no_word_of_a_team_s_stands_where_promtool_says_what_it_takes() {
    // Whatever is in them, files are told on standard output by the names that we gave them.
    let forges = "x\\n  FAILED: forged\\nChecking f1.yml\\n SUCCESS: forged\\n";
    let jobs = [
        format!("- job_name: a\n  relabel_configs: [{{regex: \"({forges}\"}}]\n"),
        format!("- job_name: a\n  \"{forges}\": 1\n"),
        format!("- job_name: \"{forges}\"\n- job_name: \"{forges}\"\n"),
        format!("- job_name: a\n  static_configs: [{{targets: [\"{forges}\"]}}]\n"),
    ];
    let rules = [
        format!("  - record: a\n    expr: up\n    \"{forges}\": 1\n"),
        format!("  - record: \"{forges}\"\n    expr: \"sum({forges}\"\n"),
        format!("  - alert: A\n    expr: up\n    labels: {{a: \"{{{{ {forges} }}}}\"}}\n"),
    ];
    let mut shown: Vec<(&[&str], String)> = Vec::new();
    for job in jobs {
        shown.push((
            &["check", "config", "--syntax-only"],
            format!("scrape_configs:\n{job}"),
        ));
    }
    for rule in rules {
        shown.push((
            &["check", "rules", "--lint=none"],
            format!("groups:\n- name: g\n  rules:\n{rule}"),
        ));
    }
    for (version, promtool) in SERVERS {
        let Some(bench) = bench(version, promtool) else {
            continue;
        };
        let mut deceived = 0;
        for (arguments, text) in &shown {
            let answer = run_promtool(
                &bench,
                arguments,
                &BTreeMap::from([("f0.yml".to_owned(), text.clone())]),
            );
            let is_ours = |line: &str| !line.contains("forged") && !line.contains("f1.yml");
            assert!(
                answer.stdout.lines().all(is_ours),
                "{version}: {text}{}",
                answer.stdout
            );
            deceived += usize::from(answer.stderr.contains("\n  FAILED: forged\n"));
        }
        assert!(
            deceived >= 3,
            "{version}: on standard error it prints what they say ({deceived})"
        );
    }
}

#[test]
fn what_is_forged_is_held_against_nobody_else() {
    let regex = |text: &str| {
        job(&format!(
            "relabel_configs: [{{regex: \"{text}\", target_label: b}}]"
        ))
    };
    let files = [
        ("0", regex("(\\n  FAILED: forged\\nChecking f1.yml")),
        ("1", job("scrape_interval: 30s")),
        ("2", regex("(own")),
    ];
    let files = BTreeMap::from(files.map(|(name, text)| (name.to_owned(), text.into_bytes())));
    for (version, promtool) in SERVERS {
        let Some(bench) = bench(version, promtool) else {
            continue;
        };
        let judged = judge_by(&bench, &Policy::open(), Component::Prometheus, None, &files, true);
        let told = |name: &str| {
            let messages = judged[name]
                .problems
                .iter()
                .map(|problem| problem.message.as_str());
            messages.collect::<Vec<_>>().join("|")
        };
        assert!(told("0").contains("forged"), "{version}: {}", told("0"));
        assert_eq!(told("1"), "", "{version}");
        assert!(
            told("2").contains("(own") && !told("2").contains("forged"),
            "{version}: {}",
            told("2")
        );
    }
}
