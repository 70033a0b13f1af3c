//! Merge: the accepted fragments, and the last good versions of those that are not, go into the base.
//!
//! In: the base and the answered batches of one component, and what the real tool found wrong with an earlier
//! attempt. Out: the finished configuration and a verdict for every fragment; or smaller batches to ask for,
//! where a batch killed its worker; or a refusal that names what is wrong with the base. Never: judges a
//! fragment, asks a tool, changes a scalar, deploys.
//!
//! Laws
//! - The same accepted versions and the same base give the same bytes, in whatever batches and order they
//!   came.
//! - No fragments: the base and the markers.
//! - A fragment that is not accepted changes nothing of the others; its last good version serves in its
//!   place.
//! - Gathering a round twice is gathering it once.
//! - A killed batch is split until the fragment that kills is alone; if nothing at all is answered, no
//!   fragment is blamed. Of masses that kill, what is new is given up together; a version that serves only goes if it
//!   died alone while others were answered.
//!
//! Where the rules come from: the markers are what the reload of each process can prove; rules of one
//! fragment are one file with a stable path, because Prometheus keys the state of alerts by file and group;
//! the rest is the documents of `contract` and the definition in `statemachine/`.
//!
//! | file | what |
//! |---|---|
//! | `gather.rs` | what was answered, what to split (pure) |
//! | `choose.rs` | which version of each fragment serves (pure) |
//! | `assemble.rs` | trees -> files, markers, digest (pure) |

mod assemble;
mod choose;
mod gather;
#[cfg(test)]
mod tests;

pub use assemble::{Contribution, assemble, contribution};
pub use choose::choose;
pub use gather::{Round, gather};

use contract::ports::{ReadObject, WriteObject};
use contract::{
    Batch, Class, Component, Digest, Failure, FragmentVerdict, Gathered, GatheredBatch, Judged, Key,
    PLATFORM, Pointer, Problem, Severity, Source, Templated, Verdict, Verdicts, each, read_document,
    read_templated, write_document,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use policy::Policy;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Node, Value};

/// What the state `Merge` asks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The execution's name.
    pub run: String,
    /// Whose configuration.
    pub component: Component,
    /// The policy; none: the default.
    pub policy: Option<Source>,
    /// The [`Templated`] base; none if the component has none.
    pub base: Option<Pointer>,
    /// The batches of this round.
    pub fragments: Vec<AskedBatch>,
    /// The [`Gathered`] of the rounds before.
    pub gathered: Option<Pointer>,
    /// What the real tool found wrong with the configurations made so far: a list of [`Problem`]s.
    pub culprits: Option<Pointer>,
}

/// What became of one batch.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedBatch {
    /// The [`Batch`].
    pub batch: Pointer,
    /// Its [`Templated`], if it was answered.
    pub templated: Option<Pointer>,
    /// Its [`Judged`], if it was answered.
    pub judged: Option<Pointer>,
    /// The name of the error, if its worker died.
    pub killed: Option<String>,
}

/// How it went on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There is a configuration to prove.
    Merged,
    /// Smaller batches have to be asked for first.
    Split,
    /// The base is no base; the verdicts say why.
    Refused,
}

/// What it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Response {
    /// How it went on.
    pub outcome: Outcome,
    /// The [`Batch`]es to ask for; none unless split.
    pub batches: Vec<Pointer>,
    /// The [`Gathered`] of all rounds so far.
    pub gathered: Pointer,
    /// The [`Configuration`](contract::Configuration), if merged.
    pub configuration: Option<Pointer>,
    /// Its digest.
    pub digest: Option<Digest>,
    /// The [`Verdicts`], unless split.
    pub verdicts: Option<Pointer>,
    /// How many fragments serve in their present version.
    pub accepted: usize,
    /// How many serve in their last good version.
    pub held_back: usize,
    /// How many do not serve.
    pub rejected: usize,
}

