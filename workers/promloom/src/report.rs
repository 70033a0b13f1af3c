//! What a person or a machine is told after a run. In: how the run ended and its documents. Out: text or one
//! JSON document (`docs/check.schema.json`), and an exit code. Never: judges.

#[cfg(test)]
pub(crate) mod tests;

use crate::diff::FileDiff;
use crate::engine::Thrown;
use clap::builder::styling::{AnsiColor, Style};
use contract::ports::{ReadObject, ReadProjection};
use contract::{
    Component, Digest, Failure, FragmentVerdict, Generation, Key, Problem, Severity, Snapshot, Verdict,
    read_document, read_head,
};
use notify::{LaneResult, Outcome, RunResult};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The whole. Its JSON is an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The execution's name.
    pub run: String,
    /// `succeeded` or `failed`, as the execution ended.
    pub outcome: &'static str,
    /// The digest of the snapshot: `promloom run --snapshot` does exactly this run again. A check has none to come back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<Digest>,
    /// In key order.
    pub fragments: Vec<Fragment>,
    /// One per component.
    pub lanes: Vec<Lane>,
    /// Of a check beside a base: what would become live beside what is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub diffs: Vec<FileDiff>,
    /// Of a check for another version of Prometheus, whose verdicts these are: those that differ from the server's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// What could not be said, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why the run has no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Why>,
}

/// Another version of Prometheus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Target {
    /// The server's.
    pub server: String,
    /// That one.
    pub version: String,
    /// Whether everything that serves now would serve there.
    pub survives: bool,
    /// How many fragments have the same verdict from both.
    pub as_before: usize,
    /// How many of these are refused by both.
    pub refused_as_before: usize,
}

/// What becomes of one fragment, or of an object that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fragment {
    /// Its key.
    pub key: String,
    /// The file as it was typed, where one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its team.
    pub owner: String,
    /// Its component; none if the key names none.
    pub component: Option<Component>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// Of one that is held back: its last good version, which the run takes instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serving_version_id: Option<String>,
    /// What becomes of it now, where that is another version's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Verdict>,
    /// Of a check: whether it is known to have stood better without what is checked.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_new: bool,
    /// Everything found.
    pub problems: Vec<Found>,
}

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// What it leads to.
    pub severity: Severity,
    /// The reporter.
    pub check: String,
    /// From 1.
    pub line: Option<u32>,
    /// From 1, in characters.
    pub column: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
    /// Where: its key, or the file as it was typed.
    pub file: String,
    #[serde(skip)]
    excerpt: Option<String>,
}

/// How one component's lane ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lane {
    /// Which.
    pub component: Component,
    /// `deployed`, `unchanged`, …; of a check `proven`.
    pub outcome: String,
    /// The generation that is live by it.
    pub generation: Option<String>,
    /// Whether its processes `proven`ly run it; none if they were not asked.
    pub reloaded: Option<String>,
    /// Why that is not proven, where it is deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unproven: Option<String>,
    /// Problems that no fragment is to blame for.
    pub problems: Vec<Found>,
    /// Why it has no answer.
    pub failure: Option<Why>,
    /// What the server had refused before the lane ended for another reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused_before: Option<Why>,
    /// What failed after that, while it was put right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub besides: Option<Why>,
    /// The generation on disk, where that is not what was proven last; the next start of a process reads it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_disk: Option<String>,
}

/// A file that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// As it was.
    pub path: String,
    /// Whether neither its path nor an option says whose it is, so that its key is one that nobody would push to.
    pub is_made_up: bool,
}

impl Lane {
    /// Whether what was asked for is live, or would be.
    pub(crate) fn is_well(&self) -> bool {
        let well = [Outcome::Deployed, Outcome::Unchanged, Outcome::Superseded].map(word);
        well.contains(&self.outcome.as_str()) || self.outcome == PROVEN
    }

