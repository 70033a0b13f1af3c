//! What a message says. In: news, failures. Out: a [`Notice`]: subject, text for people, JSON for machines.
//! Never: decides who is told; more than a message takes (`bounds.rs`).
//!
//! The JSON, `schema_version` 1 (fields are added, never changed): `{schema_version, run, owner, kind,
//! fragments: [{key, version_id, component, verdict, change, serving_version_id, problems: [{severity, check,
//! line, column, excerpt, message, hint}]}], failures: [{component, outcome, error, cause, generation,
//! has_recovered, refused_before, besides, on_disk, problems}], replay: {snapshot, as_of, at}, truncated}`. `replay` is there if the run is one,
//! `refused_before` if a server had refused a reload before the lane ended for another reason, `besides` if something failed while the first was put
//! right, `on_disk` if what lies on disk is not the generation that was proven last. `component` is null where a key does not say one, and in the failure of a run as
//! a whole; `verdict` is null for what was removed; `truncated` says how many fragments and problems are left
//! out.

use crate::bounds::{self, Text, count, printable};
use crate::changes::{Change, Ending, Failures, LaneFailure, News, Replay, Serving};
use crate::result::{Outcome, is_absent_job};
use contract::{
    Cause, Class, Component, Generation, Key, Kind, Notice, PLATFORM, Problem, Severity, Verdict,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// The longest key, name or version that is shown whole.
const NAME_CHARACTERS: usize = 200;
/// The longest message, hint or cause that is shown whole.
const SENTENCE_CHARACTERS: usize = 2000;

/// Tells a team what is new about its fragments; all of one kind.
pub(crate) fn about_fragments(ending: &Ending, owner: &str, kind: Kind, news: &[News]) -> Notice {
    let components: BTreeSet<Component> = news.iter().filter_map(|one| one.component).collect();
    let mut text = Text::new();
    text.say(&headline(owner, kind, news));
    text.say(&replay_text(ending));
    for one in news {
        text.fragment(&fragment_text(one));
        for problem in &one.problems {
            text.problem(&problem_text(problem));
        }
    }
    Notice {
        owner: owner.to_owned(),
        kind,
        subject: subject(owner, &in_subject(ending, tally(news)), &components),
        components: components.into_iter().collect(),
        text: text.end(&ending.run),
        json: json(ending, owner, kind, news, &Failures::default()),
    }
}

/// `[promloom] <owner>: <what> (<components>)`; a long owner is cut, not what happened.
fn subject(owner: &str, what: &str, components: &BTreeSet<Component>) -> String {
    let names: Vec<&str> = components.iter().map(|component| component.name()).collect();
    let names = match names.as_slice() {
        [] => String::new(),
        names => format!(" ({})", names.join(", ")),
    };
    let room =
        bounds::SUBJECT_CHARACTERS.saturating_sub("[promloom] : ".len() + what.len() + names.len() + 1);
    let owner = printable(owner, room).replace('…', "~");
    bounds::subject(&format!("[promloom] {owner}: {what}{names}"))
}

/// A subject may be all that is read: of a replay it says that nobody pushed.
fn in_subject(ending: &Ending, what: String) -> String {
    match &ending.replay {
        Some(_) => format!("{what}, by a replay"),
        None => what,
    }
}

/// Of what the run is a replay, if it is one.
fn replay_text(ending: &Ending) -> String {
    let Some(Replay { snapshot, as_of, at }) = &ending.replay else {
        return String::new();
    };
    let of = match as_of {
        Some(as_of) => format!("the bucket as it was at {as_of} (snapshot {})", snapshot.short()),
        None => format!("the snapshot {}", snapshot.short()),
    };
    format!(
        "\nThis is by a replay, not by a push: somebody had {of} taken again at {at}.\nThe next push or scheduled run goes back to the \
         bucket as it is.\n"
    )
}

/// `2 fragments live, 1 removed`; `1 policy rejected`.
fn tally(news: &[News]) -> String {
    const SAID: [(&[Change], &str); 10] = [
        (&[Change::Added, Change::Updated], "live"),
        (&[Change::Recovered], "recovered"),
        (&[Change::Removed], "removed"),
        (&[Change::Kept], "with a name that others want"),
        (&[Change::NotStarted], "with a job that did not start"),
        (&[Change::HeldBack], "held back"),
        (&[Change::Rejected], "rejected"),
        (&[Change::Withdrawn], "no longer serving"),
        (&[Change::TestFailed], "failed"),
        (&[Change::Waiting], "accepted, not live yet"),
    ];
    let what = Key::noun_of(news.iter().map(|one| one.key.as_str()));
    // A subject may be all that is read: it does not say live of what nobody could prove.
    let is_unproven = is_unproven(news);
    let parts: Vec<String> = SAID
        .iter()
        .map(|(changes, said)| {
            (
                news.iter().filter(|one| changes.contains(&one.change)).count(),
                said,
            )
        })
        .filter(|(n, _)| *n > 0)
        .enumerate()
        .map(|(place, (n, said))| {
            let said = if is_unproven && *said == "live" {
                "deployed"
            } else {
                said
            };
            match place {
                0 => format!("{} {said}", count(n, what)),
                _ => format!("{n} {said}"),
            }
        })
        .collect();
    let proof = if is_unproven { ", not all proven" } else { "" };
    format!("{}{proof}", parts.join(", "))
}

fn is_unproven(news: &[News]) -> bool {
    news.iter()
        .any(|one| matches!(one.serving, Serving::Unproven(..)))
}

/// Whether all of it waits for a server that refused it.
fn is_for_the_server(news: &[News]) -> bool {
    news.iter()
        .all(|one| one.problems.iter().any(Problem::is_suspicion))
}

fn headline(owner: &str, kind: Kind, news: &[News]) -> String {
    let said = match kind {
        Kind::Live if is_unproven(news) => "This is what is deployed now; what is not proven to run says so.",
        Kind::Live => "This is what runs now, proven after the reload.",
        Kind::HeldBack if is_for_the_server(news) => {
            "What you pushed is not live; its last good version serves on, so nothing has stopped.\n\
             Each run tries it again. What the server may want is below, with what to do."
        }
        Kind::Rejected if is_for_the_server(news) => {
            "What you pushed is not live. Each run tries it again. What the server may want is below, with what to do.\n\
             Everything else is as it was."
        }
        Kind::HeldBack if news.iter().flat_map(|one| &one.problems).any(is_absent_job) => {
            "What you pushed is not live; its last good version serves on, but for jobs that did not start.\n\
             To put it right, push a corrected version of the file."
        }
        Kind::HeldBack => {
            "What you pushed is not live; its last good version serves on, so nothing has stopped.\n\
             To put it right, push a corrected version of the file."
        }
        Kind::Rejected if news.iter().any(|one| one.change == Change::Withdrawn) => {
            "What you pushed is not accepted. Where it says so, what served of it no longer serves either: the policy, a base or the server\n\
             has changed since it was accepted. To put it right, push a corrected version of the file or delete it."
        }
        Kind::Rejected => {
            "What you pushed is not live. To put it right, push a corrected version of the file or delete it.\n\
             Everything else is as it was."
        }
        Kind::TestFailed => {
            "Your unit tests of rules do not pass. New versions of rules that they are about are not live until they do;\n\
             what is live stays. To put it right, correct the rules or the tests, or delete the tests."
        }
        Kind::Waiting => {
            "What you pushed is in order. It goes live with the first run that succeeds; the platform team knows why this\n\
             one did not. There is nothing for you to do."
        }
        // Failures are told in their own words.
        Kind::Failed | Kind::Recovered | Kind::PlatformFiles => "",
    };
    format!(
        "{}: {}.\n{said}\n",
        printable(owner, NAME_CHARACTERS),
        tally(news)
    )
}

fn fragment_text(news: &News) -> String {
    let component = news.component.map_or("", Component::name);
    let said = match (news.change, &news.serving) {
        (Change::TestFailed, _) => "fails".to_owned(),
        (Change::Rejected, _) if Key::parse(&news.key) == Key::Policy => {
            "serves now: the last good version, or the default where there is none".to_owned()
        }
        (Change::Withdrawn, _) => {
            "no longer serves: nothing of it is left, not even what served before".to_owned()
        }
        (Change::Kept, Serving::This(name)) => {
            format!(
                "as before: this version is live in {component}, generation {name}; it keeps what others want"
            )
        }
        (Change::Removed, Serving::Unproven(name, why)) => {
            let why = printable(why, SENTENCE_CHARACTERS);
            format!("removed from {component}, generation {name}; not proven: {why}")
        }
        (Change::Removed, _) => format!("removed: nothing of it serves in {component} any more"),
        (Change::Added, Serving::This(name)) => format!("live in {component}, generation {name}"),
        (Change::Recovered, Serving::This(name)) => {
            format!("recovered: this version is live in {component}, generation {name}")
        }
        (_, Serving::Unproven(name, why)) => {
            let why = printable(why, SENTENCE_CHARACTERS);
            format!("deployed for {component}, generation {name}; not proven: {why}")
        }
        (_, Serving::This(name)) => format!("this version is live in {component}, generation {name}"),
        (_, Serving::Version(version)) => {
            format!(
                "serves now: its last good version {}",
                printable(version, NAME_CHARACTERS)
            )
        }
        (_, Serving::Nothing) => "serves now: nothing of it".to_owned(),
        (_, Serving::Waits(why)) => format!("accepted; serves now: what served before, because {why}"),
        (_, Serving::AsBefore) => "serves now: what served before; this run deployed nothing".to_owned(),
    };
    format!(
        "\n{} (version {})\n  {said}\n",
        printable(&news.key, NAME_CHARACTERS),
        printable(&news.version_id, NAME_CHARACTERS),
    )
}

/// `key:line:column: severity: message [check]` as compilers say it, the line with a caret, what to do.
fn problem_text(problem: &Problem) -> String {
    let key = printable(&problem.key, NAME_CHARACTERS);
    let place = match (problem.line, problem.column) {
        (Some(line), Some(column)) => format!("{key}:{line}:{column}"),
        (Some(line), None) => format!("{key}:{line}"),
        (None, _) => key,
    };
    let mut text = format!(
        "\n  {place}: {}: {} [{}]\n",
        problem.severity,
        printable(&problem.message, SENTENCE_CHARACTERS),
        printable(&problem.check, NAME_CHARACTERS),
    );
    for line in problem.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
        text.push_str("    | ");
        text.push_str(&printable(line, NAME_CHARACTERS));
        text.push('\n');
    }
    if let Some(hint) = &problem.hint {
        text.push_str("    hint: ");
        text.push_str(&printable(hint, SENTENCE_CHARACTERS));
        text.push('\n');
    }
    text
}

