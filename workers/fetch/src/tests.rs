//! What fetch promises, over a bucket in memory.

use crate::pins::{Known, Pin};
use crate::{Input, Request, Response, Settings, copy, run};
use contract::memory::Memory;
use contract::ports::Withheld;
use contract::{
    Batch, Class, Component, Digest, Failure, FragmentVerdict, Generation, Head, Pointer, Snapshot, Source,
    Timestamp, Verdict, Verdicts,
};
use futures_util::FutureExt;
use serde_json::{Value, json};

fn fetch_with(memory: &Memory, settings: &Settings, input: Value) -> Result<Response, Failure> {
    let request = Request {
        run: "run-1".into(),
        input,
    };
    run(memory, settings, request).now_or_never().unwrap()
}

fn fetch(memory: &Memory) -> Response {
    fetch_with(memory, &Settings::default(), json!({})).unwrap()
}

fn failed(memory: &Memory, input: Value) -> String {
    format!(
        "{:?}",
        fetch_with(memory, &Settings::default(), input).unwrap_err()
    )
}

fn document<T: serde::de::DeserializeOwned>(memory: &Memory, pointer: &Pointer) -> T {
    serde_json::from_slice(&memory.world().objects[&pointer.digest]).unwrap()
}

fn snapshot(memory: &Memory, response: &Response) -> Snapshot {
    document(memory, &response.snapshot)
}

fn versions(sources: &[Source]) -> Vec<String> {
    sources
        .iter()
        .map(|source| format!("{} {}", source.key, source.version_id))
        .collect()
}

fn source(memory: &Memory, key: &str, version_id: &str, bytes: &str) -> Source {
    let document = Pointer::to(bytes.as_bytes());
    memory
        .world()
        .objects
        .insert(document.digest.clone(), bytes.into());
    Source {
        key: key.into(),
        version_id: version_id.into(),
        document,
    }
}

/// Says that these versions serve since the last proven generation.
fn head(memory: &Memory, component: Component, serving: Vec<Source>) {
    head_by(memory, component, None, serving);
}

/// The same, by that policy.
fn head_by(memory: &Memory, component: Component, policy: Option<Source>, serving: Vec<Source>) {
    let verdicts = Verdicts {
        component,
        policy,
        platform: vec![],
        rule_tests: vec![],
        fragments: serving
            .into_iter()
            .map(|source| FragmentVerdict {
                serving: Some(source.clone()),
                source,
                verdict: Verdict::Accepted,
                problems: vec![],
            })
            .collect(),
    };
    let bytes = serde_json::to_vec(&verdicts).unwrap();
    let pointer = Pointer::to(&bytes);
    let head = Head {
        component,
        generation: Generation {
            ordinal: 1,
            digest: Digest::of(b""),
            run: "run-0".into(),
            pinned_at: Timestamp::from_millis(0),
            replay: false,
            size: contract::Size::default(),
            configuration: pointer.clone(),
            verdicts: pointer.clone(),
        },
        before_replay: None,
    };
    let mut world = memory.world();
    world.objects.insert(pointer.digest, bytes);
    let value = serde_json::to_value(&head).unwrap();
    world.projections.insert(Head::name(component), (value, 1));
}

fn bucket() -> Memory {
    let memory = Memory::default();
    memory.put("base/prometheus.yml", "global: {}");
    memory.put("base/blackbox.yml", "{}");
    memory.put("base/policy.yml", "{}");
    memory.put("apps/shop/prometheus/api.yml", "groups: []");
    memory.put("apps/shop/prometheus/tests/api.yml", "tests: []");
    memory.put("apps/web/blackbox/http.yml", "modules: {}");
    memory.put("apps/web/blackbox/", "");
    memory.put("apps/web/grafana/board.yml", "x: 1");
    memory
}

