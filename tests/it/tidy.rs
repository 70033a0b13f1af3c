//! The architecture as things that never happen. Each rule of README's invariants that a machine can see is held here.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The libraries of the workers: the seven steps, and what runs beside them.
const WORKERS: [&str; 8] = [
    "fetch",
    "template",
    "validate",
    "merge",
    "deploy",
    "reload",
    "notify",
    "pushgateway_gc",
];
/// Pure crates: no AWS, no runtime, no environment, no files, no network, no clock.
const PURE: [&str; 12] = [
    "contract",
    "yaml",
    "policy",
    "cloudwatch",
    "fetch",
    "template",
    "validate",
    "merge",
    "deploy",
    "reload",
    "notify",
    "pushgateway_gc",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Package -> the packages its normal (not dev, not build) dependencies reach.
fn reach() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo metadata runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let list = |value: &Value| value.as_array().expect("a list").clone();

    let names: BTreeMap<String, String> = list(&metadata["packages"])
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let direct: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let normal = list(&node["deps"])
                .iter()
                .filter(|dep| list(&dep["dep_kinds"]).iter().any(|kind| kind["kind"].is_null()))
                .map(|dep| text(&dep["pkg"]))
                .collect();
            (text(&node["id"]), normal)
        })
        .collect();
    list(&metadata["workspace_members"])
        .iter()
        .map(|member| {
            let mut seen = BTreeSet::new();
            let mut open = direct[&text(member)].clone();
            while let Some(id) = open.pop() {
                if seen.insert(id.clone()) {
                    open.extend(direct[&id].iter().cloned());
                }
            }
            (
                names[&text(member)].clone(),
                seen.iter().map(|id| names[id].clone()).collect(),
            )
        })
        .collect()
}

/// The SDK and its runtime; `aws-lc-*` is only a crypto library, which rustls uses where `os` has its feature `tls`.
fn is_aws(package: &str) -> bool {
    (package.starts_with("aws-") && !package.starts_with("aws-lc-"))
        || package.starts_with("lambda_")
        || package == "aws"
}

#[test]
fn no_crate_reaches_what_it_must_not_know() {
    let reach = reach();
    let mut broken = Vec::new();
    let mut never = |from: &str, what: &str, forbidden: &dyn Fn(&str) -> bool| {
        for to in reach[from].iter().filter(|to| forbidden(to)) {
            broken.push(format!("{from} reaches {to}: {what}"));
        }
    };
    for pure in PURE {
        never(pure, "only `aws` knows AWS and Lambda", &is_aws);
        never(pure, "a pure crate has no runtime and no adapter", &|to| {
            matches!(to, "tokio" | "os" | "promloom" | "ureq")
        });
    }
    for worker in WORKERS {
        never(worker, "steps meet only in the state machine", &|to| {
            WORKERS.contains(&to)
        });
    }
    never("contract", "contract is the bottom", &|to| PURE.contains(&to));
    never("os", "adapters know no step and no AWS", &|to| {
        is_aws(to) || WORKERS.contains(&to)
    });
    never("promloom", "the desk builds without AWS", &is_aws);
    never("aws", "the cloud does not know the desk", &|to| to == "promloom");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_root_tests_do_not_see_aws() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let own = manifest
        .split("[workspace.dependencies]")
        .nth(1)
        .unwrap()
        .split("\n[dev-dependencies]")
        .nth(1);
    let own = own.expect("the root package has dev-dependencies");
    assert!(
        !own.lines()
            .any(|line| is_aws(line.split(['.', ' ']).next().unwrap_or(""))),
        "{own}"
    );
}

/// Every tracked or new Rust file below `folder`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

fn each_line(folders: &[&str], mut look: impl FnMut(&Path, &str) -> Option<&'static str>) {
    let mut broken = Vec::new();
    for folder in folders {
        for path in rust_files(&root().join(folder)) {
            let text = std::fs::read_to_string(&path).unwrap();
            let shown = path.strip_prefix(root()).unwrap();
            for (number, line) in text.lines().enumerate() {
                if let Some(rule) = look(shown, line) {
                    broken.push(format!(
                        "{}:{}: {rule}: {}",
                        shown.display(),
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn pure_crates_do_not_name_the_outside() {
    let folders: Vec<String> = PURE.iter().map(|pure| format!("workers/{pure}/src")).collect();
    each_line(
        &folders.iter().map(String::as_str).collect::<Vec<_>>(),
        |path, line| {
            // Pure work on several processors, in one place.
            let is_each = path == Path::new("workers/contract/src/each.rs");
            let code = line.split("//").next().unwrap_or("");
            [
                "std::env",
                "std::fs",
                "std::net",
                "std::process",
                "std::thread",
                "SystemTime::now",
                "Instant::now",
                "tokio::",
            ]
            .iter()
            .any(|outside| code.contains(outside) && !(is_each && *outside == "std::thread"))
            .then_some("a pure crate names the outside; take a port")
        },
    );
}

#[test]
fn tests_neither_sleep_nor_hide() {
    // Spelled in two halves, so that this file passes its own rule.
    let banned = [
        (concat!("#[ig", "nore"), "no ignored tests"),
        (concat!("should_", "panic"), "assert what happens instead"),
        (concat!("thread::", "sleep"), "take a Clock"),
        (concat!("#[al", "low("), "use #[expect(…, reason)]"),
        (concat!("tod", "o!("), "no stubs"),
        (concat!("unimple", "mented!("), "no stubs"),
    ];
    each_line(&["workers", "tests"], |_, line| {
        banned
            .iter()
            .find(|(word, _)| line.contains(word))
            .map(|(_, rule)| *rule)
    });
}

#[test]
fn every_file_says_what_it_is() {
    let silent: Vec<String> = ["workers", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter(|path| !std::fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|path| path.strip_prefix(root()).unwrap().display().to_string())
        .collect();
    assert!(
        silent.is_empty(),
        "these files do not begin with `//!`: {silent:#?}"
    );
}

#[test]
fn no_room_is_named_after_nothing() {
    let vague: Vec<String> = ["workers", "tests"]
        .iter()
        .flat_map(|folder| rust_files(&root().join(folder)))
        .filter(|path| {
            path.components().any(|part| {
                let name = part.as_os_str().to_string_lossy();
                let stem = name.strip_suffix(".rs").unwrap_or(&name);
                matches!(
                    stem,
                    "utils" | "util" | "common" | "helpers" | "helper" | "manager" | "misc" | "shared"
                )
            })
        })
        .filter_map(|path| {
            path.strip_prefix(root())
                .ok()
                .map(|path| path.display().to_string())
        })
        .collect();
    assert!(vague.is_empty(), "{vague:#?}");
}

#[test]
fn the_top_level_is_what_the_user_fixed() {
    let mut seen: Vec<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect();
    seen.sort();
    let expect = [
        "Cargo.lock",
        "Cargo.toml",
        "Makefile",
        "README.md",
        "docs",
        "snapshots",
        "statemachine",
        "terraform",
        "tests",
        "workers",
    ];
    assert_eq!(seen, expect);
}

#[test]
fn whoever_subscribes_can_name_each_kind_of_notice() {
    let variables = root().join("terraform/modules/notifications/variables.tf");
    let text = std::fs::read_to_string(variables).expect("the module's variables");
    let condition = text.lines().find(|line| line.contains("for kind in it.kinds"));
    let condition = condition.expect("the condition of `kinds`");
    for kind in contract::Kind::ALL {
        let name = format!("\"{}\"", kind.name());
        assert!(condition.contains(&name), "{name} in {condition}");
    }
}
