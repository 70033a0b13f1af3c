//! What a check looks at. In: a tree and whose it is. Out: problems at its nodes.
//! Never: a verdict.

use contract::{Component, Problem, Severity, Source, Version};
use policy::Policy;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use yaml::{Node, Position};

/// One fragment, readable.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Whose it is.
    pub source: &'a Source,
    /// Whose configuration it goes into.
    pub component: Component,
    /// The version of the server that runs it, if it is one of Prometheus'.
    pub prometheus: Version,
    /// What its owner may do.
    pub policy: &'a Policy,
    /// What it says.
    pub tree: &'a Node,
    /// What it is added to.
    pub base: Option<&'a Node>,
}

impl<'a> Subject<'a> {
    /// An error at a node.
    pub(crate) fn error(&self, check: &str, at: Position, message: impl Into<String>) -> Problem {
        place(Problem::new(self.source, Severity::Error, check, message), at)
    }

    /// A warning at a node.
    pub(crate) fn warning(&self, check: &str, at: Position, message: impl Into<String>) -> Problem {
        place(Problem::new(self.source, Severity::Warning, check, message), at)
    }

    /// Something to know at a node.
    pub(crate) fn info(&self, check: &str, at: Position, message: impl Into<String>) -> Problem {
        place(Problem::new(self.source, Severity::Info, check, message), at)
    }

    /// What goes into the component's main file: jobs, or modules' bodies, or metrics.
    pub(crate) fn shared(&self) -> Vec<&'a Node> {
        let section = self.tree.get(self.component.shared_section());
        let Some(section) = section else { return Vec::new() };
        let bodies = section.entries().into_iter().map(|(_, body)| body);
        section.items().iter().chain(bodies).collect()
    }

    /// The items of a list at the top.
    pub(crate) fn items(&self, section: &str) -> &'a [Node] {
        self.tree.get(section).map_or(&[], Node::items)
    }
}

/// With that position, unless no author wrote the node.
pub(crate) fn place(problem: Problem, at: Position) -> Problem {
    if at == Position::default() {
        problem
    } else {
        problem.at(at.line, at.column)
    }
}

/// Names with where they are [said](Node::said_at), of the items of a list that have that field.
pub(crate) fn names<'a>(
    items: impl IntoIterator<Item = &'a Node>,
    field: &'a str,
) -> impl Iterator<Item = (&'a str, Position)> {
    items
        .into_iter()
        .filter_map(move |item| Some((item.get(field)?.text()?, item.said_at(field)?)))
}

/// Where a name was seen first, if it was. One that an alias says again stands where it stood.
pub(crate) fn first<'a>(
    firsts: &mut BTreeMap<&'a str, Position>,
    name: &'a str,
    at: Position,
) -> Option<Position> {
    match firsts.entry(name) {
        Entry::Occupied(first) => Some(*first.get()),
        Entry::Vacant(vacant) => {
            vacant.insert(at);
            None
        }
    }
}
