//! Makes every replica of a component load the live generation, and proves that it did.
//!
//! In: the generation that is live on the volume. Out: for every address behind the component's name, what it
//! proved; and the head, which names the last generation that was proven. Never: writes the volume (`deploy`
//! does), trusts a 200 (design 5.9), or asks some replicas only (design 5.8).
//!
//! Laws:
//! - A replica that proves the generation already is left alone; so a retry, and a run that changed nothing,
//!   reload nothing.
//! - One replica that refuses fails the step, after all were asked; the failure has what each says, once, with who says it, by name
//!   as far as there is room.
//! - A job that a replica loaded and did not start takes nothing from the others: it is named, unless there are more than
//!   [`ABSENT_JOBS`]; then nothing is proven.
//! - The head never goes back to what was pinned earlier.
//! - A component without a URL is not proven, and its head is written all the same: on a desk without a
//!   server the volume is the product, and the next run needs to know which versions serve.
//!
//! | file | what |
//! |---|---|
//! | `proof.rs` | what a replica shows -> what it proves; no port in it |

mod proof;
#[cfg(test)]
mod tests;

use contract::ports::{CallReplica, Clock, HttpAnswer, Method, ReadObject, ReadProjection, WriteProjection};
use contract::{Class, Component, Configuration, Failure, Generation, Head, Timestamp};
use futures_util::stream::{self, StreamExt as _};
use proof::{Answers, Expected, Judgement};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

/// How many replicas are asked at once.
const AT_ONCE: usize = 32;
/// How often a replica is asked for its proof.
const POLL: Duration = Duration::from_secs(1);
/// How often it is made to reload while it shows another generation: over NFS it may have read the old names.
const AGAIN_MILLIS: u64 = 5_000;
/// How long jobs may be absent once both halves are proven. Discovery shows changes within 5 s (design 5.10); a job that
/// is absent longer could not be started by this server (a `ca_file` that is not there), which is its owner's trouble
/// and no reason to take the generation from everybody else.
const JOBS_MILLIS: u64 = 15_000;
/// The longest body of a refusal that is told, in characters; with it and what to do about it a failure is not cut.
const BODY_CHARACTERS: usize = 1_200;

/// Where the processes are, and how long to wait for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Base URL of each component that has a process: `http://prometheus.monitoring:9090`, a path prefix
    /// included.
    pub urls: BTreeMap<Component, String>,
    /// How long a replica may take to prove the generation after it was made to reload.
    pub patience_seconds: u64,
    /// How long one call may take.
    pub call_timeout_seconds: u64,
}

impl Default for Settings {
    /// No processes; 60 s for the proof (an NFS client may keep names that long), 30 s for a call.
    fn default() -> Settings {
        Settings {
            urls: BTreeMap::new(),
            patience_seconds: 60,
            call_timeout_seconds: 30,
        }
    }
}

/// What to prove (states `Reload` and `ReloadPrevious`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The execution's name.
    pub run: String,
    /// Whose processes.
    pub component: Component,
    /// The generation that is live on the volume.
    pub generation: Generation,
}

/// What was proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// In one word.
    pub outcome: Outcome,
    /// Every replica, in order of its address.
    pub replicas: Vec<Replica>,
    /// Jobs of the configuration that a replica loaded and did not start. Everything else is proven, unless they are more than
    /// [`ABSENT_JOBS`]: then only the first of them are here.
    pub absent_jobs: BTreeSet<String>,
    /// Why it is not proven; notices tell it to teams.
    pub reason: Option<String>,
    /// What the platform team can do, so that the next one is; in the record, and in no notice.
    pub to_do: Option<String>,
}

/// Whether every replica proved the generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Every one did.
    Proven,
    /// Nobody refused it, but there is no proof; the reason is in the response.
    Unproven,
}

/// One process behind the component's name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replica {
    /// `ip:port`
    pub address: String,
    /// Whether it had to be made to reload.
    pub reloaded: bool,
    /// What it showed, a sentence each.
    pub proof: Vec<String>,
    /// Jobs that it loaded and did not start.
    #[serde(skip)]
    pub absent_jobs: BTreeSet<String>,
}

