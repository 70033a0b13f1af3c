//! Deploy and reload against the real processes: what they load, how they refuse, and that a roll back is a
//! roll back.
//!
//! Real: the volume, HTTP, the clock, Prometheus and the Blackbox exporter. In memory: documents and the
//! head.

use contract::memory::Memory;
use contract::ports::{
    CallReplica, Clock, Etag, HttpAnswer, Method, ReadObject, ReadProjection, Volume, WriteObject as _,
    WriteProjection,
};
use contract::{Class, Component, Configuration, Digest, Failure, Generation, Pointer, Timestamp};
use os::{Folder, Http, SystemClock};
use policy::Policy;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
use tempfile::TempDir;
use yaml::Node;

/// The path in that variable, or a printed line that says that the test is skipped and why.
pub(crate) fn program_or_skip(variable: &str, test: &str) -> Option<String> {
    let found = std::env::vars()
        .find(|(key, _)| key == variable)
        .map(|(_, value)| value);
    if found.is_none() {
        println!("skipped: {test}: {variable} is not set (`make test` sets it)");
    }
    found
}

/// A desk with one process, which is ended with it.
pub(crate) struct Desk {
    component: Component,
    memory: Memory,
    folder: TempDir,
    volume: Folder,
    settings: reload::Settings,
    process: Option<Child>,
    pinned: u64,
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().expect("it can be ended");
            process.wait().expect("it ends");
        }
    }
}

impl Desk {
    pub(crate) fn new(component: Component) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Desk {
            component,
            memory: Memory::default(),
            volume: Folder::new(folder.path()),
            folder,
            settings: reload::Settings {
                urls: BTreeMap::from([(component, format!("http://127.0.0.1:{port}"))]),
                patience_seconds: 30,
                ..reload::Settings::default()
            },
            process: None,
            pinned: 0,
        }
    }

    fn url(&self) -> &str {
        &self.settings.urls[&self.component]
    }

    pub(crate) async fn start(&mut self, program: &str, more: &[String]) {
        let current = self.folder.path().join(self.component.name()).join("current");
        let log = File::create(self.folder.path().join("log")).unwrap();
        let process = Command::new(program)
            .arg(format!(
                "--config.file={}",
                current.join(self.component.main_file()).display()
            ))
            .arg(format!(
                "--web.listen-address={}",
                self.url().trim_start_matches("http://")
            ))
            .args(more)
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn();
        self.process = Some(process.expect("the program starts"));
        let ready = if self.component == Component::Prometheus {
            "/-/ready"
        } else {
            "/-/healthy"
        };
        self.until(ready, |answer| (answer.status == 200).then_some(()))
            .await;
    }

    /// What this path shows, as soon as it shows it.
    pub(crate) async fn until<T>(&self, path: &str, found: impl Fn(&HttpAnswer) -> Option<T>) -> T {
        let address = self.url().trim_start_matches("http://");
        for _ in 0..300 {
            let url = format!("{}{path}", self.url());
            let answer = Http
                .call(Method::Get, &url, address, Duration::from_secs(10))
                .await;
            if let Some(found) = answer.ok().as_ref().and_then(&found) {
                return found;
            }
            SystemClock.sleep(Duration::from_millis(100)).await;
        }
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("{path} never showed it; the log says:\n{log}");
    }

    pub(crate) async fn deploy(&mut self, files: &[(&str, String)]) -> deploy::Response {
        let digest = Digest::of(format!("{files:?}").as_bytes());
        let short = digest.short();
        let marked = |(path, text): &(&str, String)| ((*path).to_owned(), text.replace("GENERATION", short));
        let mut files: BTreeMap<String, String> = files.iter().map(marked).collect();
        if self.component == Component::Prometheus {
            let generation_info = format!(
                "groups:\n- name: generation\n  rules:\n  - record: config_generation_info\n    expr: vector(1)\n\
                 \x20   labels: {{ generation: {short} }}\n"
            );
            files.insert("rules/generation.yml".to_owned(), generation_info);
        }
        let document = Configuration {
            component: self.component,
            digest,
            size: contract::Size::default(),
            jobs: BTreeMap::new(),
            files,
        };
        let document = serde_json::to_vec(&document).unwrap();
        self.pinned += 1;
        let request = deploy::Request::Forward {
            run: format!("run-{}", self.pinned),
            component: self.component,
            pinned_at: Timestamp::from_millis(self.pinned),
            replay: false,
            allow_shrink: false,
            suspicion: None,
            policy: None,
            configuration: self.memory.write_object(document).await.unwrap(),
            verdicts: Pointer::to(b"verdicts"),
        };
        let response = deploy::run(self, request).await.unwrap();
        assert_eq!(response.outcome, deploy::Outcome::Deployed);
        response
    }

    async fn reload(&self, generation: &Generation) -> Result<reload::Response, Failure> {
        let request = reload::Request {
            run: generation.run.clone(),
            component: self.component,
            generation: generation.clone(),
        };
        reload::run(self, &self.settings, request).await
    }

    async fn prove(&self, generation: &Generation, reloaded: bool) {
        let response = self.reload(generation).await.unwrap();
        assert_eq!(response.outcome, reload::Outcome::Proven, "{response:?}");
        assert_eq!(response.replicas[0].reloaded, reloaded, "{response:?}");
    }

    /// Deploys it, sees it refused, and rolls back; ends with what was told of the refusal.
    async fn refused(&mut self, files: &[(&str, String)]) -> String {
        let deployed = self.deploy(files).await;
        let failure = self.reload(&deployed.generation).await.unwrap_err();
        assert_eq!(failure.class, Class::ReloadRefused, "{failure:?}");
        let previous = deployed.previous.unwrap();
        let request = deploy::Request::Back {
            run: deployed.generation.run.clone(),
            component: self.component,
            generation: deployed.generation,
            previous: previous.clone(),
        };
        let back = deploy::run(self, request).await.unwrap();
        assert_eq!(
            (back.outcome, &back.generation),
            (deploy::Outcome::RolledBack, &previous)
        );
        self.prove(&previous, true).await;
        failure.chain()
    }

    /// Since when the team's alert is pending.
    async fn active_at(&self) -> String {
        self.until("/api/v1/alerts", |answer| {
            let value: Value = serde_json::from_str(&answer.body).ok()?;
            Some(value["data"]["alerts"][0]["activeAt"].as_str()?.to_owned())
        })
        .await
    }
}

pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(future)
}

/// A Prometheus of that one job and that one file of a team's rules.
fn prometheus(job: &str, rules: &str) -> [(&'static str, String); 2] {
    let main = format!(
        "global: {{ evaluation_interval: 1s }}\nrule_files: [ rules/*.yml, generation-GENERATION ]\n\
         scrape_configs:\n- job_name: {job}\n  static_configs: [ {{ targets: [ \"127.0.0.1:1\" ] }} ]\n"
    );
    [
        ("prometheus.yml", main),
        ("rules/payments--latency.yml", rules.to_owned()),
    ]
}

const RULES: &str = "groups:\n- name: latency\n  rules:\n  - alert: Slow\n    expr: vector(1)\n    for: 1h\n";

#[test]
fn prometheus_loads_refuses_and_goes_back() {
    let Some(program) = program_or_skip("PROMETHEUS", "reloading the real Prometheus") else {
        return;
    };
    wait(async {
        let mut desk = Desk::new(Component::Prometheus);
        let first = desk.deploy(&prometheus("first", RULES)).await;
        let data = desk.folder.path().join("data");
        let more = [
            "--web.enable-lifecycle".to_owned(),
            format!("--storage.tsdb.path={}", data.display()),
        ];
        desk.start(&program, &more).await;
        // Its jobs are not there yet, a moment after its start, so it may be made to reload.
        desk.reload(&first.generation).await.unwrap();
        desk.prove(&first.generation, false).await;
        let pending = desk.active_at().await;

        let second = desk.deploy(&prometheus("second", RULES)).await;
        desk.prove(&second.generation, true).await;
        desk.prove(&second.generation, false).await;
        assert_eq!(desk.active_at().await, pending, "`for:` goes on over a flip");

        let bad_rule = RULES.replace("vector(1)", "vector(");
        let told = desk.refused(&prometheus("third", &bad_rule)).await;
        let generic = "one or more errors occurred while applying the new configuration";
        assert!(
            told.contains("/-/reload; the cause is in the server's log"),
            "{told}"
        );
        assert!(told.contains(generic), "{told}");

        let told = desk
            .refused(&prometheus("fourth\n  metric_path: /x", RULES))
            .await;
        assert!(
            told.contains("field metric_path not found in type config.ScrapeConfig"),
            "{told}"
        );
        assert_eq!(
            desk.active_at().await,
            pending,
            "`for:` goes on over refusals and roll backs"
        );
    });
}

/// The server scrapes itself as a team's job does that tries everything to be somebody else.
#[test]
fn nothing_undoes_the_owner_label() {
    const FRAGMENT: &str = "\
scrape_configs:
- job_name: self
  scrape_interval: 1s
  honor_labels: true
  static_configs: [{targets: [TARGET], labels: {owner: bank}}]
  relabel_configs:
  - {target_label: owner, replacement: bank}
  - {action: labeldrop, regex: owner}
  metric_relabel_configs:
  - {source_labels: [__name__], target_label: owner}
  - {action: labelkeep, regex: __name__|job}
groups:
- name: g
  interval: 1s
  labels: {owner: bank}
  rules:
  - {record: recorded, expr: up, labels: {owner: bank}}
  - {alert: Always, expr: vector(1)}
";
    let Some(program) = program_or_skip("PROMETHEUS", "the owner label in the real Prometheus") else {
        return;
    };
    wait(async {
        let mut desk = Desk::new(Component::Prometheus);
        let text = FRAGMENT.replace("TARGET", desk.url().trim_start_matches("http://"));
        let tree = yaml::read(text.as_bytes(), &yaml::Limits::default())
            .unwrap()
            .unwrap();
        let enforced = policy::enforce(&Policy::default(), Component::Prometheus, "shop", &tree);
        let section = |name: &str| {
            let section = enforced.get(name).unwrap().clone();
            yaml::print(&Node::map(vec![(Node::plain(name), section)])).text
        };
        let jobs = section("scrape_configs");
        let main = format!("rule_files: [ rules/*.yml, generation-GENERATION ]\n{jobs}");
        desk.deploy(&[
            ("prometheus.yml", main),
            ("rules/shop--all.yml", section("groups")),
        ])
        .await;
        let data = desk.folder.path().join("data");
        desk.start(&program, &[format!("--storage.tsdb.path={}", data.display())])
            .await;
        for series in ["up", "prometheus_build_info", "recorded", "ALERTS"] {
            let path = format!("/api/v1/query?query={series}");
            let owners = desk.until(&path, |answer| {
                let value: Value = serde_json::from_str(&answer.body).ok()?;
                let found = value["data"]["result"].as_array()?;
                let owner = |one: &Value| one["metric"]["owner"].as_str().map(str::to_owned);
                (!found.is_empty()).then(|| found.iter().map(owner).collect::<Vec<_>>())
            });
            assert_eq!(owners.await, [Some("shop".to_owned())], "{series}");
        }
    });
}

#[test]
fn blackbox_loads_refuses_and_goes_back() {
    let Some(program) = program_or_skip("BLACKBOX_EXPORTER", "the real Blackbox exporter") else {
        return;
    };
    let modules = |prober: &str| {
        let marker = "promloom_generation_GENERATION: { prober: http }";
        let text = format!("modules:\n  {marker}\n  team: {prober}\n");
        [("blackbox.yml", text)]
    };
    wait(async {
        let mut desk = Desk::new(Component::Blackbox);
        let first = desk.deploy(&modules("{ prober: http }")).await;
        desk.start(&program, &[]).await;
        desk.prove(&first.generation, false).await;
        let second = desk.deploy(&modules("{ prober: tcp }")).await;
        desk.prove(&second.generation, true).await;
        let told = desk.refused(&modules("{ prober: http, timeout: soon }")).await;
        assert!(
            told.contains("which was answered 500: failed to reload config: error parsing"),
            "{told}"
        );
    });
}

#[test]
fn a_prometheus_without_its_flag_is_told_about_it() {
    let Some(program) = program_or_skip("PROMETHEUS", "a Prometheus without its flag") else {
        return;
    };
    wait(async {
        let mut desk = Desk::new(Component::Prometheus);
        desk.deploy(&prometheus("first", RULES)).await;
        let data = desk.folder.path().join("data");
        desk.start(&program, &[format!("--storage.tsdb.path={}", data.display())])
            .await;
        let second = desk.deploy(&prometheus("second", RULES)).await;
        let told = desk.reload(&second.generation).await.unwrap_err().chain();
        assert!(
            told.contains("which was answered 403: Lifecycle API is not enabled.; by POST"),
            "{told}"
        );
        assert!(told.ends_with("with `--web.enable-lifecycle`?"), "{told}");
    });
}

#[test]
fn a_prometheus_that_is_down_is_unavailable() {
    wait(async {
        let mut desk = Desk::new(Component::Prometheus);
        let first = desk.deploy(&prometheus("first", RULES)).await;
        let failure = desk.reload(&first.generation).await.unwrap_err();
        assert_eq!(failure.class, Class::Unavailable);
        assert!(
            failure
                .chain()
                .contains("nothing listens there: is the process up?"),
            "{failure:?}"
        );
        assert!(
            Path::new(desk.folder.path())
                .join("prometheus/current/prometheus.yml")
                .exists()
        );
    });
}

impl Volume for Desk {
    async fn live(&self, component: Component) -> Result<Option<Generation>, Failure> {
        self.volume.live(component).await
    }
    async fn generations(&self, component: Component) -> Result<Vec<Generation>, Failure> {
        self.volume.generations(component).await
    }
    async fn file_digests(
        &self,
        component: Component,
        generation: &Generation,
    ) -> Result<BTreeMap<String, Digest>, Failure> {
        self.volume.file_digests(component, generation).await
    }
    async fn stage(
        &self,
        component: Component,
        generation: &Generation,
        files: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        self.volume.stage(component, generation, files).await
    }
    async fn flip(
        &self,
        component: Component,
        from: Option<&Generation>,
        to: &Generation,
    ) -> Result<(), Failure> {
        self.volume.flip(component, from, to).await
    }
    async fn remove(&self, component: Component, generation: &Generation) -> Result<(), Failure> {
        self.volume.remove(component, generation).await
    }
}

impl CallReplica for Desk {
    async fn addresses(&self, url: &str) -> Result<Vec<String>, Failure> {
        Http.addresses(url).await
    }
    async fn call(
        &self,
        method: Method,
        url: &str,
        address: &str,
        timeout: Duration,
    ) -> Result<HttpAnswer, Failure> {
        Http.call(method, url, address, timeout).await
    }
}

impl Clock for Desk {
    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
    async fn sleep(&self, duration: Duration) {
        SystemClock.sleep(duration).await;
    }
}

impl ReadObject for Desk {
    async fn read_object(&self, pointer: &Pointer) -> Result<Vec<u8>, Failure> {
        self.memory.read_object(pointer).await
    }
}

impl ReadProjection for Desk {
    async fn read_projection(&self, name: &str) -> Result<Option<(Value, Etag)>, Failure> {
        self.memory.read_projection(name).await
    }
}

impl WriteProjection for Desk {
    async fn write_projection(
        &self,
        name: &str,
        value: &Value,
        replaces: Option<&Etag>,
    ) -> Result<(), Failure> {
        self.memory.write_projection(name, value, replaces).await
    }
}
