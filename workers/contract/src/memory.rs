//! Every port over memory, for every test. In: a world set up by a test. Out: the world as the steps left it.
//! Never: used by a worker; faithful to AWS in anything but what `ports.rs` promises.
//!
//! Two things are scripted, because they are programs of others: the real tool ([`Memory::tool`]) and the replicas
//! ([`Memory::replicas`]); other test rings run the real ones. What the world refuses is scripted too ([`Memory::refuse`]).

use crate::ports::{
    AppendRecord, CallReplica, Clock, Etag, HttpAnswer, ListConfig, Listed, Method, Publish, ReadConfig,
    ReadObject, ReadProjection, RunTool, ToolAnswer, ToolCall, ToolEnd, Unread, Volume, Withheld,
    WriteObject, WriteProjection,
};
use crate::{Class, Component, Digest, Failure, Generation, Notice, Pointer, Record, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A scripted tool.
pub type FakeTool = dyn Fn(&ToolCall) -> Result<ToolAnswer, Failure> + Send;
/// Scripted replicas; the world is given, so that they can load what its volume holds.
pub type FakeReplicas = dyn FnMut(&World, Method, &str, &str) -> Result<HttpAnswer, Failure> + Send;

/// Says, of what a port call is doing, whether it is refused and how.
pub type Refusal = dyn Fn(&str) -> Option<Class> + Send;

/// A version's id and its bytes; none is a delete marker.
pub type Version = (String, Option<Vec<u8>>);

/// Everything that steps can change, and what they did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// The config bucket: key -> versions, oldest first.
    pub config: BTreeMap<String, Vec<Version>>,
    /// What it does not hand out, by key and version id.
    pub withheld: BTreeMap<(String, String), Withheld>,
    /// `objects/` of the state bucket.
    pub objects: BTreeMap<Digest, Vec<u8>>,
    /// The journal, by key.
    pub records: BTreeMap<String, Record>,
    /// The projections, by name, each with the count of its writes.
    pub projections: BTreeMap<String, (Value, u64)>,
    /// Staged generations of each component, by folder name, with their files.
    pub generations: BTreeMap<(Component, String), (Generation, BTreeMap<String, String>)>,
    /// What `current` points to.
    pub live: BTreeMap<Component, String>,
    /// What was sent, in order.
    pub notices: Vec<Notice>,
    /// Milliseconds since 1970; moves by one at each look and by what is slept.
    pub now_millis: u64,
    /// How many port calls were made.
    pub calls: u64,
}

impl World {
    /// The files that the live generation of a component holds.
    #[must_use]
    pub fn live_files(&self, component: Component) -> Option<&BTreeMap<String, String>> {
        let name = self.live.get(&component)?;
        self.generations
            .get(&(component, name.clone()))
            .map(|(_, files)| files)
    }

    /// The ordinals of all generations that are staged, in order.
    #[must_use]
    pub fn ordinals(&self) -> Vec<u64> {
        let generations = self.generations.values();
        let mut all: Vec<u64> = generations.map(|(there, _)| there.ordinal).collect();
        all.sort_unstable();
        all
    }
}

/// The world behind a lock, with its scripted parts.
pub struct Memory {
    world: Mutex<World>,
    tool: Mutex<Box<FakeTool>>,
    replicas: Mutex<Box<FakeReplicas>>,
    addresses: Mutex<Vec<String>>,
    refusal: Mutex<Box<Refusal>>,
    break_call: Mutex<Option<u64>>,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            world: Mutex::new(World {
                now_millis: 1_795_359_600_000,
                ..World::default()
            }),
            tool: Mutex::new(Box::new(|_| Ok(silent(ToolEnd::Exited(0))))),
            replicas: Mutex::new(Box::new(|_, _, url, _| {
                Err(Failure::new(
                    Class::NotFound,
                    format!("calling {url}: this test scripts no replicas"),
                ))
            })),
            addresses: Mutex::new(vec!["replica-1".into()]),
            refusal: Mutex::new(Box::new(|_| None)),
            break_call: Mutex::new(None),
        }
    }
}

