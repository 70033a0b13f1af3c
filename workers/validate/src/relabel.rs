//! Relabelling as far as a text shows it. In: an entry of `relabel_configs`. Out: which labels it may set or remove.
//! Never: what a target's labels will be.

use regex_lite::Regex;
use yaml::{Node, Position};

/// An entry of `relabel_configs` or `metric_relabel_configs`.
pub(crate) struct Relabel<'t> {
    /// What it does, in small letters.
    pub action: String,
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
    let entries = list.iter().filter(|entry| !entry.entries().is_empty());
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
        matches!(
            self.action.as_str(),
            "replace" | "hashmod" | "lowercase" | "uppercase"
        )
    }

    /// Whether the label that it sets may be this one.
    pub(crate) fn may_set(&self, label: &str) -> bool {
        self.sets() && self.target.is_some_and(|(target, _)| may_be(target, label))
    }

    /// What it sets its label to, if that is said.
    pub(crate) fn sets_to(&self) -> Option<&'t str> {
        (self.action == "replace" && !self.replacement.contains('$')).then_some(self.replacement)
    }

    /// Whether its pattern is all of a label's name; none if nobody here can tell.
    pub(crate) fn matches(&self, label: &str) -> Option<bool> {
        let Some(regex) = self.regex else {
            return Some(true);
        };
        let regex = Regex::new(&format!("^(?s:{regex})$")).ok()?;
        Some(regex.is_match(label))
    }
}

/// Whether a text with references (`$1`, `${name}`) may come to be a label's name.
pub(crate) fn may_be(template: &str, label: &str) -> bool {
    let mut parts = template.split('$');
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| {
        let after = match part.strip_prefix('{') {
            Some(braced) => braced.split_once('}').map_or("", |(_, after)| after),
            None => part.trim_start_matches(|c: char| c == '_' || c.is_alphanumeric()),
        };
        format!("*{after}")
    });
    let pattern = std::iter::once(first.to_owned()).chain(rest).collect::<String>();
    policy::listed(&[pattern], label)
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
