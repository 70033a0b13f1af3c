//! Whom a server may mean that refuses a configuration: its words and what is new -> places.

use crate::suspects::{named, silent};
use crate::together::Claimant;
use crate::tries::who_goes;
use contract::{Component, Pointer, Source};
use yaml::{Limits, Node};

/// What Reload tells of a Prometheus that could not apply a configuration.
const APPLYING: &str = "proving generation 2-abc on every replica of prometheus: calling POST http://p:9090/-/reload, which answered 500; \
    the cause is in the server's log: failed to reload config: one or more errors occurred while applying the new configuration \
    (--config.file=\"/p/current/prometheus.yml\")";

fn tree(text: &str) -> Node {
    yaml::read(text.as_bytes(), &Limits::default())
        .unwrap()
        .unwrap_or(Node::map(vec![]))
}

fn source(key: &str) -> Source {
    Source {
        key: key.into(),
        version_id: "v2".into(),
        document: Pointer::to(b""),
    }
}

/// A job with these lines more; several are divided by `--`.
fn jobs(fields: &str) -> String {
    let jobs = fields
        .split("--")
        .enumerate()
        .map(|(number, fields)| format!("- job_name: j{number}\n  {fields}\n"));
    format!("scrape_configs:\n{}", jobs.collect::<String>())
}

/// `key:line:column field`, of a server that says those words; each version is its key, what served of it, and what is new.
fn suspected(words: &str, versions: &[(&str, Option<&str>, &str)], before: &[&str]) -> Vec<String> {
    let trees: Vec<(Source, Option<Node>, Node)> = versions
        .iter()
        .map(|(key, live, new)| (source(key), live.map(|live| tree(&jobs(live))), tree(&jobs(new))))
        .collect();
    let new: Vec<Claimant<'_>> = trees
        .iter()
        .map(|(source, live, tree)| Claimant {
            source,
            tree,
            live: live.as_ref(),
        })
        .collect();
    let silent = silent(Component::Prometheus, words, &new, |source| {
        before.contains(&source.key.as_str())
    });
    let problems = who_goes("run", 2, silent, &[]);
    let field = |message: &str| message.split('`').nth(1).unwrap_or_default().to_owned();
    problems
        .iter()
        .map(|problem| format!("{} {}", problem.place(), field(&problem.message)))
        .collect()
}

#[test]
fn a_server_that_does_not_say_why_may_mean_what_only_it_sees() {
    let check = |live: Option<&str>, new: &str, expect: &[&str]| {
        assert_eq!(
            suspected(APPLYING, &[("a", live, new)], &[]),
            expect,
            "{live:?} -> {new}"
        );
    };
    let live = Some("scheme: http");
    check(live, "tls_config: {ca_file: /a}", &["a:3:25 ca_file"]);
    check(
        live,
        "tls_config: {cert_file: /a, key_file: /b}",
        &["a:3:27 cert_file", "a:3:41 key_file"],
    );
    check(live, "tls_config: {ca: x}", &["a:3:20 ca"]);
    check(
        live,
        "tls_config: {min_version: TLS13, max_version: TLS12}",
        &["a:3:49 max_version"],
    );
    check(live, "tls_config: {max_version: TLS12}", &[]);
    check(
        live,
        "tls_config: {insecure_skip_verify: true, server_name: x}",
        &[],
    );
    check(
        live,
        "basic_auth: {username: u, password_ref: x}",
        &["a:3:43 password_ref"],
    );
    check(
        live,
        "authorization: {credentials_ref: x}",
        &["a:3:36 credentials_ref"],
    );
    check(
        live,
        "scrape_failure_log_file: /a",
        &["a:3:28 scrape_failure_log_file"],
    );
    // Seen: it looks at these later, and refuses nothing for them.
    check(live, "basic_auth: {username: u, password_file: /a}", &[]);
    check(
        live,
        "http_sd_configs: [{url: 'http://x', tls_config: {ca_file: /a}}]",
        &[],
    );
    check(
        live,
        "oauth2: {client_id: a, client_secret_file: /a, tls_config: {ca_file: /b}}",
        &[],
    );
    check(live, "file_sd_configs: [{files: [/a]}]", &[]);
    check(live, "honor_labels: true", &[]);
    // A job that is new is left out by the server without a word, and suspected only where nothing else is.
    check(None, "tls_config: {ca_file: /a}", &["a:3:25 ca_file"]);
    check(
        live,
        "tls_config: {ca_file: /a}--tls_config: {ca_file: /b}",
        &["a:3:25 ca_file"],
    );
    check(
        live,
        "scheme: http--tls_config: {ca_file: /b}--scrape_failure_log_file: /c",
        &["a:7:28 scrape_failure_log_file"],
    );
    // What is as it was when it served is suspected only where nothing else is.
    let with_file = Some("tls_config: {ca_file: /a}");
    check(with_file, "tls_config: {ca_file: /b}", &["a:3:25 ca_file"]);
    check(
        with_file,
        "tls_config: {ca_file: /a, key_file: /b}",
        &["a:3:39 key_file"],
    );
    check(with_file, "tls_config: {ca_file: /a}", &["a:3:25 ca_file"]);
}

