//! What notify promises, over a world in memory. The messages are here as people see them: read them as one.

use crate::{Request, Response, run};
use contract::memory::Memory;
use contract::{
    Component, Configuration, Digest, Failure, FragmentVerdict, Generation, Head, Kind, Notice, Origin,
    Pointer, Problem, Severity, Size, Snapshot, Source, Timestamp, Verdict, Verdicts,
};
use futures_util::FutureExt;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const API: &str = "apps/shop/prometheus/api.yml";
const JOBS: &str = "apps/shop/prometheus/jobs.yml";
const HTTP: &str = "apps/web/blackbox/http.yml";
const CART: &str = "apps/web/prometheus/cart.yml";

fn put(memory: &Memory, document: &impl Serialize) -> Pointer {
    let bytes = serde_json::to_vec(document).unwrap();
    let pointer = Pointer::to(&bytes);
    memory.world().objects.insert(pointer.digest.clone(), bytes);
    pointer
}

fn source(key: &str, version_id: &str) -> Source {
    Source {
        key: key.into(),
        version_id: version_id.into(),
        document: Pointer::to(b""),
    }
}

/// `accepted`; or `held_back` by `v0`, or `rejected`, for want of a bracket.
fn fragment(key: &str, version_id: &str, verdict: Verdict) -> FragmentVerdict {
    let source_of = |version_id| source(key, version_id);
    let this = source_of(version_id);
    let wrong = Problem::new(&this, Severity::Error, "promql", "unexpected end of input")
        .at(5, 15)
        .excerpt_of("\n\n\n\n        expr: sum(\n")
        .hint("close the bracket");
    let (serving, problems) = match verdict {
        Verdict::Accepted => (Some(this.clone()), vec![]),
        Verdict::HeldBack => (Some(source_of("v0")), vec![wrong]),
        Verdict::Rejected => (None, vec![wrong]),
    };
    FragmentVerdict {
        source: this,
        verdict,
        serving,
        problems,
    }
}

fn generation(ordinal: u64) -> Generation {
    Generation {
        ordinal,
        digest: Digest::of(&ordinal.to_be_bytes()),
        run: format!("run-{ordinal}"),
        pinned_at: Timestamp::from_millis(ordinal),
        replay: false,
        size: contract::Size::default(),
        configuration: Pointer::to(b""),
        verdicts: Pointer::to(b""),
    }
}

/// A lane as the state machine hands it over.
fn lane(memory: &Memory, component: Component, outcome: &str, fragments: Vec<FragmentVerdict>) -> Value {
    judged(memory, component, outcome, fragments, vec![], vec![])
}

fn judged(
    memory: &Memory,
    component: Component,
    outcome: &str,
    fragments: Vec<FragmentVerdict>,
    platform: Vec<Problem>,
    rule_tests: Vec<Problem>,
) -> Value {
    let verdicts = Verdicts {
        component,
        policy: None,
        platform,
        rule_tests,
        fragments,
    };
    let generation = match outcome {
        "deployed" | "unchanged" => Some(generation(7)),
        "rolled_back" | "rolled_back_unproven" => Some(generation(6)),
        _ => None,
    };
    let failure = match outcome {
        "rolled_back" | "rolled_back_unproven" => json!({
            "Error": "ReloadRefused",
            "Cause": "reloading generation 7 at replica-1: HTTP 500: one or more errors occurred",
        }),
        "failed" => json!({
            "Error": "Unavailable",
            "Cause": "{\"errorType\":\"Unavailable\",\"errorMessage\":\"running promtool: no space left on device\"}",
        }),
        _ => Value::Null,
    };
    json!({
        "component": component,
        "outcome": outcome,
        "generation": generation,
        "verdicts": if outcome == "failed" { None } else { Some(put(memory, &verdicts)) },
        "culprits": null,
        "reloaded": "proven",
        "failure": failure,
    })
}

fn prometheus(memory: &Memory, outcome: &str, fragments: &[(&str, &str, Verdict)]) -> Value {
    let fragments = fragments
        .iter()
        .map(|(key, version, verdict)| fragment(key, version, *verdict))
        .collect();
    lane(memory, Component::Prometheus, outcome, fragments)
}

fn tell(memory: &Memory, run_name: &str, result: &Value) -> Result<Response, Failure> {
    let request = json!({ "run": run_name, "result": result });
    run(memory, serde_json::from_value::<Request>(request).unwrap())
        .now_or_never()
        .unwrap()
}

/// Run `n` pinned its snapshot at minute `n`, with these strays.
fn ended(memory: &Memory, n: u64, lanes: &[Value], strays: Vec<Problem>) -> Result<Response, Failure> {
    let snapshot = Snapshot {
        strays,
        ..Snapshot::default()
    };
    let result = json!({
        "run": format!("run-{n}"),
        "pinned_at": Timestamp::from_millis(n * 60_000),
        "snapshot": put(memory, &snapshot),
        "allow_shrink": false,
        "fragments": 1,
        "lanes": lanes,
    });
    tell(memory, &format!("run-{n}"), &result)
}

fn ends(memory: &Memory, n: u64, lanes: &[Value]) -> Vec<Notice> {
    ended(memory, n, lanes, vec![]).unwrap();
    sent(memory)
}

fn sent(memory: &Memory) -> Vec<Notice> {
    std::mem::take(&mut memory.world().notices)
}

fn subjects(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(|notice| notice.subject.as_str()).collect()
}

/// As a mail client shows them.
fn mails(notices: &[Notice]) -> String {
    let mut text = String::new();
    for Notice {
        subject, text: body, ..
    } in notices
    {
        let _infallible = writeln!(text, "Subject: {subject}\n\n{body}----");
    }
    text
}

use Verdict::{Accepted, HeldBack, Rejected};

#[test]
fn what_failed_otherwise_is_told_again() {
    let check = |name: &str, error: &str, causes: &[&str], expect: usize| {
        let memory = Memory::default();
        let mut told = 0;
        for (n, cause) in (1..).zip(causes) {
            let mut lane = prometheus(&memory, "held", &[]);
            lane["failure"] = json!({ "Error": error, "Cause": cause });
            told += ends(&memory, n, &[lane]).len();
        }
        assert_eq!(told, expect, "{name}");
    };
    let lost = ["6 of 10 jobs would go", "10 of 10 jobs would go"];
    check("lost more", "Held", &lost, 2);
    check("lost as much", "Held", &["6 of 10", "6 of 10"], 1);
    let statuses = ["which was answered 404", "which was answered 405"];
    check("another answer", "Rejected", &statuses, 2);
    let counts = [
        "proving generation 7-0123456789ab: `lastConfigTime` is 2026-11-22T17:00:01Z, no",
        "proving generation 12-ba9876543210: `lastConfigTime` is 2026-11-22T18:10:41.123+01:00, no",
    ];
    check("what each run counts on", "ReloadRefused", &counts, 1);
    // Whatever failed besides is part of it.
    let memory = Memory::default();
    let mut told = 0;
    for (n, besides) in (1..).zip(["Denied", "Denied", "Exhausted"]) {
        let mut lane = prometheus(&memory, "rolled_back", &[]);
        lane["besides"] = json!({ "Error": besides, "Cause": format!("looking, in run-{n}") });
        told += ends(&memory, n, &[lane]).len();
    }
    assert_eq!(told, 2);
    let jobs = [
        "generation 7-0123456789ab: without `j1`",
        "generation 7-0123456789ab: without `j2`",
    ];
    check("another job", "Rejected", &jobs, 2);
}

/// A lane whose server refused *shop*'s `v1`, which it was left out for.
fn suspected(memory: &Memory, outcome: &str) -> Value {
    let mut suspected = fragment(API, "v1", HeldBack);
    suspected.problems[0].check = contract::Suspicion::CHECK.into();
    let verdicts = Verdicts {
        component: Component::Prometheus,
        policy: None,
        platform: vec![],
        rule_tests: vec![],
        fragments: vec![fragment(API, "v1", Accepted)],
    };
    let failure = json!({ "Error": "ReloadRefused", "Cause": "the server's own words" });
    // What came back in its place took a name away from another.
    let mut culprits = suspected.problems.clone();
    let lost = "job `api` is that of shop already";
    culprits.push(Problem::new(
        &source(CART, "v1"),
        Severity::Error,
        "job_clash",
        lost,
    ));
    let mut lane = lane(memory, Component::Prometheus, outcome, vec![suspected]);
    lane["suspicion"] = json!({
        "verdicts": put(memory, &verdicts), "culprits": null, "suspects": Pointer::to(b""), "failure": failure
    });
    lane["culprits"] = json!(put(memory, &culprits));
    if outcome == "failed" {
        lane["verdicts"] = json!(null);
        lane["culprits"] = json!(null);
    }
    lane
}

