//! `section`: a fragment holds what teams own, and nothing else. In: the keys at the top. Out: what to do
//! instead.

use crate::subject::Subject;
use cloudwatch::{DEFAULTS, METRIC, SETTINGS};
use contract::{Component, Problem};
use policy::closest;
use yaml::Value;

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
                .hint("see that the right file was pushed, whole"),
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
        .map(|(key, _)| {
            let shown = key.text().unwrap_or("?");
            let message = format!("`{shown}` is not allowed here: a fragment holds {sections}");
            subject.error(NAME, key.at, message).hint(hint(subject, shown))
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

fn hint(subject: &Subject<'_>, key: &str) -> String {
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
        (Component::Prometheus, "rules" | "name" | "alert" | "record" | "expr") => {
            "rules are in a group, and a group is an item of the list `groups`".into()
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
