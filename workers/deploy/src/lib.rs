//! Puts a proven configuration where its process reads it, and takes it back.
//!
//! In: a configuration document, what lies on the volume, the head. Out: which generation is live now, and
//! which one to go back to. Never: proves a configuration (`validate` did), touches a process (`reload`
//! does), changes a generation that is live.
//!
//! Laws:
//! - Compare and set: a run never replaces what a later snapshot made (`superseded`; design 4), and every
//!   flip names what it replaces, so of two runs at once one flips and the other looks again (`Stale`).
//! - The same configuration again changes nothing (`unchanged`), if its files still are what was written and it was proven. What is live
//!   and was never proven (a run broke off) is `deployed` again, and can be taken back as such.
//! - Twice is once: a run that is tried again after its own flip answers as the first time.
//! - What another run proved meanwhile is not taken back: it is live, and its teams may have been told so.
//! - What to go back to was proven to run, or there is nothing to go back to.
//! - A configuration that lost more than the policy lets go at once is `held`, unless an operator allows it.
//! - What is live, what it would go back to and the head are never removed.
//!
//! | file | what |
//! |---|---|
//! | `guard.rs` | whether a configuration lost too much at once; no port in it |
//! | `plan.rs` | what is seen -> what to do and what to answer; no port in it |

mod guard;
mod plan;
#[cfg(test)]
mod tests;

use contract::ports::{ReadObject, ReadProjection, Volume};
use contract::{
    Class, Component, Configuration, Digest, Failure, Generation, Pointer, Source, Suspicion, Timestamp,
    read_document, read_head,
};
use plan::{Act, Forward, Plan, Seen};
use policy::Policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What to do with a component's volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub enum Request {
    /// Makes a configuration live (state `Deploy`).
    Forward {
        /// The execution's name.
        run: String,
        /// Whose volume.
        component: Component,
        /// When this run pinned its snapshot.
        pinned_at: Timestamp,
        /// Whether that is one of the past, by an operator's wish.
        replay: bool,
        /// Whether the operator lets a configuration through that lost much at once.
        allow_shrink: bool,
        /// What is remembered of a refused reload: if there was one, what is live may be just what was refused.
        // An execution that was under way when this field came has none.
        #[serde(default)]
        suspicion: Option<Suspicion>,
        /// The policy; none: the default.
        policy: Option<Source>,
        /// The configuration document, proven.
        configuration: Pointer,
        /// The verdicts document.
        verdicts: Pointer,
    },
    /// Makes the generation before live again (state `RollBack`).
    Back {
        /// The execution's name.
        run: String,
        /// Whose volume.
        component: Component,
        /// What this run deployed; if something else is live, or it was proven meanwhile, nothing is done.
        generation: Generation,
        /// What to go back to.
        previous: Generation,
    },
}

/// What became of the volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// In one word.
    pub outcome: Outcome,
    /// What is live now.
    pub generation: Generation,
    /// What to go back to if `generation` is refused, with `deployed` and if there is such a one; with `rolled_back`, what was gone back to.
    pub previous: Option<Generation>,
    /// Why it is held.
    pub reason: Option<String>,
}

/// What became of the volume, in one word that the state machine's choices read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The configuration is live, and still to be proven.
    Deployed,
    /// It was live already, intact and proven.
    Unchanged,
    /// Something else is live and stays.
    Superseded,
    /// It lost too much at once; what is live stays until a person looks (`guard.rs`).
    Held,
    /// The generation before is live again.
    RolledBack,
}

/// Looks, plans, does.
pub async fn run<P: Volume + ReadObject + ReadProjection>(
    ports: &P,
    request: Request,
) -> Result<Response, Failure> {
    match request {
        Request::Forward {
            run,
            component,
            pinned_at,
            replay,
            allow_shrink,
            suspicion,
            policy,
            configuration,
            verdicts,
        } => {
            let Policy { shrink, .. } = policy::settled(ports, policy.as_ref()).await?;
            let Configuration {
                digest, size, files, ..
            } = read_configuration(ports, component, &configuration).await?;
            let forward = Forward {
                run,
                digest,
                size,
                pinned_at,
                replay,
                shrink: (!allow_shrink).then_some(shrink),
                is_refused: suspicion.is_some(),
                configuration,
                verdicts,
            };
            let seen = look(ports, component, &forward.digest, &files).await?;
            carry_out(ports, component, plan::forward(&forward, &seen), &files).await
        }
        Request::Back {
            component,
            generation,
            previous,
            ..
        } => {
            let Some(live) = ports.live(component).await? else {
                return Err(Failure::new(
                    Class::NotFound,
                    format!(
                        "rolling {component} back from {} to {}; nothing is live on its volume, look there",
                        generation.name(),
                        previous.name()
                    ),
                ));
            };
            let generations = ports.generations(component).await?;
            // The head is read last: what is proven until then is not taken back.
            let head = read_head(ports, component).await?.map(|head| head.generation);
            let plan = plan::back(live, &generation, previous, head.as_ref(), &generations);
            carry_out(ports, component, plan, &BTreeMap::new()).await
        }
    }
}

async fn read_configuration(
    ports: &impl ReadObject,
    component: Component,
    pointer: &Pointer,
) -> Result<Configuration, Failure> {
    let refuse = || {
        let key = pointer.key();
        Failure::new(
            Class::Rejected,
            format!("reading the configuration of {component} in `{key}`"),
        )
    };
    let configuration: Configuration = read_document(ports, pointer, "a configuration").await?;
    if configuration.component != component {
        return Err(refuse().because(format!("it is one of {}", configuration.component)));
    }
    // An absent or empty main file is a valid configuration to Prometheus: no jobs at all (design 5.4).
    let main = component.main_file();
    match configuration.files.get(main) {
        Some(text) if !text.trim().is_empty() => Ok(configuration),
        _ => Err(refuse().because(format!("it holds nothing in `{main}`"))),
    }
}

async fn look(
    ports: &(impl Volume + ReadProjection),
    component: Component,
    digest: &Digest,
    files: &BTreeMap<String, String>,
) -> Result<Seen, Failure> {
    // What is live is read first: if it changes while the rest is read, the flip finds out.
    let live = ports.live(component).await?;
    let head = read_head(ports, component).await?.map(|head| head.generation);
    let intact = match &live {
        Some(live) if live.digest == *digest => match ports.file_digests(component, live).await {
            Ok(found) => are_those(&found, files),
            Err(failure) if failure.class == Class::NotFound => false,
            Err(failure) => return Err(failure),
        },
        _ => false,
    };
    Ok(Seen {
        live,
        intact,
        head,
        generations: ports.generations(component).await?,
    })
}

fn are_those(found: &BTreeMap<String, Digest>, files: &BTreeMap<String, String>) -> bool {
    let written = files
        .iter()
        .map(|(path, text)| (path.clone(), Digest::of(text.as_bytes())));
    *found == written.collect()
}

async fn carry_out(
    ports: &impl Volume,
    component: Component,
    plan: Plan,
    files: &BTreeMap<String, String>,
) -> Result<Response, Failure> {
    for act in &plan.acts {
        match act {
            Act::Stage(generation) => ports.stage(component, generation, files).await?,
            Act::Flip { from, to } => ports.flip(component, from.as_ref(), to).await?,
            Act::Remove(generation) => {
                // The new generation is live; an old one that stays costs some space, and the next deploy
                // tries again.
                let _stays = ports.remove(component, generation).await;
            }
        }
    }
    Ok(plan.response)
}
