//! `duplicate_rule`: one group records one series (a name and labels) by two rules. The real tool takes it; then the second
//! sample of each evaluation is refused (`duplicate sample for timestamp`) and the series holds the first only. Rules that differ in
//! what a selector picks (`code=~"2.."`, `code=~"3.."`) share the series out, which is common and fine. A rule that is there
//! twice to the letter does nothing but cost; that is a warning, of an alert too.

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
            Some((kind, name.text().filter(|text| !text.is_empty())?, name.at))
        });
        let (Some((kind, name, at)), Some(expression)) = (named, rule.get("expr").and_then(Node::text))
        else {
            continue;
        };
        let labels = rule.get("labels").map_or(&[][..], Node::entries).iter();
        let labels = labels.filter_map(|(key, value)| Some((key.text()?, value.text()?)));
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
            (None, Some((first, _))) if kind == "record" => {
                let message = format!(
                    "`{name}` is recorded twice with the same labels, first in line {}: Prometheus refuses the second value",
                    first.line
                );
                let hint = "record it under another name or with a label of its own, or join both expressions by `or`";
                Some(subject.error(NAME, at, message).hint(hint))
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
}