#[test]
fn every_listed_object_is_pinned_or_told_or_a_folder() {
    let memory = bucket();
    let response = fetch(&memory);
    let snapshot = snapshot(&memory, &response);
    assert_eq!(
        versions(&snapshot.fragments),
        ["apps/shop/prometheus/api.yml v1", "apps/web/blackbox/http.yml v1"]
    );
    assert_eq!(
        versions(&snapshot.rule_tests),
        ["apps/shop/prometheus/tests/api.yml v1"]
    );
    assert_eq!(snapshot.base[&Component::Prometheus].key, "base/prometheus.yml");
    assert_eq!(snapshot.policy.unwrap().document, Pointer::to(b"{}"));
    let strays: Vec<_> = snapshot
        .strays
        .iter()
        .map(|p| (p.owner.as_str(), p.message.as_str()))
        .collect();
    assert_eq!(
        strays,
        [(
            "web",
            "`grafana` is not a component: use prometheus, blackbox or cloudwatch"
        )]
    );
    assert_eq!(response.fragments, 2);
}

#[test]
fn a_component_is_a_lane_if_it_has_a_base_or_a_head() {
    let memory = bucket();
    memory.put("apps/web/cloudwatch/elb.yml", "metrics: []");
    let seen = |memory: &Memory| -> Vec<(Component, bool, usize)> {
        fetch(memory)
            .lanes
            .into_iter()
            .map(|lane| (lane.component, lane.base.is_some(), lane.batches.len()))
            .collect()
    };
    let prometheus = (Component::Prometheus, true, 1);
    let blackbox = (Component::Blackbox, true, 1);
    assert_eq!(seen(&memory), [prometheus, blackbox]);
    let strays = snapshot(&memory, &fetch(&memory)).strays;
    let told: Vec<_> = strays
        .iter()
        .map(|stray| (stray.key.as_str(), stray.check.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("apps/web/cloudwatch/elb.yml", "component"),
            ("apps/web/grafana/board.yml", "key")
        ]
    );
    head(&memory, Component::Cloudwatch, vec![]);
    assert_eq!(
        seen(&memory),
        [prometheus, blackbox, (Component::Cloudwatch, false, 1)]
    );
}

#[test]
fn the_same_listing_gives_the_same_snapshot() {
    let memory = bucket();
    let first = fetch(&memory);
    let objects = memory.world().objects.clone();
    let second = fetch(&memory);
    assert_eq!(second.snapshot, first.snapshot);
    assert_eq!(second.lanes, first.lanes);
    assert_eq!(memory.world().objects, objects);
    assert!(second.pinned_at > first.pinned_at);
}

#[test]
fn a_present_version_that_is_not_the_live_one_has_a_fallback_in_a_batch_of_its_own() {
    let memory = bucket();
    let old = source(&memory, "apps/shop/prometheus/api.yml", "v0", "groups: [old]");
    let deleted = source(&memory, "apps/shop/prometheus/gone.yml", "v1", "groups: [gone]");
    head(&memory, Component::Prometheus, vec![old, deleted]);
    let response = fetch(&memory);
    assert_eq!(
        versions(&snapshot(&memory, &response).fallbacks),
        ["apps/shop/prometheus/api.yml v0"]
    );
    let batches: Vec<Batch> = response.lanes[0]
        .batches
        .iter()
        .map(|p| document(&memory, p))
        .collect();
    let roles: Vec<_> = batches
        .iter()
        .map(|batch| (batch.items[0].role, batch.items.len()))
        .collect();
    assert_eq!(
        roles,
        [(contract::Role::Current, 1), (contract::Role::Fallback, 1)]
    );
}

#[test]
fn a_version_that_is_live_is_not_read_again() {
    let memory = bucket();
    let calls = |memory: &Memory| {
        let before = memory.world().calls;
        fetch(memory);
        memory.world().calls - before
    };
    let cold = calls(&memory);
    let live = source(&memory, "apps/shop/prometheus/api.yml", "v1", "groups: []");
    head(&memory, Component::Prometheus, vec![live]);
    // A read and a write less, the verdicts more.
    assert_eq!(calls(&memory), cold - 2 + 1);
    let response = fetch(&memory);
    assert!(snapshot(&memory, &response).fallbacks.is_empty());
}

