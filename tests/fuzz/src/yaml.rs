//! `yaml::read` and `yaml::print` over any bytes.
//!
//! Laws: a tree keeps within its limits; each position is inside the text, and a scalar's is where it stands there; what is printed reads
//! as the same meaning, prints as the same text, and knows a position for each line; a tree survives being JSON; a finding has its place
//! and its excerpt.

use contract::{Pointer, Source};
use regex_lite::Regex;
use std::sync::LazyLock;
use yaml::{Finding, Limits, Node, Position, Scalar, Value, print, read};

/// So small that a fuzzer's short inputs meet them.
const TIGHT: Limits = Limits {
    size_bytes: 2048,
    depth: 8,
    nodes: 64,
};

/// The laws for one file.
///
/// # Panics
/// If one is broken.
pub fn check(bytes: &[u8]) {
    for limits in [Limits::default(), TIGHT] {
        match read(bytes, &limits) {
            Ok(None) => {}
            Ok(Some(tree)) => {
                let text = text(bytes).expect("only UTF-8 is read");
                within(&tree, bytes.len(), &limits);
                // A tag may say that what stands there is something else in base64.
                standing(&tree, &lines(text), text.contains('!'));
                printed(&tree, &limits);
                json(&tree);
            }
            Err(findings) => told(findings, bytes, &limits),
        }
    }
}

