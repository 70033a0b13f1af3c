//! The rounds that Merge and Validate go through, as the definition has them, over memory and a scripted tool: how many it takes,
//! and what serves then. Merge is played here: who has an error falls back to its last good version.

use super::{BASE, all_judged, base, get, item, put, rule_test, testing_tool};
use crate::{Outcome, ROUNDS, Request, Response, Settings, run};
use contract::memory::{Memory, silent};
use contract::ports::{ToolAnswer, ToolCall, ToolEnd, WriteObject as _};
use contract::{
    Class, Component, Configuration, Digest, FragmentVerdict, Gathered, GatheredBatch, Item, Judged, Pointer,
    Problem, Role, Severity, Size, Source, Templated, TemplatedItem, Verdict, Verdicts,
};
use futures_util::future::FutureExt as _;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// `owner/name`, what serves, and what was pushed; pushed alone if nothing serves, serving alone if nothing was pushed.
struct Pushed {
    name: String,
    live: Option<String>,
    /// [`LIVE`], or [`STALE`].
    live_version: &'static str,
    new: Option<String>,
}

fn pushed(name: &str, live: Option<&str>, new: Option<&str>) -> Pushed {
    Pushed {
        name: name.into(),
        live: live.map(str::to_owned),
        live_version: LIVE,
        new: new.map(str::to_owned),
    }
}

/// Versions that serve; the second would not be accepted today.
const LIVE: &str = "live";
const STALE: &str = "stale";

fn is_accepted(item: &Item) -> bool {
    item.source.version_id != STALE
}

/// What came of it: after how many rounds it was proven, whose new versions serve, and the errors.
#[derive(Debug)]
struct Ended {
    rounds: Option<u32>,
    serving: Vec<String>,
    problems: Vec<Problem>,
    /// How long unit tests ran in each round.
    tested_seconds: Vec<u64>,
}

fn key(name: &str) -> String {
    let (owner, name) = name.split_once('/').unwrap();
    format!("apps/{owner}/prometheus/{name}.yml")
}

fn versions(memory: &Memory, files: &[Pushed]) -> Vec<TemplatedItem<yaml::Node>> {
    let mut items = Vec::new();
    for Pushed {
        name,
        live,
        live_version,
        new,
    } in files
    {
        let mut of = |role, version: &str, serves, text: &Option<String>| {
            let Some(text) = text else { return };
            let mut item = item(memory, role, &key(name), text);
            item.item.source.version_id = version.into();
            item.item.serves = serves;
            items.push(item);
        };
        let role = if new.is_some() {
            Role::Fallback
        } else {
            Role::Current
        };
        of(role, live_version, true, live);
        of(Role::Current, "new", false, new);
    }
    items
}

fn rule_tests(memory: &Memory, tests: &[(String, String)]) -> Pointer {
    let sources = tests.iter().map(|(name, text)| {
        let (owner, name) = name.split_once('/').unwrap();
        let document = memory.write_object(text.as_bytes().to_vec()).now_or_never();
        Source {
            key: format!("apps/{owner}/prometheus/tests/{name}.yml"),
            version_id: "v1".into(),
            document: document.unwrap().unwrap(),
        }
    });
    put(memory, &sources.collect::<Vec<_>>())
}

