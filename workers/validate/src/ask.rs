//! Many files, few processes. In: files. Out: what the tool says of each by itself.
//! Never: takes a verdict from where a team's words may stand. promtool names the files that it takes on standard output, where no word
//! of theirs is; why it takes one not stands on standard error, and there a team may say whatever it likes: if it says too much, those that
//! are refused are asked about in smaller sets. Goes on for longer than a state of the definition has: who has asked in vain for that
//! long asks for less.

use crate::Settings;
use contract::ports::{RunTool, Tool, ToolAnswer, ToolCall, ToolEnd};
use contract::{Class, Failure};
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is asked of which tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Is this a configuration of Prometheus?
    Config,
    /// Are these rules?
    Rules,
    /// Is this a configuration of the Blackbox exporter?
    Modules,
    /// Do these unit tests of rules pass?
    Tests,
}

impl Question {
    /// The reporter of what it finds.
    pub(crate) fn reporter(self) -> &'static str {
        match self {
            Self::Tests => "rule_test",
            Self::Config | Self::Rules | Self::Modules => self.tool().name(),
        }
    }

    fn tool(self) -> Tool {
        match self {
            Self::Config | Self::Rules | Self::Tests => Tool::Promtool,
            Self::Modules => Tool::BlackboxExporter,
        }
    }

    fn arguments(self, names: impl Iterator<Item = String>) -> Vec<String> {
        let fixed: &[&str] = match self {
            // What lies on the server's disk (rule files, credentials) is not here.
            Self::Config => &["check", "config", "--syntax-only"],
            Self::Rules => &["check", "rules", "--lint=none"],
            Self::Modules => &["--config.check"],
            Self::Tests => &["test", "rules"],
        };
        let paths = names.map(|name| {
            if self == Self::Modules {
                format!("--config.file={name}")
            } else {
                name
            }
        });
        fixed.iter().map(ToString::to_string).chain(paths).collect()
    }

    /// The longest file that the tool may write. Unit tests write the samples of their series into a database in a folder of
    /// their own, which lies in memory where it can; what else is asked writes nothing but a crash report.
    fn file_bytes(self) -> u64 {
        match self {
            Self::Tests => SAMPLES_BYTES,
            Self::Config | Self::Rules | Self::Modules => REPORT_BYTES,
        }
    }

    /// Whether an output is of the tool itself that refuses something: `FAILED` of promtool, a logged error of the exporter.
    fn is_refusal(self, stderr: &str) -> bool {
        let word = match self.tool() {
            Tool::Promtool => FAILED,
            Tool::BlackboxExporter => "err=",
        };
        stderr.contains(word) || is_maybe_cut(stderr)
    }

    /// Whether one process takes many files and goes on after a bad one.
    pub(crate) fn takes_many(self) -> bool {
        self != Self::Modules
    }
}

/// What a tool says of one file by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is fine.
    Accepted,
    /// It is not; this was said on standard error.
    Refused(String),
    /// It did not come to an end; what happened instead.
    GaveUp(String),
}

/// Processes at the same time; each takes two processors.
const AT_ONCE: usize = 2;
/// An output of that length may have been cut (the port keeps 4 MiB), and what follows the cut is not known.
const MAYBE_CUT_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;
/// What promtool begins with what it has against a file, at the beginning of a line: once for each file that it refuses.
const FAILED: &str = "  FAILED:";

/// One file of a database of samples. (Its log, the longest, begins a new file at 128 MiB.)
const SAMPLES_BYTES: u64 = 160 * 1024 * 1024;
const REPORT_BYTES: u64 = 16 * 1024 * 1024;

/// So much is told of an output that is no answer.
const SAID_CHARACTERS: usize = 300;

/// A unit test that passes, with enough samples that they go to the disk as others' do.
const PROBE: &str = "probe";
const PROBE_TEST: &str = "tests:\n- interval: 1s\n  input_series: [{series: probe, values: 1x500}]\n  \
                          promql_expr_test: [{expr: vector(1), eval_time: 500s, exp_samples: [{labels: '{}', value: 1}]}]\n";

