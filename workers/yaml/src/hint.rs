//! Bad syntax as a colleague would explain it. In: where the parser had to stop. Out: what is probably meant.

mod foreign;
mod indentation;
mod slip;
mod unclosed;

pub(crate) use foreign::packed;

use crate::read::{Finding, finding};
use crate::{Node, Position, Scalar, Value};
use granit_parser::{ErrorKind, ScanError};

pub(crate) const SYNTAX: &str = "yaml_syntax";

/// The finding for what stopped the parser; `brackets`: where the outermost of those begins that it was in.
pub(crate) fn explain(error: &ScanError, text: &str, brackets: Option<Position>) -> Finding {
    let marker = error.marker();
    let at = Position::from_zero(marker.line().saturating_sub(1), marker.col());
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => return too_deep(at),
        ErrorKind::DirectiveDisallowed => {
            return finding("yaml_documents", Some(at), "a `%` line is a YAML directive")
                .hint("remove it; if it is text, put it in quotes");
        }
        ErrorKind::InvalidDocumentEnd => {
            return finding(
                "yaml_documents",
                Some(at),
                "text after `...`, which ends the document",
            )
            .hint("remove the line `...`");
        }
        ErrorKind::UndeclaredTagHandle => {
            return finding("yaml_tag", Some(at), "a tag that is not known here")
                .hint("remove it; if the value is text that begins with `!`, put it in quotes");
        }
        _ => {}
    }
    let lines: Vec<&str> = contract::lines(text).collect();
    let found = conflict(&lines)
        .or_else(|| foreign::text(&lines, at))
        .or_else(|| template(&lines, at))
        .or_else(|| tab(&lines, at))
        .or_else(|| unclosed::bracket(&lines, brackets?, at))
        .or_else(|| unclosed::quote(error.kind(), &lines, at))
        .or_else(|| missing_comma(error.kind(), &lines, brackets?, at))
        .or_else(|| behind_brackets(error.kind(), &lines, at))
        .or_else(|| slip::slip(error.kind(), &lines, at))
        .or_else(|| indentation::misfit(error.kind(), &lines, at));
    found.unwrap_or_else(|| {
        let (message, hint) = words(error, text, &lines, at);
        finding(SYNTAX, Some(at), message).hint(hint.unwrap_or(LOOK))
    })
}

/// For what nothing better is known of.
const LOOK: &str = "look at this line and the one before: a quote or a bracket that is not closed, a missing `: `, the indentation";

pub(crate) fn too_deep(at: Position) -> Finding {
    finding(
        "yaml_depth",
        Some(at),
        "too many maps and lists inside each other",
    )
    .hint("no configuration needs that; look for a bracket that is never closed")
}

/// A plain scalar in brackets that some readers take for text and some for a key.
pub(crate) fn ambiguous(at: Position, text: &str) -> Finding {
    let message = format!("`{text}` in brackets is text to some readers of YAML and a key to others");
    finding(SYNTAX, Some(at), message)
        .hint("put it in quotes if it is text; write a space behind the `:` or `?` if it is a key")
}

/// An escape that readers of YAML 1.2 know and Go's does not.
pub(crate) fn slash(at: Position) -> Finding {
    finding(
        SYNTAX,
        Some(at),
        "an escape that Prometheus does not know, `\\/`, in double quotes",
    )
    .hint("write `/`: it needs no backslash")
}

/// What is wrong with a key by itself.
pub(crate) fn bad_key(key: &Node, text: &str) -> Option<Finding> {
    let (message, hint) = match &key.value {
        Value::Map(_) if is_in_braces(key.at, text) => return Some(in_braces(key.at)),
        // No indentation to YAML, and not to be seen.
        Value::Scalar(Scalar {
            text, plain: true, ..
        }) if text.starts_with(is_blank) => {
            return text.chars().next().map(|c| in_indentation(key.at, c));
        }
        Value::Scalar(_) if is_no_key(key) => ("a key is missing, or null", "give it a name"),
        Value::Scalar(_) => return None,
        Value::Seq(_) | Value::Map(_) => (
            "a key must be text, this is a list or a map",
            "if it is text that begins with `[` or `{`, put it in quotes",
        ),
    };
    Some(finding("yaml_key", Some(key.at), message).hint(hint))
}

fn in_braces(at: Position) -> Finding {
    finding("yaml_key", Some(at), "`{{` without quotes begins a map in YAML")
        .hint("put the whole value in quotes, so that it reaches Prometheus as a template")
}

