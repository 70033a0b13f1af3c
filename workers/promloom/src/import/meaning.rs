//! What a configuration means, part by part, so that two that mean the same are equal. In: trees of its files. Out: named parts
//! (a job, a group, a rule, a module, a metric, a setting), each as a plain tree in one order. Never: judges; compares.
//!
//! The same: the order of keys, targets and the like; `60s` and `1m`; `no` and `false` where a bool is read; a default written
//! out or not (`/api/v1/status/config` writes them all); an interval of the job's own or of `global`; merge keys and what they
//! bring. Not the same: the labels `1.10` and `1.1`, whatever quotes they have.

use contract::Component;
use policy::Duration;
use yaml::{Node, Value};

/// A part's name, such as `job shop-checkout`, and what it says.
pub(super) type Part = (String, Node);

/// Maps of anybody's names to text beside [`yaml::DICTIONARIES`]: nothing in them is a bool, a duration or a default.
const DICTIONARIES: [&str; 2] = ["annotations", "aws_tag_select"];
/// Lists whose order says nothing.
const SETS: [&str; 9] = [
    "targets",
    "files",
    "static_configs",
    "alertmanagers",
    "rule_files",
    "aws_statistics",
    "aws_extended_statistics",
    "valid_status_codes",
    "valid_http_versions",
];
const DURATIONS: [&str; 9] = [
    "scrape_interval",
    "scrape_timeout",
    "evaluation_interval",
    "interval",
    "timeout",
    "for",
    "keep_firing_for",
    "query_offset",
    "refresh_interval",
];
const BOOLS: [&str; 32] = [
    "honor_labels",
    "honor_timestamps",
    "track_timestamps_staleness",
    "follow_redirects",
    "enable_http2",
    "enable_compression",
    "insecure_skip_verify",
    "proxy_from_environment",
    "all_tenants",
    "allow_stale",
    "include_parameters",
    "match_first_network",
    "own_namespace",
    "cronjob",
    "deployment",
    "job",
    "node",
    "always_scrape_classic_histograms",
    "scrape_classic_histograms",
    "scrape_native_histograms",
    "convert_classic_histograms_to_nhcb",
    "extra_scrape_metrics",
    "send_exemplars",
    "fail_if_ssl",
    "fail_if_not_ssl",
    "no_follow_redirects",
    "ip_protocol_fallback",
    "tls",
    "set_timestamp",
    "list_metrics_cache",
    "use_get_metric_data",
    "warn_on_empty_list_dimensions",
];
/// What Prometheus takes where nothing is said.
const DEFAULTS: [(&str, &str); 31] = [
    ("metrics_path", "/metrics"),
    ("scheme", "http"),
    ("honor_labels", "false"),
    ("honor_timestamps", "true"),
    ("track_timestamps_staleness", "false"),
    ("follow_redirects", "true"),
    ("enable_http2", "true"),
    ("enable_compression", "true"),
    ("insecure_skip_verify", "false"),
    ("always_scrape_classic_histograms", "false"),
    ("scrape_native_histograms", "false"),
    ("convert_classic_histograms_to_nhcb", "false"),
    ("extra_scrape_metrics", "false"),
    ("metric_name_validation_scheme", "utf8"),
    ("metric_name_escaping_scheme", "allow-utf-8"),
    ("separator", ";"),
    ("regex", "(.*)"),
    ("replacement", "$1"),
    ("action", "replace"),
    ("api_version", "v2"),
    ("path_prefix", "/"),
    ("scrape_interval", "1m"),
    ("scrape_timeout", "10s"),
    ("evaluation_interval", "1m"),
    ("timeout", "10s"),
    ("gogc", "75"),
    ("label_name_preserve_multiple_underscores", "true"),
    ("label_name_underscore_sanitization", "true"),
    // As a process prints them that has no such flag.
    ("outofordertimewindow", "0"),
    ("time", "15d"),
    ("translation_strategy", "UnderscoreEscapingWithSuffixes"),
];
/// The order in which Prometheus asks for formats where nothing is said.
const SCRAPE_PROTOCOLS: [&str; 4] = [
    "OpenMetricsText1.0.0",
    "OpenMetricsText0.0.1",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
];

