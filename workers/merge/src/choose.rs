//! Which version of each fragment serves. In: what was said of every item. Out: a verdict for every fragment.
//! Never: looks into a fragment; lets a fragment go without a reason that its owner is told.

use contract::{FragmentVerdict, JudgedItem, Killed, Problem, Role, Severity, Source, Verdict};
use std::collections::BTreeMap;

/// What is known of one version of one fragment.
struct Known {
    source: Source,
    accepted: bool,
    problems: Vec<Problem>,
}

/// The verdicts in key order, and the problems that no fragment here can be blamed for.
#[must_use]
pub fn choose(
    judged: Vec<JudgedItem>,
    killed: &[Killed],
    culprits: &[Problem],
) -> (Vec<FragmentVerdict>, Vec<Problem>) {
    let mut current: BTreeMap<String, Known> = BTreeMap::new();
    let mut fallback: BTreeMap<String, Known> = BTreeMap::new();
    let poison = killed.iter().map(|killed| JudgedItem {
        item: killed.item.clone(),
        accepted: false,
        problems: vec![poison(killed)],
        accepted_rules: None,
    });
    for JudgedItem {
        item,
        accepted,
        problems,
        ..
    } in judged.into_iter().chain(poison)
    {
        let known = match item.role {
            Role::Base => continue,
            Role::Current => &mut current,
            Role::Fallback => &mut fallback,
        };
        let source = item.source;
        known.insert(
            source.key.clone(),
            Known {
                source,
                accepted,
                problems,
            },
        );
    }
    let mut blameless = Vec::new();
    for culprit in culprits {
        let versions = [current.get_mut(&culprit.key), fallback.get_mut(&culprit.key)];
        let known = versions
            .into_iter()
            .flatten()
            .find(|known| known.source.version_id == culprit.version_id);
        let problems = match known {
            Some(known) => {
                known.accepted &= culprit.severity != Severity::Error;
                &mut known.problems
            }
            None => &mut blameless,
        };
        if !problems.contains(culprit) {
            problems.push(culprit.clone());
        }
    }
    let verdicts = current
        .into_iter()
        .map(|(key, known)| verdict(known, fallback.remove(&key)));
    (verdicts.collect(), blameless)
}

fn verdict(current: Known, fallback: Option<Known>) -> FragmentVerdict {
    let Known {
        source,
        accepted,
        mut problems,
    } = current;
    let (verdict, serving) = match fallback {
        _ if accepted => (Verdict::Accepted, Some(source.clone())),
        Some(fallback) if fallback.accepted => (Verdict::HeldBack, Some(fallback.source)),
        fallback => {
            problems.extend(fallback.map(|fallback| neither(&source, &fallback)));
            (Verdict::Rejected, None)
        }
    };
    FragmentVerdict {
        source,
        verdict,
        serving,
        problems,
    }
}

fn poison(killed: &Killed) -> Problem {
    let Killed { item, alone, error } = killed;
    let (message, hint) = if *alone {
        (
            format!("the worker that judged this fragment died of it (`{error}`), and more than once"),
            "make it smaller or simpler: fewer alias copies, shorter regular expressions, several files",
        )
    } else {
        (
            format!(
                "the worker that judged this fragment and others died (`{error}`), and so many new fragments are like that in this \
                 run that they could not be told apart"
            ),
            "look first at what else was pushed with it, your own above all: many large or complicated files; this one is tried \
             again in the next run",
        )
    };
    Problem::new(&item.source, Severity::Error, "poison", message).hint(hint)
}

/// Why nothing of a fragment serves although a version of it did.
fn neither(source: &Source, fallback: &Known) -> Problem {
    let first = fallback
        .problems
        .iter()
        .find(|problem| problem.severity == Severity::Error);
    let why = first
        .map(|problem| format!(": {}: {}", problem.place(), problem.message))
        .unwrap_or_default();
    let message = format!(
        "the version that served, `{}`, cannot serve any more{why}",
        fallback.source.version_id
    );
    Problem::new(source, Severity::Error, "last_good_version", message)
}
