//! What serves once whoever was found has fallen back, as Merge will put it together. In: what a configuration was made of, and
//! errors. Out: the versions that are left.
//! Never: a version that Merge would not take; a rejected one again.

use crate::assembly;
use crate::together::Claimant;
use contract::{Configuration, Key, Problem, Severity, Source};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use yaml::Node;

/// What a configuration was made of, and what serves already.
pub(crate) struct Trees {
    /// What is to serve, in key order.
    pub(crate) serving: Vec<(Source, Node)>,
    /// Keys of it whose version serves already.
    pub(crate) settled: BTreeSet<String>,
    /// Last good versions of others, by key.
    pub(crate) last_good: BTreeMap<String, (Source, Node)>,
    /// Keys whose last good version may not serve any more: it holds its names still, and never comes back.
    pub(crate) refused: BTreeSet<String>,
    /// What was pushed last where that has no part in the whole.
    pub(crate) out: Vec<Out>,
}

/// A version that is refused by itself, and what for.
pub(crate) struct Out {
    pub(crate) source: Source,
    pub(crate) tree: Node,
    pub(crate) problems: Vec<Problem>,
}

/// One version of each fragment at most.
pub(crate) struct World<'a> {
    trees: &'a Trees,
    serving: BTreeMap<&'a str, &'a (Source, Node)>,
    /// Keys whose version is not the merged one any more.
    fallen: BTreeSet<&'a str>,
    /// Owners of whom something fell when that happened last.
    fell_last: BTreeSet<String>,
}

/// One fragment's rules, as a file of a configuration.
pub(crate) struct Rules<'a> {
    pub(crate) source: &'a Source,
    pub(crate) path: String,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> World<'a> {
    /// As it was merged.
    pub(crate) fn merged(trees: &'a Trees) -> World<'a> {
        let serving = trees.serving.iter();
        World {
            trees,
            serving: serving.map(|one| (one.0.key.as_str(), one)).collect(),
            fallen: BTreeSet::new(),
            fell_last: BTreeSet::new(),
        }
    }

    /// Takes out every version that one of these is an error of; its last good version comes in its place. Whether that
    /// changed anything.
    pub(crate) fn fall_back(&mut self, problems: &[Problem]) -> bool {
        let mut fell = BTreeSet::new();
        for problem in problems.iter().filter(|it| it.severity == Severity::Error) {
            let Some((&key, (source, _))) = self.serving.get_key_value(problem.key.as_str()) else {
                continue;
            };
            if source.version_id != problem.version_id {
                continue;
            }
            fell.insert(source.key().owner().to_owned());
            self.fallen.insert(key);
            let last_good = self.trees.last_good.get(key);
            match last_good.filter(|(last, _)| last != source && !self.trees.refused.contains(key)) {
                Some(last) => self.serving.insert(key, last),
                None => self.serving.remove(key),
            };
        }
        let changed = !fell.is_empty();
        if changed {
            self.fell_last = fell;
        }
        changed
    }

    /// Owners of whom something fell when that happened last; none: nothing fell yet.
    pub(crate) fn fell_last(&self) -> &BTreeSet<String> {
        &self.fell_last
    }

    /// Whether exactly this version serves already.
    pub(crate) fn serves_already(&self, source: &Source) -> bool {
        let is_last_good = |(last, _): &(Source, Node)| last == source;
        self.trees.settled.contains(&source.key)
            || self.trees.last_good.get(&source.key).is_some_and(is_last_good)
    }

    /// In key order, each with what of it serves already.
    pub(crate) fn claimants(&self) -> impl Iterator<Item = Claimant<'a>> {
        self.serving.iter().map(|(key, (source, tree))| {
            let last_good = self.trees.last_good.get(*key).map(|(_, tree)| tree);
            let live = if self.serves_already(source) {
                Some(tree)
            } else {
                last_good
            };
            Claimant { source, tree, live }
        })
    }

    /// The rules of these owners, in key order.
    pub(crate) fn rules(&self, of: &BTreeSet<String>, merged: &'a Configuration) -> Vec<Rules<'a>> {
        let rules = self.serving.iter().filter_map(|(key, (source, tree))| {
            let path = rules_path(source).filter(|_| of.contains(source.key().owner()))?;
            let written = merged.files.get(&path).filter(|_| !self.fallen.contains(key));
            let text = match written {
                Some(text) => Cow::from(text.as_str()),
                None => Cow::from(assembly::rules(tree)?.text),
            };
            Some(Rules { source, path, text })
        });
        rules.collect()
    }
}

/// Where Merge puts a fragment's rules.
pub(crate) fn rules_path(source: &Source) -> Option<String> {
    match source.key() {
        Key::Fragment { owner, name, .. } => Some(format!("rules/{owner}--{name}.yml")),
        _ => None,
    }
}
