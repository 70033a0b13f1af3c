//! An error as the language knows it: by name. In: a failed task, or one of the engine's own. Out: whether a
//! list of names matches it, and when it is tried again. Never: chooses where an execution goes on.

use contract::{Digest, Failure};
use serde_json::{Value, json};
use std::any::Any;
use std::time::Duration;

/// What was thrown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thrown {
    /// Its name, which `Retry` and `Catch` match on.
    pub error: String,
    /// Why, for people.
    pub cause: String,
}

impl From<Failure> for Thrown {
    fn from(failure: Failure) -> Thrown {
        Thrown::new(failure.class.name(), failure.chain())
    }
}

impl Thrown {
    /// A name that matches every error but the two that end an execution.
    pub(super) const ALL: &'static str = "States.ALL";
    /// Time was up.
    pub(super) const TIMEOUT: &'static str = "States.Timeout";
    const RUNTIME: &'static str = "States.Runtime";
    const DATA_LIMIT: &'static str = "States.DataLimitExceeded";

    /// An error with that name.
    pub fn new(error: impl Into<String>, cause: impl Into<String>) -> Thrown {
        Thrown {
            error: error.into(),
            cause: cause.into(),
        }
    }

    pub(super) fn runtime(cause: impl Into<String>) -> Thrown {
        Thrown::new(Self::RUNTIME, cause)
    }

    pub(super) fn data_limit(size_bytes: usize) -> Thrown {
        let most = super::PAYLOAD_BYTES;
        Thrown::new(
            Self::DATA_LIMIT,
            format!("a payload of {size_bytes} bytes; at most {most} may pass"),
        )
    }

    pub(super) fn timeout(seconds: u64) -> Thrown {
        Thrown::new(Self::TIMEOUT, format!("no answer within {seconds} s"))
    }

    pub(super) fn panic(task: &str, panic: &(dyn Any + Send)) -> Thrown {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("no message");
        Thrown::new(
            contract::Class::Bug.name(),
            format!("running `{task}`: it panicked: {text}"),
        )
    }

    /// Whether it ends the execution whatever is caught.
    fn is_terminal(&self) -> bool {
        self.error == Self::RUNTIME || self.error == Self::DATA_LIMIT
    }

    /// Whether these names, of a retrier or a catcher, match it.
    pub(super) fn is_one_of(&self, names: &[String]) -> bool {
        !self.is_terminal() && names.iter().any(|name| *name == self.error || name == Self::ALL)
    }

    /// What a catcher puts at its `ResultPath`.
    pub(super) fn as_json(&self) -> Value {
        json!({ "Error": self.error, "Cause": self.cause })
    }
}

/// When a task is tried again.
#[derive(Debug)]
pub(crate) struct Retrier {
    pub(super) errors: Vec<String>,
    pub(super) interval_seconds: f64,
    pub(super) max_attempts: u32,
    pub(super) backoff_rate: f64,
    pub(super) max_delay_seconds: f64,
    pub(super) jitter: bool,
}

impl Retrier {
    /// How long to wait after that many attempts before this one. Full jitter takes a share of the whole
    /// pause; here the share follows from `what`, so that the same execution always waits the same.
    pub(super) fn pause(&self, attempts: u32, what: &str) -> Duration {
        let exponent = i32::try_from(attempts).unwrap_or(i32::MAX);
        let whole = (self.interval_seconds * self.backoff_rate.powi(exponent)).min(self.max_delay_seconds);
        let share = if self.jitter {
            let digest = Digest::of(format!("{what} {attempts}").as_bytes());
            let digits = u32::from_str_radix(&digest.short()[..8], 16).unwrap_or(u32::MAX);
            f64::from(digits) / f64::from(u32::MAX)
        } else {
            1.0
        };
        Duration::try_from_secs_f64(whole * share).unwrap_or(Duration::MAX)
    }
}