#[test]
fn what_was_only_suspected_is_told_where_the_lane_is_live() {
    let check = |outcome: &str, expect: &[&str]| {
        let memory = Memory::default();
        let notices = ends(&memory, 1, &[suspected(&memory, outcome)]);
        assert_eq!(subjects(&notices), expect, "{outcome}");
        if let ("refused" | "held" | "failed", Some(last)) = (outcome, notices.last()) {
            assert!(last.text.contains("the server's own words"), "{}", last.text);
        }
        for notice in notices.iter().filter(|_| !expect[0].contains("held back")) {
            assert!(!notice.text.contains("[server]"), "{}", notice.text);
            // Without the suspects nothing could be proven: that is why.
            let lost = notice.owner == "platform" && outcome == "refused";
            assert_eq!(notice.text.contains("[job_clash]"), lost, "{}", notice.text);
        }
    };
    let waits = "[promloom] shop: 1 fragment accepted, not live yet (prometheus)";
    let refuses = "[promloom] platform: the server refuses 1 version (prometheus)";
    for outcome in ["deployed", "unchanged"] {
        check(
            outcome,
            &["[promloom] shop: 1 fragment held back (prometheus)", refuses],
        );
    }
    for (outcome, said) in [
        ("rolled_back", "rolled back"),
        ("rolled_back_unproven", "rolled back, unproven"),
        ("refused", "refused"),
        ("held", "held"),
        ("failed", "failed"),
    ] {
        let platform = format!("[promloom] platform: prometheus {said}");
        check(outcome, &[waits, &platform]);
    }
}

#[test]
fn what_was_told_of_a_suspicion_stays_told_until_it_is_over() {
    let memory = Memory::default();
    let check = |n: u64, lane: Value, expect: &[&str]| {
        assert_eq!(subjects(&ends(&memory, n, &[lane])), expect, "run {n}");
    };
    check(
        2,
        suspected(&memory, "deployed"),
        &[
            "[promloom] shop: 1 fragment held back (prometheus)",
            "[promloom] platform: the server refuses 1 version (prometheus)",
        ],
    );
    // An outage knows nothing of it; an older run that ends later knew less.
    check(
        3,
        suspected(&memory, "failed"),
        &["[promloom] platform: prometheus failed"],
    );
    check(1, prometheus(&memory, "deployed", &[(API, "v1", Accepted)]), &[]);
    check(
        4,
        suspected(&memory, "unchanged"),
        &["[promloom] platform: prometheus runs again"],
    );
    check(
        5,
        prometheus(&memory, "deployed", &[(API, "v1", Accepted)]),
        &["[promloom] shop: 1 fragment recovered (prometheus)"],
    );
    // Of a new version nothing was told yet.
    check(
        6,
        prometheus(&memory, "held", &[(API, "v2", Accepted)]),
        &[
            "[promloom] shop: 1 fragment accepted, not live yet (prometheus)",
            "[promloom] platform: prometheus held",
        ],
    );
}

#[test]
fn a_subject_says_what_is_over_and_what_is_new() {
    let memory = Memory::default();
    let blackbox = |outcome: &str| lane(&memory, Component::Blackbox, outcome, vec![]);
    ends(
        &memory,
        1,
        &[prometheus(&memory, "unchanged", &[]), blackbox("failed")],
    );
    let notices = ends(
        &memory,
        2,
        &[suspected(&memory, "deployed"), blackbox("unchanged")],
    );
    let platform = notices.last().unwrap();
    assert_eq!(
        (platform.subject.as_str(), platform.kind),
        (
            "[promloom] platform: blackbox runs again; the server refuses 1 version (prometheus)",
            Kind::Recovered
        )
    );
}

