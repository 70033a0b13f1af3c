//! What validate promises, over memory and a scripted tool: words in a file decide what the tool does with
//! it.

use crate::ask::{Asker, Question, Said};
use crate::assembly::{self, Frame};
use crate::said::{self, Shown};
use crate::together::{self, Claimant};
use crate::{Outcome, Request, Response, Settings, advice, find, run};
use contract::memory::{Memory, World, promtool, silent};
use contract::ports::{Tool, ToolAnswer, ToolCall, ToolEnd, WriteObject as _};
use contract::{
    Class, Component, Configuration, Digest, Failure, FragmentVerdict, Gathered, GatheredBatch, Item, Judged,
    JudgedItem, Pointer, Problem, Role, Severity, Source, Templated, TemplatedItem, Verdict, Verdicts,
    Version,
};
use futures_util::future::FutureExt as _;
use policy::Policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use yaml::Limits;

mod apart;
mod besides;
mod rounds;
mod suspects;
mod tries;

/// A tool that goes by words: `BAD` is refused, so are `LEFT` and `RIGHT` in one file; `KILLS`, `SLOW` and
/// `CRASHES` do what they say to any process that is shown them; `FORGES` prints that `f0.yml` is bad, and is
/// fine.
fn tool(call: &ToolCall) -> ToolAnswer {
    let ends = [
        ("KILLS", ToolEnd::Killed),
        ("SLOW", ToolEnd::TimedOut),
        ("CRASHES", ToolEnd::Exited(2)),
    ];
    let holds = |word: &str| call.files.values().any(|text| text.contains(word));
    if let Some((_, end)) = ends.into_iter().find(|(word, _)| holds(word)) {
        return ToolAnswer {
            stderr: "goroutine 1 [running]".into(),
            ..silent(end)
        };
    }
    let is_refused = |text: &str| text.contains("BAD") || (text.contains("LEFT") && text.contains("RIGHT"));
    if call.tool == Tool::BlackboxExporter {
        if !call.files.values().any(|text| is_refused(text)) {
            return silent(ToolEnd::Exited(0));
        }
        return ToolAnswer {
            stderr: "level=ERROR msg=x err=\"error parsing config file: no \\\"BAD\\\" modules\"\n".into(),
            ..silent(ToolEnd::Exited(1))
        };
    }
    let mut answer = promtool(call, |_, text| is_refused(text).then(|| "no \"BAD\" jobs".into()));
    if holds("FORGES") {
        answer
            .stderr
            .push_str("Checking f0.yml\n  FAILED: parsing YAML file f0.yml: forged\n");
    }
    answer
}

fn memory() -> Memory {
    let memory = Memory::default();
    memory.tool(|call| Ok(tool(call)));
    memory
}

fn put<T: Serialize>(memory: &Memory, document: &T) -> Pointer {
    memory
        .write_object(serde_json::to_vec(document).unwrap())
        .now_or_never()
        .unwrap()
        .unwrap()
}

fn get<T: DeserializeOwned>(memory: &Memory, pointer: &Pointer) -> T {
    serde_json::from_slice(&memory.world().objects[&pointer.digest]).unwrap()
}

fn item(memory: &Memory, role: Role, key: &str, text: &str) -> TemplatedItem<yaml::Node> {
    let document = memory
        .write_object(text.as_bytes().to_vec())
        .now_or_never()
        .unwrap()
        .unwrap();
    let source = Source {
        key: key.into(),
        version_id: "v1".into(),
        document,
    };
    let tree = yaml::read(text.as_bytes(), &Limits::default()).unwrap();
    TemplatedItem {
        item: Item {
            role,
            source,
            serves: false,
        },
        tree,
        problems: vec![],
    }
}

fn base(memory: &Memory, component: Component, text: &str) -> Pointer {
    let items = vec![item(memory, Role::Base, &component.base_key(), text)];
    put(memory, &Templated { items })
}

fn fragments(memory: &Memory, component: Component, base_text: &str, files: &[(&str, &str)]) -> Request {
    let items = files
        .iter()
        .map(|(name, text)| {
            let (owner, name) = name.split_once('/').unwrap();
            item(
                memory,
                Role::Current,
                &format!("apps/{owner}/{component}/{name}.yml"),
                text,
            )
        })
        .collect();
    Request::Fragments {
        run: "run".into(),
        component,
        policy: None,
        base: (!base_text.is_empty()).then(|| base(memory, component, base_text)),
        templated: put(memory, &Templated { items }),
    }
}

fn answer(memory: &Memory, request: Request) -> Result<Response, Failure> {
    run(memory, &Settings::default(), request).now_or_never().unwrap()
}

/// What was said of them one by one.
fn all_judged(
    memory: &Memory,
    items: &[TemplatedItem<yaml::Node>],
    accepted: impl Fn(&Item) -> bool,
) -> Pointer {
    let items = items.iter().map(|it| JudgedItem {
        item: it.item.clone(),
        accepted: accepted(&it.item),
        problems: vec![],
        accepted_rules: None,
    });
    put(
        memory,
        &Judged {
            items: items.collect(),
        },
    )
}

fn judged(memory: &Memory, request: Request) -> Judged {
    match answer(memory, request).unwrap() {
        Response::Fragments { judged, .. } => get(memory, &judged),
        Response::Configuration { .. } | Response::Refusal { .. } => panic!("an answer about fragments"),
    }
}

/// `key:line:column severity check: message`, one a line.
fn told(problems: &[Problem]) -> String {
    let lines = problems
        .iter()
        .map(|p| format!("{} {} {}: {}", p.place(), p.severity, p.check, p.message));
    lines.collect::<Vec<_>>().join("\n")
}

const BASE: &str = "global: {scrape_interval: 1m}\nscrape_configs:\n- job_name: base\n";

fn job(name: &str) -> String {
    format!("scrape_configs:\n- job_name: {name}\n  static_configs: [{{targets: [a.internal:1]}}]\n")
}

fn rules(record: &str, expr: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - record: {record}\n    expr: {expr}\n")
}

// --- the request and the response, as the state machine has them

#[test]
fn requests_are_what_the_definition_sends() {
    let pointer = serde_json::to_value(Pointer::to(b"x")).unwrap();
    let check = |request: serde_json::Value, fits: bool| {
        let shown = request.to_string();
        assert_eq!(
            serde_json::from_value::<Request>(request).is_ok(),
            fits,
            "{shown}"
        );
    };
    check(
        serde_json::json!({"run": "r", "component": "blackbox", "what": "fragments", "base": null, "templated": pointer}),
        true,
    );
    let whole = serde_json::json!({
        "run": "r", "component": "prometheus", "what": "configuration", "configuration": pointer, "verdicts": pointer,
        "base": pointer, "gathered": pointer, "culprits": null, "round": 0,
    });
    check(whole.clone(), true);
    let mut further = whole;
    further["more"] = 1.into();
    check(further, false);
    check(
        serde_json::json!({"run": "r", "component": "prometheus", "what": "everything"}),
        false,
    );
    let response = Response::Configuration {
        outcome: Outcome::Proven,
        culprits: None,
        problems: 0,
        round: 1,
        suspicion: None,
    };
    assert_eq!(
        serde_json::to_value(response).unwrap(),
        serde_json::json!({"outcome": "proven", "culprits": null, "problems": 0, "round": 1, "suspicion": null}),
    );
}

// --- fragments

#[test]
fn a_name_that_is_too_much_to_follow_is_refused() {
    let check = |length: usize, expect: &str| {
        let memory = memory();
        let rule = "{source_labels: [x], regex: '(a{0,600})', target_label: __name__}";
        let job = format!(
            "scrape_configs:\n- job_name: j\n  static_configs: [{{targets: ['h:1'], labels: {{x: {}}}}}]\n  \
             metric_relabel_configs: [{rule}]\n",
            "a".repeat(length)
        );
        let files = [("a/x", job.as_str())];
        let judged = judged(&memory, fragments(&memory, Component::Prometheus, BASE, &files));
        let errors = judged.items[0].problems.iter();
        let errors = errors.filter(|it| it.severity == Severity::Error);
        assert_eq!(
            errors.map(|it| it.check.as_str()).collect::<Vec<_>>().join(" "),
            expect
        );
    };
    check(50, "");
    check(50_000, "reserved_series");
}

fn check_each(component: Component, base: &str, files: &[(&str, &str)], expect: &str) {
    let memory = memory();
    let judged = judged(&memory, fragments(&memory, component, base, files));
    assert_eq!(judged.items.len(), files.len());
    let problems: Vec<Problem> = judged
        .items
        .iter()
        .flat_map(|item| item.problems.clone())
        .collect();
    let rejected = judged.items.iter().filter(|item| !item.accepted).count();
    assert_eq!(
        format!("{rejected} rejected\n{}", told(&problems)).trim_end(),
        expect
    );
}

#[test]
fn each_fragment_gets_its_own_verdict() {
    let prometheus = Component::Prometheus;
    check_each(prometheus, BASE, &[], "0 rejected");
    check_each(
        prometheus,
        BASE,
        &[("a/x", &job("fine")), ("b/x", &rules("r", "up"))],
        "0 rejected",
    );
    check_each(
        prometheus,
        BASE,
        &[
            ("a/x", &job("fine")),
            (
                "b/x",
                "scrape_configs:\n- job_name: j\n  metrics_path: BAD\n  static_configs: [{targets: [a.internal:1]}]\n",
            ),
            ("c/x", &job("FORGES")),
        ],
        "1 rejected\napps/b/prometheus/x.yml:3:17 error promtool: no \"BAD\" jobs",
    );
    // A good job beside a bad rule.
    check_each(
        prometheus,
        BASE,
        &[("a/x", &format!("{}{}", job("fine"), rules("r", "BAD")))],
        "1 rejected\napps/a/prometheus/x.yml:8:11 error promtool: no \"BAD\" jobs",
    );
    // All at once: the tool is shown what is left when ours is taken out.
    check_each(
        prometheus,
        BASE,
        &[("a/x", "global: {}\nscrape_configs: [{metrics_path: BAD}]\n")],
        "1 rejected\n\
         apps/a/prometheus/x.yml:1:1 error section: `global` is not allowed here: a fragment holds `scrape_configs` and `groups`\n\
         apps/a/prometheus/x.yml:2:18 error shape: a job needs `job_name`\n\
         apps/a/prometheus/x.yml:2:33 error promtool: no \"BAD\" jobs",
    );
    // A base that is bad by itself is not held against fragments, and its own faults are not theirs.
    check_each(
        prometheus,
        "scrape_configs:\n- job_name: base\n  metrics_path: BAD\n",
        &[("a/x", &job("fine")), ("b/x", &job("BAD"))],
        "1 rejected\napps/b/prometheus/x.yml:2:13 error promtool: no \"BAD\" jobs",
    );
    check_each(
        Component::Blackbox,
        "modules: {base: {prober: tcp}}\n",
        &[
            ("a/x", "modules: {m: {prober: http}}\n"),
            ("b/x", "modules: {m: {prober: http, BAD: 1}}\n"),
        ],
        "1 rejected\napps/b/blackbox/x.yml:1:29 error blackbox_exporter: no \"BAD\" modules",
    );
    check_each(
        Component::Cloudwatch,
        "",
        &[(
            "a/x",
            "metrics:\n- aws_namespace: AWS/SQS\n  aws_metric_name: 5\n",
        )],
        "1 rejected\napps/a/cloudwatch/x.yml:1:1 info cost: about $0.09 a month for 8760 requests to CloudWatch; the budget \
         for all metrics of `a` is $200.00 (`metrics.budget_dollars_per_month` of the policy)\n\
         apps/a/cloudwatch/x.yml:3:20 error metric: `aws_metric_name` is text; `5` is not, without quotes",
    );
}

