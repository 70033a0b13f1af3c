//! What runs beside what would be deployed. In: the old system's files, the new configurations, whose each job and group is.
//! Out: every part that was added, removed or changed, field by field; and apart from them what Promloom adds itself. Never:
//! text compared (`meaning.rs` says what is the same).
//!
//! What Promloom adds is not guessed: the owner's policy is enforced on the old job as the pipeline does it on the new one, and
//! the two are compared after that.

use super::meaning::{self, Part, canonical};
use crate::report::json;
use contract::{Component, Configuration, Key};
use policy::Policy;
use serde::Serialize;
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Limits, Node, Value};

/// Where teams' rules lie, as `merge` says it.
const RULES: &str = "rules/*.yml";

/// What happened to a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It would be new.
    Added,
    /// It would be gone.
    Removed,
    /// It would say something else.
    Changed,
}

/// One part that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Its component and what it is: `prometheus job shop-checkout`; the mapping's `expected` names it so.
    pub part: String,
    /// What happened to it.
    pub change: Change,
    /// Of a changed one: where.
    pub fields: Vec<Field>,
    /// Both as they mean, keys in order: a unified diff.
    pub diff: String,
    /// Why it is meant, if the mapping says so.
    pub expected: Option<String>,
}

/// One field that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Field {
    /// Such as `static_configs[0].labels.version`.
    pub path: String,
    /// What runs.
    pub before: Option<String>,
    /// What would be deployed.
    pub after: Option<String>,
}

/// Something that Promloom adds, with all parts that it adds it to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Addition {
    /// What, and why.
    pub what: String,
    /// The parts.
    pub parts: Vec<String>,
}

/// The configuration that the old system deployed.
#[derive(Debug, Clone, Default)]
pub(super) struct Running {
    /// The main file of each component that is compared.
    pub(super) main: BTreeMap<Component, Node>,
    /// Prometheus' rule files; none: rules are not compared.
    pub(super) rules: Option<Vec<Node>>,
}

/// Everything found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) differences: Vec<Difference>,
    pub(super) additions: Vec<Addition>,
}

/// Compares.
pub(super) fn between(
    running: &Running,
    deployed: &BTreeMap<Component, Configuration>,
    objects: &BTreeMap<String, Vec<u8>>,
) -> Found {
    let mut comparison = Comparison::default();
    for (component, old) in &running.main {
        let Some(configuration) = deployed.get(component) else {
            continue;
        };
        let owners = Owners::of(objects);
        let mut new = tree(&configuration.files[component.main_file()]);
        let mut old = old.clone();
        comparison.take_markers(*component, &mut old, &mut new);
        let old_parts = owners.enforced_jobs(*component, &old, &mut comparison);
        comparison.parts(*component, old_parts, meaning::parts(*component, &new));
        if *component == Component::Prometheus
            && let Some(rules) = &running.rules
        {
            let enforced = owners.enforced_groups(&old, rules, &mut comparison);
            let files = configuration
                .files
                .iter()
                .filter(|(path, _)| path.starts_with("rules/"));
            let files: Vec<Node> = files.map(|(_, text)| tree(text)).collect();
            let groups = files.iter().flat_map(|file| meaning::groups(file, &new));
            let new = groups
                .flat_map(|(_, whole, rules)| std::iter::once(whole).chain(rules))
                .collect();
            comparison.parts(*component, enforced, new);
        }
    }
    comparison.found()
}

/// A file that this program printed, or nothing.
fn tree(text: &str) -> Node {
    let limits = Limits {
        size_bytes: usize::MAX,
        nodes: usize::MAX / 4,
        ..Limits::default()
    };
    yaml::read(text.as_bytes(), &limits)
        .ok()
        .flatten()
        .unwrap_or_else(|| Node::map(vec![]))
}

/// Whose each job and group of the new bucket is, and the policy.
struct Owners {
    policy: Policy,
    jobs: BTreeMap<String, String>,
    /// Group name -> owners, each with what the group says.
    groups: BTreeMap<String, Vec<(String, Node)>>,
}

