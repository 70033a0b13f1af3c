//! Every law of `lib.rs`, over memory.

use super::{AskedBatch, Outcome, Request, Response, Round, gather, run};
use contract::memory::Memory;
use contract::ports::WriteObject as _;
use contract::{
    Batch, Class, Component, Configuration, Failure, Gathered, GatheredBatch, Item, Judged, JudgedItem,
    Origin, Pointer, Problem, Role, Severity, Source, Templated, TemplatedItem, Verdicts,
};
use futures_util::FutureExt as _;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Limits, Node};

const BASE: &str =
    "global: {scrape_interval: 1m}\nscrape_configs:\n- job_name: prometheus\nrule_files: [own.yml]\n";

fn put(memory: &Memory, document: &impl Serialize) -> Pointer {
    memory
        .write_object(serde_json::to_vec(document).unwrap())
        .now_or_never()
        .unwrap()
        .unwrap()
}

fn get<T: DeserializeOwned>(memory: &Memory, pointer: &Pointer) -> T {
    serde_json::from_slice(&memory.world().objects[&pointer.digest]).unwrap()
}

fn tree(text: &str) -> Option<Node> {
    yaml::read(text.as_bytes(), &Limits::default()).unwrap()
}

fn source(key: &str, version_id: &str) -> Source {
    Source {
        key: key.into(),
        version_id: version_id.into(),
        document: Pointer::to(b""),
    }
}

/// One version of one fragment and what `Validate` says of it.
#[derive(Clone)]
struct Fragment {
    item: Item,
    text: String,
    accepted: bool,
}

fn fragment(key: &str, text: &str) -> Fragment {
    let item = Item {
        serves: false,
        role: Role::Current,
        source: source(&format!("apps/{key}.yml"), "v2"),
    };
    Fragment {
        item,
        text: text.into(),
        accepted: true,
    }
}

impl Fragment {
    fn rejected(mut self) -> Fragment {
        self.accepted = false;
        self
    }

    fn fallback(mut self) -> Fragment {
        self.item.role = Role::Fallback;
        self.item.source.version_id = "v1".into();
        self
    }

    fn problem(&self) -> Problem {
        Problem::new(&self.item.source, Severity::Error, "test", "it is wrong")
    }
}

/// A lane on its way through `Merge`.
struct Lane {
    memory: Memory,
    component: Component,
    base: Option<Pointer>,
    rounds: Vec<AskedBatch>,
    gathered: Option<Pointer>,
    culprits: Option<Pointer>,
}

fn lane(component: Component, base: &str) -> Lane {
    let memory = Memory::default();
    let item = Item {
        serves: false,
        role: Role::Base,
        source: source(&component.base_key(), "b1"),
    };
    let base = Templated {
        items: vec![TemplatedItem {
            item,
            tree: tree(base),
            problems: Vec::new(),
        }],
    };
    let base = Some(put(&memory, &base));
    Lane {
        memory,
        component,
        base,
        rounds: Vec::new(),
        gathered: None,
        culprits: None,
    }
}

impl Lane {
    fn batch(&self, fragments: &[Fragment]) -> Pointer {
        let items = fragments.iter().map(|fragment| fragment.item.clone()).collect();
        put(
            &self.memory,
            &Batch {
                component: self.component,
                items,
            },
        )
    }

    fn answered(mut self, fragments: &[Fragment]) -> Lane {
        let templated = fragments.iter().map(|fragment| TemplatedItem {
            item: fragment.item.clone(),
            tree: tree(&fragment.text),
            problems: Vec::new(),
        });
        let judged = fragments.iter().map(|fragment| JudgedItem {
            item: fragment.item.clone(),
            accepted: fragment.accepted,
            accepted_rules: None,
            problems: if fragment.accepted {
                Vec::new()
            } else {
                vec![fragment.problem()]
            },
        });
        let asked = AskedBatch {
            batch: self.batch(fragments),
            templated: Some(put(
                &self.memory,
                &Templated {
                    items: templated.collect(),
                },
            )),
            judged: Some(put(
                &self.memory,
                &Judged {
                    items: judged.collect(),
                },
            )),
            killed: None,
        };
        self.rounds.push(asked);
        self
    }

