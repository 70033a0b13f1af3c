//! `validate` for tests of what a fragment can do at worst: the function of `src/bin/validate.rs`, whose process ends at once
//! when it is shown a fragment that holds the marker. In: what `validate` is asked. Out: what it answers, or no process.
//! Never: a part of what is deployed; the programs of `src/bin` know no marker.

use aws::s3::StateBucket;
use aws::worker::Worker;
use aws::{env, steps};
use contract::Pointer;
use contract::ports::ReadObject as _;
use futures_util::FutureExt as _;
use std::sync::Arc;

/// As `tests/local/conformance.py` writes it into a fragment.
const MARKER: &[u8] = b"promloom-test-poison";

fn main() -> std::process::ExitCode {
    aws::lambda::main("validate", |lookup, sdk| {
        let state = StateBucket::new(sdk, env::read(&env::STATE_BUCKET, lookup)?);
        let held = Arc::new((state, steps::validate(lookup, sdk)?));
        Ok(Worker::new("validate", move |request| {
            let held = Arc::clone(&held);
            async move {
                let (state, worker) = &*held;
                let templated = request.get("templated").cloned().unwrap_or_default();
                if let Ok(pointer) = serde_json::from_value::<Pointer>(templated)
                    && state
                        .read_object(&pointer)
                        .await?
                        .windows(MARKER.len())
                        .any(|it| it == MARKER)
                {
                    std::process::abort();
                }
                worker.work(request).await
            }
            .boxed()
        }))
    })
}