/// Tells the platform team what failed.
pub(crate) fn about_failures(ending: &Ending, failures: &Failures) -> Notice {
    let kind = failures_kind(failures);
    let components = failures.lanes.iter().map(|lane| lane.component);
    let mut text = Text::new();
    text.say(&format!("{}\n", failures_headline(failures)));
    text.say(&replay_text(ending));
    if let Some(cause) = &failures.run {
        text.say(&format!("\nThe run as a whole\n{}", cause_text("why", cause)));
        if failures.proven.is_empty() {
            text.say("  runs now  nothing was ever proven\n");
        }
        for (component, generation) in &failures.proven {
            text.say(&format!("  runs now  {component}: {}\n", last_proven(generation)));
        }
    }
    for lane in &failures.lanes {
        text.say(&lane_text(lane));
        for problem in &lane.problems {
            let said = |what: &str, word: &str| match word {
                "" => String::new(),
                word => format!("    {what}: {}\n", printable(word, NAME_CHARACTERS)),
            };
            let owner = match problem.owner.as_str() {
                PLATFORM => String::new(),
                owner => said("owner", owner),
            };
            // Of a base that is not there, or was not looked at, none is known.
            let version = said("version", &problem.version_id);
            text.problem(&format!("{}{owner}{version}", problem_text(problem)));
        }
    }
    // The tally names those that failed, and nothing beside them; and those that recovered.
    let unnamed = failures
        .lanes
        .iter()
        .filter(|lane| kind != Kind::Failed && !lane.has_recovered);
    let names = unnamed.map(|lane| lane.component).collect();
    Notice {
        owner: PLATFORM.to_owned(),
        kind,
        subject: subject(PLATFORM, &in_subject(ending, failures_tally(failures)), &names),
        components: components.collect::<BTreeSet<_>>().into_iter().collect(),
        text: text.end(&ending.run),
        json: json(ending, PLATFORM, kind, &[], failures),
    }
}

