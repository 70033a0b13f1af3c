//! Who is told what. In: how the lanes ended, what was told before. Out: the news of each team, the
//! platform's failures.
//! Never: a text for people, the same news twice.

use crate::bounds::count;
use crate::result::{Outcome, is_absent_job};
use contract::{
    Cause, Component, Digest, Generation, Key, Kind, Problem, Severity, Timestamp, Verdict, Verdicts,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How a lane ended, with its documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) component: Component,
    pub(crate) outcome: Outcome,
    pub(crate) generation: Option<Generation>,
    /// Why its replicas did not prove that they run all of it; none: they did, but for jobs that are problems of whoever has them.
    pub(crate) unproven: Option<String>,
    pub(crate) verdicts: Option<Verdicts>,
    pub(crate) culprits: Vec<Problem>,
    pub(crate) failure: Option<Cause>,
    /// What failed after that.
    pub(crate) besides: Option<Cause>,
    /// What the server had refused by then.
    pub(crate) refused_before: Option<Cause>,
    /// What lies on disk where that is not what was proven last.
    pub(crate) unproven_on_disk: Option<Generation>,
}

/// Of what a run is a replay, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Replay {
    /// The digest of the snapshot that it took.
    pub(crate) snapshot: Digest,
    /// The moment of the past, where it was asked for by a moment.
    pub(crate) as_of: Option<Timestamp>,
    /// When it was done.
    pub(crate) at: Timestamp,
}

/// How a run ended, with its documents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Ending {
    pub(crate) run: String,
    pub(crate) pinned_at: Option<Timestamp>,
    pub(crate) replay: Option<Replay>,
    pub(crate) failure: Option<Cause>,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) strays: Vec<Problem>,
    /// The generation of each component that was proven last, before or by this run.
    pub(crate) proven: BTreeMap<Component, Generation>,
}

impl Ending {
    /// Whether what it does not show is over. A replay shows the past, and the run after it the same again: what a replay forgot
    /// in silence would be told twice.
    fn may_forget(&self) -> bool {
        self.replay.is_none()
    }
}

/// The projection `status/told.json`: what was told last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Told {
    /// The newest snapshot that was told of. What an older one says of fragments is told no more.
    pub(crate) pinned_at: Option<Timestamp>,
    /// By key.
    pub(crate) fragments: BTreeMap<String, ToldFragment>,
    /// Digests of the problems of the platform's own files.
    pub(crate) platform: BTreeMap<Component, BTreeSet<Digest>>,
    /// The last runs whose failure was told, oldest first.
    pub(crate) failed_runs: Vec<String>,
    /// How each component failed when that was told last, until it runs again.
    pub(crate) failing: BTreeMap<Component, Digest>,
}

/// What was told last of one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ToldFragment {
    pub(crate) component: Option<Component>,
    pub(crate) version_id: String,
    pub(crate) verdict: Verdict,
    /// Accepted and not live.
    #[serde(default)]
    pub(crate) waiting: bool,
    /// Not accepted, for a server may have meant it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) suspected: bool,
    /// Digests of what it keeps and others want, as long as they do.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) wanted: BTreeSet<Digest>,
    /// Digests of its jobs that a server did not start, as long as it does not.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) absent: BTreeSet<Digest>,
}

impl ToldFragment {
    /// Whether it is the same, whatever others want of it.
    fn is_as(&self, other: &ToldFragment) -> bool {
        (self.component, &self.version_id, self.verdict, self.waiting)
            == (other.component, &other.version_id, other.verdict, other.waiting)
    }

    /// Whether anything of it ran.
    fn served(&self) -> bool {
        self.verdict == Verdict::HeldBack || (self.verdict == Verdict::Accepted && !self.waiting)
    }
}

/// Whether a server may have meant it.
fn is_suspected(problems: &[Problem]) -> bool {
    problems.iter().any(Problem::is_suspicion)
}

/// What an accepted fragment keeps although others want it: warnings of the reporters that compare fragments. Others' doing, so that
/// they are news of a version that is not.
fn wanted(verdict: Verdict, problems: &[Problem]) -> BTreeSet<Digest> {
    let clashes = problems.iter().filter(|problem| {
        verdict == Verdict::Accepted
            && problem.severity == Severity::Warning
            && problem.check.ends_with("_clash")
    });
    clashes.map(digest).collect()
}