    fn killed(mut self, fragments: &[Fragment]) -> Lane {
        let killed = Some("States.Timeout".to_owned());
        self.rounds.push(AskedBatch {
            batch: self.batch(fragments),
            templated: None,
            judged: None,
            killed,
        });
        self
    }

    fn culprits(mut self, problems: &[Problem]) -> Lane {
        self.culprits = Some(put(&self.memory, &problems));
        self
    }

    fn run(&self) -> Result<Response, Failure> {
        let request = Request {
            run: "test".into(),
            component: self.component,
            policy: None,
            base: self.base.clone(),
            fragments: self.rounds.clone(),
            gathered: self.gathered.clone(),
            culprits: self.culprits.clone(),
        };
        run(&self.memory, request).now_or_never().unwrap()
    }

    /// Goes on after a round.
    fn next(mut self, response: &Response) -> Lane {
        self.gathered = Some(response.gathered.clone());
        self.rounds.clear();
        self
    }

    fn configuration(&self) -> Configuration {
        let response = self.run().unwrap();
        assert_eq!(response.outcome, Outcome::Merged);
        let configuration: Configuration = get(&self.memory, &response.configuration.unwrap());
        assert_eq!(response.digest.as_ref(), Some(&configuration.digest));
        configuration
    }

    /// The files, the markers of this generation as `GENERATION`.
    fn files(&self) -> BTreeMap<String, String> {
        let Configuration { digest, files, .. } = self.configuration();
        files
            .into_iter()
            .map(|(path, text)| (path, text.replace(digest.short(), "GENERATION")))
            .collect()
    }

    /// `key verdict serving checks` of every fragment, then the checks of the platform's problems.
    fn verdicts(&self) -> Vec<String> {
        let verdicts: Verdicts = get(&self.memory, &self.run().unwrap().verdicts.unwrap());
        let checks = |problems: &[Problem]| {
            problems
                .iter()
                .fold(String::new(), |text, problem| text + " " + &problem.check)
        };
        let fragments = verdicts.fragments.iter().map(|fragment| {
            let serving = fragment
                .serving
                .as_ref()
                .map_or("-", |serving| &serving.version_id);
            let key = fragment
                .source
                .key
                .trim_start_matches("apps/")
                .trim_end_matches(".yml");
            format!(
                "{key} {} {serving}{}",
                fragment.verdict,
                checks(&fragment.problems)
            )
        });
        let platform = verdicts
            .platform
            .iter()
            .map(|problem| format!("{} {}", problem.key, problem.check));
        fragments.chain(platform).collect()
    }
}

fn job(key: &str) -> Fragment {
    let name = key.rsplit('/').next().unwrap_or_default();
    fragment(key, &format!("scrape_configs: [{{job_name: {name}}}]"))
}

#[test]
fn prometheus_gets_all_jobs_and_a_file_of_rules_for_each_fragment() {
    let text = "scrape_configs:\n- job_name: a\n  static_configs: [{targets: [x], labels: {v: 1.10, w: yes}}]\n\
                  groups: [{name: g, rules: [{record: a:b, expr: up, labels: {w: 007}}]}]\n";
    let lane = lane(Component::Prometheus, BASE).answered(&[
        fragment("shop/prometheus/web", text),
        fragment("shop/prometheus/null", "groups:\nscrape_configs: []\n"),
        fragment("pay/prometheus/api", "scrape_configs: [{job_name: z}]"),
        fragment("pay/prometheus/empty", "# nothing"),
    ]);
    let files = lane.files();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["generation.yml", "prometheus.yml", "rules/shop--web.yml"]
    );
    let enforced = |owner: &str| {
        let owner = format!("\n      - target_label: \"owner\"\n        replacement: \"{owner}\"\n");
        format!(
            "    sample_limit: 100000\n    target_limit: 5000\n    label_limit: 100\n    \
             relabel_configs:{owner}    metric_relabel_configs:{owner}"
        )
    };
    assert_eq!(
        files["prometheus.yml"],
        format!(
            "global:\n  scrape_interval: 1m\nscrape_configs:\n  - job_name: prometheus\n  - job_name: z\n{}\
            \u{20} - job_name: a\n\
            \u{20}   static_configs:\n      - targets:\n          - x\n        labels:\n          v: 1.10\n\
            \u{20}         w: yes\n{}rule_files:\n  - own.yml\n  - \"rules/*.yml\"\n  - \"generation-GENERATION\"\n\
            \u{20} - \"generation.yml\"\n",
            enforced("pay"),
            enforced("shop")
        )
    );
    assert_eq!(
        files["rules/shop--web.yml"],
        "groups:\n  - name: g\n    rules:\n      - record: a:b\n        expr: up\n\
        \u{20}       labels:\n          w: 007\n          owner: \"shop\"\n"
    );
    assert_eq!(
        files["generation.yml"],
        "groups:\n  - name: promloom_generation\n    rules:\n      - record: config_generation_info\n\
        \u{20}       expr: vector(1)\n        labels:\n          generation: \"GENERATION\"\n"
    );
}

