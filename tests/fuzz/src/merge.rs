//! `merge::run` over any base and fragments. In: text in sections, each but the base's begun by a line
//! `=== <key> [fallback] [rejected] [culprit] [poison] [<batch>]`; the base's first line may be `# blackbox` or `# cloudwatch`.
//!
//! Laws: the same again, in any order and in any batches, gives the same files and verdicts; a killed batch is split until the poison is
//! alone, in few rounds; what does not serve leaves no trace; each file reads as the base and exactly what serves, in key order; no path
//! leaves the generation's folder.

use crate::yaml::assert_same_meaning;
use contract::memory::Memory;
use contract::{
    Batch, Class, Component, Configuration, Item, Judged, JudgedItem, Key, Pointer, Problem, Role, Severity,
    Source, Templated, TemplatedItem, Verdict, Verdicts,
};
use futures_util::FutureExt as _;
use merge::{AskedBatch, Outcome, Request, Response, run};
use policy::{Policy, enforce};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Limits, Node, Value, read};

/// One version of one fragment.
#[derive(Debug, Clone)]
struct Fragment {
    item: Item,
    tree: Option<Node>,
    accepted: bool,
    is_culprit: bool,
    is_poison: bool,
    batch: usize,
}

/// What a section of the input says.
#[derive(Debug, Clone)]
struct Case {
    component: Component,
    base: Option<Node>,
    /// By key and role.
    fragments: Vec<Fragment>,
}

/// More rounds than a batch of any size takes: 8 pieces a round.
const ROUNDS: usize = 8;

/// The laws for one base and its fragments.
///
/// # Panics
/// If one is broken.
pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let case = Case::of(text);
    let Some(made) = case.merged(|fragments| fragments) else {
        return;
    };
    assert_eq!(
        case.merged(|fragments| fragments).as_ref(),
        Some(&made),
        "the same twice"
    );
    let backwards = |mut batches: Vec<Vec<Fragment>>| {
        batches.reverse();
        for batch in &mut batches {
            batch.reverse();
        }
        batches
    };
    assert_eq!(
        case.merged(backwards).as_ref(),
        Some(&made),
        "the other way round"
    );
    let alone = |batches: Vec<Vec<Fragment>>| batches.into_iter().flatten().map(|one| vec![one]).collect();
    // A base that is refused is refused before any batch is split.
    if let Some(made_alone) = case.merged(alone).filter(|_| made.configuration.is_some()) {
        assert_eq!(made_alone, made, "each alone");
    }

    let Made {
        configuration,
        verdicts,
    } = made;
    let serving: BTreeSet<&Source> = verdicts
        .fragments
        .iter()
        .filter_map(|fragment| fragment.serving.as_ref())
        .collect();
    for fragment in &verdicts.fragments {
        let serves = fragment.serving.is_some();
        assert_eq!(serves, fragment.verdict != Verdict::Rejected);
        assert!(
            fragment.verdict == Verdict::Accepted || !fragment.problems.is_empty(),
            "nobody goes without a reason"
        );
    }
    let Some(configuration) = configuration else {
        return;
    };
    let mut only_serving = case.clone();
    only_serving
        .fragments
        .retain(|fragment| serving.contains(&fragment.item.source));
    for fragment in &mut only_serving.fragments {
        fragment.item.role = Role::Current;
        fragment.is_culprit = false;
    }
    let only_serving = only_serving
        .merged(|fragments| fragments)
        .and_then(|made| made.configuration);
    assert_eq!(
        only_serving.as_ref(),
        Some(&configuration),
        "what does not serve leaves no trace"
    );

    let mut serving: Vec<&Fragment> = case
        .fragments
        .iter()
        .filter(|fragment| serving.contains(&fragment.item.source))
        .collect();
    serving.sort_by_key(|fragment| &fragment.item.source.key);
    holds(&case, &serving, &configuration);
}

/// What came out.
#[derive(Debug, PartialEq)]
struct Made {
    configuration: Option<Configuration>,
    verdicts: Verdicts,
}