/// The jobs of an accepted fragment that a server did not start: the server's doing, so that they are news of a version that is not.
fn absent(verdict: Verdict, problems: &[Problem]) -> BTreeSet<Digest> {
    let jobs = problems
        .iter()
        .filter(|problem| verdict == Verdict::Accepted && is_absent_job(problem));
    jobs.map(digest).collect()
}

/// How many failed runs are remembered: more than can be in flight at once.
const FAILED_RUNS: usize = 50;

/// What is new about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Change {
    /// Live for the first time.
    Added,
    /// A new version is live.
    Updated,
    /// Live after its owner was told of a rejection.
    Recovered,
    /// Deleted, and gone from what runs.
    Removed,
    /// Not accepted; the last good version serves.
    HeldBack,
    /// It is live as before, and keeps a name that another fragment wants.
    Kept,
    /// It is live as before, and the server does not run a job of it.
    NotStarted,
    /// Not accepted.
    Rejected,
    /// Not accepted, and what served of it is not any more either.
    Withdrawn,
    /// A unit test of rules that fails; it serves nothing.
    TestFailed,
    /// Accepted, and not live because of something else.
    Waiting,
}

/// What of a fragment runs now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Serving {
    /// The version that the news is about, in the generation of that name.
    This(String),
    /// The same, but not proven, and why.
    Unproven(String, String),
    /// That other version.
    Version(String),
    /// Nothing of it.
    Nothing,
    /// Whatever ran before: the run deployed nothing.
    AsBefore,
    /// The same, for a reason that is not the fragment's.
    Waits(String),
}

/// What a team is told of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct News {
    pub(crate) key: String,
    pub(crate) version_id: String,
    pub(crate) component: Option<Component>,
    pub(crate) change: Change,
    pub(crate) serving: Serving,
    pub(crate) problems: Vec<Problem>,
}

impl News {
    fn kind(&self) -> Kind {
        match self.change {
            Change::Added
            | Change::Updated
            | Change::Recovered
            | Change::Removed
            | Change::Kept
            | Change::NotStarted => Kind::Live,
            Change::HeldBack => Kind::HeldBack,
            Change::Rejected | Change::Withdrawn => Kind::Rejected,
            Change::TestFailed => Kind::TestFailed,
            Change::Waiting => Kind::Waiting,
        }
    }

    /// None for what was removed.
    pub(crate) fn verdict(&self) -> Option<Verdict> {
        match self.change {
            Change::Added
            | Change::Updated
            | Change::Recovered
            | Change::Kept
            | Change::NotStarted
            | Change::Waiting => Some(Verdict::Accepted),
            Change::HeldBack => Some(Verdict::HeldBack),
            Change::Rejected | Change::Withdrawn | Change::TestFailed => Some(Verdict::Rejected),
            Change::Removed => None,
        }
    }
}

/// What the platform team is told of one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LaneFailure {
    pub(crate) component: Component,
    pub(crate) outcome: Outcome,
    pub(crate) failure: Option<Cause>,
    /// What failed after that.
    pub(crate) besides: Option<Cause>,
    /// What the server had refused by then.
    pub(crate) refused_before: Option<Cause>,
    /// What runs now, as far as anybody knows.
    pub(crate) generation: Option<Generation>,
    /// Why not all of that is proven; of a lane that was rolled back.
    pub(crate) unproven: Option<String>,
    /// What lies on disk where that is not what was proven last.
    pub(crate) unproven_on_disk: Option<Generation>,
    pub(crate) problems: Vec<Problem>,
    /// It failed when it was told of last.
    pub(crate) has_recovered: bool,
}

impl LaneFailure {
    /// By which the same failure is known again. A cause may name its run, and what each run counts on: a generation, the time of a
    /// reload.
    fn signature(&self, run: &str) -> Digest {
        let causes = [&self.failure, &self.refused_before, &self.besides]
            .into_iter()
            .flatten();
        let causes =
            causes.map(|cause| format!("{} {}", cause.error, steady(&cause.text().replace(run, "<run>"))));
        let on_disk = self
            .unproven_on_disk
            .as_ref()
            .map_or("", |_| "\nunproven on disk");
        let problems: Vec<String> = self
            .problems
            .iter()
            .map(|problem| digest(problem).to_string())
            .collect();
        let text = format!(
            "{}{on_disk}\n{}\n{}",
            self.outcome.words(),
            causes.collect::<Vec<_>>().join("\n"),
            problems.join("\n")
        );
        Digest::of(text.replace(run, "<run>").as_bytes())
    }
}

