//! Placeholders. In: a tree and the configured values. Out: the tree with every placeholder replaced, and the
//! ones that could not be, each at its own place in the author's text. Never: looks at keys, or at what it
//! put in.
//!
//! A placeholder is a word `[A-Z][A-Z0-9]*(_[A-Z0-9]+)*_URL(_[1-9][0-9]*)?` with neither a letter, a digit
//! nor `_` of ASCII before or after it. Every such word is one, configured or not: a typing error must not
//! reach a scrape target. In a rule's `annotations`, which people read, one without a value stays, with a warning.

use contract::{Problem, Severity, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use yaml::{Node, Position, Scalar, Value};

/// The most problems that one file is told; a file of nothing but wrong placeholders says no more with more.
const PROBLEMS: usize = 100;

/// Where the placeholders of a text are, in its order.
fn words(text: &str) -> Vec<Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut found = Vec::new();
    let mut start = 0;
    for word in text.as_bytes().split(|byte| !is_part(*byte)) {
        let range = start..start + word.len();
        start = range.end + 1;
        if text.get(range.clone()).is_some_and(is_placeholder) {
            found.push(range);
        }
    }
    found
}

/// Whether a whole word is a placeholder.
#[must_use]
pub fn is_placeholder(word: &str) -> bool {
    let unnumbered = match word.rsplit_once('_') {
        Some((before, number)) if is_number(number) => before,
        _ => word,
    };
    unnumbered.strip_suffix("_URL").is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.split('_').all(|part| {
                !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            })
    })
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0') && !text.is_empty()
}

/// A placeholder without a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Word {
    /// Where its scalar begins.
    scalar: Position,
    /// The placeholder.
    name: String,
    /// How many times the same word stands before it in that scalar.
    before: usize,
    /// Whether people read the scalar, and no server.
    is_prose: bool,
}

/// The placeholders without a value, each once: copies that aliases made stand at the same place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Unset(BTreeSet<Word>);

/// Replaces the placeholders in the values of a tree.
///
/// A scalar that held one is no longer plain. That keeps its meaning: a placeholder alone is a string in
/// every schema of YAML, so a plain scalar with one in it was a string, and quoted it stays one whatever the
/// value looks like (`host:9090` next to `{` or `#`, `1:30`).
pub(crate) fn replace(tree: &mut Node, placeholders: &BTreeMap<String, String>) -> Unset {
    let mut unset = Unset::default();
    visit(tree, placeholders, Place::Top, &mut unset);
    unset
}

/// Where a value is, as far as it matters who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// A group of a fragment's `groups`.
    Group,
    /// A rule of its `rules`.
    Rule,
    /// In the `annotations` of a rule, which people read.
    Annotations,
    Elsewhere,
}

impl Place {
    fn below(self, key: Option<&str>) -> Place {
        match (self, key) {
            (Place::Top, Some("groups")) => Place::Group,
            (Place::Group, Some("rules")) => Place::Rule,
            (Place::Rule, Some("annotations")) | (Place::Annotations, _) => Place::Annotations,
            // Also below a label that is called so.
            _ => Place::Elsewhere,
        }
    }
}

fn visit(node: &mut Node, placeholders: &BTreeMap<String, String>, place: Place, unset: &mut Unset) {
    match &mut node.value {
        Value::Scalar(scalar) => {
            let is_prose = place == Place::Annotations;
            fill(scalar, (node.at, is_prose), placeholders, unset);
        }
        Value::Seq(items) => {
            for item in items {
                visit(item, placeholders, place, unset);
            }
        }
        Value::Map(entries) => {
            for (key, value) in entries {
                visit(value, placeholders, place.below(key.text()), unset);
            }
        }
    }
}

fn fill(
    scalar: &mut Scalar,
    (at, is_prose): (Position, bool),
    placeholders: &BTreeMap<String, String>,
    unset: &mut Unset,
) {
    let words = words(&scalar.text);
    if words.is_empty() {
        return;
    }
    let mut text = String::new();
    let mut copied = 0;
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for range in words {
        let name = &scalar.text[range.clone()];
        let before = *seen.entry(name).and_modify(|count| *count += 1).or_insert(0);
        match placeholders.get(name).filter(|value| !value.is_empty()) {
            Some(value) => {
                text.push_str(&scalar.text[copied..range.start]);
                text.push_str(value);
                copied = range.end;
                scalar.plain = false;
            }
            None => {
                unset.0.insert(Word {
                    scalar: at,
                    name: name.to_owned(),
                    before,
                    is_prose,
                });
            }
        }
    }
    text.push_str(&scalar.text[copied..]);
    scalar.text = text;
}

