//! What of a fragment the real tool is still asked about when something in it has been found wrong already: the rest, so that
//! everything is told at once. In: a tree and where its errors are. Out: the tree without what they are in.
//! Never: shown to anybody, deployed, or accepted: the fragment is rejected anyway.
//!
//! A wrong field is left out; an item of a list (a rule, a relabelling rule) with something wrong in it is left out as a whole: half of one
//! would be wrong in other ways. Jobs, groups and modules stay, and get a name where theirs is at fault.

use std::collections::BTreeSet;
use yaml::{Node, Position, Value};

/// The rest; none if there is nothing to ask about.
pub(crate) fn without(tree: &Node, errors: &BTreeSet<Position>) -> Option<Node> {
    let sections = tree.entries().iter().filter_map(|(key, value)| {
        let name = match key.text() {
            Some("scrape_configs") => "job_name",
            Some("groups") => "name",
            Some("modules") => return Some((key.clone(), fields(value, errors, None, IN_MODULES))),
            _ => return None,
        };
        let items = value.items().iter().enumerate().filter_map(|(number, item)| {
            let is_map = matches!(item.value, Value::Map(_));
            is_map.then(|| fields(item, errors, Some((name, number)), 0))
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

/// A module, and its prober's section.
const IN_MODULES: usize = 2;

/// A map without the fields that an error is in; `named` by that field, if it is not (any more). So many maps deep, what is around an
/// error stays.
fn fields(map: &Node, errors: &BTreeSet<Position>, named: Option<(&str, usize)>, deep: usize) -> Node {
    let has_name =
        |entries: &[(Node, Node)], name: &str| entries.iter().any(|(key, _)| key.text() == Some(name));
    // A map begins where its first key does: what is said of an item without a name is not said of that key.
    let unnamed = named.is_some_and(|(name, _)| map.get(name).is_none());
    let is_wrong = |at: Position| errors.contains(&at) && !(unnamed && at == map.at);
    let kept = map.entries().iter().filter_map(|(key, value)| {
        let is_looked_into = deep > 0 && matches!(value.value, Value::Map(_));
        if is_wrong(key.at) || is_wrong(value.at) && !is_looked_into {
            return None;
        }
        let value = match &value.value {
            Value::Seq(items) => Node {
                at: value.at,
                value: Value::Seq(
                    items
                        .iter()
                        .filter(|item| !holds(item, errors))
                        .cloned()
                        .collect(),
                ),
            },
            // Of what `dns` needs the tool would say that it lacks it.
            Value::Map(_) if holds(value, errors) && (deep == 0 || key.text() == Some("dns")) => return None,
            Value::Map(_) if deep > 0 => fields(value, errors, None, deep - 1),
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

/// Whether an error is in it.
fn holds(node: &Node, errors: &BTreeSet<Position>) -> bool {
    errors.contains(&node.at)
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
        // `!` stands before each key or item that an error is at.
        let check = |marked: &str, expect: &str| {
            let errors: BTreeSet<Position> = marked
                .lines()
                .zip(1..)
                .filter_map(|(line, number)| {
                    let column = u32::try_from(line.find('!')?).ok()? + 1;
                    Some(Position { line: number, column })
                })
                .collect();
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
            "scrape_configs:\n- !scheme: x\n",
            "scrape_configs:\n- scheme: x\n  job_name: \"number 1\"\n",
        );
        check(
            "scrape_configs:\n- scheme: x\n  job_name: !a\n",
            "scrape_configs:\n- scheme: x\n  job_name: \"number 1\"\n",
        );
        check(
            "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - {regex: !x}\n  - {regex: y}\n",
            "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - {regex: y}\n",
        );
        check(
            "groups:\n- name: g\n  rules:\n  - record: a\n    !exprr: x\n  - {record: b, expr: y}\n",
            "groups:\n- name: g\n  rules:\n  - {record: b, expr: y}\n",
        );
        check(
            "modules:\n  a:\n    !probe: x\n    http: {}\n  !b:\n  c: {prober: icmp}\n",
            "modules:\n  a:\n    http: {}\n  c: {prober: icmp}\n",
        );
        check(
            "modules:\n  a:\n    http:\n      !methd: x\n      b:\n        !c: d\n      e: f\n",
            "modules:\n  a:\n    http:\n      e: f\n",
        );
        check(
            "modules:\n  a:\n    prober: dns\n    dns:\n      !query_name: []\n      b: c\n",
            "modules:\n  a:\n    prober: dns\n",
        );
    }
}
