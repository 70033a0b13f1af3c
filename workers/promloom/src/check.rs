//! `promloom check`: what a push of these files would say. In: files, the folder that they would be pushed
//! beside. Out: a report about them, about fragments of others that they would hurt, and what would become live beside
//! what is, as a diff. Never: deploys,
//! reloads, sends (what `--target-version` says is `upgrade.rs`); what a run writes goes into a folder that is removed.

use crate::address::{Address, Asked, asked, free, in_repository, is_same};
use crate::before::Before;
use crate::cli::{CheckArgs, CheckFormat};
use crate::desk::{Bucket, Desk, State};
use crate::progress::Lines;
use crate::report::{Ended, Fragment, Report, Typed};
use crate::run::{name, reported};
use crate::steps::Settings;
use crate::{diff, print, upgrade};
use contract::ports::Volume as _;
use contract::{Class, Component, Configuration, Digest, Failure, Key, Verdict, read_document};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// Checks, and tells.
pub(crate) async fn check(args: &CheckArgs, verbose: bool) -> Result<Ended, Failure> {
    let (report, typed) = checked(args, verbose).await?;
    Ok(told(&report, &typed, args))
}

/// What is found, and what was looked at, by key.
async fn checked(args: &CheckArgs, verbose: bool) -> Result<(Report, BTreeMap<String, Typed>), Failure> {
    let beside = args.base.as_ref().map(|base| Bucket::open(base)?.objects());
    let beside = beside.transpose()?;
    let (mut pushed, mut typed) = (BTreeMap::new(), BTreeMap::new());
    let files = asked(args)?;
    for (at, file) in files.iter().enumerate() {
        let Address { mut key, is_made_up } = file.address(args)?;
        let path = file.path.display().to_string();
        if pushed.contains_key(&key) {
            let refuse = |what: String| {
                let doing = format!("checking `{path}`: {what}");
                Err(Failure::new(Class::InvalidRequest, doing))
            };
            if let Some(same) = files[..at].iter().find(|other| is_same(&other.path, &file.path)) {
                return refuse(format!(
                    "it is `{}`, which is checked already",
                    same.path.display()
                ));
            }
            if !is_made_up {
                return refuse(format!("another of the files is `{key}` already"));
            }
            let is_taken = |key: &String| {
                pushed.contains_key(key) || beside.as_ref().is_some_and(|objects| objects.contains_key(key))
            };
            key = free(&key, is_taken);
        }
        typed.insert(key.clone(), Typed { path, is_made_up });
        pushed.insert(key, file.content.clone());
    }
    if beside.is_none()
        && let Some((key, Typed { path, .. })) = typed.first_key_value()
        && typed.keys().all(|key| Key::parse(key) == Key::Policy)
    {
        let doing = format!(
            "checking `{path}` by itself: `{key}` is about fragments, so say as --base the folder that has them; `promloom policy {path}` \
             says whether it is one"
        );
        return Err(Failure::new(Class::InvalidRequest, doing));
    }
    let unseen = beside.is_none().then(|| unseen(&files, &pushed)).flatten();
    let without = beside.unwrap_or_else(|| minimal(pushed.keys()));
    let mut report = reported_of(args, verbose, pushed, without).await?;
    report.notes.extend(unseen);
    Ok((report.of_files(&typed), typed))
}