impl Unset {
    /// What the author is told, in line order.
    pub(crate) fn problems(
        self,
        source: &Source,
        text: &str,
        placeholders: &BTreeMap<String, String>,
    ) -> Vec<Problem> {
        let lines: Vec<&str> = contract::lines(text).collect();
        let count = self.0.len();
        // So that one that counts is not behind many that do not.
        let mut words: Vec<Word> = self.0.into_iter().collect();
        words.sort_by_key(|word| word.is_prose);
        let is_prose = words.get(PROBLEMS).is_some_and(|word| word.is_prose);
        let mut problems: Vec<Problem> = words
            .into_iter()
            .take(PROBLEMS)
            .map(|word| {
                let at = word.place(&lines);
                let message = format!("placeholder `{}` is not configured", word.name);
                let known = hint(&word.name, placeholders);
                let (severity, hint) = if word.is_prose {
                    let stays = "it stays as it is, which is well where it is meant for people";
                    (Severity::Warning, format!("{stays}; {known}"))
                } else {
                    (Severity::Error, known)
                };
                Problem::new(source, severity, "placeholder", message)
                    .hint(hint)
                    .at(at.line, at.column)
                    .excerpt_of(text)
            })
            .collect();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        if count > PROBLEMS {
            let message = format!("{} more placeholders are not configured", count - PROBLEMS);
            let severity = if is_prose {
                Severity::Warning
            } else {
                Severity::Error
            };
            problems.push(Problem::new(source, severity, "placeholder", message));
        }
        problems
    }
}

impl Word {
    /// Where the word itself stands: the first place that shows it from where its scalar begins, for a scalar
    /// may go over many lines; the scalar's place where the text does not show it (`"\x41_URL"`).
    fn place(&self, lines: &[&str]) -> Position {
        let (first, skipped) = (from_zero(self.scalar.line), from_zero(self.scalar.column));
        let begin = |number: usize, line: &str| {
            let skipped = if number == first { skipped } else { 0 };
            line.char_indices().nth(skipped).map_or(line.len(), |(at, _)| at)
        };
        lines
            .iter()
            .enumerate()
            .skip(first)
            .flat_map(|(number, line)| {
                let begin = begin(number, line);
                let words = words(line).into_iter();
                words
                    .filter(move |word| word.start >= begin)
                    .map(move |word| (number, *line, word))
            })
            .filter(|(_, line, word)| line[word.clone()] == self.name)
            .nth(self.before)
            .map_or(self.scalar, |(number, line, word)| Position {
                line: from_one(number),
                column: from_one(line[..word.start].chars().count()),
            })
    }
}

fn from_zero(count: u32) -> usize {
    (count as usize).saturating_sub(1)
}