/// Goes through the rounds.
fn rounds(
    files: &[Pushed],
    tests: &[(String, String)],
    tool: impl Fn(&ToolCall) -> ToolAnswer + Send + 'static,
) -> Ended {
    let memory = Memory::default();
    let tested = Arc::new(Mutex::new(Duration::ZERO));
    let counted = tested.clone();
    memory.tool(move |call| {
        let answer = tool(call);
        if call.arguments[0] == "test" {
            *counted.lock().unwrap() += answer.took;
        }
        Ok(answer)
    });
    let mut tested_seconds = Vec::new();
    let items = versions(&memory, files);
    let mut culprits: Option<Pointer> = None;
    for round in 0..ROUNDS {
        let problems: Vec<Problem> = culprits.as_ref().map(|it| get(&memory, it)).unwrap_or_default();
        let out: BTreeSet<(&str, &str)> = problems
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .map(|it| (it.key.as_str(), it.version_id.as_str()))
            .collect();
        let mut serving: BTreeMap<&str, &TemplatedItem<yaml::Node>> = BTreeMap::new();
        for role in [Role::Fallback, Role::Current] {
            let of_role = items
                .iter()
                .filter(|it| it.item.role == role && is_accepted(&it.item));
            serving.extend(
                of_role
                    .map(|it| (it.item.source.key.as_str(), it))
                    .filter(|(key, it)| !out.contains(&(key, it.item.source.version_id.as_str()))),
            );
        }
        let request = request(&memory, &items, &serving, tests, culprits.clone(), round);
        let answer = run(&memory, &Settings::default(), request)
            .now_or_never()
            .unwrap();
        tested_seconds.push(std::mem::take(&mut *tested.lock().unwrap()).as_secs());
        let Response::Configuration {
            outcome,
            culprits: more,
            ..
        } = answer.unwrap()
        else {
            panic!("an answer about the whole");
        };
        let is_new = |it: &&&TemplatedItem<yaml::Node>| it.item.source.version_id == "new";
        let names = serving
            .values()
            .filter(is_new)
            .map(|it| it.item.source.key.clone());
        let serving = names.collect();
        culprits = more;
        if outcome == Outcome::Culprits && round + 1 < ROUNDS {
            continue;
        }
        return Ended {
            rounds: (outcome == Outcome::Proven).then_some(round + 1),
            serving,
            problems: culprits.map(|it| get(&memory, &it)).unwrap_or_default(),
            tested_seconds,
        };
    }
    unreachable!("the last round ends it")
}

fn request(
    memory: &Memory,
    items: &[TemplatedItem<yaml::Node>],
    serving: &BTreeMap<&str, &TemplatedItem<yaml::Node>>,
    tests: &[(String, String)],
    culprits: Option<Pointer>,
    round: u32,
) -> Request {
    let mut written = BTreeMap::from([("prometheus.yml".to_owned(), BASE.to_owned())]);
    for (key, one) in serving {
        let text = yaml::print(one.tree.as_ref().unwrap()).text;
        let name = key.replace("apps/", "rules/").replace("/prometheus/", "--");
        written.insert(name, text);
    }
    let configuration = Configuration {
        component: Component::Prometheus,
        digest: Digest::of(b""),
        size: Size::default(),
        jobs: BTreeMap::new(),
        files: written,
    };
    Request::Configuration {
        run: "run".into(),
        component: Component::Prometheus,
        policy: None,
        rule_tests: Some(rule_tests(memory, tests)),
        configuration: put(memory, &configuration),
        verdicts: put(memory, &verdicts(serving)),
        base: Some(base(memory, Component::Prometheus, BASE)),
        gathered: Some(put(memory, &gathered(memory, items))),
        culprits,
        round,
        suspicion: None,
    }
}

fn verdicts(serving: &BTreeMap<&str, &TemplatedItem<yaml::Node>>) -> Verdicts {
    let fragments = serving.values().map(|one| FragmentVerdict {
        source: one.item.source.clone(),
        verdict: Verdict::Accepted,
        serving: Some(one.item.source.clone()),
        problems: vec![],
    });
    Verdicts {
        component: Component::Prometheus,
        policy: None,
        platform: vec![],
        rule_tests: vec![],
        fragments: fragments.collect(),
    }
}

fn gathered(memory: &Memory, items: &[TemplatedItem<yaml::Node>]) -> Gathered {
    let batch = |role: Role| {
        let items: Vec<_> = items.iter().filter(|it| it.item.role == role).cloned().collect();
        GatheredBatch {
            batch: Pointer::to(format!("{role:?}").as_bytes()),
            judged: all_judged(memory, &items, is_accepted),
            templated: put(memory, &Templated { items }),
        }
    };
    Gathered {
        batches: vec![batch(Role::Current), batch(Role::Fallback)],
        killed: vec![],
        waiting: vec![],
    }
}

/// Jobs, and alerts.
fn fragment(jobs: &[&str], alerts: &[&str]) -> String {
    let mut text = String::new();
    if !jobs.is_empty() {
        text.push_str("scrape_configs:\n");
    }
    for job in jobs {
        writeln!(text, "- job_name: {job}").unwrap();
    }
    if !alerts.is_empty() {
        text.push_str("groups:\n- name: g\n  rules:\n");
    }
    for alert in alerts {
        writeln!(text, "  - alert: {alert}\n    expr: up == 0").unwrap();
    }
    text
}