/// Whether nothing or null was written for a key, with a tag or without.
fn is_no_key(key: &Node) -> bool {
    let is_tagged = |scalar: &Scalar| scalar.text.is_empty() || scalar.tag.as_deref() == Some("!!null");
    key.is_null() || matches!(&key.value, Value::Scalar(scalar) if scalar.plain && is_tagged(scalar))
}

/// Whether the map that begins here is the inner one of `{{ … }}`. Looks for the line from the top, so only
/// for findings.
fn is_in_braces(at: Position, text: &str) -> bool {
    let line = contract::lines(text)
        .nth(at.line as usize - 1)
        .unwrap_or_default();
    let before: usize = line
        .chars()
        .take(at.column as usize - 1)
        .map(char::len_utf8)
        .sum();
    line[..before].ends_with('{') || line[before..].starts_with("{{")
}

fn conflict(lines: &[&str]) -> Option<Finding> {
    let start = lines.iter().position(|line| line.starts_with("<<<<<<< "))?;
    lines[start..].iter().find(|line| line.starts_with(">>>>>>> "))?;
    Some(
        finding(
            SYNTAX,
            Some(Position::from_zero(start, 0)),
            "an unresolved Git merge conflict",
        )
        .hint("choose one of the two sides and remove the lines `<<<<<<<`, `=======` and `>>>>>>>`"),
    )
}

/// A text in quotes that follows another, or a key that follows it, in brackets that begin there.
fn missing_comma(kind: &ErrorKind, lines: &[&str], brackets: Position, at: Position) -> Option<Finding> {
    let is_quote_end = matches!(
        kind,
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar
    );
    let line = lines
        .get(at.line as usize - 1)
        .filter(|_| is_quote_end && brackets < at)?;
    let rest: String = line.chars().skip(at.column as usize - 1).collect();
    let word = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))?;
    let is_next = rest.starts_with(['"', '\'']) || word > 0 && rest[word..].starts_with(": ");
    is_next.then(|| {
        finding(SYNTAX, Some(at), "a `,` is missing before this").hint("write a `,` between the two")
    })
}

/// A value that begins with a bracket and goes on behind it: `[a-z]+`, `{job="a"} == 0`.
fn behind_brackets(kind: &ErrorKind, lines: &[&str], at: Position) -> Option<Finding> {
    let is_structure = matches!(
        kind,
        ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::ExpectedBlockSequenceEntry
            | ErrorKind::ExpectedDocumentStart
            | ErrorKind::SimpleKeyExpected
    );
    let index = at.line as usize - 1;
    let line: Vec<char> = lines.get(index).filter(|_| is_structure)?.chars().collect();
    let before: String = line.get(..at.column as usize - 1)?.iter().collect();
    let before = before.trim_end();
    let value = indentation::value(before)?;
    let bracket = before.chars().nth(value)?;
    let closing = match bracket {
        '[' => ']',
        '{' => '}',
        _ => return None,
    };
    if !before.ends_with(closing) {
        return None;
    }
    if line[value..].starts_with(&['{', '{']) {
        return Some(in_braces(Position::from_zero(index, value + 1)));
    }
    let what = if bracket == '[' { "a list" } else { "a map" };
    let message = format!(
        "`{bracket}` at the beginning of a value begins {what} in YAML, and text follows where it is closed"
    );
    let hint = "put the whole value in single quotes: `'[a-z]+'`, `'{job=\"a\"} == 0'`";
    Some(finding(SYNTAX, Some(Position::from_zero(index, value)), message).hint(hint))
}

/// A word of the author's, not too long to be shown.
fn shown(word: &str) -> String {
    const SHOWN: usize = 40;
    match word.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &word[..end]),
        None => word.to_owned(),
    }
}

/// A line of Helm, Jinja or the like that stands for itself, where the parser stopped.
fn template(lines: &[&str], at: Position) -> Option<Finding> {
    let index = at.line as usize - 1;
    let line = lines.get(index)?;
    let column = line.find(|c: char| !c.is_whitespace())?;
    let opening = ["{{", "{%"]
        .into_iter()
        .find(|opening| line[column..].starts_with(opening))?;
    let at = Position::from_zero(index, line[..column].chars().count());
    let message =
        format!("`{opening}` at the beginning of a line: this is a template that makes YAML, and no YAML");
    Some(finding(SYNTAX, Some(at), message).hint("push what it renders"))
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() && c != ' '
}

