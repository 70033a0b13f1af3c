//! Servers that behave: they load what is live when they are told to, and say truthfully what they run.
//!
//! Faked: Prometheus's and the Blackbox exporter's HTTP. `real_reload.rs` and the emulator ring have the real ones.

use contract::memory::World;
use contract::ports::{HttpAnswer, Method};
use contract::{Component, Failure};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What each server has loaded.
#[derive(Default)]
pub(crate) struct Servers {
    loaded: BTreeMap<Component, BTreeMap<String, String>>,
    reloads: u64,
}

impl Servers {
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
            self.loaded.insert(
                component,
                world.live_files(component).cloned().unwrap_or_default(),
            );
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
                let labels = rule.get("labels").map(yaml::Node::entries).unwrap_or_default().iter();
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
