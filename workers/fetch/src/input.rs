//! What an execution may be started with. In: any JSON. Out: the input, or a failure that shows a right one.
//! Never: a default that changes what is deployed.

use contract::{Class, Failure, Pointer, Timestamp};
use serde::Deserialize;
use serde_json::Value;

/// Everything is optional: `{}` and `null` mean the bucket as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Input {
    /// The snapshot of an earlier run, to do exactly that run again.
    pub snapshot: Option<Pointer>,
    /// The bucket as it was at that moment.
    pub as_of: Option<Timestamp>,
    /// Carried through for the guard against configurations that lose much at once (`deploy` has it).
    pub allow_shrink: bool,
    /// Why somebody started it; for people.
    pub reason: Option<String>,
    /// Which keys an event named; for people: a run always takes all of the bucket.
    pub keys: Vec<String>,
}

const EXAMPLE: &str = r#"{"as_of": "2026-11-22T17:00:00Z", "reason": "back to before the release"}"#;

impl Input {
    /// Understands what an execution was started with.
    pub fn parse(value: &Value) -> Result<Input, Failure> {
        let wrong = |what: &str| {
            Failure::new(
                Class::InvalidRequest,
                format!(
                    "reading the execution's input ({what}); give {{}} for the bucket as it is, or {EXAMPLE}"
                ),
            )
        };
        if value.is_null() {
            return Ok(Input::default());
        }
        // A list would do for serde, field by field; nobody means that.
        if !value.is_object() {
            return Err(wrong("it is no JSON object"));
        }
        let input: Input = serde_json::from_value(value.clone()).map_err(|error| {
            wrong("fields are snapshot, as_of, allow_shrink, reason and keys").because(error)
        })?;
        if input.snapshot.is_some() && input.as_of.is_some() {
            return Err(wrong("snapshot and as_of exclude each other"));
        }
        Ok(input)
    }
}
