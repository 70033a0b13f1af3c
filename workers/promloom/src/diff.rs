//! What would become live beside what is. In: two configurations a component. Out: a unified diff for each file that
//! differs. Never: the markers of a generation, which differ in every one.

use contract::{Component, Configuration};
use serde::Serialize;
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// How one file of a configuration would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileDiff {
    /// Whose configuration.
    pub component: Component,
    /// Path inside the generation.
    pub path: String,
    /// A unified diff with three lines of context.
    pub diff: String,
}

/// Every file that differs, by component and path.
pub(crate) fn between(
    before: &BTreeMap<Component, Configuration>,
    after: &BTreeMap<Component, Configuration>,
) -> Vec<FileDiff> {
    let nothing = BTreeMap::new();
    let mut diffs = Vec::new();
    for component in Component::ALL {
        let old = before.get(&component).map_or_else(|| nothing.clone(), unmarked);
        let new = after.get(&component).map_or_else(|| nothing.clone(), unmarked);
        let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for path in paths {
            let text = |files: &BTreeMap<String, String>| files.get(path).cloned().unwrap_or_default();
            let (old, new) = (text(&old), text(&new));
            if old != new {
                let diff = TextDiff::from_lines(&old, &new);
                let shown = format!("{component}/{path}");
                diffs.push(FileDiff {
                    component,
                    path: path.clone(),
                    diff: diff.unified_diff().header(&shown, &shown).to_string(),
                });
            }
        }
    }
    diffs
}

fn unmarked(configuration: &Configuration) -> BTreeMap<String, String> {
    let files = configuration.files.iter();
    files
        .map(|(path, text)| {
            (
                path.clone(),
                text.replace(configuration.digest.short(), "<generation>"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Digest, Size};

    #[test]
    fn files_that_differ_in_more_than_the_marker_are_shown() {
        let check = |before: &[(&str, &str)], after: &[(&str, &str)], expect: &str| {
            let configuration = |files: &[(&str, &str)], name: &str| {
                let digest = Digest::of(name.as_bytes());
                let files = files
                    .iter()
                    .map(|(path, text)| ((*path).to_owned(), text.replace("GENERATION", digest.short())));
                let files = files.collect();
                let size = Size::default();
                let component = Component::Blackbox;
                BTreeMap::from([(
                    component,
                    Configuration {
                        component,
                        digest,
                        size,
                        files,
                        jobs: BTreeMap::new(),
                    },
                )])
            };
            let diffs = between(&configuration(before, "old"), &configuration(after, "new"));
            let shown: Vec<String> = diffs.into_iter().map(|file| file.diff).collect();
            assert_eq!(shown.concat(), expect);
        };
        check(&[("a", "x GENERATION\n")], &[("a", "x GENERATION\n")], "");
        check(
            &[("a", "x GENERATION\ny\n")],
            &[("a", "x GENERATION\nz\n")],
            "--- blackbox/a\n+++ blackbox/a\n@@ -1,2 +1,2 @@\n x <generation>\n-y\n+z\n",
        );
        check(
            &[],
            &[("a", "x\n")],
            "--- blackbox/a\n+++ blackbox/a\n@@ -0,0 +1 @@\n+x\n",
        );
        check(
            &[("a", "x\n")],
            &[],
            "--- blackbox/a\n+++ blackbox/a\n@@ -1 +0,0 @@\n-x\n",
        );
    }
}
