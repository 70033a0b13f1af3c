//! Notify: tells each team what changed for it, and the platform team what failed.
//!
//! In: how the run ended ([`RunResult`]). Out: at most one message per owner and [`contract::Kind`], and
//! small counts.
//! Never: judges, tells the same news twice, claims that something is live which no reload has proven, shows
//! one team what another wrote (beyond what a problem's own message names).
//!
//! Laws
//! - A version that is still bad is not told again because somebody else pushed; the same run again is silent.
//! - Who keeps a name that another wants is told once, as long as it is wanted, also of a version that is live already.
//! - Who was told that something is live is told when it no longer serves, by a deletion or by a rule that is stricter now.
//! - Who was told of a rejection is told of the recovery.
//! - What lies on disk unproven after a lane that failed is said, for a server's next start reads it.
//! - A failed run is told to the platform team once, whatever else is told; the same failure in the next runs is not, its
//!   end is. A problem of its own files is told once, until it is gone.
//! - What was accepted and is not live because of something else is told as just that, once; also to who was told to correct it. Not to
//!   whom a server may have meant: a lane that is not live knows nothing newer of that.
//! - Whom a server may have meant that refused a reload is told where the rest is live, and to the platform team, once: what is missing
//!   on the server's host, only it can put there. Where nothing is live, no team is told, and the platform team only where no try was left.
//! - What a replay makes known says so: of what, and when. What it only does not show stays told.
//! - What an older snapshot says of fragments is not told after a newer one was.
//! - A notice that cannot be sent does not hold up the others; only what was sent is remembered.
//! - A job that a server did not start is its owner's matter, not everybody's; once for as long as it does not run.
//!
//! Delivery is at least once: if `status/told.json` cannot be written after sending (`Stale`: another run
//! notified in between), the step is tried again and may send the same text again; the run at its end tells
//! the copies apart.
//!
//! Where the rules come from: SNS takes 262,144 bytes a message and subjects of 100 ASCII characters
//! (`bounds.rs`); the names of failures are `contract::Class` and those of Step Functions and Lambda.
//!
//! | file | what |
//! |---|---|
//! | `result.rs` | [`RunResult`], [`LaneResult`], [`Outcome`]: how a run ended |
//! | `changes.rs` | who is told what; `status/told.json` (pure) |
//! | `message.rs` | the subject, the text for people, the JSON for machines (pure) |
//! | `bounds.rs` | cutting both to size (pure) |
//! | `status.rs` | `status/status.json` (pure) |

mod bounds;
mod changes;
mod message;
mod result;
mod status;
#[cfg(test)]
mod tests;

pub use result::{LaneResult, Outcome, RunResult};

use changes::{Ending, Lane, Replay, Told};
use contract::ports::{Etag, Publish, ReadObject, ReadProjection, WriteProjection};
use contract::{
    Cause, Class, Component, Failure, Generation, Snapshot, Verdict, each, read_document, read_head,
};
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use status::Status;

/// What the state `Notify` asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The execution's name.
    pub run: String,
    /// How it ended.
    pub result: RunResult,
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// `succeeded` or `failed`.
    pub outcome: RunOutcome,
    /// The execution's name.
    pub run: String,
    /// How each lane ended.
    pub lanes: Vec<LaneSummary>,
    /// The run's own failure, if no lane ever began.
    pub failure: Option<String>,
    /// How many notices were sent.
    pub sent: usize,
    /// How many fragments are held back or rejected as their owners knew already.
    pub known: usize,
}

/// How the execution ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    /// Each lane ended with a proven configuration, or was superseded. Rejected fragments are a success.
    Succeeded,
    /// A lane has no proven configuration of this run.
    Failed,
}

/// How a lane ended, in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LaneSummary {
    /// Which component.
    pub component: Component,
    /// How.
    pub outcome: Outcome,
    /// Fragments whose pinned version was accepted.
    pub accepted: usize,
    /// Fragments whose last good version was taken.
    pub held_back: usize,
    /// Fragments of which nothing was taken.
    pub rejected: usize,
    /// The generation's name.
    pub generation: Option<String>,
    /// `<Class>: <why>`, short.
    pub failure: Option<String>,
}

const TOLD: &str = "status/told.json";
const STATUS: &str = "status/status.json";
/// How many notices are sent at once.
const SENDS_AT_ONCE: usize = 8;

