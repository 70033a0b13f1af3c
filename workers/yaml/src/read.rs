//! Bytes to tree, in two passes: the parser's events become a list of parts, in which an anchor is a range;
//! then the tree is grown from the parts, and an alias is its range once more. So an alias costs nothing
//! before it is counted, and a file that would grow for ever is left when it has used up its nodes. Nothing
//! recurses over what was written.

use crate::keys::Place;
use crate::{Node, Position, Scalar, Value, hint, keys, text};
use contract::{Problem, Severity, Source};
use granit_parser::{Event, Marker, Parser, ScalarStyle, Span, StructureStyle, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the file; what aliases copy may come to four times that.
    pub size_bytes: usize,
    /// Maps and lists inside each other.
    pub depth: usize,
    /// Nodes after alias expansion.
    pub nodes: usize,
}

impl Limits {
    /// Of a finished configuration, which is larger than any fragment, and ours: 256 MiB, 100 deep, 50,000,000 nodes.
    #[must_use]
    pub fn of_a_whole() -> Limits {
        Limits {
            size_bytes: 256 * 1024 * 1024,
            nodes: 50_000_000,
            ..Limits::default()
        }
    }
}

impl Default for Limits {
    /// 1 MiB, 100 deep, 200,000 nodes.
    fn default() -> Limits {
        Limits {
            size_bytes: 1024 * 1024,
            depth: 100,
            nodes: 200_000,
        }
    }
}

/// Something wrong with the text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The reporter, `snake_case`: `yaml_syntax`, `yaml_duplicate_key`, …
    pub check: &'static str,
    /// What it leads to.
    pub severity: Severity,
    /// Where, if it has a place.
    pub at: Option<Position>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Finding {
    /// With what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Finding {
        self.hint = Some(hint.into());
        self
    }

    /// The problem of that source, with the excerpt from its text.
    #[must_use]
    pub fn of(self, source: &Source, text: &str) -> Problem {
        let mut problem = Problem::new(source, self.severity, self.check, self.message);
        problem.hint = self.hint;
        match self.at {
            Some(at) => problem.at(at.line, at.column).excerpt_of(text),
            None => problem,
        }
    }
}

pub(crate) fn finding(check: &'static str, at: Option<Position>, message: impl Into<String>) -> Finding {
    Finding {
        check,
        severity: Severity::Error,
        at,
        message: message.into(),
        hint: None,
    }
}

/// A file can be wrong in each line; nobody reads more, so that more is not looked for.
pub(crate) const FINDINGS_REPORTED: usize = 50;

/// Reads one file. `Ok(None)`: it holds nothing (empty, comments only, null).
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Option<Node>, Vec<Finding>> {
    let (text, mut findings) = text::text(bytes, limits).map_err(|finding| vec![finding])?;
    // So that one bad character is not reported as bad syntax as well; columns stay.
    let text = match findings.as_slice() {
        [] => Cow::Borrowed(text),
        _ => Cow::Owned(text.replace(text::is_refused, "\u{fffd}")),
    };
    let mut parts = Parts::default();
    if let Err(stop) = parts.read(&text, limits)
        && (findings.is_empty() || stop.check != hint::SYNTAX)
    {
        findings.push(stop);
    }
    findings.append(&mut parts.findings);
    let root = grow(&parts, &text, limits, &mut findings);
    if findings.is_empty() {
        return Ok(root.filter(|root| !root.is_null()));
    }
    findings.sort_by_key(|finding| finding.at);
    findings.dedup();
    if findings.len() > FINDINGS_REPORTED {
        findings.truncate(FINDINGS_REPORTED);
        findings.push(finding(
            "yaml_more",
            None,
            "more was found; it is told when this is repaired",
        ));
    }
    Err(findings)
}

enum Part<'t> {
    Scalar {
        text: Cow<'t, str>,
        plain: bool,
        tag: Option<String>,
    },
    Seq,
    Map,
    /// Of the innermost open list or map.
    End,
    /// The parts of the anchored node once more.
    Alias(Range<usize>),
}

