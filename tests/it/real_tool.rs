//! Validate with the real tools (paths in `PROMTOOL` and `BLACKBOX_EXPORTER`): the positions
//! are those a person would point at, and real files get the verdict that the real tool gives them.

use contract::memory::Memory;
use contract::ports::{ReadObject, RunTool, Tool, ToolAnswer, ToolCall, ToolEnd, WriteObject};
use contract::{
    Component, Configuration, Digest, Failure, FragmentVerdict, Gathered, GatheredBatch, Item, Judged,
    JudgedItem, Pointer, Problem, Role, Severity, Source, Templated, TemplatedItem, Verdict, Verdicts,
};
use os::Tools;
use policy::Policy;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use validate::{Outcome, Request, Response, Settings};
use yaml::{Limits, Node, Value};

/// Documents in memory, tools from disk.
pub(crate) struct Bench {
    memory: Memory,
    tools: Tools,
    pub(crate) settings: Settings,
    processes: AtomicUsize,
}

impl ReadObject for Bench {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        self.memory.read_object(pointer).await
    }
}

impl WriteObject for Bench {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        self.memory.write_object(bytes).await
    }
}

impl RunTool for Bench {
    async fn run_tool(&self, call: ToolCall) -> Result<ToolAnswer, Failure> {
        self.processes.fetch_add(1, Ordering::Relaxed);
        self.tools.run_tool(call).await
    }
}

fn path_in(variable: &str) -> Option<OsString> {
    std::env::var_os(variable).filter(|path| !path.is_empty())
}

/// The bench, if both tools are set; else says what is skipped.
pub(crate) fn bench() -> Option<Bench> {
    bench_with("PROMTOOL", Settings::default())
}

/// The same with the promtool of that variable.
pub(crate) fn bench_with(promtool: &str, settings: Settings) -> Option<Bench> {
    let variables = [promtool, "BLACKBOX_EXPORTER"];
    let [promtool, blackbox_exporter] = variables.map(|variable| path_in(variable).map(PathBuf::from));
    for (tool, variable) in [&promtool, &blackbox_exporter].into_iter().zip(variables) {
        if tool.is_none() {
            println!("skipped: {variable} is not set to the path of the real tool");
            return None;
        }
    }
    Some(Bench {
        memory: Memory::default(),
        tools: Tools::new(promtool, blackbox_exporter),
        settings,
        processes: AtomicUsize::new(0),
    })
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(future)
}

/// One process of promtool, asked about these files.
pub(crate) fn run_promtool(
    bench: &Bench,
    arguments: &[&str],
    files: &BTreeMap<String, String>,
) -> ToolAnswer {
    let answer = block_on(
        bench.run_tool(ToolCall {
            tool: Tool::Promtool,
            version: None,
            arguments: arguments
                .iter()
                .map(ToString::to_string)
                .chain(files.keys().cloned())
                .collect(),
            files: files.clone(),
            timeout_seconds: 60,
            memory_bytes: 1024 * 1024 * 1024,
            file_bytes: 16 * 1024 * 1024,
        }),
    );
    answer.expect("promtool runs")
}

/// What Template makes of a file without placeholders.
async fn templated(bench: &Bench, role: Role, key: &str, bytes: &[u8]) -> TemplatedItem<Node> {
    let document = bench.write_object(bytes.to_vec()).await.expect("memory takes it");
    let source = Source {
        key: key.into(),
        version_id: "v1".into(),
        document,
    };
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (tree, problems) = match yaml::read(bytes, &Limits::default()) {
        Ok(tree) => (tree, vec![]),
        Err(findings) => (
            None,
            findings
                .into_iter()
                .map(|finding| finding.of(&source, &text))
                .collect(),
        ),
    };
    TemplatedItem {
        item: Item {
            role,
            source,
            serves: false,
        },
        tree,
        problems,
    }
}

async fn put(bench: &Bench, items: Vec<TemplatedItem<Node>>) -> Pointer {
    let document = serde_json::to_vec(&Templated { items }).expect("JSON");
    bench.write_object(document).await.expect("memory takes it")
}