/// A test of these fragments, which wants this alert.
fn needs(alert: &str, of: &[&str]) -> String {
    let files: Vec<String> = of.iter().map(|name| format!("../{name}.yml")).collect();
    rule_test(alert).replace("../x.yml", &files.join(", "))
}

#[test]
fn one_owner_s_chain_of_refusals_stops_nobody() {
    // The first new version gives up a job and fails its test. The second takes that job, the third gives up one of its own and
    // is tested together with the second, the fourth takes that, and so on: each refusal leads to the next, by a name and by a
    // test in turn.
    let check = |links: usize, rounds_taken: u32| {
        // Beside it somebody has a new fragment that is fine, one that clashes, and a test that cannot be read.
        let mut files = vec![
            pushed("z/innocent", None, Some(&fragment(&["z"], &["z"]))),
            pushed("z/clashes", None, Some(&fragment(&["base"], &[]))),
        ];
        let mut tests = vec![("z/t".to_owned(), "rule_files: [".to_owned())];
        for link in 0..links {
            let name = |link: usize| format!("f{link:02}");
            let alert = |link: usize| format!("alert_{link}_");
            let job = format!("j{}", link / 2);
            let gives = link % 2 == 0;
            let (none, one): (&[&str], &[&str]) = (&[], &[&job]);
            let live = fragment(if gives { one } else { none }, &["old"]);
            let new = fragment(if gives { none } else { one }, &[&alert(link)]);
            files.push(pushed(&format!("a/{}", name(link)), Some(&live), Some(&new)));
            if gives {
                let wanted = link.checked_sub(1).map_or("never".to_owned(), alert);
                let of = [name(link.saturating_sub(1)), name(link)];
                let of: Vec<&str> = of.iter().map(String::as_str).collect();
                tests.push((format!("a/t{link:02}"), needs(&wanted, &of)));
            }
        }
        let ended = rounds(&files, &tests, testing_tool);
        assert_eq!(ended.rounds, Some(rounds_taken), "{links}: {ended:#?}");
        assert_eq!(ended.serving, ["apps/z/prometheus/innocent.yml"], "{links}");
        let is_cut = ended.problems.iter().any(|it| it.check == "entangled");
        assert_eq!(is_cut, links > 9, "{links}");
    };
    check(1, 2);
    check(2, 2);
    check(5, 2);
    check(12, 2);
    check(40, 2);
}

#[test]
fn what_may_not_serve_any_more_does_not_come_back() {
    // One gives up a job and fails its test; another takes that job. What serves of the first would be accepted today, or not.
    let check = |live_version: &'static str, serving: &[&str]| {
        let gives_up = Pushed {
            live_version,
            ..pushed(
                "a/x",
                Some(&fragment(&["j"], &["old"])),
                Some(&fragment(&[], &["new"])),
            )
        };
        let files = [gives_up, pushed("b/y", None, Some(&fragment(&["j"], &[])))];
        let ended = rounds(&files, &[("a/t".into(), needs("never", &["x"]))], testing_tool);
        assert_eq!(ended.rounds, Some(2), "{live_version}: {ended:#?}");
        assert_eq!(ended.serving, serving, "{live_version}");
    };
    check(LIVE, &[]);
    check(STALE, &["apps/b/prometheus/y.yml"]);
}

/// As [`testing_tool`], where a test takes so many seconds for each `SLOW<seconds>` that it is named after; a process that takes
/// longer than it has is out of time.
fn timed_tool(call: &ToolCall) -> ToolAnswer {
    let answer = testing_tool(call);
    if call.arguments[0] != "test" {
        return answer;
    }
    let tests = call.arguments[2..].iter().map(|name| call.files[name].as_str());
    let seconds = |test: &str| -> u64 {
        let word = test.split("takes_").nth(1).unwrap_or("0_");
        word.split('_').next().unwrap().parse().unwrap()
    };
    let tenths = Duration::from_millis(100) * u32::try_from(call.arguments.len() - 2).unwrap();
    let took = Duration::from_secs(tests.map(seconds).sum()) + tenths;
    let most = Duration::from_secs(call.timeout_seconds);
    ToolAnswer {
        end: if took > most {
            ToolEnd::TimedOut
        } else {
            answer.end
        },
        took: took.min(most),
        ..answer
    }
}

