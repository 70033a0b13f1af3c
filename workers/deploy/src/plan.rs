//! Decides. In: what lies on the volume, the head, the request. Out: what to do, in order, and what to
//! answer. Never: a port, a clock, a file.

use crate::{Outcome, Response, guard};
use contract::{Digest, Generation, Pointer, Size, Timestamp};
use policy::Shrink;

/// How many generations stay on a volume.
pub(crate) const KEPT: usize = 10;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    /// What `current` points to.
    pub(crate) live: Option<Generation>,
    /// Whether the live generation has the wanted digest, and its files are what was written.
    pub(crate) intact: bool,
    /// The last generation that was proven to run. Its verdicts may be of a later run than those on the
    /// volume.
    pub(crate) head: Option<Generation>,
    /// Every whole generation on the volume, by ordinal.
    pub(crate) generations: Vec<Generation>,
}

/// What is wanted.
#[derive(Debug, Clone)]
pub(crate) struct Forward {
    pub(crate) run: String,
    pub(crate) digest: Digest,
    pub(crate) size: Size,
    pub(crate) pinned_at: Timestamp,
    pub(crate) replay: bool,
    /// How much may go at once; none: anything, an operator said so.
    pub(crate) shrink: Option<Shrink>,
    /// Whether the server refused a configuration of this run before.
    pub(crate) is_refused: bool,
    pub(crate) configuration: Pointer,
    pub(crate) verdicts: Pointer,
}

impl Forward {
    fn generation(&self, ordinal: u64) -> Generation {
        Generation {
            ordinal,
            digest: self.digest.clone(),
            run: self.run.clone(),
            pinned_at: self.pinned_at,
            replay: self.replay,
            size: self.size,
            configuration: self.configuration.clone(),
            verdicts: self.verdicts.clone(),
        }
    }
}

/// One call of the volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    Stage(Generation),
    Flip {
        from: Option<Generation>,
        to: Generation,
    },
    Remove(Generation),
}

/// What to do, in order, and what to answer when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) acts: Vec<Act>,
    pub(crate) response: Response,
}

fn answer(outcome: Outcome, generation: Generation, previous: Option<Generation>) -> Response {
    Response {
        outcome,
        generation,
        previous,
        reason: None,
    }
}

/// Makes the configuration live. What is live is held against the wish and against the head; `deployed` is what is still to be proven:
///
/// | live | the head | answer |
/// |---|---|---|
/// | nothing | | `deployed`, staged |
/// | another digest, pinned later | | `superseded` |
/// | another digest | one that was pinned later, of another digest | `superseded` |
/// | the wanted one, intact | is it | `unchanged` |
/// | the wanted one, intact | is another, or none | `deployed`, nothing staged: whoever flipped to it did not come to its proof |
/// | the wanted one, damaged; another | | `deployed`, staged; or `held` |
pub(crate) fn forward(wanted: &Forward, seen: &Seen) -> Plan {
    if let Some(live) = &seen.live {
        let newer = |there: &Generation| there.pinned_at > wanted.pinned_at && there.digest != wanted.digest;
        // The head is asked too: a later run that found its configuration live already left its moment only
        // there.
        if newer(live) || seen.head.as_ref().is_some_and(newer) {
            return nothing(answer(Outcome::Superseded, live.clone(), None));
        }
        if seen.intact {
            // With this run's verdicts: the same bytes may come from other versions of the fragments.
            let generation = wanted.generation(live.ordinal);
            let is_proven = seen.head.as_ref().is_some_and(|head| head.name() == live.name());
            return if is_proven {
                nothing(answer(Outcome::Unchanged, generation, None))
            } else {
                finish(Vec::new(), generation, seen)
            };
        }
        if let Some(shrink) = &wanted.shrink
            && let Some(runs) = to_be_kept(live, wanted, seen)
            && let Some(reason) = guard::lost_too_much(shrink, runs.size, wanted.size)
        {
            return nothing(Response {
                reason: Some(reason),
                ..answer(Outcome::Held, live.clone(), None)
            });
        }
    }
    let next = next(wanted, seen);
    let acts = vec![
        Act::Stage(next.clone()),
        Act::Flip {
            from: seen.live.clone(),
            to: next.clone(),
        },
    ];
    finish(acts, next, seen)
}

