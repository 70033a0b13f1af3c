//! What is opened and never closed: the parser goes on, and stops where nothing fits any more, lines further down. In: the lines, and where
//! it had to stop. Out: where it was opened. Never: a word about one that is closed further down, for that lacks something else.

use super::SYNTAX;
use crate::Position;
use crate::read::{Finding, finding};
use granit_parser::ErrorKind;

/// The innermost bracket that is open where the parser stopped, if that is in a line that begins no deeper than the bracket's own.
/// `outermost`: where the brackets begin that the parser was in.
pub(super) fn bracket(lines: &[&str], outermost: Position, at: Position) -> Option<Finding> {
    let mut open: Vec<(char, Position)> = Vec::new();
    let mut rest = brackets(lines, outermost).peekable();
    while let Some((bracket, place)) = rest.next_if(|(_, place)| *place < at) {
        match bracket {
            '[' | '{' => open.push((bracket, place)),
            _ => drop(open.pop()),
        }
    }
    let (bracket, opened) = open.pop()?;
    let line = |at: Position| lines.get(at.line as usize - 1).copied().unwrap_or_default();
    let is_outside = at.line > opened.line && indented(line(at), " ") <= indented(line(opened), " -");
    let mut inner = Vec::new();
    let is_closed_later = rest.any(|(found, _)| match found {
        '[' | '{' => {
            inner.push(found);
            false
        }
        _ => inner.pop().is_none() && closes(bracket, found),
    });
    (is_outside && !is_closed_later).then(|| {
        let message = format!(
            "`{bracket}` is never closed, and line {} goes on outside of it",
            at.line
        );
        let behind: String = line(opened).chars().skip(opened.column as usize).collect();
        // A quote that holds it is no comment, and its closing bracket would have been found.
        let hint = match behind.split_once(" #") {
            Some((_, comment)) if comment.contains([']', '}']) => {
                "close it before the `#`: what stands behind ` #` is a comment; if it is text, put it in quotes"
            }
            _ => "close it; if it is text, put the whole value in quotes",
        };
        finding(SYNTAX, Some(opened), message).hint(hint)
    })
}

/// Where a quote was opened that ends where another was meant to begin, lines further down.
pub(super) fn quote(kind: &ErrorKind, lines: &[&str], at: Position) -> Option<Finding> {
    let quote = match kind {
        ErrorKind::InvalidTrailingSingleQuotedScalar => '\'',
        ErrorKind::InvalidTrailingDoubleQuotedScalar => '"',
        _ => return None,
    };
    let index = at.line as usize - 1;
    let line: Vec<char> = lines.get(index)?.chars().collect();
    let end = line[..line.len().min(at.column as usize - 1)]
        .iter()
        .rposition(|c| *c == quote)?;
    let opened = (0..=index).rev().find_map(|number| {
        let line: Vec<char> = lines[number]
            .chars()
            .take(if number == index { end } else { usize::MAX })
            .collect();
        let column = opening(&line, quote)?;
        Some(Position::from_zero(number, column))
    })?;
    let end = Position::from_zero(index, end);
    (opened.line < end.line).then(|| {
        let message = format!("this quote ends only at {end}, where text follows it");
        finding(SYNTAX, Some(opened), message).hint("close it where its text ends")
    })
}

/// The last quote in it that is no part of a text: `\"` in double ones and `''` in single ones are.
fn opening(line: &[char], quote: char) -> Option<usize> {
    let mut end = line.len();
    loop {
        let column = line[..end].iter().rposition(|c| *c == quote)?;
        let run = |end: usize, c: char| line[..end].iter().rev().take_while(|found| **found == c).count();
        end = match quote {
            '"' if run(column, '\\') % 2 == 1 => column,
            // Looked at as a whole: two by two, a line of quotes would be counted again for each two.
            '\'' => match run(column + 1, quote) {
                odd if odd % 2 == 1 => return Some(column + 1 - odd),
                even => column + 1 - even,
            },
            _ => return Some(column),
        };
    }
}

/// The brackets from there on that are no part of a text or a comment, as those who are in brackets read it.
fn brackets<'a>(lines: &'a [&'a str], from: Position) -> impl Iterator<Item = (char, Position)> + 'a {
    let first = from.line as usize - 1;
    let skipped = from.column as usize - 1;
    let mut quote: Option<char> = None;
    let lines = lines.iter().enumerate().skip(first);
    lines.flat_map(move |(number, line)| {
        let mut found = Vec::new();
        let (mut before, mut is_escaped) = (' ', false);
        let skipped = if number == first { skipped } else { 0 };
        for (column, c) in line.chars().enumerate().skip(skipped) {
            let last = std::mem::replace(&mut before, c);
            match (quote, c) {
                (Some(_), _) if is_escaped => is_escaped = false,
                (Some('"'), '\\') => is_escaped = true,
                (Some(open), _) if c == open => {
                    quote = None;
                    // A second one goes on with the text.
                    before = ',';
                }
                (None, '[' | ']' | '{' | '}') => found.push((c, Position::from_zero(number, column))),
                (None, '#') if last.is_whitespace() => break,
                // In the middle of a word it is a letter.
                (None, '"' | '\'') if last.is_whitespace() || "[{,:".contains(last) => quote = Some(c),
                _ => {}
            }
        }
        found
    })
}

fn closes(open: char, close: char) -> bool {
    matches!((open, close), ('[', ']') | ('{', '}'))
}

/// How many of these characters it begins with.
fn indented(line: &str, with: &str) -> usize {
    line.chars().take_while(|c| with.contains(*c)).count()
}