async fn reported_of(
    args: &CheckArgs,
    verbose: bool,
    pushed: BTreeMap<String, Vec<u8>>,
    mut without: BTreeMap<String, Vec<u8>>,
) -> Result<Report, Failure> {
    let mut with = without.clone();
    with.extend(pushed.clone());
    with.retain(|key, _| !args.deleted.contains(key));
    let is_platforms = |key: &str| matches!(Key::parse(key), Key::Base(_) | Key::Policy);
    // A bucket without its policy or base is none that ever was: where the folder has just the pushed one, it does not say how it was before.
    let is_lost = pushed
        .iter()
        .any(|(key, bytes)| is_platforms(key) && without.get(key) == Some(bytes));
    // What lies in the folder under a pushed key may be just the pushed file; other bytes are the version before.
    without.retain(|key, bytes| pushed.get(key) != Some(bytes));

    let scratch = tempfile::tempdir().map_err(|error| {
        Failure::new(Class::Unavailable, "making a folder for what the check leaves").because(error)
    })?;
    let look = Look {
        state: args.base.as_ref().map(|base| base.join(".promloom/state")),
        tools: args.tools.find(),
        settings: Settings::of_desk(
            args.tools.prometheus()?,
            args.placeholders.read()?,
            BTreeMap::new(),
        ),
        scratch: scratch.path().to_owned(),
        verbose,
    };
    if let Some(target) = args.target_version {
        return upgrade::report(look, with, target, args.target_tools(target)).await;
    }
    let known = Before::of_state(look.known_state()).await?;
    for key in &args.deleted {
        if !without.contains_key(key) && !known.has(key) {
            let doing = format!(
                "checking the deletion of `{key}`: neither the folder nor what is live has it; in a pull request, say as --base a folder that still has it"
            );
            return Err(Failure::new(Class::InvalidRequest, doing));
        }
    }
    let before = if !known.live.is_empty() || is_lost {
        // What is live says best what a push changes, and what serves on where it is refused.
        known
    } else if args.base.is_some() && has_base(&without) {
        // First without, so that the second run finds live what these files would change, and its guards hold.
        let looked = look.at(without, |_| false).await?;
        Before::of_run(&looked.report, looked.live)
    } else {
        Before::default()
    };
    let changed: BTreeSet<String> = with
        .iter()
        .filter(|(key, bytes)| !pushed.contains_key(*key) && before.is_since(key, bytes))
        .map(|(key, _)| key.clone())
        .collect();
    let there = with.iter().map(|(key, bytes)| (key.clone(), Digest::of(bytes)));
    let there: BTreeMap<String, Digest> = there.collect();
    let after = look.at(with, |key| pushed.contains_key(key)).await?;

    let asked = |key: &str| pushed.contains_key(key) || args.deleted.iter().any(|deleted| deleted == key);
    let is_hurt = |fragment: &Fragment| fragment.verdict != Verdict::Accepted && !before.was_so(fragment);
    let fragments = after.report.fragments.iter();
    let (own, shown): (Vec<_>, Vec<_>) = fragments
        .filter(|fragment| asked(&fragment.key) || is_hurt(fragment))
        .map(|fragment| fragment.key.clone())
        .partition(|key| changed.contains(key));
    let done = before.done(&after.report.fragments, &there);
    // It may lie in the folder, too, where another key was said for it.
    let is_typed = |key: &String| {
        let base = args.base.as_ref().map(|base| base.join(key));
        base.is_some_and(|there| args.files.iter().any(|file| is_same(file, &there)))
    };
    // Nobody remembers what is no fragment, so nobody knows that it changed.
    let is_new = |key: &String| !matches!(Key::parse(key), Key::Stray { .. }) && !is_typed(key);
    let own: Vec<String> = own.into_iter().filter(is_new).collect();
    let shown: BTreeSet<String> = shown.into_iter().collect();
    let keys = shown.iter().chain(pushed.keys()).chain(&args.deleted);
    let components: BTreeSet<Component> = keys
        .flat_map(|key| match Key::parse(key) {
            Key::Policy => Component::ALL.to_vec(),
            key => key.component().into_iter().collect(),
        })
        .collect();
    let lanes = after.report.lanes.iter();
    let stuck: BTreeSet<Component> = lanes
        .filter(|lane| !lane.is_well())
        .map(|lane| lane.component)
        .collect();
    let mut report = after
        .report
        .of_check(|fragment| shown.contains(&fragment.key), &components);
    for fragment in &mut report.fragments {
        fragment.is_new = before.was_better(fragment);
    }
    let is_known = !before.live.is_empty();
    if is_known {
        // Where nothing would be deployed nothing would change either.
        let [before, after] = [before.live, after.live].map(|mut live| {
            live.retain(|component, _| !stuck.contains(component));
            live
        });
        report.diffs = diff::between(&before, &after);
    }
    let others = others(done, asked, &report.diffs);
    report.notes.extend(notes(args, is_known, &own, &others));
    Ok(report)
}

/// What of all that was done since the last run is in these diffs, and is not what was asked about.
fn others(
    done: BTreeMap<String, &str>,
    asked: impl Fn(&str) -> bool,
    diffs: &[diff::FileDiff],
) -> Vec<String> {
    let is_in_diff = |key: &str| {
        let component = Key::parse(key).component();
        diffs.iter().any(|diff| Some(diff.component) == component)
    };
    done.into_iter()
        .filter(|(key, _)| !asked(key) && is_in_diff(key))
        .map(|(key, how)| format!("`{key}` {how}"))
        .collect()
}

