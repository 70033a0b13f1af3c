//! The types of `base/policy.yml` and their defaults. In: nothing. Out: types that are YAML and JSON.
//! Never: a field that nothing reads.

use crate::pattern::path_listed;
use crate::target::{Denial, denial};
use crate::{Duration, Pushgateway};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What teams may not do, and what is done for them. Every field may be left out; then it is the default. A list that
/// holds `*` allows (or denies) everything.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// The label that says whose a series or an alert is; it is set to the owner on all of them, whatever a fragment
    /// says. Empty: none.
    pub owner_label: String,
    /// Labels that no fragment may set or remove; the owner label is always one.
    pub reserved_labels: Vec<String>,
    /// Of every fragment.
    pub fragments: Fragments,
    /// Of scrape jobs.
    pub jobs: Jobs,
    /// Of recording and alerting rules.
    pub rules: Rules,
    /// Of Blackbox modules.
    pub modules: Modules,
    /// Of CloudWatch metrics.
    pub metrics: Metrics,
    /// When a configuration that lost much at once is held.
    pub shrink: Shrink,
    /// When groups of the Pushgateway are deleted.
    pub pushgateway: Pushgateway,
    /// Who may do more (or less), and why.
    pub owners: BTreeMap<String, Exemption>,
}

/// Of every fragment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Fragments {
    /// The largest, in bytes.
    pub size_bytes: u64,
}

/// Of scrape jobs. Limits: a job that sets none gets this one, a higher one is clamped and its owner is told, a lower
/// one is kept; 0 is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Jobs {
    /// The most jobs of one owner.
    pub per_owner: usize,
    /// Fields that no job may have, anywhere in it.
    pub forbidden_fields: Vec<String>,
    /// Paths that fields naming a file on the server may have; `{owner}` is the owner, `*` any characters but `/`,
    /// `**` any.
    pub files: Vec<String>,
    /// Kinds of service discovery: `static`, `dns`, `http`, `ec2`, …
    pub discovery: Vec<String>,
    /// Targets that nobody may scrape: networks, and host names in which `*` is any characters.
    pub denied_targets: Vec<String>,
    /// Whether a target's labels may win over the server's (`honor_labels`).
    pub honor_labels: bool,
    /// The shortest `scrape_interval`.
    pub minimum_interval: Duration,
    /// The highest `sample_limit`.
    pub sample_limit: u64,
    /// The highest `target_limit`.
    pub target_limit: u64,
    /// The highest `label_limit`.
    pub label_limit: u64,
}

/// Of recording and alerting rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Rules {
    /// The most rules of one owner.
    pub per_owner: usize,
    /// The shortest `interval` of a group.
    pub minimum_interval: Duration,
    /// Series that no rule may record; `*` is any characters.
    pub reserved_names: Vec<String>,
}

/// Of Blackbox modules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Modules {
    /// The most modules of one owner.
    pub per_owner: usize,
    /// Probers that a module may use.
    pub probers: Vec<String>,
    /// Fields that no module may have, anywhere in it.
    pub forbidden_fields: Vec<String>,
    /// Paths that fields naming a file on the exporter may have, as in `jobs.files`.
    pub files: Vec<String>,
}

/// Of CloudWatch metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// The most metrics of one owner.
    pub per_owner: usize,
    /// Namespaces that may be read; `*` is any characters.
    pub namespaces: Vec<String>,
    /// Statistics that may be asked for; extended ones (`p99`) as patterns.
    pub statistics: Vec<String>,
    /// How often the exporter is scraped: what a metric costs depends on it.
    pub scrape_interval: Duration,
    /// How many combinations of dimension values a metric is taken to have where the fragment does not name them.
    pub assumed_series: u64,
    /// What one owner's metrics may cost a month in `GetMetricData` calls, in US dollars.
    pub budget_dollars_per_month: f64,
}

/// When a configuration that lost much at once is held for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Shrink {
    /// The share of jobs, rules, modules or metrics that may go at once, in percent; 100: all but the last.
    pub percent: u8,
    /// So few may always go, whatever share they are.
    pub always: usize,
}

/// What is different for one owner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Exemption {
    /// Why; for the next reader.
    pub reason: String,
    /// The fields of the policy that are different for it (all but `owners`, `shrink` and `pushgateway`).
    pub policy: Value,
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(ToString::to_string).collect()
}

const fn seconds(seconds: u64) -> Duration {
    Duration {
        milliseconds: seconds * 1000,
    }
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            owner_label: "owner".into(),
            reserved_labels: Vec::new(),
            fragments: Fragments::default(),
            jobs: Jobs::default(),
            rules: Rules::default(),
            modules: Modules::default(),
            metrics: Metrics::default(),
            shrink: Shrink::default(),
            pushgateway: Pushgateway::default(),
            owners: BTreeMap::new(),
        }
    }
}

impl Default for Fragments {
    fn default() -> Fragments {
        Fragments {
            size_bytes: 1024 * 1024,
        }
    }
}

impl Jobs {
    /// Whether a field of a job may name this file on the server.
    #[must_use]
    pub fn may_read(&self, owner: &str, path: &str) -> bool {
        path_listed(&self.files, owner, path)
    }

