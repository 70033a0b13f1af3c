//! The ports of a desk: a folder laid out like the config bucket, a folder of state, a folder as volume, and
//! the operating system. In: paths. Out: every port. Never: AWS; the config folder changed.
//!
//! | file | what |
//! |---|---|
//! | `bucket.rs` | [`Bucket`]: `ListConfig`, `ReadConfig` |
//! | `state.rs` | [`State`]: documents, journal, projections, notices |
//! | `disk.rs` | what a disk refuses; whole files |

mod bucket;
mod disk;
mod state;
#[cfg(test)]
mod tests;

pub use bucket::{Bucket, TOPS};
pub use state::State;

use contract::ports::{
    AppendRecord, CallReplica, Clock, Etag, HttpAnswer, ListConfig, Listed, Method, Publish, ReadConfig,
    ReadObject, ReadProjection, RunTool, ToolAnswer, ToolCall, Unread, Volume, WriteObject, WriteProjection,
};
use contract::{Component, Digest, Failure, Generation, Notice, Pointer, Record, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything that a run at a desk can do.
pub struct Desk {
    /// What teams want.
    pub bucket: Bucket,
    /// What was done.
    pub state: State,
    /// What the processes read.
    pub volume: os::Folder,
    /// The real tools.
    pub tools: os::Tools,
    /// The replicas.
    pub http: os::Http,
    /// The time.
    pub clock: os::SystemClock,
}

impl Clock for Desk {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

impl ListConfig for Desk {
    async fn list(&self, as_of: Option<Timestamp>) -> Result<Vec<Listed>, Failure> {
        self.bucket.list(as_of).await
    }
}

impl ReadConfig for Desk {
    async fn read_version(&self, key: &str, version_id: &str) -> Result<Vec<u8>, Unread> {
        self.bucket.read_version(key, version_id).await
    }
}

impl ReadObject for Desk {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        self.state.read_object(pointer).await
    }
}

impl WriteObject for Desk {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        self.state.write_object(bytes).await
    }
}

impl AppendRecord for Desk {
    async fn append(&self, record: &Record) -> Result<(), Failure> {
        self.state.append(record).await
    }
}

impl ReadProjection for Desk {
    async fn read_projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        self.state.read_projection(name).await
    }
}

impl WriteProjection for Desk {
    async fn write_projection(
        &self,
        name: &str,
        value: &Value,
        replaces: Option<&Etag>,
    ) -> Result<(), Failure> {
        self.state.write_projection(name, value, replaces).await
    }
}

impl Publish for Desk {
    async fn publish(&self, notice: &Notice) -> Result<(), Failure> {
        self.state.publish(notice).await
    }
}

impl Volume for Desk {
    async fn live(&self, component: Component) -> Result<Option<Generation>, Failure> {
        self.volume.live(component).await
    }

    async fn generations(&self, component: Component) -> Result<Vec<Generation>, Failure> {
        self.volume.generations(component).await
    }

    async fn file_digests(
        &self,
        component: Component,
        generation: &Generation,
    ) -> Result<BTreeMap<String, Digest>, Failure> {
        self.volume.file_digests(component, generation).await
    }

    async fn stage(
        &self,
        component: Component,
        generation: &Generation,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        self.volume.stage(component, generation, files).await
    }

    async fn flip(
        &self,
        component: Component,
        from: Option<&Generation>,
        to: &Generation,
    ) -> Result<(), Failure> {
        self.volume.flip(component, from, to).await
    }

    async fn remove(&self, component: Component, generation: &Generation) -> Result<(), Failure> {
        self.volume.remove(component, generation).await
    }
}

impl RunTool for Desk {
    async fn run_tool(&self, call: ToolCall) -> Result<ToolAnswer, Failure> {
        self.tools.run_tool(call).await
    }
}

impl CallReplica for Desk {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        self.http.addresses(url).await
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        timeout: Duration,
    ) -> Result<HttpAnswer, Failure> {
        self.http.call(method, url, address, timeout).await
    }
}
