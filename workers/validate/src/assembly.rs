//! The files that the tools are shown. In: a base and fragments. Out: text, and where each line of it came
//! from.
//! Never: what is deployed (that is Merge's); a fragment's jobs are judged beside the base's, because globals
//! decide whether a timeout fits.

use contract::Component;
use std::collections::BTreeSet;
use yaml::{Node, Position, Printed, Value};

/// A base without its jobs (or modules), ready to be put together with fragments'.
pub(crate) struct Frame {
    section: &'static str,
    head: String,
    own: Vec<Entry>,
}

/// An item of a list, or a key and its value.
type Entry = (Option<Node>, Node);

/// Whether a fragment adds anything to that section.
pub(crate) fn has_entries(component: Component, tree: &Node) -> bool {
    let section = tree.get(component.shared_section());
    section.is_some_and(|section| !section.parts().is_empty())
}

fn entries(tree: &Node, section: &str) -> Vec<Entry> {
    let parts = tree.get(section).map(Node::parts).unwrap_or_default().into_iter();
    parts.map(|(key, value)| (key.cloned(), value.clone())).collect()
}

impl Frame {
    /// Prepares a base.
    pub(crate) fn new(component: Component, base: Option<&Node>) -> Frame {
        let section = component.shared_section();
        let rest: Vec<(Node, Node)> = base
            .map_or(&[][..], Node::written)
            .iter()
            .filter(|(key, _)| key.text() != Some(section))
            .cloned()
            .collect();
        let head = if rest.is_empty() {
            String::new()
        } else {
            yaml::print(&Node::map(rest)).text
        };
        let own = base.map(|base| entries(base, section)).unwrap_or_default();
        Frame {
            section,
            head,
            own: own.into_iter().map(unplaced).collect(),
        }
    }

    /// The base with the modules of all these fragments under names that cannot clash, to ask about all in
    /// one.
    pub(crate) fn with_all_renamed(&self, fragments: &[&Node]) -> String {
        let renamed: Vec<Node> = fragments
            .iter()
            .enumerate()
            .map(|(index, tree)| {
                let modules = entries(tree, self.section).into_iter().enumerate();
                let modules =
                    modules.map(|(n, (_, body))| (Node::string(format!("fragment {index}, {n}")), body));
                Node::map(vec![(Node::plain(self.section), Node::map(modules.collect()))])
            })
            .collect();
        self.with(&renamed.iter().collect::<Vec<_>>()).text
    }

    /// The base with what these fragments add. Only lines of the last fragment know where they came from.
    pub(crate) fn with(&self, fragments: &[&Node]) -> Printed {
        let mut all = self.own.clone();
        for (index, tree) in fragments.iter().enumerate() {
            let added = entries(tree, self.section);
            let last = index + 1 == fragments.len();
            all.extend(
                added
                    .into_iter()
                    .map(|entry| if last { entry } else { unplaced(entry) }),
            );
        }
        self.print(all)
    }

    /// The base without its own jobs (or modules), and what this fragment adds.
    pub(crate) fn with_only(&self, tree: &Node) -> Printed {
        self.print(entries(tree, self.section))
    }

    /// Each job (or module) of a fragment by itself.
    pub(crate) fn apart(&self, tree: &Node) -> Vec<Node> {
        let at = tree
            .get(self.section)
            .map(|section| section.at)
            .unwrap_or_default();
        let alone = |(key, value): Entry| {
            let value = match key {
                Some(key) => Value::Map(vec![(key, value)]),
                None => Value::Seq(vec![value]),
            };
            Node::map(vec![(Node::plain(self.section), Node { at, value })])
        };
        entries(tree, self.section).into_iter().map(alone).collect()
    }

    /// Where the jobs (or modules) of a fragment begin, and where their names stand.
    pub(crate) fn names(&self, tree: &Node) -> BTreeSet<Position> {
        let entries = entries(tree, self.section);
        let names = entries.iter().flat_map(|(key, value)| {
            let name = value.get("job_name").map(|name| name.at);
            [key.as_ref().map_or(value.at, |key| key.at)]
                .into_iter()
                .chain(name)
        });
        names.collect()
    }

    fn print(&self, all: Vec<Entry>) -> Printed {
        let list = all.iter().all(|(key, _)| key.is_none());
        let section = if list {
            Node::seq(all.into_iter().map(|(_, item)| item).collect())
        } else {
            Node::map(
                all.into_iter()
                    .filter_map(|(key, value)| Some((key?, value)))
                    .collect(),
            )
        };
        let tail = yaml::print(&Node::map(vec![(Node::plain(self.section), section)]));
        let mut lines = vec![Position::default(); self.head.lines().count()];
        lines.extend(tail.lines);
        Printed {
            text: format!("{}{}", self.head, tail.text),
            lines,
        }
    }
}

/// The rules of a fragment as a file of their own.
pub(crate) fn rules(tree: &Node) -> Option<Printed> {
    let groups = tree.get("groups").filter(|groups| !groups.items().is_empty())?;
    Some(yaml::print(&Node::map(vec![(
        Node::plain("groups"),
        groups.clone(),
    )])))
}

fn unplaced((mut key, mut value): Entry) -> Entry {
    if let Some(key) = &mut key {
        forget(key);
    }
    forget(&mut value);
    (key, value)
}

fn forget(node: &mut Node) {
    node.at = Position::default();
    match &mut node.value {
        Value::Scalar(_) => (),
        Value::Seq(items) => items.iter_mut().for_each(forget),
        Value::Map(entries) => entries.iter_mut().for_each(|(key, value)| {
            forget(key);
            forget(value);
        }),
    }
}