/// Judges files of one component, each a fragment of its own: name -> what is said of it. The policy is open: what
/// it says is not the tool's.
fn judge(
    bench: &Bench,
    component: Component,
    base: Option<&str>,
    files: &BTreeMap<String, Vec<u8>>,
) -> BTreeMap<String, JudgedItem> {
    judge_by(bench, &Policy::open(), component, base, files, true)
}

/// The same by any policy; of the `whole` of each file, or of those sections alone that a team owns.
pub(crate) fn judge_by(
    bench: &Bench,
    policy: &Policy,
    component: Component,
    base: Option<&str>,
    files: &BTreeMap<String, Vec<u8>>,
    whole: bool,
) -> BTreeMap<String, JudgedItem> {
    judged(bench, policy, component, base, files, whole).expect("an answer")
}

/// The same, or why there is no answer.
pub(crate) fn judged(
    bench: &Bench,
    policy: &Policy,
    component: Component,
    base: Option<&str>,
    files: &BTreeMap<String, Vec<u8>>,
    whole: bool,
) -> Result<BTreeMap<String, JudgedItem>, Failure> {
    block_on(async {
        let base = match base {
            Some(text) => {
                let item = templated(bench, Role::Base, &component.base_key(), text.as_bytes()).await;
                Some(put(bench, vec![item]).await)
            }
            None => None,
        };
        let mut items = Vec::new();
        for (index, bytes) in files.values().enumerate() {
            let key = format!("apps/team/{component}/f{index}.yml");
            let mut item = templated(bench, Role::Current, &key, bytes).await;
            if let (false, Some(Value::Map(entries))) =
                (whole, item.tree.as_mut().map(|tree| &mut tree.value))
            {
                entries.retain(|(key, _)| key.text().is_some_and(|key| component.sections().contains(&key)));
            }
            items.push(item);
        }
        let templated = put(bench, items).await;
        let document = serde_json::to_vec(policy).expect("JSON");
        let policy = Source {
            key: "base/policy.yml".into(),
            version_id: "v1".into(),
            document: bench.write_object(document).await.expect("memory takes it"),
        };
        let request = Request::Fragments {
            run: "r".into(),
            component,
            policy: Some(policy),
            base,
            templated,
        };
        let response = validate::run(bench, &bench.settings, request).await?;
        let Response::Fragments { judged, .. } = response else {
            panic!("an answer about fragments")
        };
        let bytes = bench.read_object(&judged).await.expect("memory has it");
        let judged: Judged = serde_json::from_slice(&bytes).expect("a judged document");
        Ok(files.keys().cloned().zip(judged.items).collect())
    })
}

fn errors(item: &JudgedItem) -> Vec<&Problem> {
    item.problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .collect()
}

const BASE: &str =
    "global: {scrape_interval: 1m}\nrule_files: [rules/*.yml]\nscrape_configs:\n- job_name: base\n";