    fn shown(&self) -> String {
        self.outcome.replace('_', " ")
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The class, or the engine's name of the error.
    pub class: String,
    /// The chain of causes.
    pub cause: String,
}

impl Why {
    /// As it is told once, at the edge, with colours.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{BAD}{}{BAD:#}: {}", self.class, printable(&self.cause))
    }
}

impl From<&Thrown> for Why {
    fn from(thrown: &Thrown) -> Why {
        Why {
            class: thrown.error.clone(),
            cause: thrown.cause.clone(),
        }
    }
}

impl From<&Failure> for Why {
    fn from(failure: &Failure) -> Why {
        Why {
            class: failure.class.name().to_owned(),
            cause: failure.chain(),
        }
    }
}

/// What the program ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ended {
    /// Nothing is wrong.
    Well,
    /// Something that was asked about has a problem.
    WithProblems,
    /// There is no answer.
    WithoutAnswer,
}

impl Ended {
    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<&Problem> for Found {
    fn from(problem: &Problem) -> Found {
        Found {
            severity: problem.severity,
            check: problem.check.clone(),
            line: problem.line,
            column: problem.column,
            message: problem.message.clone(),
            hint: problem.hint.clone(),
            file: problem.key.clone(),
            excerpt: problem.excerpt.clone(),
        }
    }
}

impl Fragment {
    /// Whether less of it serves than now; whether it does at all, where nothing is known of now.
    pub(crate) fn is_worse(&self) -> bool {
        self.before.unwrap_or(Verdict::Accepted) < self.verdict
    }
}

impl From<&FragmentVerdict> for Fragment {
    fn from(verdict: &FragmentVerdict) -> Fragment {
        let key = verdict.source.key();
        Fragment {
            key: verdict.source.key.clone(),
            file: None,
            owner: key.owner().to_owned(),
            component: key.component(),
            verdict: verdict.verdict,
            serving_version_id: match (verdict.verdict, &verdict.serving) {
                (Verdict::HeldBack, Some(serving)) => Some(serving.version_id.clone()),
                _ => None,
            },
            before: None,
            is_new: false,
            problems: verdict.problems.iter().map(Found::from).collect(),
        }
    }
}

impl Report {
    /// Reads the documents of a run that came to its last state with `result`.
    pub async fn of(
        ports: &(impl ReadObject + ReadProjection),
        run: &str,
        result: &RunResult,
    ) -> Result<Report, Failure> {
        let mut report = Report {
            run: run.to_owned(),
            outcome: "succeeded",
            snapshot: result.snapshot.as_ref().map(|pointer| pointer.digest.clone()),
            fragments: Vec::new(),
            lanes: Vec::new(),
            diffs: Vec::new(),
            target: None,
            notes: Vec::new(),
            failure: result.failure.as_ref().map(why),
        };
        if let Some(snapshot) = &result.snapshot {
            let snapshot: Snapshot = read_document(ports, snapshot, "a snapshot").await?;
            report
                .fragments
                .extend(snapshot.strays.iter().map(|stray| Fragment {
                    key: stray.key.clone(),
                    file: None,
                    owner: stray.owner.clone(),
                    component: stray.component,
                    verdict: Verdict::Rejected,
                    serving_version_id: None,
                    before: None,
                    is_new: false,
                    problems: vec![Found::from(stray)],
                }));
        }
        for lane in &result.lanes {
            report.take(ports, lane).await?;
        }
        // A fragment that could not be read is a stray and has a verdict as well: one entry, every problem
        // once.
        report.fragments.sort_by(|a, b| a.key.cmp(&b.key));
        report.fragments.dedup_by(|later, earlier| {
            let same = later.key == earlier.key;
            if same {
                earlier.verdict = earlier.verdict.min(later.verdict);
                let serving = later.serving_version_id.take();
                earlier.serving_version_id = earlier.serving_version_id.take().or(serving);
                let new: Vec<Found> = later
                    .problems
                    .iter()
                    .filter(|found| !earlier.problems.contains(found))
                    .cloned()
                    .collect();
                earlier.problems.extend(new);
            }
            same
        });
        Ok(report)
    }

