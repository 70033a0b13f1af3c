//! `notify::run` over any runs. In: bytes that `arbitrary` makes runs of, with texts as long and as odd as it likes.
//!
//! Laws: a message fits into SNS with a copy for every kind of subscription; its subject is short, printable ASCII; its text has no
//! character that does not print; its JSON is an object that says whose it is; nothing of one team's objects is in a message to another;
//! the same run again tells nobody anything.

use arbitrary::{Arbitrary, Unstructured};
use contract::memory::Memory;
use contract::{
    Cause, Component, Configuration, Digest, FragmentVerdict, Generation, Key, Notice, Origin, PLATFORM,
    Pointer, Problem, Severity, Size, Snapshot, Source, Suspicion, Timestamp, Verdict, Verdicts,
};
use futures_util::FutureExt as _;
use notify::{LaneResult, Outcome, Request, RunResult, run};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const OWNERS: [&str; 4] = [
    "shop",
    "pay",
    "a.b-c",
    "o-100-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];
/// SNS's limits.
const MESSAGE_BYTES: usize = 262_144;
const SUBJECT_CHARACTERS: usize = 100;
/// S3's limit.
const KEY_BYTES: usize = 1024;
/// No text is longer, nor are all copies of a problem. A few of them are more than a message takes; many more only take longer.
const TEXT_BYTES: usize = 20_000;

/// A text of any length, which a fuzzer's few bytes would not make.
#[derive(Debug, Arbitrary)]
struct Words<'a> {
    words: &'a str,
    times: u16,
}

impl Words<'_> {
    fn text(&self) -> String {
        // Only `Secret` says this.
        let words = self.words.replace("secret", "");
        let most = TEXT_BYTES / words.len().max(1);
        words.repeat(usize::from(self.times).min(most))
    }
}

#[derive(Debug, Arbitrary)]
struct AnyProblem<'a> {
    severity: u8,
    check: Words<'a>,
    place: Option<(u32, u32)>,
    excerpt: Option<Words<'a>>,
    message: Words<'a>,
    hint: Option<Words<'a>>,
    times: u8,
}

#[derive(Debug, Arbitrary)]
struct AnyFragment<'a> {
    owner: u8,
    name: u8,
    version: Words<'a>,
    fallback: Option<Words<'a>>,
    accepted: bool,
    problems: Vec<AnyProblem<'a>>,
}

#[derive(Debug, Arbitrary)]
struct AnyLane<'a> {
    outcome: u8,
    generation: Option<(u64, Words<'a>)>,
    fragments: Vec<AnyFragment<'a>>,
    platform: Vec<AnyProblem<'a>>,
    /// Owner and name of the test, and what fails of it.
    rule_tests: Vec<(u8, u8, AnyProblem<'a>)>,
    culprits: Vec<AnyProblem<'a>>,
    proven: bool,
    absent_jobs: Vec<Words<'a>>,
    failure: Option<AnyCause<'a>>,
    unproven: Option<Words<'a>>,
}

#[derive(Debug, Arbitrary)]
struct AnyCause<'a> {
    error: u8,
    other: Words<'a>,
    of_function: bool,
    cause: Option<Words<'a>>,
}

#[derive(Debug, Arbitrary)]
struct AnyRun<'a> {
    name: Words<'a>,
    pinned_minute: u8,
    failure: Option<AnyCause<'a>>,
    lanes: [Option<AnyLane<'a>>; 3],
    strays: Vec<(Words<'a>, AnyProblem<'a>)>,
    /// A replay, of a minute if it was asked for by that.
    replay: Option<Option<u8>>,
}

/// The laws for a few runs, one after another.
///
/// # Panics
/// If one is broken.
pub fn check(bytes: &[u8]) {
    let Ok(runs) = Vec::<AnyRun<'_>>::arbitrary_take_rest(Unstructured::new(bytes)) else {
        return;
    };
    let memory = Memory::default();
    for one in runs.iter().take(4) {
        for again in [false, true] {
            let told = run(&memory, one.request(&memory))
                .now_or_never()
                .expect("memory does not wait");
            let told = told.expect("no text makes it fail");
            let notices = std::mem::take(&mut memory.world().notices);
            assert_eq!(told.sent, notices.len());
            assert!(
                !again || notices.is_empty(),
                "told twice: {:?}",
                notices[0].subject
            );
            // A state's payload has the same limit, and other fields.
            let response = serde_json::to_string(&told).expect("a response is JSON");
            assert!(
                response.len() <= 16 * 1024,
                "the response has {} bytes",
                response.len()
            );
            let mut seen = BTreeSet::new();
            for notice in &notices {
                assert!(
                    seen.insert((notice.owner.clone(), notice.kind)),
                    "two notices of one kind"
                );
                sendable(notice);
                of_nobody_else(notice);
            }
        }
    }
}

