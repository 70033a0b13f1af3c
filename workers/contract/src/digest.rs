//! Content addresses. In: bytes. Out: a SHA-256 digest, a pointer. Never: where the bytes are kept.

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// A SHA-256 digest as 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(
            Sha256::digest(bytes)
                .iter()
                .fold(String::with_capacity(64), |mut text, byte| {
                    // Writing to a String cannot fail.
                    let _infallible = write!(text, "{byte:02x}");
                    text
                }),
        )
    }

    /// The digest that this text is, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Digest> {
        let hex = text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        hex.then(|| Digest(text.to_owned()))
    }

    /// All 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits: how a generation is called where people read it.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = String::deserialize(deserializer)?;
        Digest::parse(&text).ok_or_else(|| {
            serde::de::Error::custom(format!(
                "not a SHA-256 digest in 64 lower-case hexadecimal digits: `{text}`"
            ))
        })
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a document lies in the state bucket: `objects/sha256/<digest>`. States pass pointers, never documents
/// (a payload over 262,144 bytes ends an execution uncatchably).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// The digest of the bytes; reading checks it.
    pub digest: Digest,
    /// How many bytes.
    pub size_bytes: u64,
}

impl Pointer {
    /// The pointer to these bytes.
    #[must_use]
    pub fn to(bytes: &[u8]) -> Pointer {
        Pointer {
            digest: Digest::of(bytes),
            size_bytes: bytes.len() as u64,
        }
    }

    /// The key in the state bucket.
    #[must_use]
    pub fn key(&self) -> String {
        format!("objects/sha256/{}", self.digest)
    }
}
