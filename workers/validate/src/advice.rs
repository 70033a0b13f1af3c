//! What to do about what a tool says. In: its message. Out: a hint for the well-known ones.
//! Never: a verdict.

use crate::fields;

/// What is wrong -> what to do, for messages that hold all these words.
const KNOWN: [(&[&str], &str); 17] = [
    (
        &["unclosed left parenthesis"],
        "close it: count the `(` and the `)`",
    ),
    (
        &["unclosed left brac"],
        "close it: count the opening and closing braces and brackets",
    ),
    (
        &["unexpected end of input"],
        "the expression is cut off; see that it is there to its end",
    ),
    (
        &["unexpected character inside braces"],
        "a label's value is in quotes: `{code=\"500\"}`",
    ),
    (&["unterminated", "string"], "close the quote"),
    (
        &["not a valid duration string"],
        "write a number and a unit: `30s`, `5m`, `1h`",
    ),
    (&["into time.Duration"], "write a number and a unit: `30s`, `5m`"),
    (
        &["invalid or unsupported Perl syntax"],
        "the regular expressions are RE2: no look-ahead, look-behind or back-reference; match what you want instead",
    ),
    (
        &["regular expression"],
        "the regular expressions are RE2: https://github.com/google/re2/wiki/Syntax",
    ),
    (
        &["missing closing )"],
        "close the parenthesis, or write `\\(` for one that is meant literally",
    ),
    (
        &["is not enabled"],
        "it is experimental, and this server does not enable it; ask the platform team",
    ),
    (
        &["unknown function with name"],
        "see https://prometheus.io/docs/prometheus/latest/querying/functions/",
    ),
    (&["into bool"], "write true or false, without quotes"),
    (&["!!str", "into int"], "write a number, without quotes"),
    (&["!!str", "into uint"], "write a number, without quotes"),
    (
        &["scrape timeout greater than scrape interval"],
        "set `scrape_timeout` to at most `scrape_interval`; what a job does not set is the base's `global`",
    ),
    (
        &["could not determine AWS region"],
        "set `region` in `ec2_sd_configs`",
    ),
];

/// For a field that there is not, and that is not nearly another.
const NO_FIELD: &str = "remove it, or see how far it is indented";
/// For what the tool says so well that nothing is to be added.
const ELSE: &str = "repair it as the message says; the fields are described at https://prometheus.io/docs/prometheus/latest/configuration/";

/// What to do about a message, given the author's line it is about.
pub(crate) fn hint(message: &str, line: &str) -> Option<String> {
    if message.contains("cannot unmarshal !!map") && line.contains("{{") {
        return Some(
            "put the template into quotes: '{{ $value }}'; without them YAML takes it for a map".into(),
        );
    }
    if let Some((field, kind)) = unknown_field(message) {
        let Some(of) = fields::homes().into_iter().find(|of| of.name == kind) else {
            return Some(NO_FIELD.into());
        };
        if let Some(field) = of.field(field) {
            let name = field.name;
            return Some(match field.lifetime() {
                Some(lifetime) => format!("`{name}` is there {lifetime}: remove it, or run such a server"),
                // Distributions leave kinds of discovery out.
                None => format!(
                    "Prometheus has `{name}`, and this promtool was built without it: use one that is built as the server is"
                ),
            });
        }
        return Some(match closest(field, &of.names(fields::NEWEST)) {
            Some(field) => format!("did you mean `{field}`?"),
            None => NO_FIELD.into(),
        });
    }
    let known = KNOWN
        .iter()
        .find(|(words, _)| words.iter().all(|word| message.contains(word)));
    Some(known.map_or(ELSE, |(_, hint)| hint).into())
}

/// The field and the type of `field foo not found in type config.ScrapeConfig`.
pub(crate) fn unknown_field(message: &str) -> Option<(&str, &str)> {
    let (field, rest) = message
        .strip_prefix("field ")?
        .split_once(" not found in type ")?;
    Some((field, rest.trim()))
}

/// The word that differs from this one by a slip of the finger, if there is one.
pub(crate) fn closest<'a>(word: &str, words: &[&'a str]) -> Option<&'a str> {
    let allowed = if word.chars().count() < 5 { 1 } else { 2 };
    words
        .iter()
        .map(|candidate| (distance(word, candidate), *candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, remove or replace to make one word of the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    // A key may be long; no field is.
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()] + a.chars().count().saturating_sub(64)
}
