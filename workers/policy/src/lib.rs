//! The platform team's guardrails, `base/policy.yml`: what teams may not do, and what is done for them.
//!
//! In: the file's bytes. Out: a [`Policy`], whole, and as it is [for an owner](Policy::of).
//! Never: opens anything because it could not be read: who has no readable policy takes the last good one, or the
//! documented default.
//!
//! | file | what |
//! |---|---|
//! | `policy.rs` | the types and their defaults |
//! | `pushgateway.rs` | how old a Pushgateway's group may become |
//! | `read.rs` | bytes -> policy, or why not |
//! | `duration.rs` | durations as Prometheus writes them |
//! | `pattern.rs` | patterns of lists |
//! | `enforce.rs` | a fragment's tree as the policy has it: owner labels, limits |

mod duration;
mod enforce;
mod pattern;
mod policy;
mod pushgateway;
mod read;

pub use duration::Duration;
pub use enforce::{Change, Enforced, enforce};
pub use pattern::listed;
pub use policy::{Exemption, Fragments, Jobs, Metrics, Modules, Policy, Rules, Shrink};
pub use pushgateway::Pushgateway;
pub use read::{Unreadable, read, settled};
