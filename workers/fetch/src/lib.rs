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
//!   place if the present version is too large to be read.
//! - An empty bucket is a failure, not a configuration of nothing.
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

use contract::ports::{Clock, ListConfig, ReadConfig, ReadObject, ReadProjection, WriteObject};
use contract::{Class, Component, Failure, Head, Pointer, Snapshot, Source, Timestamp, Verdicts};
use futures_util::{StreamExt, TryStreamExt, stream};
use pins::{Known, Pin, Pins};
use serde::de::DeserializeOwned;
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
    /// A [`contract::Batch`] with the base alone; none if the bucket has no base for it.
    pub base: Option<Pointer>,
    /// The [`contract::Batch`]es of its fragments: present versions first, then fallbacks.
    pub batches: Vec<Pointer>,
}

/// What an operator may set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// An object above this is not read at all: a fragment becomes a problem, a base or the policy a failure.
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
            pointers.push(write(ports, batch).await?);
        }
        lanes.push(Lane {
            component,
            base: match &batches.base {
                Some(base) => Some(write(ports, base).await?),
                None => None,
            },
            batches: pointers,
        });
    }
    Ok(Response {
        run: request.run,
        pinned_at,
        snapshot: pointer,
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
    let mut verdicts = Vec::new();
    for (component, head) in heads {
        let doing = format!(
            "reading the verdicts of generation {} of {component} (to begin without last good \
             versions, delete `{}` of the state bucket)",
            head.generation.name(),
            Head::name(*component),
        );
        verdicts.push(read::<Verdicts>(ports, &head.generation.verdicts, doing).await?);
    }
    let known = Known::from(&verdicts);
    let listed = ports.list(as_of).await?;
    let keys: BTreeSet<String> = listed.iter().map(|object| object.key.clone()).collect();
    let pins = Pins::of(listed, settings.object_bytes)?;

    let copies: Vec<_> = pins
        .wanted
        .iter()
        .map(|pin| copy(ports, pin, &known, as_of))
        .collect();
    let sources: Vec<Source> = stream::iter(copies).buffered(READS_AT_ONCE).try_collect().await?;
    let has_head = |component: Component| heads.contains_key(&component);
    let snapshot =
        pins::without_what_nothing_runs(pins::snapshot(sources, pins.strays, &keys, &known), has_head);
    Ok((write(ports, &snapshot).await?, snapshot))
}

/// Copies one listed version into the state bucket, so that a replay does not depend on how long versions are
/// kept.
async fn copy<P>(ports: &P, pin: &Pin, known: &Known, as_of: Option<Timestamp>) -> Result<Source, Failure>
where
    P: ReadConfig + WriteObject,
{
    if let Some(source) = known.source(pin) {
        return Ok(source.clone());
    }
    let read = ports.read_version(&pin.key, &pin.version_id).await;
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
    Ok(Source {
        key: pin.key.clone(),
        version_id: pin.version_id.clone(),
        document: ports.write_object(bytes).await?,
    })
}

/// The snapshot that an operator names, exactly as it was.
async fn given(ports: &impl ReadObject, pointer: &Pointer) -> Result<Snapshot, Failure> {
    let doing = format!(
        "reading the given snapshot {} (copy `snapshot` from the output of the state \
         Fetch of an earlier execution)",
        pointer.digest
    );
    read(ports, pointer, doing).await
}

async fn read_heads(ports: &impl ReadProjection) -> Result<BTreeMap<Component, Head>, Failure> {
    let mut heads = BTreeMap::new();
    for component in Component::ALL {
        let name = Head::name(component);
        if let Some((value, _)) = ports.read_projection(&name).await? {
            let head = serde_json::from_value(value).map_err(|error| {
                Failure::new(
                    Class::Rejected,
                    format!(
                        "reading `{name}` of the state bucket (it is a projection: delete it to begin without last \
                         good versions of {component})"
                    ),
                )
                .because(error)
            })?;
            heads.insert(component, head);
        }
    }
    Ok(heads)
}

async fn read<T: DeserializeOwned>(
    ports: &impl ReadObject,
    pointer: &Pointer,
    doing: String,
) -> Result<T, Failure> {
    let bytes = match ports.read_object(pointer).await {
        Ok(bytes) => bytes,
        Err(failure) => return Err(Failure::new(failure.class, doing).because(failure)),
    };
    serde_json::from_slice(&bytes).map_err(|error| Failure::new(Class::Rejected, doing).because(error))
}

async fn write(ports: &impl WriteObject, document: &impl Serialize) -> Result<Pointer, Failure> {
    let bytes = serde_json::to_vec(document)
        .map_err(|error| Failure::new(Class::Bug, "writing a document as JSON").because(error))?;
    ports.write_object(bytes).await
}

fn nothing(snapshot: &Snapshot) -> Failure {
    let others = match snapshot.strays.len() {
        0 => "it holds nothing".to_owned(),
        n => format!("none of its {n} object(s) is one of these"),
    };
    Failure::new(
        Class::NotFound,
        format!(
            "looking for base/<component>.yml and apps/<owner>/<component>/<name>.yml in the config bucket: \
             {others}; what is live stays as it is"
        ),
    )
}