    async fn take(
        &mut self,
        ports: &(impl ReadObject + ReadProjection),
        lane: &LaneResult,
    ) -> Result<(), Failure> {
        let mut problems = Vec::new();
        let mut of_fragments: Vec<Problem> = Vec::new();
        let (verdicts, culprits) = lane.documents(ports).await?;
        if let Some(verdicts) = verdicts {
            self.fragments
                .extend(verdicts.fragments.iter().map(Fragment::from));
            of_fragments = verdicts
                .fragments
                .into_iter()
                .flat_map(|fragment| fragment.problems)
                .collect();
            problems = verdicts.platform;
            problems.extend(verdicts.rule_tests);
        }
        // Culprits are in the verdicts once they were merged without; those of a lane that gave up are here
        // alone.
        let new = culprits
            .into_iter()
            .filter(|culprit| !of_fragments.contains(culprit));
        let new: Vec<Problem> = new.filter(|culprit| !problems.contains(culprit)).collect();
        problems.extend(new);
        let head = read_head(ports, lane.component).await?;
        let proven = head.as_ref().map(|head| &head.generation);
        self.lanes.push(Lane {
            component: lane.component,
            outcome: word(lane.outcome).to_owned(),
            generation: lane.generation.as_ref().map(Generation::name),
            reloaded: lane.reloaded.clone(),
            unproven: lane.unproven.clone(),
            problems: problems.iter().map(Found::from).collect(),
            failure: lane.failure.as_ref().map(why),
            refused_before: lane.refused_before().map(why),
            besides: lane.besides.as_ref().map(why),
            on_disk: lane.unproven_on_disk(proven).map(Generation::name),
        });
        Ok(())
    }

    /// What the program ends with.
    #[must_use]
    pub fn ended(&self) -> Ended {
        let is_error = |found: &Found| found.severity == Severity::Error;
        let failed = |lane: &Lane| lane.outcome == word(Outcome::Failed);
        let found = self.fragments.iter().flat_map(|fragment| &fragment.problems);
        let found = found.chain(self.lanes.iter().flat_map(|lane| &lane.problems));
        if self.failure.is_some() || self.lanes.iter().any(failed) {
            Ended::WithoutAnswer
        } else if let Some(target) = &self.target {
            if target.survives {
                Ended::Well
            } else {
                Ended::WithProblems
            }
        } else if found.into_iter().any(is_error) || !self.lanes.iter().all(Lane::is_well) {
            Ended::WithProblems
        } else {
            Ended::Well
        }
    }

    /// One line of JSON.
    #[must_use]
    pub fn json(&self) -> String {
        json(self)
    }

    /// Annotations for the lines of a pull request, as GitHub's runners understand them
    /// (<https://docs.github.com/actions/reference/workflow-commands-for-github-actions>), one a line. `called` says what the repository
    /// calls a file that is called so here.
    #[must_use]
    pub fn github(&self, called: impl Fn(&str) -> String) -> String {
        let of_fragments = self.fragments.iter().flat_map(|fragment| &fragment.problems);
        let of_lanes = self.lanes.iter().flat_map(|lane| &lane.problems);
        let mut out = String::new();
        for found in of_fragments.chain(of_lanes) {
            let command = match found.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "notice",
            };
            let number = |name: &str, number: Option<u32>| {
                number.map(|it| format!(",{name}={it}")).unwrap_or_default()
            };
            let hint = found
                .hint
                .as_ref()
                .map(|hint| format!("\n{}", printable(hint)))
                .unwrap_or_default();
            put(
                &mut out,
                format_args!(
                    "::{command} file={}{}{},title={}::{}\n",
                    of_property(&printable(&called(&found.file))),
                    number("line", found.line),
                    number("col", found.column),
                    of_property(&found.check),
                    of_message(&format!("{}{hint}", printable(&found.message))),
                ),
            );
        }
        out
    }