impl Case {
    fn of(text: &str) -> Case {
        let mut sections = vec![(String::new(), String::new())];
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("=== ") {
                Some(header) => sections.push((header.trim_end().to_owned(), String::new())),
                None => sections.last_mut().expect("the base").1.push_str(line),
            }
        }
        let mut sections = sections.into_iter();
        let (_, base) = sections.next().expect("the base");
        let component = match base.lines().next() {
            Some("# blackbox") => Component::Blackbox,
            Some("# cloudwatch") => Component::Cloudwatch,
            _ => Component::Prometheus,
        };
        let mut fragments = BTreeMap::new();
        for (number, (header, text)) in sections.enumerate().take(24) {
            let one = Fragment::of(component, number, &header, &text);
            fragments
                .entry((one.item.source.key.clone(), one.item.role))
                .or_insert(one);
        }
        let current: BTreeSet<String> = fragments
            .keys()
            .filter(|(_, role)| *role == Role::Current)
            .map(|(key, _)| key.clone())
            .collect();
        fragments.retain(|(key, _), _| current.contains(key));
        Case {
            component,
            base: tree(&base),
            fragments: fragments.into_values().collect(),
        }
    }

    /// Asks `Merge` for as long as it wants smaller batches; none if it says that the workers are broken.
    fn merged(&self, arrange: impl Fn(Vec<Vec<Fragment>>) -> Vec<Vec<Fragment>>) -> Option<Made> {
        let lane = Lane::of(self);
        let mut batches: BTreeMap<usize, Vec<Fragment>> = BTreeMap::new();
        for fragment in &self.fragments {
            batches.entry(fragment.batch).or_default().push(fragment.clone());
        }
        let mut batches = arrange(batches.into_values().collect());
        let mut gathered = None;
        for _ in 0..ROUNDS {
            let asked = batches.iter().map(|batch| lane.asked(batch)).collect();
            let response = match lane.merge(asked, gathered) {
                Ok(response) => response,
                Err(class) => {
                    assert_eq!(class, Class::Exhausted);
                    assert!(
                        self.fragments.iter().any(|fragment| fragment.is_poison),
                        "no worker died"
                    );
                    return None;
                }
            };
            if response.outcome != Outcome::Split {
                return Some(lane.made(&response));
            }
            gathered = Some(response.gathered);
            batches = response
                .batches
                .iter()
                .map(|batch| self.items(&lane.get::<Batch>(batch)))
                .collect();
        }
        panic!("not done after {ROUNDS} rounds");
    }

    fn items(&self, batch: &Batch) -> Vec<Fragment> {
        let find = |item: &Item| self.fragments.iter().find(|fragment| fragment.item == *item);
        batch
            .items
            .iter()
            .map(|item| find(item).expect("an item that was asked for").clone())
            .collect()
    }
}

fn tree(text: &str) -> Option<Node> {
    read(text.as_bytes(), &Limits::default()).ok().flatten()
}

impl Fragment {
    fn of(component: Component, number: usize, header: &str, text: &str) -> Fragment {
        let mut words = header.split(' ');
        let key = words.next().unwrap_or_default();
        let key = match Key::parse(key) {
            Key::Fragment { component: of, .. } if of == component => key.to_owned(),
            _ => format!("apps/team/{component}/n{number}.yml"),
        };
        let words: BTreeSet<&str> = words.collect();
        let is_fallback = words.contains("fallback");
        let batch = words
            .iter()
            .find_map(|word| word.parse::<usize>().ok())
            .unwrap_or_default()
            % 4;
        let tree = tree(text);
        let source = Source {
            key,
            version_id: if is_fallback { "v1" } else { "v2" }.to_owned(),
            document: Pointer::to(text.as_bytes()),
        };
        Fragment {
            // `Validate` accepts what has the shape of its component, or holds nothing.
            accepted: !words.contains("rejected")
                && tree.as_ref().is_none_or(|tree| has_shape(component, tree)),
            item: Item {
                role: if is_fallback {
                    Role::Fallback
                } else {
                    Role::Current
                },
                source,
                serves: false,
            },
            tree,
            is_culprit: words.contains("culprit"),
            is_poison: words.contains("poison"),
            // A fragment and its fallback are never in one batch.
            batch: if is_fallback { batch + 4 } else { batch },
        }
    }

    /// The tree as the default policy has it, and its defaults with its own metrics.
    fn enforced(&self, component: Component) -> Option<Node> {
        let (key, policy) = (self.item.source.key(), Policy::default());
        let tree = enforce(
            &policy.of(key.owner()),
            component,
            key.owner(),
            self.tree.as_ref()?,
        );
        Some(match component {
            Component::Prometheus | Component::Blackbox => tree,
            Component::Cloudwatch => cloudwatch::push_down(&tree),
        })
    }

