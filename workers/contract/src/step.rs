//! The seven steps, and who else leaves records. In: a name. Out: the step. Never: what a step does.

use serde::{Deserialize, Serialize};

/// One step of a run. Its [`name`](Step::name) is the folder, the package, the function's and the activity's ending,
/// the log field `step` and the Terraform key; the state is the same word with a capital.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Pins a snapshot and lists components and batches.
    Fetch,
    /// Replaces placeholders.
    Template,
    /// Judges fragments by themselves, and the finished configuration.
    Validate,
    /// Puts accepted fragments into the base.
    Merge,
    /// Stages a generation and flips to it.
    Deploy,
    /// Makes every replica load the live generation, and proves it.
    Reload,
    /// Tells owners what changed for them.
    Notify,
}

impl Step {
    /// All steps, in the order in which a run first passes them.
    pub const ALL: [Step; 7] = [
        Self::Fetch,
        Self::Template,
        Self::Validate,
        Self::Merge,
        Self::Deploy,
        Self::Reload,
        Self::Notify,
    ];

    /// The one name of this step.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fetch => "fetch",
            Self::Template => "template",
            Self::Validate => "validate",
            Self::Merge => "merge",
            Self::Deploy => "deploy",
            Self::Reload => "reload",
            Self::Notify => "notify",
        }
    }

    /// The step of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Step> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }

    /// Its place in [`Step::ALL`], from 1; orders the records of a run.
    #[must_use]
    pub fn number(self) -> usize {
        1 + self as usize
    }
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Who leaves a record: a step of a run, or a worker on a schedule of its own, whose records are a run by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Author {
    /// A step.
    Step(Step),
    /// Another worker.
    Scheduled(Scheduled),
}

/// A worker on a schedule of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scheduled {
    /// Deletes what nobody pushes any more.
    PushgatewayGc,
}

impl Author {
    /// Its one name: the step's, or the worker's folder, package and function.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Step(step) => step.name(),
            Self::Scheduled(Scheduled::PushgatewayGc) => "pushgateway_gc",
        }
    }

    /// Orders the records of a run: the step's number; what runs alone is first.
    #[must_use]
    pub fn number(self) -> usize {
        match self {
            Self::Step(step) => step.number(),
            Self::Scheduled(_) => 1,
        }
    }
}

impl From<Step> for Author {
    fn from(step: Step) -> Author {
        Author::Step(step)
    }
}

impl From<Scheduled> for Author {
    fn from(scheduled: Scheduled) -> Author {
        Author::Scheduled(scheduled)
    }
}

impl std::fmt::Display for Author {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_its_name_everywhere() {
        let check = |author: Author, expect: &str| {
            let json = serde_json::to_value(author).unwrap();
            assert_eq!((author.name(), &json), (expect, &expect.into()));
            assert_eq!(serde_json::from_value::<Author>(json).unwrap(), author);
        };
        for step in Step::ALL {
            check(step.into(), step.name());
        }
        check(Scheduled::PushgatewayGc.into(), "pushgateway_gc");
    }
}
