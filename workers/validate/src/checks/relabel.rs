//! `relabel`: what each action of a relabelling rule needs and what it has no use for, of all rules at once: the real tool stops
//! at the first. From `relabel.Config.Validate` of Prometheus. Names of labels are left to the tool.

use crate::relabel::Action;
use crate::subject::Subject;
use contract::Problem;
use yaml::{Node, Resolved, Value};

pub(crate) const NAME: &str = "relabel";

/// What a field is if a rule does not set it; set to that, it is as if it were not set.
const DEFAULTS: [(&str, &str); 3] = [("separator", ";"), ("replacement", "$1"), ("modulus", "0")];

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let jobs = subject.items("scrape_configs").iter();
    let lists = jobs.flat_map(|job| [job.get("relabel_configs"), job.get("metric_relabel_configs")]);
    let rules = lists.flatten().flat_map(Node::items);
    let maps = rules.filter(|rule| matches!(rule.value, Value::Map(_)));
    maps.flat_map(|rule| of_rule(subject, rule)).collect()
}

fn of_rule(subject: &Subject<'_>, rule: &Node) -> Vec<Problem> {
    let set = |field: &str| rule.get(field).filter(|value| !value.is_null());
    let named = set("action")
        .map_or(Some("replace"), Node::text)
        .map(str::to_lowercase);
    // An action that there is not is `shape`'s.
    let Some(action) = named.as_deref().and_then(Action::named) else {
        return Vec::new();
    };
    let name = action.name;
    let mut problems = Vec::new();
    if action.needs_target && set("target_label").is_none_or(|label| label.text() == Some("")) {
        let message = format!("a relabelling rule with the action `{name}` needs `target_label`");
        let hint = if set("action").is_none() {
            "add `target_label: …`, or say the `action` (without one it is `replace`)"
        } else {
            "add `target_label: …`"
        };
        problems.push(subject.error(NAME, rule.at, message).hint(hint));
    }
    let has_modulus = set("modulus").is_some_and(|modulus| modulus.resolved() != Some(Resolved::Int(0)));
    if name == "hashmod" && !has_modulus {
        let message = "a relabelling rule with the action `hashmod` needs `modulus`, above 0";
        problems.push(subject.error(NAME, rule.at, message).hint("add `modulus: …`"));
    }
    let is_default = |field: &str, value: &Node| {
        value.is_null()
            || DEFAULTS.contains(&(field, value.text().unwrap_or_default()))
            || (field == "target_label" && value.text() == Some(""))
    };
    for (key, value) in rule.entries() {
        let field = key.text().unwrap_or_default();
        let known = [
            "source_labels",
            "separator",
            "regex",
            "modulus",
            "target_label",
            "replacement",
        ];
        let refused = match action.only {
            Some(only) => known.contains(&field) && !only.contains(&field),
            None => field == "replacement" && matches!(name, "lowercase" | "uppercase"),
        };
        if refused && !is_default(field, value) {
            let message = format!("a relabelling rule with the action `{name}` may not have `{field}`");
            let hint = match action.only {
                Some(only) => format!("it may have {} only", listed(only)),
                None => "it writes what it reads; remove the field".into(),
            };
            problems.push(subject.error(NAME, key.at, message).hint(hint));
        }
    }
    // Nothing is read, so what is compared is the empty text, for each target alike.
    if matches!(name, "keep" | "drop") && set("source_labels").is_none_or(|labels| labels.items().is_empty())
    {
        let message = format!(
            "`{name}` without `source_labels` compares the empty text: it is the same for every target"
        );
        problems.push(
            subject
                .warning(NAME, rule.at, message)
                .hint("add `source_labels: [...]`"),
        );
    }
    problems
}

fn listed(fields: &[&str]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    fields.join(" and ")
}
