//! Deletes the groups of a Pushgateway that nobody has pushed for longer than their TTL: a Pushgateway forgets nothing
//! by itself, so what a job said last is scraped for ever.
//!
//! In: the URL of a Pushgateway, the policy's TTLs. Out: what was deleted, as counts, and as an audit document for each
//! Pushgateway behind the name. Never: deletes what it cannot read, a group without a TTL, or more than the policy
//! lets one run delete; a clock, the environment or a network of its own.
//!
//! Laws:
//! - A group is deleted by its exact key, or not at all (`path.rs`).
//! - What is about to be deleted is in the journal before the first deletion; what became of it is in the audit even if
//!   the run stops half-way.
//! - Right before it is deleted, a group is looked at again, and left alone if it was pushed. A Pushgateway has no
//!   conditional deletion: a push between that look and the deletion is lost, and nobody can tell. Deletions are made
//!   while the look is fresh, for a second, then there is another; a job that pushes again brings its group back.
//! - A group that cannot be deleted stops no other.
//! - A run that is tried again deletes what is left.
//!
//! | file | what |
//! |---|---|
//! | `groups.rs` | what a Pushgateway shows -> groups; no port in it |
//! | `plan.rs` | groups, policy, time -> what to delete; no port in it |
//! | `path.rs` | a group's key -> the path that deletes it; no port in it |

mod groups;
mod path;
mod plan;
#[cfg(test)]
mod tests;

pub use groups::{Labels, Unreadable};
pub use plan::{Entry, Fate};

use contract::ports::{AppendRecord, CallReplica, Clock, HttpAnswer, Method, WriteObject};
use contract::{Class, Failure, Pointer, Record, Scheduled, Timestamp, write_document};
use futures_util::future::join_all;
use groups::Listing;
use path::Naming;
use policy::Pushgateway;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);
/// How many deletions are on their way at once.
const AT_ONCE: usize = 16;
/// How long a look is good enough to delete by.
const FRESH_MILLIS: u64 = 1_000;
/// How long a run goes on before it leaves the rest to the next one. A call, a last look and the audit come on top: a
/// host should give it twice that long.
const RUN_MILLIS: u64 = 150_000;
/// How often, and how far apart, it is looked whether accepted deletions were made: a Pushgateway queues them.
const LAST_LOOKS: usize = 10;
const LAST_LOOKS_APART: Duration = Duration::from_secs(1);
/// The longest body of a refusal that is told, in characters.
const BODY_CHARACTERS: usize = 500;

/// What to collect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The name of this run.
    pub run: String,
    /// The Pushgateway: `http://pushgateway.monitoring:9091`, a path prefix included. Every address behind its name is
    /// taken for a Pushgateway of its own.
    pub url: String,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// In one word.
    pub outcome: Outcome,
    /// Over all replicas.
    pub counts: Counts,
    /// Every Pushgateway, in order of its address.
    pub replicas: Vec<Replica>,
}

/// Whether anything could be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// What was to be deleted was.
    Collected,
    /// Nothing was touched.
    DryRun,
}

/// One Pushgateway behind the name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// `ip:port`
    pub address: String,
    /// Its groups.
    pub counts: Counts,
    /// The [`Audit`]; none if no group's time was up and every group could be read.
    pub audit: Option<Pointer>,
}

/// How many groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// There were, when it was first looked.
    pub groups: u64,
    /// Of these were older than their TTL.
    pub expired: u64,
    /// Of the expired are deleted.
    pub deleted: u64,
    /// Of the expired were pushed again before they could be deleted, and left alone.
    pub pushed_again: u64,
    /// Of the expired were deleted by somebody else.
    pub gone: u64,
    /// Of the expired wait for the next run.
    pub postponed: u64,
    /// Of the expired cannot be deleted; the audit says why.
    pub refused: u64,
    /// Could not be judged, and are kept; the audit says why.
    pub unreadable: u64,
}

impl Counts {
    /// Each by its name: the metrics of a run.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("groups", self.groups),
            ("expired", self.expired),
            ("deleted", self.deleted),
            ("pushed_again", self.pushed_again),
            ("gone", self.gone),
            ("postponed", self.postponed),
            ("refused", self.refused),
            ("unreadable", self.unreadable),
        ]
    }
}

impl std::iter::Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(all: I) -> Counts {
        all.fold(Counts::default(), |sum, one| Counts {
            groups: sum.groups + one.groups,
            expired: sum.expired + one.expired,
            deleted: sum.deleted + one.deleted,
            pushed_again: sum.pushed_again + one.pushed_again,
            gone: sum.gone + one.gone,
            postponed: sum.postponed + one.postponed,
            refused: sum.refused + one.refused,
            unreadable: sum.unreadable + one.unreadable,
        })
    }
}