    fn problem(&self) -> Problem {
        Problem::new(&self.item.source, Severity::Error, "test", "it is wrong")
    }
}

/// The section of each component that all fragments share, and whether it is a map.
fn shared(component: Component) -> (&'static str, bool) {
    match component {
        Component::Prometheus => ("scrape_configs", false),
        Component::Blackbox => ("modules", true),
        Component::Cloudwatch => ("metrics", false),
    }
}

fn has_shape(component: Component, tree: &Node) -> bool {
    let (shared, is_map) = shared(component);
    let fits = |section: &str, is_map: bool| {
        tree.get(section).is_none_or(|node| match &node.value {
            Value::Map(_) => is_map,
            Value::Seq(_) => !is_map,
            Value::Scalar(_) => node.is_null(),
        })
    };
    matches!(tree.value, Value::Map(_)) && fits(shared, is_map) && fits("groups", false)
}

/// One lane of a run over memory.
struct Lane {
    memory: Memory,
    component: Component,
    base: Pointer,
    culprits: Pointer,
}

impl Lane {
    fn of(case: &Case) -> Lane {
        let memory = Memory::default();
        let item = Item {
            role: Role::Base,
            source: Source {
                key: case.component.base_key(),
                version_id: "b1".to_owned(),
                document: Pointer::to(b""),
            },
            serves: false,
        };
        let item = TemplatedItem {
            item,
            tree: case.base.clone(),
            problems: Vec::new(),
        };
        let culprits: Vec<Problem> = case
            .fragments
            .iter()
            .filter(|fragment| fragment.is_culprit)
            .map(Fragment::problem)
            .collect();
        Lane {
            base: put(&memory, &Templated { items: vec![item] }),
            culprits: put(&memory, &culprits),
            component: case.component,
            memory,
        }
    }

    fn get<T: DeserializeOwned>(&self, pointer: &Pointer) -> T {
        serde_json::from_slice(&self.memory.world().objects[&pointer.digest]).expect("a document")
    }

