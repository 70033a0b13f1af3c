//! `shape`: lists where lists belong, maps where maps belong, the fields that there are with the types that they have, and
//! those without which an item is nothing, all as the server's version has them. All of it is told at once, where the real tool
//! hides much behind its first word. A field that nobody knows is left to the tool where the server is newer than our table. What the
//! tool lets through (an unknown prober, a module without a body, a quoted `"null"` that is read as nothing) is not.

use crate::fields::{self, GROUP, JOB, Kind, MODULE, Struct};
use crate::misread;
use crate::relabel::{ACTIONS, Action};
use crate::subject::Subject;
use contract::{Component, Problem, Version};
use policy::{Duration, closest};
use std::collections::BTreeSet;
// A type only; `core::net` cannot open anything.
use core::net::IpAddr;
use std::sync::LazyLock;
use yaml::{Node, Position, Resolved, Scalar, Value};

pub(crate) const NAME: &str = "shape";

/// What a relabelling rule can do.
static ACTION: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = ACTIONS.iter().map(|action| action.name).collect();
    match names.split_last() {
        Some((last, names)) => format!("{} or {last}", names.join(", ")),
        None => String::new(),
    }
});

/// What the Blackbox exporter can do, as of 0.26; a module with any other prober loads and then answers 400.
pub(super) const PROBERS: [&str; 5] = ["http", "tcp", "dns", "icmp", "grpc"];

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let mut shape = Shape {
        subject,
        problems: Vec::new(),
    };
    for (key, value) in subject.tree.written() {
        match key.text() {
            Some("scrape_configs") => shape.list(value, "scrape_configs", "job", Shape::job),
            Some("groups") => shape.list(value, "groups", "group", Shape::group),
            Some("modules") => shape.modules(value),
            _ => (),
        }
    }
    // An anchor's part is looked at in each of its copies.
    let once: BTreeSet<Problem> = shape.problems.into_iter().collect();
    once.into_iter().collect()
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
                format!("`{section}` is a list; this is {}", kind_of(node)),
                &hint,
            );
        }
        for node in node.items() {
            if matches!(node.value, Value::Map(_)) {
                each(self, node);
            } else {
                let message = format!("a {item} is a map of fields; this is {}", kind_of(node));
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
            // A misspelt one is told already, with what was meant, where all fields are known.
            let is_meant = |key: &str| closest(key, &[field]).is_some();
            let mut keys = map.entries().into_iter().filter_map(|(key, _)| key.text());
            let hint = match keys.find(|key| is_meant(key)) {
                Some(_) if !fields::may_have_more(self.subject.prometheus) => return,
                Some(key) => format!("write `{field}` for `{key}`"),
                None => format!("add `{field}: …`"),
            };
            return self.wrong(map.at, format!("a {item} needs `{field}`"), &hint);
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
                    format!("`{field}` is text; this is {}", kind_of(value)),
                    "write it on one line; if it begins with `{` or `[`, put it in quotes",
                );
            }
        }
    }

    fn job(&mut self, job: &Node) {
        self.text(job, "job", "job_name");
        self.fields(job, &JOB, "a job");
        let scheme = job.get("scheme").filter(|scheme| !scheme.is_null());
        if let Some(text) = scheme
            .and_then(Node::text)
            .filter(|text| !matches!(*text, "" | "http" | "https"))
        {
            let message =
                format!("`scheme` is http or https, in small letters; with `{text}` each scrape would fail");
            self.wrong(
                job.get("scheme").map_or(job.at, |scheme| scheme.at),
                message,
                "write one of them",
            );
        }
    }

    fn group(&mut self, group: &Node) {
        self.text(group, "group", "name");
        self.fields(group, &GROUP, "a group");
        for rule in group.get("rules").map_or(&[][..], Node::items) {
            if matches!(rule.value, Value::Map(_)) {
                self.rule(rule);
            }
        }
    }

    /// Every field of a map: is there one of that name, and may it be this?
    fn fields(&mut self, map: &Node, of: &'static Struct, called: &str) {
        let is_of_module = self.subject.component == Component::Blackbox;
        let version = if is_of_module {
            fields::NEWEST
        } else {
            self.subject.prometheus
        };
        for (key, value) in map.written() {
            let name = key.text().unwrap_or_default();
            if key.is_merge() {
                // What is taken over is checked as if it stood here; another field of that name may win.
                let maps = match &value.value {
                    Value::Seq(maps) => maps,
                    Value::Scalar(_) | Value::Map(_) => std::slice::from_ref(value),
                };
                for map in maps {
                    self.fields(map, of, called);
                }
            } else if let Some(field) = of.field(name).filter(|field| field.absence(version).is_none()) {
                // Told in other words, with what is required.
                let is_required = matches!(name, "job_name" | "record" | "alert" | "expr")
                    || (of.name == GROUP.name && name == "name");
                if !is_required {
                    self.value(value, field.kind, name);
                }
            } else if let Some(absence) = of.field(name).and_then(|field| field.absence(version)) {
                let message = format!("`{name}` is a field of {called} {absence}; this server is {version}");
                let hint = match of.renamed(name, version) {
                    Some(other) => format!("write `{other}`"),
                    None => "remove it, or ask the platform team for a server of another version".into(),
                };
                self.wrong(key.at, message, &hint);
            } else if is_of_module {
                // Which exporter runs is not known: what is nearly one of its fields is none, the rest is the tool's to say.
                if let Some(near) = near(name, &of.names(version)) {
                    let message = format!("`{name}` is no field of {called}");
                    self.wrong(key.at, message, &format!("did you mean `{near}`?"));
                }
            } else if !fields::may_have_more(version) {
                let shown = key.text().unwrap_or("?");
                let message = format!("`{shown}` is no field of {called} (Prometheus {version})");
                self.wrong(key.at, message, &unknown_hint(shown, of, version));
            }
        }
    }

    /// Whether this may stand in a field of that kind, as Go's reader of YAML has it.
    fn value(&mut self, node: &Node, kind: Kind, field: &str) {
        let (wanted, hint) = match (kind, &node.value) {
            (Kind::Any, _) => return,
            // Nothing at all sets nothing, but for an item of a list of maps.
            (kind, Value::Scalar(_)) if node.is_null() => match kind {
                // It becomes the empty text, where others stay what they are by default.
                Kind::Action => (ACTION.as_str(), "say what the rule does, or remove the field"),
                Kind::Struct(_) if field.starts_with("- ") => {
                    ("a map of fields", "remove it, or write what belongs there")
                }
                _ => return,
            },
            // A tag makes text of a number, or a number of text: what the server then has is not what is judged here.
            (Kind::Text, Value::Scalar(Scalar { tag: Some(_), .. })) => return,
            (_, Value::Scalar(Scalar { tag: Some(_), .. })) => {
                ("a value without a tag", "write it plainly, without `!!`")
            }
            (Kind::List(item), Value::Seq(items)) => {
                let field = format!("- {}", field.trim_start_matches("- "));
                return items.iter().for_each(|node| self.value(node, *item, &field));
            }
            (Kind::Map(item), Value::Map(_)) => {
                let entries = node.entries().into_iter();
                return entries.for_each(|(key, node)| match key.text() {
                    Some(name) if !name.is_empty() => {
                        self.value(node, *item, &format!("{name}` of `{field}"));
                    }
                    _ => self.value(node, *item, field),
                });
            }
            (Kind::Struct(of), Value::Map(_)) => {
                let called = match of.called() {
                    Some(called) => called.to_owned(),
                    None => format!("`{}`", field.trim_start_matches("- ")),
                };
                self.region(node, of, &called);
                return self.fields(node, of, &called);
            }
            (Kind::List(_), _) => ("a list", "begin each item with `- `, or write `[a, b]`"),
            (Kind::Map(_), _) => ("a map", "write `name: value` below each other, indented alike"),
            (Kind::Struct(_), _) => (
                "a map of fields",
                "write `field: value` below each other, indented alike",
            ),
            (_, Value::Seq(_)) => ("one value", "write it without `- ` and brackets"),
            (_, Value::Map(_)) => (
                "one value",
                "write it on one line; if it begins with `{`, put it in quotes",
            ),
            (kind, Value::Scalar(scalar)) => match scalar_fault(node, scalar, kind) {
                Some(fault) => fault,
                None => return,
            },
        };
        let what = match &node.value {
            Value::Scalar(Scalar {
                text, tag: Some(tag), ..
            }) => format!("`{tag} {text}`"),
            Value::Scalar(scalar) if !scalar.plain => format!("`{:?}`, in quotes", scalar.text),
            Value::Scalar(scalar) if !node.is_null() => format!("`{}`", scalar.text),
            Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => kind_of(node).to_owned(),
        };
        let message = match field.strip_prefix("- ") {
            Some(field) => format!("each item of `{field}` is {wanted}; this is {what}"),
            None => format!("`{field}` is {wanted}; this is {what}"),
        };
        self.wrong(node.at, message, hint);
    }

    /// Discovery of AWS asks the machine that it runs on for a region that is not written, and a check runs on none of them.
    fn region(&mut self, map: &Node, of: &Struct, called: &str) {
        let is_written = |(key, value): &(&Node, &Node)| {
            key.text() == Some("region") && !value.is_null() && value.text() != Some("")
        };
        if of.name.starts_with("aws.")
            && of.field("region").is_some()
            && !map.entries().iter().any(is_written)
        {
            let message = format!("each item of {called} needs `region`");
            self.wrong(map.at, message, "add `region: …`, such as `eu-west-1`");
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
        if let Some((expr, text)) = rule
            .get("expr")
            .and_then(|expr| Some((expr, expr.text()?.trim())))
        {
            let (what, hint) = if text.ends_with(']') {
                (
                    "a range of values",
                    "give it to a function that makes one of them: `rate(x[5m])`",
                )
            } else if is_quoted(text) {
                ("text", "write the expression without quotes of its own")
            } else {
                return;
            };
            let message = format!("`expr` is {what}, and not one value: each evaluation would fail");
            self.wrong(expr.at, message, hint);
        }
    }

    fn modules(&mut self, modules: &Node) {
        if !matches!(modules.value, Value::Map(_)) && !modules.is_null() {
            let message = format!("`modules` is a map; this is {}", kind_of(modules));
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
                self.fields(module, &MODULE, "a module");
                self.timeout(module);
            } else {
                let message = format!("module `{name}` is a map of fields; this is {}", kind_of(module));
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
            Some(text) if PROBERS.contains(&text) => self.probe(module, prober.at, text, fields),
            Some(text) => {
                let message = format!("`{text}` is no prober: the module would load, and fail at each probe");
                self.wrong(prober.at, message, &format!("use one of {probers}"));
            }
            None => self.wrong(
                prober.at,
                format!("`prober` is text; this is {}", kind_of(prober)),
                "write it on one line",
            ),
        }
    }
}

