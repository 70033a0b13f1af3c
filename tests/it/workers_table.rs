//! The workers' table (`statemachine/workers.json`, from which Terraform makes functions, tasks and roles), the definition and the code say
//! the same: names, timeouts, settings, permissions.
//!
//! The code is read as text, for these tests do not see the crate `aws`. What each port needs of AWS is said here, once.

use contract::Step;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Names = BTreeSet<String>;
/// Kind of resource -> actions on it.
type Permissions = BTreeMap<String, Names>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    comment: String,
    workers: BTreeMap<String, Worker>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Worker {
    host: String,
    memory_mb: u64,
    timeout_seconds: u64,
    environment: Names,
    optional_environment: Names,
    vpc: bool,
    efs: bool,
    permissions: Permissions,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn table() -> BTreeMap<String, Worker> {
    let table: Table = serde_json::from_str(&read("statemachine/workers.json")).unwrap();
    assert!(!table.comment.is_empty());
    table.workers
}

/// The text of one worker's constructor in `workers/aws/src`: a step's in `steps.rs`, any other's in the file of its name.
fn constructor(worker: &str) -> String {
    let (path, begin) = match Step::from_name(worker) {
        Some(step) => ("steps".to_owned(), format!("pub fn {step}(lookup: Lookup")),
        None => (worker.to_owned(), "(lookup: Lookup".to_owned()),
    };
    let text = read(format!("workers/aws/src/{path}.rs"));
    let (_, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{path}.rs has no `{begin}`"));
    rest.split_once("\n}\n").unwrap().0.to_owned()
}

/// Every variable that the text takes from `env`, but those that Lambda sets and lets nobody else set.
fn variables(text: &str) -> Names {
    let known: Names = declared()
        .into_keys()
        .filter(|name| !name.starts_with("AWS_"))
        .collect();
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| known.contains(*word))
        .map(str::to_owned)
        .collect()
}

/// Constant of `env.rs` -> whether it must be set. Its name is the variable's.
fn declared() -> BTreeMap<String, bool> {
    let text = read("workers/aws/src/env.rs");
    text.split("\npub const ")
        .skip(1)
        .map(|declaration| {
            let (name, rest) = declaration.split_once(':').unwrap();
            let value = rest.split_once('=').unwrap().1;
            let told = value.split('"').nth(1).unwrap();
            assert_eq!(name, told, "a constant is called as its variable");
            (name.to_owned(), value.trim_start().starts_with("required"))
        })
        .collect()
}

/// The ports of one `grant!` in a file of `workers/aws/src`.
fn ports(file: &str, grant: &str) -> Names {
    let text = read(format!("workers/aws/src/{file}.rs"));
    let begin = format!("grant! {{ {grant} {{");
    let (_, rest) = text
        .split_once(&begin)
        .unwrap_or_else(|| panic!("{file}.rs has no `{begin}`"));
    rest.split_once("} }")
        .unwrap()
        .0
        .lines()
        .filter_map(|line| line.split_once("=>"))
        .flat_map(|(_, ports)| ports.trim_end_matches(',').split_whitespace())
        .map(str::to_owned)
        .collect()
}

fn ports_of_step(step: Step) -> Names {
    let name = step.name();
    ports("steps", &format!("{}{}", name[..1].to_uppercase(), &name[1..]))
}

/// What a step asks of the projections: those it reads, those it writes.
fn projections(step: Step) -> (&'static [&'static str], &'static [&'static str]) {
    match step {
        Step::Fetch | Step::Deploy => (&["state_heads"], &[]),
        // A write with If-Match is a read too.
        Step::Reload => (&["state_heads"], &["state_heads"]),
        Step::Notify => (&["state_heads", "state_status"], &["state_status"]),
        Step::Template | Step::Validate | Step::Merge => (&[], &[]),
    }
}

/// What AWS asks for one port.
fn needs(step: Step, port: &str) -> Vec<(&'static str, &'static str)> {
    let (read, written) = projections(step);
    match port {
        "ListConfig" => vec![
            ("config_bucket", "s3:ListBucketVersions"),
            ("config_bucket", "s3:GetBucketVersioning"),
        ],
        // Without the right to list, S3 says of what is not there that it is denied.
        "ReadConfig" => vec![
            ("config_objects", "s3:GetObjectVersion"),
            ("config_bucket", "s3:ListBucket"),
        ],
        "ReadObject" => vec![("state_documents", "s3:GetObject")],
        "WriteObject" => vec![("state_documents", "s3:PutObject")],
        "ReadProjection" => read
            .iter()
            .map(|kind| (*kind, "s3:GetObject"))
            .chain([("state_bucket", "s3:ListBucket")])
            .collect(),
        "WriteProjection" => written.iter().map(|kind| (*kind, "s3:PutObject")).collect(),
        "Publish" => vec![("notice_topic", "sns:Publish")],
        // A clock, a mounted volume, a program, a process: nothing that a policy says.
        "Clock" | "Volume" | "RunTool" | "CallReplica" => vec![],
        other => panic!("port {other}: say here what it needs of AWS"),
    }
}

fn gathered(needed: impl IntoIterator<Item = (&'static str, &'static str)>) -> Permissions {
    let mut permissions = Permissions::new();
    for (kind, action) in needed {
        permissions.entry(kind.into()).or_default().insert(action.into());
    }
    permissions
}

