//! Every step over one set of ports. In: a step's name and a request. Out: its response, and a record in the
//! journal. Never: chooses what is done next (the definition does), or where things are kept (the ports do).

use crate::engine::{Definition, Engine, Limits, Observer, Outcome};
use contract::ports::{
    AppendRecord, CallReplica, Clock, ListConfig, Publish, ReadConfig, ReadObject, ReadProjection, RunTool,
    Volume, WriteObject, WriteProjection,
};
use contract::{Class, Component, Failure, Step, Version, answer};
use serde_json::Value;
use std::collections::BTreeMap;

/// Everything that steps may need of the world.
pub trait Ports:
    Clock
    + ListConfig
    + ReadConfig
    + ReadObject
    + WriteObject
    + AppendRecord
    + ReadProjection
    + WriteProjection
    + Volume
    + RunTool
    + CallReplica
    + Publish
{
}

impl<P> Ports for P where
    P: Clock
        + ListConfig
        + ReadConfig
        + ReadObject
        + WriteObject
        + AppendRecord
        + ReadProjection
        + WriteProjection
        + Volume
        + RunTool
        + CallReplica
        + Publish
{
}

/// What an operator sets for each step.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Of `fetch`.
    pub fetch: fetch::Settings,
    /// Of `template`.
    pub template: template::Settings,
    /// Of `validate`.
    pub validate: validate::Settings,
    /// Of `reload`.
    pub reload: reload::Settings,
}

impl Settings {
    /// Everything by default but these.
    #[must_use]
    pub fn of_desk(
        prometheus: Version,
        placeholders: BTreeMap<String, String>,
        urls: BTreeMap<Component, String>,
    ) -> Settings {
        Settings {
            validate: validate::Settings {
                prometheus,
                ..validate::Settings::default()
            },
            template: template::Settings { placeholders },
            reload: reload::Settings {
                urls,
                ..reload::Settings::default()
            },
            ..Settings::default()
        }
    }
}

/// Answers a request with a step.
pub async fn answered(
    ports: &impl Ports,
    settings: &Settings,
    step: Step,
    request: Value,
) -> Result<Value, Failure> {
    match step {
        Step::Fetch => {
            answer(ports, step, request, |request| {
                fetch::run(ports, &settings.fetch, request)
            })
            .await
        }
        Step::Template => {
            answer(ports, step, request, |request| {
                template::run(ports, &settings.template, request)
            })
            .await
        }
        Step::Validate => {
            answer(ports, step, request, |request| {
                validate::run(ports, &settings.validate, request)
            })
            .await
        }
        Step::Merge => answer(ports, step, request, |request| merge::run(ports, request)).await,
        Step::Deploy => answer(ports, step, request, |request| deploy::run(ports, request)).await,
        Step::Reload => {
            answer(ports, step, request, |request| {
                reload::run(ports, &settings.reload, request)
            })
            .await
        }
        Step::Notify => answer(ports, step, request, |request| notify::run(ports, request)).await,
    }
}

/// One execution of the definition with these steps.
pub struct Run<'a, P> {
    /// The world.
    pub ports: &'a P,
    /// What an operator sets.
    pub settings: &'a Settings,
    /// Whether the ports' clock can tell that a task takes too long.
    pub limits: Limits,
    /// Is told what passes.
    pub observer: &'a dyn Observer,
    /// Is told what each step is asked.
    pub ask: &'a dyn Fn(Step, &Value),
    /// Is told how each step ended.
    pub log: &'a dyn Fn(&Closing),
}

impl<P: Ports> Run<'_, P> {
    /// Runs it to its end.
    pub async fn execute(&self, definition: &Definition, name: &str, input: Value) -> Outcome {
        let tasks = |task: String, request: Value| async move {
            let begin = self.ports.now();
            let step = Step::from_name(&task).ok_or_else(|| {
                Failure::new(Class::Bug, format!("answering `{task}`: no step is called that"))
            })?;
            let component = request
                .get("component")
                .and_then(Value::as_str)
                .map(str::to_owned);
            (self.ask)(step, &request);
            let answer = answered(self.ports, self.settings, step, request).await;
            (self.log)(&Closing {
                step,
                run: name.to_owned(),
                component,
                outcome: match &answer {
                    Ok(response) => Ok(response
                        .get("outcome")
                        .and_then(Value::as_str)
                        .unwrap_or("answered")
                        .to_owned()),
                    Err(failure) => Err(failure.class),
                },
                duration_ms: self.ports.now().as_millis().saturating_sub(begin.as_millis()),
            });
            answer
        };
        let engine = Engine {
            clock: self.ports,
            limits: self.limits,
            tasks,
            observer: self.observer,
        };
        engine.run(definition, name, input).await
    }
}

/// How a step ended; its `Display` is the one line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Which.
    pub step: Step,
    /// Of which execution.
    pub run: String,
    /// The component, where the request names one.
    pub component: Option<String>,
    /// The response's own word, or the class of its failure.
    pub outcome: Result<String, Class>,
    /// By the ports' clock.
    pub duration_ms: u64,
}

impl std::fmt::Display for Closing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "step={} run={}", self.step, self.run)?;
        if let Some(component) = &self.component {
            write!(f, " component={component}")?;
        }
        match &self.outcome {
            Ok(outcome) => write!(f, " outcome={outcome}")?,
            Err(class) => write!(f, " outcome=failed class={class}")?,
        }
        write!(f, " duration_ms={}", self.duration_ms)
    }
}
