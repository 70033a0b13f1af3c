//! `metric`: fields and types of `CloudWatch` metrics and of what stands beside them. The exporter's own reader takes
//! unknown fields for nothing, does not start with a wrong type, and fails at each scrape with a wrong item, for
//! everybody.

use super::shape::kind_of;
use crate::subject::Subject;
use cloudwatch::{DEFAULTS, Field, METRIC, SETTINGS, TAG_SELECT, Type, boolean, seconds, text, why_not};
use contract::{Component, Key, Problem};
use policy::closest;
use yaml::{Node, Position, Value};

pub(crate) const NAME: &str = "metric";

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    if subject.component != Component::Cloudwatch {
        return vec![];
    }
    let mut reader = Reader {
        subject,
        problems: Vec::new(),
    };
    reader.top();
    reader.problems
}

struct Reader<'a> {
    subject: &'a Subject<'a>,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, at: Position, message: String, hint: impl Into<String>) {
        self.problems
            .push(self.subject.error(NAME, at, message).hint(hint));
    }

    fn top(&mut self) {
        let tree = self.subject.tree;
        let beside: Vec<Field> = SETTINGS.into_iter().chain(DEFAULTS).collect();
        let mut known = true;
        for (key, value) in tree.written() {
            let field = beside.iter().find(|field| key.text() == Some(field.name));
            match field {
                Some(field) => self.value(field, key.at, value),
                None if key.text() == Some("metrics") => self.metrics(value),
                None => known = false,
            }
        }
        let is_fragment = matches!(self.subject.source.key(), Key::Fragment { .. });
        if is_fragment && known && !tree.written().is_empty() && tree.get("metrics").is_none() {
            let hint = "list them under `metrics:`, each with `aws_namespace` and `aws_metric_name`";
            self.wrong(tree.at, "the fragment has no `metrics`".into(), hint);
        }
    }

    fn metrics(&mut self, list: &Node) {
        if !matches!(list.value, Value::Seq(_)) && !list.is_null() {
            let message = format!("`metrics` is a list; this is {}", kind_of(list));
            self.wrong(list.at, message, "begin each metric with `- `");
        }
        let known: Vec<Field> = METRIC.into_iter().chain(DEFAULTS).collect();
        for metric in list.items() {
            self.map(metric, "a metric", &known);
            let selects = ["aws_dimension_select", "aws_dimension_select_regex"];
            if let [Some(first), Some(second)] = selects.map(|name| metric.get(name)) {
                let message = format!("a metric has `{}` or `{}`, not both", selects[0], selects[1]);
                self.wrong(
                    first.at.max(second.at),
                    message,
                    "make it one of them, or two metrics",
                );
            }
        }
    }

    /// A map with these fields, and no others.
    fn map(&mut self, map: &Node, what: &str, known: &[Field]) {
        if !matches!(map.value, Value::Map(_)) {
            let message = format!("{what} is a map of fields; this is {}", kind_of(map));
            return self.wrong(
                map.at,
                message,
                "write `field: value` below each other, indented alike",
            );
        }
        for (key, value) in map.entries() {
            let name = text(key).unwrap_or_default();
            if let Some(field) = known.iter().find(|field| field.name == name) {
                self.value(field, key.at, value);
                continue;
            }
            let names: Vec<&str> = known.iter().map(|field| field.name).collect();
            let hint = match closest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None if SETTINGS.iter().any(|field| field.name == name) => {
                    "it is one for the whole exporter: write it at the top, beside `metrics`".into()
                }
                None if TAG_SELECT.iter().any(|field| field.name == name) => {
                    "it belongs below `aws_tag_select`".into()
                }
                None => format!("known are {}", names.join(", ")),
            };
            let shown = key.text().unwrap_or("?");
            self.wrong(
                key.at,
                format!("`{shown}` is no field of {what}: the exporter would ignore it"),
                hint,
            );
        }
        for field in known.iter().filter(|field| field.required) {
            if map.get(field.name).is_none() {
                let hint = format!("add `{}: …`", field.name);
                self.wrong(map.at, format!("{what} needs `{}`", field.name), hint);
            }
        }
    }

    fn value(&mut self, field: &Field, key: Position, value: &Node) {
        let name = field.name;
        if value.is_null() {
            if !field.nullable {
                self.wrong(key, format!("`{name}` is empty"), "give it a value, or remove it");
            }
            return;
        }
        match field.kind {
            Type::Text => self.text(name, value, field.required),
            Type::Seconds => self.seconds(name, value),
            Type::Boolean => self.boolean(name, value),
            Type::Texts => self.texts(name, value),
            Type::TextLists => self.lists(name, value, Self::texts),
            Type::PatternLists => self.lists(name, value, Self::patterns),
            Type::Pattern => self.pattern(name, value),
            Type::ResourceType => self.resource_type(name, value),
            Type::TagSelect => self.map(value, "`aws_tag_select`", &TAG_SELECT),
        }
    }

    fn text(&mut self, name: &str, value: &Node, filled: bool) {
        self.text_of(&format!("`{name}`"), value, filled);
    }

    fn text_of(&mut self, what: &str, value: &Node, filled: bool) {
        match (text(value), value.text()) {
            (Some(""), _) if filled => {
                self.wrong(value.at, format!("{what} is empty"), "give it a value");
            }
            (Some(_), _) => (),
            (None, Some(written)) => {
                let message = format!("{what} is text; `{written}` is not, without quotes");
                self.wrong(value.at, message, "put quotes around it");
            }
            (None, None) => {
                let message = format!("{what} is text; this is {}", kind_of(value));
                self.wrong(value.at, message, "write it on one line");
            }
        }
    }

    fn resource_type(&mut self, name: &str, value: &Node) {
        self.text(name, value, true);
        let Some(written) = text(value).filter(|written| !written.is_empty()) else {
            return;
        };
        let (service, kind) = written.split_once(':').unwrap_or((written, ""));
        let is_service = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_kind = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
        if service.is_empty() || !service.chars().all(is_service) || !kind.chars().all(is_kind) {
            let message =
                format!("`{written}` is no type of resources: the exporter's scrape would end there");
            self.wrong(
                value.at,
                message,
                "write `service:type` as in `ec2:instance`, or `s3:`",
            );
        }
    }

    fn seconds(&mut self, name: &str, value: &Node) {
        if seconds(value).is_some() {
            return;
        }
        let (what, hint) = match &value.value {
            Value::Scalar(scalar) if !scalar.plain => (
                format!("`{}` in quotes is text", scalar.text),
                "remove the quotes",
            ),
            Value::Scalar(scalar) => (
                format!("the exporter takes `{}` for another, or for none", scalar.text),
                "write decimal digits only: `90`, not `1:30`, `090`, `90.0` or `90s`",
            ),
            Value::Seq(_) | Value::Map(_) => (format!("this is {}", kind_of(value)), "write one number"),
        };
        self.wrong(
            value.at,
            format!("`{name}` is a whole number of seconds; {what}"),
            hint,
        );
    }

    fn boolean(&mut self, name: &str, value: &Node) {
        if boolean(value).is_none() {
            let shown = value
                .text()
                .map_or_else(|| kind_of(value).to_owned(), |text| format!("`{text}`"));
            let message = format!("`{name}` is true or false; {shown} is neither, or in quotes");
            self.wrong(value.at, message, "write `true` or `false`, without quotes");
        }
    }

    fn texts(&mut self, name: &str, list: &Node) {
        self.list(name, list, |reader, item| {
            reader.text_of(&format!("an item of `{name}`"), item, true);
        });
    }

    fn patterns(&mut self, name: &str, list: &Node) {
        self.list(name, list, |reader, item| reader.pattern(name, item));
    }

    fn list(&mut self, name: &str, list: &Node, mut each: impl FnMut(&mut Self, &Node)) {
        if matches!(list.value, Value::Seq(_)) {
            list.items().iter().for_each(|item| each(self, item));
        } else {
            let message = format!("`{name}` has a list here; this is {}", kind_of(list));
            self.wrong(list.at, message, "put it into brackets: `[…]`");
        }
    }

    /// A map of lists.
    fn lists(&mut self, name: &str, map: &Node, each: fn(&mut Self, &str, &Node)) {
        if !matches!(map.value, Value::Map(_)) {
            let message = format!("`{name}` is a map of lists; this is {}", kind_of(map));
            return self.wrong(map.at, message, "write `Name: [value, …]` below it");
        }
        for (key, value) in map.entries() {
            self.text_of(&format!("a key of `{name}`"), key, true);
            each(self, name, value);
        }
    }

    fn pattern(&mut self, name: &str, value: &Node) {
        let Some(pattern) = text(value) else {
            return self.text(name, value, true);
        };
        if let Some(why) = why_not(pattern) {
            let hint = "the exporter would fail with it for everybody; docs/checks/metric.md says what is understood";
            self.wrong(
                value.at,
                format!("the regular expression of `{name}` {why}"),
                hint,
            );
        }
    }
}