/// One process is shown no more to begin with: jobs are shown beside the base, and a large base (30 KB) beside a thousand of them
/// takes 14 seconds of a processor.
const SET_BYTES: usize = 8 * 1024 * 1024;
/// A set that a tool did not take becomes that many.
const PIECES: usize = 8;
/// A process has that many seconds, and one more for each so many bytes that it is shown. (10,000 jobs, 2 MB, take 1.4.)
const LEAST_SECONDS: u64 = 10;
const BYTES_PER_SECOND: u64 = 64 * 1024;
/// Where time is shared: no process has less, and what is asked together has so many-th of what is left.
const LEAST_SHARE: Duration = Duration::from_secs(1);
const TOGETHER: u32 = 4;

/// What one verdict is about.
pub(crate) trait Asked: Sync {
    /// Puts it into a process's folder, under names that begin with the given one; which of them are arguments.
    fn lay_out(&self, name: &str, folder: &mut BTreeMap<String, String>) -> Vec<String>;
}

/// One file.
impl Asked for String {
    fn lay_out(&self, name: &str, folder: &mut BTreeMap<String, String>) -> Vec<String> {
        let path = path(name);
        folder.insert(path.clone(), self.clone());
        vec![path]
    }
}

/// Asks about files.
pub(crate) struct Asker<'a, P> {
    /// Runs the tools.
    pub ports: &'a P,
    /// How long, how much.
    pub settings: &'a Settings,
}

/// What was said of files until now, and what is still to be asked.
struct Open {
    said: Vec<Said>,
    sets: Vec<Vec<usize>>,
    /// What processes have taken that ran out of time.
    slow_seconds: u64,
}

impl Open {
    fn of(question: Question, files: &[String]) -> Open {
        let mut sets: Vec<Vec<usize>> = Vec::new();
        let mut bytes = 0;
        for (index, file) in files.iter().enumerate() {
            bytes += file.len();
            match sets.last_mut() {
                Some(set) if question.takes_many() && bytes <= SET_BYTES => set.push(index),
                _ => {
                    bytes = file.len();
                    sets.push(vec![index]);
                }
            }
        }
        Open {
            said: vec![Said::Accepted; files.len()],
            sets,
            slow_seconds: 0,
        }
    }
}

