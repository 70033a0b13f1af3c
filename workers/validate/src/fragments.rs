//! Judges fragments, each by itself. In: a templated batch and the base. Out: a [`Judged`] document.
//! Never: lets one fragment's fault, or a broken base, decide about another.

use crate::apart::{self, Answer};
use crate::ask::{Asker, Question, Said};
use crate::assembly::{self, Frame};
use crate::said::{self, Shown};
use crate::subject::Subject;
use crate::{READS_AT_ONCE, Response, Settings, checks, remainder};
use contract::ports::{ReadObject, RunTool, WriteObject};
use contract::{
    Class, Component, Digest, Failure, Item, Judged, JudgedItem, Pointer, Problem, Severity, Source,
    Templated, TemplatedItem, Version, each, read_templated, write_document,
};
use futures_util::future::try_join;
use futures_util::{StreamExt, TryStreamExt, stream};
use policy::Policy;
use yaml::{Node, Position, Printed};

pub(crate) async fn judge<P>(
    ports: &P,
    settings: &Settings,
    policy: &Policy,
    component: Component,
    base: Option<&Pointer>,
    templated: &Pointer,
) -> Result<Response, Failure>
where
    P: ReadObject + WriteObject + RunTool,
{
    let base = read_base(ports, base).await?;
    let base = base.as_ref().and_then(|base| base.tree.as_ref());
    let batch: Templated<Node> = read_templated(ports, templated, "templated items").await?;
    let mut open: Vec<Open> = each(batch.items, |item| {
        Open::new(item, settings.prometheus, policy, component, base)
    });

    let asker = Asker { ports, settings };
    match component {
        Component::Prometheus => {
            // Rules first: they take longer, and jobs are still written down meanwhile.
            let (rules, config) = try_join(ask_rules(&asker, &open), ask_config(&asker, base, &open)).await?;
            hear(&mut open, config);
            hear(&mut open, rules);
        }
        Component::Blackbox => {
            let modules = ask_modules(&asker, base, &open).await?;
            hear(&mut open, modules);
        }
        Component::Cloudwatch => (),
    }

    let items: Vec<JudgedItem> = stream::iter(open.into_iter().map(|open| open.close(ports)))
        .buffered(READS_AT_ONCE)
        .try_collect()
        .await?;
    let accepted = items.iter().filter(|item| item.accepted).count();
    let rejected = items.len() - accepted;
    let judged = write_document(ports, &Judged { items }).await?;
    Ok(Response::Fragments {
        judged,
        accepted,
        rejected,
    })
}

/// The base, if the component has one.
pub(crate) async fn read_base(
    ports: &impl ReadObject,
    pointer: Option<&Pointer>,
) -> Result<Option<TemplatedItem<Node>>, Failure> {
    let Some(pointer) = pointer else { return Ok(None) };
    let base: Templated<Node> = read_templated(ports, pointer, "a templated base").await?;
    Ok(base.items.into_iter().next())
}