#[test]
fn of_several_those_go_who_are_the_likeliest() {
    let bad = ("a", Some("scheme: http"), "tls_config: {ca_file: /a}");
    let as_bad = ("b", Some("scheme: http"), "tls_config: {ca_file: /b}");
    let first = ("c", None, "tls_config: {ca_file: /c}");
    let harmless = ("d", Some("scheme: http"), "scheme: https");
    let check = |versions: &[(&str, Option<&str>, &str)], before: &[&str], expect: &[&str]| {
        assert_eq!(
            suspected(APPLYING, versions, before),
            expect,
            "{versions:?} {before:?}"
        );
    };
    check(
        &[bad, as_bad, first, harmless],
        &[],
        &["a:3:25 ca_file", "b:3:25 ca_file"],
    );
    check(&[bad, as_bad, first], &["b"], &["b:3:25 ca_file"]);
    check(&[first, harmless], &[], &["c:3:25 ca_file"]);
    check(&[bad, harmless], &["d"], &["a:3:25 ca_file"]);
    check(&[harmless], &["d"], &[]);
    check(&[], &[], &[]);
}

#[test]
fn rules_that_are_new_are_suspected_where_nothing_likelier_is() {
    let check = |live: Option<&str>, new: &str, expect: usize| {
        let (live, new) = (live.map(tree), tree(new));
        let source = source("apps/shop/prometheus/a.yml");
        let claimant = Claimant {
            source: &source,
            tree: &new,
            live: live.as_ref(),
        };
        let silent = silent(Component::Prometheus, APPLYING, &[claimant], |_| false);
        assert_eq!(
            (silent.likely.len(), silent.uses.len() + silent.rules.len()),
            (0, expect)
        );
    };
    let rules = |expr: &str| format!("groups: [{{name: g, rules: [{{record: a, expr: {expr}}}]}}]\n");
    check(None, &rules("a"), 1);
    check(Some(&rules("b")), &rules("a"), 1);
    check(Some(&rules("a")), &format!("# pushed again\n{}", rules("a")), 0);
    check(None, "groups: []\n", 0);
    // One place is enough to leave a version out.
    check(None, &jobs(&["tls_config: {ca_file: /a}"; 60].join("--")), 50);
}

#[test]
fn a_server_that_says_why_means_nobody_for_what_it_does_not_say() {
    let check = |words: &str| {
        let bad = ("a", Some("scheme: http"), "tls_config: {ca_file: /a}");
        assert_eq!(suspected(words, &[bad], &[]), Vec::<String>::new(), "{words}");
    };
    check(
        "which answered 500: couldn't load configuration: parsing YAML file p.yml: not a valid duration string: \"30\"",
    );
    check("which answered 500: ");
    check("waiting 60 s for http://p:9090 to prove what it was made to load: the jobs differ: without `a`");
}

const MAIN: &str = "\
global:
  scrape_interval: 1m
