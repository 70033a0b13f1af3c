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

/// Here and not in each of the programs, for whatever has the real world behind its ports is one of them: fetch to notify hold trees and
/// documents of millions of small pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

pub use clock::SystemClock;
pub use http::Http;
pub use tool::Tools;
pub use volume::Folder;
