//! Sizes. In: text and JSON of any size. Out: as much of it as a message takes, cut at a character, and how
//! much is missing. Never: half a character, an unprintable one, a message that SNS refuses for its size.
//!
//! SNS takes 262,144 bytes a message, attributes included. A message with a text and four copies of the JSON
//! (for `sqs`, `lambda`, `http` and `https`) is itself JSON, so both are counted as they stand in a JSON
//! string: 64 KiB + 4 x 40 KiB = 224 KiB.

use serde::Serialize;
use std::fmt::Write as _;

/// The text for people, as a JSON string.
pub(crate) const TEXT_BYTES: usize = 64 * 1024;
/// The JSON for machines, as a JSON string.
pub(crate) const JSON_BYTES: usize = 40 * 1024;
/// A subject, in ASCII characters.
pub(crate) const SUBJECT_CHARACTERS: usize = 100;

/// Text of others as a line may show it: what does not print (controls, direction marks, line breaks) is
/// spelled out, and what would then be longer than that many characters is cut.
pub(crate) fn printable(text: &str, characters: usize) -> String {
    let mut shown = String::new();
    let mut left = characters;
    for c in text.chars() {
        let spelled = c.escape_debug();
        let is_itself = matches!(c, '"' | '\'' | '\\');
        let Some(rest) = left.checked_sub(if is_itself { 1 } else { spelled.len() }) else {
            shown.push('…');
            break;
        };
        left = rest;
        if is_itself {
            shown.push(c);
        } else {
            shown.extend(spelled);
        }
    }
    shown
}

/// How many bytes a character takes within a JSON string; it is printable or a newline.
fn cost(c: char) -> usize {
    match c {
        '"' | '\\' | '\n' => 2,
        _ => c.len_utf8(),
    }
}

/// A text that takes no more than its share.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    said: String,
    left: usize,
    hidden_fragments: usize,
    hidden_problems: usize,
}

/// What the text ends with always has room.
const END_BYTES: usize = 1024;

impl Text {
    pub(crate) fn new() -> Text {
        Text {
            said: String::new(),
            left: TEXT_BYTES - END_BYTES,
            hidden_fragments: 0,
            hidden_problems: 0,
        }
    }

    /// Adds a paragraph, or as much of it as there is room for.
    pub(crate) fn say(&mut self, paragraph: &str) -> bool {
        for c in paragraph.chars() {
            let Some(left) = self.left.checked_sub(cost(c)) else {
                // Nothing smaller may follow the cut.
                self.left = 0;
                return false;
            };
            self.left = left;
            self.said.push(c);
        }
        true
    }

    /// Adds what is said of a fragment.
    pub(crate) fn fragment(&mut self, paragraph: &str) {
        let is_whole = self.say(paragraph);
        self.hidden_fragments += usize::from(!is_whole);
    }

    /// Adds a problem.
    pub(crate) fn problem(&mut self, paragraph: &str) {
        let is_whole = self.say(paragraph);
        self.hidden_problems += usize::from(!is_whole);
    }

    /// The text with its end: what is missing, and the run.
    pub(crate) fn end(mut self, run: &str) -> String {
        let missing = match (self.hidden_fragments, self.hidden_problems) {
            (0, 0) => None,
            (0, n) => Some(count(n, "problem")),
            (n, 0) => Some(count(n, "fragment")),
            (n, m) => Some(format!("{} and {}", count(n, "fragment"), count(m, "problem"))),
        };
        if let Some(missing) = missing {
            // Writing to a String cannot fail.
            let _infallible = write!(self.said, "\n\n[cut here: {missing} not shown in full]\n");
        }
        let _infallible = write!(self.said, "\nRun: {}\n", printable(run, 100));
        self.said
    }
}

/// `1 fragment`, `2 fragments`.
pub(crate) fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// JSON of any document of ours, with what does not print spelled out: SNS refuses some characters, and one
/// team's key must not keep a message from all.
pub(crate) fn json(value: &impl Serialize) -> String {
    let mut text = String::new();
    for c in serde_json::to_string(value).unwrap_or_default().chars() {
        // Unprintable characters stand only inside strings, where JSON lets every character be spelled so.
        if c.is_ascii() && c != '\u{7f}' || c.escape_debug().count() == 1 {
            text.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _infallible = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// How many bytes the JSON of a value takes within a JSON string.
pub(crate) fn json_bytes(value: &impl Serialize) -> usize {
    json(value).chars().map(cost).sum()
}

/// A subject: printable ASCII only, no longer than mail and SNS take.
pub(crate) fn subject(text: &str) -> String {
    let ascii: String = text
        .chars()
        .map(|c| if matches!(c, ' '..='~') { c } else { '?' })
        .collect();
    if ascii.len() <= SUBJECT_CHARACTERS {
        return ascii;
    }
    ascii
        .chars()
        .take(SUBJECT_CHARACTERS - 3)
        .chain("...".chars())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_print_is_spelled_out() {
        let check = |text: &str, expect: &str| assert_eq!(printable(text, 10), expect);
        check("api.yml", "api.yml");
        check("a\nb", "a\\nb");
        check("a\u{202e}b", "a\\u{202e}b");
        check("a\0\u{7f}", "a\\0\\u{7f}");
        check("é\"'\\", "é\"'\\");
        check("1234567890", "1234567890");
        check("1234567890a", "1234567890…");
        check("123\u{202e}", "123…");
    }

    #[test]
    fn json_spells_out_what_sns_refuses() {
        let check = |text: &str, expect: &str| {
            assert_eq!(json(&text), expect);
            assert_eq!(serde_json::from_str::<String>(expect).unwrap(), text);
        };
        check("é𝕏", "\"é𝕏\"");
        check("\u{fffe}\u{202e}", r#""\ufffe\u202e""#);
        check("\u{e0001}", r#""\udb40\udc01""#);
        check("\0\u{7f}", r#""\u0000\u007f""#);
    }

    #[test]
    fn a_text_is_cut_at_a_character_and_says_what_is_missing() {
        for shift in 0..4 {
            let mut text = Text::new();
            text.say(&"x".repeat(shift));
            for _ in 0..20 {
                text.problem(&"𝕏".repeat(1000));
            }
            text.fragment("short");
            let text = text.end("run-1");
            let size = serde_json::to_string(&text).unwrap().len();
            assert!(
                (TEXT_BYTES - END_BYTES - 8..=TEXT_BYTES).contains(&size),
                "{size}"
            );
            let end = "𝕏\n\n[cut here: 1 fragment and 4 problems not shown in full]\n\nRun: run-1\n";
            assert!(text.ends_with(end), "{}", &text[text.len() - 100..]);
        }
    }

    #[test]
    fn a_text_of_quotes_and_newlines_is_measured_as_it_is_sent() {
        let mut text = Text::new();
        text.problem(&"\"\\\n".repeat(100_000));
        assert!(serde_json::to_string(&text.end(&"r".repeat(1000))).unwrap().len() <= TEXT_BYTES);
    }

    #[test]
    fn a_subject_is_short_and_ascii() {
        assert_eq!(subject("[promloom] shop: é\n"), "[promloom] shop: ??");
        assert_eq!(subject(&"x".repeat(101)), format!("{}...", "x".repeat(97)));
        assert_eq!(subject(&"x".repeat(100)), "x".repeat(100));
    }
}