/// The answer of a process that ended so, without a word.
#[must_use]
pub fn silent(end: ToolEnd) -> ToolAnswer {
    ToolAnswer {
        end,
        took: Duration::ZERO,
        stdout: String::new(),
        stderr: String::new(),
    }
}

/// What promtool says of the files of a call (`check config`, `check rules`), by what it is to have against each of them (name
/// and text).
pub fn promtool(call: &ToolCall, against: impl Fn(&str, &str) -> Option<String>) -> ToolAnswer {
    let mut answer = silent(ToolEnd::Exited(0));
    let is_about_rules = call.arguments.get(1).is_some_and(|word| word == "rules");
    let files = call
        .arguments
        .iter()
        .filter_map(|name| call.files.get_key_value(name));
    for (name, text) in files {
        answer.stdout.extend(["Checking ", name, "\n"]);
        match (is_about_rules, against(name, text)) {
            (true, None) => answer.stdout.push_str("  SUCCESS: 1 rules found\n\n"),
            (false, None) => {
                let rest = " is valid prometheus config file syntax\n\n";
                answer.stdout.extend([" SUCCESS: ", name, rest]);
            }
            (true, Some(words)) => {
                answer.end = ToolEnd::Exited(1);
                answer.stderr.extend(["  FAILED:\n", name, ": ", &words, "\n"]);
            }
            (false, Some(words)) => {
                answer.end = ToolEnd::Exited(1);
                answer.stdout.push('\n');
                answer
                    .stderr
                    .extend(["  FAILED: parsing YAML file ", name, ": ", &words, "\n"]);
            }
        }
    }
    answer
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Memory {
    /// The world as it is now.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// Puts a new version of an object into the config bucket.
    pub fn put(&self, key: &str, bytes: impl Into<Vec<u8>>) {
        self.push_version(key, Some(bytes.into()));
    }

    /// Deletes an object of the config bucket; its versions stay.
    pub fn delete(&self, key: &str) {
        self.push_version(key, None);
    }

    /// Puts a new version in a way in which its bytes cannot be read.
    pub fn put_withheld(&self, key: &str, bytes: impl Into<Vec<u8>>, how: Withheld) {
        self.put(key, bytes);
        let mut world = self.world();
        let version_id = format!("v{}", world.config[key].len());
        world.withheld.insert((key.to_owned(), version_id), how);
    }

    fn push_version(&self, key: &str, bytes: Option<Vec<u8>>) {
        let mut world = self.world();
        let versions = world.config.entry(key.to_owned()).or_default();
        let version_id = format!("v{}", versions.len() + 1);
        versions.push((version_id, bytes));
    }

    /// Scripts the real tool.
    pub fn tool(&self, tool: impl Fn(&ToolCall) -> Result<ToolAnswer, Failure> + Send + 'static) {
        *lock(&self.tool) = Box::new(tool);
    }

    /// Scripts the replicas.
    pub fn replicas(
        &self,
        replicas: impl FnMut(&World, Method, &str, &str) -> Result<HttpAnswer, Failure> + Send + 'static,
    ) {
        *lock(&self.replicas) = Box::new(replicas);
    }

    /// The addresses behind every name; `replica-1` alone unless this says otherwise.
    pub fn replica_addresses(&self, addresses: &[&str]) {
        *lock(&self.addresses) = addresses.iter().map(|&address| address.to_owned()).collect();
    }

    /// Refuses every call for which this names a class, until another is given; it sees what the call is doing.
    pub fn refuse(&self, refusal: impl Fn(&str) -> Option<Class> + Send + 'static) {
        *lock(&self.refusal) = Box::new(refusal);
    }

    /// Breaks the call with that number (from 1, counted over all ports) once, as `Unavailable`, before it does
    /// anything.
    pub fn break_call(&self, number: u64) {
        *lock(&self.break_call) = Some(number);
    }

    fn call(&self, doing: impl FnOnce() -> String) -> Result<MutexGuard<'_, World>, Failure> {
        let mut world = self.world();
        world.calls += 1;
        let mut broken = lock(&self.break_call);
        if *broken == Some(world.calls) {
            *broken = None;
            return Err(Failure::new(Class::Unavailable, doing()).because("this test broke the call"));
        }
        let doing = doing();
        if let Some(class) = (lock(&self.refusal))(&doing) {
            return Err(Failure::new(class, doing).because("this test refuses the call"));
        }
        Ok(world)
    }
}