/// What the subject is about.
fn failures_kind(failures: &Failures) -> Kind {
    if failures.run.is_some() || failures.lanes.iter().any(|lane| lane.outcome.is_failure()) {
        Kind::Failed
    } else if failures.lanes.iter().any(|lane| lane.has_recovered) {
        Kind::Recovered
    } else {
        Kind::PlatformFiles
    }
}

fn failures_tally(failures: &Failures) -> String {
    if let Some(cause) = &failures.run {
        return format!("the run failed: {}", printable(&cause.error, 40));
    }
    let failed: Vec<String> = failures
        .lanes
        .iter()
        .filter(|lane| lane.outcome.is_failure())
        .map(|lane| format!("{} {}", lane.component, lane.outcome.words()))
        .collect();
    let recovered: Vec<String> = failures
        .lanes
        .iter()
        .filter(|lane| lane.has_recovered)
        .map(|lane| format!("{} runs again", lane.component))
        .collect();
    if failed.is_empty() {
        let problems = || failures.lanes.iter().flat_map(|lane| &lane.problems);
        let refused: BTreeSet<(&str, &str)> = problems()
            .filter(|problem| problem.is_suspicion())
            .map(|problem| (problem.key.as_str(), problem.version_id.as_str()))
            .collect();
        let absent = problems().filter(|it| is_absent_job(it)).count();
        let own = problems()
            .filter(|it| !it.is_suspicion() && !is_absent_job(it))
            .count();
        let refused = match refused.len() {
            0 => None,
            refused => Some(format!("the server refuses {}", count(refused, "version"))),
        };
        let own = match own {
            0 => None,
            own => Some(format!("{} of the platform's own files", count(own, "problem"))),
        };
        let absent = (absent > 0).then(|| format!("the server did not start {}", count(absent, "job")));
        let all: Vec<String> = recovered
            .into_iter()
            .chain(own)
            .chain(refused)
            .chain(absent)
            .collect();
        return all.join("; ");
    }
    failed.join("; ")
}

