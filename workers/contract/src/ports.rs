//! What a step can do to the world: one trait per thing. A step names the traits it needs and can do nothing else.
//!
//! In and out: plain data. Never: a type of AWS, of a file system or of an HTTP library. Every call that fails, fails
//! with a [`Failure`] that says what was being done; a port never retries (Step Functions owns retries).

use crate::{Component, Digest, Failure, Generation, Notice, Pointer, Record, Timestamp, Version};
use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

/// Reads the time and lets it pass.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
    /// Waits.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;
}

/// One object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// Its version.
    pub version_id: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// Lists the config bucket.
pub trait ListConfig: Send + Sync {
    /// Every object as it is now, or as it was at that moment; deleted ones are absent. In key order. All or a
    /// failure: a listing that broke off is never returned, for what it lacks would look deleted.
    fn list(&self, as_of: Option<Timestamp>) -> impl Future<Output = Result<Vec<Listed>, Failure>> + Send;
}

/// How a version was put that is there and does not give its bytes. Closed, so that each has its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// In a storage class or tier that has to be restored first.
    Archived,
    /// Encrypted with a key that only who put it has (SSE-C).
    CustomerKey,
    /// Of this one the permission was refused, mostly by a KMS key that is not the bucket's, or is gone.
    Denied,
    /// A file that the system does not let us open.
    File,
    /// A link that leads to no file of the folder.
    Link,
}

/// A version was not read.
#[derive(Debug)]
pub enum Unread {
    /// It may be as it should; nothing is known of it.
    Failed(Failure),
    /// The answer that one gets whose way of being put keeps its bytes, and the same answer whenever it is asked for. Whether nothing at all can
    /// be read, one answer does not tell.
    Withheld(Withheld, Failure),
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Unread {
        Unread::Failed(failure)
    }
}

impl Unread {
    /// For who needs just this version, it is a failure either way.
    #[must_use]
    pub fn failure(self) -> Failure {
        match self {
            Unread::Failed(failure) | Unread::Withheld(_, failure) => failure,
        }
    }
}

/// Reads the config bucket.
pub trait ReadConfig: Send + Sync {
    /// The bytes of exactly that version. `NotFound` if it is gone.
    fn read_version(
        &self,
        key: &str,
        version_id: &str,
    ) -> impl Future<Output = Result<Vec<u8>, Unread>> + Send;
}

/// Reads `objects/` of the state bucket.
pub trait ReadObject: Send + Sync {
    /// The bytes, whose digest has been checked. `NotFound` if absent, `Rejected` if they are others.
    fn read_object(&self, pointer: &Pointer) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send;
}

/// Writes `objects/` of the state bucket.
pub trait WriteObject: Send + Sync {
    /// Writes the bytes at their content address; writing them again changes nothing.
    fn write_object(&self, bytes: Vec<u8>) -> impl Future<Output = Result<Pointer, Failure>> + Send;
}

