//! `promloom check`, as a person types it in a folder, of metrics of CloudWatch, which need no tool: what the files are called, and which two
//! cannot be checked together; and what is said of a check beside nothing.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on ends there, with what it saw"
)]

use std::path::Path;
use std::process::Command;

const BAD: &str = "metrics: [{nam: x}]\n";

/// A folder with these files, each of which is bad.
fn folder(files: &[&str]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, BAD).unwrap();
    }
    folder
}

/// The exit code, standard output and standard error of a check.
fn check_in(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    promloom_in(folder, &[&["check"], words].concat())
}

fn promloom_in(folder: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let ended = Command::new(env!("CARGO_BIN_EXE_promloom"))
        .args(words)
        .current_dir(folder)
        .env_clear()
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (ended.status.code(), text(&ended.stdout), text(&ended.stderr))
}

#[test]
fn two_files_with_one_key_are_refused_and_so_is_one_file_twice() {
    let layout = "apps/shop/cloudwatch/a.yml";
    let folder = folder(&["a.yml", "y/a.yml", layout, "apps/shop/prometheus/a.yml"]);
    let check = |words: &[&str], expect: Result<(), &str>| {
        let (code, out, error) = check_in(folder.path(), words);
        match expect {
            Ok(()) => assert_eq!(code, Some(1), "{words:?}: {out}{error}"),
            Err(why) => {
                assert_eq!(code, Some(2), "{words:?}: {out}{error}");
                assert!(error.contains(why), "{words:?}: {error}");
            }
        }
    };
    check(&["a.yml", "y/a.yml"], Ok(()));
    let twice = "checking `./a.yml`: it is `a.yml`, which is checked already";
    check(&["a.yml", "./a.yml"], Err(twice));
    check(&["y/a.yml", "a.yml", "./a.yml"], Err(twice));
    check(&[layout, layout], Err("which is checked already"));
    // Whose they are is said, so the one would overwrite the other.
    let same = "checking `y/a.yml`: another of the files is `apps/shop/cloudwatch/a.yml` already";
    check(&["--owner", "shop", "a.yml", "y/a.yml"], Err(same));
    let words = ["--component", "cloudwatch", layout, "apps/shop/prometheus/a.yml"];
    check(&words, Err("another of the files is"));
}

#[test]
fn a_folder_is_everything_in_it_that_a_push_would_bring() {
    let folder = folder(&[
        "apps/shop/cloudwatch/a.yml",
        "apps/shop/cloudwatch/.b.yml.swp",
        "apps/bank/cloudwatch/b.yml",
        "apps/base/cloudwatch/c.yml",
        "apps/README.md",
        "base/cloudwatch.yml",
        ".promloom/state/x.yml",
        "rules/d.yml",
        "rules/apps/notes.txt",
    ]);
    std::fs::write(folder.path().join("base/cloudwatch.yml"), "metrics: []\n").unwrap();
    let check = |within: &str, words: &[&str], code: i32, expect: &[&str]| {
        let (ended, out, error) = check_in(&folder.path().join(within), words);
        let told = out.lines().filter(|line| !line.starts_with(' '));
        let told: Vec<&str> = told.filter_map(|line| line.strip_prefix("rejected  ")).collect();
        assert_eq!(
            (ended, &*told),
            (Some(code), expect),
            "{within} {words:?}: {out}{error}"
        );
        error
    };
    let [shop, bank, base] = [
        "shop/cloudwatch/a.yml",
        "bank/cloudwatch/b.yml",
        "base/cloudwatch/c.yml",
    ];
    let of_apps = |name: &str| format!("apps/{name}");
    check("", &["apps/shop"], 1, &[&of_apps(shop)]);
    check("", &["apps/shop/", "--base", "."], 1, &[&of_apps(shop)]);
    check("", &["apps/shop/cloudwatch"], 1, &[&of_apps(shop)]);
    check(
        "",
        &["apps/shop", "apps/bank"],
        1,
        &[&of_apps(bank), &of_apps(shop)],
    );
    check("apps/shop", &["."], 1, &["./cloudwatch/a.yml"]);
    check("apps/shop/cloudwatch", &[".."], 1, &["../cloudwatch/a.yml"]);
    // What is pushed with it and is no fragment is told, and a team may be called like a part of the bucket.
    check(
        "",
        &["apps"],
        1,
        &["apps/README.md", &of_apps(bank), &of_apps(base), &of_apps(shop)],
    );
    let whole =
        ["apps/README.md", &of_apps(bank), &of_apps(base), &of_apps(shop)].map(|name| format!("./{name}"));
    check("", &["."], 1, &whole.each_ref().map(String::as_str));
    check("", &["base"], 0, &[]);
    for folder in ["rules", ".promloom"] {
        let error = check("", &[folder], 2, &[]);
        assert!(error.contains("or the files themselves"), "{error}");
    }
    let twice = check("", &["apps/shop", "apps/shop/cloudwatch/a.yml"], 2, &[]);
    assert!(twice.contains("which is checked already"), "{twice}");
    let nowhere = check("", &["apps/ship"], 2, &[]);
    assert!(nowhere.contains("reading `apps/ship`"), "{nowhere}");
}

