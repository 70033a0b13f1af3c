//! The embedded engine: runs the definition that Step Functions runs, in this process.
//!
//! In: a [`Definition`], an execution name, an input, something that answers tasks. Out: what the execution
//! ended with. Never: knows a state, field, operator or path that the definition does not use (it is refused
//! by name when it is loaded); knows what a task does; keeps anything after the end.
//!
//! | file | what |
//! |---|---|
//! | `definition.rs` | JSON -> [`Definition`], or the name of what is not known |
//! | `path.rs` | paths, and the templates of `Parameters` and `ItemSelector` |
//! | `choice.rs` | the rules of a `Choice` |
//! | `thrown.rs` | [`Thrown`]: an error by its name, what matches it, when it is tried again |
//! | `observer.rs` | [`Observer`]: what passes, for progress and for tests |
//!
//! Where the service's documentation and its emulators disagree, this follows the documentation:
//! `States.Runtime` (a path that leads nowhere) and `States.DataLimitExceeded` (a payload above 262,144
//! bytes) end the execution whatever is caught; each retrier counts for itself; an exhausted retrier hands
//! over to `Catch`, not to the next retrier; the first iteration of a `Map` that fails ends the others.

mod choice;
mod definition;
mod observer;
mod path;
mod thrown;

#[cfg(test)]
mod tests;

pub use definition::{Definition, Unknown};
pub(crate) use definition::{Machine, State, Way};
pub use observer::{Event, History, Observer, Place, Silent};
pub use thrown::Thrown;

use contract::ports::Clock;
use definition::{Map, Task};
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use path::Scope;
use serde_json::Value;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The most bytes of JSON text that may pass between states.
pub const PAYLOAD_BYTES: usize = 262_144;

/// The most events of one execution; a definition that runs in circles ends here.
pub const EVENTS: usize = 25_000;

/// What an execution ended with.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The output of the last state.
    Succeeded(Value),
    /// What was thrown and not caught.
    Failed(Thrown),
}

/// Whether `TimeoutSeconds` is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limits {
    /// By sleeping beside the task: for a clock on which time passes by itself.
    Enforced,
    /// Not at all: for a clock that jumps when it is slept on, which would be at the limit as soon as it is
    /// asked.
    Ignored,
}

/// What an execution needs from its host.
pub struct Engine<'a, Clock, Tasks> {
    /// Lets time pass between attempts.
    pub clock: &'a Clock,
    /// Whether the clock can tell that a task takes too long.
    pub limits: Limits,
    /// Answers the task of that name.
    pub tasks: Tasks,
    /// Is told what passes.
    pub observer: &'a dyn Observer,
}

impl<C, Tasks, Answering, Error> Engine<'_, C, Tasks>
where
    C: Clock,
    Tasks: Fn(String, Value) -> Answering,
    Answering: Future<Output = Result<Value, Error>>,
    Error: Into<Thrown>,
{
    /// Runs one execution to its end.
    pub async fn run(&self, definition: &Definition, execution: &str, input: Value) -> Outcome {
        let execution = Execution {
            engine: self,
            scope: Scope::of_execution(execution, self.clock.now(), &input),
            name: execution,
            events: AtomicUsize::new(0),
        };
        let running = execution.machine(&definition.machine, execution.scope.clone(), &[], input);
        match self.within(definition.timeout_seconds, running).await {
            Ok(output) => Outcome::Succeeded(output),
            Err(thrown) => Outcome::Failed(thrown),
        }
    }

    async fn within(
        &self,
        seconds: Option<u64>,
        work: impl Future<Output = Result<Value, Thrown>>,
    ) -> Result<Value, Thrown> {
        let (Some(seconds), Limits::Enforced) = (seconds, self.limits) else {
            return work.await;
        };
        let sleep = self.clock.sleep(Duration::from_secs(seconds));
        // The work is asked first: what is done in time is done.
        match select(pin!(work), pin!(sleep)).await {
            Either::Left((result, _)) => result,
            Either::Right(((), _)) => Err(Thrown::timeout(seconds)),
        }
    }
}

struct Execution<'a, C, Tasks> {
    engine: &'a Engine<'a, C, Tasks>,
    scope: Scope,
    name: &'a str,
    events: AtomicUsize,
}

