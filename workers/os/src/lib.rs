//! The operating system behind the ports: the adapters that every host shares.
//!
//! In and out: the ports of `contract`. Never: AWS, the environment, a step, a decision.
//!
//! | file | port |
//! |---|---|
//! | `clock.rs` | [`SystemClock`]: `Clock` |
//! | `http.rs` | [`Http`]: `CallReplica` |
//! | `tool.rs` | [`Tools`]: `RunTool` |
//! | `volume.rs` | [`Folder`]: `Volume` |
//!
//! Files, names and HTTP hold a thread each while they wait (`blocking.rs`); a tokio runtime must be there.

mod blocking;
mod clock;
mod http;
mod tool;
mod volume;

/// For every program that has this crate: trees of YAML are millions of small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use clock::SystemClock;
pub use http::Http;
pub use tool::Tools;
pub use volume::Folder;
