//! A run over Pushgateways in memory: what goes, what stays, what is told, and what is left when a call breaks.

use super::*;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use contract::memory::{Memory, World};
use futures_util::FutureExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const URL: &str = "http://pushgateway:9091/prefix/";
/// When a new `Memory` begins.
const NOW_MILLIS: u64 = 1_795_359_600_000;

/// One Pushgateway.
#[derive(Default)]
struct Fake {
    /// Key -> milliseconds of its last push.
    groups: BTreeMap<Labels, u64>,
    utf8_names: bool,
    /// How many looks go by until an accepted deletion is made.
    queued_looks: usize,
    queue: Vec<(Labels, usize)>,
    /// What was asked of it: `status`, `look`, `delete`.
    calls: Vec<&'static str>,
}

impl Fake {
    fn answer(&mut self, method: Method, url: &str) -> HttpAnswer {
        match (method, url.strip_prefix(URL).unwrap()) {
            (Method::Get, "api/v1/status") => {
                self.calls.push("status");
                let flags = json!({ "push.enable-utf8-names": self.utf8_names.to_string() });
                success(&json!({ "flags": flags }))
            }
            (Method::Get, "api/v1/metrics") => {
                self.calls.push("look");
                let groups = self.groups.iter().map(|(labels, millis)| {
                    let seconds = Duration::from_millis(*millis).as_secs_f64().to_string();
                    json!({ "labels": labels, "push_time_seconds": { "metrics": [{ "value": seconds }] } })
                });
                let shown = success(&groups.collect());
                for (labels, looks) in &mut self.queue {
                    *looks = looks.saturating_sub(1);
                    if *looks == 0 {
                        self.groups.remove(labels);
                    }
                }
                self.queue.retain(|(_, looks)| *looks > 0);
                shown
            }
            (Method::Delete, path) => {
                self.calls.push("delete");
                let labels = decoded(path);
                if self.queued_looks == 0 {
                    self.groups.remove(&labels);
                } else {
                    self.queue.push((labels, self.queued_looks));
                }
                answer(202, "")
            }
            other => panic!("{other:?}"),
        }
    }

    fn jobs(&self) -> Vec<&str> {
        self.groups.keys().map(|labels| labels["job"].as_str()).collect()
    }
}

fn answer(status: u16, body: &str) -> HttpAnswer {
    let body = body.to_owned();
    HttpAnswer { status, body }
}

fn success(data: &Value) -> HttpAnswer {
    answer(200, &json!({ "status": "success", "data": data }).to_string())
}

/// What the Pushgateway makes of a path of ours.
fn decoded(path: &str) -> Labels {
    let parts: Vec<&str> = path.strip_prefix("metrics/").unwrap().split('/').collect();
    let pair = |pair: &[&str]| {
        let value = BASE64_URL_SAFE_NO_PAD
            .decode(pair[1].trim_end_matches('='))
            .unwrap();
        let name = pair[0].strip_suffix("@base64").unwrap();
        (name.to_owned(), String::from_utf8(value).unwrap())
    };
    parts.chunks(2).map(pair).collect()
}

fn job(name: &str) -> Labels {
    Labels::from([("job".to_owned(), name.to_owned())])
}

type Fakes = Arc<Mutex<BTreeMap<String, Fake>>>;

/// Puts a Pushgateway at each address, with groups of these jobs, each pushed that many seconds ago. The script may
/// change one before it answers, or answer instead.
fn serve(
    memory: &Memory,
    addresses: &[&str],
    groups: &[(&str, u64)],
    mut script: impl FnMut(&mut Fake, &World, Method, &str, &str) -> Option<Result<HttpAnswer, Failure>>
    + Send
    + 'static,
) -> Fakes {
    let fake = || Fake {
        groups: groups
            .iter()
            .map(|(name, seconds)| (job(name), NOW_MILLIS - seconds * 1000))
            .collect(),
        ..Fake::default()
    };
    let fakes: BTreeMap<_, _> = addresses.iter().map(|at| ((*at).to_owned(), fake())).collect();
    let fakes = Arc::new(Mutex::new(fakes));
    memory.replica_addresses(addresses);
    let of_script = Arc::clone(&fakes);
    memory.replicas(move |world, method, url, address| {
        let mut fakes = of_script.lock().unwrap();
        let fake = fakes.get_mut(address).unwrap();
        script(fake, world, method, url, address).unwrap_or_else(|| Ok(fake.answer(method, url)))
    });
    fakes
}