#[test]
fn a_configuration_knows_where_teams_wrote_their_jobs() {
    let lane = lane(Component::Prometheus, "scrape_configs: [{job_name: self}]").answered(&[
        fragment(
            "shop/prometheus/a",
            "scrape_configs:\n- job_name: api\n- {scheme: https, job_name: web}",
        ),
        fragment(
            "pay/prometheus/a",
            "groups: [{name: g, rules: [{record: r, expr: up}]}]",
        ),
    ]);
    let of = |line, column| Origin {
        key: "apps/shop/prometheus/a.yml".into(),
        line,
        column,
    };
    let expect = BTreeMap::from([("api".into(), of(2, 13)), ("web".into(), of(3, 29))]);
    assert_eq!(lane.configuration().jobs, expect);
}

#[test]
fn blackbox_gets_all_modules() {
    let lane = lane(Component::Blackbox, "modules: {http_2xx: {prober: http}}").answered(&[
        fragment("shop/blackbox/a", "modules: {1.10: {prober: tcp}}"),
        fragment(
            "pay/blackbox/a",
            "modules:\n  bin: {prober: tcp, tcp: {query_response: [{send: !!binary AAAA}]}}",
        ),
    ]);
    assert_eq!(
        lane.files()["blackbox.yml"],
        "modules:\n  http_2xx:\n    prober: http\n  bin:\n    prober: tcp\n    tcp:\n      query_response:\n\
        \u{20}       - send: !!binary AAAA\n  1.10:\n    prober: tcp\n\
        \u{20} promloom_generation_GENERATION:\n    prober: tcp\n"
    );
}

#[test]
fn cloudwatch_gets_all_metrics() {
    let check = |base: &str, fragments: &[Fragment], expect: &str| {
        let files = lane(Component::Cloudwatch, base).answered(fragments).files();
        assert_eq!(files["cloudwatch.yml"], expect, "{base}");
    };
    check(
        "region: eu-west-1\nmetrics:\n",
        &[fragment(
            "shop/cloudwatch/a",
            "metrics: [{aws_namespace: AWS/ELB, period_seconds: 60}]",
        )],
        "region: eu-west-1\nmetrics:\n  - aws_namespace: AWS/ELB\n    period_seconds: 60\n",
    );
    // Defaults hold for the metrics of their fragment, not for all; region and role are the base's.
    let one = "region: eu-west-1\nperiod_seconds: 300\nmetrics: [{aws_namespace: A}, {aws_namespace: B, period_seconds: 60}]";
    let other = "delay_seconds: 0\nmetrics: [{aws_namespace: C}]";
    check(
        "region: eu-west-1\ndelay_seconds: 120\nmetrics: [{aws_namespace: Base}]\n",
        &[
            fragment("shop/cloudwatch/a", one),
            fragment("pay/cloudwatch/a", other),
        ],
        "region: eu-west-1\ndelay_seconds: 120\nmetrics:\n  - aws_namespace: Base\n  - aws_namespace: C\n    delay_seconds: 0\n\
        \u{20} - aws_namespace: A\n    period_seconds: 300\n  - aws_namespace: B\n    period_seconds: 60\n",
    );
    // Where the base names none, all that serve name the same.
    check(
        "region:\n",
        &[fragment(
            "shop/cloudwatch/a",
            "region: eu-west-1\nrole_arn: arn\nmetrics: []",
        )],
        "region: eu-west-1\nrole_arn: arn\nmetrics: []\n",
    );
    check("{}", &[], "metrics: []\n");
}

