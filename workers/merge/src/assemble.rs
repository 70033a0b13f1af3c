//! Base and fragments -> the files of a generation. In: trees. Out: text. Never: changes a scalar; orders by
//! anything but the base and the fragments' keys.
//!
//! | component | files |
//! |---|---|
//! | prometheus | `prometheus.yml`: the base, all jobs; `rules/<owner>--<name>.yml`: one fragment's groups |
//! | blackbox | `blackbox.yml`: the base, all modules |
//! | cloudwatch | `cloudwatch.yml`: the base, all metrics, each with the defaults of its fragment |
//!
//! Markers prove what a process has loaded. Prometheus' main file has the `rule_files` entry
//! `generation-<short>`, which matches nothing and appears in `/api/v1/status/config`, and its rules the
//! group of `generation.yml`, which appears in `/api/v1/rules` and as the series
//! `config_generation_info{generation="<short>"}`. The Blackbox exporter's file has a module
//! `promloom_generation_<short>`, which appears in `/config`. The exporter for `cloudwatch` shows nothing of
//! its file. `<short>` is the short form of the digest.
//!
//! The digest is that of all files as they are with the markers of `000000000000`: of their paths and
//! contents, in order of path, each preceded by its length in bytes and a line feed.

use contract::{Component, Configuration, Digest, Key, Origin, Size, Source};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use yaml::{Node, Value};

/// Where teams' rules lie, as `rule_files` says it.
const RULES: &str = "rules/*.yml";
const GENERATION_FILE: &str = "generation.yml";
const NO_GENERATION: &str = "000000000000";

/// Items of a list, which have no key, or of a map.
type Entries = Vec<(Option<Node>, Node)>;
/// Path -> content.
type Files = BTreeMap<String, String>;

/// What one fragment adds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contribution {
    /// Into the main file: jobs, metrics; for modules name and body.
    entries: Entries,
    /// Beside them, where the base does not say it: all fragments that serve agree on that.
    settings: Vec<(Node, Node)>,
    /// A file of its own, path and content: its rules.
    file: Option<(String, String)>,
    /// How many rules that holds.
    rules: usize,
}

/// What an accepted fragment adds. Its sections have the right shapes: `Validate` accepts no others.
#[must_use]
pub fn contribution(component: Component, source: &Source, tree: &Node) -> Contribution {
    // Of groups without rules the server lists none, so that nobody could prove that it has the file.
    let groups = tree.get("groups").filter(|groups| rules(groups) > 0);
    let file = match (component, source.key(), groups) {
        (Component::Prometheus, Key::Fragment { owner, name, .. }, Some(groups)) => {
            let rules = Node::map(vec![(Node::plain("groups"), groups.clone())]);
            Some((format!("rules/{owner}--{name}.yml"), yaml::print(&rules).text))
        }
        _ => None,
    };
    let (entries, settings) = match component {
        Component::Prometheus | Component::Blackbox => {
            (entries(tree.get(component.shared_section())), vec![])
        }
        // What holds for a fragment's metrics must not hold for all.
        Component::Cloudwatch => (
            entries(cloudwatch::push_down(tree).get("metrics")),
            settings(tree),
        ),
    };
    Contribution {
        entries,
        settings,
        rules: groups.map_or(0, rules),
        file,
    }
}

/// The region and the role, as far as it names them.
fn settings(tree: &Node) -> Vec<(Node, Node)> {
    let own = tree.written().iter().filter(|(key, value)| {
        !value.is_null()
            && cloudwatch::SETTINGS
                .iter()
                .any(|field| key.text() == Some(field.name))
    });
    own.cloned().collect()
}

fn rules(groups: &Node) -> usize {
    let rules = |group: &Node| group.get("rules").map_or(0, |rules| rules.items().len());
    groups.items().iter().map(rules).sum()
}

/// The sections of a base that things are added to, each with whether it has to be a map (else a list).
pub(crate) fn sections(component: Component) -> &'static [(&'static str, bool)] {
    match component {
        Component::Prometheus => &[("scrape_configs", false), ("rule_files", false)],
        Component::Blackbox => &[("modules", true)],
        Component::Cloudwatch => &[("metrics", false)],
    }
}

