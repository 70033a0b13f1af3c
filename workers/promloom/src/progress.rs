//! What passes, as it passes. In: the engine's events. Out: one moving line on a terminal, one line per state
//! elsewhere; and the input of the last state, which is how the run ended. Never: on standard output.

use crate::engine::{Event, Observer, Place};
use crate::report::printable;
use anstream::stream::IsTerminal as _;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shows one run.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// Whether each state is worth a line where nothing moves.
    lines: bool,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Lane (index of the outermost `Map`) -> its component.
    components: BTreeMap<usize, String>,
    /// Lane -> the state it is in; the run itself is lane `None`.
    states: BTreeMap<Option<usize>, String>,
    /// Lane -> batches that ended.
    batches: BTreeMap<usize, usize>,
    result: Option<Value>,
}

/// The state whose input is how the run ended.
const LAST: &str = "Notify";

impl Progress {
    /// On standard error: moving if that is a terminal, else a line a state, if those are wanted.
    #[must_use]
    pub(crate) fn on_standard_error(lines: bool) -> Progress {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Progress {
            bar,
            lines,
            seen: Mutex::default(),
        }
    }

    /// How the run ended, if it came to its last state; the moving line goes.
    #[must_use]
    pub(crate) fn finish(&self) -> Option<Value> {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        self.seen().result.take()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a line, above the moving one.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            // Nobody to tell is no reason to stop.
            None => drop(writeln!(anstream::stderr(), "{line}")),
        }
    }
}

impl Observer for Progress {
    fn event(&self, place: &Place, event: &Event<'_>) {
        let mut seen = self.seen();
        let lane = place.within.first().map(|(_, index)| *index);
        if let (Some(lane), Event::Entered { input }, 1) = (lane, event, place.within.len())
            && let Some(component) = input.get("component").and_then(Value::as_str)
        {
            seen.components.insert(lane, component.to_owned());
        }
        let who = lane
            .and_then(|lane| seen.components.get(&lane).cloned())
            .unwrap_or_else(|| "run".into());
        // `Components[0]/Fragments[2]/Validate` of the Prometheus lane is its `Fragments[2] Validate`.
        let inner: Vec<String> = place
            .within
            .iter()
            .skip(1)
            .map(|(map, index)| format!("{map}[{index}] "))
            .collect();
        let what = format!("{who:<10}  {}{}", inner.concat(), place.state);
        match event {
            Event::Entered { input } => {
                if place.within.is_empty() && place.state == LAST {
                    seen.result = Some((*input).clone());
                }
                if place.within.len() < 2 {
                    seen.states.insert(lane, place.state.clone());
                }
                drop(seen);
                if self.bar.is_none() && self.lines {
                    self.say(&what);
                }
            }
            Event::Retried { thrown, pause } => {
                let seconds = pause.as_secs_f64();
                let cause = printable(&thrown.cause);
                self.say(&format!(
                    "{what}: {}: {cause}; again in {seconds:.1} s",
                    thrown.error
                ));
                return;
            }
            // Its cause is told with the result.
            Event::Caught { thrown, next } => {
                self.say(&format!("{what}: {}, so {next}", thrown.error));
                return;
            }
            Event::Exited { .. } => {
                if let (Some(lane), 2) = (lane, place.within.len())
                    && ["BatchJudged", "BatchKilled"].contains(&place.state.as_str())
                {
                    *seen.batches.entry(lane).or_default() += 1;
                }
                return;
            }
        }
        if let Some(bar) = &self.bar {
            bar.set_message(self.seen().line());
        }
    }
}

impl Seen {
    /// `prometheus: Validate, 2 batches · blackbox: Deploy`
    fn line(&self) -> String {
        let lane = |(lane, component): (&usize, &String)| {
            let state = self.states.get(&Some(*lane)).map_or("", String::as_str);
            match self.batches.get(lane) {
                Some(1) => format!("{component}: {state}, 1 batch"),
                Some(many) => format!("{component}: {state}, {many} batches"),
                None => format!("{component}: {state}"),
            }
        };
        match self.states.get(&None).map(String::as_str) {
            Some("Components") if !self.components.is_empty() => {
                self.components.iter().map(lane).collect::<Vec<_>>().join(" · ")
            }
            state => state.unwrap_or("").to_owned(),
        }
    }
}
