//! A server that refuses what the real tool accepted: whoever it may mean is left out in the same run, everybody else is live, and
//! nobody is blamed for what is refused without them as well.
//!
//! Faked here: a Prometheus that refuses as the real one does (measured: `workers/promloom/tests/refused_reload.rs` has that one).

use crate::servers::{APPLYING, Servers, lacks};
use crate::stage::{Ended, Stage, pushed};
use contract::ports::{HttpAnswer, Method};
use contract::{Class, Component, Kind};
use promloom::engine::Outcome;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

pub(crate) const BASE: &str = "rule_files: [rules/*.yml]\nscrape_configs: [{job_name: prometheus, static_configs: [{targets: [localhost:9090]}]}]\n";
pub(crate) const SHOP: &str = "apps/shop/prometheus/checkout.yml";
const ZOO: &str = "apps/zoo/prometheus/cages.yml";
const BANK: &str = "apps/bank/prometheus/vault.yml";

/// Files of the server's host, and words at which it refuses a main file, with what it says then.
#[derive(Default)]
pub(crate) struct Host {
    files: BTreeSet<String>,
    pub(crate) refuses: Option<(&'static str, Words)>,
    /// A word of rules that it does not know.
    refuses_rules: Option<&'static str>,
}

/// What it says of a main file that it refuses.
type Words = fn(&str) -> String;

pub(crate) type Shared = Arc<Mutex<Host>>;

/// A job of that name, with more lines.
pub(crate) fn job(name: &str, more: &str) -> String {
    format!(
        "scrape_configs:\n- job_name: {name}\n  static_configs: [{{targets: [\"{name}.internal:1\"]}}]\n{more}"
    )
}

pub(crate) fn with_file(name: &str, file: &str) -> String {
    job(
        name,
        &format!("  tls_config:\n    ca_file: /etc/prometheus/secrets/{name}/{file}\n"),
    )
}

pub(crate) fn rules() -> String {
    "groups: [{name: cages, rules: [{record: zoo:cages, expr: sum(up)}]}]\n".into()
}

/// Three teams with a job each, all live, on a Prometheus that opens what a job that runs already names.
pub(crate) fn stage() -> (Stage, Shared) {
    let stage = Stage::new();
    let host = Shared::default();
    serve(&stage, &host, |_| true);
    stage.memory.put("base/prometheus.yml", BASE);
    for (key, name) in [(SHOP, "shop"), (ZOO, "zoo"), (BANK, "bank")] {
        stage.memory.put(key, job(name, ""));
    }
    let first = stage.run("first", pushed());
    assert_eq!(first.lanes()["prometheus"], "deployed");
    (stage, host)
}

/// Refusals are those of replicas of which that is so.
pub(crate) fn serve(stage: &Stage, host: &Shared, concerns: fn(&str) -> bool) {
    let host = Arc::clone(host);
    let mut replicas = BTreeMap::new();
    stage.memory.replicas(move |world, method, url, address| {
        let replica = || (Servers::on_any_host().answering(), String::new());
        let (well, loaded) = replicas.entry(address.to_owned()).or_insert_with(replica);
        if method == Method::Post && url.ends_with("/-/reload") {
            let files = world.live_files(Component::Prometheus).unwrap();
            let main = &files["prometheus.yml"];
            let host = host.lock().unwrap();
            let knows = |text: &String| host.refuses_rules.is_none_or(|word| !text.contains(word));
            let refused = match host.refuses {
                Some((word, said)) if main.contains(word) => Some(said(main)),
                _ if !files.values().all(knows) => Some(APPLYING.to_owned()),
                _ => lacks(main, loaded, &host.files).then(|| APPLYING.to_owned()),
            };
            if let Some(body) = refused.filter(|_| concerns(address)) {
                return Ok(HttpAnswer { status: 500, body });
            }
            loaded.clone_from(main);
        }
        well(world, method, url, address)
    });
}

/// Who was told what.
pub(crate) fn told(ended: &Ended) -> Vec<(&str, Kind)> {
    ended
        .notices
        .iter()
        .map(|notice| (notice.owner.as_str(), notice.kind))
        .collect()
}

pub(crate) fn tries(ended: &Ended) -> usize {
    let states = ended.paths.values().flatten();
    states
        .filter(|state| state.starts_with("Deploy") && !state.starts_with("Deployed"))
        .count()
}

/// Who was told what by the first of the next runs that tells somebody something. Who goes first is drawn from a run's name.
fn told_later(stage: &Stage) -> Vec<(String, Kind)> {
    let runs = (0..8).map(|number| stage.run(&format!("later-{number}"), pushed()));
    let told_of = |ended: Ended| {
        told(&ended)
            .into_iter()
            .map(|(owner, kind)| (owner.to_owned(), kind))
            .collect()
    };
    let mut told = runs.map(told_of).filter(|told: &Vec<_>| !told.is_empty());
    told.next().expect("one of eight runs tells somebody something")
}

fn found_suspects(ended: &Ended) -> bool {
    ended
        .paths
        .values()
        .flatten()
        .any(|state| state == "FindSuspects")
}

fn appears(host: &Shared, file: &str) {
    host.lock()
        .unwrap()
        .files
        .insert(format!("/etc/prometheus/secrets/{file}"));
}

/// The number of the first line with this in it.
pub(crate) fn line_of(main: &str, what: &str) -> usize {
    1 + main.lines().position(|line| line.contains(what)).unwrap()
}

#[test]
fn a_file_that_is_not_on_the_server_holds_up_nobody_else() {
    let check = |replicas: &[&str], refuses: fn(&str) -> bool| {
        let (stage, host) = stage();
        if !replicas.is_empty() {
            stage.memory.replica_addresses(replicas);
            serve(&stage, &host, refuses);
            stage.run("all replicas", pushed());
        }
        stage.memory.put(SHOP, with_file("shop", "ca.pem"));
        stage.memory.put("apps/zoo/prometheus/rules.yml", rules());
        let burst = stage.run("burst", pushed());
        assert_eq!(burst.lanes()["prometheus"], "deployed", "{replicas:?}");
        let live = stage.live();
        assert!(
            live["prometheus/rules/zoo--rules.yml"].contains("zoo:cages"),
            "{live:?}"
        );
        assert!(!live["prometheus/prometheus.yml"].contains("ca_file"), "{live:?}");
        assert!(
            live["prometheus/prometheus.yml"].contains("shop.internal:1"),
            "{live:?}"
        );
        assert_eq!(
            told(&burst),
            [
                ("shop", Kind::HeldBack),
                ("zoo", Kind::Live),
                ("platform", Kind::PlatformFiles)
            ]
        );
        let place = "apps/shop/prometheus/checkout.yml:5:14: error: Prometheus refused a configuration with this version and does not say \
             why; `ca_file` of job `shop` names `/etc/prometheus/secrets/shop/ca.pem`, which nobody but the server opens [server]";
        assert!(burst.notices[0].text.contains(place), "{}", burst.notices[0].text);
        assert_eq!(tries(&burst), 2);

        let platform = &burst.notices[2];
        assert!(
            platform.subject.contains("the server refuses 1 version"),
            "{}",
            platform.subject
        );
        assert!(platform.text.contains(place), "{}", platform.text);

        // It is tried again in each run; nobody hears of it twice.
        let again = stage.run("again", pushed());
        assert_eq!(again.lanes()["prometheus"], "unchanged");
        assert_eq!(again.notices, []);
        assert_eq!(tries(&again), 2);
        assert_eq!(stage.live(), live);

        appears(&host, "shop/ca.pem");
        let there = stage.run("there", pushed());
        assert_eq!(there.lanes()["prometheus"], "deployed");
        assert_eq!(told(&there), [("shop", Kind::Live)]);
        assert!(stage.live()["prometheus/prometheus.yml"].contains("ca_file"));
        assert_eq!(tries(&there), 1);
    };
    check(&[], |_| true);
    check(&["a:1", "b:1"], |address| address == "b:1");
    let four = [
        "prometheus-0.prometheus.monitoring.internal.example.com:9090",
        "prometheus-1.prometheus.monitoring.internal.example.com:9090",
        "prometheus-2.prometheus.monitoring.internal.example.com:9090",
        "prometheus-3.prometheus.monitoring.internal.example.com:9090",
    ];
    check(&four, |_| true);
}

#[test]
fn who_comes_later_is_not_held_back_with_who_was_refused_before() {
    let (stage, host) = stage();
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    stage.run("shop", pushed());
    appears(&host, "bank/ca.pem");
    stage.memory.put(BANK, with_file("bank", "ca.pem"));
    let bank = stage.run("bank", pushed());
    assert_eq!(told(&bank), [("bank", Kind::Live)]);
    assert!(stage.live()["prometheus/prometheus.yml"].contains("secrets/bank/ca.pem"));
    assert_eq!(tries(&bank), 2);
    // One who comes later and is as bad is tried alone first, then both.
    stage.memory.put(ZOO, with_file("zoo", "ca.pem"));
    let zoo = stage.run("zoo", pushed());
    assert_eq!(
        told(&zoo),
        [("zoo", Kind::HeldBack), ("platform", Kind::PlatformFiles)]
    );
    assert_eq!(
        (tries(&zoo), zoo.lanes()["prometheus"].as_str()),
        (4, "unchanged")
    );
    // Then both are known: one of them goes, then both.
    let both = stage.run("both", pushed());
    assert_eq!(
        (tries(&both), both.lanes()["prometheus"].as_str()),
        (3, "unchanged")
    );
    assert_eq!(both.notices, []);
    // Who is well again is live although the other is not, as soon as the other is tried first.
    appears(&host, "zoo/ca.pem");
    assert_eq!(told_later(&stage), [("zoo".to_owned(), Kind::Live)]);
    assert!(stage.live()["prometheus/prometheus.yml"].contains("secrets/zoo/ca.pem"));
}

#[test]
fn who_was_suspected_with_the_one_who_is_why_is_live_in_a_later_run() {
    let (stage, host) = stage();
    appears(&host, "bank/ca.pem");
    appears(&host, "zoo/ca.pem");
    for (key, name) in [(SHOP, "shop"), (ZOO, "zoo"), (BANK, "bank")] {
        stage.memory.put(key, with_file(name, "ca.pem"));
    }
    let together = stage.run("together", pushed());
    let held = [
        ("bank", Kind::HeldBack),
        ("shop", Kind::HeldBack),
        ("zoo", Kind::HeldBack),
    ];
    assert_eq!(told(&together)[..3], held);
    let mut freed = told_later(&stage);
    while freed.len() < 2 {
        freed.extend(told_later(&stage));
    }
    let freed: BTreeMap<String, Kind> = freed.into_iter().collect();
    let expect = ["bank", "zoo"].map(|name| (name.to_owned(), Kind::Live));
    assert_eq!(freed, BTreeMap::from(expect));
    let live = stage.live();
    for (name, is_live) in [("bank", true), ("zoo", true), ("shop", false)] {
        let file = format!("secrets/{name}/ca.pem");
        assert_eq!(
            live["prometheus/prometheus.yml"].contains(&file),
            is_live,
            "{name}"
        );
    }
}

/// *shop* and *zoo* name files that the server does not have, and were left out for it.
fn two_known() -> (Stage, Shared) {
    let (stage, host) = stage();
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    stage.memory.put(ZOO, with_file("zoo", "ca.pem"));
    let known = stage.run("known", pushed());
    assert_eq!(
        told(&known)[..2],
        [("shop", Kind::HeldBack), ("zoo", Kind::HeldBack)]
    );
    (stage, host)
}

#[test]
fn who_comes_later_is_not_held_back_with_two_who_were_refused_before() {
    let (stage, host) = two_known();
    appears(&host, "bank/ca.pem");
    stage.memory.put(BANK, with_file("bank", "ca.pem"));
    let bank = stage.run("bank", pushed());
    assert_eq!(told(&bank), [("bank", Kind::Live)]);
    assert_eq!(tries(&bank), 3);
}

#[test]
fn the_last_try_reaches_whoever_it_may_be() {
    let check = |what: &str, (stage, host): (Stage, Shared), held: &[(&str, Kind)]| {
        stage.memory.put("apps/odd/prometheus/rules.yml", rules());
        stage.memory.put("apps/well/prometheus/jobs.yml", job("well", ""));
        host.lock().unwrap().refuses_rules = Some("zoo:cages");
        let ended = stage.run("rules", pushed());
        assert_eq!(
            (tries(&ended), ended.lanes()["prometheus"].as_str()),
            (4, "deployed"),
            "{what}"
        );
        let others = [("well", Kind::Live), ("platform", Kind::PlatformFiles)];
        assert_eq!(told(&ended), [held, &others].concat(), "{what}");
    };
    check("two are known, in vain", two_known(), &[("odd", Kind::Rejected)]);
    let likelier = || {
        let (stage, host) = stage();
        for name in ["bank", "new"] {
            appears(&host, &format!("{name}/ca.pem"));
        }
        stage.memory.put(BANK, with_file("bank", "ca.pem"));
        stage
            .memory
            .put("apps/new/prometheus/jobs.yml", with_file("new", "ca.pem"));
        (stage, host)
    };
    // The two are innocent, and live in a later run.
    check(
        "two are likelier, in vain",
        likelier(),
        &[
            ("bank", Kind::HeldBack),
            ("new", Kind::Rejected),
            ("odd", Kind::Rejected),
        ],
    );
}

#[test]
fn who_came_with_many_files_of_one_bad_team_is_live_in_a_later_run() {
    let (stage, host) = stage();
    appears(&host, "zoo/ca.pem");
    let keys: Vec<String> = (0..8).map(|n| format!("apps/shop/prometheus/j{n}.yml")).collect();
    for (n, key) in keys.iter().enumerate() {
        stage.memory.put(key, job(&format!("j{n}"), ""));
    }
    stage.run("many", pushed());
    for (n, key) in keys.iter().enumerate() {
        let file = "  tls_config: {ca_file: /etc/prometheus/secrets/shop/ca.pem}\n";
        stage.memory.put(key, job(&format!("j{n}"), file));
    }
    stage.memory.put(ZOO, with_file("zoo", "ca.pem"));
    let together = stage.run("together", pushed());
    assert!(told(&together).contains(&("zoo", Kind::HeldBack)));
    assert_eq!(told_later(&stage), [("zoo".to_owned(), Kind::Live)]);
}

#[test]
fn rules_that_a_server_does_not_know_hold_up_nobody_else() {
    let (stage, host) = stage();
    appears(&host, "bank/ca.pem");
    stage.memory.put(BANK, with_file("bank", "ca.pem"));
    stage.memory.put("apps/zoo/prometheus/rules.yml", rules());
    host.lock().unwrap().refuses_rules = Some("zoo:cages");
    let ended = stage.run("rules", pushed());
    assert_eq!(
        told(&ended),
        [
            ("bank", Kind::Live),
            ("zoo", Kind::Rejected),
            ("platform", Kind::PlatformFiles)
        ]
    );
    let place = "apps/zoo/prometheus/rules.yml:1:1: error: Prometheus refused a configuration with this version and does not say why; its \
         rules are new, and may have what this server does not know [server]";
    assert!(ended.notices[1].text.contains(place), "{}", ended.notices[1].text);
}

#[test]
fn whom_the_words_name_stays_out_while_they_name_others() {
    let (stage, host) = stage();
    host.lock().unwrap().refuses = Some(("honor_timestamps", |main| {
        let line = line_of(main, "honor_timestamps");
        format!(
            "parsing YAML file /volume/prometheus.yml: yaml: unmarshal errors: line {line}: field honor_timestamps not found"
        )
    }));
    for name in ["a", "b", "c"] {
        let key = format!("apps/{name}/prometheus/jobs.yml");
        stage.memory.put(&key, job(name, "  honor_timestamps: true\n"));
    }
    stage.memory.put("apps/zoo/prometheus/rules.yml", rules());
    let ended = stage.run("three", pushed());
    assert_eq!(
        (tries(&ended), ended.lanes()["prometheus"].as_str()),
        (4, "deployed")
    );
    let rejected = ["a", "b", "c"].map(|name| (name, Kind::Rejected));
    let others = [("zoo", Kind::Live), ("platform", Kind::PlatformFiles)];
    assert_eq!(told(&ended), [&rejected[..], &others].concat());
}

#[test]
fn who_was_left_out_in_vain_is_back_as_soon_as_another_explains_it() {
    let (stage, host) = stage();
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    stage.run("shop", pushed());
    appears(&host, "shop/ca.pem");
    stage.memory.put(ZOO, with_file("zoo", "ca.pem"));
    let zoo = stage.run("zoo", pushed());
    assert_eq!(
        told(&zoo),
        [
            ("shop", Kind::Live),
            ("zoo", Kind::HeldBack),
            ("platform", Kind::PlatformFiles)
        ]
    );
    assert!(stage.live()["prometheus/prometheus.yml"].contains("secrets/shop/ca.pem"));
    assert_eq!((tries(&zoo), zoo.lanes()["prometheus"].as_str()), (3, "deployed"));
}

/// A server that refuses a new base; *shop* may be why, and is not. Without shop's new version *bank* wants a name that shop holds again.
fn in_vain() -> (Stage, Shared) {
    let (stage, host) = stage();
    appears(&host, "shop/ca.pem");
    let old = [job("shop", ""), job("cart", "").replace("scrape_configs:\n", "")].concat();
    stage.memory.put(SHOP, old);
    stage.run("old", pushed());
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    stage.memory.put("apps/bank/prometheus/cart.yml", job("cart", ""));
    let base = BASE.replace("localhost:9090", "localhost:9091");
    stage.memory.put("base/prometheus.yml", base);
    host.lock().unwrap().refuses = Some(("localhost:9091", |_| APPLYING.into()));
    (stage, host)
}

#[test]
fn a_suspicion_that_nothing_proves_is_told_to_nobody() {
    let check = |what: &str, (stage, _): (Stage, Shared), error: &str, waiting: &[&str]| {
        let before = stage.live();
        let ended = stage.run("second", pushed());
        assert!(found_suspects(&ended), "{what}");
        assert_eq!(stage.live(), before, "{what}");
        let waiting = waiting.iter().map(|owner| (*owner, Kind::Waiting));
        let expect: Vec<_> = waiting.chain([("platform", Kind::Failed)]).collect();
        assert_eq!(told(&ended), expect, "{what}");
        let platform = &ended.notices.last().unwrap().text;
        for part in [error, "ReloadRefused", "one or more errors occurred"] {
            assert!(platform.contains(part), "{what}: {part}: {platform}");
        }
        for notice in &ended.notices {
            assert!(!notice.text.contains("[server]"), "{what}: {}", notice.text);
        }
    };
    check(
        "refused as well, and so is who came into its way",
        in_vain(),
        "ReloadRefused",
        &["bank", "shop"],
    );
    let no_answer = || {
        let (stage, host) = stage();
        stage.memory.put(SHOP, with_file("shop", "ca.pem"));
        stage.memory.put(ZOO, job("zoo", "  scheme: https\n"));
        stage.memory.tool(|call| {
            let is_without = |text: &String| text.contains("shop.internal") && text.contains("bank.internal");
            if call
                .files
                .values()
                .any(|text| is_without(text) && !text.contains("ca_file"))
            {
                return Err(contract::Failure::new(Class::NotFound, "looking for promtool"));
            }
            Ok(contract::memory::silent(contract::ports::ToolEnd::Exited(0)))
        });
        (stage, host)
    };
    check("no answer", no_answer(), "NotFound", &["shop", "zoo"]);
    let lost = || {
        let (stage, host) = stage();
        let keys: Vec<String> = (0..10)
            .map(|n| format!("apps/shop/prometheus/j{n}.yml"))
            .collect();
        for (n, key) in keys.iter().enumerate() {
            stage.memory.put(key, job(&format!("j{n}"), ""));
        }
        stage.run("many", pushed());
        for key in &keys {
            stage.memory.delete(key);
        }
        let file = "  tls_config: {ca_file: /etc/prometheus/secrets/shop/ca.pem}\n";
        let instead = (0..10).map(|n| job(&format!("k{n}"), file).replace("scrape_configs:\n", ""));
        let instead = format!("scrape_configs:\n{}", instead.collect::<String>());
        stage.memory.put("apps/shop/prometheus/instead.yml", instead);
        host.lock().unwrap().refuses = Some(("k0.internal", |_| APPLYING.into()));
        (stage, host)
    };
    check("held", lost(), "Held", &["shop"]);
}

#[test]
fn who_has_nothing_that_served_is_out_and_nobody_else() {
    let (stage, host) = stage();
    host.lock().unwrap().refuses = Some(("secrets/new/", |_| APPLYING.into()));
    stage
        .memory
        .put("apps/new/prometheus/jobs.yml", with_file("new", "ca.pem"));
    stage.memory.put("apps/zoo/prometheus/rules.yml", rules());
    let ended = stage.run("second", pushed());
    assert_eq!(
        told(&ended),
        [
            ("new", Kind::Rejected),
            ("zoo", Kind::Live),
            ("platform", Kind::PlatformFiles)
        ]
    );
    assert_eq!(stage.run("third", pushed()).notices, []);
}

#[test]
fn nobody_is_blamed_for_what_is_refused_without_them_as_well() {
    let (stage, host) = stage();
    appears(&host, "shop/ca.pem");
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    let base = BASE.replace("localhost:9090", "localhost:9091");
    stage.memory.put("base/prometheus.yml", base);
    host.lock().unwrap().refuses = Some(("localhost:9091", |_| APPLYING.into()));
    let before = stage.live();
    let ended = stage.run("base", pushed());
    assert!(matches!(ended.outcome, Outcome::Failed(_)));
    assert_eq!(
        told(&ended),
        [("shop", Kind::Waiting), ("platform", Kind::Failed)]
    );
    assert!(
        !ended.notices[1].text.contains("[server]"),
        "{}",
        ended.notices[1].text
    );
    assert!(
        ended.notices[1].text.contains("ReloadRefused"),
        "{}",
        ended.notices[1].text
    );
    assert_eq!((tries(&ended), stage.live()), (2, before));
    assert_eq!(stage.run("again", pushed()).notices, []);
}

#[test]
fn what_the_server_s_words_name_is_left_out() {
    let (stage, host) = stage();
    host.lock().unwrap().refuses = Some(("honor_timestamps", |main| {
        let line = line_of(main, "honor_timestamps");
        format!(
            "failed to reload config: couldn't load configuration (--config.file=\"/volume/prometheus.yml\"): parsing YAML file /volume/prometheus.yml: yaml: unmarshal \
             errors:\n  line {line}: field honor_timestamps not found in type config.ScrapeConfig"
        )
    }));
    stage.memory.put(SHOP, job("shop", "  honor_timestamps: true\n"));
    stage.memory.put(ZOO, with_file("zoo", "ca.pem"));
    appears(&host, "zoo/ca.pem");
    let ended = stage.run("older", pushed());
    assert_eq!(
        told(&ended),
        [
            ("shop", Kind::HeldBack),
            ("zoo", Kind::Live),
            ("platform", Kind::PlatformFiles)
        ]
    );
    let place = "checkout.yml:4:3: error: the server refuses what its checker accepts: field honor_timestamps not found in type \
         config.ScrapeConfig [server]";
    assert!(ended.notices[0].text.contains(place), "{}", ended.notices[0].text);
}

#[test]
fn what_serves_is_never_left_out() {
    let (stage, host) = stage();
    appears(&host, "shop/ca.pem");
    stage.memory.put(SHOP, with_file("shop", "ca.pem"));
    stage.run("with a file", pushed());
    host.lock().unwrap().refuses = Some(("localhost:9091", |_| APPLYING.into()));
    let base = BASE.replace("localhost:9090", "localhost:9091");
    stage.memory.put("base/prometheus.yml", base);
    let ended = stage.run("base", pushed());
    assert_eq!(told(&ended), [("platform", Kind::Failed)]);
    assert_eq!(tries(&ended), 1);
}

#[test]
fn it_ends_however_many_a_server_names_one_after_another() {
    let (stage, host) = stage();
    host.lock().unwrap().refuses = Some(("honor_timestamps", |main| {
        let line = line_of(main, "honor_timestamps");
        format!(
            "parsing YAML file /volume/prometheus.yml: yaml: unmarshal errors: line {line}: field honor_timestamps not found"
        )
    }));
    let before = stage.live();
    let names = ["a", "b", "c", "d", "e", "f"];
    for name in names {
        let key = format!("apps/{name}/prometheus/jobs.yml");
        stage.memory.put(&key, job(name, "  honor_timestamps: true\n"));
    }
    let ended = stage.run("many", pushed());
    assert!(matches!(ended.outcome, Outcome::Failed(_)));
    assert_eq!((tries(&ended), stage.live()), (4, before));
    let waiting = names.map(|name| (name, Kind::Waiting));
    assert_eq!(
        told(&ended),
        [&waiting[..], &[("platform", Kind::Failed)]].concat()
    );
    // Who would be next is told to those who see only a line of the whole otherwise.
    let platform = &ended.notices.last().unwrap().text;
    assert!(
        platform.contains("no try left without whom it may mean now: `apps/d/prometheus/jobs.yml:4:3`"),
        "{platform}"
    );
}

#[test]
fn what_is_no_refusal_makes_nobody_suspect() {
    let check = |what: &str, break_it: &dyn Fn(&Stage)| {
        let (stage, _) = stage();
        let before = stage.live();
        stage.memory.put(SHOP, with_file("shop", "ca.pem"));
        break_it(&stage);
        let ended = stage.run("second", pushed());
        assert!(matches!(ended.outcome, Outcome::Failed(_)), "{what}");
        assert_eq!(stage.live(), before, "{what}");
        assert!(!found_suspects(&ended), "{what}: {:?}", ended.paths);
    };
    check("its flag is missing", &|stage| {
        let mut well = Servers::on_any_host().answering();
        stage
            .memory
            .replicas(move |world, method, url, address| match method {
                Method::Post => Ok(HttpAnswer {
                    status: 403,
                    body: format!("Lifecycle API is not enabled. {APPLYING}"),
                }),
                Method::Get | Method::Delete => well(world, method, url, address),
            });
    });
    check("a document that is not what it says", &|stage| {
        stage.memory.refuse(|doing| {
            (doing.starts_with("calling") && doing.contains("/-/reload")).then_some(Class::Rejected)
        });
    });
}