#[test]
fn a_bucket_without_versions_is_read_every_time() {
    let memory = Memory::default();
    let put = |text: &str| {
        let versions = vec![("null".to_owned(), Some(text.into()))];
        memory
            .world()
            .config
            .insert("apps/shop/prometheus/api.yml".into(), versions);
    };
    put("new");
    let old = source(&memory, "apps/shop/prometheus/api.yml", "null", "old");
    head(&memory, Component::Prometheus, vec![old.clone()]);
    let response = fetch(&memory);
    let snapshot = snapshot(&memory, &response);
    assert_eq!(snapshot.fragments[0].document, Pointer::to(b"new"));
    assert_eq!(snapshot.fallbacks, [old]);
}

#[test]
fn what_is_too_large_is_told_and_its_last_good_version_stays() {
    let memory = bucket();
    let small = Settings { object_bytes: 11 };
    memory.put("apps/shop/prometheus/api.yml", "groups: [large]");
    let old = source(&memory, "apps/shop/prometheus/api.yml", "v1", "groups: []");
    head(&memory, Component::Prometheus, vec![old]);
    let response = fetch_with(&memory, &small, json!({})).unwrap();
    let snapshot = snapshot(&memory, &response);
    assert_eq!(
        versions(&snapshot.fragments),
        ["apps/shop/prometheus/api.yml v1", "apps/web/blackbox/http.yml v1"]
    );
    assert_eq!(snapshot.fallbacks, []);
    assert_eq!(snapshot.strays[0].version_id, "v2");
    assert_eq!(
        snapshot.strays[0].message,
        "the object has 15 bytes and the limit is 11: it was not read"
    );

    memory.put("base/prometheus.yml", "global: {} # large");
    let failure = fetch_with(&memory, &small, json!({})).unwrap_err();
    assert_eq!(
        format!("{failure:?}"),
        "Rejected: pinning `base/prometheus.yml`: it has 18 bytes and the limit is 11; make it smaller"
    );
}

/// Every way, so that the compiler asks for a new one.
fn after(how: Withheld) -> Option<Withheld> {
    match how {
        Withheld::Archived => Some(Withheld::CustomerKey),
        Withheld::CustomerKey => Some(Withheld::Denied),
        Withheld::Denied => Some(Withheld::File),
        Withheld::File => Some(Withheld::Link),
        Withheld::Link => None,
    }
}

#[test]
fn what_is_withheld_is_its_owners_problem_and_its_last_good_version_stays() {
    for how in std::iter::successors(Some(Withheld::Archived), |how| after(*how)) {
        let memory = bucket();
        let old = source(&memory, "apps/shop/prometheus/api.yml", "v1", "groups: []");
        head(&memory, Component::Prometheus, vec![old]);
        memory.put_withheld("apps/shop/prometheus/api.yml", "groups: [new]", how);
        memory.put_withheld("apps/shop/prometheus/first.yml", "groups: []", how);
        memory.put_withheld("apps/shop/prometheus/tests/api.yml", "tests: []", how);
        memory.put("apps/web/prometheus/other.yml", "groups: []");
        let seen = snapshot(&memory, &fetch(&memory));
        assert_eq!(
            versions(&seen.fragments),
            [
                "apps/shop/prometheus/api.yml v1",
                "apps/web/blackbox/http.yml v1",
                "apps/web/prometheus/other.yml v1"
            ],
            "{how:?}"
        );
        assert_eq!((seen.fallbacks, seen.rule_tests), (vec![], vec![]), "{how:?}");
        let told: Vec<_> = seen
            .strays
            .iter()
            .filter(|stray| stray.check == "unreadable")
            .map(|stray| format!("{} {} {}", stray.owner, stray.key, stray.version_id))
            .collect();
        assert_eq!(
            told,
            [
                "shop apps/shop/prometheus/api.yml v2",
                "shop apps/shop/prometheus/first.yml v1",
                "shop apps/shop/prometheus/tests/api.yml v2"
            ],
            "{how:?}"
        );
        // The same listing, the same snapshot: nobody is told twice.
        assert_eq!(fetch(&memory).snapshot, fetch(&memory).snapshot, "{how:?}");
        // Put as it should be, it is read.
        memory.put("apps/shop/prometheus/api.yml", "groups: [new]");
        let mended = snapshot(&memory, &fetch(&memory));
        assert_eq!(mended.fragments[0].version_id, "v3", "{how:?}");
    }
}