/// What the parser said, in order.
#[derive(Default)]
struct Parts<'t> {
    list: Vec<(Position, Part<'t>)>,
    /// Where each open list or map begins, with its anchor and its style.
    open: Vec<(usize, usize, StructureStyle)>,
    anchors: BTreeMap<usize, Range<usize>>,
    findings: Vec<Finding>,
}

impl<'t> Parts<'t> {
    /// Reads events to the end of the first document, or until something forbids to go on.
    fn read(&mut self, source: &'t str, limits: &Limits) -> Result<(), Finding> {
        let options = granit_parser::options! {
            disallow_directives: true,
            // As libyaml, which is what Go's reader is made from.
            block_scalar_eof_without_line_feed: true,
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            emit_comments: false,
            // The parser looks ahead; what is inside both kinds of collections is counted here.
            flow_nesting_limit: limits.depth,
            block_nesting_limit: limits.depth,
        };
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(source, options) {
            let (event, span) = event.map_err(|error| hint::explain(&error, source, self.brackets()))?;
            let at = position(&span.start);
            let tag_at = span.tag_start().as_ref().map_or(at, position);
            match event {
                Event::DocumentStart(..) => documents += 1,
                Event::Scalar(text, style, anchor, tag) => {
                    self.tab_before(source, &span);
                    // For nothing at all the parser says `~`.
                    let plain = style == ScalarStyle::Plain;
                    let text = if plain && span.is_empty() {
                        Cow::Borrowed("")
                    } else {
                        text
                    };
                    let tag = self.tag(
                        tag,
                        tag_at,
                        &["str", "int", "float", "bool", "null", "binary", "timestamp"],
                    );
                    // Who reads `!!binary` reads the text that it is; so must those who judge it.
                    let decoded = match tag.as_deref() {
                        Some("!!binary") => text::of_binary(&text),
                        _ => None,
                    };
                    let (text, plain, tag) = match decoded {
                        Some(decoded) => (Cow::Owned(decoded), false, None),
                        None => match tag.as_deref() {
                            // What quotes say, and what the text says by itself.
                            Some("!!str") => (text, false, None),
                            Some(tag) if says_itself(tag, &text) => (text, true, None),
                            _ => (text, plain, tag),
                        },
                    };
                    let written = span.byte_range().and_then(|range| source.get(range));
                    if style == ScalarStyle::DoubleQuoted && written.is_some_and(escapes_a_slash) {
                        self.findings.push(hint::slash(at));
                    }
                    let in_brackets = self
                        .open
                        .last()
                        .is_some_and(|(.., style)| *style == StructureStyle::Flow);
                    let rest = span.byte_range().and_then(|range| source.get(range.end..));
                    if style == ScalarStyle::Plain
                        && in_brackets
                        && !span.is_empty()
                        && readers_disagree(&text, rest.unwrap_or_default())
                    {
                        self.findings.push(hint::ambiguous(at, &text));
                    }
                    let start = self.list.len();
                    self.list.push((at, Part::Scalar { text, plain, tag }));
                    self.anchors.insert(anchor, start..start + 1);
                }
                Event::SequenceStart(style, anchor, tag) => {
                    self.tab_before(source, &span);
                    self.tag(tag, tag_at, &["seq"]);
                    self.begin(at, Part::Seq, (anchor, style), limits)?;
                }
                Event::MappingStart(style, anchor, tag) => {
                    self.tab_before(source, &span);
                    self.tag(tag, tag_at, &["map"]);
                    self.begin(at, Part::Map, (anchor, style), limits)?;
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(),
                Event::Anchor(_, name) => self.anchor_name(at, &name),
                Event::Alias(anchor) => match self.anchors.get(&anchor) {
                    Some(range) => self.list.push((at, Part::Alias(range.clone()))),
                    None => self.bad_alias(at, "this alias is inside what it stands for"),
                },
                Event::UnresolvedAlias(name) => {
                    self.bad_alias(at, &format!("this file has no anchor `&{name}` before `*{name}`"));
                }
                _ => {}
            }
            if documents > 1 {
                return Err(
                    finding("yaml_documents", Some(at), "a second document begins here")
                        .hint("keep one document in a file: Prometheus reads the first and ignores the rest"),
                );
            }
            // Each part but an `End` is a node.
            if self.list.len() > limits.nodes * 2 {
                return Err(too_many_nodes(at, limits));
            }
        }
        Ok(())
    }

    fn begin(
        &mut self,
        at: Position,
        part: Part<'t>,
        (anchor, style): (usize, StructureStyle),
        limits: &Limits,
    ) -> Result<(), Finding> {
        if self.open.len() >= limits.depth {
            return Err(hint::too_deep(at));
        }
        self.open.push((self.list.len(), anchor, style));
        self.list.push((at, part));
        Ok(())
    }

    /// Where the outermost open list or map in brackets begins.
    fn brackets(&self) -> Option<Position> {
        let mut open = self.open.iter();
        let (start, ..) = open.find(|(.., style)| *style == StructureStyle::Flow)?;
        Some(self.list[*start].0)
    }

    fn end(&mut self) {
        self.list.push((Position::default(), Part::End));
        if let Some((start, anchor, _)) = self.open.pop() {
            self.anchors.insert(anchor, start..self.list.len());
        }
    }

    /// Readers of YAML 1.1, as Go's is, end a name before any other character: `&a:` is a key to them.
    fn anchor_name(&mut self, at: Position, name: &str) {
        if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            let message = format!("the anchor `&{name}` is not named by letters, digits, `-` and `_` alone");
            self.findings.push(
                finding("yaml_alias", Some(at), message)
                    .hint("`&` begins an anchor; if it is text, put it in quotes"),
            );
        }
    }

