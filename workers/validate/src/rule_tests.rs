//! Owners' unit tests of their rules. In: tests in promtool's format, the rules of a configuration. Out: what fails, and
//! with which fragments.
//! Never: shows a test any file but its owner's own rules, as they would be deployed; lets an owner's tests, slow or
//! broken, decide about another's fragments.

use crate::ask::{Asked, Asker, Question, Said};
use crate::said::{self, Shown};
use crate::subject::place;
use contract::ports::RunTool;
use contract::{Failure, Problem, Severity, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use yaml::{Limits, Node, Printed, Value};

/// One fragment's rules in the configuration.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RuleFile<'a> {
    /// Whose.
    pub(crate) source: &'a Source,
    /// The fragment's name, as tests know it.
    pub(crate) name: &'a str,
    /// Where they lie.
    pub(crate) path: &'a str,
    /// What they say.
    pub(crate) text: &'a str,
}

/// One test that can be run.
#[derive(Debug)]
pub(crate) struct RuleTest<'a> {
    pub(crate) source: &'a Source,
    /// As its author wrote it.
    text: String,
    tree: Node,
    /// As the tool is shown it.
    printed: Printed,
    /// The rules that it is about; never none.
    pub(crate) rules: Vec<RuleFile<'a>>,
}

/// What a test says of the rules that it is about.
#[derive(Debug)]
pub(crate) struct Failing<'a> {
    pub(crate) test: &'a RuleTest<'a>,
    /// At the test's own lines; never none.
    pub(crate) problems: Vec<Problem>,
}

/// Understands a test; `own` are the rules of its owner. None: there is nothing to run, and the problems say why.
pub(crate) fn read<'a>(
    source: &'a Source,
    bytes: &[u8],
    own: &[RuleFile<'a>],
) -> (Option<RuleTest<'a>>, Vec<Problem>) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned();
    let tree = match yaml::read(bytes, &Limits::default()) {
        Ok(Some(tree)) => tree,
        Ok(None) => return (None, vec![]),
        Err(findings) => {
            let problems = findings.into_iter().map(|finding| finding.of(source, &text));
            return (None, problems.collect());
        }
    };
    let (rules, problems) = about(source, &tree, own);
    let problems: Vec<Problem> = problems.into_iter().map(|it| it.excerpt_of(&text)).collect();
    if rules.is_empty() || problems.iter().any(|problem| problem.severity == Severity::Error) {
        return (None, problems);
    }
    let files = Node::seq(rules.iter().map(|rule| Node::string(rule.path)).collect());
    let shown = match &tree.value {
        Value::Map(entries) => {
            let others = entries.iter().filter(|(key, _)| key.text() != Some(RULE_FILES));
            let files = (Node::plain(RULE_FILES), files);
            Node::map(others.cloned().chain([files]).collect())
        }
        // The tool says what it should be.
        Value::Scalar(_) | Value::Seq(_) => tree.clone(),
    };
    let rule_test = RuleTest {
        source,
        text,
        printed: yaml::print(&shown),
        tree,
        rules,
    };
    (Some(rule_test), problems)
}

const RULE_FILES: &str = "rule_files";

/// The rules that a test names, as paths from where it lies; all of its owner's if it names none.
fn about<'a>(source: &Source, tree: &Node, own: &[RuleFile<'a>]) -> (Vec<RuleFile<'a>>, Vec<Problem>) {
    let warning = |at, message: String| place(problem(source, Severity::Warning, message), at);
    let patterns = tree.get(RULE_FILES).filter(|node| !node.is_null());
    let Some(patterns) = patterns.filter(|node| !matches!(&node.value, Value::Seq(list) if list.is_empty()))
    else {
        let nothing = "it tests nothing: no rules of its owner serve".to_owned();
        let problems = own.is_empty().then(|| warning(tree.at, nothing));
        return (own.to_vec(), problems.into_iter().collect());
    };
    let (mut chosen, mut problems) = (BTreeSet::new(), Vec::new());
    if patterns.items().is_empty() {
        let message = format!("`{RULE_FILES}` is a list");
        problems.push(place(problem(source, Severity::Error, message), patterns.at));
    }
    for pattern in patterns.items() {
        let text = pattern.text().unwrap_or_default();
        let name = text
            .strip_prefix("../")
            .and_then(|name| name.strip_suffix(".yml"));
        let Some(name) = name.filter(|name| !name.contains(['/', '\\', '[', ']'])) else {
            let message = format!("`{text}` is no file of rules that a test may name");
            let hint = "name your own fragments, from where the test lies: `../<name>.yml`, `../*.yml`; without \
                        `rule_files` all of them are tested";
            problems.push(place(
                problem(source, Severity::Error, message).hint(hint),
                pattern.at,
            ));
            continue;
        };
        let named = own
            .iter()
            .enumerate()
            .filter(|(_, rule)| policy::matches(name, rule.name, None));
        let named: Vec<usize> = named.map(|(index, _)| index).collect();
        if named.is_empty() {
            let message = format!("`{text}`: no rules of that name serve, so they are not tested");
            problems.push(warning(pattern.at, message));
        }
        chosen.extend(named);
    }
    (chosen.into_iter().map(|index| own[index]).collect(), problems)
}

fn problem(source: &Source, severity: Severity, message: String) -> Problem {
    Problem::new(source, severity, Question::Tests.reporter(), message)
}

