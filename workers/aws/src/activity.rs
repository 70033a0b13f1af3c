//! Workers as Step Functions activities. In: tasks, polled. Out: per task one success or failure with the
//! same names and JSON as a function's, unless the task was taken from us. Never: holds a task in silence
//! (heartbeats), answers a task that is another worker's by now, drops a poll at a polite stop.
//!
//! Laws
//! - A task that was taken is answered, given back as `Unavailable` (so that Retry hands it to another
//!   worker), or lost to a timeout of Step Functions' own; nothing else.
//! - At a stop the poll in flight is waited for: Step Functions hands the next task to a poll whose client
//!   has gone, and that task then waits for its timeout. This is why the grace is longer than one long
//!   poll. A second signal ends it.
//! - Trouble with polling is never the end: it is logged, and the pauses grow to 30 s.
//!
//! | file | what |
//! |---|---|
//! | `client.rs` | [`Tasks`] over Step Functions |
//! | `process.rs` | the whole process: which steps, signals |

mod client;
mod process;
#[cfg(test)]
mod tests;

pub use client::Activity;
pub use process::main;

use crate::worker::Worker;
use contract::{Class, Failure};
use serde_json::Value;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};

/// Between two heartbeats; a state's `HeartbeatSeconds` should be three times this or more.
const HEARTBEAT: Duration = Duration::from_secs(20);
/// Pauses after trouble: from the first to the last, doubling, each at random between its half and its whole.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));
/// How often an answer is sent before it is given up. It is the work of minutes, so worth a few seconds.
const SENDS: u32 = 5;
/// Limits of an answer: JSON of a success in bytes, cause of a failure in characters.
const OUTPUT_BYTES: usize = 262_144;
const CAUSE_CHARACTERS: usize = 32_768;

/// A task that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Names it in every further call. A secret of sorts: it is never logged.
    pub token: String,
    /// JSON text.
    pub input: String,
}

/// Whether a task is still ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It is.
    Kept,
    /// It timed out, or its execution ended: whatever we would send is for nobody.
    Lost,
}

/// The four calls that an activity's worker makes.
pub trait Tasks: Send + Sync {
    /// Waits up to a minute for a task.
    fn next(&self) -> impl Future<Output = Result<Option<Task>, Failure>> + Send;
    /// Says that it is being worked on.
    fn heartbeat(&self, token: &str) -> impl Future<Output = Result<Hold, Failure>> + Send;
    /// Answers it.
    fn succeed(&self, token: &str, output: &str) -> impl Future<Output = Result<Hold, Failure>> + Send;
    /// Fails it.
    fn fail(
        &self,
        token: &str,
        error: &str,
        cause: &str,
    ) -> impl Future<Output = Result<Hold, Failure>> + Send;
}

/// When this process has to be gone; `None` while it need not.
pub type Stop = watch::Receiver<Option<Instant>>;

/// Serves one task after the other until it is stopped.
pub async fn poll(tasks: &impl Tasks, worker: &Arc<Worker>, stop: &Stop) {
    let mut troubles = 0;
    while stop.borrow().is_none() {
        let next = tokio::select! {
            next = tasks.next() => next,
            () = over(stop.clone()) => return,
        };
        match next {
            Ok(None) => troubles = 0,
            Ok(Some(task)) if stop.borrow().is_some() => give_back(tasks, worker, &task).await,
            Ok(Some(task)) => {
                troubles = 0;
                serve(tasks, worker, task, stop).await;
            }
            Err(failure) => {
                troubles += 1;
                tracing::warn!(step = worker.name(), troubles, "{failure:?}");
                tokio::select! {
                    () = sleep(pause(troubles)) => {}
                    () = asked(stop.clone()) => {}
                }
            }
        }
    }
}

