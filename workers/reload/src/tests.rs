//! What `reload` promises, against scripted processes that load what the volume in memory holds.

use crate::{ABSENT_JOBS, Outcome, Request, Response, Settings, run};
use contract::memory::{Memory, World};
use contract::ports::{HttpAnswer, Method, WriteObject as _};
use contract::{Class, Component, Configuration, Digest, Failure, Generation, Head, Pointer, Timestamp};
use futures_util::future::FutureExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

const URL: &str = "http://monitoring:9090/prefix/";

fn settings() -> Settings {
    Settings {
        urls: Component::ALL.map(|component| (component, URL.to_owned())).into(),
        ..Settings::default()
    }
}

/// A configuration of one job and one team's rules, both of that name.
fn configuration(component: Component, name: &str) -> Configuration {
    let digest = Digest::of(name.as_bytes());
    let short = digest.short();
    let files = match component {
        Component::Prometheus => vec![
            (
                "prometheus.yml".to_owned(),
                format!(
                    "rule_files: [rules/*.yml, generation-{short}]\nscrape_configs:\n- job_name: {name}\n"
                ),
            ),
            (format!("rules/{name}.yml"), rules("up", "x")),
            (
                "rules/generation.yml".to_owned(),
                rules("config_generation_info", short),
            ),
            (
                "rules/nothing.yml".to_owned(),
                "groups:\n- name: nothing\n  rules: []\n".to_owned(),
            ),
        ],
        Component::Blackbox => {
            vec![(
                "blackbox.yml".to_owned(),
                format!("modules: {{promloom_generation_{short}: {{}}}}\n"),
            )]
        }
        Component::Cloudwatch => vec![("cloudwatch.yml".to_owned(), format!("metrics: [] # {name}\n"))],
    };
    Configuration {
        component,
        size: contract::Size::default(),
        jobs: BTreeMap::new(),
        files: files.into_iter().collect(),
        digest,
    }
}

fn rules(record: &str, generation: &str) -> String {
    format!("groups:\n- name: g\n  rules:\n  - record: {record}\n    labels: {{generation: {generation}}}\n")
}

/// Makes it live in memory, as `deploy` does.
fn live(memory: &Memory, ordinal: u64, configuration: &Configuration) -> Generation {
    let document = serde_json::to_vec(configuration).unwrap();
    let generation = Generation {
        ordinal,
        digest: configuration.digest.clone(),
        run: format!("run-{ordinal}"),
        pinned_at: Timestamp::from_millis(ordinal),
        replay: false,
        size: contract::Size::default(),
        configuration: memory.write_object(document).now_or_never().unwrap().unwrap(),
        verdicts: Pointer::to(b"verdicts"),
    };
    let mut world = memory.world();
    let component = configuration.component;
    world.live.insert(component, generation.name());
    let staged = (generation.clone(), configuration.files.clone());
    world.generations.insert((component, generation.name()), staged);
    generation
}

fn reload(memory: &Memory, component: Component, generation: &Generation) -> Result<Response, Failure> {
    let request = Request {
        run: generation.run.clone(),
        component,
        generation: generation.clone(),
    };
    run(memory, &settings(), request).now_or_never().unwrap()
}

fn head(memory: &Memory, component: Component) -> Option<Generation> {
    let (value, _) = memory.world().projections.get(&Head::name(component))?.clone();
    Some(serde_json::from_value::<Head>(value).unwrap().generation)
}

fn answer(status: u16, body: impl Into<String>) -> HttpAnswer {
    HttpAnswer {
        status,
        body: body.into(),
    }
}

/// A process, and what was done to it. As Prometheus does, it takes the main file and the rules one after the
/// other.
#[derive(Debug, Clone, Default)]
struct Process {
    main: String,
    rules: BTreeMap<String, String>,
    jobs: Vec<String>,
    loads: u64,
    posts: u64,
    /// What it says of when, where it is not how often.
    loaded_at: Option<&'static str>,
    /// How many more times its jobs are asked for before it shows the new ones.
    jobs_late: u64,
}

