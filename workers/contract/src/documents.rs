//! What steps leave for each other in the state bucket. In: nothing. Out: types that are JSON.
//! Never: text for people; a payload between states (those hold pointers to these).

use crate::ports::{ReadObject, ReadProjection, WriteObject};
use crate::{Class, Component, Digest, Failure, Key, Pointer, Problem, Timestamp, Verdict, each};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::{BTreeMap, BTreeSet};

/// One pinned object of the config bucket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Source {
    /// Its key.
    pub key: String,
    /// Its version.
    pub version_id: String,
    /// Its bytes, copied to the state bucket, so that a replay does not depend on how long old versions are kept.
    pub document: Pointer,
}

impl Source {
    /// The key, understood.
    #[must_use]
    pub fn key(&self) -> Key {
        Key::parse(&self.key)
    }
}

/// The exact set of objects that a run works on; immutable. The same snapshot gives the same bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The base of each component that has one.
    pub base: BTreeMap<Component, Source>,
    /// The policy that this run goes by: `base/policy.yml`, or its last good version if it is broken. None: the default.
    pub policy: Option<Source>,
    /// Every fragment, in key order.
    pub fragments: Vec<Source>,
    /// Rule unit tests, in key order.
    pub rule_tests: Vec<Source>,
    /// For each fragment whose live version is another one than the present: that version, in key order. It serves
    /// when the present one is not accepted.
    pub fallbacks: Vec<Source>,
    /// Keys of fragments whose present version is the one that serves already.
    pub serving: BTreeSet<String>,
    /// Keys that are no fragment, with what is wrong with each.
    pub strays: Vec<Problem>,
}

/// Whether an item is what its owner wants now, or what serves if that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The platform team's template.
    Base,
    /// The pinned version of a fragment.
    Current,
    /// Its last good version.
    Fallback,
}

/// One thing to template and judge.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// What it is for.
    pub role: Role,
    /// Which object.
    pub source: Source,
    /// Whether exactly this version serves already: what it holds, nobody takes from it.
    pub serves: bool,
}

/// What one `Template` and one `Validate` work on. A fragment and its fallback are never in one batch, so that a
/// fragment that kills its worker does not take its last good version along.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Batch {
    /// Whose configuration.
    pub component: Component,
    /// In key order; never empty.
    pub items: Vec<Item>,
}

/// What `Template` made of one item. `Tree` is `yaml::Node`; this crate does not know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TemplatedItem<Tree> {
    /// Which item.
    pub item: Item,
    /// The tree with placeholders replaced, positions as in the author's file; none if it could not be read.
    pub tree: Option<Tree>,
    /// What was found on the way.
    pub problems: Vec<Problem>,
}

/// What `Template` made of a batch, item by item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Templated<Tree> {
    /// In the batch's order.
    pub items: Vec<TemplatedItem<Tree>>,
}

/// What `Validate` says of one item by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedItem {
    /// Which item.
    pub item: Item,
    /// Whether it may go into the configuration.
    pub accepted: bool,
    /// Everything found by `Template` and `Validate`, in line order.
    pub problems: Vec<Problem>,
    /// The file of its rules, if the real tool accepted exactly these bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_rules: Option<Digest>,
}

/// What `Validate` says of a batch, item by item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// In the batch's order.
    pub items: Vec<JudgedItem>,
}

/// One batch that was answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct GatheredBatch {
    /// The [`Batch`].
    pub batch: Pointer,
    /// Its [`Templated`].
    pub templated: Pointer,
    /// Its [`Judged`].
    pub judged: Pointer,
}

/// An item that no worker survived.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Killed {
    /// Which item.
    pub item: Item,
    /// Whether it was alone in its batch. If not, so many died that they could not all be told apart; then it is none that serves.
    // An execution that was under way when this field came has written its rounds without it.
    #[serde(default)]
    pub alone: bool,
    /// The error that the state machine saw: `States.Timeout`, `Runtime.OutOfMemory`, …
    pub error: String,
}

/// What `Merge` has in hand after all rounds of a lane's batches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gathered {
    /// Every answered batch once, in order of its pointer.
    pub batches: Vec<GatheredBatch>,
    /// Every item that no worker survived, once, in order.
    pub killed: Vec<Killed>,
    /// Pieces of killed batches that a later round asks for, in order: a round has room for so many only.
    pub waiting: Vec<Batch>,
}

/// How much a configuration holds, by which a guard sees that it lost much at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    /// Scrape jobs, modules or metrics; the base's too, markers not.
    pub entries: usize,
    /// Recording and alerting rules, the marker not.
    pub rules: usize,
}

