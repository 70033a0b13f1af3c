//! What passes in an execution. In: events. Out: what a host wants to know of them. Never: changes what
//! happens.

use super::Thrown;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where an execution is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The `Map`s around it, outermost first, each with the index of the iteration.
    pub within: Vec<(String, usize)>,
    /// The state's name.
    pub state: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (map, index) in &self.within {
            write!(f, "{map}[{index}]/")?;
        }
        f.write_str(&self.state)
    }
}

/// What happened there.
#[derive(Debug)]
pub enum Event<'a> {
    /// The state began.
    Entered {
        /// What it was given.
        input: &'a Value,
    },
    /// A task will be tried again.
    Retried {
        /// Why.
        thrown: &'a Thrown,
        /// After that long.
        pause: Duration,
    },
    /// An error was caught.
    Caught {
        /// Which one.
        thrown: &'a Thrown,
        /// Where it goes on.
        next: &'a str,
    },
    /// The state ended well, or with an error that it caught.
    Exited {
        /// What it left.
        output: &'a Value,
    },
}

/// Is told what passes.
pub trait Observer {
    /// Something happened. It must not wait.
    fn event(&self, place: &Place, event: &Event<'_>);
}

/// Observes nothing.
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Place, _: &Event<'_>) {}
}

/// The path of states, for tests and snapshots: as every engine passes it, however its iterations interleave.
#[derive(Debug, Default)]
pub struct History(Mutex<BTreeMap<String, Vec<String>>>);

impl History {
    /// For the execution itself (an empty key) and each iteration of a `Map` (`Components[0]`,
    /// `Components[0]/Fragments[1]`): the states that it passed, in order; `Validate (retried: Unavailable)`
    /// and `Reload (caught: Rejected)` where it was not smooth.
    #[must_use]
    pub fn paths(&self) -> BTreeMap<String, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Observer for History {
    fn event(&self, place: &Place, event: &Event<'_>) {
        let passed = match event {
            Event::Entered { .. } => place.state.clone(),
            Event::Retried { thrown, .. } => format!("{} (retried: {})", place.state, thrown.error),
            Event::Caught { thrown, .. } => format!("{} (caught: {})", place.state, thrown.error),
            Event::Exited { .. } => return,
        };
        let iteration: Vec<String> = place
            .within
            .iter()
            .map(|(map, index)| format!("{map}[{index}]"))
            .collect();
        let mut paths = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        paths.entry(iteration.join("/")).or_default().push(passed);
    }
}
