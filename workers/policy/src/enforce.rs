//! A fragment as the policy has it. In: a fragment's tree. Out: the tree with the owner's label on everything it makes,
//! and with limits filled in or clamped. Never: a refusal (those are `validate`'s checks); a changed scalar that the
//! policy does not name.
//!
//! The owner's label is the last entry of a job's `relabel_configs` (targets, and with them `up` and the like) and of its
//! `metric_relabel_configs` (series, whatever the target says and `honor_labels` lets through): nothing that a fragment
//! writes comes after it. On a rule it is the rule's own label, which wins over its group's and over what the expression
//! yields. Modules and metrics make no series by themselves; the jobs that scrape them do.

use crate::Policy;
use contract::Component;
use yaml::{Node, Position, Resolved, Value};

/// A limit that an owner set higher than it may be, or to 0, which would be none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clamp {
    /// Where it stands.
    pub at: Position,
    /// `sample_limit`, `target_limit`, `label_limit`.
    pub field: &'static str,
    /// What its owner wrote.
    pub asked: u64,
    /// What it is.
    pub limit: u64,
}

/// The fragment of that owner as it goes into the configuration; nodes that were added have no position. `policy` is the
/// one [of the owner](Policy::of).
#[must_use]
pub fn enforce(policy: &Policy, component: Component, owner: &str, tree: &Node) -> Node {
    let mut tree = tree.clone();
    if component == Component::Prometheus {
        for job in items_mut(&mut tree, "scrape_configs") {
            limit(policy, job);
            if !policy.owner_label.is_empty() {
                let label = || relabel_to(&policy.owner_label, owner);
                append(job, "relabel_configs", label());
                append(job, "metric_relabel_configs", label());
            }
        }
        if !policy.owner_label.is_empty() {
            for group in items_mut(&mut tree, "groups") {
                own_rules(group, &policy.owner_label, owner);
            }
        }
    }
    tree
}

/// What [`enforce`] lowers.
#[must_use]
pub fn clamps(policy: &Policy, component: Component, tree: &Node) -> Vec<Clamp> {
    if component != Component::Prometheus {
        return Vec::new();
    }
    let jobs = tree.get("scrape_configs").map_or(&[][..], Node::items);
    let changed = jobs.iter().flat_map(|job| changed_limits(policy, job));
    changed
        .filter_map(|Limited { field, limit, asked }| {
            let (at, asked) = asked?;
            Some(Clamp {
                at,
                field,
                asked,
                limit,
            })
        })
        .collect()
}

/// A limit of a job that is not as its author has it.
struct Limited {
    field: &'static str,
    limit: u64,
    /// None: its author says nothing, or nothing that is a number.
    asked: Option<(Position, u64)>,
}

fn changed_limits(policy: &Policy, job: &Node) -> impl Iterator<Item = Limited> {
    let jobs = &policy.jobs;
    let limits = [
        ("sample_limit", jobs.sample_limit),
        ("target_limit", jobs.target_limit),
        ("label_limit", jobs.label_limit),
    ];
    let is_job = matches!(job.value, Value::Map(_));
    limits
        .into_iter()
        .filter(move |(_, limit)| is_job && *limit > 0)
        .filter_map(|(field, limit)| {
            // Only a plain number within the limit is kept. What else the server may take for one is not asked.
            let asked = job.get(field).and_then(|node| {
                let number = node.resolved().and_then(Resolved::whole)?;
                Some((node.at, number))
            });
            let keeps = asked.is_some_and(|(_, asked)| (1..=limit).contains(&asked));
            (!keeps).then_some(Limited { field, limit, asked })
        })
}

fn limit(policy: &Policy, job: &mut Node) {
    let changed: Vec<Limited> = changed_limits(policy, job).collect();
    for Limited { field, limit, .. } in changed {
        set(job, field, Node::plain(limit.to_string()));
    }
}

/// The entry that sets a label to a text, whatever was there.
fn relabel_to(label: &str, text: &str) -> Node {
    Node::map(vec![
        (Node::plain("target_label"), Node::string(label)),
        // `$` would be a reference.
        (Node::plain("replacement"), Node::string(text.replace('$', "$$"))),
    ])
}

fn own_rules(group: &mut Node, label: &str, owner: &str) {
    let has = |labels: &Node| labels.get(label).is_some();
    if group.get("labels").is_some_and(has)
        && let Some(labels) = own(group, "labels")
    {
        set(labels, label, Node::string(owner));
    }
    for rule in items_mut(group, "rules") {
        let Value::Map(entries) = &mut rule.value else {
            continue;
        };
        if !entries.iter().any(|(key, _)| is_key(key, "labels")) && rule.get("labels").is_none() {
            set(rule, "labels", Node::map(vec![]));
        }
        let Some(labels) = own(rule, "labels") else {
            continue;
        };
        if is_nothing(labels) {
            *labels = Node::map(vec![]);
        }
        set(labels, label, Node::string(owner));
    }
}

