//! The conflict catalogue, `docs/conflicts.md`: fragments of two teams, each fine alone, pushed together through the whole definition.
//! In: a row's name and both files. Out: who serves, and the check that says why not. Where the document says that a row is harmless,
//! both serve here.

use crate::stage::{Stage, pushed, root};
use crate::tools::Tools;
use contract::ports::ReadObject as _;
use contract::{Author, Component, Severity, Step, Verdict, Verdicts};
use futures_util::FutureExt as _;
use std::collections::BTreeSet;

const BASE: &str = "global: {scrape_interval: 30s, scrape_timeout: 10s}\nrule_files: [rules/*.yml]\nscrape_configs:\n- job_name: base\n";

/// What becomes of the later one; the earlier always serves.
#[derive(Clone, Copy)]
enum Later {
    Serves,
    /// It loses; the check says so to both owners.
    LosesTo(&'static str),
    /// It is refused by itself.
    RefusedBy(&'static str),
    /// It serves and its owner is told by that check.
    ServesAndIsTold(&'static str),
}

fn job(rest: &str) -> String {
    format!("scrape_configs:\n- job_name: {rest}\n  static_configs: [{{targets: [a.internal:1]}}]\n")
}

fn rule(rest: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - {rest}\n")
}

/// What a row's fragments meet.
#[derive(Clone, Copy)]
struct Met {
    base: &'static str,
    policy: &'static str,
}

const DEFAULT: Met = Met {
    base: BASE,
    policy: "{}\n",
};

/// The rows of the document: name, and what it says happens here.
fn rows(document: &str) -> Vec<(String, String)> {
    let cells = |line: &str| -> Vec<String> {
        // A `|` inside backticks would need more; no row has one.
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let lines = document.lines().filter(|line| line.starts_with("| "));
    lines
        .map(cells)
        .filter(|cells| cells[1] != "row")
        .map(|cells| (cells[1].clone(), cells[3].clone()))
        .collect()
}

#[test]
fn each_row_of_the_catalogue_is_found_or_does_no_harm() {
    let Some(tools) = Tools::or_skip("the conflict catalogue") else {
        return;
    };
    let document = std::fs::read_to_string(root().join("docs/conflicts.md")).unwrap();
    let rows = rows(&document);
    let mut run = BTreeSet::new();
    each_row(|row, met, earlier, later, expect| {
        run.insert(row.to_owned());
        let (_, says) = rows
            .iter()
            .find(|(name, _)| name == row)
            .unwrap_or_else(|| panic!("docs/conflicts.md has no row `{row}`"));
        hold(&tools, (row, says), met, (earlier, later), expect);
    });
    let forgotten: Vec<&String> = rows
        .iter()
        .map(|(row, _)| row)
        .filter(|row| !run.contains(*row))
        .collect();
    assert!(
        forgotten.is_empty(),
        "rows of docs/conflicts.md that nothing runs: {forgotten:#?}"
    );
}

/// Pushes both and looks at what becomes of them, and at what the document says of that row.
fn hold(tools: &Tools, (row, says): (&str, &str), met: Met, (earlier, later): (&str, &str), expect: Later) {
    use Later::{LosesTo, RefusedBy, Serves, ServesAndIsTold};
    let name = match expect {
        Serves => "harmless",
        LosesTo(check) | RefusedBy(check) | ServesAndIsTold(check) => check,
    };
    assert!(
        says.contains(name),
        "docs/conflicts.md says otherwise than `{name}`: {row}: {says}"
    );

    let component = if earlier.starts_with("modules") {
        Component::Blackbox
    } else if earlier.contains("metrics:") {
        Component::Cloudwatch
    } else {
        Component::Prometheus
    };
    let stage = Stage::new().with_tools(tools.clone());
    stage.memory.put("base/prometheus.yml", met.base);
    stage.memory.put("base/blackbox.yml", "modules: {}\n");
    stage.memory.put("base/cloudwatch.yml", "metrics: []\n");
    stage.memory.put("base/policy.yml", met.policy);
    let keys = [
        format!("apps/a/{component}/x.yml"),
        format!("apps/b/{component}/x.yml"),
    ];
    stage.memory.put(&keys[0], earlier);
    stage.memory.put(&keys[1], later);
    let ended = stage.run("conflict", pushed());
    let lanes = ended.lanes();
    assert_eq!(
        lanes.get(component.name()).map(String::as_str),
        Some("deployed"),
        "{row}: {lanes:?}"
    );

    let records: Vec<_> = stage.memory.world().records.values().cloned().collect();
    let told = records
        .iter()
        .find(|record| record.step == Author::Step(Step::Notify))
        .expect("the run came to its end");
    let result: notify::RunResult = serde_json::from_value(told.request["result"].clone()).unwrap();
    let of_component = result
        .lanes
        .iter()
        .find(|ended| ended.component == component)
        .unwrap();
    let bytes = stage
        .memory
        .read_object(of_component.verdicts.as_ref().unwrap())
        .now_or_never()
        .unwrap()
        .unwrap();
    let verdicts: Verdicts = serde_json::from_slice(&bytes).unwrap();
    let [first, second] = verdicts.fragments.as_slice() else {
        panic!("{row}: two fragments, {verdicts:?}")
    };
    let told = |of: &contract::FragmentVerdict, check: &str, severity: Severity| {
        of.problems
            .iter()
            .any(|problem| problem.check == check && problem.severity == severity)
    };
    assert_eq!(first.verdict, Verdict::Accepted, "{row}: {first:?}");
    let (serves, why) = match expect {
        Serves => (true, second.problems.iter().all(|p| p.severity == Severity::Info)),
        LosesTo(check) => (
            false,
            told(second, check, Severity::Error) && told(first, check, Severity::Warning),
        ),
        RefusedBy(check) => (false, told(second, check, Severity::Error)),
        ServesAndIsTold(check) => (
            true,
            !second.problems.is_empty() && second.problems.iter().all(|p| p.check == check),
        ),
    };
    assert_eq!(second.verdict == Verdict::Accepted, serves, "{row}: {second:?}");
    assert!(why, "{row}: {first:?} {second:?}");
}

/// A row's name, what its fragments meet, the earlier and the later fragment, and what is to become of the later.
fn each_row(mut run: impl FnMut(&str, Met, &str, &str, Later)) {
    use Later::{LosesTo, RefusedBy, Serves, ServesAndIsTold};
    each_clash_under_a_policy(&mut run);
    each_cloudwatch_row(&mut run);
    each_row_of_rules(&mut run);
    let mut check = |row: &str, earlier: &str, later: &str, expect| run(row, DEFAULT, earlier, later, expect);
    check(
        "sections put one below the other as text",
        &job("x"),
        &job("y"),
        Serves,
    );
    check(
        "the same target and labels from two jobs",
        "scrape_configs:\n- job_name: x\n  static_configs: [{targets: ['h:1']}]\n",
        "scrape_configs:\n- job_name: y\n  static_configs: [{targets: ['h:1'], labels: {owner: a}}]\n",
        RefusedBy("reserved_label"),
    );
    check(
        "a relative path",
        &job("x"),
        &job("y\n  authorization: {credentials_file: secret}"),
        RefusedBy("file_path"),
    );
    check("the same `job_name`", &job("x"), &job("x"), LosesTo("job_clash"));
    check(
        "`1` and `\"1\"` as `job_name`",
        &job("1"),
        &job("\"1\""),
        LosesTo("job_clash"),
    );
    check("a `job_name` in another case", &job("x"), &job("X"), Serves);
    check(
        "a `job_name` of the base",
        &job("x"),
        &job("base"),
        RefusedBy("duplicate_job"),
    );
    check(
        "a `scrape_timeout` above the base's interval",
        &job("x"),
        &job("y\n  scrape_timeout: 45s"),
        RefusedBy("timeout"),
    );
    check(
        "an interval below the base's timeout",
        &job("x"),
        &job("y\n  scrape_interval: 5s"),
        ServesAndIsTold("timeout"),
    );
    check(
        "the same anchor name",
        &job("x\n  params: &p {module: [a]}"),
        "scrape_configs:\n- job_name: y\n  static_configs: &s [{targets: [a.internal:1]}]\n  params: &p {module: [b]}\n- job_name: z\n  static_configs: *s\n  params: *p\n",
        Serves,
    );
    check(
        "an alias of another fragment's anchor",
        &job("x\n  params: &p {module: [a]}"),
        &job("y\n  params: *p"),
        RefusedBy("yaml_alias"),
    );
    for section in [
        "remote_write",
        "remote_read",
        "alerting",
        "rule_files",
        "scrape_config_files",
        "global",
    ] {
        check(
            &format!("`{section}` in a fragment"),
            &job("x"),
            &format!("{section}: {{}}\n"),
            RefusedBy("section"),
        );
    }
    check(
        "the same module name",
        "modules: {m: {prober: tcp}}\n",
        "modules: {m: {prober: icmp}}\n",
        LosesTo("module_clash"),
    );
}

/// Rows of groups and their rules.
fn each_row_of_rules(run: &mut impl FnMut(&str, Met, &str, &str, Later)) {
    use Later::{RefusedBy, Serves};
    let mut check = |row: &str, earlier: &str, later: &str, expect| run(row, DEFAULT, earlier, later, expect);
    check(
        "the same series recorded twice by one owner",
        &job("x"),
        "groups:\n- {name: g, rules: [{record: a, expr: up}]}\n- {name: h, rules: [{record: a, expr: up == 0}]}\n",
        Serves,
    );
    check(
        "a rule records `up`",
        &job("x"),
        &rule("{record: up, expr: vector(1)}"),
        RefusedBy("reserved_series"),
    );
    check(
        "the same group name in two files",
        &rule("{record: a, expr: up}"),
        &rule("{record: b, expr: up}"),
        Serves,
    );
    check(
        "the same group name in one file",
        &job("x"),
        "groups:\n- {name: g, rules: []}\n- {name: g, rules: []}\n",
        RefusedBy("duplicate_group"),
    );
    check(
        "the same series twice in one group",
        &job("x"),
        "groups:\n- name: g\n  rules:\n  - {record: a, expr: vector(1)}\n  - {record: a, expr: vector(2)}\n",
        RefusedBy("duplicate_rule"),
    );
    check(
        "an alert's label and its group's",
        &job("x"),
        "groups:\n- name: g\n  labels: {severity: page}\n  rules:\n  - {alert: A, expr: up == 0, labels: {severity: none}}\n",
        Serves,
    );
    check(
        "the same file name of two teams",
        &rule("{record: a, expr: up}"),
        &rule("{record: b, expr: up}"),
        Serves,
    );
}

/// Rows that the policy or the base decides.
fn each_clash_under_a_policy(run: &mut impl FnMut(&str, Met, &str, &str, Later)) {
    use Later::{LosesTo, RefusedBy, Serves};
    let unlabelled = Met {
        policy: "owner_label: ''\n",
        ..DEFAULT
    };
    let recorded = [rule("{record: a, expr: up}"), rule("{record: a, expr: up == 0}")];
    let alerts = [
        rule("{alert: A, expr: up == 0}"),
        rule("{alert: A, expr: up == 1}"),
    ];
    for met in [DEFAULT, unlabelled] {
        let row = "the same series recorded by two owners";
        run(
            row,
            met,
            &recorded[0],
            &recorded[1],
            LosesTo("recording_rule_clash"),
        );
    }
    let row = "the same alert and labels of two owners";
    run(row, DEFAULT, &alerts[0], &alerts[1], Serves);
    run(row, unlabelled, &alerts[0], &alerts[1], LosesTo("alert_clash"));
    let twice = Met {
        base: "rule_files: [rules/*.yml, 'rules/b*.yml']\nscrape_configs:\n- job_name: base\n",
        ..DEFAULT
    };
    run(
        "one file matched by two patterns",
        twice,
        &recorded[0],
        &rule("{record: b, expr: up}"),
        Serves,
    );
    let honest = Met {
        policy: "jobs: {honor_labels: false}\n",
        ..DEFAULT
    };
    let honors = job("y\n  honor_labels: true");
    run(
        "`honor_labels: true`",
        honest,
        &job("x"),
        &honors,
        RefusedBy("forbidden_field"),
    );
}

/// Rows of the one exporter.
fn each_cloudwatch_row(run: &mut impl FnMut(&str, Met, &str, &str, Later)) {
    use Later::{LosesTo, Serves};
    let metric = |top: &str, name: &str| {
        format!(
            "{top}metrics:\n- {{aws_namespace: AWS/SQS, aws_metric_name: {name}, aws_statistics: [Sum]}}\n"
        )
    };
    let (here, there) = ("region: eu-west-1\n", "region: us-east-1\n");
    let mut check = |row: &str, earlier: &str, later: &str, expect| run(row, DEFAULT, earlier, later, expect);
    check(
        "another `region` or `role_arn` for CloudWatch",
        &metric(here, "A"),
        &metric(there, "B"),
        LosesTo("region_clash"),
    );
    check(
        "other defaults at the top for CloudWatch",
        &metric(&format!("{here}period_seconds: 60\n"), "A"),
        &metric(&format!("{here}period_seconds: 300\n"), "B"),
        Serves,
    );
    check(
        "the same CloudWatch namespace and metric",
        &metric(here, "A"),
        &metric(here, "A"),
        LosesTo("metric_clash"),
    );
}
