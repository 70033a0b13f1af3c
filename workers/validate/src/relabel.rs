//! Relabelling as far as a text shows it. In: an entry of `relabel_configs`. Out: what its action is and which labels it may set or remove.
//! Never: what a target's labels will be.

use crate::written::texts;
use regex_lite::{Regex, RegexBuilder};
use std::iter;
use yaml::{Node, Position};

/// How large a pattern may become; what a person writes takes a tenth.
const PATTERN_BYTES: usize = 64 * 1024;
/// No pattern takes less; and one step of going through it takes about so many of them.
const LEAST_PATTERN_BYTES: usize = 256;
const STEP_BYTES: usize = 64;

/// An action of Prometheus' relabelling, and what it does with the fields of its rule.
pub(crate) struct Action {
    pub name: &'static str,
    /// Whether it writes into `target_label`.
    pub sets: bool,
    /// Whether it needs `target_label`.
    pub needs_target: bool,
    /// The only fields it may have, besides `action`; none: all.
    pub only: Option<&'static [&'static str]>,
}

const COMPARED: Option<&[&str]> = Some(&["source_labels", "target_label"]);
const NAMES: Option<&[&str]> = Some(&["regex"]);

pub(crate) static ACTIONS: [Action; 11] = [
    action("replace", true, true, None),
    action("keep", false, false, None),
    action("drop", false, false, None),
    action("hashmod", true, true, None),
    action("labelmap", false, false, None),
    action("labeldrop", false, false, NAMES),
    action("labelkeep", false, false, NAMES),
    action("lowercase", true, true, None),
    action("uppercase", true, true, None),
    action("keepequal", false, true, COMPARED),
    action("dropequal", false, true, COMPARED),
];

const fn action(
    name: &'static str,
    sets: bool,
    needs_target: bool,
    only: Option<&'static [&'static str]>,
) -> Action {
    Action {
        name,
        sets,
        needs_target,
        only,
    }
}

impl Action {
    /// The one of that name, in small letters.
    pub(crate) fn named(name: &str) -> Option<&'static Action> {
        ACTIONS.iter().find(|action| action.name == name)
    }
}

/// An entry of `relabel_configs` or `metric_relabel_configs`.
pub(crate) struct Relabel<'t> {
    /// What it does, in small letters.
    pub action: String,
    /// The labels that it reads, and what it puts between them.
    pub source: Vec<&'t str>,
    pub separator: &'t str,
    /// The label that it sets, and where that stands; with `$` as written.
    pub target: Option<(&'t str, Position)>,
    /// What it sets it to; with `$` as written.
    pub replacement: &'t str,
    /// Where that stands, or the entry.
    pub at: Position,
    regex: Option<&'t str>,
}

/// The entries of a field of a job.
pub(crate) fn entries<'t>(job: &'t Node, field: &str) -> Vec<Relabel<'t>> {
    let list = job.get(field).map_or(&[][..], Node::items);
    let entries = list.iter().filter(|entry| !entry.written().is_empty());
    entries.map(Relabel::of).collect()
}

impl<'t> Relabel<'t> {
    fn of(entry: &'t Node) -> Relabel<'t> {
        let field = |name: &str| {
            let node = entry.get(name).filter(|node| !node.is_null())?;
            Some((node.text()?, node.at))
        };
        let replacement = field("replacement");
        Relabel {
            action: field("action").map_or("replace".into(), |(text, _)| text.to_ascii_lowercase()),
            source: entry
                .get("source_labels")
                .into_iter()
                .flat_map(texts)
                .map(|(_, label)| label)
                .collect(),
            separator: field("separator").map_or(";", |(text, _)| text),
            target: field("target_label"),
            replacement: replacement.map_or("$1", |(text, _)| text),
            at: replacement.map_or(entry.at, |(_, at)| at),
            // Quoted or not, the server takes these two for none: https://github.com/go-yaml/yaml/issues/440
            regex: field("regex")
                .map(|(text, _)| text)
                .filter(|text| !matches!(*text, "null" | "~")),
        }
    }

    /// Whether it writes into `target_label`.
    pub(crate) fn sets(&self) -> bool {
        Action::named(&self.action).is_some_and(|action| action.sets)
    }

    /// Whether it writes any label.
    pub(crate) fn writes(&self) -> bool {
        self.sets() || self.action == "labelmap"
    }

    /// Whether it may write this label, whoever's name of it that is.
    pub(crate) fn may_write(&self, label: &str) -> bool {
        match self.action.as_str() {
            "labelmap" => may_be(self.replacement, label),
            _ => self.may_set(label),
        }
    }

    /// Whether the label that it sets may be this one, as far as its author has a word in it: the name of a label that
    /// is taken over as it is (`labelmap` with `$1`) is whoever's that had it.
    pub(crate) fn may_set(&self, label: &str) -> bool {
        let is_taken_over = || parts(self.replacement).all(|part| part.is_empty());
        match self.action.as_str() {
            "labelmap" => may_be(self.replacement, label) && !is_taken_over(),
            _ => self.sets() && self.target.is_some_and(|(target, _)| may_be(target, label)),
        }
    }

    /// What it sets its label to, if that is said.
    pub(crate) fn sets_to(&self) -> Option<&'t str> {
        (self.action == "replace" && !self.replacement.contains('$')).then_some(self.replacement)
    }