fn policy(section: Value) -> Pushgateway {
    serde_json::from_value(section).unwrap()
}

fn day() -> Pushgateway {
    policy(json!({ "ttl_seconds": 86_400 }))
}

fn request() -> Request {
    Request {
        run: "run".into(),
        url: URL.into(),
    }
}

fn collect(memory: &Memory, policy: &Pushgateway) -> Result<Response, Failure> {
    run(memory, policy, request()).now_or_never().unwrap()
}

/// What became of which job, as the last audit of that Pushgateway says.
fn fates(memory: &Memory, pointer: Option<&Pointer>) -> Vec<String> {
    let bytes = memory.world().objects[&pointer.unwrap().digest].clone();
    let audit: Audit = serde_json::from_slice(&bytes).unwrap();
    let shown = |entry: &Entry| {
        let fate = serde_json::to_value(entry.fate).unwrap();
        format!("{} {}", entry.labels["job"], fate.as_str().unwrap())
    };
    audit.entries.iter().map(shown).collect()
}

const DAY: u64 = 86_400;

#[test]
fn exactly_what_is_older_than_its_ttl_goes() {
    let check = |section: Value, groups: &[(&str, u64)], stay: &[&str], fates_expected: &[&str]| {
        let memory = Memory::default();
        let fakes = serve(&memory, &["a:1"], groups, |_, _, _, _, _| None);
        let response = collect(&memory, &policy(section.clone())).unwrap();
        assert_eq!(fakes.lock().unwrap()["a:1"].jobs(), stay, "{section}");
        let replica = &response.replicas[0];
        if fates_expected.is_empty() {
            assert_eq!((replica.audit.as_ref(), memory.world().objects.len()), (None, 0));
        } else {
            assert_eq!(
                fates(&memory, replica.audit.as_ref()),
                fates_expected,
                "{section}"
            );
        }
    };
    let groups = [("a", 2 * DAY), ("b", 3600), ("c", 3 * DAY), ("d", 10 * DAY)];
    check(json!({}), &groups, &["a", "b", "c", "d"], &[]);
    check(
        json!({ "ttl_seconds": 10 * DAY + 1 }),
        &groups,
        &["a", "b", "c", "d"],
        &[],
    );
    let gone = ["d deleted", "c deleted", "a deleted"];
    check(json!({ "ttl_seconds": DAY }), &groups, &["b"], &gone);
    let own = json!({ "ttl_seconds": DAY, "jobs": { "a": 3 * DAY, "b": 60 }, "never_delete": ["d"] });
    check(own, &groups, &["a", "d"], &["c deleted", "b deleted"]);
    check(
        json!({ "jobs": { "c": 60 } }),
        &groups,
        &["a", "b", "d"],
        &["c deleted"],
    );
    let two = json!({ "ttl_seconds": DAY, "deletions_at_most": 2 });
    check(
        two,
        &groups,
        &["a", "b"],
        &["d deleted", "c deleted", "a postponed"],
    );
    let none = json!({ "ttl_seconds": DAY, "deletions_at_most": 0 });
    check(
        none,
        &groups,
        &["a", "b", "c", "d"],
        &["d postponed", "c postponed", "a postponed"],
    );
    let dry = json!({ "ttl_seconds": DAY, "deletions_at_most": 2, "dry_run": true });
    check(
        dry,
        &groups,
        &["a", "b", "c", "d"],
        &["d expired", "c expired", "a postponed"],
    );
}

#[test]
fn a_dry_run_asks_and_does_nothing() {
    let memory = Memory::default();
    let fakes = serve(&memory, &["a:1"], &[("a", 2 * DAY), ("b", 1)], |_, _, _, _, _| {
        None
    });
    let response = collect(&memory, &policy(json!({ "ttl_seconds": DAY, "dry_run": true }))).unwrap();
    assert_eq!(response.outcome, Outcome::DryRun);
    let expect = Counts {
        groups: 2,
        expired: 1,
        ..Counts::default()
    };
    assert_eq!(response.counts, expect);
    assert_eq!(fakes.lock().unwrap()["a:1"].calls, ["status", "look"]);
    assert_eq!(memory.world().records.len(), 0);
}

