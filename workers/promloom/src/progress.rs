//! What passes, as it passes. In: the engine's events. Out: one moving line for each lane on a terminal; lines of how each lane begins and
//! ends, or of each state, where those are wanted; and the input of the last state, which is how the run ended. Never: on standard output.

use crate::engine::{Event, Observer, Place};
use crate::report::{printable, word};
use anstream::stream::IsTerminal as _;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use notify::LaneResult;
use serde::Deserialize as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// Only what goes wrong.
    Trouble,
    /// How each lane begins and ends too, where nothing moves.
    Lanes,
    /// Each state that passes too, and how each step ended.
    States,
}

/// Shows one run.
pub(crate) struct Progress {
    /// Only on a terminal.
    moving: Option<MultiProgress>,
    lines: Lines,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Lane (index of the outermost `Map`) -> its component.
    components: BTreeMap<usize, String>,
    /// The line of each lane that moves; the run itself is lane `None`.
    bars: BTreeMap<Option<usize>, ProgressBar>,
    /// Lane -> batches that ended.
    batches: BTreeMap<usize, usize>,
    result: Option<Value>,
}

/// The state whose input is how the run ended.
const LAST: &str = "Notify";

impl Progress {
    /// On standard error: one moving line for each lane if that is a terminal; and the lines that are wanted.
    #[must_use]
    pub(crate) fn on_standard_error(lines: Lines) -> Progress {
        Progress {
            moving: std::io::stderr().is_terminal().then(MultiProgress::new),
            lines,
            seen: Mutex::default(),
        }
    }

    /// How the run ended, if it came to its last state; the moving lines go.
    #[must_use]
    pub(crate) fn finish(&self) -> Option<Value> {
        let mut seen = self.seen();
        for bar in seen.bars.values() {
            bar.finish_and_clear();
        }
        seen.result.take()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says a line, above the moving ones.
    pub(crate) fn say(&self, line: &str) {
        // Nobody to tell is no reason to stop.
        match &self.moving {
            Some(moving) => drop(moving.println(line)),
            None => drop(writeln!(anstream::stderr(), "{line}")),
        }
    }

    fn say_of_lane(&self, component: &str, what: &str) {
        if self.lines == Lines::Lanes && self.moving.is_none() {
            self.say(&format!("{component:<10}  {what}"));
        }
    }

    /// Moves the line of a lane, which begins with its first state.
    fn show(&self, seen: &mut Seen, lane: Option<usize>, state: &str) {
        let Some(moving) = &self.moving else { return };
        let batches = lane.and_then(|lane| seen.batches.get(&lane));
        let batches = match batches {
            None => String::new(),
            Some(1) => ", 1 batch".to_owned(),
            Some(many) => format!(", {many} batches"),
        };
        let who = seen.who(lane);
        let bar = seen.bars.entry(lane).or_insert_with(|| {
            let bar = moving.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        bar.set_message(format!("{who:<10}  {state}{batches}"));
    }
}

impl Observer for Progress {
    fn event(&self, place: &Place, event: &Event<'_>) {
        let mut seen = self.seen();
        let lane = place.within.first().map(|(_, index)| *index);
        if let (Some(lane), Event::Entered { input }, 1) = (lane, event, place.within.len())
            && let Some(component) = input.get("component").and_then(Value::as_str)
        {
            let is_new = seen.components.insert(lane, component.to_owned()).is_none();
            if is_new {
                self.say_of_lane(component, "begins");
            }
        }
        let who = seen.who(lane);
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
                    self.show(&mut seen, lane, &place.state);
                }
                drop(seen);
                if self.lines == Lines::States {
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
            }
            // Its cause is told with the result.
            Event::Caught { thrown, next } => {
                self.say(&format!("{what}: {}, so {next}", thrown.error));
            }
            Event::Exited { output } => {
                // Only the last state of a lane leaves how it ended.
                if place.within.len() == 1
                    && let Ok(lane) = LaneResult::deserialize(*output)
                {
                    let outcome = word(lane.outcome).replace('_', " ");
                    self.say_of_lane(lane.component.name(), &format!("ends: {outcome}"));
                }
                if let (Some(lane), [_, (batches, _)]) = (lane, place.within.as_slice())
                    && ["BatchJudged", "BatchKilled"].contains(&place.state.as_str())
                {
                    *seen.batches.entry(lane).or_default() += 1;
                    self.show(&mut seen, Some(lane), batches);
                }
            }
        }
    }
}

impl Seen {
    fn who(&self, lane: Option<usize>) -> String {
        let component = lane.and_then(|lane| self.components.get(&lane));
        component.cloned().unwrap_or_else(|| "run".to_owned())
    }
}
