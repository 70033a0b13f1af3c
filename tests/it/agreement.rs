//! The state machine and the Rust code say the same: names, error names, retries, bounds.

use contract::{Class, Step};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// What AWS says of a function that it could not run this time.
const LAMBDA_TRANSIENT: [&str; 11] = [
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    // A function in a VPC, with a file system: its first call after a while may come too early.
    "Lambda.EC2ThrottledException",
    "Lambda.ENINotReadyException",
    "Lambda.EFSIOException",
    "Lambda.EFSMountConnectivityException",
    "Lambda.EFSMountTimeoutException",
    "Lambda.ResourceNotReadyException",
];
/// What is said of a worker that died or hung.
const KILLED: [&str; 6] = [
    "States.Timeout",
    "States.HeartbeatTimeout",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
];

fn definition() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("statemachine/config_reloader.asl.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).expect("valid JSON as it lies")
}

/// Every state with its name, those inside Maps too.
fn states(machine: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, state) in machine["States"].as_object().expect("States") {
        found.push((name.clone(), state.clone()));
        if state["Type"] == "Map" {
            found.extend(states(&state["ItemProcessor"]));
        }
    }
    found
}

fn tasks() -> Vec<(String, Value)> {
    states(&definition())
        .into_iter()
        .filter(|(_, state)| state["Type"] == "Task")
        .collect()
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|name| name.as_str().expect("a string"))
        .collect()
}

#[test]
fn every_step_has_a_state_of_its_name_and_no_task_is_anything_else() {
    let mut named = BTreeSet::new();
    for (name, state) in tasks() {
        let resource = state["Resource"].as_str().unwrap();
        let step = resource
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix("_arn}"));
        let step = step
            .and_then(Step::from_name)
            .unwrap_or_else(|| panic!("{name}: {resource} is no step"));
        if name.to_lowercase() == step.name() {
            named.insert(step);
        }
    }
    assert_eq!(named, BTreeSet::from(Step::ALL));
}

#[test]
fn state_names_are_unique_in_the_whole_definition() {
    let all: Vec<String> = states(&definition()).into_iter().map(|(name, _)| name).collect();
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "{all:?}");
}

#[test]
fn every_state_has_a_comment() {
    for (name, state) in states(&definition()) {
        assert!(
            state["Comment"]
                .as_str()
                .is_some_and(|comment| comment.ends_with('.')),
            "{name}"
        );
    }
}

#[test]
fn tasks_retry_exactly_what_may_pass() {
    let transient: BTreeSet<&str> = Class::ALL
        .into_iter()
        .filter(|class| class.retryable())
        .map(Class::name)
        .chain(LAMBDA_TRANSIENT)
        .collect();
    for (name, state) in tasks() {
        let retriers = state["Retry"]
            .as_array()
            .unwrap_or_else(|| panic!("{name} has no Retry"));
        assert_eq!(retriers.len(), 2, "{name}");
        assert_eq!(
            names(&retriers[0]["ErrorEquals"])
                .into_iter()
                .collect::<BTreeSet<_>>(),
            transient,
            "{name}"
        );
        assert_eq!(names(&retriers[1]["ErrorEquals"]), KILLED, "{name}");
        for retrier in retriers {
            assert_eq!(retrier["JitterStrategy"], "FULL", "{name}");
            for bound in ["IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds"] {
                assert!(retrier[bound].is_number(), "{name}: {bound}");
            }
        }
    }
}

#[test]
fn tasks_end_in_time_and_no_heartbeat_is_asked_of_a_function() {
    for (name, state) in tasks() {
        assert!(
            state["TimeoutSeconds"]
                .as_u64()
                .is_some_and(|seconds| seconds <= 300),
            "{name}"
        );
        // A function sends no heartbeats; the renderer adds HeartbeatSeconds where a step is an activity.
        assert!(state["HeartbeatSeconds"].is_null(), "{name}");
    }
}

#[test]
fn a_batch_is_caught_only_when_its_worker_died_and_everything_else_fails_the_lane() {
    let died: BTreeSet<&str> = KILLED
        .into_iter()
        .chain([Class::Exhausted.name(), Class::Bug.name()])
        .collect();
    for (name, state) in tasks() {
        let Some(catchers) = state["Catch"].as_array() else {
            assert_eq!(name, "Notify", "only the last step has nobody to tell");
            continue;
        };
        assert_eq!(catchers.len(), 1, "{name}");
        let caught: BTreeSet<&str> = names(&catchers[0]["ErrorEquals"]).into_iter().collect();
        if catchers[0]["Next"] == "BatchKilled" {
            assert_eq!(caught, died, "{name}");
        } else {
            assert_eq!(caught, BTreeSet::from(["States.ALL"]), "{name}");
        }
    }
}

#[test]
fn choices_always_have_somewhere_to_go() {
    for (name, state) in states(&definition())
        .into_iter()
        .filter(|(_, state)| state["Type"] == "Choice")
    {
        assert!(
            state["Default"].is_string(),
            "{name}: a Choice that matches nothing ends the execution uncatchably"
        );
    }
}

#[test]
fn nothing_is_used_that_an_engine_lacks() {
    // research: no JSONata, no Assign, no distributed Map; each is missing in one of the engines we must run on.
    let text = definition().to_string();
    for word in [
        "QueryLanguage",
        "\"Assign\"",
        "DISTRIBUTED",
        "ItemBatcher",
        "ResultWriter",
        "Tolerated",
        "waitForTaskToken",
    ] {
        assert!(!text.contains(word), "{word}");
    }
}

#[test]
fn classes_are_names_that_a_state_machine_may_use() {
    for class in Class::ALL {
        let name = class.name();
        assert!(
            name.chars().next().is_some_and(char::is_uppercase) && name.chars().all(char::is_alphabetic),
            "{name}"
        );
    }
    let unique: BTreeSet<&str> = Class::ALL.into_iter().map(Class::name).collect();
    assert_eq!(unique.len(), Class::ALL.len());
}

#[test]
fn the_picture_is_drawn_from_the_definition() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/statemachine.svg");
    let drawn = promloom::graph::svg(&promloom::config_reloader().unwrap());
    assert_eq!(
        std::fs::read_to_string(path).unwrap().trim_end(),
        drawn.trim_end(),
        "`make docs` draws it anew"
    );
}