    /// Whether a placeholder stands somewhere that was not replaced.
    pub(crate) fn misses_placeholders(&self) -> bool {
        let of_fragments = self.fragments.iter().flat_map(|fragment| &fragment.problems);
        let of_lanes = self.lanes.iter().flat_map(|lane| &lane.problems);
        of_fragments
            .chain(of_lanes)
            .any(|found| found.check == "placeholder")
    }

    /// Whether none of the fragments of a component is accepted, though there are some.
    fn nothing_goes(&self, component: Component) -> bool {
        let fragments = self.fragments.iter();
        let mut of_it = fragments
            .filter(|fragment| fragment.component == Some(component))
            .peekable();
        of_it.peek().is_some() && of_it.all(|fragment| fragment.verdict != Verdict::Accepted)
    }

    /// For people, with colours.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for fragment in &self.fragments {
            // Not live, whatever is said of it: its whole lane is not.
            let stuck = self
                .lanes
                .iter()
                .find(|lane| Some(lane.component) == fragment.component && !lane.is_well());
            let style = match fragment.verdict {
                Verdict::Accepted if stuck.is_none() => GOOD,
                Verdict::Accepted | Verdict::HeldBack => WARNED,
                Verdict::Rejected => BAD,
            };
            let verdict = fragment.verdict.name().replace('_', " ");
            let but = match (fragment.verdict, stuck, &fragment.serving_version_id) {
                (Verdict::Accepted, Some(lane), _) => {
                    format!("  {} {}: what served before stays", lane.component, lane.shown())
                }
                (_, None, Some(version)) => {
                    format!("  its last good version {} serves on", printable(version))
                }
                _ => String::new(),
            };
            let before = fragment
                .before
                .map(|verdict| format!("  now {}", verdict.name().replace('_', " ")));
            let before = before.or_else(|| fragment.is_new.then(|| "  newly refused".to_owned()));
            put(
                &mut out,
                format_args!(
                    "{style}{verdict:<9}{style:#} {}{style}{}{style:#}{}\n",
                    printable(fragment.file.as_ref().unwrap_or(&fragment.key)),
                    but,
                    before.unwrap_or_default(),
                ),
            );
            found_text(&mut out, &fragment.problems);
        }
        for lane in &self.lanes {
            let proof = match lane.reloaded.as_deref() {
                Some(PROVEN) => Some("proven: the server shows that it runs it"),
                None if lane.outcome == PROVEN && self.nothing_goes(lane.component) => {
                    Some("without anything of the above, which is not accepted")
                }
                None if lane.outcome == PROVEN => {
                    Some("what is accepted would be deployed as a whole; a check deploys nothing")
                }
                _ => None,
            };
            let generation = lane.generation.iter().map(|name| format!(" {name}"));
            let more: Vec<String> = generation
                .chain(proof.map(|proof| format!(", {proof}")))
                .collect();
            let outcome = lane.shown();
            let style = if lane.is_well() { GOOD } else { BAD };
            put(
                &mut out,
                format_args!(
                    "{BOLD}{:<10}{BOLD:#} {style}{outcome}{style:#}{}\n",
                    lane.component.name(),
                    more.concat()
                ),
            );
            if let Some(why) = &lane.unproven {
                put(
                    &mut out,
                    format_args!("  {WARNED}not proven{WARNED:#}: {}\n", printable(why)),
                );
            }
            found_text(&mut out, &lane.problems);
            for why in [&lane.failure, &lane.refused_before].into_iter().flatten() {
                put(&mut out, format_args!("  {}\n", why.text()));
            }
            if let Some(why) = &lane.besides {
                put(&mut out, format_args!("  then {}\n", why.text()));
            }
            if let Some(name) = &lane.on_disk {
                put(
                    &mut out,
                    format_args!("  {WARNED}on disk{WARNED:#}: generation {name}, which nobody proved\n"),
                );
            }
        }
        for file in &self.diffs {
            file.diff.lines().for_each(|line| diff_line(&mut out, "", line));
        }
        for note in &self.notes {
            put(&mut out, format_args!("{DIM}note:{DIM:#} {}\n", printable(note)));
        }
        put(&mut out, format_args!("{}\n", self.counts()));
        if let Some(digest) = &self.snapshot {
            put(&mut out, format_args!("{DIM}snapshot {digest}{DIM:#}\n"));
        }
        out
    }

    /// The last line.
    fn counts(&self) -> String {
        let many = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let fragments = |count: usize| many(count, "fragment");
        if let Some(target) = &self.target {
            let refused = self.fragments.iter().filter(|fragment| fragment.is_worse());
            let refused = refused.count();
            let answer = if target.survives {
                "everything survives"
            } else {
                "not everything survives"
            };
            return format!(
                "{answer} Prometheus {} instead of {}: {} accepted by both, {} refused by both, {refused} newly refused, {} newly accepted",
                target.version,
                target.server,
                fragments(target.as_before - target.refused_as_before),
                target.refused_as_before,
                self.fragments.len() - refused,
            );
        }
        let is_fragment = |one: &&Fragment| matches!(Key::parse(&one.key), Key::Fragment { .. });
        let (of_teams, others): (Vec<&Fragment>, Vec<&Fragment>) =
            self.fragments.iter().partition(is_fragment);
        let count = |verdict| of_teams.iter().filter(|one| one.verdict == verdict).count();
        let others = match others.as_slice() {
            [] => String::new(),
            others => {
                let noun = Key::noun_of(others.iter().map(|one| one.key.as_str()));
                format!("; {} rejected", many(others.len(), noun))
            }
        };
        format!(
            "{}: {} accepted, {} held back, {} rejected{others}",
            fragments(of_teams.len()),
            count(Verdict::Accepted),
            count(Verdict::HeldBack),
            count(Verdict::Rejected),
        )
    }

    /// As a check says it: nothing was deployed, and only these fragments and components are asked about.
    #[must_use]
    pub fn of_check(mut self, asked: impl Fn(&Fragment) -> bool, components: &BTreeSet<Component>) -> Report {
        self.snapshot = None;
        self.fragments.retain(asked);
        self.lanes.retain(|lane| components.contains(&lane.component));
        for lane in &mut self.lanes {
            (lane.generation, lane.reloaded, lane.unproven, lane.on_disk) = (None, None, None, None);
            if [Outcome::Deployed, Outcome::Unchanged, Outcome::Superseded]
                .map(word)
                .contains(&lane.outcome.as_str())
            {
                PROVEN.clone_into(&mut lane.outcome);
            }
        }
        self
    }

    /// Adds what else was found of fragments, each by its line.
    pub(crate) fn add(&mut self, problems: &[Problem]) {
        for fragment in &mut self.fragments {
            let of_it = problems.iter().filter(|problem| problem.key == fragment.key);
            let new: Vec<Found> = of_it.map(Found::from).collect();
            if !new.is_empty() {
                fragment.problems.extend(new);
                fragment.problems.sort_by_key(|found| (found.line, found.column));
            }
        }
    }

    /// As a desk says it, where options say what is asked to load what was deployed.
    #[must_use]
    pub fn of_desk(mut self, is_asked: impl Fn(Component) -> bool) -> Report {
        for lane in &mut self.lanes {
            if lane.unproven.is_some() && !is_asked(lane.component) {
                let why = format!(
                    "no --{} was given, so nothing was asked to load it",
                    lane.component
                );
                lane.unproven = Some(why);
            }
        }
        self
    }

    /// As it is said of files: `typed` has the one that was typed for a key. A key that is only made up here is in no message and no hint.
    /// `key` and `owner` of its fragment are made up all the same, and a message may name that owner.
    #[must_use]
    pub fn of_files(mut self, typed: &BTreeMap<String, Typed>) -> Report {
        let rename = |text: &mut String| {
            for (key, file) in typed.iter().filter(|(_, file)| file.is_made_up) {
                if text.contains(key.as_str()) {
                    *text = text.replace(key.as_str(), &file.path);
                }
            }
        };
        let of_fragments = self.fragments.iter_mut().flat_map(|fragment| {
            fragment.file = typed.get(&fragment.key).map(|file| file.path.clone());
            &mut fragment.problems
        });
        let of_lanes = self.lanes.iter_mut().flat_map(|lane| &mut lane.problems);
        for found in of_fragments.chain(of_lanes) {
            if let Some(file) = typed.get(&found.file) {
                found.file.clone_from(&file.path);
            }
            rename(&mut found.message);
            found.hint.iter_mut().for_each(&rename);
        }
        self
    }
}

