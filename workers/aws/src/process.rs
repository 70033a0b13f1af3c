//! What both hosts do when their process starts: environment, log, SDK. In: the process. Out: what workers
//! are made of.
//! Never: used after the start.

use crate::env::{self, LOG_LEVEL, Lookup};
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use contract::{Class, Failure};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// Looks a name up in the process's environment.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where the environment is read"
    )]
    std::env::var(name).ok()
}

/// One JSON object a line on standard output, fields at its top level.
pub(crate) fn start_log(lookup: Lookup) {
    let level = env::read(&LOG_LEVEL, lookup).unwrap_or_else(|_| "info".into());
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(filter);
    // A second subscriber can only be a test's.
    let _already_there = log.try_init();
}

pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Class::Unavailable, "starting the worker's threads").because(error))
}

/// Credentials as AWS's tools find them. One attempt: Step Functions owns retries, and two owners multiply.
pub async fn sdk(region: String) -> SdkConfig {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_mins(1))
        .build();
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .region(Region::new(region))
        .retry_config(RetryConfig::disabled())
        .timeout_config(timeouts)
        .load()
        .await
}
