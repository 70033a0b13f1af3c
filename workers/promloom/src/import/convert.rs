//! One old file as the new bucket has it. In: bytes, the new key, how placeholders were spelled. Out: bytes, and what was done
//! to them. Never: a changed meaning (the tree is read again and compared); a touched byte where nothing has to change.

use contract::{Component, Key, Severity};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use yaml::{Finding, Limits, Node, Position, Value};

/// The new object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Converted {
    pub(super) bytes: Vec<u8>,
    /// What was done, each in a few words; nothing: the author's bytes.
    pub(super) how: Vec<String>,
}

/// Converts a file.
///
/// # Errors
/// Why there can be no such object, each with its place in the old file.
pub(super) fn converted(
    bytes: &[u8],
    key: &Key,
    placeholders: &BTreeMap<String, String>,
) -> Result<Converted, Vec<Finding>> {
    let Ok(old) = std::str::from_utf8(bytes) else {
        return Err(yaml::read(bytes, &Limits::default()).err().unwrap_or_default());
    };
    let (text, renamed) = renamed(old, placeholders);
    let mut how = Vec::new();
    if renamed > 0 {
        let s = if renamed == 1 { "" } else { "s" };
        how.push(format!("{renamed} placeholder{s} renamed"));
    }
    let tree = match yaml::read(text.as_bytes(), &Limits::default()) {
        Ok(Some(tree)) => tree,
        // It holds nothing; the pipeline says what that means.
        Ok(None) => {
            return Ok(Converted {
                bytes: text.into_bytes(),
                how,
            });
        }
        // Many templates are YAML only once their placeholders are replaced.
        Err(mut findings) => {
            findings.extend(unknown_in_text(&text));
            findings.sort_by_key(|finding| finding.at);
            return Err(findings);
        }
    };
    let mut unknown = Vec::new();
    unknown_in_tree(&tree, placeholders, &mut unknown);
    if !unknown.is_empty() {
        return Err(unknown);
    }
    let Some(frame) = frame(key, &tree)? else {
        return Ok(Converted {
            bytes: text.into_bytes(),
            how,
        });
    };
    let (text, lost) = framed(&text, tree, &frame);
    how.push(format!("put under `{}`", frame.shown));
    if lost {
        how.push("written anew, without its comments".into());
    }
    Ok(Converted {
        bytes: text.into_bytes(),
        how,
    })
}

/// The text with every old spelling replaced in one pass, and how many were. The longest that fits wins; one that begins or
/// ends with a letter, a digit or `_` is a whole word.
fn renamed(text: &str, placeholders: &BTreeMap<String, String>) -> (String, usize) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (mut out, mut count) = (String::with_capacity(text.len()), 0);
    let mut at = 0;
    while let Some(next) = text[at..].chars().next() {
        let (before, after) = (text[..at].chars().next_back(), &text[at..]);
        let is_whole = |spelled: &str| {
            let rest = after[spelled.len()..].chars().next();
            let begins = !(spelled.starts_with(is_part) && before.is_some_and(is_part));
            begins && !(spelled.ends_with(is_part) && rest.is_some_and(is_part))
        };
        let fits = placeholders
            .iter()
            .filter(|(spelled, _)| after.starts_with(spelled.as_str()) && is_whole(spelled));
        if let Some((spelled, name)) = fits.max_by_key(|(spelled, _)| spelled.len()) {
            count += usize::from(spelled != name);
            out.push_str(name);
            at += spelled.len();
        } else {
            out.push(next);
            at += next.len_utf8();
        }
    }
    (out, count)
}

/// What looks like a placeholder of another system: `${NAME}`, `{{ NAME }}`, `__NAME__`, `@NAME@`, `%NAME%`, in capitals.
pub(super) fn foreign(text: &str) -> Vec<&str> {
    let fences = [("${", "}"), ("{{", "}}"), ("__", "__"), ("@", "@"), ("%", "%")];
    let is_name = |name: &str| {
        let known = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(known)
    };
    let mut found = Vec::new();
    for (open, close) in fences {
        for (at, _) in text.match_indices(open) {
            let inside = &text[at + open.len()..];
            if let Some(end) = inside.find(close).filter(|end| is_name(inside[..*end].trim())) {
                found.push(&text[at..at + open.len() + end + close.len()]);
            }
        }
    }
    found
}

