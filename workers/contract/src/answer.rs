//! The same around every step in every host: JSON in, JSON out, one record in the journal.
//! Never: chooses a step or a port.

use crate::ports::AppendRecord;
use crate::{Author, Class, Component, Failure, Record};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::future::Future;

/// Answers a raw request with a step. A request that does not fit fails as `InvalidRequest` (a host must not let its
/// own runtime deserialise it: that failure would carry a Rust type's name). What was asked and answered goes into the
/// journal, if the request names a run; a record that cannot be written fails the step, for the journal is the truth.
pub async fn answer<Request, Response, Running>(
    journal: &impl AppendRecord,
    step: impl Into<Author>,
    request: Value,
    run: impl FnOnce(Request) -> Running,
) -> Result<Value, Failure>
where
    Request: DeserializeOwned,
    Response: Serialize,
    Running: Future<Output = Result<Response, Failure>>,
{
    let step = step.into();
    let outcome = async {
        let typed: Request = serde_json::from_value(request.clone()).map_err(|error| {
            Failure::new(Class::InvalidRequest, format!("reading the request of `{step}`")).because(error)
        })?;
        let response = run(typed).await?;
        serde_json::to_value(&response).map_err(|error| {
            Failure::new(Class::Bug, format!("writing the response of `{step}`")).because(error)
        })
    }
    .await;
    let Some(name) = request.get("run").and_then(Value::as_str).map(str::to_owned) else {
        return outcome;
    };
    let component = request
        .get("component")
        .and_then(Value::as_str)
        .and_then(Component::from_name);
    let (response, failure) = match &outcome {
        Ok(response) => (Some(response.clone()), None),
        Err(failure) => (
            None,
            Some(json!({ "class": failure.class.name(), "cause": failure.chain() })),
        ),
    };
    let written = journal
        .append(&Record {
            run: name,
            step,
            component,
            request,
            response,
            failure,
        })
        .await;
    // The step's own failure is the one to tell.
    outcome.and_then(|response| written.map(|()| response))
}
