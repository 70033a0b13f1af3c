//! A refused fragment job by job (or module): so that it is certain which of them the tool means, and every problem is told at once. In:
//! fragments and what the tool says of them. Out: what it says of each of their jobs, then of what is left of each without that, and so
//! on.
//! Never: a verdict, for these fragments are refused already; a failure because of what else is asked about; more processes for more
//! fragments, but for those whose jobs a process does not tell of beside others'.
//!
//! A tool stops at the first thing that it does not understand, and mostly says neither where that stands nor in which job.

use crate::ask::{Asker, Question, Said};
use crate::assembly::Frame;
use crate::said::{self, Shown};
use crate::{Settings, remainder};
use contract::ports::RunTool;
use contract::{Class, Failure, Source};
use std::collections::{BTreeMap, BTreeSet};
use yaml::{Node, Position, Printed};

/// What a tool says of the fragment of that index, or of some of it.
pub(crate) struct Answer {
    pub index: usize,
    pub question: Question,
    pub said: Said,
    /// What it was asked about.
    pub tree: Node,
    /// How that was shown to it.
    pub shown: Printed,
}

/// So often is a job asked about again, each time without what was wrong before.
const TIMES: usize = 4;
/// So many jobs (or modules) are asked about again in one request, and so many fragments' jobs by themselves.
const PARTS: usize = 64;
/// The exporter takes one file a process: so many modules of a fragment are asked about.
const MODULES: usize = 16;
/// Jobs are shown each beside the globals, and no more than that: each fragment has the same share of it.
const PARTS_BYTES: usize = 8 * 1024 * 1024;
/// What is only told better for it has no more time than that: for a process, and for all those of a time that take too long.
const SECONDS: u64 = 10;

/// The same answers; those of refused fragments job by job, with everything that the tool finds in them.
pub(crate) async fn entry_by_entry<'a, P: RunTool>(
    asker: &Asker<'_, P>,
    frame: &Frame,
    answers: Vec<Answer>,
    source: impl Fn(usize) -> &'a Source,
) -> Result<Vec<Answer>, Failure> {
    let settings = Settings {
        timeout_seconds: asker.settings.timeout_seconds.min(SECONDS),
        slow_seconds: asker.settings.slow_seconds.min(SECONDS),
        ..asker.settings.clone()
    };
    let asker = Asker {
        ports: asker.ports,
        settings: &settings,
    };
    let (refused, mut told): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(is_refused);
    let mut open = in_parts(&asker, frame, refused).await?;
    for _ in 0..TIMES {
        let rest = open
            .iter()
            .filter_map(|answer| rest(answer, frame, source(answer.index)));
        let rest = in_turns(rest.collect());
        told.append(&mut open);
        let answers = asked(&asker, rest).await?;
        let is_slow = answers
            .iter()
            .any(|answer| matches!(answer.said, Said::GaveUp(_)));
        open.extend(answers.into_iter().filter(is_refused));
        if open.is_empty() || is_slow {
            break;
        }
    }
    told.append(&mut open);
    Ok(told)
}

/// What is said of the parts that are refused; of the whole where that is none of them.
async fn in_parts<P: RunTool>(
    asker: &Asker<'_, P>,
    frame: &Frame,
    mut wholes: Vec<Answer>,
) -> Result<Vec<Answer>, Failure> {
    let share = PARTS_BYTES / wholes.len().max(1);
    let parts = wholes.iter().flat_map(|whole| parts(frame, whole, share));
    let mut parts: Vec<Answer> = parts.collect();
    if parts.first().is_some_and(|part| !part.question.takes_many()) {
        parts = in_turns(parts);
    }
    let mut refused = asked(asker, parts).await?;
    refused.retain(is_refused);
    let in_parts: BTreeSet<usize> = refused.iter().map(|part| part.index).collect();
    wholes.retain(|whole| !in_parts.contains(&whole.index));
    wholes.extend(refused);
    Ok(wholes)
}

