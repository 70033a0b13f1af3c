//! What a run costs this process alone. In: a folder laid out like the bucket. Out: CPU seconds of each step, as one line of JSON.
//! Never: a real tool (a scripted one accepts everything, at once), a disk after the folder was read, a bound (`make bench` has it).
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot go on ends there, with what it saw"
)]
#![expect(clippy::print_stdout, reason = "its figures are its output")]

use contract::Step;
use contract::memory::Memory;
use futures_util::FutureExt as _;
use promloom::desk::Bucket;
use promloom::engine::{Engine, Limits, Outcome, Silent};
use promloom::steps::{Settings, answered};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

fn main() {
    // `cargo bench` adds a flag of its own.
    let folder = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    let folder = folder.expect("a folder laid out like the bucket");
    let memory = Memory::default();
    for (key, bytes) in Bucket::open(Path::new(&folder)).unwrap().objects().unwrap() {
        memory.put(&key, bytes);
    }
    let settings = Settings::of_desk(
        validate::Settings::default().prometheus,
        BTreeMap::new(),
        BTreeMap::new(),
    );
    let spent = Mutex::new(BTreeMap::<String, f64>::new());
    let (memory, settings, spent_by) = (&memory, &settings, &spent);
    let tasks = |step: String, request: Value| async move {
        // Nothing waits in memory, so all that this thread does until the answer is this step's.
        let what = match request.get("what").and_then(Value::as_str) {
            Some(what) => format!("{step} {what}"),
            None => step.clone(),
        };
        let before = cpu_seconds();
        let answer = answered(memory, settings, Step::from_name(&step).unwrap(), request).await;
        *spent_by.lock().unwrap().entry(what).or_default() += cpu_seconds() - before;
        answer
    };
    let engine = Engine {
        clock: memory,
        limits: Limits::Ignored,
        tasks,
        observer: &Silent,
    };
    let outcome = engine
        .run(&promloom::config_reloader().unwrap(), "bench", json!({}))
        .now_or_never()
        .unwrap();
    assert!(matches!(outcome, Outcome::Succeeded(_)), "{outcome:?}");
    println!("{}", json!(*spent.lock().unwrap()));
}

/// Of this process, until now.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    std::time::Duration::try_from(time).unwrap().as_secs_f64()
}