#[test]
fn who_put_what_is_withheld_is_told_what_to_do() {
    let check = |how: Withheld, message: &str, hint: &str| {
        let memory = bucket();
        memory.put_withheld("apps/shop/prometheus/first.yml", "groups: []", how);
        let told = snapshot(&memory, &fetch(&memory)).strays.remove(0);
        assert_eq!(told.message, format!("it cannot be read: {message}"));
        assert!(told.hint.unwrap().starts_with(hint), "{how:?}");
    };
    check(
        Withheld::Archived,
        "it is archived, and S3 hands it out only after a restore",
        "put it again without `--storage-class GLACIER` or `DEEP_ARCHIVE`",
    );
    check(
        Withheld::CustomerKey,
        "it is encrypted with a key that only who put it has (SSE-C)",
        "put it again without `--sse-c`",
    );
    check(
        Withheld::Denied,
        "S3 refuses it, while it hands out the base; mostly its KMS key is not the bucket's, is disabled or is gone",
        "put it again without `--sse` and `--sse-kms-key-id`",
    );
    check(
        Withheld::File,
        "the permissions of the file do not allow it",
        "let who runs this read it",
    );
    check(
        Withheld::Link,
        "it is a link that leads to no file in the same folder",
        "put the file itself there",
    );
}

#[test]
fn a_policy_that_is_withheld_is_told_and_the_last_good_one_serves() {
    let memory = Memory::default();
    memory.put("base/prometheus.yml", "global: {}");
    let old = source(&memory, "base/policy.yml", "v0", "owner_label: team");
    head_by(&memory, Component::Prometheus, Some(old), vec![]);
    memory.put_withheld("base/policy.yml", "{}", Withheld::Archived);
    let response = fetch(&memory);
    assert_eq!(response.lanes[0].policy.as_ref().unwrap().version_id, "v0");
    let strays = snapshot(&memory, &response).strays;
    assert_eq!((strays[0].owner.as_str(), strays.len()), ("platform", 1));
    assert_eq!(
        strays[0].hint.as_deref(),
        Some(
            "put it again without `--storage-class GLACIER` or `DEEP_ARCHIVE`; until then the last good version, `v0`, serves"
        )
    );
}

/// The default policy is no last good one: it may allow what the one in the bucket does not.
#[test]
fn a_policy_that_is_not_read_fails_the_run_where_none_before_it_is_known() {
    let check = |has_head: bool, set: fn(&Memory), expect: &str| {
        let memory = Memory::default();
        memory.put("base/prometheus.yml", "global: {}");
        memory.put("apps/shop/prometheus/api.yml", "groups: []");
        if has_head {
            head(&memory, Component::Prometheus, vec![]);
        }
        set(&memory);
        let small = Settings { object_bytes: 30 };
        let failure = fetch_with(&memory, &small, json!({})).unwrap_err();
        let told = format!("{failure:?}");
        assert!(told.starts_with(expect), "{told}");
    };
    let archived: fn(&Memory) = |m| m.put_withheld("base/policy.yml", "{}", Withheld::Archived);
    let denied: fn(&Memory) = |m| m.put_withheld("base/policy.yml", "{}", Withheld::Denied);
    let large: fn(&Memory) = |m| {
        m.put("base/policy.yml", "owner_label: team # and it is much too long");
    };
    for has_head in [true, false] {
        check(
            has_head,
            archived,
            "Rejected: pinning `base/policy.yml`: it cannot be read: it is archived, and S3 hands it out only after a restore; put it again without",
        );
        check(
            has_head,
            denied,
            "Rejected: pinning `base/policy.yml`: it cannot be read: S3 refuses it, while it hands out the base;",
        );
        check(
            has_head,
            large,
            "Rejected: pinning `base/policy.yml`: the object has 43 bytes and the limit is 30: it was not read; make it smaller",
        );
    }
}

