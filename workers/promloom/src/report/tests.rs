//! What is said: the JSON holds to its schema, the text shows no trick, the exit code follows from both.

use super::*;
use contract::memory::Memory;
use contract::ports::WriteObject as _;
use contract::{Class, Generation, Pointer, Source, Timestamp, Verdicts};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../../../docs/check.schema.json");

/// Every way in which `value` breaks `schema`, in as much of draft 2020-12 as our schema uses; a word that
/// this does not know is a way.
fn broken(schema: &Value, value: &Value, root: &Value) -> Vec<String> {
    let is = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "null" => value.is_null(),
        _ => false,
    };
    let listed = |list: &Value| list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
    let mut found = Vec::new();
    for (word, operand) in schema.as_object().unwrap() {
        let fields = || value.as_object().into_iter().flatten();
        let holds = match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let target = root
                    .pointer(operand.as_str().unwrap().trim_start_matches('#'))
                    .unwrap();
                found.extend(broken(target, value, root));
                true
            }
            "oneOf" => {
                listed(operand)
                    .iter()
                    .filter(|one| broken(one, value, root).is_empty())
                    .count()
                    == 1
            }
            "type" => listed(operand).iter().any(|name| is(name.as_str().unwrap())),
            "enum" => listed(operand).contains(value),
            "minimum" => value
                .as_i64()
                .is_none_or(|number| number >= operand.as_i64().unwrap()),
            "required" => listed(operand)
                .iter()
                .all(|name| value.get(name.as_str().unwrap()).is_some()),
            "additionalProperties" => fields().all(|(name, _)| schema["properties"].get(name).is_some()),
            "properties" => {
                let known = fields().filter_map(|(name, value)| Some((operand.get(name)?, value)));
                found.extend(known.flat_map(|(schema, value)| broken(schema, value, root)));
                true
            }
            "items" => {
                found.extend(
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .flat_map(|item| broken(operand, item, root)),
                );
                true
            }
            _ => false,
        };
        if !holds {
            found.push(format!("`{word}` of {value}"));
        }
    }
    found
}

pub(crate) fn broken_in(text: &str) -> Vec<String> {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    broken(&schema, &serde_json::from_str(text).unwrap(), &schema)
}

fn source(key: &str) -> Source {
    Source {
        key: key.into(),
        version_id: "v1".into(),
        document: Pointer::to(b""),
    }
}

fn problem(key: &str, severity: Severity, message: &str) -> Problem {
    Problem::new(&source(key), severity, "yaml_syntax", message)
}

fn generation(ordinal: u64) -> Generation {
    Generation {
        ordinal,
        digest: contract::Digest::of(b""),
        run: "run-1".into(),
        pinned_at: Timestamp::from_millis(0),
        replay: false,
        size: contract::Size::default(),
        configuration: Pointer::to(b""),
        verdicts: Pointer::to(b""),
    }
}

/// The report of a run whose one lane ended so, with these fragments and their problems.
fn report(lane: &Value, fragments: &[(&str, Verdict, &[Problem])], strays: &[Problem]) -> Report {
    report_on(&Memory::default(), lane, fragments, strays)
}

