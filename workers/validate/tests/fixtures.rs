//! File names are the spec: `fixtures/<check>/<what>.bad.yml` yields a problem of that check,
//! `<what>.good.yml` none, and every check has both. A name that begins with another component's is a
//! fragment of it; the rest is Prometheus'. A folder's `policy.yml` is the policy for its files, else it is the
//! default. What a person sees of each bad one is in `snapshots/checks/<check>/`, and what they can read about it in
//! `docs/checks/<check>.md`.

use contract::memory::Memory;
use contract::ports::{ReadObject as _, WriteObject as _};
use contract::{
    Component, Failure, Item, Judged, JudgedItem, Problem, Role, Source, Templated, TemplatedItem,
};
use futures_util::future::FutureExt as _;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use validate::{Request, Response, Settings};
use yaml::{Limits, Node, Value};

/// What this crate has a file for in that folder.
fn reporters(folder: &str) -> BTreeSet<String> {
    let files = names(&here().join(folder));
    let names = files.iter().filter_map(|name| name.strip_suffix(".rs"));
    // A reporter's file begins with its name.
    let is_reporter = |name: &&str| {
        let path = here().join(folder).join(format!("{name}.rs"));
        let text = std::fs::read_to_string(path).expect("a source file");
        text.starts_with(&format!("//! `{name}`: "))
    };
    names.filter(is_reporter).map(str::to_owned).collect()
}