/// Whether SNS takes it and people can read it.
fn sendable(notice: &Notice) {
    let Notice {
        subject, text, json, ..
    } = notice;
    assert!(
        subject.len() <= SUBJECT_CHARACTERS && !subject.is_empty(),
        "{subject:?}"
    );
    assert!(
        subject.bytes().all(|byte| matches!(byte, b' '..=b'~')),
        "{subject:?}"
    );
    let string = |text: &str| serde_json::to_string(text).expect("a string is JSON").len();
    // A copy for each protocol that may get another text: `default`, `sqs`, `lambda`, `http`; the attributes and the braces besides.
    let size = string(text) + 4 * string(json) + string(subject) + 2 * notice.owner.len() + 512;
    assert!(size <= MESSAGE_BYTES, "{size} bytes");

    let unprintable = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}')
    };
    let found = text.chars().find(|c| *c != '\n' && unprintable(c));
    assert_eq!(found, None, "in the text");
    assert_eq!(json.chars().find(unprintable), None, "in the JSON");
    let body: Value = serde_json::from_str(json).expect("JSON");
    assert_eq!(body["schema_version"], 1);
    assert_eq!(body["owner"], notice.owner.as_str());
    assert!(body["fragments"].is_array() && body["failures"].is_array() && body["truncated"].is_u64());
    for fragment in body["fragments"].as_array().into_iter().flatten() {
        let key = fragment["key"].as_str().expect("a key");
        assert_eq!(Key::parse(key).owner(), notice.owner, "{key:?}");
    }
}

fn owner_of(any: u8) -> &'static str {
    OWNERS[usize::from(any) % OWNERS.len()]
}

/// What only that owner's problems say.
fn secret(owner: &str) -> String {
    let number = OWNERS.iter().position(|other| *other == owner);
    format!(
        "secret-{}-",
        number.map_or("none".to_owned(), |number| number.to_string())
    )
}

fn of_nobody_else(notice: &Notice) {
    if notice.owner == PLATFORM {
        return;
    }
    let own = secret(&notice.owner);
    for owner in OWNERS {
        let secret = secret(owner);
        let told = [&notice.subject, &notice.text, &notice.json]
            .into_iter()
            .any(|part| part.contains(&secret));
        assert!(
            !told || secret == own,
            "{} is told what is {owner}'s",
            notice.owner
        );
    }
}

impl AnyProblem<'_> {
    fn problems(&self, source: &Source) -> Vec<Problem> {
        const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Info];
        let key = source.key();
        let secret = secret(key.owner());
        let text = |words: &Words<'_>| format!("{secret}{}{secret}", words.text());
        let severity = SEVERITIES[usize::from(self.severity) % 3];
        let problem = Problem::new(source, severity, &text(&self.check), text(&self.message));
        let problem = Problem {
            line: self.place.map(|(line, _)| line),
            column: self.place.map(|(_, column)| column),
            excerpt: self.excerpt.as_ref().map(text),
            hint: self.hint.as_ref().map(text),
            ..problem
        };
        let most = TEXT_BYTES / (problem.message.len() + 1);
        let times = usize::from(self.times).clamp(1, most.clamp(1, 100));
        vec![problem; times]
    }
}

fn problems(all: &[AnyProblem<'_>], source: &Source) -> Vec<Problem> {
    all.iter().take(3).flat_map(|one| one.problems(source)).collect()
}

impl AnyCause<'_> {
    fn cause(&self) -> Cause {
        const NAMES: [&str; 7] = [
            "Unavailable",
            "ReloadRefused",
            "Rejected",
            "Bug",
            "States.Timeout",
            "Runtime.ExitError",
            "Stale",
        ];
        let error = NAMES
            .get(usize::from(self.error))
            .map_or_else(|| self.other.text(), |name| (*name).to_owned());
        let of_function = |text| serde_json::json!({ "errorType": error, "errorMessage": text }).to_string();
        let cause = self.cause.as_ref().map(Words::text);
        Cause {
            cause: if self.of_function {
                cause.map(of_function)
            } else {
                cause
            },
            error,
        }
    }
}