#[test]
fn a_rejection_says_where_and_what_to_do() {
    let memory = Memory::default();
    let notices = ends(
        &memory,
        1,
        &[prometheus(&memory, "deployed", &[(API, "v1", Rejected)])],
    );
    insta::assert_snapshot!(mails(&notices), @r"
    Subject: [promloom] shop: 1 fragment rejected (prometheus)

    shop: 1 fragment rejected.
    What you pushed is not live. To put it right, push a corrected version of the file or delete it.
    Everything else is as it was.

    apps/shop/prometheus/api.yml (version v1)
      serves now: nothing of it

      apps/shop/prometheus/api.yml:5:15: error: unexpected end of input [promql]
        |         expr: sum(
        |               ^
        hint: close the bracket

    Run: run-1
    ----
    ");
    let body: Value = serde_json::from_str(&notices[0].json).unwrap();
    assert_eq!(
        body,
        json!({
            "schema_version": 1,
            "run": "run-1",
            "owner": "shop",
            "kind": "rejected",
            "fragments": [{
                "key": API,
                "version_id": "v1",
                "component": "prometheus",
                "verdict": "rejected",
                "change": "rejected",
                "serving_version_id": null,
                "problems": [{
                    "severity": "error",
                    "check": "promql",
                    "line": 5,
                    "column": 15,
                    "excerpt": "        expr: sum(\n              ^",
                    "message": "unexpected end of input",
                    "hint": "close the bracket",
                }],
            }],
            "failures": [],
            "truncated": 0,
        })
    );
}

#[test]
fn a_version_that_is_held_back_says_which_one_serves() {
    let memory = Memory::default();
    let notices = ends(
        &memory,
        1,
        &[prometheus(&memory, "deployed", &[(API, "v2", HeldBack)])],
    );
    insta::assert_snapshot!(mails(&notices), @r"
    Subject: [promloom] shop: 1 fragment held back (prometheus)

    shop: 1 fragment held back.
    What you pushed is not live; its last good version serves on, so nothing has stopped.
    To put it right, push a corrected version of the file.

    apps/shop/prometheus/api.yml (version v2)
      serves now: its last good version v0

      apps/shop/prometheus/api.yml:5:15: error: unexpected end of input [promql]
        |         expr: sum(
        |               ^
        hint: close the bracket

    Run: run-1
    ----
    ");
}

#[test]
fn what_is_live_says_what_changed() {
    let memory = Memory::default();
    let before = [
        (API, "v1", Accepted),
        (JOBS, "v1", Rejected),
        ("apps/shop/prometheus/old.yml", "v1", Accepted),
    ];
    assert_eq!(
        subjects(&ends(&memory, 1, &[prometheus(&memory, "deployed", &before)])),
        [
            "[promloom] shop: 2 fragments live (prometheus)",
            "[promloom] shop: 1 fragment rejected (prometheus)",
        ]
    );
    let now = [
        (API, "v2", Accepted),
        (JOBS, "v2", Accepted),
        ("apps/shop/prometheus/new.yml", "v1", Accepted),
    ];
    insta::assert_snapshot!(mails(&ends(&memory, 2, &[prometheus(&memory, "deployed", &now)])), @r"
    Subject: [promloom] shop: 2 fragments live, 1 recovered, 1 removed (prometheus)

    shop: 2 fragments live, 1 recovered, 1 removed.
    This is what runs now, proven after the reload.

    apps/shop/prometheus/api.yml (version v2)
      this version is live in prometheus, generation 7-a3eb8db89fc5

    apps/shop/prometheus/jobs.yml (version v2)
      recovered: this version is live in prometheus, generation 7-a3eb8db89fc5

    apps/shop/prometheus/new.yml (version v1)
      live in prometheus, generation 7-a3eb8db89fc5

    apps/shop/prometheus/old.yml (version v1)
      removed: nothing of it serves in prometheus any more

    Run: run-2
    ----
    ");
}

#[test]
fn what_nobody_could_prove_is_not_said_to_run() {
    let memory = Memory::default();
    let before = [(API, "v1", Accepted), (CART, "v1", Accepted)];
    let _told = ends(&memory, 1, &[prometheus(&memory, "deployed", &before)]);
    let mut now = prometheus(&memory, "deployed", &[(API, "v2", Accepted)]);
    now["reloaded"] = "unproven".into();
    now["unproven"] = "no --prometheus was given".into();
    insta::assert_snapshot!(mails(&ends(&memory, 2, &[now])), @r"
    Subject: [promloom] shop: 1 fragment deployed, not all proven (prometheus)

    shop: 1 fragment deployed, not all proven.
    This is what is deployed now; what is not proven to run says so.

    apps/shop/prometheus/api.yml (version v2)
      deployed for prometheus, generation 7-a3eb8db89fc5; not proven: no --prometheus was given

    Run: run-2
    ----
    Subject: [promloom] web: 1 fragment removed, not all proven (prometheus)

    web: 1 fragment removed, not all proven.
    This is what is deployed now; what is not proven to run says so.

    apps/web/prometheus/cart.yml (version v1)
      removed from prometheus, generation 7-a3eb8db89fc5; not proven: no --prometheus was given

    Run: run-2
    ----
    ");
}

/// The server did not start these jobs; `api` is of [`API`], the others are of the base.
fn absent(memory: &Memory, lane: &mut Value, jobs: &[&str]) {
    let api = Origin {
        key: API.to_owned(),
        line: 2,
        column: 15,
    };
    let configuration = Configuration {
        component: Component::Prometheus,
        digest: generation(7).digest,
        size: Size::default(),
        files: BTreeMap::new(),
        jobs: BTreeMap::from([("api".to_owned(), api)]),
    };
    lane["generation"]["configuration"] = json!(put(memory, &configuration));
    lane["absent_jobs"] = json!(jobs);
}

#[test]
fn who_knows_that_a_version_is_live_is_told_once_that_a_job_of_it_does_not_run() {
    let memory = Memory::default();
    let run = |n: u64, jobs: &[&str]| {
        let mut lane = prometheus(
            &memory,
            "unchanged",
            &[(API, "v1", Accepted), (CART, "v1", Accepted)],
        );
        absent(&memory, &mut lane, jobs);
        let notices = ends(&memory, n, &[lane]);
        notices
            .into_iter()
            .map(|notice| notice.subject)
            .collect::<Vec<_>>()
    };
    let live = |owner: &str| format!("[promloom] {owner}: 1 fragment live (prometheus)");
    let stopped = [
        "[promloom] shop: 1 fragment with a job that did not start, not all proven (prometheus)",
        "[promloom] platform: the server did not start 1 job (prometheus)",
    ];
    let none = Vec::<String>::new();
    assert_eq!(run(1, &[]), [live("shop"), live("web")]);
    assert_eq!(run(2, &["api"]), stopped);
    assert_eq!(run(3, &["api"]), none);
    assert_eq!(run(4, &[]), none);
    assert_eq!(run(5, &["api"]), stopped, "it ran in between");
}

#[test]
fn a_job_of_the_last_good_version_that_did_not_start_has_no_line_of_another() {
    let memory = Memory::default();
    let mut lane = prometheus(&memory, "deployed", &[(API, "v1", HeldBack)]);
    absent(&memory, &mut lane, &["api"]);
    let notices = ends(&memory, 1, &[lane]);
    let text = &notices[0].text;
    for said in [
        "its last good version serves on, but for jobs that did not start",
        "apps/shop/prometheus/api.yml: warning: the server took the job `api` and did not start it: that of the last good version v0 [absent_job]",
    ] {
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn where_too_many_jobs_did_not_start_the_platform_is_told_once_and_nobody_is_accused() {
    let memory = Memory::default();
    let run = |n: u64| {
        let mut lane = prometheus(&memory, "deployed", &[(API, "v1", Accepted)]);
        absent(&memory, &mut lane, &["api"]);
        lane["reloaded"] = "unproven".into();
        lane["unproven"] = format!("it did not start {} jobs", 50 + n).into();
        ends(&memory, n, &[lane])
    };
    let first = run(1);
    let accuses = |notice: &Notice| notice.text.contains("[absent_job]");
    assert_eq!(
        first
            .iter()
            .map(|notice| (notice.owner.as_str(), accuses(notice)))
            .collect::<Vec<_>>(),
        [("shop", false), ("platform", true)]
    );
    assert_eq!(run(2), []);
}

#[test]
fn what_cannot_be_read_of_a_job_that_did_not_start_holds_up_nobody() {
    let memory = Memory::default();
    let mut lane = prometheus(
        &memory,
        "deployed",
        &[(API, "v1", Accepted), (CART, "v1", Accepted)],
    );
    lane["absent_jobs"] = json!(["api"]);
    let notices = ends(&memory, 1, &[lane]);
    let owners: Vec<&str> = notices.iter().map(|notice| notice.owner.as_str()).collect();
    assert_eq!(owners, ["shop", "web", "platform"]);
}

#[test]
fn a_job_that_the_server_did_not_start_is_told_to_whoever_has_it_and_the_platform() {
    let memory = Memory::default();
    let text = b"scrape_configs:\n  - job_name: api\n    tls_config: {ca_file: /none}\n".to_vec();
    let document = Pointer::to(&text);
    memory.world().objects.insert(document.digest.clone(), text);
    let mut api = fragment(API, "v2", Accepted);
    api.source.document = document;
    api.serving = Some(api.source.clone());
    let mut lane = lane(
        &memory,
        Component::Prometheus,
        "deployed",
        vec![
            api,
            fragment(JOBS, "v1", Accepted),
            fragment(CART, "v1", Accepted),
        ],
    );
    absent(&memory, &mut lane, &["api", "node"]);
    let notices = ends(&memory, 1, &[lane.clone()]);
    insta::assert_snapshot!(mails(&notices), @r"
    Subject: [promloom] shop: 2 fragments deployed, not all proven (prometheus)

    shop: 2 fragments deployed, not all proven.
    This is what is deployed now; what is not proven to run says so.

    apps/shop/prometheus/api.yml (version v2)
      deployed for prometheus, generation 7-a3eb8db89fc5; not proven: 1 job of it did not start

      apps/shop/prometheus/api.yml:2:15: warning: the server took the job `api` and did not start it [absent_job]
        |   - job_name: api
        |               ^
        hint: the server's log says why; most often a file that the job names (`ca_file`, `password_file`, …) is not on its host: correct the path, or have the file put there, and the job starts with the next configuration that is loaded

    apps/shop/prometheus/jobs.yml (version v1)
      live in prometheus, generation 7-a3eb8db89fc5

    Run: run-1
    ----
    Subject: [promloom] web: 1 fragment live (prometheus)

    web: 1 fragment live.
    This is what runs now, proven after the reload.

    apps/web/prometheus/cart.yml (version v1)
      live in prometheus, generation 7-a3eb8db89fc5

    Run: run-1
    ----
    Subject: [promloom] platform: the server did not start 2 jobs (prometheus)

    the server did not start 2 jobs.
    What else runs has been proven; each problem is told once.

    prometheus: deployed
      runs now  generation 7-a3eb8db89fc5

      apps/shop/prometheus/api.yml:2:15: warning: the server took the job `api` and did not start it [absent_job]
        |   - job_name: api
        |               ^
        hint: the server's log says why; most often a file that the job names (`ca_file`, `password_file`, …) is not on its host: correct the path, or have the file put there, and the job starts with the next configuration that is loaded
        owner: shop
        version: v2

      base/prometheus.yml: warning: the server took the job `node` and did not start it [absent_job]
        hint: the server's log says why; most often a file that the job names (`ca_file`, `password_file`, …) is not on its host: correct the path, or have the file put there, and the job starts with the next configuration that is loaded

    Run: run-1
    ----
    ");
    assert_eq!(subjects(&ends(&memory, 2, &[lane])), Vec::<&str>::new(), "once");
}

#[test]
fn nobody_is_told_twice() {
    let memory = Memory::default();
    let check = |n: u64, fragments: &[(&str, &str, Verdict)], expect: &[&str]| {
        let notices = ends(&memory, n, &[prometheus(&memory, "deployed", fragments)]);
        assert_eq!(subjects(&notices), expect, "run {n}");
    };
    let live = "[promloom] shop: 1 fragment live (prometheus)";
    let held_back = "[promloom] shop: 1 fragment held back (prometheus)";
    let rejected = "[promloom] shop: 1 fragment rejected (prometheus)";
    let gone = "[promloom] shop: 1 fragment no longer serving (prometheus)";
    let recovered = "[promloom] shop: 1 fragment recovered (prometheus)";
    let removed = "[promloom] shop: 1 fragment removed (prometheus)";
    let other = "[promloom] web: 1 fragment live (prometheus)";
    check(1, &[(API, "v1", Accepted)], &[live]);
    check(2, &[(API, "v1", Accepted)], &[]);
    check(3, &[(API, "v2", HeldBack)], &[held_back]);
    check(4, &[(API, "v2", HeldBack), (CART, "v1", Accepted)], &[other]);
    check(5, &[(API, "v3", HeldBack), (CART, "v1", Accepted)], &[held_back]);
    check(6, &[(API, "v3", Rejected), (CART, "v1", Accepted)], &[gone]);
    check(7, &[(API, "v4", Accepted), (CART, "v1", Accepted)], &[recovered]);
    check(8, &[(CART, "v1", Accepted)], &[removed]);
    check(9, &[(CART, "v1", Accepted)], &[]);
    check(10, &[(API, "v5", Rejected), (CART, "v1", Accepted)], &[rejected]);
    // Nothing of it served, so nothing of it is gone.
    check(11, &[(CART, "v1", Accepted)], &[]);
    check(12, &[(API, "v5", Rejected), (CART, "v1", Accepted)], &[rejected]);
}

#[test]
fn a_replay_changes_nothing() {
    let memory = Memory::default();
    let lanes = [
        prometheus(
            &memory,
            "deployed",
            &[(API, "v1", Rejected), (JOBS, "v1", Accepted)],
        ),
        lane(&memory, Component::Blackbox, "failed", vec![]),
    ];
    let first = ended(&memory, 1, &lanes, vec![]).unwrap();
    assert_eq!((first.sent, first.known), (3, 0));
    let world = memory.world().clone();
    let (projections, notices) = (world.projections, world.notices);
    let again = ended(&memory, 1, &lanes, vec![]).unwrap();
    assert_eq!((again.sent, again.known), (0, 1));
    assert_eq!(memory.world().projections, projections);
    assert_eq!(memory.world().notices, notices);
}

#[test]
fn one_notice_an_owner_and_kind_and_nothing_of_others_in_it() {
    let memory = Memory::default();
    let notices = ends(
        &memory,
        1,
        &[
            prometheus(
                &memory,
                "deployed",
                &[
                    (API, "v1", Rejected),
                    (CART, "v1", HeldBack),
                    (JOBS, "v1", Rejected),
                ],
            ),
            lane(
                &memory,
                Component::Blackbox,
                "deployed",
                vec![fragment(HTTP, "v1", HeldBack)],
            ),
        ],
    );
    let seen: Vec<_> = notices
        .iter()
        .map(|it| (it.owner.as_str(), it.kind, it.components.as_slice()))
        .collect();
    let both = [Component::Prometheus, Component::Blackbox];
    assert_eq!(
        seen,
        [
            ("shop", Kind::Rejected, &both[..1]),
            ("web", Kind::HeldBack, &both[..]),
        ]
    );
    assert_eq!(
        notices[0].subject,
        "[promloom] shop: 2 fragments rejected (prometheus)"
    );
    assert_eq!(
        notices[1].subject,
        "[promloom] web: 2 fragments held back (prometheus, blackbox)"
    );
    for (notice, other) in [(&notices[0], "web"), (&notices[1], "shop")] {
        assert!(
            !notice.text.contains(other) && !notice.json.contains(other),
            "{notice:?}"
        );
    }
}

#[test]
fn an_object_that_is_no_fragment_is_told_once() {
    let memory = Memory::default();
    let stray = || {
        Problem::new(
            &source("apps/shop/grafana/board\u{202e}.yml", "v1"),
            Severity::Error,
            "key",
            "`grafana` is not a component: use prometheus, blackbox or cloudwatch",
        )
        .hint("nothing of this object is used: move it to the right key or delete it")
    };
    let lanes = [prometheus(&memory, "unchanged", &[])];
    ended(&memory, 1, &lanes, vec![stray()]).unwrap();
    insta::assert_snapshot!(mails(&sent(&memory)), @r"
    Subject: [promloom] shop: 1 file rejected

    shop: 1 file rejected.
    What you pushed is not live. To put it right, push a corrected version of the file or delete it.
    Everything else is as it was.

    apps/shop/grafana/board\u{202e}.yml (version v1)
      serves now: nothing of it

      apps/shop/grafana/board\u{202e}.yml: error: `grafana` is not a component: use prometheus, blackbox or cloudwatch [key]
        hint: nothing of this object is used: move it to the right key or delete it

    Run: run-1
    ----
    ");
    ended(&memory, 2, &lanes, vec![stray()]).unwrap();
    assert_eq!(subjects(&sent(&memory)), [""; 0]);
    ended(&memory, 3, &lanes, vec![]).unwrap();
    ended(&memory, 4, &lanes, vec![stray()]).unwrap();
    assert_eq!(subjects(&sent(&memory)), ["[promloom] shop: 1 file rejected"]);
}

#[test]
fn what_is_no_fragment_is_not_called_one() {
    let check = |keys: &[&str], subject: &str, serves: &str| {
        let memory = Memory::default();
        let stray = |key: &&str| Problem::new(&source(key, "v1"), Severity::Error, "policy", "wrong");
        let lanes = [prometheus(&memory, "unchanged", &[])];
        ended(&memory, 1, &lanes, keys.iter().map(stray).collect()).unwrap();
        let notices = sent(&memory);
        assert_eq!(subjects(&notices), [subject]);
        let text = &notices[0].text;
        assert!(text.contains(serves), "{text}");
    };
    let policy_serves = "serves now: the last good version, or the default where there is none";
    check(
        &["base/policy.yml"],
        "[promloom] platform: 1 policy rejected",
        policy_serves,
    );
    let nothing = "serves now: nothing of it";
    check(
        &["base/alerts.yml"],
        "[promloom] platform: 1 file rejected",
        nothing,
    );
    check(
        &["base/policy.yml", "notes.txt"],
        "[promloom] platform: 2 files rejected",
        nothing,
    );
    check(
        &["apps/shop/prometheus/tests/a.yml"],
        "[promloom] shop: 1 unit test rejected (prometheus)",
        nothing,
    );
    check(
        &["apps/shop/prometheus/a.yml"],
        "[promloom] shop: 1 fragment rejected (prometheus)",
        nothing,
    );
}

#[test]
fn an_object_that_was_too_large_to_read_is_held_back_if_its_last_good_version_serves() {
    let memory = Memory::default();
    let stray = Problem::new(
        &source(API, "v9"),
        Severity::Error,
        "size",
        "the object was not read",
    );
    let lanes = [prometheus(&memory, "deployed", &[(API, "v8", Accepted)])];
    ended(&memory, 1, &lanes, vec![stray]).unwrap();
    let notices = sent(&memory);
    assert_eq!(
        subjects(&notices),
        ["[promloom] shop: 1 fragment held back (prometheus)"]
    );
    assert!(
        notices[0]
            .text
            .contains("(version v9)\n  serves now: its last good version v8\n")
    );
}

#[test]
fn a_rolled_back_lane_claims_nothing_live() {
    let memory = Memory::default();
    let fragments = [(API, "v2", Accepted), (CART, "v1", Rejected)];
    let notices = ends(&memory, 1, &[prometheus(&memory, "rolled_back", &fragments)]);
    insta::assert_snapshot!(mails(&notices), @r"
    Subject: [promloom] shop: 1 fragment accepted, not live yet (prometheus)

    shop: 1 fragment accepted, not live yet.
    What you pushed is in order. It goes live with the first run that succeeds; the platform team knows why this
    one did not. There is nothing for you to do.

    apps/shop/prometheus/api.yml (version v2)
      accepted; serves now: what served before, because the run ended as `rolled back` for prometheus

    Run: run-1
    ----
    Subject: [promloom] web: 1 fragment rejected (prometheus)

    web: 1 fragment rejected.
    What you pushed is not live. To put it right, push a corrected version of the file or delete it.
    Everything else is as it was.

    apps/web/prometheus/cart.yml (version v1)
      serves now: what served before; this run deployed nothing

      apps/web/prometheus/cart.yml:5:15: error: unexpected end of input [promql]
        |         expr: sum(
        |               ^
        hint: close the bracket

    Run: run-1
    ----
    Subject: [promloom] platform: prometheus rolled back

    prometheus rolled back.
    Nothing waits for you to restart it: the next push or scheduled run begins anew.

    prometheus: rolled back
      why       ReloadRefused: reloading generation 7 at replica-1: HTTP 500: one or more errors occurred
      to do     read why, and the server's log: what it refused, the real tool had accepted; correct that, or what on its host it could not use
      runs now  generation 6-14ac577cdb2e again, proven

    Run: run-1
    ----
    ");
    // Once it is live, it is told.
    let notices = ends(&memory, 2, &[prometheus(&memory, "deployed", &fragments)]);
    assert_eq!(
        subjects(&notices),
        [
            "[promloom] shop: 1 fragment live (prometheus)",
            "[promloom] platform: prometheus runs again"
        ]
    );
}

/// Generation `ordinal` was proven last.
fn proven(memory: &Memory, ordinal: u64) {
    let head = Head {
        component: Component::Prometheus,
        generation: generation(ordinal),
        before_replay: None,
    };
    let value = serde_json::to_value(&head).unwrap();
    memory
        .world()
        .projections
        .insert(Head::name(Component::Prometheus), (value, 1));
}

/// What the platform team reads of a lane, without why and what to do; of the JSON what there is only then.
fn said_of(outcome: &str, head: Option<u64>, more: &Value) -> (Vec<String>, Value) {
    let memory = Memory::default();
    if let Some(ordinal) = head {
        proven(&memory, ordinal);
    }
    let mut lane = lane(&memory, Component::Prometheus, outcome, vec![]);
    for (field, value) in more.as_object().unwrap() {
        lane[field] = value.clone();
    }
    if lane["suspicion"].is_object() {
        let before = judged(&memory, Component::Prometheus, "held", vec![], vec![], vec![]);
        lane["suspicion"]["verdicts"] = before["verdicts"].clone();
    }
    let notices = ends(&memory, 1, &[lane]);
    let lines = notices[0].text.lines().map(str::trim);
    let of_lane = lines.skip_while(|line| !line.starts_with("prometheus: ")).skip(1);
    let lines = of_lane.take_while(|line| !line.is_empty());
    let lines = lines
        .filter(|line| !line.starts_with("to do"))
        .map(str::to_owned)
        .collect();
    let body: Value = serde_json::from_str(&notices[0].json).unwrap();
    let failure = &body["failures"][0];
    (
        lines,
        json!([failure["generation"], failure["on_disk"], failure["besides"]]),
    )
}

#[test]
fn what_was_put_back_is_called_proven_only_if_it_was() {
    let check = |more: Value, expect: &str| {
        let (lines, _) = said_of("rolled_back", Some(6), &more);
        assert_eq!(lines.last().unwrap(), expect, "{more}");
    };
    let again = "runs now  generation 6-14ac577cdb2e again, proven";
    check(
        json!({ "reloaded": "proven", "unproven": null, "absent_jobs": [] }),
        again,
    );
    check(
        json!({ "reloaded": "unproven", "unproven": "generation 8-0123456789ab of a later run was proven meanwhile" }),
        "runs now  generation 6-14ac577cdb2e was put back; not proven: generation 8-0123456789ab of a later run was proven meanwhile",
    );
    check(
        json!({ "reloaded": "proven", "absent_jobs": ["shop"] }),
        "runs now  generation 6-14ac577cdb2e was put back; not proven: the server runs this generation but did not start `shop` (does a file \
         that is named there exist?)",
    );
}

#[test]
fn what_could_not_be_put_right_and_what_lies_on_disk_is_said() {
    let check = |(outcome, head): (&str, Option<u64>), more: Value, expect: &[&str], expect_json: Value| {
        let (lines, body) = said_of(outcome, head, &more);
        assert_eq!(lines, expect, "{outcome} {more}");
        assert_eq!(body, expect_json, "{outcome} {more}");
    };
    let refused = json!({ "Error": "ReloadRefused", "Cause": "the server's words" });
    let flip = json!({ "Error": "Denied", "Cause": "flipping to generation 6" });
    let (six, seven) = (generation(6).name(), generation(7).name());
    let last = format!("runs now  generation {six} was proven last (run run-6)");
    let on_disk = |why: &str| {
        format!(
            "on disk   generation {seven}, {why}: a server that starts reads it, and may fail; do not restart it before a run has put that right"
        )
    };
    let (is_refused, is_unproven) = (
        on_disk("which the server refused"),
        on_disk("which nobody proved"),
    );
    // Nobody refused it, and a server that is down comes back by its start alone.
    let is_to_start = format!(
        "on disk   generation {seven}, which nobody proved yet: a server that starts reads it; if it is down, start it, then start a run"
    );
    let why = "why       ReloadRefused: the server's words";
    check(
        ("failed", Some(6)),
        json!({ "failure": refused, "besides": flip, "on_disk": generation(7) }),
        &[
            why,
            "then      Denied: flipping to generation 6",
            &last,
            &is_refused,
        ],
        json!([six, seven, "flipping to generation 6"]),
    );
    check(
        ("failed", None),
        json!({ "failure": refused, "on_disk": generation(7) }),
        &[why, "runs now  nothing of it was ever proven", &is_refused],
        json!([null, seven, null]),
    );
    check(
        ("failed", Some(7)),
        json!({ "failure": refused, "on_disk": generation(7) }),
        &[
            why,
            &format!("runs now  generation {seven} was proven last (run run-7)"),
        ],
        json!([seven, null, null]),
    );
    check(
        ("held", Some(6)),
        json!({ "failure": { "Error": "Held", "Cause": "6 of 10 jobs" }, "on_disk": generation(7) }),
        &["why       Held: 6 of 10 jobs", &last, &is_to_start],
        json!([six, seven, null]),
    );
    check(
        ("failed", None),
        json!({ "failure": { "Error": "Unavailable", "Cause": "connecting" }, "on_disk": generation(7) }),
        &[
            "why       Unavailable: connecting",
            "runs now  nothing of it was ever proven",
            &is_to_start,
        ],
        json!([null, seven, null]),
    );
    check(
        ("failed", Some(6)),
        json!({ "failure": { "Error": "Rejected", "Cause": "no proof" }, "on_disk": generation(7) }),
        &["why       Rejected: no proof", &last, &is_unproven],
        json!([six, seven, null]),
    );
    let suspicion = json!({ "culprits": null, "suspects": Pointer::to(b""), "failure": refused });
    check(
        ("failed", Some(6)),
        json!({
            "failure": { "Error": "Unavailable", "Cause": "connecting" }, "on_disk": generation(7),
            "suspicion": suspicion,
        }),
        &["why       Unavailable: connecting", why, &last, &is_unproven],
        json!([six, seven, null]),
    );
    check(
        ("refused", Some(6)),
        json!({ "on_disk": generation(6) }),
        &[&last],
        json!([six, null, null]),
    );
    check(
        ("rolled_back", Some(6)),
        json!({ "failure": refused, "besides": { "Error": "Exhausted", "Cause": "looking for whom it means" } }),
        &[
            why,
            "then      Exhausted: looking for whom it means",
            &format!("runs now  generation {six} again, proven"),
        ],
        json!([six, null, "looking for whom it means"]),
    );
}

#[test]
fn the_platform_team_is_told_what_failed_and_what_runs() {
    let memory = Memory::default();
    proven(&memory, 6);
    let base = Problem::new(
        &source("base/blackbox.yml", "v3"),
        Severity::Error,
        "yaml_syntax",
        "not YAML",
    )
    .at(1, 1)
    .excerpt_of("modules: [\n");
    let notices = ends(
        &memory,
        1,
        &[
            lane(&memory, Component::Prometheus, "failed", vec![]),
            judged(
                &memory,
                Component::Blackbox,
                "refused",
                vec![],
                vec![base],
                vec![],
            ),
            lane(&memory, Component::Cloudwatch, "rolled_back_unproven", vec![]),
        ],
    );
    insta::assert_snapshot!(mails(&notices), @r"
    Subject: [promloom] platform: prometheus failed; blackbox refused; cloudwatch rolled back, unproven

    prometheus failed; blackbox refused; cloudwatch rolled back, unproven.
    Nothing waits for you to restart it: the next push or scheduled run begins anew.

    prometheus: failed
      why       Unavailable: running promtool: no space left on device
      to do     see that what it called is up, found by its name, and has room (process, disk, AWS service), then start the run again
      runs now  generation 6-14ac577cdb2e was proven last (run run-6)

    blackbox: refused
      runs now  nothing of it was ever proven
      to do     no configuration could be proven: correct what is named below, in base/ first

      base/blackbox.yml:1:1: error: not YAML [yaml_syntax]
        | modules: [
        | ^
        version: v3

    cloudwatch: rolled back, unproven
      why       ReloadRefused: reloading generation 7 at replica-1: HTTP 500: one or more errors occurred
      to do     read why, and the server's log: what it refused, the real tool had accepted; correct that, or what on its host it could not use
      runs now  unknown: generation 6-14ac577cdb2e lies on disk again, but not every replica proved that it runs it

    Run: run-1
    ----
    ");
    let body: Value = serde_json::from_str(&notices[0].json).unwrap();
    assert_eq!(
        body["failures"][0]["cause"],
        "running promtool: no space left on device"
    );
    assert_eq!(body["failures"][1]["problems"][0]["key"], "base/blackbox.yml");
}

#[test]
fn a_run_without_lanes_tells_the_platform_team() {
    let memory = Memory::default();
    let failure =
        json!({ "Error": "NotFound", "Cause": "looking for base/<component>.yml in the config bucket" });
    let response = tell(&memory, "run-1", &json!({ "failure": failure })).unwrap();
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({
            "outcome": "failed",
            "run": "run-1",
            "lanes": [],
            "failure": "NotFound: looking for base/<component>.yml in the config bucket",
            "sent": 1,
            "known": 0,
        })
    );
    insta::assert_snapshot!(mails(&sent(&memory)), @r"
    Subject: [promloom] platform: the run failed: NotFound

    the run failed: NotFound.
    Nothing waits for you to restart it: the next push or scheduled run begins anew.

    The run as a whole
      why       NotFound: looking for base/<component>.yml in the config bucket
      to do     see that what it names exists: object, version or program
      runs now  nothing was ever proven

    Run: run-1
    ----
    ");
}

#[test]
fn a_problem_of_the_base_is_told_once_until_it_is_gone() {
    let memory = Memory::default();
    let warning = |version| {
        Problem::new(
            &source("base/prometheus.yml", version),
            Severity::Warning,
            "empty",
            "the file holds nothing",
        )
    };
    let check = |n: u64, platform: Vec<Problem>, expect: &[&str]| {
        let lane = judged(
            &memory,
            Component::Prometheus,
            "deployed",
            vec![],
            platform,
            vec![],
        );
        assert_eq!(subjects(&ends(&memory, n, &[lane])), expect, "run {n}");
    };
    let told = "[promloom] platform: 1 problem of the platform's own files (prometheus)";
    check(1, vec![warning("v1")], &[told]);
    check(2, vec![warning("v1")], &[]);
    check(3, vec![warning("v2")], &[]);
    check(4, vec![], &[]);
    check(5, vec![warning("v3")], &[told]);
}

#[test]
fn who_keeps_a_name_that_another_wants_is_told_once() {
    let memory = Memory::default();
    let check = |n: u64, outcome: &str, by: &[&str], expect: &[&str]| {
        let warning = |by: &&str| {
            let message = format!("job `api` is wanted by `{by}` too; yours keeps it");
            Problem::new(&source(API, "v1"), Severity::Warning, "job_clash", message)
        };
        let mut keeps = fragment(API, "v1", Accepted);
        keeps.problems = by.iter().map(warning).collect();
        let lane = lane(&memory, Component::Prometheus, outcome, vec![keeps]);
        let notices = ends(&memory, n, &[lane]);
        let mut of_shop = subjects(&notices);
        of_shop.retain(|subject| subject.contains("shop"));
        assert_eq!(of_shop, expect, "run {n}");
    };
    let live = "[promloom] shop: 1 fragment live (prometheus)";
    let told = "[promloom] shop: 1 fragment with a name that others want (prometheus)";
    check(1, "deployed", &[], &[live]);
    check(2, "rolled_back", &["bank"], &[]);
    check(3, "unchanged", &["bank"], &[told]);
    check(4, "unchanged", &["bank"], &[]);
    check(5, "deployed", &["bank", "web"], &[told]);
    check(6, "unchanged", &["web"], &[]);
    check(7, "unchanged", &["bank", "web"], &[told]);
    check(8, "unchanged", &["bank", "web"], &[]);
}

#[test]
fn what_served_and_is_refused_by_a_stricter_rule_no_longer_serves() {
    let memory = Memory::default();
    let of = |outcome: &str, version: &str, verdict| {
        [prometheus(
            &memory,
            outcome,
            &[(API, version, verdict), (CART, "v1", Rejected)],
        )]
    };
    ends(&memory, 1, &of("deployed", "v1", Accepted));
    let notices = ends(&memory, 2, &of("deployed", "v1", Rejected));
    assert_eq!(
        subjects(&notices),
        ["[promloom] shop: 1 fragment no longer serving (prometheus)"]
    );
    insta::assert_snapshot!(notices[0].text.split("\n\n").take(2).collect::<Vec<_>>().join("\n\n"), @r"
    shop: 1 fragment no longer serving.
    What you pushed is not accepted. Where it says so, what served of it no longer serves either: the policy, a base or the server
    has changed since it was accepted. To put it right, push a corrected version of the file or delete it.

    apps/shop/prometheus/api.yml (version v1)
      no longer serves: nothing of it is left, not even what served before
    ");
    ends(&memory, 3, &of("deployed", "v1", Accepted));
    ends(&memory, 4, &of("deployed", "v2", HeldBack));
    let no_longer = "[promloom] shop: 1 fragment no longer serving (prometheus)";
    assert_eq!(
        subjects(&ends(&memory, 5, &of("deployed", "v2", Rejected))),
        [no_longer]
    );
    assert_eq!(
        subjects(&ends(&memory, 6, &of("unchanged", "v2", Rejected))),
        [""; 0]
    );
    let rejected = "[promloom] shop: 1 fragment rejected (prometheus)";
    assert_eq!(
        subjects(&ends(&memory, 7, &of("unchanged", "v3", Rejected))),
        [rejected]
    );
}

#[test]
fn a_failing_unit_test_is_told_to_its_owner_once_for_each_version() {
    let memory = Memory::default();
    let failing = |version| {
        let source = source("apps/shop/prometheus/tests/t.yml", version);
        Problem::new(&source, Severity::Error, "rule_test", "alertname: Down")
    };
    let check = |n: u64, outcome: &str, rule_tests: Vec<Problem>, expect: &[&str]| {
        let lane = judged(
            &memory,
            Component::Prometheus,
            outcome,
            vec![],
            vec![],
            rule_tests,
        );
        assert_eq!(subjects(&ends(&memory, n, &[lane])), expect, "run {n}");
    };
    let told = "[promloom] shop: 1 unit test failed (prometheus)";
    check(1, "unchanged", vec![failing("v1"), failing("v1")], &[told]);
    check(2, "unchanged", vec![failing("v1")], &[]);
    check(3, "unchanged", vec![failing("v1")], &[]);
    check(4, "superseded", vec![failing("v2")], &[]);
    check(4, "unchanged", vec![failing("v2")], &[told]);
    // It passes, which needs no words; and fails again.
    check(5, "deployed", vec![], &[]);
    check(6, "unchanged", vec![failing("v2")], &[told]);
}

#[test]
fn a_failure_is_told_once_until_it_is_another_or_over() {
    let memory = Memory::default();
    let check = |n: u64, outcome: &str, expect: &[&str]| {
        let lanes = [lane(&memory, Component::Prometheus, outcome, vec![])];
        assert_eq!(subjects(&ends(&memory, n, &lanes)), expect, "run {n}");
    };
    let failed = "[promloom] platform: prometheus failed";
    check(1, "failed", &[failed]);
    check(1, "failed", &[]);
    check(2, "failed", &[]);
    check(3, "held", &["[promloom] platform: prometheus held"]);
    check(4, "failed", &[failed]);
    check(5, "superseded", &[]);
    check(6, "deployed", &["[promloom] platform: prometheus runs again"]);
    check(7, "unchanged", &[]);
    check(8, "failed", &[failed]);
    // The older of two runs may end later.
    check(0, "unchanged", &[]);
}

#[test]
fn a_notice_to_the_platform_team_is_of_the_kind_that_its_subject_is_about() {
    let memory = Memory::default();
    let check = |n: u64, outcome: &str, platform: Vec<Problem>, expect: (Kind, &str)| {
        let lane = judged(&memory, Component::Prometheus, outcome, vec![], platform, vec![]);
        let notices = ends(&memory, n, &[lane]);
        let told = notices
            .iter()
            .map(|notice| (notice.kind, notice.subject.as_str()));
        assert_eq!(told.collect::<Vec<_>>(), [expect], "run {n}");
    };
    let problem = |message: &str| {
        let source = source("base/prometheus.yml", "v1");
        vec![Problem::new(&source, Severity::Warning, "base", message)]
    };
    let own = "[promloom] platform: 1 problem of the platform's own files (prometheus)";
    check(1, "deployed", problem("odd"), (Kind::PlatformFiles, own));
    check(
        2,
        "failed",
        vec![],
        (Kind::Failed, "[promloom] platform: prometheus failed"),
    );
    check(
        3,
        "held",
        problem("odder"),
        (Kind::Failed, "[promloom] platform: prometheus held"),
    );
    check(
        4,
        "deployed",
        vec![],
        (Kind::Recovered, "[promloom] platform: prometheus runs again"),
    );
}

/// What one run says: of fragments, of the platform's own files, of unit tests.
type Said = (Vec<FragmentVerdict>, Vec<Problem>, Vec<Problem>);

#[test]
fn a_replay_forgets_nothing_in_silence() {
    let check = |name: &str, present: Said, past: Said, expect: [&[&str]; 3]| {
        let memory = Memory::default();
        let runs = [("push", &present), ("replay", &past), ("push", &present)];
        for ((n, (kind, (fragments, platform, rule_tests))), expect) in (1..).zip(runs).zip(expect) {
            let result = json!({
                "pinned_at": Timestamp::from_millis(n * 60_000),
                "snapshot": put(&memory, &Snapshot::default()),
                "replay": kind == "replay",
                "lanes": [judged(
                    &memory, Component::Prometheus, "deployed", fragments.clone(), platform.clone(), rule_tests.clone(),
                )],
            });
            tell(&memory, &format!("run-{n}"), &result).unwrap();
            assert_eq!(subjects(&sent(&memory)), expect, "{name}, run {n}");
        }
    };
    let of = |fragments: &[FragmentVerdict]| (fragments.to_vec(), vec![], vec![]);
    let warning = |key: &str, check: &str| {
        let text = "another wants it too";
        Problem::new(&source(key, "v1"), Severity::Warning, check, text)
    };
    let live = fragment(API, "v1", Accepted);
    let mut keeps = live.clone();
    keeps.problems = vec![warning(API, "job_clash")];

    let rejected = "[promloom] shop: 1 fragment rejected (prometheus)";
    let out = of(&[fragment(API, "v1", Rejected)]);
    check("it did not serve", out, of(&[]), [&[rejected], &[], &[]]);
    let test = "[promloom] shop: 1 unit test failed (prometheus)";
    let failing = (
        vec![],
        vec![],
        vec![warning("apps/shop/prometheus/tests/t.yml", "rule_test")],
    );
    check("a unit test fails", failing, of(&[]), [&[test], &[], &[]]);
    let is_live = "[promloom] shop: 1 fragment live (prometheus)";
    check(
        "nobody wants its name there",
        of(&[keeps]),
        of(std::slice::from_ref(&live)),
        [&[is_live], &[], &[]],
    );
    let own = "[promloom] platform: 1 problem of the platform's own files (prometheus)";
    let base = (vec![], vec![warning("base/prometheus.yml", "empty")], vec![]);
    check("the base", base, of(&[]), [&[own], &[], &[]]);

    // What served is told of each time.
    let removed = "[promloom] shop: 1 fragment removed, by a replay (prometheus)";
    let held_back = "[promloom] shop: 1 fragment held back (prometheus)";
    check(
        "it served",
        of(&[live]),
        of(&[]),
        [&[is_live], &[removed], &[is_live]],
    );
    let last_good = of(&[fragment(API, "v1", HeldBack)]);
    check(
        "its last good version served",
        last_good,
        of(&[]),
        [&[held_back], &[removed], &[held_back]],
    );
}

#[test]
fn a_replay_says_that_it_is_one_of_what_and_when() {
    let memory = Memory::default();
    let check = |n: u64, as_of: Option<&str>, fragments: &[(&str, &str, Verdict)], expect: &[&str]| {
        let snapshot = put(&memory, &Snapshot::default());
        let short = snapshot.digest.short().to_owned();
        let mut result = json!({
            "pinned_at": Timestamp::from_millis(n * 60_000), "snapshot": snapshot, "replay": true,
            "lanes": [prometheus(&memory, "deployed", fragments), lane(&memory, Component::Blackbox, "failed", vec![])],
        });
        if let Some(as_of) = as_of {
            result["as_of"] = as_of.into();
        }
        tell(&memory, &format!("run-{n}"), &result).unwrap();
        let notices = sent(&memory);
        assert_eq!(subjects(&notices), expect);
        for notice in notices {
            let of = match as_of {
                None => {
                    format!("somebody had the snapshot {short} taken again at 1970-01-01T00:0{n}:00.000Z.")
                }
                Some(as_of) => format!("the bucket as it was at {as_of} (snapshot {short}) taken again at"),
            };
            assert!(notice.text.contains(&of), "{}", notice.text);
            let body: Value = serde_json::from_str(&notice.json).unwrap();
            assert_eq!(body["replay"]["as_of"], json!(as_of), "{body}");
            assert_eq!(
                body["replay"]["at"],
                json!(format!("1970-01-01T00:0{n}:00.000Z")),
                "{body}"
            );
        }
    };
    check(
        1,
        None,
        &[(API, "v1", Accepted)],
        &[
            "[promloom] shop: 1 fragment live, by a replay (prometheus)",
            "[promloom] platform: blackbox failed, by a replay",
        ],
    );
    check(
        2,
        Some("2026-11-17T09:00:00.000Z"),
        &[(API, "v0", HeldBack)],
        &["[promloom] shop: 1 fragment held back, by a replay (prometheus)"],
    );
    // A run that is none says nothing of it.
    let notices = ends(
        &memory,
        3,
        &[prometheus(&memory, "deployed", &[(API, "v2", Accepted)])],
    );
    assert!(!mails(&notices).contains("replay") && !notices[0].json.contains("replay"));
}

#[test]
fn what_is_accepted_and_not_live_is_told_once_and_then_that_it_is_live() {
    let memory = Memory::default();
    let check = |n: u64, outcome: &str, version: &str, expect: &[&str]| {
        let lanes = [prometheus(&memory, outcome, &[(API, version, Accepted)])];
        let notices = ends(&memory, n, &lanes);
        let owners: Vec<&str> = subjects(&notices)
            .into_iter()
            .filter(|subject| subject.contains("shop"))
            .collect();
        assert_eq!(owners, expect, "run {n}");
    };
    let waits = "[promloom] shop: 1 fragment accepted, not live yet (prometheus)";
    let live = "[promloom] shop: 1 fragment live (prometheus)";
    check(1, "refused", "v1", &[waits]);
    check(2, "failed", "v1", &[]);
    check(3, "deployed", "v1", &[live]);
    check(4, "held", "v1", &[]);
    check(5, "rolled_back", "v2", &[waits]);
    check(6, "unchanged", "v2", &[live]);
}

#[test]
fn who_was_told_to_correct_what_is_accepted_now_is_told_although_it_is_not_live() {
    let check = |verdict: Verdict, told: &str| {
        let memory = Memory::default();
        let run = |n: u64, outcome: &str, verdict: Verdict, expect: &[&str]| {
            let notices = ends(
                &memory,
                n,
                &[prometheus(&memory, outcome, &[(API, "v1", verdict)])],
            );
            let owners = subjects(&notices);
            let owners: Vec<&str> = owners.into_iter().filter(|it| it.contains("shop")).collect();
            assert_eq!(owners, expect, "run {n} after {told}");
        };
        let waits = "[promloom] shop: 1 fragment accepted, not live yet (prometheus)";
        run(1, "deployed", verdict, &[told]);
        run(2, "refused", Accepted, &[waits]);
        run(3, "held", Accepted, &[]);
        run(
            4,
            "deployed",
            Accepted,
            &["[promloom] shop: 1 fragment live (prometheus)"],
        );
    };
    check(Rejected, "[promloom] shop: 1 fragment rejected (prometheus)");
    check(HeldBack, "[promloom] shop: 1 fragment held back (prometheus)");
}

#[test]
fn what_a_newer_run_made_old_is_not_told() {
    let memory = Memory::default();
    let superseded = prometheus(&memory, "superseded", &[(API, "v1", Rejected)]);
    assert_eq!(subjects(&ends(&memory, 1, &[superseded])), [""; 0]);
    ends(
        &memory,
        3,
        &[prometheus(&memory, "deployed", &[(API, "v3", Accepted)])],
    );
    let projections = memory.world().projections.clone();
    let older = prometheus(&memory, "refused", &[(API, "v2", Rejected)]);
    let notices = ends(&memory, 2, &[older]);
    assert_eq!(subjects(&notices), ["[promloom] platform: prometheus refused"]);
    assert_eq!(
        memory.world().projections["status/status.json"],
        projections["status/status.json"]
    );
}

#[test]
fn a_refusal_of_sns_holds_up_nothing_and_what_was_not_sent_is_sent_later() {
    let memory = Memory::default();
    let lanes = [prometheus(
        &memory,
        "deployed",
        &[(API, "v1", Rejected), (CART, "v1", Accepted)],
    )];
    memory.refuse(|doing| doing.starts_with("sending").then_some(contract::Class::Denied));
    let failure = ended(&memory, 1, &lanes, vec![]).unwrap_err();
    assert_eq!(
        format!("{failure:?}"),
        "Denied: sending the notice `[promloom] shop: 1 fragment rejected (prometheus)`: this test refuses the call"
    );
    assert!(memory.world().projections.contains_key("status/status.json"));
    memory.refuse(|_| None);
    // Calls: the snapshot, verdicts, three heads, what was told; the first notice.
    let calls = memory.world().calls;
    memory.break_call(calls + 7);
    assert_eq!(
        ended(&memory, 1, &lanes, vec![]).unwrap_err().class.name(),
        "Unavailable"
    );
    assert_eq!(
        subjects(&sent(&memory)),
        ["[promloom] web: 1 fragment live (prometheus)"]
    );
    ended(&memory, 1, &lanes, vec![]).unwrap();
    assert_eq!(
        subjects(&sent(&memory)),
        ["[promloom] shop: 1 fragment rejected (prometheus)"]
    );
}

#[test]
fn whatever_call_breaks_everybody_is_told_in_the_end() {
    let act = |memory: &Memory| {
        let lanes = [
            prometheus(
                memory,
                "deployed",
                &[(API, "v1", Rejected), (CART, "v1", Accepted)],
            ),
            lane(memory, Component::Blackbox, "failed", vec![]),
        ];
        ended(memory, 1, &lanes, vec![])
    };
    let well = Memory::default();
    act(&well).unwrap();
    let calls = well.world().calls;
    let content = |memory: &Memory| -> Vec<(String, Value)> {
        let world = memory.world();
        world
            .projections
            .iter()
            .map(|(name, (value, _))| (name.clone(), value.clone()))
            .collect()
    };
    for number in 1..=calls {
        let memory = Memory::default();
        memory.break_call(number);
        assert_eq!(
            act(&memory).unwrap_err().class.name(),
            "Unavailable",
            "call {number}"
        );
        act(&memory).unwrap();
        assert_eq!(content(&memory), content(&well), "call {number}");
        for notice in sent(&memory) {
            assert!(
                well.world().notices.contains(&notice),
                "call {number}: {notice:?}"
            );
        }
    }
}

#[test]
fn a_message_is_never_too_large_for_sns() {
    let check = |fragments: usize, problems: usize, message: &str, hidden: &str| {
        let memory = Memory::default();
        let many = (0..fragments)
            .map(|n| {
                let mut one = fragment(&format!("apps/shop/prometheus/n{n:05}.yml"), "v1", Rejected);
                one.problems = (0..problems)
                    .map(|_| Problem::new(&one.source, Severity::Error, "shape", message).at(1, 1))
                    .collect();
                one
            })
            .collect();
        let notices = ends(
            &memory,
            1,
            &[lane(&memory, Component::Prometheus, "deployed", many)],
        );
        let [notice] = notices.as_slice() else {
            panic!("one notice: {notices:?}")
        };
        // As the adapter sends it: a JSON object with the text and the JSON for four protocols.
        let size = |text: &str| serde_json::to_string(text).unwrap().len();
        assert!(size(&notice.text) + 4 * size(&notice.json) < 250_000);
        let body: Value = serde_json::from_str(&notice.json).unwrap();
        let kept: Vec<usize> = body["fragments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["problems"].as_array().unwrap().len())
            .collect();
        let missing = fragments + fragments * problems - kept.len() - kept.iter().sum::<usize>();
        assert_eq!(body["truncated"], missing);
        assert!(missing == 0 || size(&notice.json) > 20_000);
        let cut: Vec<&str> = notice
            .text
            .lines()
            .filter(|line| line.starts_with("[cut here"))
            .collect();
        assert_eq!(cut.join(""), hidden);
        assert!(notice.text.ends_with("\nRun: run-1\n"));
    };
    check(1, 1, "wrong", "");
    check(
        10_000,
        1,
        "wrong",
        "[cut here: 9540 fragments and 9541 problems not shown in full]",
    );
    check(1, 10_000, "wrong", "[cut here: 8980 problems not shown in full]");
    check(
        1,
        100,
        &"\u{1d54f}".repeat(2000),
        "[cut here: 93 problems not shown in full]",
    );
    check(
        1,
        100,
        &"\"\\".repeat(1000),
        "[cut here: 85 problems not shown in full]",
    );
    check(
        1,
        100,
        &"\u{0}\u{fffe}".repeat(1000),
        "[cut here: 74 problems not shown in full]",
    );
}

#[test]
fn a_subject_fits_whatever_the_owner_is_called() {
    let memory = Memory::default();
    let key = format!("apps/{}/prometheus/api.yml", "x".repeat(100));
    let notices = ends(
        &memory,
        1,
        &[prometheus(&memory, "deployed", &[(&key, "v1", Rejected)])],
    );
    let subject = &notices[0].subject;
    assert!(subject.len() <= 100, "{subject}");
    assert!(
        subject.ends_with("x~: 1 fragment rejected (prometheus)"),
        "{subject}"
    );
}

#[test]
fn the_answer_is_small_and_counts() {
    let memory = Memory::default();
    let lanes = [
        prometheus(
            &memory,
            "deployed",
            &[
                (API, "v1", Rejected),
                (CART, "v1", Accepted),
                (JOBS, "v2", HeldBack),
            ],
        ),
        lane(&memory, Component::Blackbox, "failed", vec![]),
    ];
    let response = ended(&memory, 1, &lanes, vec![]).unwrap();
    assert_eq!(
        serde_json::to_value(&response).unwrap(),
        json!({
            "outcome": "failed",
            "run": "run-1",
            "lanes": [
                {
                    "component": "prometheus",
                    "outcome": "deployed",
                    "accepted": 1,
                    "held_back": 1,
                    "rejected": 1,
                    "generation": generation(7).name(),
                    "failure": null,
                },
                {
                    "component": "blackbox",
                    "outcome": "failed",
                    "accepted": 0,
                    "held_back": 0,
                    "rejected": 0,
                    "generation": null,
                    "failure": "Unavailable: running promtool: no space left on device",
                },
            ],
            "failure": null,
            "sent": 4,
            "known": 0,
        })
    );
}

#[test]
fn the_status_keeps_what_a_failed_lane_does_not_know() {
    let memory = Memory::default();
    ends(
        &memory,
        1,
        &[prometheus(&memory, "deployed", &[(API, "v1", HeldBack)])],
    );
    let status = || memory.world().projections["status/status.json"].0["components"]["prometheus"].clone();
    let before = status();
    assert_eq!(
        before,
        json!({
            "run": "run-1",
            "pinned_at": "1970-01-01T00:01:00.000Z",
            "outcome": "deployed",
            "generation": generation(7).name(),
            "digest": generation(7).digest,
            "fragments": {
                API: { "verdict": "held_back", "version_id": "v1", "serving_version_id": "v0", "problems": 1 },
            },
        })
    );
    ends(
        &memory,
        2,
        &[lane(&memory, Component::Prometheus, "failed", vec![])],
    );
    assert_eq!(status()["outcome"], "failed");
    assert_eq!(status()["fragments"], before["fragments"]);
}

#[test]
fn a_run_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    let request = Request {
        run: String::new(),
        result: crate::RunResult::default(),
    };
    is_send(run(&Memory::default(), request));
}

#[test]
fn failures_are_cut_to_what_a_message_takes() {
    let check = |words: &str| {
        let memory = Memory::default();
        let cause = json!({ "Error": words.repeat(1000), "Cause": words.repeat(10_000) });
        let lanes = Component::ALL.map(|component| {
            let mut lane = lane(&memory, component, "failed", vec![]);
            lane["failure"] = cause.clone();
            lane
        });
        let result = json!({ "failure": cause, "lanes": lanes });
        tell(&memory, "run-1", &result).unwrap();
        let notices = sent(&memory);
        let size = |text: &str| serde_json::to_string(text).unwrap().len();
        assert!(size(&notices[0].text) + 4 * size(&notices[0].json) < 250_000);
        let body: Value = serde_json::from_str(&notices[0].json).unwrap();
        assert_eq!(body["failures"].as_array().unwrap().len(), 4);
    };
    check("x");
    check("\"");
    check("\u{e0001}");
}
