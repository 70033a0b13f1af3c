//! Validate: says what is wrong, of each fragment by itself and of the finished whole.
//!
//! In: templated trees, or a finished [`Configuration`](contract::Configuration). Out: a verdict and every
//! problem, each with the author's own line and column where it can be found; for a whole that is refused,
//! whose fault it is.
//! Never: changes a tree, deploys, takes a verdict from where a team's words may stand, or fails because a
//! team's file is bad (that is a verdict).
//!
//! Laws
//! - The items of the answer are the items that were asked about, in their order, and each has a verdict.
//! - An error is a rejection, of the whole fragment: a good job beside a bad rule does not serve.
//! - It is for one version of Prometheus: promtool has to be of it, and what that version does not have is refused.
//! - What the real tool refuses is not accepted. Its verdict is the exit code of a process, and for one that was shown many files what
//!   it says of each on standard output, where no word of a team's stands.
//! - The number of processes does not grow with the number of fragments, good or bad; only where what the tool says of many is not
//!   certain (it runs out of time or memory, says more than 4 MiB, or somebody forges its words) are they asked about in smaller sets.
//! - `proven` is said only of exactly the bytes that the real tool accepted.
//! - One answer names everybody who has to go, also those who would have to go once the others have gone; what one owner's
//!   new versions lead to ends with all of them refused, and never with everybody's held.
//! - Whom a running server may mean that refuses what the real tool accepted is only suspected: of what is new, and nobody where
//!   its words and what only a server sees point to nobody. Whom its words named stays out; who was only guessed comes back with the
//!   next try, which leaves out others; all of them go together only in the last.
//! - Who came first keeps a name: the base, then who was live, then fragments in key order. A fragment that loses a name holds
//!   none.
//!
//! Where the rules come from: Prometheus and the Blackbox exporter themselves, asked as `promtool check
//! config --syntax-only` (what lies on the server's disk is not here), `promtool check rules --lint=none` and
//! `blackbox_exporter --config.check`; what those let through although it does not work is under `checks/`;
//! what is fine alone and wrong together is under `together/`. For `CloudWatch` there is no tool: the checks are all.
//!
//! | file | what |
//! |---|---|
//! | `fragments.rs` | the request about fragments |
//! | `configuration.rs` | the request about the whole |
//! | `world.rs` | what serves once the culprits have fallen back (pure) |
//! | `refusal.rs` | the request about a refused reload: who is left out of the next try |
//! | `suspects.rs` | whom the server may mean (pure) |
//! | `rule_tests.rs` | owners' unit tests of their rules |
//! | `subject.rs`, `checks/` | one fragment, and one check a file, named as its reporter (pure) |
//! | `written.rs`, `relabel.rs`, `relabelled.rs` | what checks ask a tree for: fields, one rule, what all rules make of a target (pure) |
//! | `misread.rs` | a name that is another one than it looks like (pure) |
//! | `fields.rs`, `fields/` | what Prometheus understands of what teams push, from its source |
//! | `together/` | clashes between fragments, and who takes more than there is, one kind a file (pure) |
//! | `assembly.rs` | the files that the tools are shown (pure) |
//! | `ask.rs` | many files, few processes |
//! | `apart.rs` | a refused fragment job by job (or module), and what is left of each |
//! | `remainder.rs` | what a tool is still asked about beside what was found already (pure) |
//! | `said.rs`, `find.rs`, `advice.rs` | a tool's message -> problems: what, where, what to do (pure) |

mod advice;
mod apart;
mod ask;
mod assembly;
mod checks;
mod configuration;
mod fields;
mod find;
mod fragments;
mod misread;
mod refusal;
mod relabel;
mod relabelled;
mod remainder;
mod rule_tests;
mod said;
mod subject;
mod suspects;
#[cfg(test)]
mod tests;
mod together;
mod tries;
mod world;
mod written;

use contract::ports::{ReadObject, RunTool, WriteObject};
use contract::{
    Cause, Component, Failure, Generation, Pointer, Problem, Source, Suspicion, Version, write_document,
};
use serde::{Deserialize, Serialize};

