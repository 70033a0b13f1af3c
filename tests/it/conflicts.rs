//! The conflict catalogue, `docs/conflicts.md`: fragments of two teams, each fine alone, pushed together through the whole definition.
//! In: a row's name and both files. Out: who serves, and the check that says why not. Where the document says that a row is harmless,
//! both serve here.

use crate::stage::{Stage, pushed, root};
use crate::tools::Tools;
use contract::ports::ReadObject as _;
use contract::{Author, Component, Severity, Step, Verdict, Verdicts};
use futures_util::FutureExt as _;

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
    format!("scrape_configs:\n- job_name: {rest}\n")
}

fn rule(rest: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - {rest}\n")
}

#[test]
fn each_row_of_the_catalogue_is_found_or_does_no_harm() {
    let Some(tools) = Tools::or_skip("the conflict catalogue") else {
        return;
    };
    let document = std::fs::read_to_string(root().join("docs/conflicts.md")).unwrap();
    let mut rows = 0;
    each_row(|row, earlier, later, expect| {
        rows += 1;
        hold(&tools, &document, row, (earlier, later), expect);
    });
    assert!(rows > 15, "{rows}");
}

/// Pushes both and looks at what becomes of them, and at what the document says of that row.
fn hold(tools: &Tools, document: &str, row: &str, (earlier, later): (&str, &str), expect: Later) {
    use Later::{LosesTo, RefusedBy, Serves, ServesAndIsTold};
    let line = document
        .lines()
        .find(|line| line.starts_with(&format!("| {row} |")));
    let line = line.unwrap_or_else(|| panic!("docs/conflicts.md has no row `{row}`"));
    let name = match expect {
        Serves => "harmless",
        LosesTo(check) | RefusedBy(check) | ServesAndIsTold(check) => check,
    };
    assert!(
        line.contains(name),
        "docs/conflicts.md says otherwise than `{name}`: {line}"
    );

    let component = if earlier.starts_with("modules") {
        Component::Blackbox
    } else {
        Component::Prometheus
    };
    let stage = Stage::new().with_tools(tools.clone());
    stage.memory.put("base/prometheus.yml", BASE);
    stage.memory.put("base/blackbox.yml", "modules: {}\n");
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
        Serves => (true, second.problems.is_empty()),
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

/// A row's name, the earlier and the later fragment, and what is to become of the later.
fn each_row(mut check: impl FnMut(&str, &str, &str, Later)) {
    use Later::{LosesTo, RefusedBy, Serves, ServesAndIsTold};
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
        "scrape_configs:\n- job_name: y\n  params: &p {module: [b]}\n- job_name: z\n  params: *p\n",
        Serves,
    );
    check(
        "an alias of another fragment's anchor",
        &job("x\n  params: &p {module: [a]}"),
        &job("y\n  params: *p"),
        RefusedBy("yaml_alias"),
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