/// A finished configuration: every file of a generation with its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// Whose.
    pub component: Component,
    /// The digest of all files but the markers; its [`short`](Digest::short) form is in the markers.
    pub digest: Digest,
    /// How much it holds.
    pub size: Size,
    /// Path inside the generation -> content. `prometheus.yml`, `rules/<owner>--<name>.yml`, …
    pub files: BTreeMap<String, String>,
    /// Scrape job -> the fragment that has it; the base's own are not there.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub jobs: BTreeMap<String, Origin>,
}

/// Where in the config bucket something of a configuration was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The fragment's key.
    pub key: String,
    /// The line in it, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// What becomes of one fragment in one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FragmentVerdict {
    /// The pinned version.
    pub source: Source,
    /// What becomes of it.
    pub verdict: Verdict,
    /// The version that serves: the source itself, its last good version, or none.
    pub serving: Option<Source>,
    /// Everything found about the pinned version.
    pub problems: Vec<Problem>,
}

/// What becomes of every fragment of one component, and what is wrong with its base.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// Whose.
    pub component: Component,
    /// The policy that they were made by; none: the default.
    pub policy: Option<Source>,
    /// Problems of the base and of the whole that no fragment can be blamed for.
    pub platform: Vec<Problem>,
    /// What fails of the owners' unit tests of rules, at the tests' own keys.
    pub rule_tests: Vec<Problem>,
    /// In key order.
    pub fragments: Vec<FragmentVerdict>,
}

/// One deployed configuration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Counts up by one per deploy of the component.
    pub ordinal: u64,
    /// The configuration's digest.
    pub digest: Digest,
    /// The run that made it.
    pub run: String,
    /// When that run pinned its snapshot; what was pinned later is newer.
    pub pinned_at: Timestamp,
    /// Whether it was made of a snapshot of the past, by an operator's wish.
    pub replay: bool,
    /// How much the configuration holds.
    pub size: Size,
    /// The configuration document.
    pub configuration: Pointer,
    /// The verdicts document: which version of each fragment serves.
    pub verdicts: Pointer,
}

impl Generation {
    /// The folder name: `<ordinal>-<first 12 digits of the digest>`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-{}", self.ordinal, self.digest.short())
    }
}

/// The last verified generation of a component: `heads/<component>.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Whose.
    pub component: Component,
    /// The generation that was proven to run.
    pub generation: Generation,
    /// If that is a replay: the last one that is none. Its last good versions are not forgotten by looking back.
    pub before_replay: Option<Generation>,
}

impl Head {
    /// The name of the projection that holds the head of a component.
    #[must_use]
    pub fn name(component: Component) -> String {
        format!("heads/{component}.json")
    }

    /// The head after a generation was proven.
    #[must_use]
    pub fn then(before: Option<Head>, component: Component, generation: Generation) -> Head {
        let before_replay = if generation.replay {
            before.and_then(|head| {
                head.before_replay
                    .or((!head.generation.replay).then_some(head.generation))
            })
        } else {
            None
        };
        Head {
            component,
            generation,
            before_replay,
        }
    }

    /// Understands what a projection says. A caller to whom last good versions are nothing may go on without it.
    pub fn of(component: Component, projection: serde_json::Value) -> Result<Head, Failure> {
        serde_json::from_value(projection).map_err(|error| {
            let doing = format!(
                "reading `{}` of the state bucket (it is a projection: delete it to begin without last good \
                 versions of {component})",
                Head::name(component)
            );
            Failure::new(Class::Rejected, doing).because(error)
        })
    }
}

/// One fact of a run: what a step (or a scheduled worker) was asked and what it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The execution's name.
    pub run: String,
    /// Which step, or which other worker.
    pub step: crate::Author,
    /// The component, where the request names one.
    pub component: Option<Component>,
    /// The request, pointers and all.
    pub request: serde_json::Value,
    /// The response, if it answered. Neither this nor a failure: it said what it is about to do.
    pub response: Option<serde_json::Value>,
    /// `{"class", "cause"}` if it could not.
    pub failure: Option<serde_json::Value>,
}

impl Record {
    /// `runs/<run>/<n>-<step>[-<component>]-<digest of the request>[-failed].json`: the same request again writes the same
    /// key, and a retry that succeeds leaves the record of the failure before it.
    #[must_use]
    pub fn key(&self) -> String {
        let component = self
            .component
            .map(|component| format!("-{component}"))
            .unwrap_or_default();
        let digest = Digest::of(self.request.to_string().as_bytes());
        let failed = if self.failure.is_some() { "-failed" } else { "" };
        format!(
            "runs/{}/{}-{}{component}-{}{failed}.json",
            self.run,
            self.step.number(),
            self.step,
            digest.short()
        )
    }
}