#[test]
fn the_journal_names_what_goes_before_it_goes() {
    let memory = Memory::default();
    let named = Arc::new(Mutex::new(Vec::new()));
    let of_script = Arc::clone(&named);
    serve(
        &memory,
        &["a:1"],
        &[("a", 2 * DAY), ("b", 1)],
        move |_, world, method, _, _| {
            if method == Method::Delete {
                let record = world.records.values().next().expect("a record is there by now");
                let pointer: Pointer = serde_json::from_value(record.request["delete"].clone()).unwrap();
                let audit: Audit = serde_json::from_slice(&world.objects[&pointer.digest]).unwrap();
                of_script.lock().unwrap().push((record.clone(), audit));
            }
            None
        },
    );
    collect(&memory, &day()).unwrap();
    let named = named.lock().unwrap();
    let [(record, audit)] = named.as_slice() else {
        panic!("one group is deleted once");
    };
    assert_eq!(record.step, Scheduled::PushgatewayGc.into());
    assert!(
        record.key().starts_with("runs/run/1-pushgateway_gc-"),
        "{}",
        record.key()
    );
    assert_eq!((&record.response, &record.failure), (&None, &None));
    assert_eq!(
        (audit.url.as_str(), audit.address.as_str()),
        (URL.trim_end_matches('/'), "a:1")
    );
    assert_eq!((audit.groups, audit.dry_run), (2, false));
    let entry = json!({
        "labels": { "job": "a" }, "pushed_at": "2026-11-20T15:00:00.000Z", "ttl_seconds": DAY, "fate": "expired",
    });
    assert_eq!(serde_json::to_value(&audit.entries).unwrap(), json!([entry]));
}

#[test]
fn a_group_that_changes_after_the_first_look_is_left_alone() {
    let check = |change: fn(&mut Fake), stay: &[&str], expect: &[&str]| {
        let memory = Memory::default();
        let fakes = serve(
            &memory,
            &["a:1"],
            &[("a", 2 * DAY), ("b", 3 * DAY)],
            move |fake, _, method, url, _| {
                if method == Method::Get && url.ends_with("metrics") && fake.calls == ["status", "look"] {
                    change(fake);
                }
                None
            },
        );
        let response = collect(&memory, &day()).unwrap();
        assert_eq!(fakes.lock().unwrap()["a:1"].jobs(), stay);
        assert_eq!(fates(&memory, response.replicas[0].audit.as_ref()), expect);
        assert_eq!(
            fakes.lock().unwrap()["a:1"].calls,
            ["status", "look", "look", "delete", "look"]
        );
    };
    let push = |fake: &mut Fake| {
        fake.groups.insert(job("b"), NOW_MILLIS);
    };
    check(push, &["b"], &["b pushed_again", "a deleted"]);
    let delete = |fake: &mut Fake| {
        fake.groups.remove(&job("b"));
    };
    check(delete, &[], &["b gone", "a deleted"]);
}

#[test]
fn a_group_that_is_pushed_after_its_deletion_is_deleted_once() {
    let memory = Memory::default();
    let fakes = serve(&memory, &["a:1"], &[("a", 2 * DAY)], |fake, _, method, _, _| {
        if method == Method::Get && fake.calls.last() == Some(&"delete") {
            fake.groups.insert(job("a"), NOW_MILLIS);
        }
        None
    });
    let response = collect(&memory, &day()).unwrap();
    assert_eq!(fates(&memory, response.replicas[0].audit.as_ref()), ["a deleted"]);
    let fakes = fakes.lock().unwrap();
    assert_eq!(fakes["a:1"].jobs(), ["a"]);
    assert_eq!(fakes["a:1"].calls, ["status", "look", "look", "delete", "look"]);
}

/// Memory where each call to a Pushgateway takes that long.
struct Slow {
    memory: Memory,
    call_millis: u64,
}

impl Clock for Slow {
    fn now(&self) -> Timestamp {
        self.memory.now()
    }
    async fn sleep(&self, duration: Duration) {
        self.memory.sleep(duration).await;
    }
}