/// How many absent jobs are told; a payload is small.
pub const ABSENT_JOBS: usize = 50;

/// Looks, makes reload, waits for the proof; then writes the head.
pub async fn run<P>(ports: &P, settings: &Settings, request: Request) -> Result<Response, Failure>
where
    P: CallReplica + Clock + ReadObject + ReadProjection + WriteProjection,
{
    let Request {
        component,
        generation,
        ..
    } = request;
    let Some(url) = settings.urls.get(&component) else {
        write_head(ports, component, generation).await?;
        return Ok(Response {
            to_do: Some(format!(
                "if {component} has a server, say its URL in `RELOAD_URLS`"
            )),
            ..unproven(format!("no server of {component} is known to ask"))
        });
    };
    let expected = expect(ports, component, &generation).await?;
    let url = url.trim_end_matches('/').to_owned();
    let addresses = ports.addresses(&url).await?;
    let outcomes: Vec<_> = stream::iter(addresses)
        .map(|address| Process::new(ports, settings, &expected, &url, address).reload())
        .buffered(AT_ONCE)
        .collect()
        .await;
    let replicas = match all(outcomes, component, &generation) {
        Ok(replicas) => replicas,
        Err(failure) => {
            // A later run may have flipped meanwhile: then this generation is refused by nobody, only gone.
            let head = read_head(ports, component).await?.0;
            return match head
                .map(|head| head.generation)
                .filter(|head| is_newer(head, &generation) && head.digest != generation.digest)
            {
                Some(newer) => Ok(unproven(format!(
                    "generation {} of a later run was proven meanwhile",
                    newer.name()
                ))),
                None => Err(failure),
            };
        }
    };
    write_head(ports, component, generation).await?;
    let absent = replicas.iter().flat_map(|replica| &replica.absent_jobs);
    let mut absent_jobs: BTreeSet<String> = absent.cloned().collect();
    // Whose those are that are not told, nobody would know.
    let too_many = (absent_jobs.len() > ABSENT_JOBS).then(|| {
        let (count, first) = (absent_jobs.len(), absent_jobs.first().map_or("", String::as_str));
        format!("the server runs this generation but did not start {count} jobs, `{first}` among them; its log says why")
    });
    while absent_jobs.len() > ABSENT_JOBS {
        absent_jobs.pop_last();
    }
    let reason = expected.cannot_be_proven().or(too_many);
    Ok(Response {
        outcome: if reason.is_none() {
            Outcome::Proven
        } else {
            Outcome::Unproven
        },
        absent_jobs,
        replicas,
        reason,
        to_do: None,
    })
}

fn unproven(reason: String) -> Response {
    Response {
        outcome: Outcome::Unproven,
        replicas: Vec::new(),
        absent_jobs: BTreeSet::new(),
        reason: Some(reason),
        to_do: None,
    }
}

async fn expect(
    ports: &impl ReadObject,
    component: Component,
    generation: &Generation,
) -> Result<Expected, Failure> {
    let pointer = &generation.configuration;
    let bytes = ports.read_object(pointer).await?;
    let refuse = || {
        let key = pointer.key();
        Failure::new(
            Class::Rejected,
            format!("reading the configuration of {component} in `{key}`"),
        )
    };
    let configuration: Configuration =
        serde_json::from_slice(&bytes).map_err(|error| refuse().because(error))?;
    if (configuration.component, &configuration.digest) != (component, &generation.digest) {
        return Err(refuse().because(format!("it is not that of generation {}", generation.name())));
    }
    Expected::of(&configuration).map_err(|why| refuse().because(why))
}

/// What a replica answered stands before it; how it was asked, and what it showed before, behind it.
const BY: &str = "; by POST ";

/// Who say the same in their own words, and all that the first of them says.
struct Said {
    who: Vec<String>,
    words: String,
}

impl Said {
    fn is_as(&self, words: &str) -> bool {
        let own = |words: &str| words.split_once(BY).map_or(words, |(own, _)| own).len();
        self.words.get(..own(&self.words)) == words.get(..own(words))
    }

