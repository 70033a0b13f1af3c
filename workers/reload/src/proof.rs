//! What a replica shows, and what that proves (design 5.1, 5.2, 5.10).
//!
//! In: the configuration, the answers of one replica. Out: what is proven and what is missing, a sentence
//! each. Never: a port; a wait; trust in one sign alone. Prometheus shows the new file in `status/config`
//! even when applying it failed, keeps the old rules if one rule file is bad, and drops a job whose pool
//! cannot be made: so each half has a marker of its own, the rule files and jobs are compared with the
//! configuration, and `reloadConfigSuccess` is asked.

use contract::ports::HttpAnswer;
use contract::{Component, Configuration, NOT_APPLIED};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Limits, Node};

/// What a replica answered, by path.
pub(crate) type Answers = BTreeMap<&'static str, HttpAnswer>;

const RUNTIME: &str = "/api/v1/status/runtimeinfo";
const CONFIG: &str = "/api/v1/status/config";
const RULES: &str = "/api/v1/rules?exclude_alerts=true";
const POOLS: &str = "/api/v1/scrape_pools";
const BLACKBOX_CONFIG: &str = "/config";
const BLACKBOX_METRICS: &str = "/metrics";

/// What a replica has to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    Prometheus {
        /// The short digest in both markers.
        generation: String,
        /// Every file of the configuration that holds a rule.
        rule_files: BTreeSet<String>,
        /// Every scrape job of the main file.
        jobs: BTreeSet<String>,
        /// Whether the main file takes jobs from elsewhere as well (`scrape_config_files`).
        more_jobs: bool,
    },
    Blackbox {
        generation: String,
    },
    /// It shows nothing of its configuration. (`/metrics` would call `CloudWatch` for every metric, which
    /// costs money.)
    Cloudwatch,
}

impl Expected {
    /// What shows that this configuration runs; or why it cannot be read.
    pub(crate) fn of(configuration: &Configuration) -> Result<Expected, String> {
        let generation = configuration.digest.short().to_owned();
        match configuration.component {
            Component::Prometheus => {}
            Component::Blackbox => return Ok(Expected::Blackbox { generation }),
            Component::Cloudwatch => return Ok(Expected::Cloudwatch),
        }
        let main = Component::Prometheus.main_file();
        let mut rule_files = BTreeSet::new();
        let mut jobs = BTreeSet::new();
        let mut more_jobs = false;
        for (path, text) in &configuration.files {
            let Some(root) = read(text).map_err(|why| format!("`{path}`: {why}"))? else {
                continue;
            };
            if path == main {
                let names = items(&root, "scrape_configs")
                    .iter()
                    .filter_map(|job| job.get("job_name")?.text());
                jobs.extend(names.map(str::to_owned));
                more_jobs = !items(&root, "scrape_config_files").is_empty();
            } else if items(&root, "groups")
                .iter()
                .any(|group| !items(group, "rules").is_empty())
            {
                // Prometheus does not show a file in which there is no rule.
                rule_files.insert(path.clone());
            }
        }
        Ok(Expected::Prometheus {
            generation,
            rule_files,
            jobs,
            more_jobs,
        })
    }

    pub(crate) fn component(&self) -> Component {
        match self {
            Self::Prometheus { .. } => Component::Prometheus,
            Self::Blackbox { .. } => Component::Blackbox,
            Self::Cloudwatch => Component::Cloudwatch,
        }
    }

    /// What to ask.
    pub(crate) fn paths(&self) -> &'static [&'static str] {
        match self {
            Self::Prometheus { .. } => &[RUNTIME, CONFIG, RULES, POOLS],
            Self::Blackbox { .. } => &[BLACKBOX_CONFIG, BLACKBOX_METRICS],
            Self::Cloudwatch => &[],
        }
    }

    /// Why the best that a replica can show is no proof; none where it is one.
    pub(crate) fn cannot_be_proven(&self) -> Option<String> {
        match self {
            Self::Prometheus { .. } | Self::Blackbox { .. } => None,
            Self::Cloudwatch => Some(NOT_SHOWN.to_owned()),
        }
    }
}

const NOT_SHOWN: &str = "the CloudWatch exporter took the reload without an error, but does not show its \
     configuration; a changed `region` or `role_arn` needs a restart";