/// Component, a fragment, what one of the messages says, and its hint. Below a line, `^` marks where a person
/// would point; those lines are not part of the fragment.
const MARKED: [(Component, &str, &str, &str); 25] = [
    (
        Component::Prometheus,
        "
groups:
  - name: g
    rules:
      - record: fine
        expr: up
      - record: a
        expr: sum(rate(x[5m])
                             ^
      - alert: B
        expr: 'é + foo{code=500}'
               ^
      - alert: C
        # The expression is the block's text.
        expr: |
          sum by (job) (
            rate(x[5m)
                     ^
          )
      - alert: D
        expr: >-
          rate(x[5m])
          + foo{a~\"b\"}
                 ^
",
        "group \"g\", rule \"a\": could not parse expression: unclosed left parenthesis",
        "count the",
    ),
    (
        Component::Prometheus,
        "
groups:
- name: g
  rules:
  - {record: a, expr: \"sum(x\", labels: {x: y}}
                            ^
  - alert: A
    expr: x
    annotations:
      summary: '{{ $foo }}'
               ^
",
        "undefined variable",
        "",
    ),
    (
        Component::Prometheus,
        "
groups:
- name: g
  rules:
  - alert: A
    expr: x
    for: 30
         ^
",
        "`for` is a duration; this is `30`",
        "`30s`",
    ),
    // The tool is asked about what is left without the first rule.
    (
        Component::Prometheus,
        "
groups:
- name: g
  rules:
  - alert: A
    for: 30
         ^
    expr: x
  - alert: B
    expr: sum(y
               ^
",
        "group \"g\", rule \"B\": could not parse expression",
        "count them",
    ),
    (
        Component::Prometheus,
        "
groups:
- name: g
  rulez:
  ^
  - alert: A
  rules:
  - alert: A
    exprr: x
    ^
    expr: y
    labels: {a: b}
",
        "`exprr` is no field of a rule",
        "`expr`",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  scrape_intervall: 5m
  ^
  honor_labels: \"true\"
                ^
  sample_limit: many
                ^
  metrics_path: [a, b]
                ^
  labels: {a: b}
  ^
",
        "`scrape_intervall` is no field of a job",
        "`scrape_interval`",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: fine
- job_name: a
  static_configs:
  - targets: [\"30:30\"]
  scrape_interval: \"30\"
                   ^
",
        "`scrape_interval` is a duration; this is `\"30\"`, in quotes",
        "`30s`",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  relabel_configs:
  - source_labels: [b]
    regex: (?!foo).*
           ^
    action: drop
",
        "invalid or unsupported Perl syntax",
        "RE2",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
- job_name: b
  scrape_interval: 5s
  scrape_timeout: 10s
                  ^
",
        "`scrape_timeout` (10s) is longer than `scrape_interval` (5s)",
        "at most",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  basic_auth: {username: x}
  authorization: {credentials: y}
  ^
",
        "at most one of basic_auth",
        "",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  static_configs:
  - targets: [\"fine:80\", \"http://x/\"]
                         ^
",
        "is not a valid hostname",
        "",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
- job_name: b
  ec2_sd_configs:
  - port: 80
    ^
",
        "needs `region`",
        "add `region",
    ),
    (
        Component::Blackbox,
        "
modules:
  fine: {prober: icmp}
  a:
    prober: http
    http:
      valid_status_codes: [2xx]
                           ^
      colour: red
      ^
      fail_if_ssl: maybe
                   ^
",
        "field colour not found",
        "",
    ),
    (
        Component::Blackbox,
        "
modules:
  a:
    prober: http
    http:
      fail_if_body_matches_regexp:
        - fine
        - 'a(?=b)'
          ^
",
        "Could not compile regular expression",
        "RE2",
    ),
    (
        Component::Blackbox,
        "
modules:
  a:
    prober: http
    timeout: 1d
             ^
",
        "into time.Duration",
        "unit",
    ),
    // Found without the tool, in the same breath.
    (
        Component::Prometheus,
        "
global: {}
^
scrape_configs:
- job_name: base
            ^
- job_name: '1'
- job_name: 1
            ^
- {}
  ^
groups:
- name: g
  rules:
  - expr: x
    ^
",
        "",
        "",
    ),
    // In the job that it is about, though another has the same words, and everything of it at once.
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  static_configs:
  - targets: ['10.0.0.1:1']
    labels: {min_version: TLS9, regex: '('}
- job_name: b
  static_configs: [{targets: ['10.0.0.1:2'], labels: {regex: '('}}]
  tls_config: {min_version: TLS9}
                            ^
  relabel_configs:
  - {source_labels: [x], regex: '(', target_label: y}
                                ^
  - {source_labels: [x], regex: 'a[', target_label: y}
                                ^
",
        "unknown TLS version",
        "use TLS10",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  http_sd_configs: [{url: 'http://10.0.0.1/sd'}]
- job_name: b
  http_sd_configs: [{url: 'http://10.0.0.1/sd'}, {url: 'http:///sd'}]
                                                       ^
- job_name: c
  http_sd_configs: [{url: 'ftp://10.0.0.1/sd'}]
                          ^
",
        "host is missing in URL",
        "",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  dns_sd_configs: [{names: [x.example.com], type: SRV}]
  ec2_sd_configs: [{region: eu-west-1}]
- job_name: b
  dns_sd_configs: [{names: [y.example.com], type: A}]
  ^
- job_name: c
  ec2_sd_configs: [{port: 1}]
                   ^
",
        "needs `region`",
        "add `region: ",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- job_name: a
  static_configs:
  - targets: ['http://10.0.0.1:9100/metrics']
              ^
  - targets:
    - '10.0.0.2/metrics'
      ^
    - '10.0.0.3/metrics'
      ^
  scrape_protocols: [OpenMetricsText2.0.0]
                     ^
  http_headers: {Host: {values: [x]}, X: {files: [/etc/prometheus/secrets/x]}}
                 ^
",
        "setting header \"Host\"",
        "",
    ),
    (
        Component::Prometheus,
        "
scrape_configs:
- alert: A
  ^
  ^
  expr: up
  ^
",
        "`alert` is no field of a job",
        "a field of a rule",
    ),
    // Told once, not by the tool as well.
    (
        Component::Prometheus,
        "
scrape_configs:
- job_nam: a
  ^
  metrics_path: /x
",
        "`job_nam` is no field of a job",
        "did you mean `job_name`?",
    ),
    (
        Component::Prometheus,
        "
groups:
- name: g
  rules:
  - &r {alert: A, expr: 'sum('}
                             ^
  - <<: *r
    alert: B
",
        "unclosed left parenthesis",
        "",
    ),
    (
        Component::Blackbox,
        "
modules:
  a:
    prober: http
    timeout: 5
             ^
    http:
      valid_status_codes: [2xx, 200]
                           ^
      fail_if_body_matches_regexp: ['[']
                                    ^
  b:
    prober: tcp
    tcp:
      query_response:
      - expect: '(?=x)'
                ^
      - expect: '['
                ^
  c:
    prober: htpp
            ^
    http: {method: POST, body: x, body_file: /etc/blackbox/secrets/b}
                                  ^
",
        "setting body and body_file both",
        "",
    ),
    (
        Component::Blackbox,
        "
modules:
  a: {prober: http, http: {fail_if_header_not_matches: [{header: x, regexp: y}]}}
  dns:
    prober: dns
    dns: {query_type: A}
    ^
  c: {prober: http, http: {fail_if_header_not_matches: [{header: x}]}}
                                                         ^
",
        "query name must be set",
        "query_name",
    ),
];

#[test]
fn problems_stand_where_a_person_would_point() {
    let Some(bench) = bench() else { return };
    let check = |component: Component, marked: &str, says: &str, hint: &str| {
        let mut text = String::new();
        let mut expect = Vec::new();
        for line in marked.trim_start_matches('\n').lines() {
            if let (true, Some(column)) = (line.trim() == "^", line.find('^')) {
                // Columns count characters; so does whoever puts a caret below them.
                expect.push((
                    u32::try_from(text.lines().count()).unwrap(),
                    u32::try_from(column + 1).unwrap(),
                ));
            } else {
                text.push_str(line);
                text.push('\n');
            }
        }
        let files = BTreeMap::from([("f".to_owned(), text.clone().into_bytes())]);
        let base = if component == Component::Prometheus {
            BASE
        } else {
            "modules: {base: {prober: tcp}}\n"
        };
        let judged = &judge(&bench, component, Some(base), &files)["f"];
        let problems = errors(judged);
        let seen: Vec<(u32, u32)> = problems
            .iter()
            .map(|p| (p.line.unwrap_or_default(), p.column.unwrap_or_default()))
            .collect();
        assert_eq!(seen, expect, "{text}\n{problems:#?}");
        let said = problems
            .iter()
            .any(|p| p.message.contains(says) && p.hint.as_deref().unwrap_or_default().contains(hint));
        assert!(said, "{says} / {hint}: {problems:#?}");
        assert!(
            problems.iter().all(|p| !p.message.contains("f1.yml")),
            "no file name of ours: {problems:#?}"
        );
        assert!(problems.iter().all(|p| p.excerpt.is_some()), "{problems:#?}");
    };
    for (component, marked, says, hint) in MARKED {
        check(component, marked, says, hint);
    }
}

/// `../shared` beside the checkout holds real files; where it is absent the tests that want it say so.
pub(crate) fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(folder);
    if !path.is_dir() {
        println!("skipped: ../shared/{folder} is not beside this checkout");
        return None;
    }
    Some(path)
}

#[test]
fn many_fragments_take_few_processes() {
    let Some(bench) = bench() else { return };
    let files = (0..300)
        .map(|index| {
            let bad = index % 100 == 7;
            let text = format!(
                "scrape_configs:\n- job_name: j{index}\n  scrape_interval: {}\ngroups:\n- name: g\n  rules:\n  - record: r{index}\n    expr: {}\n",
                if bad { "30" } else { "30s" },
                if bad { "sum(" } else { "up" },
            );
            (format!("{index:03}"), text.into_bytes())
        })
        .collect();
    let judged = judge(&bench, Component::Prometheus, Some(BASE), &files);
    let rejected: Vec<&str> = judged
        .iter()
        .filter(|(_, item)| !item.accepted)
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(rejected, ["007", "107", "207"]);
    assert_eq!(
        errors(&judged["007"]).len(),
        2,
        "both halves are told at once: {:#?}",
        judged["007"].problems
    );
    let processes = bench.processes.load(Ordering::Relaxed);
    assert_eq!(processes, 2, "one for jobs, one for rules, however many are bad");
}

#[test]
fn all_jobs_of_refused_fragments_take_one_process_more() {
    let Some(bench) = bench() else { return };
    let files = (0..100)
        .map(|index| {
            let mut text = "scrape_configs:\n".to_owned();
            for job in 0..3 {
                let regex = if index % 50 == 7 && job > 0 { "(" } else { "x" };
                let rule = format!("{{regex: '{regex}', target_label: a, source_labels: [b]}}");
                writeln!(text, "- job_name: j{index}-{job}\n  relabel_configs: [{rule}]").unwrap();
            }
            (format!("{index:03}"), text.into_bytes())
        })
        .collect();
    let judged = judge(&bench, Component::Prometheus, Some(BASE), &files);
    let places = |name: &str| {
        let of = errors(&judged[name]);
        of.iter().map(|problem| problem.line.unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((places("007"), places("057")), (vec![5, 7], vec![5, 7]));
    assert_eq!(judged.values().filter(|item| !item.accepted).count(), 2);
    let processes = bench.processes.load(Ordering::Relaxed);
    assert_eq!(
        processes, 3,
        "one for all, one for each job of those that it refuses, and one for what is left of bad jobs"
    );
}

/// A finished configuration of these fragments as Merge would write it, proven.
fn prove(bench: &Bench, fragments: &[(&str, &str)]) -> (Outcome, Vec<Problem>) {
    block_on(async {
        let component = Component::Prometheus;
        let base = templated(bench, Role::Base, &component.base_key(), BASE.as_bytes()).await;
        let mut written = BTreeMap::from([
            (component.main_file().to_owned(), BASE.to_owned()),
            ("generation.yml".to_owned(), "groups: []\n".to_owned()),
        ]);
        let (mut items, mut verdicts) = (Vec::new(), Vec::new());
        for (name, text) in fragments {
            let key = format!("apps/team/prometheus/{name}.yml");
            let item = templated(bench, Role::Current, &key, text.as_bytes()).await;
            let printed = yaml::print(item.tree.as_ref().expect("YAML"));
            written.insert(format!("rules/team--{name}.yml"), printed.text);
            verdicts.push(FragmentVerdict {
                source: item.item.source.clone(),
                verdict: Verdict::Accepted,
                serving: Some(item.item.source.clone()),
                problems: vec![],
            });
            items.push(item);
        }
        let put_json = async |json: serde_json::Value| {
            bench
                .write_object(json.to_string().into_bytes())
                .await
                .expect("memory takes it")
        };
        let configuration = Configuration {
            component,
            digest: Digest::of(b""),
            size: contract::Size::default(),
            jobs: BTreeMap::new(),
            files: written,
        };
        let verdicts = Verdicts {
            component,
            policy: None,
            platform: vec![],
            rule_tests: vec![],
            fragments: verdicts,
        };
        let judged = items.iter().map(|item| JudgedItem {
            item: item.item.clone(),
            accepted: true,
            problems: vec![],
            accepted_rules: None,
        });
        let judged = Judged {
            items: judged.collect(),
        };
        let batch = GatheredBatch {
            batch: Pointer::to(b""),
            judged: put_json(serde_json::json!(judged)).await,
            templated: put(bench, items).await,
        };
        let gathered = Gathered {
            batches: vec![batch],
            killed: vec![],
            waiting: vec![],
        };
        let request = Request::Configuration {
            run: "r".into(),
            component,
            policy: None,
            rule_tests: None,
            configuration: put_json(serde_json::json!(configuration)).await,
            verdicts: put_json(serde_json::json!(verdicts)).await,
            base: Some(put(bench, vec![base]).await),
            gathered: Some(put_json(serde_json::json!(gathered)).await),
            culprits: None,
            round: 0,
            suspicion: None,
        };
        let response = validate::run(bench, &Settings::default(), request)
            .await
            .expect("an answer");
        let Response::Configuration {
            outcome, culprits, ..
        } = response
        else {
            panic!("an answer about the whole")
        };
        let Some(culprits) = culprits else {
            return (outcome, vec![]);
        };
        let bytes = bench.read_object(&culprits).await.expect("memory has it");
        (
            outcome,
            serde_json::from_slice(&bytes).expect("a list of problems"),
        )
    })
}

#[test]
fn a_whole_is_proven_or_its_culprit_is_named() {
    let Some(bench) = bench() else { return };
    let good = "groups:\n- name: g\n  rules:\n  - record: a\n    expr: up\n";
    let bad = "groups:\n- name: g\n  rules:\n  - record: b\n    expr: sum(up\n";
    assert_eq!(prove(&bench, &[("good", good)]), (Outcome::Proven, vec![]));
    let (outcome, problems) = prove(&bench, &[("bad", bad), ("good", good)]);
    assert_eq!(outcome, Outcome::Culprits);
    let places: Vec<String> = problems.iter().map(Problem::place).collect();
    assert_eq!(places, ["apps/team/prometheus/bad.yml:5:17"]);
}

/// Bad fixtures that the real tool lets through, and what then happens.
const LET_THROUGH: [(&str, &str); 6] = [
    (
        "shape/quoted-null-action.bad.yml",
        "Prometheus panics when the job has a target",
    ),
    ("shape/quoted-null.bad.yml", "the rule drops everything"),
    (
        "shape/rule-without-value.bad.yml",
        "each evaluation fails: a rule's result is a vector or a number",
    ),
    (
        "shape/scheme.bad.yml",
        "each scrape fails: Go's client has no such protocol",
    ),
    (
        "relabel/drops-all.bad.yml",
        "a warning: the rule is the same for every target",
    ),
    (
        "timeout/below-timeout-of-all.bad.yml",
        "to know: the timeout is lowered without a word",
    ),
];

/// The fixtures of what Prometheus itself has to say, asked of the server's own promtool.
#[test]
fn fixtures_of_prometheus_own_rules_get_its_verdict() {
    let Some(bench) = bench() else { return };
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("workers/validate/fixtures");
    let mut differ = Vec::new();
    for check in ["shape", "relabel", "timeout"] {
        for entry in std::fs::read_dir(fixtures.join(check)).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{check}/{}", path.file_name().unwrap().to_string_lossy());
            let other = Component::ALL
                .into_iter()
                .any(|component| name.contains(&format!("/{component}")));
            if other {
                continue;
            }
            let tree = yaml::read(&std::fs::read(&path).unwrap(), &Limits::default())
                .unwrap()
                .unwrap();
            let section = |section: &str| {
                let section = (Node::plain(section), tree.get(section)?.clone());
                Some(yaml::print(&Node::map(vec![section])).text)
            };
            let ask = |arguments: [&str; 3], text: Option<String>| {
                text.is_none_or(|text| {
                    let files = BTreeMap::from([("f.yml".to_owned(), text)]);
                    run_promtool(&bench, &arguments, &files).end == ToolEnd::Exited(0)
                })
            };
            let accepted = ask(["check", "config", "--syntax-only"], section("scrape_configs"))
                && ask(["check", "rules", "--lint=none"], section("groups"));
            let let_through = LET_THROUGH.iter().any(|(fixture, _)| *fixture == name);
            if accepted != (name.ends_with(".good.yml") || let_through) {
                differ.push(format!("{name}: the tool accepts it: {accepted}"));
            }
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}
