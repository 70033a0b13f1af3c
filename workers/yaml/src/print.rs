//! Tree to text: block style, so that a difference between two generations is readable line by line.
//!
//! A plain scalar stays plain, verbatim; everything else is double-quoted with escapes, which every YAML
//! reader understands alike. No other style is needed, and each further one is a chance to change a meaning.

use crate::{Node, Position, Scalar, Value};
use std::fmt::Write as _;

/// YAML text and where its lines came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printed {
    /// The text, ending in a newline.
    pub text: String,
    /// For each line of `text`, the position in the author's file of the last node on it (0:0 where none
    /// wrote it).
    pub lines: Vec<Position>,
}

/// Prints a tree.
#[must_use]
pub fn print(node: &Node) -> Printed {
    let mut printer = Printer {
        text: String::new(),
        lines: Vec::new(),
        last: Position::default(),
    };
    printer.node(node, 0);
    printer.end_line();
    Printed {
        text: printer.text,
        lines: printer.lines,
    }
}

/// Go's reader takes a key on one line up to 1,024 characters; a longer one is written with `?`.
const KEY_BYTES: usize = 1000;

struct Printer {
    text: String,
    lines: Vec<Position>,
    /// Of the last authored node on the line being written.
    last: Position,
}

impl Printer {
    fn end_line(&mut self) {
        self.text.push('\n');
        self.lines.push(std::mem::take(&mut self.last));
    }

    fn indent(&mut self, columns: usize) {
        self.text.extend(std::iter::repeat_n(' ', columns));
    }

    fn see(&mut self, node: &Node) {
        if node.at != Position::default() {
            self.last = node.at;
        }
    }

    /// Writes a node whose first line goes on where the printer stands, at that column; leaves its last line
    /// open.
    fn node(&mut self, node: &Node, column: usize) {
        self.see(node);
        match &node.value {
            Value::Scalar(scalar) => self.text.push_str(&scalar_text(scalar)),
            Value::Seq(items) if items.is_empty() => self.text.push_str("[]"),
            Value::Map(entries) if entries.is_empty() => self.text.push_str("{}"),
            Value::Seq(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.begin(index, column);
                    self.text.push('-');
                    if !is_blank(item) {
                        self.text.push(' ');
                    }
                    self.node(item, column + 2);
                }
            }
            Value::Map(entries) => {
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.begin(index, column);
                    self.key(key, column);
                    self.value(value, column);
                }
            }
        }
    }

    /// Every entry but the first begins a line of its own.
    fn begin(&mut self, index: usize, column: usize) {
        if index > 0 {
            self.end_line();
            self.indent(column);
        }
    }

    fn key(&mut self, key: &Node, column: usize) {
        let start = self.text.len();
        self.node(key, column + 2);
        let length = self.text.len() - start;
        if key.text().is_none() || length > KEY_BYTES {
            self.text.insert_str(start, "? ");
            self.end_line();
            self.indent(column);
        } else if length == 0 {
            // An empty plain key would vanish; `read` never gives one.
            self.text.push('~');
        }
        self.text.push(':');
    }

    fn value(&mut self, value: &Node, column: usize) {
        let nested = match &value.value {
            Value::Scalar(_) => false,
            Value::Seq(items) => !items.is_empty(),
            Value::Map(entries) => !entries.is_empty(),
        };
        if nested {
            self.end_line();
            self.indent(column + 2);
        } else if !is_blank(value) {
            self.text.push(' ');
        }
        self.node(value, column + 2);
    }
}

/// Whether nothing is written for it: an empty plain scalar, which is null.
fn is_blank(node: &Node) -> bool {
    matches!(&node.value, Value::Scalar(Scalar { text, plain: true, tag: None }) if text.is_empty())
}

fn scalar_text(scalar: &Scalar) -> String {
    let mut written = scalar.tag.clone().unwrap_or_default();
    if scalar.plain && scalar.text.is_empty() {
        return written;
    }
    if !written.is_empty() {
        written.push(' ');
    }
    if scalar.plain && may_stand_plain(&scalar.text) {
        written.push_str(&scalar.text);
    } else {
        quote(&scalar.text, &mut written);
    }
    written
}

/// Whether this text, unquoted on one line of block style, is read as itself. What is not (it went over
/// several lines, or could stand plain only inside brackets) is no number, bool or null in any reader, so
/// that quotes change nothing.
pub(crate) fn may_stand_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let (first, second) = (chars.next(), chars.next());
    let begins = match first {
        None | Some(' ') => false,
        Some('-' | '?' | ':') => second.is_some_and(|c| c != ' '),
        Some(c) => !",[]{}#&*!|>'\"%@`".contains(c),
    };
    begins
        && !text.ends_with([' ', ':'])
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.chars().any(must_be_escaped)
}

/// What some reader of YAML 1.1 or 1.2 refuses, folds, or takes for a line break, and what a person cannot
/// see.
fn must_be_escaped(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn quote(text: &str, written: &mut String) {
    written.push('"');
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if must_be_escaped(c) => {
                let code = u32::from(c);
                // Writing to a String cannot fail.
                let _infallible = if code <= 0xff {
                    write!(written, "\\x{code:02x}")
                } else {
                    write!(written, "\\u{code:04x}")
                };
            }
            c => written.push(c),
        }
    }
    written.push('"');
}