/// A cause without the names of generations (`12-0123456789ab`) and without times (RFC 3339).
fn steady(text: &str) -> String {
    let (mut steady, mut rest) = (String::new(), text);
    while let Some(c) = rest.chars().next() {
        let is_within = steady.ends_with(|c: char| c.is_ascii_alphanumeric());
        let after = after_generation(rest).or_else(|| after_time(rest));
        if let Some(after) = after.filter(|_| !is_within) {
            steady.push('#');
            rest = after;
        } else {
            steady.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    steady
}

fn after_generation(text: &str) -> Option<&str> {
    let digest = text
        .trim_start_matches(|c: char| c.is_ascii_digit())
        .strip_prefix('-')
        .filter(|_| text.starts_with(|c: char| c.is_ascii_digit()))?;
    let after = digest.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    // As `Digest::short` cuts it.
    (digest.len() - after.len() == 12).then_some(after)
}

fn after_time(text: &str) -> Option<&str> {
    let (seconds, after) = text.split_at_checked("2026-11-26T19:00:00".len())?;
    let shape = seconds.chars().map(|c| if c.is_ascii_digit() { '0' } else { c });
    if !shape.eq("0000-00-00T00:00:00".chars()) {
        return None;
    }
    let after = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let is_zone = |zone: &str| zone.chars().all(|c| c.is_ascii_digit() || "+-:".contains(c));
    let zone = after
        .split_at_checked("+01:00".len())
        .filter(|(zone, _)| zone.starts_with(['+', '-']) && is_zone(zone));
    let without = after.strip_prefix('Z').or(zone.map(|(_, after)| after));
    Some(without.unwrap_or(after))
}

/// What the platform team is told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Failures {
    /// The run as a whole.
    pub(crate) run: Option<Cause>,
    pub(crate) lanes: Vec<LaneFailure>,
    /// What was proven last, where the run as a whole failed.
    pub(crate) proven: BTreeMap<Component, Generation>,
}

/// Everything to be told, and what is known to be told once all of it has been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// One notice each.
    pub(crate) news: BTreeMap<(String, Kind), Vec<News>>,
    /// One notice, if there is any.
    pub(crate) failures: Option<Failures>,
    /// How many fragments are held back or rejected as their owners know already.
    pub(crate) known: usize,
    /// What was told, less what is gone; nothing of this plan is in it yet.
    pub(crate) told: Told,
}

/// Decides who is told what.
pub(crate) fn plan(ending: &Ending, mut told: Told) -> Plan {
    let mut plan = Plan::default();
    let is_older = told.pinned_at > ending.pinned_at;
    if !is_older && ending.pinned_at.is_some() {
        told.pinned_at = ending.pinned_at;
        let mut news = Vec::new();
        for (state, one) in fragments(ending) {
            // What nobody wants any more is told again when it is wanted again.
            if let Some(before) = told.fragments.get_mut(&one.key).filter(|_| ending.may_forget()) {
                before.wanted.retain(|clash| state.wanted.contains(clash));
                before.absent.retain(|job| state.absent.contains(job));
            }
            match told.change(&state, &one) {
                Some(change) => news.push(News { change, ..one }),
                None if matches!(
                    one.change,
                    Change::HeldBack | Change::Rejected | Change::TestFailed
                ) =>
                {
                    plan.known += 1;
                }
                None => {}
            }
        }
        news.extend(removed(ending, &mut told));
        news.sort_by(|a, b| a.key.cmp(&b.key));
        for one in news {
            let owner = Key::parse(&one.key).owner().to_owned();
            plan.news.entry((owner, one.kind())).or_default().push(one);
        }
    }
    plan.failures = failures(ending, &mut told, is_older);
    plan.told = told;
    plan
}