pub(crate) fn in_indentation(at: Position, c: char) -> Finding {
    let what = if c == '\t' {
        "a tab".to_owned()
    } else {
        format!("U+{:04X}", u32::from(c))
    };
    finding("yaml_tab", Some(at), format!("{what} in the indentation")).hint("indent with spaces")
}

/// A tab or no-break space in the indentation of the line where the parser stopped, or of the one before or after it.
fn tab(lines: &[&str], at: Position) -> Option<Finding> {
    // A value goes on in the next line unless that is indented by less.
    let last = (at.line as usize + 1).min(lines.len());
    let candidates = (0..last)
        .rev()
        .filter(|index| !lines[*index].trim().is_empty())
        .take(3);
    let mut found = candidates.filter_map(|index| {
        let indentation = lines[index].chars().take_while(|c| c.is_whitespace());
        let column = indentation
            .collect::<Vec<_>>()
            .iter()
            .position(|c| is_blank(*c))?;
        Some((
            Position::from_zero(index, column),
            lines[index].chars().nth(column)?,
        ))
    });
    let (at, c) = found.next()?;
    Some(in_indentation(at, c))
}

fn words(error: &ScanError, text: &str, lines: &[&str], at: Position) -> (String, Option<&'static str>) {
    const INDENTATION: &str =
        "check the indentation: the keys of a map, and the items of a list, begin in the same column";
    let line = lines.get(at.line as usize - 1).copied().unwrap_or_default();
    let at_end =
        at.line as usize > lines.len() || contract::lines(text.trim_end()).count() < at.line as usize;
    let (message, hint) = match error.kind() {
        ErrorKind::MappingValueNotAllowed => (
            "a `:` where no key can be".to_owned(),
            Some("put a value that holds `: ` in quotes; else check the indentation"),
        ),
        ErrorKind::UnexpectedCharacter { character } => (
            format!("a value cannot begin with {character:?}"),
            Some("put the value in quotes"),
        ),
        ErrorKind::UnknownQuotedScalarEscape => (
            "an unknown escape in double quotes".to_owned(),
            Some("write `\\\\` for a backslash, or use single quotes, in which a backslash is itself"),
        ),
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote is never closed".to_owned(), Some("close it"))
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => (
            "text after the closing quote".to_owned(),
            Some(
                "put the whole value in quotes; a quote inside is `''` in single and `\\\"` in double quotes",
            ),
        ),
        ErrorKind::UnclosedFlowCollection { open } => (
            format!("`{open}` is never closed"),
            Some("close it; if it is text, put the whole value in quotes"),
        ),
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => (
            format!("`{open}` is closed by `{close}`"),
            Some("close it; if it is text, put the whole value in quotes"),
        ),
        ErrorKind::ExpectedFlowMappingSeparator | ErrorKind::ExpectedFlowSequenceSeparator => (
            "a `,` or the closing bracket is missing before this".to_owned(),
            Some("write it; if the value is text that begins with `{` or `[`, put all of it in quotes"),
        ),
        ErrorKind::BlockEntryInFlowCollection => (
            "a `-` begins no item in brackets".to_owned(),
            Some("divide the items by `,`, or remove the brackets around them"),
        ),
        ErrorKind::MisplacedFlowCollectionEnd => (
            "a closing bracket that nothing opened".to_owned(),
            Some("remove it; if it is text, put the whole value in quotes"),
        ),
        ErrorKind::InvalidColonPlacement | ErrorKind::InvalidFlowScalarIndent => (
            "a key inside brackets that began further up".to_owned(),
            Some("look for a `[` or `{` that is never closed"),
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::SimpleKeyExpected
            if line.trim_start().starts_with("- ") =>
        {
            ("a list item where a key should be".to_owned(), Some(INDENTATION))
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::SimpleKeyExpected if !line.contains(':') => (
            "this line is no `key: value`".to_owned(),
            Some("add the `:`, or check the indentation"),
        ),
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::ExpectedBlockSequenceEntry => (
            "this does not fit the lines before it".to_owned(),
            Some(INDENTATION),
        ),
        ErrorKind::SimpleKeyExpected => ("a key without `:`".to_owned(), Some(INDENTATION)),
        ErrorKind::MissingAnchorOrAliasName => (
            "a value cannot begin with `*` or `&`: they stand for aliases and anchors".to_owned(),
            Some("put the value in quotes"),
        ),
        kind => (kind.to_string(), None),
    };
    if at_end {
        (format!("{message} (found at the end of the file)"), hint)
    } else {
        (message, hint)
    }
}
