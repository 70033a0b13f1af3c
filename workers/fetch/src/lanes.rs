//! Lanes and batches. In: a snapshot. Out: what each component's `Template` and `Validate` work on.
//! Never: more batches than the state machine has room for, or a fragment and its fallback in one.

use contract::{Batch, Component, Item, Role, Snapshot, Source};

/// The most batches of present versions: the parallelism of the state `Fragments`.
const CURRENT_BATCHES: usize = 8;
/// The most batches of fallbacks, which are few.
const FALLBACK_BATCHES: usize = 2;
/// A batch smaller than that costs more states, and more processes of the real tool, than it saves time.
const BATCH_ITEMS: usize = 1000;

/// The batches of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Batches {
    pub(crate) base: Option<Batch>,
    pub(crate) fragments: Vec<Batch>,
}

impl Batches {
    pub(crate) fn is_nothing(&self) -> bool {
        self.base.is_none() && self.fragments.is_empty()
    }
}

/// Cuts what a snapshot holds for a component into batches.
pub(crate) fn batches(snapshot: &Snapshot, component: Component) -> Batches {
    let item = |role, source: &Source| Item {
        role,
        source: source.clone(),
        serves: role == Role::Fallback || snapshot.serving.contains(&source.key),
    };
    let cut = |role, sources: &[Source], most: usize| -> Vec<Batch> {
        let items: Vec<Item> = sources
            .iter()
            .filter(|source| source.key().component() == Some(component))
            .map(|source| item(role, source))
            .collect();
        items
            .chunks(items.len().div_ceil(most).max(BATCH_ITEMS))
            .map(|items| Batch {
                component,
                items: items.to_vec(),
            })
            .collect()
    };
    let mut fragments = cut(Role::Current, &snapshot.fragments, CURRENT_BATCHES);
    fragments.extend(cut(Role::Fallback, &snapshot.fallbacks, FALLBACK_BATCHES));
    Batches {
        base: snapshot.base.get(&component).map(|base| Batch {
            component,
            items: vec![item(Role::Base, base)],
        }),
        fragments,
    }
}
