//! What `base/policy.yml` may hold, said three ways. In: the types and their documentation. Out: a JSON schema for editors,
//! the default as YAML with a comment above each field, and what is wrong with the structure of a file, field by field.
//! Never: a second list of the fields; the schema is made of the types, but by the tests, so that no program has to hold
//! (or wait for the compiler of) what makes it.

use crate::{Duration, Policy, closest};
use contract::Severity;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::fmt::Write as _;
use yaml::{Finding, Limits, Node, Position, Value as Kind};

/// The reporter of what is wrong with a policy.
const CHECK: &str = "policy";
const WIDTH: usize = 110;

/// The schema of a policy, as text; JSON Schema 2020-12. Made of the types by `make docs`; a test holds the two together.
pub const SCHEMA: &str = include_str!("../../../docs/policy.schema.json");

/// The same, read.
pub(crate) fn schema() -> Value {
    // The tests read it too.
    serde_json::from_str(SCHEMA).unwrap_or_default()
}

fn properties(schema: &Value) -> Option<&Map<String, Value>> {
    schema.get("properties")?.as_object()
}

/// The default policy as a file, with what each field is above it.
#[must_use]
pub fn document() -> String {
    let mut text = String::from("# Promloom's policy, base/policy.yml: what is left out is as it is here.\n");
    // JSON is YAML, and keeps the order in which the fields are declared.
    let json = serde_json::to_string(&Policy::default()).unwrap_or_default();
    if let Ok(Some(tree)) = yaml::read(json.as_bytes(), &Limits::default()) {
        describe(&tree, &schema(), 0, &mut text);
    }
    text
}

fn describe(tree: &Node, schema: &Value, indent: usize, text: &mut String) {
    for (index, (key, value)) in tree.entries().iter().enumerate() {
        let name = key.text().unwrap_or_default();
        let field = &schema["properties"][name];
        let margin = " ".repeat(indent);
        if index > 0 || indent == 0 {
            text.push('\n');
        }
        for line in wrapped(field["description"].as_str().unwrap_or_default(), WIDTH - indent) {
            line_to(text, &format!("{margin}# {line}"));
        }
        match &value.value {
            Kind::Map(entries) if !entries.is_empty() => {
                line_to(text, &format!("{margin}{name}:"));
                describe(value, field, indent + 2, text);
            }
            Kind::Seq(items) if !items.is_empty() => {
                line_to(text, &format!("{margin}{name}:"));
                for item in items {
                    line_to(
                        text,
                        &format!("{margin}  - {}", yaml::print(item).text.trim_end()),
                    );
                }
            }
            Kind::Scalar(_) | Kind::Map(_) | Kind::Seq(_) => {
                line_to(
                    text,
                    &format!("{margin}{name}: {}", yaml::print(value).text.trim_end()),
                );
            }
        }
    }
}

fn line_to(text: &mut String, line: &str) {
    // Writing to a String cannot fail.
    let _infallible = writeln!(text, "{line}");
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + word.chars().count() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

pub(crate) fn finding(at: Position, message: String, hint: impl Into<String>) -> Finding {
    Finding {
        check: CHECK,
        severity: Severity::Error,
        at: Some(at),
        message,
        hint: Some(hint.into()),
    }
}

/// Everything in a tree that the schema does not have: unknown fields, values of another kind, and what is no number, no duration, ….
pub(crate) fn misfits(tree: &Node, schema: &Value, name: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    fit(tree, schema, name, &mut findings);
    findings
}

fn fit(node: &Node, schema: &Value, name: &str, findings: &mut Vec<Finding>) {
    // Beside `null` there is one kind.
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.as_slice(),
        kind => std::slice::from_ref(kind),
    };
    let mut kinds = kinds.iter().filter_map(Value::as_str);
    if node.is_null() && kinds.clone().any(|kind| kind == "null") {
        return;
    }
    let expected = kinds.find(|kind| *kind != "null").unwrap_or_default();
    let fits = match (&node.value, expected) {
        (Kind::Map(_), "object") | (Kind::Seq(_), "array") => true,
        (Kind::Scalar(_), "string") => !node.is_null(),
        // Of numbers the reader knows more.
        (Kind::Scalar(scalar), "integer" | "number" | "boolean") => scalar.plain && !node.is_null(),
        _ => false,
    };
    if !fits {
        let (is, hint) = match expected {
            "object" => (
                "a map",
                "write its fields below it, indented; leave it out for the default",
            ),
            "array" => ("a list", "begin each entry with `- `; `[]` is none"),
            "integer" | "number" => ("a number", "write it without quotes"),
            "boolean" => ("true or false", "write it without quotes"),
            _ => ("text", "write it on one line; `\"\"` is none"),
        };
        findings.push(finding(node.at, format!("{name} has to be {is}"), hint));
        return;
    }
    findings.extend(misread(node, schema, expected, name));
    for item in node.items() {
        fit(item, &schema["items"], &format!("an entry of {name}"), findings);
    }
    let required = schema["required"].as_array().into_iter().flatten();
    for field in required
        .filter_map(Value::as_str)
        .filter(|field| node.get(field).is_none())
    {
        let what = schema["properties"][field]["description"]
            .as_str()
            .unwrap_or_default();
        findings.push(finding(
            node.at,
            format!("{name} needs `{field}`"),
            format!("add `{field}`: {what}"),
        ));
    }
    let known = properties(schema);
    for (key, value) in node.written() {
        let field = key.text().unwrap_or_default();
        match known.and_then(|known| known.get(field)).or_else(|| open(schema)) {
            Some(of_field) => fit(value, of_field, &format!("`{field}`"), findings),
            None => findings.push(unknown(key.at, field, known)),
        }
    }
}