    /// Why this target (a host, `host:port` or a URL) may not be scraped; none: it may.
    #[must_use]
    pub fn denial(&self, target: &str) -> Option<Denial<'_>> {
        denial(&self.denied_targets, target)
    }
}

impl Modules {
    /// Whether a field of a module may name this file on the exporter.
    #[must_use]
    pub fn may_read(&self, owner: &str, path: &str) -> bool {
        path_listed(&self.files, owner, path)
    }
}

impl Default for Jobs {
    fn default() -> Jobs {
        Jobs {
            per_owner: 500,
            forbidden_fields: texts(&["proxy_url", "proxy_from_environment", "proxy_connect_header"]),
            files: texts(&["/etc/prometheus/secrets/*", "/etc/prometheus/secrets/{owner}/**"]),
            discovery: texts(&["static", "dns", "http", "ec2"]),
            denied_targets: texts(&[
                "127.0.0.0/8",
                "::1/128",
                "0.0.0.0/8",
                "::/128",
                "169.254.0.0/16",
                "fe80::/10",
                "fd00:ec2::/32",
                "localhost",
                "*.localhost",
                "localhost4",
                "localhost6",
                "localhost*.localdomain*",
                "ip6-localhost",
                "ip6-loopback",
                "instance-data",
                "instance-data.ec2.internal",
                "instance-data.*.compute.internal",
                "metadata.google.internal",
            ]),
            honor_labels: true,
            minimum_interval: seconds(5),
            sample_limit: 100_000,
            target_limit: 5_000,
            label_limit: 100,
        }
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            per_owner: 5_000,
            minimum_interval: seconds(10),
            reserved_names: texts(&["up", "scrape_*", "ALERTS", "ALERTS_FOR_STATE"]),
        }
    }
}

impl Default for Modules {
    fn default() -> Modules {
        Modules {
            per_owner: 100,
            probers: texts(&["http", "tcp", "dns", "icmp", "grpc"]),
            forbidden_fields: texts(&["proxy_url", "proxy_from_environment", "proxy_connect_header"]),
            files: texts(&["/etc/blackbox/secrets/*", "/etc/blackbox/secrets/{owner}/**"]),
        }
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            per_owner: 500,
            namespaces: texts(&["*"]),
            statistics: texts(&["Sum", "SampleCount", "Minimum", "Maximum", "Average", "p*"]),
            scrape_interval: seconds(300),
            assumed_series: 10,
            budget_dollars_per_month: 200.0,
        }
    }
}

impl Default for Shrink {
    fn default() -> Shrink {
        Shrink {
            percent: 50,
            always: 5,
        }
    }
}

impl Policy {
    /// A policy that forbids nothing and changes nothing.
    #[must_use]
    pub fn open() -> Policy {
        Policy {
            owner_label: String::new(),
            reserved_labels: Vec::new(),
            fragments: Fragments { size_bytes: u64::MAX },
            jobs: Jobs {
                per_owner: usize::MAX,
                forbidden_fields: Vec::new(),
                files: texts(&["*"]),
                discovery: texts(&["*"]),
                denied_targets: Vec::new(),
                honor_labels: true,
                minimum_interval: seconds(0),
                sample_limit: 0,
                target_limit: 0,
                label_limit: 0,
            },
            rules: Rules {
                per_owner: usize::MAX,
                minimum_interval: seconds(0),
                reserved_names: Vec::new(),
            },
            modules: Modules {
                per_owner: usize::MAX,
                probers: texts(&["*"]),
                forbidden_fields: Vec::new(),
                files: texts(&["*"]),
            },
            metrics: Metrics {
                per_owner: usize::MAX,
                namespaces: texts(&["*"]),
                statistics: texts(&["*"]),
                budget_dollars_per_month: f64::MAX,
                ..Metrics::default()
            },
            shrink: Shrink {
                percent: 100,
                always: 0,
            },
            pushgateway: Pushgateway::default(),
            owners: BTreeMap::new(),
        }
    }

    /// The policy as it is for an owner: with what its exemption says.
    #[must_use]
    pub fn of(&self, owner: &str) -> Cow<'_, Policy> {
        match self.owners.get(owner) {
            None => Cow::Borrowed(self),
            // An exemption that does not fit is refused when the policy is read.
            Some(exemption) => self.exempted(exemption).map_or(Cow::Borrowed(self), Cow::Owned),
        }
    }

    /// With what an exemption says; why not, if that is no policy.
    pub(crate) fn exempted(&self, exemption: &Exemption) -> Result<Policy, serde_json::Error> {
        let mut all = serde_json::to_value(Policy {
            owners: BTreeMap::new(),
            ..self.clone()
        })?;
        overlay(&mut all, &exemption.policy);
        serde_json::from_value(all)
    }
}

/// Replaces what the other one says, field by field.
fn overlay(all: &mut Value, other: &Value) {
    match (all, other) {
        (Value::Object(all), Value::Object(other)) => {
            for (name, value) in other {
                overlay(all.entry(name).or_insert(Value::Null), value);
            }
        }
        (all, other) => *all = other.clone(),
    }
}
