//! What is no YAML from its first line on, and what it is. In: bytes, or lines and where the parser had to stop. Out: a finding that names it.
//! Never: a word about what might be YAML.

use super::SYNTAX;
use crate::Position;
use crate::read::{Finding, finding};

/// What cannot be read as text: a packed file, by how it begins.
pub(crate) fn packed(bytes: &[u8]) -> Option<Finding> {
    const PACKED: [(&[u8], &str); 4] = [
        (b"\x1f\x8b", "gzip"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"BZh", "bzip2"),
    ];
    let (_, what) = PACKED.iter().find(|(begin, _)| bytes.starts_with(begin))?;
    let message = format!("this is {what}, and no text");
    Some(finding("yaml_encoding", None, message).hint("push the file itself, not packed"))
}

/// A page of HTML or XML, or the fence of a block of code in Markdown.
pub(super) fn text(lines: &[&str], at: Position) -> Option<Finding> {
    let is_fence = |line: &str| line.starts_with("```") || line.starts_with("~~~");
    let first = lines.iter().position(|line| !line.trim().is_empty())?;
    let stop = at.line as usize - 1;
    let fence = [first, stop]
        .into_iter()
        .find(|index| lines.get(*index).is_some_and(|line| is_fence(line)));
    if let Some(fence) = fence {
        let message = "a line that begins with three backticks or tildes is a fence of Markdown, and no YAML";
        let hint = "remove the lines of the fence; push what is between them";
        return Some(finding(SYNTAX, Some(Position::from_zero(fence, 0)), message).hint(hint));
    }
    let begin = lines[first].trim_start();
    let what = match begin.get(..5).map(str::to_ascii_lowercase).as_deref() {
        Some("<?xml") => "XML",
        Some("<!doc" | "<html" | "<head" | "<body") => "HTML",
        _ => return None,
    };
    let message = format!("this is a page of {what}, and no YAML");
    let hint = "a download may have answered with an error or a login page: read it, and push the file that was meant";
    Some(finding(SYNTAX, Some(Position::from_zero(first, 0)), message).hint(hint))
}