/// What is refused whoever put it is no team's problem, and never a deletion.
#[test]
fn a_bucket_that_cannot_be_read_is_a_failure() {
    let check = |what: &str, heads: bool, set: fn(&Memory), expect: &str| {
        let memory = Memory::default();
        memory.put("base/prometheus.yml", "global: {}");
        memory.put("apps/shop/prometheus/api.yml", "groups: []");
        if heads {
            let old = source(&memory, "apps/shop/prometheus/api.yml", "v0", "groups: []");
            head(&memory, Component::Prometheus, vec![old]);
        }
        set(&memory);
        let seen = match fetch_with(&memory, &Settings::default(), json!({})) {
            Ok(response) => versions(&snapshot(&memory, &response).fragments).join(" "),
            Err(failure) => format!("{failure:?}"),
        };
        assert!(seen.starts_with(expect), "{what}: {seen}");
    };
    // All of it, and then only the fragments: with the base in hand, what served stays.
    check(
        "all",
        true,
        |m| refuse(m, "reading `", Class::Denied),
        "Denied: reading `base/",
    );
    check(
        "all, cold",
        false,
        |m| refuse(m, "reading `", Class::Denied),
        "Denied: reading `base/",
    );
    check(
        "fragments",
        true,
        |m| refuse(m, "reading `apps/", Class::Denied),
        "apps/shop/prometheus/api.yml v0",
    );
    // Without a head nobody knows what would be lost, unless another fragment is handed out.
    check(
        "fragments, cold",
        false,
        |m| refuse(m, "reading `apps/", Class::Denied),
        "Denied: reading `apps/",
    );
    check(
        "one of two, cold",
        false,
        |m| {
            m.put("apps/web/prometheus/x.yml", "groups: []");
            refuse(m, "reading `apps/shop", Class::Denied);
        },
        "apps/web/prometheus/x.yml v1",
    );
    // An outage is none of that.
    check(
        "away",
        true,
        |m| refuse(m, "reading `apps/", Class::Unavailable),
        "Unavailable: reading `apps/",
    );
    // Without a base nothing says that the bucket can be read.
    check(
        "no base",
        true,
        |m| {
            m.delete("base/prometheus.yml");
            m.put_withheld("apps/shop/prometheus/api.yml", "", Withheld::Archived);
        },
        "Denied: reading `apps/",
    );
    check(
        "base archived",
        true,
        |m| m.put_withheld("base/prometheus.yml", "", Withheld::Archived),
        "Rejected: pinning `base/prometheus.yml`: it cannot be read: it is archived, and S3 hands it out only after a restore; put it again without `--storage-class",
    );
}

fn refuse(memory: &Memory, beginning: &'static str, class: Class) {
    memory.refuse(move |doing| doing.starts_with(beginning).then_some(class));
}

#[test]
fn a_broken_policy_is_told_and_the_last_good_one_serves() {
    let check = |last_good: Option<&str>, present: Option<&str>, expect: Option<&str>, told: &str| {
        let memory = Memory::default();
        memory.put("base/prometheus.yml", "global: {}");
        let last_good = last_good.map(|text| source(&memory, "base/policy.yml", "v0", text));
        head_by(&memory, Component::Prometheus, last_good, vec![]);
        if let Some(text) = present {
            memory.put("base/policy.yml", text);
        }
        let small = Settings { object_bytes: 30 };
        let response = fetch_with(&memory, &small, json!({})).unwrap();
        let policy = response.lanes[0].policy.as_ref();
        assert_eq!(
            policy.map(|policy| policy.version_id.as_str()),
            expect,
            "{present:?}"
        );
        let strays = snapshot(&memory, &response).strays;
        let messages: Vec<String> = strays
            .iter()
            .map(|problem| format!("{} {}", problem.place(), problem.hint.clone().unwrap_or_default()))
            .collect();
        assert!(messages.join("\n").starts_with(told), "{messages:?}");
        assert_eq!(messages.is_empty(), told.is_empty(), "{messages:?}");
    };
    let good = Some("owner_label: team");
    check(None, None, None, "");
    check(None, good, Some("v1"), "");
    check(good, Some("{}"), Some("v1"), "");
    check(good, None, None, "");
    check(
        good,
        Some("owner: team"),
        Some("v0"),
        "base/policy.yml:1:1 did you mean `owners`? until then the last good version, `v0`, serves",
    );
    check(
        good,
        Some("jobs: {sample_limit: -1}"),
        Some("v0"),
        "base/policy.yml:1:22 write its digits alone; until then the last good version",
    );
    check(
        None,
        Some("a: ["),
        None,
        "base/policy.yml:1:4 close it; if it is text, put the whole value in quotes; there is no good version before",
    );
    check(
        good,
        Some("owner_label: team # and it is much too long"),
        Some("v0"),
        "base/policy.yml make it smaller",
    );
}

