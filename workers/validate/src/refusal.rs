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
use crate::tries::{all, who_goes};
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
    /// The execution's name.
    pub(crate) run: String,
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
    /// Whom the server's words name stays out, and they may name more each time. Whom only its silence points to is a guess: see
    /// [`who_goes`]. The last try goes without all of them.
    pub(crate) async fn suspects(
        self,
        ports: &(impl ReadObject + WriteObject),
        whole: &Whole,
    ) -> Result<Response, Failure> {
        let (judged, suspects, named) = match &self.before {
            None => (whole.earlier.clone(), Vec::new(), Vec::new()),
            Some(before) => (
                problems(ports, before.culprits.as_ref()).await?,
                problems(ports, Some(&before.suspects)).await?,
                problems(ports, before.named.as_ref()).await?,
            ),
        };
        let tries = ROUNDS.saturating_sub(whole.round + 1);
        let (is_named, found) = self.find(ports, whole, tries, &suspects).await?;
        let found = whole.with_excerpts(ports, found).await?;
        let suspects = all(&[&suspects, &found]);
        let next = match tries {
            0 => Vec::new(),
            1 => suspects.clone(),
            _ => all(&[&named, &found]),
        };
        let named = if is_named { all(&[&named, &found]) } else { named };
        let out: BTreeSet<_> = whole.earlier.iter().map(Problem::finding).collect();
        let is_tried = next.iter().all(|it| out.contains(&it.finding()));
        let (outcome, culprits) = if is_tried {
            (Outcome::Refused, judged)
        } else {
            (Outcome::Culprits, [judged, next].concat())
        };
        let suspicion = if suspects.is_empty() {
            None
        } else {
            let failure = match tries {
                0 => untried(&self.failure, &found),
                _ => self.failure,
            };
            let (verdicts, culprits) = match self.before {
                None => (self.verdicts, self.culprits),
                Some(before) => (before.verdicts, before.culprits),
            };
            Some(Suspicion {
                verdicts,
                culprits,
                suspects: write_document(ports, &suspects).await?,
                named: written(ports, &named).await?,
                failure,
            })
        };
        Ok(Response::Refusal {
            outcome,
            problems: culprits.len(),
            culprits: written(ports, &culprits).await?,
            round: whole.round,
            suspicion,
        })
    }

    /// Whom this refusal points to, and whether by its words.
    async fn find(
        &self,
        ports: &impl ReadObject,
        whole: &Whole,
        tries: u32,
        suspected: &[Problem],
    ) -> Result<(bool, Vec<Problem>), Failure> {
        let words = self.failure.text();
        let world = World::merged(&whole.trees);
        let new: Vec<Claimant<'_>> = world
            .claimants()
            .filter(|claimant| !world.serves_already(claimant.source))
            .collect();
        let named = named(ports, whole, &words, &new).await?;
        if !named.is_empty() {
            return Ok((true, named));
        }
        let before = match &self.previous {
            Some(previous) => left_out(&read_document(ports, &previous.verdicts, "verdicts").await?),
            None => BTreeSet::new(),
        };
        let silent = suspects::silent(whole.component, &words, &new, |source| before.contains(source));
        Ok((false, who_goes(&self.run, tries, silent, suspected)))
    }
}

/// What the platform team is told where nobody can be left out any more.
fn untried(refusal: &Cause, found: &[Problem]) -> Cause {
    const TOLD: usize = 10;
    let places: BTreeSet<String> = found.iter().map(|it| format!("`{}`", it.place())).collect();
    if places.is_empty() {
        return refusal.clone();
    }
    let told: Vec<&str> = places.iter().take(TOLD).map(String::as_str).collect();
    let more = match places.len().saturating_sub(TOLD) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Cause {
        error: refusal.error.clone(),
        cause: Some(format!(
            "there was no try left without whom it may mean now: {}{more}",
            told.join(", ")
        )),
    }
}

async fn written(ports: &impl WriteObject, problems: &Vec<Problem>) -> Result<Option<Pointer>, Failure> {
    match problems.as_slice() {
        [] => Ok(None),
        _ => Ok(Some(write_document(ports, problems).await?)),
    }
}

async fn problems(ports: &impl ReadObject, pointer: Option<&Pointer>) -> Result<Vec<Problem>, Failure> {
    match pointer {
        Some(pointer) => read_document(ports, pointer, "a list of problems").await,
        None => Ok(Vec::new()),
    }
}

/// Whom the server's words name.
async fn named(
    ports: &impl ReadObject,
    whole: &Whole,
    words: &str,
    new: &[Claimant<'_>],
) -> Result<Vec<Problem>, Failure> {
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
    } in suspects::named(whole.component, words, main, new)
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
    Ok(problems)
}

/// Versions that were left out for a suspicion when what runs was made.
fn left_out(verdicts: &Verdicts) -> BTreeSet<Source> {
    let fragments = verdicts.fragments.iter();
    fragments
        .filter(|fragment| fragment.problems.iter().any(Problem::is_suspicion))
        .map(|fragment| fragment.source.clone())
        .collect()
}
