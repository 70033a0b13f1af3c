//! `promloom run` and `promloom watch`: the whole definition over a desk. In: a desk. Out: a report on
//! standard output, or a failure. Never: decides what a run does (the definition does).

use crate::cli::{DeskArgs, Format};
use crate::desk::{Bucket, Desk, State};
use crate::engine::{Limits, Outcome};
use crate::progress::{Lines, Progress};
use crate::report::{self, Ended, Report};
use crate::steps::{Closing, Run, Settings};
use crate::{changes, print};
use contract::ports::Clock;
use contract::{Class, Digest, Failure, Pointer, Step};
use futures_util::future::{Either, select};
use notify::RunResult;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::pin::pin;

/// The volume in a folder laid out like the bucket, where no other is named.
const VOLUME: &str = ".promloom/volume";

/// One run, from the snapshot of that digest or of what is there now.
pub(crate) async fn run(
    args: &DeskArgs,
    snapshot: Option<&Digest>,
    format: Format,
    verbose: bool,
) -> Result<Ended, Failure> {
    let (desk, settings) = open(args)?;
    let input = match snapshot {
        None => json!({}),
        Some(digest) => json!({ "snapshot": pointer(&state_folder(args), digest)? }),
    };
    let ended = once(&desk, &settings, input, format, verbose).await?;
    if args.volume.is_none() {
        // Who named no folder is told which it is.
        print::note(&format!(
            "what runs is in {}/<component>/current",
            args.dir.join(VOLUME).display()
        ));
    }
    Ok(ended)
}

/// A run now and after every change, until Ctrl-C. A run under way ends first.
pub(crate) async fn watch(args: &DeskArgs, format: Format, verbose: bool) -> Result<Ended, Failure> {
    let (desk, settings) = open(args)?;
    let mut changes = changes::of(&args.dir)?;
    let mut stop = pin!(tokio::signal::ctrl_c());
    // Asked once, so that from now on Ctrl-C ends nothing by itself.
    if futures_util::poll!(&mut stop).is_ready() {
        return Ok(Ended::Well);
    }
    loop {
        let run = pin!(once(&desk, &settings, json!({}), format, verbose));
        let (ended, stops) = match select(run, &mut stop).await {
            Either::Left((ended, _)) => (ended, false),
            Either::Right((_, run)) => {
                print::note("ending after the run that is under way");
                (run.await, true)
            }
        };
        if let Err(failure) = ended {
            print::failure(&failure, format);
        }
        if stops {
            return Ok(Ended::Well);
        }
        print::note(&format!(
            "waiting for changes in {}; Ctrl-C ends this",
            args.dir.display()
        ));
        let waiting = pin!(changes.next());
        if let Either::Right(_) = select(waiting, &mut stop).await {
            return Ok(Ended::Well);
        }
    }
}

async fn once(
    desk: &Desk,
    settings: &Settings,
    input: Value,
    format: Format,
    verbose: bool,
) -> Result<Ended, Failure> {
    let named = (&*name(&desk.clock, "desk"), input);
    let lines = if verbose { Lines::States } else { Lines::Lanes };
    let (report, _) = reported(desk, settings, named, lines).await?;
    let report = report.of_desk(|component| settings.reload.urls.contains_key(&component));
    print::report(&report, format);
    let sent = desk.state.take_sent();
    if format == Format::Text {
        for (notice, path) in sent {
            let subject = report::printable(&notice.subject);
            print::document(&format!(
                "notice to {}: {subject}\n  {}",
                notice.owner,
                path.display()
            ));
        }
    }
    Ok(report.ended())
}

/// What was asked last of each component's whole.
pub(crate) type Wholes = BTreeMap<String, Value>;