#[test]
fn last_good_versions_survive_a_replay_of_the_past() {
    let memory = Memory::default();
    memory.put("base/prometheus.yml", "global: {}");
    memory.put("apps/shop/prometheus/api.yml", "bad");
    memory.put("apps/shop/prometheus/new.yml", "bad");
    let older = source(&memory, "apps/shop/prometheus/api.yml", "v-2", "older");
    let old = source(&memory, "apps/shop/prometheus/api.yml", "v-1", "old");
    let new = source(&memory, "apps/shop/prometheus/new.yml", "v-1", "good");
    head(&memory, Component::Prometheus, vec![old.clone(), new.clone()]);
    let read = || {
        let (value, _) = memory.world().projections[&Head::name(Component::Prometheus)].clone();
        Head::of(Component::Prometheus, value).unwrap()
    };
    let before = read();
    // The past, in which one fragment was older and the other was not there.
    head(&memory, Component::Prometheus, vec![older]);
    let replayed = Generation {
        replay: true,
        ..read().generation
    };
    let value = serde_json::to_value(Head::then(Some(before), Component::Prometheus, replayed)).unwrap();
    memory
        .world()
        .projections
        .insert(Head::name(Component::Prometheus), (value, 1));
    let response = fetch(&memory);
    assert_eq!(snapshot(&memory, &response).fallbacks, [old, new]);
}

#[test]
fn a_given_snapshot_is_used_exactly_as_it_is() {
    let memory = bucket();
    let then = fetch(&memory);
    memory.put("apps/shop/prometheus/api.yml", "groups: [new]");
    memory.delete("apps/web/blackbox/http.yml");
    let replayed = fetch_with(
        &memory,
        &Settings::default(),
        json!({ "snapshot": then.snapshot }),
    )
    .unwrap();
    assert_eq!(replayed.snapshot, then.snapshot);
    assert_eq!(replayed.lanes, then.lanes);
    assert_ne!(fetch(&memory).snapshot, then.snapshot);
}

#[test]
fn an_empty_bucket_never_becomes_a_configuration_of_nothing() {
    let memory = Memory::default();
    head(&memory, Component::Prometheus, vec![]);
    assert_eq!(
        failed(&memory, json!({})),
        "NotFound: looking for base/<component>.yml and apps/<owner>/<component>/<name>.yml in the config bucket: \
         it holds nothing; what is live stays as it is"
    );
    memory.put("README.md", "hello");
    assert!(failed(&memory, json!({})).contains("none of its 1 object(s) can be used"));
}

#[test]
fn a_read_that_fails_is_a_failure_and_never_a_deletion() {
    let calls = {
        let memory = bucket();
        fetch(&memory);
        memory.world().calls
    };
    for number in 1..=calls {
        let memory = bucket();
        memory.break_call(number);
        assert!(
            failed(&memory, json!({})).starts_with("Unavailable: "),
            "call {number}"
        );
        // Tried again, it is as if nothing had been.
        let well = bucket();
        assert_eq!(fetch(&memory).snapshot, fetch(&well).snapshot);
        assert_eq!(memory.world().objects, well.world().objects, "call {number}");
    }
}

#[test]
fn a_version_that_vanished_since_the_listing_is_listed_again() {
    let check = |as_of: Option<&str>, expect: &str| {
        let pin = Pin {
            key: "apps/shop/prometheus/api.yml".into(),
            version_id: "v9".into(),
        };
        let as_of = as_of.and_then(Timestamp::parse);
        let copied = copy(&bucket(), &pin, &Known::default(), as_of)
            .now_or_never()
            .unwrap();
        let failure = format!("{:?}", copied.unwrap_err());
        assert!(failure.starts_with(expect), "{failure}");
    };
    check(
        None,
        "Stale: pinning `apps/shop/prometheus/api.yml`, which was replaced",
    );
    // Of the past there is no other listing to hope for.
    check(
        Some("2026-11-22T17:00:00Z"),
        "NotFound: pinning `apps/shop/prometheus/api.yml` as of 2026-11-22T17:00",
    );
}