#[test]
fn no_fragments_is_the_base_and_the_markers() {
    let check = |component, base: &str, expect: &str| {
        let lane = lane(component, base);
        assert_eq!(lane.files()[component.main_file()], expect, "{base:?}");
        assert_eq!(lane.verdicts(), [""; 0]);
    };
    let markers = "  - \"generation-GENERATION\"\n  - \"generation.yml\"\n";
    let teams = "  - \"rules/*.yml\"\n";
    check(
        Component::Prometheus,
        "global: {}",
        &format!("global: {{}}\nrule_files:\n{teams}{markers}"),
    );
    check(
        Component::Prometheus,
        "rule_files:\nglobal:\n",
        &format!("rule_files:\n{teams}{markers}global:\n"),
    );
    check(
        Component::Prometheus,
        "rule_files: [rules/*.yml]",
        &format!("rule_files:\n  - rules/*.yml\n{markers}"),
    );
    check(
        Component::Blackbox,
        "modules:",
        "modules:\n  promloom_generation_GENERATION:\n    prober: tcp\n",
    );
    check(
        Component::Cloudwatch,
        "region: x\nmetrics: []",
        "region: x\nmetrics: []\n",
    );
}

#[test]
fn a_failing_unit_test_is_in_the_verdicts_and_refuses_nothing() {
    let test = source("apps/shop/prometheus/tests/t.yml", "t1");
    let problem = Problem::new(&test, Severity::Error, "rule_test", "alertname: Down");
    let lane = lane(Component::Prometheus, BASE).culprits(&[problem.clone(), problem.clone()]);
    let response = lane.run().unwrap();
    assert_eq!(response.outcome, Outcome::Merged);
    let verdicts: Verdicts = get(&lane.memory, &response.verdicts.unwrap());
    assert_eq!((verdicts.rule_tests, verdicts.platform), (vec![problem], vec![]));
}

#[test]
fn without_a_base_nothing_is_made_and_the_platform_team_is_told() {
    let check = |lane: Lane, expect: &str, message: &str| {
        let lane = lane.answered(&[job("shop/prometheus/a")]);
        let response = lane.run().unwrap();
        assert_eq!(
            (response.outcome, &response.configuration),
            (Outcome::Refused, &None),
            "{message}"
        );
        assert_eq!(
            lane.verdicts(),
            ["shop/prometheus/a accepted v2", expect],
            "{message}"
        );
        let verdicts: Verdicts = get(&lane.memory, &response.verdicts.unwrap());
        assert!(
            verdicts.platform[0].message.contains(message),
            "{:?}",
            verdicts.platform
        );
        assert_eq!(verdicts.platform[0].owner, "platform");
    };
    let of = |base: &str| lane(Component::Prometheus, base);
    let none = Lane { base: None, ..of("") };
    check(
        none,
        "base/prometheus.yml base",
        "there is no `base/prometheus.yml`",
    );
    check(of("# nothing"), "base/prometheus.yml base", "holds nothing");
    check(of("[a]"), "base/prometheus.yml base", "is no map");
    check(
        of("scrape_configs: {a: b}"),
        "base/prometheus.yml base",
        "`scrape_configs` is no list",
    );
    check(
        of("rule_files: a.yml"),
        "base/prometheus.yml base",
        "`rule_files` is no list",
    );

    let problem = Problem::new(
        &source("base/prometheus.yml", "b1"),
        Severity::Error,
        "placeholder",
        "not set",
    );
    check(
        of(BASE).culprits(std::slice::from_ref(&problem)),
        "base/prometheus.yml placeholder",
        "not set",
    );
    let mut bad = of(BASE);
    let mut base: Templated<Node> = get(&bad.memory, &bad.base.unwrap());
    base.items[0].problems.push(problem);
    bad.base = Some(put(&bad.memory, &base));
    check(bad, "base/prometheus.yml placeholder", "not set");
    // It is not worth another round either.
    let killed = [job("shop/prometheus/k"), job("shop/prometheus/l")];
    check(of("[a]").killed(&killed), "base/prometheus.yml base", "is no map");
}