scrape_configs:
- job_name: base
- job_name: api
  metric_path: /x
- job_name: cart
  metrics_path: /y
rule_files: [rules/*.yml]
";

#[test]
fn a_line_or_a_job_that_a_server_names_is_somebody_s() {
    let check = |component: Component, main: &str, words: &str, expect: &[(&str, &str)]| {
        let trees = match component {
            Component::Blackbox => [
                ("a", "modules:\n  api: {prober: http}\n"),
                ("b", "modules:\n  cart: {prober: tcp}\n"),
            ],
            _ => [
                (
                    "a",
                    "scrape_configs:\n- job_name: api\n  metric_path: /x\n- job_name: scrape_interval\n",
                ),
                ("b", "scrape_configs:\n- job_name: cart\n  metrics_path: /y\n"),
            ],
        };
        let trees: Vec<(Source, Node)> = trees
            .iter()
            .map(|(key, text)| (source(key), tree(text)))
            .collect();
        let new: Vec<Claimant<'_>> = trees
            .iter()
            .map(|(source, tree)| Claimant {
                source,
                tree,
                live: None,
            })
            .collect();
        let found = named(component, words, main, &new);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|named| (named.source.key.as_str(), named.message.as_str()))
            .collect();
        assert_eq!(found, expect, "{words}");
    };
    let prometheus = |words: &str, expect: &[(&str, &str)]| check(Component::Prometheus, MAIN, words, expect);
    let unmarshal = |lines: &str| {
        format!(
            "answered 500: couldn't load configuration: parsing YAML file /p/prometheus.yml: yaml: unmarshal errors: {lines}"
        )
    };
    let unknown = "field metric_path not found in type config.ScrapeConfig";
    prometheus(&unmarshal(&format!("  line 6: {unknown}")), &[("a", unknown)]);
    prometheus(
        &unmarshal(&format!(
            "  line 6: {unknown}   line 8: no; 10.0.0.2:9090: proven"
        )),
        &[("a", unknown), ("b", "no")],
    );
    prometheus(&unmarshal("  line 6: odd line in it"), &[("a", "odd line in it")]);
    // Two replicas of one mind.
    let twice = "  line 6: no; by POST x; b:1: parsing /p/prometheus.yml: line 6: no; by POST x";
    prometheus(&unmarshal(twice), &[("a", "no")]);
    // The base's job, its globals, what stands behind the jobs, and no line of the file.
    for line in [1, 2, 4, 9] {
        prometheus(&unmarshal(&format!("  line {line}: no")), &[]);
    }
    let timeout = "scrape timeout greater than scrape interval for scrape config with job name \"cart\"";
    prometheus(
        &format!("answered 500: parsing YAML file /p/prometheus.yml: {timeout}"),
        &[("b", timeout)],
    );
    // What another replica says is not what is told of this one.
    prometheus(
        &format!(
            "10.0.0.1:9090: parsing YAML file /p/prometheus.yml: {timeout}; by POST x; 10.0.0.2:9090: proven"
        ),
        &[("b", timeout)],
    );
    // Of another file than the main one; the name in the flag is of none.
    for file in ["/p/rules/shop--api.yml", "/p/jobs.yaml", "/p/my-prometheus.yml"] {
        let words = format!(
            "couldn't load configuration (--config.file=\"/p/prometheus.yml\"): {file}: yaml: line 6: no"
        );
        prometheus(&words, &[]);
    }
    prometheus(
        "couldn't load configuration (--config.file=\"/p/prometheus.yml\"): yaml: line 6: no",
        &[("a", "no")],
    );
    prometheus("answered 500: for scrape config with job name \"base\"", &[]);
    prometheus(APPLYING, &[]);
    let modules = "modules:\n  api:\n    prober: http\n  cart:\n    prober: tcp\n";
    check(
        Component::Blackbox,
        modules,
        "error parsing config file: yaml: unmarshal errors:   line 5: no",
        &[("b", "no")],
    );
    check(Component::Cloudwatch, "metrics: []\n", "line 1: no", &[]);
}