#[test]
fn a_message_names_a_key_that_somebody_would_push_to() {
    let check = |within: &str, words: &[&str], expect: &str| {
        let folder = folder(&[]);
        let within = folder.path().join(within);
        std::fs::create_dir_all(&within).unwrap();
        for file in ["a.yml", "b.yml"] {
            let metric = "metrics: [{aws_namespace: AWS/X, aws_metric_name: A}]\n";
            std::fs::write(within.join(file), metric).unwrap();
        }
        let (code, out, error) = check_in(&within, &[words, &["a.yml", "b.yml"]].concat());
        assert_eq!(code, Some(1), "{out}{error}");
        let told = format!("is another fragment's already: `{expect}`");
        assert!(out.contains(&told), "{within:?} {words:?}: {out}");
    };
    let key = "apps/shop/cloudwatch/a.yml";
    check("", &[], "a.yml");
    check("", &["--owner", "shop"], key);
    check("apps/shop/cloudwatch", &[], key);
}

#[test]
fn github_is_told_the_path_in_the_repository() {
    let check = |files: &[&str], within: &str, words: &[&str], expect: &str| {
        let folder = folder(files);
        let within = folder.path().join(within);
        let (code, out, error) = check_in(&within, &[&["--format", "github"], words].concat());
        assert_eq!(code, Some(1), "{out}{error}");
        let told = |line: &str| line.contains(&format!(" file={expect},"));
        assert!(out.lines().all(told), "{words:?}: {out}");
    };
    // A work tree has a folder of that name, or, as one of several, a file.
    let repository = &[".git/HEAD", "team/checkout.yml"];
    check(repository, "team", &["checkout.yml"], "team/checkout.yml");
    check(repository, "team", &["./checkout.yml"], "team/checkout.yml");
    check(repository, "", &["team/checkout.yml"], "team/checkout.yml");
    check(repository, "team", &["../team/checkout.yml"], "team/checkout.yml");
    check(
        &[".git", "team/checkout.yml"],
        "team",
        &["checkout.yml"],
        "team/checkout.yml",
    );
    check(
        &["team/checkout.yml"],
        "team",
        &["./checkout.yml"],
        "checkout.yml",
    );
    let laid_out = "team/apps/shop/cloudwatch/a.yml";
    let repository = &[".git/HEAD", laid_out];
    check(repository, "team", &["apps"], laid_out);
    check(repository, "team/apps", &["."], laid_out);
}

#[test]
fn github_is_told_nothing_where_there_is_nothing_to_say() {
    let folder = good_folder(&[]);
    let ended = check_in(folder.path(), &["--format", "github", "base/cloudwatch.yml"]);
    assert_eq!((ended.0, &*ended.1), (Some(0), ""), "{ended:?}");
}

