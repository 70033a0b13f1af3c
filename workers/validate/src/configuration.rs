//! Proves a finished configuration, or finds out whose fault it is. In: the configuration, what it was made
//! of. Out: an [`Outcome`] and problems.
//! Never: says `proven` of anything but the files that Merge wrote.

use crate::ask::{Asker, Question, Said};
use crate::assembly::{self, Frame};
use crate::fragments::{author_text, read_base};
use crate::rule_tests::{self, Failing, RuleFile};
use crate::said::{self, Shown};
use crate::subject::Subject;
use crate::together::{self, Claimant};
use crate::world::{Out, Rules, Trees, World, rules_path};
use crate::{Outcome, READS_AT_ONCE, ROUNDS, Settings, checks};
use cloudwatch::FILE_CODE_POINTS;
use contract::ports::{ReadObject, RunTool};
use contract::{
    Class, Component, Configuration, Digest, Failure, Gathered, Judged, Key, Pointer, Problem, Role,
    Severity, Source, TemplatedItem, Verdicts, each, read_document, read_templated,
};
use futures_util::future::try_join;
use futures_util::{StreamExt, TryStreamExt, stream};
use policy::Policy;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use yaml::{Node, Position};

/// Where the parts of a whole are.
pub(crate) struct Parts<'a> {
    pub(crate) policy: Policy,
    pub(crate) rule_tests: Option<&'a Pointer>,
    pub(crate) configuration: &'a Pointer,
    pub(crate) verdicts: &'a Pointer,
    pub(crate) base: Option<&'a Pointer>,
    pub(crate) gathered: Option<&'a Pointer>,
    pub(crate) culprits: Option<&'a Pointer>,
    pub(crate) round: u32,
}

/// A finished configuration and everything it was made of.
pub(crate) struct Whole {
    pub(crate) component: Component,
    policy: Policy,
    pub(crate) configuration: Configuration,
    base: Option<TemplatedItem<Node>>,
    /// Of the platform team, to tell it of what is nobody else's fault.
    platform: Source,
    pub(crate) trees: Trees,
    /// Files of rules that the real tool accepted.
    accepted_rules: BTreeSet<Digest>,
    /// Unit tests of rules.
    rule_tests: Vec<Source>,
    /// How many rounds there were before.
    pub(crate) round: u32,
    /// What earlier rounds found.
    pub(crate) earlier: Vec<Problem>,
}

/// How many times falling back may lead to another fall; then it is cut short.
const PASSES: usize = 8;
/// How many processes the search for culprits may take in one round; each is well below a second.
const SEARCH_RUNS: usize = 48;
/// So many names are told that a refused fragment would lose besides; nobody reads more.
const LOST_TOLD: usize = 50;

impl Whole {
    pub(crate) async fn read(
        ports: &impl ReadObject,
        component: Component,
        made_of: Parts<'_>,
    ) -> Result<Whole, Failure> {
        let Parts {
            policy,
            rule_tests,
            configuration,
            verdicts,
            base,
            gathered,
            culprits,
            round,
        } = made_of;
        let base = read_base(ports, base).await?;
        let platform = base.as_ref().map_or_else(
            || Source {
                key: component.base_key(),
                version_id: String::new(),
                document: configuration.clone(),
            },
            |base| base.item.source.clone(),
        );
        let verdicts: Verdicts = read_document(ports, verdicts, "verdicts").await?;
        let gathered: Gathered = match gathered {
            Some(gathered) => read_document(ports, gathered, "gathered batches").await?,
            None => Gathered::default(),
        };
        let (trees, accepted_rules) = trees(ports, &policy, component, verdicts, &gathered).await?;
        Ok(Whole {
            component,
            policy,
            configuration: read_document(ports, configuration, "a configuration").await?,
            trees,
            accepted_rules,
            base,
            platform,
            round,
            rule_tests: match rule_tests {
                Some(tests) => read_document(ports, tests, "a list of rule tests").await?,
                None => Vec::new(),
            },
            earlier: match culprits {
                Some(culprits) => read_document(ports, culprits, "culprits").await?,
                None => Vec::new(),
            },
        })
    }