#[test]
fn a_wrong_field_hides_nothing_and_makes_nothing_else_wrong() {
    let check = |files: &[(&str, &str)], expect: &str| check_each(Component::Prometheus, BASE, files, expect);
    // Nothing is said of what depends on what is wrong.
    check(
        &[(
            "a/x",
            &format!(
                "{}  scrape_interval: 5 minutes\n  scrape_timeout: 2m\n",
                job("fine")
            ),
        )],
        "1 rejected\n\
         apps/a/prometheus/x.yml:4:20 error shape: `scrape_interval` is a duration; this is `5 minutes`",
    );
    // All of one rule at once.
    check(
        &[(
            "a/x",
            "groups:\n- name: g\n  rules:\n  - {alert: a, expr: BAD, for: 5 minutes, annotations: text}\n",
        )],
        "1 rejected\n\
         apps/a/prometheus/x.yml:4:22 error promtool: no \"BAD\" jobs\n\
         apps/a/prometheus/x.yml:4:32 error shape: `for` is a duration; this is `5 minutes`\n\
         apps/a/prometheus/x.yml:4:56 error shape: `annotations` is a map; this is `text`",
    );
}

#[test]
fn a_field_that_nobody_knows_is_left_to_the_tool_of_a_newer_server() {
    let check = |version: &str, expect: &str| {
        let memory = memory();
        let settings = Settings {
            prometheus: Version::parse(version).unwrap(),
            ..Settings::default()
        };
        let files = [(
            "a/x",
            "scrape_configs:\n- job_name: a\n  of_tomorrow: true\n  static_configs: [{targets: [a.internal:1]}]\n",
        )];
        let request = fragments(&memory, Component::Prometheus, BASE, &files);
        let Response::Fragments { judged, .. } =
            run(&memory, &settings, request).now_or_never().unwrap().unwrap()
        else {
            panic!("an answer about fragments")
        };
        let judged: Judged = get(&memory, &judged);
        assert_eq!(told(&judged.items[0].problems).trim_end(), expect, "{version}");
    };
    let unknown = "apps/a/prometheus/x.yml:3:3 error shape: `of_tomorrow` is no field of a job (Prometheus";
    check("2.53.3", &format!("{unknown} 2.53.3)"));
    check("3.13.5", &format!("{unknown} 3.13.5)"));
    check("3.13.9", &format!("{unknown} 3.13.9)"));
    check("3.14.0", "");
}

#[test]
fn promtool_has_to_be_of_the_server_s_version() {
    let check = |component: Component, files: &[(&str, &str)], expect: Option<Version>| {
        let memory = memory();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let hear = Arc::clone(&asked);
        memory.tool(move |call| {
            hear.lock().unwrap().push(call.version);
            Ok(tool(call))
        });
        judged(&memory, fragments(&memory, component, "", files));
        let asked = asked.lock().unwrap();
        assert!(
            !asked.is_empty() && asked.iter().all(|version| *version == expect),
            "{asked:?}"
        );
    };
    let jobs_and_rules = format!("{}{}", job("fine"), rules("r", "up"));
    check(
        Component::Prometheus,
        &[("a/x", &jobs_and_rules)],
        Some(Settings::default().prometheus),
    );
    check(
        Component::Blackbox,
        &[("a/x", "modules:\n  m: {prober: tcp}\n")],
        None,
    );
}

#[test]
fn a_fragment_that_the_tool_cannot_finish_is_found_among_others() {
    let check = |word: &str, says: &str| {
        let memory = memory();
        let (fine, bad) = (job("fine"), job(word));
        let request = fragments(
            &memory,
            Component::Prometheus,
            BASE,
            &[("a/x", &fine), ("b/x", &bad), ("c/x", &fine)],
        );
        let judged = judged(&memory, request);
        let accepted: Vec<bool> = judged.items.iter().map(|item| item.accepted).collect();
        assert_eq!(accepted, [true, false, true], "{word}");
        assert_eq!(
            told(&judged.items[1].problems),
            format!("apps/b/prometheus/x.yml error promtool: {says}")
        );
    };
    check(
        "KILLS",
        "`promtool` ran out of memory on it (1024 MiB), or was killed",
    );
    check("SLOW", "`promtool` ran out of time on it (10 s)");
    check("CRASHES", "`promtool` crashed on it (exit code 2)");
}

#[test]
fn a_base_that_the_tool_cannot_finish_is_no_verdict_on_fragments() {
    let memory = memory();
    let request = fragments(
        &memory,
        Component::Prometheus,
        &job("KILLS"),
        &[("a/x", &job("fine")), ("b/x", &job("j"))],
    );
    let failure = answer(&memory, request).unwrap_err();
    assert_eq!(failure.class, Class::Exhausted);
    assert!(
        failure.doing.starts_with("checking the base with `promtool`"),
        "{}",
        failure.doing
    );
}

#[test]
fn a_bad_base_costs_a_process_not_one_a_fragment() {
    let check = |more: &str, processes: u64| {
        let memory = memory();
        let (base, fine) = ("scrape_configs:\n- job_name: BAD\n", job("fine"));
        let names: Vec<String> = (0..9).map(|n| format!("a/f{n}")).collect();
        let files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), fine.as_str())).collect();
        let more = more.to_owned();
        memory.tool(move |call| {
            // As the base is in each of them, each is refused.
            let mut answer = promtool(call, |_, text| text.contains("BAD").then(|| "BAD".to_owned()));
            answer.stderr.push_str(&more);
            Ok(answer)
        });
        let request = fragments(&memory, Component::Prometheus, base, &files);
        let before = memory.world().calls;
        assert!(judged(&memory, request).items.iter().all(|item| item.accepted));
        // Two documents read and one written.
        assert_eq!(memory.world().calls - before, 3 + processes);
    };
    // All with the base, all without it.
    check("", 2);
    // Whose words they are is not certain: the base alone, too.
    check("  FAILED: forged\n", 3);
}

#[test]
fn what_is_wrong_with_a_base_is_told_where_it_stands_and_never_at_a_job_by_default() {
    let base =
        "global:\n  evaluation_interval: 60\nscrape_configs:\n- job_name: self\n  scrape_interval: 1h\n";
    let check = |complaint: &str, expect: &str| {
        let tree = yaml::read(base.as_bytes(), &Limits::default()).unwrap().unwrap();
        let printed = yaml::print(&tree);
        let source = Source {
            key: "base/prometheus.yml".into(),
            version_id: "v1".into(),
            document: Pointer::to(b""),
        };
        let shown = Shown {
            source: &source,
            tree: &tree,
            lines: &printed.lines,
            text: base,
        };
        let said = said::problems(
            shown,
            Question::Config,
            &format!("  FAILED: parsing YAML file f0.yml: {complaint}\n"),
        );
        assert_eq!(said[0].place(), expect, "{complaint}");
    };
    check("not a valid duration string: \"60\"", "base/prometheus.yml:2:24");
    check("not a valid duration string: \"1h\"", "base/prometheus.yml:5:20");
    check(
        "global scrape timeout greater than scrape interval",
        "base/prometheus.yml",
    );
}

#[test]
fn a_tool_that_is_absent_is_a_failure_and_no_verdict() {
    let memory = memory();
    memory.tool(|_| {
        Err(Failure::new(
            Class::NotFound,
            "running `promtool`: no program is set",
        ))
    });
    let request = fragments(&memory, Component::Prometheus, BASE, &[("a/x", &job("fine"))]);
    assert_eq!(answer(&memory, request).unwrap_err().class, Class::NotFound);
    // What needs no tool is answered without.
    let request = fragments(&memory, Component::Prometheus, BASE, &[("a/x", "global: {}\n")]);
    assert!(!judged(&memory, request).items[0].accepted);
}

#[test]
fn what_template_found_is_told_with_the_rest_in_line_order() {
    let memory = memory();
    let mut found = item(
        &memory,
        Role::Current,
        "apps/a/prometheus/x.yml",
        "global: {}\nscrape_configs: []\n",
    );
    let source = &found.item.source;
    found.problems =
        vec![Problem::new(source, Severity::Error, "placeholder", "`X_URL` is not set").at(2, 5)];
    let mut unreadable = item(&memory, Role::Current, "apps/b/prometheus/x.yml", "x");
    unreadable.tree = None;
    unreadable.problems = vec![Problem::new(
        &unreadable.item.source,
        Severity::Error,
        "yaml_syntax",
        "no",
    )];
    let mut empty = item(&memory, Role::Current, "apps/c/prometheus/x.yml", "");
    empty.problems = vec![Problem::new(
        &empty.item.source,
        Severity::Warning,
        "empty",
        "the file holds nothing",
    )];
    let templated = put(
        &memory,
        &Templated {
            items: vec![found, unreadable, empty],
        },
    );
    let request = Request::Fragments {
        run: "r".into(),
        component: Component::Prometheus,
        policy: None,
        base: None,
        templated,
    };
    let judged = judged(&memory, request);
    assert_eq!(
        judged.items.iter().map(|item| item.accepted).collect::<Vec<_>>(),
        [false, false, true]
    );
    let checks: Vec<&str> = judged.items[0]
        .problems
        .iter()
        .map(|problem| problem.check.as_str())
        .collect();
    assert_eq!(checks, ["section", "empty_section", "placeholder"]);
}

#[test]
fn a_placeholder_that_is_not_set_hides_nothing_and_makes_nothing_wrong() {
    // The tool does not take the rule without it.
    let memory = Memory::default();
    memory.tool(|call| {
        Ok(promtool(call, |_, text| {
            (!text.contains("X_URL")).then(|| "\"https://a/b\" is not a valid hostname".to_owned())
        }))
    });
    let text = "scrape_configs:\n- job_name: a\n  static_configs: [{targets: [https://a/b]}]\n  relabel_configs:\n  \
                - {target_label: __address__, replacement: X_URL}\n";
    let mut found = item(&memory, Role::Current, "apps/a/prometheus/x.yml", text);
    let problem = Problem::new(
        &found.item.source,
        Severity::Error,
        "placeholder",
        "`X_URL` is not set",
    );
    found.problems = vec![problem.at(5, 46)];
    let request = Request::Fragments {
        run: "r".into(),
        component: Component::Prometheus,
        policy: None,
        base: None,
        templated: put(&memory, &Templated { items: vec![found] }),
    };
    let problems = &judged(&memory, request).items[0].problems;
    let checks: Vec<&str> = problems.iter().map(|problem| &*problem.check).collect();
    assert_eq!(checks, ["placeholder"], "{problems:?}");
}