#[test]
fn unit_tests_have_a_time_together_and_nobody_s_slowness_decides_about_another_s() {
    // So many owners each with so many tests that take so many seconds and fail or pass; beside them owners whose tests are
    // quick, one of whom fails. Whose new versions serve, and after how many rounds.
    let check =
        |slow: usize, tests_each: usize, seconds: u64, fails: bool, slow_serve: bool, at_most: u32| {
            let (mut files, mut tests) = (Vec::new(), Vec::new());
            let mut owner = |name: String, count: usize, seconds: u64, fails: bool| {
                let alert = format!("takes_{seconds}_");
                files.push(pushed(
                    &format!("{name}/x"),
                    Some(&fragment(&[], &["old"])),
                    Some(&fragment(&[], &[&alert])),
                ));
                let wanted = if fails { format!("{alert}never") } else { alert };
                tests.extend((0..count).map(|n| (format!("{name}/t{n}"), needs(&wanted, &["x"]))));
            };
            (0..slow).for_each(|n| owner(format!("m{n:03}-slow"), tests_each, seconds, fails));
            (0..30).for_each(|n| owner(format!("{}{n:02}-quick", ["a", "z"][n % 2]), 1, 0, false));
            owner("q-fails".to_owned(), 1, 0, true);
            let ended = rounds(&files, &tests, timed_tool);
            let what = format!("{slow} of {tests_each} of {seconds} s");
            assert!(
                ended.rounds.is_some_and(|rounds| rounds <= at_most),
                "{what}: {ended:#?}"
            );
            let serve = |word: &str| ended.serving.iter().filter(|key| key.contains(word)).count();
            assert_eq!(
                (serve("quick"), serve("fails")),
                (30, 0),
                "{what}: {:#?}",
                ended.problems
            );
            assert_eq!(serve("slow"), if slow_serve { slow } else { 0 }, "{what}");
            let most = ended.tested_seconds.iter().max().copied().unwrap_or_default();
            assert!(
                most <= Settings::default().slow_seconds + 2,
                "{what}: {:?}",
                ended.tested_seconds
            );
        };
    check(0, 0, 0, false, true, 2);
    check(2, 1, 5, false, true, 2);
    check(10, 3, 9, true, false, 4);
    check(10, 1, 1000, false, false, 4);
    check(30, 5, 1000, false, false, 4);
}

#[test]
fn a_busy_machine_takes_nothing_from_what_serves() {
    // The tool's own trouble with a version that serves: seconds that it takes; how it ends.
    let check = |seconds: u64, proven: bool| {
        let memory = Memory::default();
        let files = [pushed("a/x", Some(&fragment(&[], &["slow"])), None)];
        memory.tool(move |call| {
            let is_slow =
                call.files.values().any(|text| text.contains("slow")) && seconds > call.timeout_seconds;
            Ok(silent(if is_slow {
                ToolEnd::TimedOut
            } else {
                ToolEnd::Exited(0)
            }))
        });
        let items = versions(&memory, &files);
        let settings = Settings::default();
        let judged = run(
            &memory,
            &settings,
            Request::Fragments {
                run: "run".into(),
                component: Component::Prometheus,
                policy: None,
                base: None,
                templated: put(&memory, &Templated { items: items.clone() }),
            },
        );
        let Response::Fragments { accepted, judged, .. } = judged.now_or_never().unwrap().unwrap() else {
            panic!("an answer about fragments");
        };
        let judged: Judged = get(&memory, &judged);
        let severities: Vec<Severity> = judged.items[0].problems.iter().map(|it| it.severity).collect();
        assert_eq!((accepted, severities), (1, vec![Severity::Warning]), "{seconds}");

        let serving = BTreeMap::from([(items[0].item.source.key.as_str(), &items[0])]);
        let request = request(&memory, &items, &serving, &[], None, 0);
        let answer = run(&memory, &Settings::default(), request)
            .now_or_never()
            .unwrap();
        match answer {
            Ok(Response::Configuration { outcome, .. }) => {
                assert!(proven && outcome == Outcome::Proven, "{seconds}");
            }
            Ok(Response::Fragments { .. } | Response::Refusal { .. }) => panic!("an answer about the whole"),
            Err(failure) => assert_eq!((proven, failure.class), (false, Class::Exhausted), "{seconds}"),
        }
    };
    check(30, true);
    check(90, false);
}

