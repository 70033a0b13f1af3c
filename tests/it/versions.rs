//! What a version of Prometheus has and has not, each asked of its own promtool: what another promtool says is never taken for it.
//!
//! 2.53.3 and 3.5.3 are Debian's builds, which lack kinds of service discovery; the rest of them is Prometheus as it is.

use crate::real_tool::{Bench, bench_with, judge_by, judged, run_promtool};
use contract::ports::ToolEnd;
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

/// What a file may hold that looks like the tool's own words.
const FORGED: &str = "x\\n  FAILED: forged\\nChecking f1.yml\\n SUCCESS: f0.yml\\n";

#[test]
fn promtool_says_on_standard_output_what_it_takes_and_nothing_else() {
    // Of three files in one process the middle one is fine.
    let jobs: Files = (
        &["check", "config", "--syntax-only"],
        "scrape_configs:\n",
        "- job_name: good\n",
    );
    let rules: Files = (
        &["check", "rules", "--lint=none"],
        "groups:\n- name: g\n  rules:\n",
        "  - {record: r, expr: up}\n",
    );
    for (files, bad) in [
        (
            jobs,
            "- job_name: a\n  tls: 1\n  metrics: 2\n- job_name: b\n  ports: 3\n",
        ),
        (
            jobs,
            "- job_name: a\n  relabel_configs: [{regex: '(', target_label: b}]\n",
        ),
        (jobs, "- job_name: a\n  tls_config: {cert_file: a}\n"),
        (jobs, "- job_name: a\n  scrape_interval: 30\n"),
        (jobs, "- job_name: a\n- job_name: a\n"),
        (
            jobs,
            "- job_name: a\n  static_configs: [{targets: [http://a/b]}]\n",
        ),
        (jobs, "- job_name: [a\n"),
        (
            rules,
            "  - record: a\n    expr: sum(\n  - alert: b\n    expr: rate(x)\n    foo: 1\n",
        ),
        (
            rules,
            "  - record: a b\n    expr: sum(\n  - {record: c, alert: d, expr: ''}\n",
        ),
        (
            rules,
            "  - alert: A\n    expr: up\n    annotations: {a: '{{ $x }}', b: '{{'}\n",
        ),
        (rules, "  - record: [a\n"),
    ] {
        // On standard error it begins anew for each that it refuses.
        begun(files, bad, |begun| begun == 2);
    }
    for (files, bad) in [
        (jobs, "- job_name: a\n  relabel_configs: [{regex: \"(FORGED\"}]\n"),
        (jobs, "- job_name: a\n  \"FORGED\": 1\n"),
        (rules, "  - record: a\n    expr: up\n    \"FORGED\": 1\n"),
    ] {
        // There it prints what a file says, too.
        begun(files, &bad.replace("FORGED", FORGED), |begun| begun > 2);
    }
    for (files, bad) in [
        (jobs, "- job_name: \"FORGED\"\n- job_name: \"FORGED\"\n"),
        (rules, "  - record: \"FORGED\"\n    expr: \"sum(FORGED\"\n"),
        (
            rules,
            "  - alert: A\n    expr: up\n    labels: {\"FORGED\": \"{{ FORGED }}\"}\n",
        ),
    ] {
        begun(files, &bad.replace("FORGED", FORGED), |begun| begun >= 2);
    }
}

/// A question, what a file begins with, the rest of a good one.
type Files = (&'static [&'static str], &'static str, &'static str);

/// How often each server's promtool begins to say what it has against a bad file that it is shown twice, a good one between; on standard
/// output it says of each whether it takes it.
fn begun((question, section, good): Files, bad: &str, expect: fn(usize) -> bool) {
    for (version, promtool) in SERVERS {
        let Some(bench) = bench(version, promtool) else {
            continue;
        };
        let files = [("f0.yml", bad), ("f1.yml", good), ("f2.yml", bad)];
        let files = files.map(|(name, text)| (name.to_owned(), format!("{section}{text}")));
        let answer = run_promtool(&bench, question, &files.into());
        let said = if question[1] == "rules" {
            "Checking f0.yml\nChecking f1.yml\n  SUCCESS: 1 rules found\n\nChecking f2.yml\n"
        } else {
            "Checking f0.yml\n\nChecking f1.yml\n SUCCESS: f1.yml is valid prometheus config file syntax\n\nChecking f2.yml\n\n"
        };
        assert_eq!(
            (answer.end, answer.stdout.as_str()),
            (ToolEnd::Exited(1), said),
            "{version}: {bad}"
        );
        let begun = answer
            .stderr
            .lines()
            .filter(|line| line.starts_with("  FAILED:"))
            .count();
        assert!(expect(begun), "{version}: {begun} times: {bad}{}", answer.stderr);
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