/// Makes the generation before live again, if what is live is still this run's.
///
/// | live | another run staged later, of a later snapshot | answer |
/// |---|---|---|
/// | `generation`, and the head names another, or none | | `rolled_back` |
/// | `generation`, and the head names it | | `superseded`: a run that had flipped to the same proved it meanwhile |
/// | `previous` | no | `rolled_back`: this run did so before, or one that had adopted the same generation |
/// | `previous` | yes | `superseded`: that one flipped meanwhile, and back. The server may have read its files, so its words are not about these |
/// | another | | `superseded` |
pub(crate) fn back(
    live: Generation,
    generation: &Generation,
    previous: Generation,
    head: Option<&Generation>,
    generations: &[Generation],
) -> Plan {
    let came_between =
        |there: &Generation| there.ordinal > generation.ordinal && there.pinned_at >= generation.pinned_at;
    let is_back = live.name() == previous.name();
    if is_back && !generations.iter().any(came_between) {
        return nothing(answer(Outcome::RolledBack, previous.clone(), Some(previous)));
    }
    let is_proven = head.is_some_and(|head| head.name() == live.name());
    if is_back || is_proven || live.name() != generation.name() {
        return nothing(answer(Outcome::Superseded, live, None));
    }
    Plan {
        acts: vec![Act::Flip {
            from: Some(live),
            to: previous.clone(),
        }],
        response: answer(Outcome::RolledBack, previous.clone(), Some(previous)),
    }
}

fn nothing(response: Response) -> Plan {
    Plan {
        acts: Vec::new(),
        response,
    }
}

/// The head, if it lies on the volume: the last generation that was proven to run there.
fn proven(seen: &Seen) -> Option<&Generation> {
    let is_there = |head: &&Generation| seen.generations.iter().any(|there| there.name() == head.name());
    seen.head.as_ref().filter(is_there)
}

/// What may not be lost at once: what is proven to run, for what is live may never have run. Without a head it is what is live: its proof
/// may be forgotten. Not if the server refused that in this run: then nothing runs that could be lost.
fn to_be_kept<'a>(live: &'a Generation, wanted: &Forward, seen: &'a Seen) -> Option<&'a Generation> {
    proven(seen).or((!wanted.is_refused).then_some(live))
}

/// The generation to stage: the one that this run staged before it was interrupted, if nothing was staged
/// since; else a new one. Ordinals go on above the head's too, so that none repeats on a new volume.
fn next(wanted: &Forward, seen: &Seen) -> Generation {
    let highest = seen.generations.last();
    if let Some(own) = highest
        && *own == wanted.generation(own.ordinal)
        && seen.live.as_ref() != Some(own)
    {
        return own.clone();
    }
    let ordinals = [highest, seen.live.as_ref(), seen.head.as_ref()];
    let highest = ordinals.into_iter().flatten().map(|there| there.ordinal).max();
    wanted.generation(highest.unwrap_or(0) + 1)
}

/// The generation to go back to: the last one proven to run, of another configuration, below this one. Not what was live: that may be
/// what was refused, left by a run that broke off, and going back to it helps nobody. A volume on which nothing was proven has nothing to
/// go back to. One of the same configuration was damaged, or is refused just the same; from one below, somebody went back by hand. A flip
/// changes none of that, so a run that is tried again after its own flip finds the same.
fn previous(next: &Generation, seen: &Seen) -> Option<Generation> {
    proven(seen)
        .filter(|head| head.digest != next.digest && head.ordinal < next.ordinal)
        .cloned()
}

/// Answers that `next` is live, and removes what is too old. What a server refuses is staged again by each run: of the same
/// configuration the last stays, or a history to go back to would be gone after ten of them.
fn finish(mut acts: Vec<Act>, next: Generation, seen: &Seen) -> Plan {
    let previous = previous(&next, seen);
    let needed = [seen.live.as_ref(), previous.as_ref(), seen.head.as_ref()];
    let needed = needed.map(|there| there.map(Generation::name));
    let is_needed = |there: &Generation| needed.contains(&Some(there.name()));
    let older = seen
        .generations
        .iter()
        .rev()
        .filter(|there| there.name() != next.name());
    let (again, others): (Vec<_>, Vec<_>) =
        older.partition(|there| there.digest == next.digest && !is_needed(there));
    let old = others
        .into_iter()
        .skip(KEPT - 1)
        .filter(|there| !is_needed(there));
    acts.extend(again.into_iter().chain(old).cloned().map(Act::Remove));
    Plan {
        acts,
        response: answer(Outcome::Deployed, next, previous),
    }
}