/// Small documents.
const READS_AT_ONCE: usize = 32;
/// Documents with the trees of a whole batch: with 10,000 fragments the memory is theirs.
const TREES_AT_ONCE: usize = 4;

/// Merges one component.
pub async fn run<P: ReadObject + WriteObject>(ports: &P, request: Request) -> Result<Response, Failure> {
    let Request {
        component,
        policy: policy_source,
        base,
        fragments,
        gathered,
        culprits,
        ..
    } = request;
    let policy = policy::settled(ports, policy_source.as_ref()).await?;
    let base = match base {
        Some(pointer) => Some(read_templated::<Node>(ports, &pointer, "a templated base").await?),
        None => None,
    };
    let culprits: Vec<Problem> = match culprits {
        Some(pointer) => read_document(ports, &pointer, "a list of problems").await?,
        None => Vec::new(),
    };
    let before: Gathered = match gathered {
        Some(pointer) => read_document(ports, &pointer, "gathered batches").await?,
        None => Gathered::default(),
    };
    let round = round(ports, fragments).await?;
    let (gathered, pieces) = gather(component, before, round)?;
    let mut response = Response {
        outcome: Outcome::Refused,
        batches: Vec::new(),
        gathered: write_document(ports, &gathered).await?,
        configuration: None,
        digest: None,
        verdicts: None,
        accepted: 0,
        held_back: 0,
        rejected: 0,
    };
    let (tree, mut platform) = usable_base(component, base);
    // A base that is refused is not worth another round.
    if tree.is_some() && !pieces.is_empty() {
        response.outcome = Outcome::Split;
        for piece in &pieces {
            response.batches.push(write_document(ports, piece).await?);
        }
        return Ok(response);
    }

    // A list of futures, not an iterator of them: else the compiler cannot see that `run` may move between
    // threads.
    let readings: Vec<_> = gathered
        .batches
        .iter()
        .map(|batch| read_document(ports, &batch.judged, "a judged batch"))
        .collect();
    let judged: Vec<Judged> = stream::iter(readings)
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let judged = judged.into_iter().flat_map(|judged| judged.items).collect();
    let (fragments, blameless) = choose(judged, &gathered.killed, &culprits);
    let mut rule_tests = Vec::new();
    for problem in blameless {
        let told = match Key::parse(&problem.key) {
            Key::RuleTest { .. } => &mut rule_tests,
            _ => &mut platform,
        };
        if !told.contains(&problem) {
            told.push(problem);
        }
    }
    let count = |verdict| {
        fragments
            .iter()
            .filter(|fragment| fragment.verdict == verdict)
            .count()
    };
    response.accepted = count(Verdict::Accepted);
    response.held_back = count(Verdict::HeldBack);
    response.rejected = count(Verdict::Rejected);

    if let Some(base) = tree
        && !platform.iter().any(|problem| problem.severity == Severity::Error)
    {
        let contributions = contributions(ports, &policy, component, &gathered.batches, &fragments).await?;
        let configuration = assemble(component, base, contributions);
        response.outcome = Outcome::Merged;
        response.configuration = Some(write_document(ports, &configuration).await?);
        response.digest = Some(configuration.digest);
    }
    response.verdicts = Some(
        write_document(
            ports,
            &Verdicts {
                component,
                policy: policy_source,
                platform,
                rule_tests,
                fragments,
            },
        )
        .await?,
    );
    Ok(response)
}