    /// In so many characters, a third of them for names; the first is always there.
    fn text(&self, characters: usize) -> String {
        let mut names = String::new();
        for (number, name) in self.who.iter().enumerate() {
            if number > 0 && names.len() + name.len() > characters / 3 {
                let _infallible = write!(names, " and {} more", self.who.len() - number);
                break;
            }
            names.push_str(if number > 0 { ", " } else { "" });
            names.push_str(name);
        }
        cut(&format!("{names}: {}", self.words), characters)
    }
}

/// Every replica, or one failure that has what all of them say.
fn all(
    outcomes: Vec<(String, Result<Replica, Failure>)>,
    component: Component,
    generation: &Generation,
) -> Result<Vec<Replica>, Failure> {
    let count = outcomes.len();
    let (mut replicas, mut said, mut failed) = (Vec::new(), Vec::<Said>::new(), Vec::new());
    for (address, outcome) in outcomes {
        let words = match outcome {
            Ok(replica) => {
                replicas.push(replica);
                "proven".to_owned()
            }
            Err(failure) => {
                let words = failure.chain();
                failed.push(failure);
                words
            }
        };
        match said.iter_mut().find(|said| said.is_as(&words)) {
            Some(said) => said.who.push(address),
            None => said.push(Said {
                who: vec![address],
                words,
            }),
        }
    }
    // A refusal decides: trying again would not help, rolling back does. First one of the configuration: it may be somebody's doing.
    let Some(class) = failed
        .iter()
        .map(|failure| failure.class)
        .min_by_key(|class| (class.retryable(), *class != Class::ReloadRefused))
    else {
        return Ok(replicas);
    };
    let doing = format!(
        "proving generation {} on every replica of {component}",
        generation.name()
    );
    match failed.pop() {
        Some(only) if count == 1 => Err(Failure::new(class, doing).because(only)),
        _ => {
            // One failure's causes are cut at the end: whatever is said gets its share of it.
            let share = Failure::CHAIN_CHARACTERS.saturating_sub(200) / said.len();
            let said: Vec<_> = said.iter().map(|said| said.text(share)).collect();
            Err(Failure::new(class, doing).because(said.join("; ")))
        }
    }
}

async fn read_head<P: ReadProjection>(
    ports: &P,
    component: Component,
) -> Result<(Option<Head>, Option<contract::ports::Etag>), Failure> {
    let Some((value, etag)) = ports.read_projection(&Head::name(component)).await? else {
        return Ok((None, None));
    };
    // A head that cannot be read is written anew: it is a projection.
    Ok((Head::of(component, value).ok(), Some(etag)))
}

fn is_newer(head: &Generation, generation: &Generation) -> bool {
    head.pinned_at > generation.pinned_at
}

async fn write_head<P: ReadProjection + WriteProjection>(
    ports: &P,
    component: Component,
    generation: Generation,
) -> Result<(), Failure> {
    let (head, etag) = read_head(ports, component).await?;
    let known = |head: &Head| is_newer(&head.generation, &generation) || head.generation == generation;
    if head.as_ref().is_some_and(known) {
        return Ok(());
    }
    let name = Head::name(component);
    let value = serde_json::to_value(Head::then(head, component, generation))
        .map_err(|error| Failure::new(Class::Bug, format!("writing `{name}`")).because(error))?;
    ports.write_projection(&name, &value, etag.as_ref()).await
}

/// One replica and what it is to prove.
struct Process<'a, P> {
    ports: &'a P,
    settings: &'a Settings,
    expected: &'a Expected,
    url: &'a str,
    address: String,
}