/// Every check.
fn checks() -> BTreeSet<String> {
    reporters("src/checks")
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn root() -> PathBuf {
    here().join("../..")
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

/// Judges one file, with a tool that accepts everything. None: the default policy.
fn judge(component: Component, policy: Option<Vec<u8>>, bytes: &[u8]) -> JudgedItem {
    let memory = Memory::default();
    let policy = policy.map(|bytes| Source {
        key: "base/policy.yml".into(),
        version_id: "v1".into(),
        document: now(memory.write_object(bytes)),
    });
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
        policy,
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

/// A problem as it is read.
fn shown(problem: &Problem) -> String {
    let lines = |text: &Option<String>, before: &str| -> String {
        let lines = text.iter().flat_map(|text| text.lines());
        lines.flat_map(|line| [before, line, "\n"]).collect()
    };
    format!(
        "{}: {}: {} [{}]\n{}{}",
        problem.place(),
        problem.severity,
        problem.message,
        problem.check,
        lines(&problem.excerpt, "    | "),
        lines(&problem.hint, "  do: "),
    )
}

/// Compares with `snapshots/checks/<check>/<what>.snap`.
fn snapshot(check: &str, what: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(root().join("snapshots/checks").join(check));
    settings.bind(|| insta::assert_snapshot!(what, text));
}

/// Files of a check's folder that end so, without that.
fn fixtures(check: &str, ending: &str) -> BTreeSet<String> {
    let files = names(&here().join("fixtures").join(check));
    let of_ending = files.iter().filter_map(|file| file.strip_suffix(ending));
    of_ending.map(str::to_owned).collect()
}

fn judge_fixture(check: &str, file: &str) -> Vec<Problem> {
    judge_changed(check, file, <[u8]>::to_vec)
}

fn judge_changed(check: &str, file: &str, change: fn(&[u8]) -> Vec<u8>) -> Vec<Problem> {
    let folder = here().join("fixtures").join(check);
    let component = Component::ALL
        .into_iter()
        .find(|component| file.starts_with(component.name()));
    let policy = folder.join("policy.yml");
    let policy = policy.exists().then(|| std::fs::read(&policy).expect("a policy"));
    let bytes = change(&std::fs::read(folder.join(file)).expect("a fixture"));
    judge(component.unwrap_or(Component::Prometheus), policy, &bytes).problems
}

#[test]
fn every_check_has_good_and_bad_fixtures() {
    assert_eq!(
        names(&here().join("fixtures")),
        checks(),
        "a folder of fixtures for each check, and a check for each folder"
    );
    for check in checks() {
        for ending in [".good.yml", ".bad.yml"] {
            assert!(!fixtures(&check, ending).is_empty(), "{check} has no {ending}");
        }
    }
}

#[test]
fn nothing_is_found_in_a_good_fixture() {
    for check in checks() {
        for what in fixtures(&check, ".good.yml") {
            let problems = judge_fixture(&check, &format!("{what}.good.yml"));
            let found = problems.iter().any(|problem| problem.check == check);
            assert!(!found, "{check}/{what}: {problems:#?}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_bad_fixture_is_told() {
    for check in checks() {
        let bad = fixtures(&check, ".bad.yml");
        for what in &bad {
            let problems = judge_fixture(&check, &format!("{what}.bad.yml"));
            let found = problems.iter().any(|problem| problem.check == check);
            assert!(found, "{check}/{what}: {problems:#?}");
            for problem in &problems {
                assert!(
                    problem.excerpt.is_some(),
                    "{check}/{what} says where: {problem:#?}"
                );
                assert!(
                    problem.hint.is_some(),
                    "{check}/{what} says what to do: {problem:#?}"
                );
            }
            let problems: Vec<String> = problems.iter().map(shown).collect();
            snapshot(&check, what, &problems.join("\n"));
        }
        let snapshots = names(&root().join("snapshots/checks").join(&check));
        let snapshots: BTreeSet<&str> = snapshots
            .iter()
            .filter_map(|file| file.strip_suffix(".snap"))
            .collect();
        let bad: BTreeSet<&str> = bad.iter().map(String::as_str).collect();
        assert_eq!(snapshots, bad, "{check}: no snapshot of what is gone");
    }
}

/// The same with everything that a map below the top has behind a merge key: `{<<: {…}}`.
fn merged(bytes: &[u8]) -> Vec<u8> {
    let tree = yaml::read(bytes, &Limits::default()).expect("fixtures are YAML");
    let mut tree = tree.expect("something");
    each_part(&mut tree, behind_merge);
    yaml::print(&tree).text.into_bytes()
}

fn behind_merge(node: &mut Node) {
    each_part(node, behind_merge);
    if matches!(&node.value, Value::Map(entries) if !entries.is_empty()) {
        let own = node.clone();
        node.value = Value::Map(vec![(Node::plain("<<"), own)]);
    }
}

fn each_part(node: &mut Node, change: fn(&mut Node)) {
    match &mut node.value {
        Value::Scalar(_) => (),
        Value::Seq(items) => items.iter_mut().for_each(change),
        Value::Map(entries) => entries.iter_mut().for_each(|(_, value)| change(value)),
    }
}

#[test]
fn every_check_sees_through_merge_keys() {
    let told = |problems: &[Problem]| -> BTreeSet<String> {
        problems.iter().map(|problem| problem.check.clone()).collect()
    };
    // The size of the file is another.
    for check in checks().into_iter().filter(|check| check != "size") {
        for what in fixtures(&check, ".bad.yml") {
            let file = format!("{what}.bad.yml");
            let written = judge_fixture(&check, &file);
            let behind = judge_changed(&check, &file, merged);
            assert_eq!(told(&behind), told(&written), "{check}/{what}: {behind:#?}");
            // What an alias repeats stands in two places now.
            assert!(behind.len() >= written.len(), "{check}/{what}: {behind:#?}");
        }
        for what in fixtures(&check, ".good.yml") {
            let problems = judge_changed(&check, &format!("{what}.good.yml"), merged);
            assert!(!told(&problems).contains(&check), "{check}/{what}: {problems:#?}");
        }
    }
}

/// What makes a problem; the reporter is the first text in quotes that it is given.
const MAKERS: [&str; 3] = ["Problem::new(", " finding(", "stray(object,"];

/// Reporters that have a name of their own in the source: of a tool, of a constant.
const NAMED: [&str; 7] = [
    "absent_job",
    "promtool",
    "blackbox_exporter",
    "server",
    "rule_test",
    "policy",
    "yaml_syntax",
];

/// Every reporter in the source of these files and folders, tests left out.
fn said_in(folder: &Path, found: &mut BTreeSet<String>) {
    for name in names(folder) {
        let path = folder.join(&name);
        if path.is_dir() && name != "tests" {
            said_in(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") && name != "tests.rs" {
            let text = std::fs::read_to_string(&path).expect("source");
            let text = text.split("mod tests {").next().unwrap_or_default();
            for maker in MAKERS {
                let calls = text.split(maker).skip(1);
                found.extend(calls.filter_map(|call| {
                    let first = call.split(')').next()?.split('"').nth(1)?;
                    let is_name = first.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
                    (is_name && !first.is_empty()).then(|| first.to_owned())
                }));
            }
        }
    }
}

#[test]
fn every_reporter_has_a_page() {
    let mut reporters = reporters("src/checks");
    reporters.extend(self::reporters("src/together"));
    reporters.extend(NAMED.map(str::to_owned));
    // What a desk tells of its own is no problem of a fragment.
    for worker in names(&root().join("workers"))
        .into_iter()
        .filter(|worker| worker != "promloom")
    {
        let source = root().join("workers").join(worker).join("src");
        if source.is_dir() {
            said_in(&source, &mut reporters);
        }
    }
    let pages = names(&root().join("docs/checks"));
    let mut expected = BTreeSet::new();
    let of_yaml = std::fs::read_to_string(root().join("docs/checks/yaml.md")).expect("a page");
    for reporter in reporters {
        if reporter.starts_with("yaml_") {
            assert!(
                of_yaml.contains(&format!("| `{reporter}` |")),
                "docs/checks/yaml.md has no {reporter}"
            );
            expected.insert("yaml.md".to_owned());
        } else {
            expected.insert(format!("{reporter}.md"));
        }
    }
    assert_eq!(
        pages, expected,
        "a page for each reporter, and a reporter for each page"
    );
    for page in pages {
        let name = page.trim_end_matches(".md");
        let text = std::fs::read_to_string(root().join("docs/checks").join(&page)).expect("a page");
        for part in [&format!("# {name}\n"), "## Why", "## Fix", "## Policy"] {
            assert!(
                text.contains(part),
                "docs/checks/{page} has no `{}`",
                part.trim_end()
            );
        }
    }
}