/// Works on one task, with heartbeats, and answers it.
async fn serve(tasks: &impl Tasks, worker: &Arc<Worker>, task: Task, stop: &Stop) {
    // On a thread of its own: hard work must not hold the heartbeats up.
    let mut working = tokio::spawn({
        let (worker, input) = (Arc::clone(worker), task.input.clone());
        async move {
            let request: Value = serde_json::from_str(&input).map_err(|error| {
                Failure::new(Class::InvalidRequest, "reading the task's input").because(error)
            })?;
            worker.work(request).await
        }
    });
    let answer = tokio::select! {
        done = &mut working => done.unwrap_or_else(|error| {
            Err(Failure::new(Class::Bug, format!("running `{}`", worker.name())).because(error))
        }),
        () = lost(tasks, worker, &task.token) => {
            working.abort();
            let name = worker.name();
            tracing::warn!(step = name, "a task was taken from {name}; its work is dropped");
            return;
        }
        () = over(stop.clone()) => {
            working.abort();
            return give_back(tasks, worker, &task).await;
        }
    };
    if let Err(failure) = &answer {
        tracing::error!(step = worker.name(), "{failure:?}");
    }
    send(tasks, worker, &task, answer).await;
}

/// Ends when the task is no longer ours.
async fn lost(tasks: &impl Tasks, worker: &Worker, token: &str) {
    loop {
        sleep(HEARTBEAT).await;
        match tasks.heartbeat(token).await {
            Ok(Hold::Kept) => {}
            Ok(Hold::Lost) => return,
            Err(failure) => tracing::warn!(step = worker.name(), "{failure:?}"),
        }
    }
}

async fn give_back(tasks: &impl Tasks, worker: &Worker, task: &Task) {
    let stopping = Failure::new(
        Class::Unavailable,
        format!(
            "stopping this worker of `{}`: another one takes the task",
            worker.name()
        ),
    );
    send(tasks, worker, task, Err(stopping)).await;
}

/// Sends an answer, a few times if need be.
async fn send(tasks: &impl Tasks, worker: &Worker, task: &Task, answer: Result<Value, Failure>) {
    let mut answer = answer.map(|response| response.to_string()).and_then(fitting);
    for sends in 1..=SENDS {
        let sent = match &answer {
            Ok(output) => tasks.succeed(&task.token, output).await,
            Err(failure) => {
                let cause: String = failure.chain().chars().take(CAUSE_CHARACTERS).collect();
                tasks.fail(&task.token, failure.class.name(), &cause).await
            }
        };
        match sent {
            Ok(Hold::Kept) => return,
            Ok(Hold::Lost) => {
                tracing::warn!(
                    step = worker.name(),
                    "the answer of {} came too late",
                    worker.name()
                );
                return;
            }
            Err(failure) => {
                tracing::warn!(step = worker.name(), sends, "{failure:?}");
                // What cannot be sent as it is must not leave the task hanging: its failure can.
                if !failure.class.retryable() && answer.is_ok() {
                    answer = Err(failure);
                }
                if sends < SENDS {
                    sleep(pause(sends)).await;
                }
            }
        }
    }
    tracing::error!(
        step = worker.name(),
        "the answer of {} could not be sent: its task will time out",
        worker.name()
    );
}

fn fitting(output: String) -> Result<String, Failure> {
    if output.len() <= OUTPUT_BYTES {
        return Ok(output);
    }
    let much = format!("it has {} bytes, and a state takes {OUTPUT_BYTES}", output.len());
    Err(Failure::new(Class::Bug, "answering a task").because(much))
}

/// Ends when a stop is asked for.
async fn asked(mut stop: Stop) {
    // An error means that nobody can ask any more: then this never ends.
    if stop.wait_for(Option::is_some).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Ends when a stop has to be over.
async fn over(mut stop: Stop) {
    asked(stop.clone()).await;
    loop {
        let end = *stop.borrow_and_update();
        tokio::select! {
            () = sleep_until(end.unwrap_or_else(Instant::now)) => return,
            Ok(()) = stop.changed() => {} // The second signal: the end is now.
        }
    }
}

/// A pause after that many troubles in a row, at random so that workers do not come back together.
fn pause(troubles: u32) -> Duration {
    let (first, last) = PAUSES;
    let whole = first
        .saturating_mul(2_u32.saturating_pow(troubles.saturating_sub(1)))
        .min(last);
    let chance = RandomState::new().hash_one(troubles) % 1000;
    whole / 2 + whole / 2000 * u32::try_from(chance).unwrap_or(0)
}