impl Owners {
    fn of(objects: &BTreeMap<String, Vec<u8>>) -> Owners {
        let policy = objects.iter().find(|(key, _)| Key::parse(key) == Key::Policy);
        let policy = policy.and_then(|(_, bytes)| policy::read(bytes).ok());
        let mut owners = Owners {
            policy: policy.unwrap_or_default(),
            jobs: BTreeMap::new(),
            groups: BTreeMap::new(),
        };
        for (key, bytes) in objects {
            let Key::Fragment { owner, .. } = Key::parse(key) else {
                continue;
            };
            let Ok(Some(tree)) = yaml::read(bytes, &Limits::default()) else {
                continue;
            };
            for name in meaning::items(&tree, "scrape_configs")
                .iter()
                .filter_map(|job| job.get("job_name")?.text())
            {
                owners
                    .jobs
                    .entry(name.to_owned())
                    .or_insert_with(|| owner.clone());
            }
            for group in meaning::items(&tree, "groups") {
                let name = group.get("name").and_then(Node::text).unwrap_or_default();
                let says = canonical(Component::Prometheus, group);
                owners
                    .groups
                    .entry(name.to_owned())
                    .or_default()
                    .push((owner.clone(), says));
            }
        }
        owners
    }

    fn enforced(&self, owner: &str, section: &str, item: &Node) -> Node {
        let fragment = Node::map(vec![(Node::plain(section), Node::seq(vec![item.clone()]))]);
        let enforced = policy::enforce(&self.policy.of(owner), Component::Prometheus, owner, &fragment);
        let mut enforced = meaning::items(&enforced, section)
            .first()
            .cloned()
            .unwrap_or_else(|| item.clone());
        // What Promloom deployed has the owner's label already, and twice says no more.
        if let Value::Map(entries) = &mut enforced.value {
            for (_, value) in entries {
                if let Value::Seq(steps) = &mut value.value
                    && let [.., before, last] = steps.as_slice()
                    && canonical(Component::Prometheus, before) == canonical(Component::Prometheus, last)
                    && last.get("target_label").and_then(Node::text)
                        == Some(&self.policy.of(owner).owner_label)
                {
                    steps.pop();
                }
            }
        }
        enforced
    }

    /// The parts of what runs, with each team's job as the policy would have it.
    fn enforced_jobs(&self, component: Component, old: &Node, comparison: &mut Comparison) -> Vec<Part> {
        if component != Component::Prometheus {
            return meaning::parts(component, old);
        }
        let mut main = old.clone();
        if let Value::Map(entries) = &mut main.value {
            for (_, jobs) in entries
                .iter_mut()
                .filter(|(key, _)| key.text() == Some("scrape_configs"))
            {
                let enforced = jobs.items().iter().map(|job| {
                    let owner = job
                        .get("job_name")
                        .and_then(Node::text)
                        .and_then(|name| self.jobs.get(name));
                    owner.map_or_else(
                        || job.clone(),
                        |owner| self.enforced(owner, "scrape_configs", job),
                    )
                });
                *jobs = Node::seq(enforced.collect());
            }
        }
        let (before, after) = (meaning::parts(component, old), meaning::parts(component, &main));
        comparison.added_between(component, &before, &after);
        after
    }

    fn enforced_groups(&self, main: &Node, files: &[Node], comparison: &mut Comparison) -> Vec<Part> {
        let flat =
            |(whole, rules): (Part, Vec<Part>)| std::iter::once(whole).chain(rules).collect::<Vec<_>>();
        let mut all = Vec::new();
        for (group, whole, rules) in files.iter().flat_map(|file| meaning::groups(file, main)) {
            let before = flat((whole, rules));
            let name = group.get("name").and_then(Node::text).unwrap_or_default();
            let says = canonical(Component::Prometheus, group);
            let candidates = self.groups.get(name).map_or(&[][..], Vec::as_slice);
            let owner = candidates
                .iter()
                .find(|(_, group)| *group == says)
                .or(candidates.first());
            let Some((owner, _)) = owner else {
                all.extend(before);
                continue;
            };
            let file = Node::map(vec![(
                Node::plain("groups"),
                Node::seq(vec![self.enforced(owner, "groups", group)]),
            )]);
            let enforced = meaning::groups(&file, main);
            let after: Vec<Part> = enforced
                .into_iter()
                .flat_map(|(_, whole, rules)| flat((whole, rules)))
                .collect();
            comparison.added_between(Component::Prometheus, &before, &after);
            all.extend(after);
        }
        all
    }
}

#[derive(Default)]
struct Comparison {
    differences: Vec<Difference>,
    /// What -> the parts.
    additions: BTreeMap<String, BTreeSet<String>>,
}

