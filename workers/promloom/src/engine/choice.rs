//! The rules of a `Choice`. In: a rule and an input. Out: whether it holds. Never: more operators than the
//! definition uses.

use super::Thrown;
use super::path::{Path, Scope};
use serde_json::Value;

/// A condition.
#[derive(Debug)]
pub(crate) enum Rule {
    And(Vec<Rule>),
    Not(Box<Rule>),
    StringEquals(Path, String),
    NumericLessThan(Path, f64),
    IsNull(Path, bool),
}

impl Rule {
    /// Understands a rule without its `Next` and `Comment`, or names what is not known.
    pub(super) fn parse(value: &Value) -> Result<Rule, String> {
        let rule = value.as_object().ok_or("a rule that is not an object")?;
        let mut operators = rule.iter().filter(|(name, _)| *name != "Variable");
        let (Some((operator, operand)), None) = (operators.next(), operators.next()) else {
            return Err("a rule without exactly one operator".into());
        };
        let variable = rule
            .get("Variable")
            .map(|variable| variable.as_str().unwrap_or_default());
        let unknown = || format!("operator `{operator}` with `{operand}`");
        match (operator.as_str(), operand, variable.map(Path::parse).transpose()?) {
            ("And", Value::Array(rules), None) if !rules.is_empty() => rules
                .iter()
                .map(Rule::parse)
                .collect::<Result<_, _>>()
                .map(Rule::And),
            ("Not", rule, None) => Ok(Rule::Not(Box::new(Rule::parse(rule)?))),
            ("StringEquals", Value::String(text), Some(path)) => Ok(Rule::StringEquals(path, text.clone())),
            ("NumericLessThan", number, Some(path)) => {
                Ok(Rule::NumericLessThan(path, number.as_f64().ok_or_else(unknown)?))
            }
            ("IsNull", Value::Bool(yes), Some(path)) => Ok(Rule::IsNull(path, *yes)),
            _ => Err(unknown()),
        }
    }

    /// Whether it holds. A value of another type is not equal and not less; a path that leads nowhere ends
    /// the execution.
    pub(super) fn holds(&self, input: &Value, scope: &Scope) -> Result<bool, Thrown> {
        Ok(match self {
            Rule::And(rules) => {
                for rule in rules {
                    if !rule.holds(input, scope)? {
                        return Ok(false);
                    }
                }
                true
            }
            Rule::Not(rule) => !rule.holds(input, scope)?,
            Rule::StringEquals(path, text) => path.find(input, scope)?.as_str() == Some(text),
            Rule::NumericLessThan(path, than) => path
                .find(input, scope)?
                .as_f64()
                .is_some_and(|number| number < *than),
            Rule::IsNull(path, yes) => path.find(input, scope)?.is_null() == *yes,
        })
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rule::And(rules) => {
                let rules: Vec<String> = rules.iter().map(Rule::to_string).collect();
                f.write_str(&rules.join(", "))
            }
            Rule::Not(rule) => match rule.as_ref() {
                Rule::IsNull(path, yes) => Rule::IsNull(path.clone(), !yes).fmt(f),
                rule => write!(f, "not ({rule})"),
            },
            // The text alone: what a state calls its outcomes is plain from its name.
            Rule::StringEquals(_, text) => f.write_str(text),
            Rule::NumericLessThan(path, than) => write!(f, "{} < {than}", path.last()),
            Rule::IsNull(path, true) => write!(f, "no {}", path.last()),
            Rule::IsNull(path, false) => f.write_str(path.last()),
        }
    }
}
