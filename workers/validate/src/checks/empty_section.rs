//! `empty_section`: a section or a group with nothing in it, or a job without a target, adds nothing, which is seldom what its author meant.

use super::section::is_elsewhere;
use crate::subject::{Subject, names};
use crate::written::texts;
use contract::Problem;
use yaml::{Node, Value};

pub(crate) const NAME: &str = "empty_section";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let hint = "nothing of it serves; remove it, or indent what belongs to it below it";
    if is_empty(subject.tree) {
        return vec![
            subject
                .warning(NAME, subject.tree.at, "the fragment holds nothing")
                .hint(hint),
        ];
    }
    let sections = subject.component.sections();
    let of_sections = subject
        .tree
        .written()
        .iter()
        .filter(|(key, value)| {
            let key = key.text().unwrap_or_default();
            (sections.contains(&key) && is_empty(value))
                || (is_elsewhere(subject.component, key) && value.is_null())
        })
        .map(|(key, _)| {
            let section = key.text().unwrap_or_default();
            subject
                .warning(NAME, key.at, format!("`{section}` holds nothing"))
                .hint(hint)
        });
    of_sections
        .chain(groups_without_rules(subject))
        .chain(jobs_without_targets(subject))
        .collect()
}

fn groups_without_rules(subject: &Subject<'_>) -> impl Iterator<Item = Problem> {
    let groups = subject.items("groups").iter();
    let empty = groups.filter(|group| group.get("rules").is_none_or(is_empty));
    names(empty, "name").map(|(name, at)| {
        let message = format!("group `{name}` holds no rules");
        let hint = "remove it, or list its rules below `rules`";
        subject.warning(NAME, at, message).hint(hint)
    })
}

fn jobs_without_targets(subject: &Subject<'_>) -> impl Iterator<Item = Problem> {
    let jobs = subject.items("scrape_configs").iter();
    names(jobs.filter(|job| !finds_targets(job)), "job_name").map(|(name, at)| {
        let message = format!("job `{name}` has no target: nothing is scraped");
        let hint = "list targets below `static_configs`, or let a discovery find them, as `dns_sd_configs`";
        subject.warning(NAME, at, message).hint(hint)
    })
}

/// Whether a list of targets holds one, or a discovery is asked.
fn finds_targets(job: &Node) -> bool {
    job.entries().into_iter().any(|(key, value)| match key.text() {
        Some("static_configs") => value
            .items()
            .iter()
            .filter_map(|group| group.get("targets"))
            .any(|targets| texts(targets).next().is_some()),
        key => key.is_some_and(|key| key.ends_with("_sd_configs")) && !is_empty(value),
    })
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(_) => node.is_null(),
        Value::Seq(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
    }
}
