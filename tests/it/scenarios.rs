//! Each folder of `tests/scenarios` is a specification: real YAML, pushed push by push through the whole definition. What the
//! world looks like after each push is a snapshot; the emulator ring holds the same file against Step Functions' worlds.

use crate::stage::{Ended, Stage, pushed, root};
use crate::tools::Tools;
use contract::{Digest, Kind, Notice};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::Path;

fn check(scenario: &str) {
    let Some(tools) = Tools::or_skip(&format!("scenario {scenario}")) else {
        return;
    };
    let folder = root().join("tests/scenarios").join(scenario);
    let stage = Stage::new().with_tools(tools);
    let mut pushes: Vec<_> = std::fs::read_dir(folder.join("pushes"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    pushes.sort();
    for push in pushes {
        stage.push(&push);
        let name = push.file_name().unwrap().to_str().unwrap();
        let ended = stage.run(&format!("{scenario}-{name}"), pushed());
        hold(scenario, name, &redacted(&ended, &world(&stage, &ended)));
        hold(
            scenario,
            &format!("{name}.mail"),
            &redacted(&ended, &mail(&ended)),
        );
    }
}

fn hold(scenario: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/scenarios").join(scenario));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// What any engine can show: states, output, live files, notices as a machine reads them.
fn world(stage: &Stage, ended: &Ended) -> String {
    let mut parts = vec![
        ("states".to_owned(), ended.states()),
        ("steps".to_owned(), ended.steps(&stage.memory.world())),
        ("output".to_owned(), pretty(&ended.output())),
    ];
    parts.extend(
        stage
            .live()
            .into_iter()
            .map(|(path, text)| (format!("live {path}"), text)),
    );
    for notice in sorted(ended) {
        let mut json: Value = serde_json::from_str(&notice.json).expect("a notice's body is JSON");
        versions_redacted(stage, &mut json);
        let components = serde_json::to_string(&notice.components).unwrap();
        let title = format!("notice {} {} {components}", notice.owner, notice.kind.name());
        parts.push((title, format!("{}\n{}", notice.subject, pretty(&json))));
    }
    parts.iter().fold(String::new(), |mut text, (title, body)| {
        writeln!(text, "== {title}\n{}\n", body.trim_end_matches('\n')).unwrap();
        text
    })
}

/// What a person is sent.
fn mail(ended: &Ended) -> String {
    sorted(ended).iter().fold(String::new(), |mut text, notice| {
        let Notice {
            owner,
            kind,
            subject,
            text: body,
            ..
        } = notice;
        writeln!(text, "== to {owner} ({}): {subject}\n{body}\n", Kind::name(*kind)).unwrap();
        text
    })
}

fn sorted(ended: &Ended) -> Vec<Notice> {
    let mut notices = ended.notices.clone();
    notices.sort_by_key(|notice| (notice.owner.clone(), notice.kind.name()));
    notices
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("a value is JSON")
}

/// What AWS would name otherwise, by what it stands for: the run, and a version by the digest of what it holds.
fn redacted(ended: &Ended, text: &str) -> String {
    text.replace(&ended.run, "<run>")
}

/// The same for the versions in a notice's JSON, which name their key beside them.
fn versions_redacted(stage: &Stage, value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| versions_redacted(stage, item)),
        Value::Object(fields) => {
            let key = fields.get("key").and_then(Value::as_str).map(str::to_owned);
            for (name, field) in fields.iter_mut() {
                match (&key, name.as_str(), field.as_str()) {
                    (Some(key), "version_id" | "serving_version_id", Some(id)) => {
                        let world = stage.memory.world();
                        let version = world
                            .config
                            .get(key)
                            .into_iter()
                            .flatten()
                            .find(|(version_id, _)| version_id == id);
                        if let Some((_, Some(bytes))) = version {
                            *field = Digest::of(bytes).short().into();
                        }
                    }
                    _ => versions_redacted(stage, field),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

macro_rules! scenarios {
    ($($test:ident: $folder:literal,)*) => {
        $(#[test] fn $test() { check($folder) })*

        #[test]
        fn every_scenario_folder_is_a_test() {
            let mut folders: Vec<String> = std::fs::read_dir(root().join("tests/scenarios"))
                .unwrap()
                .map(|entry| entry.unwrap())
                .filter(|entry| entry.path().is_dir())
                .map(|entry| entry.file_name().to_string_lossy().into_owned())
                .collect();
            folders.sort();
            let mut tested = vec![$($folder),*];
            tested.sort_unstable();
            assert_eq!(folders, tested);
            for folder in tested {
                let story = root().join("tests/scenarios").join(folder).join("README.md");
                assert!(Path::exists(&story), "{} says what the scenario specifies", story.display());
            }
        }
    };
}

scenarios! {
    first_deployment_refused: "first-deployment-refused",
    five_teams: "five-teams",
    last_good_version: "last-good-version",
    refused_by_the_server: "refused-by-the-server",
    rule_tests: "rule-tests",
    two_teams_one_name: "two-teams-one-name",
    bad_only_together: "bad-only-together",
    strays_and_placeholders: "strays-and-placeholders",
    archived: "archived",
}