impl Process {
    fn load_main(&mut self, files: &BTreeMap<String, String>) {
        let main = ["prometheus.yml", "blackbox.yml", "cloudwatch.yml"];
        self.main = main.iter().find_map(|path| files.get(*path)).unwrap().clone();
        let jobs = self
            .main
            .lines()
            .filter_map(|line| line.strip_prefix("- job_name: "));
        self.jobs = jobs.map(str::to_owned).collect();
        self.loads += 1;
    }

    fn load_rules(&mut self, files: &BTreeMap<String, String>) {
        let rules = files.iter().filter(|(path, _)| path.starts_with("rules/"));
        self.rules = rules.map(|(path, text)| (path.clone(), text.clone())).collect();
    }

    fn load(&mut self, files: &BTreeMap<String, String>) {
        self.load_main(files);
        self.load_rules(files);
    }

    fn groups(&self) -> Vec<Value> {
        let field = |text: &str, name: &str| {
            let at = text.find(name).unwrap() + name.len();
            text[at..].split(['\n', '}']).next().unwrap().trim().to_owned()
        };
        let with_rules = self.rules.iter().filter(|(_, text)| !text.contains("rules: []"));
        with_rules
            .map(|(path, text)| {
                let rule = json!({
                    "name": field(text, "record:"), "labels": { "generation": field(text, "generation:") },
                });
                json!({ "file": format!("/volume/prometheus/current/{path}"), "rules": [rule] })
            })
            .collect()
    }

    fn show(&mut self, url: &str) -> HttpAnswer {
        let path = url.strip_prefix(URL.trim_end_matches('/')).unwrap();
        let data = match path {
            "/api/v1/status/runtimeinfo" => {
                let loads = self.loads.to_string();
                json!({ "reloadConfigSuccess": true, "lastConfigTime": self.loaded_at.unwrap_or(&loads) })
            }
            "/api/v1/status/config" => json!({ "yaml": self.main }),
            "/api/v1/rules?exclude_alerts=true" => json!({ "groups": self.groups() }),
            "/api/v1/scrape_pools" if self.jobs_late > 0 => {
                self.jobs_late -= 1;
                json!({ "scrapePools": [] })
            }
            "/api/v1/scrape_pools" => json!({ "scrapePools": self.jobs }),
            "/config" => return answer(200, self.main.as_str()),
            "/metrics" => {
                let name = "blackbox_exporter_config_last_reload_successful";
                return answer(200, format!("# HELP {name} x\n{name} 1\n"));
            }
            _ => return answer(404, "404 page not found"),
        };
        answer(200, json!({ "status": "success", "data": data }).to_string())
    }
}

/// Processes by address.
type Processes = Arc<Mutex<BTreeMap<String, Process>>>;

/// Scripts every process: `on_post` says what a reload does.
fn serve(
    memory: &Memory,
    addresses: &[&str],
    mut on_post: impl FnMut(&mut Process, &BTreeMap<String, String>, &str) -> Result<HttpAnswer, Failure>
    + Send
    + 'static,
) -> Processes {
    let processes = Processes::default();
    memory.replica_addresses(addresses);
    let of_script = Arc::clone(&processes);
    memory.replicas(move |world: &World, method, url, address| {
        let mut processes = of_script.lock().unwrap();
        let process = processes.entry(address.to_owned()).or_default();
        match method {
            Method::Get => Ok(process.show(url)),
            Method::Post => {
                assert!(url.ends_with("/prefix/-/reload"), "{url}");
                process.posts += 1;
                let component = *world.live.keys().next_back().unwrap();
                on_post(process, world.live_files(component).unwrap(), address)
            }
            Method::Delete => Ok(answer(405, "nothing of a replica is deleted")),
        }
    });
    processes
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is what a script of `serve` is, and others fail"
)]
fn loads(process: &mut Process, files: &BTreeMap<String, String>, _: &str) -> Result<HttpAnswer, Failure> {
    process.load(files);
    Ok(answer(200, ""))
}

fn posts(processes: &Processes) -> Vec<u64> {
    processes
        .lock()
        .unwrap()
        .values()
        .map(|process| process.posts)
        .collect()
}

const PROMETHEUS: Component = Component::Prometheus;

