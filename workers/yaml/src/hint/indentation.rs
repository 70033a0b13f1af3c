//! A line that begins in no column where one can begin. In: the lines, and where the parser had to stop. Out: from which line it differs,
//! and by how much. Never: a guess where no key or item above tells; more than one look at each line.

use super::SYNTAX;
use crate::Position;
use crate::read::{Finding, finding};
use granit_parser::ErrorKind;

/// What a line begins with, or what stands behind its `- `.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begun<'a> {
    /// The index of its line.
    line: usize,
    /// From 0, in characters.
    column: usize,
    what: What<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What<'a> {
    /// `key:`
    Key(&'a str),
    /// `- `
    Item,
    /// The first line of a text that a `|` or `>` before it begins.
    Text,
}

impl Begun<'_> {
    /// `` `expr` in line 5 ``.
    fn name(&self) -> String {
        let line = self.line + 1;
        match self.what {
            What::Key(key) => format!("`{key}` in line {line}"),
            What::Item => format!("the item in line {line}"),
            What::Text => format!("the text in line {line}"),
        }
    }
}

/// What is wrong with the indentation of the line where the parser stopped, if that is it.
pub(super) fn misfit(kind: &ErrorKind, lines: &[&str], at: Position) -> Option<Finding> {
    let index = at.line as usize - 1;
    let line = lines.get(index)?;
    let column = indented(line);
    let first = first(line, index);
    match kind {
        ErrorKind::MappingValueNotAllowed => {
            // A `:` further on in the line is about a value.
            let key = first?;
            // Nor is a key that follows an item of text.
            let before = lines[..index].iter().rfind(|line| !line.trim().is_empty())?;
            let item = begun(before, 0).pop().filter(|last| last.what == What::Item);
            if item.is_some_and(|item| item.column < column && value(before) < Some(before.chars().count())) {
                return None;
            }
            let is_it = |one: &Begun<'_>| match one.what {
                What::Key(key) => one.column + key.chars().count() + 1 == at.column as usize,
                What::Item | What::Text => false,
            };
            begun(line, index).into_iter().find(is_it).map(|_| key)?;
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::ExpectedDocumentStart
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::ExpectedBlockSequenceEntry => {}
        _ => return None,
    }
    let open = open(lines, index);
    let is_item = first.is_some_and(|first| first.what == What::Item);
    let fits = |one: &&Begun<'_>| match first {
        Some(_) if is_item => one.what == What::Item,
        Some(_) => matches!(one.what, What::Key(_)),
        // No key, no item: what it can be is text.
        None => one.what == What::Text,
    };
    let deeper = open.iter().filter(fits).find(|one| one.column > column);
    let above = open.iter().filter(fits).rfind(|one| one.column < column);
    // Where another key begins it may be wrong as well, for another reason.
    if deeper.is_none()
        && open
            .iter()
            .any(|one| one.column == column && matches!(one.what, What::Key(_)))
        || open.iter().filter(fits).any(|one| one.column == column)
    {
        return None;
    }
    let name = match first.map(|first| first.what) {
        Some(What::Key(key)) => format!("`{key}`"),
        Some(What::Item) => "this item".to_owned(),
        Some(What::Text) | None => "this line".to_owned(),
    };
    let said = |one: &Begun<'_>| format!("{} in column {}", one.name(), one.column + 1);
    // Items of one list mostly begin with the same key, or with none.
    let key = |index: usize| {
        let last = begun(lines[index], index).pop().map(|one| one.what);
        last.filter(|what| matches!(what, What::Key(_)))
    };
    let is_like = |one: &Begun<'_>| is_item && key(one.line) == key(index);
    let (others, mut hint) = match (above, deeper) {
        (None, None) => return None,
        (Some(one), None) => {
            let spaces = spaces(column - one.column);
            let hint = format!(
                "remove {spaces} of its indentation; if it is text that goes on, put all of the text in quotes"
            );
            (said(one), hint)
        }
        (None, Some(one)) => (
            said(one),
            format!("add {} to its indentation", spaces(one.column - column)),
        ),
        (Some(one), Some(other)) => {
            let add = format!(
                "add {} to stand beside {}",
                spaces(other.column - column),
                other.name()
            );
            let remove = format!(
                "remove {} to stand beside {}",
                spaces(column - one.column),
                one.name()
            );
            let hint = match (is_like(one), is_like(other)) {
                (false, true) => add,
                (true, false) => remove,
                _ => format!("correct its indentation: {add}, or {remove}"),
            };
            (format!("{}, {}", said(other), said(one)), hint)
        }
    };
    if !is_item
        && open
            .iter()
            .any(|one| one.column == column && one.what == What::Item)
    {
        hint.push_str("; if it begins an item, write `- ` before it");
    }
    let message = format!("{name} begins in column {}, {others}", column + 1);
    Some(finding(SYNTAX, Some(Position::from_zero(index, column)), message).hint(hint))
}

