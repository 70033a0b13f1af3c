//! Fetch: pins what a run works on.
//!
//! In: what the execution was started with ([`Input`]). Out: a pointer to an immutable [`Snapshot`] and, per
//! component, pointers to batches of fragments ([`Lane`]).
//! Never: understands YAML, judges a fragment, takes a failed read or a broken listing for a deletion.
//!
//! Laws
//! - The same listing (and the same heads) gives the same snapshot pointer, whenever and however often it is
//!   asked.
//! - Every object that is listed is in the snapshot, is a problem in [`Snapshot::strays`], or is a folder
//!   marker.
//! - A key that is listed keeps its last good version: as the fallback of its present version, or in its
//!   place if the present version is too large to be read, or was put in a way that keeps it from being read.
//! - A version that is withheld ([`contract::ports::Withheld`]) is its owner's problem while the base is handed out: what is refused
//!   whoever put it, is refused of the base too, and fails the run. In doubt nothing is lost: the last good version serves.
//! - A policy that is not read gives way to the last good one, and without one it fails the run: the default may allow what it does not.
//! - An empty bucket is a failure, not a configuration of nothing; so is one of which no fragment is handed out and no head
//!   says what served.
//! - The number of batches is bounded (8 of present versions, 2 of fallbacks), so the states that a push
//!   passes do not grow with the number of fragments.
//!
//! Where the rules come from: the meaning of a key is `contract::Key`; last good versions are what the head's
//! verdicts say serves (`heads/<component>.json`); the size limit keeps 32 reads at once within a worker's
//! memory, the limit that a team hears of first is `yaml::Limits`.
//!
//! - Fragments of a component that has neither a base nor a head are strays: this stack does not run it, which is no
//!   failure of a run.
//!
//! | file | what |
//! |---|---|
//! | `input.rs` | [`Input`]: what an execution may be started with |
//! | `pins.rs` | listing + heads -> what to read, what is known already, what is a stray (pure) |
//! | `lanes.rs` | snapshot -> batches per component (pure) |

mod input;
mod lanes;
mod pins;
#[cfg(test)]
mod tests;

pub use input::Input;

use contract::ports::{
    Clock, ListConfig, ReadConfig, ReadObject, ReadProjection, Unread, Withheld, WriteObject,
};
use contract::{
    Class, Component, Failure, Generation, Head, Key, Pointer, Problem, Snapshot, Source, Timestamp,
    Verdicts, read_document, write_document,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use pins::{Known, Pin, Pins};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the state `Fetch` asks.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The execution's name.
    pub run: String,
    /// What the execution was started with; an [`Input`] once it is understood.
    pub input: serde_json::Value,
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// The execution's name.
    pub run: String,
    /// When the snapshot was pinned: before the bucket was listed, so that nothing newer can be missed.
    pub pinned_at: Timestamp,
    /// The [`Snapshot`].
    pub snapshot: Pointer,
    /// Whether the snapshot is one of the past, by an operator's wish.
    pub replay: bool,
    /// The moment of the past that the bucket was listed as of, if it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// From the input.
    pub allow_shrink: bool,
    /// How many fragments the snapshot holds.
    pub fragments: usize,
    /// One per component that has a base or a head.
    pub lanes: Vec<Lane>,
}

/// The work of one component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// Which.
    pub component: Component,
    /// The policy that it goes by; none: the default.
    pub policy: Option<Source>,
    /// The rule unit tests, a list of [`Source`]s; none if there are none for this component.
    pub rule_tests: Option<Pointer>,
    /// A [`contract::Batch`] with the base alone; none if the bucket has no base for it.
    pub base: Option<Pointer>,
    /// The [`contract::Batch`]es of its fragments: present versions first, then fallbacks.
    pub batches: Vec<Pointer>,
}

/// What an operator may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// An object above this is not read at all: a fragment becomes a problem, so does the policy where a last good one serves; a base, and
    /// a policy without one, a failure.
    pub object_bytes: u64,
}

impl Default for Settings {
    /// 4 MiB: four times what `yaml::Limits` lets a fragment have, and 32 of them at once are 128 MiB.
    fn default() -> Settings {
        Settings {
            object_bytes: 4 * 1024 * 1024,
        }
    }
}

/// How many objects are read and copied at once.
const READS_AT_ONCE: usize = 32;

