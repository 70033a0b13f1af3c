//! Bytes to text that every YAML reader takes for the same characters and lines.

use crate::read::{Finding, finding};
use crate::{Limits, Position, hint};
use base64::alphabet;
use base64::engine::{Engine as _, GeneralPurpose, GeneralPurposeConfig};

/// More would bury the first.
const CHARACTERS_REPORTED: usize = 10;

/// The text without its byte order mark, and each character in it that may not be. `Err`: it cannot be read
/// as text.
pub(crate) fn text<'b>(bytes: &'b [u8], limits: &Limits) -> Result<(&'b str, Vec<Finding>), Finding> {
    if bytes.len() > limits.size_bytes {
        let message = format!("{} bytes, {} are allowed", bytes.len(), limits.size_bytes);
        return Err(finding("yaml_size", None, message).hint("split the file into several fragments"));
    }
    if let Some(packed) = hint::packed(bytes) {
        return Err(packed);
    }
    if let [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..] = bytes {
        return Err(
            finding("yaml_encoding", None, "this is UTF-16 (or no text at all)")
                .hint("save the file as UTF-8"),
        );
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (before, rest) = bytes.split_at(error.valid_up_to());
        let byte = rest.first().copied().unwrap_or_default();
        let at = end_of(&String::from_utf8_lossy(before));
        let hint = match char::from(byte) {
            latin if byte >= 0xa0 => format!("save the file as UTF-8 (in Latin-1 this byte is `{latin}`)"),
            _ => "save the file as UTF-8".to_owned(),
        };
        finding(
            "yaml_encoding",
            Some(at),
            format!("byte 0x{byte:02x} is not UTF-8"),
        )
        .hint(hint)
    })?;
    Ok((text, characters(text)))
}

fn characters(text: &str) -> Vec<Finding> {
    let found = text
        .char_indices()
        .filter(|(_, c)| is_refused(*c))
        .take(CHARACTERS_REPORTED);
    found
        .map(|(index, c)| {
            let (what, hint) = match c {
                '\u{85}' | '\u{2028}' | '\u{2029}' => (
                    "an invisible line break",
                    "write a line break, or `\\u2028` in double quotes",
                ),
                '\u{feff}' => ("a byte order mark inside the file", "remove it; it is invisible"),
                '\u{fffe}' | '\u{ffff}' => ("no character", "remove it"),
                _ => (
                    "a control character",
                    "remove it, or write it as an escape in double quotes",
                ),
            };
            let message = format!("U+{:04X} is {what}", u32::from(c));
            finding("yaml_character", Some(end_of(&text[..index])), message).hint(hint)
        })
        .collect()
}

/// What Go's reader refuses or takes for a line break while others take it for text.
pub(crate) fn is_refused(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        _ => c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'),
    }
}

/// Base64 as Go reads it, which does not look at the bits that are left over.
const GO_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The text that a `!!binary` scalar denotes, if it is one, of characters that may be here.
pub(crate) fn of_binary(base64: &str) -> Option<String> {
    let bytes = GO_BASE64.decode(base64.replace(['\r', '\n'], "")).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    (!text.chars().any(is_refused)).then_some(text)
}

/// The position behind this text.
fn end_of(text: &str) -> Position {
    // `\r\n`, `\n` and a lone `\r` each end a line, as in YAML.
    let breaks = text.bytes().filter(|b| *b == b'\n').count()
        + text
            .split('\r')
            .skip(1)
            .filter(|rest| !rest.starts_with('\n'))
            .count();
    let column = text
        .rsplit(['\n', '\r'])
        .next()
        .map_or(0, |line| line.chars().count());
    Position::from_zero(breaks, column)
}