#[test]
fn every_replica_loads_and_proves_and_the_head_is_written() {
    let memory = Memory::default();
    let processes = serve(&memory, &["10.0.0.1:9090", "10.0.0.2:9090"], loads);
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let short = generation.digest.short();
    let response = reload(&memory, PROMETHEUS, &generation).unwrap();
    let proof = json!([
        "`reloadConfigSuccess` is true, `lastConfigTime` is 1",
        format!("the configuration holds `generation-{short}`"),
        format!("the rules are of generation `{short}`, in all 2 files"),
        "all 1 jobs are there",
    ]);
    assert_eq!(
        serde_json::to_value(response).unwrap(),
        json!({
            "absent_jobs": [],
            "outcome": "proven",
            "replicas": [
                { "address": "10.0.0.1:9090", "reloaded": true, "proof": proof },
                { "address": "10.0.0.2:9090", "reloaded": true, "proof": proof },
            ],
            "reason": null,
            "to_do": null,
        })
    );
    assert_eq!(posts(&processes), [1, 1]);
    assert_eq!(head(&memory, PROMETHEUS), Some(generation));
}

#[test]
fn a_replica_that_proves_it_already_is_left_alone() {
    let memory = Memory::default();
    let processes = serve(&memory, &["replica-1"], loads);
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    reload(&memory, PROMETHEUS, &generation).unwrap();
    let projections = memory.world().projections.clone();
    let again = reload(&memory, PROMETHEUS, &generation).unwrap();
    assert_eq!(
        (again.outcome, again.replicas[0].reloaded),
        (Outcome::Proven, false)
    );
    assert_eq!(posts(&processes), [1]);
    assert_eq!(memory.world().projections, projections);
}

#[test]
fn old_names_over_nfs_are_read_again() {
    let memory = Memory::default();
    let old = configuration(PROMETHEUS, "old").files;
    let processes = serve(&memory, &["replica-1"], move |process, files, _| {
        process.load(if process.posts < 4 { &old } else { files });
        Ok(answer(200, ""))
    });
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let response = reload(&memory, PROMETHEUS, &generation).unwrap();
    assert_eq!((response.outcome, posts(&processes)), (Outcome::Proven, vec![4]));
}

#[test]
fn jobs_that_show_late_are_waited_for_without_another_reload() {
    let memory = Memory::default();
    let processes = serve(&memory, &["replica-1"], |process, files, address| {
        process.jobs_late = 10;
        loads(process, files, address)
    });
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let response = reload(&memory, PROMETHEUS, &generation).unwrap();
    assert_eq!((response.outcome, posts(&processes)), (Outcome::Proven, vec![1]));
}

#[test]
fn a_job_that_the_server_cannot_start_takes_nothing_from_the_others() {
    let memory = Memory::default();
    let processes = serve(&memory, &["replica-1"], |process, files, address| {
        process.jobs_late = u64::MAX;
        loads(process, files, address)
    });
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    for reloads in [vec![1], vec![1]] {
        let response = reload(&memory, PROMETHEUS, &generation).unwrap();
        assert_eq!((response.outcome, posts(&processes)), (Outcome::Proven, reloads));
        assert_eq!(response.absent_jobs.len(), 1, "{:?}", response.absent_jobs);
        let last = response.replicas[0].proof.last().unwrap();
        assert!(last.starts_with("the jobs differ: without `"), "{last}");
    }
    // What was loaded long ago has had its time: nobody waits for it again.
    let millis = || memory.world().now_millis;
    let waited = |loaded_at: &'static str| {
        let before = millis();
        processes
            .lock()
            .unwrap()
            .values_mut()
            .for_each(|process| process.loaded_at = Some(loaded_at));
        let response = reload(&memory, PROMETHEUS, &generation).unwrap();
        assert_eq!(
            (response.outcome, response.absent_jobs.len()),
            (Outcome::Proven, 1)
        );
        millis() - before
    };
    assert!(waited("1970-01-01T00:00:00Z") < 1000);
    assert!(waited("9999-01-01T00:00:00Z") >= 15_000, "it was loaded just now");
}

