//! The projection `status/status.json`. In: how a run ended. Out: what is live and what is thought of every
//! fragment.
//! Never: anything that cannot be made again from the journal.

use crate::changes::{Ending, Lane};
use crate::result::Outcome;
use contract::{Component, Timestamp, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the status page shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Status {
    components: BTreeMap<Component, ComponentStatus>,
    /// How many objects of the bucket are used for nothing.
    strays: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ComponentStatus {
    /// The last run that says something of the component, and how its lane ended.
    run: String,
    pinned_at: Option<Timestamp>,
    outcome: Outcome,
    /// The name and the digest of the generation that was proven last.
    generation: Option<String>,
    digest: Option<String>,
    /// By key.
    fragments: BTreeMap<String, FragmentStatus>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct FragmentStatus {
    verdict: Verdict,
    version_id: String,
    serving_version_id: Option<String>,
    problems: usize,
}

impl Status {
    /// With what this run says. A lane that was superseded, or that an older snapshot made, says nothing;
    /// what a failed lane does not know stays as it was.
    pub(crate) fn take(&mut self, ending: &Ending) {
        for lane in &ending.lanes {
            let before = self.components.get(&lane.component);
            let is_older = before.is_some_and(|before| before.pinned_at > ending.pinned_at);
            if lane.outcome != Outcome::Superseded && !is_older {
                let status = component(ending, lane, before);
                self.components.insert(lane.component, status);
                self.strays = ending.strays.len();
            }
        }
    }
}

fn component(ending: &Ending, lane: &Lane, before: Option<&ComponentStatus>) -> ComponentStatus {
    let proven = lane.generation.as_ref().or(ending.proven.get(&lane.component));
    ComponentStatus {
        run: ending.run.clone(),
        pinned_at: ending.pinned_at,
        outcome: lane.outcome,
        generation: proven.map(contract::Generation::name),
        digest: proven.map(|generation| generation.digest.to_string()),
        fragments: match &lane.verdicts {
            None => before.map(|before| before.fragments.clone()).unwrap_or_default(),
            Some(verdicts) => verdicts
                .fragments
                .iter()
                .map(|fragment| {
                    let status = FragmentStatus {
                        verdict: fragment.verdict,
                        version_id: fragment.source.version_id.clone(),
                        serving_version_id: fragment.serving.as_ref().map(|source| source.version_id.clone()),
                        problems: fragment.problems.len(),
                    };
                    (fragment.source.key.clone(), status)
                })
                .collect(),
        },
    }
}