/// What a run did to one Pushgateway: a document in the state bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// The Pushgateway's name.
    pub url: String,
    /// Which one of it.
    pub address: String,
    /// When it was first looked.
    pub at: Timestamp,
    /// Whether nothing could be deleted.
    pub dry_run: bool,
    /// How many groups there were.
    pub groups: u64,
    /// Those whose time was up, oldest first.
    pub entries: Vec<Entry>,
    /// Those that could not be judged.
    pub unreadable: Vec<Unreadable>,
}

impl Audit {
    fn counts(&self) -> Counts {
        let count = |fate: Fate| self.entries.iter().filter(|entry| entry.fate == fate).count() as u64;
        Counts {
            groups: self.groups,
            expired: self.entries.len() as u64,
            deleted: count(Fate::Deleted),
            pushed_again: count(Fate::PushedAgain),
            gone: count(Fate::Gone),
            postponed: count(Fate::Postponed),
            refused: count(Fate::Refused),
            unreadable: self.unreadable.len() as u64,
        }
    }
}

/// Collects each Pushgateway behind the name, one after another. One that fails does not keep the others from being
/// collected; then the run fails, naming each that did.
pub async fn run<P>(ports: &P, policy: &Pushgateway, request: Request) -> Result<Response, Failure>
where
    P: AppendRecord + CallReplica + Clock + WriteObject,
{
    let url = request.url.trim_end_matches('/');
    let mut limits = Limits {
        deletions: policy.deletions_at_most,
        until_millis: ports.now().as_millis() + RUN_MILLIS,
    };
    let (mut replicas, mut failed) = (Vec::new(), Vec::new());
    for address in ports.addresses(url).await? {
        let process = Process { ports, url, address };
        match process.collect(policy, &request.run, &mut limits).await {
            Ok(replica) => replicas.push(replica),
            Err(failure) => failed.push(failure),
        }
    }
    if let Some(failure) = all(failed, url) {
        return Err(failure);
    }
    Ok(Response {
        outcome: if policy.dry_run {
            Outcome::DryRun
        } else {
            Outcome::Collected
        },
        counts: replicas.iter().map(|replica| replica.counts).sum(),
        replicas,
    })
}

/// One failure for all of them. It can be tried again only if each can.
fn all(mut failed: Vec<Failure>, url: &str) -> Option<Failure> {
    let class = failed
        .iter()
        .map(|failure| failure.class)
        .min_by_key(|class| class.retryable())?;
    if failed.len() == 1 {
        return failed.pop();
    }
    let said: Vec<String> = failed.iter().map(Failure::chain).collect();
    Some(Failure::new(class, format!("collecting every Pushgateway of {url}")).because(said.join("; ")))
}

/// What is left to a run.
struct Limits {
    deletions: u64,
    until_millis: u64,
}

/// One of them.
struct Process<'a, P> {
    ports: &'a P,
    url: &'a str,
    address: String,
}

