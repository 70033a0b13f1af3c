//! Clashes between fragments that are fine alone, one kind a file.
//!
//! In: what is to serve, the base first and then in key order. A name that a fragment's live version holds stays its
//! own; of newcomers the first in key order gets it. Out: an error for whoever loses a name, a warning
//! for whoever keeps it, so that both owners are told.
//! Never: a tool; an order that depends on anything but the snapshot.

mod alert_clash;
mod job_clash;
mod module_clash;
mod recording_rule_clash;

use crate::subject::place;
use contract::{Component, PLATFORM, Problem, Severity, Source};
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Node, Position};

/// A base or a fragment that serves.
#[derive(Clone, Copy)]
pub(crate) struct Claimant<'a> {
    pub source: &'a Source,
    pub tree: &'a Node,
    /// What of it serves already: the same tree, its last good version, or nothing. The base's own counts as serving.
    pub live: Option<&'a Node>,
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

static ALL: [Kind; 4] = [
    job_clash::KIND,
    recording_rule_clash::KIND,
    alert_clash::KIND,
    module_clash::KIND,
];

/// Every clash. A claimant that loses a name is out, and holds none of its own against those that follow.
pub(crate) fn clashes(component: Component, claimants: &[Claimant<'_>]) -> Vec<Problem> {
    let kinds: Vec<(usize, &'static Kind)> = ALL
        .iter()
        .enumerate()
        .filter(|(_, kind)| kind.component == component)
        .collect();
    let mut held: BTreeMap<(usize, String), (Claimant<'_>, Claim)> = BTreeMap::new();
    let mut problems = Vec::new();
    let claims_of = |tree| -> Vec<(usize, &Kind, Claim)> {
        let of_kind = |(number, kind): &(usize, &'static Kind)| {
            let (number, kind) = (*number, *kind);
            (kind.claims)(tree)
                .into_iter()
                .map(move |claim| (number, kind, claim))
        };
        kinds.iter().flat_map(of_kind).collect()
    };
    for claimant in claimants {
        let Some(live) = claimant.live else { continue };
        let live: BTreeSet<(usize, String)> = claims_of(live)
            .into_iter()
            .map(|(number, _, claim)| (number, claim.name))
            .collect();
        for (number, _, claim) in claims_of(claimant.tree) {
            let id = (number, claim.name.clone());
            if live.contains(&id) {
                held.entry(id).or_insert((*claimant, claim));
            }
        }
    }
    for claimant in claimants {
        let claims = claims_of(claimant.tree);
        let before = problems.len();
        for (number, kind, claim) in &claims {
            let Some((holder, first)) = held.get(&(*number, claim.name.clone())) else {
                continue;
            };
            if holder.source == claimant.source {
                continue;
            }
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

/// A rule and what it makes.
struct Named<'a> {
    rule: &'a Node,
    /// `name{label="value"}`, labels in their order.
    series: String,
    at: Position,
}

/// The rules that have such a name (`record` or `alert`).
fn rules_named<'a>(tree: &'a Node, kind: &'a str) -> impl Iterator<Item = Named<'a>> {
    let groups = tree.get("groups").map_or(&[][..], Node::items).iter();
    groups.flat_map(move |group| {
        let rules = group.get("rules").map_or(&[][..], Node::items).iter();
        rules.filter_map(move |rule| {
            let name = rule.get(kind)?;
            Some(Named {
                rule,
                series: series(name.text().filter(|name| !name.is_empty())?, group, rule),
                at: name.at,
            })
        })
    })
}

fn series(name: &str, group: &Node, rule: &Node) -> String {
    // A rule's label wins over its group's.
    let labels: BTreeMap<&str, &str> = [group, rule]
        .into_iter()
        .filter_map(|node| node.get("labels"))
        .flat_map(Node::entries)
        .filter_map(|(key, value)| Some((key.text()?, value.text()?)))
        .collect();
    let listed: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}={value:?}"))
        .collect();
    if listed.is_empty() {
        name.to_owned()
    } else {
        format!("{name}{{{}}}", listed.join(", "))
    }
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