#[test]
fn a_version_that_is_not_accepted_is_replaced_by_the_last_good_one() {
    let check =
        |current: &Fragment, fallback: Option<Fragment>, culprits: &[Problem], expect: &str, jobs: &str| {
            let lane = lane(Component::Prometheus, "global: {}").answered(std::slice::from_ref(current));
            let lane = match &fallback {
                Some(fallback) => lane.answered(std::slice::from_ref(fallback)),
                None => lane,
            };
            let lane = lane.culprits(culprits);
            assert_eq!(lane.verdicts(), [expect]);
            let main = lane.files().remove("prometheus.yml").unwrap();
            let seen: Vec<&str> = main
                .lines()
                .filter_map(|line| line.strip_prefix("  - job_name: "))
                .collect();
            assert_eq!(seen.join(" "), jobs, "{expect}");
        };
    let new = fragment("shop/prometheus/a", "scrape_configs: [{job_name: new}]");
    let old = fragment("shop/prometheus/a", "scrape_configs: [{job_name: old}]").fallback();
    let warning = Problem {
        severity: Severity::Warning,
        ..new.problem()
    };
    let (bad_new, bad_old) = (new.clone().rejected(), old.clone().rejected());

    check(&new, None, &[], "shop/prometheus/a accepted v2", "new");
    check(
        &new,
        Some(old.clone()),
        &[],
        "shop/prometheus/a accepted v2",
        "new",
    );
    check(
        &new,
        Some(old.clone()),
        &[warning],
        "shop/prometheus/a accepted v2 test",
        "new",
    );
    check(&bad_new, None, &[], "shop/prometheus/a rejected - test", "");
    check(
        &bad_new,
        Some(old.clone()),
        &[],
        "shop/prometheus/a held_back v1 test",
        "old",
    );
    check(
        &new,
        Some(old.clone()),
        &[new.problem()],
        "shop/prometheus/a held_back v1 test",
        "old",
    );
    check(
        &new,
        Some(old.clone()),
        &[new.problem(), new.problem()],
        "shop/prometheus/a held_back v1 test",
        "old",
    );
    check(
        &bad_new,
        Some(bad_old),
        &[],
        "shop/prometheus/a rejected - test last_good_version",
        "",
    );
    let both = [new.problem(), old.problem()];
    check(
        &new,
        Some(old),
        &both,
        "shop/prometheus/a rejected - test last_good_version",
        "",
    );
}

#[test]
fn the_bytes_do_not_depend_on_batches_or_their_order() {
    let all = [
        job("b/prometheus/x"),
        job("a/prometheus/y"),
        job("c/prometheus/z").rejected(),
    ];
    let [one, two, three] = all.clone().map(|fragment| vec![fragment]);
    let of = |batches: &[&Vec<Fragment>]| {
        let lane = lane(Component::Prometheus, BASE);
        batches
            .iter()
            .fold(lane, |lane, batch| lane.answered(batch))
            .configuration()
    };
    let expect = of(&[&one, &two, &three]);
    assert_eq!(of(&[&three, &two, &one]), expect);
    assert_eq!(of(&[&all.to_vec()]), expect);
    assert_eq!(of(&[&all.to_vec(), &three]), expect);
    assert_eq!(of(&[&one, &two]), expect, "a rejected fragment changes nothing");
    assert_ne!(of(&[&one]).digest, expect.digest);
}

#[test]
fn running_twice_is_running_once() {
    let bad = job("c/prometheus/z");
    let lane = lane(Component::Prometheus, BASE)
        .answered(&[job("a/prometheus/x"), bad.clone()])
        .killed(&[job("d/prometheus/k")]);
    let first = lane.run().unwrap();
    let world = lane.memory.world().objects.clone();
    assert_eq!(lane.run().unwrap(), first);
    assert_eq!(lane.memory.world().objects, world);

    // Again with what it had gathered, because culprits were found: the same batches, once.
    let again = Lane {
        gathered: Some(first.gathered.clone()),
        ..lane
    }
    .culprits(&[bad.problem()]);
    let second = again.run().unwrap();
    assert_eq!(second.gathered, first.gathered);
    assert_eq!((first.accepted, first.held_back, first.rejected), (2, 0, 1));
    assert_eq!((second.accepted, second.held_back, second.rejected), (1, 0, 2));
}