    fn asked(&self, fragments: &[Fragment]) -> AskedBatch {
        let is_killed = fragments.iter().any(|fragment| fragment.is_poison);
        let items = fragments.iter().map(|fragment| fragment.item.clone()).collect();
        let templated = fragments.iter().map(|fragment| TemplatedItem {
            item: fragment.item.clone(),
            tree: fragment.tree.clone(),
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
        let templated = Templated {
            items: templated.collect(),
        };
        let judged = Judged {
            items: judged.collect(),
        };
        let batch = Batch {
            component: self.component,
            items,
        };
        AskedBatch {
            batch: put(&self.memory, &batch),
            templated: (!is_killed).then(|| put(&self.memory, &templated)),
            judged: (!is_killed).then(|| put(&self.memory, &judged)),
            killed: is_killed.then(|| "States.Timeout".to_owned()),
        }
    }

    fn merge(&self, fragments: Vec<AskedBatch>, gathered: Option<Pointer>) -> Result<Response, Class> {
        let request = Request {
            run: "run-1".to_owned(),
            component: self.component,
            base: Some(self.base.clone()),
            fragments,
            gathered,
            culprits: Some(self.culprits.clone()),
            policy: None,
        };
        let answer = run(&self.memory, request)
            .now_or_never()
            .expect("memory does not wait");
        answer.map_err(|failure| failure.class)
    }

    fn made(&self, response: &Response) -> Made {
        assert_eq!(
            response.outcome == Outcome::Merged,
            response.configuration.is_some()
        );
        Made {
            configuration: response.configuration.as_ref().map(|pointer| self.get(pointer)),
            verdicts: self.get(response.verdicts.as_ref().expect("verdicts")),
        }
    }
}

fn put(memory: &Memory, document: &impl Serialize) -> Pointer {
    let bytes = serde_json::to_vec(document).expect("a document is JSON");
    let pointer = Pointer::to(&bytes);
    memory.world().objects.insert(pointer.digest.clone(), bytes);
    pointer
}

/// Whether the files are the base with exactly what serves.
fn holds(case: &Case, serving: &[&Fragment], configuration: &Configuration) {
    let base = case.base.as_ref().expect("without a base nothing is made");
    let component = case.component;
    let mut files = BTreeMap::new();
    for (path, text) in &configuration.files {
        let mut parts = path.split('/');
        let is_inside =
            parts.all(|part| !part.is_empty() && !part.starts_with('.')) && !path.contains(['\\', '\0']);
        assert!(is_inside, "{path:?}");
        // The base's own depth and a fragment's may add up.
        let limits = Limits {
            size_bytes: usize::MAX / 8,
            depth: 120,
            nodes: usize::MAX / 8,
        };
        match read(text.as_bytes(), &limits) {
            Ok(tree) => drop(files.insert(path.as_str(), tree)),
            // Whether two teams claim one module is decided elsewhere.
            Err(findings) if component == Component::Blackbox => {
                let twice = findings
                    .iter()
                    .all(|finding| finding.check == "yaml_duplicate_key");
                assert!(twice, "{path}: {findings:?}");
                return;
            }
            Err(findings) => panic!("{path}: {findings:?}\n{text}"),
        }
    }
    let main = files
        .remove(component.main_file())
        .flatten()
        .expect("a main file");
    let (section, _) = shared(component);
    // What policy and defaults make of a fragment are laws of their own.
    let enforced: Vec<(&Fragment, Node)> = serving
        .iter()
        .filter_map(|fragment| Some((*fragment, fragment.enforced(component)?)))
        .collect();
    let expected: Vec<(Option<&Node>, &Node)> = std::iter::once(base)
        .chain(enforced.iter().map(|(_, tree)| tree))
        .flat_map(|tree| parts(tree.get(section)))
        .collect();
    let mut seen = parts(main.get(section));
    if component == Component::Blackbox {
        let (marker, _) = seen.pop().expect("a marker");
        let marker = marker.and_then(Node::text).unwrap_or_default();
        assert_eq!(
            marker,
            format!("promloom_generation_{}", configuration.digest.short())
        );
    }
    assert_same_parts(&expected, &seen);
    for (key, value) in base.written() {
        let text = key.text().unwrap_or_default();
        let is_added_to = text == section || (component == Component::Prometheus && text == "rule_files");
        if !is_added_to && !value.is_null() {
            let mut same = main
                .written()
                .iter()
                .filter(|(other, _)| other.text() == key.text());
            assert_same_meaning(value, &same.next().expect("what the base says stays").1);
        }
    }
    if component != Component::Prometheus {
        assert!(files.is_empty(), "{:?}", configuration.files);
        return;
    }
    drop(
        files
            .remove("generation.yml")
            .flatten()
            .expect("a rule of the generation"),
    );
    let patterns: Vec<&Node> = base
        .get("rule_files")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .collect();
    let seen = main.get("rule_files").expect("files of rules").items();
    let added: Vec<&str> = seen[patterns.len()..].iter().filter_map(Node::text).collect();
    let marker = format!("generation-{}", configuration.digest.short());
    assert!(added.ends_with(&[marker.as_str(), "generation.yml"]), "{added:?}");
    for (fragment, tree) in &enforced {
        // Groups without a rule are no file: no server lists them.
        let has_rules = |group: &Node| group.get("rules").is_some_and(|rules| !rules.items().is_empty());
        let Some(groups) = tree.get("groups").filter(|groups| groups.items().iter().any(has_rules)) else {
            continue;
        };
        let Key::Fragment { owner, name, .. } = fragment.item.source.key() else {
            unreachable!("only fragments serve")
        };
        let rules = files
            .remove(format!("rules/{owner}--{name}.yml").as_str())
            .flatten();
        let rules = rules.expect("rules of a fragment are a file");
        assert_eq!(rules.entries().len(), 1);
        assert_same_meaning(groups, rules.get("groups").expect("groups"));
    }
    assert!(files.is_empty(), "rules of nobody: {:?}", files.keys());
}

fn parts(section: Option<&Node>) -> Vec<(Option<&Node>, &Node)> {
    section.map(Node::parts).unwrap_or_default()
}

fn assert_same_parts(expected: &[(Option<&Node>, &Node)], seen: &[(Option<&Node>, &Node)]) {
    assert_eq!(expected.len(), seen.len(), "{expected:?} became {seen:?}");
    for ((a_key, a), (b_key, b)) in expected.iter().zip(seen) {
        assert_eq!(a_key.and_then(Node::text), b_key.and_then(Node::text));
        assert_same_meaning(a, b);
    }
}