impl Asked for RuleTest<'_> {
    fn lay_out(&self, name: &str, folder: &mut BTreeMap<String, String>) -> Vec<String> {
        for rule in &self.rules {
            folder.insert(rule.path.to_owned(), rule.text.to_owned());
        }
        self.printed.text.lay_out(name, folder)
    }
}

/// All tests of one owner.
struct Together<'a>(Vec<&'a RuleTest<'a>>);

impl Asked for Together<'_> {
    fn lay_out(&self, name: &str, folder: &mut BTreeMap<String, String>) -> Vec<String> {
        let tests = self.0.iter().enumerate();
        tests
            .flat_map(|(number, test)| test.lay_out(&format!("{name}-{number}"), folder))
            .collect()
    }
}

impl Asked for &RuleTest<'_> {
    fn lay_out(&self, name: &str, folder: &mut BTreeMap<String, String>) -> Vec<String> {
        (*self).lay_out(name, folder)
    }
}

/// What came of tests.
#[derive(Debug, Default)]
pub(crate) struct Ran<'a> {
    pub(crate) failing: Vec<Failing<'a>>,
    /// There was no time for these.
    pub(crate) unasked: Vec<&'a RuleTest<'a>>,
}

/// Runs them: all in one process; where that fails, owner by owner; the tests of an owner who fails one by one. An owner
/// whose tests do not come to an end together has none that pass. All of it within the time that is left.
pub(crate) async fn run<'a, P: RunTool>(
    asker: &Asker<'_, P>,
    owner_label: &str,
    tests: &'a [RuleTest<'a>],
    left: &mut Duration,
) -> Result<Ran<'a>, Failure> {
    let mut owners: BTreeMap<String, Vec<&RuleTest<'_>>> = BTreeMap::new();
    for test in tests {
        let owner = test.source.key().owner().to_owned();
        owners.entry(owner).or_default().push(test);
    }
    let owners: Vec<Together<'_>> = owners.into_values().map(Together).collect();
    let said = asker.share(Question::Tests, &owners, left).await?;
    let mut refused = said
        .iter()
        .filter(|said| matches!(said, Some(Said::Refused(_))))
        .count();
    let mut ran = Ran::default();
    for (Together(tests), said) in owners.into_iter().zip(said) {
        let each = match said {
            None => {
                ran.unasked.extend(tests);
                continue;
            }
            Some(Said::Accepted) => continue,
            Some(said @ Said::Refused(_)) => {
                let each = one_by_one(asker, &tests, said, left, refused).await?;
                refused -= 1;
                each
            }
            Some(said @ Said::GaveUp(_)) => vec![said; tests.len()],
        };
        let told = tests.into_iter().zip(each);
        ran.failing
            .extend(told.filter_map(|(test, said)| test.failing(owner_label, said)));
    }
    Ok(ran)
}

/// Which of one owner's tests fail; it is one of so many owners who share the time that is left.
async fn one_by_one<P: RunTool>(
    asker: &Asker<'_, P>,
    tests: &[&RuleTest<'_>],
    together: Said,
    left: &mut Duration,
    owners: usize,
) -> Result<Vec<Said>, Failure> {
    if tests.len() == 1 {
        return Ok(vec![together]);
    }
    let share = *left / u32::try_from(owners).unwrap_or(u32::MAX).max(1);
    let mut own = share;
    let said = asker.share(Question::Tests, tests, &mut own).await?;
    *left = left.saturating_sub(share.saturating_sub(own));
    let said = said.into_iter();
    Ok(said
        .map(|said| said.unwrap_or_else(|| Said::GaveUp(NO_TIME.to_owned())))
        .collect())
}

const NO_TIME: &str =
    "there was no time to run it: all unit tests share what one round of proving has for them";

impl<'a> Failing<'a> {
    /// What was not run has not passed.
    pub(crate) fn unasked(test: &'a RuleTest<'a>) -> Failing<'a> {
        Failing {
            test,
            problems: vec![test.gave_up(NO_TIME.to_owned())],
        }
    }
}

impl RuleTest<'_> {
    fn failing(&self, owner_label: &str, said: Said) -> Option<Failing<'_>> {
        let problems = match said {
            Said::Accepted => return None,
            Said::Refused(output) => self.complaints(owner_label, &output),
            Said::GaveUp(how) => vec![self.gave_up(how)],
        };
        Some(Failing { test: self, problems })
    }

    fn gave_up(&self, how: String) -> Problem {
        problem(self.source, Severity::Warning, how)
            .hint("make it smaller: fewer samples, shorter times, less of it in one owner's tests")
    }

    /// What the tool says of it, each thing at the author's own line where it can be found.
    fn complaints(&self, owner_label: &str, output: &str) -> Vec<Problem> {
        let shown = Shown {
            source: self.source,
            tree: &self.tree,
            lines: &self.printed.lines,
            text: &self.text,
        };
        let owner = self.source.key().owner().to_owned();
        let label = format!("{owner_label}=\"{owner}\"");
        let problems = said::problems(shown, Question::Tests, output).into_iter();
        let problems = problems.map(|mut problem| {
            problem.severity = Severity::Warning;
            if let Some((expected, got)) = problem.message.split_once("got:")
                && !owner_label.is_empty()
                && got.contains(&label)
                && !expected.contains(&label)
            {
                problem.hint = Some(format!(
                    "rules are tested as they will be deployed, with the label `{owner_label}: {owner}`: expect it"
                ));
            }
            problem.excerpt_of(&self.text)
        });
        problems.collect()
    }
}