/// The same, on a desk that has a past.
fn report_on(
    memory: &Memory,
    lane: &Value,
    fragments: &[(&str, Verdict, &[Problem])],
    strays: &[Problem],
) -> Report {
    let write = |value: Value| {
        memory
            .write_object(value.to_string().into_bytes())
            .now_or_never()
            .unwrap()
            .unwrap()
    };
    let fragments: Vec<FragmentVerdict> = fragments
        .iter()
        .map(|(key, verdict, problems)| FragmentVerdict {
            source: source(key),
            verdict: *verdict,
            serving: match verdict {
                Verdict::Accepted => Some(source(key)),
                Verdict::HeldBack => Some(Source {
                    version_id: "v0".into(),
                    ..source(key)
                }),
                Verdict::Rejected => None,
            },
            problems: problems.to_vec(),
        })
        .collect();
    let verdicts = Verdicts {
        component: Component::Prometheus,
        policy: None,
        platform: Vec::new(),
        rule_tests: Vec::new(),
        fragments,
    };
    let snapshot = Snapshot {
        strays: strays.to_vec(),
        ..Snapshot::default()
    };
    let mut whole = json!({
        "component": "prometheus", "outcome": "deployed", "generation": null, "culprits": null, "reloaded": null,
        "failure": null, "verdicts": write(serde_json::to_value(verdicts).unwrap()),
    });
    for (name, value) in lane.as_object().unwrap() {
        whole[name] = value.clone();
    }
    if whole["suspicion"].is_object() {
        whole["suspicion"]["verdicts"] = whole["verdicts"].clone();
    }
    let result = json!({ "snapshot": write(serde_json::to_value(snapshot).unwrap()), "lanes": [whole] });
    let result: RunResult = serde_json::from_value(result).unwrap();
    Report::of(memory, "run-1", &result)
        .now_or_never()
        .unwrap()
        .unwrap()
}

const GOOD_KEY: &str = "apps/shop/prometheus/api.yml";

#[test]
fn what_is_no_fragment_is_not_counted_as_one() {
    let check = |strays: &[&str], expect: &str| {
        let strays: Vec<Problem> = strays
            .iter()
            .map(|key| problem(key, Severity::Error, "wrong"))
            .collect();
        let report = report(&json!({}), &[(GOOD_KEY, Verdict::Accepted, &[])], &strays);
        assert_eq!(report.counts(), expect);
    };
    check(&[], "1 fragment: 1 accepted, 0 held back, 0 rejected");
    check(
        &["base/policy.yml"],
        "1 fragment: 1 accepted, 0 held back, 0 rejected; 1 policy rejected",
    );
    check(
        &["base/policy.yml", "notes.txt"],
        "1 fragment: 1 accepted, 0 held back, 0 rejected; 2 files rejected",
    );
    check(
        &["apps/shop/prometheus/b.yml"],
        "2 fragments: 1 accepted, 0 held back, 1 rejected",
    );
}

#[test]
fn the_json_holds_to_its_schema() {
    let generation = generation(7);
    let live = json!({ "generation": generation, "reloaded": "proven" });
    let bad = [
        problem(GOOD_KEY, Severity::Error, "no").at(1, 2).hint("do"),
        problem(GOOD_KEY, Severity::Info, "so"),
    ];
    let stray = [problem("apps/shop/README", Severity::Warning, "not a fragment")];
    let mut full = report(&live, &[(GOOD_KEY, Verdict::HeldBack, &bad)], &stray);
    full.notes.push("not looked at".into());
    assert_eq!(full.fragments.len(), 2);
    assert_eq!(broken_in(&full.json()), [""; 0]);
    let failure =
        json!({ "outcome": "failed", "verdicts": null, "failure": { "Error": "Unavailable", "Cause": "x" } });
    let mut failed = report(&failure, &[], &[]);
    failed.failure = Some(Why {
        class: "Bug".into(),
        cause: "x".into(),
    });
    assert_eq!(broken_in(&failed.json()), [""; 0]);
    let checked = full
        .clone()
        .of_check(|_| true, &BTreeSet::from([Component::Prometheus]));
    assert_eq!(broken_in(&checked.json()), [""; 0]);
    assert_eq!(checked.lanes[0].outcome, "proven");
    assert_eq!(
        broken_in(&failure_json(&Failure::new(Class::NotFound, "looking"))),
        [""; 0]
    );

    // The walk itself finds what is wrong.
    let mut wrong: Value = serde_json::from_str(&full.json()).unwrap();
    for (at, value) in [
        ("/fragments/0/verdict", json!("good")),
        ("/fragments/1/problems/0/line", json!(0)),
        ("/more", json!(1)),
    ] {
        match wrong.pointer_mut(at) {
            Some(place) => *place = value,
            None => wrong["more"] = value,
        }
        assert!(!broken_in(&wrong.to_string()).is_empty(), "{at}");
    }
}