impl Comparison {
    /// Takes the markers of a generation out of both main files: what runs may be Promloom's already.
    fn take_markers(&mut self, component: Component, old: &mut Node, new: &mut Node) {
        let (field, what) = match component {
            Component::Prometheus => (
                "rule_files",
                "the marker that proves a reload, and where teams' rules lie",
            ),
            Component::Blackbox => ("modules", "the marker that proves a reload"),
            Component::Cloudwatch => return,
        };
        if component == Component::Prometheus {
            in_their_folder(old, new);
        }
        let has_rules = meaning::items(old, field)
            .iter()
            .any(|item| item.text() == Some(RULES));
        let is_marker = |text: &str| match component {
            Component::Prometheus => text.starts_with("generation-") || text == "generation.yml",
            _ => text.starts_with("promloom_generation_"),
        };
        let before = take(old, field, is_marker);
        let after = take(new, field, |text| is_marker(text) || text == RULES && !has_rules);
        if after > before {
            self.add(what.into(), format!("{component} {field}"));
        }
    }

    fn add(&mut self, what: String, part: String) {
        self.additions.entry(what).or_default().insert(part);
    }

    /// What enforcing the policy changed: labels and relabelling for the owner's label, the rest for limits.
    fn added_between(&mut self, component: Component, before: &[Part], after: &[Part]) {
        for ((name, old), (_, new)) in before.iter().zip(after) {
            for field in fields(old, new) {
                let value = field.after.unwrap_or_default();
                let is_label = field.path.starts_with("labels") || field.path.contains("relabel_configs");
                let what = match field.before {
                    _ if is_label => "the owner's label of the policy, on series and alerts".to_owned(),
                    None => format!("the policy's {} {value}", field.path),
                    Some(before) => format!("the policy's {} {value} instead of {before}", field.path),
                };
                self.add(what, format!("{component} {name}"));
            }
        }
    }

    fn parts(&mut self, component: Component, old: Vec<Part>, new: Vec<Part>) {
        let by_name = |parts: Vec<Part>| {
            parts
                .into_iter()
                .fold(BTreeMap::<String, Vec<Node>>::new(), |mut all, (name, node)| {
                    all.entry(name).or_default().push(node);
                    all
                })
        };
        let (mut old, mut new) = (by_name(old), by_name(new));
        let names: BTreeSet<String> = old.keys().chain(new.keys()).cloned().collect();
        for name in names {
            let (mut before, mut after) = (
                old.remove(&name).unwrap_or_default(),
                new.remove(&name).unwrap_or_default(),
            );
            // Of several with one name, those that are alike belong together.
            before.retain(|node| match after.iter().position(|other| other == node) {
                Some(at) => {
                    after.remove(at);
                    false
                }
                None => true,
            });
            let part = format!("{component} {name}");
            let (mut before, mut after) = (before.into_iter(), after.into_iter());
            loop {
                match (before.next(), after.next()) {
                    (None, None) => break,
                    (before, after) => {
                        let difference = difference(&part, before.as_ref(), after.as_ref());
                        self.differences.push(difference);
                    }
                }
            }
        }
    }

    fn found(self) -> Found {
        let additions = self.additions.into_iter();
        Found {
            differences: self.differences,
            additions: additions
                .map(|(what, parts)| Addition {
                    what,
                    parts: parts.into_iter().collect(),
                })
                .collect(),
        }
    }
}

/// A process says where its rule files are from its own folder on: the same as the file does, in whatever folder that lies.
fn in_their_folder(old: &mut Node, new: &Node) {
    let known: Vec<&str> = meaning::items(new, "rule_files")
        .iter()
        .filter_map(Node::text)
        .collect();
    let Value::Map(entries) = &mut old.value else {
        return;
    };
    for (_, files) in entries
        .iter_mut()
        .filter(|(key, _)| key.text() == Some("rule_files"))
    {
        let short = |file: &Node| {
            let path = file.text()?;
            let same = |known: &&&str| {
                path.strip_suffix(**known)
                    .is_some_and(|folder| folder.ends_with('/'))
            };
            known.iter().find(same).map(|known| Node::plain(*known))
        };
        *files = Node::seq(
            files
                .items()
                .iter()
                .map(|file| short(file).unwrap_or_else(|| file.clone()))
                .collect(),
        );
    }
}