fn read(text: &str) -> Result<Option<Node>, String> {
    yaml::read(text.as_bytes(), &Limits::of_a_whole()).map_err(|findings| match findings.into_iter().next() {
        Some(finding) => finding.message,
        None => "it is no YAML".to_owned(),
    })
}

fn items<'a>(node: &'a Node, key: &str) -> &'a [Node] {
    node.get(key).map(Node::items).unwrap_or_default()
}

/// What a replica's answers prove.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Judgement {
    /// What is proven.
    pub(crate) proven: Vec<String>,
    /// What is not.
    pub(crate) missing: Vec<String>,
    /// What is missing comes without another reload: jobs show up to 5 s late (design 5.10).
    pub(crate) settles: bool,
    /// Jobs of the configuration that it does not show.
    pub(crate) absent_jobs: BTreeSet<String>,
}

impl Judgement {
    /// Nothing is missing.
    pub(crate) fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// All of it in one line.
    pub(crate) fn sentence(&self) -> String {
        let mut all = self.missing.clone();
        all.extend(self.proven.iter().cloned());
        all.join(", ")
    }
}

/// When a Prometheus last loaded a configuration, as it says it; empty if it does not say it.
pub(crate) fn loaded_at(answers: &Answers) -> String {
    let data = data(answers, RUNTIME).unwrap_or_default();
    data["lastConfigTime"].as_str().unwrap_or_default().to_owned()
}

/// Whether this body says only that something failed.
pub(crate) fn is_generic(body: &str) -> bool {
    body.contains(NOT_APPLIED)
}

/// What these answers prove. After a reload, `loaded_before` is [`loaded_at`] of before it.
pub(crate) fn judge(expected: &Expected, loaded_before: Option<&str>, answers: &Answers) -> Judgement {
    let (signs, settles) = match expected {
        Expected::Prometheus {
            generation,
            rule_files,
            jobs,
            more_jobs,
        } => {
            let mut signs = vec![
                success(loaded_before, answers),
                main_file(generation, answers),
                rules(generation, rule_files, answers),
            ];
            // An answer that cannot be read shows nothing of jobs.
            let settles = signs.iter().all(Result::is_ok) && data(answers, POOLS).is_ok();
            signs.push(pools(jobs, *more_jobs, answers));
            (signs, settles)
        }
        Expected::Blackbox { generation } => {
            (vec![modules(generation, answers), last_reload(answers)], false)
        }
        Expected::Cloudwatch => (vec![Ok(NOT_SHOWN.to_owned())], false),
    };
    let mut judgement = Judgement {
        settles,
        absent_jobs: absent_jobs(expected, answers),
        ..Judgement::default()
    };
    for sign in signs {
        match sign {
            Ok(proven) => judgement.proven.push(proven),
            Err(missing) => judgement.missing.push(missing),
        }
    }
    judgement
}

/// One sign: what it proves, or what is missing.
type Sign = Result<String, String>;

/// The body of a 2xx.
fn body<'a>(answers: &'a Answers, path: &str) -> Result<&'a str, String> {
    match answers.get(path) {
        Some(answer) if (200..300).contains(&answer.status) => Ok(&answer.body),
        Some(answer) => Err(format!("`{path}` answered {}", answer.status)),
        None => Err(format!("`{path}` was not asked")),
    }
}

/// The data of an answer of Prometheus' API.
fn data(answers: &Answers, path: &str) -> Result<Value, String> {
    let mut value: Value =
        serde_json::from_str(body(answers, path)?).map_err(|_| format!("`{path}` did not answer JSON"))?;
    Ok(value["data"].take())
}

fn success(loaded_before: Option<&str>, answers: &Answers) -> Sign {
    let data = data(answers, RUNTIME)?;
    if data["reloadConfigSuccess"] != true {
        return Err("`reloadConfigSuccess` is not true".to_owned());
    }
    let at = data["lastConfigTime"].as_str().unwrap_or("nothing");
    match loaded_before {
        Some(before) if before == at => Err(format!("`lastConfigTime` is still {at}")),
        Some(_) | None => Ok(format!("`reloadConfigSuccess` is true, `lastConfigTime` is {at}")),
    }
}