impl AppendRecord for Slow {
    async fn append(&self, record: &Record) -> Result<(), Failure> {
        self.memory.append(record).await
    }
}

impl WriteObject for Slow {
    async fn write_object(&self, bytes: Vec<u8>) -> Result<Pointer, Failure> {
        self.memory.write_object(bytes).await
    }
}

impl CallReplica for Slow {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        self.memory.addresses(url).await
    }
    async fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        timeout: Duration,
    ) -> Result<HttpAnswer, Failure> {
        self.memory.world().now_millis += self.call_millis;
        CallReplica::call(&self.memory, method, url, address, timeout).await
    }
}

/// Calls in a row, as `look delete*16`.
fn rhythm(calls: &[&str]) -> String {
    let runs = calls.chunk_by(|one, other| one == other);
    let runs: Vec<String> = runs
        .map(|run| match run.len() {
            1 => run[0].to_owned(),
            count => format!("{}*{count}", run[0]),
        })
        .collect();
    runs.join(" ")
}

#[test]
fn deletions_are_made_while_the_look_is_fresh() {
    let check = |call_millis: u64, expect: &str, deleted: u64, postponed: u64| {
        let memory = Memory::default();
        let names: Vec<String> = (10..50).map(|number| number.to_string()).collect();
        let groups: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 2 * DAY)).collect();
        let fakes = serve(&memory, &["a:1"], &groups, |_, _, _, _, _| None);
        let slow = Slow { memory, call_millis };
        let counts = run(&slow, &day(), request())
            .now_or_never()
            .unwrap()
            .unwrap()
            .counts;
        assert_eq!(rhythm(&fakes.lock().unwrap()["a:1"].calls), expect);
        assert_eq!((counts.deleted, counts.postponed), (deleted, postponed));
    };
    check(1, "status look*2 delete*40 look", 40, 0);
    check(50, "status look*2 delete*32 look delete*8 look", 40, 0);
    check(
        100,
        "status look*2 delete*16 look delete*16 look delete*8 look",
        40,
        0,
    );
    // 150 s are over after the first sixteen.
    check(10_000, "status look*2 delete*16 look", 16, 24);
}

#[test]
fn one_group_that_cannot_be_deleted_stops_no_other() {
    let memory = Memory::default();
    let fakes = serve(
        &memory,
        &["a:1"],
        &[("a", 2 * DAY), ("b", 3 * DAY)],
        |_, _, method, url, _| {
            let is_b = method == Method::Delete && url.ends_with("/Yg");
            is_b.then(|| Ok(answer(400, "improper label name \"x\"\n")))
        },
    );
    let dotted = Labels::from([
        ("job".to_owned(), "c".to_owned()),
        ("a.b".to_owned(), String::new()),
    ]);
    fakes
        .lock()
        .unwrap()
        .get_mut("a:1")
        .unwrap()
        .groups
        .insert(dotted, 1);
    let response = collect(&memory, &day()).unwrap();
    assert_eq!(
        fates(&memory, response.replicas[0].audit.as_ref()),
        ["c refused", "b refused", "a deleted"]
    );
    let objects = memory.world().objects.clone();
    let audit = &objects[&response.replicas[0].audit.as_ref().unwrap().digest];
    let audit: Audit = serde_json::from_slice(audit).unwrap();
    let reasons: Vec<&str> = audit
        .entries
        .iter()
        .filter_map(|entry| entry.reason.as_deref())
        .collect();
    assert_eq!(
        reasons,
        [
            "its label `a.b` has no path: start the Pushgateway with `--push.enable-utf8-names`",
            "the Pushgateway does not take its path `/metrics/job@base64/Yg`: improper label name \"x\"",
        ]
    );
    let expect = Counts {
        groups: 3,
        expired: 3,
        deleted: 1,
        refused: 2,
        ..Counts::default()
    };
    assert_eq!(response.counts, expect);
}

#[test]
fn a_group_that_cannot_be_judged_is_kept_and_told() {
    let memory = Memory::default();
    serve(&memory, &["a:1"], &[], |_, _, _, url, _| {
        let undated = json!([{ "labels": { "job": "a" } }, { "labels": { "metrics": [] } }]);
        url.ends_with("metrics").then(|| Ok(success(&undated)))
    });
    let response = collect(&memory, &day()).unwrap();
    assert_eq!((response.counts.groups, response.counts.unreadable), (2, 2));
    let objects = memory.world().objects.clone();
    let audit = &objects[&response.replicas[0].audit.as_ref().unwrap().digest];
    let audit: Audit = serde_json::from_slice(audit).unwrap();
    assert_eq!(audit.unreadable[0].labels, Some(job("a")));
    assert_eq!(audit.unreadable[1].labels, None);
}

