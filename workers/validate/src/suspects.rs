//! Whose new version a server may mean that refused a configuration which the real tool had accepted. In: its words, the main file,
//! what is new. Out: the entries that its words name; or the places where something new makes it look at what only it sees.
//! Never: a version that serves already; more than a suspicion, for words can be forged and silence says nothing.
//!
//! From Prometheus's source, and measured on a running one: what it cannot use when it applies a configuration it answers with 500
//! and one sentence for all of it, for a job that runs already (a new job is left out without a word) and for the file of failed
//! scrapes. Passwords, tokens, service discovery and `oauth2` are looked at later, and refuse nothing. The same sentence is all it says of a
//! file of rules that it does not understand (a field, a function), which a server can lack that is older than the real tool.

use crate::subject::place;
use crate::together::Claimant;
use contract::{Component, NOT_APPLIED, Problem, Severity, Source, Suspicion};
use std::collections::BTreeSet;
use yaml::{Limits, Node};

/// What of a job's `tls_config` is opened, or understood, only when it is applied.
const TLS: [&str; 10] = [
    "ca",
    "ca_file",
    "ca_ref",
    "cert",
    "cert_file",
    "cert_ref",
    "key",
    "key_file",
    "key_ref",
    "max_version",
];

/// An entry of the shared file (a job, a module) that a server's words name.
#[derive(Debug)]
pub(crate) struct Named<'a> {
    pub source: &'a Source,
    /// A tree with that entry only.
    pub tree: Node,
    /// What is said of it.
    pub message: String,
}

/// What of these versions the words are about: by a line of the main file, else by a job's name.
pub(crate) fn named<'a>(
    component: Component,
    words: &str,
    main: &str,
    new: &[Claimant<'a>],
) -> Vec<Named<'a>> {
    let lines = lines(component, words);
    let tree = Some(main).filter(|_| !lines.is_empty());
    let tree = tree.and_then(|main| yaml::read(main.as_bytes(), &Limits::of_a_whole()).ok()?);
    let of_lines = lines.iter().filter_map(|(line, message)| {
        let name = entry_at(component, tree.as_ref()?, *line)?;
        named_by(component, name, message, new)
    });
    let mut all: Vec<Named<'a>> = of_lines.collect();
    if all.is_empty()
        && let Some(name) = crate::said::job_name(words)
    {
        let sentence = sentences(words)
            .find(|said| said.contains("job name "))
            .unwrap_or(words);
        let sentence = sentence
            .rsplit_once(".yml: ")
            .map_or(sentence, |(_, sentence)| sentence);
        all.extend(named_by(component, &name, sentence, new));
    }
    all
}

fn named_by<'a>(component: Component, name: &str, message: &str, new: &[Claimant<'a>]) -> Option<Named<'a>> {
    let section = component.shared_section();
    new.iter().find_map(|claimant| {
        let shared = claimant.tree.get(section)?;
        let job = shared.items().iter().find(|job| job_name(job) == Some(name));
        let mut modules = shared.entries().into_iter();
        let module = modules.find(|(key, _)| key.text() == Some(name));
        let only = match (job, module) {
            (Some(job), _) => Node::seq(vec![job.clone()]),
            (None, Some(module)) => Node::map(vec![(module.0.clone(), module.1.clone())]),
            (None, None) => return None,
        };
        Some(Named {
            source: claimant.source,
            tree: Node::map(vec![(Node::plain(section), only)]),
            message: message.to_owned(),
        })
    })
}

/// What one replica says, and what follows it: how it was asked, another replica.
fn sentences(words: &str) -> impl Iterator<Item = &str> {
    words.split("; ")
}

