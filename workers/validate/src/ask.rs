//! Many files, few processes. In: files. Out: what the tool says of each by itself.
//! Never: takes a verdict from what a tool printed; that only says which files to ask about one by one.

use crate::Settings;
use contract::Failure;
use contract::ports::{RunTool, Tool, ToolAnswer, ToolCall, ToolEnd};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked of which tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Question {
    /// Is this a configuration of Prometheus?
    Config,
    /// Are these rules?
    Rules,
    /// Is this a configuration of the Blackbox exporter?
    Modules,
}

impl Question {
    /// The reporter of what it finds.
    pub(crate) fn reporter(self) -> &'static str {
        self.tool().name()
    }

    fn tool(self) -> Tool {
        match self {
            Self::Config | Self::Rules => Tool::Promtool,
            Self::Modules => Tool::BlackboxExporter,
        }
    }

    fn arguments(self, names: impl Iterator<Item = String>) -> Vec<String> {
        let fixed: &[&str] = match self {
            // What lies on the server's disk (rule files, credentials) is not here.
            Self::Config => &["check", "config", "--syntax-only"],
            Self::Rules => &["check", "rules", "--lint=none"],
            Self::Modules => &["--config.check"],
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

    /// Whether one process takes many files and goes on after a bad one.
    fn takes_many(self) -> bool {
        self != Self::Modules
    }
}

/// What a tool says of one file by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Said {
    /// It is fine.
    Accepted,
    /// It is not; this was printed.
    Refused(String),
    /// It did not come to an end; what happened instead.
    GaveUp(String),
}

/// Confirmations that run at the same time; each is a process of two processors.
const AT_ONCE: usize = 2;
/// An output of that length may have been cut (the port keeps 4 MiB), and what follows the cut is not known.
const MAYBE_CUT_BYTES: usize = 4 * 1024 * 1024 - 64 * 1024;

/// Asks about files.
pub(crate) struct Asker<'a, P> {
    /// Runs the tools.
    pub ports: &'a P,
    /// How long, how much.
    pub settings: &'a Settings,
}

impl<P: RunTool> Asker<'_, P> {
    /// What the tool says of each file. If the first is the base of all others and is not accepted, nothing
    /// was found out about the others and all of them are said to be what it is.
    pub(crate) async fn judge(
        &self,
        question: Question,
        files: &[String],
        first_is_base: bool,
    ) -> Result<Vec<Said>, Failure> {
        let mut said = vec![Said::Accepted; files.len()];
        let mut open: Vec<usize> = (0..files.len()).collect();
        while !open.is_empty() {
            let (suspects, may_be_more) = if open.len() == 1 || !question.takes_many() {
                (open.clone(), false)
            } else {
                let answer = self.run(question, files, &open).await?;
                match answer.end {
                    ToolEnd::Exited(0) => break,
                    ToolEnd::Exited(1) => (
                        named(&answer.output, &open),
                        answer.output.len() >= MAYBE_CUT_BYTES,
                    ),
                    // Killed, out of time, crashed: it says nothing, and which file did it is found out one
                    // by one.
                    ToolEnd::Exited(_) | ToolEnd::Killed | ToolEnd::TimedOut => (open.clone(), false),
                }
            };
            let suspects = if suspects.is_empty() {
                open.clone()
            } else {
                suspects
            };
            if first_is_base && suspects.first() == Some(&0) {
                let base = self.alone(question, files, 0).await?;
                if base != Said::Accepted {
                    return Ok(vec![base; files.len()]);
                }
            }
            let answers: Vec<Said> = stream::iter(suspects.clone())
                .map(|index| self.alone(question, files, index))
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
            let confirmed = answers.iter().any(|answer| *answer != Said::Accepted);
            let asked: BTreeSet<usize> = suspects.iter().copied().collect();
            for (index, answer) in suspects.into_iter().zip(answers) {
                said[index] = answer;
            }
            open.retain(|index| !asked.contains(index));
            if confirmed && !may_be_more {
                break;
            }
            // Refused, but because of none of those that were named: the rest is asked again, one by one if
            // need be.
        }
        Ok(said)
    }

    /// What the tool says of one file.
    pub(crate) async fn alone(
        &self,
        question: Question,
        files: &[String],
        index: usize,
    ) -> Result<Said, Failure> {
        let answer = self.run(question, files, &[index]).await?;
        let tool = question.reporter();
        let Settings {
            timeout_seconds,
            memory_bytes,
        } = self.settings;
        let memory = format!(
            "`{tool}` ran out of memory on it ({} MiB), or was killed",
            memory_bytes / 1024 / 1024
        );
        Ok(match answer.end {
            ToolEnd::Exited(0) => Said::Accepted,
            ToolEnd::Exited(1) => Said::Refused(answer.output),
            // Go says so and ends by itself where a limit stops it.
            ToolEnd::Exited(_) if is_out_of_memory(&answer.output) => Said::GaveUp(memory),
            ToolEnd::Exited(code) => Said::GaveUp(format!("`{tool}` crashed on it (exit code {code})")),
            ToolEnd::Killed => Said::GaveUp(memory),
            ToolEnd::TimedOut => {
                Said::GaveUp(format!("`{tool}` ran out of time on it ({timeout_seconds} s)"))
            }
        })
    }

    async fn run(
        &self,
        question: Question,
        files: &[String],
        which: &[usize],
    ) -> Result<ToolAnswer, Failure> {
        let files: BTreeMap<String, String> = which
            .iter()
            .map(|index| (name(*index), files[*index].clone()))
            .collect();
        self.ports
            .run_tool(ToolCall {
                tool: question.tool(),
                arguments: question.arguments(which.iter().copied().map(name)),
                files,
                timeout_seconds: self.settings.timeout_seconds,
                memory_bytes: self.settings.memory_bytes,
            })
            .await
    }
}

/// Short, for a thousand of them are arguments of one process; and no word of a team's.
fn name(index: usize) -> String {
    format!("f{index}.yml")
}

/// The files that an output names as bad. It can be forged, so these are suspects and no more.
fn named(output: &str, open: &[usize]) -> Vec<usize> {
    let mut names = BTreeSet::new();
    let mut checking = "";
    for line in output.lines() {
        if let Some(name) = line.strip_prefix("Checking ") {
            checking = name;
        } else if line.starts_with("  FAILED") {
            names.insert(checking);
        } else if let Some((name, _)) = line.split_once(": ") {
            names.insert(name);
        }
    }
    open.iter()
        .copied()
        .filter(|index| names.contains(name(*index).as_str()))
        .collect()
}

fn is_out_of_memory(output: &str) -> bool {
    ["out of memory", "cannot allocate memory"]
        .iter()
        .any(|words| output.contains(words))
}