fn unknown_in_tree(node: &Node, placeholders: &BTreeMap<String, String>, findings: &mut Vec<Finding>) {
    match &node.value {
        Value::Scalar(scalar) => {
            let kept = |word: &str| placeholders.get(word).is_some_and(|name| name == word);
            let foreign = foreign(&scalar.text).into_iter().filter(|word| !kept(word));
            findings.extend(foreign.map(|word| unknown(node.at, word)));
        }
        Value::Seq(items) => items
            .iter()
            .for_each(|item| unknown_in_tree(item, placeholders, findings)),
        Value::Map(entries) => {
            for (key, value) in entries {
                if let Some(word) = key.text().filter(|text| template::is_placeholder(text)) {
                    let message = format!("`{word}` is a key: placeholders are replaced in values only");
                    findings.push(finding(key.at, message, "write the key itself"));
                }
                unknown_in_tree(value, placeholders, findings);
            }
        }
    }
}

fn unknown_in_text(text: &str) -> Vec<Finding> {
    let lines = text
        .lines()
        .zip(1..)
        .filter(|(line, _)| !line.trim_start().starts_with('#'));
    lines
        .flat_map(|(line, number)| {
            foreign(line).into_iter().map(move |word| {
                let before = word.as_ptr() as usize - line.as_ptr() as usize;
                let column = line[..before].chars().count() + 1;
                let at = Position {
                    line: number,
                    column: u32::try_from(column).unwrap_or(u32::MAX),
                };
                unknown(at, word)
            })
        })
        .collect()
}

fn unknown(at: Position, word: &str) -> Finding {
    let message = format!("`{word}` looks like a placeholder, and the mapping does not name it");
    finding(
        at,
        message,
        "name it under `placeholders`; the same twice keeps it as text",
    )
}

fn finding(at: Position, message: String, hint: &str) -> Finding {
    Finding {
        check: "import",
        severity: Severity::Error,
        at: Some(at),
        message,
        hint: Some(hint.into()),
    }
}

/// What is put around a bare list, or a bare entry of one.
struct Frame {
    /// The lines above, ending in a newline.
    head: String,
    /// What it is called.
    shown: &'static str,
    /// How far the author's lines move.
    indent: usize,
    /// Whether the whole file is one entry of the list.
    is_entry: bool,
    /// The tree around it.
    around: fn(&str, Node) -> Node,
    name: String,
}

/// What has to be around this file; none if it has its section, or if nobody can tell.
fn frame(key: &Key, tree: &Node) -> Result<Option<Frame>, Vec<Finding>> {
    let Key::Fragment { component, name, .. } = key else {
        return Ok(None);
    };
    let (items, is_entry) = match &tree.value {
        Value::Seq(items) => (items.as_slice(), false),
        _ => (std::slice::from_ref(tree), true),
    };
    let all = |fields: &[&str]| {
        !items.is_empty()
            && items
                .iter()
                .all(|item| fields.iter().any(|field| item.get(field).is_some()))
    };
    let under = |section: &'static str, around: fn(&str, Node) -> Node| Frame {
        head: format!("{section}:\n"),
        shown: section,
        indent: 2,
        is_entry,
        around,
        name: name.clone(),
    };
    let frame = match component {
        Component::Prometheus if all(&["job_name"]) => {
            under("scrape_configs", |_, jobs| section("scrape_configs", jobs))
        }
        Component::Prometheus if all(&["alert", "record"]) => Frame {
            head: format!("groups:\n  - name: {name}\n    rules:\n"),
            indent: 6,
            ..under("groups", |name, rules| {
                let name = (Node::plain("name"), Node::plain(name));
                section(
                    "groups",
                    Node::seq(vec![Node::map(vec![name, (Node::plain("rules"), rules)])]),
                )
            })
        },
        Component::Prometheus if all(&["rules"]) => under("groups", |_, groups| section("groups", groups)),
        Component::Cloudwatch if all(&["aws_namespace", "aws_metric_name"]) => {
            under("metrics", |_, metrics| section("metrics", metrics))
        }
        Component::Blackbox if is_entry && are_modules(tree) => Frame {
            is_entry: false,
            ..under("modules", |_, modules| section("modules", modules))
        },
        _ if is_entry => return Ok(None),
        component => {
            let what = match component {
                Component::Prometheus => "jobs, of rules, or of groups",
                Component::Blackbox => "modules: they are a map of names",
                Component::Cloudwatch => "metrics",
            };
            let hint = "split the file, or let the mapping say what else it is";
            return Err(vec![finding(
                tree.at,
                format!("this list is none of {what}"),
                hint,
            )]);
        }
    };
    Ok(Some(frame))
}