impl Clock for Memory {
    fn now(&self) -> Timestamp {
        let mut world = self.world();
        world.now_millis += 1;
        Timestamp::from_millis(world.now_millis)
    }

    async fn sleep(&self, duration: Duration) {
        self.world().now_millis += u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    }
}

impl ListConfig for Memory {
    async fn list(&self, as_of: Option<Timestamp>) -> Result<Vec<Listed>, Failure> {
        let world = self.call(|| "listing the config bucket".into())?;
        if as_of.is_some() {
            return Err(Failure::new(
                Class::InvalidRequest,
                "listing memory as of a moment: it keeps no times",
            ));
        }
        Ok(world
            .config
            .iter()
            .filter_map(|(key, versions)| {
                let (version_id, bytes) = versions.last()?;
                let size_bytes = bytes.as_ref()?.len() as u64;
                Some(Listed {
                    key: key.clone(),
                    version_id: version_id.clone(),
                    size_bytes,
                })
            })
            .collect())
    }
}

impl ReadConfig for Memory {
    async fn read_version(&self, key: &str, version_id: &str) -> Result<Vec<u8>, Unread> {
        let doing = || format!("reading `{key}` version `{version_id}`");
        let world = self.call(doing).map_err(|failure| match failure.class {
            Class::Denied => Unread::Withheld(Withheld::Denied, failure),
            _ => failure.into(),
        })?;
        if let Some(&how) = world.withheld.get(&(key.to_owned(), version_id.to_owned())) {
            let failure = Failure::new(Class::Denied, doing()).because("this test withholds it");
            return Err(Unread::Withheld(how, failure));
        }
        let version = world
            .config
            .get(key)
            .into_iter()
            .flatten()
            .find(|(id, _)| id == version_id);
        version
            .and_then(|(_, bytes)| bytes.clone())
            .ok_or_else(|| Failure::new(Class::NotFound, doing()).into())
    }
}

impl ReadObject for Memory {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        let doing = || format!("reading {}", pointer.key());
        let world = self.call(doing)?;
        world
            .objects
            .get(&pointer.digest)
            .cloned()
            .ok_or_else(|| Failure::new(Class::NotFound, doing()))
    }
}

impl WriteObject for Memory {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        let mut world = self.call(|| "writing an object".into())?;
        let pointer = Pointer::to(&bytes);
        world.objects.insert(pointer.digest.clone(), bytes);
        Ok(pointer)
    }
}

impl AppendRecord for Memory {
    async fn append(&self, record: &Record) -> Result<(), Failure> {
        let mut world = self.call(|| format!("appending {}", record.key()))?;
        world.records.insert(record.key(), record.clone());
        Ok(())
    }
}

impl ReadProjection for Memory {
    async fn read_projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        let world = self.call(|| format!("reading {name}"))?;
        Ok(world
            .projections
            .get(name)
            .map(|(value, writes)| (value.clone(), Etag(writes.to_string()))))
    }
}