/// What the exporter takes and can do nothing with.
impl Shape<'_> {
    /// A number alone is no duration to it.
    fn timeout(&mut self, module: &Node) {
        let timeout = module.get("timeout");
        if let Some((node, Resolved::Int(_) | Resolved::Float(_))) =
            timeout.and_then(|node| Some((node, node.resolved()?)))
        {
            let shown = node.text().unwrap_or_default();
            let message = format!("`timeout` is a duration; this is `{shown}`");
            self.wrong(node.at, message, "write a number and a unit: `5s`, `500ms`");
        }
    }

    fn probe(&mut self, module: &str, at: Position, prober: &str, fields: &Node) {
        let own = fields.get(prober);
        if prober == "dns" && own.is_none_or(Node::is_null) {
            let message = format!(
                "module `{module}` asks for no name: it would load, and ask for the root of all names"
            );
            self.wrong(at, message, "add `dns: {query_name: …}`");
        }
        let Some(own) = own else { return };
        for code in own.get("valid_status_codes").map_or(&[][..], Node::items) {
            let is_one = |code: &Node| matches!(code.resolved(), Some(Resolved::Int(100..=599)));
            if !is_one(code) {
                let shown = code.text().unwrap_or_default();
                let message = format!("`{shown}` is no status of HTTP: no answer would ever have it");
                self.wrong(
                    code.at,
                    message,
                    "write whole numbers from 100 to 599, without quotes",
                );
            }
        }
        for field in ["preferred_ip_protocol", "source_ip_address"] {
            let Some((value, text)) = own.get(field).and_then(|value| Some((value, value.text()?))) else {
                continue;
            };
            let (is_one, wanted) = match field {
                "source_ip_address" => (text.parse::<IpAddr>().is_ok(), "an address, such as 10.0.0.7"),
                _ => (matches!(text, "ip4" | "ip6"), "ip4 or ip6"),
            };
            if !is_one && !value.is_null() && !text.is_empty() {
                let message = format!("`{field}` is {wanted}; this is `{text}`");
                self.wrong(value.at, message, "write it so, or leave it out");
            }
        }
    }
}