/// Appends to the journal.
pub trait AppendRecord: Send + Sync {
    /// Writes the record at [`Record::key`].
    fn append(&self, record: &Record) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Which write of a projection was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Etag(pub String);

/// Reads the projections of the journal: `heads/…`, `status/…`.
pub trait ReadProjection: Send + Sync {
    /// The JSON under that name and which write it is; none if there is none yet.
    fn read_projection(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<(serde_json::Value, Etag)>, Failure>> + Send;
}

/// Writes the projections of the journal.
pub trait WriteProjection: Send + Sync {
    /// Replaces the write that was read (`None`: there was none). `Stale` if another came between.
    fn write_projection(
        &self,
        name: &str,
        value: &serde_json::Value,
        replaces: Option<&Etag>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The folder that a component's process reads: `<component>/current -> generations/<name>`.
pub trait Volume: Send + Sync {
    /// The generation that `current` points to; none before the first deploy.
    fn live(&self, component: Component) -> impl Future<Output = Result<Option<Generation>, Failure>> + Send;

    /// Every whole generation on the volume, by ordinal.
    fn generations(
        &self,
        component: Component,
    ) -> impl Future<Output = Result<Vec<Generation>, Failure>> + Send;

    /// The digest of each file of a generation as it is on the volume now, by path (the note of the generation itself
    /// excepted). Tells a deploy whether what is live is still what was written.
    fn file_digests(
        &self,
        component: Component,
        generation: &Generation,
    ) -> impl Future<Output = Result<BTreeMap<String, Digest>, Failure>> + Send;

    /// Writes a generation beside the live one: files, fsync, read back, then its name appears at once. Staging the
    /// same generation again changes nothing.
    fn stage(
        &self,
        component: Component,
        generation: &Generation,
        files: &BTreeMap<String, String>,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Points `current` to a staged generation, by rename, if it points to `from` now. `Stale` if it does not.
    fn flip(
        &self,
        component: Component,
        from: Option<&Generation>,
        to: &Generation,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Removes a generation that is not live.
    fn remove(
        &self,
        component: Component,
        generation: &Generation,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// A real tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// `promtool`.
    Promtool,
    /// `blackbox_exporter`, for `--config.check`.
    BlackboxExporter,
}

impl Tool {
    /// The program's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Promtool => "promtool",
            Self::BlackboxExporter => "blackbox_exporter",
        }
    }
}

/// One process of a real tool over files in a private folder, which is its working directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Which program.
    pub tool: Tool,
    /// Of which version; none: of any.
    pub version: Option<Version>,
    /// Its arguments; files are named by their relative paths.
    pub arguments: Vec<String>,
    /// Path in the folder -> content.
    pub files: BTreeMap<String, String>,
    /// It is ended after that long.
    pub timeout_seconds: u64,
    /// It may not use more memory than that.
    pub memory_bytes: u64,
    /// No file that it writes may be longer.
    pub file_bytes: u64,
}

/// How a tool's process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolEnd {
    /// With this exit code.
    Exited(i32),
    /// By a signal: out of memory, or killed by somebody.
    Killed,
    /// By us, because its time was up.
    TimedOut,
}

/// What a tool's process said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolAnswer {
    /// How it ended.
    pub end: ToolEnd,
    /// How long it ran, so that a step without a clock can say how much is enough.
    pub took: Duration,
    /// Standard output, at most 4 MiB.
    pub stdout: String,
    /// Standard error, at most 4 MiB.
    pub stderr: String,
}

/// Runs the real tools, without network.
pub trait RunTool: Send + Sync {
    /// Runs one process to its end. `NotFound` if the program is not there, or not of the version that the call asks for, saying
    /// what to install or set.
    fn run_tool(&self, call: ToolCall) -> impl Future<Output = Result<ToolAnswer, Failure>> + Send;
}

/// How a replica is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Acts.
    Post,
    /// Takes away.
    Delete,
}

/// One HTTP answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// 200, 500, …
    pub status: u16,
    /// At most 64 MiB.
    pub body: String,
}

/// Calls every process behind a name.
pub trait CallReplica: Send + Sync {
    /// Every address (`ip:port`) behind the host of this URL, in order. `Unavailable` if the name resolves to none now: service
    /// discovery knows a task only once it runs.
    fn addresses(&self, url: &str) -> impl Future<Output = Result<Vec<String>, Failure>> + Send;

    /// Calls one of them: `url` keeps the name (for `Host` and TLS), `address` says where to connect. `Unavailable` if
    /// it does not answer within `timeout`.
    fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        timeout: Duration,
    ) -> impl Future<Output = Result<HttpAnswer, Failure>> + Send;
}

/// Sends notices.
pub trait Publish: Send + Sync {
    /// Sends one. At least once: a retry may send it again.
    fn publish(&self, notice: &Notice) -> impl Future<Output = Result<(), Failure>> + Send;
}