#[test]
fn where_too_many_jobs_are_not_started_nothing_is_proven() {
    let check = |absent: usize, outcome: Outcome, told: usize, reason: Option<&str>| {
        let memory = Memory::default();
        serve(&memory, &["replica-1"], |process, files, address| {
            process.jobs_late = u64::MAX;
            loads(process, files, address)
        });
        let mut configuration = configuration(PROMETHEUS, "x");
        let jobs: Vec<String> = (0..absent).map(|n| format!("- job_name: j{n:03}\n")).collect();
        let main = configuration.files.get_mut("prometheus.yml").unwrap();
        *main = main.replace(
            "scrape_configs:\n",
            &format!("scrape_configs:\n{}", jobs.concat()),
        );
        let response = reload(&memory, PROMETHEUS, &live(&memory, 1, &configuration)).unwrap();
        assert_eq!(
            (response.outcome, response.absent_jobs.len()),
            (outcome, told),
            "{absent}"
        );
        assert_eq!(response.reason.as_deref(), reason, "{absent}");
    };
    // With its own there is one more.
    check(ABSENT_JOBS - 1, Outcome::Proven, ABSENT_JOBS, None);
    let said =
        "the server runs this generation but did not start 51 jobs, `j000` among them; its log says why";
    check(ABSENT_JOBS, Outcome::Unproven, ABSENT_JOBS, Some(said));
}

#[test]
fn a_success_of_before_is_no_proof() {
    // It shows the new files at once, but the moment of its last success moves with the third reload only.
    let memory = Memory::default();
    let processes = serve(&memory, &["replica-1"], |process, files, _| {
        process.load(files);
        process.loads = u64::from(process.posts > 2);
        Ok(answer(200, ""))
    });
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let response = reload(&memory, PROMETHEUS, &generation).unwrap();
    assert_eq!((response.outcome, posts(&processes)), (Outcome::Proven, vec![3]));
}

#[test]
fn half_a_reload_is_refused_however_well_it_was_answered() {
    let memory = Memory::default();
    serve(&memory, &["replica-1"], loads);
    let old = live(&memory, 1, &configuration(PROMETHEUS, "old"));
    reload(&memory, PROMETHEUS, &old).unwrap();
    let processes = serve(&memory, &["replica-1"], |process, files, _| {
        process.load_main(files);
        if process.posts == 1 {
            process.load_rules(&configuration(PROMETHEUS, "old").files);
        }
        Ok(answer(200, ""))
    });
    let new = live(&memory, 2, &configuration(PROMETHEUS, "new"));
    let failed = reload(&memory, PROMETHEUS, &new).unwrap_err();
    assert_eq!(failed.class, Class::Rejected);
    let expect = format!(
        "waiting 60 s for http://monitoring:9090/prefix to prove what it was made to load: the rules are of \
         generation `{}`, not `{}`",
        old.digest.short(),
        new.digest.short()
    );
    assert!(failed.chain().contains(&expect), "{}", failed.chain());
    assert!(
        (10..=14).contains(&posts(&processes)[0]),
        "{:?}",
        posts(&processes)
    );
    assert_eq!(head(&memory, PROMETHEUS), Some(old));
}