/// Whether an expression is a string and nothing else.
fn is_quoted(expression: &str) -> bool {
    ['"', '\'', '`'].into_iter().any(|quote| {
        let inner = expression
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        inner.is_some_and(|inner| !inner.contains(quote))
    })
}

pub(super) fn kind_of(node: &Node) -> &'static str {
    match &node.value {
        Value::Scalar(_) if node.is_null() => "nothing",
        Value::Scalar(_) => "text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
    }
}

/// What is wanted instead of this scalar, and what to do; none if it may stand there.
fn scalar_fault(node: &Node, scalar: &Scalar, kind: Kind) -> Option<(&'static str, &'static str)> {
    let resolved = node.resolved();
    let text = scalar.text.as_str();
    // A known defect of Go's reader (go-yaml/yaml#440): even in quotes it does not show these to a type's own reader. A regex is
    // then none, and an action is one that there is not: promtool accepts it, and Prometheus panics at the first target.
    let is_lost = !scalar.plain && matches!(text, "null" | "~");
    let fits = match kind {
        Kind::Bool => matches!(resolved, Some(Resolved::Bool(_))),
        Kind::Int => matches!(resolved, Some(Resolved::Int(_) | Resolved::Float(_))),
        Kind::Unsigned => resolved.and_then(Resolved::whole).is_some(),
        Kind::Float => matches!(resolved, Some(Resolved::Int(_) | Resolved::Float(_))) || is_infinite(scalar),
        Kind::Duration => !is_lost && Duration::parse(text).is_some(),
        Kind::Size => !is_lost && is_size(text),
        Kind::Regex | Kind::Read => !is_lost,
        Kind::Action => !is_lost && Action::named(&text.to_lowercase()).is_some(),
        Kind::Text | Kind::Any | Kind::List(_) | Kind::Map(_) | Kind::Struct(_) => true,
    };
    let fault = match kind {
        Kind::Bool => ("true or false", "write true or false, without quotes"),
        Kind::Int | Kind::Float => ("a number", "write a number, without quotes"),
        Kind::Unsigned => (
            "a whole number from 0",
            "write a number below 2^64, without quotes and sign",
        ),
        Kind::Duration => (
            "a duration",
            "write a number and a unit, the largest first: `30s`, `5m`, `1h30m`",
        ),
        Kind::Size => ("a size", "write a number and a unit: `512KB`, `10MB`"),
        Kind::Regex => (
            "read as if it were not there, which is `(.*)`, where it is \"null\" or \"~\"",
            "write `(null)`, or `(~)`",
        ),
        Kind::Read => (
            "not read as what it says where it is \"null\" or \"~\"",
            "write what is meant, or remove it",
        ),
        Kind::Action => (ACTION.as_str(), "use one of them"),
        Kind::Text | Kind::Any | Kind::List(_) | Kind::Map(_) | Kind::Struct(_) => return None,
    };
    (!fits).then_some(fault)
}

