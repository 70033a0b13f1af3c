//! Another system's bucket, taken over: `tests/migration` says what lies there and what runs of it.
//!
//! Real where they are there: promtool and the Blackbox exporter (see `tools.rs`). The snapshot of the report is what an engineer
//! reads on the day; that of the folder is what teams find in their bucket afterwards.

use crate::real_reload::{Desk, program_or_skip};
use crate::stage::{Stage, files, pushed, root};
use crate::tools::{Tools, paths_or_skip};
use contract::{Component, Digest};
use promloom::import::{Asked, Import, imported, proposed};
use promloom::report::Ended;
use promloom::steps::Settings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The scenario, with what runs, to be written to that folder.
fn asked(to: &Path, tools: os::Tools) -> Asked {
    let folder = root().join("tests/migration");
    let running = [
        (Component::Prometheus, "prometheus.yml"),
        (Component::Blackbox, "blackbox.yml"),
        (Component::Cloudwatch, "cloudwatch.yml"),
    ];
    Asked {
        old: folder.join("old"),
        mapping: folder.join("mapping.yml"),
        to: Some(to.to_owned()),
        running: running
            .map(|(component, file)| (component, folder.join("running").join(file)))
            .into(),
        running_rules: Some(folder.join("running/rules")),
        settings: Settings::of_desk(
            validate::Settings::default().prometheus,
            crate::stage::placeholders(),
            BTreeMap::new(),
        ),
        tools,
    }
}

fn import(asked: &Asked) -> Result<Import, String> {
    let imported = runtime().block_on(imported(asked, false));
    imported.map_err(|failure| failure.chain())
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// Every file below a folder: key -> content.
fn held(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let key = |path: &PathBuf| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
    files(folder)
        .iter()
        .map(|path| (key(path), std::fs::read(path).unwrap()))
        .collect()
}

/// Without colours.
fn plain(text: &str) -> String {
    let mut out = String::new();
    for part in text.split('\u{1b}') {
        out.push_str(
            part.strip_prefix('[')
                .and_then(|part| part.split_once('m'))
                .map_or(part, |(_, rest)| rest),
        );
    }
    out
}

fn hold(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(root().join("snapshots/migration"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

#[test]
fn the_day_of_the_migration() {
    let Some(tools) = paths_or_skip("the day of the migration") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let old = held(&root().join("tests/migration/old"));
    let import = import(&asked(&new, tools)).unwrap();
    assert_eq!(import.ended(), Ended::WithProblems);
    hold("report", &plain(&import.text()));
    let written = held(&new).into_iter().fold(String::new(), |text, (key, bytes)| {
        text + &format!("== {key}\n{}\n", String::from_utf8(bytes).unwrap())
    });
    hold("new", &written);
    assert_eq!(
        held(&root().join("tests/migration/old")),
        old,
        "the old copy is only read"
    );
}

#[test]
fn what_was_imported_is_what_a_run_deploys() {
    let Some((real, tools)) =
        Tools::or_skip("an imported bucket runs").zip(paths_or_skip("an imported bucket runs"))
    else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let mut asked = asked(&new, tools);
    import(&asked).unwrap();

    let stage = Stage::new().with_tools(real);
    stage.push(&new);
    let ended = stage.run("imported", pushed());
    let lanes: Vec<(String, String)> = ended.lanes().into_iter().collect();
    let deployed = |component: &str| (component.to_owned(), "deployed".to_owned());
    assert_eq!(lanes, ["blackbox", "cloudwatch", "prometheus"].map(deployed));

    // Held against what that run deployed, nothing differs: not even what Promloom adds is added again.
    let live = folder.path().join("live");
    for (path, text) in stage.live() {
        let path = live.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    asked.running = Component::ALL
        .map(|component| (component, live.join(component.name()).join(component.main_file())))
        .into();
    asked.running_rules = Some(live.join("prometheus/rules"));
    let again = import(&asked).unwrap();
    assert_eq!(again.differences, []);
}

/// Prometheus prints every default, durations in its own way and paths from its folder on.
#[test]
fn what_prometheus_says_of_itself_is_what_it_was_given() {
    let name = "what Prometheus says of itself";
    let Some((program, tools)) = program_or_skip("PROMETHEUS", name).zip(paths_or_skip(name)) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut asked = asked(&folder.path().join("new"), tools);
    let file = import(&asked).unwrap();
    let given = std::fs::read_to_string(&asked.running[&Component::Prometheus]).unwrap();
    let said = runtime().block_on(async {
        let mut desk = Desk::new(Component::Prometheus);
        desk.deploy(&[("prometheus.yml", given)]).await;
        let data = format!("--storage.tsdb.path={}", folder.path().join("data").display());
        desk.start(&program, &[data]).await;
        desk.until("/api/v1/status/config", |answer| {
            (answer.status == 200).then(|| answer.body.clone())
        })
        .await
    });
    let path = folder.path().join("said.json");
    std::fs::write(&path, said).unwrap();
    asked.running.insert(Component::Prometheus, path);
    assert_eq!(import(&asked).unwrap().differences, file.differences);
}

#[test]
fn importing_twice_is_importing_once() {
    let Some(tools) = paths_or_skip("importing twice") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let new = folder.path().join("new");
    let asked = asked(&new, tools);
    let (first, second) = (import(&asked).unwrap(), import(&asked).unwrap());
    let written = |import: &Import| format!("{:?}", import.written);
    assert_eq!(
        [written(&first), written(&second)],
        ["Some(New)", "Some(Unchanged)"]
    );
    assert_eq!(first.objects, second.objects);
    assert_eq!(first.differences, second.differences);
    let digest = |folder: &Path| Digest::of(format!("{:?}", held(folder)).as_bytes());
    let before = digest(&new);

    // The new bucket is no old one: each of its objects is told, and nothing is written.
    let mut again = asked.clone();
    (again.old, again.to) = (new.clone(), Some(folder.path().join("newer")));
    let fates: Vec<String> = import(&again)
        .unwrap()
        .objects
        .iter()
        .map(|object| format!("{:?}", object.fate))
        .collect();
    assert_eq!(fates, vec!["Unmatched"; held(&new).len()]);
    assert!(!folder.path().join("newer").exists());
    assert!(proposed(&new).unwrap_err().chain().contains("nothing to import"));

    // Nor is anything written over it, or into what is only read.
    let mut other = asked.clone();
    other.mapping = folder.path().join("other.yml");
    std::fs::write(
        &other.mapping,
        "objects: [{from: README.md, to: base/policy.yml}]\n",
    )
    .unwrap();
    let check = |asked: &Asked, expect: &str| {
        let why = import(asked).unwrap_err();
        assert!(why.contains(expect), "{why}");
    };
    check(&other, "nothing is overwritten");
    other.to = Some(other.old.join("new"));
    check(&other, "it is inside the old copy");
    assert_eq!(digest(&new), before);
}

#[test]
fn a_proposed_mapping_places_what_it_knows() {
    let Some(tools) = paths_or_skip("a proposed mapping") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let mut asked = asked(&folder.path().join("new"), tools);
    let text = proposed(&asked.old).unwrap();
    hold("proposed", &text);
    asked.mapping = folder.path().join("mapping.yml");
    std::fs::write(
        &asked.mapping,
        text.replace("owners: {}", "owners: {team-shop: shop, search: search}"),
    )
    .unwrap();
    let import = import(&asked).unwrap();
    let left: Vec<String> = import
        .objects
        .iter()
        .filter(|object| object.new_key.is_none())
        .map(|object| format!("{:?} {}", object.fate, object.key))
        .collect();
    assert_eq!(left, ["Unmatched README.md"]);
}