// --- asking

#[test]
fn few_processes_find_exactly_the_bad_files() {
    let check = |files: &[&str], expect: &str, processes: u64| {
        let memory = memory();
        let files: Vec<String> = files.iter().map(ToString::to_string).collect();
        let asker = Asker {
            ports: &memory,
            settings: &Settings::default(),
        };
        let said = asker
            .judge(Question::Rules, &files, false)
            .now_or_never()
            .unwrap()
            .unwrap();
        let seen: String = said
            .iter()
            .map(|said| match said {
                Said::Accepted => '.',
                Said::Refused(_) => 'x',
                Said::GaveUp(_) => '!',
            })
            .collect();
        assert_eq!(
            (seen.as_str(), memory.world().calls),
            (expect, processes),
            "{files:?}"
        );
    };
    check(&[], "", 0);
    check(&["a"], ".", 1);
    check(&["BAD"], "x", 1);
    check(&["a", "b", "c", "d"], "....", 1);
    check(&["a", "BAD", "c", "BAD"], ".x.x", 1);
    // Who refused them is certain, and whose the words are is not.
    check(&["a", "FORGES", "c", "BAD", "BAD"], "...xx", 3);
    check(&["a", "FORGES"], "..", 1);
    // In eight pieces, and so on: seven of them are certain at once.
    let mut many = vec!["BAD"; 64];
    many[9] = "BAD FORGES";
    check(&many, &"x".repeat(64), 1 + 8 + 8);
    check(&["a", "KILLS", "c", "BAD"], ".!.x", 5);
    // No process is shown more than 8 MiB at first.
    let large = "#".repeat(3 * 1024 * 1024);
    check(&[&large, &large, &large, "a", "BAD"], "....x", 2);
}

#[test]
fn what_promtool_does_not_say_as_it_does_is_asked_of_each_alone() {
    // What it prints of three files the last of which it refuses, and how many processes that takes.
    let check = |stdout: &str, stderr: &str, processes: u64| {
        let memory = memory();
        let (out, err) = (stdout.to_owned(), stderr.to_owned());
        memory.tool(move |call| {
            let code = i32::from(call.files.values().any(|text| text.contains("BAD")));
            let (stdout, stderr) = match call.files.len() {
                3 => (out.clone(), err.clone()),
                _ => (String::new(), "  FAILED: told\n".into()),
            };
            Ok(ToolAnswer {
                stdout,
                stderr,
                ..silent(ToolEnd::Exited(code))
            })
        });
        let files = ["a", "b", "BAD"].map(str::to_owned);
        let asker = Asker {
            ports: &memory,
            settings: &Settings::default(),
        };
        let said = asker
            .judge(Question::Rules, &files, false)
            .now_or_never()
            .unwrap()
            .unwrap();
        assert_eq!(
            said,
            [
                Said::Accepted,
                Said::Accepted,
                Said::Refused("  FAILED: told\n".into())
            ],
            "{stdout}"
        );
        assert_eq!(memory.world().calls, processes, "{stdout}\n{}", stderr.len());
    };
    let fine = "Checking f0.yml\n  SUCCESS: 1 rules found\n\nChecking f1.yml\n  SUCCESS: 2 rules found\n\nChecking f2.yml\n";
    let told = "  FAILED: told\n";
    check(fine, told, 1);
    // The log goes on between what is said of files.
    let logged = "time=2026-11-26T00:00:00.000Z level=WARN source=config.go:102 msg=\"Empty environment variable\" name=A\n";
    check(fine, &format!("{logged}{told}{logged}"), 1);
    // Who is refused is certain; that the words are its own, or that these are all, is not.
    check(fine, &format!("{told}{told}"), 2);
    check(fine, "told:  FAILED: told\n", 2);
    check(fine, &format!("{told}{}", "x".repeat(4 * 1024 * 1024)), 2);
    // Not of all files, or of others, or in another order, or of none that it is refused, or more than it says.
    for stdout in [
        "",
        "Checking f0.yml\n SUCCESS: f0.yml\n\nChecking f1.yml\n",
        &format!("{fine}Checking f3.yml\n"),
        &fine.replace("f1", "f9"),
        &fine.replace("f0", "f1"),
        &format!("{fine} SUCCESS: f2.yml\n"),
        &format!("  SUCCESS: 1 rules found\n{fine}"),
        &format!("{fine}more\n"),
    ] {
        check(stdout, told, 4);
    }
}

// --- what a tool says; outputs as promtool 3.13.5 and blackbox_exporter 0.26.0 print them

#[test]
fn messages_are_told_at_the_author_s_positions() {
    let check = |question: Question, text: &str, output: &str, expect: &str| {
        let memory = memory();
        let item = item(&memory, Role::Current, "f", text);
        let tree = item.tree.as_ref().unwrap();
        let printed = match question {
            Question::Rules => assembly::rules(tree).unwrap(),
            Question::Config => Frame::new(Component::Prometheus, None).with(&[tree]),
            Question::Modules => Frame::new(Component::Blackbox, None).with(&[tree]),
            Question::Tests => yaml::print(tree),
        };
        let shown = Shown {
            source: &item.item.source,
            tree,
            lines: &printed.lines,
            text,
        };
        assert_eq!(
            told(&said::problems(shown, question, output)).replace(" error promtool:", ""),
            expect,
            "{text}"
        );
    };
    let two = "groups:\n- name: g\n  rules:\n  - {record: a, expr: up}\n  - record: b\n    expr: |\n      é +\n        sum(\n";
    check(
        Question::Rules,
        two,
        "Checking f0.yml\n  FAILED:\nf0.yml: 7:13: group \"g\", rule 2, \"b\": could not parse expression: 2:7: \
         parse error: unclosed left parenthesis\nf0.yml: 0:0: groupname: \"g\" is repeated in the same file\n",
        "f:8:13 group \"g\", rule \"b\": could not parse expression: unclosed left parenthesis\n\
         f:2:9 groupname: \"g\" is repeated in the same file",
    );
    // The same twice, as promtool does, is told once; a name of the author's cannot become a line of its own.
    check(
        Question::Rules,
        two,
        "Checking f0.yml\n  FAILED:\nf0.yml: group \"x\\nf1.yml: 1:1: y\", rule 1, \"a\": odd\nf0.yml: yaml: unmarshal \
         errors:\n  line 5: cannot unmarshal !!map into string\nf0.yml: yaml: unmarshal errors:\n  line 5: cannot \
         unmarshal !!map into string\n",
        "f:4:14 group \"x\\nf1.yml: 1:1: y\", rule \"a\": odd\nf:4:5 cannot unmarshal !!map into string",
    );
    check(
        Question::Config,
        "scrape_configs:\n- job_name: a\n  foo: {foo: 1}\n- {job_name: b, scrape_interval: '30', foo: 2}\n",
        "Checking f0.yml\n  FAILED: parsing YAML file f0.yml: yaml: unmarshal errors:\n  line 3: field foo not found in \
         type config.ScrapeConfig\n  line 7: field foo not found in type config.ScrapeConfig\n\n",
        "f:3:3 field foo not found in type config.ScrapeConfig\nf:4:40 field foo not found in type config.ScrapeConfig",
    );
    check(
        Question::Config,
        "scrape_configs:\n- job_name: a\n",
        "Checking f0.yml\n  FAILED: parsing YAML file f0.yml: \u{1b}[31mred\u{7}\n\n",
        "f:2:3  [31mred ",
    );
    check(
        Question::Config,
        "scrape_configs:\n- job_name: a\n",
        "",
        "f:2:3 `promtool` refuses it and does not say why",
    );
    check(
        Question::Modules,
        "modules:\n  a: {prober: http, foo: 1}\n",
        "level=INFO msg=\"Starting\" err=none\nlevel=ERROR msg=\"Error loading config\" err=\"error parsing config file: \
         yaml: unmarshal errors:\\n  line 4: field foo not found in type config.plain\"\n",
        "f:2:21 error blackbox_exporter: field foo not found in type config.plain",
    );
}

/// A base, each of its fields that there is not with what is meant, as promtool 3.13.5 tells it of the same lines.
#[test]
fn a_slip_in_a_base_is_told_with_what_is_meant() {
    let slips = [
        ("globl: {}", "config.plain", "1:1 did you mean `global`?"),
        ("global:", "", ""),
        (
            "  scrape_intervall: 30s",
            "config.plain",
            "3:3 did you mean `scrape_interval`?",
        ),
        (
            "  extrenal_labels:",
            "config.plain",
            "4:3 did you mean `external_labels`?",
        ),
        ("    team: platform", "", ""),
        ("rule_file:", "config.plain", "6:1 did you mean `rule_files`?"),
        ("- rules.yml", "", ""),
        ("alerting:", "", ""),
        ("  alertmanagers:", "", ""),
        (
            "  - static_config: []",
            "config.AlertmanagerConfig",
            "10:5 did you mean `static_configs`?",
        ),
        ("    tls_config:", "", ""),
        ("      ca_fil: x", "config.plain", "12:7 did you mean `ca_file`?"),
        ("remote_write:", "", ""),
        ("- urll: x", "config.plain", "14:3 did you mean `url`?"),
        ("storage:", "", ""),
        ("  tsdbb: {}", "config.StorageConfig", "16:3 did you mean `tsdb`?"),
        ("scrape_configs:", "", ""),
        (
            "- job_nam: a",
            "config.ScrapeConfig",
            "18:3 did you mean `job_name`?",
        ),
        ("  relabel_configs:", "", ""),
        (
            "  - source_label: [a]",
            "relabel.plain",
            "20:5 did you mean `source_labels`?",
        ),
        (
            "  colour: red",
            "config.ScrapeConfig",
            "21:3 remove it, or see how far it is indented",
        ),
    ];
    let lines: Vec<&str> = slips.iter().map(|(line, ..)| *line).collect();
    let text = lines.join("\n");
    let memory = memory();
    let item = item(&memory, Role::Current, "f", &text);
    let tree = item.tree.as_ref().unwrap();
    let printed = yaml::print(tree);
    let mut output =
        "Checking f0.yml\n  FAILED: parsing YAML file f0.yml: yaml: unmarshal errors:\n".to_owned();
    for (line, kind, _) in slips.iter().filter(|(_, kind, _)| !kind.is_empty()) {
        let field = line.trim_start_matches([' ', '-']).split(':').next().unwrap();
        let number = 1 + printed.text.lines().position(|it| it.contains(field)).unwrap();
        writeln!(output, "  line {number}: field {field} not found in type {kind}").unwrap();
    }
    let shown = Shown {
        source: &item.item.source,
        tree,
        lines: &printed.lines,
        text: &text,
    };
    let said = said::problems(shown, Question::Config, &output);
    let told = said.iter().map(|problem| {
        let (line, column) = (
            problem.line.unwrap_or_default(),
            problem.column.unwrap_or_default(),
        );
        format!("{line}:{column} {}", problem.hint.as_deref().unwrap_or_default())
    });
    let expect = slips
        .iter()
        .map(|(.., told)| *told)
        .filter(|told| !told.is_empty());
    assert_eq!(told.collect::<Vec<_>>(), expect.collect::<Vec<_>>());
}