#[test]
fn as_of_reaches_the_listing() {
    let failure = failed(&bucket(), json!({ "as_of": "2026-11-22T17:00:00Z" }));
    assert_eq!(
        failure,
        "InvalidRequest: listing memory as of a moment: it keeps no times"
    );
}

#[test]
fn an_input_says_what_it_means() {
    let check = |input: Value, expect: &str| {
        let seen = match Input::parse(&input) {
            Ok(input) if input == Input::default() => "now".to_owned(),
            Ok(input) => format!(
                "{:?} {}",
                input.as_of.map(|at| at.to_string()),
                input.allow_shrink
            ),
            Err(failure) => {
                assert_eq!(failure.class, Class::InvalidRequest);
                assert!(failure.doing.contains("as_of"), "shows an example: {failure}");
                failure.chain()
            }
        };
        assert!(seen.contains(expect), "{input}: {seen}");
    };
    check(json!(null), "now");
    check(json!({}), "now");
    check(
        json!({ "keys": ["apps/a/b/c.yml"], "reason": "S3 event" }),
        "None false",
    );
    check(
        json!({ "as_of": "2026-11-22T17:00:00Z", "allow_shrink": true }),
        "2026-11-22T17:00:00.000Z\") true",
    );
    check(json!({ "as_of": "yesterday" }), "not an RFC 3339 time");
    check(json!({ "asof": "2026-11-22T17:00:00Z" }), "unknown field `asof`");
    check(json!([]), "no JSON object");
    check(json!("now"), "no JSON object");
    check(
        json!({ "snapshot": { "digest": "x", "size_bytes": 1 } }),
        "not a SHA-256 digest",
    );
    let both = json!({ "snapshot": Pointer::to(b""), "as_of": "2026-11-22T17:00:00Z" });
    check(both, "exclude each other");
}

#[test]
fn a_snapshot_that_is_gone_or_none_says_where_to_find_one() {
    let memory = bucket();
    let unknown = failed(&memory, json!({ "snapshot": Pointer::to(b"unknown") }));
    assert!(
        unknown.starts_with("NotFound: reading the given snapshot "),
        "{unknown}"
    );
    let batch = fetch(&memory).lanes[0].batches[0].clone();
    let other = failed(&memory, json!({ "snapshot": batch }));
    assert!(
        other.starts_with("Rejected: reading the given snapshot "),
        "{other}"
    );
    assert!(other.contains("from the output of the state Fetch"), "{other}");
}

#[test]
fn the_number_of_batches_does_not_grow_with_the_bucket() {
    let check = |fragments: usize, expect: &[usize]| {
        let source = |n| Source {
            key: format!("apps/shop/prometheus/n{n:05}.yml"),
            version_id: "v1".into(),
            document: Pointer::to(b""),
        };
        let snapshot = Snapshot {
            fragments: (0..fragments).map(source).collect(),
            ..Snapshot::default()
        };
        let batches = crate::lanes::batches(&snapshot, Component::Prometheus).fragments;
        let sizes: Vec<usize> = batches.iter().map(|batch| batch.items.len()).collect();
        assert_eq!(sizes, expect, "{fragments}");
        let again: Vec<Source> = batches
            .into_iter()
            .flat_map(|b| b.items)
            .map(|i| i.source)
            .collect();
        assert_eq!(again, snapshot.fragments);
    };
    check(0, &[]);
    check(1, &[1]);
    check(1000, &[1000]);
    check(1001, &[1000, 1]);
    check(8000, &[1000; 8]);
    check(8001, &[1001, 1001, 1001, 1001, 1001, 1001, 1001, 994]);
    check(10_000, &[1250; 8]);
}

#[test]
fn a_run_can_move_between_threads() {
    fn is_send(_: impl Send) {}
    let request = Request {
        run: String::new(),
        input: Value::Null,
    };
    is_send(run(&Memory::default(), &Settings::default(), request));
}