/// What was not looked at because no base was named.
fn unseen(files: &[Asked], pushed: &BTreeMap<String, Vec<u8>>) -> Option<String> {
    let is_seen = |top: &str| files.iter().any(|file| file.is_of_whole(top));
    let mut components = pushed.keys().filter_map(|key| Key::parse(key).component());
    let base = if is_seen("base") {
        None
    } else if !has_base(pushed) || !components.all(|component| pushed.contains_key(&component.base_key())) {
        Some("the base was")
    } else if !pushed.keys().any(|key| Key::parse(key) == Key::Policy) {
        Some("a policy was")
    } else {
        None
    };
    let others = (!is_seen("apps")).then_some("other teams' fragments were");
    match (base, others) {
        (Some(base), Some(_)) => Some(format!(
            "without --base nothing else was looked at: neither {} nor other teams' fragments",
            base.trim_end_matches(" was")
        )),
        (one, other) => one
            .or(other)
            .map(|what| format!("without --base {what} not looked at")),
    }
}

/// What is not known, what does not count, and what `others` did that the diff has too.
fn notes(args: &CheckArgs, is_known: bool, own: &[String], others: &[String]) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(base) = &args.base
        && !is_known
    {
        notes.push(format!(
            "how it was before is not known: `{}` has neither a state of `promloom run` nor another version of what is checked. So this says \
             neither which refusals are new nor what would change; give as --base a folder without the change, such as a worktree of main",
            base.display()
        ));
    }
    if !own.is_empty() {
        notes.push(format!(
            "besides, not accepted, and not asked about: `{}`, which changed since the last `promloom run`",
            own.join("`, `")
        ));
    }
    if !others.is_empty() {
        notes.push(format!(
            "the diff has, too, what others did since the last `promloom run`: {}",
            others.join(", ")
        ));
    }
    notes
}

fn told(report: &Report, typed: &BTreeMap<String, Typed>, args: &CheckArgs) -> Ended {
    match args.format {
        CheckFormat::Github => {
            let checked = typed.values().map(|file| file.path.clone()).collect();
            let called = |file: &str| in_repository(file, &checked, args.base.as_deref());
            print::document(report.github(called).trim_end());
        }
        format @ (CheckFormat::Text | CheckFormat::Json) => print::report(report, format.of_failure()),
    }
    report.ended()
}

/// A bucket as it could be, looked at.
pub(crate) struct Looked {
    pub(crate) report: Report,
    pub(crate) live: BTreeMap<Component, Configuration>,
}

/// Runs of the definition that leave nothing but what the next one of the same look finds.
pub(crate) struct Look {
    /// What is known of what is live, if anything.
    pub(crate) state: Option<PathBuf>,
    pub(crate) tools: os::Tools,
    pub(crate) settings: Settings,
    /// What is left.
    pub(crate) scratch: PathBuf,
    /// Says each state that passes.
    pub(crate) verbose: bool,
}

impl Look {
    fn known_state(&self) -> Option<PathBuf> {
        self.state.clone().filter(|state| state.is_dir())
    }

    /// Runs it. Of keys that are asked about, names that others have are told too where they are refused for another reason.
    pub(crate) async fn at(
        &self,
        objects: BTreeMap<String, Vec<u8>>,
        asked: impl Fn(&str) -> bool,
    ) -> Result<Looked, Failure> {
        let state = self.known_state();
        let desk = Desk {
            bucket: Bucket::Held(objects),
            state: State::over(self.scratch.join("state"), state),
            volume: os::Folder::new(&self.scratch),
            tools: self.tools.clone(),
            http: os::Http,
            clock: os::SystemClock,
        };
        let named = (&*name(&desk.clock, "check"), json!({}));
        // Nobody asked for a run, and a check may look twice.
        let lines = if self.verbose {
            Lines::States
        } else {
            Lines::Trouble
        };
        let (mut report, wholes) = reported(&desk, &self.settings, named, lines).await?;
        let mut fragments = report.fragments.iter();
        let is_refused = fragments.any(|it| it.verdict != Verdict::Accepted && asked(&it.key));
        for (component, whole) in wholes.into_iter().filter(|_| is_refused) {
            let doing = || format!("reading what was asked of the {component} whole");
            let whole = serde_json::from_value(whole)
                .map_err(|error| Failure::new(Class::Bug, doing()).because(error))?;
            let lost = validate::lost_besides(&desk, whole, |key| asked(key)).await?;
            report.add(&lost);
        }
        let mut live = BTreeMap::new();
        for component in Component::ALL {
            if let Some(generation) = desk.volume.live(component).await? {
                let configuration =
                    read_document(&desk, &generation.configuration, "a configuration").await?;
                live.insert(component, configuration);
            }
        }
        Ok(Looked { report, live })
    }
}