/// Pins a snapshot, or takes the given one, and cuts it into lanes and batches.
pub async fn run<P>(ports: &P, settings: &Settings, request: Request) -> Result<Response, Failure>
where
    P: Clock + ListConfig + ReadConfig + ReadObject + WriteObject + ReadProjection,
{
    let input = Input::parse(&request.input)?;
    let pinned_at = ports.now();
    let heads = read_heads(ports).await?;
    let (pointer, snapshot) = match &input.snapshot {
        Some(pointer) => (pointer.clone(), given(ports, pointer).await?),
        None => pin(ports, settings, input.as_of, &heads).await?,
    };
    if snapshot.base.is_empty() && snapshot.fragments.is_empty() {
        return Err(nothing(&snapshot));
    }

    let mut lanes = Vec::new();
    for component in Component::ALL {
        let batches = lanes::batches(&snapshot, component);
        if batches.is_nothing() && !heads.contains_key(&component) {
            continue;
        }
        let mut pointers = Vec::new();
        for batch in &batches.fragments {
            pointers.push(write_document(ports, batch).await?);
        }
        lanes.push(Lane {
            component,
            policy: snapshot.policy.clone(),
            rule_tests: match component {
                Component::Prometheus if !snapshot.rule_tests.is_empty() => {
                    Some(write_document(ports, &snapshot.rule_tests).await?)
                }
                _ => None,
            },
            base: match &batches.base {
                Some(base) => Some(write_document(ports, base).await?),
                None => None,
            },
            batches: pointers,
        });
    }
    Ok(Response {
        run: request.run,
        pinned_at,
        snapshot: pointer,
        replay: input.snapshot.is_some() || input.as_of.is_some(),
        as_of: input.as_of,
        allow_shrink: input.allow_shrink,
        fragments: snapshot.fragments.len(),
        lanes,
    })
}

/// Lists the bucket and copies every listed version that is not known yet.
async fn pin<P>(
    ports: &P,
    settings: &Settings,
    as_of: Option<Timestamp>,
    heads: &BTreeMap<Component, Head>,
) -> Result<(Pointer, Snapshot), Failure>
where
    P: ListConfig + ReadConfig + ReadObject + WriteObject,
{
    let mut known = Known::default();
    // By the time of the generation, so that the newest policy is the one that is known.
    let mut generations: Vec<(Component, &Generation, bool)> = Vec::new();
    for (component, head) in heads {
        let before_replay = head
            .before_replay
            .iter()
            .map(|before| (*component, before, false));
        generations.extend(before_replay.chain([(*component, &head.generation, true)]));
    }
    generations.sort_by_key(|(_, generation, _)| (generation.replay, generation.pinned_at));
    for (component, generation, runs) in generations {
        let doing = format!(
            "reading the verdicts of generation {} of {component} (to begin without last good versions, delete `{}` of \
             the state bucket)",
            generation.name(),
            Head::name(component),
        );
        let verdicts = read_document::<Verdicts>(ports, &generation.verdicts, "verdicts").await;
        let verdicts = verdicts.map_err(|failure| Failure::new(failure.class, doing).because(failure))?;
        known.take(verdicts, generation.replay, runs);
    }
    let listed = ports.list(as_of).await?;
    let keys: BTreeSet<String> = listed.iter().map(|object| object.key.clone()).collect();
    let pins = Pins::of(listed, settings.object_bytes)?;

    let copies: Vec<_> = pins
        .wanted
        .iter()
        .map(|pin| copy(ports, pin, &known, as_of))
        .collect();
    let copies: Vec<Copied> = stream::iter(copies).buffered(READS_AT_ONCE).try_collect().await?;
    let (mut sources, mut strays, mut refusal) = (Vec::new(), pins.strays, None);
    for copied in copies {
        match copied {
            Copied::Source(source) => sources.push(source),
            Copied::Withheld(problem, failure) => {
                strays.push(problem);
                refusal.get_or_insert(failure);
            }
        }
    }
    let snapshot = pins::snapshot(sources, strays, &keys, &known);
    let nothing_is_known = heads.is_empty() && snapshot.fragments.is_empty();
    if let Some(failure) = refusal
        && (snapshot.base.is_empty() || nothing_is_known)
    {
        return Err(failure);
    }
    let has_head = |component: Component| heads.contains_key(&component);
    let mut snapshot = pins::without_what_nothing_runs(snapshot, has_head);
    settle_policy(ports, &mut snapshot, &known).await?;
    Ok((write_document(ports, &snapshot).await?, snapshot))
}

