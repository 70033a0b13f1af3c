//! Clashes between fragments that are fine alone, one kind a file.
//!
//! In: what serves, the base first and then in key order. Out: an error for whoever loses a name, a warning
//! for whoever keeps it, so that both owners are told.
//! Never: a tool; an order that depends on anything but the snapshot.

mod job_clash;
mod module_clash;
mod recording_rule_clash;

use crate::subject::place;
use contract::{Component, PLATFORM, Problem, Severity, Source};
use std::collections::BTreeMap;
use yaml::{Node, Position};

/// A base or a fragment that serves.
#[derive(Clone, Copy)]
pub(crate) struct Claimant<'a> {
    pub source: &'a Source,
    pub tree: &'a Node,
}

/// A name that can be had once.
struct Claim {
    /// What must not be twice.
    name: String,
    /// How a message calls it.
    shown: String,
    /// Two claims with the same meaning do no harm; none: there can be no such two.
    meaning: Option<String>,
    /// Where.
    at: Position,
}

/// A kind of clash.
struct Kind {
    /// The reporter.
    name: &'static str,
    component: Component,
    claims: fn(&Node) -> Vec<Claim>,
    /// Whether one owner's fragments may share it.
    owner_may_share: bool,
    hint: &'static str,
}

const ALL: [Kind; 3] = [job_clash::KIND, recording_rule_clash::KIND, module_clash::KIND];

/// Every clash. A claimant that loses a name is out, and holds none of its own against those that follow.
pub(crate) fn clashes(component: Component, claimants: &[Claimant<'_>]) -> Vec<Problem> {
    let kinds: Vec<(usize, &Kind)> = ALL
        .iter()
        .enumerate()
        .filter(|(_, kind)| kind.component == component)
        .collect();
    let mut held: BTreeMap<(usize, String), (Claimant<'_>, Claim)> = BTreeMap::new();
    let mut problems = Vec::new();
    for claimant in claimants {
        let claims: Vec<(usize, &Kind, Claim)> = kinds
            .iter()
            .flat_map(|(number, kind)| {
                (kind.claims)(claimant.tree)
                    .into_iter()
                    .map(|claim| (*number, *kind, claim))
            })
            .collect();
        let before = problems.len();
        for (number, kind, claim) in &claims {
            let Some((holder, first)) = held.get(&(*number, claim.name.clone())) else {
                continue;
            };
            let shared = kind.owner_may_share && owner(claimant) == owner(holder);
            let alike = first.meaning.is_some() && first.meaning == claim.meaning;
            if !shared && !alike {
                problems.extend(told(kind, (claimant, claim), (holder, first)));
            }
        }
        if problems.len() == before {
            for (number, _, claim) in claims {
                held.entry((number, claim.name.clone()))
                    .or_insert((*claimant, claim));
            }
        }
    }
    problems
}

fn owner(claimant: &Claimant<'_>) -> String {
    claimant.source.key().owner().to_owned()
}

fn told(kind: &Kind, loser: (&Claimant<'_>, &Claim), keeper: (&Claimant<'_>, &Claim)) -> [Problem; 2] {
    let problem = |severity, (who, claim): (&Claimant<'_>, &Claim), message: String| {
        place(Problem::new(who.source, severity, kind.name, message), claim.at)
    };
    let shown = &loser.1.shown;
    let (lost_to, taken_by) = (&keeper.0.source.key, &loser.0.source.key);
    let whose = if owner(keeper.0) == PLATFORM {
        "everybody's"
    } else {
        "another fragment's"
    };
    [
        problem(
            Severity::Error,
            loser,
            format!("{shown} is {whose} already: `{lost_to}`"),
        )
        .hint(kind.hint),
        problem(
            Severity::Warning,
            keeper,
            format!("{shown} is wanted by `{taken_by}` too; yours keeps it"),
        ),
    ]
}