/// The finished configuration, from a base whose [`sections`] have the right shapes. `contributions` is by
/// key, so that their order is that of the keys.
#[must_use]
pub fn assemble(
    component: Component,
    base: Node,
    contributions: BTreeMap<String, Contribution>,
) -> Configuration {
    let mut main = base;
    let mut files = BTreeMap::new();
    let mut all = entries(main.get(component.shared_section()));
    let own = all.len();
    let mut rules = 0;
    let mut jobs = BTreeMap::new();
    for (key, contribution) in contributions {
        rules += contribution.rules;
        if component == Component::Prometheus {
            let named = |(_, job): &(Option<Node>, Node)| {
                let at = job.said_at("job_name")?;
                let origin = Origin {
                    key: key.clone(),
                    line: at.line,
                    column: at.column,
                };
                Some((job.get("job_name")?.text()?.to_owned(), origin))
            };
            jobs.extend(contribution.entries.iter().filter_map(named));
        }
        for (name, value) in contribution.settings {
            add(&mut main, name, value);
        }
        all.extend(contribution.entries);
        files.extend(contribution.file);
    }
    let size = Size {
        entries: all.len(),
        rules,
    };
    // A base to which nothing is added stays as it is, an empty section included.
    if all.len() > own {
        set(&mut main, component, component.shared_section(), all);
    } else if component == Component::Cloudwatch {
        // Its exporter does not start without.
        add(
            &mut main,
            Node::plain(component.shared_section()),
            Node::seq(vec![]),
        );
    }
    let unmarked = entries(main.get(marked_section(component)));
    mark(&mut main, component, unmarked.clone(), NO_GENERATION, &mut files);
    let digest = digest(&files);
    mark(&mut main, component, unmarked, digest.short(), &mut files);
    Configuration {
        component,
        digest,
        size,
        files,
        jobs,
    }
}

/// The section of the main file that holds its marker.
fn marked_section(component: Component) -> &'static str {
    match component {
        Component::Prometheus => "rule_files",
        Component::Blackbox => "modules",
        Component::Cloudwatch => "",
    }
}

/// Writes the files that have markers, with those of this generation. `all` is what the marked section holds
/// besides.
fn mark(main: &mut Node, component: Component, mut all: Entries, generation: &str, files: &mut Files) {
    match component {
        Component::Prometheus => {
            let teams = all.iter().any(|(_, pattern)| pattern.text() == Some(RULES));
            let patterns = [
                (!teams).then(|| RULES.into()),
                Some(format!("generation-{generation}")),
            ];
            all.extend(
                patterns
                    .into_iter()
                    .flatten()
                    .map(|pattern: String| (None, Node::string(pattern))),
            );
            all.push((None, Node::string(GENERATION_FILE)));
            files.insert(
                GENERATION_FILE.to_owned(),
                yaml::print(&generation_rule(generation)).text,
            );
        }
        Component::Blackbox => {
            let name = Node::plain(format!("promloom_generation_{generation}"));
            all.push((Some(name), map(vec![("prober", Node::plain("tcp"))])));
        }
        Component::Cloudwatch => {}
    }
    if !all.is_empty() {
        set(main, component, marked_section(component), all);
    }
    files.insert(component.main_file().to_owned(), yaml::print(main).text);
}

/// `config_generation_info{generation="…"} 1`: proof that rules are loaded, and a series to alert on and join
/// with.
fn generation_rule(generation: &str) -> Node {
    let rule = map(vec![
        ("record", Node::plain("config_generation_info")),
        ("expr", Node::plain("vector(1)")),
        ("labels", map(vec![("generation", Node::string(generation))])),
    ]);
    let group = map(vec![
        ("name", Node::plain("promloom_generation")),
        ("rules", Node::seq(vec![rule])),
    ]);
    map(vec![("groups", Node::seq(vec![group]))])
}

fn map(entries: Vec<(&str, Node)>) -> Node {
    Node::map(
        entries
            .into_iter()
            .map(|(key, value)| (Node::plain(key), value))
            .collect(),
    )
}

/// What a section holds; of nothing, nothing.
fn entries(section: Option<&Node>) -> Entries {
    let parts = section.map(Node::parts).unwrap_or_default().into_iter();
    parts.map(|(key, value)| (key.cloned(), value.clone())).collect()
}

/// Replaces a section of the base; where it has none (or takes it from a merge key), it gets one of its own.
fn set(base: &mut Node, component: Component, section: &str, all: Entries) {
    let all = match component {
        Component::Blackbox => Node::map(
            all.into_iter()
                .filter_map(|(key, value)| Some((key?, value)))
                .collect(),
        ),
        Component::Prometheus | Component::Cloudwatch => {
            Node::seq(all.into_iter().map(|(_, item)| item).collect())
        }
    };
    let Value::Map(entries) = &mut base.value else {
        return;
    };
    match entries.iter_mut().find(|(key, _)| key.text() == Some(section)) {
        Some((_, value)) => *value = all,
        None => entries.push((Node::plain(section), all)),
    }
}

/// Sets what the base leaves open.
fn add(base: &mut Node, name: Node, value: Node) {
    let set = name.text().and_then(|name| base.get(name));
    if set.is_some_and(|value| !value.is_null()) {
        return;
    }
    let Value::Map(entries) = &mut base.value else {
        return;
    };
    match entries.iter_mut().find(|(key, _)| key.text() == name.text()) {
        Some((_, empty)) => *empty = value,
        None => entries.push((name, value)),
    }
}

fn digest(files: &Files) -> Digest {
    let text = files.iter().fold(String::new(), |mut text, (path, content)| {
        for part in [path, content] {
            // Writing to a String cannot fail.
            let _infallible = write!(text, "{}\n{part}", part.len());
        }
        text
    });
    Digest::of(text.as_bytes())
}