    /// A tab between a `-` and its item is indentation, which readers of YAML 1.1, as Go's is, do not take.
    fn tab_before(&mut self, source: &str, span: &Span) {
        let before = span
            .byte_range()
            .and_then(|range| source.get(..range.start))
            .unwrap_or_default();
        // Back over the marks only: a whole line for each of its items would be the square of a long line.
        let rest = before.trim_end_matches([' ', '-', '?', '\t']);
        let line = &before[rest.len()..];
        if (rest.is_empty() || rest.ends_with(['\n', '\r']))
            && line.trim_start_matches(' ').starts_with(['-', '?'])
            && let Some(column) = line.find('\t')
        {
            let at = Position::from_zero(span.start.line().saturating_sub(1), column);
            self.findings.push(hint::in_indentation(at, '\t'));
        }
    }

    fn bad_alias(&mut self, at: Position, message: &str) {
        self.findings.push(
            finding("yaml_alias", Some(at), message)
                .hint("`*` begins an alias, which knows the anchors of its own file only; if it is text, put it in quotes"),
        );
        self.list.push((
            at,
            Part::Scalar {
                text: "".into(),
                plain: true,
                tag: None,
            },
        ));
    }

    /// The tag as the tree keeps it, if it is one of these.
    fn tag(&mut self, tag: Option<Cow<'t, Tag>>, at: Position, allowed: &[&str]) -> Option<String> {
        let tag = tag?;
        match tag.suffix_in_namespace("tag:yaml.org,2002:") {
            Some(name) if allowed.contains(&name.as_ref()) => Some(format!("!!{name}")),
            _ => {
                let message = format!(
                    "the tag `{}{}` cannot be used here",
                    tag.original_handle(),
                    tag.suffix()
                );
                self.findings.push(
                    finding("yaml_tag", Some(at), message)
                        .hint("remove it; if the value is text that begins with `!`, put it in quotes"),
                );
                None
            }
        }
    }
}

/// Whether readers of YAML 1.1, as Go's is, and of 1.2 take a plain scalar in brackets, and what follows it, for
/// different things: `[a:]` is text to the one and a map to the other, `[?a]` and `[:a]` the other way round.
fn readers_disagree(text: &str, rest: &str) -> bool {
    let colon = rest.trim_start().strip_prefix(':');
    text.starts_with(['?', ':']) || colon.is_some_and(|rest| rest.starts_with([',', '[', ']', '{', '}']))
}

/// Whether a text in double quotes, as it is written, holds `\/`.
fn escapes_a_slash(written: &str) -> bool {
    let mut escapes = written.split('\\').skip(1);
    while let Some(after) = escapes.next() {
        match after.chars().next() {
            Some('/') => return true,
            // A backslash that is escaped itself: what follows it is text.
            None => drop(escapes.next()),
            Some(_) => {}
        }
    }
    false
}