/// A policy that cannot be read is a stray, and the last good one takes its place. One that was not even read, with none known before
/// it (a head was deleted; a recovery), fails the run as a base does: a slip never opens anything.
async fn settle_policy(
    ports: &impl ReadObject,
    snapshot: &mut Snapshot,
    known: &Known,
) -> Result<(), Failure> {
    let Some(present) = snapshot.policy.clone() else {
        // Not read, or not there.
        let mut strays = snapshot.strays.iter_mut();
        let Some(stray) = strays.find(|problem| Key::parse(&problem.key) == Key::Policy) else {
            return Ok(());
        };
        let hint = stray.hint.take().unwrap_or_default();
        let Some(last) = &known.policy else {
            let doing = format!("pinning `{}`: {}; {hint}", stray.key, stray.message);
            let why = "no version of it is known to have been good, and the default policy may allow what it does not";
            return Err(Failure::new(Class::Rejected, doing).because(why));
        };
        stray.hint = Some(format!("{hint}; {}", serves_until_then(last)));
        snapshot.policy = Some(last.clone());
        return Ok(());
    };
    let bytes = ports.read_object(&present.document).await?;
    let Err(findings) = policy::read(&bytes) else {
        return Ok(());
    };
    let serves = match &known.policy {
        Some(last) => serves_until_then(last),
        None => "there is no good version before it, so until then the default policy serves".into(),
    };
    let text = String::from_utf8_lossy(&bytes);
    snapshot.strays.extend(findings.into_iter().map(|finding| {
        let hint = match &finding.hint {
            Some(hint) if hint.ends_with('?') => format!("{hint} {serves}"),
            Some(hint) => format!("{hint}; {serves}"),
            None => serves.clone(),
        };
        finding.of(&present, &text).hint(hint)
    }));
    snapshot.strays.sort();
    snapshot.policy.clone_from(&known.policy);
    Ok(())
}

fn serves_until_then(last: &Source) -> String {
    format!("until then the last good version, `{}`, serves", last.version_id)
}

/// What became of one listed version.
#[derive(Debug)]
enum Copied {
    Source(Source),
    /// What its owner is told, and what a run says that can read nothing.
    Withheld(Problem, Failure),
}

/// Copies one listed version into the state bucket, so that a replay does not depend on how long versions are
/// kept. Without a base nothing goes on: one that is withheld is a failure.
async fn copy<P>(ports: &P, pin: &Pin, known: &Known, as_of: Option<Timestamp>) -> Result<Copied, Failure>
where
    P: ReadConfig + WriteObject,
{
    if let Some(source) = known.source(pin) {
        return Ok(Copied::Source(source.clone()));
    }
    let read = match ports.read_version(&pin.key, &pin.version_id).await {
        Err(Unread::Withheld(how, failure)) => {
            let problem = pins::withheld(pin.clone(), how);
            return match (Key::parse(&pin.key), how) {
                // It may be the whole bucket.
                (Key::Base(_), Withheld::Denied) => Err(failure),
                (Key::Base(_), _) => {
                    let hint = problem.hint.unwrap_or_default();
                    let doing = format!("pinning `{}`: {}; {hint}", pin.key, problem.message);
                    Err(Failure::new(Class::Rejected, doing).because(failure))
                }
                _ => Ok(Copied::Withheld(problem, failure)),
            };
        }
        read => read.map_err(Unread::failure),
    };
    let bytes = read.map_err(|failure| match (failure.class, as_of) {
        (Class::NotFound, None) => Failure::new(
            Class::Stale,
            format!(
                "pinning `{}`, which was replaced after the bucket was listed: list again",
                pin.key
            ),
        )
        .because(failure),
        (Class::NotFound, Some(as_of)) => Failure::new(
            Class::NotFound,
            format!(
                "pinning `{}` as of {as_of}: the bucket no longer keeps that version; choose a later \
                 moment, or give the `snapshot` of a run of that time",
                pin.key
            ),
        )
        .because(failure),
        _ => failure,
    })?;
    Ok(Copied::Source(Source {
        key: pin.key.clone(),
        version_id: pin.version_id.clone(),
        document: ports.write_object(bytes).await?,
    }))
}

/// The snapshot that an operator names, exactly as it was.
async fn given(ports: &impl ReadObject, pointer: &Pointer) -> Result<Snapshot, Failure> {
    let doing = format!(
        "reading the given snapshot {} (copy `snapshot` from the output of the state Fetch of an earlier execution)",
        pointer.digest
    );
    let snapshot = read_document(ports, pointer, "a snapshot").await;
    snapshot.map_err(|failure| Failure::new(failure.class, doing).because(failure))
}

async fn read_heads(ports: &impl ReadProjection) -> Result<BTreeMap<Component, Head>, Failure> {
    let mut heads = BTreeMap::new();
    for component in Component::ALL {
        if let Some((value, _)) = ports.read_projection(&Head::name(component)).await? {
            heads.insert(component, Head::of(component, value)?);
        }
    }
    Ok(heads)
}

fn nothing(snapshot: &Snapshot) -> Failure {
    let others = match snapshot.strays.len() {
        0 => "it holds nothing".to_owned(),
        n => format!(
            "none of its {n} object(s) can be used: a fragment has one of these keys, and the base of its component beside it"
        ),
    };
    Failure::new(
        Class::NotFound,
        format!(
            "looking for base/<component>.yml and apps/<owner>/<component>/<name>.yml in the config bucket: \
             {others}; what is live stays as it is"
        ),
    )
}