/// The text of a file as its author wrote it, as far as it is text.
pub(crate) async fn author_text(ports: &impl ReadObject, source: &Source) -> Result<String, Failure> {
    let bytes = ports.read_object(&source.document).await?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// A fragment that is being judged.
struct Open {
    item: Item,
    /// What the tools are asked about: as it would go into the configuration, without what is wrong already.
    tree: Option<Node>,
    /// Template's, finished.
    earlier: Vec<Problem>,
    /// Ours, without excerpt.
    found: Vec<Problem>,
    /// What the tools refused, to be told at the author's positions.
    refusals: Vec<Answer>,
    /// The file of rules that the tool accepted.
    accepted_rules: Option<Digest>,
}

fn hear(open: &mut [Open], answers: Vec<Answer>) {
    for answer in answers {
        let fragment = &mut open[answer.index];
        match answer {
            Answer {
                said: Said::Accepted,
                question: Question::Rules,
                shown,
                ..
            } => {
                fragment.accepted_rules = Some(Digest::of(shown.text.as_bytes()));
            }
            Answer {
                said: Said::Accepted, ..
            } => (),
            refusal => fragment.refusals.push(refusal),
        }
    }
}

fn position(problem: &Problem) -> Option<Position> {
    let (line, column) = (problem.line?, problem.column?);
    Some(Position { line, column })
}

fn has_error(problems: &[Problem]) -> bool {
    problems.iter().any(|problem| problem.severity == Severity::Error)
}

impl Open {
    fn new(
        templated: TemplatedItem<Node>,
        prometheus: Version,
        policy: &Policy,
        component: Component,
        base: Option<&Node>,
    ) -> Open {
        let TemplatedItem {
            item,
            tree,
            problems: earlier,
        } = templated;
        let key = item.source.key();
        let policy = policy.of(key.owner());
        let mut found = Vec::new();
        let tree = tree.map(|tree| {
            let subject = Subject {
                source: &item.source,
                component,
                prometheus,
                policy: &policy,
                tree: &tree,
                base,
            };
            found = checks::check(&subject);
            policy::enforce(&policy, component, key.owner(), &tree)
        });
        // A tool that stops at the first error would only repeat what is known.
        let tree = tree.and_then(|tree| {
            // A placeholder that is not set stays as its name, which is like an address; the rule around it would mean another without.
            let errors = earlier
                .iter()
                .filter(|problem| problem.check != "placeholder")
                .chain(&found)
                .filter(|problem| problem.severity == Severity::Error);
            let errors: Option<Vec<Position>> = errors.map(position).collect();
            match errors {
                Some(errors) if errors.is_empty() => Some(tree),
                Some(errors) => remainder::without(&tree, &remainder::errors(errors)),
                // Of the whole file; what else is wrong with it nobody needs.
                None => None,
            }
        });
        Open {
            found,
            item,
            tree,
            earlier,
            refusals: Vec::new(),
            accepted_rules: None,
        }
    }

    async fn close(self, ports: &impl ReadObject) -> Result<JudgedItem, Failure> {
        let Open {
            item,
            tree: _,
            earlier: mut problems,
            found,
            refusals,
            accepted_rules,
        } = self;
        if !found.is_empty() || !refusals.is_empty() {
            let text = author_text(ports, &item.source).await?;
            let told = refusals.iter().flat_map(|refusal| {
                let Answer { question, said, tree, shown, .. } = refusal;
                match said {
                    Said::Refused(output) => {
                        said::problems(Shown { source: &item.source, tree, lines: &shown.lines, text: &text }, *question, output)
                    }
                    // It was accepted once, and a busy machine takes nothing from anybody.
                    Said::GaveUp(message) => {
                        let severity = if item.serves { Severity::Warning } else { Severity::Error };
                        vec![Problem::new(&item.source, severity, question.reporter(), message).hint(
                            "make it smaller: fewer or simpler expressions and patterns, or several fragments",
                        )]
                    }
                    Said::Accepted => vec![],
                }
            });
            let told = said::once(told.collect());
            problems.extend(
                shortened(&item.source, found)
                    .into_iter()
                    .chain(told)
                    .map(|problem| problem.excerpt_of(&text)),
            );
        }
        problems.sort_by_key(|problem| (problem.line, problem.column, problem.severity));
        Ok(JudgedItem {
            accepted: !has_error(&problems),
            item,
            problems,
            accepted_rules,
        })
    }
}

/// Nobody reads more, and each takes its line with it; errors before the rest.
const FOUND_TOLD: usize = 50;

fn shortened(source: &Source, mut found: Vec<Problem>) -> Vec<Problem> {
    if found.len() > FOUND_TOLD {
        found.sort_by_key(|problem| (problem.severity, problem.line, problem.column));
        found.truncate(FOUND_TOLD);
        let more = "more was found; it is told when this is repaired";
        found.push(Problem::new(source, Severity::Info, "more", more).hint("repair these first"));
    }
    found
}

/// Each fragment's jobs beside the base's, all in one process; a refused one's each by itself too. Without the base if that is refused even
/// alone: its fault is found when the whole is proven, and is no fragment's.
async fn ask_config<P: RunTool>(
    asker: &Asker<'_, P>,
    base: Option<&Node>,
    open: &[Open],
) -> Result<Vec<Answer>, Failure> {
    let chosen = with_entries(Component::Prometheus, open);
    let mut answers = Vec::new();
    if chosen.is_empty() {
        return Ok(answers);
    }
    let mut bases = vec![base, None];
    bases.dedup();
    for base in bases {
        let frame = Frame::new(Component::Prometheus, base);
        let trees: Vec<&Node> = chosen
            .iter()
            .filter_map(|index| open[*index].tree.as_ref())
            .collect();
        let printed: Vec<Printed> = each(trees.clone(), |tree| frame.with(&[tree]));
        let files: Vec<String> = base_text(base)
            .into_iter()
            .chain(printed.iter().map(|p| p.text.clone()))
            .collect();
        let mut said = asker.judge(Question::Config, &files, base.is_some()).await?;
        if base.is_some() && !may_go_on(said.remove(0), Question::Config)? {
            continue;
        }
        answers = answered(Question::Config, &chosen, said, &trees, printed);
        answers = apart::entry_by_entry(asker, &frame, answers, |index| &open[index].item.source).await?;
        break;
    }
    Ok(answers)
}

async fn ask_rules<P: RunTool>(asker: &Asker<'_, P>, open: &[Open]) -> Result<Vec<Answer>, Failure> {
    // What the first tool run refused is asked again here: every problem of a fragment is told at once.
    let rules = each(open.iter().collect(), |open: &Open| {
        assembly::rules(open.tree.as_ref()?)
    });
    let (mut chosen, mut trees, mut printed) = (Vec::new(), Vec::new(), Vec::new());
    for (index, (open, rules)) in open.iter().zip(rules).enumerate() {
        if let (Some(tree), Some(rules)) = (&open.tree, rules) {
            chosen.push(index);
            trees.push(tree);
            printed.push(rules);
        }
    }
    let files: Vec<String> = printed.iter().map(|printed| printed.text.clone()).collect();
    let said = asker.judge(Question::Rules, &files, false).await?;
    Ok(answered(Question::Rules, &chosen, said, &trees, printed))
}

/// All fragments' modules in one process, which takes one file only; each by itself where that is refused.
async fn ask_modules<P: RunTool>(
    asker: &Asker<'_, P>,
    base: Option<&Node>,
    open: &[Open],
) -> Result<Vec<Answer>, Failure> {
    let chosen = with_entries(Component::Blackbox, open);
    let mut answers = Vec::new();
    if chosen.is_empty() {
        return Ok(answers);
    }
    let mut bases = vec![base, None];
    bases.dedup();
    for base in bases {
        let frame = Frame::new(Component::Blackbox, base);
        let trees: Vec<&Node> = chosen
            .iter()
            .filter_map(|index| open[*index].tree.as_ref())
            .collect();
        if asker
            .alone(Question::Modules, &[frame.with_all_renamed(&trees)], 0)
            .await?
            == Said::Accepted
        {
            break;
        }
        let printed: Vec<Printed> = each(trees.clone(), |tree| frame.with(&[tree]));
        let files: Vec<String> = base_text(base)
            .into_iter()
            .chain(printed.iter().map(|p| p.text.clone()))
            .collect();
        let mut said = asker.judge(Question::Modules, &files, base.is_some()).await?;
        if base.is_some() && !may_go_on(said.remove(0), Question::Modules)? {
            continue;
        }
        answers = answered(Question::Modules, &chosen, said, &trees, printed);
        answers = apart::entry_by_entry(asker, &frame, answers, |index| &open[index].item.source).await?;
        break;
    }
    Ok(answers)
}

/// What is said of each. Good fragments are many, and what they say is not needed any more.
fn answered(
    question: Question,
    chosen: &[usize],
    said: Vec<Said>,
    trees: &[&Node],
    shown: Vec<Printed>,
) -> Vec<Answer> {
    let answers = chosen.iter().zip(said).zip(trees).zip(shown);
    let answer = |(((&index, said), tree), shown): (((&usize, Said), &&Node), Printed)| Answer {
        index,
        question,
        tree: match said {
            Said::Accepted => Node::map(vec![]),
            Said::Refused(_) | Said::GaveUp(_) => (*tree).clone(),
        },
        said,
        shown,
    };
    answers.map(answer).collect()
}

fn base_text(base: Option<&Node>) -> Option<String> {
    base.map(|base| yaml::print(base).text)
}

/// Whether fragments were judged beside this base; a failure if the tool gives up on the base itself.
fn may_go_on(said: Said, question: Question) -> Result<bool, Failure> {
    match said {
        Said::Accepted => Ok(true),
        Said::Refused(_) => Ok(false),
        Said::GaveUp(how) => {
            let doing = format!("checking the base with `{}`: {how}", question.reporter());
            Err(Failure::new(Class::Exhausted, doing))
        }
    }
}

fn with_entries(component: Component, open: &[Open]) -> Vec<usize> {
    let has = |open: &Open| {
        open.tree
            .as_ref()
            .is_some_and(|tree| assembly::has_entries(component, tree))
    };
    open.iter()
        .enumerate()
        .filter(|(_, open)| has(open))
        .map(|(index, _)| index)
        .collect()
}
