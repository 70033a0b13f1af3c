//! What of a fragment the real tool is still asked about when something in it has been found wrong already: the rest, so that
//! everything is told at once. In: a tree and where its errors are. Out: the tree without what they are in.
//! Never: shown to anybody, deployed, or accepted: the fragment is rejected anyway.
//!
//! A wrong field is left out; an item of a list (a relabelling rule) or a block (`tls_config`) with something wrong in it is left out as a
//! whole: half of one would be wrong in other ways. Jobs and groups stay, and get a name where theirs is at fault; modules and their
//! probes stay; so does a rule whose expression and name are right, without its wrong fields: of these no other field depends.

use policy::closest;
use std::collections::BTreeMap;
use yaml::{Node, Position, Value};

/// How many errors are told at a place.
pub(crate) type Errors = BTreeMap<Position, usize>;

pub(crate) fn errors(at: impl IntoIterator<Item = Position>) -> Errors {
    let mut errors = Errors::new();
    for at in at {
        *errors.entry(at).or_default() += 1;
    }
    errors
}

/// Blocks, and lists of blocks, whose fields stand each for itself.
const LOOSE: [&str; 7] = [
    "dns",
    "grpc",
    "http",
    "http_headers",
    "icmp",
    "static_configs",
    "tcp",
];
/// A block without it is wrong in another way.
const NEEDED: &str = "query_name";
/// A rule where one of them is wrong, or not there, is none.
const OF_A_RULE: [&str; 3] = ["expr", "record", "alert"];

/// The rest; none if there is nothing to ask about.
pub(crate) fn without(tree: &Node, errors: &Errors) -> Option<Node> {
    let sections = tree.written().iter().filter_map(|(key, value)| {
        let name = match key.text() {
            Some("scrape_configs") => "job_name",
            Some("groups") => "name",
            Some("modules") => return Some((key.clone(), modules(value, errors))),
            _ => return None,
        };
        let items = value.items().iter().enumerate().filter_map(|(number, item)| {
            let is_map = matches!(item.value, Value::Map(_));
            is_map.then(|| fields(item, errors, Some((name, number))))
        });
        Some((
            key.clone(),
            Node {
                at: value.at,
                value: Value::Seq(items.collect()),
            },
        ))
    });
    let sections: Vec<(Node, Node)> = sections.collect();
    (!sections.is_empty()).then(|| Node::map(sections))
}

/// Those that are not wrong themselves, each without what is wrong in it.
fn modules(modules: &Node, errors: &Errors) -> Node {
    let is_wrong = |node: &Node| errors.contains_key(&node.at);
    let kept = modules
        .written()
        .iter()
        .filter(|(name, module)| !is_wrong(name) && !is_wrong(module));
    let kept = kept.map(|(name, module)| {
        let module = match module.value {
            Value::Map(_) => fields(module, errors, None),
            Value::Scalar(_) | Value::Seq(_) => module.clone(),
        };
        (name.clone(), module)
    });
    Node {
        at: modules.at,
        value: Value::Map(kept.collect()),
    }
}