    fn base_tree(&self) -> Option<&Node> {
        self.base.as_ref().and_then(|base| base.tree.as_ref())
    }

    /// The outcome, and what this round found: everybody who has to go, for rounds are few. Whoever goes falls back to a last
    /// good version, which may want a name back, or fail a test, and so on.
    pub(crate) async fn prove<P>(
        &self,
        ports: &P,
        settings: &Settings,
    ) -> Result<(Outcome, Vec<Problem>), Failure>
    where
        P: ReadObject + RunTool,
    {
        let asker = Asker { ports, settings };
        let mut world = World::merged(&self.trees);
        let mut tested = Tested::new(settings);
        let (mut found, mut is_asked) = (Vec::new(), false);
        for pass in 0.. {
            let is_closing = pass >= PASSES || self.round + 2 >= ROUNDS;
            if is_closing {
                let entangled = together::entangled(&world);
                if add(&mut found, entangled, &mut world) {
                    continue;
                }
            }
            let clashes = self.clashes(&world);
            if add(&mut found, clashes, &mut world) {
                continue;
            }
            // Nobody has to go yet: these are the files that Merge wrote.
            if pass == 0 {
                is_asked = true;
                let refused = self.ask(ports, &asker).await?;
                let is_platform_s =
                    |it: &Problem| it.key == self.platform.key && it.severity == Severity::Error;
                let is_refused = refused.iter().any(is_platform_s);
                let changed = add(&mut found, refused, &mut world);
                if is_refused {
                    return Ok((Outcome::Refused, self.with_excerpts(ports, found).await?));
                }
                if changed {
                    continue;
                }
            }
            // The round before left nothing open.
            if self.round + 1 < ROUNDS {
                let failing = self
                    .test_rules(ports, &asker, &world, &mut tested, &found, is_closing)
                    .await?;
                if add(&mut found, failing, &mut world) {
                    continue;
                }
            }
            break;
        }
        // What is told already is no reason for another round.
        let found = self.news(found);
        let outcome = if is_asked && found.is_empty() {
            Outcome::Proven
        } else {
            Outcome::Culprits
        };
        Ok((outcome, self.with_excerpts(ports, found).await?))
    }

    /// What no earlier round found.
    fn news(&self, found: Vec<Problem>) -> Vec<Problem> {
        let known: BTreeSet<_> = self.earlier.iter().map(Problem::finding).collect();
        let is_known = |problem: &Problem| !rejects(problem) && known.contains(&problem.finding());
        found.into_iter().filter(|it| !is_known(it)).collect()
    }

    /// Who loses a name, or takes too much.
    fn clashes(&self, world: &World<'_>) -> Vec<Problem> {
        let claimants: Vec<Claimant<'_>> = self.base_claimant().chain(world.claimants()).collect();
        together::clashes(&self.policy, self.component, &claimants)
    }

    /// Names that others have, in versions that are refused for another reason, of those keys.
    pub(crate) fn lost_besides(&self, is_asked: impl Fn(&str) -> bool) -> Vec<Problem> {
        let out: BTreeMap<&str, &Out> = self
            .trees
            .out
            .iter()
            .map(|out| (out.source.key.as_str(), out))
            .filter(|(key, _)| is_asked(key))
            .collect();
        let is_out = |source: &Source| {
            out.get(source.key.as_str())
                .is_some_and(|out| out.source == *source)
        };
        let refused = out.values().map(|out| Claimant {
            source: &out.source,
            tree: &out.tree,
            live: None,
        });
        let world = World::merged(&self.trees);
        let mut claimants: Vec<Claimant<'_>> = world.claimants().chain(refused).collect();
        claimants.sort_by(|a, b| a.source.key.cmp(&b.source.key));
        let claimants: Vec<Claimant<'_>> = self.base_claimant().chain(claimants).collect();
        let mut lost = together::lost_besides(self.component, &claimants, is_out);
        lost.sort_by(|a, b| (&a.key, a.line, a.column).cmp(&(&b.key, b.line, b.column)));
        // A name is lost once, however often a fragment has it.
        let mut names = BTreeSet::new();
        lost.retain(|lost| names.insert((lost.key.clone(), lost.check.clone(), lost.message.clone())));
        // A clash of its own is told already, or that the base or the fragment itself has the name.
        lost.retain(|lost| {
            let known = out.get(lost.key.as_str()).map_or(&[][..], |out| &out.problems);
            let is_so = |known: &Problem| {
                let is_of_names = known.check.starts_with("duplicate_") || known.check.ends_with("_clash");
                is_of_names && (known.line, known.column) == (lost.line, lost.column)
            };
            !known.iter().any(is_so)
        });
        lost.truncate(LOST_TOLD);
        lost
    }

