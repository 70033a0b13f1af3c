//! What of a fragment the real tool is still asked about when something in it has been found wrong already: the rest, so that
//! everything is told at once. In: a tree and where its errors are. Out: the tree without what they are in.
//! Never: shown to anybody, deployed, or accepted: the fragment is rejected anyway.
//!
//! A wrong field is left out; an item of a list (a rule, a relabelling rule) or a module with something wrong in it is left out as a
//! whole: half of one would be wrong in other ways. Jobs and groups stay, and get a name where theirs is at fault.

use std::collections::BTreeSet;
use yaml::{Node, Position, Value};

/// The rest; none if there is nothing to ask about.
pub(crate) fn without(tree: &Node, errors: &BTreeSet<Position>) -> Option<Node> {
    let sections = tree.written().iter().filter_map(|(key, value)| {
        let name = match key.text() {
            Some("scrape_configs") => "job_name",
            Some("groups") => "name",
            Some("modules") => return Some((key.clone(), fields(value, errors, None))),
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

/// A map without the fields that an error is in; `named` by that field, if it is not (any more).
fn fields(map: &Node, errors: &BTreeSet<Position>, named: Option<(&str, usize)>) -> Node {
    // A map begins where its first key does: what is said of an item without a name is not said of that key.
    let unnamed = named.is_some_and(|(name, _)| map.get(name).is_none());
    let is_wrong = |at: Position| errors.contains(&at) && !(unnamed && at == map.at);
    let kept = map.written().iter().filter_map(|(key, value)| {
        if is_wrong(key.at) || is_wrong(value.at) {
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
            Value::Map(_) if holds(value, errors) => return None,
            Value::Scalar(_) | Value::Map(_) => value.clone(),
        };
        Some((key.clone(), value))
    });
    let mut left = Node::map(kept.collect());
    left.at = map.at;
    if let Some((name, number)) = named
        && left.get(name).is_none()
        && let Value::Map(kept) = &mut left.value
    {
        kept.push((Node::plain(name), Node::string(format!("number {}", number + 1))));
    }
    left
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
            "modules:\n  c: {prober: icmp}\n",
        );
    }
}