#[test]
fn what_a_tool_says_comes_with_what_to_do() {
    let check = |question: Question, message: &str, expect: &str| {
        let hint = advice::hint(question, message, "", None);
        assert!(hint.contains(expect), "{message}: {hint}");
    };
    let escaped = "could not parse expression: 1:4: parse error: unexpected character: '&'";
    for (line, expect) in [
        ("expr: up &gt; 1", "`&gt;` is `>` as HTML writes it: write `>`"),
        ("expr: up &lt; 1", "write `<`"),
        ("expr: a &amp;&amp; b", "write `and`"),
        ("expr: a & b", "write `and`"),
    ] {
        let hint = advice::hint(Question::Rules, escaped, line, None);
        assert!(hint.contains(expect), "{line}: {hint}");
    }
    let field = "field valid_statuscodes not found in type config.plain";
    check(Question::Modules, field, "did you mean `valid_status_codes`?");
    let section = "field moduless not found in type config.plain";
    check(Question::Modules, section, "did you mean `modules`?");
    check(
        Question::Modules,
        "field method not found in type config.plain",
        "how far it is indented",
    );
    check(
        Question::Modules,
        "field colour not found in type config.plain",
        "remove it",
    );
    check(Question::Config, field, "remove it");
    check(
        Question::Config,
        "field scrape_intervall not found in type config.ScrapeConfig",
        "`scrape_interval`?",
    );
    // More of one message than another is wrong in it: the first that fits is told.
    let parsing = "could not parse expression: 1:5: parse error: ";
    check(
        Question::Rules,
        &format!("{parsing}unexpected character: '&'"),
        "`and`",
    );
    check(
        Question::Rules,
        &format!("{parsing}unexpected character: 'm', expected ':'"),
        "`[5m]`",
    );
    check(
        Question::Rules,
        "annotation \"a\": template: __alert_A:1: function \"x\" not defined",
        "template_reference",
    );
    check(
        Question::Rules,
        "invalid field 'for' in recording rule",
        "only alerts",
    );
    check(
        Question::Config,
        "error parsing regexp: invalid escape sequence: `\\1`",
        "no back-reference",
    );
    check(
        Question::Config,
        "error parsing regexp: odd: `x`",
        "re2/wiki/Syntax",
    );
    // Nothing better is known: where to read on, by what was asked.
    check(Question::Rules, &format!("{parsing}odd"), "/querying/basics/");
    check(Question::Rules, "odd", "/recording_rules/");
    check(Question::Config, "odd", "#scrape_config");
    check(Question::Modules, "odd", "CONFIGURATION.md");
    check(Question::Tests, "odd", "unit_testing_rules");
}

#[test]
fn a_message_that_quotes_nothing_is_told_where_it_belongs() {
    let check = |job: &str, message: &str, expect: &str| {
        let memory = memory();
        let text = format!("scrape_configs:\n- job_name: a\n{job}");
        let item = item(&memory, Role::Current, "f", &text);
        let tree = item.tree.as_ref().unwrap();
        let shown = Shown {
            source: &item.item.source,
            tree,
            lines: &[],
            text: &text,
        };
        let output = format!("Checking f0.yml\n  FAILED: parsing YAML file f0.yml: {message}\n\n");
        let problems = said::problems(shown, Question::Config, &output);
        assert_eq!(problems[0].place(), format!("f:{expect}"), "{message}");
    };
    let address = "instance 1 in group 0: no address";
    check("  static_configs: [{targets: [a:1, '']}]\n", address, "3:36");
    check("  static_configs: [{targets: [a:1, ~]}]\n", address, "3:36");
    let urls = "  http_sd_configs: [{url: http://a.example}, {url: a.example}]\n";
    check(urls, "URL scheme must be 'http' or 'https'", "3:52");
    check(
        "  tls_config: {cert_file: c}\n",
        "exactly one of key or key_file must be configured when a client certificate is configured",
        "3:16",
    );
    check(
        "  tls_config: {min_version: TLS14}\n",
        "unknown TLS version: TLS14",
        "3:29",
    );
    check(
        "  dns_sd_configs: [{names: [a.example], type: A}]\n",
        "a port is required in DNS-SD configs for all record types except SRV",
        "3:3",
    );
    // The operator alone is quoted: the pattern that has nothing before it, and none that has.
    let repeats = |operator: &str| {
        format!("error parsing regexp: missing argument to repetition operator: `{operator}`")
    };
    let patterns = |second: &str| {
        format!(
            "  metrics_path: '*'\n  relabel_configs: [{{regex: 'a*|[*+]|\\*|x{{2}}|b*?'}}, {{regex: '{second}'}}]\n"
        )
    };
    check(&patterns("*x"), &repeats("*"), "4:61");
    check(&patterns("(a|*)"), &repeats("*"), "4:61");
    check(&patterns("a|*?"), &repeats("*?"), "4:61");
    check(&patterns("(?:{2})"), &repeats("{2}"), "4:61");
    check(&patterns("(?i)+"), &repeats("+"), "4:61");
    // In none of them, as far as is known: the job.
    check(&patterns("x"), &repeats("*"), "2:3");
    // A word of the language is nobody's value.
    check("  metrics_path: odd\n", "it is odd", "2:3");
}

#[test]
fn a_character_of_a_scalar_is_found_in_the_file_or_not_at_all() {
    let check = |text: &str, offset: usize, expect: Option<(u32, u32)>| {
        let tree = yaml::read(text.as_bytes(), &Limits::default()).unwrap().unwrap();
        let at = find::character(text, tree.get("a").unwrap(), offset);
        assert_eq!(at.map(|at| (at.line, at.column)), expect, "{text:?} at {offset}");
    };
    check("a: b c d", 2, Some((1, 6)));
    check("a: 'b c'", 2, Some((1, 7)));
    check("a: \"b c\"", 3, Some((1, 8)));
    check("a: éé c", 5, Some((1, 7)));
    check("a: b\n   c\n   d", 4, Some((3, 4)));
    check("a: |\n  b\n    c", 4, Some((3, 5)));
    check("a: >-  # folded\n  b\n\n  c", 2, Some((4, 3)));
    check("a: |\n  \"b\" c", 4, Some((2, 7)));
    // Said another way in the file: escapes, a placeholder that was replaced.
    check("a: 'b '' c'", 4, None);
    check("a: \"b\\x20\\\\c\"", 4, None);
}

// --- the whole

/// A merged configuration of these fragments, and the request to prove it.
fn whole(memory: &Memory, component: Component, base_text: &str, files: &[(&str, &str)]) -> Request {
    let items: Vec<_> = files
        .iter()
        .map(|(name, text)| {
            let (owner, name) = name.split_once('/').unwrap();
            item(
                memory,
                Role::Current,
                &format!("apps/{owner}/{component}/{name}.yml"),
                text,
            )
        })
        .collect();
    let verdicts = Verdicts {
        component,
        policy: None,
        platform: vec![],
        rule_tests: vec![],
        fragments: items
            .iter()
            .map(|item| FragmentVerdict {
                source: item.item.source.clone(),
                verdict: Verdict::Accepted,
                serving: Some(item.item.source.clone()),
                problems: vec![],
            })
            .collect(),
    };
    let mut written = BTreeMap::from([(component.main_file().to_owned(), base_text.to_owned())]);
    for (name, text) in files {
        written.get_mut(component.main_file()).unwrap().push_str(text);
        if text.contains("groups:") {
            written.insert(
                format!("rules/{}.yml", name.replace('/', "--")),
                (*text).to_owned(),
            );
        }
    }
    let configuration = Configuration {
        component,
        digest: Digest::of(b""),
        size: contract::Size::default(),
        jobs: BTreeMap::new(),
        files: written,
    };
    let batch = GatheredBatch {
        batch: Pointer::to(b"batch"),
        judged: all_judged(memory, &items, |_| true),
        templated: put(memory, &Templated { items }),
    };
    Request::Configuration {
        run: "run".into(),
        component,
        policy: None,
        rule_tests: None,
        configuration: put(memory, &configuration),
        verdicts: put(memory, &verdicts),
        base: Some(base(memory, component, base_text)),
        gathered: Some(put(
            memory,
            &Gathered {
                batches: vec![batch],
                killed: vec![],
                waiting: vec![],
            },
        )),
        culprits: None,
        round: 0,
        suspicion: None,
    }
}

fn proof(memory: &Memory, request: Request) -> (Outcome, Vec<Problem>) {
    match answer(memory, request).unwrap() {
        Response::Configuration {
            outcome,
            culprits,
            problems,
            round,
            suspicion: None,
        } => {
            let found: Vec<Problem> = culprits
                .map(|culprits| get(memory, &culprits))
                .unwrap_or_default();
            assert_eq!((found.len(), round), (problems, 1));
            (outcome, found)
        }
        response => panic!("an answer about the whole: {response:?}"),
    }
}

fn check_whole(component: Component, base: &str, files: &[(&str, &str)], outcome: Outcome, expect: &str) {
    let memory = memory();
    let (seen, problems) = proof(&memory, whole(&memory, component, base, files));
    assert_eq!((seen, told(&problems).as_str()), (outcome, expect));
}

#[test]
fn what_the_tool_takes_is_proven() {
    let check = |component, base: &str, files: &[(&str, &str)]| {
        check_whole(component, base, files, Outcome::Proven, "");
    };
    check(
        Component::Prometheus,
        BASE,
        &[("a/x", &job("a")), ("b/x", &rules("r", "up"))],
    );
    check(Component::Prometheus, BASE, &[]);
    check(
        Component::Blackbox,
        "modules: {base: {prober: tcp}}\n",
        &[("a/x", "modules: {a: {prober: http}}\n")],
    );
    check(
        Component::Cloudwatch,
        "region: x\n",
        &[("a/x", "metrics: [{aws_namespace: a, aws_metric_name: b}]\n")],
    );
}

#[test]
fn who_writes_nothing_but_faults_is_told_of_the_first_and_that_there_are_more() {
    let memory = memory();
    let warnings = "  - {action: keep}\n".repeat(60);
    let jobs = "- {job_name: b, x: y}\n".repeat(60);
    let text = format!("scrape_configs:\n- job_name: a\n  relabel_configs:\n{warnings}{jobs}");
    let judged = judged(
        &memory,
        fragments(&memory, Component::Prometheus, BASE, &[("a/x", &text)]),
    );
    let item = &judged.items[0];
    assert!(!item.accepted);
    let of = |severity| {
        item.problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count()
    };
    assert_eq!(
        (of(Severity::Error), of(Severity::Warning), of(Severity::Info)),
        (50, 0, 1)
    );
    assert!(item.problems.iter().any(|problem| problem.check == "more"));
}