/// Takes the entries of those names out of a section, and counts them.
fn take(main: &mut Node, section: &str, is_taken: impl Fn(&str) -> bool) -> usize {
    let Value::Map(entries) = &mut main.value else {
        return 0;
    };
    let Some((_, section)) = entries.iter_mut().find(|(key, _)| key.text() == Some(section)) else {
        return 0;
    };
    let stays = |name: &Node| !name.text().is_some_and(&is_taken);
    match &mut section.value {
        Value::Seq(items) => {
            let before = items.len();
            items.retain(stays);
            before - items.len()
        }
        Value::Map(modules) => {
            let before = modules.len();
            modules.retain(|(name, _)| stays(name));
            before - modules.len()
        }
        Value::Scalar(_) => 0,
    }
}

fn difference(part: &str, before: Option<&Node>, after: Option<&Node>) -> Difference {
    let text = |node: Option<&Node>| node.map(|node| yaml::print(node).text).unwrap_or_default();
    let (old, new) = (text(before), text(after));
    let (change, fields) = match (before, after) {
        (None, _) => (Change::Added, vec![]),
        (_, None) => (Change::Removed, vec![]),
        (Some(before), Some(after)) => (Change::Changed, fields(before, after)),
    };
    Difference {
        part: part.to_owned(),
        change,
        fields,
        diff: TextDiff::from_lines(&old, &new)
            .unified_diff()
            .header("running", "promloom")
            .to_string(),
        expected: None,
    }
}

fn fields(before: &Node, after: &Node) -> Vec<Field> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

fn compare(path: &str, before: Option<&Node>, after: Option<&Node>, found: &mut Vec<Field>) {
    if before == after {
        return;
    }
    match (before.map(|node| &node.value), after.map(|node| &node.value)) {
        (Some(Value::Map(old)), Some(Value::Map(new))) => {
            let keys: BTreeSet<&str> = old.iter().chain(new).filter_map(|(key, _)| key.text()).collect();
            for key in keys {
                let path = if path.is_empty() {
                    key.to_owned()
                } else {
                    format!("{path}.{key}")
                };
                compare(
                    &path,
                    before.and_then(|map| map.get(key)),
                    after.and_then(|map| map.get(key)),
                    found,
                );
            }
        }
        (Some(Value::Seq(old)), Some(Value::Seq(new))) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[{index}]"), Some(old), Some(new), found);
            }
        }
        (Some(Value::Seq(old)), Some(Value::Seq(new))) => {
            // What both begin and end with says nothing new.
            let begin = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            let most = old.len().min(new.len()) - begin;
            let end = old
                .iter()
                .rev()
                .zip(new.iter().rev())
                .take(most)
                .take_while(|(a, b)| a == b)
                .count();
            let middle = |items: &[Node]| {
                let items = &items[begin..items.len() - end];
                let shown: Vec<String> = items.iter().map(compact).collect();
                (!shown.is_empty()).then(|| shown.join(", "))
            };
            found.push(Field {
                path: format!("{path}[]"),
                before: middle(old),
                after: middle(new),
            });
        }
        _ => found.push(Field {
            path: path.to_owned(),
            before: before.map(compact),
            after: after.map(compact),
        }),
    }
}