/// Each job (or module) of a fragment by itself, not asked about yet, up to so many bytes; none where there is one only.
fn parts(frame: &Frame, whole: &Answer, mut left: usize) -> Vec<Answer> {
    let mut apart = frame.apart(&whole.tree);
    if apart.len() < 2 {
        return Vec::new();
    }
    if whole.question == Question::Modules {
        apart.truncate(MODULES);
    }
    let parts = apart.into_iter().map_while(|tree| {
        let shown = frame.with_only(&tree);
        left = left.checked_sub(shown.text.len())?;
        Some(Answer {
            index: whole.index,
            question: whole.question,
            said: Said::Accepted,
            tree,
            shown,
        })
    });
    parts.collect()
}

/// No more than [`PARTS`], in their order: each fragment has one before another has its second.
fn in_turns(answers: Vec<Answer>) -> Vec<Answer> {
    let mut had: BTreeMap<usize, usize> = BTreeMap::new();
    let turns = answers.into_iter().enumerate().map(|(position, answer)| {
        let turn = had.entry(answer.index).or_default();
        *turn += 1;
        (*turn, position, answer)
    });
    let mut turns: Vec<(usize, usize, Answer)> = turns.collect();
    turns.sort_by_key(|(turn, position, _)| (*turn, *position));
    turns.truncate(PARTS);
    turns.sort_by_key(|(_, position, _)| *position);
    turns.into_iter().map(|(.., answer)| answer).collect()
}

fn is_refused(answer: &Answer) -> bool {
    matches!(answer.said, Said::Refused(_))
}

/// With what the tool says now; without those that it was not heard of.
async fn asked<P: RunTool>(asker: &Asker<'_, P>, answers: Vec<Answer>) -> Result<Vec<Answer>, Failure> {
    let Some(question) = answers.first().map(|answer| answer.question) else {
        return Ok(Vec::new());
    };
    let fragments = answers.chunk_by(|one, next| one.index == next.index);
    let texts = |fragment: &[Answer]| -> Vec<String> {
        fragment.iter().map(|answer| answer.shown.text.clone()).collect()
    };
    let groups: Vec<Vec<String>> = fragments.map(texts).collect();
    let said = if question.takes_many() {
        asker.at_once(question, &groups, PARTS).await?
    } else {
        match asker.judge(question, &groups.concat(), false).await {
            Err(failure) if failure.class == Class::Exhausted => return Ok(Vec::new()),
            said => said?.into_iter().map(Some).collect(),
        }
    };
    let answers = answers.into_iter().zip(said);
    Ok(answers
        .filter_map(|(answer, said)| {
            Some(Answer {
                said: said?,
                ..answer
            })
        })
        .collect())
}

/// What is left to be asked about; none where it is not known what to leave out.
fn rest(answer: &Answer, frame: &Frame, source: &Source) -> Option<Answer> {
    let Said::Refused(output) = &answer.said else {
        return None;
    };
    let shown = Shown {
        source,
        tree: &answer.tree,
        lines: &answer.shown.lines,
        text: "",
    };
    let problems = said::problems(shown, answer.question, output);
    let at = problems.iter().map(|problem| {
        Some(Position {
            line: problem.line?,
            column: problem.column?,
        })
    });
    let at = at.collect::<Option<Vec<Position>>>()?;
    let unknown = frame.names(&answer.tree);
    // Where nothing in a job is meant, or nothing was found, the job itself is pointed at.
    if at.iter().any(|at| unknown.contains(at)) {
        return None;
    }
    let tree = remainder::without(&answer.tree, &remainder::errors(at))?;
    let shown = frame.with_only(&tree);
    let is_less = shown.text != answer.shown.text && !frame.apart(&tree).is_empty();
    is_less.then_some(Answer {
        index: answer.index,
        question: answer.question,
        said: Said::Accepted,
        tree,
        shown,
    })
}
