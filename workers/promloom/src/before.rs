//! What was so before a push, as a check compares with it. In: a run without the push, or the state of a desk. Out: how each fragment
//! stood, and what was live. Never: hides what the push did; where nobody knows how it was before, nothing was so.

use crate::desk::State;
use crate::report::{Fragment, Report};
use contract::ports::ReadProjection as _;
use contract::{
    Class, Component, Configuration, Digest, Failure, Head, Severity, Verdict, Verdicts, read_document,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How it was before.
#[derive(Debug, Default)]
pub(crate) struct Before {
    /// Fragments by key.
    fragments: BTreeMap<String, Standing>,
    /// What each object held then, if that may be another moment than the one of which the push is looked at.
    contents: Option<BTreeMap<String, Digest>>,
    /// What was live.
    pub(crate) live: BTreeMap<Component, Configuration>,
}

/// How a fragment stands: its verdict, and its errors as reporter and message.
type Standing = (Verdict, BTreeSet<(String, String)>);

impl Before {
    /// As a run found it.
    pub(crate) fn of_run(report: &Report, live: BTreeMap<Component, Configuration>) -> Before {
        let fragments = report.fragments.iter();
        Before {
            fragments: fragments.map(|it| (it.key.clone(), standing(it))).collect(),
            contents: None,
            live,
        }
    }

    /// As it was proven last; no folder: nothing is known.
    pub(crate) async fn of_state(state: Option<PathBuf>) -> Result<Before, Failure> {
        let mut before = Before::default();
        let Some(folder) = state else { return Ok(before) };
        let state = State::at(folder);
        let mut contents = BTreeMap::new();
        for component in Component::ALL {
            let name = Head::name(component);
            let Some((value, _)) = state.read_projection(&name).await? else {
                continue;
            };
            let head: Head = serde_json::from_value(value).map_err(|error| {
                Failure::new(Class::Rejected, format!("reading `{name}` of the state")).because(error)
            })?;
            let verdicts: Verdicts =
                read_document(&state, &head.generation.verdicts, "the verdicts of what is live").await?;
            for fragment in verdicts.fragments {
                let errors = fragment.problems.into_iter();
                let errors = errors.filter(|problem| problem.severity == Severity::Error);
                let errors = errors.map(|problem| (problem.check, problem.message)).collect();
                contents.insert(
                    fragment.source.key.clone(),
                    fragment.source.document.digest.clone(),
                );
                before
                    .fragments
                    .insert(fragment.source.key, (fragment.verdict, errors));
            }
            let configuration = read_document(&state, &head.generation.configuration, "what is live").await?;
            before.live.insert(component, configuration);
        }
        before.contents = Some(contents);
        Ok(before)
    }

    /// Whether anything was known of a key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.fragments.contains_key(key)
    }

    /// Whether an object changed since, whoever changed it.
    pub(crate) fn is_since(&self, key: &str, bytes: &[u8]) -> bool {
        let contents = self.contents.as_ref();
        contents.is_some_and(|contents| contents.get(key) != Some(&Digest::of(bytes)))
    }

    /// What was done since, whoever did it: each fragment of a run that serves and did not, or not so, and each that was known and is none of
    /// the keys that are there.
    pub(crate) fn done(
        &self,
        now: &[Fragment],
        there: &BTreeMap<String, Digest>,
    ) -> BTreeMap<String, &'static str> {
        let Some(contents) = &self.contents else {
            return BTreeMap::new();
        };
        let deleted = contents.keys().filter(|key| !there.contains_key(*key));
        let deleted = deleted.map(|key| (key.clone(), "deleted"));
        let serving = now
            .iter()
            .filter(|fragment| fragment.verdict == Verdict::Accepted);
        let done = serving.filter_map(|fragment| match contents.get(&fragment.key) {
            None => Some((fragment.key.clone(), "added")),
            was if was != there.get(&fragment.key) => Some((fragment.key.clone(), "changed")),
            Some(_) => None,
        });
        deleted.chain(done).collect()
    }

    /// Whether a fragment is known to have stood better.
    pub(crate) fn was_better(&self, fragment: &Fragment) -> bool {
        let before = self.fragments.get(&fragment.key);
        before.is_some_and(|(before, _)| *before < fragment.verdict)
    }

    /// Whether a fragment stood like this already, with nothing less against it.
    pub(crate) fn was_so(&self, fragment: &Fragment) -> bool {
        let (verdict, errors) = standing(fragment);
        self.fragments
            .get(&fragment.key)
            .is_some_and(|(before, known)| *before == verdict && errors.is_subset(known))
    }
}

fn standing(fragment: &Fragment) -> Standing {
    let errors = fragment.problems.iter();
    let errors = errors.filter(|problem| problem.severity == Severity::Error);
    let errors = errors.map(|problem| (problem.check.clone(), problem.message.clone()));
    (fragment.verdict, errors.collect())
}