fn failures_headline(failures: &Failures) -> String {
    let tally = failures_tally(failures);
    if failures.run.is_some() || failures.lanes.iter().any(|lane| lane.outcome.is_failure()) {
        format!("{tally}.\nNothing waits for you to restart it: the next push or scheduled run begins anew.")
    } else if failures.lanes.iter().all(|lane| lane.problems.is_empty()) {
        format!("{tally}.\nWhat failed when you were told last is over.")
    } else {
        let mut problems = failures.lanes.iter().flat_map(|lane| &lane.problems);
        let refused = if problems.any(Problem::is_suspicion) {
            "\nWhat the server refuses, its checker accepts; its owner knows, and each run tries it again. A file that is named, only you can put \
             on the server's host."
        } else {
            ""
        };
        let proven = if failures
            .lanes
            .iter()
            .flat_map(|lane| &lane.problems)
            .any(is_absent_job)
        {
            "What else runs has been proven"
        } else {
            "What runs has been proven nevertheless"
        };
        format!("{tally}.\n{proven}; each problem is told once.{refused}")
    }
}

fn lane_text(lane: &LaneFailure) -> String {
    let why = [&lane.failure, &lane.refused_before].into_iter().flatten();
    let why = why.map(|cause| cause_text("why", cause));
    let then = lane.besides.iter().map(|cause| cause_text("then", cause));
    let cause: String = why.chain(then).collect();
    let runs = match (lane.outcome, &lane.generation) {
        (Outcome::RolledBack, Some(generation)) => match &lane.unproven {
            None => format!("generation {} again, proven", generation.name()),
            Some(why) => format!(
                "generation {} was put back; not proven: {}",
                generation.name(),
                printable(why, SENTENCE_CHARACTERS)
            ),
        },
        (Outcome::RolledBackUnproven, Some(generation)) => format!(
            "unknown: generation {} lies on disk again, but not every replica proved that it runs it",
            generation.name()
        ),
        (Outcome::Deployed | Outcome::Unchanged, Some(generation)) => {
            format!("generation {}", generation.name())
        }
        (_, Some(generation)) => last_proven(generation),
        (_, None) => "nothing of it was ever proven".to_owned(),
    };
    let on_disk = lane.unproven_on_disk.as_ref().map(|there| {
        format!(
            "  on disk   generation {}, {}\n",
            there.name(),
            what_lies_there(lane)
        )
    });
    let on_disk = on_disk.unwrap_or_default();
    let to_do = match (lane.outcome, &lane.failure) {
        (Outcome::Refused, None) => {
            "  to do     no configuration could be proven: correct what is named below, in base/ first\n"
        }
        _ => "",
    };
    format!(
        "\n{}: {}\n{cause}  runs now  {runs}\n{on_disk}{to_do}",
        lane.component,
        lane.outcome.words()
    )
}