#[test]
fn github_is_told_the_path_of_what_lies_in_the_folder_too() {
    let folder = folder(&[
        ".git/HEAD",
        "infra/apps/shop/cloudwatch/a.yml",
        "mine/apps/bank/cloudwatch/b.yml",
    ]);
    let base = folder.path().join("infra/base/cloudwatch.yml");
    std::fs::create_dir_all(base.parent().unwrap()).unwrap();
    std::fs::write(base, "metrics: []\n").unwrap();
    // The folder has just this base, so whom it hurts is not known, and everybody who is refused is told.
    let words = ["--format", "github", "--base", "../infra", "base/cloudwatch.yml"];
    let (code, out, error) = check_in(&folder.path().join("infra"), &words);
    assert_eq!(code, Some(1), "{out}{error}");
    let told = |line: &str| line.contains(" file=infra/apps/shop/cloudwatch/a.yml,");
    assert!(out.lines().all(told), "{out}");
    // A file in a folder that was typed lies there.
    let words = ["--format", "github", "--base", "../infra", "apps"];
    let (code, out, error) = check_in(&folder.path().join("mine"), &words);
    assert_eq!(code, Some(1), "{out}{error}");
    let told = |line: &str| line.contains(" file=mine/apps/bank/cloudwatch/b.yml,");
    assert!(out.lines().all(told), "{out}");
    // One that was not typed lies in the other, though a folder was typed that is called like a part of its path.
    let policy = folder.path().join("mine/base/policy.yml");
    std::fs::create_dir_all(policy.parent().unwrap()).unwrap();
    std::fs::write(policy, "metrics: {namespaces: [AWS/EC2]}\n").unwrap();
    for (file, name) in [
        ("infra/apps/shop/cloudwatch/a.yml", "A"),
        ("mine/apps/bank/cloudwatch/b.yml", "B"),
    ] {
        std::fs::write(folder.path().join(file), metric(name)).unwrap();
    }
    let (code, out, error) = check_in(&folder.path().join("mine"), &[&words[..], &["base"]].concat());
    assert_eq!(code, Some(1), "{out}{error}");
    let told = |file: &str| out.contains(&format!("::error file={file},"));
    assert!(told("mine/apps/bank/cloudwatch/b.yml"), "{out}");
    assert!(told("infra/apps/shop/cloudwatch/a.yml"), "{out}");
}

#[test]
fn who_names_no_base_is_told_that_nothing_else_was_looked_at() {
    let folder = folder(&["a.yml", "base/cloudwatch.yml"]);
    std::fs::write(folder.path().join("base/cloudwatch.yml"), "metrics: []\n").unwrap();
    let check = |words: &[&str], is_told: bool| {
        let (_, out, error) = check_in(folder.path(), words);
        assert_eq!(out.contains("without --base"), is_told, "{words:?}: {out}{error}");
    };
    check(&["a.yml"], true);
    check(&["a.yml", "--format", "json"], true);
    check(&["a.yml", "--base", "."], false);
}

#[test]
fn what_others_changed_since_the_last_run_is_noted_and_does_not_count() {
    let metric = |name: &str| format!("metrics: [{{aws_namespace: AWS/SQS, aws_metric_name: {name}}}]\n");
    let folder = folder(&["apps/bank/cloudwatch/new.yml"]);
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let [mine, others, new] = ["shop/cloudwatch/a", "bank/cloudwatch/live", "bank/cloudwatch/new"]
        .map(|name| format!("apps/{name}.yml"));
    write("base/cloudwatch.yml", "metrics: []\n");
    write(&mine, &metric("A"));
    write(&others, &metric("B"));
    write(&new, &metric("C"));
    let (code, out, error) = promloom_in(folder.path(), &["run", "."]);
    assert_eq!(code, Some(0), "{out}{error}");
    let check = |files: &[&str], code: i32, told: &[&str], noted: &[&str]| {
        let (ended, out, error) = check_in(folder.path(), &[files, &["--base", "."]].concat());
        assert_eq!(ended, Some(code), "{files:?}: {out}{error}");
        let (notes, verdicts): (Vec<&str>, Vec<&str>) = out
            .lines()
            .filter(|line| line.contains("apps/") && !line.starts_with(' '))
            .partition(|line| line.contains("changed since the last"));
        for (lines, expect) in [(verdicts, told), (notes, noted)] {
            let of = lines.join("\n");
            let is_told = |key: &String| of.contains(key.as_str());
            let found: Vec<&str> = [&mine, &others, &new]
                .into_iter()
                .filter(|key| is_told(key))
                .map(String::as_str)
                .collect();
            assert_eq!(found, expect, "{files:?}: {out}{error}");
        }
    };
    check(&[&mine], 0, &[&mine], &[]);
    write(&others, BAD);
    write(&new, BAD);
    check(&[&mine], 0, &[&mine], &[&others, &new]);
    check(&[&mine, &others], 1, &[&mine, &others], &[&new]);
    // What the push does to others counts.
    write("base/policy.yml", "metrics: {namespaces: [AWS/EC2]}\n");
    write(&others, &metric("B"));
    check(&["base/policy.yml"], 1, &[&mine, &others], &[&new]);
}