/// Every Task of the definition, those inside Maps too.
fn tasks(machine: &Value) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (name, state) in machine["States"].as_object().unwrap() {
        match state["Type"].as_str() {
            Some("Task") => found.push((name.clone(), state.clone())),
            Some("Map") => found.extend(tasks(&state["ItemProcessor"])),
            _ => {}
        }
    }
    found
}

fn programs() -> Names {
    let folder = root().join("workers/aws/src/bin");
    let files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files
        .iter()
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn every_program_is_a_worker_of_the_table_but_the_one_that_hosts_them() {
    let rows: Names = table().into_keys().chain(["activity".to_owned()]).collect();
    assert_eq!(rows, programs());
}

#[test]
fn the_steps_of_the_table_are_the_steps() {
    let rows: Names = table()
        .into_iter()
        .filter(|(_, row)| row.host == "step")
        .map(|(worker, _)| worker)
        .collect();
    assert_eq!(rows, Step::ALL.map(|step| step.name().to_owned()).into());
}

#[test]
fn a_host_is_one_that_terraform_knows() {
    for (worker, row) in table() {
        assert!(
            ["step", "queue", "schedule"].contains(&row.host.as_str()),
            "{worker}: {}",
            row.host
        );
    }
}

#[test]
fn a_worker_ends_before_its_state_gives_up() {
    // A function that is ended first says which one it was; a state that gives up first leaves the function running into its next try.
    let definition: Value = serde_json::from_str(&read("statemachine/config_reloader.asl.json")).unwrap();
    let table = table();
    for (state, task) in tasks(&definition) {
        let resource = task["Resource"].as_str().unwrap();
        let worker = resource
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix("_arn}"));
        let row = &table[worker.unwrap()];
        let state_seconds = task["TimeoutSeconds"].as_u64().unwrap();
        assert!(
            row.timeout_seconds < state_seconds,
            "{state}: {} s of the worker, {state_seconds} s of the state",
            row.timeout_seconds
        );
    }
}

#[test]
fn sizes_are_those_that_lambda_and_fargate_have() {
    for (worker, row) in table() {
        assert!((1..=900).contains(&row.timeout_seconds), "{worker}");
        assert!((128..=10_240).contains(&row.memory_mb), "{worker}");
        if row.host == "step" {
            assert!(
                [512, 1024, 2048, 3072, 4096].contains(&row.memory_mb),
                "{worker}: {} MB is nothing that Fargate pairs with a quarter or half of a processor",
                row.memory_mb
            );
        }
    }
}

#[test]
fn a_worker_is_told_what_its_code_reads() {
    let declared = declared();
    for (worker, row) in table() {
        let (required, optional): (Names, Names) = variables(&constructor(&worker))
            .into_iter()
            .partition(|name| declared[name]);
        assert_eq!(
            (row.environment, row.optional_environment),
            (required, optional),
            "{worker}"
        );
    }
}

#[test]
fn a_step_may_do_what_its_ports_need_and_nothing_else() {
    let table = table();
    for step in Step::ALL {
        // Its host keeps the journal, and every object is encrypted.
        let always = [
            ("state_journal", "s3:PutObject"),
            ("key", "kms:Decrypt"),
            ("key", "kms:GenerateDataKey"),
        ];
        let needed = ports_of_step(step)
            .iter()
            .flat_map(|port| needs(step, port))
            .chain(always)
            .collect::<Vec<_>>();
        assert_eq!(table[step.name()].permissions, gathered(needed), "{step}");
    }
}

#[test]
fn the_trigger_may_take_from_the_queue_and_start_and_nothing_else() {
    let expect = gathered([
        ("push_queue", "sqs:ReceiveMessage"),
        ("push_queue", "sqs:DeleteMessage"),
        ("push_queue", "sqs:GetQueueAttributes"),
        ("state_machine", "states:StartExecution"),
        ("key", "kms:Decrypt"),
    ]);
    assert_eq!(table()["trigger"].permissions, expect);
}

#[test]
fn the_collection_may_read_the_policy_and_write_its_audit_and_nothing_else() {
    let ports = ports("pushgateway_gc", "Collector");
    let expect = ["AppendRecord", "WriteObject", "CallReplica", "Clock"];
    assert_eq!(ports, expect.map(str::to_owned).into());
    let expect = gathered([
        // The policy, by its version; the bucket is listed to find it.
        ("config_bucket", "s3:ListBucketVersions"),
        ("config_bucket", "s3:GetBucketVersioning"),
        ("config_bucket", "s3:ListBucket"),
        ("config_policy", "s3:GetObjectVersion"),
        ("state_journal", "s3:PutObject"),
        ("state_documents", "s3:PutObject"),
        ("key", "kms:Decrypt"),
        ("key", "kms:GenerateDataKey"),
    ]);
    let row = &table()["pushgateway_gc"];
    assert_eq!(row.permissions, expect);
    assert!(row.vpc && !row.efs);
}

#[test]
fn only_who_has_the_port_has_the_volume_and_who_reaches_into_the_network_is_in_it() {
    let table = table();
    for step in Step::ALL {
        let (row, ports) = (&table[step.name()], ports_of_step(step));
        let has = |port: &str| ports.contains(port);
        assert_eq!(row.efs, has("Volume"), "{step}");
        // A tool is shown other people's files: in the VPC, and there let out to S3 only.
        assert_eq!(
            row.vpc,
            has("Volume") || has("CallReplica") || has("RunTool"),
            "{step}"
        );
    }
}
