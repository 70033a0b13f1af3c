//! A slip of one character that makes text, or another key, of what was to be an item or a key: the parser goes on, and stops a line further
//! down. In: the lines, and where it had to stop. Out: the slip itself. Never: a word about a line inside of a text.

use super::indentation::{in_text, indented};
use super::{SYNTAX, is_blank, shown};
use crate::Position;
use crate::read::{Finding, finding};
use granit_parser::ErrorKind;

/// What was meant to begin an item or a key, in the line where the parser stopped or in the one before it.
pub(super) fn slip(kind: &ErrorKind, lines: &[&str], at: Position) -> Option<Finding> {
    let is_structure = matches!(
        kind,
        ErrorKind::MappingValueNotAllowed
            | ErrorKind::ExpectedBlockMappingKey
            | ErrorKind::SimpleKeyExpected
            | ErrorKind::ExpectedDocumentStart
            | ErrorKind::InvalidIndentation
            | ErrorKind::BlockSequenceEntryNotAllowed
            | ErrorKind::ExpectedBlockSequenceEntry
    );
    let stop = at.line as usize - 1;
    let line = lines.get(stop).filter(|_| is_structure)?;
    if let Some(slip) = Slip::of(line).filter(|slip| slip.what != What::Equals || !line.contains(':')) {
        return (!in_text(lines, stop)).then(|| slip.told(stop));
    }
    let is_written = |index: &usize| {
        let rest = lines[*index].trim_start();
        !rest.is_empty() && !rest.starts_with('#')
    };
    let before = (0..stop).rev().find(is_written)?;
    let slip = Slip::of(lines[before])?;
    // What the parser stopped at was to stand beside it, or inside of it.
    let column = indented(line);
    let fits = match slip.what {
        What::Dash => column > slip.column && lines[before].contains(':'),
        What::Equals | What::Colon => column >= slip.column,
    };
    (fits && !in_text(lines, before)).then(|| slip.told(before))
}

struct Slip<'a> {
    what: What,
    /// From 0, in characters.
    column: usize,
    /// The word that was to begin an item or be a key.
    word: &'a str,
    /// What follows what is wrong.
    next: Option<char>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// `-a: b`
    Dash,
    /// `a = b`
    Equals,
    /// `a:b`
    Colon,
}

impl<'a> Slip<'a> {
    fn of(line: &'a str) -> Option<Slip<'a>> {
        let (mut column, mut rest) = (indented(line), line.trim_start());
        while let Some(behind) = rest.strip_prefix("- ") {
            column += rest.chars().count();
            rest = behind.trim_start();
            column -= rest.chars().count();
        }
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        if let Some(behind) = rest.strip_prefix('-').filter(|behind| !behind.starts_with('-')) {
            let next = behind.chars().next()?;
            let text = behind.trim_start_matches(is_blank);
            let word = &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())];
            return Some(Slip {
                what: What::Dash,
                column,
                word,
                next: Some(next),
            });
        }
        let end = rest.find(|c| !is_word(c)).filter(|end| *end > 0)?;
        let (word, behind) = rest.split_at(end);
        let sign = behind.trim_start();
        let what = match sign.chars().next()? {
            '=' => What::Equals,
            ':' if sign.len() == behind.len() => What::Colon,
            _ => return None,
        };
        let next = sign[1..].chars().next();
        // Prometheus' own `==` and `=~` are text that goes on, `a://b` is a URL.
        let is_other = match what {
            What::Equals => matches!(next, Some('=' | '~')) || sign.contains(": "),
            _ => next.is_none_or(|c| c.is_whitespace() || c == '/') || sign.contains(": "),
        };
        let begins_like_a_key = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        (begins_like_a_key && !is_other).then_some(Slip {
            what,
            column,
            word,
            next,
        })
    }

    fn told(self, line: usize) -> Finding {
        let word = shown(self.word);
        let (message, hint) = match (self.what, self.next) {
            (What::Dash, Some(c)) if is_blank(c) => (
                format!(
                    "U+{:04X} behind the `-`, which looks like a space and is none",
                    u32::from(c)
                ),
                "write a plain space".to_owned(),
            ),
            (What::Dash, _) => (
                format!("`-{word}` is one word: a `-` begins an item only if a space follows it"),
                format!("write a space after the `-`: `- {word}`"),
            ),
            (What::Equals, _) => (
                format!("`{word} =` is text: in YAML a key ends in a `:`"),
                format!("write `{word}: ` for `{word} =`"),
            ),
            (What::Colon, _) => (
                format!("`{word}:` is text here: a `:` ends a key only if a space follows it"),
                "write a space after the `:`".to_owned(),
            ),
        };
        finding(SYNTAX, Some(Position::from_zero(line, self.column)), message).hint(hint)
    }
}