#[test]
fn a_refusal_is_told_in_its_own_words() {
    let check = |status: u16, body: &str, class: Class, expect: &str| {
        let memory = Memory::default();
        let refusal = answer(status, body);
        let processes = serve(&memory, &["replica-1"], move |_, _, _| Ok(refusal.clone()));
        let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
        let failed = reload(&memory, PROMETHEUS, &generation).unwrap_err();
        assert_eq!(failed.class, class, "{status}");
        let start = format!(
            "proving generation {} on every replica of prometheus: reloading, which was answered {status}: ",
            generation.name()
        );
        let told = failed.chain();
        assert_eq!(told.strip_prefix(&start), Some(expect), "{told}");
        assert_eq!(posts(&processes), [1]);
        assert_eq!(head(&memory, PROMETHEUS), None);
    };
    let by = "; by POST http://monitoring:9090/prefix/-/reload";
    let body = "failed to reload config: couldn't load configuration (--config.file=\"x\"): unknown field";
    let told = format!("{body}{by}");
    check(500, &format!("{body}\n"), Class::ReloadRefused, &told);
    let generic = "failed to reload config: one or more errors occurred while applying the new configuration";
    let short = configuration(PROMETHEUS, "x").digest.short().to_owned();
    let told = format!(
        "{generic}{by}; the cause is in the server's log; the real tool had accepted this configuration, so look for \
         what only the server sees; before the reload it showed: the configuration does not hold \
         `generation-{short}`, the rules are of generation ``, \
         not `{short}`, the jobs differ: without `x`, `reloadConfigSuccess` is true, \
         `lastConfigTime` is 0"
    );
    check(500, generic, Class::ReloadRefused, &told);
    let flag =
        "; does the configured URL end in its path prefix and was it started with `--web.enable-lifecycle`?";
    for (status, body) in [
        (403, "Lifecycle API is not enabled."),
        (404, "404 page not found"),
        (405, "Only POST"),
    ] {
        check(status, body, Class::Rejected, &format!("{body}{by}{flag}"));
    }
    for (status, class) in [
        (302, Class::Rejected),
        (503, Class::Unavailable),
        (429, Class::Throttled),
    ] {
        check(status, "why", class, &format!("why{by}"));
    }
}

/// What a replica does with a reload.
type Reload = fn() -> Result<HttpAnswer, Failure>;

#[test]
fn one_replica_that_fails_fails_the_step_and_all_are_named() {
    let down = || {
        Err(Failure::new(
            Class::Unavailable,
            "calling it; nothing listens there",
        ))
    };
    let check = |name: &str, second: Reload, third: Reload, class: Class, expect: &[&str]| {
        let memory = Memory::default();
        let processes = serve(
            &memory,
            &["a:1", "b:1", "c:1"],
            move |process, files, address| match address {
                "a:1" => loads(process, files, address),
                "b:1" => second(),
                _ => third(),
            },
        );
        let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
        let failed = reload(&memory, PROMETHEUS, &generation).unwrap_err();
        assert_eq!(failed.class, class, "{name}");
        let told = failed.chain();
        for part in expect {
            assert!(told.contains(part), "{name}: {told}");
        }
        assert_eq!(
            processes.lock().unwrap()["a:1"].loads,
            1,
            "{name}: the others are reloaded all the same"
        );
        assert_eq!(head(&memory, PROMETHEUS), None, "{name}");
    };
    let refuses = || Ok(answer(500, "y".repeat(5000)));
    let two = ["a:1: proven; b:1, c:1: calling it; nothing listens there"];
    check("two are down", down, down, Class::Unavailable, &two);
    let both = [
        "a:1: proven; b:1: calling it; nothing",
        "; c:1: reloading, which was answered 500: yyy",
    ];
    check(
        "one is down, one refuses",
        down,
        refuses,
        Class::ReloadRefused,
        &both,
    );
}

#[test]
fn what_a_server_refused_decides_wherever_it_answered() {
    let check = |addresses: &[&str]| {
        let memory = Memory::default();
        serve(&memory, addresses, |_, _, address| match address {
            "closed:1" => Ok(answer(403, "Lifecycle API is not enabled.")),
            "down:1" => Ok(answer(503, "Service Unavailable")),
            _ => Ok(answer(500, "one or more errors")),
        });
        let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
        let failed = reload(&memory, PROMETHEUS, &generation).unwrap_err();
        assert_eq!(failed.class, Class::ReloadRefused, "{addresses:?}");
    };
    check(&["closed:1", "down:1", "refuses:1"]);
    check(&["refuses:1", "down:1", "closed:1"]);
}