#[test]
fn a_name_that_others_have_is_told_beside_what_else_is_wrong() {
    let metric = |name: &str, more: &str| {
        format!("metrics:\n- aws_namespace: AWS/SQS\n  aws_metric_name: {name}\n{more}")
    };
    let folder = folder(&[]);
    let write = |file: &str, text: &str| {
        let path = folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let (mine, others, later) = (
        "apps/shop/cloudwatch/a.yml",
        "apps/bank/cloudwatch/b.yml",
        "apps/tax/cloudwatch/c.yml",
    );
    write("base/cloudwatch.yml", &metric("Base", ""));
    write(others, &metric("Live", ""));
    let (code, out, error) = promloom_in(folder.path(), &["run", "."]);
    assert_eq!(code, Some(0), "{out}{error}");
    write(later, &metric("Later", ""));
    let check = |text: &str, expect: &[(&str, &str)]| {
        write(mine, text);
        let (code, out, error) = check_in(folder.path(), &[mine, later, "--base", "."]);
        let told: Vec<(&str, &str)> = out
            .lines()
            .filter_map(|line| line.strip_prefix("  apps/")?.split_once(": error: "))
            .map(|(place, rest)| (place, rest.rsplit_once('[').unwrap().1.trim_end_matches(']')))
            .collect();
        assert_eq!(
            (&*told, code),
            (expect, Some(i32::from(!expect.is_empty()))),
            "{text}: {out}{error}"
        );
        let counted = if expect.is_empty() {
            "2 accepted"
        } else {
            "1 accepted, 0 held back, 1 rejected"
        };
        assert!(out.contains(counted), "{text}: {out}{error}");
        out
    };
    let (bad, clash) = (
        ("shop/cloudwatch/a.yml:4:3", "metric"),
        ("shop/cloudwatch/a.yml:2:3", "metric_clash"),
    );
    let slip = "  aws_dimension: [Queue]\n";
    check(&metric("Mine", ""), &[]);
    check(&metric("Mine", slip), &[bad]);
    check(&metric("Live", ""), &[clash]);
    let out = check(&metric("Live", slip), &[clash, bad]);
    assert!(
        out.contains(&format!("is another fragment's already: `{others}`")),
        "{out}"
    );
    let out = check(&metric("Base", slip), &[clash, bad]);
    assert!(
        out.contains("is everybody's already: `base/cloudwatch.yml`"),
        "{out}"
    );
    // Were it right, it would keep this: nobody had it before, and its key comes first.
    check(&metric("Later", slip), &[bad]);
}

#[test]
fn who_sets_no_placeholder_is_told_how() {
    let folder = folder(&[]);
    let file = "apps/shop/cloudwatch/a.yml";
    std::fs::create_dir_all(folder.path().join("apps/shop/cloudwatch")).unwrap();
    let check = |text: &str, words: &[&str], expect: bool| {
        std::fs::write(folder.path().join(file), text).unwrap();
        let (_, out, error) = check_in(folder.path(), &[&[file], words].concat());
        assert_eq!(
            out.contains("--placeholders FILE"),
            expect,
            "{text}: {out}{error}"
        );
    };
    check(
        "metrics: [{aws_namespace: MY_URL, aws_metric_name: A}]\n",
        &[],
        true,
    );
    check(
        "metrics: [{aws_namespace: MY_URL, aws_metric_name: A}]\n",
        &["--set", "MY_URL=AWS/SQS"],
        false,
    );
    check(
        "metrics: [{aws_namespace: AWS/SQS, aws_metric_name: A}]\n",
        &[],
        false,
    );
}

/// One metric of that name, which nothing is wrong with.
fn metric(name: &str) -> String {
    format!("metrics: [{{aws_namespace: AWS/SQS, aws_metric_name: {name}}}]\n")
}

/// A bucket's folder with an empty base and these files, each with a metric of its own.
fn good_folder(files: &[&str]) -> tempfile::TempDir {
    let folder = folder(&[files, &["base/cloudwatch.yml"]].concat());
    for (at, file) in files.iter().enumerate() {
        std::fs::write(folder.path().join(file), metric(&format!("M{at}"))).unwrap();
    }
    std::fs::write(folder.path().join("base/cloudwatch.yml"), "metrics: []\n").unwrap();
    folder
}

#[test]
fn a_misplaced_file_of_a_bucket_s_folder_is_told_as_the_push_would_tell_it() {
    let check = |within: &str, file: &str, words: &[&str], expect: Option<&str>| {
        let folder = good_folder(&[
            "apps/shop/cloudwatch/live.yml",
            "apps/zoe/misplaced.yml",
            "apps/zoe/cloudwhat/b.yml",
            "apps/Zoë/cloudwatch/a.yml",
            "apps/zoe/a.yaml",
            "apps/base/cloudwatch.yml",
            "base/other.yml",
            "x.yml",
            "home/apps/foo.yml",
            "home/apps/mon/foo.yml",
            "home/apps/mon/apps/tax/cloudwatch/foo.yml",
            "home/apps/mon/base/cloudwatch.yml",
        ]);
        let mut words = words.to_vec();
        words.extend(["--format", "json", file]);
        let (code, out, error) = check_in(&folder.path().join(within), &words);
        let told = i32::from(expect.is_some());
        assert_eq!(code, Some(told), "{within} {file} {words:?}: {out}{error}");
        let is_key = out.contains("\"check\":\"key\"");
        assert_eq!(is_key, expect.is_some(), "{within} {file} {words:?}: {out}");
        if let Some(owner) = expect {
            let named = format!("\"file\":\"{file}\",\"owner\":\"{owner}\"");
            assert!(out.contains(&named), "{within} {file} {words:?}: {out}");
        }
    };
    let beside = &["--base", "."];
    for words in [&beside[..], &[]] {
        check("", "apps/zoe/misplaced.yml", words, Some("zoe"));
        check("", "./apps/zoe/cloudwhat/b.yml", words, Some("zoe"));
        check("", "apps/Zoë/cloudwatch/a.yml", words, Some("platform"));
        check("", "apps/zoe/a.yaml", words, Some("zoe"));
        check("", "apps/base/cloudwatch.yml", words, Some("base"));
        check("", "base/other.yml", words, Some("platform"));
        check("", "apps/shop/cloudwatch/live.yml", words, None);
        check("", "x.yml", words, None);
    }
    // The rest of the folder says that it is laid out like a bucket.
    check("apps/zoe", "misplaced.yml", &[], Some("zoe"));
    check(
        "apps/zoe/cloudwhat",
        "b.yml",
        &["--base", "../../.."],
        Some("zoe"),
    );
    // An option says whose it is, and what for.
    let said = &["--owner", "zoe", "--component", "cloudwatch"];
    check("", "apps/zoe/misplaced.yml", said, None);
    // Something else may be called so.
    check("home/apps", "foo.yml", &[], None);
    check("home/apps/mon", "foo.yml", &[], None);
    check("home/apps/mon", "foo.yml", &["--base", "."], None);
    check(
        "home/apps/mon",
        "apps/tax/cloudwatch/foo.yml",
        &["--base", "."],
        None,
    );
}

#[test]
fn a_file_in_a_folder_has_the_key_by_which_it_lies_in_its_bucket() {
    let folder = good_folder(&["apps/shop/cloudwatch/a.yml", "apps/bank/cloudwatch/b.yml"]);
    std::os::unix::fs::symlink("apps/shop", folder.path().join("myteam")).unwrap();
    let check = |within: &str, typed: &str, base: &str, file: &str| {
        let words = ["--base", base, "--format", "json", typed];
        let (code, out, error) = check_in(&folder.path().join(within), &words);
        assert_eq!(code, Some(0), "{within} {typed}: {out}{error}");
        let named = format!("\"key\":\"apps/shop/cloudwatch/a.yml\",\"file\":\"{file}\",\"owner\":\"shop\"");
        assert!(out.contains(&named), "{within} {typed}: {out}");
    };
    check("apps/shop/cloudwatch", "..", "../../..", "../cloudwatch/a.yml");
    check("", "apps/bank/../shop", ".", "apps/bank/../shop/cloudwatch/a.yml");
    check("", "myteam", ".", "myteam/cloudwatch/a.yml");
    let file = "myteam/cloudwatch/a.yml";
    check("", file, ".", file);
    check(
        "apps/bank",
        "../shop/cloudwatch/a.yml",
        "../..",
        "../shop/cloudwatch/a.yml",
    );
}

#[test]
fn a_folder_with_only_misnamed_files_is_told_of_them() {
    let folder = good_folder(&["apps/zoe/cloudwatch/a.yaml", "apps/README.md"]);
    let check = |typed: &str, words: &[&str], expect: &str| {
        let (code, out, error) = check_in(folder.path(), &[words, &[typed]].concat());
        assert_eq!(code, Some(1), "{typed}: {out}{error}");
        let told = format!("  {expect}: error: file name `a.yaml`: use ");
        assert!(
            out.contains(&told) && out.contains("and end in .yml"),
            "{typed}: {out}"
        );
    };
    let file = "apps/zoe/cloudwatch/a.yaml";
    for words in [&[][..], &["--base", "."]] {
        for typed in [file, "apps/zoe", "apps"] {
            check(typed, words, file);
        }
    }
}

#[test]
fn options_say_nothing_of_a_folder() {
    let folder = good_folder(&["apps/zoe/cloudwatch/a.yml"]);
    let check = |words: &[&str], expect: Option<&str>| {
        let (code, out, error) = check_in(folder.path(), words);
        let told = if expect.is_some() { 2 } else { 0 };
        assert_eq!(code, Some(told), "{words:?}: {out}{error}");
        assert!(error.contains(expect.unwrap_or_default()), "{words:?}: {error}");
    };
    let why = "checking the folder `.`: --owner and --component are about files";
    check(&[".", "--owner", "shop"], Some(why));
    check(&[".", "--component", "cloudwatch"], Some(why));
    check(&["apps/zoe/cloudwatch/a.yml", ".", "--owner", "shop"], Some(why));
    check(&["apps/zoe/cloudwatch/a.yml", "--owner", "shop"], None);
    check(&["."], None);
}

#[test]
fn who_names_a_file_that_is_gone_is_told_how_to_check_that() {
    let folder = good_folder(&["apps/zoe/cloudwatch/a.yml"]);
    let check = |within: &str, words: &[&str], expect: Option<&str>| {
        let (code, out, error) = check_in(&folder.path().join(within), words);
        assert_eq!(code, Some(2), "{words:?}: {out}{error}");
        let told = error
            .split_once("say --deleted ")
            .map(|(_, rest)| rest.split(' ').next().unwrap());
        assert_eq!(told, expect, "{words:?}: {error}");
    };
    let key = "apps/zoe/cloudwatch/gone.yml";
    check("", &[key], Some(key));
    check("", &[key, "--base", "."], Some(key));
    check(
        "apps/zoe/cloudwatch",
        &["gone.yml", "--base", "../../.."],
        Some(key),
    );
    check(
        "",
        &["apps/ann/cloudwatch/gone.yml"],
        Some("apps/ann/cloudwatch/gone.yml"),
    );
    check("", &["gone.yml", "--base", "."], None);
    check("", &["apps/ship"], None);
    check("", &[key, "--owner", "ann"], None);
}

#[test]
fn what_others_changed_in_the_diff_is_noted() {
    let folder = good_folder(&[
        "apps/shop/cloudwatch/a.yml",
        "apps/bank/cloudwatch/gone.yml",
        "apps/bank/cloudwatch/other.yml",
        "apps/bank/cloudwatch/same.yml",
    ]);
    let write = |file: &str, text: &str| std::fs::write(folder.path().join(file), text).unwrap();
    let (code, out, error) = promloom_in(folder.path(), &["run", "."]);
    assert_eq!(code, Some(0), "{out}{error}");
    let mine = "apps/shop/cloudwatch/a.yml";
    let check = |words: &[&str], expect: Option<&str>| {
        let (_, out, error) = check_in(folder.path(), &[&["--base", "."], words].concat());
        let noted = out
            .lines()
            .find_map(|line| line.split_once("others did since the last `promloom run`: "));
        assert_eq!(noted.map(|(_, keys)| keys), expect, "{words:?}: {out}{error}");
    };
    write(mine, &metric("Mine"));
    check(&[mine], None);
    std::fs::remove_file(folder.path().join("apps/bank/cloudwatch/gone.yml")).unwrap();
    write("apps/bank/cloudwatch/other.yml", &metric("Other"));
    write("apps/bank/cloudwatch/new.yml", &metric("New"));
    // This changes nothing: it is not accepted.
    write("apps/bank/cloudwatch/same.yml", BAD);
    let others = "`apps/bank/cloudwatch/gone.yml` deleted, `apps/bank/cloudwatch/new.yml` added, `apps/bank/cloudwatch/other.yml` changed";
    check(&[mine], Some(others));
    write(mine, BAD);
    check(&[mine], Some(others));
    let others = "`apps/bank/cloudwatch/new.yml` added, `apps/bank/cloudwatch/other.yml` changed";
    check(
        &[mine, "--deleted", "apps/bank/cloudwatch/gone.yml"],
        Some(others),
    );
    check(&["apps", "--deleted", "apps/bank/cloudwatch/gone.yml"], None);
}

#[test]
fn what_was_asked_about_is_not_noted_as_another_s() {
    let folder = good_folder(&["apps/shop/cloudwatch/a.yml"]);
    let (code, out, error) = promloom_in(folder.path(), &["run", "."]);
    assert_eq!(code, Some(0), "{out}{error}");
    let check = |file: &str, words: &[&str], expect: Option<&str>| {
        let (code, out, error) = check_in(folder.path(), &[&["--base", ".", file], words].concat());
        assert_eq!(code, Some(1), "{file} {words:?}: {out}{error}");
        let noted = out.lines().find(|line| line.contains("not asked about"));
        let expect = expect.map(|key| {
            format!("note: besides, not accepted, and not asked about: `{key}`, which changed since the last `promloom run`")
        });
        assert_eq!(noted, expect.as_deref(), "{file} {words:?}: {out}{error}");
    };
    let write = |file: &str| {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, BAD).unwrap();
    };
    write("apps/zoe/cloudwhat/b.yml");
    check("apps/zoe/cloudwhat/b.yml", &[], None);
    check(
        "apps/zoe/cloudwhat/b.yml",
        &["--owner", "zoe", "--component", "cloudwatch"],
        None,
    );
    // Nobody knows when this came.
    write("apps/zoe/misplaced.yml");
    check("apps/zoe/cloudwhat/b.yml", &[], None);
    let live = "apps/shop/cloudwatch/a.yml";
    write(live);
    check("apps/zoe/cloudwhat/b.yml", &[], Some(live));
    check(live, &["--owner", "zoe"], None);
}