fn from_one(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

/// Names the configured placeholders, those that begin like the wrong one first.
fn hint(name: &str, placeholders: &BTreeMap<String, String>) -> String {
    const NAMED: usize = 8;
    let mut configured: Vec<&String> = placeholders
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, _)| name)
        .collect();
    let alike = |other: &str| {
        name.bytes()
            .zip(other.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    configured.sort_by_key(|other| std::cmp::Reverse(alike(other)));
    let mut named: Vec<String> = configured
        .iter()
        .take(NAMED)
        .map(|name| format!("`{name}`"))
        .collect();
    if configured.len() > NAMED {
        named.push(format!("{} more", configured.len() - NAMED));
    }
    let known = if named.is_empty() {
        "no placeholder is configured".to_owned()
    } else {
        format!("configured: {}", named.join(", "))
    };
    format!("{known}; every word in capitals that ends in `_URL` or `_URL_<n>` is a placeholder")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_a_whole_word() {
        let check = |text: &str, expect: &[&str]| {
            let seen: Vec<&str> = words(text).into_iter().map(|range| &text[range]).collect();
            assert_eq!(seen, expect, "{text}");
        };
        check("PUSHGATEWAY_URL", &["PUSHGATEWAY_URL"]);
        check("https://PUSHGATEWAY_URL/metrics", &["PUSHGATEWAY_URL"]);
        check(
            "ALERTMANAGER_URL_1,ALERTMANAGER_URL_20",
            &["ALERTMANAGER_URL_1", "ALERTMANAGER_URL_20"],
        );
        check("\"A_URL\"", &["A_URL"]);
        check("é-A_URL-é", &["A_URL"]);
        check("éA_URLé", &["A_URL"]);
        check("A2_B3_URL", &["A2_B3_URL"]);
        check("A_1_URL_2", &["A_1_URL_2"]);
        check("URL_URL", &["URL_URL"]);
        check("A_URL_URL", &["A_URL_URL"]);
        check("A_URL.B_URL", &["A_URL", "B_URL"]);
        check("MY_PUSHGATEWAY_URL_X", &[]);
        check("xPUSHGATEWAY_URL", &[]);
        check("PUSHGATEWAY_URLs", &[]);
        check("_PUSHGATEWAY_URL", &[]);
        check("PUSHGATEWAY_URL_", &[]);
        check("PUSHGATEWAY_URL_0", &[]);
        check("PUSHGATEWAY_URL_01", &[]);
        check("PUSHGATEWAY_URL_1x", &[]);
        check("PUSHGATEWAY__URL", &[]);
        check("PushGateway_URL", &[]);
        check("1A_URL", &[]);
        check("_URL", &[]);
        check("URL", &[]);
        check("URL_1", &[]);
        check("", &[]);
    }

    #[test]
    fn every_placeholder_of_a_value_is_replaced_once() {
        let placeholders: BTreeMap<String, String> =
            [("A_URL", "host:9090"), ("B_URL", "A_URL"), ("EMPTY_URL", "")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        let check = |text: &str, expect: &str, plain: bool| {
            let mut node = Node::plain(text);
            let _unset = replace(&mut node, &placeholders);
            let expect = Scalar {
                text: expect.into(),
                plain,
                tag: None,
            };
            assert_eq!(node.value, Value::Scalar(expect), "{text}");
        };
        check("A_URL", "host:9090", false);
        check(
            "https://A_URL/A_URL?x=A_URL",
            "https://host:9090/host:9090?x=host:9090",
            false,
        );
        check("B_URL", "A_URL", false);
        check("xA_URL", "xA_URL", true);
        check("1.10", "1.10", true);
        check("EMPTY_URL", "EMPTY_URL", true);
        check("NO_URL A_URL é", "NO_URL host:9090 é", false);
    }

    #[test]
    fn keys_are_not_looked_at() {
        let mut tree = Node::map(vec![(
            Node::plain("A_URL"),
            Node::seq(vec![Node::plain("A_URL")]),
        )]);
        let placeholders = BTreeMap::from([("A_URL".to_owned(), "host".to_owned())]);
        let unset = replace(&mut tree, &placeholders);
        assert_eq!(unset, Unset::default());
        assert_eq!(tree.get("A_URL").unwrap().items(), [Node::string("host")]);
    }

    #[test]
    fn the_hint_names_what_is_alike_first() {
        let placeholders: BTreeMap<String, String> = [
            "ALERTMANAGER_URL_1",
            "BLACKBOX_URL",
            "PUSHGATEWAY_URL",
            "EMPTY_URL",
        ]
        .map(|name| {
            (
                name.to_owned(),
                if name == "EMPTY_URL" { "" } else { "x" }.to_owned(),
            )
        })
        .into();
        let check = |name: &str, expect: &str| {
            let hint = hint(name, &placeholders);
            assert!(hint.starts_with(expect), "{hint}");
        };
        check(
            "PUSHGATEWY_URL",
            "configured: `PUSHGATEWAY_URL`, `ALERTMANAGER_URL_1`, `BLACKBOX_URL`;",
        );
        check(
            "X_URL",
            "configured: `ALERTMANAGER_URL_1`, `BLACKBOX_URL`, `PUSHGATEWAY_URL`;",
        );
        assert!(super::hint("X_URL", &BTreeMap::new()).starts_with("no placeholder is configured;"));
    }
}
