//! A worker as a Lambda function. In: an invocation's raw JSON. Out: the worker's JSON, or `errorType` =
//! class and `errorMessage` = chain, on which the state machine's Retry and Catch match.
//! Never: lets `lambda_runtime` deserialise a request or name an error (it would use a Rust type's name).

use crate::env::{self, AWS_REGION, Lookup};
use crate::process::{environment, runtime, sdk, start_log};
use crate::worker::Worker;
use aws_config::SdkConfig;
use contract::Failure;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use std::process::ExitCode;

/// The whole `main` of a function. A worker that cannot be made answers every request with the reason, for
/// a process that ends at once leaves only `Runtime.ExitError` in the execution.
pub fn main(name: &'static str, make: fn(Lookup, &SdkConfig) -> Result<Worker, Failure>) -> ExitCode {
    start_log(&environment);
    let served = runtime()
        .map_err(|failure| failure.to_string())
        .and_then(|runtime| {
            runtime.block_on(async {
                let worker = match env::read(&AWS_REGION, &environment) {
                    Ok(region) => make(&environment, &sdk(region).await),
                    Err(failure) => Err(failure),
                };
                let worker = worker.unwrap_or_else(|failure| Worker::unable(name, &failure));
                serve(&worker).await.map_err(|error| error.to_string())
            })
        });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(step = name, "serving {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(worker: &Worker) -> Result<(), lambda_runtime::Error> {
    lambda_runtime::run(service_fn(|event: LambdaEvent<Value>| async {
        worker.work(event.payload).await.map_err(Told)
    }))
    .await
}

/// A failure on its way out. `lambda_runtime` logs its `Debug`, which is class and chain.
struct Told(Failure);

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<Told> for Diagnostic {
    fn from(Told(failure): Told) -> Diagnostic {
        Diagnostic {
            error_type: failure.class.name().to_owned(),
            error_message: failure.chain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::Class;

    #[test]
    fn the_state_machine_sees_class_and_chain() {
        let failure = Failure::new(Class::Throttled, "writing `a`").because("SlowDown");
        let seen = serde_json::to_value(Diagnostic::from(Told(failure))).unwrap();
        let expect = serde_json::json!({ "errorType": "Throttled", "errorMessage": "writing `a`: SlowDown" });
        assert_eq!(seen, expect);
    }
}