/// The parts of a main file.
pub(super) fn parts(component: Component, main: &Node) -> Vec<Part> {
    let section = section(component);
    let own = |settings: &Node| {
        let rest = settings
            .written()
            .iter()
            .filter(|(key, _)| key.text() != Some(section));
        let rest = Node::map(rest.cloned().collect());
        let rest = canonical(component, &rest);
        let settings: Vec<Part> = rest
            .written()
            .iter()
            .map(|(key, value)| {
                (
                    format!("setting {}", key.text().unwrap_or_default()),
                    value.clone(),
                )
            })
            .collect();
        settings
    };
    match component {
        Component::Prometheus => {
            let global = main.get("global");
            let mut parts = own(main);
            parts.extend(
                items(main, section)
                    .iter()
                    .map(|job| (named("job", job, "job_name"), self::job(job, global))),
            );
            parts
        }
        Component::Blackbox => {
            let modules = main.get(section).map(Node::entries).unwrap_or_default();
            let mut parts = own(main);
            parts.extend(modules.iter().map(|(name, module)| {
                let name = name.text().unwrap_or_default();
                (format!("module {name}"), canonical(component, module))
            }));
            parts
        }
        Component::Cloudwatch => {
            // Defaults at the top are said in each metric; what is left there is the exporter's.
            let main = &cloudwatch::push_down(main);
            let mut parts = own(main);
            parts.extend(
                items(main, section)
                    .iter()
                    .map(|metric| (self::metric(metric), canonical(component, metric))),
            );
            parts
        }
    }
}

/// The section of a main file whose entries are parts by themselves.
pub(super) fn section(component: Component) -> &'static str {
    match component {
        Component::Prometheus => "scrape_configs",
        Component::Blackbox => "modules",
        Component::Cloudwatch => "metrics",
    }
}

/// A job of a configuration with that `global`.
fn job(job: &Node, global: Option<&Node>) -> Node {
    let global = |field: &str| {
        global
            .and_then(|global| global.get(field))
            .filter(|value| !value.is_null())
    };
    let millis = |node: &Node| {
        node.text()
            .and_then(Duration::parse)
            .map(|duration| duration.milliseconds)
    };
    let set = |field: &str| job.get(field).filter(|value| !value.is_null());
    let interval = set("scrape_interval")
        .or_else(|| global("scrape_interval"))
        .cloned()
        .unwrap_or_else(|| Node::plain("1m"));
    let timeout = set("scrape_timeout").cloned().unwrap_or_else(|| {
        let timeout = global("scrape_timeout")
            .cloned()
            .unwrap_or_else(|| Node::plain("10s"));
        if millis(&timeout) > millis(&interval) {
            interval.clone()
        } else {
            timeout
        }
    });
    let effective = [("scrape_interval", &interval), ("scrape_timeout", &timeout)];
    with(job, &effective)
}

/// A map's canonical form, in which these fields are said even where they are the default.
fn with(map: &Node, effective: &[(&str, &Node)]) -> Node {
    let mut canonical = canonical(Component::Prometheus, map).written().to_vec();
    for (field, value) in effective {
        canonical.retain(|(key, _)| key.text() != Some(field));
        canonical.push((
            Node::plain(*field),
            form(Component::Prometheus, value, field, false),
        ));
    }
    canonical.sort_by(|(a, _), (b, _)| a.text().cmp(&b.text()));
    Node::map(canonical)
}

/// The groups of a rule file of a configuration with that main file, each with its rules as parts of their own.
pub(super) fn groups<'t>(file: &'t Node, main: &Node) -> Vec<(&'t Node, Part, Vec<Part>)> {
    let default = main
        .get("global")
        .and_then(|global| global.get("evaluation_interval"));
    let default = default
        .filter(|value| !value.is_null())
        .cloned()
        .unwrap_or_else(|| Node::plain("1m"));
    let parts = |group: &'t Node| {
        let name = group.get("name").and_then(Node::text).unwrap_or_default();
        let own = group.entries().into_iter();
        let own = own.filter(|(key, _)| key.text() != Some("rules"));
        let own = own.map(|(key, value)| (key.clone(), value.clone()));
        let interval = group
            .get("interval")
            .filter(|own| !own.is_null())
            .unwrap_or(&default);
        let whole = (
            format!("group {name}"),
            with(&Node::map(own.collect()), &[("interval", interval)]),
        );
        let rules = items(group, "rules").iter().map(|rule| {
            let kind = if rule.get("alert").is_some() {
                "alert"
            } else {
                "record"
            };
            let title = rule.get(kind).and_then(Node::text).unwrap_or_default();
            (
                format!("rule {name}/{title}"),
                canonical(Component::Prometheus, rule),
            )
        });
        (group, whole, rules.collect())
    };
    items(file, "groups").iter().map(parts).collect()
}

