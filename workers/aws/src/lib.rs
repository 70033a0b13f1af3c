//! The only crate that knows AWS, Lambda, activities and the environment.
//!
//! In: requests of Step Functions. Out: the steps' answers. Never: decides what a step decides.
//!
//! | file | what |
//! |---|---|
//! | [`steps`] | what each step is given: the list of capabilities |
//! | `grant.rs` | how that list becomes a type |
//! | [`trigger`] | a burst of pushes becomes one run |
//! | [`pushgateway_gc`] | groups that nobody pushes any more are deleted, on a schedule |
//! | [`lambda`], [`activity`] | the two hosts; the same worker answers the same in both |
//! | [`worker`] | a step with its ports: JSON in, JSON out, one line in the log |
//! | [`s3`], [`sns`] | ports over AWS |
//! | `emf.rs` | counts become CloudWatch metrics, through the log |
//! | `classify.rs` | why a call failed |
//! | [`env`] | every variable, read once |
//! | `process.rs` | environment, log and SDK of a process |

#[macro_use]
mod grant;

pub mod activity;
mod classify;
mod emf;
pub mod env;
pub mod lambda;
pub mod process;
pub mod pushgateway_gc;
pub mod s3;
pub mod sns;
pub mod steps;
pub mod trigger;
pub mod worker;
