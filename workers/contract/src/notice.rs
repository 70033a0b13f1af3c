//! What a team is told. In: an owner, a kind, texts. Out: one SNS message. Never: how it is sent.

use crate::Component;
use serde::{Deserialize, Serialize};

/// What a notice is about; a message attribute, so that people can subscribe to some kinds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// New versions are live.
    Live,
    /// New versions were rejected; their last good versions serve.
    HeldBack,
    /// Fragments were rejected and nothing of them serves.
    Rejected,
    /// Unit tests of rules fail.
    TestFailed,
    /// New versions are in order, but their component's configuration is not live; the platform team knows why.
    Waiting,
    /// A run could not finish, or a component's configuration is not live. Goes to the platform team.
    Failed,
    /// What failed is over. Goes to the platform team.
    Recovered,
    /// The platform's own files have problems, or its server refuses versions that its checker accepts; what runs is proven all the same.
    /// Goes to the platform team.
    PlatformFiles,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Self::Live,
        Self::HeldBack,
        Self::Rejected,
        Self::TestFailed,
        Self::Waiting,
        Self::Failed,
        Self::Recovered,
        Self::PlatformFiles,
    ];

    /// Its name in the attribute `kind`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::HeldBack => "held_back",
            Self::Rejected => "rejected",
            Self::TestFailed => "test_failed",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Recovered => "recovered",
            Self::PlatformFiles => "platform_files",
        }
    }
}

/// One SNS message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Attribute `owner`.
    pub owner: String,
    /// Attribute `kind`.
    pub kind: Kind,
    /// Attribute `component`, a `String.Array`; empty when the notice is about the run as a whole.
    pub components: Vec<Component>,
    /// At most 100 printable ASCII characters (SNS's limit).
    pub subject: String,
    /// For people.
    pub text: String,
    /// For machines: a JSON object.
    pub json: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The compiler asks for a new one.
    fn after(kind: Kind) -> Option<Kind> {
        match kind {
            Kind::Live => Some(Kind::HeldBack),
            Kind::HeldBack => Some(Kind::Rejected),
            Kind::Rejected => Some(Kind::TestFailed),
            Kind::TestFailed => Some(Kind::Waiting),
            Kind::Waiting => Some(Kind::Failed),
            Kind::Failed => Some(Kind::Recovered),
            Kind::Recovered => Some(Kind::PlatformFiles),
            Kind::PlatformFiles => None,
        }
    }

    #[test]
    fn all_of_them_are_there() {
        let all: Vec<Kind> = std::iter::successors(Some(Kind::Live), |kind| after(*kind)).collect();
        assert_eq!(all, Kind::ALL);
    }
}