    fn base_claimant(&self) -> impl Iterator<Item = Claimant<'_>> {
        let base = self.base_tree().map(|tree| Claimant {
            source: &self.platform,
            tree,
            live: Some(tree),
        });
        base.into_iter()
    }

    /// A version is read once for all of its problems that follow each other.
    pub(crate) async fn with_excerpts(
        &self,
        ports: &impl ReadObject,
        problems: Vec<Problem>,
    ) -> Result<Vec<Problem>, Failure> {
        let serving = self.trees.serving.iter().map(|(source, _)| source);
        let last_good = self.trees.last_good.values().map(|(source, _)| source);
        let out = self.trees.out.iter().map(|out| &out.source);
        let sources = serving.chain(last_good).chain(out).chain([&self.platform]);
        let sources: BTreeMap<_, _> = sources
            .map(|source| ((&source.key, &source.version_id), source))
            .collect();
        let of_versions: Vec<Vec<Problem>> = problems
            .chunk_by(|a, b| (&a.key, &a.version_id) == (&b.key, &b.version_id))
            .map(<[Problem]>::to_vec)
            .collect();
        let shown = of_versions.into_iter().map(|problems| {
            let first = problems.first();
            let source = first.and_then(|it| sources.get(&(&it.key, &it.version_id)).copied());
            let is_missing = |it: &Problem| it.line.is_some() && it.excerpt.is_none();
            async move {
                let Some(source) = source.filter(|_| problems.iter().any(is_missing)) else {
                    return Ok(problems);
                };
                let text = author_text(ports, source).await?;
                let shown = problems.into_iter().map(|problem| {
                    if is_missing(&problem) {
                        problem.excerpt_of(&text)
                    } else {
                        problem
                    }
                });
                Ok(shown.collect())
            }
        });
        let shown: Vec<Vec<Problem>> = stream::iter(shown).buffered(READS_AT_ONCE).try_collect().await?;
        Ok(shown.concat())
    }

    /// What the real tool has against the files that Merge wrote, and because of whom.
    async fn ask<P>(&self, ports: &P, asker: &Asker<'_, P>) -> Result<Vec<Problem>, Failure>
    where
        P: ReadObject + RunTool,
    {
        let question = match self.component {
            Component::Prometheus => Question::Config,
            Component::Blackbox => Question::Modules,
            Component::Cloudwatch => return Ok(self.without_a_tool(asker.settings)),
        };
        let main = self.component.main_file();
        let Some(text) = self.configuration.files.get(main) else {
            return Err(Failure::new(
                Class::Bug,
                format!("proving a configuration without `{main}`"),
            ));
        };
        let rules = async {
            match self.component {
                Component::Prometheus => self.ask_rules(ports, asker).await,
                Component::Blackbox | Component::Cloudwatch => Ok(Vec::new()),
            }
        };
        let main = asker.alone(question, std::slice::from_ref(text), 0);
        let (mut found, said) = try_join(rules, main).await?;
        match said {
            Said::Accepted => (),
            Said::GaveUp(how) => return Err(gave_up(&how)),
            Said::Refused(output) => {
                let culprits = self.blame(ports, asker, question).await?;
                if culprits.is_empty() {
                    found.extend(self.nobody_s_fault(question, &output));
                }
                found.extend(culprits);
            }
        }
        Ok(found)
    }

    /// No tool exists for `CloudWatch`: fragments are checked one by one, the base is checked here, and the whole for what
    /// its reader takes.
    fn without_a_tool(&self, settings: &Settings) -> Vec<Problem> {
        let open = Policy::open();
        let mut found = self.base_tree().map_or_else(Vec::new, |tree| {
            checks::check(&Subject {
                source: &self.platform,
                component: self.component,
                prometheus: settings.prometheus,
                policy: &open,
                tree,
                base: None,
            })
        });
        found.retain(|problem| problem.severity == Severity::Error);
        let files = self.configuration.files.values();
        let longest = files.map(|text| text.chars().count()).max().unwrap_or_default();
        if longest > FILE_CODE_POINTS {
            let message = format!(
                "the finished file has {longest} characters, and the exporter reads at most {FILE_CODE_POINTS}"
            );
            found.push(
                Problem::new(&self.platform, Severity::Error, "file_size", message)
                    .hint("make the base smaller: the fragments fit beside a small one"),
            );
        }
        found
    }

    /// Every file of rules that the tool has not accepted yet, in one process: each is read by itself.
    async fn ask_rules<P>(&self, ports: &P, asker: &Asker<'_, P>) -> Result<Vec<Problem>, Failure>
    where
        P: ReadObject + RunTool,
    {
        let (paths, texts): (Vec<&String>, Vec<String>) = self
            .configuration
            .files
            .iter()
            .filter(|(path, _)| *path != self.component.main_file())
            .filter(|(_, text)| !self.accepted_rules.contains(&Digest::of(text.as_bytes())))
            .map(|(path, text)| (path, text.clone()))
            .unzip();
        let said = asker.judge(Question::Rules, &texts, false).await?;
        let mut problems = Vec::new();
        let merged = World::merged(&self.trees);
        let owners: BTreeMap<String, &(Source, Node)> = self
            .trees
            .serving
            .iter()
            .filter_map(|fragment| Some((rules_path(&fragment.0)?, fragment)))
            .collect();
        for ((path, text), mut said) in paths.into_iter().zip(texts).zip(said) {
            let owner = owners.get(path).copied();
            let serves = owner.is_some_and(|(source, _)| merged.serves_already(source));
            // It was accepted once: a busy machine takes nothing from anybody.
            if serves && matches!(said, Said::GaveUp(_)) {
                said = asker
                    .alone(Question::Rules, std::slice::from_ref(&text), 0)
                    .await?;
            }
            match (said, owner) {
                (Said::Accepted, _) => (),
                (Said::GaveUp(how), _) if serves => return Err(gave_up(&how)),
                (Said::Refused(output), Some((source, tree))) => {
                    // Positions are known if Merge wrote what we would have written.
                    let ours = assembly::rules(tree).filter(|printed| printed.text == text);
                    let lines = ours.map(|printed| printed.lines).unwrap_or_default();
                    let text = author_text(ports, source).await?;
                    let shown = Shown {
                        source,
                        tree,
                        lines: &lines,
                        text: &text,
                    };
                    problems.extend(said::problems(shown, Question::Rules, &output));
                }
                (Said::GaveUp(how), Some((source, _))) => {
                    problems.push(Problem::new(
                        source,
                        Severity::Error,
                        Question::Rules.reporter(),
                        how,
                    ));
                }
                (Said::Refused(output), None) => {
                    problems.extend(self.nobody_s_fault(Question::Rules, &output));
                }
                (Said::GaveUp(how), None) => return Err(gave_up(&how)),
            }
        }
        Ok(problems)
    }

    /// Runs the unit tests of the owners whose rules are others than when they were asked about last; first those that may
    /// reject something. A test that fails rejects the versions that are new among those that it is about; where none is, it
    /// is told and rejects nothing. Whoever there was no time for is asked about in the next round, if others go before it.
    async fn test_rules<P>(
        &self,
        ports: &P,
        asker: &Asker<'_, P>,
        world: &World<'_>,
        tested: &mut Tested,
        found: &[Problem],
        is_closing: bool,
    ) -> Result<Vec<Problem>, Failure>
    where
        P: ReadObject + RunTool,
    {
        let owners: BTreeSet<String> = self.rule_tests.iter().map(owner).collect();
        let rules = world.rules(&owners, &self.configuration);
        let mut own: BTreeMap<String, Vec<RuleFile<'_>>> =
            owners.into_iter().map(|owner| (owner, Vec::new())).collect();
        for Rules { source, path, text } in &rules {
            let name = source
                .key
                .rsplit('/')
                .next()
                .and_then(|name| name.strip_suffix(".yml"));
            if let (Some(name), Some(own)) = (name, own.get_mut(&owner(source))) {
                own.push(RuleFile {
                    source,
                    name,
                    path,
                    text,
                });
            }
        }
        own.retain(|owner, files| !tested.is_answered(owner, files));
        let wanted = self
            .rule_tests
            .iter()
            .filter(|test| own.contains_key(&owner(test)));
        let reads = wanted.map(async |test| Ok((test, ports.read_object(&test.document).await?)));
        let read: Vec<(&Source, Vec<u8>)> = stream::iter(reads.collect::<Vec<_>>())
            .buffered(READS_AT_ONCE)
            .try_collect()
            .await?;
        let known: Vec<&Problem> = self.earlier.iter().chain(found).collect();
        let (mut deciding, mut telling, mut problems) = (Vec::new(), Vec::new(), Vec::new());
        for (source, bytes) in read {
            let (test, found) = rule_tests::read(source, &bytes, &own[&owner(source)]);
            let is_told = known.iter().any(|known| known.key == source.key);
            problems.extend(found.into_iter().filter(|_| !is_told));
            let Some(test) = test else { continue };
            if test.rules.iter().any(|rule| !world.serves_already(rule.source)) {
                deciding.push(test);
            } else {
                telling.push(test);
            }
        }
        let label = &self.policy.owner_label;
        let decided = rule_tests::run(asker, label, &deciding, &mut tested.left).await?;
        let told = rule_tests::run(asker, label, &telling, &mut tested.left).await?;
        let failing = decided.failing.iter().chain(&told.failing);
        problems.extend(failing.flat_map(|failing| failed(world, failing, &known)));
        let goes_on = found.iter().chain(&problems).any(rejects) && !is_closing;
        let unasked: Vec<Failing<'_>> = decided.unasked.into_iter().map(Failing::unasked).collect();
        if !goes_on {
            problems.extend(unasked.iter().flat_map(|failing| failed(world, failing, &known)));
        }
        for failing in unasked {
            own.remove(&owner(failing.test.source));
        }
        tested.answered(&own);
        Ok(problems)
    }

    /// What the tool says, to the platform team, when no fragment can be found to be the reason.
    fn nobody_s_fault(&self, question: Question, output: &str) -> Vec<Problem> {
        let nothing = Node::map(vec![]);
        let shown = Shown {
            source: &self.platform,
            tree: &nothing,
            lines: &[],
            text: "",
        };
        said::problems(shown, question, output)
    }

    /// Who makes the shared file bad: the base alone, or the first fragment with which it becomes bad, and so
    /// on with the rest. Later fragments are to blame, for the earlier ones were there before them.
    async fn blame<P>(
        &self,
        ports: &P,
        asker: &Asker<'_, P>,
        question: Question,
    ) -> Result<Vec<Problem>, Failure>
    where
        P: ReadObject + RunTool,
    {
        let mut search = Search {
            asker,
            question,
            frame: Frame::new(self.component, self.base_tree()),
            runs: 0,
        };
        if let Some(tree) = self.base_tree() {
            let printed = yaml::print(tree);
            if let Said::Refused(output) = search.ask(printed.text).await? {
                let text = author_text(ports, &self.platform).await?;
                let shown = Shown {
                    source: &self.platform,
                    tree,
                    lines: &printed.lines,
                    text: &text,
                };
                return Ok(said::problems(shown, question, &output));
            }
        }
        let mut rest: Vec<&(Source, Node)> = self
            .trees
            .serving
            .iter()
            .filter(|(_, tree)| assembly::has_entries(self.component, tree))
            .collect();
        let mut good: Vec<&Node> = Vec::new();
        let mut culprits = Vec::new();
        while search.runs < SEARCH_RUNS && search.refuses(&good, &rest).await?.is_some() {
            let (mut fine, mut bad) = (0, rest.len());
            while bad - fine > 1 {
                let middle = fine.midpoint(bad);
                match search.refuses(&good, &rest[..middle]).await? {
                    Some(_) => bad = middle,
                    None => fine = middle,
                }
            }
            let Some((before, [culprit, after @ ..])) = rest.split_at_checked(fine) else {
                break;
            };
            good.extend(before.iter().map(|(_, tree)| tree));
            let (source, tree) = culprit;
            if let Some((output, lines)) = search.refuses(&good, &[culprit]).await? {
                let text = author_text(ports, source).await?;
                let shown = Shown {
                    source,
                    tree,
                    lines: &lines,
                    text: &text,
                };
                culprits.extend(said::problems(shown, question, &output));
            }
            rest = after.to_vec();
        }
        Ok(culprits)
    }
}

/// What a failing test leads to.
fn failed(world: &World<'_>, failing: &Failing<'_>, known: &[&Problem]) -> Vec<Problem> {
    let Failing { test, problems } = failing;
    let is_new = |rule: &&RuleFile<'_>| !world.serves_already(rule.source);
    let rejected: Vec<&RuleFile<'_>> = test.rules.iter().filter(is_new).collect();
    let told = known.iter().any(|known| known.key == test.source.key);
    if rejected.is_empty() && told {
        return vec![];
    }
    let Some(first) = problems.first() else {
        return vec![];
    };
    let more = match problems.len() {
        1 => String::new(),
        all => format!(" (and {} more)", all - 1),
    };
    let message = format!(
        "the unit test {} fails with it: {}{more}",
        first.place(),
        first.message
    );
    let hint =
        "correct these rules, or the test if it expects too much; `promloom check` shows all that it says";
    let rejects = rejected.iter().map(|rule| {
        Problem::new(rule.source, Severity::Error, Question::Tests.reporter(), &message).hint(hint)
    });
    let told = problems.iter().map(|problem| Problem {
        severity: if rejected.is_empty() {
            Severity::Warning
        } else {
            Severity::Error
        },
        ..problem.clone()
    });
    rejects.chain(told).collect()
}

/// Adds what is new; whether somebody fell because of it.
fn add(found: &mut Vec<Problem>, more: Vec<Problem>, world: &mut World<'_>) -> bool {
    let changed = world.fall_back(&more);
    for problem in more {
        if !found.contains(&problem) {
            found.push(problem);
        }
    }
    changed
}

fn owner(source: &Source) -> String {
    source.key().owner().to_owned()
}

/// Whether it takes a fragment's version out.
fn rejects(problem: &Problem) -> bool {
    problem.severity == Severity::Error && !matches!(Key::parse(&problem.key), Key::RuleTest { .. })
}

/// Which rules unit tests were run against in one request, and the time that is left for more.
struct Tested {
    left: Duration,
    rules: BTreeMap<String, Vec<Source>>,
}

impl Tested {
    fn new(settings: &Settings) -> Tested {
        Tested {
            left: Duration::from_secs(settings.slow_seconds),
            rules: BTreeMap::new(),
        }
    }

    fn is_answered(&self, owner: &str, files: &[RuleFile<'_>]) -> bool {
        let rules = self.rules.get(owner);
        rules.is_some_and(|rules| rules.iter().eq(files.iter().map(|file| file.source)))
    }

    fn answered(&mut self, owners: &BTreeMap<String, Vec<RuleFile<'_>>>) {
        for (owner, files) in owners {
            let sources = files.iter().map(|file| file.source.clone());
            self.rules.insert(owner.clone(), sources.collect());
        }
    }
}

/// Asking about the base with some fragments.
struct Search<'a, P> {
    asker: &'a Asker<'a, P>,
    question: Question,
    frame: Frame,
    runs: usize,
}

impl<P: RunTool> Search<'_, P> {
    async fn ask(&mut self, text: String) -> Result<Said, Failure> {
        self.runs += 1;
        match self.asker.alone(self.question, &[text], 0).await? {
            Said::GaveUp(how) => Err(gave_up(&how)),
            said => Ok(said),
        }
    }

    /// What it says against these, and where the lines of the last one came from; none if it takes them.
    async fn refuses(
        &mut self,
        good: &[&Node],
        more: &[&(Source, Node)],
    ) -> Result<Option<(String, Vec<Position>)>, Failure> {
        let all: Vec<&Node> = good
            .iter()
            .copied()
            .chain(more.iter().map(|(_, tree)| tree))
            .collect();
        let printed = self.frame.with(&all);
        Ok(match self.ask(printed.text).await? {
            Said::Refused(output) => Some((output, printed.lines)),
            Said::Accepted | Said::GaveUp(_) => None,
        })
    }
}