#[test]
fn who_came_first_keeps_a_name_and_both_are_told() {
    let check = |files: &[(&str, &str)], expect: &str| {
        let outcome = if expect.is_empty() {
            Outcome::Proven
        } else {
            Outcome::Culprits
        };
        check_whole(Component::Prometheus, BASE, files, outcome, expect);
    };
    check(
        &[("a/x", &job("1")), ("b/x", &job("\"1\""))],
        "apps/b/prometheus/x.yml:2:13 error job_clash: job `1` is another fragment's already: `apps/a/prometheus/x.yml`\n\
         apps/a/prometheus/x.yml:2:13 warning job_clash: job `1` is wanted by `apps/b/prometheus/x.yml` too; yours keeps it",
    );
    check(
        &[("a/x", &job("base"))],
        "apps/a/prometheus/x.yml:2:13 error job_clash: job `base` is everybody's already: `base/prometheus.yml`\n\
         base/prometheus.yml:3:13 warning job_clash: job `base` is wanted by `apps/a/prometheus/x.yml` too; yours keeps it",
    );
    // b loses `one`, so it holds no `two` against c.
    let two = "scrape_configs:\n- job_name: one\n- job_name: two\n";
    check(
        &[("a/x", &job("one")), ("b/x", two), ("c/x", &job("two"))],
        "apps/b/prometheus/x.yml:2:13 error job_clash: job `one` is another fragment's already: `apps/a/prometheus/x.yml`\n\
         apps/a/prometheus/x.yml:2:13 warning job_clash: job `one` is wanted by `apps/b/prometheus/x.yml` too; yours keeps it",
    );
    // The same series by another expression, under another owner's name only.
    check(
        &[("a/x", &rules("r", "up")), ("b/x", &rules("r", "up + 1"))],
        "apps/b/prometheus/x.yml:4:13 error recording_rule_clash: \
         the recorded series `r` is another fragment's already: `apps/a/prometheus/x.yml`\n\
         apps/a/prometheus/x.yml:4:13 warning recording_rule_clash: \
         the recorded series `r` is wanted by `apps/b/prometheus/x.yml` too; yours keeps it",
    );
    check(&[("a/x", &rules("r", "up")), ("a/y", &rules("r", "up + 1"))], "");
    check(
        &[("a/x", &rules("r", "up  +  1")), ("b/x", &rules("r", "up + 1"))],
        "",
    );
    let labelled = "groups:\n- name: g\n  labels: {team: b}\n  rules:\n  - record: r\n    expr: up + 1\n";
    check(&[("a/x", &rules("r", "up")), ("b/x", labelled)], "");
}

#[test]
fn who_takes_a_name_or_labels_through_a_merge_key_clashes_all_the_same() {
    // `second` is the second rule of b's group, in line 5 and following.
    let check = |first: &str, second: &str, expect: Option<u32>| {
        let own = "groups:\n- name: g\n  rules:\n  - {record: 'x:y', expr: vector(1), labels: {a: '2'}}\n";
        let other = format!("groups:\n- name: g\n  rules:\n  - &r {{{first}}}\n{second}");
        let memory = memory();
        let files = [("a/x", own), ("b/x", other.as_str())];
        let (_, problems) = proof(&memory, whole(&memory, Component::Prometheus, BASE, &files));
        let mut errors = problems.iter().filter(|it| it.severity == Severity::Error);
        let found = errors.find(|it| it.check == "recording_rule_clash");
        assert_eq!(found.and_then(|it| it.line), expect, "{other}: {problems:#?}");
    };
    let written = "expr: vector(2), labels: {a: '2'}, record: ";
    check(
        &format!("{written} 'x:z'"),
        "  - <<: *r\n    record: x:y\n",
        Some(6),
    );
    check(&format!("{written} 'x:z'"), "  - <<: *r\n    record: x:w\n", None);
    let other = "record: 'x:y', expr: vector(2), labels: {a: '1'}";
    check(other, "  - <<: *r\n    labels: {a: '2'}\n", Some(5));
    check(other, "  - <<: *r\n    labels: {a: '3'}\n", None);
    let alert = "alert: A, expr: up, labels: &l {a: '2'}";
    check(
        alert,
        "  - {record: x:y, expr: vector(2), labels: {<<: *l}}\n",
        Some(5),
    );
    check(
        alert,
        "  - {record: x:y, expr: vector(2), labels: {<<: *l, b: c}}\n",
        None,
    );
    // By the same expression it is the same series, and does no harm.
    check(
        alert,
        "  - {record: x:y, expr: vector(1), labels: {<<: *l}}\n",
        None,
    );
}

#[test]
fn an_alert_is_one_owners_unless_its_labels_say_whose_it_is() {
    let alert = |labels: &str, rest: &str| {
        format!("groups:\n- name: g\n  rules:\n  - {{alert: A, expr: up, labels: {labels}{rest}}}\n")
    };
    let check = |policy: &Policy, first: &str, second: &str, expect: &str| {
        let memory = memory();
        let files = [("a/x", first), ("b/x", second)];
        let mut request = whole(&memory, Component::Prometheus, BASE, &files);
        if let Request::Configuration { policy: by, .. } = &mut request {
            *by = Some(Source {
                key: "base/policy.yml".into(),
                version_id: "v1".into(),
                document: put(&memory, policy),
            });
        }
        let outcome = if expect.is_empty() {
            Outcome::Proven
        } else {
            Outcome::Culprits
        };
        let (seen, problems) = proof(&memory, request);
        assert_eq!((seen, told(&problems).as_str()), (outcome, expect));
    };
    let (open, forced) = (Policy::open(), Policy::default());
    let (page, slow) = (
        alert("{severity: page}", ""),
        alert("{severity: page}", ", for: 5m"),
    );
    check(
        &open,
        &page,
        &slow,
        "apps/b/prometheus/x.yml:4:13 error alert_clash: the alert `A{severity=\"page\"}` is another fragment's already: `apps/a/prometheus/x.yml`\n\
         apps/a/prometheus/x.yml:4:13 warning alert_clash: the alert `A{severity=\"page\"}` is wanted by `apps/b/prometheus/x.yml` too; yours keeps it",
    );
    // The owner label makes two of them.
    check(&forced, &page, &slow, "");
    // The same to the letter says the same.
    check(&open, &page, &page, "");
}

#[test]
fn modules_have_one_name_each() {
    let module = "modules: {m: {prober: http}}\n";
    check_whole(
        Component::Blackbox,
        "modules: {}\n",
        &[("a/x", module), ("b/x", module)],
        Outcome::Culprits,
        "apps/b/blackbox/x.yml:1:11 error module_clash: module `m` is another fragment's already: `apps/a/blackbox/x.yml`\n\
         apps/a/blackbox/x.yml:1:11 warning module_clash: module `m` is wanted by `apps/b/blackbox/x.yml` too; yours keeps it",
    );
}

#[test]
fn who_makes_the_whole_bad_is_found() {
    let check = |files: &[(&str, &str)], expect: &str| {
        check_whole(Component::Prometheus, BASE, files, Outcome::Culprits, expect);
    };
    let pair = |word: &str| {
        format!("scrape_configs:\n- job_name: {word}\n  metrics_path: BAD\n").replace("BAD", word)
    };
    let (left, right) = (pair("LEFT"), pair("RIGHT"));
    let fine: Vec<String> = (0..20).map(|n| job(&format!("j{n}"))).collect();
    let mut files: Vec<(&str, &str)> = vec![("a/left", &left)];
    let names: Vec<String> = (0..20).map(|n| format!("b/f{n:02}")).collect();
    files.extend(
        names
            .iter()
            .zip(&fine)
            .map(|(name, text)| (name.as_str(), text.as_str())),
    );
    files.push(("c/right", &right));
    // Each fine alone, and beside everything between them: the later one of the two.
    check(
        &files,
        "apps/c/prometheus/right.yml:2:3 error promtool: no \"BAD\" jobs",
    );
    files.push(("d/bad", "scrape_configs:\n- job_name: BAD\n"));
    check(
        &files,
        "apps/c/prometheus/right.yml:2:3 error promtool: no \"BAD\" jobs\n\
         apps/d/prometheus/bad.yml:2:13 error promtool: no \"BAD\" jobs",
    );
    // Rules are in files of their own, so their owner is known at once. (The scripted configuration holds
    // them too.)
    let memory = memory();
    let request = whole(
        &memory,
        Component::Prometheus,
        BASE,
        &[("a/x", &rules("r", "up")), ("b/x", &rules("s", "SLOW"))],
    );
    memory.tool(|call| {
        let slow = call.arguments[1] == "rules" && call.files.values().any(|text| text.contains("SLOW"));
        Ok(silent(if slow {
            ToolEnd::TimedOut
        } else {
            ToolEnd::Exited(0)
        }))
    });
    let (outcome, problems) = proof(&memory, request);
    assert_eq!(outcome, Outcome::Culprits);
    assert_eq!(
        told(&problems),
        "apps/b/prometheus/x.yml error promtool: `promtool` ran out of time on it (10 s)"
    );
}

#[test]
fn rules_that_the_tool_accepted_already_are_not_asked_about_again() {
    let check = |accepted: &str, expect: &[&str]| {
        let memory = memory();
        let files = [("a/x", rules("one", "up")), ("b/x", rules("two", "up"))];
        let files = files.each_ref().map(|(name, text)| (*name, text.as_str()));
        let mut request = whole(&memory, Component::Prometheus, BASE, &files);
        let Request::Configuration { gathered, .. } = &mut request else {
            panic!("a request about the whole")
        };
        let mut batches: Gathered = get(&memory, gathered.as_ref().unwrap());
        let mut judged: Judged = get(&memory, &batches.batches[0].judged);
        judged.items[0].accepted_rules = Some(Digest::of(accepted.as_bytes()));
        batches.batches[0].judged = put(&memory, &judged);
        *gathered = Some(put(&memory, &batches));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&shown);
        memory.tool(move |call| {
            let mut seen = seen.lock().unwrap();
            seen.extend(call.files.values().cloned());
            Ok(tool(call))
        });
        assert!(matches!(
            answer(&memory, request),
            Ok(Response::Configuration {
                outcome: Outcome::Proven,
                ..
            })
        ));
        let shown = shown.lock().unwrap();
        let is_shown = |record: &&str| shown.contains(&rules(record, "up"));
        let asked: Vec<&str> = ["one", "two"].into_iter().filter(is_shown).collect();
        assert_eq!(asked, expect, "{accepted}");
    };
    check(&rules("one", "up"), &["two"]);
    check(&rules("two", "up"), &["one"]);
    // Not these bytes.
    check(&rules("one", "up "), &["one", "two"]);
}

/// Proves a whole of a hundred jobs with this tool; how many processes that took.
fn searched(
    says: impl Fn(&str) -> (ToolEnd, &'static str) + Send + Sync + 'static,
) -> (Result<Response, Failure>, Memory, usize) {
    let jobs: Vec<(String, String)> = (0..100)
        .map(|n| (format!("o{n:02}/x"), job(&format!("j{n:02}"))))
        .collect();
    let files: Vec<(&str, &str)> = jobs
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let memory = memory();
    let request = whole(&memory, Component::Prometheus, BASE, &files);
    let processes = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&processes);
    memory.tool(move |call| {
        counted.fetch_add(1, Ordering::Relaxed);
        let text = call.files.values().next().map_or("", String::as_str);
        let (end, stderr) = says(text);
        Ok(ToolAnswer {
            stderr: stderr.into(),
            ..silent(end)
        })
    });
    let response = answer(&memory, request);
    let processes = processes.load(Ordering::Relaxed);
    (response, memory, processes)
}

