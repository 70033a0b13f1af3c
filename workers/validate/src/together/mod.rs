//! What is wrong with fragments that are fine alone, one kind a file: names that two want, what they have to share, and
//! too much of one owner.
//!
//! In: what is to serve, the base first and then in key order. A name that a fragment's live version holds stays its
//! own; of newcomers the first in key order gets it. Out: an error for whoever loses a name, a warning
//! for whoever keeps it, so that both owners are told.
//! Never: a tool; an order that depends on anything but the snapshot.

mod alert_clash;
mod budget;
mod entangled;
mod file_size;
mod job_clash;
mod metric_clash;
mod module_clash;
mod per_owner;
mod recording_rule_clash;
mod region_clash;
mod share;

pub(crate) use entangled::of_the_fallen as entangled;

use crate::subject::place;
use contract::{Component, PLATFORM, Problem, Severity, Source, each};
use policy::Policy;
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
    /// Of a tree, beside the base; no base: it is the base.
    claims: fn(&Node, Option<&Node>) -> Vec<Claim>,
    /// Whether one owner's fragments may share it.
    owner_may_share: bool,
    hint: &'static str,
}

static ALL: [Kind; 6] = [
    job_clash::KIND,
    recording_rule_clash::KIND,
    alert_clash::KIND,
    module_clash::KIND,
    region_clash::KIND,
    metric_clash::KIND,
];

fn base_of<'a>(claimants: &[Claimant<'a>]) -> Option<&'a Node> {
    let base = claimants.iter().find(|claimant| owner(claimant) == PLATFORM);
    base.map(|base| base.tree)
}

/// Every clash, and every claimant with which there is too much. A claimant that loses a name is out, and holds none of
/// its own against those that follow.
pub(crate) fn clashes(policy: &Policy, component: Component, claimants: &[Claimant<'_>]) -> Vec<Problem> {
    let (mut problems, mut keep_all) = names(component, claimants, |_| false);
    problems.extend(per_owner::over(policy, component, &keep_all));
    if component == Component::Cloudwatch {
        let over_budget = budget::over(policy, &keep_all);
        // Without those that go anyway.
        let goes = |claimant: &Claimant<'_>| {
            let errors = over_budget.iter().filter(|it| it.severity == Severity::Error);
            errors.map(|it| &it.key).any(|key| *key == claimant.source.key)
        };
        keep_all.retain(|claimant| !goes(claimant));
        problems.extend(over_budget);
        problems.extend(file_size::over(&keep_all));
    }
    problems
}

/// The names that those would lose who are refused for another reason, were they not: errors of theirs. They hold nothing, and whoever has
/// such a name is told nothing.
pub(crate) fn lost_besides(
    component: Component,
    claimants: &[Claimant<'_>],
    is_refused: impl Fn(&Source) -> bool,
) -> Vec<Problem> {
    let (mut problems, _) = names(component, claimants, &is_refused);
    let sources = claimants.iter().map(|claimant| claimant.source);
    let refused: BTreeSet<(&str, &str)> = sources
        .filter(|source| is_refused(source))
        .map(|source| (source.key.as_str(), source.version_id.as_str()))
        .collect();
    problems.retain(|problem| refused.contains(&(problem.key.as_str(), problem.version_id.as_str())));
    problems
}

/// Every clash of names, and who loses none. Whoever is refused holds no name.
fn names<'a>(
    component: Component,
    claimants: &[Claimant<'a>],
    is_refused: impl Fn(&Source) -> bool,
) -> (Vec<Problem>, Vec<Claimant<'a>>) {
    let base = base_of(claimants);
    let kinds: Vec<(usize, &'static Kind)> = ALL
        .iter()
        .enumerate()
        .filter(|(_, kind)| kind.component == component)
        .collect();
    let mut held: BTreeMap<(usize, String), (Claimant<'a>, Claim)> = BTreeMap::new();
    let mut problems = Vec::new();
    let claims_of = |tree: &Node| -> Vec<(usize, &Kind, Claim)> {
        let beside = base.filter(|base| !std::ptr::eq(*base, tree));
        let of_kind = |(number, kind): &(usize, &'static Kind)| {
            let (number, kind) = (*number, *kind);
            (kind.claims)(tree, beside)
                .into_iter()
                .map(move |claim| (number, kind, claim))
        };
        kinds.iter().flat_map(of_kind).collect()
    };
    // What serves as it is comes before what serves under that name and would mean another thing now.
    for unchanged in [true, false] {
        for claimant in claimants {
            let Some(live) = claimant.live else { continue };
            let live: BTreeSet<(usize, String, Option<String>)> = claims_of(live)
                .into_iter()
                .map(|(number, _, claim)| (number, claim.name, claim.meaning.filter(|_| unchanged)))
                .collect();
            for (number, _, claim) in claims_of(claimant.tree) {
                let meaning = claim.meaning.clone().filter(|_| unchanged);
                if live.contains(&(number, claim.name.clone(), meaning)) {
                    held.entry((number, claim.name.clone()))
                        .or_insert((*claimant, claim));
                }
            }
        }
    }
    let mut keep_all = Vec::new();
    let all = each(claimants.to_vec(), |claimant| claims_of(claimant.tree));
    for (claimant, claims) in claimants.iter().zip(all) {
        let before = problems.len();
        for (number, kind, claim) in &claims {
            let Some((holder, first)) = held.get(&(*number, claim.name.clone())) else {
                continue;
            };
            if holder.source.key == claimant.source.key {
                continue;
            }
            let shared = kind.owner_may_share && owner(claimant) == owner(holder);
            let alike = first.meaning.is_some() && first.meaning == claim.meaning;
            if !shared && !alike {
                problems.extend(told(kind, (claimant, claim), (holder, first)));
            }
        }
        if problems.len() == before && !is_refused(claimant.source) {
            keep_all.push(*claimant);
            for (number, _, claim) in claims {
                held.entry((number, claim.name.clone()))
                    .or_insert((*claimant, claim));
            }
        }
    }
    (problems, keep_all)
}

/// A rule and what it makes.
struct Named<'a> {
    rule: &'a Node,
    /// `name{label="value"}`, labels in their order.
    series: String,
    at: Position,
}

/// Which labels tell one rule's series from another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Labels {
    /// Those that its author wrote: a label that is forced on all does not make another series of what was meant as one.
    Written,
    /// The forced ones too.
    All,
}

/// The rules that have such a name (`record` or `alert`).
fn rules_named<'a>(tree: &'a Node, kind: &'a str, labels: Labels) -> impl Iterator<Item = Named<'a>> {
    let groups = tree.get("groups").map_or(&[][..], Node::items).iter();
    groups.flat_map(move |group| {
        let rules = group.get("rules").map_or(&[][..], Node::items).iter();
        rules.filter_map(move |rule| {
            let name = rule.get(kind)?;
            Some(Named {
                rule,
                series: series(name.text().filter(|name| !name.is_empty())?, group, rule, labels),
                at: rule.said_at(kind)?,
            })
        })
    })
}

fn series(name: &str, group: &Node, rule: &Node, which: Labels) -> String {
    // A rule's label wins over its group's.
    let labels: BTreeMap<&str, &str> = [group, rule]
        .into_iter()
        .filter_map(|node| node.get("labels"))
        .flat_map(Node::entries)
        .filter(|(_, value)| which == Labels::All || value.at != Position::default())
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