/// What this run says of every object, with what would be remembered of it; `change` is provisional where
/// accepted.
fn fragments(ending: &Ending) -> Vec<(ToldFragment, News)> {
    let mut strays: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    for stray in &ending.strays {
        strays.entry(&stray.key).or_default().push(stray);
    }
    let mut seen = Vec::new();
    for lane in ending
        .lanes
        .iter()
        .filter(|lane| lane.outcome != Outcome::Superseded)
    {
        for fragment in lane.verdicts.iter().flat_map(|verdicts| &verdicts.fragments) {
            let stray = strays.remove(fragment.source.key.as_str()).unwrap_or_default();
            // A listed object that was not read has its last good version in the verdicts, and is itself
            // rejected.
            let (version_id, verdict) = match (stray.first(), &fragment.serving) {
                (None, _) => (&fragment.source.version_id, fragment.verdict),
                (Some(stray), Some(_)) => (&stray.version_id, Verdict::HeldBack),
                (Some(stray), None) => (&stray.version_id, Verdict::Rejected),
            };
            let other = fragment.serving.as_ref().map(|source| source.version_id.clone());
            let (change, serving) = match (verdict, &lane.generation) {
                (Verdict::Accepted, Some(generation)) if lane.outcome.is_live() => {
                    let name = generation.name();
                    (
                        Change::Updated,
                        match lane.unproven.clone().or_else(|| absent_jobs(&fragment.problems)) {
                            None => Serving::This(name),
                            Some(why) => Serving::Unproven(name, why),
                        },
                    )
                }
                (Verdict::Accepted, _) => {
                    let component = lane.component;
                    let outcome = lane.outcome.words();
                    let why = format!("the run ended as `{outcome}` for {component}");
                    (Change::Waiting, Serving::Waits(why))
                }
                (Verdict::HeldBack, _) => (
                    Change::HeldBack,
                    other.map_or(Serving::AsBefore, Serving::Version),
                ),
                (Verdict::Rejected, _) if lane.outcome.is_live() => (Change::Rejected, Serving::Nothing),
                (Verdict::Rejected, _) => (Change::Rejected, Serving::AsBefore),
            };
            let problems: Vec<Problem> = stray.into_iter().chain(&fragment.problems).cloned().collect();
            seen.push((
                ToldFragment {
                    component: Some(lane.component),
                    version_id: version_id.clone(),
                    verdict,
                    waiting: change == Change::Waiting,
                    suspected: is_suspected(&problems),
                    wanted: wanted(verdict, &problems),
                    absent: absent(verdict, &problems),
                },
                News {
                    key: fragment.source.key.clone(),
                    version_id: version_id.clone(),
                    component: Some(lane.component),
                    change,
                    serving,
                    problems,
                },
            ));
        }
    }
    seen.extend(of_no_verdict(ending, strays));
    seen
}

/// Why a fragment is not proven to run where the rest is: jobs of it that the server did not start.
fn absent_jobs(problems: &[Problem]) -> Option<String> {
    match problems.iter().filter(|it| is_absent_job(it)).count() {
        0 => None,
        n => Some(format!("{} of it did not start", count(n, "job"))),
    }
}

/// The unit tests that fail, by key.
fn failing_tests(ending: &Ending) -> BTreeMap<&str, Vec<&Problem>> {
    let lanes = ending
        .lanes
        .iter()
        .filter(|lane| lane.outcome != Outcome::Superseded);
    let verdicts = lanes.filter_map(|lane| lane.verdicts.as_ref());
    let mut failing: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    for problem in verdicts.flat_map(|verdicts| &verdicts.rule_tests) {
        failing.entry(&problem.key).or_default().push(problem);
    }
    failing
}

/// What it says of objects that have no verdict: unit tests that fail, and these strays.
fn of_no_verdict(ending: &Ending, strays: BTreeMap<&str, Vec<&Problem>>) -> Vec<(ToldFragment, News)> {
    let mut seen = Vec::new();
    let tests = failing_tests(ending)
        .into_iter()
        .map(|(key, problems)| (key, problems, Change::TestFailed));
    let strays = strays
        .into_iter()
        .map(|(key, problems)| (key, problems, Change::Rejected));
    for (key, problems, change) in tests.chain(strays) {
        let Some(first) = problems.first() else { continue };
        let is_open = ending
            .lanes
            .iter()
            .any(|lane| Some(lane.component) == first.component && !lane.outcome.is_live());
        seen.push((
            ToldFragment {
                component: first.component,
                version_id: first.version_id.clone(),
                verdict: Verdict::Rejected,
                waiting: false,
                suspected: false,
                wanted: BTreeSet::new(),
                absent: BTreeSet::new(),
            },
            News {
                key: key.to_owned(),
                version_id: first.version_id.clone(),
                component: first.component,
                change,
                serving: if is_open {
                    Serving::AsBefore
                } else {
                    Serving::Nothing
                },
                problems: problems.into_iter().cloned().collect(),
            },
        ));
    }
    seen
}