impl<C, Tasks, Answering, Error> Execution<'_, C, Tasks>
where
    C: Clock,
    Tasks: Fn(String, Value) -> Answering,
    Answering: Future<Output = Result<Value, Error>>,
    Error: Into<Thrown>,
{
    /// Passes from state to state until one ends. Boxed, for a `Map` holds a machine again.
    fn machine<'b>(
        &'b self,
        machine: &'b Machine,
        scope: Scope,
        within: &'b [(String, usize)],
        input: Value,
    ) -> LocalBoxFuture<'b, Result<Value, Thrown>> {
        async move {
            let mut name = &machine.start_at;
            let mut data = input;
            loop {
                let state = machine.state(name)?;
                let place = Place {
                    within: within.to_vec(),
                    state: name.clone(),
                };
                sized(&data)?;
                self.tell(&place, &Event::Entered { input: &data })?;
                let (output, next) = match self.state(state, &scope, &place, &data).await {
                    Ok(passed) => passed,
                    Err(thrown) => {
                        let (output, next) = state.catch(&thrown, &data)?.ok_or_else(|| thrown.clone())?;
                        self.tell(
                            &place,
                            &Event::Caught {
                                thrown: &thrown,
                                next,
                            },
                        )?;
                        (output, Some(next))
                    }
                };
                sized(&output)?;
                self.tell(&place, &Event::Exited { output: &output })?;
                match next {
                    Some(next) => (name, data) = (next, output),
                    None => return Ok(output),
                }
            }
        }
        .boxed_local()
    }

    /// One state: its output, and the next one unless it is the last.
    async fn state<'b>(
        &self,
        state: &'b State,
        scope: &Scope,
        place: &Place,
        input: &Value,
    ) -> Result<(Value, Option<&'b String>), Thrown> {
        match state {
            State::Task(task) => {
                let result = self.task(task, scope, place, input).await?;
                Ok((task.result_path.put(input, result)?, task.next.as_ref()))
            }
            State::Map(map) => {
                let result = self.map(map, scope, place, input).await?;
                Ok((map.result_path.put(input, result)?, map.next.as_ref()))
            }
            State::Pass { parameters, next } => Ok((parameters.fill(input, scope)?, next.as_ref())),
            State::Choice { rules, default } => {
                for (rule, next) in rules {
                    if rule.holds(input, scope)? {
                        return Ok((input.clone(), Some(next)));
                    }
                }
                Ok((input.clone(), Some(default)))
            }
            State::Succeed => Ok((input.clone(), None)),
            State::Fail { error, cause } => Err(Thrown::new(error, cause)),
        }
    }

    async fn task(&self, task: &Task, scope: &Scope, place: &Place, input: &Value) -> Result<Value, Thrown> {
        let request = task.parameters.fill(input, scope)?;
        sized(&request)?;
        let mut attempts = vec![0; task.retry.len()];
        loop {
            let thrown = match self.attempt(task, request.clone()).await {
                Ok(response) => return sized(&response).map(|()| response),
                Err(thrown) => thrown,
            };
            let retrier = task
                .retry
                .iter()
                .position(|retrier| thrown.is_one_of(&retrier.errors));
            let Some((retrier, attempt)) = retrier.and_then(|index| {
                let (retrier, attempt) = (&task.retry[index], &mut attempts[index]);
                (*attempt < retrier.max_attempts).then_some((retrier, attempt))
            }) else {
                return Err(thrown);
            };
            let pause = retrier.pause(*attempt, &format!("{} {place}", self.name));
            *attempt += 1;
            self.tell(
                place,
                &Event::Retried {
                    thrown: &thrown,
                    pause,
                },
            )?;
            self.engine.clock.sleep(pause).await;
        }
    }

    /// One attempt. A panic of a step is its error `Bug`, as a worker's would be, and ends nothing else.
    async fn attempt(&self, task: &Task, request: Value) -> Result<Value, Thrown> {
        let answer = async {
            (self.engine.tasks)(task.name.clone(), request)
                .await
                .map_err(Into::into)
        };
        let answer = AssertUnwindSafe(answer)
            .catch_unwind()
            .map(|ended| ended.unwrap_or_else(|panic| Err(Thrown::panic(&task.name, panic.as_ref()))));
        self.engine.within(Some(task.timeout_seconds), answer).await
    }

    async fn map(&self, map: &Map, scope: &Scope, place: &Place, input: &Value) -> Result<Value, Thrown> {
        let items = map.items.find(input, scope)?;
        let Value::Array(items) = items else {
            return Err(Thrown::runtime(format!(
                "`{}` of `{place}` is not a list",
                map.items
            )));
        };
        let iterations = items.iter().enumerate().map(|(index, item)| async move {
            let scope = scope.of_item(index, item);
            let input = map.selector.fill(input, &scope)?;
            let within: Vec<(String, usize)> = place
                .within
                .iter()
                .cloned()
                .chain([(place.state.clone(), index)])
                .collect();
            Ok::<_, Thrown>((index, self.machine(&map.machine, scope, &within, input).await?))
        });
        let mut running = stream::iter(iterations).buffer_unordered(map.max_concurrency);
        let mut outputs = vec![Value::Null; items.len()];
        while let Some(ended) = running.next().await {
            let (index, output) = ended?;
            outputs[index] = output;
        }
        let outputs = Value::Array(outputs);
        sized(&outputs).map(|()| outputs)
    }

    fn tell(&self, place: &Place, event: &Event<'_>) -> Result<(), Thrown> {
        self.engine.observer.event(place, event);
        if self.events.fetch_add(1, Ordering::Relaxed) < EVENTS {
            Ok(())
        } else {
            Err(Thrown::runtime(format!(
                "the execution reached {EVENTS} events at `{place}`"
            )))
        }
    }
}

fn sized(payload: &Value) -> Result<(), Thrown> {
    let size_bytes = payload.to_string().len();
    if size_bytes <= PAYLOAD_BYTES {
        Ok(())
    } else {
        Err(Thrown::data_limit(size_bytes))
    }
}