#[test]
fn the_exit_code_says_whether_there_is_an_answer_and_whether_it_is_good() {
    let error = [problem(GOOD_KEY, Severity::Error, "no")];
    let warning = [problem(GOOD_KEY, Severity::Warning, "hm")];
    let check = |lane: Value, verdict: Verdict, problems: &[Problem], expect: u8| {
        let report = report(&lane, &[(GOOD_KEY, verdict, problems)], &[]);
        assert_eq!(report.ended().code(), expect, "{lane}");
    };
    check(json!({}), Verdict::Accepted, &[], 0);
    check(json!({}), Verdict::Accepted, &warning, 0);
    check(json!({}), Verdict::HeldBack, &error, 1);
    check(json!({}), Verdict::Rejected, &error, 1);
    check(json!({ "outcome": "unchanged" }), Verdict::Accepted, &[], 0);
    check(json!({ "outcome": "superseded" }), Verdict::Accepted, &[], 0);
    check(json!({ "outcome": "refused" }), Verdict::Accepted, &[], 1);
    check(json!({ "outcome": "rolled_back" }), Verdict::Accepted, &[], 1);
    check(
        json!({ "outcome": "rolled_back_unproven" }),
        Verdict::Accepted,
        &[],
        1,
    );
    check(json!({ "outcome": "failed" }), Verdict::Rejected, &error, 2);
}

#[test]
fn what_serves_in_the_place_of_what_is_held_back_is_said_where_that_is_known() {
    let check = |outcome: &str, verdict: Verdict, expect: &str, version: Option<&str>| {
        let report = report(&json!({ "outcome": outcome }), &[(GOOD_KEY, verdict, &[])], &[]);
        let text = anstream::adapter::strip_str(&report.text()).to_string();
        assert_eq!(text.lines().next(), Some(expect));
        assert_eq!(report.fragments[0].serving_version_id.as_deref(), version);
        assert_eq!(broken_in(&report.json()), [""; 0]);
    };
    let held_back = format!("held back {GOOD_KEY}  its last good version v0 serves on");
    check("deployed", Verdict::HeldBack, &held_back, Some("v0"));
    check("unchanged", Verdict::HeldBack, &held_back, Some("v0"));
    // Which version that is, the run does not know: it deployed nothing.
    check(
        "refused",
        Verdict::HeldBack,
        &format!("held back {GOOD_KEY}"),
        Some("v0"),
    );
    check(
        "deployed",
        Verdict::Accepted,
        &format!("accepted  {GOOD_KEY}"),
        None,
    );
    // What could not be read is no fragment, and has a verdict all the same.
    let unread = [problem(GOOD_KEY, Severity::Error, "wrong")];
    let both = report(&json!({}), &[(GOOD_KEY, Verdict::HeldBack, &[])], &unread);
    assert_eq!(both.fragments[0].serving_version_id.as_deref(), Some("v0"));
    let stuck = format!("accepted  {GOOD_KEY}  prometheus refused: what served before stays");
    check("refused", Verdict::Accepted, &stuck, None);
    check(
        "deployed",
        Verdict::Rejected,
        &format!("rejected  {GOOD_KEY}"),
        None,
    );
}

#[test]
fn what_is_not_proven_says_why() {
    let check = |lane: Value, is_asked: bool, expect: &str| {
        let report = report(&lane, &[], &[]).of_desk(|_| is_asked);
        let text = anstream::adapter::strip_str(&report.text()).to_string();
        assert!(text.starts_with(expect), "{text}");
        assert_eq!(broken_in(&report.json()), [""; 0]);
    };
    let unproven = json!({ "reloaded": "unproven", "unproven": "it does not show it" });
    check(
        unproven.clone(),
        false,
        "prometheus deployed\n  not proven: no --prometheus was given, so nothing was asked to load it\n",
    );
    check(
        unproven,
        true,
        "prometheus deployed\n  not proven: it does not show it\n",
    );
    check(
        json!({ "reloaded": "proven", "unproven": null }),
        true,
        "prometheus deployed, proven: the server shows that it runs it\n",
    );
}