const PROVEN: &str = "proven";
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const WARNED: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();

impl Found {
    fn place(&self) -> String {
        let numbers = [self.line, self.line.and(self.column)].into_iter().flatten();
        numbers.fold(self.file.clone(), |place, number| format!("{place}:{number}"))
    }

    fn text(&self, out: &mut String, hint: Option<&str>) {
        let style = match self.severity {
            Severity::Error => BAD,
            Severity::Warning => WARNED,
            Severity::Info => DIM,
        };
        put(
            out,
            format_args!(
                "  {BOLD}{}{BOLD:#}: {style}{}{style:#}: {} {DIM}[{}]{DIM:#}\n",
                printable(&self.place()),
                self.severity,
                printable(&self.message),
                self.check
            ),
        );
        for line in self.excerpt.iter().flat_map(|excerpt| excerpt.lines()) {
            put(out, format_args!("    {DIM}|{DIM:#} {}\n", printable(line)));
        }
        if let Some(hint) = hint {
            put(out, format_args!("    {DIM}hint:{DIM:#} {}\n", printable(hint)));
        }
    }
}

/// A line of a unified diff.
pub(crate) fn diff_line(out: &mut String, margin: &str, line: &str) {
    let style = match line.as_bytes().first() {
        Some(b'+') => GOOD,
        Some(b'-') => BAD,
        _ => DIM,
    };
    put(out, format_args!("{margin}{style}{}{style:#}\n", printable(line)));
}