/// What is known of the generation on disk that was not proven last. After a refusal a start of the server may fail; where it was only not
/// to be reached, nothing goes on until it is started.
fn what_lies_there(lane: &LaneFailure) -> &'static str {
    let is =
        |class: Class, cause: &Option<Cause>| cause.as_ref().is_some_and(|cause| cause.error == class.name());
    let is_refusal = |cause| is(Class::ReloadRefused, cause) || is(Class::Rejected, cause);
    if is(Class::ReloadRefused, &lane.failure) {
        "which the server refused: a server that starts reads it, and may fail; do not restart it before a run has put that right"
    } else if is_refusal(&lane.failure) || is_refusal(&lane.refused_before) {
        "which nobody proved: a server that starts reads it, and may fail; do not restart it before a run has put that right"
    } else {
        "which nobody proved yet: a server that starts reads it; if it is down, start it, then start a run"
    }
}

fn last_proven(generation: &Generation) -> String {
    format!(
        "generation {} was proven last (run {})",
        generation.name(),
        printable(&generation.run, NAME_CHARACTERS)
    )
}

fn cause_text(label: &str, cause: &Cause) -> String {
    let text = cause.text();
    let why = if text.is_empty() {
        String::new()
    } else {
        format!(": {}", printable(&text, SENTENCE_CHARACTERS))
    };
    format!(
        "  {label:<10}{}{why}\n  to do     {}\n",
        printable(&cause.error, NAME_CHARACTERS),
        advice(&cause.error)
    )
}

/// What to do about an error, by its name.
fn advice(error: &str) -> &'static str {
    let class = Class::ALL.into_iter().find(|class| class.name() == error);
    match class {
        Some(Class::Throttled | Class::Unavailable) => {
            "see that what it called is up, found by its name, and has room (process, disk, AWS service), then start the run again"
        }
        Some(Class::Stale) => "nothing, if a newer run follows; else start the run again",
        Some(Class::Exhausted) => "give the worker more memory or time, or find the input that needs so much",
        Some(Class::Rejected) => {
            "read why: a stored document is not what it says, or a process does not show what it was made to load; correct that"
        }
        Some(Class::ReloadRefused) => {
            "read why, and the server's log: what it refused, the real tool had accepted; correct that, or what on its host it could not use"
        }
        Some(Class::NotFound) => "see that what it names exists: object, version or program",
        Some(Class::Denied) => "see the permissions of the step's role, and that the disk can be written",
        Some(Class::InvalidRequest) => "correct the input of the execution; the message shows one that fits",
        Some(Class::Bug) => "report it with the run's records; an invariant of this project broke",
        None if error.starts_with("States.Timeout") || error.starts_with("States.Heartbeat") => {
            "see whether the worker runs, and its log; then start the run again"
        }
        None => "see the worker's log; it may have died for want of memory or time",
    }
}

/// The JSON for machines.
#[derive(Debug, Serialize)]
struct Body<'a> {
    schema_version: u32,
    run: &'a str,
    owner: &'a str,
    kind: Kind,
    fragments: Vec<FragmentBody<'a>>,
    failures: Vec<FailureBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<&'a Replay>,
    truncated: usize,
}

#[derive(Debug, Serialize)]
struct FragmentBody<'a> {
    key: &'a str,
    version_id: &'a str,
    component: Option<Component>,
    verdict: Option<Verdict>,
    change: Change,
    serving_version_id: Option<&'a str>,
    problems: Vec<ProblemBody<'a>>,
}

#[derive(Debug, Serialize)]
struct FailureBody<'a> {
    component: Option<Component>,
    outcome: Outcome,
    error: Option<String>,
    cause: Option<String>,
    /// What the server had refused by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_before: Option<String>,
    /// What failed after that.
    #[serde(skip_serializing_if = "Option::is_none")]
    besides: Option<String>,
    generation: Option<String>,
    /// What lies on disk, where that is not what was proven last.
    #[serde(skip_serializing_if = "Option::is_none")]
    on_disk: Option<String>,
    has_recovered: bool,
    problems: Vec<ProblemBody<'a>>,
}