/// What the states `Validate`, `ValidateConfiguration` and `FindSuspects` ask.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "what", rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// What is wrong with each of these fragments by itself?
    Fragments {
        /// The execution's name.
        run: String,
        /// Whose configuration they go into.
        component: Component,
        /// The policy; none: the default.
        policy: Option<Source>,
        /// The [`Templated`](contract::Templated) base; none where a component has none.
        base: Option<Pointer>,
        /// The [`Templated`](contract::Templated) batch.
        templated: Pointer,
    },
    /// Would the component's process take this configuration, and if not, because of whom?
    Configuration {
        /// The execution's name.
        run: String,
        /// Whose configuration it is.
        component: Component,
        /// The policy; none: the default.
        policy: Option<Source>,
        /// Rule unit tests: a list of [`Source`]s.
        rule_tests: Option<Pointer>,
        /// The [`Configuration`](contract::Configuration).
        configuration: Pointer,
        /// The [`Verdicts`](contract::Verdicts) it was made by.
        verdicts: Pointer,
        /// The [`Templated`](contract::Templated) base.
        base: Option<Pointer>,
        /// The [`Gathered`](contract::Gathered) batches, to find the fragments' trees.
        gathered: Option<Pointer>,
        /// The problems that earlier rounds found.
        culprits: Option<Pointer>,
        /// How many rounds there were before.
        round: u32,
        /// What is remembered of a refused reload; goes on with the answer.
        // An execution that was under way when this field came has none.
        #[serde(default)]
        suspicion: Option<Suspicion>,
    },
    /// The component's process refused this configuration although the real tool had accepted it: because of whom?
    Refusal {
        /// The execution's name.
        run: String,
        /// Whose configuration it is.
        component: Component,
        /// The policy; none: the default.
        policy: Option<Source>,
        /// How Reload failed, with the server's words.
        failure: Cause,
        /// The generation that runs again; none where nothing was proven before.
        previous: Option<Generation>,
        /// The [`Configuration`](contract::Configuration) that was refused.
        configuration: Pointer,
        /// The [`Verdicts`](contract::Verdicts) it was made by.
        verdicts: Pointer,
        /// The [`Templated`](contract::Templated) base.
        base: Option<Pointer>,
        /// The [`Gathered`](contract::Gathered) batches, to find the fragments' trees.
        gathered: Option<Pointer>,
        /// The problems that earlier rounds found.
        culprits: Option<Pointer>,
        /// How many rounds of proving there were before.
        round: u32,
        /// What is remembered of a refused reload before this one.
        #[serde(default)]
        suspicion: Option<Suspicion>,
    },
}

/// What they are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Response {
    /// About fragments.
    Fragments {
        /// The [`Judged`](contract::Judged) document.
        judged: Pointer,
        /// How many may go into the configuration.
        accepted: usize,
        /// How many may not.
        rejected: usize,
    },
    /// About the whole.
    Configuration {
        /// What is to be done with it.
        outcome: Outcome,
        /// Every problem of all rounds: a list of [`Problem`](contract::Problem)s; none if there is none.
        culprits: Option<Pointer>,
        /// How many those are.
        problems: usize,
        /// How many rounds there were, this one included.
        round: u32,
        /// As it was given.
        suspicion: Option<Suspicion>,
    },
    /// About what the server refused.
    Refusal {
        /// `culprits`, or `refused` where nobody can be suspected any more.
        outcome: Outcome,
        /// What was found before anybody was suspected, and whom the next try is to leave out: a list of
        /// [`Problem`](contract::Problem)s; none if there is none.
        culprits: Option<Pointer>,
        /// How many those are.
        problems: usize,
        /// How many rounds of proving there were.
        round: u32,
        /// What to remember; none if nobody ever was suspected.
        suspicion: Option<Suspicion>,
    },
}

/// What is to be done with a finished configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The real tool accepted exactly these bytes: deploy them.
    Proven,
    /// Merge again without the fragments that have an error among the culprits.
    Culprits,
    /// Nobody's fragment is at fault, or nobody could be found: the problems are the platform team's.
    Refused,
}

/// What an operator sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The version of the Prometheus that runs what is accepted.
    pub prometheus: Version,
    /// A tool's process is ended after that long; sooner if it is shown little.
    pub timeout_seconds: u64,
    /// Processes that ran out of time may have taken that long in all; then the answer is a failure, `Exhausted`, after
    /// which less is asked at once. All unit tests of a request together may take that long, whatever comes of them. A request
    /// asks three times at most, and its state has 300 seconds; what is asked only to tell more ends with the first that is slow.
    pub slow_seconds: u64,
    /// It may not use more memory than that.
    pub memory_bytes: u64,
}