/// A map without the fields that an error is in; `named` by that field, if it is not (any more).
fn fields(map: &Node, errors: &Errors, named: Option<(&str, usize)>) -> Node {
    let has_name =
        |entries: &[(Node, Node)], name: &str| entries.iter().any(|(key, _)| key.text() == Some(name));
    // A map begins where its first key does: what is said of an item without a name is not said of that key, unless it was to be the name.
    let first = map.written().first().and_then(|(key, _)| key.text());
    let is_meant = |name: &str| first.is_some_and(|first| closest(first, &[name]).is_some());
    let unnamed = named.is_some_and(|(name, _)| map.get(name).is_none() && !is_meant(name));
    let of_the_map = |at: Position| usize::from(unnamed && at == map.at);
    let is_wrong = |at: Position| errors.get(&at).is_some_and(|told| *told > of_the_map(at));
    let is_loose = |key: &Node| key.text().is_some_and(|key| LOOSE.contains(&key));
    // A timeout would be held against the interval of all, which is not meant.
    let is_without_interval = map
        .get("scrape_interval")
        .is_some_and(|interval| is_wrong(interval.at));
    let kept = map.written().iter().filter_map(|(key, value)| {
        let is_rules = named.is_some() && key.text() == Some("rules");
        // A list may begin where its first item does; then it is the item that is wrong.
        let is_first = value.items().first().is_some_and(|first| first.at == value.at);
        if is_wrong(key.at) || (is_wrong(value.at) && !is_first) {
            return None;
        }
        if is_without_interval && key.text() == Some("scrape_timeout") {
            return None;
        }
        let value = match &value.value {
            Value::Seq(items) => {
                let rest = |item: &Node| match item.value {
                    _ if !holds(item, errors) => Some(item.clone()),
                    Value::Map(_) if is_loose(key) && !errors.contains_key(&item.at) => {
                        Some(fields(item, errors, None))
                    }
                    Value::Map(_) if is_rules => rule(item, errors),
                    Value::Scalar(_) | Value::Seq(_) | Value::Map(_) => None,
                };
                let kept: Vec<Node> = items.iter().filter_map(rest).collect();
                // A list that has nothing may be wrong for that.
                if kept.is_empty() && !items.is_empty() {
                    return None;
                }
                Node {
                    at: value.at,
                    value: Value::Seq(kept),
                }
            }
            Value::Map(_) if holds(value, errors) => {
                let rest = Some(fields(value, errors, None)).filter(|_| is_loose(key))?;
                if value.get(NEEDED).is_some() && rest.get(NEEDED).is_none() {
                    return None;
                }
                rest
            }
            Value::Scalar(_) | Value::Map(_) => value.clone(),
        };
        Some((key.clone(), value))
    });
    let mut kept: Vec<(Node, Node)> = kept.collect();
    if let Some((name, number)) = named
        && !has_name(&kept, name)
    {
        kept.push((Node::plain(name), Node::string(format!("number {}", number + 1))));
    }
    Node {
        at: map.at,
        value: Value::Map(kept),
    }
}

/// A rule without the fields that an error is in; none if it is no rule then.
fn rule(rule: &Node, errors: &Errors) -> Option<Node> {
    let (wrong, kept): (Vec<_>, Vec<_>) = rule
        .written()
        .iter()
        .cloned()
        .partition(|(key, value)| holds(key, errors) || holds(value, errors));
    let is_of_a_rule = |(key, _): &(Node, Node)| key.text().is_some_and(|key| OF_A_RULE.contains(&key));
    let rule = Node {
        at: rule.at,
        value: Value::Map(kept),
    };
    // What it lacks is told at its first field, and what is wrong may have come with a merge key.
    let has = |field: &str| rule.get(field).is_some();
    let is_rule = has("expr") && (has("record") || has("alert"));
    // `{expr: f(a, b)}`: a field without a value is what a comma has cut off another one.
    let is_cut = wrong.iter().any(|(_, value)| value.is_null());
    (is_rule && !is_cut && !wrong.iter().any(is_of_a_rule)).then_some(rule)
}