#[derive(Debug, Serialize)]
struct ProblemBody<'a> {
    /// In a failure, where problems of several objects meet.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version_id: Option<&'a str>,
    severity: Severity,
    check: &'a str,
    line: Option<u32>,
    column: Option<u32>,
    excerpt: Option<&'a str>,
    message: &'a str,
    hint: Option<&'a str>,
}

impl<'a> FragmentBody<'a> {
    fn of(news: &'a News, room: &mut usize) -> FragmentBody<'a> {
        FragmentBody {
            key: &news.key,
            version_id: &news.version_id,
            component: news.component,
            verdict: news.verdict(),
            change: news.change,
            serving_version_id: match &news.serving {
                _ if news.change == Change::Removed => None,
                Serving::This(_) | Serving::Unproven(..) => Some(&news.version_id),
                Serving::Version(version_id) => Some(version_id),
                Serving::Nothing | Serving::AsBefore | Serving::Waits(_) => None,
            },
            problems: first(&news.problems, room).iter().map(ProblemBody::of).collect(),
        }
    }
}

impl<'a> FailureBody<'a> {
    /// The run's own failure first.
    fn all(failures: &'a Failures, room: &mut usize) -> Vec<FailureBody<'a>> {
        let of_run = failures.run.iter().map(|cause| FailureBody {
            component: None,
            outcome: Outcome::Failed,
            error: Some(error(cause)),
            cause: Some(short(cause)),
            refused_before: None,
            besides: None,
            generation: None,
            on_disk: None,
            has_recovered: false,
            problems: vec![],
        });
        of_run
            .chain(failures.lanes.iter().map(|lane| FailureBody::of(lane, room)))
            .collect()
    }

    fn of(lane: &'a LaneFailure, room: &mut usize) -> FailureBody<'a> {
        let named = |problem: &'a Problem| ProblemBody {
            key: Some(&problem.key),
            version_id: Some(&problem.version_id),
            ..ProblemBody::of(problem)
        };
        FailureBody {
            component: Some(lane.component),
            outcome: lane.outcome,
            error: lane.failure.as_ref().map(error),
            cause: lane.failure.as_ref().map(short),
            refused_before: lane.refused_before.as_ref().map(short),
            besides: lane.besides.as_ref().map(short),
            generation: lane.generation.as_ref().map(Generation::name),
            on_disk: lane.unproven_on_disk.as_ref().map(Generation::name),
            has_recovered: lane.has_recovered,
            problems: first(&lane.problems, room).iter().map(named).collect(),
        }
    }
}

impl<'a> ProblemBody<'a> {
    fn of(problem: &'a Problem) -> ProblemBody<'a> {
        ProblemBody {
            key: None,
            version_id: None,
            severity: problem.severity,
            check: &problem.check,
            line: problem.line,
            column: problem.column,
            excerpt: problem.excerpt.as_deref(),
            message: &problem.message,
            hint: problem.hint.as_deref(),
        }
    }
}

/// The error's name. Four of them (a run and three lanes) with their causes always fit.
fn error(cause: &Cause) -> String {
    printable(&cause.error, NAME_CHARACTERS)
}

fn short(cause: &Cause) -> String {
    printable(&cause.text(), 1000)
}

/// The JSON with as much as there is room for: as many fragments as possible, then as many problems, the
/// first ones.
fn json(ending: &Ending, owner: &str, kind: Kind, news: &[News], failures: &Failures) -> String {
    let problems = news.iter().map(|one| one.problems.len()).sum::<usize>()
        + failures
            .lanes
            .iter()
            .map(|lane| lane.problems.len())
            .sum::<usize>();
    let all = news.len() + problems;
    let body = |kept: usize| {
        let mut room = kept.saturating_sub(news.len());
        Body {
            schema_version: 1,
            run: &ending.run,
            owner,
            kind,
            replay: ending.replay.as_ref(),
            fragments: news
                .iter()
                .take(kept)
                .map(|one| FragmentBody::of(one, &mut room))
                .collect(),
            failures: FailureBody::all(failures, &mut room),
            truncated: all - kept,
        }
    };
    let kept: Vec<usize> = (1..=all).collect();
    let kept = kept.partition_point(|kept| bounds::json_bytes(&body(*kept)) <= bounds::JSON_BYTES);
    bounds::json(&body(kept))
}

/// The first problems, as long as there is room.
fn first<'a>(problems: &'a [Problem], room: &mut usize) -> &'a [Problem] {
    let kept = problems.len().min(*room);
    *room -= kept;
    &problems[..kept]
}