#[test]
fn a_lane_that_was_refused_first_and_ended_otherwise_says_both() {
    let check = |outcome: &str, failure: Value, expect: &str| {
        let refused = json!({ "Error": "ReloadRefused", "Cause": "the server's own words" });
        let suspicion = json!({ "culprits": null, "suspects": Pointer::to(b""), "failure": refused });
        let lane = json!({ "outcome": outcome, "failure": failure, "suspicion": suspicion });
        let report = report(&lane, &[], &[]);
        let text = anstream::adapter::strip_str(&report.text()).to_string();
        assert!(text.starts_with(expect), "{text}");
        assert_eq!(broken_in(&report.json()), [""; 0]);
    };
    let held = json!({ "Error": "Held", "Cause": "all would go" });
    check(
        "held",
        held,
        "prometheus held\n  Held: all would go\n  ReloadRefused: the server's own words\n",
    );
    check(
        "refused",
        Value::Null,
        "prometheus refused\n  ReloadRefused: the server's own words\n",
    );
    let words = json!({ "Error": "ReloadRefused", "Cause": "the server's own words" });
    check(
        "rolled_back",
        words,
        "prometheus rolled back\n  ReloadRefused: the server's own words\n0 fragments",
    );
}

#[test]
fn what_could_not_be_put_right_and_what_lies_on_disk_is_said() {
    let refused = json!({ "Error": "ReloadRefused", "Cause": "the server's own words" });
    let flip = json!({ "Error": "Denied", "Cause": "flipping to generation 6" });
    let check = |head: Option<u64>, besides: &Value, expect: &str, expect_json: Value| {
        let memory = Memory::default();
        if let Some(ordinal) = head {
            let head = json!({ "component": "prometheus", "generation": generation(ordinal), "before_replay": null });
            let name = contract::Head::name(Component::Prometheus);
            memory.world().projections.insert(name, (head, 1));
        }
        let lane =
            json!({ "outcome": "failed", "failure": refused, "besides": besides, "on_disk": generation(7) });
        let report = report_on(&memory, &lane, &[], &[]);
        let text = anstream::adapter::strip_str(&report.text()).to_string();
        assert!(text.starts_with(expect), "{text}");
        assert_eq!(broken_in(&report.json()), [""; 0]);
        let lane = serde_json::to_value(&report.lanes[0]).unwrap();
        assert_eq!(json!([lane["besides"], lane["on_disk"]]), expect_json, "{lane}");
        // A check deploys nothing: what its own run left is nowhere.
        let checked = report.of_check(|_| true, &BTreeSet::from([Component::Prometheus]));
        assert_eq!(checked.lanes[0].on_disk, None);
    };
    let seven = generation(7).name();
    let on_disk = format!("  on disk: generation {seven}, which nobody proved\n");
    let why = "prometheus failed\n  ReloadRefused: the server's own words\n";
    check(
        Some(6),
        &flip,
        &format!("{why}  then Denied: flipping to generation 6\n{on_disk}0 fragments"),
        json!([{ "class": "Denied", "cause": "flipping to generation 6" }, seven]),
    );
    check(
        None,
        &Value::Null,
        &format!("{why}{on_disk}0 fragments"),
        json!([null, seven]),
    );
    check(
        Some(7),
        &Value::Null,
        &format!("{why}0 fragments"),
        json!([null, null]),
    );
}