#[test]
fn a_queued_deletion_is_waited_for() {
    let check = |queued_looks: usize, expect: &str, looks: &str| {
        let memory = Memory::default();
        let fakes = serve(&memory, &["a:1"], &[("a", 2 * DAY)], move |fake, _, _, _, _| {
            fake.queued_looks = queued_looks;
            None
        });
        let response = collect(&memory, &day()).unwrap();
        assert_eq!(fates(&memory, response.replicas[0].audit.as_ref()), [expect]);
        assert_eq!(rhythm(&fakes.lock().unwrap()["a:1"].calls), looks);
    };
    check(1, "a deleted", "status look*2 delete look*2");
    check(10, "a deleted", "status look*2 delete look*11");
    check(11, "a refused", "status look*2 delete look*11");
}

#[test]
fn what_a_pushgateway_says_of_itself_is_a_failure() {
    let check = |on: Method, status: u16, class: Class, expect: &str| {
        let memory = Memory::default();
        serve(&memory, &["a:1"], &[("a", 2 * DAY)], move |_, _, method, _, _| {
            (method == on).then(|| Ok(answer(status, "why\n")))
        });
        let failure = collect(&memory, &day()).unwrap_err();
        assert_eq!(failure.class, class, "{status}");
        let told = failure.chain();
        assert!(told.ends_with(expect), "{told}");
    };
    let get = |status: u16, hint: &str| {
        format!(
            "calling GET /api/v1/status of http://pushgateway:9091/prefix at a:1, which answered {status}{hint}: why"
        )
    };
    let hint = "; is this the URL of a Pushgateway (1.0 or later), with its path prefix?";
    check(Method::Get, 404, Class::Rejected, &get(404, hint));
    check(Method::Get, 307, Class::Rejected, &get(307, hint));
    check(Method::Get, 401, Class::Denied, &get(401, ""));
    check(Method::Get, 429, Class::Throttled, &get(429, ""));
    check(Method::Get, 503, Class::Unavailable, &get(503, ""));
    let no_json = format!(
        "reading /api/v1/status of http://pushgateway:9091/prefix at a:1{hint}: expected value at line 1 column 1"
    );
    check(Method::Get, 200, Class::Rejected, &no_json);
    let delete = "calling DELETE /metrics/job@base64/YQ of http://pushgateway:9091/prefix at a:1, which answered 403: why";
    check(Method::Delete, 403, Class::Denied, delete);
    check(Method::Delete, 500, Class::Unavailable, "which answered 500: why");
}

#[test]
fn a_run_that_stops_says_what_it_did() {
    let memory = Memory::default();
    let names: Vec<String> = (10..40).map(|number| number.to_string()).collect();
    let groups: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 2 * DAY)).collect();
    serve(&memory, &["a:1"], &groups, |fake, _, method, _, _| {
        let is_late = method == Method::Delete && fake.calls.len() >= 3 + 20;
        is_late.then(|| Err(Failure::new(Class::Unavailable, "calling it; no answer")))
    });
    let failure = collect(&memory, &day()).unwrap_err();
    assert_eq!(failure.class, Class::Unavailable);
    let told = failure.chain();
    let start =
        "collecting http://pushgateway:9091/prefix at a:1; what was deleted of it is in `objects/sha256/";
    let rest = told.strip_prefix(start).unwrap_or_else(|| panic!("{told}"));
    let (digest, why) = rest.split_once("`: ").unwrap();
    assert_eq!(why, "calling it; no answer");
    let pointer = Pointer {
        digest: contract::Digest::parse(digest).unwrap(),
        size_bytes: 0,
    };
    let fates = fates(&memory, Some(&pointer));
    assert_eq!(fates[0], "10 accepted");
    assert_eq!(fates.iter().filter(|fate| fate.ends_with("accepted")).count(), 20);
    assert_eq!(fates.iter().filter(|fate| fate.ends_with("expired")).count(), 10);
}