/// What the reader cannot make of a scalar that is of the right kind.
fn misread(node: &Node, schema: &Value, kind: &str, name: &str) -> Option<Finding> {
    let text = node.text()?;
    let least = schema["minimum"].as_u64().unwrap_or_default();
    let (is_read, is, hint) = match kind {
        "integer" => (
            scalar::<u64>(node).is_some_and(|number| number >= least),
            format!("a whole number, {least} or more"),
            "write its digits alone",
        ),
        "number" => (
            scalar::<f64>(node).is_some(),
            "a number".to_owned(),
            "write its digits alone, with a point where it is no whole one",
        ),
        "boolean" => (
            scalar::<bool>(node).is_some(),
            "true or false".to_owned(),
            "write one of these two",
        ),
        // The only texts that have a pattern.
        _ if schema["pattern"].is_string() => (
            Duration::parse(text).is_some(),
            "a duration".to_owned(),
            "write a number and a unit: `30s`, `5m`, `1h`",
        ),
        _ => return None,
    };
    (!is_read).then(|| finding(node.at, format!("{name} has to be {is}, not `{text}`"), hint))
}

/// What the reader makes of a scalar by itself.
pub(crate) fn scalar<T: DeserializeOwned>(node: &Node) -> Option<T> {
    serde_yaml::from_str(&yaml::print(node).text).ok()
}

/// The schema of keys that are anybody's names.
fn open(schema: &Value) -> Option<&Value> {
    schema
        .get("additionalProperties")
        .filter(|further| further.is_object())
}

fn unknown(at: Position, field: &str, known: Option<&Map<String, Value>>) -> Finding {
    let names: Vec<&str> = known
        .into_iter()
        .flat_map(Map::keys)
        .map(String::as_str)
        .collect();
    let hint = match closest(field, &names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("use one of {}", names.join(", ")),
    };
    finding(at, format!("`{field}` is no field here"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::generate::SchemaSettings;
    use serde_json::json;

    /// What the types say.
    fn made() -> Value {
        let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
        let mut schema = settings
            .into_generator()
            .into_root_schema_for::<Policy>()
            .to_value();
        // An exemption says what is different: the same fields, but these.
        let mut exempt = properties(&schema).cloned().unwrap_or_default();
        for whole in ["owners", "shrink", "pushgateway"] {
            exempt.remove(whole);
        }
        for field in exempt.values_mut() {
            without_defaults(field);
        }
        let exempt = json!({
            "description": "The fields of the policy that are different for it (all but `owners`, `shrink` and `pushgateway`).",
            "type": "object",
            "properties": exempt,
            "additionalProperties": false,
        });
        *schema
            .pointer_mut("/properties/owners/additionalProperties/properties/policy")
            .unwrap() = exempt;
        schema["title"] = "Promloom's base/policy.yml".into();
        schema
    }

    fn without_defaults(schema: &mut Value) {
        match schema {
            Value::Object(fields) => {
                fields.remove("default");
                fields.values_mut().for_each(without_defaults);
            }
            Value::Array(items) => items.iter_mut().for_each(without_defaults),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => (),
        }
    }

    #[test]
    fn a_text_with_a_pattern_is_a_duration() {
        fn patterns(schema: &Value) -> Vec<&str> {
            let own = schema.get("pattern").and_then(Value::as_str);
            let below = match schema {
                Value::Object(fields) => fields.values().flat_map(patterns).collect(),
                Value::Array(items) => items.iter().flat_map(patterns).collect(),
                _ => Vec::new(),
            };
            own.into_iter().chain(below).collect()
        }
        let made = made();
        let found = patterns(&made);
        assert!(
            found.len() > 3 && found.iter().all(|pattern| *pattern == found[0]),
            "{found:?}"
        );
    }

    #[test]
    fn the_schema_is_what_the_types_say() {
        let made = serde_json::to_string_pretty(&made()).unwrap();
        // For `make docs`, which writes it.
        println!("{made}");
        assert_eq!(SCHEMA.trim_end(), made, "run `make docs`");
    }
}
