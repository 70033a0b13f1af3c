//! What is accepted and merged for `CloudWatch`, read by the real exporter (its path in `CLOUDWATCH_EXPORTER_JAR`): it
//! starts with all of it, and requests of each fragment what the fragment says alone.
//!
//! Never: AWS, or a scrape.

use contract::memory::Memory;
use contract::ports::{ReadObject as _, WriteObject as _};
use contract::{Component, Item, Judged, Pointer, Role, Severity, Source, Templated, TemplatedItem};
use futures_util::FutureExt as _;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use validate::{Request, Response, Settings};
use yaml::{Limits, Node};

/// What the exporter makes of a file: a line for each metric, or why it does not start.
type Read = Result<Vec<String>, String>;

/// Name -> content, all in one process; none if the exporter is not here.
fn read_by_the_exporter(test: &str, files: &BTreeMap<String, String>) -> Option<BTreeMap<String, Read>> {
    let jar = std::env::vars().find(|(key, _)| key == "CLOUDWATCH_EXPORTER_JAR");
    let Some((_, jar)) = jar else {
        println!("skipped: {test}: CLOUDWATCH_EXPORTER_JAR is not set (`make test` sets it)");
        return None;
    };
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<&String> = files.keys().collect();
    let numbered: Vec<String> = (0..names.len()).map(|number| format!("{number}.yml")).collect();
    for (file, text) in numbered.iter().zip(files.values()) {
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/local/CloudwatchRules.java");
    let output = Command::new("java")
        .args(["-XX:TieredStopAtLevel=1", "-cp", &jar])
        .arg(program)
        .args(&numbered)
        .current_dir(folder.path())
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut all = BTreeMap::new();
    let mut lines = said.lines().peekable();
    for (file, name) in numbered.iter().zip(names) {
        let line = lines.next().unwrap_or_default();
        let read = if line == format!("{file} OK") {
            let mut rules = Vec::new();
            while let Some(rule) = lines.next_if(|line| line.starts_with("  ")) {
                rules.push(rule.to_owned());
            }
            Ok(rules)
        } else {
            Err(line.to_owned())
        };
        all.insert(name.clone(), read);
    }
    Some(all)
}

fn tree(text: &str) -> Option<Node> {
    yaml::read(text.as_bytes(), &Limits::default()).ok().flatten()
}

fn source(name: &str) -> Source {
    Source {
        key: format!("apps/{name}/cloudwatch/fragment.yml"),
        version_id: "v1".into(),
        document: Pointer::to(b""),
    }
}

/// The fragments, by owner, merged into that base.
fn merged(base: &str, fragments: &BTreeMap<String, String>) -> String {
    let contributions = fragments.iter().map(|(name, text)| {
        let source = source(name);
        let contribution = merge::contribution(Component::Cloudwatch, &source, &tree(text).unwrap());
        (source.key, contribution)
    });
    let base = tree(base).unwrap();
    let mut configuration = merge::assemble(Component::Cloudwatch, base, contributions.collect());
    configuration.files.remove("cloudwatch.yml").unwrap()
}

/// Those that are accepted.
fn accepted(fragments: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let memory = Memory::default();
    let put = |bytes: Vec<u8>| memory.write_object(bytes).now_or_never().unwrap().unwrap();
    let items = fragments.iter().map(|(name, text)| TemplatedItem {
        item: Item {
            role: Role::Current,
            source: Source {
                document: put(text.clone().into_bytes()),
                ..source(name)
            },
            serves: false,
        },
        tree: tree(text),
        problems: vec![],
    });
    let templated = Templated {
        items: items.collect(),
    };
    let request = Request::Fragments {
        run: "run".into(),
        component: Component::Cloudwatch,
        policy: None,
        base: None,
        templated: put(serde_json::to_vec(&templated).unwrap()),
    };
    let answer = validate::run(&memory, &Settings::default(), request)
        .now_or_never()
        .unwrap();
    let Ok(Response::Fragments { judged, .. }) = answer else {
        panic!("an answer about fragments: {answer:?}");
    };
    let bytes = memory.read_object(&judged).now_or_never().unwrap().unwrap();
    let judged: Judged = serde_json::from_slice(&bytes).unwrap();
    let verdicts = judged.items.iter().map(|item| {
        assert!(
            item.accepted
                || item
                    .problems
                    .iter()
                    .any(|problem| problem.severity == Severity::Error),
            "a rejection has a reason"
        );
        item.accepted
    });
    let all = fragments.iter().zip(verdicts).filter(|(_, accepted)| *accepted);
    all.map(|((name, text), _)| (name.clone(), text.clone()))
        .collect()
}

/// The exporter needs a region to start, and a file that has `metrics`.
fn startable(text: &str) -> String {
    let alone = if tree(text).is_some_and(|tree| tree.get("region").is_some()) {
        text.to_owned()
    } else {
        format!("region: eu-west-1\n{text}")
    };
    alone
        .strip_prefix("region: eu-west-1\n---\n")
        .map_or(alone.clone(), |rest| format!("region: eu-west-1\n{rest}"))
}

/// Every fixture about `CloudWatch`, and the exporter's own examples where they are beside this checkout.
fn fragments() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = BTreeMap::new();
    let mut open: Vec<PathBuf> = vec![
        root.join("workers/validate/fixtures"),
        root.join("../shared/corpus/cloudwatch"),
        root.join("../shared/fixtures/nasty"),
    ];
    while let Some(folder) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            println!("skipped: {} is not beside this checkout", folder.display());
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            let shown = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if ["cloudwatch", "-cw-"].iter().any(|word| shown.contains(word)) {
                let words: Vec<&str> = shown.split(|c: char| !c.is_ascii_alphanumeric()).collect();
                all.insert(
                    words.concat().to_lowercase(),
                    std::fs::read_to_string(&path).unwrap(),
                );
            }
        }
    }
    all
}