/// Tells everybody what is news to them.
pub async fn run<P>(ports: &P, request: Request) -> Result<Response, Failure>
where
    P: ReadObject + ReadProjection + WriteProjection + Publish,
{
    let ending = ending(ports, request).await?;
    let (told, told_etag) = projection::<Told>(ports, TOLD).await?;
    let mut plan = changes::plan(&ending, told.clone());

    let notices = each(plan.news.iter().collect(), |((owner, kind), news)| {
        let notice = message::about_fragments(&ending, owner, *kind, news);
        (notice, news.as_slice())
    });
    let sends = notices
        .iter()
        .map(|(notice, news)| async move { ports.publish(notice).await.map(|()| *news) });
    let sends: Vec<_> = sends.collect();
    let sent_news: Vec<_> = stream::iter(sends).buffered(SENDS_AT_ONCE).collect().await;
    let sent_failures = match &plan.failures {
        Some(failures) => Some(ports.publish(&message::about_failures(&ending, failures)).await),
        None => None,
    };

    let mut sent = 0;
    let mut first_failure = None;
    for outcome in sent_news {
        match outcome {
            Ok(news) => {
                plan.told.take(news);
                sent += 1;
            }
            Err(failure) => first_failure = first_failure.or(Some(failure)),
        }
    }
    match (sent_failures, &plan.failures) {
        (Some(Ok(())), Some(failures)) => {
            plan.told.take_failures(&ending.run, failures);
            sent += 1;
        }
        (Some(Err(failure)), _) => first_failure = first_failure.or(Some(failure)),
        _ => {}
    }

    write(ports, TOLD, &told, &plan.told, told_etag.as_ref()).await?;
    let (status, status_etag) = projection::<Status>(ports, STATUS).await?;
    let mut now = status.clone();
    now.take(&ending);
    write(ports, STATUS, &status, &now, status_etag.as_ref()).await?;
    match first_failure {
        Some(failure) => Err(failure),
        None => Ok(response(&ending, sent, plan.known)),
    }
}

fn response(ending: &Ending, sent: usize, known: usize) -> Response {
    let short = |cause: &Cause| bounds::printable(&format!("{}: {}", cause.error, cause.text()), 300);
    let lanes = ending.lanes.iter().map(|lane| {
        let count = |verdict: Verdict| {
            let fragments = lane.verdicts.iter().flat_map(|verdicts| &verdicts.fragments);
            fragments.filter(|fragment| fragment.verdict == verdict).count()
        };
        LaneSummary {
            component: lane.component,
            outcome: lane.outcome,
            accepted: count(Verdict::Accepted),
            held_back: count(Verdict::HeldBack),
            rejected: count(Verdict::Rejected),
            generation: lane.generation.as_ref().map(Generation::name),
            failure: lane.failure.as_ref().map(short),
        }
    });
    let has_failed = ending.failure.is_some() || ending.lanes.iter().any(|lane| lane.outcome.is_failure());
    Response {
        outcome: if has_failed {
            RunOutcome::Failed
        } else {
            RunOutcome::Succeeded
        },
        run: ending.run.clone(),
        lanes: lanes.collect(),
        failure: ending.failure.as_ref().map(short),
        sent,
        known,
    }
}

/// Follows the pointers.
async fn ending<P: ReadObject + ReadProjection>(ports: &P, request: Request) -> Result<Ending, Failure> {
    let mut ending = Ending {
        run: request.run,
        pinned_at: request.result.pinned_at,
        failure: request.result.failure,
        ..Ending::default()
    };
    if let Some(snapshot) = &request.result.snapshot {
        ending.replay = ending
            .pinned_at
            .filter(|_| request.result.replay)
            .map(|at| Replay {
                snapshot: snapshot.digest.clone(),
                as_of: request.result.as_of,
                at,
            });
        ending.strays = read_document::<Snapshot>(ports, snapshot, "a snapshot")
            .await?
            .strays;
    }
    for component in Component::ALL {
        // One that cannot be understood is no reason to stay silent: Fetch has failed for it, and that is told here.
        let head = read_head(ports, component).await?;
        ending
            .proven
            .extend(head.map(|head| (component, head.generation)));
    }
    for lane in request.result.lanes {
        let (verdicts, culprits) = lane.documents(ports).await?;
        let refused_before = lane.refused_before().cloned();
        let proven = ending.proven.get(&lane.component);
        let unproven_on_disk = lane.unproven_on_disk(proven).cloned();
        ending.lanes.push(Lane {
            unproven_on_disk,
            component: lane.component,
            outcome: lane.outcome,
            unproven: match (lane.reloaded.as_deref(), lane.absent_jobs.as_slice()) {
                (Some("proven"), []) => None,
                // Whose they are is told.
                (Some("proven"), _) if lane.outcome.is_live() => None,
                (Some("proven"), jobs) => Some(format!(
                    "the server runs this generation but did not start `{}` (does a file that is named there exist?)",
                    jobs.join("`, `")
                )),
                _ => Some(
                    lane.unproven
                        .unwrap_or_else(|| "no process of it could be asked".to_owned()),
                ),
            },
            verdicts,
            culprits,
            refused_before,
            generation: lane.generation,
            failure: lane.failure,
            besides: lane.besides,
        });
    }
    Ok(ending)
}

async fn projection<T: DeserializeOwned + Default>(
    ports: &impl ReadProjection,
    name: &str,
) -> Result<(T, Option<Etag>), Failure> {
    let Some((value, etag)) = ports.read_projection(name).await? else {
        return Ok((T::default(), None));
    };
    let value = serde_json::from_value(value).map_err(|error| {
        let doing = format!(
            "reading `{name}` of the state bucket (it can be deleted: it is made again, and told again)"
        );
        Failure::new(Class::Rejected, doing).because(error)
    })?;
    Ok((value, Some(etag)))
}

async fn write<T: Serialize + PartialEq + Sync>(
    ports: &impl WriteProjection,
    name: &str,
    before: &T,
    now: &T,
    etag: Option<&Etag>,
) -> Result<(), Failure> {
    if before == now {
        return Ok(());
    }
    let value = serde_json::to_value(now)
        .map_err(|error| Failure::new(Class::Bug, format!("writing `{name}`")).because(error))?;
    ports.write_projection(name, &value, etag).await
}