#[test]
fn a_killed_batch_is_split_until_the_poison_is_alone() {
    let poison = job("p/prometheus/poison");
    let fallback = poison.clone().fallback();
    let mut fragments: Vec<Fragment> = (0..20).map(|n| job(&format!("a/prometheus/n{n:02}"))).collect();
    fragments.push(poison.clone());
    let deadly = |batch: &[Fragment]| batch.iter().any(|fragment| fragment.item == poison.item);

    let mut lane = lane(Component::Prometheus, "global: {}")
        .killed(&fragments)
        .answered(&[fallback]);
    let mut rounds = 0;
    let mut response = lane.run().unwrap();
    while response.outcome == Outcome::Split {
        rounds += 1;
        assert!(rounds <= 2 && response.batches.len() <= 8);
        assert_eq!((&response.configuration, &response.verdicts), (&None, &None));
        lane = lane.next(&response);
        for pointer in &response.batches {
            let batch: Batch = get(&lane.memory, pointer);
            let batch: Vec<Fragment> = batch
                .items
                .iter()
                .map(|item| {
                    fragments
                        .iter()
                        .find(|fragment| fragment.item == *item)
                        .unwrap()
                        .clone()
                })
                .collect();
            lane = if deadly(&batch) {
                lane.killed(&batch)
            } else {
                lane.answered(&batch)
            };
        }
        response = lane.run().unwrap();
    }
    assert_eq!(rounds, 2);
    assert_eq!(
        (response.accepted, response.held_back, response.rejected),
        (20, 1, 0)
    );
    assert_eq!(lane.verdicts()[20], "p/prometheus/poison held_back v1 poison");
    let verdicts: Verdicts = get(&lane.memory, &response.verdicts.unwrap());
    assert!(
        verdicts.fragments[20].problems[0]
            .message
            .contains("`States.Timeout`")
    );
}

#[test]
fn a_worker_that_answers_nothing_is_broken_and_no_fragment_is_blamed() {
    let check = |lane: Lane, broken: bool| {
        let answer = lane.run();
        assert_eq!(
            answer.as_ref().err().map(|failure| failure.class),
            broken.then_some(Class::Exhausted)
        );
        assert!(answer.err().is_none_or(|failure| !failure.class.retryable()));
    };
    let of = || lane(Component::Prometheus, BASE);
    let many = |count: usize| {
        (0..count)
            .map(|n| job(&format!("a/prometheus/n{n}")))
            .collect::<Vec<_>>()
    };
    check(of().killed(&many(1)), false);
    // What serves was judged once: not alone with a dead worker is it blamed, only if that answers others.
    let serving = |mut fragment: Fragment| {
        fragment.item.serves = true;
        fragment
    };
    check(of().killed(&[serving(job("a/prometheus/a"))]), true);
    check(
        of().killed(&[serving(job("a/prometheus/a"))])
            .answered(&[job("b/prometheus/b")]),
        false,
    );
    check(of().killed(&many(2)), false);
    check(
        many(2).into_iter().fold(of(), |lane, one| lane.killed(&[one])),
        true,
    );
    check(
        many(2)
            .into_iter()
            .fold(of(), |lane, one| lane.killed(&[one]))
            .answered(&[job("b/prometheus/b")]),
        false,
    );
    check((0..8).fold(of(), |lane, _| lane.killed(&many(100))), true);
}

