//! What the real tool is asked in a whole run. In: a bucket, the whole definition over memory. Out: each process with the files that it
//! was shown.

use crate::stage::Stage;
use contract::memory::silent;
use contract::ports::ToolEnd;
use serde_json::json;
use std::sync::{Arc, Mutex};

#[test]
fn rules_are_shown_to_the_tool_once() {
    let stage = Stage::new();
    stage.memory.put(
        "base/prometheus.yml",
        "global: {scrape_interval: 1m}\nrule_files: [rules/*.yml]\nscrape_configs: [{job_name: base}]\n",
    );
    for owner in ["payments", "shop"] {
        let text = format!(
            "scrape_configs: [{{job_name: {owner}}}]\ngroups: [{{name: g, rules: [{{record: {owner}, expr: up}}]}}]\n"
        );
        stage.memory.put(&format!("apps/{owner}/prometheus/x.yml"), text);
    }
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    stage.memory.tool(move |call| {
        // Which of the teams' words each of its files holds.
        let shown = call.files.values().map(|text| {
            let words = ["base", "payments", "shop", "config_generation_info"].into_iter();
            words
                .filter(|word| text.contains(word))
                .collect::<Vec<_>>()
                .join("+")
        });
        let shown: Vec<String> = shown.collect();
        seen.lock()
            .unwrap()
            .push(format!("{}: {}", call.arguments[1], shown.join(" ")));
        Ok(silent(ToolEnd::Exited(0)))
    });
    let ended = stage.run("push-1", json!({}));
    assert_eq!(ended.lanes()["prometheus"], "deployed", "{:?}", ended.outcome);
    let mut calls = calls.lock().unwrap().clone();
    calls.sort();
    assert_eq!(
        calls,
        [
            "config: base base+payments base+shop",
            "config: base+payments+shop",
            "rules: config_generation_info",
            "rules: payments shop",
        ]
    );
}
