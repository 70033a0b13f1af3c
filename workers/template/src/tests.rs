//! What template promises, over documents in memory.

use crate::{Request, Response, Settings, replaced, run};
use contract::memory::Memory;
use contract::{Batch, Component, Failure, Item, Pointer, Role, Source, Templated};
use futures_util::FutureExt;
use yaml::Node;

fn settings() -> Settings {
    let placeholders = [
        ("ALERTMANAGER_URL_1", "alertmanager-1.monitoring:9093"),
        ("ALERTMANAGER_URL_2", "alertmanager-2.monitoring:9093"),
        ("ALERTMANAGER_URL_3", "alertmanager-3.monitoring:9093"),
        ("PUSHGATEWAY_URL", "pushgateway.monitoring:9091"),
        ("CLOUDWATCH_URL", "cloudwatch.monitoring:9106"),
        ("BLACKBOX_URL", "blackbox.monitoring:9115"),
        ("SNOWFLAKE_URL", "snowflake.monitoring:9975"),
        ("EMPTY_URL", ""),
    ];
    Settings {
        placeholders: placeholders
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

fn source(key: &str, bytes: &[u8]) -> Source {
    Source {
        key: key.into(),
        version_id: "v1".into(),
        document: Pointer::to(bytes),
    }
}

/// Everything found in a fragment, a line each: `line:column check message`.
fn found(text: &str) -> Vec<String> {
    let source = source("apps/shop/prometheus/api.yml", text.as_bytes());
    let (_, problems) = replaced(&source, text.as_bytes(), &settings().placeholders);
    problems
        .into_iter()
        .map(|problem| {
            let (line, column) = (problem.line.unwrap_or(0), problem.column.unwrap_or(0));
            let under = problem.excerpt.as_deref().and_then(|excerpt| {
                let (line, caret) = excerpt.split_once('\n')?;
                Some(line.chars().skip(caret.len() - 1).take(8).collect::<String>())
            });
            format!(
                "{line}:{column} {} [{}]",
                problem.check,
                under.unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn a_placeholder_without_a_value_is_told_where_it_stands() {
    let check = |text: &str, expect: &[&str]| assert_eq!(found(text), expect, "{text}");
    check("a: PUSHGATEWAY_URL\n", &[]);
    check("a: GRAFANA_URL\n", &["1:4 placeholder [GRAFANA_]"]);
    check("a: EMPTY_URL\n", &["1:4 placeholder [EMPTY_UR]"]);
    check("\u{feff}a: GRAFANA_URL\n", &["1:4 placeholder [GRAFANA_]"]);
    check("a: https://GRAFANA_URL/x\n", &["1:12 placeholder [GRAFANA_]"]);
    check("a: \"https://GRAFANA_URL/x\"\n", &["1:13 placeholder [GRAFANA_]"]);
    check("a: 'é GRAFANA_URL'\n", &["1:7 placeholder [GRAFANA_]"]);
    check(
        "a: [GRAFANA_URL, \"GRAFANA_URL GRAFANA_URL\"] # GRAFANA_URL\n",
        &[
            "1:5 placeholder [GRAFANA_]",
            "1:19 placeholder [GRAFANA_]",
            "1:31 placeholder [GRAFANA_]",
        ],
    );
    check(
        "a: |\n  one\n  two GRAFANA_URL\n",
        &["3:7 placeholder [GRAFANA_]"],
    );
    check(
        "a: >-\n  GRAFANA_URL\n  GRAFANA_URL\n",
        &["2:3 placeholder [GRAFANA_]", "3:3 placeholder [GRAFANA_]"],
    );
    // A lone carriage return ends a line, too.
    check("a: 1\r\rb: x GRAFANA_URL\r", &["3:6 placeholder [GRAFANA_]"]);
    // Hidden by an escape: the scalar's place.
    check("a: \"\\x47RAFANA_URL\"\n", &["1:4 placeholder [\"\\x47RAF]"]);
    // Once, however often an alias copies it.
    check(
        "a: &x [GRAFANA_URL]\nb: *x\nc: *x\n",
        &["1:8 placeholder [GRAFANA_]"],
    );
    check("# GRAFANA_URL\nGRAFANA_URL: 1 # GRAFANA_URL\n", &[]);
}

#[test]
fn a_word_that_people_read_is_no_error() {
    let check = |text: &str, expect: &[&str]| {
        let source = source("apps/shop/prometheus/api.yml", text.as_bytes());
        let (_, problems) = replaced(&source, text.as_bytes(), &settings().placeholders);
        let told: Vec<String> = problems
            .iter()
            .map(|problem| format!("{} {}", problem.line.unwrap_or(0), problem.severity.name()))
            .collect();
        assert_eq!(told, expect, "{text}");
    };
    let rule = "groups:\n- rules:\n  - expr: up\n";
    check(
        &format!("{rule}    annotations: {{s: is GRAFANA_URL set?}}\n"),
        &["4 warning"],
    );
    check(&format!("{rule}    labels: {{s: GRAFANA_URL}}\n"), &["4 error"]);
    check(
        &format!("{rule}    labels: {{annotations: GRAFANA_URL}}\n"),
        &["4 error"],
    );
    check(
        "groups:\n- labels: {annotations: GRAFANA_URL}\n  annotations: GRAFANA_URL\n",
        &["2 error", "3 error"],
    );
    check("scrape_configs:\n- annotations: GRAFANA_URL\n", &["2 error"]);
    check("annotations: GRAFANA_URL\n", &["1 error"]);
    // One that counts is not behind many that do not.
    let many = format!(
        "{rule}    annotations: {{s: \"{}\"}}\n    for: GRAFANA_URL\n",
        "GRAFANA_URL ".repeat(150)
    );
    let expect = [vec!["4 warning"; 99], vec!["5 error", "0 warning"]].concat();
    check(&many, &expect);
}

#[test]
fn many_wrong_placeholders_are_counted() {
    let check = |text: &str, more: &str| {
        let source = source("apps/shop/prometheus/api.yml", text.as_bytes());
        let (_, problems) = replaced(&source, text.as_bytes(), &settings().placeholders);
        assert_eq!(problems.len(), 101);
        assert_eq!(
            problems[100].message,
            format!("{more} more placeholders are not configured")
        );
    };
    check(&"- GRAFANA_URL\n".repeat(250), "150");
    // All on one line: finding each place must not look at all the others.
    check(&format!("[{}]\n", "GRAFANA_URL, ".repeat(5_000)), "4900");
}

#[test]
fn what_cannot_be_read_is_a_problem_and_what_holds_nothing_a_warning() {
    let source = source("apps/shop/prometheus/api.yml", b"");
    let check = |bytes: &[u8], expect: &str| {
        let (tree, problems) = replaced(&source, bytes, &settings().placeholders);
        assert_eq!(tree, None);
        assert!(!problems.is_empty());
        assert_eq!(problems[0].severity.name(), expect);
    };
    check(b"", "warning");
    check(b"# nothing\n", "warning");
    check(b"a: [1\n", "error");
    check(b"a: \xff\n", "error");
}

fn template(memory: &Memory, texts: &[&str]) -> Result<Response, Failure> {
    let put = |bytes: Vec<u8>| {
        let pointer = Pointer::to(&bytes);
        memory.world().objects.insert(pointer.digest.clone(), bytes);
        pointer
    };
    let items = texts
        .iter()
        .enumerate()
        .map(|(n, text)| {
            put(text.as_bytes().to_vec());
            Item {
                serves: false,
                role: Role::Current,
                source: source(&format!("apps/shop/prometheus/n{n}.yml"), text.as_bytes()),
            }
        })
        .collect();
    let batch = Batch {
        component: Component::Prometheus,
        items,
    };
    let request = Request {
        run: "run-1".into(),
        component: Component::Prometheus,
        batch: Some(put(serde_json::to_vec(&batch).unwrap())),
    };
    run(memory, &settings(), request).now_or_never().unwrap()
}

const BATCH: [&str; 4] = ["a: PUSHGATEWAY_URL\n", "a: GRAFANA_URL\n", "", "a: [1\n"];

#[test]
fn a_batch_is_answered_item_by_item() {
    let memory = Memory::default();
    let response = template(&memory, &BATCH).unwrap();
    assert_eq!((response.items, response.problems), (4, 3));
    let bytes = memory.world().objects[&response.templated.unwrap().digest].clone();
    let templated: Templated<Node> = serde_json::from_slice(&bytes).unwrap();
    let seen: Vec<_> = templated
        .items
        .iter()
        .map(|item| {
            (
                item.item.source.key.as_str(),
                item.tree.is_some(),
                item.problems.len(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("apps/shop/prometheus/n0.yml", true, 0),
            ("apps/shop/prometheus/n1.yml", true, 1),
            ("apps/shop/prometheus/n2.yml", false, 1),
            ("apps/shop/prometheus/n3.yml", false, 1),
        ]
    );
    let value = templated.items[0].tree.as_ref().and_then(|tree| tree.get("a"));
    assert_eq!(value.and_then(Node::text), Some("pushgateway.monitoring:9091"));
}

#[test]
fn twice_is_as_good_as_once_and_a_broken_call_is_a_failure() {
    let well = Memory::default();
    let first = template(&well, &BATCH).unwrap();
    let objects = well.world().objects.clone();
    let calls = well.world().calls;
    assert_eq!(template(&well, &BATCH).unwrap(), first);
    assert_eq!(well.world().objects, objects);
    for number in 1..=calls {
        let memory = Memory::default();
        memory.break_call(number);
        assert_eq!(
            template(&memory, &BATCH).unwrap_err().class.name(),
            "Unavailable",
            "call {number}"
        );
        assert_eq!(template(&memory, &BATCH).unwrap(), first);
        assert_eq!(memory.world().objects, objects, "call {number}");
    }
}

#[test]
fn a_component_without_a_base_has_nothing_to_template() {
    let request = Request {
        run: "run-1".into(),
        component: Component::Blackbox,
        batch: None,
    };
    let response = run(&Memory::default(), &settings(), request)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!(
        (response.templated, response.items, response.problems),
        (None, 0, 0)
    );
}

#[test]
fn a_document_that_is_no_batch_is_refused() {
    let memory = Memory::default();
    let pointer = Pointer::to(b"{}");
    memory
        .world()
        .objects
        .insert(pointer.digest.clone(), b"{}".to_vec());
    let request = Request {
        run: "run-1".into(),
        component: Component::Blackbox,
        batch: Some(pointer),
    };
    let failure = run(&memory, &settings(), request)
        .now_or_never()
        .unwrap()
        .unwrap_err();
    assert_eq!(failure.class.name(), "Rejected");
    assert!(failure.doing.ends_with("as a batch"), "{failure}");
}

/// The predecessor's base, all of it: its placeholders are bare words.
const BASE: &str = r"global:
  scrape_interval: 1m
  evaluation_interval: 1m
rule_files: [rules/*.yml]
alerting:
  alertmanagers:
    - scheme: https
      static_configs:
        - targets:
            - ALERTMANAGER_URL_1
            - ALERTMANAGER_URL_2
            - ALERTMANAGER_URL_3
scrape_configs:
  - job_name: prometheus
    scheme: http
    scrape_interval: 15s
    scrape_timeout: 10s
    honor_timestamps: true
    static_configs: [{targets: ['localhost:9099']}]
  - job_name: pushgateway
    scheme: https
    scrape_interval: 10s
    honor_labels: true
    static_configs: [{targets: [PUSHGATEWAY_URL], labels: {group: lambdas}}]
    metric_relabel_configs: [{action: labeldrop, regex: log_group|log_stream}]
  - job_name: cloudwatch
    scheme: https
    scrape_interval: 5m
    scrape_timeout: 5m
    static_configs: [{targets: [CLOUDWATCH_URL]}]
  - job_name: blackbox
    scheme: https
    metrics_path: /probe
    params: {module: [http_2xx]}
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: BLACKBOX_URL}
  - job_name: snowflake
    scheme: https
    scrape_interval: 30m
    scrape_timeout: 5m
    static_configs: [{targets: [SNOWFLAKE_URL]}]
  - job_name: alertmanager
    scheme: https
    scrape_interval: 1m
    scrape_timeout: 30s
    static_configs:
      - targets: [ALERTMANAGER_URL_1, ALERTMANAGER_URL_2, ALERTMANAGER_URL_3]
";

#[test]
fn the_base_of_the_predecessor_means_the_same() {
    let source = source("base/prometheus.yml", BASE.as_bytes());
    let (tree, problems) = replaced(&source, BASE.as_bytes(), &settings().placeholders);
    assert_eq!(problems, []);
    let tree = tree.unwrap();
    let targets = |node: &Node| -> Vec<String> {
        let groups = node.get("static_configs").map(Node::items).unwrap_or_default();
        groups
            .iter()
            .flat_map(|group| group.get("targets").map(Node::items).unwrap_or_default())
            .map(|target| target.text().unwrap().to_owned())
            .collect()
    };
    let jobs: Vec<(String, String, Vec<String>)> = tree
        .get("scrape_configs")
        .unwrap()
        .items()
        .iter()
        .map(|job| {
            let text = |field: &str| job.get(field).and_then(Node::text).unwrap_or_default().to_owned();
            (text("job_name"), text("scheme"), targets(job))
        })
        .collect();
    let expect = |name: &str, scheme: &str, targets: &[&str]| {
        let targets = targets.iter().map(|target| (*target).to_owned()).collect();
        (name.to_owned(), scheme.to_owned(), targets)
    };
    let alertmanagers = [
        "alertmanager-1.monitoring:9093",
        "alertmanager-2.monitoring:9093",
        "alertmanager-3.monitoring:9093",
    ];
    assert_eq!(
        jobs,
        [
            expect("prometheus", "http", &["localhost:9099"]),
            expect("pushgateway", "https", &["pushgateway.monitoring:9091"]),
            expect("cloudwatch", "https", &["cloudwatch.monitoring:9106"]),
            expect("blackbox", "https", &[]),
            expect("snowflake", "https", &["snowflake.monitoring:9975"]),
            expect("alertmanager", "https", &alertmanagers),
        ]
    );
    let alerting = tree
        .get("alerting")
        .and_then(|node| node.get("alertmanagers"))
        .unwrap()
        .items();
    assert_eq!(targets(&alerting[0]), alertmanagers);
    let relabelling = tree.get("scrape_configs").unwrap().items()[3]
        .get("relabel_configs")
        .unwrap()
        .items();
    assert_eq!(
        relabelling[2].get("replacement").and_then(Node::text),
        Some("blackbox.monitoring:9115")
    );
    // Nothing else changed: what held no placeholder is as its author wrote it.
    let plain = |node: &Node| matches!(&node.value, yaml::Value::Scalar(scalar) if scalar.plain);
    assert!(plain(tree.get("global").unwrap().get("scrape_interval").unwrap()));
    assert!(plain(
        tree.get("scrape_configs").unwrap().items()[1]
            .get("honor_labels")
            .unwrap()
    ));
}

#[test]
fn a_run_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    let request = Request {
        run: String::new(),
        component: Component::Blackbox,
        batch: None,
    };
    is_send(run(&Memory::default(), &Settings::default(), request));
}
