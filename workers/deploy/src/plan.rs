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

/// Makes the configuration live.
pub(crate) fn forward(wanted: &Forward, seen: &Seen) -> Plan {
    if let Some(live) = &seen.live {
        let newer = |there: &Generation| there.pinned_at > wanted.pinned_at && there.digest != wanted.digest;
        // The head is asked too: a later run that found its configuration live already left its moment only
        // there.
        if newer(live) || seen.head.as_ref().is_some_and(newer) {
            return nothing(answer(Outcome::Superseded, live.clone(), None));
        }
        if seen.intact && !is_own_retry(live, wanted, seen.head.as_ref()) {
            // With this run's verdicts: the same bytes may come from other versions of the fragments.
            let generation = wanted.generation(live.ordinal);
            return nothing(answer(Outcome::Unchanged, generation, None));
        }
        if seen.intact {
            return finish(Vec::new(), live.clone(), seen);
        }
        if let Some(shrink) = &wanted.shrink
            && let Some(reason) = guard::lost_too_much(shrink, live.size, wanted.size)
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

/// Makes the generation before live again.
pub(crate) fn back(live: Generation, generation: &Generation, previous: Generation) -> Plan {
    if live.name() == previous.name() {
        return nothing(answer(Outcome::RolledBack, previous, None));
    }
    if live.name() != generation.name() {
        return nothing(answer(Outcome::Superseded, live, None));
    }
    Plan {
        acts: vec![Act::Flip {
            from: Some(live),
            to: previous.clone(),
        }],
        response: answer(Outcome::RolledBack, previous, None),
    }
}

fn nothing(response: Response) -> Plan {
    Plan {
        acts: Vec::new(),
        response,
    }
}

/// Whether this run flipped before, and lost its answer. Once the generation is the head, `reload` had the
/// answer, so it is another request of a run with the same name.
fn is_own_retry(live: &Generation, wanted: &Forward, head: Option<&Generation>) -> bool {
    *live == wanted.generation(live.ordinal) && head.is_none_or(|head| head.name() != live.name())
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

/// The generation to go back to. It is looked for in what a flip does not change, so that a run which is
/// tried again after its own flip finds the same: what was live before is not to be seen any more then, and
/// the generation below may be one that was rolled back. So it is the head, the last one proven to run. That
/// is what was live, unless it was what another run had flipped to and not proven yet, which is nothing to go
/// back to. A volume without its head (new, or nothing was proven yet) gives the generation below. Never one
/// of the same configuration: it was damaged, or it is refused just the same.
fn previous(next: &Generation, seen: &Seen) -> Option<Generation> {
    let mut there = seen
        .generations
        .iter()
        .filter(|there| there.ordinal < next.ordinal);
    let previous = match &seen.head {
        Some(head) if there.clone().any(|there| there.name() == head.name()) => Some(head),
        _ => there.next_back(),
    };
    previous
        .filter(|previous| previous.digest != next.digest)
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