fn is_infinite(scalar: &Scalar) -> bool {
    let text = scalar.text.trim_start_matches(['+', '-']).to_lowercase();
    scalar.plain && matches!(text.as_str(), ".inf" | ".nan")
}

/// Numbers with units, as `units.ParseBase2Bytes` has it: those of one column only; `kB` is none.
fn is_size(text: &str) -> bool {
    const UNITS: [[&str; 7]; 2] = [
        ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"],
        ["B", "KB", "MB", "GB", "TB", "PB", "EB"],
    ];
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    unsigned == "0" || UNITS.iter().any(|units| is_size_in(unsigned, units))
}

fn is_size_in(mut rest: &str, units: &[&str]) -> bool {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut parts = 0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c| !is_number(c)).unwrap_or(rest.len()));
        let (unit, after) = after.split_at(after.find(is_number).unwrap_or(after.len()));
        if number.parse::<f64>().is_err() || !units.contains(&unit) {
            return false;
        }
        (rest, parts) = (after, parts + 1);
    }
    parts > 0
}

/// The field that was meant: with a slip of the finger, or cut short, as `user` is for `username`.
fn near<'a>(name: &str, names: &[&'a str]) -> Option<&'a str> {
    let longer = || {
        let names = names
            .iter()
            .filter(|field| name.len() > 3 && field.starts_with(name));
        names.min_by_key(|field| field.len()).copied()
    };
    closest(name, names).or_else(longer)
}

/// What to do about a field that there is not.
fn unknown_hint(name: &str, of: &Struct, version: Version) -> String {
    // Where its author put it in quotes: else it is no field.
    if name == "<<" {
        return "remove the quotes: `<<: *name` takes over what is anchored".into();
    }
    if of.name == JOB.name && matches!(name, "targets" | "labels") {
        return "write it under `static_configs`: `- targets: [host:port]`".into();
    }
    if let Some(hint) = misread::hint(name) {
        return hint;
    }
    if let Some(field) = near(name, &of.names(version)) {
        return format!("did you mean `{field}`?");
    }
    let home = fields::homes()
        .into_iter()
        .find(|home| home.field(name).is_some());
    match home.and_then(Struct::called) {
        Some(home) => format!("`{name}` is a field of {home}; see how far it is indented"),
        None => "remove it, or see how far it is indented".into(),
    }
}