    /// What it writes with every reference empty, and with each a digit where that may make an address.
    pub(crate) fn written(&self) -> Vec<String> {
        let filled = |fill: &str| parts(self.replacement).collect::<Vec<_>>().join(fill);
        match self.action.as_str() {
            "replace" if self.replacement.contains('$') => {
                let empty = filled("");
                let is_number = policy::host(self.replacement).starts_with(|c: char| c.is_ascii_digit());
                let digits = (0..10)
                    .filter(|_| is_number)
                    .map(|digit| filled(&digit.to_string()));
                // A host that is empty only because a reference is, is none that its author means.
                let is_meant = !policy::is_own_host(&empty) || policy::is_own_host(self.replacement);
                let empty = is_meant.then_some(empty);
                empty.into_iter().chain(digits).collect()
            }
            "replace" => vec![self.replacement.to_owned()],
            _ => vec![],
        }
    }

    /// Its pattern, which has to be all of a text; none if it is not read here as there.
    pub(crate) fn pattern(&self) -> Option<Regex> {
        self.pattern_within(PATTERN_BYTES)
    }

    fn pattern_within(&self, bytes: usize) -> Option<Regex> {
        let regex = self.regex.unwrap_or("(.*)");
        let mut builder = RegexBuilder::new(&format!("^(?s:{regex})$"));
        let is_plain = regex.is_ascii();
        is_plain.then(|| builder.size_limit(bytes).build().ok())?
    }

    /// About how much of its pattern there is to go through for each character of a text, repetitions written out: what the
    /// pattern takes once it is built, up to the next power of two.
    pub(crate) fn pattern_size(&self) -> usize {
        let mut sizes = iter::successors(Some(LEAST_PATTERN_BYTES), |bytes| Some(bytes * 2))
            .take_while(|bytes| *bytes < PATTERN_BYTES);
        let fits = sizes.find(|bytes| self.pattern_within(*bytes).is_some());
        fits.unwrap_or(PATTERN_BYTES) / STEP_BYTES
    }

    /// Whether its pattern is all of a label's name; none if nobody here can tell.
    pub(crate) fn matches(&self, label: &str) -> Option<bool> {
        Some(self.pattern()?.is_match(label))
    }
}

/// What stands before, between and behind a text's references (`$1`, `${name}`); `$$` is a `$`.
fn parts(template: &str) -> impl Iterator<Item = String> {
    let mut parts = vec![String::new()];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('$') {
        if let Some(last) = parts.last_mut() {
            last.push_str(before);
        }
        if let Some(after) = after.strip_prefix('$') {
            if let Some(last) = parts.last_mut() {
                last.push('$');
            }
            rest = after;
            continue;
        }
        rest = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map_or("", |(_, after)| after),
            None => after.trim_start_matches(|c: char| c == '_' || c.is_alphanumeric()),
        };
        parts.push(String::new());
    }
    if let Some(last) = parts.last_mut() {
        last.push_str(rest);
    }
    parts.into_iter()
}

/// Whether a text with references (`$1`, `${name}`) may come to be a label's name.
pub(crate) fn may_be(template: &str, label: &str) -> bool {
    let pattern = parts(template).collect::<Vec<_>>().join("*");
    policy::matches(&pattern, label, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_may_be_anything() {
        let check =
            |template: &str, expect: bool| assert_eq!(may_be(template, "owner"), expect, "{template}");
        check("owner", true);
        check("$1", true);
        check("${1}", true);
        check("own$1", true);
        check("owner$x", true);
        check("${1}er", true);
        check("tag_$1", false);
        check("${1}_name", false);
        check("$1er", true);
        check("owners", false);
    }
}
