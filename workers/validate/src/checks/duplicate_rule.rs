//! `duplicate_rule`: one group records one series (a name and labels) by two rules. The real tool takes it, with a word of its lint. Prometheus
//! evaluates one after the other and refuses a second value for the same labels (`duplicate sample for timestamp`): the series holds the
//! first only. An error where that is certain, because both yield one series without labels (`sum(x)`, `vector(1)`); a warning where it
//! depends on what is scraped: rules over metrics of different jobs work. Rules that differ in what a selector picks (`code=~"2.."`,
//! `code=~"3.."`) share the series out, which is common and fine. A rule that is there twice to the letter does nothing but cost; that is a
//! warning, of an alert too. Never: an expression evaluated.

use crate::subject::Subject;
use contract::Problem;
use std::collections::BTreeMap;
use yaml::{Node, Position};

pub(crate) const NAME: &str = "duplicate_rule";

/// What must not be twice: a name and labels.
type Series<'a> = (&'a str, &'a str, BTreeMap<&'a str, &'a str>);

pub(crate) fn check(subject: &Subject<'_>) -> Vec<Problem> {
    let groups = subject.items("groups").iter();
    groups.flat_map(|group| of_group(subject, group)).collect()
}

fn of_group(subject: &Subject<'_>, group: &Node) -> Vec<Problem> {
    let mut seen: BTreeMap<Series<'_>, Vec<(Position, Expression)>> = BTreeMap::new();
    let mut problems = Vec::new();
    for rule in group.get("rules").map_or(&[][..], Node::items) {
        let named = ["record", "alert"].into_iter().find_map(|kind| {
            let name = rule.get(kind)?;
            Some((
                kind,
                name.text().filter(|text| !text.is_empty())?,
                rule.said_at(kind)?,
            ))
        });
        let (Some((kind, name, at)), Some(expression)) = (named, rule.get("expr").and_then(Node::text))
        else {
            continue;
        };
        let labels = rule.get("labels").map(Node::entries).unwrap_or_default();
        let labels = labels
            .into_iter()
            .filter_map(|(key, value)| Some((key.text()?, value.text()?)));
        let earlier = seen.entry((kind, name, labels.collect())).or_default();
        let expression = Expression::of(expression);
        let again = earlier.iter().find(|(_, other)| *other == expression);
        let in_the_way = earlier
            .iter()
            .find(|(_, other)| !other.shares_out_with(&expression));
        problems.extend(match (again, in_the_way) {
            (Some((first, _)), _) => {
                let message = format!("this rule is in the group twice, first in line {}", first.line);
                Some(subject.warning(NAME, at, message).hint("remove one of them"))
            }
            // Two alerts of a name are two conditions.
            (None, Some((first, other))) if kind == "record" => {
                let twice = format!("`{name}` is recorded twice with the same labels, first in line {}", first.line);
                let hint = "record it under another name or with a label of its own, or join both expressions by `or`";
                Some(if expression.yields_one_series() && other.yields_one_series() {
                    subject.error(NAME, at, format!("{twice}: Prometheus refuses the second value"))
                } else {
                    let message = format!("{twice}: where both yield the same labels, Prometheus refuses the second value");
                    subject.warning(NAME, at, message)
                }
                .hint(hint))
            }
            _ => None,
        });
        earlier.push((at, expression));
    }
    problems
}

/// An expression as words, and what stands in quotes in it.
#[derive(PartialEq, Eq)]
struct Expression {
    words: String,
    quoted: Vec<String>,
}

impl Expression {
    fn of(text: &str) -> Expression {
        let (mut words, mut quoted) = (String::new(), Vec::new());
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            match c {
                '"' | '\'' | '`' => {
                    let mut inside = String::new();
                    while let Some(next) = rest.next().filter(|next| *next != c) {
                        inside.push(next);
                        if next == '\\' && c != '`' {
                            inside.extend(rest.next());
                        }
                    }
                    quoted.push(inside);
                    words.push('"');
                }
                // The rest of the line is a comment.
                '#' => while rest.next().is_some_and(|next| next != '\n') {},
                c if c.is_whitespace() => (),
                c => words.push(c),
            }
        }
        Expression { words, quoted }
    }

    /// Whether they are one expression but for what selectors pick.
    fn shares_out_with(&self, other: &Expression) -> bool {
        self.words == other.words && self.quoted != other.quoted
    }
    /// Whether it yields one series without labels, whatever is scraped; false where that is not plain to see.
    fn yields_one_series(&self) -> bool {
        one_series(&self.words)
    }
}

/// What yields one series without labels of its arguments, if no `by` or `without` follows.
const WITHOUT_LABELS: [&str; 13] = [
    "avg", "count", "group", "max", "min", "pi", "quantile", "scalar", "stddev", "stdvar", "sum", "time",
    "vector",
];

/// Operands of that kind with operators between them; words stand together, as in [`Expression`].
fn one_series(words: &str) -> bool {
    let end = words
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || c == ':'))
        .unwrap_or(words.len());
    let (word, rest) = words.split_at(end);
    let rest = if let Some(inside) = rest.strip_prefix('(') {
        let Some((inside, rest)) = closed(inside) else {
            return false;
        };
        let fits = WITHOUT_LABELS.contains(&word) || (word.is_empty() && one_series(inside));
        if !fits {
            return false;
        }
        rest
    } else if word.parse::<f64>().is_ok() {
        rest
    } else {
        return false;
    };
    let next = ["or", "and", "unless", "+", "-", "*", "/", "%", "^"]
        .iter()
        .find_map(|operator| rest.strip_prefix(operator));
    rest.is_empty() || next.is_some_and(one_series)
}

/// What is before the bracket that closes, and what is behind it.
fn closed(words: &str) -> Option<(&str, &str)> {
    let mut open = 1;
    let end = words.find(|c: char| {
        open += i32::from(c == '(') - i32::from(c == ')');
        open == 0
    })?;
    Some((&words[..end], &words[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_series_without_labels_is_plain_to_see() {
        let check = |text: &str, expect: bool| {
            assert_eq!(Expression::of(text).yields_one_series(), expect, "{text}");
        };
        check("vector(1)", true);
        check("1", true);
        check("sum(rate(x{a=\"(\"}[5m]))", true);
        check("sum(x) / sum(y) * 100", true);
        check("(sum(x) or vector(0)) - count(y)", true);
        check("x", false);
        check("rate(x[5m])", false);
        check("sum by (job) (x)", false);
        check("sum(x) by (job)", false);
        check("sum without (pod) (x)", false);
        check("topk(5, x)", false);
        check("sum(x) * on() y", false);
        check("sum(x)[5m:]", false);
        check("sum(", false);
    }
}