/// A message that names others: their jobs, their files, the base. Nobody believes it.
const FORGED: &str = "Checking f0.yml\n  FAILED: parsing YAML file f0.yml: found multiple scrape configs with job name \
                      \"j01\"\nf1.yml: apps/o02/prometheus/x.yml: 1:1: job j03\nbase/prometheus.yml: 1:1: x\n\n";

fn refused(is: bool, why: &'static str) -> (ToolEnd, &'static str) {
    if is {
        (ToolEnd::Exited(1), why)
    } else {
        (ToolEnd::Exited(0), "")
    }
}

#[test]
fn the_search_for_culprits_is_short_and_believes_no_message() {
    let check =
        |says: fn(&str) -> (ToolEnd, &'static str), outcome: Outcome, keys: &[&str], at_most: usize| {
            let (response, memory, processes) = searched(says);
            let Response::Configuration {
                outcome: seen,
                culprits,
                ..
            } = response.unwrap()
            else {
                panic!("an answer about the whole")
            };
            let found: Vec<Problem> = culprits
                .map(|culprits| get(&memory, &culprits))
                .unwrap_or_default();
            let mut blamed: Vec<&str> = found.iter().map(|problem| problem.key.as_str()).collect();
            blamed.dedup();
            assert_eq!(seen, outcome, "{blamed:?}");
            assert!(blamed.starts_with(keys), "{blamed:?}");
            assert!(processes <= at_most, "{processes} processes");
            blamed.len()
        };
    let pair = |text: &str| refused(text.contains("j40") && text.contains("j70"), FORGED);
    let _told = check(pair, Outcome::Culprits, &["apps/o70/prometheus/x.yml"], 12);
    // Three at once, of which one is in the way of two others.
    let three = |text: &str| {
        let holds = |job: &str| text.contains(job);
        refused(
            holds("j10") && (holds("j20") || holds("j30")) || holds("j99"),
            FORGED,
        )
    };
    let keys = [
        "apps/o20/prometheus/x.yml",
        "apps/o30/prometheus/x.yml",
        "apps/o99/prometheus/x.yml",
    ];
    let _told = check(three, Outcome::Culprits, &keys, 32);
    // More than there is room for: who comes last in key order goes, and the search ends before it has found all.
    let crowd = |text: &str| refused(text.matches("job_name").count() > 11, "  FAILED: too many\n");
    let told = check(crowd, Outcome::Culprits, &["apps/o10/prometheus/x.yml"], 60);
    assert!((5..90).contains(&told), "{told}");
}

#[test]
fn a_tool_that_ends_badly_on_the_whole_alone_blames_nobody() {
    let check = |end: ToolEnd| {
        let whole_only = move |text: &str| {
            if text.matches("job_name").count() > 100 {
                (end, "goroutine 1 [running]")
            } else {
                (ToolEnd::Exited(0), "")
            }
        };
        let (response, _, processes) = searched(whole_only);
        // The lane fails with it: what is live stays, and the platform team is told.
        assert_eq!(response.unwrap_err().class, Class::Exhausted, "{end:?}");
        assert_eq!(processes, 1, "{end:?}");
    };
    check(ToolEnd::Exited(2));
    check(ToolEnd::Killed);
    check(ToolEnd::TimedOut);
}

#[test]
fn what_is_nobody_s_fault_is_the_platform_team_s() {
    check_whole(
        Component::Prometheus,
        "scrape_configs:\n- job_name: base\n  metrics_path: BAD\n",
        &[("a/x", &job("a"))],
        Outcome::Refused,
        "base/prometheus.yml:3:17 error promtool: no \"BAD\" jobs",
    );
    // The base and the fragments are fine, and yet what Merge wrote is not.
    let memory = memory();
    let mut request = whole(&memory, Component::Prometheus, BASE, &[("a/x", &job("a"))]);
    let Request::Configuration { configuration, .. } = &mut request else {
        panic!()
    };
    let mut broken: Configuration = get(&memory, configuration);
    broken.files.insert("generation.yml".into(), "BAD".into());
    broken.files.insert("prometheus.yml".into(), "BAD".into());
    *configuration = put(&memory, &broken);
    let (outcome, problems) = proof(&memory, request);
    assert_eq!(outcome, Outcome::Refused);
    // Of the rules and of the main file.
    let refused = "base/prometheus.yml error promtool: no \"BAD\" jobs";
    assert_eq!(told(&problems), format!("{refused}\n{refused}"));
}

#[test]
fn earlier_rounds_are_carried_along() {
    let memory = memory();
    let earlier = item(&memory, Role::Current, "apps/z/prometheus/x.yml", "{}");
    let earlier = vec![Problem::new(
        &earlier.item.source,
        Severity::Error,
        "job_clash",
        "earlier",
    )];
    let earlier = put(&memory, &earlier);
    let check = |files: &[(&str, &str)], outcome: Outcome, problems: usize| {
        let mut request = whole(&memory, Component::Prometheus, BASE, files);
        let Request::Configuration { culprits, round, .. } = &mut request else {
            panic!()
        };
        (*culprits, *round) = (Some(earlier.clone()), 3);
        let response = answer(&memory, request).unwrap();
        let Response::Configuration {
            outcome: seen,
            culprits: Some(culprits),
            problems: counted,
            round: 4,
            suspicion: None,
        } = response
        else {
            panic!("{response:?}")
        };
        assert_eq!((seen, counted), (outcome, problems));
        let all: Vec<Problem> = get(&memory, &culprits);
        assert_eq!((all.len(), all[0].message.as_str()), (problems, "earlier"));
        assert_eq!(culprits == earlier, outcome == Outcome::Proven);
    };
    check(&[("a/x", &job("a"))], Outcome::Proven, 1);
    check(&[("a/x", &job("a")), ("b/x", &job("a"))], Outcome::Culprits, 3);
}

// --- unit tests of rules

/// Goes by words as [`tool`] does; a unit test passes if each alert that it names is in the rules that it names.
fn testing_tool(call: &ToolCall) -> ToolAnswer {
    if call.arguments[0] != "test" {
        return tool(call);
    }
    let slow = call.files.values().any(|text| text.contains("SLOW"));
    let mut answer = silent(ToolEnd::Exited(0));
    for name in &call.arguments[2..] {
        let test = yaml::read(call.files[name].as_bytes(), &Limits::default())
            .unwrap()
            .unwrap();
        let files = test.get("rule_files").unwrap().items();
        let rules: String = files
            .iter()
            .map(|path| call.files[path.text().unwrap()].as_str())
            .collect();
        let items = test.get("tests").unwrap().items();
        let alerts = items
            .iter()
            .flat_map(|one| one.get("alert_rule_test").unwrap().items());
        let missing = alerts.filter(|alert| !rules.contains(alert.get("alertname").unwrap().text().unwrap()));
        let mut said = String::new();
        for alert in missing {
            let word = |field: &str| alert.get(field).unwrap().text().unwrap();
            let (name, time) = (word("alertname"), word("eval_time"));
            writeln!(
                said,
                "    alertname: {name}, time: {time}, \n        exp:[x], \n        got:[]\n"
            )
            .unwrap();
        }
        if said.is_empty() {
            answer.stdout.push_str("  SUCCESS\n\n");
        } else {
            answer.end = ToolEnd::Exited(1);
            write!(answer.stderr, "  FAILED:\n{said}\n").unwrap();
        }
    }
    if slow {
        answer.end = ToolEnd::TimedOut;
    }
    answer
}

fn rule_test(alert: &str) -> String {
    format!("rule_files: [../x.yml]\ntests:\n- alert_rule_test:\n  - {{eval_time: 1m, alertname: {alert}}}\n")
}

/// A whole of these rules, some of which serve already, with unit tests; how many processes ran those.
fn tested(
    memory: &Memory,
    files: &[(&str, &str, bool)],
    tests: &[(&str, &str)],
    culprits: &[Problem],
) -> (Outcome, Vec<Problem>, usize) {
    let named: Vec<(&str, &str)> = files.iter().map(|(name, text, _)| (*name, *text)).collect();
    let mut request = whole(memory, Component::Prometheus, BASE, &named);
    let Request::Configuration {
        rule_tests,
        gathered,
        culprits: earlier,
        ..
    } = &mut request
    else {
        panic!()
    };
    let mut batches: Gathered = get(memory, gathered.as_ref().unwrap());
    let mut templated: Templated<yaml::Node> = get(memory, &batches.batches[0].templated);
    for (item, (_, _, serves)) in templated.items.iter_mut().zip(files) {
        item.item.serves = *serves;
    }
    batches.batches[0].templated = put(memory, &templated);
    *gathered = Some(put(memory, &batches));
    let source = |(key, text): &(&str, &str)| {
        let document = memory
            .write_object(text.as_bytes().to_vec())
            .now_or_never()
            .unwrap()
            .unwrap();
        Source {
            key: (*key).into(),
            version_id: "v1".into(),
            document,
        }
    };
    let sources: Vec<Source> = tests.iter().map(source).collect();
    *rule_tests = Some(put(memory, &sources));
    *earlier = (!culprits.is_empty()).then(|| put(memory, &culprits));
    let processes = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = processes.clone();
    memory.tool(move |call| {
        let is_test = usize::from(call.arguments[0] == "test");
        counted.fetch_add(is_test, std::sync::atomic::Ordering::Relaxed);
        Ok(testing_tool(call))
    });
    let (outcome, problems) = proof(memory, request);
    let problems = problems.into_iter().skip(culprits.len()).collect();
    (
        outcome,
        problems,
        processes.load(std::sync::atomic::Ordering::Relaxed),
    )
}

const A_TEST: &str = "apps/a/prometheus/tests/t.yml";

#[test]
fn a_failing_unit_test_rejects_what_is_new_of_what_it_tests() {
    let check = |files: &[(&str, &str, bool)], tests: &[(&str, &str)], outcome: Outcome, expect: &str| {
        let (seen, problems, _) = tested(&memory(), files, tests, &[]);
        assert_eq!((told(&problems).as_str(), seen), (expect, outcome));
    };
    let (down, up) = (rules("down", "up"), rules("up_again", "up"));
    check(
        &[("a/x", &down, false)],
        &[(A_TEST, &rule_test("down"))],
        Outcome::Proven,
        "",
    );
    let says = "alertname: up_again, time: 1m, exp:[x], got:[]";
    let told_at = |severity: &str| format!("{A_TEST}:4:32 {severity} rule_test: {says}");
    let rejects =
        format!("apps/a/prometheus/x.yml error rule_test: the unit test {A_TEST}:4:32 fails with it: {says}");
    let failing = rule_test("up_again");
    let bad = format!("{rejects}\n{}", told_at("error"));
    check(
        &[("a/x", &down, false)],
        &[(A_TEST, &failing)],
        Outcome::Culprits,
        &bad,
    );
    // What serves already stays: the test is told, and rejects nothing.
    check(
        &[("a/x", &down, true)],
        &[(A_TEST, &failing)],
        Outcome::Culprits,
        &told_at("warning"),
    );
    // Not what it does not test, and nothing of another owner, whatever its rules are called.
    check(
        &[("a/x", &down, true), ("a/y", &down, false), ("b/x", &up, false)],
        &[(A_TEST, &failing)],
        Outcome::Culprits,
        &told_at("warning"),
    );
    // Without a list: all rules of its owner.
    let all = failing.replace("rule_files: [../x.yml]", "evaluation_interval: 1m");
    check(
        &[("a/x", &down, false), ("a/y", &up, false)],
        &[(A_TEST, &all)],
        Outcome::Proven,
        "",
    );
    let any = failing.replace("../x.yml", "'../*.yml'");
    check(
        &[("a/x", &down, false), ("a/y", &up, false)],
        &[(A_TEST, &any)],
        Outcome::Proven,
        "",
    );
}

