//! `shape`: lists where lists belong, maps where maps belong, and the fields without which an item is
//! nothing. What the real tool says better is left to it; what it lets through (an unknown prober, a module
//! without a body) is not.

use crate::subject::Subject;
use contract::Problem;
use yaml::{Node, Position, Value};

pub(crate) const NAME: &str = "shape";

/// What the Blackbox exporter can do, as of 0.26; a module with any other prober loads and then answers 400.
const PROBERS: [&str; 5] = ["http", "tcp", "dns", "icmp", "grpc"];

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut shape = Shape {
        subject,
        problems: Vec::new(),
    };
    for (key, value) in subject.tree.entries() {
        match key.text() {
            Some("scrape_configs") => shape.list(value, "scrape_configs", "job", Shape::job),
            Some("groups") => shape.list(value, "groups", "group", Shape::group),
            Some("modules") => shape.modules(value),
            _ => (),
        }
    }
    shape.problems
}

struct Shape<'a> {
    subject: &'a Subject<'a>,
    problems: Vec<Problem>,
}

impl Shape<'_> {
    fn wrong(&mut self, at: Position, message: String, hint: &str) {
        self.problems
            .push(self.subject.error(NAME, at, message).hint(hint));
    }

    /// A list of maps; nothing at all is `empty_section`'s.
    fn list(&mut self, node: &Node, section: &str, item: &str, each: fn(&mut Self, &Node)) {
        if !matches!(node.value, Value::Seq(_)) && !node.is_null() {
            let hint = format!("begin each {item} with `- `");
            return self.wrong(
                node.at,
                format!("`{section}` is a list; this is {}", kind(node)),
                &hint,
            );
        }
        for node in node.items() {
            if matches!(node.value, Value::Map(_)) {
                each(self, node);
            } else {
                let message = format!("a {item} is a map of fields; this is {}", kind(node));
                self.wrong(
                    node.at,
                    message,
                    "write `field: value` below each other, indented alike",
                );
            }
        }
    }

    /// A field that has to be there as text, not empty.
    fn text(&mut self, map: &Node, item: &str, field: &str) {
        let Some(value) = map.get(field) else {
            return self.wrong(
                map.at,
                format!("a {item} needs `{field}`"),
                &format!("add `{field}: …`"),
            );
        };
        match &value.value {
            Value::Scalar(scalar) if scalar.text.is_empty() || value.is_null() => {
                self.wrong(
                    value.at,
                    format!("`{field}` of a {item} is empty"),
                    &format!("give the {item} its `{field}`"),
                );
            }
            Value::Scalar(_) => (),
            Value::Seq(_) | Value::Map(_) => {
                self.wrong(
                    value.at,
                    format!("`{field}` is text; this is {}", kind(value)),
                    "write it on one line",
                );
            }
        }
    }

    fn job(&mut self, job: &Node) {
        self.text(job, "job", "job_name");
    }

    fn group(&mut self, group: &Node) {
        self.text(group, "group", "name");
        if let Some(rules) = group.get("rules") {
            self.list(rules, "rules", "rule", Shape::rule);
        }
    }

    fn rule(&mut self, rule: &Node) {
        let set = |field: &str| {
            rule.get(field)
                .filter(|value| !value.is_null() && value.text() != Some(""))
        };
        match (set("record"), set("alert")) {
            (None, None) => {
                let hint = "add `record: name` for a new series, or `alert: Name` for an alert";
                self.wrong(rule.at, "a rule needs `record` or `alert`".into(), hint);
            }
            (Some(record), Some(alert)) => {
                let second = record.at.max(alert.at);
                let message = "a rule has `record` or `alert`, not both";
                self.wrong(second, message.into(), "make it two rules");
            }
            (Some(_), None) => self.text(rule, "rule", "record"),
            (None, Some(_)) => self.text(rule, "rule", "alert"),
        }
        self.text(rule, "rule", "expr");
    }

    fn modules(&mut self, modules: &Node) {
        if !matches!(modules.value, Value::Map(_)) && !modules.is_null() {
            let message = format!("`modules` is a map; this is {}", kind(modules));
            return self.wrong(
                modules.at,
                message,
                "write `name:` and the module's fields below it, without `- `",
            );
        }
        for (key, module) in modules.entries() {
            let name = key.text().unwrap_or_default();
            if name.is_empty() || key.is_null() {
                self.wrong(
                    key.at,
                    "a module needs a name".into(),
                    "write it before the colon",
                );
            }
            if matches!(module.value, Value::Map(_)) {
                self.prober(name, key.at, module);
            } else {
                let message = format!("module `{name}` is a map of fields; this is {}", kind(module));
                self.wrong(key.at, message, "indent its fields below its name");
            }
        }
    }

    fn prober(&mut self, module: &str, at: Position, fields: &Node) {
        let probers = PROBERS.join(", ");
        let Some(prober) = fields.get("prober") else {
            let message = format!("module `{module}` has no `prober`: it would load, and fail at each probe");
            return self.wrong(at, message, &format!("add `prober:` with one of {probers}"));
        };
        match prober.text() {
            Some(text) if PROBERS.contains(&text) => (),
            Some(text) => {
                let message = format!("`{text}` is no prober: the module would load, and fail at each probe");
                self.wrong(prober.at, message, &format!("use one of {probers}"));
            }
            None => self.wrong(
                prober.at,
                format!("`prober` is text; this is {}", kind(prober)),
                "write it on one line",
            ),
        }
    }
}

pub(super) fn kind(node: &Node) -> &'static str {
    match &node.value {
        Value::Scalar(_) if node.is_null() => "nothing",
        Value::Scalar(_) => "text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
    }
}