impl Default for Settings {
    /// The newest version that `fields/` knows, which is the one that the functions' package has promtool of;
    /// 60 seconds (10,000 jobs take 1.4, 10,000 rule files 6), 80 in all, 1 GiB (they take 350 MB).
    fn default() -> Settings {
        Settings {
            prometheus: fields::NEWEST,
            timeout_seconds: 60,
            slow_seconds: 80,
            memory_bytes: 1024 * 1024 * 1024,
        }
    }
}

/// So many rounds of proving does the definition go through; the last has to prove.
pub const ROUNDS: u32 = 5;

/// How many documents are read at once.
const READS_AT_ONCE: usize = 32;

/// Judges.
pub async fn run<P>(ports: &P, settings: &Settings, request: Request) -> Result<Response, Failure>
where
    P: ReadObject + WriteObject + RunTool,
{
    match request {
        Request::Fragments {
            run: _,
            component,
            policy,
            base,
            templated,
        } => {
            let policy = policy::settled(ports, policy.as_ref()).await?;
            fragments::judge(ports, settings, &policy, component, base.as_ref(), &templated).await
        }
        Request::Configuration {
            run: _,
            component,
            policy,
            rule_tests,
            configuration,
            verdicts,
            base,
            gathered,
            culprits,
            round,
            suspicion,
        } => {
            let made_of = configuration::Parts {
                policy: policy::settled(ports, policy.as_ref()).await?,
                rule_tests: rule_tests.as_ref(),
                configuration: &configuration,
                verdicts: &verdicts,
                base: base.as_ref(),
                gathered: gathered.as_ref(),
                culprits: culprits.as_ref(),
                round,
            };
            let whole = configuration::Whole::read(ports, component, made_of).await?;
            let (outcome, found) = whole.prove(ports, settings).await?;
            let problems = whole.earlier.len() + found.len();
            let culprits = if found.is_empty() {
                culprits
            } else {
                let all: Vec<_> = whole.earlier.iter().chain(&found).collect();
                Some(write_document(ports, &all).await?)
            };
            Ok(Response::Configuration {
                outcome,
                culprits,
                problems,
                round: round.saturating_add(1),
                suspicion,
            })
        }
        Request::Refusal {
            run,
            component,
            policy,
            failure,
            previous,
            configuration,
            verdicts,
            base,
            gathered,
            culprits,
            round,
            suspicion,
        } => {
            let made_of = configuration::Parts {
                policy: policy::settled(ports, policy.as_ref()).await?,
                rule_tests: None,
                configuration: &configuration,
                verdicts: &verdicts,
                base: base.as_ref(),
                gathered: gathered.as_ref(),
                culprits: culprits.as_ref(),
                round,
            };
            let whole = configuration::Whole::read(ports, component, made_of).await?;
            let refused = refusal::Refused {
                run,
                failure,
                previous,
                verdicts,
                culprits,
                before: suspicion,
            };
            refused.suspects(ports, &whole).await
        }
    }
}

/// Names that others have, in fragments that are refused for another reason, of those keys: what is told of a fragment once all else in
/// it is right. Of a request about a whole that was answered with anything but a failure; of any other, nothing.
///
/// # Errors
/// If a document cannot be read.
pub async fn lost_besides(
    ports: &impl ReadObject,
    request: Request,
    is_asked: impl Fn(&str) -> bool,
) -> Result<Vec<Problem>, Failure> {
    let Request::Configuration {
        component,
        policy,
        configuration,
        verdicts,
        base,
        gathered,
        ..
    } = request
    else {
        return Ok(Vec::new());
    };
    let made_of = configuration::Parts {
        policy: policy::settled(ports, policy.as_ref()).await?,
        rule_tests: None,
        configuration: &configuration,
        verdicts: &verdicts,
        base: base.as_ref(),
        gathered: gathered.as_ref(),
        culprits: None,
        round: 0,
    };
    let whole = configuration::Whole::read(ports, component, made_of).await?;
    whole.with_excerpts(ports, whole.lost_besides(is_asked)).await
}