/// Whether each value of a map is a module, without their section around them.
fn are_modules(tree: &Node) -> bool {
    let modules = tree.entries();
    !modules.is_empty() && modules.iter().all(|(_, module)| module.get("prober").is_some())
}

fn section(name: &str, inside: Node) -> Node {
    Node::map(vec![(Node::plain(name), inside)])
}

/// The author's lines inside the frame, comments and all; whether they had to be written anew, because moved they would not
/// have meant the same.
fn framed(text: &str, tree: Node, frame: &Frame) -> (String, bool) {
    let first = tree.at.line;
    let expect = (frame.around)(
        &frame.name,
        if frame.is_entry {
            Node::seq(vec![tree])
        } else {
            tree
        },
    );
    let expect = yaml::print(&expect).text;
    let margin = " ".repeat(frame.indent);
    let mut moved = frame.head.clone();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let is_marker = |marker: &str| {
            line.strip_prefix(marker)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
        };
        // One document needs no marker, and inside a map it can have none.
        let line = match line.get(3..) {
            Some(rest) if is_marker("---") || is_marker("...") => match rest.trim_start() {
                "" => continue,
                rest => rest,
            },
            _ => line,
        };
        let before = match number.cmp(&first) {
            Ordering::Equal if frame.is_entry => "- ",
            Ordering::Greater if frame.is_entry => "  ",
            _ => "",
        };
        if !line.trim_end_matches(['\r', '\n']).is_empty() {
            moved.extend([margin.as_str(), before]);
        }
        moved.push_str(line);
    }
    let reads_alike = |text: &str| matches!(yaml::read(text.as_bytes(), &Limits::default()), Ok(Some(tree)) if yaml::print(&tree).text == expect);
    if reads_alike(&moved) {
        (moved, false)
    } else {
        (expect, true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn convert(key: &str, text: &str, expect: &str, how: &str) {
        let placeholders = [
            ("${ALERTMANAGER_1}", "ALERTMANAGER_URL_1"),
            ("__PUSHGATEWAY__", "PUSHGATEWAY_URL"),
            ("PUSHGATEWAY", "PUSHGATEWAY_URL"),
            ("{{ BLACKBOX }}", "BLACKBOX_URL"),
            ("${HOME}", "${HOME}"),
        ];
        let placeholders = placeholders
            .map(|(old, new)| (old.to_owned(), new.to_owned()))
            .into();
        let (seen, done) = match converted(text.as_bytes(), &Key::parse(key), &placeholders) {
            Ok(Converted { bytes, how }) => (String::from_utf8(bytes).unwrap(), how.join(", ")),
            Err(findings) => {
                let told = |finding: Finding| {
                    let at = finding.at.map(|at| at.to_string()).unwrap_or_default();
                    format!("{at} {}\n", finding.message)
                };
                (findings.into_iter().map(told).collect(), "refused".into())
            }
        };
        assert_eq!(seen, expect, "{key} {text}");
        assert_eq!(done, how, "{key} {text}");
    }

    const JOBS: &str = "apps/shop/prometheus/api.yml";

    #[test]
    fn what_has_its_section_stays_byte_for_byte() {
        let check = |key: &str, text: &str| convert(key, text, text, "");
        check(
            JOBS,
            "\u{feff}---\r\n# a\r\nscrape_configs: [{job_name: a}]\r\ngroups: []",
        );
        check(JOBS, "{\"scrape_configs\": [{\"job_name\": \"a\"}]}");
        check(JOBS, "");
        check(JOBS, "job: a\n");
        check("apps/shop/blackbox/a.yml", "modules:\n  a: {prober: tcp}\n");
        check("apps/shop/cloudwatch/a.yml", "region: eu\nmetrics: []\n");
        check("base/prometheus.yml", "- job_name: a\n");
        check("apps/shop/prometheus/tests/a.yml", "- a\n");
    }

    #[test]
    fn a_bare_list_goes_under_its_section() {
        convert(
            JOBS,
            "---\n# Ours.\n- job_name: a # one\n  params: {q: [\"x\n    y\"]}\n\n- job_name: 010\n",
            "scrape_configs:\n  # Ours.\n  - job_name: a # one\n    params: {q: [\"x\n      y\"]}\n\n  - job_name: 010\n",
            "put under `scrape_configs`",
        );
        convert(
            JOBS,
            "- alert: A\n  expr: |2\n     up\n      == 0\n\n    # of the text\n- record: b\n  expr: a\n",
            "groups:\n  - name: api\n    rules:\n      - alert: A\n        expr: |2\n           up\n            == 0\n\n          # of the text\n      \
             - record: b\n        expr: a\n",
            "put under `groups`",
        );
        convert(
            JOBS,
            "- name: a\n  rules: []",
            "groups:\n  - name: a\n    rules: []",
            "put under `groups`",
        );
        convert(
            JOBS,
            "[{\"job_name\": \"a\"}]\n",
            "scrape_configs:\n  [{\"job_name\": \"a\"}]\n",
            "put under `scrape_configs`",
        );
        convert(
            "apps/shop/cloudwatch/a.yml",
            "- aws_namespace: AWS/Lambda\n  aws_metric_name: Errors\n",
            "metrics:\n  - aws_namespace: AWS/Lambda\n    aws_metric_name: Errors\n",
            "put under `metrics`",
        );
        convert(
            "apps/shop/blackbox/a.yml",
            "# Ours.\na:\n  prober: tcp\n",
            "modules:\n  # Ours.\n  a:\n    prober: tcp\n",
            "put under `modules`",
        );
    }

    #[test]
    fn a_bare_entry_becomes_a_list_of_one() {
        convert(
            JOBS,
            "# Ours.\njob_name: a\n# Every minute.\nscrape_interval: 1m\n",
            "scrape_configs:\n  # Ours.\n  - job_name: a\n    # Every minute.\n    scrape_interval: 1m\n",
            "put under `scrape_configs`",
        );
        convert(
            JOBS,
            "{job_name: a}",
            "scrape_configs:\n  - {job_name: a}",
            "put under `scrape_configs`",
        );
        convert(
            JOBS,
            "alert: A\nexpr: up\n",
            "groups:\n  - name: api\n    rules:\n      - alert: A\n        expr: up\n",
            "put under `groups`",
        );
    }

    #[test]
    fn what_would_mean_another_thing_is_written_anew() {
        convert(
            JOBS,
            "# Ours.\r- record: a\r  expr: up\r",
            "groups:\n  - name: api\n    rules:\n      - record: a\n        expr: up\n",
            "put under `groups`, written anew, without its comments",
        );
    }

    #[test]
    fn old_placeholders_get_their_new_names() {
        convert(
            "base/prometheus.yml",
            "targets: [${ALERTMANAGER_1}, 'http://__PUSHGATEWAY__', MY_PUSHGATEWAY, PUSHGATEWAY] # __PUSHGATEWAY__\nb: {{ BLACKBOX }}\nc: ${HOME}\n",
            "targets: [ALERTMANAGER_URL_1, 'http://PUSHGATEWAY_URL', MY_PUSHGATEWAY, PUSHGATEWAY_URL] # PUSHGATEWAY_URL\nb: BLACKBOX_URL\nc: ${HOME}\n",
            "5 placeholders renamed",
        );
        convert(
            JOBS,
            "- job_name: a\n  x: PUSHGATEWAY\n",
            "scrape_configs:\n  - job_name: a\n    x: PUSHGATEWAY_URL\n",
            "1 placeholder renamed, put under `scrape_configs`",
        );
    }

    #[test]
    fn what_cannot_be_taken_over_is_told_with_its_place() {
        let check = |text: &str, expect: &str| convert(JOBS, text, expect, "refused");
        check(
            "a: ${OTHER}\n",
            "1:4 `${OTHER}` looks like a placeholder, and the mapping does not name it\n",
        );
        check(
            "x: 1\na: [${OTHER}]\n",
            "2:5 `${OTHER}` looks like a placeholder, and the mapping does not name it\n2:6 a `,` or the closing bracket is missing before this\n",
        );
        check(
            "PUSHGATEWAY: a\n",
            "1:1 `PUSHGATEWAY_URL` is a key: placeholders are replaced in values only\n",
        );
        check(
            "- job_name: a\n- alert: b\n",
            "1:1 this list is none of jobs, of rules, or of groups\n",
        );
        check("a: 1\n---\nb: 1\n", "2:1 a second document begins here\n");
        // Prometheus' own templates and references are none.
        convert(
            JOBS,
            "a: '{{ $labels.x }} ${1} __address__ 5% of 3%'\n",
            "a: '{{ $labels.x }} ${1} __address__ 5% of 3%'\n",
            "",
        );
    }
}