/// The tree of a base, if a configuration can be made from it, and its problems.
fn usable_base(component: Component, base: Option<Templated<Node>>) -> (Option<Node>, Vec<Problem>) {
    let key = component.base_key();
    let Some(item) = base.and_then(|base| base.items.into_iter().next()) else {
        let source = Source {
            key: key.clone(),
            version_id: String::new(),
            document: Pointer::to(b""),
        };
        let message = format!("there is no `{key}`, so that no {component} can be configured");
        return (None, vec![base_problem(component, &source, message)]);
    };
    let (source, mut problems) = (item.item.source, item.problems);
    if problems.iter().any(|problem| problem.severity == Severity::Error) {
        return (None, problems);
    }
    let wrong = match &item.tree {
        None => Some((None, format!("`{key}` holds nothing"))),
        Some(tree) if !matches!(tree.value, Value::Map(_)) => {
            Some((Some(tree.at), format!("`{key}` is no map")))
        }
        Some(tree) => assemble::sections(component)
            .iter()
            .find_map(|(section, is_map)| {
                let node = tree.get(section).filter(|node| !node.is_null())?;
                let fits = matches!(
                    (&node.value, is_map),
                    (Value::Map(_), true) | (Value::Seq(_), false)
                );
                let shape = if *is_map { "map" } else { "list" };
                (!fits).then(|| (Some(node.at), format!("`{section}` is no {shape}")))
            }),
    };
    let Some((at, message)) = wrong else {
        return (item.tree, problems);
    };
    let problem = base_problem(component, &source, message);
    problems.push(match at {
        Some(at) => problem.at(at.line, at.column),
        None => problem,
    });
    (None, problems)
}

fn base_problem(component: Component, source: &Source, message: String) -> Problem {
    let example = match component {
        Component::Prometheus => "`global: {scrape_interval: 1m}`, and `alerting` with your Alertmanagers",
        Component::Blackbox => "`modules: {}`, or the modules that all teams use",
        Component::Cloudwatch => "`region: <your region>` and `metrics: []`",
    };
    let hint =
        format!("the {PLATFORM} team puts a template there that is valid by itself, at least {example}");
    Problem::new(source, Severity::Error, "base", message).hint(hint)
}

/// Reads the batches that died, to split them; the others stay pointers.
async fn round(ports: &impl ReadObject, asked: Vec<AskedBatch>) -> Result<Round, Failure> {
    let mut round = Round::default();
    for AskedBatch {
        batch,
        templated,
        judged,
        killed,
    } in asked
    {
        match (templated, judged, killed) {
            (Some(templated), Some(judged), None) => {
                round.answered.push(GatheredBatch {
                    batch,
                    templated,
                    judged,
                });
            }
            (_, _, Some(error)) => round
                .killed
                .push((read_document::<Batch>(ports, &batch, "a batch").await?, error)),
            _ => {
                let doing = format!("gathering {}: it was neither answered nor killed", batch.key());
                return Err(Failure::new(Class::InvalidRequest, doing));
            }
        }
    }
    Ok(round)
}

/// What each serving version adds, by key. Trees go as soon as that is taken from them.
async fn contributions(
    ports: &impl ReadObject,
    policy: &Policy,
    component: Component,
    batches: &[GatheredBatch],
    fragments: &[FragmentVerdict],
) -> Result<BTreeMap<String, Contribution>, Failure> {
    let serving: BTreeSet<&Source> = fragments
        .iter()
        .filter_map(|fragment| fragment.serving.as_ref())
        .collect();
    let readings: Vec<_> = batches
        .iter()
        .map(|batch| added(ports, policy, component, batch, &serving))
        .collect();
    let mut all = BTreeMap::new();
    let mut readings = stream::iter(readings).buffered(TREES_AT_ONCE);
    while let Some(added) = readings.try_next().await? {
        all.extend(added);
    }
    Ok(all)
}

async fn added(
    ports: &impl ReadObject,
    policy: &Policy,
    component: Component,
    batch: &GatheredBatch,
    serving: &BTreeSet<&Source>,
) -> Result<Vec<(String, Contribution)>, Failure> {
    let templated: Templated<Node> = read_templated(ports, &batch.templated, "a templated batch").await?;
    let mut items = templated.items;
    items.retain(|item| serving.contains(&item.item.source));
    let added = each(items, |item| {
        let source = item.item.source;
        let key = source.key();
        let enforced = policy::enforce(&policy.of(key.owner()), component, key.owner(), &item.tree?);
        let contribution = contribution(component, &source, &enforced);
        Some((source.key, contribution))
    });
    Ok(added.into_iter().flatten().collect())
}
