//! Bytes -> policy. In: the file. Out: the policy, or what is wrong with it and where. Never: a part of a policy.

use crate::Policy;
use contract::ports::ReadObject;
use contract::{Class, Failure, Source};

/// Why a file is no policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Line, from 1, where it is known.
    pub line: Option<u32>,
    /// Column in characters, from 1.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
}

/// Reads `base/policy.yml`.
pub fn read(bytes: &[u8]) -> Result<Policy, Unreadable> {
    let policy: Policy = serde_yaml::from_slice(bytes).map_err(|error| {
        let location = error.location();
        let number = |number: u64| u32::try_from(number).ok();
        Unreadable {
            line: location.and_then(|at| number(at.line())),
            column: location.and_then(|at| number(at.column())),
            message: error.to_string(),
        }
    })?;
    for (owner, exemption) in &policy.owners {
        let wrong = |message: String| Unreadable {
            line: None,
            column: None,
            message: format!("`owners.{owner}`: {message}"),
        };
        if exemption.reason.trim().is_empty() {
            return Err(wrong("say the `reason` why it is exempt".into()));
        }
        policy
            .exempted(exemption)
            .map_err(|error| wrong(error.to_string()))?;
    }
    Ok(policy)
}

/// The policy that Fetch settled on; none: the default. `Rejected` if it cannot be read: Fetch could.
pub async fn settled(ports: &impl ReadObject, source: Option<&Source>) -> Result<Policy, Failure> {
    let Some(source) = source else {
        return Ok(Policy::default());
    };
    read(&ports.read_object(&source.document).await?).map_err(|unreadable| {
        let doing = format!("reading `{}`, version `{}`", source.key, source.version_id);
        Failure::new(Class::Rejected, doing).because(unreadable.message)
    })
}
