//! The words that every step, host and test shares.
//!
//! In: nothing. Out: types. Never: AWS, Lambda, tokio, files, environment, network, the clock, YAML.
//!
//! | file | words |
//! |---|---|
//! | `step.rs` | [`Step`]: the seven, in order, with the one name each has everywhere; [`Author`] of a record |
//! | `component.rs` | [`Component`] |
//! | `key.rs` | [`Key`]: what an object key of the config bucket means; its owner |
//! | `digest.rs` | [`Digest`], [`Pointer`]: content addresses |
//! | `timestamp.rs` | [`Timestamp`] |
//! | `failure.rs` | [`Failure`], [`Class`]: a step could not answer |
//! | `problem.rs` | [`Problem`], [`Severity`], [`Verdict`]: what is wrong with a fragment, as data |
//! | `documents.rs` | what steps leave for each other: [`Snapshot`], [`Batch`], [`Configuration`], [`Head`] … |
//! | `suspicion.rs` | [`Suspicion`]: what a lane remembers of a refused reload |
//! | `notice.rs` | [`Notice`], [`Kind`] |
//! | `version.rs` | [`Version`] of Prometheus |
//! | `ports.rs` | one trait per thing a step can do to the world |
//! | `answer.rs` | JSON in, JSON out, a record in the journal: the same around every step in every host |
//! | `each.rs` | [`each`]: the same work for each of many, on all processors |
//! | `memory.rs` | the ports over memory, for every test |

mod answer;
mod component;
mod digest;
mod documents;
mod each;
mod failure;
mod key;
pub mod memory;
mod notice;
pub mod ports;
mod problem;
mod step;
mod suspicion;
mod timestamp;
mod version;

pub use answer::answer;
pub use component::Component;
pub use digest::{Digest, Pointer};
pub use documents::{
    Batch, Configuration, FragmentVerdict, Gathered, GatheredBatch, Generation, Head, Item, Judged,
    JudgedItem, Killed, Origin, Record, Role, Size, Snapshot, Source, Templated, TemplatedItem, Verdicts,
    read_document, read_head, read_templated, write_document, write_templated,
};
pub use each::{each, each_on};
pub use failure::{Cause, Class, Failure};
pub use key::{Key, PLATFORM};
pub use notice::{Kind, Notice};
pub use problem::{Finding, Problem, Severity, Verdict, lines};
pub use step::{Author, Scheduled, Step};
pub use suspicion::{NOT_APPLIED, Suspicion};
pub use timestamp::Timestamp;
pub use version::Version;