impl AnyLane<'_> {
    fn result(&self, component: Component, memory: &Memory) -> LaneResult {
        const OUTCOMES: [Outcome; 8] = [
            Outcome::Deployed,
            Outcome::Unchanged,
            Outcome::Superseded,
            Outcome::Refused,
            Outcome::RolledBack,
            Outcome::RolledBackUnproven,
            Outcome::Failed,
            Outcome::Held,
        ];
        let base = source(component.base_key(), "b1".to_owned());
        let mut fragments: BTreeMap<String, FragmentVerdict> = BTreeMap::new();
        for fragment in self.fragments.iter().take(6) {
            let verdict = fragment.verdict(component);
            fragments.insert(verdict.source.key.clone(), verdict);
        }
        let absent_jobs: Vec<String> = self.absent_jobs.iter().take(4).map(Words::text).collect();
        // The first of them is the base's.
        let origins = absent_jobs.iter().skip(1).zip(fragments.keys());
        let origins = origins.map(|(job, key)| {
            let (key, line, column) = (key.clone(), 2, 15);
            (job.clone(), Origin { key, line, column })
        });
        let configuration = Configuration {
            component,
            digest: Digest::of(b""),
            size: Size::default(),
            files: BTreeMap::new(),
            jobs: origins.collect(),
        };
        let configuration = put(memory, &configuration);
        let verdicts = Verdicts {
            component,
            policy: None,
            platform: problems(&self.platform, &base),
            rule_tests: self
                .rule_tests
                .iter()
                .take(3)
                .flat_map(|(owner, name, problem)| {
                    let key = format!("apps/{}/prometheus/tests/n{name}.yml", owner_of(*owner));
                    problem.problems(&source(key, "t1".to_owned()))
                })
                .collect(),
            fragments: fragments.into_values().collect(),
        };
        let verdicts = put(memory, &verdicts);
        let culprits = put(memory, &problems(&self.culprits, &base));
        // A lane that failed once is remembered with what it had before, whatever its outcome.
        let suspicion = self.failure.as_ref().map(|failure| Suspicion {
            verdicts: verdicts.clone(),
            culprits: Some(culprits.clone()),
            suspects: culprits.clone(),
            named: None,
            failure: failure.cause(),
        });
        LaneResult {
            component,
            outcome: OUTCOMES[usize::from(self.outcome) % OUTCOMES.len()],
            generation: self.generation.as_ref().map(|(ordinal, run)| Generation {
                configuration,
                ..generation(*ordinal, run.text())
            }),
            on_disk: self
                .generation
                .as_ref()
                .map(|(ordinal, run)| generation(ordinal.saturating_add(1), run.text())),
            verdicts: Some(verdicts),
            culprits: Some(culprits),
            reloaded: self.proven.then(|| "proven".to_owned()),
            unproven: self.unproven.as_ref().map(Words::text),
            absent_jobs,
            failure: self.failure.as_ref().map(AnyCause::cause),
            besides: self.failure.as_ref().map(AnyCause::cause),
            suspicion,
        }
    }
}

impl AnyFragment<'_> {
    fn verdict(&self, component: Component) -> FragmentVerdict {
        let key = format!("apps/{}/{component}/n{}.yml", owner_of(self.owner), self.name);
        let version = |words: &Words<'_>| words.text().chars().take(KEY_BYTES).collect::<String>();
        let this = source(key.clone(), version(&self.version));
        let fallback = self.fallback.as_ref().map(|words| source(key, version(words)));
        let problems = problems(&self.problems, &this);
        let (verdict, serving) = match (self.accepted, fallback) {
            (true, _) => (Verdict::Accepted, Some(this.clone())),
            (false, Some(fallback)) => (Verdict::HeldBack, Some(fallback)),
            (false, None) => (Verdict::Rejected, None),
        };
        FragmentVerdict {
            source: this,
            verdict,
            serving,
            problems,
        }
    }
}

impl AnyRun<'_> {
    fn request(&self, memory: &Memory) -> Request {
        let lanes = Component::ALL.into_iter().zip(&self.lanes);
        let lanes = lanes.filter_map(|(component, lane)| Some(lane.as_ref()?.result(component, memory)));
        let strays = self.strays.iter().take(8).flat_map(|(key, problem)| {
            let key: String = key.text().chars().take(KEY_BYTES / 4).collect();
            problem.problems(&source(key, "s1".to_owned()))
        });
        let snapshot = Snapshot {
            strays: strays.collect(),
            ..Snapshot::default()
        };
        let run: String = self.name.text().chars().take(80).collect();
        let moment = |minute: u8| Timestamp::from_millis(u64::from(minute) * 60_000);
        let result = RunResult {
            failure: self.failure.as_ref().map(AnyCause::cause),
            pinned_at: Some(moment(self.pinned_minute)),
            replay: self.replay.is_some(),
            as_of: self.replay.flatten().map(moment),
            snapshot: Some(put(memory, &snapshot)),
            lanes: lanes.collect(),
        };
        Request { run, result }
    }
}

fn generation(ordinal: u64, run: String) -> Generation {
    Generation {
        ordinal,
        digest: Digest::of(&ordinal.to_be_bytes()),
        run,
        pinned_at: Timestamp::from_millis(ordinal % 1_000_000),
        configuration: Pointer::to(b""),
        verdicts: Pointer::to(b""),
        replay: false,
        size: Size::default(),
    }
}

fn source(key: String, version_id: String) -> Source {
    Source {
        key,
        version_id,
        document: Pointer::to(b""),
    }
}

fn put(memory: &Memory, document: &impl Serialize) -> Pointer {
    let bytes = serde_json::to_vec(document).expect("a document is JSON");
    let pointer = Pointer::to(&bytes);
    memory.world().objects.insert(pointer.digest.clone(), bytes);
    pointer
}
