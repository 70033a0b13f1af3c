//! File names are the spec: `fixtures/<check>/<what>.bad.yml` yields a problem of that check,
//! `<what>.good.yml` none, and every check has both. A name that begins with another component's is a
//! fragment of it; the rest is Prometheus'.

use contract::memory::Memory;
use contract::ports::{ReadObject as _, WriteObject as _};
use contract::{Component, Failure, Item, Judged, JudgedItem, Role, Source, Templated, TemplatedItem};
use futures_util::future::FutureExt as _;
use std::collections::BTreeSet;
use std::path::Path;
use validate::{Request, Response, Settings};
use yaml::Limits;

/// Every check that `src/checks` has a file for.
fn checks() -> BTreeSet<String> {
    names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks"))
        .iter()
        .filter_map(|name| name.strip_suffix(".rs"))
        .filter(|name| *name != "mod")
        .map(str::to_owned)
        .collect()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("a name in UTF-8")
        })
        .collect()
}

fn base(component: Component) -> &'static str {
    match component {
        Component::Prometheus => "scrape_configs:\n- job_name: base\n",
        Component::Blackbox => "modules:\n  base: {prober: tcp}\n",
        Component::Cloudwatch => "region: eu-west-1\n",
    }
}

/// Memory never waits, and fails only where a test says so.
fn now<T>(future: impl Future<Output = Result<T, Failure>>) -> T {
    future
        .now_or_never()
        .expect("memory never waits")
        .expect("memory answers")
}

/// Judges one file, with a tool that accepts everything.
fn judge(component: Component, bytes: &[u8]) -> JudgedItem {
    let memory = Memory::default();
    let put = |role: Role, key: String, bytes: &[u8]| {
        let document = now(memory.write_object(bytes.to_vec()));
        let source = Source {
            key,
            version_id: "v1".into(),
            document,
        };
        let tree = yaml::read(bytes, &Limits::default()).expect("fixtures are YAML");
        let items = vec![TemplatedItem {
            item: Item {
                role,
                source,
                serves: false,
            },
            tree,
            problems: vec![],
        }];
        let document = serde_json::to_vec(&Templated { items }).expect("JSON");
        now(memory.write_object(document))
    };
    let request = Request::Fragments {
        run: "run".into(),
        component,
        policy: None,
        base: Some(put(Role::Base, component.base_key(), base(component).as_bytes())),
        templated: put(
            Role::Current,
            format!("apps/team/{component}/fragment.yml"),
            bytes,
        ),
    };
    let response = now(validate::run(&memory, &Settings::default(), request));
    let Response::Fragments { judged, .. } = response else {
        panic!("an answer about fragments: {response:?}")
    };
    let bytes = now(memory.read_object(&judged));
    let mut judged: Judged = serde_json::from_slice(&bytes).expect("a judged document");
    judged.items.remove(0)
}

#[test]
fn each_bad_fixture_is_found_and_each_good_one_is_not() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    assert_eq!(
        names(&root),
        checks(),
        "a folder of fixtures for each check, and a check for each folder"
    );
    for check in checks() {
        let files = names(&root.join(&check));
        for kind in [".good.yml", ".bad.yml"] {
            assert!(
                files.iter().any(|file| file.ends_with(kind)),
                "{check} has no {kind}"
            );
        }
        for file in files {
            let component = Component::ALL
                .into_iter()
                .find(|component| file.starts_with(component.name()));
            let bytes = std::fs::read(root.join(&check).join(&file)).unwrap();
            let judged = judge(component.unwrap_or(Component::Prometheus), &bytes);
            let of_check: Vec<_> = judged
                .problems
                .iter()
                .filter(|problem| problem.check == check)
                .collect();
            assert_eq!(
                !of_check.is_empty(),
                file.ends_with(".bad.yml"),
                "{check}/{file}: {:#?}",
                judged.problems
            );
            for problem in &judged.problems {
                assert!(
                    problem.excerpt.is_some(),
                    "{check}/{file} says where: {problem:#?}"
                );
                assert!(
                    problem.hint.is_some(),
                    "{check}/{file} says what to do: {problem:#?}"
                );
            }
        }
    }
}