fn spaces(count: usize) -> String {
    format!("{count} {}", if count == 1 { "space" } else { "spaces" })
}

/// What a line before this one began that this one could go on with, outermost first.
fn open<'a>(lines: &[&'a str], until: usize) -> Vec<Begun<'a>> {
    let mut open: Vec<Begun<'a>> = Vec::new();
    // The column of the key that a text belongs to.
    let mut of_text = None;
    for (index, line) in lines[..until].iter().enumerate() {
        let column = indented(line);
        let rest = line.trim_start();
        if rest.is_empty() {
            continue;
        }
        if let Some(key) = of_text {
            if column > key {
                if open.last().is_none_or(|last| last.what != What::Text) {
                    open.push(Begun {
                        line: index,
                        column,
                        what: What::Text,
                    });
                }
                continue;
            }
            of_text = None;
        }
        let begun = begun(line, index);
        if rest.starts_with('#') || begun.is_empty() {
            continue;
        }
        // A list may begin in the column of its key.
        let is_item = begun.first().is_some_and(|first| first.what == What::Item);
        let is_over = |last: &mut Begun<'_>| {
            last.column > column || last.column == column && (last.what == What::Item || !is_item)
        };
        while open.pop_if(is_over).is_some() {}
        let begins_text = line
            .trim_end()
            .rsplit_once([' ', '\t'])
            .is_some_and(|(before, word)| {
                before.trim_end().ends_with([':', '-'])
                    && word.starts_with(['|', '>'])
                    && word[1..].chars().all(|c| matches!(c, '+' | '-' | '1'..='9'))
            });
        of_text = begun.last().filter(|_| begins_text).map(|last| last.column);
        open.extend(begun);
    }
    open
}

/// What begins in a line: the items, and the key behind them.
fn begun(line: &str, index: usize) -> Vec<Begun<'_>> {
    let mut begun = Vec::new();
    let (mut column, mut rest) = (indented(line), line.trim_start());
    while let Some(behind) = rest
        .strip_prefix('-')
        .filter(|behind| behind.is_empty() || behind.starts_with(' '))
    {
        begun.push(Begun {
            line: index,
            column,
            what: What::Item,
        });
        let next = behind.trim_start();
        column += 1 + behind.len() - next.len();
        rest = next;
    }
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/')));
    if let Some(end) = end.filter(|end| *end > 0)
        && let Some(behind) = rest[end..].strip_prefix(':')
        && (behind.is_empty() || behind.starts_with([' ', '\t']))
    {
        begun.push(Begun {
            line: index,
            column,
            what: What::Key(&rest[..end]),
        });
    }
    begun
}

/// What a line begins with.
fn first(line: &str, index: usize) -> Option<Begun<'_>> {
    begun(line, index).into_iter().next()
}

/// Whether a line belongs to a text that a `|` or `>` before it begins.
pub(super) fn in_text(lines: &[&str], index: usize) -> bool {
    open(lines, index + 1)
        .last()
        .is_some_and(|last| last.what == What::Text)
}

/// Where the value behind a line's key, or its last `- `, begins: from 0, in characters.
pub(super) fn value(line: &str) -> Option<usize> {
    let last = begun(line, 0).pop()?;
    let skipped = match last.what {
        What::Key(key) => key.chars().count() + 1,
        What::Item => 1,
        What::Text => return None,
    };
    let rest = line.chars().skip(last.column + skipped);
    Some(last.column + skipped + rest.take_while(|c| c.is_whitespace()).count())
}

/// How many characters of blank a line begins with.
pub(super) fn indented(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}
