//! A step with everything it needs, ready for a host. In: raw JSON. Out: raw JSON or a failure, and one
//! line in the log.
//! Never: knows whether a function or an activity asked.

use crate::s3::StateBucket;
use contract::{Class, Failure, Step, answer};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::time::Instant;

type Answer = Result<Value, Failure>;

/// One step, or the trigger.
pub struct Worker {
    name: &'static str,
    run: Box<dyn Fn(Value) -> BoxFuture<'static, Answer> + Send + Sync>,
}

impl Worker {
    /// A worker of this name.
    pub fn new(
        name: &'static str,
        run: impl Fn(Value) -> BoxFuture<'static, Answer> + Send + Sync + 'static,
    ) -> Worker {
        let run = Box::new(run);
        Worker { name, run }
    }

    /// A step over its ports, with the journal beside them: only the host writes there.
    pub fn of_step<Ports, Request, Response>(
        step: Step,
        journal: StateBucket,
        ports: Ports,
        run: for<'a> fn(&'a Ports, Request) -> BoxFuture<'a, Result<Response, Failure>>,
    ) -> Worker
    where
        Ports: Send + Sync + 'static,
        Request: DeserializeOwned + Send + 'static,
        Response: Serialize + Send + 'static,
    {
        let held = Arc::new((journal, ports));
        Worker::new(step.name(), move |request| {
            let held = Arc::clone(&held);
            async move {
                let (journal, ports) = &*held;
                answer(journal, step, request, |request| {
                    unwound(step.name(), run(ports, request))
                })
                .await
            }
            .boxed()
        })
    }

    /// Answers every request with the same failure: what a worker that was set up wrongly has to say. Where
    /// it can be seen: in the execution, not only in the log of a process that ended.
    #[must_use]
    pub fn unable(name: &'static str, failure: &Failure) -> Worker {
        let (class, doing) = (failure.class, failure.chain());
        Worker::new(name, move |_| {
            let failure = Failure::new(class, doing.clone());
            async { Err(failure) }.boxed()
        })
    }

    /// The word for it in the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Answers one request and logs that it did. The cause of a failure is the host's to log.
    pub async fn work(&self, request: Value) -> Answer {
        let text = |field: &str| request.get(field).and_then(Value::as_str).map(str::to_owned);
        let (run, component) = (text("run"), text("component"));
        let begun = Instant::now();
        let answer = unwound(self.name, (self.run)(request)).await;
        let (outcome, class) = match &answer {
            Ok(response) => (
                response
                    .get("outcome")
                    .and_then(Value::as_str)
                    .unwrap_or("answered"),
                None,
            ),
            Err(failure) => ("failed", Some(failure.class.name())),
        };
        let duration_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(
            step = self.name,
            run,
            component,
            outcome,
            class,
            duration_ms,
            "{} {outcome}",
            self.name
        );
        answer
    }
}

/// A panic becomes a `Bug`: `lambda_runtime` would give the state machine the name of a Rust type.
async fn unwound<T>(name: &str, running: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    AssertUnwindSafe(running)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| {
            let said = panic
                .downcast_ref::<&str>()
                .map(|said| (*said).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned());
            let failure = Failure::new(Class::Bug, format!("running `{name}`, which panicked"));
            Err(failure.because(said.unwrap_or_else(|| "it did not say why".into())))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[tokio::test]
    async fn a_panic_is_a_bug() {
        let worker = Worker::new("merge", |_| async { panic!("index out of range") }.boxed());
        let failure = worker.work(json!({})).await.unwrap_err();
        assert_eq!(
            format!("{failure:?}"),
            "Bug: running `merge`, which panicked: index out of range"
        );
    }

    #[tokio::test]
    async fn a_worker_that_was_set_up_wrongly_says_so_each_time() {
        let missing =
            || Failure::new(Class::InvalidRequest, "reading the environment").because("`X` is not set");
        let worker = Worker::unable("merge", &missing());
        for _ in 0..2 {
            let failure = worker.work(json!({})).await.unwrap_err();
            assert_eq!(format!("{failure:?}"), format!("{:?}", missing()));
        }
    }
}
