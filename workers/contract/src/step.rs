//! The seven steps. In: a name. Out: the step. Never: what a step does.

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
