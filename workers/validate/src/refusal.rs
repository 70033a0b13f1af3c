//! Who is left out of the next try after a server refused a configuration that the real tool had accepted. In: the refused
//! configuration, what it was made of, the server's words, who was suspected before. Out: what was found before anybody was
//! suspected, with problems of those who are to go.
//! Never: a tool; a version that serves already; the same try twice.

use crate::ask::Question;
use crate::configuration::Whole;
use crate::fragments::author_text;
use crate::said::{self, Shown};
use crate::suspects::{self, Named};
use crate::together::Claimant;
use crate::world::World;
use crate::{Outcome, ROUNDS, Response};
use contract::ports::{ReadObject, WriteObject};
use contract::{
    Cause, Component, Failure, Generation, Pointer, Problem, Source, Suspicion, Verdicts, read_document,
    write_document,
};
use std::collections::BTreeSet;

/// A reload that was refused.
pub(crate) struct Refused {
    /// The server's words.
    pub(crate) failure: Cause,
    /// What runs again; none where nothing was proven before.
    pub(crate) previous: Option<Generation>,
    /// Those of the refused configuration.
    pub(crate) verdicts: Pointer,
    /// What had been found by then.
    pub(crate) culprits: Option<Pointer>,
    /// Of the refusal before this one.
    pub(crate) before: Option<Suspicion>,
}

impl Refused {
    /// A new suspicion takes the place of the one before: without whom a server refuses as well is not the reason, or not alone. So
    /// the last try goes without all of them.
    pub(crate) async fn suspects(
        self,
        ports: &(impl ReadObject + WriteObject),
        whole: &Whole,
    ) -> Result<Response, Failure> {
        let (judged, mut suspects) = match &self.before {
            None => (whole.earlier.clone(), Vec::new()),
            Some(before) => (
                problems(ports, before.culprits.as_ref()).await?,
                problems(ports, Some(&before.suspects)).await?,
            ),
        };
        let tries = ROUNDS.saturating_sub(whole.round + 1);
        let found = if tries > 0 {
            let found = find(ports, whole, &self.failure.text(), self.previous.as_ref()).await?;
            whole.with_excerpts(ports, found).await?
        } else {
            Vec::new()
        };
        for problem in &found {
            if !suspects.iter().any(|known| known.says(problem)) {
                suspects.push(problem.clone());
            }
        }
        let next = match tries {
            0 => Vec::new(),
            1 => suspects.clone(),
            _ => found,
        };
        let is_out = |it: &Problem| whole.earlier.iter().any(|out| out.says(it));
        let (outcome, culprits) = if next.iter().all(is_out) {
            (Outcome::Refused, judged)
        } else {
            (Outcome::Culprits, [judged, next].concat())
        };
        let suspicion = if suspects.is_empty() {
            None
        } else {
            let (verdicts, culprits) = match self.before {
                None => (self.verdicts, self.culprits),
                Some(before) => (before.verdicts, before.culprits),
            };
            Some(Suspicion {
                verdicts,
                culprits,
                suspects: write_document(ports, &suspects).await?,
                failure: self.failure,
            })
        };
        Ok(Response::Refusal {
            outcome,
            problems: culprits.len(),
            culprits: if culprits.is_empty() {
                None
            } else {
                Some(write_document(ports, &culprits).await?)
            },
            round: whole.round,
            suspicion,
        })
    }
}

async fn problems(ports: &impl ReadObject, pointer: Option<&Pointer>) -> Result<Vec<Problem>, Failure> {
    match pointer {
        Some(pointer) => read_document(ports, pointer, "a list of problems").await,
        None => Ok(Vec::new()),
    }
}

async fn find(
    ports: &impl ReadObject,
    whole: &Whole,
    words: &str,
    previous: Option<&Generation>,
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
            check: Suspicion::CHECK.to_owned(),
            message: format!("the server refuses what its checker accepts: {}", problem.message),
            ..problem
        }));
    }
    if problems.is_empty() {
        let before = match previous {
            Some(previous) => suspected(&read_document(ports, &previous.verdicts, "verdicts").await?),
            None => BTreeSet::new(),
        };
        let is_known = |source: &Source| before.contains(source);
        problems = suspects::silent(whole.component, words, &new, is_known);
    }
    Ok(problems)
}

/// Versions that were left out for a suspicion when what runs was made.
fn suspected(verdicts: &Verdicts) -> BTreeSet<Source> {
    let fragments = verdicts.fragments.iter();
    fragments
        .filter(|fragment| fragment.problems.iter().any(Problem::is_suspicion))
        .map(|fragment| fragment.source.clone())
        .collect()
}