/// A node on one line.
fn compact(node: &Node) -> String {
    let is_clear = |text: &str| {
        !text.is_empty()
            && text.trim() == text
            && !text.contains(['\n', '"', ',', '{', '[', '#'])
            && !text.contains(": ")
    };
    match &node.value {
        Value::Scalar(scalar) if is_clear(&scalar.text) => scalar.text.clone(),
        Value::Scalar(scalar) => json(&scalar.text),
        Value::Seq(items) => {
            let items: Vec<String> = items.iter().map(compact).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", compact(key), compact(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contract::{Digest, Size};

    fn configuration(files: &[(&str, &str)]) -> Configuration {
        Configuration {
            component: Component::Prometheus,
            digest: Digest::of(b""),
            size: Size::default(),
            jobs: BTreeMap::new(),
            files: files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
                .collect(),
        }
    }

    fn told(found: &Found) -> Vec<String> {
        let differences = found.differences.iter().map(|difference| {
            let none = || "none".to_owned();
            let fields: Vec<String> = difference
                .fields
                .iter()
                .map(|field| {
                    let (before, after) = (field.before.clone(), field.after.clone());
                    format!(
                        " {} {} -> {}",
                        field.path,
                        before.unwrap_or_else(none),
                        after.unwrap_or_else(none)
                    )
                })
                .collect();
            format!("{:?} {}{}", difference.change, difference.part, fields.join(";"))
        });
        differences
            .chain(
                found
                    .additions
                    .iter()
                    .map(|added| format!("{} ({})", added.what, added.parts.join(", "))),
            )
            .collect()
    }

    #[test]
    fn parts_are_compared_field_by_field() {
        let check = |old: &str, new: &str, expect: &[&str]| {
            let running = Running {
                main: BTreeMap::from([(Component::Prometheus, tree(old))]),
                rules: None,
            };
            let deployed =
                BTreeMap::from([(Component::Prometheus, configuration(&[("prometheus.yml", new)]))]);
            let found = between(&running, &deployed, &BTreeMap::new());
            assert_eq!(told(&found), expect, "{old}\n{new}");
        };
        check(
            "scrape_configs: [{job_name: a}, {job_name: b}]",
            "scrape_configs: [{job_name: b}, {job_name: a}]",
            &[],
        );
        check(
            "scrape_configs: [{job_name: a}]",
            "scrape_configs: [{job_name: b}]",
            &["Removed prometheus job a", "Added prometheus job b"],
        );
        check(
            "scrape_configs: [{job_name: a, static_configs: [{targets: [x], labels: {v: 1.1}}]}]",
            "scrape_configs: [{job_name: a, scheme: https, static_configs: [{labels: {v: 1.10}, targets: [x, y]}]}]",
            &[
                "Changed prometheus job a scheme none -> https; static_configs[0].labels.v 1.1 -> 1.10; static_configs[0].targets[] none -> y",
            ],
        );
        check(
            "global: {scrape_interval: 1m}\nscrape_configs: [{job_name: a}]",
            "global: {scrape_interval: 30s}\nscrape_configs: [{job_name: a}]",
            &[
                "Changed prometheus job a scrape_interval 1m -> 30s",
                "Added prometheus setting global",
            ],
        );
        check(
            "rule_files: [a.yml]",
            "rule_files: [a.yml, rules/*.yml, generation-x, generation.yml]",
            &["the marker that proves a reload, and where teams' rules lie (prometheus rule_files)"],
        );
        check(
            "rule_files: [/etc/prometheus/rules/*.yml, /etc/b.yml]",
            "rule_files: [rules/*.yml]",
            &["Changed prometheus setting rule_files [] /etc/b.yml -> none"],
        );
        check(
            "scrape_configs: [{job_name: a, static_configs: [{targets: [x]}]}, {job_name: a, static_configs: [{targets: [y]}]}]",
            "scrape_configs: [{job_name: a, static_configs: [{targets: [y]}]}]",
            &["Removed prometheus job a"],
        );
    }

    #[test]
    fn what_promloom_adds_is_named_and_no_difference() {
        let job =
            "{job_name: a, sample_limit: 9999999, relabel_configs: [{target_label: x, replacement: y}]}";
        let fragment =
            format!("scrape_configs: [{job}]\ngroups: [{{name: g, rules: [{{record: r, expr: up}}]}}]\n");
        let policy = "jobs: {sample_limit: 5, target_limit: 0, label_limit: 0}\n";
        let objects = BTreeMap::from([
            (
                "apps/shop/prometheus/api.yml".to_owned(),
                fragment.clone().into_bytes(),
            ),
            ("base/policy.yml".to_owned(), policy.into()),
        ]);
        let enforced = policy::enforce(
            &policy::read(policy.as_bytes()).unwrap(),
            Component::Prometheus,
            "shop",
            &tree(&fragment),
        );
        let only = |section: &str| {
            let inside = enforced.get(section).unwrap().clone();
            yaml::print(&Node::map(vec![(Node::plain(section), inside)])).text
        };
        let deployed = configuration(&[
            ("prometheus.yml", &only("scrape_configs")),
            ("rules/shop--api.yml", &only("groups")),
        ]);
        let running = Running {
            main: BTreeMap::from([(Component::Prometheus, tree(&format!("scrape_configs: [{job}]")))]),
            rules: Some(vec![tree(
                "groups: [{name: g, rules: [{record: r, expr: 'up '}]}]",
            )]),
        };
        let found = between(
            &running,
            &BTreeMap::from([(Component::Prometheus, deployed)]),
            &objects,
        );
        assert_eq!(
            told(&found),
            [
                "the owner's label of the policy, on series and alerts (prometheus job a, prometheus rule g/r)",
                "the policy's sample_limit 5 instead of 9999999 (prometheus job a)",
            ]
        );
    }
}