#[test]
fn a_note_says_only_what_was_not_looked_at() {
    let folder = good_folder(&[
        "apps/shop/cloudwatch/a.yml",
        "apps/base/cloudwatch/b.yml",
        "x.yml",
        "apps/zoe/misplaced.yml",
    ]);
    let check = |words: &[&str], expect: Option<&str>| {
        let (code, out, error) = check_in(folder.path(), words);
        assert_eq!(code, Some(0), "{words:?}: {out}{error}");
        let noted = out
            .lines()
            .find_map(|line| line.strip_prefix("note: without --base "));
        assert_eq!(noted, expect, "{words:?}: {out}");
    };
    let both = "nothing else was looked at: neither the base nor other teams' fragments";
    check(&["x.yml"], Some(both));
    let (_, out, _) = check_in(folder.path(), &["apps/zoe/misplaced.yml"]);
    assert!(out.contains(both), "{out}");
    check(&["apps/shop"], Some(both));
    check(&["apps/base"], Some(both));
    check(&["apps/shop/cloudwatch/a.yml"], Some(both));
    std::fs::remove_dir_all(folder.path().join("apps/zoe")).unwrap();
    check(&["."], None);
    check(&["apps", "base"], None);
    check(&["apps"], Some("the base was not looked at"));
    check(&["base"], Some("other teams' fragments were not looked at"));
    check(
        &["base", "apps/shop"],
        Some("other teams' fragments were not looked at"),
    );
    // One file of the base is not all of it.
    let policy = "nothing else was looked at: neither a policy nor other teams' fragments";
    check(&["base/cloudwatch.yml"], Some(policy));
    check(
        &["base/cloudwatch.yml", "apps"],
        Some("a policy was not looked at"),
    );
    std::fs::rename(folder.path().join("base"), folder.path().join("elsewhere")).unwrap();
    check(&["."], Some("the base was not looked at"));
}
