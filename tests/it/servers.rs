//! Servers that behave: they load what is live when they are told to, and say truthfully what they run. As the real one, Prometheus
//! refuses what it cannot apply: here its host has no file that a job may name, as the host of a real one in the emulator ring.
//!
//! Faked: Prometheus's and the Blackbox exporter's HTTP. `real_reload.rs` and the emulator ring have the real ones.

use contract::memory::World;
use contract::ports::{HttpAnswer, Method};
use contract::{Component, Failure};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What each server has loaded.
#[derive(Default)]
pub(crate) struct Servers {
    loaded: BTreeMap<Component, BTreeMap<String, String>>,
    reloads: u64,
    /// Whatever a job names is there.
    has_all: bool,
}

/// What a Prometheus says of everything that it cannot apply.
pub(crate) const APPLYING: &str = "failed to reload config: one or more errors occurred while applying the new configuration (--config.file=\"/p\")";

/// Whether a job that runs already would have to open a file that is not there, and has not opened it before; or any job a log of failed
/// scrapes (measured: `workers/promloom/tests/refused_reload.rs` for the first; the emulator ring holds the real one to both).
pub(crate) fn lacks(main: &str, loaded: &str, files: &BTreeSet<String>) -> bool {
    let jobs = |text: &str| -> Vec<yaml::Node> {
        let jobs = tree(text).and_then(|tree| tree.get("scrape_configs").cloned());
        jobs.iter().flat_map(|jobs| jobs.items().to_vec()).collect()
    };
    let before = jobs(loaded);
    let text = |job: &yaml::Node, field: &str| Some(job.get(field)?.text()?.to_owned());
    let file = |job: &yaml::Node| text(job.get("tls_config")?, "ca_file");
    let is_lacking = |file: Option<String>| file.is_some_and(|file| !files.contains(&file));
    jobs(main).iter().any(|job| {
        let old = before
            .iter()
            .find(|old| text(old, "job_name") == text(job, "job_name"));
        let opens_another = old.is_some_and(|old| file(old) != file(job));
        (opens_another && is_lacking(file(job))) || is_lacking(text(job, "scrape_failure_log_file"))
    })
}

impl Servers {
    /// Of which it is said elsewhere what is on their host.
    pub(crate) fn on_any_host() -> Servers {
        Servers {
            has_all: true,
            ..Servers::default()
        }
    }

    /// As `Memory::replicas` wants it.
    pub(crate) fn answering(
        mut self,
    ) -> impl FnMut(&World, Method, &str, &str) -> Result<HttpAnswer, Failure> + Send + 'static {
        move |world, method, url, _address| Ok(self.answer(world, method, url))
    }

    fn answer(&mut self, world: &World, method: Method, url: &str) -> HttpAnswer {
        let component = if url.contains("prometheus") {
            Component::Prometheus
        } else {
            Component::Blackbox
        };
        if method == Method::Post && url.ends_with("/-/reload") {
            let live = world.live_files(component).cloned().unwrap_or_default();
            let main = |files: &BTreeMap<String, String>| {
                files.get(component.main_file()).cloned().unwrap_or_default()
            };
            let loaded = self.loaded.get(&component).map(main).unwrap_or_default();
            if !self.has_all
                && component == Component::Prometheus
                && lacks(&main(&live), &loaded, &BTreeSet::new())
            {
                return HttpAnswer {
                    status: 500,
                    body: APPLYING.to_owned(),
                };
            }
            self.loaded.insert(component, live);
            self.reloads += 1;
            return text(String::new());
        }
        let empty = BTreeMap::new();
        let files = self.loaded.get(&component).unwrap_or(&empty);
        let main = files.get(component.main_file()).cloned().unwrap_or_default();
        match url.rsplit_once("/api/v1/").map(|(_, path)| path) {
            Some("status/runtimeinfo") => data(&json!({
                "reloadConfigSuccess": true,
                "lastConfigTime": format!("2026-11-22T17:00:{:02}Z", self.reloads),
            })),
            Some("status/config") => data(&json!({ "yaml": main })),
            Some(path) if path.starts_with("rules") => data(&json!({ "groups": groups(files) })),
            Some("scrape_pools") => data(&json!({ "scrapePools": jobs(&main) })),
            _ if url.ends_with("/config") => text(main),
            _ if url.ends_with("/metrics") => {
                text(format!("{component}_exporter_config_last_reload_successful 1\n"))
            }
            _ => HttpAnswer {
                status: 404,
                body: format!("no such path: {url}"),
            },
        }
    }
}

fn text(body: String) -> HttpAnswer {
    HttpAnswer { status: 200, body }
}

fn data(data: &Value) -> HttpAnswer {
    text(json!({ "status": "success", "data": data }).to_string())
}

fn tree(text: &str) -> Option<yaml::Node> {
    yaml::read(text.as_bytes(), &yaml::Limits::default()).expect("what was deployed is YAML")
}

fn jobs(main: &str) -> Vec<String> {
    let tree = tree(main);
    let jobs = tree
        .as_ref()
        .and_then(|tree| tree.get("scrape_configs"))
        .map(yaml::Node::items)
        .unwrap_or_default();
    jobs.iter()
        .filter_map(|job| Some(job.get("job_name")?.text()?.to_owned()))
        .collect()
}

fn groups(files: &BTreeMap<String, String>) -> Vec<Value> {
    let mut found = Vec::new();
    for (path, text) in files {
        let Some(tree) = tree(text) else { continue };
        for group in tree.get("groups").map(yaml::Node::items).unwrap_or_default() {
            let rules = group.get("rules").map(yaml::Node::items).unwrap_or_default().iter().map(|rule| {
                let word = |key: &str| rule.get(key).and_then(yaml::Node::text).map(str::to_owned);
                let labels = rule.get("labels").map(yaml::Node::entries).unwrap_or_default().into_iter();
                let labels: BTreeMap<_, _> = labels.filter_map(|(key, value)| Some((key.text()?, value.text()?))).collect();
                json!({ "name": word("record").or(word("alert")), "labels": labels, "query": word("expr") })
            });
            found.push(json!({
                "name": group.get("name").and_then(yaml::Node::text),
                "file": format!("/volume/prometheus/current/{path}"),
                "rules": rules.collect::<Vec<_>>(),
            }));
        }
    }
    found
}