/// Every `line 12: what` of the words, which are on one line, where the file that they name is the main one, or they name none. Each
/// once: several replicas may say the same.
fn lines(component: Component, words: &str) -> BTreeSet<(u32, String)> {
    let mut found: Vec<(u32, String)> = Vec::new();
    let mut parts = words.split(" line ");
    let mut file = parts.next().and_then(last_file);
    for part in parts {
        let is_of_main = file.is_none_or(|file| file == component.main_file());
        if let Some((number, message)) = part.split_once(": ")
            && let Ok(number) = number.parse()
        {
            let message = sentences(message).next().unwrap_or(message);
            if is_of_main {
                found.push((number, message.trim().to_owned()));
            }
        } else if let Some((_, message)) = found.last_mut() {
            message.push_str(" line ");
            message.push_str(part);
        }
        file = last_file(part).or(file);
    }
    found.into_iter().collect()
}

/// The name of the last YAML file in the words, without its folder.
fn last_file(words: &str) -> Option<&str> {
    let is_divider = |c: char| c.is_whitespace() || "\"'`():,;=/".contains(c);
    let is_yaml = |word: &&str| matches!(word.rsplit_once('.'), Some((_, "yml" | "yaml")));
    words.split(is_divider).rfind(is_yaml)
}

/// The name of the job or module that a line of the main file belongs to.
fn entry_at(component: Component, main: &Node, line: u32) -> Option<&str> {
    let is_before = |at: &Node| at.at.line <= line;
    let (section, shared) = main.written().iter().rfind(|(key, _)| is_before(key))?;
    if section.text() != Some(component.shared_section()) {
        return None;
    }
    let job = shared.items().iter().rfind(|job| is_before(job));
    let module = shared.written().iter().rfind(|(key, _)| is_before(key));
    let name = match (job, module) {
        (Some(job), _) => job.get("job_name")?,
        (None, Some((key, _))) => key,
        (None, None) => return None,
    };
    name.text()
}

/// What the server looks at only when it applies a configuration.
enum Look<'a> {
    Field {
        job: &'a str,
        field: &'a str,
        value: &'a Node,
        /// It is new to a server that refuses for it: it may be why.
        likely: bool,
    },
    /// Rules that are new, by the key that they stand under.
    Rules(&'a Node),
}

/// More places of one version are not told: one is enough to leave it out.
const TOLD: usize = 50;

/// Whom a server may mean that says only that it could not apply something.
#[derive(Debug, Default)]
pub(crate) struct Silent {
    /// Of those who were suspected before in that version: everything.
    pub known: Vec<Problem>,
    /// Of all: what was changed that a server refuses for in a job that runs already.
    pub likely: Vec<Problem>,
    /// Of all: whatever of a job a server looks at, also what is as it was, and what a new job has.
    pub uses: Vec<Problem>,
    /// Of all: rules that are new.
    pub rules: Vec<Problem>,
}

/// Of a server that says only that it could not apply something.
pub(crate) fn silent(
    component: Component,
    words: &str,
    new: &[Claimant<'_>],
    suspected_before: impl Fn(&Source) -> bool,
) -> Silent {
    let mut silent = Silent::default();
    if component != Component::Prometheus || !words.contains(NOT_APPLIED) {
        return silent;
    }
    for claimant in new {
        let looks = looks(claimant);
        let told = |is_it: fn(&Look<'_>) -> bool| -> Vec<Problem> {
            let looks = looks.iter().filter(|look| is_it(look)).take(TOLD);
            looks.map(|look| problem(claimant.source, look)).collect()
        };
        let likely = told(|look| matches!(look, Look::Field { likely: true, .. }));
        let uses = told(|look| matches!(look, Look::Field { .. }));
        let rules = told(|look| matches!(look, Look::Rules(_)));
        if suspected_before(claimant.source) {
            silent.known.extend(uses.iter().chain(&rules).cloned());
        }
        silent.likely.extend(likely);
        silent.uses.extend(uses);
        silent.rules.extend(rules);
    }
    silent
}

fn jobs(tree: &Node) -> &[Node] {
    tree.get("scrape_configs").map_or(&[], Node::items)
}

fn job_name(job: &Node) -> Option<&str> {
    job.get("job_name")?.text()
}

fn looks<'a>(claimant: &Claimant<'a>) -> Vec<Look<'a>> {
    let live = claimant.live.map_or(&[][..], jobs);
    let of_job = |job: &'a Node| {
        let name = job_name(job)?;
        let runs = live.iter().find(|live| job_name(live) == Some(name));
        let before = runs.map(seen_when_applied).unwrap_or_default();
        let looks = seen_when_applied(job)
            .into_iter()
            .map(move |(path, field, value)| {
                let is_as_before = before
                    .iter()
                    .any(|(other, _, old)| *other == path && text(old) == text(value));
                Look::Field {
                    job: name,
                    field,
                    value,
                    likely: !is_as_before && (runs.is_some() || path.is_empty()),
                }
            });
        Some(looks.collect::<Vec<_>>())
    };
    let of_jobs = jobs(claimant.tree).iter().filter_map(of_job).flatten();
    of_jobs.chain(new_rules(claimant)).collect()
}