fn has_base(objects: &BTreeMap<String, Vec<u8>>) -> bool {
    objects.keys().any(|key| matches!(Key::parse(key), Key::Base(_)))
}

/// The least base of each component that is asked about. Where none is, of the one that needs no tool: without any a run ends before it tells
/// of what has no good key.
fn minimal<'a>(keys: impl Iterator<Item = &'a String>) -> BTreeMap<String, Vec<u8>> {
    let components: BTreeSet<Component> = keys.filter_map(|key| Key::parse(key).component()).collect();
    let is_none = components.is_empty();
    let base = |component: Component| match component {
        Component::Prometheus => "global: {}\n",
        Component::Blackbox => "modules: {}\n",
        Component::Cloudwatch => "metrics: []\n",
    };
    let components = components.into_iter();
    components
        .chain(is_none.then_some(Component::Cloudwatch))
        .map(|component| (component.base_key(), base(component).into()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser as _;
    use std::path::Path;

    /// What a check of these words ends with, beside this folder, with a tool that accepts everything.
    fn ended(folder: &Path, words: &[&str]) -> Result<Ended, Class> {
        report(folder, words).map(|report| report.ended())
    }

    fn report(folder: &Path, words: &[&str]) -> Result<Report, Class> {
        use std::os::unix::fs::PermissionsExt as _;
        let tool = folder.join("promtool");
        let version = validate::Settings::default().prometheus.to_string();
        std::fs::write(&tool, format!("#!/bin/sh\necho promtool, version {version}\n")).expect("a tool");
        std::fs::set_permissions(&tool, std::fs::Permissions::from_mode(0o755)).expect("a tool to run");
        let folder = folder.to_str().expect("a path in UTF-8");
        let tool = tool.to_str().expect("a path in UTF-8");
        let line = [
            "promloom",
            "check",
            "--base",
            folder,
            "--promtool",
            tool,
            "--prometheus-version",
            &version,
        ];
        let words = words.iter().map(|word| word.replace("DIR", folder));
        let cli = Cli::parse_from(line.map(str::to_owned).into_iter().chain(words));
        let Command::Check(args) = cli.command else {
            panic!("a check: {:?}", cli.command)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let checked = runtime.expect("a runtime").block_on(checked(&args, false));
        checked.map(|(report, _)| report).map_err(|failure| failure.class)
    }

    /// A folder like a bucket: a base, a fragment that reads a file, and a policy.
    fn folder(policy: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let job = "scrape_configs: [{job_name: a, authorization: {credentials_file: /srv/token}}]\n";
        let write = |key: &str, text: &str| {
            let path = folder.path().join(key);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        };
        write("base/prometheus.yml", "scrape_configs: [{job_name: base}]\n");
        write("apps/shop/prometheus/a.yml", job);
        if let Some(policy) = policy {
            write("base/policy.yml", policy);
        }
        folder
    }

    #[test]
    fn what_a_policy_refuses_is_told_although_the_default_refuses_it_too() {
        let check = |policy: &str, expect: Ended| {
            let folder = folder(Some(policy));
            assert_eq!(
                ended(folder.path(), &["DIR/base/policy.yml"]),
                Ok(expect),
                "{policy}"
            );
            assert_eq!(
                ended(folder.path(), &["DIR/base/prometheus.yml"]),
                Ok(expect),
                "{policy}"
            );
        };
        check("jobs: {files: [/srv/*]}\n", Ended::Well);
        check("jobs: {files: [/tmp/*]}\n", Ended::WithProblems);
    }

    #[test]
    fn a_refusal_is_marked_as_new_where_it_is_known_how_it_was() {
        let folder = folder(Some("jobs: {files: [/srv/*]}\n"));
        let other = folder.path().join("apps/bank/prometheus/b.yml");
        std::fs::create_dir_all(other.parent().expect("a folder")).expect("a folder");
        std::fs::write(&other, "scrape_configs: [{job_nam: b}]\n").expect("a file");
        let pull = tempfile::tempdir().expect("a folder");
        let policy = pull.path().join("base/policy.yml");
        std::fs::create_dir_all(policy.parent().expect("a folder")).expect("a folder");
        let check = |file: &str, text: &str, expect: &[(&str, bool)], is_known: bool| {
            std::fs::write(&policy, text).expect("a file");
            let report = report(folder.path(), &[file]).expect("a report");
            let fragments = report.fragments.iter();
            let told: Vec<(&str, bool)> = fragments.map(|one| (&*one.owner, one.is_new)).collect();
            assert_eq!((&*told, report.notes.is_empty()), (expect, is_known), "{text}");
            assert_eq!(
                report.text().contains("newly refused"),
                expect.iter().any(|(_, is_new)| *is_new)
            );
            assert_eq!(crate::report::tests::broken_in(&report.json()), [""; 0]);
        };
        let path = policy.to_str().expect("a path");
        check(path, "jobs: {files: [/srv/token]}\n", &[], true);
        check(path, "jobs: {files: [/tmp/*]}\n", &[("shop", true)], true);
        // One reason more for what was refused before.
        check(
            path,
            "jobs: {files: [/srv/token]}\nfragments: {size_bytes: 20}\n",
            &[("bank", false), ("shop", true)],
            true,
        );
        // The same bytes: nobody knows what there was before.
        check("DIR/base/policy.yml", "", &[("bank", false)], false);
    }

    #[test]
    fn what_would_not_be_deployed_changes_nothing() {
        let folder = folder(None);
        let pull = tempfile::tempdir().expect("a folder");
        let base = pull.path().join("base/prometheus.yml");
        std::fs::create_dir_all(base.parent().expect("a folder")).expect("a folder");
        let check = |text: &str, expect: bool| {
            std::fs::write(&base, text).expect("a file");
            let report = report(folder.path(), &[base.to_str().expect("a path")]).expect("a report");
            assert_eq!(report.diffs.is_empty(), expect, "{text}: {:?}", report.diffs);
        };
        check("scrape_configs: [{job_name: other}]\n", false);
        check("scrape_configs: [\n", true);
    }

    #[test]
    fn a_policy_by_itself_is_about_nothing() {
        let pull = tempfile::tempdir().expect("a folder");
        let policy = pull.path().join("base/policy.yml");
        std::fs::create_dir_all(policy.parent().expect("a folder")).expect("a folder");
        std::fs::write(&policy, "jobs: {}\n").expect("a file");
        let cli = Cli::parse_from(["promloom", "check", policy.to_str().expect("a path")]);
        let Command::Check(args) = cli.command else {
            panic!("a check: {:?}", cli.command)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failure = runtime
            .expect("a runtime")
            .block_on(checked(&args, false))
            .expect_err("no answer");
        assert!(
            failure.chain().contains("say as --base the folder"),
            "{}",
            failure.chain()
        );
    }

    #[test]
    fn a_bad_version_is_held_back_where_a_good_one_is_in_the_folder() {
        let folder = folder(Some("jobs: {files: [/srv/*]}\n"));
        let pull = tempfile::tempdir().expect("a folder");
        let check = |text: &str, verdict: Verdict, diffs: usize| {
            let file = pull.path().join("apps/shop/prometheus/a.yml");
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
            std::fs::write(&file, text).expect("a file");
            let report = report(folder.path(), &[file.to_str().expect("a path")]).expect("a report");
            let fragment = report.fragments.first().expect("the fragment");
            assert_eq!((fragment.verdict, report.diffs.len()), (verdict, diffs), "{text}");
        };
        check("scrape_configs: [{job_nam: a}]\n", Verdict::HeldBack, 0);
        check("scrape_configs: [{job_name: b}]\n", Verdict::Accepted, 1);
    }

    #[test]
    fn files_are_called_as_they_were_typed() {
        let folder = folder(None);
        let pull = tempfile::tempdir().expect("a folder");
        let check = |files: &[&str], expect: Result<&[&str], Class>| {
            let paths: Vec<String> = files
                .iter()
                .map(|file| {
                    let path = pull.path().join(file);
                    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
                    std::fs::write(&path, "scrape_configs: [{job_nam: a}]\n").expect("a file");
                    path.display().to_string()
                })
                .collect();
            let words: Vec<&str> = paths.iter().map(String::as_str).collect();
            let github = report(folder.path(), &words).map(|report| {
                let problems = report.fragments.iter().flat_map(|fragment| &fragment.problems);
                assert!(problems.count() > 0, "{files:?}");
                let shown = anstream::adapter::strip_str(&report.text()).to_string();
                for path in &paths {
                    assert!(
                        shown.contains(&format!("rejected  {path}\n  {path}:1:")),
                        "{shown}"
                    );
                    assert!(
                        report.json().contains(&format!("\"file\":\"{path}\"")),
                        "{}",
                        report.json()
                    );
                }
                assert!(!shown.contains("apps/unnamed"), "{shown}");
                report.github(str::to_owned)
            });
            let pull = pull.path().display().to_string();
            let annotated = github.map(|github| {
                let file = |line: &str| {
                    let (_, rest) = line.split_once("file=")?;
                    Some(rest.split_once(',')?.0.replace(&format!("{pull}/"), ""))
                };
                github.lines().filter_map(file).collect::<BTreeSet<String>>()
            });
            let expect = expect.map(|files| files.iter().map(ToString::to_string).collect());
            assert_eq!(annotated, expect, "{files:?}");
        };
        check(&["rules.yml"], Ok(&["rules.yml"]));
        check(
            &["x/rules.yml", "y/rules.yml"],
            Ok(&["x/rules.yml", "y/rules.yml"]),
        );
        check(
            &["x/rules.yml", "y/rules.yml", "z/rules_2.yml"],
            Ok(&["x/rules.yml", "y/rules.yml", "z/rules_2.yml"]),
        );
        let laid_out = "monitoring/apps/shop/prometheus/b.yml";
        check(&[laid_out], Ok(&[laid_out]));
        check(
            &[laid_out, "x/apps/shop/prometheus/b.yml"],
            Err(Class::InvalidRequest),
        );
    }

    #[test]
    fn a_name_that_others_have_is_told_once_whatever_else_is_wrong() {
        let folder = folder(Some("jobs: {files: [/srv/*]}\n"));
        let pull = tempfile::tempdir().expect("a folder");
        let file = pull.path().join("apps/tax/prometheus/b.yml");
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let check = |jobs: &[&str], expect: &[&str]| {
            let jobs: Vec<String> = jobs.iter().map(|job| format!("{{job_name: {job}}}")).collect();
            let text = format!("scrape_configs: [{}]\n", jobs.join(", "));
            std::fs::write(&file, &text).expect("a file");
            let report = report(folder.path(), &[file.to_str().expect("a path")]).expect("a report");
            let found = report.fragments.iter().flat_map(|fragment| &fragment.problems);
            let errors = found.filter(|found| found.severity == contract::Severity::Error);
            let told: Vec<&str> = errors.map(|found| &*found.check).collect();
            assert_eq!(told, expect, "{text}");
        };
        check(&["b"], &[]);
        check(&["b, tls: 1"], &["shape"]);
        check(&["a"], &["job_clash"]);
        check(&["a, tls: 1"], &["job_clash", "shape"]);
        check(&["b, tls: 1", "a"], &["shape", "job_clash"]);
        check(&["base"], &["duplicate_job"]);
        check(&["base, tls: 1"], &["duplicate_job", "shape"]);
        check(&["b", "b"], &["duplicate_job"]);
        // Of one name twice, the first is the one that others have.
        check(&["a", "a"], &["job_clash", "duplicate_job"]);
    }

    #[test]
    fn a_deleted_key_has_to_be_there() {
        let folder = folder(None);
        let deleted = |key: &str| ended(folder.path(), &["--deleted", key]);
        assert_eq!(deleted("apps/shop/prometheus/a.yml"), Ok(Ended::Well));
        assert_eq!(deleted("apps/shop/prometheus/b.yml"), Err(Class::InvalidRequest));
    }
}