impl<P: AppendRecord + CallReplica + Clock + WriteObject> Process<'_, P> {
    async fn collect(
        &self,
        policy: &Pushgateway,
        run: &str,
        limits: &mut Limits,
    ) -> Result<Replica, Failure> {
        let naming = self.read("/api/v1/status", groups::naming).await?;
        let listing = self.look().await?;
        let at = self.ports.now();
        let mut audit = Audit {
            url: self.url.to_owned(),
            address: self.address.clone(),
            at,
            dry_run: policy.dry_run,
            groups: (listing.groups.len() + listing.unreadable.len()) as u64,
            entries: plan::plan(&listing, policy, at, limits.deletions),
            unreadable: listing.unreadable,
        };
        let expired = audit.entries.iter().filter(|entry| entry.fate == Fate::Expired);
        let expired = expired.count() as u64;
        let mut swept = Ok(());
        if expired > 0 && !policy.dry_run {
            limits.deletions = limits.deletions.saturating_sub(expired);
            self.announce(run, &audit).await?;
            swept = self.sweep(&mut audit.entries, naming, limits.until_millis).await;
        }
        let pointer = if audit.entries.is_empty() && audit.unreadable.is_empty() {
            None
        } else {
            Some(write_document(self.ports, &audit).await?)
        };
        if let Err(failure) = swept {
            let written = pointer.map(|pointer| pointer.key()).unwrap_or_default();
            let doing = format!(
                "collecting {}; what was deleted of it is in `{written}`",
                self.name()
            );
            return Err(Failure::new(failure.class, doing).because(failure));
        }
        Ok(Replica {
            address: self.address.clone(),
            counts: audit.counts(),
            audit: pointer,
        })
    }

    /// Leaves in the journal what is about to be deleted: a worker that is ended half-way says nothing afterwards.
    async fn announce(&self, run: &str, audit: &Audit) -> Result<(), Failure> {
        let delete = write_document(self.ports, audit).await?;
        let record = Record {
            run: run.to_owned(),
            step: Scheduled::PushgatewayGc.into(),
            component: None,
            request: json!({ "run": run, "url": self.url, "address": self.address, "delete": delete }),
            response: None,
            failure: None,
        };
        self.ports.append(&record).await
    }

    /// Deletes what is expired, looking again and again; ends when nothing of it is open.
    async fn sweep(&self, entries: &mut [Entry], naming: Naming, until_millis: u64) -> Result<(), Failure> {
        let mut last_looks = 0;
        loop {
            let listing = self.look().await?;
            let looked_millis = self.now_millis();
            plan::settle(entries, &listing);
            if looked_millis >= until_millis {
                plan::turn(entries, Fate::Expired, Fate::Postponed, None);
            }
            let mut open: Vec<&mut Entry> = entries
                .iter_mut()
                .filter(|entry| entry.fate == Fate::Expired)
                .collect();
            if !open.is_empty() {
                for some in open.chunks_mut(AT_ONCE) {
                    self.delete(some, naming).await?;
                    if self.now_millis().saturating_sub(looked_millis) >= FRESH_MILLIS {
                        break;
                    }
                }
            } else if entries.iter().all(|entry| entry.fate != Fate::Accepted) {
                return Ok(());
            } else if last_looks == LAST_LOOKS {
                let reason = "the Pushgateway accepted its deletion and still shows it; a label value that is no UTF-8 \
                              cannot be named: push valid labels, or restart it without its persistence file";
                plan::turn(entries, Fate::Accepted, Fate::Refused, Some(reason));
                return Ok(());
            } else {
                last_looks += 1;
                self.ports.sleep(LAST_LOOKS_APART).await;
            }
        }
    }

    /// Tells the Pushgateway to delete these, at once. What it says of one group is that group's fate; what it says of
    /// itself is a failure.
    async fn delete(&self, entries: &mut [&mut Entry], naming: Naming) -> Result<(), Failure> {
        let answers =
            entries
                .iter()
                .map(|entry| path::of(&entry.labels, naming))
                .map(async |path| match path {
                    Ok(path) => self.delete_one(&path).await,
                    Err(reason) => Ok(Err(reason)),
                });
        let answers = join_all(answers).await;
        let mut failed = Ok(());
        for (entry, answer) in entries.iter_mut().zip(answers) {
            match answer {
                Ok(Ok(())) => entry.fate = Fate::Accepted,
                Ok(Err(reason)) => {
                    entry.fate = Fate::Refused;
                    entry.reason = Some(reason);
                }
                Err(failure) => failed = Err(failure),
            }
        }
        failed
    }

    async fn delete_one(&self, path: &str) -> Result<Result<(), String>, Failure> {
        let answer = self.call(Method::Delete, path).await?;
        match answer.status {
            200..=299 => Ok(Ok(())),
            400 => {
                let body = cut(&answer.body);
                Ok(Err(format!(
                    "the Pushgateway does not take its path `{}`: {body}",
                    cut(path)
                )))
            }
            _ => Err(self.refusal(Method::Delete, path, &answer)),
        }
    }

    async fn look(&self) -> Result<Listing, Failure> {
        self.read("/api/v1/metrics", groups::listing).await
    }

    async fn read<T>(&self, path: &str, parse: fn(&str) -> Result<T, String>) -> Result<T, Failure> {
        let answer = self.call(Method::Get, path).await?;
        if answer.status != 200 {
            return Err(self.refusal(Method::Get, path, &answer));
        }
        parse(&answer.body).map_err(|why| {
            let doing = format!("reading {path} of {}{HINT}", self.name());
            Failure::new(Class::Rejected, doing).because(why)
        })
    }

    async fn call(&self, method: Method, path: &str) -> Result<HttpAnswer, Failure> {
        let url = format!("{}{path}", self.url);
        self.ports.call(method, &url, &self.address, CALL).await
    }

    fn refusal(&self, method: Method, path: &str, answer: &HttpAnswer) -> Failure {
        let class = match answer.status {
            429 => Class::Throttled,
            401 | 403 => Class::Denied,
            500..=599 => Class::Unavailable,
            _ => Class::Rejected,
        };
        let hint = if class == Class::Rejected { HINT } else { "" };
        let verb = match method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let doing = format!(
            "calling {verb} {} of {}, which answered {}{hint}",
            cut(path),
            self.name(),
            answer.status
        );
        Failure::new(class, doing).because(cut(&answer.body))
    }

    fn name(&self) -> String {
        format!("{} at {}", self.url, self.address)
    }

    fn now_millis(&self) -> u64 {
        self.ports.now().as_millis()
    }
}

const HINT: &str = "; is this the URL of a Pushgateway (1.0 or later), with its path prefix?";

fn cut(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= BODY_CHARACTERS {
        return text.to_owned();
    }
    text.chars().take(BODY_CHARACTERS).chain(['…']).collect()
}