/// Runs the definition, showing its progress, and reads how it ended.
pub(crate) async fn reported(
    desk: &Desk,
    settings: &Settings,
    (name, input): (&str, Value),
    lines: Lines,
) -> Result<(Report, Wholes), Failure> {
    let definition = crate::config_reloader().map_err(|unknown| {
        Failure::new(Class::Bug, "loading the state machine's definition").because(unknown)
    })?;
    let progress = Progress::on_standard_error(lines);
    let log = |closing: &Closing| {
        if lines == Lines::States {
            progress.say(&closing.to_string());
        }
    };
    let wholes = RefCell::new(Wholes::new());
    let ask = |step: Step, request: &Value| {
        let said = |field: &str| request.get(field).and_then(Value::as_str);
        if step == Step::Validate
            && said("what") == Some("configuration")
            && let Some(component) = said("component")
        {
            wholes.borrow_mut().insert(component.to_owned(), request.clone());
        }
    };
    let run = Run {
        ports: desk,
        settings,
        limits: Limits::Enforced,
        observer: &progress,
        ask: &ask,
        log: &log,
    };
    // Its version is asked while fragments are read, so that the first question to the tool does not wait for that; who asks the tool
    // hears of a mismatch.
    let (tools, version) = (desk.tools.clone(), settings.validate.prometheus);
    let asked = tokio::spawn(async move { tools.instead_of_promtool(version).await });
    let outcome = run.execute(&definition, name, input).await;
    asked.abort();
    let result = match (progress.finish(), &outcome) {
        (Some(result), _) => serde_json::from_value(result)
            .map_err(|error| Failure::new(Class::Bug, "reading how the run ended").because(error))?,
        (None, _) => RunResult::default(),
    };
    let mut report = Report::of(desk, name, &result).await?;
    if settings.template.placeholders.is_empty() && report.misses_placeholders() {
        report.notes.push(
            "no placeholder is set here: `--placeholders FILE`, a YAML file of `NAME: value` lines, or `--set NAME=VALUE` says what they stand for"
                .to_owned(),
        );
    }
    if let Outcome::Failed(thrown) = &outcome {
        report.outcome = "failed";
        // The definition's own `Fail` says only that a lane did not end well, which the lane itself says
        // better.
        if thrown.error != "RunFailed" && report.failure.is_none() {
            report.failure = Some(thrown.into());
        }
    }
    Ok((report, wholes.into_inner()))
}

/// `desk-20261122T170000Z-1a2b3c`: an execution's name as Step Functions would take it.
pub(crate) fn name(clock: &impl Clock, prefix: &str) -> String {
    let now = clock.now();
    let text = now.to_string();
    let seconds: String = text.split('.').next().unwrap_or(&text).replace(['-', ':'], "");
    let short = Digest::of(format!("{} {}", now.as_millis(), std::process::id()).as_bytes());
    format!("{prefix}-{seconds}Z-{}", &short.short()[..6])
}

fn open(args: &DeskArgs) -> Result<(Desk, Settings), Failure> {
    let bucket = Bucket::open(&args.dir)?;
    let volume = match &args.volume {
        Some(volume) if volume.is_dir() => volume.clone(),
        Some(volume) => {
            let doing = format!(
                "opening the volume `{}`: mount it, or make the folder",
                volume.display()
            );
            return Err(Failure::new(Class::NotFound, doing).because("there is no such folder"));
        }
        None => {
            let volume = args.dir.join(VOLUME);
            std::fs::create_dir_all(&volume).map_err(|error| {
                Failure::new(
                    Class::Unavailable,
                    format!("making the folder `{}`", volume.display()),
                )
                .because(error)
            })?;
            volume
        }
    };
    let desk = Desk {
        bucket,
        state: State::at(state_folder(args)),
        volume: os::Folder::new(volume),
        tools: args.tools.find(),
        http: os::Http,
        clock: os::SystemClock,
    };
    let (prometheus, placeholders) = (args.tools.prometheus()?, args.placeholders.read()?);
    Ok((desk, Settings::of_desk(prometheus, placeholders, args.urls())))
}

fn state_folder(args: &DeskArgs) -> PathBuf {
    args.state
        .clone()
        .unwrap_or_else(|| args.dir.join(".promloom/state"))
}

/// The pointer to a document of which only the digest is known.
fn pointer(state: &Path, digest: &Digest) -> Result<Pointer, Failure> {
    let path = state.join("objects/sha256").join(digest.as_str());
    let size_bytes = std::fs::metadata(&path).map_err(|error| {
        let doing = format!(
            "looking for the snapshot in `{}`: no run of this state pinned it",
            path.display()
        );
        Failure::new(Class::NotFound, doing).because(error)
    })?;
    Ok(Pointer {
        digest: digest.clone(),
        size_bytes: size_bytes.len(),
    })
}
