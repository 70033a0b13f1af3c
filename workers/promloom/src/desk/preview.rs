//! A run that leaves no trace. In: what a bucket would hold, and the state of a desk to read from. Out: every port.
//! Never: writes a file, calls a replica, sends a notice. Everything is kept in memory and forgotten.

use super::{State, bucket::version_id};
use contract::memory::Memory;
use contract::ports::{
    AppendRecord, CallReplica, Clock, Etag, HttpAnswer, ListConfig, Listed, Method, Publish, ReadConfig,
    ReadObject, ReadProjection, RunTool, ToolAnswer, ToolCall, Volume, WriteObject, WriteProjection,
};
use contract::{Class, Component, Digest, Failure, Generation, Head, Notice, Pointer, Record, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;

/// Everything that a check can do.
pub struct Preview<'a> {
    /// Key -> content, as it would be.
    objects: &'a BTreeMap<String, Vec<u8>>,
    /// The state of the desk, for last good versions.
    state: Option<&'a State>,
    tools: &'a os::Tools,
    memory: Memory,
    clock: os::SystemClock,
}

impl<'a> Preview<'a> {
    /// A preview of a bucket that holds these objects.
    ///
    /// # Errors
    /// If the state is there and cannot be read.
    pub async fn of(
        objects: &'a BTreeMap<String, Vec<u8>>,
        state: Option<&'a State>,
        tools: &'a os::Tools,
    ) -> Result<Preview<'a>, Failure> {
        let memory = Memory::default();
        if let Some(state) = state {
            for component in Component::ALL {
                let name = Head::name(component);
                if let Some((head, _)) = state.read_projection(&name).await? {
                    memory.world().projections.insert(name, (head, 1));
                }
            }
        }
        Ok(Preview {
            objects,
            state,
            tools,
            memory,
            clock: os::SystemClock,
        })
    }
}

impl Clock for Preview<'_> {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
    }
}

impl ListConfig for Preview<'_> {
    async fn list(&self, _: Option<Timestamp>) -> Result<Vec<Listed>, Failure> {
        let listed = |(key, bytes): (&String, &Vec<u8>)| Listed {
            key: key.clone(),
            version_id: version_id(bytes),
            size_bytes: bytes.len() as u64,
        };
        Ok(self.objects.iter().map(listed).collect())
    }
}

impl ReadConfig for Preview<'_> {
    async fn read_version(&self, key: &str, version: &str) -> Result<Vec<u8>, Failure> {
        let bytes = self.objects.get(key).filter(|bytes| version_id(bytes) == version);
        let missing = || Failure::new(Class::NotFound, format!("reading `{key}` version `{version}`"));
        bytes.cloned().ok_or_else(missing)
    }
}

impl ReadObject for Preview<'_> {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        match (self.memory.read_object(pointer).await, self.state) {
            (Err(_), Some(state)) => state.read_object(pointer).await,
            (read, _) => read,
        }
    }
}

impl WriteObject for Preview<'_> {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        self.memory.write_object(bytes).await
    }
}

impl AppendRecord for Preview<'_> {
    async fn append(&self, _: &Record) -> Result<(), Failure> {
        Ok(())
    }
}

impl ReadProjection for Preview<'_> {
    async fn read_projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        self.memory.read_projection(name).await
    }
}

impl WriteProjection for Preview<'_> {
    async fn write_projection(
        &self,
        name: &str,
        value: &Value,
        replaces: Option<&Etag>,
    ) -> Result<(), Failure> {
        self.memory.write_projection(name, value, replaces).await
    }
}

impl Publish for Preview<'_> {
    async fn publish(&self, _: &Notice) -> Result<(), Failure> {
        Ok(())
    }
}

impl Volume for Preview<'_> {
    async fn live(&self, component: Component) -> Result<Option<Generation>, Failure> {
        self.memory.live(component).await
    }

    async fn generations(&self, component: Component) -> Result<Vec<Generation>, Failure> {
        self.memory.generations(component).await
    }

    async fn file_digests(
        &self,
        component: Component,
        generation: &Generation,
    ) -> Result<BTreeMap<String, Digest>, Failure> {
        self.memory.file_digests(component, generation).await
    }

    async fn stage(
        &self,
        component: Component,
        generation: &Generation,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        self.memory.stage(component, generation, files).await
    }

    async fn flip(
        &self,
        component: Component,
        from: Option<&Generation>,
        to: &Generation,
    ) -> Result<(), Failure> {
        self.memory.flip(component, from, to).await
    }

    async fn remove(&self, component: Component, generation: &Generation) -> Result<(), Failure> {
        self.memory.remove(component, generation).await
    }
}

impl RunTool for Preview<'_> {
    async fn run_tool(&self, call: ToolCall) -> Result<ToolAnswer, Failure> {
        self.tools.run_tool(call).await
    }
}

impl CallReplica for Preview<'_> {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        Err(Failure::new(
            Class::Bug,
            format!("resolving {url}: a check calls nobody"),
        ))
    }

    async fn call(&self, _: Method, url: &str, _: &str, _: Duration) -> Result<HttpAnswer, Failure> {
        Err(Failure::new(
            Class::Bug,
            format!("calling {url}: a check calls nobody"),
        ))
    }
}
