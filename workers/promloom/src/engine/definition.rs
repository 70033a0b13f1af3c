//! What the engine runs. In: the definition's JSON. Out: a [`Definition`] whose every name leads somewhere,
//! or what in it is not known. Never: accepts what it does not run as Step Functions would.

use super::Thrown;
use super::choice::Rule;
use super::path::{Path, ResultPath, Template};
use super::thrown::Retrier;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Why a definition is not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The state: `Components/Fragments/Validate`; empty for the definition itself.
    pub state: String,
    /// What there the engine does not know.
    pub what: String,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.state.as_str() {
            "" => write!(f, "the embedded engine refuses this definition: {}", self.what),
            state => write!(f, "the embedded engine refuses state `{state}`: {}", self.what),
        }
    }
}

impl std::error::Error for Unknown {}

/// A definition that was understood as a whole.
#[derive(Debug)]
pub struct Definition {
    pub(super) timeout_seconds: Option<u64>,
    pub(crate) machine: Machine,
}

/// States that lead to each other: the whole, or what a `Map` does with each item.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) start_at: String,
    pub(crate) states: BTreeMap<String, State>,
}

#[derive(Debug)]
pub(crate) enum State {
    Task(Task),
    Map(Map),
    Pass {
        parameters: Template,
        next: Option<String>,
    },
    Choice {
        rules: Vec<(Rule, String)>,
        default: String,
    },
    Succeed,
    Fail {
        error: String,
        cause: String,
    },
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(super) name: String,
    pub(super) timeout_seconds: u64,
    pub(super) parameters: Template,
    pub(super) result_path: ResultPath,
    pub(super) retry: Vec<Retrier>,
    pub(super) catch: Vec<Catcher>,
    pub(super) next: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Map {
    pub(super) items: Path,
    pub(super) max_concurrency: usize,
    pub(super) selector: Template,
    pub(crate) machine: Machine,
    pub(super) result_path: ResultPath,
    pub(super) catch: Vec<Catcher>,
    pub(super) next: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Catcher {
    pub(super) errors: Vec<String>,
    pub(super) result_path: ResultPath,
    pub(super) next: String,
}

impl Definition {
    /// Understands a definition. `resources` says which task each `Resource` is.
    ///
    /// # Errors
    /// Names the first thing that the engine does not know.
    pub fn parse(json: &str, resources: &BTreeMap<String, String>) -> Result<Definition, Unknown> {
        let text: DefinitionText = serde_json::from_str(json).map_err(at(""))?;
        let machine = Machine::parse("", text.machine(), resources)?;
        Ok(Definition {
            timeout_seconds: text.timeout_seconds,
            machine,
        })
    }
}

impl Machine {
    fn parse(
        path: &str,
        (start_at, states): (&String, &BTreeMap<String, Value>),
        resources: &BTreeMap<String, String>,
    ) -> Result<Machine, Unknown> {
        let parse = |(name, state): (&String, &Value)| {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}/{name}")
            };
            Ok((name.clone(), State::parse(&path, state, resources)?))
        };
        let machine = Machine {
            start_at: start_at.clone(),
            states: states.iter().map(parse).collect::<Result<_, Unknown>>()?,
        };
        let ways = machine
            .states
            .values()
            .flat_map(State::ways)
            .map(|(next, _)| next);
        let missing = ways
            .chain([start_at.as_str()])
            .find(|name| !machine.states.contains_key(*name));
        match missing {
            Some(name) => Err(at(path)(format!("nothing is called `{name}` there"))),
            None => Ok(machine),
        }
    }

    /// Its states as one meets them from the first on, then those that nothing leads to.
    pub(crate) fn names_in_order(&self) -> Vec<(&str, &State)> {
        let mut names = vec![self.start_at.as_str()];
        let mut met = 0;
        while let Some(state) = names.get(met).and_then(|name| self.states.get(*name)) {
            for (next, _) in state.ways() {
                if !names.contains(&next) {
                    names.push(next);
                }
            }
            met += 1;
        }
        let rest: Vec<&str> = self
            .states
            .keys()
            .map(String::as_str)
            .filter(|name| !names.contains(name))
            .collect();
        names.extend(rest);
        names
            .into_iter()
            .filter_map(|name| Some((name, self.states.get(name)?)))
            .collect()
    }

    pub(super) fn state(&self, name: &str) -> Result<&State, Thrown> {
        let state = self.states.get(name);
        state.ok_or_else(|| Thrown::runtime(format!("no state is called `{name}`")))
    }
}

/// How a state is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// By its `Next`.
    Next,
    /// By a rule that held.
    Rule,
    /// By no rule.
    Default,
    /// By an error.
    Catch,
}