/// Reads a document of the state bucket; `what` it should be is told if it is not. `Rejected` then.
pub async fn read_document<T: DeserializeOwned>(
    ports: &impl ReadObject,
    pointer: &Pointer,
    what: &str,
) -> Result<T, Failure> {
    let bytes = ports.read_object(pointer).await?;
    serde_json::from_slice(&bytes).map_err(|error| not_that(pointer, what, error))
}

fn not_that(pointer: &Pointer, what: &str, error: serde_json::Error) -> Failure {
    Failure::new(Class::Rejected, format!("reading {} as {what}", pointer.key())).because(error)
}

/// Reads a [`Templated`] document. Trees are nearly all of it, and are understood on all processors.
///
/// # Errors
/// As [`read_document`].
pub async fn read_templated<Tree: DeserializeOwned + Send>(
    ports: &impl ReadObject,
    pointer: &Pointer,
    what: &str,
) -> Result<Templated<Tree>, Failure> {
    let texts: Templated<Box<RawValue>> = read_document(ports, pointer, what).await?;
    let understood = each(texts.items, |TemplatedItem { item, tree, problems }| {
        let tree = tree.map(|text| serde_json::from_str(text.get())).transpose()?;
        Ok(TemplatedItem { item, tree, problems })
    });
    let items: Result<_, serde_json::Error> = understood.into_iter().collect();
    items
        .map(|items| Templated { items })
        .map_err(|error| not_that(pointer, what, error))
}

/// Writes a [`Templated`] document, its trees on all processors.
///
/// # Errors
/// As [`write_document`].
pub async fn write_templated<Tree: Serialize + Send>(
    ports: &impl WriteObject,
    templated: Templated<Tree>,
) -> Result<Pointer, Failure> {
    let texts = each(templated.items, |TemplatedItem { item, tree, problems }| {
        let tree = tree.as_ref().map(to_raw_value).transpose()?;
        Ok(TemplatedItem { item, tree, problems })
    });
    let items: Result<Vec<TemplatedItem<Box<RawValue>>>, serde_json::Error> = texts.into_iter().collect();
    let items = items.map_err(not_written)?;
    write_document(ports, &Templated { items }).await
}

/// The head of a component, for whom last good versions are nothing: one that cannot be understood is none. It is a projection, and the
/// next proof writes it anew.
pub async fn read_head(ports: &impl ReadProjection, component: Component) -> Result<Option<Head>, Failure> {
    let head = ports.read_projection(&Head::name(component)).await?;
    Ok(head.and_then(|(value, _)| Head::of(component, value).ok()))
}

/// Writes a document into the state bucket.
pub async fn write_document(ports: &impl WriteObject, document: &impl Serialize) -> Result<Pointer, Failure> {
    let bytes = serde_json::to_vec(document).map_err(not_written)?;
    ports.write_object(bytes).await
}

fn not_written(error: serde_json::Error) -> Failure {
    Failure::new(Class::Bug, "writing a document as JSON").because(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Step;
    use serde_json::{Value, json};

    #[test]
    fn what_an_older_run_gathered_is_read() {
        let item = Item {
            role: Role::Current,
            source: Source {
                key: "apps/shop/prometheus/api.yml".into(),
                version_id: "v1".into(),
                document: Pointer::to(b""),
            },
            serves: false,
        };
        let killed = serde_json::from_value::<Killed>(json!({ "item": item, "error": "States.Timeout" }));
        assert!(!killed.unwrap().alone);
    }

    #[test]
    fn a_record_has_the_key_of_what_was_asked_and_whether_it_was_answered() {
        let check = |request: Value, component: Option<Component>, failure: Option<Value>, expect: &str| {
            let record = Record {
                run: "r".into(),
                step: Step::Deploy.into(),
                component,
                request,
                response: None,
                failure,
            };
            assert_eq!(record.key(), format!("runs/r/5-deploy{expect}.json"));
        };
        let prometheus = Some(Component::Prometheus);
        check(json!({}), None, None, "-44136fa355b3");
        check(json!({}), prometheus, None, "-prometheus-44136fa355b3");
        check(json!({"a": 1}), prometheus, None, "-prometheus-015abd7f5cc5");
        check(
            json!({}),
            prometheus,
            Some(json!({})),
            "-prometheus-44136fa355b3-failed",
        );
    }
}