fn position(marker: &Marker) -> Position {
    Position::from_zero(marker.line().saturating_sub(1), marker.col())
}

fn too_many_nodes(at: Position, limits: &Limits) -> Finding {
    let message = format!(
        "more than {} keys and values up to here, aliases expanded",
        limits.nodes
    );
    finding("yaml_nodes", Some(at), message).hint("split the file, or use fewer aliases of aliases")
}

/// A list or map whose end has not come.
enum Open {
    Seq(Position, Vec<Node>),
    Map(Position, Vec<(Node, Node)>, Option<Node>),
}

/// Grows the tree. What was not closed when the parser had to stop is closed, so that its findings are told,
/// too.
fn grow(parts: &Parts<'_>, text: &str, limits: &Limits, findings: &mut Vec<Finding>) -> Option<Node> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let (mut nodes, mut copied_bytes) = (0, 0);
    let mut file = 0..parts.list.len();
    // Inside each other, the aliases that are being copied.
    let mut copies: Vec<Range<usize>> = Vec::new();
    let mut outermost_at = Position::default();
    loop {
        while copies.last().is_some_and(Range::is_empty) {
            copies.pop();
        }
        let copying = !copies.is_empty();
        let next = copies.last_mut().unwrap_or(&mut file).next();
        let (at, part) = match next {
            Some(index) => (parts.list[index].0, &parts.list[index].1),
            None if open.is_empty() => return root,
            None => (Position::default(), &Part::End),
        };
        if !copying {
            outermost_at = at;
        }
        let complete = match part {
            Part::Alias(range) => {
                copies.push(range.clone());
                continue;
            }
            Part::Seq => {
                open.push(Open::Seq(at, Vec::new()));
                None
            }
            Part::Map => {
                open.push(Open::Map(at, Vec::new(), None));
                None
            }
            Part::Scalar { text, plain, tag } => {
                copied_bytes += if copying { text.len() } else { 0 };
                let scalar = Scalar {
                    text: text.to_string(),
                    plain: *plain,
                    tag: tag.clone(),
                };
                Some(Node {
                    at,
                    value: Value::Scalar(scalar),
                })
            }
            Part::End => match open.pop() {
                Some(Open::Seq(at, items)) => Some(Node {
                    at,
                    value: Value::Seq(items),
                }),
                Some(Open::Map(at, entries, _)) => {
                    // Copies too: a map can be good where it is anchored and bad where it is used.
                    keys::check(&entries, place(&open), findings);
                    Some(Node {
                        at,
                        value: Value::Map(entries),
                    })
                }
                None => None,
            },
        };
        if !matches!(part, Part::End) {
            nodes += 1;
        }
        if nodes > limits.nodes || copied_bytes > limits.size_bytes.saturating_mul(4) {
            findings.push(too_many_nodes(outermost_at, limits));
            return None;
        }
        if open.len() > limits.depth {
            findings.push(hint::too_deep(outermost_at));
            return None;
        }
        if findings.len() > FINDINGS_REPORTED {
            return None;
        }
        let Some(node) = complete else { continue };
        match open.last_mut() {
            None => root = Some(node),
            Some(Open::Seq(_, items)) => items.push(node),
            Some(Open::Map(_, entries, key)) => {
                if let Some(key) = key.take() {
                    entries.push((key, node));
                } else {
                    findings.extend(hint::bad_key(&node, text));
                    *key = Some(node);
                }
            }
        }
    }
}

/// Where the map is that has just been closed.
fn place(open: &[Open]) -> Place<'_> {
    fn key(open: Option<&Open>) -> Option<&str> {
        match open {
            Some(Open::Map(_, _, Some(key))) => key.text(),
            _ => None,
        }
    }
    Place {
        key: key(open.last()),
        section: key(open.first()),
        is_root: open.is_empty(),
    }
}

/// Whether every reader has the same of this text without the tag.
fn says_itself(tag: &str, text: &str) -> bool {
    match tag {
        "!!int" => text == "0" || !text.starts_with('0') && text.len() < 19 && is_digits(text),
        "!!bool" => matches!(text, "true" | "false"),
        _ => false,
    }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