#[test]
fn a_unit_test_that_cannot_be_run_is_told_and_rejects_nothing() {
    let check = |test: &str, expect: &str| {
        let (outcome, problems, _) = tested(
            &memory(),
            &[("a/x", &rules("r", "up"), false)],
            &[(A_TEST, test)],
            &[],
        );
        assert_eq!(
            (told(&problems).as_str(), outcome),
            (expect, Outcome::Culprits),
            "{test}"
        );
    };
    let outside = |path: &str| {
        format!("{A_TEST}:1:14 error rule_test: `{path}` is no file of rules that a test may name")
    };
    for path in [
        "/proc/self/environ",
        "../../../b/prometheus/x.yml",
        "x.yml",
        "../x.yaml",
        "../[a-z].yml",
    ] {
        check(&format!("rule_files: ['{path}']\n"), &outside(path));
    }
    check(
        "rule_files: yes\n",
        &format!("{A_TEST}:1:13 error rule_test: `rule_files` is a list"),
    );
    check(
        "rule_files: [../gone.yml]\n",
        &format!(
            "{A_TEST}:1:14 warning rule_test: `../gone.yml`: no rules of that name serve, so they are not tested"
        ),
    );
    check(
        "a: b: c\n",
        &format!("{A_TEST}:1:5 error yaml_syntax: a `:` where no key can be"),
    );
}

#[test]
fn what_a_unit_test_says_is_told_once_and_costs_one_more_round() {
    let memory = memory();
    let (file, test) = (rules("r", "up"), rule_test("gone"));
    let check = |serves: bool, culprits: &[Problem], outcome: Outcome, problems: usize| {
        let (seen, found, _) = tested(&memory, &[("a/x", &file, serves)], &[(A_TEST, &test)], culprits);
        assert_eq!((seen, found.len()), (outcome, problems));
        found
    };
    let rejecting = check(false, &[], Outcome::Culprits, 2);
    // The last good version fails too.
    check(true, &rejecting, Outcome::Proven, 0);
    let warning = check(true, &[], Outcome::Culprits, 1);
    check(true, &warning, Outcome::Proven, 0);
}

#[test]
fn no_owner_s_unit_tests_decide_about_another_s() {
    let names: Vec<String> = (0..60).map(|n| format!("o{n:02}")).collect();
    let files: Vec<(String, String)> = names
        .iter()
        .map(|owner| (format!("{owner}/x"), rules(&format!("alert_of_{owner}"), "up")))
        .collect();
    let check = |bad: &[(usize, &str)], culprits: &str, processes: usize| {
        let tests: Vec<(String, String)> = names
            .iter()
            .enumerate()
            .map(|(n, owner)| {
                let bad = bad
                    .iter()
                    .find(|(number, _)| *number == n)
                    .map(|(_, word)| (*word).to_owned());
                let key = format!("apps/{owner}/prometheus/tests/t.yml");
                (key, rule_test(&bad.unwrap_or(format!("alert_of_{owner}"))))
            })
            .collect();
        let files: Vec<(&str, &str, bool)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str(), false))
            .collect();
        let tests: Vec<(&str, &str)> = tests
            .iter()
            .map(|(key, text)| (key.as_str(), text.as_str()))
            .collect();
        let (_, problems, ran) = tested(&memory(), &files, &tests, &[]);
        let errors = problems
            .iter()
            .filter(|it| it.severity == Severity::Error && !it.key.contains("/tests/"));
        let owners: Vec<&str> = errors.map(|problem| problem.owner.as_str()).collect();
        assert_eq!((owners.join(" ").as_str(), ran), (culprits, processes));
    };
    check(&[], "", 1);
    check(&[(7, "gone")], "o07", 1 + 8 + 8);
    check(&[(7, "gone"), (33, "SLOW")], "o07 o33", 1 + 8 + 8 + 8 + 1);
}

// --- any request

#[test]
fn the_same_request_again_changes_nothing_and_a_broken_call_changes_no_answer() {
    let check = |prepare: &dyn Fn(&Memory) -> Request| {
        let plain = memory();
        let request = prepare(&plain);
        let first = answer(&plain, request.clone()).unwrap();
        let calls = plain.world().calls;
        let objects = |world: &World| world.objects.clone();
        let after = objects(&plain.world());
        assert_eq!(answer(&plain, request).unwrap(), first);
        assert_eq!(objects(&plain.world()), after);
        for number in 1..=calls {
            let broken = memory();
            let request = prepare(&broken);
            let before = broken.world().calls;
            if number <= before {
                continue;
            }
            broken.break_call(number);
            let failure = answer(&broken, request.clone()).unwrap_err();
            assert_eq!(failure.class, Class::Unavailable, "call {number}");
            assert_eq!(answer(&broken, request).unwrap(), first, "call {number}");
            assert_eq!(objects(&broken.world()), after, "call {number}");
        }
    };
    let (a, bad, both) = (job("a"), job("BAD"), format!("{}{}", job("b"), rules("r", "BAD")));
    let files: [(&str, &str); 3] = [("a/x", &a), ("b/x", &bad), ("c/x", &both)];
    check(&|memory| fragments(memory, Component::Prometheus, BASE, &files));
    check(&|memory| whole(memory, Component::Prometheus, BASE, &files[..2]));
    check(&|memory| whole(memory, Component::Prometheus, BASE, &[("a/x", &a), ("b/x", &a)]));
}

// --- CloudWatch, together

/// A fragment and what of it serves already.
type Side<'a> = (&'a str, Option<&'a str>, &'a str);

fn tree(text: &str) -> yaml::Node {
    let limits = Limits {
        size_bytes: 8 * 1024 * 1024,
        ..Limits::default()
    };
    yaml::read(text.as_bytes(), &limits).unwrap().unwrap()
}