#[test]
fn the_exporter_starts_with_each_accepted_fragment_and_requests_the_same_when_it_is_merged() {
    let accepted = accepted(&fragments());
    let mut files: BTreeMap<String, String> = accepted
        .iter()
        .map(|(name, text)| (format!("alone {name}"), startable(text)))
        .collect();
    for (name, text) in &accepted {
        let one = BTreeMap::from([(name.clone(), text.clone())]);
        files.insert(format!("merged {name}"), merged("region: eu-west-1\n", &one));
    }
    // All of one region, as one configuration, beside defaults of the base that are the exporter's own.
    files.insert(
        "merged".into(),
        merged("region: eu-west-1\nperiod_seconds: 60\nmetrics:\n", &accepted),
    );
    let Some(read) = read_by_the_exporter("CloudWatch fragments", &files) else {
        return;
    };
    let mut expected = Vec::new();
    for name in accepted.keys() {
        let alone = &read[&format!("alone {name}")];
        assert_eq!(alone, &read[&format!("merged {name}")], "{name}");
        expected.extend(alone.clone().unwrap_or_else(|why| panic!("{name}: {why}")));
    }
    assert_eq!(read["merged"].as_ref(), Ok(&expected));
}

#[test]
fn what_we_take_for_safe_the_exporter_takes() {
    let with = |more: &str| {
        format!("region: eu-west-1\nmetrics:\n- {{aws_namespace: A, aws_metric_name: B, {more}}}\n")
    };
    let tag_select = |pattern: &str| {
        with(&format!(
            "aws_tag_select: {{resource_type_selection: x, resource_id_dimension: y, arn_resource_id_regexp: {pattern}}}"
        ))
    };
    // Written, and whether it starts. What does not start must not be taken; what starts may be refused all the same.
    let cases: [(String, bool); 20] = [
        (with("help: y"), true),
        (with("help: ="), true),
        (with("help: 1:60"), true),
        (with("help: 09"), true),
        (with("help: 1:30"), false),
        (with("help: 1_000"), false),
        (with("help: 2001-12-14"), false),
        (with("help: .5"), false),
        (with("help: on"), false),
        (with("help: "), true),
        (with("period_seconds: "), false),
        (with("period_seconds: 1:30"), true),
        (with("set_timestamp: 'true'"), false),
        (with("set_timestamp: Yes"), true),
        (tag_select("'(?:([^:/]+)|[^:/]+/([^:]+))$'"), true),
        (tag_select("'[a-z0-9_.-]{2,}?[]'"), false),
        (tag_select("'a(?<n>b)[\\]\\[a\\-z]\\S+}'"), true),
        (tag_select("'*'"), false),
        (
            with(
                "list_metrics_cache_ttl: 5}\n- {aws_namespace: A, aws_metric_name: B, list_metrics_cache_ttl: 5",
            ),
            false,
        ),
        (
            {
                let start = with("help: x");
                let rest = 3 * 1024 * 1024 - start.chars().count() - 3;
                format!("{start}# {}\n", "é".repeat(rest))
            },
            true,
        ),
    ];
    let files = cases
        .iter()
        .enumerate()
        .map(|(number, (text, _))| (format!("{number:02}"), text.clone()));
    let files: BTreeMap<String, String> = files.collect();
    let Some(read) = read_by_the_exporter("what the exporter takes", &files) else {
        return;
    };
    let ours = accepted(
        &files
            .iter()
            .filter(|(_, text)| text.len() < 1000)
            .map(|(n, t)| (n.clone(), t.clone()))
            .collect(),
    );
    for ((name, seen), (text, starts)) in read.iter().zip(&cases) {
        let shown: String = text.chars().take(300).collect();
        assert_eq!(seen.is_ok(), *starts, "{seen:?}\n{shown}");
        assert!(seen.is_ok() || !ours.contains_key(name), "{seen:?}\n{shown}");
    }
}