impl<P: RunTool> Asker<'_, P> {
    /// What the tool says of each file. If the first is the base of all others and is not accepted, nothing
    /// was found out about the others and all of them are said to be what it is. `Exhausted` if processes ran out of
    /// time for longer than [`Settings::slow_seconds`].
    pub(crate) async fn judge(
        &self,
        question: Question,
        files: &[String],
        first_is_base: bool,
    ) -> Result<Vec<Said>, Failure> {
        let mut open = Open::of(question, files);
        let mut is_base_fine = !first_is_base;
        while !open.sets.is_empty() {
            let sets = std::mem::take(&mut open.sets);
            for (set, answer, limit) in self.answers(question, files, sets).await? {
                if answer.end == ToolEnd::TimedOut {
                    open.slow_seconds += limit;
                }
                let has_base = !is_base_fine && set[0] == 0;
                let said = self.said_of_each(question, answer, limit, &set);
                let mut unsure = Vec::new();
                for (index, said) in set.into_iter().zip(said) {
                    match said {
                        Some(said) => open.said[index] = said,
                        None if has_base && index == 0 => {
                            open.said[0] = self.alone(question, files, 0).await?;
                        }
                        None => unsure.push(index),
                    }
                }
                if has_base && open.said[0] != Said::Accepted {
                    return Ok(vec![open.said.swap_remove(0); files.len()]);
                }
                is_base_fine |= has_base;
                open.sets.extend(in_pieces(&unsure));
            }
            if open.slow_seconds > self.settings.slow_seconds && !open.sets.is_empty() {
                return Err(too_slow(question, open.slow_seconds));
            }
        }
        Ok(open.said)
    }

    /// What the tool says of each file, the files of one group after those of the other, where it says so without being asked often: all
    /// in one process, and where that does not tell everything each group in one, so that nobody's trouble is another's; no
    /// more than so many groups, small ones first, and none when groups' processes have run out of time. None: it was not told.
    pub(crate) async fn at_once(
        &self,
        question: Question,
        groups: &[Vec<String>],
        most_groups: usize,
    ) -> Result<Vec<Option<Said>>, Failure> {
        let (told, _) = self.told(question, &groups.concat()).await?;
        if groups.len() == 1 || told.iter().all(Option::is_some) {
            return Ok(told);
        }
        let mut said: Vec<Vec<Option<Said>>> = groups.iter().map(|group| vec![None; group.len()]).collect();
        let mut order: Vec<usize> = (0..groups.len()).collect();
        order.sort_by_key(|index| groups[*index].iter().map(String::len).sum::<usize>());
        order.truncate(most_groups);
        let mut slow_seconds = 0;
        for some in order.chunks(AT_ONCE) {
            let runs = some.iter().map(|index| self.told(question, &groups[*index]));
            for (index, (told, seconds)) in some.iter().zip(try_join_all(runs).await?) {
                said[*index] = told;
                slow_seconds += seconds;
            }
            if slow_seconds > self.settings.slow_seconds {
                break;
            }
        }
        Ok(said.concat())
    }

    /// What one process says of each of these files, and how many seconds it took if it ran out of time.
    async fn told(&self, question: Question, files: &[String]) -> Result<(Vec<Option<Said>>, u64), Failure> {
        let set: Vec<usize> = (0..files.len()).collect();
        let (answer, limit) = self.run(question, files, &set, |usual| usual).await?;
        let slow_seconds = if answer.end == ToolEnd::TimedOut { limit } else { 0 };
        Ok((self.said_of_each(question, answer, limit, &set), slow_seconds))
    }

    /// One process for each set.
    async fn answers(
        &self,
        question: Question,
        files: &[String],
        sets: Vec<Vec<usize>>,
    ) -> Result<Vec<(Vec<usize>, ToolAnswer, u64)>, Failure> {
        let runs = sets.into_iter().map(|set| async {
            let (answer, limit) = self.run(question, files, &set, |usual| usual).await?;
            Ok::<_, Failure>((set, answer, limit))
        });
        // The others do not wait for a large one that was begun first.
        let mut answers: Vec<(Vec<usize>, ToolAnswer, u64)> = stream::iter(runs.collect::<Vec<_>>())
            .buffer_unordered(AT_ONCE)
            .try_collect()
            .await?;
        answers.sort_by(|(one, ..), (other, ..)| one.cmp(other));
        Ok(answers)
    }

    /// What the tool says of one file, with all the time there is.
    pub(crate) async fn alone(
        &self,
        question: Question,
        files: &[impl Asked],
        index: usize,
    ) -> Result<Said, Failure> {
        let all = self.settings.timeout_seconds;
        let (answer, limit) = self.run(question, files, &[index], |_| all).await?;
        Ok(self.said(question, answer, limit))
    }

    /// What it says of each file of a set that it was shown. None: it is not certain what, or that the words are not another's.
    fn said_of_each(
        &self,
        question: Question,
        answer: ToolAnswer,
        limit_seconds: u64,
        set: &[usize],
    ) -> Vec<Option<Said>> {
        if set.len() == 1 {
            return vec![Some(self.said(question, answer, limit_seconds))];
        }
        let taken = match answer.end {
            ToolEnd::Exited(0) => Some(vec![true; set.len()]),
            ToolEnd::Exited(1) => taken(&answer.stdout, set).filter(|taken| taken.contains(&false)),
            // Killed, out of time, crashed: it says nothing.
            ToolEnd::Exited(_) | ToolEnd::Killed | ToolEnd::TimedOut => None,
        };
        let Some(taken) = taken else {
            return vec![None; set.len()];
        };
        let refused = taken.iter().filter(|is_taken| !**is_taken).count();
        let mut words = complaints(&answer.stderr);
        if words.len() != refused || is_maybe_cut(&answer.stderr) {
            words.clear();
        }
        let mut words = words.into_iter();
        let said = taken.into_iter().map(|is_taken| {
            if is_taken {
                Some(Said::Accepted)
            } else {
                words.next().map(Said::Refused)
            }
        });
        said.collect()
    }

    /// What it says of the one that it was shown.
    fn said(&self, question: Question, answer: ToolAnswer, limit_seconds: u64) -> Said {
        let tool = question.tool().name();
        let memory = || {
            let most = self.settings.memory_bytes / 1024 / 1024;
            Said::GaveUp(format!(
                "`{tool}` ran out of memory on it ({most} MiB), or was killed"
            ))
        };
        match answer.end {
            ToolEnd::Exited(0) => Said::Accepted,
            ToolEnd::Exited(_) if is_without_room(question, &answer) => {
                let most = SAMPLES_BYTES / 1024 / 1024;
                Said::GaveUp(format!(
                    "its samples are too many for here: `{tool}` may write files of {most} MiB, and no more than there is room for"
                ))
            }
            ToolEnd::Exited(1) => Said::Refused(answer.stderr),
            // Go says so and ends by itself where a limit stops it.
            ToolEnd::Exited(_) if is_out_of_memory(&answer.stderr) => memory(),
            ToolEnd::Exited(code) => Said::GaveUp(format!("`{tool}` crashed on it (exit code {code})")),
            ToolEnd::Killed => memory(),
            ToolEnd::TimedOut => Said::GaveUp(format!("`{tool}` ran out of time on it ({limit_seconds} s)")),
        }
    }

    /// What the tool says of each, all of it within the time that is left; none: there was none for this one. Each has a share
    /// of it, and what one does not use is the others'. Together first, for many are fine mostly, then in ever smaller pieces;
    /// what many may use leaves a share for each alone.
    pub(crate) async fn within(
        &self,
        question: Question,
        files: &[impl Asked],
        left: &mut Duration,
    ) -> Result<Vec<Option<Said>>, Failure> {
        let mut said = vec![None; files.len()];
        let mut had = vec![0; files.len()];
        let mut sets: Vec<Vec<usize>> = vec![(0..files.len()).collect()];
        sets.retain(|set| !set.is_empty());
        while !sets.is_empty() && *left >= LEAST_SHARE {
            let are_alone = sets.iter().all(|set| set.len() == 1);
            let part = if are_alone { *left } else { *left / TOGETHER };
            let open: usize = sets.iter().map(Vec::len).sum();
            let share = |set: &[usize]| part.as_secs() * count(set.len()) / count(open);
            // Who ran out of time has another go with more of it.
            sets.retain(|set| set.len() > 1 || had[set[0]] == 0 || share(set) > had[set[0]]);
            let mut pieces = Vec::new();
            for some in sets.chunks(AT_ONCE) {
                if *left < LEAST_SHARE {
                    break;
                }
                let runs = some.iter().map(async |set| {
                    let most = share(set).max(1);
                    self.run(question, files, set, |usual| usual.min(most)).await
                });
                for (set, (answer, limit)) in some.iter().zip(try_join_all(runs).await?) {
                    let is_slow = answer.end == ToolEnd::TimedOut;
                    let took = if is_slow {
                        Duration::from_secs(limit)
                    } else {
                        answer.took
                    };
                    *left = left.saturating_sub(took);
                    match set[..] {
                        [index] => {
                            had[index] = limit;
                            said[index] = Some(self.said(question, answer, limit));
                            let was_cut = limit == share(set).max(1);
                            pieces.extend((is_slow && was_cut).then(|| set.clone()));
                        }
                        _ if answer.end == ToolEnd::Exited(0) => {
                            for index in set {
                                said[*index] = Some(Said::Accepted);
                            }
                        }
                        _ => pieces.extend(in_pieces(set)),
                    }
                }
            }
            sets = pieces;
        }
        Ok(said)
    }

    /// What it says of these in one process, and how many seconds that had; usually as many as its files are long. Exit code
    /// 1 without a word of the tool's own is the trouble of whatever starts it: `Unavailable`.
    async fn run(
        &self,
        question: Question,
        files: &[impl Asked],
        which: &[usize],
        seconds: impl Fn(u64) -> u64,
    ) -> Result<(ToolAnswer, u64), Failure> {
        let mut folder = BTreeMap::new();
        let mut names = Vec::new();
        for index in which {
            names.extend(files[*index].lay_out(&name(*index), &mut folder));
        }
        let bytes: usize = folder.values().map(String::len).sum();
        let usual = LEAST_SECONDS
            .saturating_add(count(bytes) / BYTES_PER_SECOND)
            .min(self.settings.timeout_seconds);
        let limit = seconds(usual);
        let call = ToolCall {
            tool: question.tool(),
            version: (question.tool() == Tool::Promtool).then_some(self.settings.prometheus),
            arguments: question.arguments(names.into_iter()),
            files: folder,
            timeout_seconds: limit,
            memory_bytes: self.settings.memory_bytes,
            file_bytes: question.file_bytes(),
        };
        let answer = self.ports.run_tool(call).await?;
        let tool = question.tool().name();
        let unavailable = |what: &str, answer: &ToolAnswer| {
            let said: String = answer.stderr.trim().chars().take(SAID_CHARACTERS).collect();
            Failure::new(Class::Unavailable, format!("asking `{tool}`: {what}")).because(said)
        };
        if answer.end == ToolEnd::Exited(1) && !question.is_refusal(&answer.stderr) {
            return Err(unavailable("it ended and refused nothing", &answer));
        }
        if is_without_room(question, &answer) && !self.has_room().await? {
            return Err(unavailable(
                "not even a small unit test has room for its samples",
                &answer,
            ));
        }
        Ok((answer, limit))
    }

    /// Whether a unit test that nobody wrote has room for its samples.
    async fn has_room(&self) -> Result<bool, Failure> {
        let call = ToolCall {
            tool: Tool::Promtool,
            version: Some(self.settings.prometheus),
            arguments: Question::Tests.arguments(std::iter::once(path(PROBE))),
            files: BTreeMap::from([(path(PROBE), PROBE_TEST.to_owned())]),
            timeout_seconds: LEAST_SECONDS.min(self.settings.timeout_seconds),
            memory_bytes: self.settings.memory_bytes,
            file_bytes: Question::Tests.file_bytes(),
        };
        Ok(!is_without_room(
            Question::Tests,
            &self.ports.run_tool(call).await?,
        ))
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

fn in_pieces(set: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    set.chunks(set.len().div_ceil(PIECES).max(1))
        .map(<[usize]>::to_vec)
}

fn too_slow(question: Question, seconds: u64) -> Failure {
    let tool = question.tool().name();
    let doing = format!("asking `{tool}`: it ran out of time again and again, for {seconds} s in all");
    Failure::new(Class::Exhausted, doing)
}

/// Short, for a thousand of them are arguments of one process; and no word of a team's.
fn name(index: usize) -> String {
    format!("f{index}")
}

fn path(name: &str) -> String {
    format!("{name}.yml")
}

/// Of each file of a set, by its standard output, whether promtool took it: `Checking f0.yml`, and where it did `SUCCESS: ...`. None if
/// anything else is said, or not of all of them in their order.
fn taken(stdout: &str, set: &[usize]) -> Option<Vec<bool>> {
    let mut taken = Vec::new();
    for line in stdout.lines() {
        if let Some(shown) = line.strip_prefix("Checking ") {
            if shown != path(&name(*set.get(taken.len())?)) {
                return None;
            }
            taken.push(false);
        } else if line.trim_start().starts_with("SUCCESS: ") {
            *taken.last_mut()? = true;
        } else if !line.is_empty() {
            return None;
        }
    }
    (taken.len() == set.len()).then_some(taken)
}

/// What stands on standard error, cut where promtool begins anew. There are as many as refused files, or somebody has written what only
/// the tool should.
fn complaints(stderr: &str) -> Vec<String> {
    let mut complaints: Vec<String> = Vec::new();
    for line in stderr.lines().filter(|line| !is_logged(line)) {
        if line.starts_with(FAILED) {
            complaints.push(String::new());
        }
        if let Some(last) = complaints.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    complaints
}

/// The log goes on while other files are checked: an external label of the base's is told of each that is shown beside it.
fn is_logged(line: &str) -> bool {
    line.starts_with("time=") && line.contains(" level=")
}

fn is_maybe_cut(output: &str) -> bool {
    output.len() >= MAYBE_CUT_BYTES
}

/// Whether the tool could not write down a unit test's samples, by the line that is its own: the first that it gives as a reason,
/// or the one that it crashes with. Teams' words stand between these, and decide nothing.
fn is_without_room(question: Question, answer: &ToolAnswer) -> bool {
    let mut lines = answer.stderr.lines();
    let own = match answer.end {
        ToolEnd::Exited(1) => lines
            .skip_while(|line| line.trim_end() != FAILED)
            .nth(1)
            .filter(|line| line.starts_with("write to WAL: ")),
        ToolEnd::Exited(code) if code != 0 => {
            lines.rfind(|line| line.starts_with("panic: ") || line.starts_with("SIGXFSZ: "))
        }
        ToolEnd::Exited(_) | ToolEnd::Killed | ToolEnd::TimedOut => None,
    };
    let says = |line: &str| {
        ["file too large", "no space left on device", "SIGXFSZ"]
            .iter()
            .any(|words| line.contains(words))
    };
    question == Question::Tests && own.is_some_and(says)
}

fn is_out_of_memory(output: &str) -> bool {
    ["out of memory", "cannot allocate memory"]
        .iter()
        .any(|words| output.contains(words))
}
