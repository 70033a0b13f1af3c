//! Who is left out of the next try after a server refused a configuration that the real tool had accepted. In: the refused
//! configuration, what it was made of, the server's words. Out: problems of those who are suspected; the verdicts to tell if the run
//! ends here.
//! Never: a tool; a version that serves already; a version blamed for what was refused without it as well.

use crate::ask::Question;
use crate::configuration::Whole;
use crate::fragments::author_text;
use crate::said::{self, Shown};
use crate::suspects::{self, NAME, Named};
use crate::together::Claimant;
use crate::world::World;
use crate::{Outcome, ROUNDS, Response};
use contract::ports::{ReadObject, WriteObject};
use contract::{
    Cause, Component, Failure, Generation, Pointer, Problem, Severity, Source, Verdict, Verdicts,
    read_document, write_document,
};
use std::collections::BTreeSet;

pub(crate) async fn suspects(
    ports: &(impl ReadObject + WriteObject),
    whole: &Whole,
    failure: &Cause,
    previous: &Generation,
    verdicts: &Pointer,
) -> Result<Response, Failure> {
    let found = if whole.round + 1 < ROUNDS {
        let found = find(ports, whole, &failure.text(), previous).await?;
        whole.with_excerpts(ports, found).await?
    } else {
        Vec::new()
    };
    let (outcome, all): (Outcome, Vec<Problem>) = if found.is_empty() {
        let earlier = whole.earlier.iter().filter(|problem| problem.check != NAME);
        (Outcome::Refused, earlier.cloned().collect())
    } else {
        (Outcome::Culprits, [whole.earlier.clone(), found].concat())
    };
    Ok(Response::Refusal {
        outcome,
        problems: all.len(),
        culprits: if all.is_empty() {
            None
        } else {
            Some(write_document(ports, &all).await?)
        },
        verdicts: write_document(
            ports,
            &acquitted(read_document(ports, verdicts, "verdicts").await?),
        )
        .await?,
        round: whole.round,
    })
}

async fn find(
    ports: &impl ReadObject,
    whole: &Whole,
    words: &str,
    previous: &Generation,
) -> Result<Vec<Problem>, Failure> {
    let world = World::merged(&whole.trees);
    let new: Vec<Claimant<'_>> = world
        .claimants()
        .filter(|claimant| !world.serves_already(claimant.source))
        .collect();
    let main = whole.configuration.files.get(whole.component.main_file());
    let main = main.map(String::as_str).unwrap_or_default();
    let question = match whole.component {
        Component::Prometheus => Question::Config,
        Component::Blackbox => Question::Modules,
        Component::Cloudwatch => return Ok(Vec::new()),
    };
    let mut problems = Vec::new();
    for Named {
        source,
        tree,
        message,
    } in suspects::named(whole.component, words, main, &new)
    {
        let text = author_text(ports, source).await?;
        let shown = Shown {
            source,
            tree: &tree,
            lines: &[],
            text: &text,
        };
        let said = said::problems(shown, question, &format!("  FAILED: {message}"));
        problems.extend(said.into_iter().map(|problem| Problem {
            check: NAME.to_owned(),
            message: format!("the server refuses what its checker accepts: {}", problem.message),
            ..problem
        }));
    }
    if problems.is_empty() {
        let before = suspected(&read_document(ports, &previous.verdicts, "verdicts").await?);
        let is_known = |source: &Source| before.contains(source);
        problems = suspects::silent(whole.component, words, &new, is_known);
    }
    Ok(problems)
}

/// Versions that were left out, when what runs was made, for nothing but a suspicion.
fn suspected(verdicts: &Verdicts) -> BTreeSet<Source> {
    let fragments = verdicts.fragments.iter();
    fragments
        .filter(|fragment| fragment.problems.iter().any(|problem| problem.check == NAME))
        .map(|fragment| fragment.source.clone())
        .collect()
}

/// The verdicts as if nobody had been suspected.
fn acquitted(mut verdicts: Verdicts) -> Verdicts {
    for fragment in &mut verdicts.fragments {
        let all = fragment.problems.len();
        fragment.problems.retain(|problem| problem.check != NAME);
        // That its last good version could not stand in for it is no fault of its own.
        let is_error =
            |problem: &Problem| problem.severity == Severity::Error && problem.check != "last_good_version";
        if fragment.problems.len() < all && !fragment.problems.iter().any(is_error) {
            fragment.verdict = Verdict::Accepted;
            fragment.serving = Some(fragment.source.clone());
        }
    }
    verdicts
}