#[test]
fn each_address_is_a_pushgateway_and_they_share_the_bound() {
    let memory = Memory::default();
    let groups = [("a", 2 * DAY), ("b", 3 * DAY)];
    let fakes = serve(&memory, &["a:1", "b:1"], &groups, |_, _, _, _, _| None);
    let three = policy(json!({ "ttl_seconds": DAY, "deletions_at_most": 3 }));
    let response = collect(&memory, &three).unwrap();
    let fakes = fakes.lock().unwrap();
    assert_eq!((fakes["a:1"].jobs(), fakes["b:1"].jobs()), (vec![], vec!["a"]));
    let each: Vec<(u64, u64)> = response
        .replicas
        .iter()
        .map(|replica| (replica.counts.deleted, replica.counts.postponed))
        .collect();
    assert_eq!(each, [(2, 0), (1, 1)]);
    assert_eq!((response.counts.groups, response.counts.deleted), (4, 3));
    assert_eq!(memory.world().records.len(), 2);
}

#[test]
fn one_that_fails_keeps_no_other_from_being_collected() {
    let check = |down: &'static [&str], class: Class, expect: &[&str]| {
        let memory = Memory::default();
        let fakes = serve(
            &memory,
            &["a:1", "b:1", "c:1"],
            &[("a", 2 * DAY)],
            |_, _, _, _, address| {
                let class = if address == "b:1" {
                    Class::Rejected
                } else {
                    Class::Unavailable
                };
                down.contains(&address)
                    .then(|| Err(Failure::new(class, format!("calling {address}"))))
            },
        );
        let failure = collect(&memory, &day()).unwrap_err();
        assert_eq!(failure.class, class);
        for part in expect {
            assert!(failure.chain().contains(part), "{}", failure.chain());
        }
        let fakes = fakes.lock().unwrap();
        for (address, fake) in fakes.iter() {
            assert_eq!(
                fake.jobs().is_empty(),
                !down.contains(&address.as_str()),
                "{address}"
            );
        }
    };
    check(&["a:1"], Class::Unavailable, &["calling a:1"]);
    check(
        &["a:1", "b:1"],
        Class::Rejected,
        &["collecting every Pushgateway of http://pushgateway:9091/prefix: calling a:1; calling b:1"],
    );
}

#[test]
fn any_call_may_break_and_the_next_try_ends_in_the_same_world() {
    let prepare = || {
        let memory = Memory::default();
        let groups = [("a", 2 * DAY), ("b", 3 * DAY), ("c", 1)];
        let fakes = serve(&memory, &["a:1"], &groups, |_, _, _, _, _| None);
        (memory, fakes)
    };
    let (whole, _) = prepare();
    collect(&whole, &day()).unwrap();
    let calls = whole.world().calls;
    assert_eq!(
        calls, 10,
        "addresses, status, look, plan, record, look, two deletions, look, audit"
    );
    for number in 1..=calls {
        let (memory, fakes) = prepare();
        memory.break_call(number);
        let failure = collect(&memory, &day()).unwrap_err();
        assert_eq!(failure.class, Class::Unavailable, "call {number}");
        let announced = !memory.world().records.is_empty();
        assert!(
            announced || fakes.lock().unwrap()["a:1"].jobs().len() == 3,
            "call {number}"
        );
        collect(&memory, &day()).unwrap();
        assert_eq!(fakes.lock().unwrap()["a:1"].jobs(), ["c"], "call {number}");
        let again = collect(&memory, &day()).unwrap();
        assert_eq!(
            (again.counts.groups, again.counts.expired),
            (1, 0),
            "call {number}"
        );
    }
}

#[test]
fn the_counts_have_their_names() {
    let memory = Memory::default();
    serve(&memory, &["a:1"], &[("a", 2 * DAY), ("b", 1)], |_, _, _, _, _| {
        None
    });
    let counts = collect(&memory, &day()).unwrap().counts;
    let named: BTreeMap<_, _> = counts.named().into_iter().collect();
    assert_eq!(serde_json::to_value(counts).unwrap(), json!(named));
}

#[test]
fn it_may_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let memory = Memory::default();
    is_send(&run(&memory, &Pushgateway::default(), request()));
}
