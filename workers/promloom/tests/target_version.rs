//! `promloom check --target-version`, as a person types it, with the real promtool of both versions (`PROMTOOL`, `PROMTOOL_2_53`): what it says,
//! and how it ends.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on ends there, with what it saw"
)]
#![expect(clippy::print_stdout, reason = "a skipped test says so, and why")]

use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The promtools of 3.13.5 and 2.53.
struct Promtools {
    new: PathBuf,
    old: PathBuf,
}

fn promtools() -> Option<Promtools> {
    let path = |name: &str| {
        std::env::var_os(name)
            .filter(|path| !path.is_empty())
            .map(PathBuf::from)
    };
    let (Some(new), Some(old)) = (path("PROMTOOL"), path("PROMTOOL_2_53")) else {
        println!(
            "skipped: PROMTOOL and PROMTOOL_2_53 are not set to the paths of the real tools (`make test` sets them)"
        );
        return None;
    };
    Some(Promtools { new, old })
}

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (key, text) in files {
        let path = folder.path().join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `promloom check` beside a folder, with nothing but these variables.
fn beside(folder: &Path, arguments: &[&str], variables: &[(&str, &Path)]) -> Said {
    let folder = folder.display().to_string();
    promloom(&[&["check", "--base", &folder], arguments].concat(), variables)
}

fn promloom(arguments: &[&str], variables: &[(&str, &Path)]) -> Said {
    let ended = Command::new(env!("CARGO_BIN_EXE_promloom"))
        .args(arguments)
        .env_clear()
        .envs(std::env::var_os("TMPDIR").map(|path| ("TMPDIR", path)))
        .env("PATH", "/usr/bin:/bin")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said {
        code: ended.status.code(),
        out: text(&ended.stdout),
        err: text(&ended.stderr),
    }
}

const BASE: (&str, &str) = ("base/prometheus.yml", "global: {}\n");
/// Right in each version.
const SHOP: (&str, &str) = (
    "apps/shop/prometheus/api.yml",
    "scrape_configs:\n- job_name: api\n  static_configs: [{targets: ['api:9090']}]\n",
);
/// Wrong in each version.
const LOST: (&str, &str) = ("apps/lost/prometheus/api.yml", "groups:\n- name: g\n  rule: []\n");
/// Of 3.0 and newer.
const BANK: (&str, &str) = (
    "apps/bank/prometheus/ledger.yml",
    "groups:\n- name: ledger\n  labels: {tier: gold}\n  rules:\n  - alert: Down\n    expr: up == 0\n",
);
/// Of 2.55 and older.
const DATA: (&str, &str) = (
    "apps/data/prometheus/lake.yml",
    "groups:\n- name: lake\n  rules:\n  - record: lake:smooth\n    expr: holt_winters(lake[5m], 0.5, 0.5)\n",
);
/// A base of 3.0 and newer.
const NEW_BASE: (&str, &str) = (
    "base/prometheus.yml",
    "global: {metric_name_validation_scheme: utf8}\n",
);

#[test]
fn what_changes_is_told_and_nothing_else() {
    let Some(Promtools { new, old }) = promtools() else {
        return;
    };
    let up: &[&str] = &["--target-version", "3.13.5", "--prometheus-version", "2.53"];
    let down: &[&str] = &["--target-version", "2.53"];
    // Files; from where to where; verdicts that change, as `key: before -> then`; how many both accept, and refuse; exit code.
    let check = |files: &[(&str, &str)], way: &[&str], changes: &[&str], same: [u64; 2], code: i32| {
        let folder = folder(files);
        let (server, target) = if way == up { (&old, &new) } else { (&new, &old) };
        let variables: [(&str, &Path); 2] = [
            ("PROMTOOL", server),
            (
                if way == up {
                    "PROMTOOL_3_13"
                } else {
                    "PROMTOOL_2_53"
                },
                target,
            ),
        ];
        let said = beside(folder.path(), &[way, &["--format", "json"]].concat(), &variables);
        let report: Value =
            serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{}{}", said.out, said.err));
        let fragments = report["fragments"].as_array().unwrap();
        let seen: Vec<String> = fragments
            .iter()
            .map(|one| format!("{}: {} -> {}", one["key"], one["before"], one["verdict"]).replace('"', ""))
            .collect();
        assert_eq!(seen, changes, "{}", said.out);
        let target = &report["target"];
        assert_eq!(target["as_before"], json!(same[0] + same[1]), "{}", said.out);
        assert_eq!(target["refused_as_before"], json!(same[1]), "{}", said.out);
        assert_eq!(report["target"]["survives"], json!(code == 0), "{}", said.out);
        assert_eq!(said.code, Some(code), "{}", said.out);
    };
    let bank = "apps/bank/prometheus/ledger.yml: accepted -> rejected";
    let data = ["rejected -> accepted", "accepted -> rejected"].map(|how| format!("{}: {how}", DATA.0));
    check(&[BASE, SHOP], down, &[], [1, 0], 0);
    check(&[BASE, SHOP, LOST], down, &[], [1, 1], 0);
    check(&[BASE, SHOP, BANK], down, &[bank], [1, 0], 1);
    check(&[BASE, SHOP, DATA], down, &[&data[0]], [1, 0], 0);
    check(&[BASE, SHOP, BANK, DATA], down, &[bank, &data[0]], [1, 0], 1);
    check(&[BASE, SHOP, DATA], up, &[&data[1]], [1, 0], 1);
    check(&[BASE, SHOP], up, &[], [1, 0], 0);
    // Everybody's base is no fragment, and what it needs is needed by all.
    check(&[NEW_BASE, SHOP], down, &[], [1, 0], 1);
}

#[test]
fn a_person_reads_which_line_is_to_be_changed() {
    let Some(Promtools { new, old }) = promtools() else {
        return;
    };
    let folder = folder(&[BASE, SHOP, BANK]);
    let variables: [(&str, &Path); 2] = [("PROMTOOL", &new), ("PROMTOOL_2_53", &old)];
    let said = beside(folder.path(), &["--target-version", "2.53"], &variables);
    let expect = "\
rejected  apps/bank/prometheus/ledger.yml  now accepted
  apps/bank/prometheus/ledger.yml:3:3: error: `labels` is a field of a group since Prometheus 3.0; this server is 2.53 [shape]
    |   labels: {tier: gold}
    |   ^
    hint: remove it, or ask the platform team for a server of another version
prometheus proven, without anything of the above, which is not accepted
not everything survives Prometheus 2.53 instead of 3.13.5: 1 fragment accepted by both, 0 refused by both, 1 newly refused, 0 newly accepted
";
    assert_eq!(said.out, expect, "{}", said.err);
    let github = beside(
        folder.path(),
        &["--target-version", "2.53", "--format", "github"],
        &variables,
    );
    let line =
        "::error file=apps/bank/prometheus/ledger.yml,line=3,col=3,title=shape::`labels` is a field of";
    assert!(github.out.starts_with(line), "{}", github.out);
}

#[test]
fn a_version_that_serves_because_the_new_one_is_bad_counts() {
    let Some(Promtools { new, old }) = promtools() else {
        return;
    };
    let folder = folder(&[BASE, SHOP, BANK]);
    let variables: [(&str, &Path); 2] = [("PROMTOOL", &new), ("PROMTOOL_2_53", &old)];
    let deployed = promloom(&["run", &folder.path().display().to_string()], &variables);
    assert_eq!(deployed.code, Some(0), "{}{}", deployed.out, deployed.err);
    // Bad in each version; of the bank, what is live serves on, and could not there.
    for key in [BANK.0, SHOP.0] {
        std::fs::write(folder.path().join(key), LOST.1).unwrap();
    }
    let said = beside(folder.path(), &["--target-version", "2.53"], &variables);
    assert_eq!(said.code, Some(1), "{}{}", said.out, said.err);
    for line in [
        "rejected  apps/bank/prometheus/ledger.yml  now held back\n",
        "cannot serve any more: apps/bank/prometheus/ledger.yml:3:3: `labels` is a field of a group since Prometheus 3.0",
        "instead of 3.13.5: 0 fragments accepted by both, 1 refused by both, 1 newly refused, 0 newly accepted\n",
    ] {
        assert!(said.out.contains(line), "{line}\nnot in\n{}", said.out);
    }
}

#[test]
fn where_there_is_no_answer_it_is_said_what_to_do() {
    let Some(Promtools { new, old }) = promtools() else {
        return;
    };
    let check = |files: &[(&str, &str)], arguments: &[&str], variables: &[(&str, &Path)], expect: &str| {
        let said = beside(
            folder(files).path(),
            &[&["--target-version", "2.53"], arguments].concat(),
            variables,
        );
        let told = said.err.trim_end();
        let told = ["new", "old"]
            .iter()
            .zip([&new, &old])
            .fold(told.to_owned(), |told, (name, path)| {
                told.replace(&path.canonicalize().unwrap().display().to_string(), name)
            });
        assert_eq!(
            (said.code, told.as_str(), said.out.as_str()),
            (Some(2), expect, ""),
            "{arguments:?}"
        );
    };
    let promtool: (&str, &Path) = ("PROMTOOL", &new);
    let install = "install Prometheus 2.53 beside the other, and set PROMTOOL_2_53 or --target-promtool to the path of its promtool";
    check(
        &[BASE, SHOP],
        &[],
        &[promtool],
        &format!(
            "NotFound: looking what Prometheus 2.53 would do: it takes a promtool 2.53, and there is none: {install}"
        ),
    );
    check(
        &[BASE, SHOP],
        &["--target-promtool", &new.display().to_string()],
        &[promtool],
        &format!(
            "NotFound: looking what Prometheus 2.53 would do: it takes a promtool 2.53, and `new` is promtool 3.13.5: {install}"
        ),
    );
    check(
        &[BASE, SHOP],
        &["--target-promtool", "gone/promtool"],
        &[promtool],
        &format!(
            "NotFound: looking what Prometheus 2.53 would do: it takes a promtool 2.53, and `gone/promtool` is not there: {install}"
        ),
    );
    check(
        &[SHOP],
        &[],
        &[promtool, ("PROMTOOL_2_53", &old)],
        "NotFound: looking what Prometheus 2.53 would do: there is no base/prometheus.yml in the folder: no Prometheus is configured by it",
    );
}

#[test]
fn a_promtool_that_is_not_the_server_s_is_no_answer() {
    let Some(Promtools { new, old }) = promtools() else {
        return;
    };
    let check = |arguments: &[&str], variables: &[(&str, &Path)], expect: &str| {
        let folder = folder(&[BASE, SHOP]);
        let file = folder.path().join(SHOP.0).display().to_string();
        let said = beside(folder.path(), &[&[file.as_str()], arguments].concat(), variables);
        assert_eq!(said.code, Some(2), "{}{}", said.out, said.err);
        assert!(said.out.contains(expect), "{}{}", said.out, said.err);
    };
    check(
        &[],
        &[("PROMTOOL", &old)],
        "is promtool 2.53.3+ds1, and what is checked is for Prometheus 3.13.5",
    );
    check(
        &[],
        &[("PROMTOOL", Path::new("/usr/bin/true"))],
        "does not say that it is promtool",
    );
    check(
        &["--prometheus-version", "3.5"],
        &[("PROMTOOL", &new)],
        "is promtool 3.13.5, and what is checked is for Prometheus 3.5; set PROMTOOL to a promtool 3.5, or PROMETHEUS_VERSION to",
    );
}