/// What is gone. Of what served its owner is told; the rest is forgotten, but not by a replay.
fn removed(ending: &Ending, told: &mut Told) -> Vec<News> {
    let strays = ending.strays.iter().map(|problem| problem.key.as_str());
    let told_anew: BTreeSet<&str> = strays.chain(failing_tests(ending).into_keys()).collect();
    // What each live lane holds, and why that is not proven to run.
    let mut present: BTreeMap<Component, (BTreeSet<&str>, Option<Serving>)> = BTreeMap::new();
    for lane in ending.lanes.iter().filter(|lane| lane.outcome.is_live()) {
        if let (Some(verdicts), Some(generation)) = (&lane.verdicts, &lane.generation) {
            let keys = verdicts
                .fragments
                .iter()
                .map(|fragment| fragment.source.key.as_str())
                .collect();
            let unproven = lane.unproven.as_ref();
            let unproven = unproven.map(|why| Serving::Unproven(generation.name(), why.clone()));
            present.insert(lane.component, (keys, unproven));
        }
    }
    let mut news = Vec::new();
    told.fragments.retain(|key, fragment| {
        let keys = fragment.component.and_then(|component| present.get(&component));
        let is_gone = match (fragment.component, keys) {
            (None, _) => true,
            (Some(_), Some((keys, _))) => !keys.contains(key.as_str()),
            (Some(_), None) => false,
        };
        if !is_gone || told_anew.contains(key.as_str()) {
            return true;
        }
        if fragment.verdict == Verdict::Rejected {
            return !ending.may_forget();
        }
        news.push(News {
            key: key.clone(),
            version_id: fragment.version_id.clone(),
            component: fragment.component,
            change: Change::Removed,
            serving: keys
                .and_then(|(_, unproven)| unproven.clone())
                .unwrap_or(Serving::Nothing),
            problems: vec![],
        });
        true
    });
    news
}

/// What the platform team is told: a failed run once, the same failure again not at all, its end; a problem of its own
/// files as long as it is new.
fn failures(ending: &Ending, told: &mut Told, is_older: bool) -> Option<Failures> {
    let is_new_run = !told.failed_runs.contains(&ending.run);
    let mut lanes = Vec::new();
    for lane in &ending.lanes {
        let has_failed = lane.outcome.is_failure();
        let verdicts = lane
            .verdicts
            .as_ref()
            .filter(|_| lane.outcome != Outcome::Superseded);
        let mut problems: Vec<Problem> = verdicts.map(|it| it.platform.clone()).unwrap_or_default();
        if has_failed {
            problems.extend(lane.culprits.iter().cloned());
        } else {
            // What the server refuses or does not start may be for want of something on its host, which no team can put there.
            let fragments = verdicts.into_iter().flat_map(|it| &it.fragments);
            let problems_of_all = fragments.flat_map(|fragment| &fragment.problems);
            problems.extend(
                problems_of_all
                    .filter(|it| it.is_suspicion() || is_absent_job(it))
                    .cloned(),
            );
            if let Some(digests) = told
                .platform
                .get_mut(&lane.component)
                .filter(|_| verdicts.is_some() && !is_older && ending.may_forget())
            {
                let present: BTreeSet<Digest> = problems.iter().map(digest).collect();
                digests.retain(|digest| present.contains(digest));
            }
            let known = told.platform.get(&lane.component);
            problems.retain(|problem| !known.is_some_and(|known| known.contains(&digest(problem))));
        }
        problems.sort();
        problems.dedup();
        let failing = told.failing.get(&lane.component);
        let failure = LaneFailure {
            component: lane.component,
            outcome: lane.outcome,
            failure: lane.failure.clone(),
            besides: lane.besides.clone(),
            refused_before: lane.refused_before.clone(),
            unproven: (lane.outcome == Outcome::RolledBack)
                .then(|| lane.unproven.clone())
                .flatten(),
            unproven_on_disk: lane.unproven_on_disk.clone(),
            generation: lane
                .generation
                .as_ref()
                .or(ending.proven.get(&lane.component))
                .cloned(),
            problems,
            has_recovered: failing.is_some() && lane.outcome.is_live() && !is_older,
        };
        let is_news = if has_failed {
            is_new_run && failing != Some(&failure.signature(&ending.run))
        } else {
            !is_older && (failure.has_recovered || !failure.problems.is_empty())
        };
        if is_news {
            lanes.push(failure);
        }
    }
    let run = ending.failure.clone().filter(|_| is_new_run);
    let proven = run.as_ref().map(|_| ending.proven.clone()).unwrap_or_default();
    (run.is_some() || !lanes.is_empty()).then_some(Failures { run, lanes, proven })
}

