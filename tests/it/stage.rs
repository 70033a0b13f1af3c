//! A stage for whole runs: the real definition on the embedded engine, the real steps, the ports over memory.
//!
//! In: a bucket as a test makes it. Out: how the run ended, the path it took, the world afterwards.
//! Faked: time, storage, SNS, and the servers (`servers.rs`). Real where it is there: promtool and the Blackbox exporter, by
//! the variables `PROMTOOL` and `BLACKBOX_EXPORTER`; see `tools.rs` for what stands in their place.

use crate::servers::Servers;
use contract::memory::{Memory, World};
use contract::ports::Withheld;
use contract::{Component, Failure, Notice, Step};
use futures_util::FutureExt as _;
use promloom::engine::{Engine, History, Limits, Outcome};
use promloom::steps::{Settings, answered};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of this checkout.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The placeholders that every scenario and every engine is given.
pub(crate) fn placeholders() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join("tests/scenarios/placeholders.yml")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

/// One world and what may run in it.
pub(crate) struct Stage {
    pub(crate) memory: Memory,
    pub(crate) urls: BTreeMap<Component, String>,
    ask: usize,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) run: String,
    pub(crate) outcome: Outcome,
    /// For the execution and each iteration, the states passed, in order.
    pub(crate) paths: BTreeMap<String, Vec<String>>,
    /// What this run sent.
    pub(crate) notices: Vec<Notice>,
}

impl Stage {
    /// An empty bucket, well-behaved servers, and a real tool or one that accepts everything.
    pub(crate) fn new() -> Stage {
        let memory = Memory::default();
        memory.replicas(Servers::default().answering());
        let urls = [
            (Component::Prometheus, "http://prometheus:9090"),
            (Component::Blackbox, "http://blackbox:9115"),
        ];
        Stage {
            memory,
            urls: urls
                .into_iter()
                .map(|(component, url)| (component, url.to_owned()))
                .collect(),
            ask: 1,
        }
    }

    /// Every task is asked twice, as after an answer that was lost; the second answer counts.
    pub(crate) fn asking_twice(self) -> Stage {
        Stage { ask: 2, ..self }
    }

    /// With the real tools.
    pub(crate) fn with_tools(self, tools: crate::tools::Tools) -> Stage {
        self.memory.tool(move |call| tools.run(call));
        self
    }

    /// Puts every file of a folder laid out like the bucket; `<key>.deleted` deletes the key, `<key>.archived` puts it with a storage class that
    /// S3 does not hand out.
    pub(crate) fn push(&self, folder: &Path) {
        for path in files(folder) {
            let key = path.strip_prefix(folder).unwrap().to_str().unwrap();
            let bytes = || std::fs::read(&path).unwrap();
            match key.rsplit_once('.') {
                Some((key, "deleted")) => self.memory.delete(key),
                Some((key, "archived")) => self.memory.put_withheld(key, bytes(), Withheld::Archived),
                _ => self.memory.put(key, bytes()),
            }
        }
    }

    /// One execution with that input, to its end.
    pub(crate) fn run(&self, name: &str, input: Value) -> Ended {
        let definition = promloom::config_reloader().expect("the engine knows the definition");
        let (history, before) = (History::default(), self.memory.world().notices.len());
        let tasks = |step: String, request: Value| async move {
            for _ in 1..self.ask {
                self.answer(&step, request.clone()).await?;
            }
            self.answer(&step, request).await
        };
        let engine = Engine {
            clock: &self.memory,
            limits: Limits::Ignored,
            tasks,
            observer: &history,
        };
        let outcome = engine
            .run(&definition, name, input)
            .now_or_never()
            .expect("nothing waits in memory");
        let notices = self.memory.world().notices[before..].to_vec();
        Ended {
            run: name.to_owned(),
            outcome,
            paths: history.paths(),
            notices,
        }
    }

    /// What that run took, as a replay is asked for it.
    pub(crate) fn snapshot(&self, run: &str) -> Value {
        let world = self.memory.world();
        let mut records = world.records.values();
        let fetched = records
            .find(|record| record.run == run && record.step == contract::Step::Fetch.into())
            .unwrap();
        fetched.response.as_ref().unwrap()["snapshot"].clone()
    }

    async fn answer(&self, step: &str, request: Value) -> Result<Value, Failure> {
        let step = Step::from_name(step).expect("the definition names steps only");
        let settings = Settings::of_desk(
            validate::Settings::default().prometheus,
            placeholders(),
            self.urls.clone(),
        );
        answered(&self.memory, &settings, step, request).await
    }

    /// Every live file: `<component>/<path>` -> content.
    pub(crate) fn live(&self) -> BTreeMap<String, String> {
        let world = self.memory.world();
        Component::ALL
            .into_iter()
            .filter_map(|component| Some((component, world.live_files(component)?)))
            .flat_map(|(component, files)| {
                files
                    .iter()
                    .map(move |(path, text)| (format!("{component}/{path}"), text.clone()))
            })
            .collect()
    }
}

impl Ended {
    /// The execution's output; none if it failed.
    pub(crate) fn output(&self) -> Value {
        match &self.outcome {
            Outcome::Succeeded(output) => output.clone(),
            Outcome::Failed(_) => Value::Null,
        }
    }

    /// Lane outcomes by component, from the output or, where the execution failed, from what Notify was told to say.
    pub(crate) fn lanes(&self) -> BTreeMap<String, String> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let lanes = self.output()["lanes"].as_array().cloned().unwrap_or_default();
        lanes
            .iter()
            .map(|lane| (text(&lane["component"]), text(&lane["outcome"])))
            .collect()
    }

    /// How often each step answered for each component, in the order of the steps: the run's journal.
    pub(crate) fn steps(&self, world: &World) -> String {
        let mut counts: BTreeMap<(usize, String), usize> = BTreeMap::new();
        for record in world.records.values().filter(|record| record.run == self.run) {
            let component = record
                .component
                .map(|component| format!(" {component}"))
                .unwrap_or_default();
            *counts
                .entry((record.step.number(), format!("{}{component}", record.step)))
                .or_default() += 1;
        }
        lines(counts.into_iter().map(|((_, step), count)| (step, count)))
    }

    /// How often each state was entered, in the definition's order.
    pub(crate) fn states(&self) -> String {
        let definition: Value = serde_json::from_str(promloom::CONFIG_RELOADER).unwrap();
        let entered: Vec<&String> = self.paths.values().flatten().collect();
        let counted = names(&definition).into_iter().map(|name| {
            let count = entered.iter().filter(|state| ***state == name).count();
            (name, count)
        });
        lines(counted.filter(|(_, count)| *count > 0))
    }
}

fn lines(counts: impl Iterator<Item = (String, usize)>) -> String {
    counts.fold(String::new(), |text, (name, count)| {
        text + &format!("{name} {count}\n")
    })
}

/// State names in the order in which the definition's text has them.
fn names(definition: &Value) -> Vec<String> {
    // serde_json sorts keys; the text has the order.
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut open = vec![definition];
    while let Some(machine) = open.pop() {
        for (name, state) in machine["States"].as_object().unwrap() {
            let at = promloom::CONFIG_RELOADER
                .find(&format!("\"{name}\": {{"))
                .expect("a state stands in the text");
            found.push((at, name.clone()));
            if state["Type"] == "Map" {
                open.push(&state["ItemProcessor"]);
            }
        }
    }
    found.sort();
    found.into_iter().map(|(_, name)| name).collect()
}

/// Every file below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// The input that the trigger gives.
pub(crate) fn pushed() -> Value {
    json!({ "reason": "push" })
}
