//! A step could not answer. In: what it was doing and why not. Out: a class that the state machine acts on.
//! Never: a finding about a fragment (that is a `Problem`), and never a silent cause: the chain keeps every source.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::error::Error;

/// Why a step could not answer. The names are an interface: `Retry` and `Catch` of the state machine match on them,
/// so they are PascalCase and begin neither with `States.` (reserved by the language) nor with `Lambda.`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The other side asked for fewer calls: 429, `SlowDown`, throttling codes.
    Throttled,
    /// The other side did not answer, answered 5xx, or has no address now: a service that starts has none for a while. A disk that is full or gone.
    Unavailable,
    /// Somebody else wrote first: a precondition failed. The step reads again when it is tried again.
    Stale,
    /// The real tool or the worker ran out of time or memory on this input.
    Exhausted,
    /// The process of a component was told to reload, read the configuration and refused it. Something in it may be why.
    ReloadRefused,
    /// The input cannot become a running configuration: a document that is not what it says, a reload without its proof.
    Rejected,
    /// A named thing does not exist: an object, a version, a program. Not a host name: what resolves to nothing now may a moment later.
    NotFound,
    /// Permission was refused, or the disk is read-only.
    Denied,
    /// The JSON does not fit the request.
    InvalidRequest,
    /// An invariant of ours broke.
    Bug,
}

impl Class {
    /// All classes.
    pub const ALL: [Class; 10] = [
        Self::Throttled,
        Self::Unavailable,
        Self::Stale,
        Self::Exhausted,
        Self::ReloadRefused,
        Self::Rejected,
        Self::NotFound,
        Self::Denied,
        Self::InvalidRequest,
        Self::Bug,
    ];

    /// The name that the state machine sees: `errorType` of a function, `error` of an activity.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled => "Throttled",
            Self::Unavailable => "Unavailable",
            Self::Stale => "Stale",
            Self::Exhausted => "Exhausted",
            Self::ReloadRefused => "ReloadRefused",
            Self::Rejected => "Rejected",
            Self::NotFound => "NotFound",
            Self::Denied => "Denied",
            Self::InvalidRequest => "InvalidRequest",
            Self::Bug => "Bug",
        }
    }

    /// Whether the same request may succeed a moment later. The state machine's `Retry` lists are tested against it.
    #[must_use]
    pub fn retryable(self) -> bool {
        match self {
            Self::Throttled | Self::Unavailable | Self::Stale => true,
            Self::Exhausted
            | Self::ReloadRefused
            | Self::Rejected
            | Self::NotFound
            | Self::Denied
            | Self::InvalidRequest
            | Self::Bug => false,
        }
    }
}

impl std::fmt::Display for Class {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A step could not answer. `Display` says only what was being done; [`chain`](Failure::chain) says why as well and is
/// printed once, at the edge. `Debug` is the chain too, because `lambda_runtime` logs a handler's error with `Debug`.
pub struct Failure {
    /// What the state machine does about it.
    pub class: Class,
    /// What was being done, a present participle with the names that matter, and what to do about it where we know:
    /// ``reading `base/prometheus.yml` version `abc` of bucket `config` ``.
    pub doing: String,
    source: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// A failure with no cause below it.
    pub fn new(class: Class, doing: impl Into<String>) -> Failure {
        Failure {
            class,
            doing: doing.into(),
            source: None,
        }
    }

    /// With the error that caused it.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Failure {
        self.source = Some(source.into());
        self
    }

    /// The longest cause that is told, in characters. Eight batches of causes must fit into one payload.
    pub const CHAIN_CHARACTERS: usize = 2000;

    /// What was being done and every cause below it, on one line, joined by `: `, cut at [`Failure::CHAIN_CHARACTERS`].
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.doing.clone();
        let mut next = self.source();
        while let Some(error) = next {
            text.push_str(": ");
            text.push_str(&error.to_string());
            next = error.source();
        }
        let line = text.replace(['\n', '\r'], " ");
        if line.chars().count() <= Self::CHAIN_CHARACTERS {
            return line;
        }
        line.chars()
            .take(Self::CHAIN_CHARACTERS - 1)
            .chain(['…'])
            .collect()
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.doing)
    }
}

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.class, self.chain())
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source
            .as_deref()
            .map(|error| error as &(dyn Error + 'static))
    }
}

/// An error as `Catch` hands it over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The name: a class of ours or one of the engine's.
    #[serde(rename = "Error")]
    pub error: String,
    /// Why. Of a function it is JSON, of an activity text.
    #[serde(rename = "Cause", default)]
    pub cause: Option<String>,
}

impl Cause {
    /// Why, whoever ran the step.
    #[must_use]
    pub fn text(&self) -> String {
        let cause = self.cause.clone().unwrap_or_default();
        let message = match serde_json::from_str::<Value>(&cause) {
            Ok(Value::Object(of_function)) => of_function
                .get("errorMessage")
                .and_then(Value::as_str)
                .map(str::to_owned),
            _ => None,
        };
        message.unwrap_or(cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiler asks for a new one.
    fn after(class: Class) -> Option<Class> {
        match class {
            Class::Throttled => Some(Class::Unavailable),
            Class::Unavailable => Some(Class::Stale),
            Class::Stale => Some(Class::Exhausted),
            Class::Exhausted => Some(Class::ReloadRefused),
            Class::ReloadRefused => Some(Class::Rejected),
            Class::Rejected => Some(Class::NotFound),
            Class::NotFound => Some(Class::Denied),
            Class::Denied => Some(Class::InvalidRequest),
            Class::InvalidRequest => Some(Class::Bug),
            Class::Bug => None,
        }
    }

    #[test]
    fn all_of_them_are_there() {
        let all: Vec<Class> = std::iter::successors(Some(Class::Throttled), |class| after(*class)).collect();
        assert_eq!(all, Class::ALL);
    }
}