#[test]
fn what_starts_the_tool_is_no_verdict() {
    let check = |stderr: &str, fails: bool| {
        let memory = Memory::default();
        let words = stderr.to_owned();
        memory.tool(move |_| {
            Ok(ToolAnswer {
                stderr: words.clone(),
                ..silent(ToolEnd::Exited(1))
            })
        });
        let items = versions(&memory, &[pushed("a/x", None, Some(&fragment(&["a"], &[])))]);
        let request = Request::Fragments {
            run: "run".into(),
            component: Component::Prometheus,
            policy: None,
            base: None,
            templated: put(&memory, &Templated { items }),
        };
        let answer = run(&memory, &Settings::default(), request)
            .now_or_never()
            .unwrap();
        assert_eq!(
            answer.err().map(|it| it.class),
            fails.then_some(Class::Unavailable)
        );
    };
    check("unshare: unshare failed: No space left on device\n", true);
    check("", true);
    check("Checking f0.yml\n  FAILED: parsing YAML file f0.yml: x\n", false);
}

#[test]
fn samples_that_do_not_fit_here_are_called_so() {
    // What the tool prints of one test and how it ends, whether the disk is full without it too; what is told of the test, or none
    // for no verdict.
    let check = |stderr: &str, code: i32, is_full: bool, expect: Option<&str>| {
        let memory = Memory::default();
        let words = stderr.to_owned();
        memory.tool(move |call| {
            let is_test = call.arguments[0] == "test";
            assert_eq!(
                call.file_bytes > 128 * 1024 * 1024,
                is_test,
                "{:?}",
                call.arguments
            );
            let fails = is_test && (is_full || call.files.values().any(|text| text.contains("many")));
            Ok(ToolAnswer {
                stderr: if fails { words.clone() } else { String::new() },
                ..silent(ToolEnd::Exited(if fails { code } else { 0 }))
            })
        });
        let files = [pushed("a/x", None, Some(&fragment(&[], &["many"])))];
        let items = versions(&memory, &files);
        let serving = BTreeMap::from([(items[0].item.source.key.as_str(), &items[0])]);
        let tests = [("a/t".to_owned(), needs("many", &["x"]))];
        let request = request(&memory, &items, &serving, &tests, None, 0);
        let told = match run(&memory, &Settings::default(), request)
            .now_or_never()
            .unwrap()
        {
            Ok(Response::Configuration { culprits, .. }) => {
                let problems: Vec<Problem> = get(&memory, &culprits.unwrap());
                Some(problems.into_iter().map(|it| it.message).collect::<String>())
            }
            Ok(Response::Fragments { .. } | Response::Refusal { .. }) => panic!("an answer about the whole"),
            Err(failure) => {
                assert_eq!(failure.class, Class::Unavailable, "{failure:?}");
                None
            }
        };
        assert_eq!(told.is_some(), expect.is_some(), "{told:?}");
        let told = told.unwrap_or_default();
        assert!(told.contains(expect.unwrap_or_default()), "{told}");
    };
    let wal = "  FAILED:\nwrite to WAL: log samples: write /tmp/s/wal/00000000: ";
    let large = format!("{wal}file too large\n");
    let full = format!("{wal}no space left on device\n");
    let crash = "panic: preallocate: no space left on device\n\ngoroutine 1 [running]:\n";
    let its_own = Some("its samples are too many for here");
    check(&large, 1, false, its_own);
    check("SIGXFSZ: file size limit exceeded\nPC=0x1\n", 2, false, its_own);
    check(&full, 1, false, its_own);
    check(&full, 1, true, None);
    check(crash, 2, false, its_own);
    check(crash, 2, true, None);
    // A team's own words.
    let name = format!(
        "  FAILED:\n    name: x\n{full},\n    alertname: many, time: 1m, \n        exp:[x], \n        got:[]\n"
    );
    check(&name, 1, true, Some("alertname: many"));
    let annotation = "  FAILED:\n    alertname: many, time: 1m, \n        exp:[no space left on device], \n        got:[]\n";
    check(annotation, 1, true, Some("alertname: many"));
    check("  SUCCESS\nfile too large\n", 2, true, Some("crashed"));
}