/// The text as the author's editor shows it.
fn text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    Some(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The lines of a text, in which `\r\n`, `\n` and a lone `\r` each end one.
fn lines(text: &str) -> Vec<Vec<char>> {
    let text = text.replace("\r\n", "\n");
    text.split(['\n', '\r'])
        .map(|line| line.chars().collect())
        .collect()
}

fn each(node: &Node, depth: usize, look: &mut impl FnMut(&Node, usize)) {
    look(node, depth);
    for item in node.items() {
        each(item, depth + 1, look);
    }
    for (key, value) in node.written() {
        each(key, depth + 1, look);
        each(value, depth + 1, look);
    }
}

fn within(tree: &Node, size_bytes: usize, limits: &Limits) {
    assert!(size_bytes <= limits.size_bytes, "{size_bytes} bytes were read");
    let (mut nodes, mut depth, mut text_bytes) = (0, 0, 0);
    each(tree, 1, &mut |node, at| {
        nodes += 1;
        text_bytes += node.text().map_or(0, str::len);
        if node.text().is_none() {
            depth = depth.max(at);
        }
    });
    assert!(nodes <= limits.nodes, "{nodes} nodes");
    assert!(depth <= limits.depth, "{depth} deep");
    assert!(text_bytes <= limits.size_bytes * 5, "{text_bytes} bytes of text");
}

/// Whether each node stands where its position says.
fn standing(tree: &Node, lines: &[Vec<char>], may_be_encoded: bool) {
    each(tree, 1, &mut |node, _| {
        let rest = rest_of(node.at, lines);
        let rest: String = rest
            .unwrap_or_else(|| panic!("{} is outside", node.at))
            .iter()
            .collect();
        let stands = match &node.value {
            Value::Scalar(Scalar {
                text, plain: true, ..
            }) => rest.starts_with(text.split([' ', '\t', '\n']).next().unwrap_or_default()),
            // A block stands where its text begins; what is blank, and `!!str` of nothing, need not be seen.
            Value::Scalar(Scalar { text, .. }) => {
                let first = text.split_whitespace().next().unwrap_or_default();
                let begins = text.lines().find(|line| !line.is_empty());
                may_be_encoded
                    || begins == Some(rest.as_str()) && rest.trim().is_empty()
                    || rest.starts_with(['"', '\'', '|', '>'])
                    || rest.trim_start().starts_with(first)
            }
            // One that is not indented more than its key stands behind its first `-`, where any item may begin.
            Value::Seq(_) | Value::Map(_) => true,
        };
        assert!(stands, "{:?} does not stand at {}: {rest:?}", node.value, node.at);
    });
}

/// The line from there on; none where that is outside the text. Behind its last character is inside.
fn rest_of(at: Position, lines: &[Vec<char>]) -> Option<&[char]> {
    let line = lines.get((at.line as usize).checked_sub(1)?)?;
    line.get((at.column as usize).checked_sub(1)?..)
}

fn printed(tree: &Node, limits: &Limits) {
    let once = print(tree);
    assert_eq!(once.text.lines().count(), once.lines.len(), "{:?}", once.text);
    let roomy = Limits {
        size_bytes: usize::MAX / 8,
        ..*limits
    };
    let back = read(once.text.as_bytes(), &roomy);
    let back = back.unwrap_or_else(|findings| panic!("{findings:?}\n{}", once.text));
    let back = back.expect("a tree does not print as nothing");
    assert_same_meaning(tree, &back);
    assert_eq!(print(&back).text, once.text, "printing twice is printing once");
}

fn json(tree: &Node) {
    // As deep in a document as trees lie.
    let json = serde_json::to_string(&[[[[tree]]]]).expect("a tree is JSON");
    let [[[[back]]]]: [[[[Node; 1]; 1]; 1]; 1] = serde_json::from_str(&json).expect("its JSON is a tree");
    assert_eq!(&back, tree);
}

fn told(findings: Vec<Finding>, bytes: &[u8], limits: &Limits) {
    assert!((1..=51).contains(&findings.len()), "{} findings", findings.len());
    let source = Source {
        key: "apps/shop/prometheus/api.yml".to_owned(),
        version_id: "v1".to_owned(),
        document: Pointer::to(b""),
    };
    // What is too large or no text has no lines.
    let text = text(bytes).filter(|_| bytes.len() <= limits.size_bytes);
    let lines = lines(text.unwrap_or_default());
    for finding in findings {
        let (check, at) = (finding.check, finding.at);
        let problem = finding.of(&source, text.unwrap_or_default());
        let Some(at) = at.filter(|_| text.is_some()) else {
            continue;
        };
        // Where the text ends, a line more than there are may be meant.
        let behind = at.line as usize == lines.len() + 1 && at.column == 1;
        assert!(
            behind || rest_of(at, &lines).is_some(),
            "{check} at {at} is outside of {} lines",
            lines.len()
        );
        if let Some(excerpt) = problem.excerpt {
            let (shown, caret) = excerpt.split_once('\n').expect("a line and a caret");
            let column = caret.chars().count();
            assert!(
                column <= shown.chars().count() + 1,
                "{check} at {at}: {excerpt:?}"
            );
        }
    }
}

/// Whether a reader of YAML 1.1 or 1.2 might take this plain scalar for something else than text.
fn may_be_typed(text: &str) -> bool {
    static TYPED: LazyLock<Regex> = LazyLock::new(|| {
        let typed = r"(?i)^(|~|null|y|yes|n|no|true|false|on|off|<<|=|[-+]?\.?[0-9][0-9a-fox_.:e+-]*|[-+]?\.(inf|nan)|[0-9]{4}-[0-9]+-[0-9]+[0-9t :.z+-]*)$";
        Regex::new(typed).expect("a regular expression")
    });
    TYPED.is_match(text) && !text.ends_with(':')
}

/// Positions apart, two trees mean the same to every reader.
///
/// # Panics
/// If they do not.
pub fn assert_same_meaning(a: &Node, b: &Node) {
    match (&a.value, &b.value) {
        (Value::Scalar(a), Value::Scalar(b)) => {
            // Quotes around what stood plain are harmless where nobody would have taken it for a number.
            let as_plain = a.plain == b.plain || !may_be_typed(&a.text);
            assert!(
                a.text == b.text && a.tag == b.tag && as_plain,
                "{a:?} became {b:?}"
            );
        }
        (Value::Seq(a), Value::Seq(b)) => {
            assert_eq!(a.len(), b.len(), "{a:?} became {b:?}");
            a.iter().zip(b).for_each(|(a, b)| assert_same_meaning(a, b));
        }
        (Value::Map(a), Value::Map(b)) => {
            assert_eq!(a.len(), b.len(), "{a:?} became {b:?}");
            for ((a_key, a), (b_key, b)) in a.iter().zip(b) {
                assert_same_meaning(a_key, b_key);
                assert_same_meaning(a, b);
            }
        }
        _ => panic!("{a:?} became {b:?}"),
    }
}