pub(super) fn items<'t>(node: &'t Node, field: &str) -> &'t [Node] {
    node.get(field).map_or(&[], Node::items)
}

fn named(kind: &str, node: &Node, field: &str) -> String {
    format!(
        "{kind} {}",
        node.get(field).and_then(Node::text).unwrap_or_default()
    )
}

fn metric(metric: &Node) -> String {
    let text = |field: &str| metric.get(field).and_then(Node::text).unwrap_or_default();
    format!("metric {} {}", text("aws_namespace"), text("aws_metric_name"))
}

/// A tree in the one form that all which mean the same have: its scalars are plain, whatever they were.
pub(super) fn canonical(component: Component, node: &Node) -> Node {
    form(component, node, "", false)
}

fn form(component: Component, node: &Node, field: &str, in_dictionary: bool) -> Node {
    match &node.value {
        Value::Scalar(scalar) => {
            let text = scalar.text.as_str();
            let boolean = BOOLS.contains(&field) && scalar.plain;
            let duration = DURATIONS
                .contains(&field)
                .then(|| Duration::parse(text))
                .flatten();
            let text = match (node.resolved(), duration) {
                _ if in_dictionary => text.to_owned(),
                (Some(yaml::Resolved::Bool(value)), _) if boolean => value.to_string(),
                (_, Some(duration)) => duration.to_string(),
                _ if field == "expr" => text.trim().to_owned(),
                _ => text.to_owned(),
            };
            Node::plain(text)
        }
        Value::Seq(items) => {
            let items = items
                .iter()
                .map(|item| form(component, item, field, in_dictionary));
            let mut items: Vec<Node> = items.collect();
            if SETS.contains(&field) && !in_dictionary {
                items.sort_by_cached_key(|item| yaml::print(item).text);
            }
            Node::seq(items)
        }
        Value::Map(_) => {
            let mut entries: Vec<(Node, Node)> = node
                .entries()
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .filter_map(|(key, value)| {
                    let name = key.text().unwrap_or_default().to_owned();
                    let dictionary = in_dictionary || is_dictionary(&name);
                    let value = form(component, value, &name, dictionary);
                    let says_nothing = match &value.value {
                        Value::Scalar(scalar) => {
                            component == Component::Prometheus
                                && !in_dictionary
                                && is_default(&name, &scalar.text)
                        }
                        Value::Seq(items) => {
                            items.is_empty() || name == "scrape_protocols" && are_default(items)
                        }
                        Value::Map(entries) => entries.is_empty(),
                    };
                    (!says_nothing).then(|| (Node::plain(name), value))
                })
                .collect();
            entries.sort_by(|(a, _), (b, _)| a.text().cmp(&b.text()));
            Node::map(entries)
        }
    }
}

fn is_dictionary(field: &str) -> bool {
    yaml::DICTIONARIES.contains(&field) || DICTIONARIES.contains(&field)
}

fn is_default(field: &str, text: &str) -> bool {
    DEFAULTS.contains(&(field, text))
}