/// Adds an item to a list, which begins with it where there is none. What is no list is not taken by the tool.
fn append(map: &mut Node, field: &str, item: Node) {
    match own(map, field) {
        Some(list) if is_nothing(list) => *list = Node::seq(vec![item]),
        Some(list) => {
            if let Value::Seq(items) = &mut list.value {
                items.push(item);
            }
        }
        None => set(map, field, Node::seq(vec![item])),
    }
}

/// Sets a key of a map. A new one comes last, after any `<<`, over which it wins.
fn set(map: &mut Node, key: &str, value: Node) {
    let Value::Map(entries) = &mut map.value else {
        return;
    };
    match entries.iter_mut().find(|(known, _)| is_key(known, key)) {
        Some((_, known)) => *known = value,
        None => entries.push((Node::plain(key), value)),
    }
}

/// The value that a map has under a key; what it has through `<<` is made its own first.
fn own<'t>(map: &'t mut Node, key: &str) -> Option<&'t mut Node> {
    let value = map.get(key)?.clone();
    let Value::Map(entries) = &mut map.value else {
        return None;
    };
    if !entries.iter().any(|(known, _)| is_key(known, key)) {
        entries.push((Node::plain(key), value));
    }
    let (_, value) = entries.iter_mut().find(|(known, _)| is_key(known, key))?;
    Some(value)
}

fn items_mut<'t>(map: &'t mut Node, key: &str) -> &'t mut [Node] {
    match own(map, key).map(|node| &mut node.value) {
        Some(Value::Seq(items)) => items,
        _ => &mut [],
    }
}

fn is_key(node: &Node, key: &str) -> bool {
    node.text() == Some(key) && !node.is_merge()
}

