//! Where in the author's file is what a message is about? In: a tree, the author's text, a word of the
//! message. Out: a position, or none: a wrong one is worse.

use yaml::{Node, Position, Scalar, Value};

/// The place of a character of a scalar in the author's text: `offset` in bytes of the scalar's text. None
/// where the text says it another way (escapes, a replaced placeholder).
pub(crate) fn character(text: &str, node: &Node, offset: usize) -> Option<Position> {
    let Value::Scalar(scalar) = &node.value else {
        return None;
    };
    let wanted = |text: &str| text.chars().filter(|c| !c.is_whitespace()).count();
    let before = wanted(scalar.text.get(..offset.min(scalar.text.len()))?);
    let mut letters = scalar.text.chars().filter(|c| !c.is_whitespace());
    let first = scalar.text.chars().find(|c| !c.is_whitespace())?;
    let mut source = from_content(text, node.at, first)?;
    let mut last = None;
    for _ in 0..before {
        let (at, c) = source.next()?;
        if Some(c) != letters.next() {
            return None;
        }
        last = Some(at);
    }
    match (letters.next(), last) {
        (Some(letter), _) => source.next().filter(|(_, c)| *c == letter).map(|(at, _)| at),
        // The end: one past the last character.
        (None, Some(last)) => Some(Position {
            column: last.column + 1,
            ..last
        }),
        (None, None) => None,
    }
}

/// The visible characters of a scalar's text and what follows it. A position may be that of the text, of the
/// quote before it, or of a block's indicator in the line above it.
fn from_content(text: &str, at: Position, first: char) -> Option<impl Iterator<Item = (Position, char)>> {
    let line = (at.line as usize).checked_sub(1)?;
    let column = (at.column as usize).checked_sub(1)?;
    let (line, column) = match contract::lines(text).nth(line)?.chars().nth(column)? {
        c if c == first => (line, column),
        '|' | '>' => (line + 1, 0),
        '"' | '\'' => (line, column + 1),
        _ => (line, column),
    };
    let position = move |(l, c): (usize, usize)| Position {
        line: u32::try_from(l + 1).unwrap_or(u32::MAX),
        column: u32::try_from(c + 1).unwrap_or(u32::MAX),
    };
    Some(
        contract::lines(text)
            .enumerate()
            .skip(line)
            .flat_map(move |(l, content)| {
                let skip = if l == line { column } else { 0 };
                content
                    .chars()
                    .enumerate()
                    .skip(skip)
                    .map(move |(c, letter)| (position((l, c)), letter))
            })
            .filter(|(_, letter)| !letter.is_whitespace()),
    )
}

/// The byte of a text at line and byte column, both from 1.
pub(crate) fn offset(text: &str, line: usize, column: usize) -> Option<usize> {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    (before + column.checked_sub(1)?..=text.len()).find(|offset| text.is_char_boundary(*offset))
}

/// A scalar value with the key it stands under, directly or in a list.
struct Leaf<'a> {
    key: &'a str,
    node: &'a Node,
    scalar: &'a Scalar,
}

fn walk<'a>(node: &'a Node, key: &'a str, visit: &mut impl FnMut(Option<&'a Node>, Option<Leaf<'a>>)) {
    match &node.value {
        Value::Scalar(scalar) => visit(None, Some(Leaf { key, node, scalar })),
        Value::Seq(items) => items.iter().for_each(|item| walk(item, key, visit)),
        Value::Map(entries) => {
            for (key, value) in entries {
                visit(Some(key), None);
                walk(value, key.text().unwrap_or_default(), visit);
            }
        }
    }
}

/// The first value that is this word, one under a likely key before others; else one that holds it.
pub(crate) fn value(scope: &Node, word: &str, likely: impl Fn(&str) -> bool) -> Option<Position> {
    let mut best: Option<(u8, Position)> = None;
    walk(scope, "", &mut |_, value| {
        let Some(Leaf { key, node, scalar }) = value else {
            return;
        };
        let rank = match (scalar.text == word, likely(key)) {
            (true, true) => 4,
            (true, false) => 2,
            (false, true) if word.chars().count() > 1 && scalar.text.contains(word) => 3,
            (false, false) if word.chars().count() > 3 && scalar.text.contains(word) => 1,
            (false, _) => return,
        };
        if best.is_none_or(|(other, _)| rank > other) {
            best = Some((rank, node.at));
        }
    });
    best.map(|(_, at)| at).filter(|at| *at != Position::default())
}

/// The first value that is this text.
pub(crate) fn exactly(scope: &Node, text: &str) -> Option<Position> {
    first(scope, |leaf| leaf.scalar.text == text)
}

/// The first value under a likely key that is so.
pub(crate) fn likely(
    scope: &Node,
    likely: impl Fn(&str) -> bool,
    is_so: impl Fn(&str) -> bool,
) -> Option<Position> {
    first(scope, |leaf| likely(leaf.key) && is_so(&leaf.scalar.text))
}

/// The first value of that key, or of the list under it, of which something is so.
pub(crate) fn under(scope: &Node, key: &str, is_so: impl Fn(&Node) -> bool) -> Option<Position> {
    first(scope, |leaf| leaf.key == key && is_so(leaf.node))
}

fn first(scope: &Node, is_it: impl Fn(&Leaf<'_>) -> bool) -> Option<Position> {
    let mut found = None;
    walk(scope, "", &mut |_, leaf| {
        found = found.or_else(|| leaf.filter(|leaf| is_it(leaf)).map(|leaf| leaf.node.at));
    });
    found.filter(|at| *at != Position::default())
}

/// The key with this name that stands at, or last before, a position; without a position the first.
pub(crate) fn key(scope: &Node, name: &str, near: Option<Position>) -> Option<Position> {
    let mut best: Option<Position> = None;
    walk(scope, "", &mut |key, _| {
        let Some(at) = key.filter(|key| key.text() == Some(name)).map(|key| key.at) else {
            return;
        };
        let better = match near {
            None => best.is_none(),
            Some(near) => at <= near && best.is_none_or(|other| at > other),
        };
        if better && at != Position::default() {
            best = Some(at);
        }
    });
    best
}

/// Where the innermost list (or map) begins that holds what stands at a position.
pub(crate) fn collection(scope: &Node, list: bool, holds: Position) -> Option<Position> {
    let parts: Vec<&Node> = match &scope.value {
        Value::Scalar(_) => return None,
        Value::Seq(items) => items.iter().collect(),
        Value::Map(entries) => entries.iter().flat_map(|(key, value)| [key, value]).collect(),
    };
    let inner = parts.iter().find_map(|part| collection(part, list, holds));
    let is_kind = matches!(scope.value, Value::Seq(_)) == list;
    let direct = is_kind && parts.iter().any(|part| part.at == holds);
    inner.or_else(|| direct.then_some(scope.at))
}