#[test]
fn a_key_that_is_only_made_up_is_in_no_message() {
    let key = "apps/unnamed/prometheus/api.yml";
    let check = |key: &str, is_made_up: bool, expect: &str| {
        let found = [problem(key, Severity::Error, &format!("as in `{key}`")).hint(format!("see {key}"))];
        let typed = Typed {
            path: "api.yml".into(),
            is_made_up,
        };
        let report = report(&json!({}), &[(key, Verdict::Rejected, &found)], &[]);
        let report = report.of_files(&BTreeMap::from([(key.to_owned(), typed)]));
        let fragment = &report.fragments[0];
        let found = &fragment.problems[0];
        assert_eq!(fragment.key, key);
        assert_eq!(
            (fragment.file.as_deref(), &*found.file),
            (Some("api.yml"), "api.yml")
        );
        assert_eq!(found.message, format!("as in `{expect}`"));
        assert_eq!(found.hint, Some(format!("see {expect}")));
    };
    check(key, true, "api.yml");
    check(GOOD_KEY, false, GOOD_KEY);
}

#[test]
fn what_serves_less_than_now_is_worse() {
    use Verdict::{Accepted, HeldBack, Rejected};
    let check = |before: Option<Verdict>, verdict: Verdict, expect: bool| {
        let mut report = report(&json!({}), &[(GOOD_KEY, verdict, &[])], &[]);
        report.fragments[0].before = before;
        assert_eq!(
            report.fragments[0].is_worse(),
            expect,
            "{before:?} -> {verdict:?}"
        );
    };
    check(Some(Accepted), Accepted, false);
    check(Some(Accepted), HeldBack, true);
    check(Some(HeldBack), Rejected, true);
    check(Some(Rejected), HeldBack, false);
    check(None, Accepted, false);
    check(None, HeldBack, true);
    check(None, Rejected, true);
}

#[test]
fn the_text_says_where_what_and_what_to_do_and_obeys_nobody() {
    let bad = problem(GOOD_KEY, Severity::Error, "unexpected \u{1b}[2J here")
        .at(2, 3)
        .excerpt_of("a:\n  b\u{7}: c\n");
    let report = report(
        &json!({}),
        &[(GOOD_KEY, Verdict::Rejected, &[bad.hint("close it")])],
        &[],
    );
    let digest = report.snapshot.clone().expect("a run has a snapshot");
    let text = anstream::adapter::strip_str(&report.text()).to_string();
    let expect = "\
rejected  apps/shop/prometheus/api.yml
  apps/shop/prometheus/api.yml:2:3: error: unexpected \\u{1b}[2J here [yaml_syntax]
    |   b : c
    |   ^
    hint: close it
prometheus deployed
1 fragment: 0 accepted, 0 held back, 1 rejected
";
    assert_eq!(text, format!("{expect}snapshot {digest}\n"));
    assert_eq!(
        report.github(str::to_owned),
        "::error file=apps/shop/prometheus/api.yml,line=2,col=3,title=yaml_syntax::\
         unexpected \\u{1b}[2J here%0Aclose it\n"
    );
}

#[test]
fn what_to_do_is_said_once_for_those_in_a_row() {
    let check = |hints: &[(&str, u32, Option<&str>)], expect: &str| {
        let found = hints.iter().map(|(key, line, hint)| {
            let problem = problem(key, Severity::Error, "no").at(*line, 3);
            hint.iter().fold(problem, |problem, hint| problem.hint(*hint))
        });
        let text = anstream::adapter::strip_str(&problems_text(&found.collect::<Vec<_>>())).to_string();
        let told = text
            .lines()
            .map(|line| line.trim().replace(": error: no [yaml_syntax]", ""));
        assert_eq!(told.collect::<Vec<_>>().join(" "), expect);
    };
    check(
        &[
            ("a", 1, Some("set it")),
            ("a", 2, Some("set it")),
            ("a", 7, Some("set it")),
        ],
        "a:1:3 hint: set it a:2:3 a:7:3",
    );
    check(
        &[("a", 1, Some("set it")), ("a", 2, None), ("a", 3, Some("set it"))],
        "a:1:3 hint: set it a:2:3 a:3:3 hint: set it",
    );
    check(
        &[
            ("a", 1, Some("set it")),
            ("a", 2, Some("close it")),
            ("b", 2, Some("close it")),
        ],
        "a:1:3 hint: set it a:2:3 hint: close it b:2:3 hint: close it",
    );
}
