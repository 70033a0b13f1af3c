//! The desk: folders instead of buckets, and the state machine in this process.
pub mod engine;