impl State {
    fn parse(path: &str, value: &Value, resources: &BTreeMap<String, String>) -> Result<State, Unknown> {
        let text = StateText::deserialize(value).map_err(at(path))?;
        let refuse = at::<String>(path);
        Ok(match text {
            StateText::Task(task) => State::Task(Task {
                name: resources.get(&task.resource).cloned().ok_or_else(|| {
                    refuse(format!("no task is known for the resource `{}`", task.resource))
                })?,
                timeout_seconds: task.timeout_seconds,
                parameters: template(task.parameters.as_ref()).map_err(&refuse)?,
                result_path: ResultPath::parse(task.result_path.as_deref()).map_err(&refuse)?,
                retry: retriers(task.retry).map_err(&refuse)?,
                catch: catchers(task.catch).map_err(&refuse)?,
                next: way(task.next, task.end).map_err(&refuse)?,
            }),
            StateText::Map(map) => State::Map(Map {
                items: Path::parse(&map.items_path).map_err(&refuse)?,
                max_concurrency: match map.max_concurrency {
                    0 => return Err(refuse("`MaxConcurrency` 0".into())),
                    most => most,
                },
                selector: template(Some(&map.item_selector)).map_err(&refuse)?,
                machine: {
                    let Mode::Inline = map.item_processor.processor_config.mode;
                    Machine::parse(
                        path,
                        (&map.item_processor.start_at, &map.item_processor.states),
                        resources,
                    )?
                },
                result_path: ResultPath::parse(map.result_path.as_deref()).map_err(&refuse)?,
                catch: catchers(map.catch).map_err(&refuse)?,
                next: way(map.next, map.end).map_err(&refuse)?,
            }),
            StateText::Pass(pass) => State::Pass {
                parameters: template(pass.parameters.as_ref()).map_err(&refuse)?,
                next: way(pass.next, pass.end).map_err(&refuse)?,
            },
            StateText::Choice(choice) => State::Choice {
                rules: choice
                    .choices
                    .iter()
                    .map(rule)
                    .collect::<Result<_, String>>()
                    .map_err(&refuse)?,
                default: choice.default,
            },
            StateText::Succeed(_) => State::Succeed,
            StateText::Fail(fail) => State::Fail {
                error: fail.error,
                cause: fail.cause,
            },
        })
    }

    /// Where it leads, and how.
    pub(crate) fn ways(&self) -> Vec<(&str, Way)> {
        let (next, catch): (&Option<String>, &[Catcher]) = match self {
            State::Task(Task { next, catch, .. }) | State::Map(Map { next, catch, .. }) => (next, catch),
            State::Pass { next, .. } => (next, &[]),
            State::Choice { rules, default } => {
                let rules = rules.iter().map(|(_, next)| (next.as_str(), Way::Rule));
                return rules.chain([(default.as_str(), Way::Default)]).collect();
            }
            State::Succeed | State::Fail { .. } => return Vec::new(),
        };
        let next = next.iter().map(|next| (next.as_str(), Way::Next));
        next.chain(catch.iter().map(|catcher| (catcher.next.as_str(), Way::Catch)))
            .collect()
    }

    /// Its `Type`.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            State::Task(_) => "Task",
            State::Map(_) => "Map",
            State::Pass { .. } => "Pass",
            State::Choice { .. } => "Choice",
            State::Succeed => "Succeed",
            State::Fail { .. } => "Fail",
        }
    }

    /// What is written beside its way with that index: the rule of a choice.
    pub(crate) fn label(&self, way: usize) -> String {
        match self {
            State::Choice { rules, .. } => rules.get(way).map_or("else".into(), |(rule, _)| rule.to_string()),
            _ => String::new(),
        }
    }

    /// What becomes of an error: the output and the next state, if it is caught here.
    pub(super) fn catch(&self, thrown: &Thrown, input: &Value) -> Result<Option<(Value, &String)>, Thrown> {
        let catchers: &[Catcher] = match self {
            State::Task(task) => &task.catch,
            State::Map(map) => &map.catch,
            State::Pass { .. } | State::Choice { .. } | State::Succeed | State::Fail { .. } => &[],
        };
        let Some(catcher) = catchers.iter().find(|catcher| thrown.is_one_of(&catcher.errors)) else {
            return Ok(None);
        };
        Ok(Some((
            catcher.result_path.put(input, thrown.as_json())?,
            &catcher.next,
        )))
    }
}

fn at<E: std::fmt::Display>(state: &str) -> impl Fn(E) -> Unknown + '_ {
    move |what| Unknown {
        state: state.to_owned(),
        what: what.to_string(),
    }
}

/// `Next`, or `End`: one of them, and not both.
fn way(next: Option<String>, end: Option<bool>) -> Result<Option<String>, String> {
    match (next, end) {
        (None, Some(true)) => Ok(None),
        (Some(next), None) => Ok(Some(next)),
        _ => Err("neither `Next` nor `\"End\": true`, or both".into()),
    }
}

fn template(value: Option<&Value>) -> Result<Template, String> {
    value.map_or_else(|| Ok(Template::input()), Template::parse)
}

/// A rule of the outermost list, which says where it leads.
fn rule(value: &Value) -> Result<(Rule, String), String> {
    let mut rule = value.as_object().cloned().ok_or("a rule that is not an object")?;
    rule.remove("Comment");
    match rule.remove("Next") {
        Some(Value::String(next)) => Ok((Rule::parse(&Value::Object(rule))?, next)),
        _ => Err("a rule without `Next`".into()),
    }
}

