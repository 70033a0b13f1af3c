//! What was answered, and what to do about what was not. In: a round of batches. Out: everything known of the
//! lane, and smaller batches to ask for. Never: asks for ever; blames fragments for a worker that answers
//! nothing at all; gives up a version that serves for what dies beside it.

use contract::{Batch, Class, Component, Failure, Gathered, GatheredBatch, Item, Killed};
use std::collections::{BTreeMap, BTreeSet};

/// A killed batch becomes at most this many: of a hundred fragments the one that kills is alone after three
/// rounds.
const PIECES: usize = 8;

/// So many batches dead and none ever answered: that is not poison in each of them.
const DEAD_BATCHES: usize = 8;

/// So many batches are asked for in one round: what the state machine carries of each is below 700 bytes, and its payload may
/// have 262,144.
const OPEN: usize = 256;

/// After so many batches no more are split that hold anything new: each is 14 events of an execution's history and more, which may have 25,000 for
/// all lanes.
const ASKED: usize = 500;

/// So many more may be asked for what serves: of ten thousand fragments the few that kill are alone by then.
const ASKED_FOR_SERVING: usize = 64;

/// The batches of one round: those answered, and those that killed their worker with the error that it left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Round {
    /// Answered.
    pub answered: Vec<GatheredBatch>,
    /// Killed.
    pub killed: Vec<(Batch, String)>,
}

/// Adds a round to what was gathered before; adding it again changes nothing. The batches are to be asked for
/// next: the pieces of what was killed. If there are any, the verdicts are not complete.
pub fn gather(
    component: Component,
    before: Gathered,
    round: Round,
) -> Result<(Gathered, Vec<Batch>), Failure> {
    // By batch: where one was asked for twice, the later answer counts.
    let answers = before.batches.into_iter().chain(round.answered);
    let batches: BTreeMap<_, _> = answers.map(|answer| (answer.batch.clone(), answer)).collect();
    let mut killed = BTreeSet::from_iter(before.killed);
    let mut open = BTreeSet::from_iter(before.waiting);
    let dead = round.killed.len();
    let mut last_error = None;
    for (batch, error) in round.killed {
        last_error = Some(error.clone());
        match <[_; 1]>::try_from(batch.items) {
            Ok([item]) => {
                killed.insert(Killed {
                    item,
                    alone: true,
                    error,
                });
            }
            Err(items) => open.extend(split(batch.component, &items)),
        }
    }
    let alone = || killed.iter().filter(|killed| killed.alone);
    if let Some(error) = &last_error {
        // One new fragment may be poison without any other to tell; what served is not.
        let is_nothing_else = open.is_empty() && (alone().count() > 1 || alone().any(|it| it.item.serves));
        if batches.is_empty() && (dead >= DEAD_BATCHES || is_nothing_else) {
            return Err(broken_worker(component, dead, error));
        }
        let asked = batches.len() + alone().count() + open.len();
        if asked > ASKED {
            // Whoever fills a bucket with poison has what is new beside it given up too; what serves is asked about without it.
            let items = open.iter().flat_map(|batch| batch.items.iter().cloned());
            let (serving, new): (Vec<Item>, Vec<Item>) = items.partition(|item| item.serves);
            if new.is_empty() && asked > ASKED + ASKED_FOR_SERVING {
                return Err(too_many(component, error));
            }
            if !new.is_empty() {
                open = split(component, &serving).collect();
            }
            killed.extend(new.into_iter().map(|item| Killed {
                item,
                alone: false,
                error: error.clone(),
            }));
        }
    }
    let mut pieces: Vec<Batch> = open.into_iter().collect();
    let waiting = pieces.split_off(pieces.len().min(OPEN));
    let gathered = Gathered {
        batches: batches.into_values().collect(),
        killed: killed.into_iter().collect(),
        waiting,
    };
    Ok((gathered, pieces))
}

fn split(component: Component, items: &[Item]) -> impl Iterator<Item = Batch> {
    items
        .chunks(items.len().div_ceil(PIECES).max(1))
        .map(move |items| Batch {
            component,
            items: items.to_vec(),
        })
}

/// Not retryable: asking `Merge` again changes nothing, only a worker with more memory or time, or a repaired
/// one, does.
fn broken_worker(component: Component, dead: usize, error: &str) -> Failure {
    Failure::new(
        Class::Exhausted,
        format!(
            "judging the fragments of {component}: `template` or `validate` died on all {dead} batches (last \
             with `{error}`) and answered none, so the worker is broken and no fragment is to blame; look \
             at its log, its memory and its time limit"
        ),
    )
}

/// Not retryable either: what is new is given up already.
fn too_many(component: Component, error: &str) -> Failure {
    Failure::new(
        Class::Exhausted,
        format!(
            "judging the fragments of {component}: `template` or `validate` dies (last with `{error}`) of too many fragments that \
             serve to tell them apart, so the worker has to be looked at: its log, its memory and its time limit"
        ),
    )
}