/// Whether an error is in it.
fn holds(node: &Node, errors: &Errors) -> bool {
    errors.contains_key(&node.at)
        || match &node.value {
            Value::Scalar(_) => false,
            Value::Seq(items) => items.iter().any(|item| holds(item, errors)),
            Value::Map(entries) => entries
                .iter()
                .any(|(key, value)| holds(key, errors) || holds(value, errors)),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yaml::Limits;

    #[test]
    fn what_is_wrong_is_left_out_and_nothing_else() {
        // `!` stands before each key or item that an error is at, one for each error; one place a line.
        let check = |marked: &str, expect: &str| {
            let errors = errors(marked.lines().zip(1..).flat_map(|(line, number)| {
                let marks = line.matches('!').count();
                let column = line.find('!').and_then(|at| u32::try_from(at + 1).ok());
                let at = column.map(|column| Position { line: number, column });
                at.into_iter().cycle().take(marks)
            }));
            let tree = yaml::read(marked.replace('!', "").as_bytes(), &Limits::default())
                .unwrap()
                .unwrap();
            let left = without(&tree, &errors)
                .map(|tree| yaml::print(&tree).text)
                .unwrap_or_default();
            let expect = yaml::read(expect.as_bytes(), &Limits::default()).unwrap();
            let expect = expect.map(|tree| yaml::print(&tree).text).unwrap_or_default();
            assert_eq!(left, expect, "{marked}");
        };
        check("global: {}\n", "");
        check(
            "scrape_configs:\n- job_name: a\n  !scheme: x\n  params: {}\n",
            "scrape_configs:\n- job_name: a\n  params: {}\n",
        );
        check(
            "scrape_configs:\n- job_name: a\n  scrape_interval: !x\n  scrape_timeout: 2m\n",
            "scrape_configs:\n- job_name: a\n",
        );
        check(
            "scrape_configs:\n- !scheme: x\n",
            "scrape_configs:\n- scheme: x\n  job_name: \"number 1\"\n",
        );
        check(
            "scrape_configs:\n- scheme: x\n  job_name: !a\n",
            "scrape_configs:\n- scheme: x\n  job_name: \"number 1\"\n",
        );
        // The list begins where the first rule does, and it is the rule that is wrong.
        check(
            "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - !source_label: [b]\n  - {regex: !x}\n  - {regex: y}\n",
            "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - {regex: y}\n",
        );
        check(
            "groups:\n- name: g\n  rules:\n  - record: a\n    !exprr: x\n  - {record: b, expr: y}\n",
            "groups:\n- name: g\n  rules:\n  - {record: b, expr: y}\n",
        );
        // A rule is one without the fields that it may have.
        check(
            "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: x\n    for: !b\n    labels: {c: d, e: [!f]}\n    annotations: {g: h}\n",
            "groups:\n- name: g\n  rules:\n  - alert: a\n    expr: x\n    annotations: {g: h}\n",
        );
        check(
            "groups:\n- name: g\n  rules:\n  - !fore: b\n    alert: a\n    expr: x\n",
            "groups:\n- name: g\n  rules:\n  - {alert: a, expr: x}\n",
        );
        // The field that is missing is told at the first one, and that is where the list begins.
        check(
            "groups:\n- name: g\n  rules:\n  - !for: b\n    alert: a\n  - {record: b, expr: y}\n",
            "groups:\n- name: g\n  rules:\n  - {record: b, expr: y}\n",
        );
        check(
            "groups:\n- name: g\n  rules:\n  - {record: a, expr: f(x, !y)}\n",
            "groups:\n- name: g\n",
        );
        // Not both: with `record` alone the rest would be wrong.
        check(
            "groups:\n- name: g\n  rules:\n  - record: a\n    alert: !b\n    expr: x\n    for: c\n",
            "groups:\n- name: g\n",
        );
        // The first says that the name is missing, the second that there is no such field.
        check(
            "scrape_configs:\n- !!jub_name: x\n  params: {}\n",
            "scrape_configs:\n- params: {}\n  job_name: \"number 1\"\n",
        );
        // The one says that there is no such field, and what was meant; the other that the name is missing.
        check(
            "scrape_configs:\n- !job_nam: x\n  params: {}\n",
            "scrape_configs:\n- params: {}\n  job_name: \"number 1\"\n",
        );
        check(
            "groups:\n- !limit: 1\n",
            "groups:\n- limit: 1\n  name: \"number 1\"\n",
        );
        check(
            "scrape_configs:\n- job_name: a\n  scrape_protocols: [!x]\n",
            "scrape_configs:\n- job_name: a\n",
        );
        check(
            "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: [b, !x, c]\n    labels: {d: e}\n",
            "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: [b, c]\n    labels: {d: e}\n",
        );
        check(
            "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets:\n    - !x\n    - c\n",
            "scrape_configs:\n- job_name: a\n  static_configs:\n  - targets: [c]\n",
        );
        check(
            "scrape_configs:\n- job_name: a\n  http_headers: {A: {values: [b]}, C: {files: [!x]}}\n",
            "scrape_configs:\n- job_name: a\n  http_headers: {A: {values: [b]}}\n",
        );
        check(
            "modules:\n  a:\n    prober: !x\n    http: {method: b}\n  c:\n    dns:\n      query_name: !x\n  d:\n    http: {e: f, g: !x}\n",
            "modules:\n  a: {http: {method: b}}\n  c: {}\n  d: {http: {e: f}}\n",
        );
        check(
            "modules:\n  a:\n    !probe: x\n    http: {}\n  !b:\n  c: {prober: icmp}\n",
            "modules:\n  c: {prober: icmp}\n",
        );
    }
}