/// What is said of these beside a base.
fn together(policy: &Policy, base: &str, sides: &[Side<'_>]) -> Vec<Problem> {
    together_beside(policy, &tree(base), sides)
}

fn together_beside(policy: &Policy, base: &yaml::Node, sides: &[Side<'_>]) -> Vec<Problem> {
    let component = Component::Cloudwatch;
    let source = |key: String| Source {
        key,
        version_id: "v1".into(),
        document: Pointer::to(b""),
    };
    let base_source = source(component.base_key());
    let mut fragments: Vec<(Source, yaml::Node, Option<yaml::Node>)> = sides
        .iter()
        .map(|(name, live, text)| {
            let (owner, name) = name.split_once('/').unwrap();
            let key = format!("apps/{owner}/cloudwatch/{name}.yml");
            (source(key), tree(text), live.map(tree))
        })
        .collect();
    fragments.sort_by(|(a, ..), (b, ..)| a.key.cmp(&b.key));
    let first = Claimant {
        source: &base_source,
        tree: base,
        live: Some(base),
    };
    let rest = fragments.iter().map(|(source, tree, live)| Claimant {
        source,
        tree,
        live: live.as_ref(),
    });
    let claimants: Vec<Claimant<'_>> = std::iter::once(first).chain(rest).collect();
    together::clashes(policy, component, &claimants)
}

fn metric(top: &str, name: &str) -> String {
    format!("{top}metrics:\n- {{aws_namespace: Shop, aws_metric_name: {name}, aws_statistics: [Sum]}}\n")
}

/// `key check` of every error.
fn losers(problems: &[Problem]) -> Vec<String> {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    let mut losers: Vec<String> = errors
        .map(|problem| {
            let key = problem.key.trim_start_matches("apps/").trim_end_matches(".yml");
            format!("{} {}", key.replace("/cloudwatch/", "/"), problem.check)
        })
        .collect();
    losers.sort();
    losers
}

#[test]
fn one_exporter_has_one_region_and_one_role() {
    let check = |base: &str, sides: &[Side<'_>], expect: &[&str]| {
        let problems = together(&Policy::default(), base, sides);
        assert_eq!(losers(&problems), expect, "{base} {sides:?}");
    };
    let (west, east) = ("region: eu-west-1\n", "region: us-east-1\n");
    let role = "role_arn: arn:aws:iam::1:role/x\n";
    let based = "region: eu-west-1\nmetrics: []\n";
    let open = "metrics: []\n";
    let (a, b) = (|top: &str| metric(top, "A"), |top: &str| metric(top, "B"));
    // The base's, or none.
    check(based, &[("a/x", None, &a(west)), ("b/x", None, &b(""))], &[]);
    check(
        based,
        &[("a/x", None, &a(east)), ("b/x", None, &b(west))],
        &["a/x region_clash"],
    );
    // A base that names none leaves it to the first, and then all say the same.
    check(open, &[("a/x", None, &a("")), ("b/x", None, &b(""))], &[]);
    check(open, &[("a/x", None, &a(west)), ("b/x", None, &b(west))], &[]);
    check(
        open,
        &[("a/x", None, &a(west)), ("b/x", None, &b(east))],
        &["b/x region_clash"],
    );
    check(
        open,
        &[("a/x", None, &a(west)), ("b/x", None, &b(""))],
        &["b/x region_clash"],
    );
    check(
        open,
        &[("a/x", None, &a("")), ("b/x", None, &b(west))],
        &["b/x region_clash"],
    );
    check(open, &[("a/x", None, &a(role)), ("b/x", None, &b(role))], &[]);
    check(
        "region: eu-west-1\nrole_arn: arn:aws:iam::1:role/base\nmetrics: []\n",
        &[("a/x", None, &a(role)), ("b/x", None, &b(""))],
        &["a/x region_clash"],
    );
    // What serves is not moved by a push, whatever its key; who serves alone may move.
    check(
        open,
        &[("a/x", None, &a(east)), ("b/x", Some(&b(west)), &b(west))],
        &["a/x region_clash"],
    );
    check(
        open,
        &[
            ("a/x", Some(&a(west)), &a(east)),
            ("b/x", Some(&b(west)), &b(west)),
        ],
        &["a/x region_clash"],
    );
    check(open, &[("a/x", Some(&a(west)), &a(east))], &[]);
    // All that is wrong is told at once.
    check(
        open,
        &[
            ("a/x", None, &a(east)),
            ("b/x", None, &b(west)),
            ("c/x", Some(&a(west)), &a(west)),
        ],
        &["a/x metric_clash", "a/x region_clash"],
    );
}

#[test]
fn both_sides_of_a_cloudwatch_clash_are_told() {
    let check = |base: &str, sides: &[Side<'_>], expect: &str| {
        assert_eq!(told(&together(&Policy::default(), base, sides)), expect);
    };
    check(
        "region: eu-west-1\n",
        &[("a/x", None, &metric("region: us-east-1\n", "A"))],
        "apps/a/cloudwatch/x.yml:1:9 error region_clash: the choice of `region` is everybody's already: `base/cloudwatch.yml`\n\
         base/cloudwatch.yml:1:9 warning region_clash: the choice of `region` is wanted by `apps/a/cloudwatch/x.yml` too; \
         yours keeps it",
    );
    check(
        "metrics: []",
        &[
            ("a/x", None, &metric("", "Orders")),
            ("b/x", None, &metric("", "Orders")),
        ],
        "apps/b/cloudwatch/x.yml:2:3 error metric_clash: the metric `Orders` of `Shop` is another fragment's already: \
         `apps/a/cloudwatch/x.yml`\n\
         apps/a/cloudwatch/x.yml:2:3 warning metric_clash: the metric `Orders` of `Shop` is wanted by \
         `apps/b/cloudwatch/x.yml` too; yours keeps it",
    );
}

#[test]
fn a_metric_is_requested_by_one_fragment() {
    let check = |base: &str, sides: &[Side<'_>], expect: &[&str]| {
        let problems = together(&Policy::default(), base, sides);
        assert_eq!(losers(&problems), expect, "{base} {sides:?}");
    };
    let open = "metrics: []";
    let a = metric("", "Orders");
    // Other dimensions, another owner or not, another spelling of the same family.
    let b = "metrics: [{aws_namespace: Shop, aws_metric_name: Orders, aws_dimensions: [Id]}]";
    let c = "metrics: [{aws_namespace: shop, aws_metric_name: orders}]";
    check(
        open,
        &[("a/x", None, &a), ("b/x", None, b)],
        &["b/x metric_clash"],
    );
    check(
        open,
        &[("a/x", None, &a), ("a/y", None, b)],
        &["a/y metric_clash"],
    );
    check(
        open,
        &[("a/x", None, &a), ("b/x", None, c)],
        &["b/x metric_clash"],
    );
    check(
        open,
        &[("a/x", None, &a), ("b/x", None, &metric("", "Returns"))],
        &[],
    );
    check(&a, &[("a/x", None, &a)], &["a/x metric_clash"]);
    check(
        open,
        &[("a/x", None, &a), ("b/x", Some(b), b)],
        &["a/x metric_clash"],
    );
}

#[test]
fn who_comes_last_takes_an_owner_over_its_budget() {
    let mut policy = Policy::default();
    // One metric is 8,760 requests: 0.0876 dollars.
    policy.metrics.budget_dollars_per_month = 0.2;
    let check = |sides: &[Side<'_>], expect: &[&str]| {
        let problems = together(&policy, "region: eu-west-1", sides);
        assert_eq!(losers(&problems), expect, "{sides:?}");
    };
    let (a, b, c) = (metric("", "A"), metric("", "B"), metric("", "C"));
    let dear = "metrics: [{aws_namespace: Shop, aws_metric_name: A, aws_dimensions: [Id]}]";
    check(&[("a/x", None, &a), ("a/y", None, &b)], &[]);
    check(
        &[("a/x", None, &a), ("a/y", None, &b), ("a/z", None, &c)],
        &["a/z budget"],
    );
    check(&[("a/x", None, &a), ("a/y", None, &b), ("b/z", None, &c)], &[]);
    // What serves goes before what is new, and a new version gives back what the old one costs.
    check(
        &[("a/x", None, &a), ("a/y", Some(&b), &b), ("a/z", Some(&c), &c)],
        &["a/x budget"],
    );
    check(&[("a/x", Some(&a), dear), ("a/y", Some(&b), &b)], &["a/x budget"]);
    // A fragment that is too much alone takes no other along.
    check(&[("a/x", None, dear), ("a/y", None, &b)], &["a/x budget"]);
    // What serves stays, also where the policy has become stricter, and is told; nothing more is taken then.
    let sides = [("a/x", None, b.as_str()), ("a/y", Some(dear), dear)];
    check(&sides, &["a/x budget"]);
    let stays = together(&policy, "region: eu-west-1", &sides[1..]);
    assert_eq!(
        told(&stays),
        "apps/a/cloudwatch/y.yml:1:10 warning budget: with this, all CloudWatch metrics of `a` cost about $0.96 a month; its \
         budget is $0.20 (`metrics.budget_dollars_per_month` of the policy)"
    );
    let problems = together(&policy, "region: eu-west-1", &[("a/x", None, dear)]);
    assert_eq!(
        told(&problems),
        "apps/a/cloudwatch/x.yml:1:10 error budget: with this, all CloudWatch metrics of `a` would cost about $0.96 a \
         month; its budget is $0.20 (`metrics.budget_dollars_per_month` of the policy)"
    );
}

#[test]
fn who_comes_last_makes_the_file_too_long() {
    // Leaves room for two small fragments. Characters count, not bytes.
    let base = {
        let help = "é".repeat(3 * 1024 * 1024 - 256 - 580);
        tree(&format!(
            "region: eu-west-1\nmetrics: [{{aws_namespace: S, aws_metric_name: Base, help: '{help}'}}]"
        ))
    };
    let check = |sides: &[Side<'_>], expect: &[&str]| {
        let problems = together_beside(&Policy::open(), &base, sides);
        assert_eq!(losers(&problems), expect, "{sides:?}");
    };
    let (a, b, c, long) = (
        metric("", &"A".repeat(150)),
        metric("", &"B".repeat(150)),
        metric("", &"C".repeat(150)),
        metric("", &"A".repeat(200)),
    );
    check(&[("a/x", None, &a), ("b/x", None, &b)], &[]);
    check(
        &[("a/x", None, &a), ("b/x", None, &b), ("c/x", None, &c)],
        &["c/x file_size"],
    );
    check(
        &[("a/x", None, &a), ("b/x", Some(&b), &b), ("c/x", Some(&c), &c)],
        &["a/x file_size"],
    );
    // What serves stays, though there is no room for it: the base is refused for it. A long one keeps no other out.
    check(
        &[
            ("a/x", Some(&a), &a),
            ("b/x", Some(&b), &b),
            ("c/x", Some(&c), &c),
        ],
        &[],
    );
    let longest = metric("", &"A".repeat(1000));
    check(
        &[("a/x", None, &longest), ("b/x", None, &b), ("c/x", None, &c)],
        &["a/x file_size"],
    );
    // The version before takes its place again.
    check(
        &[
            ("a/x", Some(&a), &long),
            ("b/x", None, &metric("", &"B".repeat(80))),
        ],
        &[],
    );
    check(
        &[("a/x", Some(&a), &long), ("b/x", Some(&b), &b)],
        &["a/x file_size"],
    );
}

#[test]
fn a_base_that_the_exporter_does_not_take_is_refused() {
    let check = |base: &str, expect: &str| {
        let outcome = if expect.is_empty() {
            Outcome::Proven
        } else {
            Outcome::Refused
        };
        check_whole(Component::Cloudwatch, base, &[], outcome, expect);
    };
    check("region: eu-west-1\n", "");
    check("region: local\nmetrics: []\n", "");
    check(
        "region: eu-west-1\nmetrics: [{aws_namespace: A}]\nperiod_seconds: 1:30\n",
        "base/cloudwatch.yml:2:11 error metric: a metric needs `aws_metric_name`\n\
         base/cloudwatch.yml:3:17 error metric: `period_seconds` is a whole number of seconds; the exporter takes `1:30` for \
         another, or for none",
    );
    let long = format!(
        "region: eu-west-1\nmetrics: []\n# {}\n",
        "x".repeat(3 * 1024 * 1024)
    );
    let memory = memory();
    let mut request = whole(&memory, Component::Cloudwatch, "region: eu-west-1\n", &[]);
    let Request::Configuration { configuration, .. } = &mut request else {
        panic!("a request about the whole");
    };
    let mut finished: Configuration = get(&memory, configuration);
    finished.files.insert("cloudwatch.yml".into(), long);
    *configuration = put(&memory, &finished);
    let (outcome, problems) = proof(&memory, request);
    assert_eq!(outcome, Outcome::Refused);
    assert_eq!(
        told(&problems),
        "base/cloudwatch.yml error file_size: the finished file has 3145761 characters, and the exporter reads at most 3145728"
    );
}

#[test]
fn a_policy_says_which_namespaces_and_statistics() {
    let check = |policy: &str, fragment: &str, expect: &str| {
        let memory = memory();
        let mut request = fragments(&memory, Component::Cloudwatch, "", &[("a/x", fragment)]);
        let document = memory
            .write_object(policy.as_bytes().to_vec())
            .now_or_never()
            .unwrap()
            .unwrap();
        let Request::Fragments { policy, .. } = &mut request else {
            panic!("a request about fragments");
        };
        *policy = Some(Source {
            key: "base/policy.yml".into(),
            version_id: "v1".into(),
            document,
        });
        let mut problems = judged(&memory, request).items.remove(0).problems;
        problems.retain(|problem| problem.severity == Severity::Error);
        assert_eq!(told(&problems), expect, "{fragment}");
    };
    let policy = "metrics: {namespaces: [AWS/*, Shop], statistics: [Sum, Average]}\n";
    let fragment = |namespace: &str, more: &str| {
        format!("metrics:\n- {{aws_namespace: {namespace}, aws_metric_name: A{more}}}\n")
    };
    check(policy, &fragment("AWS/ELB", ", aws_statistics: [Sum]"), "");
    check(
        policy,
        &fragment("Shops", ", aws_statistics: [Sum]"),
        "apps/a/cloudwatch/x.yml:2:19 error namespace: the namespace `Shops` is not allowed (`metrics.namespaces` of the policy)",
    );
    check(
        policy,
        &fragment("Shop", ", aws_statistics: [Sum, Maximum]"),
        "apps/a/cloudwatch/x.yml:2:67 error statistic: the statistic `Maximum` is not allowed (`metrics.statistics` of the policy)",
    );
    check(
        policy,
        &fragment("Shop", ", aws_extended_statistics: [p99]"),
        "apps/a/cloudwatch/x.yml:2:71 error statistic: the statistic `p99` is not allowed (`metrics.statistics` of the policy)",
    );
    // Where none is named, all five are requested.
    check(
        policy,
        &fragment("Shop", ""),
        "apps/a/cloudwatch/x.yml:2:3 error statistic: the statistic `SampleCount` is not allowed (`metrics.statistics` of the policy)\n\
         apps/a/cloudwatch/x.yml:2:3 error statistic: the statistic `Minimum` is not allowed (`metrics.statistics` of the policy)\n\
         apps/a/cloudwatch/x.yml:2:3 error statistic: the statistic `Maximum` is not allowed (`metrics.statistics` of the policy)",
    );
}