/// Null, plain or by its tag.
fn is_nothing(node: &Node) -> bool {
    let tagged = |tag: &Option<String>| tag.as_deref().is_some_and(|tag| tag.ends_with("null"));
    node.is_null() || matches!(&node.value, Value::Scalar(scalar) if tagged(&scalar.tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::Limits;

    fn tree(text: &str) -> Node {
        yaml::read(text.as_bytes(), &Limits::default()).unwrap().unwrap()
    }

    /// Nothing is forced but what is named.
    fn policy(limit: u64, owner_label: &str) -> Policy {
        let mut policy = Policy::open();
        policy.owner_label = owner_label.into();
        policy.jobs.sample_limit = limit;
        policy
    }

    /// Both are YAML; what was added is in quotes.
    fn enforced(policy: &Policy, component: Component, text: &str, expect: &str) {
        let found = enforce(policy, component, "shop", &tree(text));
        assert_eq!(
            yaml::print(&found).text,
            yaml::print(&tree(expect)).text,
            "{text}"
        );
    }

    #[test]
    fn the_owner_label_of_a_job_comes_last() {
        const L: &str = r#"{target_label: "owner", replacement: "shop"}"#;
        let check = |job: &str, expect: &str| {
            enforced(
                &policy(0, "owner"),
                Component::Prometheus,
                &format!("scrape_configs: [{job}]"),
                &format!("scrape_configs: [{}]", expect.replace("L!", L)),
            );
        };
        check(
            "{job_name: a}",
            "{job_name: a, relabel_configs: [L!], metric_relabel_configs: [L!]}",
        );
        check(
            "{job_name: a, honor_labels: yes, metric_relabel_configs: [{action: labeldrop, regex: owner}]}",
            "{job_name: a, honor_labels: yes, metric_relabel_configs: [{action: labeldrop, regex: owner}, L!], \
             relabel_configs: [L!]}",
        );
        check(
            "{job_name: a, relabel_configs: , metric_relabel_configs: !!null x}",
            "{job_name: a, relabel_configs: [L!], metric_relabel_configs: [L!]}",
        );
        // What `<<` brings in is kept, and comes first.
        check(
            "{<<: {relabel_configs: [{action: keep}]}, job_name: a}",
            "{<<: {relabel_configs: [{action: keep}]}, job_name: a, relabel_configs: [{action: keep}, L!], \
             metric_relabel_configs: [L!]}",
        );
        // The tool refuses these; nothing is made of them.
        check(
            "{job_name: a, relabel_configs: x, metric_relabel_configs: {}}",
            "{job_name: a, relabel_configs: x, metric_relabel_configs: {}}",
        );
        check("a, [b], ~", "a, [b], ~");
    }

    #[test]
    fn the_owner_label_of_a_rule_wins() {
        let check = |group: &str, expect: &str| {
            enforced(
                &policy(0, "owner"),
                Component::Prometheus,
                &format!("groups: [{group}]"),
                &format!("groups: [{expect}]"),
            );
        };
        check(
            "{rules: [{record: a, expr: b}]}",
            "{rules: [{record: a, expr: b, labels: {owner: \"shop\"}}]}",
        );
        check(
            "{rules: [{alert: A, labels: {owner: bank, \"x\": 1.10}}]}",
            "{rules: [{alert: A, labels: {owner: \"shop\", \"x\": 1.10}}]}",
        );
        check(
            "{labels: {owner: bank, x: y}, rules: [{labels: }, {labels: !!null z}]}",
            "{labels: {owner: \"shop\", x: y}, rules: [{labels: {owner: \"shop\"}}, {labels: {owner: \"shop\"}}]}",
        );
        check(
            "{<<: {rules: [{<<: {labels: {<<: {owner: bank}}}}]}, name: g}",
            "{<<: {rules: [{<<: {labels: {<<: {owner: bank}}}}]}, name: g, \
             rules: [{<<: {labels: {<<: {owner: bank}}}, labels: {<<: {owner: bank}, owner: \"shop\"}}]}",
        );
        check("{rules: [{labels: [a]}, a]}, b", "{rules: [{labels: [a]}, a]}, b");
    }

    #[test]
    fn limits_are_filled_in_and_lowered() {
        let check = |job: &str, expect: &str| {
            enforced(
                &policy(100, ""),
                Component::Prometheus,
                &format!("scrape_configs: [{job}]"),
                &format!("scrape_configs: [{expect}]"),
            );
        };
        check("{job_name: a}", "{job_name: a, sample_limit: 100}");
        check("{sample_limit: 99}", "{sample_limit: 99}");
        check("{sample_limit: 0144}", "{sample_limit: 0144}");
        check("{sample_limit: 0145}", "{sample_limit: 100}");
        check("{sample_limit: 1e9}", "{sample_limit: 100}");
        check("{sample_limit: 0}", "{sample_limit: 100}");
        check("{sample_limit: }", "{sample_limit: 100}");
        check(
            "{<<: {sample_limit: 101}}",
            "{<<: {sample_limit: 101}, sample_limit: 100}",
        );
        // Whatever the server would take these for.
        check("{sample_limit: \"101\"}", "{sample_limit: 100}");
        check("{sample_limit: !!float -1.0}", "{sample_limit: 100}");
        check("{sample_limit: !!int \"010\"}", "{sample_limit: 100}");
        check("{sample_limit: -1}", "{sample_limit: 100}");
        check("{sample_limit: -0.5}", "{sample_limit: 100}");
        check("{sample_limit: .inf}", "{sample_limit: 100}");
        check("{sample_limit: lots}", "{sample_limit: 100}");
        check("{sample_limit: [1]}", "{sample_limit: 100}");
        check(
            "{sample_limit: 99, target_limit: 9}",
            "{sample_limit: 99, target_limit: 9}",
        );
        check("a", "a");
    }

    #[test]
    fn what_is_lowered_is_told() {
        let check = |job: &str, expect: &[u64]| {
            let tree = tree(&format!("scrape_configs: [{job}]"));
            let told = clamps(&policy(100, "owner"), Component::Prometheus, &tree);
            let told: Vec<u64> = told.iter().map(|clamp| clamp.asked).collect();
            assert_eq!(told, expect, "{job}");
        };
        check("{sample_limit: 101}, {sample_limit: 0x70}", &[101, 112]);
        check("{sample_limit: 0}", &[0]);
        check("{sample_limit: 100}, {job_name: a}, {sample_limit: }, a", &[]);
        // They are told as what they are not.
        check("{sample_limit: !!float -1.0}, {sample_limit: lots}", &[]);
    }

    #[test]
    fn other_components_and_an_open_policy_change_nothing() {
        let default = Policy::default();
        let modules = "modules: {a: {prober: tcp}}";
        enforced(&default, Component::Blackbox, modules, modules);
        let metrics = "metrics: [{aws_namespace: a}]";
        enforced(&default, Component::Cloudwatch, metrics, metrics);
        let jobs = "{scrape_configs: [{job_name: a}], groups: [{rules: [{record: a}]}]}";
        enforced(&Policy::open(), Component::Prometheus, jobs, jobs);
        enforced(&default, Component::Blackbox, jobs, jobs);
    }
}