fn are_default(protocols: &[Node]) -> bool {
    protocols.iter().map(Node::text).eq(SCRAPE_PROTOCOLS.map(Some))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::Limits;

    fn shown(component: Component, text: &str) -> String {
        let tree = yaml::read(text.as_bytes(), &Limits::default()).unwrap().unwrap();
        let parts = parts(component, &tree).into_iter();
        parts.fold(String::new(), |text, (name, node)| {
            text + &name + "\n" + &yaml::print(&node).text
        })
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        let check = |component, a: &str, b: &str| assert_eq!(shown(component, a), shown(component, b));
        let jobs = |a: &str, b: &str| {
            let job = |fields: &str| format!("scrape_configs: [{{job_name: a, {fields}}}]\n");
            check(Component::Prometheus, &job(a), &job(b));
        };
        jobs("scrape_interval: 120s", "scrape_interval: 2m");
        jobs("honor_labels: yes", "honor_labels: true");
        jobs(
            "oauth2: {proxy_from_environment: on}",
            "oauth2: {proxy_from_environment: true}",
        );
        for field in ["own_namespace", "node", "allow_stale", "all_tenants"] {
            let discovery = |value: &str| format!("some_sd_configs: [{{{field}: {value}}}]");
            jobs(&discovery("no"), &discovery("false"));
        }
        jobs("metrics_path: /metrics, scheme: http, sample_limit: null", "");
        jobs(
            "static_configs: [{targets: [b, 'a']}, {targets: [c]}]",
            "static_configs: [{targets: [c]}, {targets: [\"a\", b]}]",
        );
        jobs(
            "relabel_configs: [{target_label: a, separator: ;, regex: (.*), replacement: $1, action: replace}]",
            "relabel_configs: [{target_label: a}]",
        );
        jobs(
            "<<: {scheme: https, sample_limit: 5}",
            "sample_limit: 5, scheme: 'https'",
        );
        jobs(
            "scrape_protocols: [OpenMetricsText1.0.0, OpenMetricsText0.0.1, PrometheusText1.0.0, PrometheusText0.0.4]",
            "",
        );
        check(
            Component::Prometheus,
            "global: {scrape_interval: 5s}\nscrape_configs: [{job_name: a}]\n",
            "scrape_configs: [{scrape_timeout: 5s, job_name: a, scrape_interval: 5000ms}]\nglobal: {scrape_interval: 5s}\n",
        );
        check(
            Component::Prometheus,
            "runtime: {gogc: 75}\n",
            "global: {evaluation_interval: 60s}\n",
        );
        check(
            Component::Cloudwatch,
            "period_seconds: 60\nmetrics: [{aws_metric_name: a}]\n",
            "metrics: [{aws_metric_name: a, period_seconds: 60}]\n",
        );
        check(
            Component::Blackbox,
            "modules: {a: {prober: tcp, http: {}}}\n",
            "modules: {a: {prober: 'tcp'}}\n",
        );
    }

    #[test]
    fn what_means_another_thing_is_another() {
        let check = |component, a: &str, b: &str| assert_ne!(shown(component, a), shown(component, b));
        let jobs = |a: &str, b: &str| {
            let job = |fields: &str| format!("scrape_configs: [{{job_name: a, {fields}}}]\n");
            check(Component::Prometheus, &job(a), &job(b));
        };
        jobs(
            "static_configs: [{labels: {v: 1.10}}]",
            "static_configs: [{labels: {v: 1.1}}]",
        );
        jobs(
            "static_configs: [{labels: {v: yes}}]",
            "static_configs: [{labels: {v: true}}]",
        );
        jobs(
            "static_configs: [{labels: {scheme: http}}]",
            "static_configs: [{labels: {}}]",
        );
        for dictionary in yaml::DICTIONARIES.iter().chain(&DICTIONARIES) {
            let map = |text: &str| format!("oauth2: {{{dictionary}: {{{text}}}}}");
            jobs(&map("a: b, scheme: http"), &map("a: b"));
            jobs(&map("honor_labels: yes"), &map("honor_labels: true"));
        }
        jobs(
            "relabel_configs: [{a: 1}, {b: 1}]",
            "relabel_configs: [{b: 1}, {a: 1}]",
        );
        jobs("relabel_configs: [{replacement: ''}]", "relabel_configs: [{}]");
        jobs("scrape_interval: 2m", "");
        check(
            Component::Prometheus,
            "global: {scrape_interval: 5s}\nscrape_configs: [{job_name: a}]\n",
            "global: {scrape_interval: 5s}\nscrape_configs: [{job_name: a, scrape_interval: 1m}]\n",
        );
        check(
            Component::Blackbox,
            "modules: {a: {scheme: http}}\n",
            "modules: {a: {}}\n",
        );
    }
}
