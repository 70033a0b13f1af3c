//! `section`: a fragment holds what teams own, and nothing else. In: the keys at the top. Out: what to do
//! instead.

use crate::misread;
use crate::subject::Subject;
use cloudwatch::{DEFAULTS, METRIC, SETTINGS};
use contract::{Component, Problem};
use policy::closest;
use yaml::{Node, Value};

pub(crate) const NAME: &str = "section";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let sections = listed(subject.component.sections());
    let Value::Map(entries) = &subject.tree.value else {
        if subject.tree.is_null() {
            return vec![];
        }
        let what = if matches!(subject.tree.value, Value::Seq(_)) {
            "a list"
        } else {
            "text"
        };
        return vec![
            subject
                .error(
                    NAME,
                    subject.tree.at,
                    format!("a fragment is a map with {sections} at the top; this is {what}"),
                )
                .hint(whole_hint(subject)),
        ];
    };
    entries
        .iter()
        .filter(|(key, value)| {
            let key = key.text().unwrap_or_default();
            // Nothing under a name that the server knows sets nothing; `empty_section` tells.
            let nothing = value.is_null() && is_elsewhere(subject.component, key);
            !nothing && !subject.component.sections().contains(&key) && !is_beside(subject.component, key)
        })
        .map(|(key, value)| {
            let shown = key.text().unwrap_or("?");
            let message = format!("`{shown}` is not allowed here: a fragment holds {sections}");
            subject
                .error(NAME, key.at, message)
                .hint(hint(subject, shown, value))
        })
        .collect()
}

/// Whether a fragment may have it beside its section: what holds for its own metrics, and what all must agree on.
fn is_beside(component: Component, key: &str) -> bool {
    let mut beside = SETTINGS.iter().chain(&DEFAULTS);
    component == Component::Cloudwatch && beside.any(|field| field.name == key)
}

/// Whether the component knows this field, at the top of its base, and no fragment may set it.
pub(super) fn is_elsewhere(component: Component, key: &str) -> bool {
    let fields: &[&str] = match component {
        Component::Prometheus => &[
            "global",
            "runtime",
            "alerting",
            "rule_files",
            "scrape_config_files",
            "remote_write",
            "remote_read",
            "storage",
            "tracing",
            "otlp",
        ],
        Component::Blackbox | Component::Cloudwatch => &[],
    };
    fields.contains(&key)
}

fn listed(sections: &[&str]) -> String {
    sections
        .iter()
        .map(|section| format!("`{section}`"))
        .collect::<Vec<_>>()
        .join(" and ")
}

/// What to do about a file that is no map, by what it says instead.
fn whole_hint(subject: &Subject<'_>) -> String {
    let begin = subject.tree.text().unwrap_or_default().trim_start();
    if begin.starts_with('<') {
        return "this is a page of HTML or XML: a download may have answered with an error or a login page"
            .into();
    }
    let items = subject.tree.items();
    let has = |names: &[&str]| {
        items
            .iter()
            .any(|item| names.iter().any(|name| item.get(name).is_some()))
    };
    let is_metric = || METRIC.iter().any(|field| has(&[field.name]));
    let section = match subject.component {
        Component::Prometheus if has(&["job_name", "static_configs"]) => "scrape_configs",
        Component::Prometheus if has(&["rules"]) => "groups",
        Component::Prometheus if has(&["alert", "record", "expr"]) => return RULES.into(),
        Component::Prometheus if has(&["targets"]) => {
            return "put it under `static_configs:` of a job, and the job under `scrape_configs:`".into();
        }
        Component::Blackbox if has(&["prober"]) => {
            return "write `modules:` in a line before it, and each module below that by its name, without `- `".into();
        }
        Component::Cloudwatch if is_metric() => "metrics",
        _ => return "see that the right file was pushed, whole".into(),
    };
    format!("write `{section}:` in a line before it: this is its list")
}

const RULES: &str = "rules are in a group, and a group is an item of the list `groups`";

/// Whether it is a configuration of YACE, another exporter for CloudWatch, and not an object of Kubernetes, which begins alike.
fn is_yace(subject: &Subject<'_>) -> bool {
    let has = |name: &str| subject.tree.get(name).is_some();
    subject.component == Component::Cloudwatch
        && !has("kind")
        && ["discovery", "static", "customNamespace"].into_iter().any(has)
}

fn hint(subject: &Subject<'_>, key: &str, value: &Node) -> String {
    if let Some(hint) = misread::hint(key) {
        return hint;
    }
    let key_owner = subject.source.key();
    let owner = key_owner.owner();
    let other = Component::ALL
        .into_iter()
        .find(|other| other.sections().contains(&key));
    if let Some(other) = other {
        return format!("this belongs under apps/{owner}/{other}/");
    }
    let base = subject.component.base_key();
    match (subject.component, key) {
        (Component::Prometheus, "global") => {
            format!(
                "set `scrape_interval` and the like in each job; what all share is in {base}, which is the platform team's"
            )
        }
        (
            Component::Prometheus,
            "remote_write" | "remote_read" | "alerting" | "storage" | "tracing" | "otlp" | "runtime",
        ) => {
            format!("this is set for everybody in {base}; ask the platform team")
        }
        (Component::Prometheus, "rule_files") => "put the rules themselves here, under `groups`".into(),
        (Component::Prometheus, "scrape_config_files") => {
            "put the jobs themselves here, under `scrape_configs`".into()
        }
        (Component::Prometheus, "job_name" | "static_configs") => {
            "a job is an item of the list `scrape_configs`".into()
        }
        (Component::Prometheus, "rules" | "name" | "alert" | "record" | "expr") => RULES.into(),
        (Component::Cloudwatch, "apiVersion" | "discovery" | "static" | "customNamespace" | "sts-region")
            if is_yace(subject) =>
        {
            "this is a configuration of YACE; here it is cloudwatch_exporter's: a list `metrics` with `aws_namespace` and \
             `aws_metric_name`"
                .into()
        }
        (Component::Blackbox, _) if value.get("prober").is_some() => {
            "this is a module: write `modules:` in a line before it, and indent the module below that".into()
        }
        (_, "apiVersion" | "kind" | "metadata" | "spec") => {
            "this is a Kubernetes object; push what is under its `spec`".into()
        }
        (Component::Cloudwatch, field) if METRIC.iter().any(|known| known.name == field) => {
            "a metric is an item of the list `metrics`".into()
        }
        (_, "<<") => "merge keys are understood inside jobs, groups, modules and metrics only".into(),
        (_, key) if key.starts_with("x-") || key.starts_with('.') => {
            "nothing here reads such a key; put the anchor (`&name`) at its first use".into()
        }
        (component, key) => {
            let beside = SETTINGS.iter().chain(&DEFAULTS).map(|field| field.name);
            let beside = beside.filter(|_| component == Component::Cloudwatch);
            let known: Vec<&str> = component.sections().iter().copied().chain(beside).collect();
            match closest(key, &known) {
                Some(section) => format!("did you mean `{section}`?"),
                None => "remove it".into(),
            }
        }
    }
}