#[test]
fn however_many_replicas_refuse_their_words_are_heard_whole() {
    let name = |n: usize| format!("prometheus-{n:02}.prometheus.monitoring.internal.example.com:9090");
    let names = |numbers: &[usize]| numbers.iter().map(|n| name(*n)).collect::<Vec<_>>().join(", ");
    let body = |line: usize| {
        format!(
            "failed to reload config: one or more errors occurred while applying the new configuration \
             (--config.file=\"/etc/prometheus/current/prometheus.yml\"): line {line}: no"
        )
    };
    let check = |count: usize, line_of: fn(usize) -> usize, expect: &[(String, usize)]| {
        let memory = Memory::default();
        let addresses: Vec<String> = (0..count).map(name).collect();
        let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
        let processes = serve(&memory, &addresses, move |process, _, _| {
            Ok(answer(
                500,
                body(line_of(usize::try_from(process.loads).unwrap())),
            ))
        });
        // Each loaded what it runs at a time of its own, and says so.
        for (loads, address) in (0..).zip(&addresses) {
            let process = Process {
                loads,
                ..Process::default()
            };
            processes.lock().unwrap().insert((*address).to_owned(), process);
        }
        let generation = live(&memory, 1_234_567, &configuration(PROMETHEUS, "x"));
        let told = reload(&memory, PROMETHEUS, &generation).unwrap_err().chain();
        for (who, line) in expect {
            let said = format!("{who}: reloading, which was answered 500: {}; ", body(*line));
            assert!(told.contains(&said), "{count}: {told}");
        }
    };
    check(4, |_| 7, &[(names(&[0, 1, 2, 3]), 7)]);
    let nine = names(&[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    check(30, |_| 7, &[(format!("{nine} and 21 more"), 7)]);
    check(4, |n| n, &[0, 1, 2, 3].map(|n| (name(n), n)));
    let four = |first: usize| names(&[0, 2, 4, 6].map(|n| first + n));
    let of_two = [0, 1].map(|first| (format!("{} and 11 more", four(first)), first));
    check(30, |n| n % 2, &of_two);
}

#[test]
fn a_component_without_a_url_is_unproven_and_still_the_head() {
    let memory = Memory::default();
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let request = Request {
        run: "run".into(),
        component: PROMETHEUS,
        generation: generation.clone(),
    };
    let response = run(&memory, &Settings::default(), request)
        .now_or_never()
        .unwrap()
        .unwrap();
    assert_eq!((response.outcome, response.replicas), (Outcome::Unproven, vec![]));
    // A team reads the one and cannot do the other.
    let expect = "no server of prometheus is known to ask";
    assert_eq!(response.reason.as_deref(), Some(expect));
    let expect = "if prometheus has a server, say its URL in `RELOAD_URLS`";
    assert_eq!(response.to_do.as_deref(), Some(expect));
    assert_eq!(head(&memory, PROMETHEUS), Some(generation));
}

#[test]
fn the_head_never_goes_back() {
    // (pinned when, by the head and by this run) -> whose verdicts the head points to afterwards
    let check = |there: u64, mine: u64, expect: &str| {
        let memory = Memory::default();
        serve(&memory, &["replica-1"], loads);
        let live = live(&memory, 1, &configuration(PROMETHEUS, "x"));
        for (pinned, run) in [(there, "there"), (mine, "mine")] {
            let generation = Generation {
                run: run.to_owned(),
                pinned_at: Timestamp::from_millis(pinned),
                ..live.clone()
            };
            assert_eq!(
                reload(&memory, PROMETHEUS, &generation).unwrap().outcome,
                Outcome::Proven
            );
        }
        assert_eq!(head(&memory, PROMETHEUS).unwrap().run, expect, "{there} {mine}");
    };
    check(1, 2, "mine");
    check(2, 2, "mine");
    check(3, 2, "there");
}

#[test]
fn what_a_later_run_replaced_meanwhile_is_unproven_not_refused() {
    let memory = Memory::default();
    serve(&memory, &["replica-1"], loads);
    let mine = live(&memory, 1, &configuration(PROMETHEUS, "mine"));
    let later = live(&memory, 2, &configuration(PROMETHEUS, "later"));
    reload(&memory, PROMETHEUS, &later).unwrap();
    let response = reload(&memory, PROMETHEUS, &mine).unwrap();
    let reason = format!("generation {} of a later run was proven meanwhile", later.name());
    assert_eq!(
        (response.outcome, response.reason),
        (Outcome::Unproven, Some(reason))
    );
    assert_eq!(head(&memory, PROMETHEUS), Some(later));
}

#[test]
fn a_head_that_nobody_can_read_is_written_anew() {
    let memory = Memory::default();
    serve(&memory, &["replica-1"], loads);
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    memory
        .world()
        .projections
        .insert(Head::name(PROMETHEUS), (json!("?"), 7));
    reload(&memory, PROMETHEUS, &generation).unwrap();
    assert_eq!(head(&memory, PROMETHEUS), Some(generation));
}

#[test]
fn the_exporters_prove_what_they_can() {
    let check = |component: Component, outcome: Outcome, proof: &[&str], again: u64| {
        let memory = Memory::default();
        let processes = serve(&memory, &["replica-1"], loads);
        let generation = live(&memory, 1, &configuration(component, "x"));
        let response = reload(&memory, component, &generation).unwrap();
        assert_eq!(response.outcome, outcome, "{component}");
        let proof = proof
            .iter()
            .map(|line| line.replace("SHORT", generation.digest.short()));
        assert_eq!(
            response.replicas[0].proof,
            proof.collect::<Vec<_>>(),
            "{component}"
        );
        assert_eq!(
            response.reason.is_none(),
            outcome == Outcome::Proven,
            "{component}"
        );
        reload(&memory, component, &generation).unwrap();
        assert_eq!(posts(&processes), [again], "{component}");
        assert_eq!(head(&memory, component), Some(generation), "{component}");
    };
    let blackbox = [
        "the modules hold `promloom_generation_SHORT`",
        "`blackbox_exporter_config_last_reload_successful` is 1",
    ];
    check(Component::Blackbox, Outcome::Proven, &blackbox, 1);
    let cloudwatch = [
        "the CloudWatch exporter took the reload without an error, but does not show its configuration; a \
                       changed `region` or `role_arn` needs a restart",
    ];
    check(Component::Cloudwatch, Outcome::Unproven, &cloudwatch, 2);
}

#[test]
fn a_document_that_is_not_the_generations_is_rejected() {
    let memory = Memory::default();
    let processes = serve(&memory, &["replica-1"], loads);
    let right = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let other = live(&memory, 2, &configuration(PROMETHEUS, "y"));
    let wrong = Generation {
        configuration: other.configuration,
        ..right
    };
    assert_eq!(
        reload(&memory, PROMETHEUS, &wrong).unwrap_err().class,
        Class::Rejected
    );
    assert_eq!(posts(&processes), [0; 0]);
}

#[test]
fn any_call_may_break_and_the_next_try_ends_in_the_same_world() {
    let prepare = || {
        let memory = Memory::default();
        serve(&memory, &["a:1", "b:1"], loads);
        let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
        memory.world().calls = 0;
        (memory, generation)
    };
    let (whole, generation) = prepare();
    reload(&whole, PROMETHEUS, &generation).unwrap();
    let calls = whole.world().calls;
    assert_eq!(
        calls, 22,
        "document, addresses, twice (4 looks, reload, 4 proofs), head read and written"
    );
    for number in 1..=calls {
        let (memory, generation) = prepare();
        memory.break_call(number);
        let first = reload(&memory, PROMETHEUS, &generation);
        // A proof that breaks is asked for again.
        let in_proof = matches!(number, 8..=11 | 17..=20);
        assert_eq!(
            first.map_err(|failure| failure.class).is_ok(),
            in_proof,
            "call {number}"
        );
        let again = reload(&memory, PROMETHEUS, &generation).unwrap();
        assert_eq!(again.outcome, Outcome::Proven, "call {number}");
        let shown = |memory: &Memory| {
            memory
                .world()
                .projections
                .values()
                .map(|(head, _)| head.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(shown(&memory), shown(&whole), "call {number}");
    }
}

#[test]
fn it_may_run_on_any_thread() {
    fn is_send<T: Send>(_: &T) {}
    let memory = Memory::default();
    let generation = live(&memory, 1, &configuration(PROMETHEUS, "x"));
    let request = Request {
        run: String::new(),
        component: PROMETHEUS,
        generation,
    };
    is_send(&run(&memory, &settings(), request));
}
