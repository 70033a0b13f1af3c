//! The activity process. In: arguments, environment, signals. Out: polls of every step it serves, until it
//! is stopped.
//! Never: starts with half of its settings.

use super::{Activity, Stop, poll};
use crate::env::{self, ACTIVITY_ARNS, ACTIVITY_POLLERS, AWS_REGION, Lookup, STOP_GRACE_SECONDS};
use crate::process::{environment, runtime, sdk, start_log};
use crate::steps;
use contract::{Class, Failure, Step};
use futures_util::future::join_all;
use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::Instant;

/// The whole `main` of the activity process. Arguments: the steps to serve; without any, all of
/// `ACTIVITY_ARNS`.
pub fn main(arguments: impl Iterator<Item = String>) -> ExitCode {
    start_log(&environment);
    let served = wanted(arguments)
        .and_then(|wanted| runtime().and_then(|runtime| runtime.block_on(serve_all(&environment, &wanted))));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            tracing::error!("{failure:?}");
            ExitCode::FAILURE
        }
    }
}

/// `--step fetch --step merge`
fn wanted(mut arguments: impl Iterator<Item = String>) -> Result<BTreeSet<Step>, Failure> {
    let mut wanted = BTreeSet::new();
    while let Some(argument) = arguments.next() {
        let step = (argument == "--step").then(|| arguments.next()).flatten();
        let Some(step) = step.as_deref().and_then(Step::from_name) else {
            let names = Step::ALL.map(Step::name).join(", ");
            return Err(Failure::new(
                Class::InvalidRequest,
                format!("reading the arguments (usage: activity [--step STEP]..., a step is one of {names})"),
            ));
        };
        wanted.insert(step);
    }
    Ok(wanted)
}

async fn serve_all(lookup: Lookup<'_>, wanted: &BTreeSet<Step>) -> Result<(), Failure> {
    let settings = (AWS_REGION, ACTIVITY_ARNS, (ACTIVITY_POLLERS, STOP_GRACE_SECONDS));
    let (region, mut arns, (pollers, grace_seconds)) = env::read(&settings, lookup)?;
    if let Some(step) = wanted.iter().find(|step| !arns.contains_key(step)) {
        let doing = format!("looking up step `{step}`: `ACTIVITY_ARNS` has no activity for it");
        return Err(Failure::new(Class::InvalidRequest, doing));
    }
    arns.retain(|step, _| wanted.is_empty() || wanted.contains(step));
    let sdk = sdk(region).await;
    let (made, wrong): (Vec<_>, Vec<_>) = arns
        .into_iter()
        .map(|(step, arn)| steps::worker(step, lookup, &sdk).map(|worker| (step, arn, Arc::new(worker))))
        .partition(Result::is_ok);
    if !wrong.is_empty() {
        let chains: Vec<String> = wrong
            .into_iter()
            .filter_map(Result::err)
            .map(|one| one.chain())
            .collect();
        return Err(Failure::new(Class::InvalidRequest, chains.join("; ")));
    }
    let stop = on_signals(Duration::from_secs(grace_seconds))?;
    let host = lookup("HOSTNAME").unwrap_or_else(|| std::process::id().to_string());
    let mut polls = Vec::new();
    for (step, arn, worker) in made.into_iter().flatten() {
        for poller in 1..=pollers {
            let name: String = format!("{step}-{poller}-{host}").chars().take(80).collect();
            tracing::info!(step = step.name(), "polling activity {arn} as {name}");
            let (worker, stop) = (Arc::clone(&worker), stop.clone());
            let activity = Activity::new(&sdk, arn.clone(), name);
            polls.push(async move { poll(&activity, &worker, &stop).await });
        }
    }
    join_all(polls).await;
    tracing::info!("stopped");
    Ok(())
}

/// The first SIGTERM or SIGINT asks for a stop within `grace`, the second for one now.
fn on_signals(grace: Duration) -> Result<Stop, Failure> {
    let listen = |kind| {
        signal(kind).map_err(|error| Failure::new(Class::Unavailable, "listening for signals").because(error))
    };
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let (ask, stop) = watch::channel(None);
    tokio::spawn(async move {
        for grace in [grace, Duration::ZERO] {
            tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
            tracing::info!(
                "stopping within {} s; a second signal stops at once",
                grace.as_secs()
            );
            ask.send_replace(Some(Instant::now() + grace));
        }
        ask.closed().await;
    });
    Ok(stop)
}
