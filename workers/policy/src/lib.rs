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
//! | `schema.rs` | what a file may hold: JSON schema, commented default, misfits |
//! | `read.rs` | bytes -> policy, or all that is wrong; any file of ours by its schema |
//! | `closest.rs` | what was probably meant |
//! | `duration.rs` | durations as Prometheus writes them |
//! | `pattern.rs` | patterns of lists and paths |
//! | `target.rs` | hosts that nobody may scrape, however they are spelled |
//! | `enforce.rs` | a fragment's tree as the policy has it: owner labels, limits |

mod closest;
mod duration;
mod enforce;
mod pattern;
mod policy;
mod pushgateway;
mod read;
mod schema;
mod target;

pub use closest::closest;
pub use duration::Duration;
pub use enforce::{Clamp, clamps, enforce};
pub use pattern::{listed, matches};
pub use policy::{Exemption, Fragments, Jobs, Metrics, Modules, Policy, Rules, Shrink};
pub use pushgateway::Pushgateway;
pub use read::{read, settled, typed};
pub use schema::{SCHEMA, document};
pub use target::{Denial, host, is_broken_ipv4, is_own_host};