#[test]
fn poison_in_masses_stays_within_what_an_execution_can_carry() {
    // Every `nth` of so many new fragments kills, and the first so many of what serves, of which as many lie between them; the
    // rest is answered, as were so many batches before.
    let check = |count: usize, nth: usize, of_serving: usize, before: usize, rounds: usize, blamed: usize| {
        let batches = |items: &[Item], size: usize| -> Vec<Batch> {
            let batch = |items: &[Item]| Batch {
                component: Component::Prometheus,
                items: items.to_vec(),
            };
            items.chunks(size).map(batch).collect()
        };
        let new: Vec<Item> = (0..count)
            .map(|n| job(&format!("a/prometheus/n{n:04}")).item)
            .collect();
        let serving = new.iter().cloned().map(|mut item| {
            item.source.key.push_str("-serves.yml");
            item.serves = true;
            item
        });
        let serving: BTreeSet<Item> = serving.collect();
        let deadly: BTreeSet<&Item> = new
            .iter()
            .step_by(nth)
            .chain(serving.iter().take(of_serving))
            .collect();
        let mut items: Vec<Item> = new.iter().cloned().chain(serving.iter().cloned()).collect();
        items.sort();
        let mut answered: BTreeSet<Item> = BTreeSet::new();
        let mut asked = batches(&items, items.len().div_ceil(8));
        let mut gathered = Gathered::default();
        gathered.batches.extend((0..before).map(|n| GatheredBatch {
            batch: Pointer::to(n.to_string().as_bytes()),
            templated: Pointer::to(b"t"),
            judged: Pointer::to(b"j"),
        }));
        let mut seen_rounds = 0;
        while !asked.is_empty() {
            assert!(asked.len() <= 256, "{} at once", asked.len());
            let mut round = Round::default();
            for batch in asked {
                if batch.items.iter().any(|item| deadly.contains(item)) {
                    round.killed.push((batch, "Runtime.ExitError".into()));
                } else {
                    let pointer = Pointer::to(format!("{batch:?}").as_bytes());
                    answered.extend(batch.items);
                    round.answered.push(GatheredBatch {
                        batch: pointer.clone(),
                        templated: pointer.clone(),
                        judged: pointer,
                    });
                }
            }
            // Some other owner's batch is always answered.
            round.answered.push(GatheredBatch {
                batch: Pointer::to(b"fallbacks"),
                templated: Pointer::to(b"t"),
                judged: Pointer::to(b"j"),
            });
            (gathered, asked) = gather(Component::Prometheus, gathered, round).unwrap();
            seen_rounds += 1;
        }
        assert_eq!(
            (seen_rounds, gathered.killed.len(), gathered.waiting.len()),
            (rounds, blamed, 0)
        );
        assert!(gathered.batches.len() <= 564);
        let others = serving.iter().filter(|item| !deadly.contains(item));
        assert!(
            others.into_iter().all(|item| answered.contains(item)),
            "what serves serves on"
        );
        assert!(
            gathered
                .killed
                .iter()
                .all(|killed| killed.alone || !killed.item.serves)
        );
    };
    check(2000, 2000, 0, 0, 4, 1);
    check(2000, 100, 0, 0, 4, 20);
    check(300, 3, 0, 0, 5, 100);
    // As many poisoned as not: what is new is given up, whole batches of it.
    check(10_000, 2, 0, 0, 3, 10_000);
    // One that serves kills too: it is found all the same, however much there was before.
    check(10_000, 2, 1, 0, 7, 10_001);
    check(100, 100, 1, 495, 3, 14);
}

#[test]
fn a_batch_that_is_neither_answered_nor_killed_is_no_request() {
    let mut lane = lane(Component::Prometheus, BASE).answered(&[job("a/prometheus/a")]);
    lane.rounds[0].judged = None;
    assert_eq!(lane.run().unwrap_err().class, Class::InvalidRequest);
}

#[test]
fn each_port_call_may_break_once() {
    let expect = lane_of_all().run().unwrap();
    for call in 1.. {
        let lane = lane_of_all();
        let before = lane.memory.world().calls;
        lane.memory.break_call(before + call);
        match lane.run() {
            Err(failure) => assert_eq!(failure.class, Class::Unavailable),
            Ok(response) => {
                assert_eq!(response, expect);
                assert!(call > 5);
                break;
            }
        }
        assert_eq!(lane.run().unwrap(), expect);
    }
}

fn lane_of_all() -> Lane {
    let bad = job("a/prometheus/bad");
    lane(Component::Prometheus, BASE)
        .culprits(&[bad.problem()])
        .answered(&[bad])
        .answered(&[job("b/prometheus/b")])
}

#[test]
fn a_run_can_move_between_threads_and_its_response_has_every_field() {
    fn is_send<T: Send>(_: &T) {}
    let lane = lane_of_all();
    let text = r#"{"run": "r", "component": "prometheus", "base": null, "fragments": [], "gathered": null,
        "culprits": null}"#;
    let running = run(&lane.memory, serde_json::from_str(text).unwrap());
    is_send(&running);
    let response = serde_json::to_value(running.now_or_never().unwrap().unwrap()).unwrap();
    let fields: Vec<&String> = response.as_object().unwrap().keys().collect();
    assert_eq!(
        fields,
        [
            "accepted",
            "batches",
            "configuration",
            "digest",
            "gathered",
            "held_back",
            "outcome",
            "rejected",
            "verdicts"
        ]
    );
    assert_eq!(response["outcome"], "refused");
}