impl WriteProjection for Memory {
    async fn write_projection(
        &self,
        name: &str,
        value: &Value,
        replaces: Option<&Etag>,
    ) -> Result<(), Failure> {
        let doing = || format!("writing {name}");
        let mut world = self.call(doing)?;
        let writes = world.projections.get(name).map(|(_, writes)| *writes);
        if writes.map(|writes| writes.to_string()) != replaces.map(|etag| etag.0.clone()) {
            return Err(Failure::new(Class::Stale, doing()));
        }
        world
            .projections
            .insert(name.to_owned(), (value.clone(), writes.unwrap_or(0) + 1));
        Ok(())
    }
}

impl Volume for Memory {
    async fn live(&self, component: Component) -> Result<Option<Generation>, Failure> {
        let world = self.call(|| format!("reading what is live of {component}"))?;
        let Some(name) = world.live.get(&component) else {
            return Ok(None);
        };
        Ok(world
            .generations
            .get(&(component, name.clone()))
            .map(|(generation, _)| generation.clone()))
    }

    async fn generations(&self, component: Component) -> Result<Vec<Generation>, Failure> {
        let world = self.call(|| format!("listing generations of {component}"))?;
        let mut all: Vec<Generation> = world
            .generations
            .iter()
            .filter(|((of, _), _)| *of == component)
            .map(|(_, (generation, _))| generation.clone())
            .collect();
        all.sort_by_key(|generation| generation.ordinal);
        Ok(all)
    }

    async fn file_digests(
        &self,
        component: Component,
        generation: &Generation,
    ) -> Result<BTreeMap<String, Digest>, Failure> {
        let doing = || format!("reading generation {} of {component}", generation.name());
        let world = self.call(doing)?;
        let (_, files) = world
            .generations
            .get(&(component, generation.name()))
            .ok_or_else(|| Failure::new(Class::NotFound, doing()))?;
        Ok(files
            .iter()
            .map(|(path, text)| (path.clone(), Digest::of(text.as_bytes())))
            .collect())
    }

    async fn stage(
        &self,
        component: Component,
        generation: &Generation,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let mut world = self.call(|| format!("staging generation {} of {component}", generation.name()))?;
        world.generations.insert(
            (component, generation.name()),
            (generation.clone(), files.clone()),
        );
        Ok(())
    }

    async fn flip(
        &self,
        component: Component,
        from: Option<&Generation>,
        to: &Generation,
    ) -> Result<(), Failure> {
        let doing = || format!("flipping {component} to {}", to.name());
        let mut world = self.call(doing)?;
        if world.live.get(&component).cloned() != from.map(Generation::name) {
            return Err(Failure::new(Class::Stale, doing()));
        }
        world.live.insert(component, to.name());
        Ok(())
    }

    async fn remove(&self, component: Component, generation: &Generation) -> Result<(), Failure> {
        let mut world = self.call(|| format!("removing generation {} of {component}", generation.name()))?;
        world.generations.remove(&(component, generation.name()));
        Ok(())
    }
}

impl RunTool for Memory {
    async fn run_tool(&self, call: ToolCall) -> Result<ToolAnswer, Failure> {
        drop(self.call(|| format!("running {}", call.tool.name()))?);
        (lock(&self.tool))(&call)
    }
}

impl CallReplica for Memory {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        let doing = || format!("resolving {url}");
        drop(self.call(doing)?);
        let addresses = lock(&self.addresses).clone();
        if addresses.is_empty() {
            return Err(Failure::new(Class::Unavailable, doing()));
        }
        Ok(addresses)
    }

    async fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        _timeout: Duration,
    ) -> Result<HttpAnswer, Failure> {
        let world = Memory::call(self, || format!("calling {url} at {address}"))?;
        (lock(&self.replicas))(&world, method, url, address)
    }
}

impl Publish for Memory {
    async fn publish(&self, notice: &Notice) -> Result<(), Failure> {
        let mut world = self.call(|| format!("sending the notice `{}`", notice.subject))?;
        world.notices.push(notice.clone());
        Ok(())
    }
}
