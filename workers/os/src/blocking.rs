//! Calls that hold a thread. In: a closure. Out: its answer, from a thread of the runtime's pool. Never: a
//! retry.

use contract::{Class, Failure};

/// Runs a call that holds its thread (files, names, HTTP) beside the runtime.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let ended = tokio::task::spawn_blocking(call).await;
    ended.unwrap_or_else(|error| {
        Err(Failure::new(Class::Bug, "running a call on its own thread").because(error))
    })
}