fn retriers(texts: Vec<RetrierText>) -> Result<Vec<Retrier>, String> {
    known_errors(&texts.iter().map(|text| &text.error_equals).collect::<Vec<_>>())?;
    let retrier = |text: RetrierText| Retrier {
        errors: text.error_equals,
        interval_seconds: text.interval_seconds,
        max_attempts: text.max_attempts,
        backoff_rate: text.backoff_rate,
        max_delay_seconds: text.max_delay_seconds,
        jitter: matches!(text.jitter_strategy, Jitter::Full),
    };
    Ok(texts.into_iter().map(retrier).collect())
}

fn catchers(texts: Vec<CatcherText>) -> Result<Vec<Catcher>, String> {
    known_errors(&texts.iter().map(|text| &text.error_equals).collect::<Vec<_>>())?;
    let catcher = |text: CatcherText| {
        let result_path = ResultPath::parse(text.result_path.as_deref())?;
        Ok(Catcher {
            errors: text.error_equals,
            result_path,
            next: text.next,
        })
    };
    texts.into_iter().map(catcher).collect()
}

/// `States.ALL` stands alone and last; of the language's own names only those that mean one error each are
/// known.
fn known_errors(lists: &[&Vec<String>]) -> Result<(), String> {
    for (index, names) in lists.iter().enumerate() {
        for name in *names {
            let reserved = name.starts_with("States.");
            let known = [Thrown::ALL, Thrown::TIMEOUT, "States.HeartbeatTimeout"].contains(&name.as_str());
            if reserved && !known {
                return Err(format!("error name `{name}`"));
            }
            if name == Thrown::ALL && (names.len() > 1 || index + 1 < lists.len()) {
                return Err("`States.ALL` that is not alone and last".into());
            }
        }
        if names.is_empty() {
            return Err("an empty `ErrorEquals`".into());
        }
    }
    Ok(())
}

// The definition as it is written: every field that the engine knows, with the name it has there. Serde
// refuses others.

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct DefinitionText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    timeout_seconds: Option<u64>,
    start_at: String,
    states: BTreeMap<String, Value>,
}

impl DefinitionText {
    fn machine(&self) -> (&String, &BTreeMap<String, Value>) {
        (&self.start_at, &self.states)
    }
}

#[derive(Deserialize)]
#[serde(tag = "Type")]
enum StateText {
    Task(TaskText),
    Map(MapText),
    Pass(PassText),
    Choice(ChoiceText),
    Succeed(#[expect(dead_code, reason = "read so that a field that is not known is refused")] SucceedText),
    Fail(FailText),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct TaskText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    resource: String,
    timeout_seconds: u64,
    parameters: Option<Value>,
    #[serde(default = "everything")]
    result_path: Option<String>,
    #[serde(default)]
    retry: Vec<RetrierText>,
    #[serde(default)]
    catch: Vec<CatcherText>,
    next: Option<String>,
    end: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct MapText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    items_path: String,
    max_concurrency: usize,
    item_selector: Value,
    item_processor: ProcessorText,
    #[serde(default = "everything")]
    result_path: Option<String>,
    #[serde(default)]
    catch: Vec<CatcherText>,
    next: Option<String>,
    end: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ProcessorText {
    processor_config: ProcessorConfigText,
    start_at: String,
    states: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ProcessorConfigText {
    mode: Mode,
}

#[derive(Deserialize)]
enum Mode {
    #[serde(rename = "INLINE")]
    Inline,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct PassText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    parameters: Option<Value>,
    next: Option<String>,
    end: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct ChoiceText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    choices: Vec<Value>,
    // The language can do without; an execution that meets no rule then dies.
    default: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct SucceedText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct FailText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    error: String,
    cause: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct RetrierText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    error_equals: Vec<String>,
    // The defaults are the language's.
    #[serde(default = "one")]
    interval_seconds: f64,
    #[serde(default = "three")]
    max_attempts: u32,
    #[serde(default = "two")]
    backoff_rate: f64,
    #[serde(default = "endless")]
    max_delay_seconds: f64,
    #[serde(default)]
    jitter_strategy: Jitter,
}

#[derive(Deserialize, Default)]
enum Jitter {
    #[default]
    #[serde(rename = "NONE")]
    None,
    #[serde(rename = "FULL")]
    Full,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
struct CatcherText {
    #[serde(rename = "Comment")]
    _comment: Option<String>,
    error_equals: Vec<String>,
    #[serde(default = "everything")]
    result_path: Option<String>,
    next: String,
}

/// A `ResultPath` that is not there is `$`; one that is null discards.
#[expect(clippy::unnecessary_wraps, reason = "the default of an optional field")]
fn everything() -> Option<String> {
    Some("$".into())
}

fn one() -> f64 {
    1.0
}

fn two() -> f64 {
    2.0
}

fn three() -> u32 {
    3
}

fn endless() -> f64 {
    f64::INFINITY
}
