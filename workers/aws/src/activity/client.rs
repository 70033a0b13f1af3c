//! The calls of an activity's worker, over Step Functions. In: [`Tasks`] calls. Out: one SDK call each.
//! Never: tries again, logs a token.

use super::{Hold, Task, Tasks};
use crate::classify::failure;
use aws_config::SdkConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::http::HttpResponse;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use contract::Failure;
use std::time::Duration;

/// Step Functions holds a poll for 60 s and asks for a client that waits longer than 65.
const POLL_TIMEOUT: Duration = Duration::from_secs(75);

/// One activity of Step Functions.
#[derive(Debug, Clone)]
pub struct Activity {
    client: Client,
    arn: String,
    worker_name: String,
}

impl Activity {
    /// The activity of that name; `worker_name` is what the console shows beside each task.
    #[must_use]
    pub fn new(sdk: &SdkConfig, arn: String, worker_name: String) -> Activity {
        let client = Client::new(sdk);
        Activity {
            client,
            arn,
            worker_name,
        }
    }
}

impl Tasks for Activity {
    async fn next(&self) -> Result<Option<Task>, Failure> {
        let timeouts = TimeoutConfig::builder().operation_timeout(POLL_TIMEOUT).build();
        let patient = aws_sdk_sfn::Config::builder()
            .timeout_config(timeouts)
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        let request = self
            .client
            .get_activity_task()
            .activity_arn(&self.arn)
            .worker_name(&self.worker_name);
        let answer = request.customize().config_override(patient).send().await;
        let answer = answer.map_err(|error| failure(format!("polling activity `{}`", self.arn), error))?;
        let token = answer.task_token.filter(|token| !token.is_empty());
        Ok(token.map(|token| Task {
            token,
            input: answer.input.unwrap_or_default(),
        }))
    }

    async fn heartbeat(&self, token: &str) -> Result<Hold, Failure> {
        let sent = self.client.send_task_heartbeat().task_token(token).send().await;
        held(sent, || format!("sending a heartbeat to activity `{}`", self.arn))
    }

    async fn succeed(&self, token: &str, output: &str) -> Result<Hold, Failure> {
        let sent = self
            .client
            .send_task_success()
            .task_token(token)
            .output(output)
            .send()
            .await;
        held(sent, || format!("answering a task of activity `{}`", self.arn))
    }

    async fn fail(&self, token: &str, error: &str, cause: &str) -> Result<Hold, Failure> {
        let sent = self
            .client
            .send_task_failure()
            .task_token(token)
            .error(error)
            .cause(cause)
            .send()
            .await;
        held(sent, || format!("failing a task of activity `{}`", self.arn))
    }
}

fn held<T, E>(sent: Result<T, SdkError<E, HttpResponse>>, doing: impl Fn() -> String) -> Result<Hold, Failure>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Err(error) = sent else {
        return Ok(Hold::Kept);
    };
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        // An emulator says `InvalidToken` where AWS says `TaskTimedOut`.
        Some("TaskTimedOut" | "TaskDoesNotExist" | "InvalidToken") => Ok(Hold::Lost),
        _ => Err(failure(doing(), error)),
    }
}