fn digest(problem: &Problem) -> Digest {
    // Not the version: the same problem in the next version of a base is known already.
    let text = format!("{}\n{}\n{}", problem.place(), problem.check, problem.message);
    Digest::of(text.as_bytes())
}

impl Told {
    /// What is new about an object, if anything is.
    fn change(&self, state: &ToldFragment, news: &News) -> Option<Change> {
        let before = self.fragments.get(&news.key);
        // What became of it was told: that it is live, that it waits, or that a server may have meant it; a run that is not live knows nothing
        // newer. But who was told to correct it is told that it is in order.
        let is_told = |before: &ToldFragment| {
            before.version_id == state.version_id && (before.verdict == Verdict::Accepted || before.suspected)
        };
        if state.waiting && before.is_some_and(is_told) {
            return None;
        }
        if let Some(before) = before.filter(|before| before.is_as(state)) {
            return if !state.absent.is_subset(&before.absent) {
                Some(Change::NotStarted)
            } else if !state.wanted.is_subset(&before.wanted) {
                Some(Change::Kept)
            } else {
                None
            };
        }
        let served = before.is_some_and(ToldFragment::served);
        Some(match (before.map(|before| before.verdict), state.verdict) {
            (_, Verdict::Rejected)
                if served && (news.change, &news.serving) == (Change::Rejected, &Serving::Nothing) =>
            {
                Change::Withdrawn
            }
            (_, Verdict::Accepted) if state.waiting => Change::Waiting,
            (None, Verdict::Accepted) => Change::Added,
            (Some(Verdict::HeldBack | Verdict::Rejected), Verdict::Accepted) => Change::Recovered,
            _ => news.change,
        })
    }

    /// These were told.
    pub(crate) fn take(&mut self, news: &[News]) {
        for one in news {
            match one.verdict() {
                None => {
                    self.fragments.remove(&one.key);
                }
                Some(verdict) => {
                    let told = ToldFragment {
                        component: one.component,
                        version_id: one.version_id.clone(),
                        verdict,
                        waiting: one.change == Change::Waiting,
                        suspected: is_suspected(&one.problems),
                        wanted: wanted(verdict, &one.problems),
                        absent: absent(verdict, &one.problems),
                    };
                    self.fragments.insert(one.key.clone(), told);
                }
            }
        }
    }

    /// This run's failures were told.
    pub(crate) fn take_failures(&mut self, run: &str, failures: &Failures) {
        for lane in &failures.lanes {
            if lane.has_recovered {
                self.failing.remove(&lane.component);
            } else if lane.outcome.is_failure() {
                self.failing.insert(lane.component, lane.signature(run));
            }
        }
        for lane in failures.lanes.iter().filter(|lane| !lane.problems.is_empty()) {
            let digests = self.platform.entry(lane.component).or_default();
            digests.extend(lane.problems.iter().map(digest));
        }
        let has_failed =
            failures.run.is_some() || failures.lanes.iter().any(|lane| lane.outcome.is_failure());
        if has_failed && !self.failed_runs.iter().any(|told| told == run) {
            self.failed_runs.push(run.to_owned());
            let surplus = self.failed_runs.len().saturating_sub(FAILED_RUNS);
            self.failed_runs.drain(..surplus);
        }
    }
}
