//! What Java takes a scalar for. In: a node. Out: a value, or none if it would be a `ClassCastException`, or another
//! number than the one written (`1:30` is 90, `010` is 8, `60.9` is 60). Never: a guess.
//!
//! The implicit types are those of `org.yaml.snakeyaml.resolver.Resolver`.

use yaml::{Node, Scalar, Value};

fn scalar(node: &Node) -> Option<&Scalar> {
    match &node.value {
        Value::Scalar(scalar) => Some(scalar),
        Value::Seq(_) | Value::Map(_) => None,
    }
}

/// Plain, with nothing said of its type.
fn plain(node: &Node) -> Option<&str> {
    scalar(node)
        .filter(|scalar| scalar.plain && scalar.tag.is_none())
        .map(|scalar| scalar.text.as_str())
}

/// A `String`.
#[must_use]
pub fn text(node: &Node) -> Option<&str> {
    let scalar = scalar(node)?;
    let is_text = match &scalar.tag {
        Some(tag) => tag == "!!str",
        None => !scalar.plain || is_text(&scalar.text),
    };
    is_text.then_some(scalar.text.as_str())
}

/// A `Boolean`.
#[must_use]
pub fn boolean(node: &Node) -> Option<bool> {
    let text = plain(node)?;
    (TRUE.contains(&text) || FALSE.contains(&text)).then(|| TRUE.contains(&text))
}

/// An `Integer` that is a length of time: decimal digits, at most 2,147,483,647.
#[must_use]
pub fn seconds(node: &Node) -> Option<u32> {
    let text = plain(node)?;
    let decimal = text == "0" || (!text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()));
    let seconds = decimal.then(|| text.parse::<i32>().ok()).flatten()?;
    u32::try_from(seconds).ok()
}

const TRUE: [&str; 9] = ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"];
const FALSE: [&str; 9] = ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"];

fn is_text(text: &str) -> bool {
    let other = TRUE.contains(&text)
        || FALSE.contains(&text)
        || matches!(text, "" | "~" | "null" | "Null" | "NULL" | "<<")
        || is_integer(text)
        || is_float(text)
        || is_timestamp(text);
    !other
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

/// Not empty, of these characters and `_`, not beginning with `_`.
fn digits(text: &str, is_digit: fn(char) -> bool) -> bool {
    text.starts_with(is_digit) && text.chars().all(|c| is_digit(c) || c == '_')
}

fn decimal(text: &str) -> bool {
    digits(text, |c| c.is_ascii_digit())
}

fn is_integer(text: &str) -> bool {
    let text = unsigned(text);
    let after = |prefix: &str| text.strip_prefix(prefix).map(|rest| rest.trim_start_matches('_'));
    let octal = |rest: &str| digits(rest, |c| ('0'..='7').contains(&c));
    text == "0"
        || (decimal(text) && !text.starts_with('0'))
        || after("0b").is_some_and(|rest| digits(rest, |c| matches!(c, '0' | '1')))
        || after("0x").is_some_and(|rest| digits(rest, |c| c.is_ascii_hexdigit()))
        || after("0").is_some_and(octal)
        || (!text.starts_with('0') && sexagesimal(text))
}

/// `1:30`, `190:20:30`.
fn sexagesimal(text: &str) -> bool {
    let Some((first, rest)) = text.split_once(':') else {
        return false;
    };
    let part = |part: &str| match part.as_bytes() {
        [b'0'..=b'9'] => true,
        [tens, b'0'..=b'9'] => (b'0'..=b'5').contains(tens),
        _ => false,
    };
    decimal(first) && rest.split(':').all(part)
}

fn is_float(text: &str) -> bool {
    let number = unsigned(text);
    if matches!(number, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let fraction = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    let (mantissa, exponent) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (number, None),
    };
    let exponent_fits =
        exponent.is_none_or(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", after)) => !after.is_empty() && fraction(after),
        Some((before, after)) => {
            fraction(after) && (decimal(before) || (exponent.is_none() && sexagesimal(before)))
        }
        None => exponent.is_some() && decimal(mantissa),
    };
    exponent_fits && mantissa_fits
}

/// `2001-12-14`, `2001-12-14 21:59:43.10 -5`; taken generously: whatever begins as a date.
fn is_timestamp(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let digits = |part: Option<&str>, count: &[usize]| {
        part.is_some_and(|part| count.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    digits(parts.next(), &[4])
        && digits(parts.next(), &[1, 2])
        && parts.next().is_some_and(|rest| {
            rest.starts_with(|c: char| c.is_ascii_digit())
                && rest
                    .chars()
                    .all(|c| c.is_ascii_digit() || "Tt Z:.+-\t".contains(c))
        })
}