fn new_rules<'a>(claimant: &Claimant<'a>) -> Option<Look<'a>> {
    let entries = claimant.tree.entries();
    let (key, groups) = entries
        .into_iter()
        .find(|(key, _)| key.text() == Some("groups"))?;
    let live = claimant.live.and_then(|live| live.get("groups"));
    let is_new = !groups.items().is_empty() && live.is_none_or(|live| text(live) != text(groups));
    is_new.then_some(Look::Rules(key))
}

/// Fields of a job with the block that they stand in; none: the job itself.
fn seen_when_applied(job: &Node) -> Vec<(&str, &str, &Node)> {
    let mut found = Vec::new();
    for (key, value) in job.entries() {
        let block = key.text().unwrap_or_default();
        let within = value.entries();
        let has = |name: &str| within.iter().any(|(key, _)| key.text() == Some(name));
        let fields = within
            .iter()
            .filter_map(|(key, value)| Some((key.text()?, *value)));
        match block {
            "scrape_failure_log_file" => found.push(("", block, value)),
            "tls_config" => found.extend(
                fields
                    .filter(|(field, _)| {
                        TLS.contains(field) && (*field != "max_version" || has("min_version"))
                    })
                    .map(|(field, value)| (block, field, value)),
            ),
            "basic_auth" | "authorization" | "oauth2" => found.extend(
                fields
                    .filter(|(field, _)| field.ends_with("_ref"))
                    .map(|(field, value)| (block, field, value)),
            ),
            _ => (),
        }
    }
    found
}

fn text(node: &Node) -> String {
    yaml::print(node).text
}

fn problem(source: &Source, look: &Look<'_>) -> Problem {
    let (at, what, hint) = match look {
        Look::Rules(key) => (
            key.at,
            "its rules are new, and may have what this server does not know".to_owned(),
            "the server's log names the file and the rule; the platform team sets the version of Prometheus that rules are checked for to the \
             server's; every run tries this version again",
        ),
        Look::Field {
            job, field, value, ..
        } => match value.text().filter(|_| field.ends_with("_file")) {
            Some(path) => (
                value.at,
                format!("`{field}` of job `{job}` names `{path}`, which nobody but the server opens"),
                "have the file put there, on each replica, readable for Prometheus; if it is there and well, another version of the same \
                 run was why: every run tries this one again, without another push",
            ),
            None => (
                value.at,
                format!("`{field}` of job `{job}` is nothing that anybody but the server looks at"),
                "correct it: certificates and keys are PEM and fit each other, `min_version` is not above `max_version`, and no `_ref` is \
                 known to a Prometheus; every run tries this version again",
            ),
        },
    };
    let message =
        format!("Prometheus refused a configuration with this version and does not say why; {what}");
    place(
        Problem::new(source, Severity::Error, Suspicion::CHECK, message),
        at,
    )
    .hint(hint)
}