fn gave_up(how: &str) -> Failure {
    let doing = format!("proving the finished configuration: {how}; give Validate more time or memory");
    Failure::new(Class::Exhausted, doing)
}

async fn trees(
    ports: &impl ReadObject,
    policy: &Policy,
    component: Component,
    verdicts: Verdicts,
    gathered: &Gathered,
) -> Result<(Trees, BTreeSet<Digest>), Failure> {
    let wanted: BTreeSet<(String, String)> = verdicts
        .fragments
        .iter()
        .filter_map(|fragment| fragment.serving.as_ref())
        .map(|source| (source.key.clone(), source.version_id.clone()))
        .collect();
    let batches: BTreeSet<(&Pointer, &Pointer)> = gathered
        .batches
        .iter()
        .map(|batch| (&batch.templated, &batch.judged))
        .collect();
    let reads: Vec<_> = batches
        .into_iter()
        .map(|(templated, judged)| {
            try_join(
                read_templated::<Node>(ports, templated, "templated items"),
                read_document::<Judged>(ports, judged, "a judged batch"),
            )
        })
        .collect();
    let mut batches = stream::iter(reads).buffered(READS_AT_ONCE);
    let mut trees: BTreeMap<(String, String), Node> = BTreeMap::new();
    let mut out = Vec::new();
    let (mut settled, mut last_good, mut refused) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
    let mut accepted_rules = BTreeSet::new();
    while let Some((templated, judged)) = batches.try_next().await? {
        accepted_rules.extend(
            judged
                .items
                .iter()
                .filter_map(|judged| judged.accepted_rules.clone()),
        );
        let judged = judged.items.into_iter();
        let not_taken = judged.filter(|judged| judged.item.role == Role::Fallback && !judged.accepted);
        refused.extend(not_taken.map(|judged| judged.item.source.key));
        let enforced = each(templated.items, |TemplatedItem { item, tree, .. }| {
            let key = item.source.key();
            let tree = policy::enforce(&policy.of(key.owner()), component, key.owner(), &tree?);
            Some((item, tree))
        });
        for (item, tree) in enforced.into_iter().flatten() {
            let id = (item.source.key.clone(), item.source.version_id.clone());
            match item.role {
                Role::Fallback if wanted.contains(&id) => {
                    settled.insert(id.0.clone());
                    trees.insert(id, tree);
                }
                Role::Fallback => drop(last_good.insert(id.0, (item.source, tree))),
                Role::Current if wanted.contains(&id) => {
                    if item.serves {
                        settled.insert(id.0.clone());
                    }
                    trees.insert(id, tree);
                }
                Role::Current => out.push((item.source, tree)),
                Role::Base => {}
            }
        }
    }
    let mut problems: BTreeMap<Source, Vec<Problem>> = BTreeMap::new();
    let mut sources = Vec::new();
    for fragment in verdicts.fragments {
        sources.extend(fragment.serving);
        problems.insert(fragment.source, fragment.problems);
    }
    let out = out.into_iter().map(|(source, tree)| Out {
        problems: problems.remove(&source).unwrap_or_default(),
        source,
        tree,
    });
    let out = out.collect();
    let mut serving: Vec<(Source, Node)> = sources
        .into_iter()
        // A file that holds nothing serves and has no tree.
        .filter_map(|source| {
            let tree = trees.remove(&(source.key.clone(), source.version_id.clone()))?;
            Some((source, tree))
        })
        .collect();
    serving.sort_by(|(a, _), (b, _)| a.key.cmp(&b.key));
    let trees = Trees {
        serving,
        settled,
        last_good,
        refused,
        out,
    };
    Ok((trees, accepted_rules))
}