fn main_file(generation: &str, answers: &Answers) -> Sign {
    let marker = format!("generation-{generation}");
    let data = data(answers, CONFIG)?;
    match data["yaml"].as_str() {
        Some(text) if text.contains(&marker) => Ok(format!("the configuration holds `{marker}`")),
        Some(_) | None => Err(format!("the configuration does not hold `{marker}`")),
    }
}

fn rules(generation: &str, expected: &BTreeSet<String>, answers: &Answers) -> Sign {
    let data = data(answers, RULES)?;
    let none = Vec::new();
    let groups = data["groups"].as_array().unwrap_or(&none);
    let mut markers: BTreeMap<&str, &str> = BTreeMap::new();
    for group in groups {
        let file = group["file"].as_str().unwrap_or_default();
        for rule in group["rules"].as_array().unwrap_or(&none) {
            if rule["name"] == "config_generation_info" {
                markers.insert(rule["labels"]["generation"].as_str().unwrap_or("?"), file);
            }
        }
    }
    let shown = markers.keys().copied().collect::<Vec<_>>().join("`, `");
    let Some((_, file)) = markers
        .first_key_value()
        .filter(|(shown, _)| markers.len() == 1 && **shown == generation)
    else {
        return Err(format!(
            "the rules are of generation `{shown}`, not `{generation}`"
        ));
    };
    // Prometheus shows whole paths; the marker tells where those of the configuration begin.
    let Some(folder) = expected.iter().find_map(|path| file.strip_suffix(path.as_str())) else {
        return Err(format!(
            "the marker of the rules lies in `{file}`, which is not of this configuration"
        ));
    };
    let loaded: BTreeSet<&str> = groups
        .iter()
        .filter_map(|group| group["file"].as_str()?.strip_prefix(folder))
        .collect();
    match difference(&expected.iter().map(String::as_str).collect(), &loaded) {
        None => Ok(format!(
            "the rules are of generation `{generation}`, in all {} files",
            expected.len()
        )),
        Some(difference) => Err(format!("the rule files differ: {difference}")),
    }
}

fn pools(expected: &BTreeSet<String>, more_jobs: bool, answers: &Answers) -> Sign {
    let data = data(answers, POOLS)?;
    let none = Vec::new();
    let pools = data["scrapePools"].as_array().unwrap_or(&none);
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    let mut shown: BTreeSet<&str> = pools.iter().filter_map(Value::as_str).collect();
    if more_jobs {
        shown.retain(|job| expected.contains(job));
    }
    match difference(&expected, &shown) {
        None => Ok(format!("all {} jobs are there", expected.len())),
        Some(difference) => Err(format!("the jobs differ: {difference}")),
    }
}

fn absent_jobs(expected: &Expected, answers: &Answers) -> BTreeSet<String> {
    let Expected::Prometheus { jobs, .. } = expected else {
        return BTreeSet::new();
    };
    let data = data(answers, POOLS).unwrap_or_default();
    let none = Vec::new();
    let shown = data["scrapePools"].as_array().unwrap_or(&none);
    jobs.iter()
        .filter(|job| !shown.iter().any(|pool| pool == job.as_str()))
        .cloned()
        .collect()
}

/// What is missing and what is too much, the first of each.
fn difference(expected: &BTreeSet<&str>, shown: &BTreeSet<&str>) -> Option<String> {
    let tell = |what: &str, from: &BTreeSet<&str>, without: &BTreeSet<&str>| {
        let mut names = from.difference(without);
        let first = names.next()?;
        let more = names.count();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Some(format!("{what} `{first}`{more}"))
    };
    let told = [tell("without", expected, shown), tell("with", shown, expected)];
    let told: Vec<String> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn modules(generation: &str, answers: &Answers) -> Sign {
    let marker = format!("promloom_generation_{generation}");
    if body(answers, BLACKBOX_CONFIG)?.contains(&marker) {
        Ok(format!("the modules hold `{marker}`"))
    } else {
        Err(format!("the modules do not hold `{marker}`"))
    }
}

fn last_reload(answers: &Answers) -> Sign {
    let name = "blackbox_exporter_config_last_reload_successful";
    let mut lines = body(answers, BLACKBOX_METRICS)?.lines();
    match lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')) {
        Some("1") => Ok(format!("`{name}` is 1")),
        Some(_) | None => Err(format!("`{name}` is not 1")),
    }
}

#[cfg(test)]
mod tests;