impl<'a, P: CallReplica + Clock> Process<'a, P> {
    fn new(
        ports: &'a P,
        settings: &'a Settings,
        expected: &'a Expected,
        url: &'a str,
        address: String,
    ) -> Process<'a, P> {
        Process {
            ports,
            settings,
            expected,
            url,
            address,
        }
    }

    async fn reload(self) -> (String, Result<Replica, Failure>) {
        let replica = self.prove().await.map(|(reloaded, shown)| Replica {
            address: self.address.clone(),
            reloaded,
            absent_jobs: if shown.is_whole() {
                BTreeSet::new()
            } else {
                shown.absent_jobs
            },
            proof: shown.proven.into_iter().chain(shown.missing).collect(),
        });
        (self.address, replica)
    }

    /// Whether it had to reload, and what it showed in the end.
    async fn prove(&self) -> Result<(bool, Judgement), Failure> {
        let before = self.ask().await?;
        let look = proof::judge(self.expected, None, &before);
        if look.is_whole() && self.expected.cannot_be_proven().is_none() {
            return Ok((false, look));
        }
        let loaded_at = proof::loaded_at(&before);
        // Only jobs are absent: they may be on their way, and another reload would not bring them.
        let is_loaded = look.settles;
        let began = self.ports.now();
        // What was loaded so long ago has had its time.
        let is_over = |loaded: Timestamp| began.as_millis().saturating_sub(loaded.as_millis()) >= JOBS_MILLIS;
        if is_loaded && Timestamp::parse(&loaded_at).is_some_and(is_over) {
            return Ok((false, look));
        }
        if !is_loaded {
            self.post(&look).await?;
        }
        let loaded_before = (!is_loaded).then_some(loaded_at.as_str());
        let started = began.as_millis();
        let mut posted = started;
        loop {
            let shown = self
                .ask()
                .await
                .map(|answers| proof::judge(self.expected, loaded_before, &answers));
            let now = self.ports.now().as_millis();
            if let Ok(judgement) = &shown
                && (judgement.is_whole() || (judgement.settles && now.saturating_sub(posted) >= JOBS_MILLIS))
            {
                return Ok((!is_loaded, judgement.clone()));
            }
            if now.saturating_sub(started) >= self.settings.patience_seconds * 1000 {
                return Err(self.unproven(shown));
            }
            self.ports.sleep(POLL).await;
            let settles = shown.as_ref().is_ok_and(|judgement| judgement.settles);
            if !settles && now.saturating_sub(posted) >= AGAIN_MILLIS {
                self.post(&look).await?;
                posted = now;
            }
        }
    }

    async fn call(&self, method: Method, path: &str) -> Result<HttpAnswer, Failure> {
        let timeout = Duration::from_secs(self.settings.call_timeout_seconds);
        let url = format!("{}{path}", self.url);
        self.ports.call(method, &url, &self.address, timeout).await
    }

    async fn ask(&self) -> Result<Answers, Failure> {
        let mut answers = Answers::new();
        for path in self.expected.paths() {
            answers.insert(path, self.call(Method::Get, path).await?);
        }
        Ok(answers)
    }

    async fn post(&self, look: &Judgement) -> Result<(), Failure> {
        let answer = self.call(Method::Post, "/-/reload").await?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        let class = match answer.status {
            429 => Class::Throttled,
            // What all three answer where they read the configuration and do not take it; anything else is not about it.
            500 => Class::ReloadRefused,
            502..=504 => Class::Unavailable,
            _ => Class::Rejected,
        };
        let todo = match answer.status {
            401 | 403 | 404 | 405 => self.hint(),
            _ if proof::is_generic(&answer.body) => format!(
                "; the cause is in the server's log; the real tool had accepted this configuration, so look \
                 for what only the server sees; before the reload it showed: {}",
                look.sentence()
            ),
            _ => String::new(),
        };
        // Its own words first: of many replicas each has room for little more.
        let said = cut(answer.body.trim(), BODY_CHARACTERS);
        let doing = format!(
            "reloading, which was answered {}: {said}{BY}{}/-/reload{todo}",
            answer.status, self.url
        );
        Err(Failure::new(class, doing))
    }

    fn hint(&self) -> String {
        let flag = match self.expected.component() {
            Component::Prometheus => " and was it started with `--web.enable-lifecycle`",
            Component::Blackbox | Component::Cloudwatch => "",
        };
        format!("; does the configured URL end in its path prefix{flag}?")
    }

    fn unproven(&self, shown: Result<Judgement, Failure>) -> Failure {
        let seconds = self.settings.patience_seconds;
        let doing = format!(
            "waiting {seconds} s for {} to prove what it was made to load",
            self.url
        );
        match shown {
            Ok(judgement) => Failure::new(Class::Rejected, doing).because(judgement.sentence()),
            Err(failure) => Failure::new(failure.class, doing).because(failure),
        }
    }
}

fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some(_) => text
            .chars()
            .take(characters.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}