/// A text in a workflow command: nothing in it begins another one.
fn of_message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn of_property(text: &str) -> String {
    of_message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Problems by themselves, with colours.
#[must_use]
pub fn problems_text(problems: &[Problem]) -> String {
    let mut out = String::new();
    found_text(&mut out, &problems.iter().map(Found::from).collect::<Vec<_>>());
    out
}

/// The same, once they are read. What to do is said with the first of those in a row for which it is the same.
pub(crate) fn found_text(out: &mut String, found: &[Found]) {
    for (index, one) in found.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|index| found.get(index));
        let is_said = before.is_some_and(|before| (&before.file, &before.hint) == (&one.file, &one.hint));
        one.text(out, one.hint.as_deref().filter(|_| !is_said));
    }
}

/// A failure where JSON is asked for.
#[must_use]
pub fn failure_json(failure: &Failure) -> String {
    json(&serde_json::json!({ "failure": Why::from(failure) }))
}

/// What teams write may hold what a terminal obeys; shown, it does not.
#[must_use]
pub fn printable(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars()
        .fold(String::with_capacity(text.len()), |mut out, c| {
            if hidden(c) {
                out.extend(c.escape_default());
            } else {
                out.push(c);
            }
            out
        })
}

pub(crate) fn json(value: &impl Serialize) -> String {
    // A report holds text and numbers only; it cannot fail to be JSON.
    serde_json::to_string(value).unwrap_or_default()
}

pub(crate) fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _infallible = out.write_fmt(text);
}

fn why(cause: &contract::Cause) -> Why {
    Why {
        class: cause.error.clone(),
        cause: cause.cause.clone().unwrap_or_default(),
    }
}

/// An outcome as the definition spells it.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Deployed => "deployed",
        Outcome::Unchanged => "unchanged",
        Outcome::Superseded => "superseded",
        Outcome::Held => "held",
        Outcome::Refused => "refused",
        Outcome::RolledBack => "rolled_back",
        Outcome::RolledBackUnproven => "rolled_back_unproven",
        Outcome::Failed => "failed",
    }
}
